//! Whatever is swapped, replayed or mixed up, no claim reaches anybody it is not about.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use vipps_partner_auth::{Login, LoginRequest};

use crate::{
    scene::{At, CALLBACK, Decision, PHONE, Scene, assert_why, sha256, sub},
    support::{msn, partner_keys, partner_of},
};

async fn request(login: &Login) -> LoginRequest {
    login.start(&["openid", "name"]).await.expect("a request")
}

/// The same request with the verifier of another, and the challenge to it.
fn with_verifier_of(other: &LoginRequest, request: &LoginRequest) -> LoginRequest {
    let challenge = |request: &LoginRequest| BASE64_URL_SAFE_NO_PAD.encode(sha256(request.code_verifier()));
    let json = request.to_json().replace(request.code_verifier(), other.code_verifier());
    LoginRequest::from_json(&json.replace(&challenge(request), &challenge(other))).expect("well-formed")
}

#[tokio::test]
async fn a_state_in_any_other_form_is_refused() {
    let scene = Scene::new();
    let login = scene.login();
    let request = request(&login).await;
    let state = request.state().to_owned();
    let flipped = if state.starts_with('A') { "B" } else { "A" };
    let wrong = [
        String::new(),
        "&state=".to_owned(),
        "&state".to_owned(),
        format!("&State={state}"),
        format!("&state={}", &state[1..]),
        format!("&state={}", &state[..42]),
        format!("&state={state}A"),
        format!("&state={state}%00"),
        format!("&state=%20{state}"),
        format!("&state={state}+"),
        format!("&state={flipped}{}", &state[1..]),
        format!("&state={}", state.to_lowercase()),
        format!("&state={}", state.to_uppercase()),
        format!("&state={}", request.nonce()),
        format!("&state={}", request.code_verifier()),
        format!("&state={}", BASE64_URL_SAFE_NO_PAD.encode(&state)),
        format!("&state%3D{state}"),
        format!(";state={state}"),
        format!("#state={state}"),
        format!("?state={state}"),
        format!("&x=&amp;state={state}"),
    ];
    for suffix in &wrong {
        for code in ["code=code-1", "error=access_denied", ""] {
            let callback = format!("{CALLBACK}?{code}{suffix}");
            assert_why(&login.finish(&callback, &request).await, "login_failed", "state");
        }
    }
    for twice in
        [format!("&state={state}&state={state}"), format!("&state=x&state={state}"), format!("&state={state}&state=x")]
    {
        assert_why(&login.finish(&format!("{CALLBACK}?code=c{twice}"), &request).await, "login_failed", "callback");
    }
    let escaped = state.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    assert!(request.code(&format!("{CALLBACK}?code=c&state={escaped}")).is_ok());
    assert_eq!(scene.count(At::Exchange), 0);
}

#[tokio::test]
async fn a_callback_is_good_once() {
    let scene = Scene::new();
    let login = scene.login();
    let request = request(&login).await;
    let callback = scene.approve(&request);
    login.finish(&callback, &request).await.expect("a login");
    for _ in 0..2 {
        assert_why(&login.finish(&callback, &request).await, "login_failed", "invalid_grant");
    }
}

#[tokio::test]
async fn a_callback_that_is_handled_twice_at_once_makes_one_login() {
    let scene = Scene::new();
    let login = scene.login();
    let request = request(&login).await;
    let callback = scene.approve(&request);
    let (one, other) = tokio::join!(login.finish(&callback, &request), login.finish(&callback, &request));
    assert!(one.is_ok() != other.is_ok());
    assert_why(&one.and(other), "login_failed", "invalid_grant");
}

#[tokio::test]
async fn requests_swapped_between_two_browsers_are_noticed() {
    let scene = Scene::new();
    let login = scene.login();
    let (karis, olas) = (request(&login).await, request(&login).await);
    let (to_kari, to_ola) = (scene.approve_as("kari", &karis), scene.approve_as("ola", &olas));
    assert_why(&login.finish(&to_kari, &olas).await, "login_failed", "state");
    assert_why(&login.finish(&to_ola, &karis).await, "login_failed", "state");
    assert_eq!(scene.count(At::Exchange), 0);
    assert_eq!(sub(&login.finish(&to_kari, &karis).await.expect("a login")), "kari at 123456");
    assert_eq!(sub(&login.finish(&to_ola, &olas).await.expect("a login")), "ola at 123456");
}

#[tokio::test]
async fn an_injected_code_fails_by_the_verifier_and_by_the_nonce() {
    let scene = Scene::new();
    let login = scene.login();
    let (victims, attackers) = (request(&login).await, request(&login).await);
    let stolen = scene.approve_as("victim", &victims);
    let injected = stolen.replace(victims.state(), attackers.state());
    assert_why(&login.finish(&injected, &attackers).await, "login_failed", "invalid_grant");
    // Even with the victim's verifier the token answers another request.
    let forged = with_verifier_of(&victims, &attackers);
    assert_why(&login.finish(&injected, &forged).await, "invalid_id_token", "nonce");
}

