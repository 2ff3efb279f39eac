//! Webhooks.

use std::collections::HashMap;

use napi::bindgen_prelude::ClassInstance;
use napi_derive::napi;
use vipps_partner_auth as core;

use crate::{
    clock::ManualClock,
    fault::OrFault,
    words::{moment, span, texts},
};

/// The core's `WebhookVerifier`.
#[napi]
pub struct WebhookVerifier(core::WebhookVerifier);

/// The core's `WebhookOptions`. Spans are in milliseconds.
#[napi(object, object_to_js = false)]
pub struct WebhookOptions<'env> {
    pub public_host: Option<String>,
    pub tolerance: Option<f64>,
    pub clock: Option<ClassInstance<'env, ManualClock>>,
}

#[napi]
impl WebhookVerifier {
    /// `secrets`: id and secret in turn.
    #[napi(constructor, catch_unwind)]
    pub fn new(secrets: Vec<String>, options: WebhookOptions<'_>) -> napi::Result<Self> {
        let pairs = in_pairs(&secrets).map(|(id, secret)| (id.clone(), secret.clone()));
        Ok(Self(core::WebhookVerifier::with_options(pairs, &options.core()?).or_fault()?))
    }

    /// `headers`: name and value in turn. Gives the moment of sending, a line feed and the id of the webhook: one
    /// text crosses for less than an object.
    #[napi(catch_unwind)]
    pub fn verify(&self, method: String, path: String, headers: Vec<String>, body: &[u8]) -> napi::Result<String> {
        let webhook = self.0.verify(&method, &path, in_pairs(&headers), body).or_fault()?;
        Ok(format!("{}\n{}", moment(webhook.sent_at()), webhook.webhook_id()))
    }

    #[napi(catch_unwind)]
    pub fn sign(&self, webhook_id: String, url: String, body: &[u8]) -> napi::Result<HashMap<String, String>> {
        Ok(texts(&self.0.sign(&webhook_id, &url, body).or_fault()?))
    }
}

impl WebhookOptions<'_> {
    fn core(self) -> napi::Result<core::WebhookOptions> {
        let mut options = core::WebhookOptions::default();
        if let Some(host) = self.public_host {
            options = options.public_host(host);
        }
        if let Some(tolerance) = self.tolerance {
            options = options.tolerance(span("tolerance", tolerance)?);
        }
        if let Some(clock) = self.clock {
            options = options.clock(clock.shared());
        }
        Ok(options)
    }
}

fn in_pairs(texts: &[String]) -> impl Iterator<Item = (&String, &String)> {
    texts.as_chunks::<2>().0.iter().map(|[name, value]| (name, value))
}

/// The headers that need to cross, in small letters.
#[napi(catch_unwind)]
pub fn webhook_headers() -> Vec<&'static str> {
    core::WebhookVerifier::HEADERS.into()
}
