//! The request that a browser takes to Vipps, and what must be kept until it is back.

use std::{collections::HashMap, str::FromStr};

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use form_urlencoded::Serializer;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    redirect_uri::{RedirectUri, is_unreserved},
    scopes,
};
use crate::{
    described::{options, word},
    environment::may_carry_secrets,
    error::{Error, Result},
    json::structure,
    msn::Msn,
    random::unguessable,
    secret::Secret,
};

/// A login under way: where to send the browser, and what to keep until it is back.
///
/// Keep it in the person's own session on the server, never where another browser or a log can see it: it holds the PKCE
/// code verifier. It survives a restart as JSON ([`to_json`](Self::to_json), or serde), whose `version` is 1.
///
/// ```
/// use vipps_partner_auth::LoginRequest;
///
/// # fn keep(request: &LoginRequest) -> vipps_partner_auth::Result<()> {
/// let text = request.to_json();
/// assert_eq!(LoginRequest::from_json(&text)?, *request);
/// # Ok(())
/// # }
/// assert_eq!(LoginRequest::from_json("{}").unwrap_err().field(), Some("request"));
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, derive_more::Debug)]
#[debug("LoginRequest {{ msn: {msn:?}, redirect_uri: {:?}, scopes: {scopes:?}, .. }}", redirect_uri.as_str())]
#[serde(try_from = "Stored", into = "Stored")]
pub struct LoginRequest {
    url: String,
    issuer: String,
    msn: Msn,
    redirect_uri: RedirectUri,
    scopes: Vec<String>,
    state: String,
    nonce: String,
    code_verifier: Secret,
    acr_values: Option<String>,
}

options! {
    "option of a login"
    /// What may differ from one login to the next. Start from the default and set what is needed.
    ///
    /// ```
    /// use vipps_partner_auth::{LoginOptions, Market};
    ///
    /// let options = LoginOptions::default().market(Market::Denmark);
    /// ```
    #[derive(Debug, PartialEq, Eq)]
    pub struct LoginOptions {
        /// The country whose look the login page has.
        ///
        /// Default: none; Vipps chooses.
        market: Market,
        /// How sure Vipps must be of the person, such as `urn:vipps:acr:app_auth`. The ID token is refused unless its `acr` says the
        /// same.
        ///
        /// Default: none.
        acr_values: String,
        /// How a login goes that starts in an app.
        ///
        /// Default: none; the login is one of the browser.
        requested_flow: RequestedFlow,
        /// Where the Vipps app switches back to, with a `requested_flow` from app to app. It must be registered as a `redirect_uri`
        /// is.
        ///
        /// Default: none.
        app_callback_uri: String,
        /// Whether the `redirect_uri` opens an app.
        ///
        /// Default: not said, which is false for Vipps.
        final_redirect_is_app: bool,
    }
}

impl LoginOptions {
    /// Forces the person to confirm in the Vipps app. For sales units of the advanced tier.
    pub const APP_AUTH: &'static str = "urn:vipps:acr:app_auth";

    pub(crate) fn checked(&self) -> Result<&Self> {
        // One value: the token is compared with it as a whole.
        let one_value = |acr: &String| !acr.is_empty() && acr.bytes().all(|byte| byte.is_ascii_graphic());
        if let Some(acr) = self.acr_values.as_ref().filter(|acr| !one_value(acr)) {
            let rule = "must be one value without white space, such as urn:vipps:acr:app_auth";
            return Err(Error::breaks_rule("acr_values", rule).with_value(acr));
        }
        let Some(uri) = &self.app_callback_uri else { return Ok(self) };
        RedirectUri::parse("app_callback_uri", uri)?;
        if !self.requested_flow.is_some_and(RequestedFlow::is_app_to_app) {
            let rule = "needs a requested_flow from app to app, such as app_to_app_v2";
            return Err(Error::breaks_rule("app_callback_uri", rule));
        }
        Ok(self)
    }

    fn parameters(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let is_app = self.final_redirect_is_app.map(|is_app| if is_app { "true" } else { "false" });
        let all = [
            ("requested_flow", self.requested_flow.map(RequestedFlow::as_str)),
            ("app_callback_uri", self.app_callback_uri.as_deref()),
            ("final_redirect_is_app", is_app),
            ("market", self.market.map(Market::as_str)),
            ("acr_values", self.acr_values.as_deref()),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

/// A country's look of the login page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Market {
    /// `NO`
    Norway,
    /// `DK`
    Denmark,
    /// `FI`
    Finland,
    /// `SE`
    Sweden,
}

impl Market {
    /// The two letters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Norway => "NO",
            Self::Denmark => "DK",
            Self::Finland => "FI",
            Self::Sweden => "SE",
        }
    }
}

