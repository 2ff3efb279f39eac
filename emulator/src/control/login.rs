//! The controls of Login.

use std::io;

use http::Uri;
use serde_json::json;
use vipps_partner_auth::Msn;

use super::Controls;
use crate::{
    accounts::SalesUnit,
    accounts::portal::{LoginAuthMethod, ScopeOutsidePlan},
    fault::{invalid_input, not_found},
    id_token::{AuthReqIdName, IdTokenSpec},
    login::decision,
    login::record::{LoginKind, RecordedLogin},
    login::settings::Automatic,
    random,
    signing::jws,
    users::User,
    webhook::pings::{self, Aim, RecordedPing, Webhook},
    webhook::sign::{self, Registration},
};

/// Login: how sales units are set up. An unknown one is [`NotFound`](io::ErrorKind::NotFound).
impl Controls {
    /// Registers a `redirect_uri` or `app_callback_uri`, which is compared byte for byte.
    ///
    /// One that the portal would not take is [`InvalidInput`](io::ErrorKind::InvalidInput): not absolute, with a
    /// fragment, not printable ASCII, or in production mode plain http to another host than localhost.
    pub fn register_redirect_uri(&self, msn: &Msn, uri: &str) -> io::Result<()> {
        let mode = self.shared.state().settings.mode;
        self.set_up(msn, |unit| unit.login.register(uri, mode))?
    }

    /// How the sales unit's own keys authenticate; Basic by default. Partners need it to be Basic.
    pub fn login_auth_method(&self, msn: &Msn, method: LoginAuthMethod) -> io::Result<()> {
        self.set_up(msn, |unit| unit.login.method = method)
    }

    /// The scopes in the sales unit's plan; by default all that discovery lists.
    pub fn login_scopes(&self, msn: &Msn, scopes: &[&str]) -> io::Result<()> {
        self.set_up(msn, |unit| unit.login.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect())
    }

    /// The name that the person reads; `Merchant` and the MSN by default.
    pub fn name_merchant(&self, msn: &Msn, name: &str) -> io::Result<()> {
        self.set_up(msn, |unit| name.clone_into(&mut unit.login.name))
    }

    /// Whether the sales unit is in Login's advanced tier, which `acr_values` and the scope `customFlow` need. Yes by
    /// default.
    pub fn login_advanced_tier(&self, msn: &Msn, advanced: bool) -> io::Result<()> {
        self.set_up(msn, |unit| unit.login.advanced = advanced)
    }

    fn set_up<T>(&self, msn: &Msn, change: impl FnOnce(&mut SalesUnit) -> T) -> io::Result<T> {
        let mut state = self.shared.state();
        state.accounts.sales_unit_mut(msn).map(change).ok_or_else(|| not_found("msn: there is no such sales unit"))
    }
}

/// Login: people. Kari Fixture, phone number 4791234567, is there from the start.
impl Controls {
    /// Adds a person, or replaces the one with this phone number. A number that isn't 8 to 15 digits is
    /// [`InvalidInput`](io::ErrorKind::InvalidInput).
    pub fn add_user(&self, user: User) -> io::Result<()> {
        self.shared.state().users.add(user)
    }

    /// Forgets a person; logins that were approved stay.
    pub fn remove_user(&self, msisdn: &str) {
        self.shared.state().users.remove(msisdn);
    }

    /// Everybody, by phone number.
    pub fn users(&self) -> Vec<User> {
        self.shared.state().users.iter().cloned().collect()
    }
}

/// Login: decisions. An unknown login or person is [`NotFound`](io::ErrorKind::NotFound), a login that is not pending
/// [`InvalidInput`](io::ErrorKind::InvalidInput).
impl Controls {
    /// The latest 10,000 logins, oldest first.
    pub fn logins(&self) -> Vec<RecordedLogin> {
        decision::logins(&self.shared.state()).collect()
    }

    /// The person with this phone number approves a login. In the backchannel flows it must be the one who was asked,
    /// else it is [`InvalidInput`](io::ErrorKind::InvalidInput). An app that is too old ends a browser login in
    /// `outdated_app_version`.
    ///
    /// Returns the URL that the person's browser opens next, with the code; `None` when the login ends by polling.
    pub fn approve(&self, id: &str, msisdn: &str) -> io::Result<Option<String>> {
        decision::approve(&mut self.shared.state(), id, msisdn)
    }

    pub(super) fn who_decides(&self, id: &str) -> String {
        decision::chosen(&self.shared.state(), id)
    }

    /// The person denies a login (`access_denied`). Returns the URL that the person's browser opens next, if any.
    pub fn deny(&self, id: &str) -> io::Result<Option<String>> {
        self.deny_with(id, "access_denied")
    }

    /// Ends a login with any error, such as `wrong_challenge` or one that nobody knows. Returns the URL that the
    /// person's browser opens next, if any.
    pub fn deny_with(&self, id: &str, error: &str) -> io::Result<Option<String>> {
        decision::deny(&mut self.shared.state(), id, error)
    }

    /// From now on `/oauth2/auth` answers at once with a redirect to the application: the person with this phone number
    /// approves. Logins by phone number still wait for [`approve`](Self::approve).
    pub fn auto_approve(&self, msisdn: &str) -> io::Result<()> {
        let mut state = self.shared.state();
        state.users.find(msisdn).ok_or_else(|| not_found("msisdn: there is no such user"))?;
        state.settings.login.automatic = Automatic::Approve(msisdn.to_owned());
        Ok(())
    }

    /// From now on `/oauth2/auth` answers at once with a redirect to the application that carries this error.
    pub fn auto_deny(&self, error: &str) {
        self.shared.state().settings.login.automatic = Automatic::Deny(error.to_owned());
    }

