//! Webhooks (Vipps' Webhooks API): whether a call comes from Vipps.

mod cause;
mod request;
mod signature;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::HeaderMap;
use smallvec::SmallVec;
use url::Url;

use self::{
    request::{AUTHORITY, Headers, Request},
    signature::{Key, Signed, content_hash, is_hash_of},
};
use crate::{
    clock::{Clock, SystemClock},
    error::{Error, Result},
    headers::webhook as webhook_headers,
    login::BackchannelPing,
    secret::Secret,
};

/// Checks that a call to a webhook comes from Vipps and is as it was sent. Needs no keys and no network. Cheap to clone.
///
/// Vipps signs each event with the secret that it gave out when the webhook was registered; the header `Webhook-Id` names
/// the registration. Hand over the request **as it came**: the raw body, and path and query as the request line had them.
/// Answer 401 to what is refused, without the reason, which is for logs.
///
/// The checks, in order. The first that fails ends it with [`ErrorKind::InvalidWebhook`](crate::ErrorKind::InvalidWebhook);
/// [`Error::reason`](crate::Error::reason) names what differs, and [`Error::hint`](crate::Error::hint) the likely cause:
///
/// | Reason | Rule |
/// |---|---|
/// | `form` | a POST with a path; `x-ms-date`, `x-ms-content-sha256`, `Webhook-Id`, `Authorization` and the host are there once each; `Authorization` is `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=…` |
/// | `webhook_id` | a secret is known for the `Webhook-Id`; it is not the secret of another registration that fits |
/// | `date` | `x-ms-date` is an HTTP date, not further from this machine's clock than the tolerance |
/// | `hash` | `x-ms-content-sha256` is the SHA-256 of the body |
/// | `host` | the signature is for the host of this request, or for the one of [`WebhookOptions::public_host`] |
/// | `signature` | the signature is by one of the secrets of this `Webhook-Id` |
///
/// Secrets and signatures are compared in constant time. The consent-revoked callback of Login is *not* signed and never
/// passes: see [`UnverifiedConsentRevoked`](crate::UnverifiedConsentRevoked).
///
/// Sources: Vipps MobilePay, Webhooks API, "Request authentication"; RFC 2104.
///
/// ```
/// use vipps_partner_auth::WebhookVerifier;
///
/// let verifier = WebhookVerifier::new([("3cc1dd85-0000-4000-8000-000000000001", "the-secret-of-the-registration")])?;
///
/// // In a test the same object signs, as Vipps would; in a handler these come with the request.
/// let body = br#"{"auth_req_id":"fixture-auth-req-0001"}"#;
/// let url = "https://shop.example/webhooks/vipps?shop=7";
/// let headers = verifier.sign("3cc1dd85-0000-4000-8000-000000000001", url, body)?;
///
/// let webhook = verifier.verify("POST", "/webhooks/vipps?shop=7", &headers, body)?;
/// assert_eq!(webhook.ping()?.auth_req_id(), "fixture-auth-req-0001");
///
/// let error = verifier.verify("POST", "/webhooks/vipps?shop=7", &headers, b"{}").unwrap_err();
/// assert_eq!((error.code(), error.reason()), ("invalid_webhook", Some("hash")));
/// # Ok::<(), vipps_partner_auth::Error>(())
/// ```
#[derive(Clone, derive_more::Debug)]
#[debug("WebhookVerifier {{ webhooks: {:?}, public_host: {:?}, tolerance: {:?}, .. }}", _0.keys.len(), _0.public_host, _0.tolerance)]
pub struct WebhookVerifier(Arc<Inner>);

struct Inner {
    /// By `Webhook-Id`; several keys while one is rotated.
    keys: HashMap<String, Vec<Key>>,
    public_host: Option<String>,
    tolerance: Duration,
    clock: Arc<dyn Clock>,
}

/// What may differ from one receiver of webhooks to another. Start from the default and set what is needed.
///
/// ```
/// use std::time::Duration;
/// use vipps_partner_auth::{WebhookOptions, WebhookVerifier};
///
/// let options = WebhookOptions::default().public_host("shop.example").tolerance(Duration::from_secs(120));
/// let verifier = WebhookVerifier::with_options([("webhook-1", "the-secret")], &options)?;
/// # Ok::<(), vipps_partner_auth::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct WebhookOptions {
    public_host: Option<String>,
    tolerance: Duration,
    clock: Arc<dyn Clock>,
}

impl Default for WebhookOptions {
    fn default() -> Self {
        Self { public_host: None, tolerance: Duration::from_secs(5 * 60), clock: Arc::new(SystemClock) }
    }
}

