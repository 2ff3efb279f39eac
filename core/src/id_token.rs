//! ID tokens (OpenID Connect Core section 2) checked the way a partner must: by the `msn` claim.

mod checks;
mod compact;

use std::{
    borrow::Cow,
    collections::HashMap,
    str::FromStr,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::Algorithm;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use self::{
    checks::check_claims,
    compact::{Compact, Header},
};
use crate::{
    clock::Clock,
    config::Config,
    described::{options, word},
    discovery::Discovery,
    error::{Error, Result},
    event::{Events, EventsGuard, Stats},
    executor::Executor,
    headers::SystemHeaders,
    http::Sender,
    jwks::{Found, Key, KeySet},
    msn::Msn,
    remote_jwks::{Loaded, RemoteJwks},
};

/// Checks ID tokens. Needs no credentials, so it can live where keys must never be, such as in an app. Cheap to clone.
///
/// The checks, in order; the first that fails is named by [`Error::claim`](crate::Error::claim):
///
/// | Check | Rule |
/// |---|---|
/// | `form` | at most 16 KiB; three parts of strict base64url; header and payload are JSON objects without doubled members |
/// | `alg` | RS256; ES256 too in the backchannel flows. From this list, never from the token or discovery |
/// | `typ`, `crit` | `typ` absent or `JWT`; no `crit`, no `b64` |
/// | `kid` | names a key of the set that fits; absent only where exactly one key fits |
/// | `signature` | RSA of 2048 to 8192 bits, or P-256 |
/// | `iss` | the environment's, byte for byte |
/// | `exp`, `iat`, `nbf` | `exp` and `iat` are there; all hold within the leeway; `exp` at most 24 hours after `iat` |
/// | `sub` | a string of 1 to 255 characters |
/// | `nonce` | the one that was sent; in the backchannel flows it may be absent. None was sent: absent or empty |
/// | `msn` | the expected one, as a string or as an integer of the same digits |
/// | `aud`, `azp` | well-formed; where the client id is known, it is among the audiences, and `azp` is it (required with several) |
/// | `at_hash` | where it is present and the access token is given: of that token |
/// | `acr` | the one that was asked for |
/// | `auth_req_id` | under any of its three names the expected one; required in the redirect variant |
///
/// Sources: OpenID Connect Core sections 3.1.3.6 and 3.1.3.7, RFC 7515, RFC 8725; Vipps MobilePay, "Partner keys".
///
/// ```
/// use vipps_partner_auth::{Environment, Expect, IdTokenVerifier};
///
/// # async fn check(jwt: &str) -> vipps_partner_auth::Result<()> {
/// let verifier = IdTokenVerifier::new(Environment::Production)?;
/// let claims = verifier.verify(jwt, &Expect::default().msn("123456".parse()?).nonce("n-0S6_WzA2Mj")).await?;
/// println!("{}", claims.sub());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, derive_more::Debug)]
#[debug("IdTokenVerifier {{ issuer: {:?}, .. }}", _0.issuer)]
pub struct IdTokenVerifier(Arc<Inner>);

struct Inner {
    issuer: String,
    leeway: Duration,
    clock: Arc<dyn Clock>,
    keys: KeySource,
    events: Events,
    executor: Executor,
    /// Of a verifier that stands alone; a partner's ends with the partner.
    _events_end: EventsGuard,
}

enum KeySource {
    Fixed(KeySet),
    Remote(Arc<RemoteJwks>),
}

/// Which flow an ID token came out of; decides which algorithms are good and which claims are required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Flow {
    /// The browser flow (authorization code). RS256 only.
    #[default]
    Browser,
    /// Login from a phone number, by polling or after a ping (CIBA). RS256 or ES256.
    Backchannel,
    /// Login from a phone number that ends on a web page. RS256 or ES256, and the token must name the `auth_req_id`.
    BackchannelRedirect,
}

impl Flow {
    /// The word for it in settings and in other languages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Backchannel => "backchannel",
            Self::BackchannelRedirect => "backchannel_redirect",
        }
    }
}

impl FromStr for Flow {
    type Err = Error;

    /// `browser`, `backchannel` or `backchannel_redirect`; anything else is `InvalidConfig`, field `flow`.
    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Browser, Self::Backchannel, Self::BackchannelRedirect];
        let rule = "must be browser, backchannel or backchannel_redirect";
        let found = all.into_iter().find(|flow| flow.as_str() == text);
        found.ok_or_else(|| Error::breaks_rule("flow", rule).with_value(text))
    }
}

