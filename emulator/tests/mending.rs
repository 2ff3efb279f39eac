//! Whoever is refused is told what to do about it.

mod common;

use common::{login::*, *};
use reqwest::RequestBuilder;
use vipps_emulator::{Emulator, LoginAuthMethod, ScopeOutsidePlan, Verdict};

/// What a text that mends something says.
const ADVICE: [&str; 17] = [
    "send",
    "leave",
    "check",
    "must",
    "start",
    "wait",
    "use ",
    "ask ",
    "copy",
    "write",
    "fetch",
    "at least",
    "belongs",
    "belong",
    "join",
    "takes",
    "encode each",
];

async fn refused(vipps: &Emulator, request: RequestBuilder) {
    let reply = send(request).await;
    let record = last(vipps);
    let texts: Vec<_> = record.findings_of(Verdict::Refused).map(|finding| finding.text.to_string()).collect();
    assert_eq!(texts.len(), 1, "{} {} {}", record.path, reply.status, reply.text);
    assert!(
        ADVICE.iter().any(|word| texts[0].to_lowercase().contains(word)),
        "{} {}: {texts:?}",
        record.path,
        reply.text
    );
}

#[tokio::test]
async fn at_the_token_endpoints_and_the_apis() {
    let vipps = open();
    let (keys, own) = (vipps.partner_keys(), unit(&vipps));
    let good = || token_request(&vipps, &keys);
    refused(&vipps, get(&vipps, "/nowhere")).await;
    refused(&vipps, get(&vipps, TOKEN)).await;
    refused(&vipps, post(&vipps, MIAMI).body("x".repeat(1024 * 1024 + 1))).await;
    refused(&vipps, post(&vipps, TOKEN)).await;
    refused(&vipps, post(&vipps, TOKEN).header(KEY, "unknown")).await;
    refused(&vipps, good().header("Origin", "https://shop.example")).await;
    refused(&vipps, good().header("Psp-Id", "1")).await;
    refused(&vipps, post(&vipps, TOKEN).header(KEY, &keys.subscription_key)).await;
    let mixed = vipps_emulator::Keys { subscription_key: own.subscription_key.clone(), ..keys.clone() };
    refused(&vipps, token_request(&vipps, &mixed)).await;
    for (id, secret) in [("unknown", Some("x")), (keys.client_id.as_str(), Some("x")), (keys.client_id.as_str(), None)]
    {
        let request = post(&vipps, TOKEN).header(KEY, &keys.subscription_key).header("client_id", id);
        refused(&vipps, secret.into_iter().fold(request, |request, secret| request.header("client_secret", secret)))
            .await;
    }
    vipps.check_msn_on_token(true);
    refused(&vipps, good().header(MSN, "999999")).await;
    refused(&vipps, token_request(&vipps, &own).header(MSN, "999999")).await;
    vipps.check_msn_on_token(false);
    for form in ["", "grant_type=x", "grant_type=client_credentials&scope=x", "a=1&a=2"] {
        refused(&vipps, miami_request(&vipps, form)).await;
    }
    refused(&vipps, miami_request(&vipps, "").header(KEY, "x")).await;
    refused(&vipps, post(&vipps, MIAMI)).await;
    for wrong in ["Basic x", "Basic eDp5", "Bearer x"] {
        refused(&vipps, post(&vipps, MIAMI).header("Authorization", wrong)).await;
    }
    let payments = || get(&vipps, PAYMENTS).header(KEY, &keys.subscription_key);
    for wrong in ["", "token", "Basic x", "Bearer x", "Bearer  x"] {
        refused(&vipps, payments().header("Authorization", wrong)).await;
    }
    let (token, special) = (partner_token(&vipps).await, specialized_token(&vipps).await);
    refused(&vipps, payments().bearer_auth(&special)).await;
    refused(&vipps, payments().bearer_auth(&token)).await;
    refused(&vipps, payments().bearer_auth(&token).header(MSN, "999999")).await;
    refused(&vipps, get(&vipps, LEDGERS).bearer_auth(&special).header(KEY, "x")).await;
    refused(&vipps, get(&vipps, LEDGERS).bearer_auth(&token)).await;
    vipps.deactivate_merchant(&shop());
    refused(&vipps, payments().bearer_auth(&token).header(MSN, "123456")).await;
    vipps.revoke_tokens();
    refused(&vipps, payments().bearer_auth(&token)).await;
    vipps.wrong_environment(true);
    refused(&vipps, payments().bearer_auth(&token)).await;
    refused(&vipps, miami_request(&vipps, "grant_type=client_credentials")).await;
}