impl WebhookOptions {
    /// The host of the registered URL, such as `shop.example`, with a port where it is not 443. Needed where a proxy in
    /// front of this program changes `Host`, since Vipps signs the one it called. Default: the request's own `Host`.
    ///
    /// ```
    /// use vipps_partner_auth::{WebhookOptions, WebhookVerifier};
    ///
    /// let options = WebhookOptions::default().public_host("https://shop.example/");
    /// let error = WebhookVerifier::with_options([("webhook-1", "the-secret")], &options).unwrap_err();
    /// assert_eq!(error.field(), Some("public_host")); // a host, not a URL
    /// ```
    pub fn public_host(mut self, host: impl Into<String>) -> Self {
        self.public_host = Some(host.into());
        self
    }

    /// How far `x-ms-date` may be from this machine's clock, either way. Default 5 min, at most 24 h. Longer lets a call
    /// that somebody recorded be played again for longer.
    ///
    /// ```
    /// # use vipps_partner_auth::WebhookOptions;
    /// let options = WebhookOptions::default().tolerance(std::time::Duration::from_secs(60));
    /// ```
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Where time comes from. Default: the machine's clock.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use vipps_partner_auth::{ManualClock, WebhookOptions};
    ///
    /// let options = WebhookOptions::default().clock(Arc::new(ManualClock::at_unix(1_767_225_600)));
    /// ```
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }
}

/// See [`WebhookOptions::tolerance`].
const LONGEST_TOLERANCE: Duration = Duration::from_secs(24 * 60 * 60);

impl WebhookVerifier {
    /// The headers that are looked at, in small letters, so that whoever has to copy headers first need copy no others. The
    /// last three are what proxies say of the host; they are good for a hint alone.
    ///
    /// ```
    /// use vipps_partner_auth::WebhookVerifier;
    ///
    /// assert!(WebhookVerifier::HEADERS.contains(&"x-ms-date"));
    /// ```
    pub const HEADERS: [&str; 9] = [
        "authorization",
        "host",
        AUTHORITY,
        "webhook-id",
        "x-ms-content-sha256",
        "x-ms-date",
        "forwarded",
        "x-forwarded-host",
        "x-original-host",
    ];

    /// A verifier for these registrations: pairs of `Webhook-Id` and secret, as the Webhooks API gave them out. While a
    /// secret is rotated the same id comes twice, once with each. Make a new verifier when registrations change.
    ///
    /// `InvalidConfig`, field `secrets` for none at all, `webhook_id` or `secret` for what can't be one.
    ///
    /// ```
    /// use vipps_partner_auth::WebhookVerifier;
    ///
    /// // The secret is used as it stands. It looks like base64 and is not to be decoded.
    /// let verifier = WebhookVerifier::new([("webhook-1", "b2xk"), ("webhook-1", "bmV3"), ("webhook-2", "b3RoZXI=")])?;
    /// assert_eq!(WebhookVerifier::new([("webhook-1", "")]).unwrap_err().field(), Some("secret"));
    /// # Ok::<(), vipps_partner_auth::Error>(())
    /// ```
    pub fn new<I: Into<String>, S: Into<Secret>>(secrets: impl IntoIterator<Item = (I, S)>) -> Result<Self> {
        Self::with_options(secrets, &WebhookOptions::default())
    }

    /// The same with options. `InvalidConfig`, field `public_host` or `tolerance`, too.
    pub fn with_options<I: Into<String>, S: Into<Secret>>(
        secrets: impl IntoIterator<Item = (I, S)>,
        options: &WebhookOptions,
    ) -> Result<Self> {
        let mut keys: HashMap<String, Vec<Key>> = HashMap::new();
        for (webhook_id, secret) in secrets {
            let webhook_id = webhook_id.into();
            let secret = secret.into();
            check_visible("webhook_id", &webhook_id)?;
            check_visible("secret", secret.expose())?;
            keys.entry(webhook_id).or_default().push(Key::new(secret));
        }
        if keys.is_empty() {
            return Err(Error::breaks_rule("secrets", "must hold the secret of at least one webhook"));
        }
        if options.tolerance > LONGEST_TOLERANCE {
            return Err(Error::breaks_rule("tolerance", "must be at most 24 hours"));
        }
        Ok(Self(Arc::new(Inner {
            keys,
            public_host: options.public_host.as_deref().map(host).transpose()?,
            tolerance: options.tolerance,
            clock: Arc::clone(&options.clock),
        })))
    }

