//! Nobody has a token.

use fleet::{Crew, Outcome, Program, Redis, Settings, count_tokens};

use crate::{crew, vipps, worker};

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn fifty_processes_make_one_token_request_and_have_the_same_token() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let mut crew = crew(50, &vipps, &redis)?;
    crew.token()?;
    assert_eq!(count_tokens(&vipps), 1);
    assert_eq!((crew.stat("tokens_fetched")?, crew.stat("tokens_from_cache")?), (1, 49));
    assert_eq!(crew.cache_failures()?, [""; 0]);
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn without_sharing_each_makes_its_own() -> Outcome {
    let vipps = vipps()?;
    let mut crew = Crew::start(&worker(), 5, &Settings::new(&vipps))?;
    assert!(crew.token().is_err());
    assert_eq!(count_tokens(&vipps), 5);
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn who_comes_later_finds_the_token_also_when_those_before_are_gone() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let mut gone = crew(1, &vipps, &redis)?;
    let first = gone.token()?;
    redis.arrived("token")?;
    drop(gone);
    assert_eq!(crew(3, &vipps, &redis)?.token()?, first);
    assert_eq!(count_tokens(&vipps), 1);
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn processes_of_all_languages_at_hand_share_one_token() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let settings = Settings::new(&vipps).redis(redis.url());
    let programs =
        std::iter::repeat_n(worker(), 2).chain(Program::others().into_iter().flat_map(|other| [other.clone(), other]));
    let mut crew = Crew::of(programs.map(|program| (program, settings.clone())))?;
    crew.token()?;
    assert_eq!(count_tokens(&vipps), 1);
    assert_eq!(crew.stat("tokens_from_cache")?, crew.workers.len() as u64 - 1);
    Ok(())
}
