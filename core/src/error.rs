//! What can go wrong, told by what the reader should do about it.

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc, time::Duration};

use crate::quote::{quoted, quoted_url};

/// What the reader of an [`Error`] should do. The same ten kinds, with the same codes, in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting or an argument is wrong: fix it. [`Error::field`] names it.
    InvalidConfig,
    /// Vipps does not know these keys: check keys and environment. [`Error::hint`] names the likely cause.
    CredentialsRejected,
    /// The keys are fine, but not for this MSN, scope or product.
    Forbidden,
    /// Too many requests: wait for [`Error::retry_after`].
    RateLimited,
    /// Network, timeout or 5xx: try again later.
    Unavailable,
    /// The login ended without a user: start it again. [`Error::reason`] says why.
    LoginFailed,
    /// The ID token is not good: reject the user. [`Error::claim`] names the check that failed.
    InvalidIdToken,
    /// The call is not one that Vipps sent, or not as it was sent: answer 401. [`Error::reason`] names what differs.
    InvalidWebhook,
    /// The service's reply was not understood: report it.
    Protocol,
    /// A bug in this library.
    Internal,
}

impl ErrorKind {
    /// The stable code, the same string in every language.
    ///
    /// ```
    /// assert_eq!(vipps_partner_auth::ErrorKind::RateLimited.code(), "rate_limited");
    /// ```
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidConfig => "invalid_config",
            Self::CredentialsRejected => "credentials_rejected",
            Self::Forbidden => "forbidden",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::LoginFailed => "login_failed",
            Self::InvalidIdToken => "invalid_id_token",
            Self::InvalidWebhook => "invalid_webhook",
            Self::Protocol => "protocol",
            Self::Internal => "internal",
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable)
    }
}

/// The one error type of this crate.
///
/// Its text says what happened, and holds no secret and no response body: only the OAuth error code, the HTTP status and
/// Vipps' trace ids. A setting or an argument that is wrong is named, and its value is repeated where it can be no secret.
/// [`source`](StdError::source) is the error of the system or of TLS beneath a network fault, for logs; it holds no secret
/// either, and is not compared.
///
/// ```
/// use vipps_partner_auth::{ErrorKind, Msn};
///
/// let error = "abc".parse::<Msn>().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidConfig);
/// assert_eq!(error.code(), "invalid_config");
/// assert!(!error.retryable());
/// assert_eq!(error.detail(), "msn must be 4 to 10 digits without white space, such as 123456");
/// assert_eq!(error.field(), Some("msn"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Parts>);

/// The result of this crate's calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    kind: ErrorKind,
    detail: Cow<'static, str>,
    /// What the detail of a wrong setting says behind its subject and value.
    rule: Option<Cow<'static, str>>,
    field: Option<&'static str>,
    claim: Option<&'static str>,
    reason: Option<Cow<'static, str>>,
    status: Option<u16>,
    oauth_error: Option<String>,
    trace_id: Option<String>,
    retry_after: Option<Duration>,
    hint: Option<Cow<'static, str>>,
    /// No reply came, and the request may have arrived.
    may_have_been_sent: bool,
    /// The reply was no JSON, so a firewall or proxy may have sent it.
    perhaps_not_of_vipps: bool,
    source: Source,
}

