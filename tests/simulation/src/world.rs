//! One run: a world drawn from its seed, played to its end.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use fastrand::Rng;
use tokio::{runtime::Builder, task::JoinHandle, time::sleep_until};

use crate::{
    caller::Caller,
    fleet::{AFTERMATH, Fleet, Settings},
    process::Process,
    trace::Broken,
    weather::{Weather, between, exponential},
};

/// How a run went.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Which world it was.
    pub seed: u64,
    /// Virtual time.
    pub span: Duration,
    /// Of all that happened. Two runs of one seed have the same.
    pub hash: u64,
    /// The first invariant that did not hold.
    pub broken: Option<Broken>,
    /// The largest of what has a bound: requests of a process in an hour, the milliseconds of calls, and more.
    pub maxima: BTreeMap<&'static str, u64>,
    /// How often what happened.
    pub counts: BTreeMap<&'static str, u64>,
}

/// What happens to one process.
struct Life {
    start: Duration,
    stop: Duration,
    dies: bool,
    wall_millis: i64,
    upsets: Vec<(Duration, Upset)>,
}

#[derive(Clone, Copy)]
enum Upset {
    Jump(i64),
    Freeze(Duration),
    Sleep(Duration),
}

struct World {
    fleet: Arc<Fleet>,
    span: Duration,
    /// Between two calls of one caller.
    gap: Duration,
    callers: usize,
    lives: Vec<Life>,
}

/// The number of the process that starts when all troubles are over.
const LAST_TO_START: u32 = u32::MAX;

/// Plays the world of this seed.
///
/// # Panics
///
/// When no runtime can be built.
pub fn run(seed: u64) -> Outcome {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let mut rng = Rng::with_seed(seed);
        let world = World::draw(&mut rng);
        world.play(&mut rng).await;
        let trace = &world.fleet.trace;
        Outcome {
            seed,
            span: trace.now(),
            hash: trace.hash(),
            broken: trace.first_broken(),
            maxima: trace.maxima(),
            counts: trace.counts(),
        }
    })
}

impl World {
    fn draw(rng: &mut Rng) -> Self {
        // A world in five is small and busy: bounds on requests are reached only where there are many calls.
        let is_busy = rng.u8(..5) == 0;
        let longest = Duration::from_secs((if is_busy { 5 } else { 48 }) * 60 * 60);
        let span = between(rng, Duration::from_secs(2 * 60 * 60), longest);
        let lifetime = Duration::from_secs([900, 3_600, 86_400][rng.usize(..3)]);
        let settings = Settings {
            deadline: Duration::from_secs([5, 10, 30][rng.usize(..3)]),
            request_timeout: Duration::from_secs([2, 10][rng.usize(..2)]),
            lifetime,
            repeats_tokens: rng.u8(..8) == 0,
            shares: rng.bool(),
            merchants: rng.usize(4..=if is_busy { 6 } else { 40 }),
            forges: rng.u8(..3) == 0,
            invalidates: rng.u8(..6) == 0,
            calls_on_the_minute: rng.bool(),
        };
        // In a world in six nothing goes wrong with tokens: what they cost without a reason is judged there.
        let is_fair = rng.u8(..6) == 0;
        let weather = Weather::draw(rng, span);
        let weather = if is_fair { weather.without_trouble_of_tokens() } else { weather };
        let places = match rng.u8(..4) {
            0 => 1,
            1 => rng.usize(2..=4),
            _ => rng.usize(2..=if is_busy { 3 } else { 20 }),
        };
        let lives = lives(rng, span, places, is_fair);
        let callers = rng.usize(1..=4);
        let calls = if is_busy { rng.u32(5_000..12_000) } else { rng.u32(500..3_000) };
        let worked: Duration = lives.iter().map(|life| life.stop - life.start).sum();
        let gap = worked * u32::try_from(callers).unwrap_or(1) / calls;
        Self { fleet: Fleet::new(settings, weather, rng), span, gap, callers, lives }
    }

    async fn play(&self, rng: &mut Rng) {
        let events = self.spawn_events();
        let processes: Vec<_> =
            (1..).zip(&self.lives).map(|(number, life)| self.spawn_life(number, life, rng)).collect();
        let mut survivors = Vec::new();
        for process in processes {
            survivors.extend(process.await.ok().flatten());
        }
        for event in events {
            drop(event.await);
        }
        self.recover(survivors, rng).await;
    }

    /// All troubles are over: everybody gets what they need within a bound, also who starts only now.
    async fn recover(&self, mut survivors: Vec<Caller>, rng: &mut Rng) {
        sleep_until(self.fleet.trace.moment(self.span)).await;
        let process = Process::new(self.fleet.clone(), LAST_TO_START, 0);
        let partner = process.partner(&rng.fork());
        survivors.push(Caller::new(&process, partner));
        let bound = AFTERMATH + self.fleet.limit_of_tokens();
        let recovering: Vec<_> =
            survivors.into_iter().map(|caller| tokio::spawn(async move { caller.recover(bound).await })).collect();
        for caller in recovering {
            drop(caller.await);
        }
    }

