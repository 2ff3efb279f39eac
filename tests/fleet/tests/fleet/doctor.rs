//! What the doctor says of a real Redis: what it holds, drops and lacks, how late it is and what time it has.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use fleet::{Outcome, Redis};
use vipps_emulator::Emulator;
use vipps_partner_auth::{
    BoxFuture, Clock, Config, Environment, Now, Partner, PartnerKeys, SystemClock, SystemInfo, doctor::DoctorOptions,
};

use crate::vipps;

/// What the doctor finds of this Redis, a line each: how bad, and the words.
fn findings(vipps: &Emulator, url: &str, clock: Arc<dyn Clock>) -> Outcome<Vec<String>> {
    let keys = vipps.partner_keys();
    let keys = PartnerKeys::new(keys.client_id, keys.client_secret, keys.subscription_key)?;
    let config = Config::from(Environment::custom(vipps.base_url())?).redis_url(url).clock(clock);
    let partner = Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, config)?;
    let report = partner.blocking().doctor(&DoctorOptions::default())?;
    let of_redis = report.findings().iter().filter(|finding| finding.check == "redis");
    Ok(of_redis.map(|finding| format!("{}: {}", finding.outcome.as_str(), finding.detail)).collect())
}

fn found(redis: &Redis) -> Outcome<Vec<String>> {
    findings(&vipps()?, &redis.url(), Arc::new(SystemClock))
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_redis_as_it_should_be_is_fine_and_holds_the_partners_token_alone_afterwards() -> Outcome {
    for options in [&[][..], &["--maxmemory", "100mb", "--maxmemory-policy", "noeviction"]] {
        let redis = Redis::with(options)?;
        let found = found(&redis)?;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("ok: redis holds, gives back and drops entries"), "{found:?}");
        let token = redis.key("token")?;
        assert_eq!(redis.keys()?, [token], "neither a lock nor the doctor's own entry");
    }
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_policy_that_drops_tokens_is_named() -> Outcome {
    for policy in ["allkeys-lru", "volatile-ttl", "allkeys-random"] {
        let redis = Redis::with(&["--maxmemory", "100mb", "--maxmemory-policy", policy])?;
        assert_eq!(found(&redis)?, [format!("warning: redis drops entries when its memory is full ({policy})")]);
    }
    Ok(())
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_redis_that_tells_nothing_of_itself_is_no_fault() -> Outcome {
    let redis = Redis::with(&["--rename-command", "INFO", "hidden-info", "--rename-command", "TIME", "hidden-time"])?;
    let found = found(&redis)?;
    assert!(found.len() == 1 && found[0].starts_with("ok: "), "{found:?}");
    Ok(())
}

/// This machine's clocks, the wall clock a minute ahead.
#[derive(Debug)]
struct Ahead;

impl Clock for Ahead {
    fn now(&self) -> Now {
        let now = SystemClock.now();
        Now { wall: now.wall + Duration::from_secs(60), ..now }
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(span)
    }
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn clocks_that_differ_are_named_with_the_span() -> Outcome {
    let redis = Redis::start()?;
    let found = findings(&vipps()?, &redis.url(), Arc::new(Ahead))?;
    let span = found.iter().find_map(|line| {
        line.strip_prefix("warning: the clocks of redis and of this machine differ by ")?.strip_suffix(" s")
    });
    let seconds: u64 = span.ok_or_else(|| format!("{found:?}"))?.parse()?;
    assert!((55..=60).contains(&seconds), "{seconds}");
    Ok(())
}

/// A way to a server on which each answer takes this long. Ends with the process.
fn long_way_to(port: u16, late: Duration) -> Outcome<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { continue };
            let (Ok(near_end), Ok(far_end)) = (near.try_clone(), far.try_clone()) else { continue };
            thread::spawn(move || carry(near_end, far_end, Duration::ZERO));
            thread::spawn(move || carry(far, near, late));
        }
    });
    Ok(address)
}

fn carry(mut from: TcpStream, mut to: TcpStream, late: Duration) {
    let mut bytes = [0; 4_096];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        thread::sleep(late);
        if to.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
}

#[test]
#[ignore = "needs redis-server: cargo xtask test --only fleet"]
fn a_redis_that_is_far_away_is_named_with_its_delay() -> Outcome {
    let redis = Redis::start()?;
    let address = long_way_to(redis.port(), Duration::from_millis(150))?;
    let found = findings(&vipps()?, &format!("redis://{address}"), Arc::new(SystemClock))?;
    let delay = found.iter().find_map(|line| line.strip_prefix("warning: redis takes ")?.strip_suffix(" ms to answer"));
    let milliseconds: u64 = delay.ok_or_else(|| format!("{found:?}"))?.parse()?;
    assert!(milliseconds >= 150, "{milliseconds}");
    Ok(())
}
