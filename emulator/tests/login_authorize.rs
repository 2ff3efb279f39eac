//! `GET …/oauth2/auth`: the partner's redirect, everything that is refused, and the person's decision.

mod common;

use std::time::Duration;

use common::{login::*, *};
use reqwest::Url;
use vipps_emulator::{App, LoginKind, LoginStatus, ScopeOutsidePlan, User, Verdict};

fn partner_fields(vipps: &vipps_emulator::Emulator) -> Fields {
    auth_fields(vipps).without("client_id").with("msn", "123456")
}

/// An error page, from which nothing goes back.
async fn refused_with_a_page(vipps: &vipps_emulator::Emulator, fields: &Fields, about: &str) {
    let reply = authorize(vipps, fields).await;
    let status = if about == "msn" { 401 } else { 400 };
    assert_eq!((reply.status, reply.header("location")), (status, None), "{fields:?}");
    assert_eq!(reply.header("content-type"), Some("text/html;charset=UTF-8"));
    assert_eq!(refused_for(vipps), [about]);
    assert!(vipps.logins().is_empty());
}

#[tokio::test]
async fn an_msn_becomes_a_client_id_and_every_other_byte_stays() {
    let vipps = open();
    let before = "response_type=code&scope=openid%20name&odd=%2f%2F&&x&state=fixture-state-000001";
    let after = "redirect_uri=https%3A%2F%2Fshop.example%2Fcallback&y=a%3db";
    let reply = send(get(&vipps, &format!("{AUTH}?{before}&msn=123456&{after}"))).await;
    let client_id = unit(&vipps).client_id;
    let expected = format!("{}{AUTH}?{before}&client_id={client_id}&{after}", vipps.base_url());
    assert_eq!((reply.status, location(&reply)), (302, expected.as_str()));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(about(&last(&vipps), Verdict::Right), ["msn"]);
    assert!(vipps.logins().is_empty(), "nobody is asked yet");
}

#[tokio::test]
async fn an_msn_wins_over_a_client_id() {
    let vipps = open();
    let reply = authorize(&vipps, &auth_fields(&vipps).with("client_id", "wrong").with("msn", "123456")).await;
    let url = Url::parse(location(&reply)).expect("a URL");
    let ids: Vec<_> = url.query_pairs().filter(|(name, _)| name == "client_id" || name == "msn").collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(ids[0].1, unit(&vipps).client_id);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["client_id"]);
}

#[tokio::test]
async fn an_msn_that_is_not_connected_gets_a_page() {
    let vipps = open();
    for msn in ["654321", "12", "", "123456 "] {
        refused_with_a_page(&vipps, &partner_fields(&vipps).with("msn", msn), "msn").await;
    }
    vipps.deactivate_merchant(&shop());
    refused_with_a_page(&vipps, &partner_fields(&vipps), "msn").await;
    vipps.add_merchant(&shop());
    vipps.disconnect_merchant(&shop());
    refused_with_a_page(&vipps, &partner_fields(&vipps), "msn").await;
    assert_eq!(authorize(&vipps, &auth_fields(&vipps)).await.status, 200, "the merchant's own keys go on working");
}

#[tokio::test]
async fn a_bad_client_gets_a_page() {
    let vipps = open();
    let good = auth_fields(&vipps);
    refused_with_a_page(&vipps, &good.clone().without("client_id"), "client_id").await;
    refused_with_a_page(&vipps, &good.clone().with("client_id", "nobody"), "client_id").await;
    let partner = vipps.partner_keys().client_id;
    refused_with_a_page(&vipps, &good.clone().with("client_id", &partner), "client_id").await;
    assert!(last(&vipps).findings.iter().any(|finding| finding.text.contains("send msn")));
    vipps.wrong_environment(true);
    refused_with_a_page(&vipps, &good, "client_id").await;
}

#[tokio::test]
async fn a_redirect_uri_is_compared_byte_for_byte() {
    let vipps = open();
    let good = auth_fields(&vipps);
    refused_with_a_page(&vipps, &good.clone().without("redirect_uri"), "redirect_uri").await;
    let others = [
        "https://shop.example/callback/",
        "https://shop.example/Callback",
        "https://shop.example/callback?a=b",
        "https://shop.example/",
        "http://shop.example/callback",
        "https://shop.example:443/callback",
        "",
    ];
    for uri in others {
        refused_with_a_page(&vipps, &good.clone().with("redirect_uri", uri), "redirect_uri").await;
    }
    let page = authorize(&vipps, &good.clone().with("redirect_uri", "https://evil.example/")).await;
    assert!(page.text.contains("invalid_request") && page.text.contains("does not match any of"), "{}", page.text);
    let twice = format!("{AUTH}?{}&redirect_uri=https%3A%2F%2Fevil.example", good.encoded());
    assert_eq!(send(get(&vipps, &twice)).await.status, 400);
}