    /// A person decides again: ends [`auto_approve`](Self::auto_approve) and [`auto_deny`](Self::auto_deny).
    pub fn ask_person(&self) {
        self.shared.state().settings.login.automatic = Automatic::Ask;
    }
}

/// Login: quirks.
impl Controls {
    /// What becomes of scopes that a sales unit's plan does not have.
    pub fn scopes_outside_plan(&self, outside: ScopeOutsidePlan) {
        self.shared.state().settings.login.outside_plan = outside;
    }

    /// Under which name ID tokens of the backchannel's redirect variant carry the id of the request.
    pub fn auth_req_id_name(&self, name: AuthReqIdName) {
        self.shared.state().settings.login.auth_req_id_name = name;
    }

    /// Whether errors of the backchannel's start come in `error_code`, as the documents have it, instead of `error`, as
    /// seen in code. Off by default.
    pub fn backchannel_error_code(&self, on: bool) {
        self.shared.state().settings.login.error_code_member = on;
    }

    /// How many logins by phone number may wait for one person at a time before the next gets a 429; 3 by default.
    pub fn backchannel_limit(&self, logins: usize) {
        self.shared.state().settings.login.waiting_limit = logins;
    }

    /// Bends the ID token of the next login that is exchanged; several calls queue up.
    ///
    /// ```
    /// use serde_json::json;
    /// use vipps_emulator::{Emulator, Options};
    ///
    /// let vipps = Emulator::start(Options::default())?;
    /// vipps.bend_next_id_token(|spec| spec.claim("msn", json!("654321")));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bend_next_id_token(&self, bend: impl FnOnce(IdTokenSpec) -> IdTokenSpec + Send + 'static) {
        self.shared.state().bends.push_back(Box::new(bend));
    }
}

/// Login: what the service sends to a merchant by itself.
impl Controls {
    /// From now on every login by phone number that is finished by polling is told to this address once it is approved
    /// or denied: the webhook event `login.merchant-initiated.ping.v1` is really posted, with the body of
    /// [`ping_body`](Self::ping_body). `None` ends it.
    ///
    /// A ping says only that there is a decision; the token endpoint says which. Logins that expire are not told, nor are
    /// those of the redirect variant. Unsigned; see [`webhook`](Self::webhook).
    ///
    /// Anything but plain http to 127.0.0.1, `[::1]` or localhost is [`InvalidInput`](io::ErrorKind::InvalidInput).
    pub fn ping_url(&self, url: Option<&str>) -> io::Result<()> {
        self.webhook(url.map(|url| Webhook { url: url.to_owned(), ..Webhook::default() }))
    }

    /// As [`ping_url`](Self::ping_url), with everything that a registration at the Webhooks API has: with a secret each
    /// ping is signed as the service signs its webhooks.
    ///
    /// A secret or id that can't be is [`InvalidInput`](io::ErrorKind::InvalidInput), as is another address than one of
    /// this machine, unless the emulator was started to listen beyond it.
    pub fn webhook(&self, webhook: Option<Webhook>) -> io::Result<()> {
        let mut state = self.shared.state();
        let anywhere = state.settings.beyond_this_machine;
        state.pings.aim(webhook.map(|webhook| Aim::parse(webhook, anywhere)).transpose()?);
        Ok(())
    }

    /// The headers of a webhook that the service would sign with this secret, `Host` among them: for tests of code that
    /// checks signatures. The date is the emulator's.
    ///
    /// A URL that is not absolute is [`InvalidInput`](io::ErrorKind::InvalidInput).
    pub fn sign_webhook(&self, webhook: &Webhook, body: &[u8]) -> io::Result<Vec<(String, String)>> {
        let url: Uri = webhook.url.parse().map_err(|_| invalid_input("url: not a URL"))?;
        if url.scheme().is_none() || url.host().is_none() {
            return Err(invalid_input("url: must be absolute"));
        }
        let registration = Registration {
            webhook_id: webhook.webhook_id.clone().unwrap_or_else(random::uuid),
            secret: webhook.secret.clone().ok_or_else(|| invalid_input("secret: is missing"))?,
        };
        let headers = sign::headers(&registration, &url, body, self.shared.state().clock.now());
        Ok(headers.map(|(name, value)| (name.to_owned(), value)).to_vec())
    }

    /// The latest 1,000 pings and what came of them, oldest first.
    pub fn pings(&self) -> Vec<RecordedPing> {
        self.shared.state().pings.iter().cloned().collect()
    }

    /// The body of the webhook event `login.merchant-initiated.ping.v1` for a login that is finished by polling; for
    /// another one it is [`InvalidInput`](io::ErrorKind::InvalidInput).
    pub fn ping_body(&self, id: &str) -> io::Result<String> {
        let login = self
            .logins()
            .into_iter()
            .find(|login| login.id == id)
            .ok_or_else(|| not_found("id: there is no such login"))?;
        if login.kind != LoginKind::Backchannel {
            return Err(invalid_input("id: only logins that are finished by polling have a ping"));
        }
        Ok(pings::body(&login.id, None))
    }

    /// The body of the consent-revoked callback: a JWT that nobody signed (`alg` `none`), for a person at a sales unit.
    pub fn consent_revoked_body(&self, msn: &Msn, msisdn: &str) -> io::Result<String> {
        let state = self.shared.state();
        let user = state.users.find(msisdn).ok_or_else(|| not_found("msisdn: there is no such user"))?;
        let now = state.clock.now().as_secs();
        let claims = json!({
            "exp": now.saturating_add(3_600),
            "iat": now,
            "nbf": now,
            "sub": user.sub(msn),
            "event": "CONSENT_REVOKED",
        });
        Ok(jws::compact(&json!({ "alg": "none", "typ": "JWT" }), &claims, |_| Vec::new()))
    }
}
