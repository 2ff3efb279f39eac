//! What steers and reads a running emulator.

mod core_clock;
mod core_keys;
mod environment;
pub(crate) mod error;
mod inputs;
mod login;
pub(crate) mod openapi;
mod operations;
mod outputs;
pub(crate) mod strict_json;

use std::{io, sync::Arc, time::Duration};

use http::HeaderValue;
use serde_json::Value;
use vipps_partner_auth::Msn;

pub use self::core_clock::EmulatorClock;
use self::error::ControlError;
use crate::{
    accounts::{
        NewMerchant, SalesUnit,
        keys::{Keys, SpecializedKeys, SubscriptionKey},
    },
    choices::{BasicEncoding, DiscoveryDocument, Fields, Numbers, PartnerTokenRefusal, TokenKind},
    endpoint::Endpoint,
    fault::{invalid_input, not_found},
    gateway,
    id_token::IdTokenSpec,
    log::RecordedRequest,
    login::discovery,
    random,
    shared::Shared,
    signing::keys::Generation,
    staging::{Failure, ScriptedReply},
    state::DiscoverySettings,
    values::Moment,
};

/// For whoever moved the emulator's clock and not the one of the library under test.
const MOVED_ALONE: &str = "a token came that has expired on the emulator's clock, which was moved: move the clock of the library \
                           under test too, or it goes on using old tokens and finds ID tokens issued in the future";

/// Where clients may authenticate with Basic.
const TAKES_BASIC: [Endpoint; 5] = [
    Endpoint::SpecializedToken,
    Endpoint::LoginToken,
    Endpoint::Revocation,
    Endpoint::Backchannel,
    Endpoint::UserExists,
];

/// Every control and every reading of a running emulator; an [`Emulator`](crate::Emulator) has them as its own.
///
/// Controls take effect for the next request; they may be called from any thread.
#[derive(Clone, derive_more::Debug)]
#[debug("Controls {{ base_url: {:?}, .. }}", self.base_url())]
pub struct Controls {
    shared: Arc<Shared>,
}

/// The door.
impl Controls {
    /// Runs an operation by name, with JSON in and out: the same that `POST /emulator/control/<name>` does, and that
    /// [`openapi`](Self::openapi) describes. Spans are in seconds, moments in seconds since the Unix epoch.
    ///
    /// ```
    /// use serde_json::json;
    /// use vipps_emulator::{Emulator, Options};
    ///
    /// let vipps = Emulator::start(Options::default())?;
    /// vipps.control("add_merchant", json!({ "msn": "123456", "name": "Fjord Coffee" }))?;
    /// let refusal = vipps.control("advance", json!({ "minutes": 1 })).unwrap_err();
    /// assert_eq!(refusal.member.as_deref(), Some("minutes"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn control(&self, operation: &str, input: Value) -> Result<Value, ControlError> {
        operations::Operation::named(operation)?.run(self, input)
    }

    /// The names of all operations, in the order in which a configuration file has them played.
    pub fn operations() -> impl Iterator<Item = &'static str> {
        operations::ALL.iter().map(|operation| operation.name)
    }

    /// The description of all operations, an `OpenAPI` 3.1 document.
    pub fn openapi() -> &'static str {
        openapi::document()
    }

    fn info(&self) -> outputs::Info {
        outputs::Info {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            base_url: self.base_url().to_owned(),
            page_url: self.page_url(),
            mode: self.shared.state().settings.mode,
        }
    }
}

/// Where it is.
impl Controls {
    pub(crate) fn of(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Where it is reached, such as `http://127.0.0.1:40001`, without a slash at the end.
    pub fn base_url(&self) -> &str {
        self.shared.base_url()
    }

    /// The page for a person's browser: whoever is asked to log in decides there, and it lists the requests with what
    /// was right and wrong about each.
    pub fn page_url(&self) -> String {
        format!("{}/", self.base_url())
    }
}

/// Keys and merchants.
impl Controls {
    /// The partner's keys as they are now.
    pub fn partner_keys(&self) -> Keys {
        self.shared.state().accounts.partner.clone()
    }

    /// A sales unit's own keys as they are now; `None` if there is no such sales unit.
    pub fn sales_unit_keys(&self, msn: &Msn) -> Option<Keys> {
        self.shared.state().accounts.sales_unit(msn).map(|unit| unit.keys.clone())
    }

    /// The keys for `/miami/v1/token`; they may ask for the scope `donations:read`.
    pub fn specialized_keys(&self) -> SpecializedKeys {
        self.shared.state().accounts.specialized.clone()
    }

    /// Adds a sales unit that is connected to the partner, or connects and activates one that is there; returns its keys.
    pub fn add_merchant(&self, msn: &Msn) -> Keys {
        self.shared.state().accounts.connect(msn).keys.clone()
    }

