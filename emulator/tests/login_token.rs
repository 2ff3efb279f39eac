//! The code exchange of the browser flow, as partner and as merchant.

mod common;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::{login::*, *};
use jsonwebtoken::{Algorithm, decode_header};
use serde_json::json;
use vipps_emulator::{Emulator, LoginAuthMethod, LoginStatus, TokenKind, User, Verdict};

async fn exchanged(vipps: &Emulator, caller: &Caller, fields: &Fields) -> Reply {
    send(caller.post(vipps, LOGIN_TOKEN, fields)).await
}

/// `invalid_client`, the status and the text that lists the causes.
fn invalid_client(vipps: &Emulator, reply: &Reply) -> String {
    assert_eq!(reply.oauth(), (401, "invalid_client".to_owned()), "{}", reply.text);
    assert!(reply.header("www-authenticate").is_some());
    let description = text(&reply.json()["error_description"]).to_owned();
    let causes = "unknown client, no client authentication included, or unsupported authentication method";
    assert!(description.contains(causes), "{description}");
    assert_eq!(refused_for(vipps), ["Authorization"]);
    description
}

#[tokio::test]
async fn partner_and_merchant_get_the_same_login() {
    let vipps = open();
    for caller in [Caller::partner(&vipps).await, Caller::merchant(&vipps)] {
        let body = logged_in(&vipps, &caller, &auth_fields(&vipps)).await;
        let names: Vec<_> = body.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(names, ["access_token", "expires_in", "id_token", "scope", "token_type"]);
        assert_eq!((&body["expires_in"], &body["token_type"]), (&json!(3599), &json!("bearer")));
        assert_eq!(body["scope"], "openid name");
        let parts: Vec<_> = text(&body["access_token"]).split('.').collect();
        assert_eq!(parts.len(), 2);
        assert!(parts.iter().all(|part| URL_SAFE_NO_PAD.decode(part).is_ok()));
        assert_eq!(vipps.logins().pop().map(|login| login.status), Some(LoginStatus::Completed));
    }
}

#[tokio::test]
async fn the_id_token_is_that_of_the_browser_flow() {
    let vipps = open();
    let fields = auth_fields(&vipps).with("acr_values", "urn:vipps:acr:app_auth").with("scope", "openid email");
    authorize(&vipps, &fields).await;
    vipps.advance(Duration::from_secs(30));
    let url = vipps.approve(&pending(&vipps).id, KARI).expect("a decision").expect("a URL");
    vipps.advance(Duration::from_secs(20));
    let caller = Caller::partner(&vipps).await;
    let reply = exchanged(&vipps, &caller, &code_form(&answer(&url)["code"])).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")));
    let body = reply.json();
    let jwt = text(&body["id_token"]);
    assert_eq!(decode_header(jwt).expect("a header").alg, Algorithm::RS256);
    let claims = verified(&vipps, jwt).await.expect("a good signature");
    assert_eq!(claims["iss"], format!("{}/access-management-1.0/access/", vipps.base_url()));
    assert_eq!((&claims["aud"], &claims["msn"]), (&json!([unit(&vipps).client_id]), &json!("123456")));
    assert_eq!((&claims["nonce"], &claims["acr"]), (&json!(NONCE), &json!("urn:vipps:acr:app_auth")));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1_767_225_650), &json!(1_767_229_250)));
    assert_eq!((&claims["auth_time"], &claims["rat"]), (&json!(1_767_225_630), &json!(1_767_225_600)));
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!("kari@example.test"), &json!(true)));
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text(&body["access_token"]).as_bytes());
    assert_eq!(claims["at_hash"], URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]));
    assert_eq!(claims["sub"], User::default().sub(&shop()));
    for name in ["jti", "sid"] {
        assert_eq!(text(&claims[name]).len(), 36, "{name}");
    }
}

#[tokio::test]
async fn without_a_nonce_the_claim_is_empty_and_without_acr_there_is_none() {
    let vipps = open();
    let body = logged_in(&vipps, &Caller::merchant(&vipps), &auth_fields(&vipps).without("nonce")).await;
    let claims = verified(&vipps, text(&body["id_token"])).await.expect("a good signature");
    assert_eq!((&claims["nonce"], claims.get("acr"), claims.get("email")), (&json!(""), None, None));
}

