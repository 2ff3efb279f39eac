//! Tokens that an API refuses.

use fleet::{Outcome, Redis, count_tokens, until};
use serde_json::json;

use crate::{crew, vipps};

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_refused_token_is_replaced_once_for_all() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let mut crew = crew(10, &vipps, &redis)?;
    let refused = crew.token()?;
    vipps.revoke_tokens();
    let replies = crew.ask(&json!({"do": "api"}))?;
    assert!(replies.iter().all(|reply| reply["status"] == 200 && reply["refused"] == true), "{replies:?}");
    assert_ne!(crew.token()?, refused);
    assert_eq!(count_tokens(&vipps), 2);
    let replies = crew.ask(&json!({"do": "api"}))?;
    assert!(replies.iter().all(|reply| reply["refused"] == false), "{replies:?}");
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_newer_token_is_never_deleted_and_the_refused_one_not_handed_out_again() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let (mut quick, mut late) = (crew(1, &vipps, &redis)?, crew(1, &vipps, &redis)?);
    let refused = quick.token()?;
    redis.arrived("token")?;
    assert_eq!(late.token()?, refused);
    let key = redis.key("token")?;
    let old = redis.value(&key)?;
    assert_eq!(quick.ask(&json!({"do": "invalidate"}))?[0]["dropped"], true);
    until("it is withdrawn", || Ok(redis.key("token").is_err()))?;
    // Somebody who was slow puts it back.
    redis.put(&key, &old)?;
    let newer = quick.token()?;
    assert_ne!(newer, refused);
    until("the newer one is there", || Ok(redis.value(&key)? != old))?;

    assert_eq!(late.ask(&json!({"do": "invalidate"}))?[0]["dropped"], true);
    assert_eq!((late.token()?, crew(1, &vipps, &redis)?.token()?), (newer.clone(), newer.clone()));
    assert_eq!(count_tokens(&vipps), 2);
    let before = redis.value(&key)?;
    // A refusal of the old one that comes when both have the newer.
    late.ask(&json!({"do": "calls", "count": 5}))?;
    assert_eq!((redis.value(&key)?, quick.token()?), (before, newer));
    Ok(())
}
