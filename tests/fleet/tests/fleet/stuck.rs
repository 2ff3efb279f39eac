//! A process that has the lock and does not get on.

use fleet::{Crew, Outcome, Redis, count_tokens, until};
use serde_json::json;
use vipps_emulator::{Emulator, Endpoint, Failure};

use crate::{crew, vipps};

/// One process in mid-fetch, and others that wait for it.
fn stage(vipps: &Emulator, redis: &Redis) -> Outcome<(Crew, Crew)> {
    let (mut holder, mut others) = (crew(1, vipps, redis)?, crew(10, vipps, redis)?);
    vipps.fail_next(Endpoint::StandardToken, 1, Failure::Hang);
    holder.tell(&json!({"do": "token"}))?;
    until("the first request hangs", || Ok(count_tokens(vipps) == 1))?;
    others.tell(&json!({"do": "token"}))?;
    Ok((holder, others))
}

/// The token that all the others get in the end.
fn token(others: &mut Crew) -> Outcome<String> {
    let replies = others.replies()?;
    assert!(replies.iter().all(|reply| reply["token"] == replies[0]["token"]), "{replies:?}");
    Ok(replies[0]["token"].as_str().ok_or("no token")?.to_owned())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_frozen_process_is_overtaken_by_one_and_may_wake_up_later() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let (mut holder, mut others) = stage(&vipps, &redis)?;
    holder.workers[0].freeze()?;
    let overtaken_with = token(&mut others)?;
    assert_eq!(count_tokens(&vipps), 2, "one of the ten took its place, once the lock had ended");
    until("the lock is given back", || Ok(redis.key("lock").is_err()))?;

    vipps.release_hung();
    holder.workers[0].thaw()?;
    assert!(holder.replies()?[0]["token"].is_string());
    assert_eq!(others.token()?, overtaken_with);
    assert_eq!(crew(1, &vipps, &redis)?.tokens()?.len(), 1);
    assert_eq!(count_tokens(&vipps), 2);
    let failures = [holder.cache_failures()?, others.cache_failures()?].concat();
    assert_eq!(failures, [""; 0]);
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_process_that_wakes_up_does_not_take_the_lock_from_its_next_holder() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let (mut holder, mut others) = stage(&vipps, &redis)?;
    vipps.fail_next(Endpoint::StandardToken, 1, Failure::Hang);
    let lock = redis.key("lock")?;
    let first = redis.value(&lock)?;
    holder.workers[0].freeze()?;
    until("another has the lock", || Ok(redis.value(&lock).is_ok_and(|next| next != first)))?;
    let next = redis.value(&lock)?;
    vipps.release_hung();
    holder.workers[0].thaw()?;
    let replies = [holder.replies()?, others.replies()?].concat();
    assert!(replies.iter().all(|reply| reply["token"].is_string()), "{replies:?}");
    until("the next holder has given it back", || Ok(redis.key("lock").is_err()))?;
    assert_ne!(first, next);
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_killed_process_is_replaced_by_one() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let (mut holder, mut others) = stage(&vipps, &redis)?;
    holder.workers[0].kill()?;
    let found = token(&mut others)?;
    assert_eq!(count_tokens(&vipps), 2);
    assert_eq!(crew(1, &vipps, &redis)?.token()?, found);
    assert_eq!(others.cache_failures()?, [""; 0]);
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn while_fetches_hang_others_go_on_and_all_end_well() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let mut crew = crew(10, &vipps, &redis)?;
    vipps.fail_next(Endpoint::StandardToken, 2, Failure::Hang);
    crew.tell(&json!({"do": "token"}))?;
    until("a third request", || Ok(count_tokens(&vipps) >= 3))?;
    vipps.release_hung();
    assert!(crew.replies()?.iter().all(|reply| reply["token"].is_string()));
    Ok(())
}
