//! What an `AbortSignal` pulls.

use std::{future::Future, sync::Arc};

use napi_derive::napi;
use tokio::sync::Notify;

/// Ends one call.
#[napi]
#[derive(Default)]
pub struct CancelHandle(Arc<Notify>);

#[napi]
impl CancelHandle {
    #[napi(constructor, catch_unwind)]
    pub fn new() -> Self {
        Self::default()
    }

    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.0.notify_one();
    }

    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let notify = Arc::clone(&self.0);
        async move { notify.notified().await }
    }
}