#[tokio::test]
async fn two_merchants_at_once_never_see_each_others_people() {
    let scene = Scene::new();
    let partner = partner_of(partner_keys(), scene.config());
    let shops =
        ["123456", "654321"].map(|shop| partner.merchant(msn(shop)).login(CALLBACK).expect("a good redirect_uri"));
    let mut under_way = Vec::new();
    for number in 0..50 {
        for (login, shop) in shops.iter().zip(["123456", "654321"]) {
            let request = request(login).await;
            let person = format!("person {number}");
            under_way.push((
                login.clone(),
                scene.approve_as(&person, &request),
                request,
                format!("{person} at {shop}"),
            ));
        }
    }
    under_way.reverse();
    for chunk in under_way.chunks(2) {
        let [(of_one, to_one, one, _), (of_other, to_other, other, _)] = chunk else { panic!("pairs") };
        assert_why(&of_one.finish(to_other, other).await, "login_failed", "merchant");
        assert_why(&of_other.finish(to_one, one).await, "login_failed", "merchant");
        assert_why(&of_one.finish(to_other, one).await, "login_failed", "state");
    }
    assert_eq!(scene.count(At::Exchange), 0);
    let logins: Vec<_> = under_way
        .into_iter()
        .map(|(login, callback, request, expected)| {
            tokio::spawn(async move { (login.finish(&callback, &request).await, expected) })
        })
        .collect();
    for login in logins {
        let (result, expected) = login.await.expect("no panic");
        let result = result.expect("a login");
        assert_eq!((sub(&result), expected.ends_with(result.claims().msn().as_str())), (&*expected, true));
    }
}

#[tokio::test]
async fn a_code_of_one_merchant_brought_to_the_other_is_refused() {
    let scene = Scene::new();
    let partner = partner_of(partner_keys(), scene.config());
    let [one, other] = ["123456", "654321"].map(|shop| partner.merchant(msn(shop)).login(CALLBACK).expect("good"));
    let (of_one, of_other) = (request(&one).await, request(&other).await);
    let callback = scene.approve(&of_other).replace(of_other.state(), of_one.state());
    assert_why(&one.finish(&callback, &of_one).await, "login_failed", "invalid_grant");
    // A service that forgets to ask whose code it is still gets nobody in.
    scene.bend(|token| token.with("msn", "654321"));
    let callback = scene.approve(&of_one);
    assert_why(&one.finish(&callback, &of_one).await, "invalid_id_token", "msn");
}

#[tokio::test]
async fn another_address_is_noticed_at_every_step() {
    let scene = Scene::new();
    let login = scene.login();
    let request = request(&login).await;
    let callback = scene.approve(&request);
    for other in [
        "https://shop.example/callback/",
        "https://shop.example/Callback",
        "https://shop.example:444/callback",
        "https://shop.example.evil/callback",
        "https://evil.example/callback",
        "http://shop.example/callback",
        "//evil.example/callback",
        "callback",
    ] {
        let moved = callback.replace(CALLBACK, other);
        assert_why(&login.finish(&moved, &request).await, "login_failed", "redirect_uri");
    }
    let partner = partner_of(partner_keys(), scene.config());
    let elsewhere = partner.merchant(msn("123456")).login("https://shop.example/other").expect("a good redirect_uri");
    assert_why(&elsewhere.finish(&callback, &request).await, "login_failed", "redirect_uri");
    assert_eq!(scene.count(At::Exchange), 0);
}

#[tokio::test]
async fn an_answer_that_names_another_issuer_is_refused() {
    let scene = Scene::new();
    let login = scene.login();
    let request = request(&login).await;
    let callback = scene.approve(&request);
    for issuer in [
        "",
        "https://api.vipps.no",
        "https://apitest.vipps.no/access-management-1.0/access/",
        "https://api.vipps.no/access-management-1.0/access",
    ] {
        let named = format!("{callback}&iss={issuer}");
        assert_why(&login.finish(&named, &request).await, "login_failed", "issuer");
    }
    let named = format!("{callback}&iss=https%3A%2F%2Fapi.vipps.no%2Faccess-management-1.0%2Faccess%2F");
    login.finish(&named, &request).await.expect("a login");
}

#[tokio::test]
async fn two_people_at_the_till_are_not_mixed_up() {
    let scene = Scene::new();
    let phone = scene.phone();
    let kari = phone.start(PHONE, &["openid"]).await.expect("a login");
    let ola = phone.start("urn:msisdn:4798765432", &["openid"]).await.expect("a login");
    scene.decide(&ola, Decision::Approved);
    assert_eq!(phone.poll(&kari).await, Ok(None));
    let result = phone.poll(&ola).await.expect("an answer").expect("a decision");
    assert_eq!(sub(&result), "urn:msisdn:4798765432 at 123456");
    let mut swapped: Value = serde_json::from_str(&kari.to_json()).expect("json");
    swapped["auth_req_id"] = json!(ola.auth_req_id());
    let (kari, swapped) =
        (kari, vipps_partner_auth::PendingLogin::from_json(&swapped.to_string()).expect("well-formed"));
    assert_ne!(kari, swapped);
    scene.decide(&ola, Decision::Approved);
    scene.world.pass(std::time::Duration::from_secs(5)).await;
    assert_why(&scene.phone().poll(&swapped).await, "invalid_id_token", "nonce");
}