#[tokio::test]
async fn other_faults_go_back_with_the_state() {
    let vipps = open();
    let good = auth_fields(&vipps);
    let long = "a".repeat(44);
    let cases = [
        (good.clone().without("response_type"), "invalid_request", "response_type"),
        (good.clone().with("response_type", "token"), "unsupported_response_type", "response_type"),
        (good.clone().with("response_mode", "form_post"), "invalid_request", "response_mode"),
        (good.clone().with("prompt", "none"), "login_required", "prompt"),
        (good.clone().without("scope"), "invalid_scope", "scope"),
        (good.clone().with("scope", "name"), "invalid_scope", "scope"),
        (good.clone().with("scope", "openid offline"), "invalid_scope", "scope"),
        (good.clone().with("state", "1234567"), "invalid_request", "state"),
        (good.clone().without("state"), "invalid_request", "state"),
        (good.clone().with("code_challenge_method", "plain"), "invalid_request", "code_challenge_method"),
        (good.clone().without("code_challenge_method"), "invalid_request", "code_challenge_method"),
        (good.clone().without("code_challenge"), "invalid_request", "code_challenge"),
        (good.clone().with("code_challenge", &long), "invalid_request", "code_challenge"),
        (good.clone().with("requested_flow", "other"), "invalid_request", "requested_flow"),
        (good.clone().with("final_redirect_is_app", "yes"), "invalid_request", "final_redirect_is_app"),
        (good.clone().with("market", "no"), "invalid_request", "market"),
        (good.clone().with("acr_values", "other"), "invalid_request", "acr_values"),
    ];
    for (fields, error, about) in cases {
        let reply = authorize(&vipps, &fields).await;
        let back = answer(location(&reply));
        assert_eq!((reply.status, back["error"].as_str()), (302, error), "{fields:?}");
        assert!(back["error_description"].starts_with(about), "{back:?}");
        let sent = fields.encoded().contains("state=");
        assert_eq!((back.contains_key("state"), back.contains_key("code")), (sent, false), "{back:?}");
        assert_eq!(refused_for(&vipps), [about]);
    }
    assert!(vipps.logins().is_empty());
}

#[tokio::test]
async fn a_parameter_that_comes_twice_goes_back() {
    let vipps = open();
    let twice = format!("{AUTH}?{}&nonce=other", auth_fields(&vipps).encoded());
    let reply = send(get(&vipps, &twice)).await;
    assert_eq!(answer(location(&reply))["error"], "invalid_request");
    assert_eq!(refused_for(&vipps), ["query"]);
}

#[tokio::test]
async fn app_to_app_needs_pkce_and_a_registered_callback() {
    let vipps = open();
    vipps.register_redirect_uri(&shop(), "myapp://cb").expect("a good URI");
    let app = auth_fields(&vipps).with("requested_flow", "app_to_app_v2");
    let no_pkce = app.clone().without("code_challenge").without("code_challenge_method");
    for (fields, error) in [
        (no_pkce, "invalid_request"),
        (app.clone().with("app_callback_uri", "myapp"), "invalid_app_callback_uri"),
        (app.clone().with("app_callback_uri", "myapp://cb#x"), "invalid_app_callback_uri"),
        (app.clone().with("app_callback_uri", "myapp://other"), "app_callback_uri_not_registered"),
    ] {
        assert_eq!(answer(location(&authorize(&vipps, &fields).await))["error"], error, "{fields:?}");
    }
    authorize(&vipps, &app.clone().with("app_callback_uri", "myapp://cb")).await;
    let login = pending(&vipps);
    let switch = vipps.approve(&login.id, KARI).expect("a decision").expect("a URL");
    let resume = format!("{}/emulator/logins/{}", vipps.base_url(), login.id);
    assert_eq!(switch, format!("myapp://cb?state={STATE}&resume_uri={}", form_encoded(&resume)));
    let end = send(client().get(resume)).await;
    assert!(answer(location(&end)).contains_key("code"));
    authorize(&vipps, &app.with("app_callback_uri", "myapp://cb")).await;
    let denied = vipps.deny(&pending(&vipps).id).expect("a decision").expect("a URL");
    assert_eq!(denied, format!("myapp://cb?error=access_denied&state={STATE}"));
}

