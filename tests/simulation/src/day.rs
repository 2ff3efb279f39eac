//! A day of a fleet as large as there may be: 2,000 processes, 50,000 merchants, a deploy, and an hour without the token
//! endpoint just when all tokens are to be renewed. Counts what Vipps sees.

use std::{sync::Arc, time::Duration};

use fastrand::Rng;
use tokio::{runtime::Builder, task::JoinHandle, time::sleep_until};
use vipps_partner_auth::Partner;

use crate::{
    fleet::{Fleet, Settings},
    process::Process,
    vipps::Endpoint,
    weather::{Fault, Spell, Spells, Weather},
};

/// What Vipps saw in each minute of the day, and what the callers had of it.
#[derive(Debug, Clone)]
pub struct Day {
    /// Processes at a time.
    pub processes: u32,
    /// Whether they share tokens.
    pub shared: bool,
    /// Whether one merchant was refused all day.
    pub refused_merchant: bool,
    /// Requests to the token endpoint.
    pub requests: Vec<u32>,
    /// Calls for headers that were made and that failed.
    pub calls: u64,
    /// Those that failed.
    pub failed: u64,
    /// What broke a rule, if anything did.
    pub broken: Option<String>,
}

/// The fleet was started in the morning before, so that its tokens, which live for a day, are renewed in the morning of
/// this one: from 7:36 to 8:35.
const BEGIN: Duration = Duration::from_secs(10 * 60 * 60);
const MIDNIGHT: Duration = Duration::from_secs(24 * 60 * 60);
/// The token endpoint answers 503 from 7:30 to 8:30.
pub const OUTAGE: (Duration, Duration) =
    (Duration::from_secs((7 * 60 + 30) * 60), Duration::from_secs((8 * 60 + 30) * 60));
/// All processes are replaced one after the other from 14:00 to 14:30.
pub const DEPLOY: (Duration, Duration) = (Duration::from_secs(14 * 60 * 60), Duration::from_secs((14 * 60 + 30) * 60));
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
const MERCHANTS: usize = 50_000;
/// A real process calls for its merchants many times a second. A token in memory costs Vipps nothing however often it is
/// used, so that fewer calls are as good, as long as they come more often than a renewal is tried: one in half a minute
/// while tokens are renewed, and one in ten minutes at other times.
const GAP_OF_RENEWALS: Duration = Duration::from_secs(30);
const GAP: Duration = Duration::from_secs(10 * 60);

impl Day {
    /// Plays the day.
    ///
    /// # Panics
    ///
    /// When no runtime can be built.
    pub fn play(processes: u32, shared: bool, refused_merchant: bool) -> Self {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        runtime.block_on(play(processes, shared, refused_merchant))
    }

    /// The requests of each hour.
    pub fn hours(&self) -> Vec<u32> {
        self.requests.chunks(60).map(|hour| hour.iter().sum()).collect()
    }

    /// The most requests in any sixty minutes that begin within a span of the day.
    pub fn most_in_an_hour(&self, from: Duration, until: Duration) -> u32 {
        let minutes = minute(from)..minute(until);
        minutes.map(|first| self.requests[first..].iter().take(60).sum()).max().unwrap_or_default()
    }

    /// The requests between two moments.
    pub fn between(&self, from: Duration, until: Duration) -> u32 {
        self.requests[minute(from)..minute(until)].iter().sum()
    }

    /// The most requests in a minute.
    pub fn most_in_a_minute(&self) -> u32 {
        self.requests.iter().copied().max().unwrap_or_default()
    }
}

fn minute(at: Duration) -> usize {
    usize::try_from(at.as_secs() / 60).unwrap_or(usize::MAX)
}

