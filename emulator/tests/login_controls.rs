//! Login: what the controls do to it, and what the log must not show.

mod common;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::{login::*, *};
use serde_json::{Value, json};
use vipps_emulator::{Endpoint, ErrorShape, Failure, LoginStatus, ScriptedReply, User};

#[tokio::test]
async fn every_endpoint_can_fail_and_be_scripted() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    let post = |path| caller.post(&vipps, path, &ask_form());
    for (endpoint, path) in [
        (Endpoint::Authorize, AUTH),
        (Endpoint::LoginToken, LOGIN_TOKEN),
        (Endpoint::Userinfo, USERINFO),
        (Endpoint::Backchannel, BACKCHANNEL),
        (Endpoint::UserExists, USER_EXISTS),
    ] {
        vipps.fail_next(endpoint, 1, Failure::status(503, ErrorShape::OAuth).with_retry_after("7"));
        vipps.script(path, vec![ScriptedReply::new(418, [], "tea").expect("a reply")]);
        assert_eq!(send(post(path)).await.text, "tea", "{path}");
        let reply = send(post(path)).await;
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("7")), "{path}");
        assert_ne!(send(post(path)).await.status, 503, "{path}");
    }
    let wrong_method = send(post(USERINFO)).await;
    assert_eq!((wrong_method.apim().0, wrong_method.header("allow")), (405, Some("GET")));
}

#[tokio::test]
async fn a_lost_reply_uses_the_code_up() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    let form = code_form(&code(&vipps, &auth_fields(&vipps)).await);
    vipps.fail_next(Endpoint::LoginToken, 1, Failure::DropAfterReading);
    assert!(caller.post(&vipps, LOGIN_TOKEN, &form).send().await.is_err());
    assert_eq!(vipps.logins()[0].status, LoginStatus::Completed);
    let again = send(caller.post(&vipps, LOGIN_TOKEN, &form)).await;
    assert_eq!(again.oauth(), (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn id_tokens_can_be_bent_one_by_one() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    vipps.bend_next_id_token(|spec| spec.claim("msn", json!("654321")));
    vipps.bend_next_id_token(|spec| spec.nonce("another"));
    let mut seen = Vec::new();
    for _ in 0..3 {
        let body = logged_in(&vipps, &caller, &auth_fields(&vipps)).await;
        let claims = verified(&vipps, text(&body["id_token"])).await.expect("a good signature");
        seen.push((text(&claims["msn"]).to_owned(), text(&claims["nonce"]).to_owned()));
    }
    let expected = [("654321", NONCE), ("123456", "another"), ("123456", NONCE)];
    assert_eq!(seen, expected.map(|(msn, nonce)| (msn.to_owned(), nonce.to_owned())));
}

#[tokio::test]
async fn a_ping_names_the_request() {
    let vipps = open();
    let id = asked(&vipps, &Caller::merchant(&vipps), &ask_form()).await;
    assert_eq!(vipps.ping_body(&id).expect("a body"), json!({ "auth_req_id": id }).to_string());
    authorize(&vipps, &auth_fields(&vipps)).await;
    let browser = vipps.ping_body(&pending(&vipps).id).expect_err("no ping");
    assert_eq!(browser.kind(), std::io::ErrorKind::InvalidInput);
    assert_eq!(vipps.ping_body("nothing").expect_err("nothing").kind(), std::io::ErrorKind::NotFound);
}

#[tokio::test]
async fn a_revoked_consent_is_told_by_a_jwt_that_nobody_signed() {
    let vipps = open();
    let body = vipps.consent_revoked_body(&shop(), KARI).expect("a body");
    let [header, claims, ""] = body.split('.').collect::<Vec<_>>()[..] else { panic!("{body}") };
    let decode =
        |part| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON");
    assert_eq!(decode(header), json!({ "alg": "none", "typ": "JWT" }));
    let expected = json!({
        "exp": 1_767_229_200, "iat": 1_767_225_600, "nbf": 1_767_225_600,
        "sub": User::default().sub(&shop()), "event": "CONSENT_REVOKED",
    });
    assert_eq!(decode(claims), expected);
    assert!(vipps.consent_revoked_body(&shop(), "4700000000").is_err());
}

#[tokio::test]
async fn two_merchants_never_share_a_sub_or_a_claim() {
    let vipps = open();
    let other = msn("654321");
    let keys = vipps.add_merchant(&other);
    vipps.register_redirect_uri(&other, CALLBACK).expect("a good URI");
    let first = logged_in(&vipps, &Caller::merchant(&vipps), &auth_fields(&vipps)).await;
    let fields = auth_fields(&vipps).with("client_id", &keys.client_id);
    let second = logged_in(&vipps, &Caller::Merchant(keys.clone()), &fields).await;
    let claims = |body: &Value| text(&body["id_token"]).to_owned();
    let first = verified(&vipps, &claims(&first)).await.expect("a good signature");
    let second = verified(&vipps, &claims(&second)).await.expect("a good signature");
    assert_eq!((&first["msn"], &second["msn"]), (&json!("123456"), &json!("654321")));
    assert_eq!(second["aud"], json!([keys.client_id]));
    assert_ne!(first["sub"], second["sub"]);
}

#[tokio::test]
async fn no_secret_of_a_login_is_in_a_finding_or_in_debug() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    let Caller::Partner(api_token) = &caller else { panic!("a partner") };
    let code = code(&vipps, &auth_fields(&vipps)).await;
    let wrong = code_form(&code).with("code_verifier", &"v".repeat(50));
    send(caller.post(&vipps, LOGIN_TOKEN, &wrong)).await;
    let in_form = code_form(&code).with("client_id", "x").with("client_secret", "in-the-form");
    send(post_form(&vipps, LOGIN_TOKEN, &in_form)).await;
    let body = send(caller.post(&vipps, LOGIN_TOKEN, &code_form(&code))).await.json();
    let login_token = text(&body["access_token"]);
    send(userinfo(&vipps, login_token)).await;
    send(userinfo(&vipps, login_token).header(KEY, "a-key-in-vain")).await;
    let shown = format!("{:?} {:?}", vipps.requests(), vipps.logins());
    let secrets =
        [api_token, &code, login_token, text(&body["id_token"]), VERIFIER, "in-the-form", "a-key-in-vain", STATE];
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(vipps.requests().iter().all(|record| !record.findings.is_empty()));
}
