//! Sends requests through the user's sender or the default one, and holds it to the limit.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};

use crate::http::{HttpSend, SendError};

/// A sender whose calls end.
#[derive(Clone)]
pub(crate) struct Transport(Arc<dyn HttpSend>);

/// What a sender may need beyond its limit to say that the limit is over.
const GRACE: Duration = Duration::from_secs(1);

impl Transport {
    pub(crate) fn new(http: Arc<dyn HttpSend>) -> Self {
        Self(http)
    }

    /// Sends a request. Keeping the limit is the sender's part; one that forgets it must not hang every caller.
    pub(crate) async fn send(&self, request: Request<Bytes>, limit: Duration) -> Result<Response<Bytes>, SendError> {
        match tokio::time::timeout(limit.saturating_add(GRACE), self.0.send(request, limit)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(SendError::maybe_sent("no reply came in time")),
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
