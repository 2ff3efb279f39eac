//! What Vipps posts by itself.

use std::{collections::HashMap, sync::Arc, time::SystemTime};

use vipps_partner_auth::{BackchannelPing, UnverifiedConsentRevoked, VerifiedWebhook, WebhookOptions, WebhookVerifier};

use crate::{clock::ManualClockHandle, error::Result, settings::span};

/// The secret of one registration.
#[derive(Clone, uniffi::Record, derive_more::Debug)]
#[debug("WebhookSecretParts {{ webhook_id: {webhook_id:?}, .. }}")]
pub struct WebhookSecretParts {
    /// The id of the registration.
    pub webhook_id: String,
    /// Its secret.
    pub secret: String,
}

/// One header of a request.
#[derive(Debug, Clone, uniffi::Record)]
pub struct WebhookHeaderParts {
    /// In any letter case.
    pub name: String,
    /// As it came.
    pub value: String,
}

/// What may differ from one receiver of webhooks to another.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct WebhookOptionsParts {
    /// The host of the registered URL.
    pub public_host: Option<String>,
    /// How far the date may be from this machine's clock, in seconds.
    pub tolerance: Option<f64>,
    /// A clock for tests.
    pub clock: Option<Arc<ManualClockHandle>>,
}

impl WebhookOptionsParts {
    fn options(self) -> Result<WebhookOptions> {
        let mut options = WebhookOptions::default();
        if let Some(host) = self.public_host {
            options = options.public_host(host);
        }
        if let Some(seconds) = self.tolerance {
            options = options.tolerance(span("tolerance", seconds)?);
        }
        Ok(match self.clock {
            Some(clock) => options.clock(Arc::new(clock.0.clone())),
            None => options,
        })
    }
}

/// Checks that a call to a webhook comes from Vipps.
#[derive(Debug, uniffi::Object)]
pub struct WebhookVerifierHandle(WebhookVerifier);

#[uniffi::export]
impl WebhookVerifierHandle {
    /// A verifier for these registrations.
    #[uniffi::constructor]
    pub fn new(secrets: Vec<WebhookSecretParts>, options: WebhookOptionsParts) -> Result<Arc<Self>> {
        let secrets = secrets.into_iter().map(|parts| (parts.webhook_id, parts.secret));
        Ok(Arc::new(Self(WebhookVerifier::with_options(secrets, &options.options()?)?)))
    }

    /// Checks a request.
    pub fn verify(
        &self,
        method: String,
        path: String,
        headers: Vec<WebhookHeaderParts>,
        body: Vec<u8>,
    ) -> Result<WebhookParts> {
        let headers = headers.iter().map(|header| (&header.name, &header.value));
        Ok(WebhookParts::from(self.0.verify(&method, &path, headers, &body)?))
    }

    /// Signs a body as Vipps would.
    pub fn sign(&self, webhook_id: String, url: String, body: Vec<u8>) -> Result<HashMap<String, String>> {
        let headers = self.0.sign(&webhook_id, &url, &body)?;
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Ok(headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect())
    }
}

/// A call that passed every check.
#[derive(Debug, uniffi::Object)]
pub struct VerifiedWebhookHandle(pub(crate) VerifiedWebhook);

/// A call that passed every check, with what is known of it.
#[derive(Debug, Clone, uniffi::Record)]
pub struct WebhookParts {
    /// The call itself.
    pub handle: Arc<VerifiedWebhookHandle>,
    /// Which registration it came through.
    pub webhook_id: String,
    /// When Vipps sent it.
    pub sent_at: SystemTime,
}

impl From<VerifiedWebhook> for WebhookParts {
    fn from(webhook: VerifiedWebhook) -> Self {
        Self {
            webhook_id: webhook.webhook_id().to_owned(),
            sent_at: webhook.sent_at(),
            handle: Arc::new(VerifiedWebhookHandle(webhook)),
        }
    }
}

#[uniffi::export]
impl VerifiedWebhookHandle {
    /// The body as it came.
    pub fn body(&self) -> Vec<u8> {
        self.0.body().to_vec()
    }

    /// The ping in it.
    pub fn ping(&self) -> Result<PingParts> {
        Ok(PingParts::from(&self.0.ping()?))
    }
}

/// The webhook event `login.merchant-initiated.ping.v1`.
#[derive(Debug, Clone, uniffi::Record)]
pub struct PingParts {
    /// Which login it is about.
    pub auth_req_id: String,
    /// Which merchant it is about, where that is told.
    pub msn: Option<String>,
}

impl From<&BackchannelPing> for PingParts {
    fn from(ping: &BackchannelPing) -> Self {
        Self { auth_req_id: ping.auth_req_id().to_owned(), msn: ping.msn().map(|msn| msn.as_str().to_owned()) }
    }
}

/// Reads a ping that was verified elsewhere.
#[uniffi::export]
pub fn backchannel_ping_of(body: String) -> Result<PingParts> {
    Ok(PingParts::from(&BackchannelPing::parse(&body)?))
}

/// What a consent-revoked callback claims. It proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConsentRevokedParts {
    /// Who it says took their consent back.
    pub claimed_sub: String,
    /// When it says it was made.
    pub claimed_issued_at: Option<SystemTime>,
    /// Until when it says it is good.
    pub claimed_expires_at: Option<SystemTime>,
}

/// Reads a consent-revoked callback.
#[uniffi::export]
pub fn consent_revoked_of(body: String) -> Result<ConsentRevokedParts> {
    let callback = UnverifiedConsentRevoked::parse(&body)?;
    Ok(ConsentRevokedParts {
        claimed_sub: callback.claimed_sub().to_owned(),
        claimed_issued_at: callback.claimed_issued_at(),
        claimed_expires_at: callback.claimed_expires_at(),
    })
}
