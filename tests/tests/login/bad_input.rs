//! What an application must not ask for is refused with its field, before anything is sent or stored.

use std::time::Duration;

use vipps_partner_auth::{
    BackchannelOptions, BackchannelPing, LoginOptions, LoginRequest, PendingLogin, RequestedFlow, SpecializedKeys,
    UnverifiedConsentRevoked,
};

use crate::{
    application::{CALLBACK, KARI, Outcome, shop},
    stage::{OTHER_CALLBACK, Stage, field, first, hint, merchants, reason, seconds, tampered},
};

fn assert_silence(stage: &Stage) {
    assert!(stage.vipps.requests().is_empty() && stage.vipps.logins().is_empty());
}

#[tokio::test]
async fn a_redirect_uri_that_cannot_be_registered() -> Outcome {
    let stage = Stage::open()?;
    let shop = stage.shop(&first())?;
    let long = format!("https://shop.example/{}", "x".repeat(1_900));
    for uri in [
        "",
        "/callback",
        "shop.example/callback",
        "http://shop.example/callback",
        "https://shop.example/callback#x",
        "https://user:password@shop.example/callback",
        "https://shop.example/call back",
        "https://shop.example/tilbakekall/ø",
        "https://shop.example/callback?code=1",
        "https://shop.example/callback?state=1",
        "acme:callback",
        "acme://",
        "javascript:alert(1)",
    ] {
        assert_eq!(field(shop.login(uri)), "redirect_uri", "{uri}");
        let options = BackchannelOptions::default().redirect_uri(uri);
        let started = shop.backchannel()?.start_with(&hint(KARI), &["openid"], &options).await;
        assert_eq!(field(started), "redirect_uri", "{uri}");
    }
    assert_silence(&stage);
    assert_eq!(field(shop.login(&long)?.start(&["openid"]).await), "redirect_uri");
    assert!(stage.vipps.logins().is_empty());
    Ok(())
}

#[tokio::test]
async fn scopes_that_are_none() -> Outcome {
    let stage = Stage::open()?;
    let shop = stage.shop(&first())?;
    let (login, phone) = (shop.login(CALLBACK)?, shop.backchannel()?);
    let none: [&[&str]; 6] = [&[], &["name"], &["openid name"], &["openid", ""], &["openid", "a\"b"], &["openid", "ø"]];
    for scopes in none {
        assert_eq!(field(login.start(scopes).await), "scopes", "{scopes:?}");
        assert_eq!(field(phone.start(&hint(KARI), scopes).await), "scopes", "{scopes:?}");
    }
    assert_eq!(field(phone.start(&hint(KARI), &["openid", "nnin"]).await), "scopes");
    assert_silence(&stage);
    Ok(())
}

#[tokio::test]
async fn options_of_the_browser_flow() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let default = LoginOptions::default;
    let app_to_app = || default().requested_flow(RequestedFlow::AppToAppV2);
    let wrong = [
        (default().acr_values(""), "acr_values"),
        (default().acr_values("one two"), "acr_values"),
        (default().app_callback_uri("acme://back"), "app_callback_uri"),
        (app_to_app().app_callback_uri("acme:"), "app_callback_uri"),
        (app_to_app().app_callback_uri("http://shop.example/"), "app_callback_uri"),
    ];
    for (options, expected) in wrong {
        assert_eq!(field(login.start_with(&["openid"], &options).await), expected, "{options:?}");
    }
    assert_eq!(field("no".parse::<vipps_partner_auth::Market>()), "market");
    assert_eq!(field("app".parse::<RequestedFlow>()), "requested_flow");
    let request = login.start(&["openid"]).await?;
    assert_eq!(field(request.resume_uri("acme:", "acme://back?state=x")), "app_callback_uri");
    Ok(())
}

#[tokio::test]
async fn whom_to_ask_by_phone() -> Outcome {
    let stage = Stage::open()?;
    let phone = stage.shop(&first())?.backchannel()?;
    for wrong in ["", KARI, "urn:msisdn:+4791234567", "urn:msisdn:91 23 45 67", "urn:nin:01017012345", "urn:msisdn:47"]
    {
        assert_eq!(field(phone.start(wrong, &["openid"]).await), "login_hint", "{wrong}");
    }
    for wrong in ["", "+4791234567", "004791234567", "urn:msisdn:4791234567", "4791234567890123", "47 91234567"] {
        assert_eq!(field(phone.user_exists(wrong).await), "msisdn", "{wrong}");
    }
    assert_silence(&stage);
    Ok(())
}

#[tokio::test]
async fn options_of_the_phone_flow() -> Outcome {
    let stage = Stage::open()?;
    let phone = stage.shop(&first())?.backchannel()?;
    let default = BackchannelOptions::default;
    for message in ["", "ABCD", "ABCDEFGHI", "abcde", "ABC DE", "ÆØÅÆØ", "AB_CD"] {
        let started = phone.start_with(&hint(KARI), &["openid"], &default().binding_message(message)).await;
        assert_eq!(field(started), "binding_message", "{message}");
    }
    for expiry in [seconds(0), seconds(59), seconds(901), Duration::from_millis(60_500)] {
        let started = phone.start_with(&hint(KARI), &["openid"], &default().requested_expiry(expiry)).await;
        assert_eq!(field(started), "requested_expiry", "{expiry:?}");
    }
    assert_silence(&stage);
    Ok(())
}

