//! A token endpoint without a network.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use vipps_partner_auth::{BoxFuture, HttpSend, SendError};

/// Answers each request after a while with a new token.
#[derive(Debug, Default)]
pub(crate) struct FakeVipps {
    pub(crate) latency: Duration,
    pub(crate) requests: AtomicU64,
}

impl FakeVipps {
    pub(crate) fn after(latency: Duration) -> Self {
        Self { latency, requests: AtomicU64::new(0) }
    }
}

impl HttpSend for FakeVipps {
    fn send(&self, _: Request<Bytes>, _: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        Box::pin(async move {
            let number = self.requests.fetch_add(1, Relaxed);
            if !self.latency.is_zero() {
                tokio::time::sleep(self.latency).await;
            }
            let token = format!("{}.{number}", "a".repeat(1100));
            Ok(Response::new(format!(r#"{{"access_token":"{token}","expires_in":"86398"}}"#).into()))
        })
    }
}