#[tokio::test]
async fn a_code_works_once() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    let form = code_form(&code(&vipps, &auth_fields(&vipps)).await);
    assert_eq!(exchanged(&vipps, &caller, &form).await.status, 200);
    assert_eq!(exchanged(&vipps, &caller, &form).await.oauth(), (400, "invalid_grant".to_owned()));
    assert_eq!(refused_for(&vipps), ["code"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_exchanges_at_once_one_succeeds() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    let form = code_form(&code(&vipps, &auth_fields(&vipps)).await);
    let exchanges = (0..8).map(|_| tokio::spawn(send(caller.post(&vipps, LOGIN_TOKEN, &form)))).collect::<Vec<_>>();
    let mut statuses = Vec::new();
    for exchange in exchanges {
        statuses.push(exchange.await.expect("a reply").status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400, 400, 400, 400, 400, 400]);
}

#[tokio::test]
async fn a_code_lives_two_minutes() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    for (age, status) in [(119, 200), (120, 400)] {
        let form = code_form(&code(&vipps, &auth_fields(&vipps)).await);
        vipps.advance(Duration::from_secs(age));
        assert_eq!(exchanged(&vipps, &caller, &form).await.status, status, "{age}");
    }
    assert_eq!(vipps.logins().pop().map(|login| login.status), Some(LoginStatus::Expired));
}

#[tokio::test]
async fn what_does_not_fit_is_an_invalid_grant_and_leaves_the_code_alone() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    let good = code_form(&code(&vipps, &auth_fields(&vipps)).await);
    let wrong = [
        (good.clone().with("code", "unknown"), "code"),
        (good.clone().with("redirect_uri", "https://shop.example/callback/"), "redirect_uri"),
        (good.clone().without("redirect_uri"), "redirect_uri"),
        (good.clone().without("code_verifier"), "code_verifier"),
        (good.clone().with("code_verifier", &"a".repeat(43)), "code_verifier"),
        (good.clone().with("code_verifier", "short"), "code_verifier"),
        (good.clone().with("code_verifier", CHALLENGE), "code_verifier"),
        (good.clone().with("grant_type", CIBA_REDIRECT), "grant_type"),
    ];
    for (form, about) in wrong {
        let reply = exchanged(&vipps, &caller, &form).await;
        assert_eq!(reply.oauth(), (400, "invalid_grant".to_owned()), "{form:?}");
        assert_eq!(refused_for(&vipps), [about], "{form:?}");
    }
    assert_eq!(exchanged(&vipps, &caller, &good).await.status, 200);
}

#[tokio::test]
async fn a_verifier_needs_a_challenge() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    let plain = auth_fields(&vipps).without("code_challenge").without("code_challenge_method");
    let form = code_form(&code(&vipps, &plain).await);
    assert_eq!(exchanged(&vipps, &caller, &form).await.oauth().1, "invalid_grant");
    assert_eq!(exchanged(&vipps, &caller, &form.without("code_verifier")).await.status, 200);
}

#[tokio::test]
async fn a_code_of_one_merchant_is_no_good_for_another() {
    let vipps = open();
    let other = msn("654321");
    let other_keys = vipps.add_merchant(&other);
    vipps.register_redirect_uri(&other, CALLBACK).expect("a good URI");
    let form = code_form(&code(&vipps, &auth_fields(&vipps)).await);
    let token = partner_token(&vipps).await;
    let as_other = || post_form(&vipps, LOGIN_TOKEN, &form).bearer_auth(&token).header(MSN, "654321");
    for request in [as_other(), Caller::Merchant(other_keys).post(&vipps, LOGIN_TOKEN, &form)] {
        assert_eq!(send(request).await.oauth(), (400, "invalid_grant".to_owned()));
        assert_eq!(refused_for(&vipps), ["code"]);
    }
    assert_eq!(exchanged(&vipps, &Caller::Partner(token.clone()), &form).await.status, 200);
    let other_fields = auth_fields(&vipps).without("client_id").with("msn", "654321");
    let redirect = authorize(&vipps, &other_fields).await;
    assert_eq!(send(client().get(location(&redirect))).await.status, 200);
    assert_eq!(pending(&vipps).msn, other);
}