    /// Adds a sales unit as it is to be, or changes, connects and activates one that is there; returns its keys. All of it
    /// is applied, or, with [`InvalidInput`](io::ErrorKind::InvalidInput), nothing.
    pub fn add_sales_unit(&self, new: NewMerchant) -> io::Result<Keys> {
        let mut state = self.shared.state();
        let mode = state.settings.mode;
        state.accounts.add(new, mode).map(|unit| unit.keys.clone())
    }

    fn each_merchant<T>(&self, seen: fn((&Msn, &SalesUnit)) -> T) -> Vec<T> {
        self.shared.state().accounts.sales_units().map(seen).collect()
    }

    fn must_exist(&self, msn: &Msn) -> io::Result<()> {
        let state = self.shared.state();
        state.accounts.sales_unit(msn).map(drop).ok_or_else(|| not_found("msn: there is no such sales unit"))
    }

    /// The partner may no longer act for this sales unit (403); its own keys go on working.
    pub fn disconnect_merchant(&self, msn: &Msn) {
        self.shared.state().accounts.disconnect(msn);
    }

    /// The sales unit is blocked: API calls for it end in the old payment APIs' error 37.
    pub fn deactivate_merchant(&self, msn: &Msn) {
        self.shared.state().accounts.deactivate(msn);
    }

    /// Whether the partner itself is deactivated: every call of its keys for a merchant ends in error 37.
    pub fn deactivate_partner(&self, deactivated: bool) {
        self.shared.state().accounts.partner_active = !deactivated;
    }

    /// Regenerates one subscription key of every pair: the old one is refused from now on, the other goes on working.
    pub fn reject_subscription_key(&self, which: SubscriptionKey) {
        self.shared.state().accounts.regenerate(which);
    }

    /// Behaves as if all keys were for the other environment: `AADSTS700016` from `/accesstoken/get`, 401 elsewhere.
    pub fn wrong_environment(&self, wrong: bool) {
        self.shared.state().settings.wrong_environment = wrong;
    }
}

/// The log.
impl Controls {
    /// The latest 10,000 requests, oldest first, each with what was right and wrong about it.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.state().log.requests()
    }

    /// Empties the log, that of the pings included, and sets all counts to zero.
    pub fn clear_requests(&self) {
        self.shared.state().clear_log();
    }

    /// How many requests came to this path (as sent, without the query), answered or not.
    pub fn count(&self, path: &str) -> usize {
        self.shared.state().log.count(path)
    }
}

/// Time.
impl Controls {
    /// The emulator's time, in seconds since the Unix epoch.
    pub fn now_unix(&self) -> u64 {
        self.shared.state().clock.now().as_secs()
    }

    /// Moves the emulator's clock ahead.
    pub fn advance(&self, span: Duration) {
        self.shared.state().clock.advance(span);
    }

    /// The emulator's clock shows the real time again, and runs.
    pub fn real_time(&self) {
        self.shared.state().clock.follow_real_time();
    }

    fn time(&self) -> outputs::Now {
        let state = self.shared.state();
        let warning = state.log.tells(gateway::EXPIRED_BY_MOVED_CLOCK).then_some(MOVED_ALONE);
        outputs::Now { now: Moment(state.clock.now()), running: state.clock.is_running(), warning }
    }

    fn stand_at(&self, moment: Duration) {
        self.shared.state().clock.stand_at(moment);
    }

    /// Stops the emulator's clock at a moment, in seconds since the Unix epoch; from then on only
    /// [`advance`](Self::advance) moves it.
    pub fn set_time(&self, unix_seconds: u64) {
        self.stand_at(Duration::from_secs(unix_seconds));
    }
}

/// Tokens.
impl Controls {
    /// How the token endpoints spell numbers.
    pub fn numbers(&self, numbers: Numbers) {
        self.shared.state().settings.numbers = numbers;
    }

    /// How many fields `/accesstoken/get` replies with.
    pub fn fields(&self, fields: Fields) {
        self.shared.state().settings.fields = fields;
    }

    /// How long tokens live that are issued from now on.
    pub fn token_lifetime(&self, kind: TokenKind, lifetime: Duration) {
        self.shared.state().settings.lifetimes.insert(kind, lifetime);
    }

    /// All tokens issued so far, Login's included, are refused from now on (401).
    pub fn revoke_tokens(&self) {
        let mut state = self.shared.state();
        state.tokens.revoke_all();
        state.login_tokens.revoke_all();
    }

    /// Whether `/miami/v1/token` takes Basic credentials whose parts were form-encoded (RFC 6749 section 2.3.1) beside
    /// raw ones; the log says which it was. Off by default.
    pub fn accept_form_encoded_basic(&self, accept: bool) {
        let encoding = if accept { BasicEncoding::Any } else { BasicEncoding::Raw };
        self.shared.state().settings.basic.insert(Endpoint::SpecializedToken, encoding);
    }

