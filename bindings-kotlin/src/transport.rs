//! What sends requests in the other language.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;
use vipps_partner_auth::{BoxFuture, HttpSend, PlainReply, PlainRequest, PlainSender, SendError};

use crate::handover::Handover;

/// Hands requests over to a thread of the other language, as [`EventQueue`](crate::event::EventQueue) does with events.
#[derive(Debug, Default, uniffi::Object)]
pub struct TransportCalls(Handover<Arc<TransportCall>>);

/// A request is to be sent. To be told once what came of it.
#[derive(Debug, uniffi::Object)]
pub struct TransportCall {
    request: PlainRequest,
    reply: Mutex<Option<oneshot::Sender<Outcome>>>,
}

type Outcome = Result<PlainReply, SendError>;

/// A request.
#[derive(Clone, uniffi::Record, derive_more::Debug)]
#[debug("TransportRequestParts {{ method: {method:?}, .. }}")]
pub struct TransportRequestParts {
    /// In capitals.
    pub method: String,
    /// With its query.
    pub url: String,
    /// Names in small letters.
    pub headers: HashMap<String, String>,
    /// None where the method has none.
    pub body: Option<Vec<u8>>,
    /// How long it may take.
    pub timeout: Duration,
}

#[uniffi::export]
impl TransportCalls {
    /// Those of one handle.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Waits for a request. Nothing: there will be none.
    pub fn take(&self) -> Option<Arc<TransportCall>> {
        self.0.take()
    }
}

#[uniffi::export]
impl TransportCall {
    /// What is to be sent.
    pub fn request(&self) -> TransportRequestParts {
        let PlainRequest { method, url, headers, body, limit } = self.request.clone();
        let headers = headers.into_iter().collect();
        TransportRequestParts { method, url, headers, body: body.map(Into::into), timeout: limit }
    }

    /// The reply, whatever its status.
    pub fn came(&self, status: i32, headers: HashMap<String, Vec<String>>, body: Vec<u8>) {
        let pairs =
            headers.into_iter().flat_map(|(name, values)| values.into_iter().map(move |one| (name.clone(), one)));
        // No status is out of this range.
        let status = u16::try_from(status).unwrap_or_default();
        self.tell(Ok(PlainReply { status, headers: pairs.collect(), body }));
    }

    /// There is no reply, and why not: the type of the error.
    pub fn failed(&self, error: String, may_have_been_sent: bool) {
        self.tell(Err(SendError::of_transport(&error, may_have_been_sent)));
    }
}

impl TransportCall {
    fn tell(&self, outcome: Outcome) {
        if let Some(asked) = self.reply.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Whoever asked may have given up.
            drop(asked.send(outcome));
        }
    }
}

impl TransportCalls {
    /// For the core. When the core lets go of it there will be no more requests.
    pub(crate) fn sender(&self) -> Arc<dyn HttpSend> {
        let source = self.0.source();
        Arc::new(PlainSender::new(move |request| -> BoxFuture<'static, Outcome> {
            let (reply, replied) = oneshot::channel();
            source.put(Arc::new(TransportCall { request, reply: Mutex::new(Some(reply)) }));
            Box::pin(async {
                replied.await.unwrap_or_else(|_| Err(SendError::maybe_sent("the transport brought nothing")))
            })
        }))
    }
}