    /// Checks a request. `target` is path and query as the request line had them, or the whole URL; `headers` is a
    /// [`HeaderMap`] by reference, or any pairs of name and value, names in any letter case; `body` is the raw body.
    ///
    /// `InvalidWebhook` for all that is not to be trusted: see [`WebhookVerifier`].
    ///
    /// ```
    /// use vipps_partner_auth::WebhookVerifier;
    ///
    /// # fn handle(request: http::Request<Vec<u8>>, verifier: &WebhookVerifier) -> http::StatusCode {
    /// let target = request.uri().to_string();
    /// match verifier.verify(request.method(), &target, request.headers(), request.body()) {
    ///     Ok(webhook) => http::StatusCode::OK, // do the work elsewhere, and answer soon
    ///     Err(error) => {
    ///         eprintln!("{error}");
    ///         http::StatusCode::UNAUTHORIZED
    ///     }
    /// }
    /// # }
    /// # let verifier = WebhookVerifier::new([("webhook-1", "the-secret")])?;
    /// # assert_eq!(handle(http::Request::post("/").body(Vec::new()).unwrap(), &verifier), 401);
    /// # Ok::<(), vipps_partner_auth::Error>(())
    /// ```
    pub fn verify<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self,
        method: impl AsRef<str>,
        target: &str,
        headers: impl IntoIterator<Item = (N, V)>,
        body: impl AsRef<[u8]>,
    ) -> Result<VerifiedWebhook> {
        let headers: SmallVec<[(N, V); 16]> = headers.into_iter().collect();
        let headers: SmallVec<[(&[u8], &[u8]); 16]> =
            headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
        self.0.verify(method.as_ref(), target, &headers, body.as_ref())
    }

    /// Signs a body as Vipps would, for tests of a receiver: the headers `Host`, `Webhook-Id`, `x-ms-date`,
    /// `x-ms-content-sha256` and `Authorization`. `url` is the whole URL of the registration; with several secrets for
    /// this id the first signs; the date is that of the verifier's clock.
    ///
    /// `InvalidConfig`, field `webhook_id` for an id without a secret, or `url`.
    ///
    /// ```
    /// use vipps_partner_auth::WebhookVerifier;
    ///
    /// let verifier = WebhookVerifier::new([("webhook-1", "the-secret")])?;
    /// let headers = verifier.sign("webhook-1", "https://shop.example:8443/webhooks", b"{}")?;
    /// assert_eq!(headers["host"], "shop.example:8443");
    /// assert!(verifier.verify("POST", "/webhooks", &headers, b"{}").is_ok());
    /// # Ok::<(), vipps_partner_auth::Error>(())
    /// ```
    pub fn sign(&self, webhook_id: &str, url: &str, body: impl AsRef<[u8]>) -> Result<HeaderMap> {
        let no_secret = || Error::breaks_rule("webhook_id", "is of no webhook whose secret is known here");
        let key = self.0.keys.get(webhook_id).and_then(|keys| keys.first()).ok_or_else(no_secret)?;
        let called = called(url).ok_or_else(|| {
            Error::breaks_rule("url", "must be the whole URL of a webhook, such as https://shop.example/webhooks")
                .with_url(url)
        })?;
        let host = authority(&called);
        let date = http_date(self.0.clock.wall());
        let hash = content_hash(body.as_ref());
        let signed = Signed {
            target: &called[url::Position::BeforePath..url::Position::AfterQuery],
            date: date.as_bytes(),
            host: host.as_bytes(),
            hash: hash.as_bytes(),
        };
        webhook_headers(webhook_id, &host, &date, &hash, &signed.authorization(key))
    }
}

/// No white space: a stray line end would make every signature wrong.
fn check_visible(field: &'static str, text: &str) -> Result<()> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::breaks_rule(field, "must be visible ASCII without white space, and not empty"));
    }
    Ok(())
}

/// A host as it is written in a call to it by https.
fn host(text: &str) -> Result<String> {
    let is_bare = !text.contains(['/', '\\', '?', '#', '@']) && !text.contains(char::is_whitespace);
    let url = is_bare.then(|| Url::parse(&format!("https://{text}/")).ok()).flatten();
    let rule = "must be a host, with a port where it is not 443, such as shop.example";
    url.map(|url| authority(&url)).ok_or_else(|| Error::breaks_rule("public_host", rule).with_url(text))
}

fn called(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    (matches!(url.scheme(), "https" | "http") && url.has_host()).then_some(url)
}

/// With a port, unless it is the scheme's own.
fn authority(url: &Url) -> String {
    url[url::Position::BeforeHost..url::Position::AfterPort].to_owned()
}

/// The last moment that an HTTP date can tell: the end of the year 9999.
const LAST_DATE: Duration = Duration::from_secs(253_402_300_799);

fn http_date(since_epoch: Duration) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + since_epoch.min(LAST_DATE))
}

impl Inner {
    fn verify(&self, method: &str, target: &str, headers: &Headers<'_>, body: &[u8]) -> Result<VerifiedWebhook> {
        let request = Request::read(method, target, headers)?;
        let host = self.host(&request)?;
        let (webhook_id, keys) = self.registration(&request)?;
        let sent_at = self.sent_at(&request)?;
        let signed = Signed { target: request.target, date: request.date, host, hash: request.hash };
        let is_signed = signed.is_by_any(keys, request.signature);
        if !is_hash_of(request.hash, body) {
            return Err(cause::of_hash(body, is_signed));
        }
        if !is_signed {
            let others = self.keys.iter().filter(|(other, _)| *other != webhook_id).flat_map(|(_, keys)| keys);
            return Err(cause::of_signature(&signed, &request, headers, keys, others, self.public_host.is_some()));
        }
        Ok(VerifiedWebhook { webhook_id: webhook_id.clone(), sent_at, body: body.to_vec() })
    }