#[tokio::test]
async fn grants_and_fields_that_are_missing_or_unknown() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    let good = code_form("any");
    for (form, error, about) in [
        (good.clone().without("grant_type"), "invalid_request", "grant_type"),
        (good.clone().with("grant_type", "refresh_token"), "unsupported_grant_type", "grant_type"),
        (good.clone().with("grant_type", "client_credentials"), "unsupported_grant_type", "grant_type"),
        (good.clone().without("code"), "invalid_request", "code"),
        (good.clone().with("code", ""), "invalid_request", "code"),
    ] {
        assert_eq!(exchanged(&vipps, &caller, &form).await.oauth(), (400, error.to_owned()), "{form:?}");
        assert_eq!(refused_for(&vipps), [about]);
    }
    let twice = caller.post(&vipps, LOGIN_TOKEN, &good).body(format!("{}&code=x", good.encoded()));
    assert_eq!(send(twice).await.oauth(), (400, "invalid_request".to_owned()));
    let json = client().post(format!("{}{LOGIN_TOKEN}", vipps.base_url())).header("Content-Type", "application/json");
    let Caller::Partner(token) = &caller else { panic!("a partner") };
    let reply = send(with_system(json.bearer_auth(token).header(MSN, "123456")).body(good.encoded())).await;
    assert_eq!((reply.oauth().1.as_str(), refused_for(&vipps)), ("invalid_request", vec!["grant_type"]));
    assert!(about(&last(&vipps), Verdict::Tolerated).contains(&"Content-Type"));
}

#[tokio::test]
async fn a_partner_names_a_merchant_that_is_connected() {
    let vipps = open();
    let token = partner_token(&vipps).await;
    let form = code_form(&code(&vipps, &auth_fields(&vipps)).await);
    let request = || post_form(&vipps, LOGIN_TOKEN, &form).bearer_auth(&token);
    let missing = "Invalid MSN: This MSN is not valid for the provided supermerchant ID.";
    assert_eq!(send(request()).await.apim(), (403, missing.to_owned()));
    let other = "Invalid MSN: 654321. This MSN is not valid for the provided supermerchant ID.";
    assert_eq!(send(request().header(MSN, "654321")).await.apim(), (403, other.to_owned()));
    assert_eq!(refused_for(&vipps), [MSN]);
    vipps.disconnect_merchant(&shop());
    assert_eq!(send(request().header(MSN, "123456")).await.apim().0, 403);
    vipps.add_merchant(&shop());
    vipps.deactivate_merchant(&shop());
    assert_eq!(send(request().header(MSN, "123456")).await.json()[0]["errorCode"], "37");
}

#[tokio::test]
async fn a_partners_token_must_be_good_and_a_partners() {
    let vipps = open();
    let form = code_form("any");
    let request = |token: &str| post_form(&vipps, LOGIN_TOKEN, &form).bearer_auth(token).header(MSN, "123456");
    let own = token(&vipps, &unit(&vipps)).await;
    for token in ["unknown", &own, &specialized_token(&vipps).await] {
        invalid_client(&vipps, &send(request(token)).await);
    }
    let partner = partner_token(&vipps).await;
    let bare = post_form(&vipps, LOGIN_TOKEN, &form).header("Authorization", &partner).header(MSN, "123456");
    assert!(invalid_client(&vipps, &send(bare).await).contains("the word Bearer is missing"));
    let lower = post_form(&vipps, LOGIN_TOKEN, &form).header("Authorization", format!("bearer {partner}"));
    assert_eq!(send(lower.header(MSN, "123456")).await.oauth().1, "invalid_grant");
    assert!(about(&last(&vipps), Verdict::Tolerated).contains(&"Authorization"));
    vipps.advance(Duration::from_secs(86_398));
    assert!(invalid_client(&vipps, &send(request(&partner)).await).contains("expired"));
    let partner = partner_token(&vipps).await;
    vipps.revoke_tokens();
    invalid_client(&vipps, &send(request(&partner)).await);
    let partner = partner_token(&vipps).await;
    vipps.login_auth_method(&shop(), LoginAuthMethod::Post).expect("known");
    assert!(invalid_client(&vipps, &send(request(&partner)).await).contains("client_secret_post"));
}

#[tokio::test]
async fn basic_is_taken_raw_and_form_encoded_and_the_log_says_which() {
    let vipps = open();
    let keys = unit(&vipps);
    let form = code_form("any");
    let raw = post_form(&vipps, LOGIN_TOKEN, &form).basic_auth(&keys.client_id, Some(&keys.client_secret));
    assert_eq!(send(raw).await.oauth().1, "invalid_grant");
    let record = last(&vipps);
    assert_eq!(about(&record, Verdict::Tolerated), ["Authorization", MSN]);
    assert_eq!(exchanged(&vipps, &Caller::merchant(&vipps), &form).await.oauth().1, "invalid_grant");
    let record = last(&vipps);
    assert_eq!(about(&record, Verdict::Right), ["Authorization", "Vipps-System-*"]);
    assert!(record.findings[0].text.contains("form-encoded"), "{record:?}");
}

