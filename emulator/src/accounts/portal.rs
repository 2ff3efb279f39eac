//! How a sales unit is set up for Login, as a merchant would do it in the portal.

use std::io;

use crate::{choices::Mode, fault::invalid_input, words::words};

/// Scopes that discovery does not list: `customFlow` in the advanced tier, `agreement` in logins by phone number.
pub(crate) const UNLISTED_SCOPES: [&str; 2] = ["customFlow", "agreement"];
/// The scopes that Login knows.
pub(crate) const SCOPES: [&str; 9] =
    ["openid", "name", "phoneNumber", "nin", "address", "birthDate", "delegatedConsents", "email", "gender"];

words! {
    "way to authenticate", default Basic;
    /// How a sales unit's own keys authenticate at the Login token endpoint and the backchannel.
    pub enum LoginAuthMethod {
        /// `client_secret_basic`, the service's default; partners can act only for sales units set to it.
        Basic = "client_secret_basic",
        /// `client_secret_post`.
        Post = "client_secret_post",
    }
}

words! {
    "fate of scopes outside the plan", default Dropped;
    /// What becomes of a scope that a sales unit's plan does not have.
    pub enum ScopeOutsidePlan {
        /// Left out without a word, as the newest documents say; the log has it.
        Dropped = "dropped",
        /// `invalid_scope`, as older ones say.
        Refused = "refused",
    }
}

/// One sales unit's settings for Login.
pub(crate) struct LoginSetup {
    pub(crate) name: String,
    pub(crate) method: LoginAuthMethod,
    pub(crate) scopes: Vec<String>,
    /// Needed for `acr_values` and `customFlow`.
    pub(crate) advanced: bool,
    redirect_uris: Vec<String>,
}

impl LoginSetup {
    pub(crate) fn new(name: String) -> Self {
        let scopes = SCOPES.into_iter().chain(UNLISTED_SCOPES).map(str::to_owned).collect();
        Self { name, method: LoginAuthMethod::default(), scopes, advanced: true, redirect_uris: Vec::new() }
    }

    pub(crate) fn register(&mut self, uri: &str, mode: Mode) -> io::Result<()> {
        check_redirect_uri("redirect_uri", uri, mode)?;
        if !self.is_registered(uri) {
            self.redirect_uris.push(uri.to_owned());
        }
        Ok(())
    }

    pub(crate) fn redirect_uris(&self) -> &[String] {
        &self.redirect_uris
    }

    /// Byte for byte: no prefix, no trailing slash more or less.
    pub(crate) fn is_registered(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|known| known == uri)
    }

    /// Which of the asked scopes are granted, and whether all are; or why the whole request is refused.
    pub(crate) fn grant(&self, asked: &str, outside: ScopeOutsidePlan) -> Result<(Vec<String>, bool), &'static str> {
        let asked: Vec<&str> = asked.split(' ').filter(|scope| !scope.is_empty()).collect();
        if asked.iter().any(|scope| ["offline", "offline_access"].contains(scope)) {
            return Err("the client may not request offline access, there are no refresh tokens: leave it out");
        }
        let in_tier = |scope: &str| self.advanced || scope != "customFlow";
        let in_plan = |scope: &&&str| self.scopes.iter().any(|known| known == **scope) && in_tier(scope);
        let granted: Vec<String> = asked.iter().filter(in_plan).map(|scope| (*scope).to_owned()).collect();
        let all = granted.len() == asked.len();
        if !all && outside == ScopeOutsidePlan::Refused {
            return Err("a scope is not in the sales unit's plan: leave it out, or have the plan extended");
        }
        Ok((granted, all))
    }
}

/// Whether a portal would take it: absolute, no fragment, https in production but on this machine.
pub(super) fn check_redirect_uri(member: &str, uri: &str, mode: Mode) -> io::Result<()> {
    let refused = |rule: &str| invalid_input(&format!("{member}: {rule}"));
    let printable = uri.bytes().all(|byte| byte.is_ascii_graphic());
    let Some((scheme, rest)) = uri.split_once(':').filter(|(scheme, _)| is_scheme(scheme) && printable) else {
        return Err(refused("must be an absolute URI of printable ASCII"));
    };
    if uri.contains('#') {
        return Err(refused("must have no fragment"));
    }
    if rest.trim_start_matches('/').is_empty() {
        return Err(refused("needs something behind the scheme, such as myapp://cb"));
    }
    if mode == Mode::Production && scheme.eq_ignore_ascii_case("http") && !is_this_machine(rest) {
        return Err(refused("must be https in production, except on localhost"));
    }
    Ok(())
}

/// RFC 3986 section 3.1.
fn is_scheme(text: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(rest)
}

fn is_this_machine(rest: &str) -> bool {
    let authority = rest.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|host| authority.strip_prefix(host).is_some_and(|port| port.is_empty() || port.starts_with(':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registers(uri: &str, mode: Mode) -> bool {
        LoginSetup::new(String::new()).register(uri, mode).is_ok()
    }

    #[test]
    fn the_portal_takes_https_this_machine_and_apps() {
        for uri in ["https://shop.example/callback", "http://localhost:3000/cb", "http://[::1]/cb", "myapp://cb"] {
            assert!(registers(uri, Mode::Production), "{uri}");
        }
        for uri in ["http://shop.example/cb", "http://localhost.evil.example/", "https://shop.example/#x", "myapp://"] {
            assert!(!registers(uri, Mode::Production), "{uri}");
        }
        for uri in ["", "/callback", "shop.example", "https://shop.example/ø", "https://shop.example/a b"] {
            assert!(!registers(uri, Mode::Test), "{uri}");
        }
        assert!(registers("http://shop.example/cb", Mode::Test));
    }

    #[test]
    fn scopes_outside_the_plan_are_dropped_or_refused() {
        let mut setup = LoginSetup::new(String::new());
        setup.scopes = vec!["openid".to_owned()];
        let dropped = ScopeOutsidePlan::Dropped;
        let refused = ScopeOutsidePlan::Refused;
        assert_eq!(setup.grant("openid name", dropped), Ok((vec!["openid".to_owned()], false)));
        assert!(setup.grant("openid name", refused).is_err());
        assert_eq!(setup.grant("openid", refused), Ok((vec!["openid".to_owned()], true)));
        assert!(setup.grant("openid offline", dropped).is_err());
    }
}