    fn host<'a>(&'a self, request: &Request<'a>) -> Result<&'a [u8]> {
        let configured = self.public_host.as_deref().map(str::as_bytes);
        configured.or(request.host).ok_or_else(|| {
            Error::invalid_webhook("form", "the request names no host")
                .with_hint("set public_host to the host of the registered URL")
        })
    }

    fn registration(&self, request: &Request<'_>) -> Result<(&String, &[Key])> {
        let named = std::str::from_utf8(request.webhook_id).ok().and_then(|id| self.keys.get_key_value(id));
        named.map(|(id, keys)| (id, keys.as_slice())).ok_or_else(|| {
            Error::invalid_webhook("webhook_id", "no secret is known for this Webhook-Id").with_hint(
                "the secret of a new registration was not stored, or it is a registration of another environment or program",
            )
        })
    }

    /// When it was sent, if that is near enough. Whole seconds: an HTTP date has no others.
    fn sent_at(&self, request: &Request<'_>) -> Result<Duration> {
        let refused = |detail, hint| Err(Error::invalid_webhook("date", detail).with_hint(hint));
        let date = std::str::from_utf8(request.date).ok().and_then(|date| httpdate::parse_http_date(date).ok());
        let Some(sent_at) = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok()) else {
            return refused("x-ms-date is not an HTTP date", "it looks like Sun, 06 Nov 1994 08:49:37 GMT");
        };
        let now = Duration::from_secs(self.clock.wall().as_secs());
        if now.saturating_sub(sent_at) > self.tolerance {
            return refused(
                "x-ms-date lies too far in the past",
                "an old call is played again, it waited too long on its way, or the clock of this machine is fast",
            );
        }
        if sent_at.saturating_sub(now) > self.tolerance {
            return refused("x-ms-date lies too far in the future", "the clock of this machine is slow");
        }
        Ok(sent_at)
    }
}

/// A call that passed every check of a [`WebhookVerifier`]. There is no other way to make one.
///
/// Be ready for the same event to come twice.
///
/// ```
/// # use vipps_partner_auth::WebhookVerifier;
/// # let verifier = WebhookVerifier::new([("webhook-1", "the-secret")])?;
/// # let headers = verifier.sign("webhook-1", "https://shop.example/webhooks", b"{}")?;
/// let webhook = verifier.verify("POST", "/webhooks", &headers, b"{}")?;
/// assert_eq!((webhook.webhook_id(), webhook.body()), ("webhook-1", b"{}".as_slice()));
/// # Ok::<(), vipps_partner_auth::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("VerifiedWebhook {{ webhook_id: {webhook_id:?}, sent_at: {sent_at:?}, body: {:?} }}", format_args!("{} bytes", self.body.len()))]
pub struct VerifiedWebhook {
    webhook_id: String,
    sent_at: Duration,
    body: Vec<u8>,
}

impl VerifiedWebhook {
    /// Which registration it came through (`Webhook-Id`).
    pub fn webhook_id(&self) -> &str {
        &self.webhook_id
    }

    /// When Vipps sent it (`x-ms-date`).
    pub fn sent_at(&self) -> SystemTime {
        UNIX_EPOCH + self.sent_at
    }

    /// The body as it came: the event's JSON.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The event `login.merchant-initiated.ping.v1`: a login by phone number has been decided. `InvalidConfig`, field
    /// `body`, for any other event. Finish the login with [`Backchannel::finish_webhook`](crate::Backchannel::finish_webhook).
    ///
    /// ```
    /// # use vipps_partner_auth::WebhookVerifier;
    /// # let verifier = WebhookVerifier::new([("webhook-1", "the-secret")])?;
    /// # let body = br#"{"auth_req_id":"fixture-auth-req-0001","msn":"123456"}"#;
    /// # let headers = verifier.sign("webhook-1", "https://shop.example/webhooks", body)?;
    /// # let webhook = verifier.verify("POST", "/webhooks", &headers, body)?;
    /// let ping = webhook.ping()?;
    /// assert_eq!(ping.auth_req_id(), "fixture-auth-req-0001");
    /// assert_eq!(ping.msn().map(|msn| msn.as_str()), Some("123456")); // where the registration is for all merchants
    /// # Ok::<(), vipps_partner_auth::Error>(())
    /// ```
    pub fn ping(&self) -> Result<BackchannelPing> {
        BackchannelPing::read(&self.body)
    }
}
