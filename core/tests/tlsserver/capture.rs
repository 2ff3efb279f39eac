//! Everything that is written anywhere: `tracing` and `log` of all crates at their most talkative, panics, and whatever
//! a test notes.

use std::{
    error::Error as StdError,
    fmt::{Debug, Write as _},
    io,
    panic::{set_hook, take_hook},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use tracing_subscriber::{
    filter::LevelFilter,
    fmt::{MakeWriter, format::FmtSpan},
    util::SubscriberInitExt,
};
use vipps_partner_auth::Error;

/// Begins the failure of a check, which may quote what it found without being found itself.
pub(crate) const OWN_WORDS: &str = "a secret was written down: ";

static TEXT: Mutex<String> = Mutex::new(String::new());

/// Opens the ears, once for the whole process.
static LISTENING: LazyLock<()> = LazyLock::new(|| {
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_writer(Pen)
        .finish()
        .try_init()
        .expect("nobody else listens");
    let before = take_hook();
    set_hook(Box::new(move |panic| {
        let words = panic.to_string();
        if !words.contains(OWN_WORDS) {
            write(&format!("{words}\n{panic:?}\n"));
        }
        before(panic);
    }));
});

/// From now on everything is heard. Returns the place to read from.
pub(crate) fn listen() -> usize {
    LazyLock::force(&LISTENING);
    lock().len()
}

/// All that was written since, by whichever test.
pub(crate) fn text_since(start: usize) -> String {
    lock()[start..].to_owned()
}

/// Both ways to print it.
pub(crate) fn note(thing: &impl Debug) {
    write(&format!("{thing:?}\n{thing:#?}\n"));
}

/// An outcome, and everything that can be read off an error.
pub(crate) fn note_outcome<T: Debug>(outcome: &Result<T, Error>) {
    note(outcome);
    let Err(error) = outcome else { return };
    let words = [Some(error.code()), Some(error.detail()), error.field(), error.claim(), error.reason(), error.hint()];
    note(&(words, error.status(), error.oauth_error(), error.trace_id(), error.retry_after()));
    note_chain(error);
}

pub(crate) fn note_chain(error: &dyn StdError) {
    let mut text = String::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        writeln!(text, "{error}\n{error:?}\n{error:#?}").expect("memory");
        cause = error.source();
    }
    write(&text);
}

fn write(text: &str) {
    lock().push_str(text);
}

fn lock() -> MutexGuard<'static, String> {
    TEXT.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Pen;

impl io::Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Pen {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}
