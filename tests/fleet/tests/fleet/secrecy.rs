//! What can be read in Redis, and by whom.

use std::time::{SystemTime, UNIX_EPOCH};

use fleet::{Crew, Outcome, Redis, Settings, count_tokens, until};
use serde_json::json;
use vipps_emulator::{Emulator, Endpoint, Failure, Keys, Options};
use vipps_partner_auth::{Config, Partner, PartnerKeys, SystemInfo};

use crate::{crew, vipps, worker};

const MSN: &str = "123456";

/// Fails if any of these words, or a piece of one, stands in the text; as it is, or in base64 or hexadecimal.
fn assert_absent(text: &[u8], words: &[&str]) {
    let text = String::from_utf8_lossy(text).to_lowercase();
    for word in words {
        let pieces = [word.get(..24).unwrap_or(word), word.get(word.len().saturating_sub(16)..).unwrap_or(word)];
        for piece in pieces {
            let hex = piece.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
            assert!(!text.contains(&piece.to_lowercase()) && !text.contains(&hex), "{piece}");
        }
    }
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn nothing_in_redis_tells_of_tokens_keys_or_merchants() -> Outcome {
    let vipps = Emulator::start(Options { merchants: vec![MSN.parse()?], ..Options::default() })?;
    let redis = Redis::start()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let config = Config::from(vipps.environment()?).redis_url(redis.url());
    let keys = PartnerKeys::try_from(vipps.partner_keys())?;
    let partner = Partner::new(keys, SystemInfo::new("fleet", "1")?, config)?;
    runtime.block_on(partner.merchant(MSN.parse()?).headers())?;
    let token = runtime.block_on(partner.access_token())?;
    redis.arrived("token")?;
    until("its lock is given back", || Ok(redis.key("lock").is_err()))?;
    // A lock in its holder's hands belongs to what can be read.
    let own = vipps.partner_keys();
    let other = Keys { client_secret: "another-secret".to_owned(), ..own.clone() };
    vipps.fail_next(Endpoint::StandardToken, 1, Failure::Hang);
    let mut holder = Crew::start(&worker(), 1, &Settings::with_keys(&vipps, &other).redis(redis.url()))?;
    holder.tell(&json!({"do": "token"}))?;
    redis.arrived("lock")?;

    let all = redis.everything()?;
    assert!(all.len() > token.secret().len());
    let parts: Vec<&str> = token.secret().split('.').collect();
    let keys = [&*own.client_id, &own.client_secret, &own.subscription_key, &own.second_subscription_key];
    assert_absent(&all, &[&parts[..], &keys[..], &["another-secret", vipps.base_url(), "bearer"]].concat());
    let names = redis.keys()?;
    assert_eq!(names.len(), 2);
    assert!(names.iter().all(|name| name.starts_with("vipps-partner-auth:1:") && !name.contains(MSN)), "{names:?}");
    assert!(!redis.value(&redis.key("token")?)?.windows(MSN.len()).any(|bytes| bytes == MSN.as_bytes()));
    vipps.release_hung();
    holder.replies()?;
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn everything_goes_by_itself_when_it_has_run_out() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let mut crew = crew(1, &vipps, &redis)?;
    crew.token()?;
    let key = redis.arrived("token")?;
    let end: u64 = redis.run(redis::cmd("EXPIRETIME").arg(&key))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    assert!((now + 86_000..=now + 86_399).contains(&end), "{end} seen from {now}");
    until("the lock is given back", || Ok(redis.key("lock").is_err()))?;
    vipps.fail_next(Endpoint::StandardToken, 1, Failure::Hang);
    crew.ask(&json!({"do": "invalidate"}))?;
    crew.tell(&json!({"do": "token"}))?;
    let lock = redis.arrived("lock")?;
    let left: i64 = redis.run(redis::cmd("PTTL").arg(&lock))?;
    assert!((1..=5_000).contains(&left), "{left}");
    vipps.release_hung();
    crew.replies()?;
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn two_fleets_with_different_keys_never_see_each_other() -> Outcome {
    let (one, other, redis) = (vipps()?, vipps()?, Redis::start()?);
    let (mut first, mut second) = (crew(3, &one, &redis)?, crew(3, &other, &redis)?);
    assert_ne!(first.token()?, second.token()?);
    assert_eq!((count_tokens(&one), count_tokens(&other)), (1, 1));
    until("both have shared", || Ok(redis.keys()?.iter().filter(|key| key.contains("token")).count() == 2))?;
    first.ask(&json!({"do": "invalidate"}))?;
    until("one is withdrawn", || Ok(redis.key("token").is_ok()))?;
    first.token()?;
    let kept = second.token()?;
    assert_eq!(crew(1, &other, &redis)?.token()?, kept);
    assert_eq!((count_tokens(&one), count_tokens(&other)), (2, 1));
    assert_eq!([first.cache_failures()?, second.cache_failures()?].concat(), [""; 0]);
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn keys_that_differ_in_the_secret_alone_miss() -> Outcome {
    let own = Keys::invented();
    let rotated = Keys { client_secret: "a-new-client-secret".to_owned(), ..own.clone() };
    let start = |keys: &Keys| Emulator::start(Options { partner_keys: Some(keys.clone()), ..Options::default() });
    let (before, redis) = (start(&own)?, Redis::start()?);
    let port = before.base_url().rsplit(':').next().ok_or("no port")?.parse()?;
    let mut old = crew(2, &before, &redis)?;
    let token = old.token()?;
    redis.arrived("token")?;
    before.stop();
    // The same service at the same place knows the new secret alone.
    let after = Emulator::start(Options { port, partner_keys: Some(rotated), ..Options::default() })?;
    assert_eq!(after.base_url(), before.base_url());
    let mut new = crew(3, &after, &redis)?;
    assert_ne!(new.token()?, token);
    assert_eq!(count_tokens(&after), 1);
    assert_eq!(old.token()?, token, "still good");
    assert_eq!(new.cache_failures()?, [""; 0]);
    Ok(())
}
