//! An hour in the life of fleets of several sizes, with sharing and without.

use std::{fmt::Write as _, time::Duration};

use fleet::{Crew, Outcome, Program, Redis, Settings, count_tokens};
use serde_json::json;
use vipps_emulator::{Emulator, Options, TokenKind};

const SIZES: [usize; 3] = [1, 10, 50];
/// As long as the shortest that Vipps grants; they are renewed 72 to 90 seconds before their end.
const LIFETIME: Duration = Duration::from_secs(15 * 60);
pub(crate) const MINUTES: u64 = 60;
const STEP: u64 = 6;

/// Token requests in each minute.
pub(crate) struct Hour {
    pub(crate) processes: usize,
    pub(crate) shared: bool,
    pub(crate) requests: Vec<usize>,
}

impl Hour {
    pub(crate) fn total(&self) -> usize {
        self.requests.iter().sum()
    }

    fn most(&self) -> usize {
        self.requests.iter().copied().max().unwrap_or_default()
    }
}

pub(crate) fn all() -> Outcome<Vec<Hour>> {
    let kinds = SIZES.iter().flat_map(|size| [(*size, false), (*size, true)]);
    kinds.map(|(processes, shared)| one(processes, shared)).collect()
}

fn one(processes: usize, shared: bool) -> Outcome<Hour> {
    let (vipps, redis) = (Emulator::start(Options::default())?, Redis::start()?);
    vipps.token_lifetime(TokenKind::Standard, LIFETIME);
    let settings = Settings::new(&vipps);
    let settings = if shared { settings.redis(redis.url()) } else { settings };
    let mut crew = Crew::start(&Program::new([env!("CARGO_BIN_EXE_fleet-worker")]), processes, &settings)?;
    let mut requests = Vec::new();
    for _ in 0..MINUTES {
        let before = count_tokens(&vipps);
        for _ in 0..60 / STEP {
            let calls = crew.calls(1)?;
            assert_eq!(calls.failed, 0);
            vipps.advance(Duration::from_secs(STEP));
            crew.ask(&json!({"do": "advance", "seconds": STEP}))?;
        }
        requests.push(count_tokens(&vipps) - before);
    }
    assert_eq!(crew.cache_failures()?, [""; 0]);
    Ok(Hour { processes, shared, requests })
}

pub(crate) fn table(hours: &[Hour]) -> String {
    let mut text = "\nToken requests in an hour, tokens living 15 minutes\n".to_owned();
    let _ = writeln!(text, "{:<12} {:<16} {:>10} {:>20}", "processes", "", "in all", "most in a minute");
    for hour in hours {
        let how = if hour.shared { "shared" } else { "each for itself" };
        let _ = writeln!(text, "{:<12} {how:<16} {:>10} {:>20}", hour.processes, hour.total(), hour.most());
    }
    text
}

pub(crate) fn csv(hours: &[Hour]) -> String {
    let mut text = "processes,shared,minute,token_requests\n".to_owned();
    for hour in hours {
        for (minute, requests) in hour.requests.iter().enumerate() {
            let _ = writeln!(text, "{},{},{minute},{requests}", hour.processes, hour.shared);
        }
    }
    text
}
