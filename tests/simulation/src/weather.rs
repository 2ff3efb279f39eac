//! What goes wrong, and when: all of it drawn from the seed before the run begins.

use std::time::Duration;

use fastrand::Rng;

/// Troubles with their times.
#[derive(Debug, Default)]
pub(crate) struct Weather {
    pub(crate) tokens: Spells<Fault>,
    pub(crate) discovery: Spells<Fault>,
    pub(crate) keys: Spells<Fault>,
    pub(crate) redis: Spells<RedisFault>,
    /// All tokens that were granted are void.
    pub(crate) revocations: Vec<Duration>,
    /// ID tokens are signed with a new key from then on.
    pub(crate) rotations: Vec<Duration>,
    /// Redis loses everything, or has an older entry put back.
    pub(crate) redis_losses: Vec<RedisLoss>,
    /// From then on the calls of the first merchants are refused.
    pub(crate) blocked: Vec<Duration>,
}

#[derive(Debug)]
pub(crate) struct Spells<T>(pub(crate) Vec<Spell<T>>);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Spell<T> {
    pub(crate) from: Duration,
    pub(crate) until: Duration,
    pub(crate) what: T,
}

/// How an endpoint answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    Status {
        status: u16,
        retry_after: Option<u32>,
    },
    /// 200 with a page of some gateway.
    Html,
    /// 204 without a body.
    Empty,
    RefusesConnections,
    /// No answer; a stubborn sender does not even keep its own limit.
    Hangs {
        stubborn: bool,
    },
    Slow(Duration),
    /// So many of a hundred requests get a 503.
    Flaky(u8),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RedisFault {
    OutOfReach,
    Stalls,
    Slow(Duration),
    /// What is asked is done, but the answer never comes.
    LosesReplies,
    ReadOnly,
    Garbage,
    /// Entries that live longer than any token may.
    Absurd,
    Expired,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct RedisLoss {
    pub(crate) at: Duration,
    pub(crate) puts_back_an_old_one: bool,
}

impl Weather {
    pub(crate) fn draw(rng: &mut Rng, span: Duration) -> Self {
        let mut moments = |mean: Duration| {
            let mut moments = Vec::new();
            let mut at = exponential(rng, mean) + Duration::from_secs(60);
            while at < span {
                moments.push(at);
                at += exponential(rng, mean) + Duration::from_secs(60);
            }
            moments
        };
        let (revocations, rotations) =
            (moments(Duration::from_secs(6 * 60 * 60)), moments(Duration::from_secs(8 * 60 * 60)));
        let losses = moments(Duration::from_secs(4 * 60 * 60));
        let blocked = if rng.u8(..3) == 0 { Vec::new() } else { vec![span.mul_f64(rng.f64()); rng.usize(1..=3)] };
        Self {
            tokens: Spells::draw(rng, span, Fault::of_tokens),
            discovery: Spells::draw(rng, span, Fault::of_documents),
            keys: Spells::draw(rng, span, Fault::of_documents),
            redis: Spells::draw(rng, span, RedisFault::draw),
            redis_losses: losses.into_iter().map(|at| RedisLoss { at, puts_back_an_old_one: rng.bool() }).collect(),
            revocations,
            rotations,
            blocked,
        }
    }

    pub(crate) fn without_trouble_of_tokens(self) -> Self {
        Self {
            tokens: Spells::default(),
            redis: Spells::default(),
            redis_losses: Vec::new(),
            blocked: Vec::new(),
            ..self
        }
    }

    /// Whether tokens could be had without any trouble from one moment to the other.
    pub(crate) fn is_calm_for_tokens(&self, from: Duration, until: Duration) -> bool {
        !self.tokens.touch(from, until) && !self.redis.touch(from, until) && !self.has_loss(from, until)
    }

    pub(crate) fn is_calm_for_keys(&self, from: Duration, until: Duration) -> bool {
        !self.keys.touch(from, until) && !self.discovery.touch(from, until)
    }

    pub(crate) fn last_revocation(&self, now: Duration) -> Option<Duration> {
        self.revocations.iter().copied().rfind(|at| *at <= now)
    }

    pub(crate) fn is_blocked(&self, merchant: usize, now: Duration) -> bool {
        self.blocked.get(merchant).is_some_and(|at| *at <= now)
    }

    pub(crate) fn anybody_blocked(&self, now: Duration) -> bool {
        self.is_blocked(0, now)
    }

    fn has_loss(&self, from: Duration, until: Duration) -> bool {
        self.redis_losses.iter().any(|loss| from <= loss.at && loss.at <= until)
    }
}

impl<T: Copy> Spells<T> {
    fn draw(rng: &mut Rng, span: Duration, mut what: impl FnMut(&mut Rng) -> T) -> Self {
        let mut spells = Vec::new();
        // A seed in four has none of this kind.
        let mean = if rng.u8(..4) == 0 { span * 1_000 } else { Duration::from_secs(rng.u64(20..480) * 60) };
        let mut from = exponential(rng, mean);
        while from < span {
            let length = between(rng, Duration::from_secs(5), Duration::from_secs(3 * 60 * 60));
            let until = (from + length).min(span);
            spells.push(Spell { from, until, what: what(rng) });
            from = until + exponential(rng, mean);
        }
        Self(spells)
    }

    pub(crate) fn at(&self, now: Duration) -> Option<T> {
        let spell = self.0.iter().find(|spell| spell.from <= now && now < spell.until)?;
        Some(spell.what)
    }

    pub(crate) fn touch(&self, from: Duration, until: Duration) -> bool {
        self.0.iter().any(|spell| spell.from <= until && from <= spell.until)
    }
}

impl<T> Default for Spells<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl Fault {
    fn of_tokens(rng: &mut Rng) -> Self {
        match rng.u8(..10) {
            0 => Self::Status { status: 401, retry_after: None },
            1 => Self::Status { status: [400, 403, 404][rng.usize(..3)], retry_after: None },
            _ => Self::of_documents(rng),
        }
    }

    fn of_documents(rng: &mut Rng) -> Self {
        match rng.u8(..10) {
            0 | 1 => {
                let retry_after = [None, Some(0), Some(1), Some(30), Some(120), Some(3_600)][rng.usize(..6)];
                Self::Status { status: [429, 503][rng.usize(..2)], retry_after }
            }
            2 => Self::Status { status: [500, 502, 504][rng.usize(..3)], retry_after: None },
            3 => Self::Html,
            4 => Self::Empty,
            5 => Self::RefusesConnections,
            6 | 7 => Self::Hangs { stubborn: rng.bool() },
            8 => Self::Slow(between(rng, Duration::from_millis(500), Duration::from_secs(20))),
            _ => Self::Flaky(rng.u8(20..95)),
        }
    }
}

impl RedisFault {
    fn draw(rng: &mut Rng) -> Self {
        match rng.u8(..8) {
            0 => Self::OutOfReach,
            1 => Self::Stalls,
            2 => Self::Slow(between(rng, Duration::from_millis(50), Duration::from_secs(2))),
            3 => Self::LosesReplies,
            4 => Self::ReadOnly,
            5 => Self::Garbage,
            6 => Self::Absurd,
            _ => Self::Expired,
        }
    }
}

/// A span between two, drawn so that short ones are as likely as long ones.
pub(crate) fn between(rng: &mut Rng, least: Duration, most: Duration) -> Duration {
    least.mul_f64((most.as_secs_f64() / least.as_secs_f64()).powf(rng.f64()))
}

pub(crate) fn exponential(rng: &mut Rng, mean: Duration) -> Duration {
    mean.mul_f64(-(1.0 - rng.f64()).ln())
}
