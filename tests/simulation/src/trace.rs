//! What happened, as a hash that tells two runs apart, and the last of it for whoever looks into a failure.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The record of one run. Times are those since its begin.
#[derive(Debug)]
pub(crate) struct Trace {
    begin: Instant,
    record: Mutex<Record>,
}

#[derive(Debug, Default)]
struct Record {
    hash: Hash,
    last: VecDeque<Entry>,
    most: BTreeMap<&'static str, u64>,
    counts: BTreeMap<&'static str, u64>,
    broken: Option<Broken>,
}

/// The first invariant that did not hold.
#[derive(Debug, Clone)]
pub struct Broken {
    /// What did not hold.
    pub what: String,
    /// What happened last, oldest first.
    pub last: Vec<String>,
}

#[derive(Debug, Clone)]
struct Entry {
    at: Duration,
    process: u32,
    what: &'static str,
    number: u64,
}

/// FNV-1a: small, and the same everywhere.
#[derive(Debug)]
struct Hash(u64);

const LAST: usize = 120;

impl Trace {
    pub(crate) fn new() -> Self {
        Self { begin: Instant::now(), record: Mutex::default() }
    }

    pub(crate) fn now(&self) -> Duration {
        self.begin.elapsed()
    }

    /// The moment so long after the begin.
    pub(crate) fn moment(&self, at: Duration) -> Instant {
        self.begin + at
    }

    /// Process 0 is the world.
    pub(crate) fn note(&self, process: u32, what: &'static str, number: u64) {
        let entry = Entry { at: self.now(), process, what, number };
        let mut record = self.record();
        record.hash.add(&entry);
        *record.counts.entry(what).or_default() += 1;
        if record.last.len() == LAST {
            record.last.pop_front();
        }
        record.last.push_back(entry);
    }

    /// An invariant did not hold. The first is kept: what follows may come of it.
    pub(crate) fn broken(&self, process: u32, what: impl Into<String>) {
        let what = format!("{} process {process}: {}", Clock(self.now()), what.into());
        let mut record = self.record();
        if record.broken.is_none() {
            let last = record.last.iter().map(Entry::to_string).collect();
            record.broken = Some(Broken { what, last });
        }
    }

    /// Remembers the largest of numbers that have a bound.
    pub(crate) fn most(&self, what: &'static str, number: u64) {
        let mut record = self.record();
        let most = record.most.entry(what).or_default();
        *most = number.max(*most);
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.record().broken.is_some()
    }

    pub(crate) fn first_broken(&self) -> Option<Broken> {
        self.record().broken.clone()
    }

    pub(crate) fn hash(&self) -> u64 {
        self.record().hash.0
    }

    pub(crate) fn maxima(&self) -> BTreeMap<&'static str, u64> {
        self.record().most.clone()
    }

    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.record().counts.clone()
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hash {
    fn add(&mut self, entry: &Entry) {
        self.bytes(&entry.at.as_nanos().to_le_bytes());
        self.bytes(&entry.process.to_le_bytes());
        self.bytes(entry.what.as_bytes());
        self.bytes(&entry.number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

/// Hours, minutes, seconds.
pub(crate) struct Clock(pub(crate) Duration);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let millis = self.0.subsec_millis();
        write!(f, "{:02}:{:02}:{:02}.{millis:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} process {:<3} {} {}", Clock(self.at), self.process, self.what, self.number)
    }
}