    fn spawn_events(&self) -> Vec<JoinHandle<()>> {
        let weather = &self.fleet.weather;
        let losses = weather.redis_losses.iter().filter_map(|loss| {
            let redis = self.fleet.redis.clone()?;
            let loss = *loss;
            let moment = self.fleet.trace.moment(loss.at);
            Some(tokio::spawn(async move {
                sleep_until(moment).await;
                redis.lose(loss.puts_back_an_old_one);
            }))
        });
        let notes = [("all tokens are revoked", &weather.revocations), ("a new key signs", &weather.rotations)];
        let notes = notes.into_iter().flat_map(|(what, moments)| moments.iter().map(move |at| (what, *at)));
        let notes = notes.map(|(what, at)| {
            let trace = self.fleet.trace.clone();
            tokio::spawn(async move {
                sleep_until(trace.moment(at)).await;
                trace.note(0, what, 0);
            })
        });
        losses.chain(notes).collect()
    }

    /// The caller of a process that lives to the end.
    fn spawn_life(&self, number: u32, life: &Life, rng: &mut Rng) -> JoinHandle<Option<Caller>> {
        let fleet = self.fleet.clone();
        let start = life.start;
        let stop = life.stop;
        let dies = life.dies;
        let wall_millis = life.wall_millis;
        let upsets = life.upsets.clone();
        let callers = self.callers;
        let gap = self.gap;
        let survives = stop >= self.span;
        let mut rng = rng.fork();
        tokio::spawn(async move {
            sleep_until(fleet.trace.moment(start)).await;
            let process = Process::new(fleet.clone(), number, wall_millis);
            process.note("starts", 0);
            let caller = Caller::new(&process, process.partner(&rng.fork()));
            let mut tasks: Vec<_> =
                (0..callers).map(|_| tokio::spawn(caller.clone().work(gap, stop, rng.fork()))).collect();
            tasks.push(tokio::spawn(suffer(process.clone(), upsets)));
            sleep_until(fleet.trace.moment(stop)).await;
            process.note(if dies { "dies" } else { "stops" }, 0);
            if dies {
                process.gate.kill();
                tasks.iter().for_each(JoinHandle::abort);
                return None;
            }
            // Each comes back from its last call.
            for task in tasks {
                drop(task.await);
            }
            survives.then_some(caller)
        })
    }
}

async fn suffer(process: Arc<Process>, upsets: Vec<(Duration, Upset)>) {
    for (at, upset) in upsets {
        sleep_until(process.fleet.trace.moment(at)).await;
        let until = at
            + match upset {
                Upset::Jump(_) => Duration::ZERO,
                Upset::Freeze(span) | Upset::Sleep(span) => span,
            };
        process.disturb();
        process.fleet.disturb(until, matches!(upset, Upset::Jump(_)));
        match upset {
            Upset::Jump(millis) => {
                process.note("its wall clock is set, by seconds", millis.unsigned_abs() / 1_000);
                process.clock.jump(millis);
            }
            Upset::Freeze(span) => {
                process.note("stands still, for seconds", span.as_secs());
                process.gate.freeze(span);
            }
            Upset::Sleep(span) => {
                process.note("its machine sleeps, for seconds", span.as_secs());
                process.gate.freeze(span);
                process.clock.sleeps(span);
            }
        }
    }
}

/// A few processes at a time, each replaced by another when it ends.
fn lives(rng: &mut Rng, span: Duration, places: usize, is_fair: bool) -> Vec<Life> {
    let clocks_jump = rng.u8(..3) == 0 && !is_fair;
    let freezes = rng.u8(..3) == 0 && !is_fair;
    let mean_life = between(rng, Duration::from_secs(60 * 60), Duration::from_secs(100 * 60 * 60));
    let mut lives = Vec::new();
    for _ in 0..places {
        let mut start = if rng.bool() { Duration::ZERO } else { span.mul_f64(rng.f64() / 4.0) };
        while start < span {
            let stop = (start + Duration::from_secs(60) + exponential(rng, mean_life)).min(span);
            let wall_millis = rng.i64(-29_000..=29_000);
            let upsets = upsets(rng, start, stop, clocks_jump, freezes);
            lives.push(Life { start, stop, dies: stop < span && rng.bool(), wall_millis, upsets });
            start = stop + Duration::from_secs(rng.u64(1..300));
        }
    }
    lives
}

fn upsets(rng: &mut Rng, start: Duration, stop: Duration, clocks_jump: bool, freezes: bool) -> Vec<(Duration, Upset)> {
    let mut upsets = Vec::new();
    let mut at = start + exponential(rng, Duration::from_secs(6 * 60 * 60));
    while (clocks_jump || freezes) && at < stop {
        let jumps = clocks_jump && (!freezes || rng.bool());
        let upset = if jumps {
            let far = between(rng, Duration::from_secs(5), Duration::from_secs(5 * 60 * 60));
            let millis = i64::try_from(far.as_millis()).unwrap_or(i64::MAX);
            Upset::Jump(if rng.bool() { millis } else { -millis })
        } else {
            let span = between(rng, Duration::from_millis(500), Duration::from_secs(40 * 60)).min(stop - at);
            if rng.bool() { Upset::Freeze(span) } else { Upset::Sleep(span) }
        };
        upsets.push((at, upset));
        let lasted = match upset {
            Upset::Jump(_) => Duration::ZERO,
            Upset::Freeze(span) | Upset::Sleep(span) => span,
        };
        at += lasted + Duration::from_secs(1) + exponential(rng, Duration::from_secs(6 * 60 * 60));
    }
    upsets
}