impl FromStr for Market {
    type Err = Error;

    /// `NO`, `DK`, `FI` or `SE`; anything else is `InvalidConfig`, field `market`.
    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Norway, Self::Denmark, Self::Finland, Self::Sweden];
        let found = all.into_iter().find(|market| market.as_str() == text);
        found.ok_or_else(|| Error::breaks_rule("market", "must be NO, DK, FI or SE").with_value(text))
    }
}

word!(Market: Norway Denmark Finland Sweden);

/// How an app that opens the Vipps app gets the person back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestedFlow {
    /// `app_to_app_v2`
    AppToAppV2,
    /// `app_to_app`, the older one, deprecated by Vipps.
    AppToApp,
    /// `automatic_return_from_vipps_app`, of older documents.
    AutomaticReturnFromVippsApp,
}

impl RequestedFlow {
    /// The value on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AppToAppV2 => "app_to_app_v2",
            Self::AppToApp => "app_to_app",
            Self::AutomaticReturnFromVippsApp => "automatic_return_from_vipps_app",
        }
    }

    fn is_app_to_app(self) -> bool {
        matches!(self, Self::AppToAppV2 | Self::AppToApp)
    }
}

impl FromStr for RequestedFlow {
    type Err = Error;

    /// The value on the wire; anything else is `InvalidConfig`, field `requested_flow`.
    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::AppToAppV2, Self::AppToApp, Self::AutomaticReturnFromVippsApp];
        let rule = "must be app_to_app_v2, app_to_app or automatic_return_from_vipps_app";
        let found = all.into_iter().find(|flow| flow.as_str() == text);
        found.ok_or_else(|| Error::breaks_rule("requested_flow", rule).with_value(text))
    }
}

word!(RequestedFlow: AppToAppV2 AppToApp AutomaticReturnFromVippsApp);

/// How the URL names the merchant.
pub(crate) enum ClientParameter<'a> {
    /// For partners, who don't know the merchant's `client_id`.
    Msn(&'a Msn),
    ClientId(&'a str, &'a Msn),
}

impl<'a> ClientParameter<'a> {
    fn msn(&self) -> &'a Msn {
        match self {
            Self::Msn(msn) | Self::ClientId(_, msn) => msn,
        }
    }

    fn pair(&self) -> (&'static str, &'a str) {
        match self {
            Self::Msn(msn) => ("msn", msn.as_str()),
            Self::ClientId(client_id, _) => ("client_id", client_id),
        }
    }
}

/// Vipps answers 502 to URLs of about 2,000 characters.
const LONGEST_URL: usize = 1_900;

impl LoginRequest {
    pub(crate) fn new(
        endpoint: &str,
        client: &ClientParameter<'_>,
        issuer: &str,
        redirect_uri: &RedirectUri,
        scopes: Vec<String>,
        options: &LoginOptions,
    ) -> Result<Self> {
        let mut request = Self {
            url: String::new(),
            issuer: issuer.to_owned(),
            msn: client.msn().clone(),
            redirect_uri: redirect_uri.clone(),
            scopes,
            state: unguessable()?,
            nonce: unguessable()?,
            code_verifier: unguessable()?.into(),
            acr_values: options.acr_values.clone(),
        };
        request.url = request.authorize_url(endpoint, client, options);
        if request.url.len() > LONGEST_URL {
            let rule = "is too long, with scopes and options: the URL would have more than 1900 characters";
            return Err(Error::breaks_rule("redirect_uri", rule));
        }
        Ok(request)
    }

    fn authorize_url(&self, endpoint: &str, client: &ClientParameter<'_>, options: &LoginOptions) -> String {
        let (name, value) = client.pair();
        let query = Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair(name, value)
            .append_pair("redirect_uri", self.redirect_uri.as_str())
            .append_pair("scope", &self.scopes.join(" "))
            .append_pair("state", &self.state)
            .append_pair("nonce", &self.nonce)
            .append_pair("code_challenge", &code_challenge(self.code_verifier.expose()))
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(options.parameters())
            .finish();
        let separator = if endpoint.contains('?') { '&' } else { '?' };
        // A plus that was given is escaped by now; those that are left are spaces.
        format!("{endpoint}{separator}{}", query.replace('+', "%20"))
    }