    /// How an endpoint reads `Authorization: Basic`: raw at `/miami/v1/token`, either way everywhere else by default.
    ///
    /// An endpoint that takes no Basic is [`InvalidInput`](io::ErrorKind::InvalidInput).
    pub fn basic_encoding(&self, endpoint: Endpoint, encoding: BasicEncoding) -> io::Result<()> {
        if !TAKES_BASIC.contains(&endpoint) {
            let words = TAKES_BASIC.map(Endpoint::code).join(", ");
            return Err(invalid_input(&format!("endpoint: takes no Basic; those that do are {words}")));
        }
        self.shared.state().settings.basic.insert(endpoint, encoding);
        Ok(())
    }

    /// Who refuses a partner's token that has ended, at Login's token endpoint and the backchannel.
    pub fn partner_token_refusal(&self, by: PartnerTokenRefusal) {
        self.shared.state().settings.partner_token_refusal = by;
    }

    /// Whether what the documents forbid, but the service may forgive, is let through and reported instead of refused.
    /// Off by default.
    pub fn forgiving(&self, forgiving: bool) {
        self.shared.state().settings.forgiving = forgiving;
    }

    /// Whether `/accesstoken/get` refuses a `Merchant-Serial-Number` the keys may not act for. Off by default: then it
    /// is only reported.
    pub fn check_msn_on_token(&self, check: bool) {
        self.shared.state().settings.check_msn_on_token = check;
    }
}

/// ID tokens and their keys.
impl Controls {
    /// Makes an ID token, good or wrong, on the emulator's clock.
    pub fn mint_id_token(&self, spec: &IdTokenSpec) -> String {
        let state = self.shared.state();
        let known = state.accounts.sales_unit(spec.msn()).map(|unit| unit.keys.client_id.clone());
        let client_id = known.unwrap_or_else(random::uuid);
        spec.mint(&discovery::issuer(&state.base_url), &client_id, state.clock.now(), &state.keys)
    }

    /// The published keys as JSON, for checks without a network.
    pub fn jwks(&self) -> String {
        self.shared.state().keys.jwks().to_string()
    }

    fn key_set(&self) -> Value {
        self.shared.state().keys.jwks()
    }

    /// Publishes new keys and signs with them from now on. The old ones stay published until
    /// [`withdraw_old_keys`](Self::withdraw_old_keys).
    pub fn rotate_keys(&self) {
        let bits = self.shared.state().settings.rsa_bits;
        let next = Generation::generate(bits);
        self.shared.state().keys.rotate(next);
    }

    /// Publishes the current keys only.
    pub fn withdraw_old_keys(&self) {
        self.shared.state().keys.withdraw_older();
    }

    /// Whether the published keys are out of reach (503).
    pub fn jwks_outage(&self, outage: bool) {
        self.shared.state().settings.jwks.outage = outage;
    }

    /// The `Cache-Control` of the published keys; none by default. A value that can't be a header is
    /// [`InvalidInput`](io::ErrorKind::InvalidInput).
    pub fn jwks_cache_control(&self, value: Option<&str>) -> io::Result<()> {
        let parse = |value| HeaderValue::from_str(value).map_err(|_| invalid_input("value: not a header value"));
        self.shared.state().settings.jwks.cache_control = value.map(parse).transpose()?;
        Ok(())
    }
}

/// Discovery.
impl Controls {
    /// Which of the known discovery documents is served, the newest by default, and whether it names the
    /// `revocation_endpoint`, as it does by default.
    pub fn discovery(&self, document: DiscoveryDocument, with_revocation: bool) {
        self.shared.state().settings.discovery = DiscoverySettings { document, without_revocation: !with_revocation };
    }
}

/// Trouble.
impl Controls {
    /// The next `times` requests to an endpoint fail; several calls queue up.
    pub fn fail_next(&self, endpoint: Endpoint, times: u32, failure: Failure) {
        self.shared.state().staging.fail_next(endpoint, times, failure);
    }

    /// Whether every request to an endpoint is answered with 503, until told otherwise; failures and scripts that were
    /// staged come first.
    pub fn take_down(&self, endpoint: Endpoint, down: bool) {
        self.shared.state().staging.take_down(endpoint, down);
    }

    /// Forgets failures and scripts that have not been played yet, and ends outages.
    pub fn clear_failures(&self) {
        self.shared.state().staging.clear();
    }

    /// Lets every request go on that hangs now through [`Failure::Hang`].
    pub fn release_hung(&self) {
        self.shared.release_hung();
    }

    /// The next requests to exactly this path (any path, any method) get these replies, one each, before any failure.
    pub fn script(&self, path: &str, replies: Vec<ScriptedReply>) {
        self.shared.state().staging.script(path, replies);
    }

    /// Each request to this endpoint is served only after so much real time; zero by default.
    pub fn set_latency(&self, endpoint: Endpoint, latency: Duration) {
        self.shared.state().staging.set_latency(endpoint, latency);
    }
}
