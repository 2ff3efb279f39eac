//! What the fuzz targets share. All of them go through the public API, as a hostile server or user would.

pub mod login;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use vipps_partner_auth::{
    AccessToken, BoxFuture, Config, HttpSend, ManualClock, Partner, PartnerKeys, Result, SendError, SystemInfo,
};

/// The wall clock of every target: 1 January 2026.
pub const NOW: u64 = 1_767_225_600;

/// A server that gives one reply to everything.
#[derive(Debug)]
struct OneReply(http::Response<Bytes>);

impl HttpSend for OneReply {
    fn send(&self, _: http::Request<Bytes>, _: Duration) -> BoxFuture<'_, Result<http::Response<Bytes>, SendError>> {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }
}

/// What the library makes of a reply of the token endpoint.
pub fn token_from(reply: http::Response<Bytes>) -> Result<AccessToken> {
    let config =
        Config::default().http(Arc::new(OneReply(reply))).clock(Arc::new(ManualClock::running_through_sleeps(NOW)));
    let keys = PartnerKeys::new("11111111-2222-4333-8444-555555555555", "secret", "subscription-key")?;
    let partner = Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, config)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(partner.access_token())
}