async fn play(processes: u32, shared: bool, refused_merchant: bool) -> Day {
    let mut rng = Rng::with_seed(1);
    let begin_of_day = MIDNIGHT - BEGIN;
    let outage = Spell {
        from: begin_of_day + OUTAGE.0,
        until: begin_of_day + OUTAGE.1,
        what: Fault::Status { status: 503, retry_after: None },
    };
    let weather = Weather {
        tokens: Spells(vec![outage]),
        blocked: if refused_merchant { vec![begin_of_day] } else { Vec::new() },
        ..Weather::default()
    };
    let settings = Settings {
        deadline: Duration::from_secs(30),
        request_timeout: Duration::from_secs(10),
        lifetime: LIFETIME,
        repeats_tokens: false,
        shares: shared,
        merchants: MERCHANTS,
        forges: false,
        invalidates: false,
        calls_on_the_minute: false,
    };
    let fleet = Fleet::new(settings, weather, &mut rng);
    let places: Vec<_> = (0..processes).map(|place| spawn_place(&fleet, place, processes, &mut rng)).collect();
    let mut tally = (0, 0);
    for place in places {
        let (calls, failed) = place.await.unwrap_or_default();
        tally = (tally.0 + calls, tally.1 + failed);
    }
    let end = begin_of_day + Duration::from_secs(24 * 60 * 60);
    let mut requests = fleet.vipps.requests_by_minute(Endpoint::Token, end);
    let requests = requests.split_off(minute(begin_of_day));
    let broken = fleet.trace.first_broken().map(|broken| broken.what);
    Day { processes, shared, refused_merchant, requests, calls: tally.0, failed: tally.1, broken }
}

/// One of the fleet's places: the process that is there first, and the one of the deploy.
fn spawn_place(fleet: &Arc<Fleet>, place: u32, of: u32, rng: &mut Rng) -> JoinHandle<(u64, u64)> {
    let fleet = fleet.clone();
    let mut rng = rng.fork();
    let within = |from: Duration, until: Duration| from + (until - from) * place / of;
    let begin_of_day = MIDNIGHT - BEGIN;
    let started = within(Duration::ZERO, DEPLOY.1 - DEPLOY.0);
    let replaced = begin_of_day + within(DEPLOY.0, DEPLOY.1);
    let end = begin_of_day + Duration::from_secs(24 * 60 * 60);
    tokio::spawn(async move {
        let mut tally = (0, 0);
        for (number, from, until) in [(1 + place, started, replaced), (1 + of + place, replaced, end)] {
            sleep_until(fleet.trace.moment(from)).await;
            let process = Process::new(fleet.clone(), number, rng.i64(-1_000..=1_000));
            let partner = process.partner(&rng.fork());
            let (calls, failed) = work(&process, &partner, until, &mut rng).await;
            tally = (tally.0 + calls, tally.1 + failed);
        }
        tally
    })
}

async fn work(process: &Process, partner: &Partner, until: Duration, rng: &mut Rng) -> (u64, u64) {
    let mut tally = (0, 0);
    let fleet = &process.fleet;
    while fleet.trace.now() < until {
        let merchant = Process::merchant(partner, rng.usize(1..MERCHANTS));
        tally.0 += 1;
        match merchant.authorization().await {
            Ok(headers) => process.served(headers.token().secret()),
            Err(_) => tally.1 += 1,
        }
        // The merchant that is refused, where there is one, is served by all processes.
        if fleet.weather.anybody_blocked(fleet.trace.now()) {
            let refused = Process::merchant(partner, 0);
            if let Ok(headers) = refused.authorization().await {
                drop(refused.refused(headers.token()).await);
            }
        }
        let of_day = fleet.trace.now().saturating_sub(MIDNIGHT - BEGIN);
        let renews = OUTAGE.0 <= of_day && of_day < OUTAGE.1 + Duration::from_secs(60 * 60);
        let gap = if renews { GAP_OF_RENEWALS } else { GAP };
        let next = fleet.trace.now() + gap.mul_f64(0.5 + rng.f64());
        sleep_until(fleet.trace.moment(next.min(until))).await;
    }
    tally
}
