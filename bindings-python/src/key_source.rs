//! From the core's question for keys to the user's callable, on a thread of its own: it may take its time.

use std::sync::Arc;

use pyo3::prelude::*;
use tokio::sync::oneshot;
use vipps_partner_auth::{KeySourceError, Keys};

use crate::{
    errors::wrong_type,
    events::{Hook, callable},
    keys, process,
};

/// A question, and where its answer goes.
pub(crate) struct Question {
    source: u64,
    answer: oneshot::Sender<Option<Keys>>,
}

/// The callable, kept alive, and what the core asks in its place.
pub(crate) fn source(
    given: &Bound<'_, PyAny>,
) -> PyResult<(Arc<Py<Hook>>, impl Fn() -> Answer + Send + Sync + 'static)> {
    if !given.is_callable() {
        return Err(wrong_type("key_source", "callable", given));
    }
    let (hook, source) = Hook::keep(given)?;
    Ok((hook, move || -> Answer { Box::pin(ask(source)) }))
}

type Answer = vipps_partner_auth::BoxFuture<'static, Result<Keys, KeySourceError>>;

async fn ask(source: u64) -> Result<Keys, KeySourceError> {
    let (answer, answered) = oneshot::channel();
    let state = process::state().map_err(|_| "the program is at its end")?;
    if !state.questions.put(Question { source, answer }, state, "vipps-auth-keys", answer_all) {
        drop(state.questions.take());
        return Err("no thread could be started".into());
    }
    let keys = answered.await.ok().flatten();
    keys.ok_or_else(|| "the callable failed, as the log of vipps_partner_auth tells".into())
}

fn answer_all(py: Python<'_>, questions: Vec<Question>) {
    for Question { source, answer } in questions {
        // Whoever asked may have given up by now.
        drop(answer.send(found(py, source).unwrap_or_else(|error| {
            error.write_unraisable(py, None);
            None
        })));
    }
}

/// `None` where the callable failed, which is in the log by then, and where its owner is gone.
fn found(py: Python<'_>, source: u64) -> PyResult<Option<Keys>> {
    let Some(callable) = callable(py, source) else { return Ok(None) };
    let ask = py.import("vipps_partner_auth._key_source")?.getattr("ask")?;
    let found = ask.call1((callable,))?;
    if found.is_none() { Ok(None) } else { keys::any(&found).map(Some) }
}