impl Error {
    /// What the reader should do.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable code of the kind.
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// What happened, in words, without the variables.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn retryable(&self) -> bool {
        self.0.kind.retryable()
    }

    /// How long to wait before the next try, where the service or this library's own restraint said so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The setting or argument that was wrong (kind `InvalidConfig`). None where the fault lies between this program and
    /// Vipps, such as a proxy that adds a browser's `Origin`.
    pub fn field(&self) -> Option<&'static str> {
        self.0.field
    }

    /// The check of the ID token that failed (kind `InvalidIdToken`): `form`, `alg`, `kid`, `signature`, `iss`, …
    pub fn claim(&self) -> Option<&'static str> {
        self.0.claim
    }

    /// Why a login failed (kind `LoginFailed`). The same words in every language:
    ///
    /// | Reason | Meaning |
    /// |---|---|
    /// | `denied` | the person said no, the most ordinary of all |
    /// | `expired` | nobody decided in time, or the login token is too old for userinfo |
    /// | `unknown_user` | nobody with an active app and old enough has this phone number: don't try again |
    /// | `outdated_app` | the person's app is too old |
    /// | `wrong_challenge` | the person picked the wrong number |
    /// | `state` | the callback is not the answer to this request: another browser, an old tab, or an attack |
    /// | `merchant`, `redirect_uri`, `issuer`, `auth_req_id` | the answer is meant for another merchant, address, environment or request |
    /// | `callback` | the callback is malformed |
    /// | `invalid_grant` | the code was used before, is too old, or was made for another `redirect_uri` |
    /// | `reply_lost` | the code was sent, and no answer or one of no use came, so it may be used up |
    /// | `keys_unavailable` | the ID token came, but the keys to check it did not |
    /// | `unknown` | a code that isn't one |
    ///
    /// Any other is the code of the service as it stands, such as `server_error` or `login_required`; new ones may come.
    ///
    /// Of a webhook (kind `InvalidWebhook`) it is what differs: `form`, `webhook_id`, `date`, `hash`, `host` or `signature`; see
    /// [`WebhookVerifier`](crate::WebhookVerifier).
    pub fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// The HTTP status of the reply, where there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The `error` of an OAuth reply (RFC 6749 section 5.2), where there was one of the expected form.
    pub fn oauth_error(&self) -> Option<&str> {
        self.0.oauth_error.as_deref()
    }

    /// The id under which Vipps can find this request in its logs.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// The likely cause and its cure.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

