//! The same check from a merchant's handle: what the handle fills in, and what it refuses.

mod keyring;

use std::sync::Arc;

use keyring::{
    CLIENT_ID, ISSUER, Issuer, MSN, NONCE, NOW, OTHER_RSA, RSA, Token, UNPUBLISHED_RSA, jwks, offline_config,
};
use vipps_partner_auth::{
    Config, Environment, ErrorKind, Expect, Flow, IdTokenClaims, IdTokenVerifier, Keys, ManualClock, Merchant, Partner,
    PartnerKeys, Result, SalesUnitKeys, SpecializedKeys, SystemInfo,
};

const OTHER_MSN: &str = "654321";

struct Desk {
    issuer: Issuer,
    partner: Partner,
}

impl Desk {
    fn with(keys: impl Into<Keys>) -> Self {
        let clock = ManualClock::running_through_sleeps(NOW);
        let issuer = Issuer::new(&clock, &jwks(&[&RSA]));
        let config = Config::from(Environment::Production).clock(Arc::new(clock)).http(Arc::new(issuer.clone()));
        let system = SystemInfo::new("acme", "3.1.2").expect("a system");
        Self { issuer, partner: Partner::new(keys, system, config).expect("a partner") }
    }

    fn merchant(&self, msn: &str) -> Merchant {
        self.partner.merchant(msn.parse().expect("an msn"))
    }
}

fn partner_keys() -> PartnerKeys {
    PartnerKeys::new("99999999-2222-4333-8444-555555555555", "secret", "subscription-key").expect("keys")
}

fn sales_unit_keys() -> SalesUnitKeys {
    let msn = MSN.parse().expect("an msn");
    SalesUnitKeys::new(CLIENT_ID, "secret", "subscription-key", msn).expect("keys")
}

fn named(outcome: Result<IdTokenClaims>) -> Option<&'static str> {
    outcome.err().map(|error| {
        assert_eq!(error.kind(), ErrorKind::InvalidIdToken, "{error}");
        error.claim().expect("the name of the check")
    })
}

fn sent() -> Expect {
    Expect::default().nonce(NONCE)
}

#[tokio::test]
async fn a_merchant_expects_its_own_msn() {
    let desk = Desk::with(partner_keys());
    let good = Token::of(&RSA).signed_by(&RSA);
    let claims = desk.merchant(MSN).verify_id_token(&good, &sent()).await.expect("a good token");
    assert_eq!(claims.msn().as_str(), MSN);
    assert_eq!(named(desk.merchant(OTHER_MSN).verify_id_token(&good, &sent()).await), Some("msn"));
    assert_eq!(named(desk.merchant(MSN).verify_id_token(&good, &Expect::default()).await), Some("nonce"));
    let forged = Token::of(&RSA).signed_by(&UNPUBLISHED_RSA);
    assert_eq!(named(desk.merchant(MSN).verify_id_token(&forged, &sent()).await), Some("signature"));
}

#[tokio::test]
async fn all_merchants_of_a_partner_share_the_keys() {
    let desk = Desk::with(partner_keys());
    for msn in ["100001", "100002", "100003"] {
        let jwt = Token::of(&RSA).with("msn", msn).signed_by(&RSA);
        desk.merchant(msn).verify_id_token(&jwt, &sent()).await.expect("a good token");
    }
    assert_eq!(desk.issuer.asked().len(), 2);
    assert_eq!(desk.partner.stats().keys_refreshed, 1);
    assert_eq!(desk.partner.stats().token_requests, 0);
}

#[tokio::test]
async fn an_expectation_of_another_merchant_is_a_mistake() {
    let desk = Desk::with(partner_keys());
    let jwt = Token::of(&RSA).signed_by(&RSA);
    for msn in [OTHER_MSN, "0123456", "12345"] {
        let expect = sent().msn(msn.parse().expect("an msn"));
        let error = desk.merchant(MSN).verify_id_token(&jwt, &expect).await.expect_err("another merchant's");
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("msn")));
        let error = desk.merchant(MSN).verify_id_token_cached(&jwt, &expect).expect("no i/o").expect_err("another's");
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("msn")));
    }
    assert_eq!(desk.issuer.asked().len(), 0);
    let own = sent().msn(MSN.parse().expect("an msn"));
    desk.merchant(MSN).verify_id_token(&jwt, &own).await.expect("a good token");
}

#[tokio::test]
async fn partner_keys_do_not_tell_the_client() {
    let merchant = Desk::with(partner_keys()).merchant(MSN);
    let of_any_client = Token::of(&RSA).without("azp").with("aud", "any").signed_by(&RSA);
    merchant.verify_id_token(&of_any_client, &sent()).await.expect("only the msn counts");
    assert_eq!(named(merchant.verify_id_token(&of_any_client, &sent().client_id(CLIENT_ID)).await), Some("aud"));
}

