//! Machines whose clocks differ by up to a minute, one way and the other.

use std::time::Duration;

use fleet::{Crew, Outcome, Redis, Settings, count_tokens};
use serde_json::json;
use vipps_emulator::{Emulator, TokenKind};

use crate::{vipps, worker};

const AHEAD: [[i64; 3]; 2] = [[0, 60, 30], [0, -60, -30]];
const LIFETIME: u64 = 900;
const STEP: u64 = 9;

fn crew(vipps: &Emulator, redis: &Redis, ahead: &[i64]) -> Outcome<Crew> {
    let settings = |ahead: &i64| Settings::new(vipps).redis(redis.url()).and("clock_ahead", *ahead);
    Crew::of(ahead.iter().map(|ahead| (worker(), settings(ahead))))
}

/// Lets time pass for everybody, Redis included.
fn pass(seconds: u64, vipps: &Emulator, redis: &Redis, crews: &mut [&mut Crew]) -> Outcome {
    vipps.advance(Duration::from_secs(seconds));
    if let Ok(key) = redis.key("token") {
        let left: i64 = redis.run(redis::cmd("PTTL").arg(&key))?;
        redis.run::<i64>(redis::cmd("PEXPIRE").arg(&key).arg(left - i64::try_from(seconds * 1_000)?))?;
    }
    crews.iter_mut().try_for_each(|crew| crew.ask(&json!({"do": "advance", "seconds": seconds})).map(drop))
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_fleet_under_load_uses_no_token_that_has_run_out_and_asks_for_few() -> Outcome {
    AHEAD.iter().try_for_each(|ahead| an_hour_of(ahead))
}

fn an_hour_of(ahead: &[i64]) -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    vipps.token_lifetime(TokenKind::Standard, Duration::from_secs(LIFETIME));
    let mut crew = crew(&vipps, &redis, ahead)?;
    crew.token()?;
    assert_eq!(count_tokens(&vipps), 1);
    let hour = 3_600;
    for _ in 0..hour / STEP {
        pass(STEP, &vipps, &redis, &mut [&mut crew])?;
        crew.calls(1)?;
        let replies = crew.ask(&json!({"do": "api"}))?;
        assert!(replies.iter().all(|reply| reply["status"] == 200 && reply["refused"] == false), "{replies:?}");
    }
    // Alone, each would ask for four or five.
    assert!((4..=7).contains(&count_tokens(&vipps)), "{ahead:?}: {}", count_tokens(&vipps));
    assert_eq!(crew.cache_failures()?, [""; 0]);
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn who_comes_late_to_a_token_uses_it_no_longer_than_it_lives() -> Outcome {
    for ahead in AHEAD.into_iter().flatten() {
        let (vipps, redis) = (vipps()?, Redis::start()?);
        vipps.token_lifetime(TokenKind::Standard, Duration::from_secs(LIFETIME));
        let mut first = crew(&vipps, &redis, &[0])?;
        first.token()?;
        redis.arrived("token")?;
        let mut late = crew(&vipps, &redis, &[ahead])?;
        pass(LIFETIME - 50, &vipps, &redis, &mut [&mut first, &mut late])?;
        for _ in 0..12 {
            let reply = &late.ask(&json!({"do": "api"}))?[0];
            assert_eq!((&reply["status"], &reply["refused"]), (&json!(200), &json!(false)), "{ahead} s ahead");
            pass(STEP, &vipps, &redis, &mut [&mut first, &mut late])?;
        }
        assert!(count_tokens(&vipps) <= 3, "{ahead} s ahead: {}", count_tokens(&vipps));
    }
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_clock_that_is_wrong_by_hours_costs_tokens_but_no_call() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    vipps.token_lifetime(TokenKind::Standard, Duration::from_secs(LIFETIME));
    let mut crew = crew(&vipps, &redis, &[0, 7_200, -7_200])?;
    for _ in 0..3_600 / 60 {
        crew.calls(1)?;
        let replies = crew.ask(&json!({"do": "api"}))?;
        assert!(replies.iter().all(|reply| reply["status"] == 200 && reply["refused"] == false), "{replies:?}");
        pass(60, &vipps, &redis, &mut [&mut crew])?;
    }
    assert!(count_tokens(&vipps) <= 3 * 6, "{}", count_tokens(&vipps));
    Ok(())
}
