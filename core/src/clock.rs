//! Time, as a thing that can be handed in.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// A boxed future, as the traits of this crate return them so that they can be used as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One reading of both clocks.
///
/// A token holds while *both* agree: the wall clock is shared with other processes and moves over a suspended machine,
/// the monotonic one can't be set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Time since the Unix epoch.
    pub wall: Duration,
    /// Time since some fixed moment of this process; never goes back.
    pub monotonic: Duration,
}

impl Now {
    /// Both clocks moved on by `span`.
    pub fn plus(self, span: Duration) -> Self {
        Self { wall: self.wall.saturating_add(span), monotonic: self.monotonic.saturating_add(span) }
    }

    /// Both clocks set back by `span`, not beyond their zero.
    pub fn minus(self, span: Duration) -> Self {
        Self { wall: self.wall.saturating_sub(span), monotonic: self.monotonic.saturating_sub(span) }
    }

    /// Whether both clocks still stand before `deadline`.
    pub fn is_before(self, deadline: Self) -> bool {
        self.wall < deadline.wall && self.monotonic < deadline.monotonic
    }

    /// How long until the first of the two clocks reaches `deadline`; zero when one has.
    pub fn until(self, deadline: Self) -> Duration {
        let wall = deadline.wall.saturating_sub(self.wall);
        wall.min(deadline.monotonic.saturating_sub(self.monotonic))
    }
}

/// Where this library reads the time and waits. Hand in a [`ManualClock`] to test code that depends on token life.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Reads both clocks.
    fn now(&self) -> Now;

    /// Reads the wall clock alone, where that is all that is needed.
    fn wall(&self) -> Duration {
        self.now().wall
    }

    /// Waits for `span`. Dropping the future ends the wait. The library calls it on its own I/O thread, or on the runtime
    /// that was set.
    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()>;

    /// Ends when the monotonic clock has gone on by `span`: a limit for work that goes on meanwhile. Unlike a
    /// [`sleep`](Self::sleep) it moves no clock. Default: looks at the clock fifty times a second.
    fn timer(&self, span: Duration) -> BoxFuture<'_, ()> {
        let until = self.now().monotonic.saturating_add(span);
        Box::pin(async move {
            while self.now().monotonic < until {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        })
    }
}

/// How often a clock that can't wake anybody is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The machine's own clocks, and the timer of the tokio runtime that the wait runs on.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        Now { wall: self.wall(), monotonic: START.elapsed() }
    }

    fn wall(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(span))
    }

    fn timer(&self, span: Duration) -> BoxFuture<'_, ()> {
        self.sleep(span)
    }
}

/// A clock that moves only when told to, for tests.
///
/// ```
/// use std::time::Duration;
/// use vipps_partner_auth::{Clock, ManualClock};
///
/// let clock = ManualClock::at_unix(1_767_225_600);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().wall.as_secs(), 1_767_225_660);
/// ```
#[derive(Clone)]
pub struct ManualClock(Arc<Mutex<Hands>>);

struct Hands {
    now: Now,
    runs_through_sleeps: bool,
    sleepers: Vec<Waker>,
}

impl ManualClock {
    /// A clock that stands at `seconds` after the Unix epoch; sleepers wait until [`advance`](Self::advance) passes their time.
    pub fn at_unix(seconds: u64) -> Self {
        Self::new(seconds, false)
    }

    /// A clock on which nobody ever waits: each sleep moves it on by its own length at once. Limits end when sleeps, or
    /// [`advance`](Self::advance), have moved it past them.
    pub fn running_through_sleeps(seconds: u64) -> Self {
        Self::new(seconds, true)
    }

    /// Moves both clocks on and wakes everybody who slept until then.
    pub fn advance(&self, span: Duration) {
        self.change(|now| *now = now.plus(span));
    }

    /// Sets the wall clock alone, as an administrator or a time server would.
    pub fn set_wall(&self, since_epoch: Duration) {
        self.change(|now| now.wall = since_epoch);
    }

    fn new(seconds: u64, runs_through_sleeps: bool) -> Self {
        let now = Now { wall: Duration::from_secs(seconds), monotonic: Duration::from_secs(1_000) };
        Self(Arc::new(Mutex::new(Hands { now, runs_through_sleeps, sleepers: Vec::new() })))
    }

    fn change(&self, step: impl FnOnce(&mut Now)) {
        let mut hands = self.hands();
        step(&mut hands.now);
        let sleepers = std::mem::take(&mut hands.sleepers);
        drop(hands);
        sleepers.into_iter().for_each(Waker::wake);
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        self.hands().now
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        if self.hands().runs_through_sleeps {
            return Box::pin(async move { clock.advance(span) });
        }
        self.until_passed(span)
    }

    fn timer(&self, span: Duration) -> BoxFuture<'_, ()> {
        self.until_passed(span)
    }
}

impl ManualClock {
    fn until_passed(&self, span: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        let until = self.now().monotonic.saturating_add(span);
        Box::pin(poll_fn(move |context| {
            let mut hands = clock.hands();
            if hands.now.monotonic >= until {
                return Poll::Ready(());
            }
            hands.sleepers.push(context.waker().clone());
            Poll::Pending
        }))
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&self.now()).finish()
    }
}
