//! What an application keeps between the start and the end of a login, and logins that are left half way.

use serde_json::json;
use vipps_partner_auth::LoginRequest;

use crate::{
    application::{KARI, Outcome},
    browser::Stop,
    stage::{Stage, first, reason, refused, seconds, tampered},
};

#[tokio::test]
async fn a_request_outlives_the_process() -> Outcome {
    let stage = Stage::open()?;
    let kept = {
        let request = stage.login()?.start(&["openid", "name"]).await?;
        request.to_json()
    };
    let request = LoginRequest::from_json(&kept)?;
    let callback_url = stage.browser()?.sign_in(request.url(), KARI).await?;
    let result = stage.login()?.finish(&callback_url, &LoginRequest::from_json(&kept)?).await?;
    assert_eq!(result.claims().msn(), &first());
    assert_eq!((result.scopes(), result.missing_scopes()), (request.scopes(), Vec::new()));
    Ok(())
}

#[tokio::test]
async fn what_was_kept_badly_is_refused() -> Outcome {
    let stage = Stage::open()?;
    let kept = stage.login()?.start(&["openid"]).await?.to_json();
    let bends = [
        ("version", json!(2)),
        ("msn", json!("12")),
        ("issuer", json!("")),
        ("redirect_uri", json!("shop.example")),
        ("scopes", json!(["name"])),
        ("state", json!("short")),
        ("nonce", json!("")),
        ("code_verifier", json!("short")),
        ("url", json!(7)),
    ];
    for (member, value) in bends {
        let error = refused(LoginRequest::from_json(&tampered(&kept, member, value)?));
        assert_eq!((error.code(), error.field()), ("invalid_config", Some("request")), "{member}");
        let mut less: serde_json::Value = serde_json::from_str(&kept)?;
        less.as_object_mut().and_then(|object| object.remove(member)).ok_or("a member")?;
        assert_eq!(refused(LoginRequest::from_json(&less.to_string())).field(), Some("request"), "{member}");
    }
    for text in ["", "null", "[]", &kept[1..]] {
        assert_eq!(refused(LoginRequest::from_json(text)).field(), Some("request"));
    }
    Ok(())
}

#[tokio::test]
async fn an_interrupted_login_can_be_started_again() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    // Before the page, at the page, behind the page: each time the person closes the window and begins anew.
    let never_opened = login.start(&["openid"]).await?;
    let at_the_page = login.start(&["openid"]).await?;
    stage.browser()?.open(at_the_page.url()).await?.question()?;
    let (_, never_handed_in) = stage.approved(&login).await?;
    stage.a_new_login_works(&login).await?;
    for request in [&never_opened, &at_the_page] {
        assert_eq!(reason(login.finish(&never_handed_in, request).await), "state");
    }
    // The first window, found again.
    let callback_url = stage.browser()?.sign_in(at_the_page.url(), KARI).await?;
    login.finish(&callback_url, &at_the_page).await?;
    Ok(())
}

#[tokio::test]
async fn a_page_that_nobody_answers_leads_nowhere() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, browser) = (login.start(&["openid"]).await?, stage.browser()?);
    let id = browser.open(request.url()).await?.question()?;
    stage.time.pass(seconds(600));
    assert_eq!(browser.approve(&id, KARI).await?, Stop::Page(409));
    stage.a_new_login_works(&login).await
}
