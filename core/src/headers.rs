//! The only place that knows header names: one function for each family of endpoints, since their sets differ.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST},
};

use crate::{
    error::{Error, Result},
    msn::Msn,
    system::SystemInfo,
};

pub(crate) const CLIENT_ID: HeaderName = HeaderName::from_static("client_id");
pub(crate) const CLIENT_SECRET: HeaderName = HeaderName::from_static("client_secret");
pub(crate) const SUBSCRIPTION_KEY: HeaderName = HeaderName::from_static("ocp-apim-subscription-key");
pub(crate) const MERCHANT_SERIAL_NUMBER: HeaderName = HeaderName::from_static("merchant-serial-number");
pub(crate) const PSP_ID: HeaderName = HeaderName::from_static("psp-id");
const SYSTEM_NAME: HeaderName = HeaderName::from_static("vipps-system-name");
const SYSTEM_VERSION: HeaderName = HeaderName::from_static("vipps-system-version");
const PLUGIN_NAME: HeaderName = HeaderName::from_static("vipps-system-plugin-name");
const PLUGIN_VERSION: HeaderName = HeaderName::from_static("vipps-system-plugin-version");

/// What a webhook is signed with. Beside these, `Host` is signed.
pub(crate) const MS_DATE: HeaderName = HeaderName::from_static("x-ms-date");
pub(crate) const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-ms-content-sha256");
pub(crate) const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
pub(crate) const SIGNED_WITH: &str = "HMAC-SHA256";
pub(crate) const SIGNED_HEADERS: &str = "x-ms-date;host;x-ms-content-sha256";

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The standard APIs (ePayment, Recurring, Webhooks, …): token, subscription key, system, the merchant if the call is for
/// one, and the PSP if the keys are those of one.
pub(crate) fn standard(
    authorization: &HeaderValue,
    subscription_key: &HeaderValue,
    msn: Option<&Msn>,
    psp_id: Option<&str>,
    system: &SystemHeaders,
) -> Result<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(9);
    headers.insert(AUTHORIZATION, authorization.clone());
    headers.insert(SUBSCRIPTION_KEY, subscription_key.clone());
    if let Some(msn) = msn {
        headers.insert(MERCHANT_SERIAL_NUMBER, value("msn", msn.as_str())?);
    }
    if let Some(psp_id) = psp_id {
        headers.insert(PSP_ID, value("psp_id", psp_id)?);
    }
    system.add_to(&mut headers);
    Ok(headers)
}

/// The APIs of the specialized flow (Report, Sales, Donations): token and system, nothing else.
pub(crate) fn specialized(authorization: &HeaderValue, system: &SystemHeaders) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(5);
    headers.insert(AUTHORIZATION, authorization.clone());
    system.add_to(&mut headers);
    headers
}

/// Login's token endpoint and backchannel: who calls and for whom, a form; no subscription key. `authorization` is left
/// out where the form itself says who calls.
pub(crate) fn login(authorization: Option<HeaderValue>, msn: &Msn, system: &SystemHeaders) -> Result<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(9);
    if let Some(authorization) = authorization {
        headers.insert(AUTHORIZATION, authorization);
    }
    headers.insert(MERCHANT_SERIAL_NUMBER, value("msn", msn.as_str())?);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(ACCEPT, JSON);
    system.add_to(&mut headers);
    Ok(headers)
}

/// Login's userinfo: the login's own token and nothing else. A subscription key is refused there.
pub(crate) fn userinfo(authorization: HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, authorization), (ACCEPT, JSON)])
}

/// What Vipps sends with a webhook.
pub(crate) fn webhook(id: &str, host: &str, date: &str, hash: &str, authorization: &str) -> Result<HeaderMap> {
    Ok(HeaderMap::from_iter([
        (HOST, value("url", host)?),
        (WEBHOOK_ID, value("webhook_id", id)?),
        (MS_DATE, value("clock", date)?),
        (CONTENT_SHA256, value("body", hash)?),
        (AUTHORIZATION, value("secret", authorization)?),
    ]))
}

/// The `Vipps-System-*` headers, built once. By default none: not everybody who checks ID tokens is a system.
#[derive(Debug, Clone, Default)]
pub(crate) struct SystemHeaders(Vec<(HeaderName, HeaderValue)>);

impl SystemHeaders {
    pub(crate) fn new(system: &SystemInfo) -> Self {
        // Where there is no plugin, Vipps wants the system's own values there as well.
        let (plugin_name, plugin_version) = system.plugin().unwrap_or((system.name(), system.version()));
        let all = [
            (SYSTEM_NAME, system.name()),
            (SYSTEM_VERSION, system.version()),
            (PLUGIN_NAME, plugin_name),
            (PLUGIN_VERSION, plugin_version),
        ];
        // An empty value is never sent. What `SystemInfo` let in can stand in a header.
        let given = all.into_iter().filter(|(_, text)| !text.is_empty());
        Self(given.filter_map(|(name, text)| Some((name, HeaderValue::from_str(text).ok()?))).collect())
    }

    /// All of them in one line.
    #[cfg(feature = "doctor")]
    pub(crate) fn shown(&self) -> String {
        let shown = self.0.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()));
        shown.collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name, value.clone());
        }
    }
}

pub(crate) fn value(field: &'static str, text: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(text).map_err(|_| Error::breaks_rule(field, "can't stand in an HTTP header"))
}