#[tokio::test]
async fn long_states_and_urls_are_a_bad_gateway() {
    let vipps = open();
    let good = auth_fields(&vipps);
    assert_eq!(authorize(&vipps, &good.clone().with("state", &"s".repeat(999))).await.status, 200);
    assert_eq!(authorize(&vipps, &good.clone().with("state", &"s".repeat(1_000))).await.status, 502);
    assert_eq!(refused_for(&vipps), ["state"]);
    let length = vipps.base_url().len() + AUTH.len() + 1 + good.encoded().len() + "&fill=".len();
    assert_eq!(authorize(&vipps, &good.clone().with("fill", &"f".repeat(1_999 - length))).await.status, 200);
    let reply = authorize(&vipps, &good.with("fill", &"f".repeat(2_000 - length))).await;
    assert_eq!((reply.status, reply.header("content-type")), (502, Some("text/html;charset=UTF-8")));
    assert_eq!(refused_for(&vipps), ["query"]);
    assert_eq!(authorize(&vipps, &partner_fields(&vipps).with("state", &"s".repeat(1_000))).await.status, 502);
}

#[tokio::test]
async fn a_good_request_is_reported_right_in_every_point() {
    let vipps = open();
    assert_eq!(authorize(&vipps, &auth_fields(&vipps)).await.status, 200);
    let record = last(&vipps);
    let right = ["client_id", "redirect_uri", "scope", "state", "code_challenge"];
    assert_eq!(about(&record, Verdict::Right), right);
    assert_eq!(record.findings.len(), right.len());
}

#[tokio::test]
async fn what_is_let_through_is_reported() {
    let vipps = open();
    vipps.forgiving(true);
    let plain = auth_fields(&vipps).without("code_challenge").without("code_challenge_method").without("nonce");
    let odd = plain
        .with("login_hint", "urn:msisdn:4791234567")
        .with("client_secret", "x")
        .with("requested_flow", "app_to_app");
    let request = get(&vipps, &format!("{AUTH}?{}", odd.encoded())).header(MSN, "123456");
    assert_eq!(send(request).await.status, 200);
    let expected =
        [MSN, "client_secret", "code_challenge", "requested_flow", "app_callback_uri", "nonce", "login_hint", "query"];
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), expected);
    let plus = auth_fields(&vipps).encoded().replace("openid%20name", "openid+name");
    assert_eq!(send(get(&vipps, &format!("{AUTH}?{plus}"))).await.status, 200);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["scope"]);
}

#[tokio::test]
async fn a_person_approves_on_the_page() {
    let vipps = open();
    vipps.name_merchant(&shop(), "Kari's <Kiosk>").expect("known");
    let page = authorize(&vipps, &auth_fields(&vipps).with("scope", "openid email")).await;
    let login = pending(&vipps);
    assert_eq!(
        (login.kind, login.msn.as_str(), login.merchant.as_str()),
        (LoginKind::Browser, "123456", "Kari's <Kiosk>")
    );
    assert_eq!((login.started_at, login.expires_at), (1_767_225_600, 1_767_226_200));
    assert_eq!((page.status, page.header("vipps-emulator-login")), (200, Some(login.id.as_str())));
    for shown in [
        "Kari&#39;s &lt;Kiosk&gt;",
        "Your e-mail address",
        "<title>Log in to Kari&#39;s &lt;Kiosk&gt;</title>",
        "Kari Fixture",
    ] {
        assert!(page.text.contains(shown), "{}", page.text);
    }
    let requests = vipps.requests().len();
    let decision = client().post(format!("{}/emulator/logins/{}/approve", vipps.base_url(), login.id));
    let reply = send(decision.form(&[("user", KARI)])).await;
    let back = answer(location(&reply));
    assert_eq!((reply.status, &back["scope"], &back["state"]), (303, &"openid email".to_owned(), &STATE.to_owned()));
    assert_eq!(back["code"].split('.').count(), 2);
    let login = vipps.logins().pop().expect("a login");
    assert_eq!((login.status, login.msisdn.as_deref()), (LoginStatus::Approved, Some(KARI)));
    assert!(!format!("{login:?}").contains(&back["code"]));
    assert_eq!(vipps.requests().len(), requests, "the emulator's own pages are not in the log");
}

#[tokio::test]
async fn a_person_denies_on_the_page() {
    let vipps = open();
    authorize(&vipps, &auth_fields(&vipps)).await;
    let login = pending(&vipps);
    let reply = send(client().post(format!("{}/emulator/logins/{}/deny", vipps.base_url(), login.id))).await;
    let expected = format!("{CALLBACK}?error=access_denied&error_description=The%20user%20cancelled&state={STATE}");
    assert_eq!((reply.status, location(&reply)), (303, expected.as_str()));
    assert_eq!(vipps.logins()[0].status, LoginStatus::Denied);
    let again = send(client().post(format!("{}/emulator/logins/{}/approve", vipps.base_url(), login.id))).await;
    assert_eq!(again.status, 409, "decided once");
    assert!(vipps.approve(&login.id, KARI).is_err() && vipps.deny(&login.id).is_err());
}