#[tokio::test]
async fn only_the_chosen_method_works() {
    let vipps = open();
    let keys = unit(&vipps);
    let basic = Caller::merchant(&vipps);
    let form = code_form(&code(&vipps, &auth_fields(&vipps)).await);
    let in_form = form.clone().with("client_id", &keys.client_id).with("client_secret", &keys.client_secret);
    let post = || post_form(&vipps, LOGIN_TOKEN, &in_form);
    assert!(invalid_client(&vipps, &send(post()).await).contains("set to client_secret_basic"));
    vipps.login_auth_method(&shop(), LoginAuthMethod::Post).expect("known");
    assert!(invalid_client(&vipps, &exchanged(&vipps, &basic, &form).await).contains("set to client_secret_post"));
    let wrong = post_form(&vipps, LOGIN_TOKEN, &in_form.clone().with("client_secret", "wrong"));
    invalid_client(&vipps, &send(wrong).await);
    assert_eq!(send(post()).await.status, 200);
}

#[tokio::test]
async fn wrong_credentials_are_invalid_client() {
    let vipps = open();
    let (keys, partner) = (unit(&vipps), vipps.partner_keys());
    let form = code_form("any");
    let request = || post_form(&vipps, LOGIN_TOKEN, &form);
    let partner_in_form =
        form.clone().with("client_id", &partner.client_id).with("client_secret", &partner.client_secret);
    for (request, why) in [
        (request(), "no client authentication included"),
        (request().basic_auth(&keys.client_id, Some("wrong")), "wrong client_secret"),
        (request().basic_auth("nobody", Some(&keys.client_secret)), "Here: unknown client"),
        (request().header("Authorization", "Basic ***"), "padded base64"),
        (request().basic_auth(&partner.client_id, Some(&partner.client_secret)), "send Bearer and the MSN"),
        (post_form(&vipps, LOGIN_TOKEN, &partner_in_form), "send Bearer and the MSN"),
    ] {
        let description = invalid_client(&vipps, &send(request).await);
        assert!(description.contains(why), "{description}");
    }
    vipps.wrong_environment(true);
    let reply = exchanged(&vipps, &Caller::merchant(&vipps), &form).await;
    assert!(invalid_client(&vipps, &reply).contains("other environment"));
}

#[tokio::test]
async fn two_ways_to_authenticate_are_one_too_many() {
    let vipps = open();
    let form = code_form("any").with("client_secret", "x");
    for caller in [Caller::partner(&vipps).await, Caller::merchant(&vipps)] {
        assert_eq!(exchanged(&vipps, &caller, &form).await.oauth(), (400, "invalid_request".to_owned()));
        assert_eq!(refused_for(&vipps), ["client_secret"]);
    }
}

#[tokio::test]
async fn a_merchant_may_name_itself_and_nobody_else() {
    let vipps = open();
    let form = code_form("any");
    let request = |msn| Caller::merchant(&vipps).post(&vipps, LOGIN_TOKEN, &form).header(MSN, msn);
    assert_eq!(send(request("123456")).await.oauth().1, "invalid_grant");
    assert_eq!(about(&last(&vipps), Verdict::Right), ["Authorization", MSN, "Vipps-System-*"]);
    assert_eq!(send(request("654321")).await.apim().0, 401);
    assert_eq!(refused_for(&vipps), [MSN]);
}

#[tokio::test]
async fn what_does_not_belong_is_reported() {
    let vipps = open();
    vipps.forgiving(true);
    let form = code_form(&code(&vipps, &auth_fields(&vipps)).await).with("client_id", "x");
    let request = Caller::partner(&vipps).await.post(&vipps, &format!("{LOGIN_TOKEN}?a=b"), &form).header(KEY, "y");
    assert_eq!(send(request).await.status, 200);
    let record = last(&vipps);
    assert_eq!(about(&record, Verdict::Tolerated), ["client_id", KEY, "query"]);
    let right = ["Authorization", MSN, "Vipps-System-*", "code_verifier", "code"];
    assert_eq!(about(&record, Verdict::Right), right);
}

#[tokio::test]
async fn the_life_of_a_login_token_can_be_set() {
    let vipps = open();
    vipps.token_lifetime(TokenKind::Login, Duration::from_secs(60));
    let body = logged_in(&vipps, &Caller::merchant(&vipps), &auth_fields(&vipps)).await;
    assert_eq!(body["expires_in"], 60);
    let token = text(&body["access_token"]);
    vipps.advance(Duration::from_secs(59));
    assert_eq!(send(userinfo(&vipps, token)).await.status, 200);
    vipps.advance(Duration::from_secs(1));
    assert_eq!(send(userinfo(&vipps, token)).await.status, 401);
}