#[tokio::test]
async fn sales_unit_keys_tell_the_client() {
    let merchant = Desk::with(sales_unit_keys()).merchant(MSN);
    let good = Token::of(&RSA).signed_by(&RSA);
    merchant.verify_id_token(&good, &sent()).await.expect("a good token");
    let others = Token::of(&RSA).without("azp").with("aud", "other").signed_by(&RSA);
    assert_eq!(named(merchant.verify_id_token(&others, &sent()).await), Some("aud"));
    let strange = Token::of(&RSA).with("azp", "other").signed_by(&RSA);
    assert_eq!(named(merchant.verify_id_token(&strange, &sent()).await), Some("azp"));
    // A client that is named in so many words holds.
    merchant.verify_id_token(&others, &sent().client_id("other")).await.expect("a good token");
    assert_eq!(named(merchant.verify_id_token(&good, &sent().client_id("other")).await), Some("aud"));
}

#[tokio::test]
async fn sales_unit_keys_open_no_other_merchant() {
    let desk = Desk::with(sales_unit_keys());
    let others = Token::of(&RSA).with("msn", OTHER_MSN).with("aud", "other").without("azp").signed_by(&RSA);
    assert!(desk.merchant(OTHER_MSN).verify_id_token(&others, &sent()).await.is_err());
}

#[tokio::test]
async fn all_other_expectations_pass_through() {
    let merchant = Desk::with(partner_keys()).merchant(MSN);
    let jwt = Token::of(&RSA).signed_by(&RSA);
    let cases = [
        ("nonce", Expect::default().nonce("other")),
        ("at_hash", sent().access_token("other")),
        ("acr", sent().acr("other")),
        ("auth_req_id", sent().auth_req_id("other")),
    ];
    for (claim, expect) in cases {
        assert_eq!(named(merchant.verify_id_token(&jwt, &expect).await), Some(claim));
    }
    let without = Token::of(&RSA).without("auth_req_id").signed_by(&RSA);
    let redirect = sent().flow(Flow::BackchannelRedirect).auth_req_id("x");
    assert_eq!(named(merchant.verify_id_token(&without, &redirect).await), Some("auth_req_id"));
}

#[tokio::test]
async fn foolish_expectations_are_refused_before_anything_is_fetched() {
    let desk = Desk::with(partner_keys());
    let cases = [
        ("nonce", Expect::default().nonce("")),
        ("client_id", sent().client_id("")),
        ("access_token", sent().access_token("")),
        ("acr", sent().acr("")),
        ("auth_req_id", sent().auth_req_id("")),
        ("auth_req_id", sent().flow(Flow::BackchannelRedirect)),
    ];
    for (field, expect) in cases {
        let jwt = Token::of(&RSA).signed_by(&RSA);
        let error = desk.merchant(MSN).verify_id_token(&jwt, &expect).await.expect_err(field);
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some(field)));
    }
    assert_eq!(desk.issuer.asked().len(), 0);
}

#[tokio::test]
async fn without_io_a_merchant_judges_as_soon_as_the_keys_are_there() {
    let desk = Desk::with(partner_keys());
    let (merchant, good) = (desk.merchant(MSN), Token::of(&RSA).signed_by(&RSA));
    assert!(merchant.verify_id_token_cached(&good, &sent()).is_none());
    assert_eq!(desk.issuer.asked().len(), 0, "not even begun");
    merchant.verify_id_token(&good, &sent()).await.expect("a good token");
    assert!(merchant.verify_id_token_cached(&good, &sent()).expect("the keys are there").is_ok());
    let forged = Token::of(&RSA).signed_by(&OTHER_RSA);
    assert_eq!(
        named(merchant.verify_id_token_cached(&forged, &sent()).expect("the keys are there")),
        Some("signature")
    );
}

#[tokio::test]
async fn specialized_keys_do_not_stand_in_the_way_of_a_check() {
    let keys = SpecializedKeys::new("99999999-2222-4333-8444-555555555555", "secret").expect("keys");
    let jwt = Token::of(&RSA).signed_by(&RSA);
    let outcome = Desk::with(keys).merchant(MSN).verify_id_token(&jwt, &sent()).await;
    assert_eq!(outcome.map(|claims| claims.msn().to_string()), Ok(MSN.to_owned()));
}

#[test]
fn a_fixed_set_needs_neither_runtime_nor_network() {
    let verifier = IdTokenVerifier::with_jwks(offline_config(NOW), &jwks(&[&RSA])).expect("a good set");
    let expect = sent().msn(MSN.parse().expect("an msn"));
    let wait = |jwt: String| {
        let verifier = verifier.clone();
        let expect = expect.clone();
        futures_util::FutureExt::now_or_never(async move { verifier.verify(&jwt, &expect).await }).expect("no wait")
    };
    assert!(wait(Token::of(&RSA).signed_by(&RSA)).is_ok());
    assert_eq!(named(wait(Token::of(&OTHER_RSA).signed_by(&OTHER_RSA))), Some("kid"));
    assert_eq!(named(wait(Token::of(&RSA).with("iss", format!("{ISSUER}x")).signed_by(&RSA))), Some("iss"));
}
