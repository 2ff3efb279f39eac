//! What the cases of a file have in common: keys, what was kept of a login, and the requests that come again and again.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    super::{
        base::{AUTH_REQ_ID, MSN, NOW},
        keys::{Key, key_set},
        members::{Members, quote},
        token::{Seal, Signer},
    },
    scene::{IdToken, Reply},
};

pub(in crate::make) const ISSUER: &str = "{base_url}/access-management-1.0/access/";
pub(in crate::make) const REDIRECT_URI: &str = "https://shop.example/callback";
pub(in crate::make) const STATE: &str = "fixture-state-00000000000000000000000000001";
pub(in crate::make) const NONCE: &str = "fixture-nonce-00000000000000000000000000001";
/// Of RFC 7636 appendix B.
const CODE_VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(in crate::make) const ASKED: [&str; 2] = ["openid", "name"];
pub(in crate::make) const ACCESS_TOKEN: &str = "fixture-login-access-token.abc123";
pub(in crate::make) const PHONE_TOKEN: &str = "ciba.fixture-access";
pub(in crate::make) const REDIRECT_TOKEN: &str = "fixture-redirect-access";

pub(in crate::make) const BEARER: &str = "Bearer eyJhbGciOiJSUzI1NiJ9.fixture-partner.sig";
pub(in crate::make) const OTHER_BEARER: &str = "Bearer eyJhbGciOiJSUzI1NiJ9.fixture-partner-2.sig";
/// Parts form-encoded first, and the raw pair.
pub(in crate::make) const BASIC: &str =
    "Basic MTExMTExMTEtMjIyMi00MzMzLTg0NDQtNTU1NTU1NTU1NTU1OmZpeHR1cmUtU2VjcmV0JTJCJTJGNDIlM0QlM0Q=";
pub(in crate::make) const RAW_BASIC: &str =
    "Basic MTExMTExMTEtMjIyMi00MzMzLTg0NDQtNTU1NTU1NTU1NTU1OmZpeHR1cmUtU2VjcmV0Ky80Mj09";
pub(in crate::make) const POSTED: &str =
    "&client_id=11111111-2222-4333-8444-555555555555&client_secret=fixture-Secret%2B%2F42%3D%3D";

pub(in crate::make) const TOKEN_PATH: &str = "/access-management-1.0/access/oauth2/token";
pub(in crate::make) const EXCHANGE: &str = "grant_type=authorization_code&code=FIXTURE-code.0001&redirect_uri=https%3A%2F%2Fshop.example%2Fcallback&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(in crate::make) const POLL: &str =
    "grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba&auth_req_id=fixture-auth-req-0001";
pub(in crate::make) const REDIRECT: &str =
    "grant_type=urn%3Avipps%3Aparams%3Agrant-type%3Aciba-redirect&code=FIXTURE-ciba-code.0001";