/// How the modules of this crate put errors together.
impl Error {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            kind,
            detail: detail.into(),
            rule: None,
            field: None,
            claim: None,
            reason: None,
            status: None,
            oauth_error: None,
            trace_id: None,
            retry_after: None,
            hint: None,
            may_have_been_sent: false,
            perhaps_not_of_vipps: false,
            source: Source::default(),
        }))
    }

    /// A whole sentence about a setting or an argument. Where the field is its subject see
    /// [`breaks_rule`](Self::breaks_rule).
    pub(crate) fn invalid_config(field: &'static str, sentence: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(ErrorKind::InvalidConfig, sentence);
        error.0.field = Some(field);
        error
    }

    /// A setting or an argument and the rule that it breaks, such as `must not be empty`; the field is put in front.
    pub(crate) fn breaks_rule(field: &'static str, rule: impl Into<Cow<'static, str>>) -> Self {
        let rule = rule.into();
        let mut error = Self::invalid_config(field, format!("{field} {rule}"));
        error.0.rule = Some(rule);
        error
    }

    /// With the value that breaks the rule, between field and rule. Never for a secret.
    pub(crate) fn with_value(self, value: &str) -> Self {
        self.with_quoted(&quoted(value))
    }

    /// The same for a URL, which is shown without user and query.
    pub(crate) fn with_url(self, url: &str) -> Self {
        match quoted_url(url) {
            Some(shown) => self.with_quoted(&shown),
            None => self,
        }
    }

    fn with_quoted(mut self, shown: &str) -> Self {
        if let (Some(field), Some(rule)) = (self.0.field, &self.0.rule) {
            self.0.detail = format!("{field} {shown} {rule}").into();
        }
        self
    }

    /// The same rule for something that has another name and a value that is not to be shown.
    pub(crate) fn under_name(self, name: &'static str) -> Self {
        let renamed = match self.0.rule {
            Some(rule) => Self::breaks_rule(name, rule),
            None => Self::invalid_config(name, self.0.detail),
        };
        match self.0.hint {
            Some(hint) => renamed.with_hint(hint),
            None => renamed,
        }
    }

    pub(crate) fn invalid_id_token(claim: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(ErrorKind::InvalidIdToken, detail);
        error.0.claim = Some(claim);
        error
    }

    pub(crate) fn login_failed(reason: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(ErrorKind::LoginFailed, detail);
        error.0.reason = Some(reason.into());
        error
    }

    pub(crate) fn invalid_webhook(reason: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(ErrorKind::InvalidWebhook, detail);
        error.0.reason = Some(reason.into());
        error
    }

    pub(crate) fn unavailable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unavailable, detail)
    }

    pub(crate) fn protocol(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Protocol, detail)
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_source(mut self, source: Source) -> Self {
        self.0.source = source;
        self
    }

    pub(crate) fn with_status(mut self, status: http::StatusCode) -> Self {
        self.0.status = Some(status.as_u16());
        self
    }

    pub(crate) fn with_oauth_error(mut self, code: Option<String>) -> Self {
        self.0.oauth_error = code;
        self
    }

    /// A gateway may echo what it was sent, also where a code or an id should be.
    pub(crate) fn without_echo_of(mut self, secrets: &[&str]) -> Self {
        let echoes = |text: &str| {
            let text = text.to_ascii_lowercase();
            secrets.iter().any(|secret| text.contains(&secret.to_ascii_lowercase()))
        };
        if self.0.reason.as_ref().is_some_and(|reason| echoes(reason)) {
            self.0.reason = Some("unknown".into());
        }
        self.0.oauth_error = self.0.oauth_error.filter(|code| !echoes(code));
        self.0.trace_id = self.0.trace_id.filter(|id| !echoes(id));
        self
    }

    /// What another error knows of the reply: status, code, trace id and wait.
    pub(crate) fn about_the_reply_of(mut self, other: Self) -> Self {
        let other = *other.0;
        self.0.status = other.status;
        self.0.oauth_error = other.oauth_error;
        self.0.trace_id = other.trace_id;
        self.0.retry_after = other.retry_after;
        self
    }

    pub(crate) fn with_maybe_sent(mut self, may_have_been_sent: bool) -> Self {
        self.0.may_have_been_sent = may_have_been_sent;
        self
    }

    pub(crate) fn with_perhaps_not_of_vipps(mut self, is_page: bool) -> Self {
        self.0.perhaps_not_of_vipps = is_page;
        self
    }

    /// Whether it says nothing of keys or merchant for sure.
    pub(crate) fn perhaps_not_of_vipps(&self) -> bool {
        self.0.perhaps_not_of_vipps
    }

    pub(crate) fn may_have_been_sent(&self) -> bool {
        self.0.may_have_been_sent
    }

    pub(crate) fn with_trace_id(mut self, trace_id: Option<String>) -> Self {
        self.0.trace_id = trace_id;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.0;
        f.write_str(&parts.detail)?;
        if let Some(hint) = &parts.hint {
            write!(f, " ({hint})")?;
        }
        write_variable(f, "field", parts.field)?;
        write_variable(f, "claim", parts.claim)?;
        write_variable(f, "reason", parts.reason.as_deref())?;
        write_variable(f, "status", parts.status)?;
        write_variable(f, "error", parts.oauth_error.as_deref())?;
        write_variable(f, "trace_id", parts.trace_id.as_deref())?;
        write_variable(f, "retry_after", parts.retry_after.map(whole_seconds))
    }
}

fn write_variable(f: &mut fmt::Formatter<'_>, key: &str, value: Option<impl fmt::Display>) -> fmt::Result {
    value.map_or(Ok(()), |value| write!(f, " {key}=`{value}`"))
}

fn whole_seconds(wait: Duration) -> String {
    format!("{}s", wait.as_secs_f64().ceil())
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {self})", self.code())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.error()
    }
}

/// The error beneath another. It is not what the reader acts on, so it is not compared.
#[derive(Clone, Default)]
pub(crate) struct Source(Option<Arc<dyn StdError + Send + Sync>>);

impl Source {
    pub(crate) fn new(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Some(error.into().into()))
    }

    pub(crate) fn error(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.as_deref().map(|error| error as &(dyn StdError + 'static))
    }
}

impl PartialEq for Source {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Source {}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