#[tokio::test]
async fn a_login_that_nobody_decides_expires() {
    let vipps = open();
    authorize(&vipps, &auth_fields(&vipps)).await;
    let login = pending(&vipps);
    let path = format!("/emulator/logins/{}", login.id);
    assert_eq!(send(get(&vipps, &path)).await.status, 200);
    vipps.advance(Duration::from_secs(599));
    assert_eq!(vipps.logins()[0].status, LoginStatus::Pending);
    vipps.advance(Duration::from_secs(1));
    assert_eq!(vipps.logins()[0].status, LoginStatus::Expired);
    assert_eq!(send(get(&vipps, &path)).await.status, 410);
    let error = vipps.approve(&login.id, KARI).expect_err("too late");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_decision_needs_a_login_and_a_person() {
    let vipps = open();
    authorize(&vipps, &auth_fields(&vipps)).await;
    let kind = |result: std::io::Result<Option<String>>| result.expect_err("a refusal").kind();
    assert_eq!(kind(vipps.approve("nothing", KARI)), std::io::ErrorKind::NotFound);
    assert_eq!(kind(vipps.approve(&pending(&vipps).id, "4700000000")), std::io::ErrorKind::NotFound);
    assert_eq!(kind(vipps.deny("nothing")), std::io::ErrorKind::NotFound);
    for path in ["/emulator/logins/nothing", "/emulator/nothing", "/emulator/logins/a/b/c"] {
        assert_eq!(send(get(&vipps, path)).await.status, 404, "{path}");
    }
    assert_eq!(send(post(&vipps, "/emulator/logins/nothing/approve")).await.status, 404);
}

#[tokio::test]
async fn it_can_decide_by_itself() {
    let vipps = open();
    assert!(vipps.auto_approve("4700000000").is_err(), "nobody");
    vipps.auto_approve(KARI).expect("Kari");
    let reply = authorize(&vipps, &auth_fields(&vipps)).await;
    let url = location(&reply);
    let order: Vec<_> = Url::parse(url).expect("a URL").query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!((reply.status, order), (302, ["code", "scope", "state"].map(str::to_owned).to_vec()));
    assert!(url.ends_with(&format!("&scope=openid%20name&state={STATE}")), "{url}");
    assert_eq!(about(&last(&vipps), Verdict::Staged), ["reply"]);
    for error in ["server_error", "wrong_challenge", "never_heard_of"] {
        vipps.auto_deny(error);
        assert_eq!(answer(location(&authorize(&vipps, &auth_fields(&vipps)).await))["error"], error);
    }
    vipps.ask_person();
    assert_eq!(authorize(&vipps, &auth_fields(&vipps)).await.status, 200);
}

#[tokio::test]
async fn an_old_or_inactive_app_ends_in_an_error() {
    let vipps = open();
    for (app, error) in [(App::Outdated, "outdated_app_version"), (App::Inactive, "access_denied")] {
        vipps.add_user(User { app, ..User::default() }).expect("a user");
        authorize(&vipps, &auth_fields(&vipps)).await;
        let url = vipps.approve(&pending(&vipps).id, KARI).expect("a decision").expect("a URL");
        assert_eq!(answer(&url)["error"], error);
    }
}

#[tokio::test]
async fn scopes_outside_the_plan_are_dropped_or_refused() {
    let vipps = open();
    vipps.login_scopes(&shop(), &["openid", "name"]).expect("known");
    vipps.auto_approve(KARI).expect("Kari");
    let fields = auth_fields(&vipps).with("scope", "openid name address");
    assert_eq!(answer(location(&authorize(&vipps, &fields).await))["scope"], "openid name");
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["scope"]);
    vipps.scopes_outside_plan(ScopeOutsidePlan::Refused);
    assert_eq!(answer(location(&authorize(&vipps, &fields).await))["error"], "invalid_scope");
}

#[tokio::test]
async fn setting_up_needs_a_sales_unit_and_a_good_uri() {
    let vipps = open();
    let kind = |result: std::io::Result<()>| result.expect_err("a refusal").kind();
    assert_eq!(kind(vipps.register_redirect_uri(&msn("654321"), CALLBACK)), std::io::ErrorKind::NotFound);
    for uri in ["http://shop.example/cb", "https://shop.example/#x", "/callback"] {
        assert_eq!(kind(vipps.register_redirect_uri(&shop(), uri)), std::io::ErrorKind::InvalidInput, "{uri}");
    }
    vipps.register_redirect_uri(&shop(), "http://localhost:3000/cb").expect("localhost may be plain");
}