type Shared = Vec<(&'static str, String)>;

pub(in crate::make) fn of_browser(signer: &mut Signer) -> Shared {
    let mut shared = credentials();
    shared.extend([
        ("request", kept_request().render_spaced()),
        ("request-acr", with_acr().render_spaced()),
        ("id-token", browser_token().render(signer)),
        ("tokens", browser_tokens().as_json().to_owned()),
    ]);
    shared.extend(first_steps());
    shared.extend([
        ("exchange", form_request(TOKEN_PATH, Some(BEARER), EXCHANGE)),
        ("exchange-with-other-token", form_request(TOKEN_PATH, Some(OTHER_BEARER), EXCHANGE)),
        ("sales-unit-exchange", form_request(TOKEN_PATH, Some(BASIC), EXCHANGE)),
    ]);
    shared
}

pub(in crate::make) fn of_phone(signer: &mut Signer) -> Shared {
    let mut shared = credentials();
    shared.extend([
        ("pending", kept_pending().render_spaced()),
        ("pending-redirect", kept_redirect().render_spaced()),
        ("id-token", phone_token().render(signer)),
        ("tokens", phone_tokens().as_json().to_owned()),
    ]);
    shared.extend(first_steps());
    shared.extend([
        ("poll", form_request(TOKEN_PATH, Some(BEARER), POLL)),
        ("poll-with-other-token", form_request(TOKEN_PATH, Some(OTHER_BEARER), POLL)),
        ("sales-unit-poll", form_request(TOKEN_PATH, Some(BASIC), POLL)),
        ("redirect", form_request(TOKEN_PATH, Some(BEARER), REDIRECT)),
    ]);
    shared
}

pub(in crate::make) fn of_userinfo(signer: &mut Signer) -> Shared {
    let mut shared = credentials();
    shared.extend([
        ("request", kept_request().render_spaced()),
        ("id-token", browser_token().render(signer)),
        ("tokens", browser_tokens().as_json().to_owned()),
    ]);
    shared.extend(first_steps());
    shared.extend([
        ("exchange", form_request(TOKEN_PATH, Some(BEARER), EXCHANGE)),
        ("sales-unit-exchange", form_request(TOKEN_PATH, Some(BASIC), EXCHANGE)),
        ("userinfo", userinfo_request("/vipps-userinfo-api/userinfo", ACCESS_TOKEN)),
    ]);
    shared
}

pub(in crate::make) fn credentials() -> Shared {
    let keys = r#""client_id": "11111111-2222-4333-8444-555555555555", "client_secret": "fixture-Secret+/42==", "subscription_key": "0123456789abcdef0123456789abcdef""#;
    let system = r#"{ "name": "acme", "version": "3.1.2", "plugin_name": "acme-webshop", "plugin_version": "4.5.6" }"#;
    vec![
        ("partner", format!(r#"{{ "type": "partner", {keys} }}"#)),
        ("sales-unit", format!(r#"{{ "type": "sales_unit", {keys}, "msn": "{MSN}" }}"#)),
        ("system", system.to_owned()),
        ("jwks", key_set(&[Key::A.jwk(), Key::Ec.jwk()])),
    ]
}

/// Where the endpoints are, their keys, and the partner's own token.
pub(in crate::make) fn first_steps() -> Shared {
    let step = |request: &str, reply: &Reply| format!(r#"{{ "request": {request}, "reply": {} }}"#, reply.as_json());
    vec![
        ("discovery-request", public_request("/access-management-1.0/access/.well-known/openid-configuration")),
        ("keys-request", public_request("/access-management-1.0/access/.well-known/jwks.json")),
        ("token-request", token_request()),
        ("discovery", step(r#""discovery-request""#, &Reply::json(200, &document()))),
        ("fetch-keys", step(r#""keys-request""#, &Reply::json(200, "{jwks}"))),
        ("fetch-token", step(r#""token-request""#, &partner_token("fixture-partner", 86_398))),
    ]
}

/// The contract's own document.
pub(in crate::make) fn document() -> String {
    r#"{"issuer":"{base_url}/access-management-1.0/access/","authorization_endpoint":"{base_url}/access-management-1.0/access/oauth2/auth","token_endpoint":"{base_url}/access-management-1.0/access/oauth2/token","userinfo_endpoint":"{base_url}/vipps-userinfo-api/userinfo","jwks_uri":"{base_url}/access-management-1.0/access/.well-known/jwks.json","revocation_endpoint":"{base_url}/access-management-1.0/access/oauth2/revoke","backchannel_authentication_endpoint":"{base_url}/vipps-login-ciba/api/backchannel/authentication","grant_types_supported":["authorization_code","client_credentials"],"code_challenge_methods_supported":["S256"],"id_token_signing_alg_values_supported":["RS256"],"token_endpoint_auth_methods_supported":["client_secret_post","client_secret_basic"],"scopes_supported":["openid","name","phoneNumber","nin","address","birthDate","delegatedConsents","email","gender"]}"#.to_owned()
}

/// What OpenID requires of it is left out where Vipps might leave it out.
pub(in crate::make) const SMALL_DOCUMENT: &str = r#"{"issuer":"{base_url}/access-management-1.0/access/","jwks_uri":"{base_url}/access-management-1.0/access/.well-known/jwks.json"}"#;

pub(in crate::make) fn partner_token(name: &str, lifetime: u32) -> Reply {
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{name}.sig");
    let body = format!(r#"{{"token_type":"Bearer","expires_in":"{lifetime}","access_token":"{token}"}}"#);
    Reply::of(200, r#"{ "content-type": "application/json;charset=UTF-8" }"#, &body)
}

pub(in crate::make) const SYSTEM: &str = r#""vipps-system-name": "acme", "vipps-system-version": "3.1.2", "vipps-system-plugin-name": "acme-webshop", "vipps-system-plugin-version": "4.5.6""#;

fn public_request(path: &str) -> String {
    format!(
        r#"{{ "method": "GET", "path": "{path}", "headers": {{ "accept": "application/json", {SYSTEM} }}, "absent": ["authorization", "ocp-apim-subscription-key", "merchant-serial-number", "client_id", "client_secret"], "body": "" }}"#
    )
}

fn token_request() -> String {
    format!(
        r#"{{ "method": "POST", "path": "/accesstoken/get", "headers": {{ "client_id": "11111111-2222-4333-8444-555555555555", "client_secret": "fixture-Secret+/42==", "ocp-apim-subscription-key": "0123456789abcdef0123456789abcdef", {SYSTEM}, "content-length": "0" }}, "absent": ["authorization", "merchant-serial-number", "origin"], "body": "" }}"#
    )
}

/// A call of Login's token endpoint or backchannel: no subscription key, and keys in headers of their own neither.
pub(in crate::make) fn form_request(path: &str, authorization: Option<&str>, body: &str) -> String {
    let authorized = authorization.map_or_else(String::new, |text| format!(r#""authorization": {}, "#, quote(text)));
    let unauthorized = if authorization.is_some() { "" } else { r#""authorization", "# };
    format!(
        r#"{{ "method": "POST", "path": "{path}", "headers": {{ {authorized}"merchant-serial-number": "{MSN}", "content-type": "application/x-www-form-urlencoded", "accept": "application/json", "content-length": "{}", {SYSTEM} }}, "absent": [{unauthorized}"ocp-apim-subscription-key", "client_id", "client_secret", "origin", "psp-id", "idempotency-key"], "body": {} }}"#,
        body.len(),
        quote(body)
    )
}

/// The login's own token and nothing that tells who asks.
pub(in crate::make) fn userinfo_request(path: &str, access_token: &str) -> String {
    format!(
        r#"{{ "method": "GET", "path": "{path}", "headers": {{ "authorization": "Bearer {access_token}", "accept": "application/json" }}, "absent": ["ocp-apim-subscription-key", "merchant-serial-number", "vipps-system-name", "vipps-system-version", "vipps-system-plugin-name", "vipps-system-plugin-version", "client_id", "client_secret", "content-type", "origin"], "body": "" }}"#
    )
}

/// What an application kept of a login in the browser.
pub(in crate::make) fn kept_request() -> Members {
    kept_request_of(MSN, REDIRECT_URI, None)
}

/// The same for another merchant, another registered address, or with an `acr_values`: the URL says it too.
pub(in crate::make) fn kept_request_of(msn: &str, redirect_uri: &str, acr_values: Option<&str>) -> Members {
    let text = |text: &str| quote(text);
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("msn", msn)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", "openid name")
        .append_pair("state", STATE)
        .append_pair("nonce", NONCE)
        .append_pair("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        .append_pair("code_challenge_method", "S256")
        .extend_pairs(acr_values.map(|acr| ("acr_values", acr)))
        .finish()
        .replace('+', "%20");
    let mut request: Members = [
        ("version", "1"),
        ("url", &text(&format!("{{base_url}}/access-management-1.0/access/oauth2/auth?{query}"))),
        ("issuer", &text(ISSUER)),
        ("msn", &text(msn)),
        ("redirect_uri", &text(redirect_uri)),
        ("scopes", r#"["openid", "name"]"#),
        ("state", &text(STATE)),
        ("nonce", &text(NONCE)),
        ("code_verifier", &text(CODE_VERIFIER)),
    ]
    .into();
    if let Some(acr_values) = acr_values {
        request.set("acr_values", &text(acr_values));
    }
    request
}

/// The same for another registered address.
pub(in crate::make) fn kept_request_for(redirect_uri: &str) -> String {
    kept_request_of(MSN, redirect_uri, None).render_spaced()
}

fn with_acr() -> Members {
    kept_request_of(MSN, REDIRECT_URI, Some("urn:vipps:acr:app_auth"))
}

/// What an application kept of a login by phone number: ten minutes, the first poll may go at once.
pub(in crate::make) fn kept_pending() -> Members {
    [
        ("version", "1"),
        ("auth_req_id", &quote(AUTH_REQ_ID)),
        ("issuer", &quote(ISSUER)),
        ("msn", &quote(MSN)),
        ("scopes", r#"["openid", "name"]"#),
        ("nonce", &quote(NONCE)),
        ("expires_at", &(NOW + 600).to_string()),
        ("interval", "5"),
        ("next_poll_at", &NOW.to_string()),
    ]
    .into()
}

pub(in crate::make) fn kept_redirect() -> Members {
    let mut pending = kept_pending();
    pending.set("redirect_uri", &quote(REDIRECT_URI));
    pending.set("state", &quote(STATE));
    pending
}

pub(in crate::make) fn browser_token() -> IdToken {
    IdToken::new(IdToken::claims_with(NONCE, ACCESS_TOKEN), Seal::Rs256(Key::A), Key::A)
}

/// As the contract settles it for polling: the nonce echoed, no `at_hash`.
pub(in crate::make) fn phone_token() -> IdToken {
    let mut claims = IdToken::claims_with(NONCE, PHONE_TOKEN);
    claims.remove("at_hash");
    IdToken::new(claims, Seal::Rs256(Key::A), Key::A)
}

/// The contract's redirect fixture: ES256, `aud` a string, ten minutes, the id of the request.
pub(in crate::make) fn redirect_token() -> IdToken {
    let mut claims = IdToken::claims_with(NONCE, REDIRECT_TOKEN);
    for name in ["at_hash", "nonce", "auth_time", "rat", "jti", "sid"] {
        claims.remove(name);
    }
    claims.set("aud", r#""11111111-2222-4333-8444-555555555555""#);
    claims.set("exp", "1767226200");
    claims.set("auth_req_id", &quote(AUTH_REQ_ID));
    IdToken::new(claims, Seal::Es256(Key::Ec), Key::Ec).not_shared()
}

pub(in crate::make) fn browser_tokens() -> Reply {
    Reply::json(200, &grant(ACCESS_TOKEN, r#""expires_in":3599,"scope":"openid name","token_type":"bearer""#))
}

pub(in crate::make) fn phone_tokens() -> Reply {
    Reply::json(200, &grant(PHONE_TOKEN, r#""token_type":"Bearer","expires_in":300"#))
}

/// A reply of the token endpoint with these members besides the tokens.
pub(in crate::make) fn grant(access_token: &str, members: &str) -> String {
    format!(r#"{{"access_token":"{access_token}","id_token":"{{id_token}}",{members}}}"#)
}

/// OpenID Connect Core section 3.1.3.6, for the algorithms with SHA-256.
pub(in crate::make) fn at_hash(access_token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
}