word!(Flow: Browser Backchannel BackchannelRedirect);

options! {
    "expectation"
    /// What an ID token must say. Only the MSN is always needed.
    ///
    /// ```
    /// use vipps_partner_auth::{Expect, Flow};
    ///
    /// let expect = Expect::default().msn("123456".parse()?).flow(Flow::Backchannel);
    /// # Ok::<(), vipps_partner_auth::Error>(())
    /// ```
    #[derive(derive_more::Debug)]
    #[debug("Expect {{ msn: {msn:?}, flow: {flow:?}, .. }}")]
    pub struct Expect {
        /// The sales unit the login was for (`msn`).
        ///
        /// Default: none; required, but a merchant fills in its own.
        msn: Msn,
        /// The flow that the token came out of: it decides which algorithms are good and which claims are required.
        ///
        /// Default: `browser`.
        flow: Flow,
        /// The nonce that was sent with the request.
        ///
        /// Default: none; the token must hold none then.
        nonce: String,
        /// The merchant's client id, where it is known: `aud` is checked as well then.
        ///
        /// Default: none; with sales unit keys their own.
        client_id: String,
        /// The access token that came with the ID token: `at_hash` is checked then.
        ///
        /// Default: none.
        access_token: String,
        /// The `acr_values` that was asked for.
        ///
        /// Default: none.
        acr: String,
        /// The id of the login by phone number that the token must name.
        ///
        /// Default: none; required for `backchannel_redirect`.
        auth_req_id: String,
    }
}

impl Expect {
    fn flow_or_default(&self) -> Flow {
        self.flow.unwrap_or_default()
    }

    /// The expected MSN, once all expectations are known to make sense.
    fn checked(&self) -> Result<&Msn> {
        let given = [
            ("nonce", &self.nonce),
            ("client_id", &self.client_id),
            ("access_token", &self.access_token),
            ("acr", &self.acr),
            ("auth_req_id", &self.auth_req_id),
        ];
        if let Some((field, _)) = given.iter().find(|(_, value)| value.as_deref() == Some("")) {
            return Err(Error::breaks_rule(field, "must not be empty where it is expected: leave it out"));
        }
        if self.flow_or_default() == Flow::BackchannelRedirect && self.auth_req_id.is_none() {
            return Err(Error::breaks_rule("auth_req_id", "is needed to check an ID token of the redirect variant"));
        }
        self.msn.as_ref().ok_or_else(|| Error::breaks_rule("msn", "is needed to check an ID token"))
    }
}

/// The claims of an ID token that has passed every check. There is no other way to read them.
#[derive(Clone, PartialEq, derive_more::Debug)]
// The user's data stays out of logs; `sub` and `msn` are enough to find a login.
#[debug("IdTokenClaims {{ sub: {sub:?}, msn: {msn:?}, .. }}")]
pub struct IdTokenClaims {
    json: String,
    sub: String,
    msn: Msn,
    issued_at: Duration,
    expires_at: Duration,
}

impl IdTokenClaims {
    /// The user, as this sales unit knows them (`sub`). Another MSN gets another value for the same person.
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// The sales unit the user logged in at.
    pub fn msn(&self) -> &Msn {
        &self.msn
    }

    /// When the token was made (`iat`).
    pub fn issued_at(&self) -> SystemTime {
        UNIX_EPOCH + self.issued_at
    }

    /// When it runs out (`exp`).
    pub fn expires_at(&self) -> SystemTime {
        UNIX_EPOCH + self.expires_at
    }

    /// Any claim, read as `T`; `None` when it is absent or of another type. The value is the one in [`json`](Self::json).
    ///
    /// Vipps may put user data here (`email`, `name`, …) or leave it to userinfo; depend on neither.
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let mut claims: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(&self.json).ok()?;
        serde_json::from_str(claims.remove(name)?.get()).ok()
    }

    /// All claims, as the JSON object that was signed, except for what not every language can read alike:
    ///
    /// | Signed | Here |
    /// |---|---|
    /// | half of a surrogate pair in a text | U+FFFD |
    /// | a whole number beyond ±(2^53 − 1), a number too large for a double | a text: its digits, such as `"9007199254740993"` or `"1e999"` |
    /// | an array or object more than 64 levels deep | a text: its JSON |
    /// | a member twice in an object within a claim | the last of the two |
    ///
    /// So each claim of an accepted token can be read, with the same outcome in every language.
    pub fn json(&self) -> &str {
        &self.json
    }
}

