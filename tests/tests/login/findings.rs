//! What the emulator has to say about our own requests: nothing that the documents advise against.

use std::collections::HashSet;

use vipps_emulator::{Finding, Verdict};
use vipps_partner_auth::{BackchannelOptions, LoginOptions, Market, Merchant, RequestedFlow};

use crate::{
    application::{CALLBACK, KARI, Outcome},
    same_code::kinds,
    stage::{
        API_TOKEN, APP_CALLBACK, AUTHORIZE, BACKCHANNEL, DISCOVERY, JWKS, Stage, TOKEN, USER_EXISTS, USERINFO, hint,
        seconds,
    },
};

const SCOPES: [&str; 8] =
    ["openid", "name", "phoneNumber", "email", "address", "birthDate", "delegatedConsents", "gender"];

#[tokio::test]
async fn every_call_of_every_flow_is_as_documented() -> Outcome {
    let stage = Stage::open()?;
    for shop in kinds(&stage) {
        let called = everything(&stage, &shop()?).await?;
        for path in [DISCOVERY, JWKS, AUTHORIZE, TOKEN, USERINFO, BACKCHANNEL, USER_EXISTS] {
            assert!(called.contains(path), "{path}");
        }
    }
    assert_eq!(stage.vipps.count(API_TOKEN), 0, "the last one needs none");
    Ok(())
}

/// Walks all flows and returns the paths that were called.
async fn everything(stage: &Stage, shop: &Merchant) -> Outcome<HashSet<String>> {
    stage.vipps.clear_requests();
    browser(stage, shop).await?;
    app(stage, shop).await?;
    polling(stage, shop).await?;
    redirect(stage, shop).await?;
    ping(stage, shop).await?;
    let requests = stage.vipps.requests();
    for request in &requests {
        let is_fine =
            |finding: &&Finding| matches!(finding.verdict, Verdict::Right | Verdict::Staged | Verdict::Person);
        let bad: Vec<_> = request.findings.iter().filter(|finding| !is_fine(finding)).collect();
        assert!(bad.is_empty(), "{} {}: {bad:?}", request.method, request.path);
    }
    Ok(requests.into_iter().map(|request| request.path).collect())
}

async fn browser(stage: &Stage, shop: &Merchant) -> Outcome {
    let login = shop.login(CALLBACK)?;
    let options = LoginOptions::default().acr_values(LoginOptions::APP_AUTH).market(Market::Norway);
    let request = login.start_with(&SCOPES, &options).await?;
    let callback_url = stage.browser()?.sign_in(request.url(), KARI).await?;
    let result = login.finish(&callback_url, &request).await?;
    login.userinfo(&result).await?;
    let denied = login.start(&["openid"]).await?;
    let browser = stage.browser()?;
    let id = browser.open(denied.url()).await?.question()?;
    browser.deny(&id).await?.elsewhere()?;
    Ok(())
}

async fn app(stage: &Stage, shop: &Merchant) -> Outcome {
    let login = shop.login(CALLBACK)?;
    let options = LoginOptions::default()
        .requested_flow(RequestedFlow::AppToAppV2)
        .app_callback_uri(APP_CALLBACK)
        .final_redirect_is_app(true);
    let (request, browser) = (login.start_with(&SCOPES, &options).await?, stage.browser()?);
    let switched_back = browser.sign_in(request.url(), KARI).await?;
    let resume_uri = request.resume_uri(APP_CALLBACK, &switched_back)?;
    login.finish(&browser.open(&resume_uri).await?.elsewhere()?, &request).await?;
    Ok(())
}

async fn polling(stage: &Stage, shop: &Merchant) -> Outcome {
    let phone = shop.backchannel()?;
    phone.user_exists(KARI).await?;
    let options = BackchannelOptions::default().binding_message("A1B2-C3").requested_expiry(seconds(120));
    let pending = phone.start_with(&hint(KARI), &SCOPES, &options).await?;
    let id = pending.auth_req_id().to_owned();
    stage.time.after(seconds(7), move |vipps| drop(vipps.approve(&id, KARI)));
    let result = phone.wait(&pending, seconds(60)).await?.ok_or("a result")?;
    phone.userinfo(&result).await?;
    let denied = phone.start(&hint(KARI), &["openid"]).await?;
    stage.vipps.deny(denied.auth_req_id())?;
    assert!(phone.poll(&denied).await.is_err());
    Ok(())
}

async fn redirect(stage: &Stage, shop: &Merchant) -> Outcome {
    let phone = shop.backchannel()?;
    let options = BackchannelOptions::default().redirect_uri(CALLBACK);
    let pending = phone.start_with(&hint(KARI), &SCOPES, &options).await?;
    let callback_url = stage.approve(&pending)?.ok_or("a URL")?;
    let result = phone.finish_redirect(&callback_url, &pending).await?;
    phone.userinfo(&result).await?;
    Ok(())
}

async fn ping(stage: &Stage, shop: &Merchant) -> Outcome {
    let phone = shop.backchannel()?;
    let pending = phone.start(&hint(KARI), &SCOPES).await?;
    stage.approve(&pending)?;
    phone.finish_ping(&stage.vipps.ping_body(pending.auth_req_id())?, &pending).await?.ok_or("a result")?;
    Ok(())
}
