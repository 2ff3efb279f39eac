//! The paths that the emulator serves.

use std::str::FromStr;

use http::Method;

use crate::wire::reply::invalid_input;

/// One of the service's endpoints, as the controls name them. The text codes, for other languages, are
/// `standard_token`, `specialized_token`, `discovery`, `jwks`, `authorize`, `login_token`, `userinfo`, `backchannel`,
/// `user_exists`, `payments`, `sales_units` and `ledgers`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `POST /accesstoken/get`, in any letter case.
    StandardToken,
    /// `POST /miami/v1/token`.
    SpecializedToken,
    /// `GET /access-management-1.0/access/.well-known/openid-configuration`.
    Discovery,
    /// `GET /access-management-1.0/access/.well-known/jwks.json`.
    Jwks,
    /// `GET /access-management-1.0/access/oauth2/auth`: the start of the browser flow.
    Authorize,
    /// `POST /access-management-1.0/access/oauth2/token`: the end of every Login flow.
    LoginToken,
    /// `GET /vipps-userinfo-api/userinfo`, with or without a slash at the end.
    Userinfo,
    /// `POST /vipps-login-ciba/api/backchannel/authentication`: the start of a login by phone number.
    Backchannel,
    /// `POST /vipps-login-ciba/api/v1/user-exists`.
    UserExists,
    /// `GET` and `POST` at `/epayment/v1/payments` and below: a standard API, called for one merchant.
    Payments,
    /// `GET /management/v1/sales-units`: a standard API, called for no merchant in particular.
    SalesUnits,
    /// `GET /report/v2/ledgers`: an API for specialised tokens.
    Ledgers,
}

const ALL: [Endpoint; 12] = [
    Endpoint::StandardToken,
    Endpoint::SpecializedToken,
    Endpoint::Discovery,
    Endpoint::Jwks,
    Endpoint::Authorize,
    Endpoint::LoginToken,
    Endpoint::Userinfo,
    Endpoint::Backchannel,
    Endpoint::UserExists,
    Endpoint::Payments,
    Endpoint::SalesUnits,
    Endpoint::Ledgers,
];
const ACCESS: &str = "/access-management-1.0/access/";
const CIBA: &str = "/vipps-login-ciba/api/";
const PAYMENTS: &str = "/epayment/v1/payments";

impl Endpoint {
    pub(crate) fn of(path: &str) -> Option<Self> {
        Some(match path {
            _ if path.eq_ignore_ascii_case("/accesstoken/get") => Self::StandardToken,
            "/miami/v1/token" => Self::SpecializedToken,
            "/management/v1/sales-units" => Self::SalesUnits,
            "/report/v2/ledgers" => Self::Ledgers,
            "/vipps-userinfo-api/userinfo" | "/vipps-userinfo-api/userinfo/" => Self::Userinfo,
            _ => return Self::of_access(path).or_else(|| Self::of_ciba(path)).or_else(|| Self::of_payments(path)),
        })
    }

    fn of_access(path: &str) -> Option<Self> {
        match path.strip_prefix(ACCESS)? {
            ".well-known/openid-configuration" => Some(Self::Discovery),
            ".well-known/jwks.json" => Some(Self::Jwks),
            "oauth2/auth" => Some(Self::Authorize),
            "oauth2/token" => Some(Self::LoginToken),
            _ => None,
        }
    }

    fn of_ciba(path: &str) -> Option<Self> {
        match path.strip_prefix(CIBA)? {
            "backchannel/authentication" => Some(Self::Backchannel),
            "v1/user-exists" => Some(Self::UserExists),
            _ => None,
        }
    }

    fn of_payments(path: &str) -> Option<Self> {
        let below = path.strip_prefix(PAYMENTS)?;
        (below.is_empty() || below.starts_with('/')).then_some(Self::Payments)
    }

    /// The text code.
    pub fn code(self) -> &'static str {
        match self {
            Self::StandardToken => "standard_token",
            Self::SpecializedToken => "specialized_token",
            Self::Discovery => "discovery",
            Self::Jwks => "jwks",
            Self::Authorize => "authorize",
            Self::LoginToken => "login_token",
            Self::Userinfo => "userinfo",
            Self::Backchannel => "backchannel",
            Self::UserExists => "user_exists",
            Self::Payments => "payments",
            Self::SalesUnits => "sales_units",
            Self::Ledgers => "ledgers",
        }
    }

    /// What it is called on the page.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::StandardToken => "API token",
            Self::SpecializedToken => "Specialised token",
            Self::Discovery => "Login: discovery",
            Self::Jwks => "Login: published keys",
            Self::Authorize => "Login: start in the browser",
            Self::LoginToken => "Login: token",
            Self::Userinfo => "Login: userinfo",
            Self::Backchannel => "Login: start by phone number",
            Self::UserExists => "Login: is there such a person",
            Self::Payments => "ePayment API",
            Self::SalesUnits => "Management API",
            Self::Ledgers => "Report API",
        }
    }

    pub(crate) fn methods(self) -> &'static [Method] {
        match self {
            Self::Payments => &[Method::GET, Method::POST],
            Self::StandardToken | Self::SpecializedToken | Self::LoginToken | Self::Backchannel | Self::UserExists => {
                &[Method::POST]
            }
            _ => &[Method::GET],
        }
    }
}

impl FromStr for Endpoint {
    type Err = std::io::Error;

    /// Reads a text code; anything else is [`InvalidInput`](std::io::ErrorKind::InvalidInput).
    fn from_str(code: &str) -> Result<Self, Self::Err> {
        ALL.into_iter().find(|endpoint| endpoint.code() == code).ok_or_else(|| invalid_input("no such endpoint"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_standard_token_path_ignores_case() {
        assert_eq!(Endpoint::of("/accessToken/get"), Some(Endpoint::StandardToken));
        assert_eq!(Endpoint::of("/accesstoken/get"), Some(Endpoint::StandardToken));
        assert_eq!(Endpoint::of("/Miami/v1/token"), None);
        assert_eq!(Endpoint::of("/recurring/accessToken/get"), None);
    }

    #[test]
    fn every_code_names_its_endpoint() {
        for endpoint in ALL {
            assert_eq!(endpoint.code().parse::<Endpoint>().expect("an endpoint"), endpoint);
            assert!(!endpoint.title().is_empty());
        }
        assert!("nothing".parse::<Endpoint>().is_err());
    }

    #[test]
    fn a_doubled_slash_is_another_path() {
        assert_eq!(Endpoint::of("/access-management-1.0/access/.well-known/jwks.json"), Some(Endpoint::Jwks));
        assert_eq!(Endpoint::of("/access-management-1.0/access//.well-known/jwks.json"), None);
    }

    #[test]
    fn userinfo_may_end_in_a_slash() {
        for path in ["/vipps-userinfo-api/userinfo", "/vipps-userinfo-api/userinfo/"] {
            assert_eq!(Endpoint::of(path), Some(Endpoint::Userinfo));
        }
        assert_eq!(Endpoint::of("/vipps-userinfo-api/userinfo/sub"), None);
        assert_eq!(Endpoint::of("/vipps-login-ciba/api/v1/user-exists"), Some(Endpoint::UserExists));
    }

    #[test]
    fn payments_have_paths_below_them() {
        assert_eq!(Endpoint::of("/epayment/v1/payments/ref-1/capture"), Some(Endpoint::Payments));
        assert_eq!(Endpoint::of("/epayment/v1/paymentsx"), None);
    }
}
