//! Tokens near their end, under load.

use std::time::Duration;

use fleet::{Calls, Outcome, Redis, count_tokens};
use serde_json::json;
use vipps_emulator::TokenKind;

use crate::{crew, vipps};

const LIFETIME: u64 = 900;
/// Tokens of this life are renewed 72 to 90 seconds before their end.
const STEP: u64 = 9;
const LIVES: u64 = 5;

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn ten_processes_under_load_renew_once_in_each_life_and_nobody_waits() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    vipps.token_lifetime(TokenKind::Standard, Duration::from_secs(LIFETIME));
    let mut crew = crew(10, &vipps, &redis)?;
    crew.token()?;
    let mut sum = Calls::default();
    // As far as the last renewal of five: each comes 810 to 828 seconds after the one before.
    for _ in 0..(LIVES * 828).div_ceil(STEP) {
        vipps.advance(Duration::from_secs(STEP));
        crew.ask(&json!({"do": "advance", "seconds": STEP}))?;
        let calls = crew.calls(5)?;
        sum = Calls {
            calls: sum.calls + calls.calls,
            failed: sum.failed + calls.failed,
            waited: sum.waited + calls.waited,
        };
    }
    assert_eq!((sum.failed, sum.waited), (0, 0), "of {} calls", sum.calls);
    let renewals = count_tokens(&vipps) as u64 - 1;
    assert!((LIVES - 1..=LIVES + 1).contains(&renewals), "{renewals} renewals in {LIVES} lives");
    assert_eq!(crew.stat("tokens_renewed")?, renewals);
    assert_eq!(crew.cache_failures()?, [""; 0]);
    crew.token()?;
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_renewal_that_fails_once_is_not_tried_by_each_process_while_all_go_on_with_the_token_they_have() -> Outcome {
    use vipps_emulator::{Endpoint, ErrorShape, Failure};
    let (vipps, redis) = (vipps()?, Redis::start()?);
    vipps.token_lifetime(TokenKind::Standard, Duration::from_secs(LIFETIME));
    let mut crew = crew(4, &vipps, &redis)?;
    let first = crew.token()?;
    vipps.fail_next(Endpoint::StandardToken, 1, Failure::status(503, ErrorShape::Apim));
    vipps.advance(Duration::from_secs(830));
    crew.ask(&json!({"do": "advance", "seconds": 830}))?;
    let calls = crew.calls(5)?;
    assert_eq!((calls.failed, calls.waited), (0, 0));
    assert_eq!(count_tokens(&vipps), 2, "one process asked, and the others heard what came of it");
    assert_eq!(crew.stat("renewals_failed")?, 4);
    assert!(crew.tokens()?.iter().all(|token| *token == first));
    // Longer than the pause of half a minute with its jitter, and well before the token's end. Redis counts it by the
    // machine's time, which does not move here.
    redis.ask::<i64>(&format!("DEL {}", redis.arrived("lock")?))?;
    vipps.advance(Duration::from_secs(40));
    crew.ask(&json!({"do": "advance", "seconds": 40}))?;
    let calls = crew.calls(5)?;
    assert_eq!((calls.failed, calls.waited), (0, 0));
    assert_eq!((count_tokens(&vipps), crew.stat("tokens_renewed")?), (3, 1));
    assert!(crew.tokens()?.iter().all(|token| *token != first), "all have the new token");
    Ok(())
}
