//! The paths that the emulator serves.

use http::Method;

use crate::words::words;

words! {
    "endpoint";
    /// One of the service's endpoints, as the controls name them.
    #[non_exhaustive]
    pub enum Endpoint {
        /// `POST /accesstoken/get`, in any letter case.
        StandardToken = "standard_token",
        /// `POST /miami/v1/token`.
        SpecializedToken = "specialized_token",
        /// `GET /access-management-1.0/access/.well-known/openid-configuration`.
        Discovery = "discovery",
        /// `GET /access-management-1.0/access/.well-known/jwks.json`.
        Jwks = "jwks",
        /// `GET /access-management-1.0/access/oauth2/auth`: the start of the browser flow.
        Authorize = "authorize",
        /// `POST /access-management-1.0/access/oauth2/token`: the end of every Login flow.
        LoginToken = "login_token",
        /// `GET /vipps-userinfo-api/userinfo`, with or without a slash at the end.
        Userinfo = "userinfo",
        /// `POST /vipps-login-ciba/api/backchannel/authentication`: the start of a login by phone number.
        Backchannel = "backchannel",
        /// `POST /vipps-login-ciba/api/v1/user-exists`.
        UserExists = "user_exists",
        /// `GET` and `POST` at `/epayment/v1/payments` and below: a standard API, called for one merchant.
        Payments = "payments",
        /// `POST /access-management-1.0/access/oauth2/revoke`: ends a Login token (RFC 7009).
        Revocation = "revocation",
        /// `GET /management/v1/sales-units`, `/management/v1/sales-units/{msn}` and
        /// `/management/v1/merchants/{scheme}/{id}/sales-units`: a standard API, called for no merchant in particular.
        SalesUnits = "sales_units",
        /// `GET /settlement/v1/ledgers`: for specialised tokens, and for a sales unit's own.
        Ledgers = "ledgers",
        /// `GET /donations/v1/reports/payments`: for specialised tokens with the scope `donations:read`, and for partners.
        Donations = "donations",
    }
}

const ACCESS: &str = "/access-management-1.0/access/";
const CIBA: &str = "/vipps-login-ciba/api/";
const PAYMENTS: &str = "/epayment/v1/payments";
pub(crate) const MANAGEMENT: &str = "/management/v1/";

impl Endpoint {
    pub(crate) fn of(path: &str) -> Option<Self> {
        Some(match path {
            _ if path.eq_ignore_ascii_case("/accesstoken/get") => Self::StandardToken,
            "/miami/v1/token" => Self::SpecializedToken,
            "/settlement/v1/ledgers" => Self::Ledgers,
            "/donations/v1/reports/payments" => Self::Donations,
            "/vipps-userinfo-api/userinfo" | "/vipps-userinfo-api/userinfo/" => Self::Userinfo,
            _ => {
                let below = [Self::of_access, Self::of_ciba, Self::of_payments, Self::of_management];
                return below.iter().find_map(|of| of(path));
            }
        })
    }

    fn of_access(path: &str) -> Option<Self> {
        match path.strip_prefix(ACCESS)? {
            ".well-known/openid-configuration" => Some(Self::Discovery),
            ".well-known/jwks.json" => Some(Self::Jwks),
            "oauth2/auth" => Some(Self::Authorize),
            "oauth2/token" => Some(Self::LoginToken),
            "oauth2/revoke" => Some(Self::Revocation),
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

    fn of_management(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.strip_prefix(MANAGEMENT)?.split('/').collect();
        match parts[..] {
            ["sales-units"] => Some(Self::SalesUnits),
            ["sales-units", msn] if !msn.is_empty() => Some(Self::SalesUnits),
            ["merchants", scheme, id, "sales-units"] if !scheme.is_empty() && !id.is_empty() => Some(Self::SalesUnits),
            _ => None,
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
            Self::Ledgers => "Settlement API",
            Self::Donations => "Donations API",
            Self::Revocation => "Login: end a token",
        }
    }

    pub(crate) fn methods(self) -> &'static [Method] {
        match self {
            Self::Payments => &[Method::GET, Method::POST],
            Self::StandardToken
            | Self::SpecializedToken
            | Self::LoginToken
            | Self::Revocation
            | Self::Backchannel
            | Self::UserExists => &[Method::POST],
            _ => &[Method::GET],
        }
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
        for endpoint in Endpoint::ALL.iter().copied() {
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
    fn the_management_api_has_three_paths() {
        for path in ["sales-units", "sales-units/123456", "merchants/NO:ORG/987654321/sales-units"] {
            assert_eq!(Endpoint::of(&format!("/management/v1/{path}")), Some(Endpoint::SalesUnits), "{path}");
        }
        for path in ["sales-units/", "sales-units/1234/x", "merchants/NO:ORG/sales-units", "merchants///sales-units"] {
            assert_eq!(Endpoint::of(&format!("/management/v1/{path}")), None, "{path}");
        }
        assert_eq!(Endpoint::of("/report/v2/ledgers"), None);
    }

    #[test]
    fn payments_have_paths_below_them() {
        assert_eq!(Endpoint::of("/epayment/v1/payments/ref-1/capture"), Some(Endpoint::Payments));
        assert_eq!(Endpoint::of("/epayment/v1/paymentsx"), None);
    }
}
