//! Redis gone, slow, full, or not what it should be: no call fails, somebody is told, and sharing comes back.

use std::time::Duration;

use fleet::{Calls, Crew, Outcome, Redis, Settings, count_tokens, until};
use serde_json::json;
use vipps_emulator::{Emulator, TokenKind};

use crate::{crew, vipps, worker};

/// Short lives, so that a fleet under load has much to do with Redis.
const LIFETIME: Duration = Duration::from_secs(8);

fn all_good(calls: Calls) {
    assert_eq!(calls.failed, 0, "of {}", calls.calls);
    assert!(calls.calls > 0);
}

/// All got a token, though Redis was no help; each was told why.
fn each_for_itself(crew: &mut Crew, vipps: &Emulator, told: &str) -> Outcome {
    let size = crew.workers.len();
    let before = count_tokens(vipps);
    assert_eq!(crew.tokens()?.len(), size);
    assert_eq!(count_tokens(vipps) - before, size);
    until(&format!("all were told `{told}`"), || Ok(crew.stat("cache_failures")? >= size as u64))?;
    let failures = crew.cache_failures()?;
    assert!(failures.iter().filter(|failure| failure.contains(told)).count() >= size, "{failures:?}");
    Ok(())
}

/// Sharing works again for these very processes. What they sent to a stuck Redis may be done only now, and a lock that
/// was asked for then lives for a while.
fn shared_again(crew: &mut Crew, vipps: &Emulator, redis: &Redis) -> Outcome {
    until("a token is shared", || {
        redis.ask::<String>("FLUSHALL")?;
        crew.ask(&json!({"do": "invalidate"}))?;
        crew.events()?;
        let before = count_tokens(vipps);
        let is_one = crew.token().is_ok() && count_tokens(vipps) == before + 1;
        Ok(is_one && crew.cache_failures()?.is_empty())
    })
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn redis_killed_and_started_again_under_load() -> Outcome {
    let (vipps, mut redis) = (vipps()?, Redis::start()?);
    vipps.token_lifetime(TokenKind::Standard, LIFETIME);
    let mut crew = crew(10, &vipps, &redis)?;
    crew.token()?;
    crew.start_load()?;
    let renewed = |times: usize, vipps: &Emulator| {
        let before = count_tokens(vipps);
        until("tokens were renewed", || Ok(count_tokens(vipps) >= before + times))
    };
    renewed(1, &vipps)?;
    redis.kill()?;
    renewed(11, &vipps)?;
    redis.restart()?;
    // Each may have one more try under way that began without Redis.
    redis.arrived("token")?;
    renewed(1, &vipps)?;
    all_good(crew.stop_load()?);
    assert!(!crew.cache_failures()?.is_empty());
    shared_again(&mut crew, &vipps, &redis)
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_restart_between_two_renewals_is_not_even_noticed() -> Outcome {
    let (vipps, mut redis) = (vipps()?, Redis::start()?);
    let mut crew = crew(20, &vipps, &redis)?;
    crew.token()?;
    redis.arrived("token")?;
    redis.kill()?;
    redis.restart()?;
    vipps.advance(Duration::from_secs(23 * 60 * 60));
    crew.ask(&json!({"do": "advance", "seconds": 23 * 3_600}))?;
    let calls = crew.calls(1)?;
    assert_eq!((calls.failed, calls.waited), (0, 0));
    assert_eq!(count_tokens(&vipps), 2);
    assert_eq!(crew.cache_failures()?, [""; 0]);
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn connections_that_redis_closed_are_made_anew() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let mut crew = crew(10, &vipps, &redis)?;
    crew.token()?;
    redis.arrived("token")?;
    redis.ask::<i64>("CLIENT KILL TYPE normal SKIPME yes")?;
    shared_again(&mut crew, &vipps, &redis)
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn no_redis_at_all() -> Outcome {
    let (vipps, mut redis) = (vipps()?, Redis::start()?);
    redis.kill()?;
    let mut crew = crew(5, &vipps, &redis)?;
    each_for_itself(&mut crew, &vipps, "redis is out of reach")?;
    redis.restart()?;
    shared_again(&mut crew, &vipps, &redis)
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_name_that_no_one_knows() -> Outcome {
    let vipps = vipps()?;
    let settings = Settings::new(&vipps).redis("redis://no-such-host.invalid:6379");
    each_for_itself(&mut Crew::start(&worker(), 2, &settings)?, &vipps, "cache_failed operation=`load`")
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_frozen_redis() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let mut crew = crew(5, &vipps, &redis)?;
    redis.freeze()?;
    // Before they connect, and with a connection at hand.
    each_for_itself(&mut crew, &vipps, "cache_failed operation=`load`")?;
    redis.thaw()?;
    shared_again(&mut crew, &vipps, &redis)?;
    redis.arrived("token")?;
    redis.freeze()?;
    crew.ask(&json!({"do": "invalidate"}))?;
    each_for_itself(&mut crew, &vipps, "no answer in time")?;
    redis.thaw()?;
    shared_again(&mut crew, &vipps, &redis)
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_redis_that_answers_nobody_for_a_while() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let mut crew = crew(5, &vipps, &redis)?;
    crew.token()?;
    redis.arrived("token")?;
    redis.ask::<String>("CLIENT PAUSE 5000 ALL")?;
    crew.ask(&json!({"do": "invalidate"}))?;
    each_for_itself(&mut crew, &vipps, "no answer in time")?;
    shared_again(&mut crew, &vipps, &redis)
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_redis_that_only_reads_for_a_while() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let mut crew = crew(5, &vipps, &redis)?;
    redis.ask::<String>("CLIENT PAUSE 60000 WRITE")?;
    each_for_itself(&mut crew, &vipps, "cache_failed operation=`lock` detail=`no answer in time`")?;
    redis.ask::<String>("CLIENT UNPAUSE")?;
    shared_again(&mut crew, &vipps, &redis)
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_redis_that_sleeps_for_a_while() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let mut crew = crew(5, &vipps, &redis)?;
    let sleeper = redis.url();
    let sleep = std::thread::spawn(move || -> Outcome {
        let mut connection = redis::Client::open(sleeper)?.get_connection()?;
        Ok(redis::cmd("DEBUG").arg("SLEEP").arg("3").query(&mut connection)?)
    });
    let tokens = crew.tokens()?;
    assert_eq!(tokens.len(), 5);
    sleep.join().map_err(|_| "the sleeper")??;
    shared_again(&mut crew, &vipps, &redis)
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_full_redis() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let mut crew = crew(5, &vipps, &redis)?;
    redis.set("maxmemory-policy", "noeviction")?;
    redis.set("maxmemory", "1")?;
    each_for_itself(&mut crew, &vipps, "detail=`redis is full`")?;
    redis.set("maxmemory", "0")?;
    shared_again(&mut crew, &vipps, &redis)
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_replica_that_takes_no_writes() -> Outcome {
    let (vipps, master) = (vipps()?, Redis::start()?);
    let replica = Redis::with(&["--replicaof", "127.0.0.1", &master.port().to_string()])?;
    until("the replica is one", || Ok(replica.ask::<String>("INFO replication")?.contains("master_link_status:up")))?;
    let mut crew = crew(5, &vipps, &replica)?;
    each_for_itself(&mut crew, &vipps, "detail=`redis is read-only here`")?;
    replica.ask::<String>("REPLICAOF NO ONE")?;
    shared_again(&mut crew, &vipps, &replica)
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_wrong_password_is_told_and_shown_nowhere() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::secured(&["--requirepass", "right"], ":right@")?);
    for (login, told) in [
        ("", "redis asks for a password, and the URL has none"),
        (":hunter2@", "redis refused user or password"),
        ("nobody:hunter2@", "redis refused user or password"),
    ] {
        let settings = Settings::new(&vipps).redis(redis.url_for(login));
        let mut crew = Crew::start(&worker(), 3, &settings)?;
        each_for_itself(&mut crew, &vipps, &format!("detail=`{told}`"))?;
        assert!(!crew.events()?.concat().contains("hunter2"));
    }
    assert_eq!(redis.keys()?, [""; 0]);
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_password_where_none_is_set_is_told() -> Outcome {
    let (vipps, redis) = (vipps()?, Redis::start()?);
    let settings = Settings::new(&vipps).redis(redis.url_for(":hunter2@"));
    let told = "detail=`the URL has a password, and redis has none set`";
    each_for_itself(&mut Crew::start(&worker(), 2, &settings)?, &vipps, told)
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_user_who_may_do_too_little_is_told_what_is_missing() -> Outcome {
    let vipps = vipps()?;
    for (rights, told) in [
        ("~vipps-partner-auth:* +pttl +set +del +eval", "redis forbids this user the command GETRANGE"),
        ("~vipps-partner-auth:* +getrange +set +del +eval", "redis forbids this user the command PTTL"),
        ("~vipps-partner-auth:* +getrange +pttl +del +eval", "redis forbids this user the command SET"),
        ("~other:* +getrange +pttl +set +del +eval", "redis forbids this user these keys"),
    ] {
        let acl: Vec<_> = "--user poor on >word".split(' ').chain(rights.split(' ')).collect();
        let redis = Redis::with(&acl)?;
        let settings = Settings::new(&vipps).redis(redis.url_for("poor:word@"));
        each_for_itself(&mut Crew::start(&worker(), 2, &settings)?, &vipps, told)?;
    }
    Ok(())
}

/// Two renewals in a row: a lock that stayed behind would hold the second up.
#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_redis_without_eval_shares_and_says_so() -> Outcome {
    let vipps = vipps()?;
    let user = |rights: &'static str| {
        "--user app on >word ~vipps-partner-auth:*".split(' ').chain(rights.split(' ')).collect()
    };
    let renamed: Vec<&str> = vec!["--rename-command", "EVAL", ""];
    for (options, login, told) in [
        (renamed, "", "this redis has no command EVAL"),
        (user("+getrange +pttl +set +del"), "app:word@", "redis forbids this user the command EVAL"),
        (user("+getrange +pttl +set +eval"), "app:word@", "redis forbids this user the command DEL"),
    ] {
        let redis = Redis::with(&options)?;
        let mut crew = Crew::start(&worker(), 4, &Settings::new(&vipps).redis(redis.url_for(login)))?;
        let before = count_tokens(&vipps);
        crew.token()?;
        redis.arrived("token")?;
        until("somebody was told", || Ok(crew.stat("cache_failures")? > 0))?;
        assert_eq!(count_tokens(&vipps) - before, 1);
        let failures = crew.cache_failures()?;
        assert!(failures.iter().all(|failure| failure.contains(told)), "{failures:?}");
        if !told.ends_with("DEL") {
            until("the lock is given back", || Ok(redis.key("lock").is_err()))?;
        }
    }
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn something_else_that_listens_there() -> Outcome {
    let vipps = vipps()?;
    let silent = std::net::TcpListener::bind("127.0.0.1:0")?;
    let addresses = [silent.local_addr()?.to_string(), vipps.base_url().replace("http://", "")];
    for address in addresses {
        for scheme in ["redis", "rediss", "redis+sentinel", "redis+cluster"] {
            let path = if scheme.ends_with("sentinel") { "/master" } else { "" };
            let settings = Settings::new(&vipps).redis(format!("{scheme}://{address}{path}"));
            let mut crew = Crew::start(&worker(), 1, &settings)?;
            each_for_itself(&mut crew, &vipps, "cache_failed operation=`load`")?;
        }
    }
    Ok(())
}
