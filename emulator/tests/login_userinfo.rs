//! `GET /vipps-userinfo-api/userinfo`.

mod common;

use std::time::Duration;

use common::{login::*, *};
use serde_json::{Value, json};
use vipps_emulator::{Address, AddressKind, Emulator, Mode, Options, User, Verdict};

async fn token_for(vipps: &Emulator, scope: &str) -> String {
    let body = logged_in(vipps, &Caller::merchant(vipps), &auth_fields(vipps).with("scope", scope)).await;
    text(&body["access_token"]).to_owned()
}

async fn claims(vipps: &Emulator, scope: &str) -> Value {
    let reply = send(userinfo(vipps, &token_for(vipps, scope).await)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// The status in the body is a string, as in the documents' sample.
fn unauthorized(reply: &Reply) {
    let body = reply.json();
    assert_eq!((reply.status, &body["status"], &body["title"]), (401, &json!("401"), &json!("Unauthorized")));
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    for name in ["type", "detail", "instance"] {
        assert!(body[name].is_string(), "{body}");
    }
}

#[tokio::test]
async fn the_default_person_is_the_documents_sample() {
    let vipps = open();
    let mut claims = claims(&vipps, "openid name phoneNumber email address birthDate").await;
    assert_eq!(claims["sub"], User::default().sub(&shop()));
    for name in ["sub", "sid"] {
        assert_eq!(claims[name].as_str().map(str::len), Some(36));
        claims.as_object_mut().expect("an object").remove(name);
    }
    let expected = json!({
        "name": "Kari Fixture",
        "given_name": "Kari",
        "family_name": "Fixture",
        "phone_number": "4791234567",
        "phone_number_verified": true,
        "email": "kari@example.test",
        "email_verified": true,
        "birthdate": "1990-02-28",
        "address": {
            "address_type": "home",
            "country": "NO",
            "formatted": "Prøvegata 1\nH0201\n0001\nOSLO\nNO",
            "postal_code": "0001",
            "region": "OSLO",
            "street_address": "Prøvegata 1\nH0201",
        },
        "other_addresses": [],
    });
    assert_eq!(claims, expected);
}

#[tokio::test]
async fn a_slash_at_the_end_makes_no_difference() {
    let vipps = open();
    let token = token_for(&vipps, "openid name").await;
    let plain = send(userinfo(&vipps, &token)).await;
    let slash = send(get(&vipps, &format!("{USERINFO}/")).bearer_auth(&token)).await;
    assert_eq!((plain.status, plain.text), (slash.status, slash.text));
    assert_eq!(about(&last(&vipps), Verdict::Right), ["Authorization"]);
    assert_eq!(last(&vipps).findings.len(), 1);
}

#[tokio::test]
async fn userinfo_and_id_token_agree() {
    let vipps = open();
    let body = logged_in(&vipps, &Caller::partner(&vipps).await, &auth_fields(&vipps)).await;
    let id_token = verified(&vipps, text(&body["id_token"])).await.expect("a good signature");
    let claims = send(userinfo(&vipps, text(&body["access_token"]))).await.json();
    assert_eq!((&claims["sub"], &claims["sid"]), (&id_token["sub"], &id_token["sid"]));
}

#[tokio::test]
async fn without_scopes_there_is_only_the_sub() {
    let vipps = open();
    let claims = claims(&vipps, "openid").await;
    assert_eq!(claims.as_object().expect("an object").keys().collect::<Vec<_>>(), ["sid", "sub"]);
}

#[tokio::test]
async fn people_differ() {
    let vipps = open();
    let work = Address { kind: AddressKind::Work, street_address: "Kontorveien 2".to_owned(), ..Address::default() };
    vipps
        .add_user(User {
            addresses: vec![Address::default(), work],
            gender: Some("female".to_owned()),
            nin: Some("28029012345".to_owned()),
            email_verified: false,
            more_claims: [("shoe_size".to_owned(), json!(38))].into_iter().collect(),
            ..User::default()
        })
        .expect("a user");
    let claims = claims(&vipps, "openid address gender nin email").await;
    assert_eq!(claims["other_addresses"][0]["address_type"], "work");
    assert_eq!(claims["other_addresses"][0]["formatted"], "Kontorveien 2\n0001\nOSLO\nNO");
    assert_eq!((&claims["gender"], &claims["nin"]), (&json!("female"), &json!("28029012345")));
    assert_eq!((&claims["email_verified"], &claims["shoe_size"]), (&json!(false), &json!(38)));
    assert_eq!(vipps.users().len(), 1);
}

#[tokio::test]
async fn no_address_is_one_of_empty_strings() {
    let vipps = open();
    vipps.add_user(User { addresses: Vec::new(), ..User::default() }).expect("a user");
    let claims = claims(&vipps, "openid address").await;
    let empty = json!({
        "address_type": "", "country": "", "formatted": "", "postal_code": "", "region": "", "street_address": "",
    });
    assert_eq!((&claims["address"], &claims["other_addresses"]), (&empty, &json!([])));
}

#[tokio::test]
async fn gender_is_not_in_the_test_environment() {
    let options = Options { mode: Mode::Test, merchants: vec![shop()], ..Options::default() };
    let vipps = Emulator::start(options).expect("an emulator");
    vipps.register_redirect_uri(&shop(), CALLBACK).expect("a good URI");
    vipps.add_user(User { gender: Some("female".to_owned()), ..User::default() }).expect("a user");
    assert_eq!(claims(&vipps, "openid gender").await.get("gender"), None);
}

#[tokio::test]
async fn consents_come_with_the_first_login_only() {
    let vipps = open();
    let token = token_for(&vipps, "openid delegatedConsents").await;
    for _ in 0..2 {
        let consents = &send(userinfo(&vipps, &token)).await.json()["delegatedConsents"];
        assert_eq!(consents["consents"][0]["accepted"], true, "each call of that login");
        assert_eq!(consents["timeOfConsent"], "2026-01-01T00:00:00Z");
    }
    assert_eq!(claims(&vipps, "openid delegatedConsents").await.get("delegatedConsents"), None);
}

#[tokio::test]
async fn a_new_number_keeps_the_sub_of_the_same_person() {
    let vipps = open();
    let before = claims(&vipps, "openid phoneNumber").await;
    vipps.remove_user(KARI);
    let moved = User { msisdn: "4711111111".to_owned(), person: Some(KARI.to_owned()), ..User::default() };
    vipps.add_user(moved).expect("a user");
    vipps.auto_approve("4711111111").expect("known");
    let url = authorize(&vipps, &auth_fields(&vipps).with("scope", "openid phoneNumber")).await;
    let code = answer(location(&url))["code"].clone();
    let body = send(Caller::merchant(&vipps).post(&vipps, LOGIN_TOKEN, &code_form(&code))).await.json();
    let after = send(userinfo(&vipps, text(&body["access_token"]))).await.json();
    assert_eq!(after["sub"], before["sub"]);
    assert_eq!((&before["phone_number"], &after["phone_number"]), (&json!(KARI), &json!("4711111111")));
}

#[tokio::test]
async fn a_subscription_key_is_a_401() {
    let vipps = open();
    let token = token_for(&vipps, "openid").await;
    let keys = vipps.partner_keys();
    unauthorized(&send(userinfo(&vipps, &token).header(KEY, &keys.subscription_key)).await);
    assert_eq!(refused_for(&vipps), [KEY]);
    assert_eq!(send(userinfo(&vipps, &token)).await.status, 200);
}

#[tokio::test]
async fn only_a_login_token_with_the_word_bearer_opens_it() {
    let vipps = open();
    let token = token_for(&vipps, "openid").await;
    let bare = get(&vipps, USERINFO);
    for request in [
        get(&vipps, USERINFO),
        bare.header("Authorization", &token),
        get(&vipps, USERINFO).basic_auth("a", Some("b")),
        userinfo(&vipps, "unknown"),
        userinfo(&vipps, &partner_token(&vipps).await),
    ] {
        unauthorized(&send(request).await);
        assert_eq!(refused_for(&vipps), ["Authorization"]);
    }
    assert!(last(&vipps).findings.iter().any(|finding| finding.text.contains("an API token")));
    let lower = get(&vipps, USERINFO).header("Authorization", format!("bearer {token}"));
    assert_eq!(send(lower.header(MSN, "123456")).await.status, 200);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["Authorization", MSN]);
}

#[tokio::test]
async fn a_login_token_opens_it_for_ten_minutes() {
    let vipps = open();
    let token = token_for(&vipps, "openid").await;
    vipps.advance(Duration::from_secs(599));
    assert_eq!(send(userinfo(&vipps, &token)).await.status, 200);
    vipps.advance(Duration::from_secs(1));
    unauthorized(&send(userinfo(&vipps, &token)).await);
}

#[tokio::test]
async fn a_login_token_can_be_revoked_or_of_the_other_environment() {
    let vipps = open();
    let token = token_for(&vipps, "openid").await;
    vipps.wrong_environment(true);
    unauthorized(&send(userinfo(&vipps, &token)).await);
    vipps.wrong_environment(false);
    vipps.revoke_tokens();
    unauthorized(&send(userinfo(&vipps, &token)).await);
}
