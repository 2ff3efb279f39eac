//! The small choices, by the texts that stand for them.

use vipps_emulator::{
    App, AuthReqIdName, ErrorShape, Fields, LoginAuthMethod, Mode, Numbers, RsaBits, ScopeOutsidePlan, SignedBy,
    SigningAlg, SubscriptionKey, TokenKind,
};

use crate::error::{EmulatorError, Result};

/// The value that a text stands for; the refusal lists all texts.
fn choose<T: Copy>(what: &str, text: &str, all: &[(&str, T)]) -> Result<T> {
    let found = all.iter().find(|(known, _)| *known == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<_> = all.iter().map(|(known, _)| *known).collect();
        EmulatorError::new(format!("{what}: must be one of {}", known.join(", ")))
    })
}

pub(crate) fn mode(text: &str) -> Result<Mode> {
    choose("mode", text, &[("production", Mode::Production), ("test", Mode::Test)])
}

pub(crate) fn rsa_bits(bits: i32) -> Result<RsaBits> {
    let all = [("2048", RsaBits::Bits2048), ("3072", RsaBits::Bits3072), ("4096", RsaBits::Bits4096)];
    choose("rsa_bits", &bits.to_string(), &all)
}

pub(crate) fn numbers(text: &str) -> Result<Numbers> {
    let all = [("as_documented", Numbers::AsDocumented), ("strings", Numbers::Strings), ("numbers", Numbers::Numbers)];
    choose("numbers", text, &all)
}

pub(crate) fn fields(count: i32) -> Result<Fields> {
    choose("fields", &count.to_string(), &[("7", Fields::Seven), ("4", Fields::Four)])
}

pub(crate) fn token_kind(text: &str) -> Result<TokenKind> {
    let all = [("standard", TokenKind::Standard), ("specialized", TokenKind::Specialized), ("login", TokenKind::Login)];
    choose("kind", text, &all)
}

pub(crate) fn subscription_key(text: &str) -> Result<SubscriptionKey> {
    let all = [("primary", SubscriptionKey::Primary), ("secondary", SubscriptionKey::Secondary)];
    choose("which", text, &all)
}

pub(crate) fn login_auth_method(text: &str) -> Result<LoginAuthMethod> {
    let all = [("client_secret_basic", LoginAuthMethod::Basic), ("client_secret_post", LoginAuthMethod::Post)];
    choose("method", text, &all)
}

pub(crate) fn scope_outside_plan(text: &str) -> Result<ScopeOutsidePlan> {
    let all = [("dropped", ScopeOutsidePlan::Dropped), ("refused", ScopeOutsidePlan::Refused)];
    choose("outside", text, &all)
}

pub(crate) fn auth_req_id_name(text: &str) -> Result<AuthReqIdName> {
    let all = [AuthReqIdName::Snake, AuthReqIdName::Camel, AuthReqIdName::Urn].map(|name| (name.code(), name));
    choose("name", text, &all)
}

pub(crate) fn app(text: &str) -> Result<App> {
    let all = [("current", App::Current), ("outdated", App::Outdated), ("inactive", App::Inactive)];
    choose("app", text, &all)
}

pub(crate) fn app_text(app: App) -> String {
    let text = match app {
        App::Current => "current",
        App::Outdated => "outdated",
        App::Inactive => "inactive",
    };
    text.to_owned()
}

pub(crate) fn signing_alg(text: &str) -> Result<SigningAlg> {
    choose("alg", text, &[("RS256", SigningAlg::Rs256), ("ES256", SigningAlg::Es256)])
}

pub(crate) fn signed_by(text: &str) -> Result<SignedBy> {
    let all = [
        ("current", SignedBy::Current),
        ("withdrawn", SignedBy::Withdrawn),
        ("unknown", SignedBy::Unknown),
        ("forger", SignedBy::Forger),
        ("public_key_hmac", SignedBy::PublicKeyHmac),
        ("nobody", SignedBy::Nobody),
    ];
    choose("signed_by", text, &all)
}

pub(crate) fn error_shape(text: &str) -> Result<ErrorShape> {
    let all = [
        ("aad", ErrorShape::Aad),
        ("oauth", ErrorShape::OAuth),
        ("apim", ErrorShape::Apim),
        ("gateway_legacy", ErrorShape::GatewayLegacy),
        ("problem", ErrorShape::Problem),
        ("ecom_list", ErrorShape::EcomList),
        ("strings", ErrorShape::Strings),
        ("text", ErrorShape::Text),
        ("html", ErrorShape::Html),
        ("empty", ErrorShape::Empty),
    ];
    choose("shape", text, &all)
}
