//! Entries that nobody of the fleet has written, or not like this.

use fleet::{Crew, Outcome, Redis, Settings, count_tokens, until};
use vipps_emulator::Emulator;

use crate::{crew, lock_name, vipps};

/// One process has put its token there.
fn stage() -> Outcome<(Emulator, Redis, String, Vec<u8>)> {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let mut crew = crew(1, &vipps, &redis)?;
    crew.token()?;
    let key = redis.arrived("token")?;
    let value = redis.value(&key)?;
    Ok((vipps, redis, key, value))
}

/// A new fleet finds this: it makes one request, says so, and puts a good entry in its place.
fn mended(crew: &mut Crew, vipps: &Emulator, redis: &Redis, key: &str, told: &str) -> Outcome {
    let (before, bad) = (count_tokens(vipps), redis.value(key).ok());
    crew.token()?;
    assert_eq!(count_tokens(vipps) - before, 1);
    until("the entry is replaced", || Ok(redis.value(key).ok() != bad))?;
    let failures = crew.cache_failures()?;
    assert!(!failures.is_empty() && failures.iter().all(|failure| failure.contains(told)), "{failures:?}");
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn rubbish_and_whatever_else_is_replaced_with_one_request() -> Outcome {
    let (vipps, redis, key, value) = stage()?;
    let other = [&[value[0]], &value[1..].iter().rev().copied().collect::<Vec<_>>()[..]].concat();
    for (entry, told) in [
        (b"".to_vec(), "of another kind"),
        (b"rubbish".to_vec(), "of another kind"),
        (b"{\"access_token\":\"x\"}".to_vec(), "of another kind"),
        (vec![value[0]; 10_000_000], "of another kind: it is too long"),
        (other, "another key, or changed"),
    ] {
        redis.put(&key, &entry)?;
        mended(&mut crew(3, &vipps, &redis)?, &vipps, &redis, &key, told)?;
    }
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn an_entry_of_another_credential_is_replaced_with_one_request() -> Outcome {
    let (vipps, redis, key, _) = stage()?;
    let (_other_vipps, _other_redis, _, sealed_by_another) = stage()?;
    redis.put(&key, &sealed_by_another)?;
    mended(&mut crew(3, &vipps, &redis)?, &vipps, &redis, &key, "another key, or changed")
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn another_type_under_the_key_is_replaced() -> Outcome {
    let (vipps, redis, key, _) = stage()?;
    redis.run::<i64>(redis::cmd("DEL").arg(&key))?;
    redis.run::<i64>(redis::cmd("LPUSH").arg(&key).arg("a"))?;
    let mut crew = crew(3, &vipps, &redis)?;
    crew.tokens()?;
    until("the entry is replaced", || Ok(redis.value(&key).is_ok()))?;
    assert!(crew.cache_failures()?.iter().any(|failure| failure.contains("something else under this key")));
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn another_type_under_the_lock_keeps_nobody_waiting() -> Outcome {
    let (vipps, redis, key, _) = stage()?;
    redis.run::<i64>(redis::cmd("DEL").arg(&key))?;
    let lock = lock_name(&vipps, &Settings::new(&vipps).redis(redis.url()), std::slice::from_ref(&redis))?;
    redis.run::<i64>(redis::cmd("DEL").arg(&key))?;
    redis.run::<i64>(redis::cmd("LPUSH").arg(lock).arg("a"))?;
    let mut crew = crew(3, &vipps, &redis)?;
    assert_eq!(crew.tokens()?.len(), 3);
    let failures = crew.cache_failures()?;
    assert!(failures.iter().any(|failure| failure.contains("operation=`lock`")), "{failures:?}");
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn no_entry_with_a_byte_changed_or_missing_is_taken() -> Outcome {
    use std::sync::Arc;
    use vipps_partner_auth::{Config, Partner, PartnerKeys, RedisCache, ReqwestClient, SystemInfo};
    let (vipps, redis, key, value) = stage()?;
    let cache = Arc::new(RedisCache::new(&redis.url())?);
    let http = Arc::new(ReqwestClient::new(&Config::default())?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let taken = |entry: &[u8]| -> Outcome<u64> {
        redis.put(&key, entry)?;
        let config = Config::from(vipps.environment()?).token_cache(cache.clone()).http(http.clone());
        let partner =
            Partner::new(PartnerKeys::try_from(vipps.partner_keys())?, SystemInfo::new("fleet", "1")?, config)?;
        runtime.block_on(async {
            partner.headers().await?;
            // Whatever is put there next shall not be overwritten.
            while redis.value(&key)? == entry && partner.stats().token_requests > 0 {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            Ok(partner.stats().tokens_from_cache)
        })
    };
    assert_eq!(taken(&value)?, 1, "as it was");
    for place in 0..value.len() {
        let mut changed = value.clone();
        changed[place] ^= 1 << (place % 8);
        assert_eq!(taken(&changed)?, 0, "byte {place}");
    }
    for length in (0..value.len()).step_by(7).chain([value.len() - 1]) {
        assert_eq!(taken(&value[..length])?, 0, "{length} bytes");
    }
    assert_eq!(taken(&[&value[..], b"x"].concat())?, 0, "one byte more");
    Ok(())
}
