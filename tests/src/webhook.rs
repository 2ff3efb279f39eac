//! The ops of webhooks.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use vipps_partner_auth::{Msn, VerifiedWebhook, WebhookOptions, WebhookVerifier};

use crate::{
    given::{Attempt, resolve},
    runner::{Call, needed},
};

impl Call<'_> {
    pub(crate) fn make_webhook(&self, op: &str) -> Attempt<Value> {
        match op {
            "webhook_verify" => Ok(self.verified()?.map(|webhook| {
                let sent_at = webhook.sent_at().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
                json!({ "webhook_id": webhook.webhook_id(), "sent_at": sent_at })
            })),
            "webhook_ping" => Ok(self
                .verified()?
                .and_then(|webhook| webhook.ping())
                .map(|ping| json!({ "auth_req_id": ping.auth_req_id(), "msn": ping.msn().map(Msn::as_str) }))),
            "webhook_sign" => self.signed(),
            other => Err(format!("unknown op {other}")),
        }
    }

    fn verified(&self) -> Attempt<VerifiedWebhook> {
        let method = needed(self.given.method.as_ref(), "method")?;
        let path = needed(self.given.path.as_ref(), "path")?;
        let headers = needed(self.given.headers.as_ref(), "headers")?;
        let body = self.body()?;
        let pairs = headers.iter().map(|(name, value)| (name, value));
        Ok(self.webhook_verifier()?.and_then(|verifier| verifier.verify(method, path, pairs, &body)))
    }

    fn signed(&self) -> Attempt<Value> {
        let webhook_id = needed(self.given.webhook_id.as_ref(), "webhook_id")?;
        let url = needed(self.given.url.as_ref(), "url")?;
        let body = self.body()?;
        let signed = self.webhook_verifier()?.and_then(|verifier| verifier.sign(webhook_id, url, &body));
        Ok(signed.map(|headers| {
            let texts = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or("not text")));
            json!({ "headers": texts.collect::<BTreeMap<_, _>>() })
        }))
    }

    fn webhook_verifier(&self) -> Attempt<WebhookVerifier> {
        let secrets: Vec<(String, String)> = resolve(self.shared, needed(self.given.secrets.as_ref(), "secrets")?)?;
        let mut options = WebhookOptions::default().clock(Arc::new(self.clock()?));
        if let Some(host) = &self.given.public_host {
            options = options.public_host(host);
        }
        if let Some(seconds) = self.given.tolerance {
            options = options.tolerance(Duration::from_secs(seconds));
        }
        Ok(WebhookVerifier::with_options(secrets, &options))
    }

    fn body(&self) -> Result<Vec<u8>, String> {
        match (&self.given.body, &self.given.body_base64) {
            (Some(text), None) => Ok(text.clone().into_bytes()),
            (None, Some(base64)) => STANDARD.decode(base64).map_err(|error| error.to_string()),
            _ => Err("given has either a body or a body_base64".to_owned()),
        }
    }
}
