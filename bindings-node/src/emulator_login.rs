//! The emulator's controls of Login.

use napi_derive::napi;

use crate::{
    emulator::{Emulator, msn},
    emulator_input::{self as input, read},
    emulator_output as output,
    fault::OrEmulatorFault,
    words::count,
};

/// How sales units are set up, and people.
#[napi]
impl Emulator {
    #[napi(catch_unwind)]
    pub fn register_redirect_uri(&self, merchant: String, uri: String) -> napi::Result<()> {
        self.0.register_redirect_uri(&msn(&merchant)?, &uri).or_emulator_fault()
    }

    #[napi(catch_unwind)]
    pub fn login_auth_method(&self, merchant: String, method: String) -> napi::Result<()> {
        self.0.login_auth_method(&msn(&merchant)?, input::login_auth_method(&method)?).or_emulator_fault()
    }

    #[napi(catch_unwind)]
    pub fn login_scopes(&self, merchant: String, scopes: Vec<String>) -> napi::Result<()> {
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        self.0.login_scopes(&msn(&merchant)?, &scopes).or_emulator_fault()
    }

    #[napi(catch_unwind)]
    pub fn name_merchant(&self, merchant: String, name: String) -> napi::Result<()> {
        self.0.name_merchant(&msn(&merchant)?, &name).or_emulator_fault()
    }

    #[napi(catch_unwind)]
    pub fn add_user(&self, user: String) -> napi::Result<()> {
        self.0.add_user(read::<input::User>(&user)?.core()?).or_emulator_fault()
    }

    #[napi(catch_unwind)]
    pub fn remove_user(&self, msisdn: String) {
        self.0.remove_user(&msisdn);
    }

    #[napi(catch_unwind)]
    pub fn users(&self) -> String {
        output::users(&self.0.users())
    }
}

/// Decisions.
#[napi]
impl Emulator {
    #[napi(catch_unwind)]
    pub fn logins(&self) -> String {
        output::logins(&self.0.logins())
    }

    #[napi(catch_unwind)]
    pub fn approve(&self, id: String, msisdn: String) -> napi::Result<Option<String>> {
        self.0.approve(&id, &msisdn).or_emulator_fault()
    }

    #[napi(catch_unwind)]
    pub fn deny(&self, id: String) -> napi::Result<Option<String>> {
        self.0.deny(&id).or_emulator_fault()
    }

    #[napi(catch_unwind)]
    pub fn deny_with(&self, id: String, error: String) -> napi::Result<Option<String>> {
        self.0.deny_with(&id, &error).or_emulator_fault()
    }

    #[napi(catch_unwind)]
    pub fn auto_approve(&self, msisdn: String) -> napi::Result<()> {
        self.0.auto_approve(&msisdn).or_emulator_fault()
    }

    #[napi(catch_unwind)]
    pub fn auto_deny(&self, error: String) {
        self.0.auto_deny(&error);
    }

    #[napi(catch_unwind)]
    pub fn ask_person(&self) {
        self.0.ask_person();
    }
}

/// Quirks, and what the service sends by itself.
#[napi]
impl Emulator {
    #[napi(catch_unwind)]
    pub fn scopes_outside_plan(&self, outside: String) -> napi::Result<()> {
        self.0.scopes_outside_plan(input::scopes_outside_plan(&outside)?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn auth_req_id_name(&self, name: String) -> napi::Result<()> {
        self.0.auth_req_id_name(input::auth_req_id_name(&name)?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn backchannel_error_code(&self, on: bool) {
        self.0.backchannel_error_code(on);
    }

    #[napi(catch_unwind)]
    pub fn backchannel_limit(&self, logins: f64) -> napi::Result<()> {
        self.0.backchannel_limit(count("logins", logins)? as usize);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn bend_next_id_token(&self, bends: String) -> napi::Result<()> {
        let bends = read::<input::Bends>(&bends)?.checked()?;
        self.0.bend_next_id_token(move |spec| bends.applied_to(spec));
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn ping_url(&self, url: Option<String>) -> napi::Result<()> {
        self.0.ping_url(url.as_deref()).or_emulator_fault()
    }

    #[napi(catch_unwind)]
    pub fn pings(&self) -> String {
        output::pings(&self.0.pings())
    }

    #[napi(catch_unwind)]
    pub fn ping_body(&self, id: String) -> napi::Result<String> {
        self.0.ping_body(&id).or_emulator_fault()
    }

    #[napi(catch_unwind)]
    pub fn consent_revoked_body(&self, merchant: String, msisdn: String) -> napi::Result<String> {
        self.0.consent_revoked_body(&msn(&merchant)?, &msisdn).or_emulator_fault()
    }
}
