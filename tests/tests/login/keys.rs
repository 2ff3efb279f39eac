//! Keys that change or can't be loaded, and discovery, while people log in.

use vipps_emulator::{Emulator, Endpoint, ErrorShape, Failure, ScriptedReply};
use vipps_partner_auth::{Environment, ErrorKind};

use crate::{
    application::{CALLBACK, Outcome},
    stage::{DISCOVERY, JWKS, Stage, TOKEN, first, reason, refused, seconds},
};

#[tokio::test]
async fn a_rotation_between_two_logins_is_not_noticed() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    stage.a_new_login_works(&login).await?;
    stage.time.pass(seconds(60));
    stage.vipps.rotate_keys();
    stage.vipps.withdraw_old_keys();
    let before = stage.vipps.now_unix();
    stage.a_new_login_works(&login).await?;
    assert_eq!((stage.vipps.count(JWKS), stage.vipps.now_unix()), (2, before), "one reload, no wait");
    Ok(())
}

#[tokio::test]
async fn a_login_right_after_a_rotation_waits_for_the_keys() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    stage.a_new_login_works(&login).await?;
    stage.vipps.rotate_keys();
    let before = stage.vipps.now_unix();
    stage.a_new_login_works(&login).await?;
    assert_eq!(stage.vipps.now_unix() - before, 30, "the least time between two loads");
    Ok(())
}

#[tokio::test]
async fn who_cannot_wait_so_long_is_told_to_start_again() -> Outcome {
    let stage = Stage::open()?;
    let hasty = stage.shop_with(&first(), stage.config()?.deadline(seconds(20)))?;
    let login = hasty.login(CALLBACK)?;
    stage.a_new_login_works(&login).await?;
    stage.vipps.rotate_keys();
    let (request, callback_url) = stage.approved(&login).await?;
    assert_eq!(reason(login.finish(&callback_url, &request).await), "keys_unavailable");
    stage.time.pass(seconds(30));
    stage.a_new_login_works(&login).await
}

#[tokio::test]
async fn without_keys_no_code_is_spent() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, callback_url) = stage.approved(&login).await?;
    stage.vipps.jwks_outage(true);
    let error = refused(login.finish(&callback_url, &request).await);
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Unavailable, true));
    assert_eq!(stage.vipps.count(TOKEN), 0);
    stage.vipps.jwks_outage(false);
    stage.time.pass(seconds(5));
    login.finish(&callback_url, &request).await?;
    Ok(())
}

#[tokio::test]
async fn an_outage_and_a_rotation_at_once_end_in_a_reason() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    stage.a_new_login_works(&login).await?;
    stage.time.pass(seconds(60));
    stage.vipps.rotate_keys();
    stage.vipps.jwks_outage(true);
    let (request, callback_url) = stage.approved(&login).await?;
    assert_eq!(reason(login.finish(&callback_url, &request).await), "keys_unavailable");
    stage.vipps.jwks_outage(false);
    stage.time.pass(seconds(30));
    stage.a_new_login_works(&login).await
}

#[tokio::test]
async fn an_outage_of_hours_stops_nobody() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    stage.a_new_login_works(&login).await?;
    stage.vipps.jwks_outage(true);
    for _ in 0..4 {
        stage.time.pass(seconds(3_600));
        stage.a_new_login_works(&login).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_endpoints_are_asked_for_once_an_hour() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    for _ in 0..2 {
        stage.a_new_login_works(&login).await?;
    }
    assert_eq!(stage.vipps.count(DISCOVERY), 1);
    stage.time.pass(seconds(3_600));
    stage.vipps.fail_next(Endpoint::Discovery, 1, Failure::status(503, ErrorShape::Apim));
    stage.a_new_login_works(&login).await?;
    assert!(stage.vipps.count(DISCOVERY) > 1, "asked again, and old ones are good while no others can be had");
    Ok(())
}

