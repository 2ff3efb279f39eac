//! Redis: reachable, rights, clock, eviction, latency.

use std::time::Duration;

use super::report::Findings;
use crate::{
    cache::{CacheError, CacheKey, CachedToken, Facts, Lock, RedisCache, TokenCache},
    clock::Clock,
    partner::Inner,
};

const CHECK: &str = "redis";
const LIMIT: Duration = Duration::from_secs(5);
const RIGHTS: &str =
    "see the rights and settings that RedisCache needs; without Redis each process fetches its own token";
/// A call that has to ask Redis waits for this.
const SLOW: Duration = Duration::from_millis(100);
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(30);

pub(super) async fn look(inner: &Inner, findings: &mut Findings) {
    let Some(redis) = &inner.redis else { return };
    let key = CacheKey::for_doctor(&inner.environment, &inner.provider.keys());
    match tokio::time::timeout(LIMIT, used(redis, &key)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return findings.fault(CHECK, error.to_string(), RIGHTS),
        Err(_) => return findings.fault(CHECK, "redis did not answer in time", RIGHTS),
    }
    let Ok(facts) = tokio::time::timeout(LIMIT, redis.facts(&key)).await else {
        return findings.warn(CHECK, "redis took too long to tell of itself", "look at its load");
    };
    told(&facts, &*inner.login.clock, findings);
}

/// All that a partner at work does there, once.
async fn used(redis: &RedisCache, key: &CacheKey) -> Result<(), CacheError> {
    let holder = "vipps-doctor";
    if redis.lock(key, holder, LIMIT).await? != Lock::Ours {
        // Another doctor is at work, which shows the same.
        return Ok(());
    }
    let end = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default() + LIMIT;
    let entry = CachedToken::new("no token", end, LIMIT);
    redis.store(key, entry.clone(), LIMIT).await?;
    let found = redis.load(key).await?.map(|found| found.secret);
    redis.remove(key, &entry.secret).await?;
    redis.unlock(key, holder).await?;
    if found != Some(entry.secret) {
        return Err(CacheError::because("redis did not give back what it was given: does it drop entries at once?"));
    }
    Ok(())
}

fn told(facts: &Facts, clock: &dyn Clock, findings: &mut Findings) {
    let mut is_fine = true;
    let mut warn = |detail: String, cure: &str| {
        is_fine = false;
        findings.warn(CHECK, detail, cure);
    };
    if facts.latency > SLOW {
        warn(
            format!("redis takes {} ms to answer", facts.latency.as_millis()),
            "put it nearer; a call that asks it waits that long",
        );
    }
    if let Some(difference) =
        facts.time.map(|time| time.abs_diff(clock.now().wall)).filter(|span| *span > CLOCK_DIFFERENCE)
    {
        let detail = format!("the clocks of redis and of this machine differ by {} s", difference.as_secs());
        warn(detail, "set both by a time server (NTP)");
    }
    if let Some(policy) = facts.eviction.as_deref() {
        let detail = format!("redis drops entries when its memory is full ({policy})");
        warn(
            detail,
            "give it memory enough, or a policy that leaves other entries first: a token that is dropped costs a call",
        );
    }
    if is_fine {
        findings.ok(
            CHECK,
            format!("redis holds, gives back and drops entries; it answers in {} ms", facts.latency.as_millis().max(1)),
        );
    }
}