impl IdTokenVerifier {
    /// The length of the longest token that is looked at, in bytes: 16 KiB. Of a longer one nothing but that length
    /// matters, so whoever would have to copy it first may hand in any `LONGEST_TOKEN + 1` bytes of it.
    pub const LONGEST_TOKEN: usize = 16 * 1024;

    /// A verifier that fetches Vipps' keys when it first needs them and keeps them as long as their age allows.
    /// Takes an [`Environment`](crate::Environment) or a whole [`Config`]; refuses a wrong setting, naming its field.
    pub fn new(config: impl Into<Config>) -> Result<Self> {
        let config = config.into();
        config.check()?;
        let events = Events::new(config.on_event.clone(), config.event_sink.clone());
        let discovery = Discovery::new(Sender::new(&config, &events)?.http, &config, SystemHeaders::default())?;
        let events_end = events.guard();
        let remote = RemoteJwks::new(Arc::new(discovery), events.clone(), &config);
        Ok(Self::over(KeySource::Remote(Arc::new(remote)), events, events_end, &config))
    }

    /// A verifier that works offline with this key set (RFC 7517 section 5). A set without a usable key is refused,
    /// field `jwks`, with the reason for each key.
    pub fn with_jwks(config: impl Into<Config>, jwks: &str) -> Result<Self> {
        let config = config.into();
        config.check()?;
        let events = Events::new(config.on_event.clone(), config.event_sink.clone());
        let keys = KeySet::parse(jwks.as_bytes(), &events)
            .map_err(|fault| Error::breaks_rule("jwks", format!("can't be used: {fault}")))?;
        let events_end = events.guard();
        Ok(Self::over(KeySource::Fixed(keys), events, events_end, &config))
    }

    pub(crate) fn remote(discovery: Arc<Discovery>, events: Events, config: &Config) -> Self {
        let remote = RemoteJwks::new(discovery, events.clone(), config);
        Self::over(KeySource::Remote(Arc::new(remote)), events, EventsGuard::default(), config)
    }

    fn over(keys: KeySource, events: Events, events_end: EventsGuard, config: &Config) -> Self {
        Self(Arc::new(Inner {
            issuer: config.environment.issuer(),
            leeway: config.leeway,
            clock: config.clock.clone(),
            keys,
            events,
            executor: Executor::new(config.runtime.clone()),
            _events_end: events_end,
        }))
    }

    /// What happened to the keys so far. A verifier that belongs to a [`Partner`](crate::Partner) counts there.
    pub fn stats(&self) -> Stats {
        self.0.events.stats()
    }

    /// Checks a token. The first check that fails ends it with `InvalidIdToken` and names the claim;
    /// `InvalidConfig` for an expectation that makes no sense; `Unavailable` when the keys can't be fetched, or may be
    /// older than the token.
    pub async fn verify(&self, jwt: &str, expect: &Expect) -> Result<IdTokenClaims> {
        self.0.verify(jwt, expect).await
    }

    /// The same check without I/O; `None` when keys must be fetched first.
    pub fn verify_cached(&self, jwt: &str, expect: &Expect) -> Option<Result<IdTokenClaims>> {
        self.0.verify_cached(jwt, expect)
    }

    pub(crate) fn executor(&self) -> Executor {
        self.0.executor.clone()
    }

    /// How many keys there are to check with.
    #[cfg(feature = "doctor")]
    pub(crate) async fn usable_keys(&self) -> Result<usize> {
        match &self.0.keys {
            KeySource::Remote(remote) => remote.current().await.map(|loaded| loaded.keys.len()),
            KeySource::Fixed(keys) => Ok(keys.len()),
        }
    }

    /// Sees to it that there are keys to check with.
    pub(crate) async fn ready(&self) -> Result<()> {
        self.0.ready().await
    }

    /// How long no keys are loaded, since the last load failed.
    pub(crate) fn pause_left(&self) -> Duration {
        match &self.0.keys {
            KeySource::Fixed(_) => Duration::ZERO,
            KeySource::Remote(remote) => remote.pause_left(),
        }
    }
}

impl Inner {
    async fn ready(&self) -> Result<()> {
        match &self.keys {
            KeySource::Remote(remote) => remote.current().await.map(drop),
            KeySource::Fixed(_) => Ok(()),
        }
    }

