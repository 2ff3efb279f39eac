//! What belongs to one process and must not be inherited by a forked child.
//!
//! A child of `fork` has one thread: locks that other threads held stay locked, and a runtime has lost its workers. So all
//! that can change lives in a [`PerProcess`] or in the one [`State`], both reached through a pointer. After a fork the
//! child finds nothing there and builds anew; what it inherited is never read, locked or dropped.
#![expect(unsafe_code, reason = "pointers that outlive their process, and the C function that tells of a fork")]

use std::{
    ptr,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, Once, PoisonError,
        atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use pyo3::{PyErr, PyResult, Python, exceptions::PyRuntimeError, ffi};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::{
    call::Delivery, events::Told, gate, key_source::Question, post::Post, token_cache::Lookup, transport::Sending,
};

/// The runtime and what waits to be told to Python. Built on first use, so that a process that only forks workers stays
/// without threads.
pub(crate) struct State {
    pub(crate) handle: Handle,
    pub(crate) events: Post<Told>,
    pub(crate) results: Post<Delivery>,
    pub(crate) questions: Post<Question>,
    pub(crate) lookups: Post<Lookup>,
    pub(crate) requests: Post<Sending>,
    /// Taken at the end of the program.
    runtime: Mutex<Option<Runtime>>,
    door: Arc<Door>,
}

/// How long the end of a program waits for threads of ours that are in the middle of something.
const PATIENCE: Duration = Duration::from_secs(1);

impl State {
    fn new() -> PyResult<Self> {
        let runtime = runtime()?;
        let door = Arc::<Door>::default();
        let workers = door.clone();
        // The one worker, before anything else that it does.
        runtime.spawn(async move {
            workers.adopt_thread();
            gate::enter();
        });
        Ok(Self {
            handle: runtime.handle().clone(),
            events: Post::default(),
            results: Post::default(),
            questions: Post::default(),
            lookups: Post::default(),
            requests: Post::default(),
            runtime: Mutex::new(Some(runtime)),
            door,
        })
    }

    /// Has the end of the program wait for a thread that is within Python already.
    pub(crate) fn pass(&self) -> PyResult<Passage<'_>> {
        self.door.pass().ok_or_else(at_its_end)
    }

    /// The way to Python, for threads that come from outside.
    pub(crate) fn door(&self) -> &Door {
        &self.door
    }

    /// Ends our threads, so that none of them meets an interpreter, or a library, that is being torn down.
    pub(crate) fn end(&self) {
        self.door.close();
        let runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(runtime) = runtime {
            runtime.shutdown_timeout(PATIENCE);
        }
        self.events.wait_until_idle(PATIENCE);
        self.results.wait_until_idle(PATIENCE);
        self.questions.wait_until_idle(PATIENCE);
        self.lookups.wait_until_idle(PATIENCE);
        self.requests.wait_until_idle(PATIENCE);
    }
}

/// The way from outside to Python. At the end of the program it closes, and nobody may go to an interpreter that is being torn
/// down: it would end the thread in the middle of our code, or the process.
#[derive(Default)]
pub(crate) struct Door {
    passing: Mutex<Passing>,
    changed: Condvar,
}

#[derive(Default)]
struct Passing {
    is_closed: bool,
    threads: usize,
}

/// A thread on its way to Python, or at work there: the end of the program waits until this is dropped.
pub(crate) struct Passage<'a>(&'a Door);

impl Door {
    /// `None` when it is closed.
    pub(crate) fn pass(&self) -> Option<Passage<'_>> {
        let mut passing = self.passing();
        if passing.is_closed {
            return None;
        }
        passing.threads += 1;
        Some(Passage(self))
    }

    /// The same for a thread of Python's: where it can't go back it stays, and nobody waits for it.
    pub(crate) fn pass_or_stay(&self) -> Passage<'_> {
        loop {
            match self.pass() {
                Some(passage) => return passage,
                None => thread::park(),
            }
        }
    }

    /// Makes this thread known to Python for good; not at the end of the program.
    ///
    /// A thread of C that attaches for a moment only is made known and forgotten each time, under a lock of Python's own and
    /// without its big lock. A fork in that moment hangs the child of an older Python for ever. So each of our threads
    /// becomes known once.
    pub(crate) fn adopt_thread(&self) {
        let Some(_passage) = self.pass() else { return };
        // SAFETY: the interpreter lives on for as long as a thread is on its way to it, and this needs no lock of ours to be held.
        let adopt = || unsafe { ffi::PyThreadState_New(INTERPRETER.load(Ordering::Acquire)) };
        if FORKS_WELL.load(Ordering::Relaxed) {
            adopt()
        } else {
            gate::within(adopt)
        };
    }

    fn is_closed(&self) -> bool {
        self.passing().is_closed
    }

    /// Waits for those who are on their way.
    fn close(&self) {
        let mut passing = self.passing();
        passing.is_closed = true;
        drop(self.changed.wait_timeout_while(passing, PATIENCE, |passing| passing.threads > 0));
    }

    fn passing(&self) -> MutexGuard<'_, Passing> {
        self.passing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        self.0.passing().threads -= 1;
        self.0.changed.notify_all();
    }
}

static GENERATION: AtomicU64 = AtomicU64::new(0);
static STATE: AtomicPtr<State> = AtomicPtr::new(ptr::null_mut());

/// Counts the forks between the first process and this one.
pub(crate) fn generation() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}

