//! What comes out of a login, as JSON.

use super::{
    super::{base::SUB, members::quote},
    shared::{ACCESS_TOKEN, ASKED},
};

/// An error in the making.
pub(in crate::make) struct Failure(Vec<String>);

pub(in crate::make) fn error(code: &str) -> Failure {
    Failure(vec![format!("\"code\": {}", quote(code))])
}

/// The login ended without a user, or the answer was not to this request.
pub(in crate::make) fn login_failed(reason: &str) -> String {
    error("login_failed").with("reason", reason).end()
}

/// The same, because the service said so with this code.
pub(in crate::make) fn login_failed_by(reason: &str, oauth_error: &str) -> String {
    error("login_failed").with("reason", reason).with("oauth_error", oauth_error).end()
}

pub(in crate::make) fn invalid_config(field: &str) -> String {
    error("invalid_config").with("field", field).end()
}

pub(in crate::make) fn invalid_id_token(claim: &str) -> String {
    error("invalid_id_token").with("claim", claim).end()
}

pub(in crate::make) fn refused(code: &str) -> String {
    error(code).end()
}

impl Failure {
    pub(in crate::make) fn with(self, name: &str, text: &str) -> Self {
        self.with_raw(name, &quote(text))
    }

    pub(in crate::make) fn with_raw(mut self, name: &str, json: &str) -> Self {
        self.0.push(format!("\"{name}\": {json}"));
        self
    }

    pub(in crate::make) fn end(self) -> String {
        format!("{{ \"error\": {{ {} }} }}", self.0.join(", "))
    }
}

/// A login that went well.
pub(in crate::make) struct Success {
    pub(in crate::make) scopes: &'static [&'static str],
    pub(in crate::make) asked: &'static [&'static str],
    pub(in crate::make) missing: &'static [&'static str],
    pub(in crate::make) access_token: &'static str,
    pub(in crate::make) lifetime: u32,
}

impl Default for Success {
    fn default() -> Self {
        Self { scopes: &ASKED, asked: &ASKED, missing: &[], access_token: ACCESS_TOKEN, lifetime: 600 }
    }
}

impl Success {
    pub(in crate::make) fn end(&self) -> String {
        format!("{{ \"ok\": {{ {} }} }}", self.members())
    }

    /// With further members in front.
    pub(in crate::make) fn end_with(&self, members: &str) -> String {
        format!("{{ \"ok\": {{ {members}, {} }} }}", self.members())
    }

    fn members(&self) -> String {
        let list = |scopes: &[&str]| {
            let scopes: Vec<_> = scopes.iter().map(|scope| quote(scope)).collect();
            format!("[{}]", scopes.join(", "))
        };
        format!(
            r#""sub": "{SUB}", "msn": "123456", "scopes": {}, "asked": {}, "missing": {}, "access_token": {}, "lifetime": {}"#,
            list(self.scopes),
            list(self.asked),
            list(self.missing),
            quote(self.access_token),
            self.lifetime
        )
    }
}