#[tokio::test]
async fn what_belongs_to_another_flow_or_merchant() -> Outcome {
    let stage = Stage::open()?;
    let [_, other] = merchants();
    let (phone, stranger) = (stage.shop(&first())?.backchannel()?, stage.shop(&other)?.backchannel()?);
    let polled = phone.start(&hint(KARI), &["openid"]).await?;
    let redirect = BackchannelOptions::default().redirect_uri(CALLBACK);
    let redirected = phone.start_with(&hint(KARI), &["openid"], &redirect).await?;
    stage.vipps.clear_requests();
    let callback_url = format!("{CALLBACK}?code=c");
    assert_eq!(field(phone.poll(&redirected).await), "pending");
    assert_eq!(field(phone.wait(&redirected, seconds(60)).await), "pending");
    assert_eq!(field(phone.finish_ping("{}", &redirected).await), "pending");
    assert_eq!(field(phone.finish_redirect(&callback_url, &polled).await), "pending");
    assert_eq!(reason(stranger.poll(&polled).await), "merchant");
    assert_eq!(reason(stranger.wait(&polled, seconds(60)).await), "merchant");
    assert_eq!(reason(stranger.finish_redirect(&callback_url, &redirected).await), "merchant");
    let elsewhere = Stage::open()?;
    assert_eq!(reason(elsewhere.shop(&first())?.backchannel()?.poll(&polled).await), "issuer");
    assert!(stage.vipps.requests().is_empty(), "nothing was sent");
    Ok(())
}

#[tokio::test]
async fn callbacks_of_the_redirect_variant_that_are_none() -> Outcome {
    let stage = Stage::open()?;
    let phone = stage.shop(&first())?.backchannel()?;
    let redirect = BackchannelOptions::default().redirect_uri(CALLBACK);
    let pending = phone.start_with(&hint(KARI), &["openid"], &redirect).await?;
    stage.vipps.clear_requests();
    for (url, expected) in [
        (format!("{OTHER_CALLBACK}?code=c"), "redirect_uri"),
        (CALLBACK.to_owned(), "callback"),
        (format!("{CALLBACK}?code=c&code=d"), "callback"),
        (format!("{CALLBACK}?code=c&state=made-up"), "state"),
        (format!("{CALLBACK}?code=c&iss=https%3A%2F%2Fevil.example"), "issuer"),
        (format!("{CALLBACK}?error=access_denied"), "denied"),
    ] {
        assert_eq!(reason(phone.finish_redirect(&url, &pending).await), expected, "{url}");
    }
    assert_silence_but_for_one_login(&stage);
    Ok(())
}

fn assert_silence_but_for_one_login(stage: &Stage) {
    assert!(stage.vipps.requests().is_empty());
    assert_eq!(stage.vipps.logins().len(), 1);
}

#[tokio::test]
async fn what_was_kept_badly() -> Outcome {
    let stage = Stage::open()?;
    let phone = stage.shop(&first())?.backchannel()?;
    let redirect = BackchannelOptions::default().redirect_uri(CALLBACK);
    let kept = phone.start_with(&hint(KARI), &["openid"], &redirect).await?.to_json();
    for (member, value) in [
        ("version", 2.into()),
        ("auth_req_id", "".into()),
        ("issuer", "".into()),
        ("msn", "x".into()),
        ("nonce", "short".into()),
        ("state", "short".into()),
        ("scopes", 7.into()),
        ("expires_at", "soon".into()),
    ] {
        assert_eq!(field(PendingLogin::from_json(&tampered(&kept, member, value)?)), "pending", "{member}");
    }
    assert_eq!(field(PendingLogin::from_json("{}")), "pending");
    assert_eq!(field(LoginRequest::from_json(&kept)), "request");
    Ok(())
}

#[test]
fn bodies_that_anybody_may_post() {
    for body in ["", "{}", "null", r#"{"auth_req_id":7}"#, r#"{"auth_req_id":""}"#, r#"{"auth_req_id":"a b"}"#] {
        assert_eq!(field(BackchannelPing::parse(body)), "body", "{body}");
    }
    for body in ["", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30."] {
        assert_eq!(field(UnverifiedConsentRevoked::parse(body)), "body", "{body}");
    }
}

#[tokio::test]
async fn keys_that_log_nobody_in() -> Outcome {
    let stage = Stage::open()?;
    let specialized = SpecializedKeys::try_from(stage.vipps.specialized_keys())?;
    let merchant = shop(specialized, &first(), stage.config()?)?;
    assert_eq!(field(merchant.login(CALLBACK)), "msn");
    assert_eq!(field(merchant.backchannel()), "msn");
    let [one, other] = merchants();
    let keys = stage.vipps.sales_unit_keys(&one).ok_or("keys")?.for_sales_unit(one)?;
    let merchant = shop(keys, &other, stage.config()?)?;
    assert_eq!(field(merchant.login(CALLBACK)), "msn");
    assert_silence(&stage);
    Ok(())
}