    async fn verify(&self, jwt: &str, expect: &Expect) -> Result<IdTokenClaims> {
        let check = Check::new(self, jwt, expect)?;
        let remote = match &self.keys {
            KeySource::Fixed(keys) => return check.against_last(keys),
            KeySource::Remote(remote) => remote,
        };
        let since = remote.loads();
        let loaded = if let Some(loaded) = remote.cached() {
            loaded
        } else {
            // What the token itself gets wrong is told before anything is fetched for it.
            check.header()?;
            remote.current().await?
        };
        // Only a set that was asked for after this token came can prove that there is no such key.
        if loaded.fetch > since {
            return check.against_last(&loaded.keys);
        }
        match check.against(&loaded.keys) {
            Ok(outcome) => outcome,
            Err(UnknownKey(check)) => check.against_another(remote, &loaded, since).await,
        }
    }

    fn verify_cached(&self, jwt: &str, expect: &Expect) -> Option<Result<IdTokenClaims>> {
        let check = match Check::new(self, jwt, expect) {
            Ok(check) => check,
            Err(error) => return Some(Err(error)),
        };
        let remote = match &self.keys {
            KeySource::Fixed(keys) => return Some(check.against_last(keys)),
            KeySource::Remote(remote) => remote,
        };
        let Some(loaded) = remote.cached() else {
            return check.header().err().map(Err);
        };
        check.against(&loaded.keys).map_or_else(|_| remote.no_reload(&loaded).map(Err), Some)
    }
}

/// A token that may be good with newer keys.
struct UnknownKey<'a>(Check<'a>);

/// One token on its way through the checks.
struct Check<'a> {
    verifier: &'a Inner,
    expect: &'a Expect,
    msn: &'a Msn,
    token: Compact<'a>,
    /// By the wall clock, which is what issuer and reader share.
    now: Duration,
}

impl<'a> Check<'a> {
    fn new(verifier: &'a Inner, jwt: &'a str, expect: &'a Expect) -> Result<Self> {
        let msn = expect.checked()?;
        Ok(Self { verifier, expect, msn, token: Compact::parse(jwt)?, now: verifier.clock.wall() })
    }

    fn header(&self) -> Result<Header> {
        Header::parse(self.token.header, self.expect.flow_or_default())
    }

    /// The outcome with these keys, unless the token names a key that is not among them.
    fn against(self, keys: &KeySet) -> Result<Result<IdTokenClaims>, UnknownKey<'a>> {
        if let Some(key) = keys.by_known_header(self.token.header).filter(|key| self.allows(key.algorithm)) {
            return Ok(self.with_keys(&[key]));
        }
        let header = match self.header() {
            Ok(header) => header,
            Err(error) => return Ok(Err(error)),
        };
        match keys.find(header.kid.as_deref(), header.algorithm) {
            Found::Keys(keys) => Ok(self.with_keys(&keys)),
            Found::Unfit => Ok(Err(Error::invalid_id_token("kid", "the key that the token names does not fit it"))),
            Found::Unknown => Err(UnknownKey(self)),
        }
    }

    /// The outcome with keys that are as new as keys can be.
    fn against_last(self, keys: &KeySet) -> Result<IdTokenClaims> {
        let unknown = |_| Err(Error::invalid_id_token("kid", "the issuer has no such key"));
        self.against(keys).unwrap_or_else(unknown)
    }

    async fn against_another(self, remote: &Arc<RemoteJwks>, seen: &Arc<Loaded>, since: u64) -> Result<IdTokenClaims> {
        let loaded = remote.reload(seen, since).await?;
        if loaded.fetch > since {
            return self.against_last(&loaded.keys);
        }
        self.against(&loaded.keys).unwrap_or_else(|_| Err(remote.unknown_for_now()))
    }

    fn with_keys(self, keys: &[&Key]) -> Result<IdTokenClaims> {
        let message = self.token.signing_input.as_bytes();
        let signature = self.token.signature();
        let Some(key) = keys.iter().find(|key| key.verifies(message, signature)) else {
            return Err(Error::invalid_id_token("signature", "the signature of the token is not good"));
        };
        if keys.len() == 1 && key.known_header.get().is_none() {
            // Whoever comes second has nothing new to say.
            let _ = key.known_header.set(self.token.header.into());
        }
        check_claims(self)
    }

    fn allows(&self, algorithm: Algorithm) -> bool {
        self.expect.flow_or_default().allows(algorithm)
    }
}

impl Flow {
    fn allows(self, algorithm: Algorithm) -> bool {
        match algorithm {
            Algorithm::RS256 => true,
            Algorithm::ES256 => self != Self::Browser,
            _ => false,
        }
    }
}
