//! From the core's requests to the user's transport, each on a thread of its own: it may take its time.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::{prelude::*, types::PyBytes};
use tokio::sync::oneshot;
use vipps_partner_auth::{BoxFuture, HttpSend, PlainReply, PlainRequest, PlainSender, SendError};

use crate::{
    errors::wrong_type,
    events::{Hook, callable},
    process,
};

/// A request, and where its reply goes.
pub(crate) struct Sending {
    transport: u64,
    request: PlainRequest,
    reply: oneshot::Sender<Outcome>,
}

type Outcome = Result<PlainReply, SendError>;

/// The object, kept alive, and what the core sends through in its place.
pub(crate) fn sender(given: &Bound<'_, PyAny>) -> PyResult<(Arc<Py<Hook>>, Arc<dyn HttpSend>)> {
    if !has_methods(given, &["send"]) {
        return Err(wrong_type("transport", "an object with a method send", given));
    }
    let (hook, transport) = Hook::keep(given)?;
    let sender = PlainSender::new(move |request| -> BoxFuture<'static, Outcome> { Box::pin(send(transport, request)) });
    Ok((hook, Arc::new(sender)))
}

pub(crate) fn has_methods(given: &Bound<'_, PyAny>, names: &[&str]) -> bool {
    names.iter().all(|name| given.getattr(*name).is_ok_and(|method| method.is_callable()))
}

async fn send(transport: u64, request: PlainRequest) -> Outcome {
    let (reply, replied) = oneshot::channel();
    let state = process::state().map_err(|_| SendError::not_sent("the program is at its end"))?;
    if !state.requests.put(Sending { transport, request, reply }, state, "vipps-auth-requests", start_all) {
        drop(state.requests.take());
        return Err(SendError::not_sent("no thread could be started"));
    }
    replied.await.unwrap_or_else(|_| Err(SendError::maybe_sent("the program is at its end")))
}

fn start_all(py: Python<'_>, requests: Vec<Sending>) {
    for sending in requests {
        if let Err(error) = start(py, sending) {
            error.write_unraisable(py, None);
        }
    }
}

fn start(py: Python<'_>, sending: Sending) -> PyResult<()> {
    let Sending { transport, request, reply } = sending;
    let Some(transport) = callable(py, transport) else {
        drop(reply.send(Err(SendError::not_sent("the transport is gone"))));
        return Ok(());
    };
    let own = py.import("vipps_partner_auth._own")?;
    let body = request.body.map(|body| PyBytes::new(py, &body));
    let limit = request.limit.as_secs_f64();
    let told = own.getattr("TransportRequest")?.call1((request.method, request.url, request.headers, body, limit))?;
    own.getattr("send")?.call1((transport, told, Reply(Mutex::new(Some(reply))))).map(drop)
}

/// Where the reply to one request goes. To be told once; one that is never told may have been sent.
#[pyclass(frozen, module = "vipps_partner_auth._native")]
pub(crate) struct Reply(Mutex<Option<oneshot::Sender<Outcome>>>);

#[pymethods]
impl Reply {
    fn came(&self, status: u16, headers: Vec<(String, String)>, body: &Bound<'_, PyBytes>) {
        self.tell(Ok(PlainReply { status, headers, body: body.as_bytes().to_vec() }));
    }

    fn failed(&self, error: &str, may_have_been_sent: bool) {
        self.tell(Err(SendError::of_transport(error, may_have_been_sent)));
    }
}

impl Reply {
    fn tell(&self, outcome: Outcome) {
        if let Some(asked) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Whoever asked may have given up by now.
            drop(asked.send(outcome));
        }
    }
}
