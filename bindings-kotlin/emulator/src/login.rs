//! Login: sales units, people, decisions, quirks.

use crate::{
    choices,
    emulator::{Emulator, parsed},
    error::{EmulatorError, Result},
    records::{EmulatorLogin, EmulatorPing, EmulatorUser},
};

#[uniffi::export]
impl Emulator {
    /// Registers a `redirect_uri` or `app_callback_uri`, which is compared byte for byte.
    pub fn register_redirect_uri(&self, msn: String, uri: String) -> Result<()> {
        Ok(self.0.register_redirect_uri(&parsed(&msn)?, &uri)?)
    }

    /// How the sales unit's own keys authenticate: `client_secret_basic` or `client_secret_post`.
    pub fn login_auth_method(&self, msn: String, method: String) -> Result<()> {
        Ok(self.0.login_auth_method(&parsed(&msn)?, choices::login_auth_method(&method)?)?)
    }

    /// The scopes in the sales unit's plan.
    pub fn login_scopes(&self, msn: String, scopes: Vec<String>) -> Result<()> {
        let scopes: Vec<_> = scopes.iter().map(String::as_str).collect();
        Ok(self.0.login_scopes(&parsed(&msn)?, &scopes)?)
    }

    /// The name that the person reads.
    pub fn name_merchant(&self, msn: String, name: String) -> Result<()> {
        Ok(self.0.name_merchant(&parsed(&msn)?, &name)?)
    }

    /// Adds a person, or replaces the one with this phone number.
    pub fn add_user(&self, user: EmulatorUser) -> Result<()> {
        Ok(self.0.add_user(user.user()?)?)
    }

    /// Forgets a person.
    pub fn remove_user(&self, msisdn: String) {
        self.0.remove_user(&msisdn);
    }

    /// Everybody, by phone number. Kari Fixture, 4791234567, is there from the start.
    pub fn users(&self) -> Vec<EmulatorUser> {
        self.0.users().into_iter().map(EmulatorUser::from).collect()
    }

    /// The latest 10,000 logins, oldest first.
    pub fn logins(&self) -> Vec<EmulatorLogin> {
        self.0.logins().into_iter().map(EmulatorLogin::from).collect()
    }

    /// The person with this phone number approves a login. Returns the URL that the browser opens next, if any.
    pub fn approve(&self, id: String, msisdn: String) -> Result<Option<String>> {
        Ok(self.0.approve(&id, &msisdn)?)
    }

    /// The person denies a login. Returns the URL that the browser opens next, if any.
    pub fn deny(&self, id: String) -> Result<Option<String>> {
        Ok(self.0.deny(&id)?)
    }

    /// Ends a login with any error. Returns the URL that the browser opens next, if any.
    pub fn deny_with(&self, id: String, error: String) -> Result<Option<String>> {
        Ok(self.0.deny_with(&id, &error)?)
    }

    /// From now on the browser flow is approved at once by the person with this phone number.
    pub fn auto_approve(&self, msisdn: String) -> Result<()> {
        Ok(self.0.auto_approve(&msisdn)?)
    }

    /// From now on the browser flow ends at once with this error.
    pub fn auto_deny(&self, error: String) {
        self.0.auto_deny(&error);
    }

    /// A person decides again.
    pub fn ask_person(&self) {
        self.0.ask_person();
    }

    /// What becomes of scopes that a sales unit's plan does not have: `dropped` or `refused`.
    pub fn scopes_outside_plan(&self, outside: String) -> Result<()> {
        self.0.scopes_outside_plan(choices::scope_outside_plan(&outside)?);
        Ok(())
    }

    /// Under which name ID tokens of the redirect variant carry the id of the request.
    pub fn auth_req_id_name(&self, name: String) -> Result<()> {
        self.0.auth_req_id_name(choices::auth_req_id_name(&name)?);
        Ok(())
    }

    /// Whether errors of the backchannel's start come in `error_code`.
    pub fn backchannel_error_code(&self, on: bool) {
        self.0.backchannel_error_code(on);
    }

    /// How many logins by phone number may wait for one person at a time.
    pub fn backchannel_limit(&self, logins: i32) -> Result<()> {
        let limit = usize::try_from(logins).map_err(|_| EmulatorError::new("logins: must not be below zero"))?;
        self.0.backchannel_limit(limit);
        Ok(())
    }

    /// Where logins by phone number are told of once they are decided: a plain http address of this machine.
    pub fn ping_url(&self, url: Option<String>) -> Result<()> {
        Ok(self.0.ping_url(url.as_deref())?)
    }

    /// The latest 1,000 pings and what came of them, oldest first.
    pub fn pings(&self) -> Vec<EmulatorPing> {
        self.0.pings().into_iter().map(EmulatorPing::from).collect()
    }

    /// The body of the webhook event for a login that is finished by polling.
    pub fn ping_body(&self, id: String) -> Result<String> {
        Ok(self.0.ping_body(&id)?)
    }

    /// The body of the consent-revoked callback for a person at a sales unit.
    pub fn consent_revoked_body(&self, msn: String, msisdn: String) -> Result<String> {
        Ok(self.0.consent_revoked_body(&parsed(&msn)?, &msisdn)?)
    }
}