/// Has every child start cold. Called while the module loads, and once.
pub(crate) fn watch_forks() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        #[cfg(unix)]
        // SAFETY: in the parent these wait and count; in the child, of a process with threads, they only touch atomics,
        // which is allowed there.
        unsafe {
            libc::pthread_atfork(Some(gate::close), Some(gate::open), Some(forget));
        }
    });
}

#[cfg(unix)]
extern "C" fn forget() {
    gate::start_anew();
    GENERATION.fetch_add(1, Ordering::Relaxed);
    STATE.store(ptr::null_mut(), Ordering::Release);
}

static INTERPRETER: AtomicPtr<ffi::PyInterpreterState> = AtomicPtr::new(ptr::null_mut());
/// Whether Python cares for its own lock when it forks; newer ones do, and may hold it over the fork.
static FORKS_WELL: AtomicBool = AtomicBool::new(false);

/// Remembers whose threads ours will be.
pub(crate) fn belong_to(py: Python<'_>) {
    FORKS_WELL.store(py.version_info() >= (3, 12), Ordering::Relaxed);
    // SAFETY: the token shows that this thread is attached to an interpreter.
    INTERPRETER.store(unsafe { ffi::PyInterpreterState_Get() }, Ordering::Release);
}

/// The wall clock as the kernel last wrote it down, every few milliseconds: another number, another time. Reading it costs
/// a tenth of reading both clocks. 0 where there is no such thing.
#[cfg(target_os = "linux")]
pub(crate) fn tick() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it writes to the place it is given, and nothing else. What it could not write stays zero.
    unsafe { libc::clock_gettime(libc::CLOCK_REALTIME_COARSE, &raw mut now) };
    let seconds = u64::try_from(now.tv_sec);
    let rest = u64::try_from(now.tv_nsec);
    seconds.unwrap_or_default().wrapping_mul(1_000_000_000).wrapping_add(rest.unwrap_or_default())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn tick() -> u64 {
    0
}

/// What this process has; nothing when the library was not used yet.
pub(crate) fn known_state() -> Option<&'static State> {
    // SAFETY: the pointer is null or came from a box that was leaked for good.
    unsafe { STATE.load(Ordering::Acquire).as_ref() }
}

/// The end of the program, which runs without Python's big lock from here on.
pub(crate) fn end(py: Python<'_>) {
    IS_OVER.store(true, Ordering::SeqCst);
    if let Some(state) = known_state() {
        py.detach(|| state.end());
    }
}

/// Also where nothing was built yet: a thread that outlives the main one must not begin now.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// The same, built if need be. Fails when the machine gives no thread, and at the end of the program.
pub(crate) fn state() -> PyResult<&'static State> {
    match known_state() {
        Some(state) if !state.door.is_closed() => return Ok(state),
        None if !IS_OVER.load(Ordering::SeqCst) => {}
        _ => return Err(at_its_end()),
    }
    let new = Box::into_raw(Box::new(State::new()?));
    match STATE.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: leaked just now.
        Ok(_) => Ok(unsafe { &*new }),
        Err(winner) => {
            // SAFETY: nobody else has seen `new`; `winner` was leaked by another thread of this process.
            let (loser, winner) = unsafe { (Box::from_raw(new), &*winner) };
            let runtime = loser.runtime.into_inner().unwrap_or_else(PoisonError::into_inner);
            if let Some(runtime) = runtime {
                runtime.shutdown_background();
            }
            Ok(winner)
        }
    }
}

fn at_its_end() -> PyErr {
    PyRuntimeError::new_err("the program is at its end, and no call can begin any more")
}

fn runtime() -> PyResult<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().thread_name("vipps-auth");
    builder.on_thread_park(gate::leave).on_thread_unpark(gate::enter).on_thread_stop(gate::leave);
    builder
        .build()
        .map_err(|error| PyRuntimeError::new_err(format!("no thread for the network could be started: {error}")))
}

/// A value that each process makes for itself when it first needs it.
pub(crate) struct PerProcess<T>(AtomicPtr<Entry<T>>);

struct Entry<T> {
    generation: u64,
    value: T,
}

impl<T> PerProcess<T> {
    pub(crate) fn empty() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    pub(crate) fn with(value: T) -> Self {
        Self(AtomicPtr::new(Box::into_raw(Box::new(Entry { generation: generation(), value }))))
    }

    /// What this process has made; `None` in a child that has not made its own yet.
    pub(crate) fn get(&self) -> Option<&T> {
        // SAFETY: an entry of this process is freed only with `self`.
        let entry = unsafe { self.0.load(Ordering::Acquire).as_ref() }?;
        (entry.generation == generation()).then_some(&entry.value)
    }

    pub(crate) fn get_or_make<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(value) = self.get() {
            return Ok(value);
        }
        let inherited = self.0.load(Ordering::Acquire);
        let new = Box::into_raw(Box::new(Entry { generation: generation(), value: make()? }));
        match self.0.compare_exchange(inherited, new, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: of this process from now on, as in `get`.
            Ok(_) => Ok(unsafe { &(*new).value }),
            Err(winner) => {
                // SAFETY: nobody else has seen `new`; `winner` is of this process, as in `get`.
                let (_loser, winner) = unsafe { (Box::from_raw(new), &*winner) };
                Ok(&winner.value)
            }
        }
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        if self.get().is_some() {
            // SAFETY: of this process, and nobody else holds `self`.
            drop(unsafe { Box::from_raw(*self.0.get_mut()) });
        }
    }
}

// SAFETY: it hands out shared references to a `T` that any thread may have made and may drop.
unsafe impl<T: Send + Sync> Sync for PerProcess<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Send for PerProcess<T> {}