    /// Where to send the browser: as a full page, never in a frame or a web view.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ties the callback to this request; under it an application may look the request up. 43 characters.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Ties the ID token to this request. 43 characters.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Proves at the token endpoint that who exchanges the code is who asked for it (RFC 7636). A secret.
    pub fn code_verifier(&self) -> &str {
        self.code_verifier.expose()
    }

    /// The sales unit the login is for.
    pub fn msn(&self) -> &Msn {
        &self.msn
    }

    /// Where the browser comes back to.
    pub fn redirect_uri(&self) -> &str {
        self.redirect_uri.as_str()
    }

    /// The scopes that were asked for.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The `acr_values` that was asked for, which the ID token must repeat as `acr`.
    pub fn acr_values(&self) -> Option<&str> {
        self.acr_values.as_deref()
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn place(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// The request as JSON, to be kept in the person's session. Holds the code verifier, which is a secret.
    pub fn to_json(&self) -> String {
        // Text and lists of text can't fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// A request that was kept. `InvalidConfig`, field `request`, for anything that [`to_json`](Self::to_json) of this
    /// version or an older one did not write.
    pub fn from_json(json: &str) -> Result<Self> {
        structure(json).ok_or_else(not_a_request)
    }
}

/// RFC 7636 section 4.2.
pub(crate) fn code_challenge(code_verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, code_verifier.as_bytes()))
}

fn not_a_request() -> Error {
    Error::breaks_rule("request", "is not a login request as to_json writes it")
}

/// The request as it is kept. A change that older readers would misread gets another version.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u8,
    url: String,
    issuer: String,
    msn: Msn,
    redirect_uri: String,
    scopes: Vec<String>,
    state: String,
    nonce: String,
    code_verifier: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acr_values: Option<String>,
}

const VERSION: u8 = 1;

impl From<LoginRequest> for Stored {
    fn from(request: LoginRequest) -> Self {
        Self {
            version: VERSION,
            url: request.url,
            issuer: request.issuer,
            msn: request.msn,
            redirect_uri: request.redirect_uri.as_str().to_owned(),
            scopes: request.scopes,
            state: request.state,
            nonce: request.nonce,
            code_verifier: request.code_verifier.expose().to_owned(),
            acr_values: request.acr_values,
        }
    }
}

impl TryFrom<Stored> for LoginRequest {
    type Error = Error;

    /// A session that lost or mixed its values must not weaken a check.
    fn try_from(stored: Stored) -> Result<Self> {
        // RFC 7636 section 4.1
        let verifier = &stored.code_verifier;
        let is_verifier = (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_unreserved);
        let is_whole = stored.version == VERSION
            && is_unguessable(&stored.state)
            && is_unguessable(&stored.nonce)
            && is_verifier
            && stored.acr_values.as_deref() != Some("")
            && !stored.issuer.is_empty();
        if !is_whole || !stored.url_agrees() {
            return Err(not_a_request());
        }
        Ok(Self {
            url: stored.url,
            issuer: stored.issuer,
            msn: stored.msn,
            redirect_uri: stored.redirect_uri.parse().map_err(|_| not_a_request())?,
            scopes: scopes::parse(&stored.scopes).map_err(|_| not_a_request())?,
            state: stored.state,
            nonce: stored.nonce,
            code_verifier: stored.code_verifier.into(),
            acr_values: stored.acr_values,
        })
    }
}

impl Stored {
    /// Whether the URL says what the other members say: one that got lost or mixed up takes a check along.
    fn url_agrees(&self) -> bool {
        let Ok(url) = Url::parse(&self.url) else { return false };
        let told: HashMap<_, _> = url.query_pairs().collect();
        let told = |name: &str| told.get(name).map(|value| &**value);
        let scope = self.scopes.join(" ");
        let challenge = code_challenge(&self.code_verifier);
        let members = [
            ("redirect_uri", self.redirect_uri.as_str()),
            ("scope", &scope),
            ("state", &self.state),
            ("nonce", &self.nonce),
            ("code_challenge", &challenge),
        ];
        may_carry_secrets(&url)
            && members.iter().all(|(name, value)| told(name) == Some(value))
            && told("acr_values") == self.acr_values.as_deref()
            && told("msn").is_none_or(|msn| msn == self.msn.as_str())
    }
}

/// Whether a text that was kept can be one of those that were made.
pub(super) fn is_unguessable(text: &str) -> bool {
    (32..=512).contains(&text.len()) && text.bytes().all(is_unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let challenge = code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