#[tokio::test]
async fn at_the_start_in_the_browser() {
    let vipps = open();
    vipps.scopes_outside_plan(ScopeOutsidePlan::Refused);
    let good = auth_fields(&vipps);
    let app = good.clone().with("requested_flow", "app_to_app_v2");
    let cases = [
        good.clone().without("client_id"),
        good.clone().with("client_id", "unknown"),
        good.clone().with("client_id", &vipps.partner_keys().client_id),
        good.clone().with("msn", "999999"),
        good.clone().without("redirect_uri"),
        good.clone().with("redirect_uri", "https://shop.example/other"),
        good.clone().with("state", &"s".repeat(1_000)),
        good.clone().with("nonce", &"n".repeat(2_000)),
        good.clone().without("response_type"),
        good.clone().with("response_type", "token"),
        good.clone().with("response_mode", "fragment"),
        good.clone().with("prompt", "none"),
        good.clone().with("scope", "name"),
        good.clone().with("scope", "openid offline"),
        good.clone().with("scope", "openid unknown"),
        good.clone().without("state"),
        good.clone().with("state", "short"),
        good.clone().without("code_challenge"),
        good.clone().without("code_challenge_method"),
        good.clone().with("code_challenge_method", "plain"),
        good.clone().with("code_challenge", "short"),
        good.clone().with("requested_flow", "unknown"),
        app.clone().without("code_challenge").without("code_challenge_method"),
        app.clone().with("app_callback_uri", "no-uri"),
        app.with("app_callback_uri", "myapp://unknown"),
        good.clone().with("final_redirect_is_app", "x"),
        good.clone().with("market", "x"),
        good.clone().with("acr_values", "x"),
    ];
    for fields in cases {
        refused(&vipps, get(&vipps, &format!("{AUTH}?{}", fields.encoded()))).await;
    }
    for twice in ["nonce=x", "redirect_uri=x"] {
        refused(&vipps, get(&vipps, &format!("{AUTH}?{}&{twice}", good.encoded()))).await;
    }
}