#[tokio::test]
async fn without_endpoints_nothing_starts_and_the_next_try_may() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    stage.vipps.fail_next(Endpoint::Discovery, 3, Failure::bad_gateway());
    let error = refused(login.start(&["openid"]).await);
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Unavailable, Some(seconds(1))));
    stage.time.pass(seconds(2));
    stage.a_new_login_works(&login).await
}

/// The emulator's own document with some text in the place of another.
async fn stage_discovery(vipps: &Emulator, old: &str, new: &str) -> Outcome {
    let document = reqwest::get(format!("{}{DISCOVERY}", vipps.base_url())).await?.text().await?;
    assert!(document.contains(old), "{document}");
    let reply = ScriptedReply::new(200, [("Content-Type", "application/json")], document.replacen(old, new, 1))?;
    // As often as one call asks.
    vipps.script(DISCOVERY, vec![reply; 3]);
    Ok(())
}

#[tokio::test]
async fn what_vipps_leaves_out_of_discovery_is_not_missed() -> Outcome {
    let stage = Stage::open()?;
    // Neither the backchannel's grant nor ES256 stand there; without these the endpoints don't either.
    for member in
        ["userinfo_endpoint", "backchannel_authentication_endpoint", "authorization_endpoint", "token_endpoint"]
    {
        stage.vipps.clear_failures();
        stage_discovery(&stage.vipps, member, "x_left_out").await?;
        let shop = stage.shop(&first())?;
        let login = shop.login(CALLBACK)?;
        let (request, callback_url) = stage.approved(&login).await?;
        login.userinfo(&login.finish(&callback_url, &request).await?).await?;
        let pending = shop.backchannel()?.start("urn:msisdn:4791234567", &["openid"]).await?;
        stage.vipps.deny(pending.auth_req_id())?;
    }
    Ok(())
}

#[tokio::test]
async fn an_issuer_without_its_slash_is_another_issuer() -> Outcome {
    let stage = Stage::open()?;
    let issuer = stage.vipps.environment()?.issuer();
    stage_discovery(&stage.vipps, &format!("{issuer}\""), &format!("{}\"", issuer.trim_end_matches('/'))).await?;
    let error = refused(stage.login()?.start(&["openid"]).await);
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.hint(), Some("check the base url"));
    Ok(())
}

#[tokio::test]
async fn secrets_go_nowhere_else_whatever_discovery_says() -> Outcome {
    let (stage, thief) = (Stage::open()?, Stage::open()?);
    let base_url = stage.vipps.base_url();
    let issuer = Environment::issuer(&stage.vipps.environment()?);
    stage_discovery(&stage.vipps, &format!("{issuer}oauth2/token"), &format!("{}{TOKEN}", thief.vipps.base_url()))
        .await?;
    let login = stage.login()?;
    let (request, callback_url) = stage.approved(&login).await?;
    assert_eq!(refused(login.finish(&callback_url, &request).await).kind(), ErrorKind::Protocol);

    stage.vipps.clear_failures();
    let (userinfo, own) = ("/vipps-userinfo-api/userinfo", thief.vipps.base_url());
    stage_discovery(&stage.vipps, &format!("{base_url}{userinfo}"), &format!("{own}{userinfo}")).await?;
    let login = stage.login()?;
    let (request, callback_url) = stage.approved(&login).await?;
    let result = login.finish(&callback_url, &request).await?;
    assert_eq!(refused(login.userinfo(&result).await).kind(), ErrorKind::Protocol);

    stage.vipps.clear_failures();
    let backchannel = "/vipps-login-ciba/api/backchannel/authentication";
    stage_discovery(&stage.vipps, &format!("{base_url}{backchannel}"), &format!("{own}{backchannel}")).await?;
    let phone = stage.shop(&first())?.backchannel()?;
    assert_eq!(refused(phone.start("urn:msisdn:4791234567", &["openid"]).await).kind(), ErrorKind::Protocol);
    assert!(thief.vipps.requests().is_empty());
    Ok(())
}