#[tokio::test]
async fn at_logins_token_endpoint_and_at_userinfo() {
    let vipps = open();
    let (partner, merchant) = (Caller::partner(&vipps).await, Caller::merchant(&vipps));
    let post = |fields: &Fields| partner.post(&vipps, LOGIN_TOKEN, fields);
    let plain = |fields: &Fields| post_form(&vipps, LOGIN_TOKEN, fields);
    let keys = vipps.partner_keys();
    let in_form = Fields::new(&[("client_id", "x"), ("client_secret", "y")]);
    refused(&vipps, plain(&in_form)).await;
    refused(&vipps, plain(&in_form.clone().with("client_id", &unit(&vipps).client_id))).await;
    refused(&vipps, post(&in_form)).await;
    refused(&vipps, plain(&Fields::new(&[]))).await;
    refused(&vipps, plain(&Fields::new(&[])).header("Authorization", "Basic x")).await;
    refused(&vipps, plain(&Fields::new(&[])).basic_auth("unknown", Some("x"))).await;
    refused(&vipps, plain(&Fields::new(&[])).basic_auth(unit(&vipps).client_id, Some("x"))).await;
    refused(&vipps, plain(&Fields::new(&[])).basic_auth(&keys.client_id, Some(&keys.client_secret))).await;
    refused(&vipps, plain(&Fields::new(&[])).bearer_auth(specialized_token(&vipps).await)).await;
    refused(&vipps, plain(&Fields::new(&[])).bearer_auth(token(&vipps, &unit(&vipps)).await)).await;
    refused(&vipps, plain(&Fields::new(&[])).bearer_auth(partner_token(&vipps).await)).await;
    let code = code(&vipps, &auth_fields(&vipps)).await;
    let good = code_form(&code);
    let cases = [
        good.clone().without("grant_type"),
        good.clone().with("grant_type", "password"),
        good.clone().without("code"),
        good.clone().with("code", "unknown"),
        good.clone().with("grant_type", CIBA_REDIRECT),
        good.clone().without("redirect_uri"),
        good.clone().with("redirect_uri", "https://shop.example/other"),
        good.clone().without("code_verifier"),
        good.clone().with("code_verifier", "short"),
        good.clone().with("code_verifier", &"v".repeat(50)),
        poll_form(""),
        poll_form("unknown"),
        poll_form(&vipps.logins()[0].id),
    ];
    for fields in &cases {
        refused(&vipps, post(fields)).await;
    }
    refused(&vipps, post(&good).body(format!("{}&code=x", good.encoded()))).await;
    let other = vipps.add_merchant(&msn("654321"));
    refused(&vipps, Caller::Merchant(other).post(&vipps, LOGIN_TOKEN, &good)).await;
    let login_token = text(&send(post(&good)).await.json()["access_token"]).to_owned();
    refused(&vipps, post(&good)).await;
    refused(&vipps, userinfo(&vipps, &login_token).header(KEY, "x")).await;
    refused(&vipps, userinfo(&vipps, "unknown")).await;
    refused(&vipps, userinfo(&vipps, &partner_token(&vipps).await)).await;
    refused(&vipps, get(&vipps, USERINFO)).await;
    vipps.advance(std::time::Duration::from_secs(601));
    refused(&vipps, userinfo(&vipps, &login_token)).await;
    refused(&vipps, post(&code_form(&expired_code(&vipps).await))).await;
    vipps.login_auth_method(&shop(), LoginAuthMethod::Post).expect("known");
    refused(&vipps, post(&good)).await;
    refused(&vipps, merchant.post(&vipps, LOGIN_TOKEN, &good)).await;
    vipps.revoke_tokens();
    refused(&vipps, userinfo(&vipps, &login_token)).await;
    vipps.wrong_environment(true);
    refused(&vipps, userinfo(&vipps, &login_token)).await;
    refused(&vipps, merchant.post(&vipps, LOGIN_TOKEN, &good)).await;
}

async fn expired_code(vipps: &Emulator) -> String {
    let code = code(vipps, &auth_fields(vipps)).await;
    vipps.advance(std::time::Duration::from_secs(121));
    code
}

#[tokio::test]
async fn at_the_start_by_phone_number() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    let good = ask_form();
    let to_page = good.clone().with("requested_flow", "login_to_webpage");
    let cases = [
        good.clone().without("login_hint"),
        good.clone().with("login_hint", "4791234567"),
        good.clone().with("login_hint", "urn:msisdn:4700000000"),
        good.clone().without("scope"),
        good.clone().with("scope", "nnin"),
        to_page.clone(),
        to_page.clone().with("redirect_uri", "https://shop.example/other"),
        to_page.with("redirect_uri", CALLBACK).with("scope", "name"),
        good.clone().with("requested_flow", "other"),
        good.clone().with("binding_message", "lower"),
        good.clone().with("requested_expiry", "5"),
    ];
    for fields in cases {
        refused(&vipps, caller.post(&vipps, BACKCHANNEL, &fields)).await;
    }
    let id = asked(&vipps, &caller, &good).await;
    send(caller.post(&vipps, LOGIN_TOKEN, &poll_form(&id))).await;
    refused(&vipps, caller.post(&vipps, LOGIN_TOKEN, &poll_form(&id))).await;
    vipps.backchannel_limit(1);
    refused(&vipps, caller.post(&vipps, BACKCHANNEL, &good)).await;
    for app in [vipps_emulator::App::Outdated, vipps_emulator::App::Inactive] {
        vipps.add_user(vipps_emulator::User { app, ..vipps_emulator::User::default() }).expect("a good number");
        refused(&vipps, caller.post(&vipps, BACKCHANNEL, &good)).await;
    }
}
