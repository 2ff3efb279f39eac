//! The end of the browser flow: every mix-up and every loss ends in a typed error, and the next login works.

use serde_json::json;
use vipps_emulator::{Endpoint, ErrorShape, Failure, IdTokenSpec};
use vipps_partner_auth::{ErrorKind, LoginOptions, Merchant};

use crate::{
    application::{CALLBACK, KARI, Outcome, mixed_up},
    browser::Stop,
    stage::{API_TOKEN, OTHER_CALLBACK, Stage, TOKEN, claim, first, merchants, reason, refused, seconds},
};

#[tokio::test]
async fn a_code_is_good_once() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, callback_url) = stage.approved(&login).await?;
    login.finish(&callback_url, &request).await?;
    let again = refused(login.finish(&callback_url, &request).await);
    assert_eq!((again.kind(), again.reason()), (ErrorKind::LoginFailed, Some("invalid_grant")));
    assert_eq!((again.status(), again.oauth_error()), (Some(400), Some("invalid_grant")));
    stage.a_new_login_works(&login).await
}

#[tokio::test]
async fn of_two_who_hand_in_a_code_at_once_one_succeeds() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, callback_url) = stage.approved(&login).await?;
    let both = futures_util::future::join(login.finish(&callback_url, &request), login.finish(&callback_url, &request));
    let (one, other) = both.await;
    let (result, refusal) = if one.is_ok() { (one, other) } else { (other, one) };
    assert_eq!(result?.claims().msn(), &first());
    assert_eq!(reason(refusal), "invalid_grant");
    Ok(())
}

#[tokio::test]
async fn a_code_of_another_login_does_not_fit_the_verifier() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, callback_url) = stage.approved(&login).await?;
    let (stranger, stolen) = stage.approved(&login).await?;
    // An attacker puts the code of their own login into the victim's callback (RFC 9700 section 4.5).
    let injected = callback_url.replace(request.code(&callback_url)?.code(), stranger.code(&stolen)?.code());
    assert_eq!(reason(login.finish(&injected, &request).await), "invalid_grant");
    login.finish(&callback_url, &request).await?;
    login.finish(&stolen, &stranger).await?;
    Ok(())
}

#[tokio::test]
async fn a_replayed_callback_is_no_answer_to_a_new_request() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, callback_url) = stage.approved(&login).await?;
    login.finish(&callback_url, &request).await?;
    let next = login.start(&["openid"]).await?;
    assert_eq!(reason(login.finish(&callback_url, &next).await), "state");
    assert_eq!(stage.vipps.count(TOKEN), 1);
    Ok(())
}

#[tokio::test]
async fn a_code_lives_two_minutes() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, callback_url) = stage.approved(&login).await?;
    stage.time.pass(seconds(119));
    login.finish(&callback_url, &request).await?;
    let (request, callback_url) = stage.approved(&login).await?;
    stage.time.pass(seconds(120));
    assert_eq!(reason(login.finish(&callback_url, &request).await), "invalid_grant");
    stage.a_new_login_works(&login).await
}

#[tokio::test]
async fn a_request_with_anything_of_another_one_fails() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, callback_url) = stage.approved(&login).await?;
    let (stranger, _) = stage.approved(&login).await?;
    let other_verifier = mixed_up(&request, "code_verifier", stranger.code_verifier())?;
    assert_eq!(reason(login.finish(&callback_url, &other_verifier).await), "invalid_grant");
    let other_state = mixed_up(&request, "state", stranger.state())?;
    assert_eq!(reason(login.finish(&callback_url, &other_state).await), "state");
    let other_nonce = mixed_up(&request, "nonce", stranger.nonce())?;
    assert_eq!(claim(login.finish(&callback_url, &other_nonce).await), "nonce");
    Ok(())
}

#[tokio::test]
async fn a_request_for_elsewhere_fails() -> Outcome {
    let (stage, elsewhere) = (Stage::open()?, Stage::open()?);
    let login = stage.login()?;
    let (request, callback_url) = elsewhere.approved(&elsewhere.login()?).await?;
    assert_eq!(reason(login.finish(&callback_url, &request).await), "issuer");
    let (request, callback_url) = stage.approved(&login).await?;
    let iss = format!("{callback_url}&iss=https%3A%2F%2Felsewhere.example%2F");
    assert_eq!(reason(login.finish(&iss, &request).await), "issuer");
    let other_login = stage.shop(&first())?.login(OTHER_CALLBACK)?;
    assert_eq!(reason(other_login.finish(&callback_url, &request).await), "redirect_uri");
    assert_eq!(stage.vipps.count(TOKEN), 0);
    Ok(())
}

#[tokio::test]
async fn the_redirect_uri_counts_byte_for_byte() -> Outcome {
    let stage = Stage::open()?;
    let (login, other) = (stage.login()?, stage.shop(&first())?.login(OTHER_CALLBACK)?);
    let (request, callback_url) = stage.approved(&login).await?;
    for wrong in [OTHER_CALLBACK, "https://shop.example/callback/", "https://evil.example/callback"] {
        let elsewhere = callback_url.replace(CALLBACK, wrong);
        assert_eq!(reason(login.finish(&elsewhere, &request).await), "redirect_uri", "{wrong}");
    }
    // A session that names another of the merchant's own addresses passes the checks here, but not Vipps'.
    let other_request = mixed_up(&request, "redirect_uri", OTHER_CALLBACK)?;
    let elsewhere = callback_url.replace(CALLBACK, OTHER_CALLBACK);
    assert_eq!(reason(other.finish(&elsewhere, &other_request).await), "invalid_grant");
    login.finish(callback_url.strip_prefix("https://shop.example").ok_or("a path")?, &request).await?;
    Ok(())
}

#[tokio::test]
async fn an_address_that_is_not_registered_brings_nobody_back() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.shop(&first())?.login("https://shop.example/callback/")?;
    let request = login.start(&["openid"]).await?;
    assert_eq!(stage.browser()?.open(request.url()).await?, Stop::Page(400));
    assert!(stage.vipps.logins().is_empty());
    Ok(())
}

/// Ends a login whose ID token is bent.
async fn bent(
    stage: &Stage,
    shop: &Merchant,
    bend: impl FnOnce(IdTokenSpec) -> IdTokenSpec + Send + 'static,
) -> Outcome<&'static str> {
    let login = shop.login(CALLBACK)?;
    let options = LoginOptions::default().acr_values(LoginOptions::APP_AUTH);
    let request = login.start_with(&["openid"], &options).await?;
    let callback_url = stage.browser()?.sign_in(request.url(), KARI).await?;
    stage.vipps.bend_next_id_token(bend);
    Ok(claim(login.finish(&callback_url, &request).await))
}

#[tokio::test]
async fn a_bent_id_token_lets_nobody_in() -> Outcome {
    let stage = Stage::open()?;
    let shop = stage.shop(&first())?;
    assert_eq!(bent(&stage, &shop, |spec| spec.nonce("another-login")).await?, "nonce");
    assert_eq!(bent(&stage, &shop, |spec| spec.without_claim("nonce")).await?, "nonce");
    assert_eq!(bent(&stage, &shop, |spec| spec.claim("msn", json!("234567"))).await?, "msn");
    assert_eq!(bent(&stage, &shop, |spec| spec.without_claim("msn")).await?, "msn");
    assert_eq!(bent(&stage, &shop, |spec| spec.access_token("another")).await?, "at_hash");
    assert_eq!(bent(&stage, &shop, |spec| spec.without_claim("acr")).await?, "acr");
    assert_eq!(bent(&stage, &shop, |spec| spec.lifetime(seconds(0)).claim("iat", json!(1))).await?, "exp");
    assert_eq!(bent(&stage, &shop, |spec| spec.claim("iss", json!("https://evil.example/"))).await?, "iss");
    assert_eq!(bent(&stage, &shop, |spec| spec.alg(vipps_emulator::SigningAlg::Es256)).await?, "alg");
    assert_eq!(bent(&stage, &shop, |spec| spec.signed_by(vipps_emulator::SignedBy::Forger)).await?, "signature");
    assert_eq!(bent(&stage, &shop, |spec| spec.signed_by(vipps_emulator::SignedBy::Nobody)).await?, "alg");
    stage.a_new_login_works(&shop.login(CALLBACK)?).await
}

#[tokio::test]
async fn an_id_token_of_another_login_lets_nobody_in() -> Outcome {
    let stage = Stage::open()?;
    let [one, other] = merchants();
    let (one, other) = (stage.shop(&one)?, stage.shop(&other)?);
    let (request, _) = stage.approved(&one.login(CALLBACK)?).await?;
    let nonce = request.nonce().to_owned();
    assert_eq!(bent(&stage, &one, move |spec| spec.nonce(nonce)).await?, "nonce");
    let msn = other.msn().to_string();
    assert_eq!(bent(&stage, &one, move |spec| spec.claim("msn", json!(msn))).await?, "msn");
    Ok(())
}

#[tokio::test]
async fn a_lost_reply_is_told_and_nothing_is_sent_twice() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let losses = [
        Failure::DropAfterReading,
        Failure::DropBeforeReading,
        Failure::bad_gateway(),
        Failure::empty_500(),
        Failure::status(503, ErrorShape::Apim),
    ];
    for loss in losses {
        let (request, callback_url) = stage.approved(&login).await?;
        stage.vipps.clear_requests();
        stage.vipps.fail_next(Endpoint::LoginToken, 1, loss.clone());
        assert_eq!(reason(login.finish(&callback_url, &request).await), "reply_lost", "{loss:?}");
        assert_eq!(stage.vipps.count(TOKEN), 1, "{loss:?}");
        stage.a_new_login_works(&login).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_code_whose_reply_was_lost_is_used_up() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, callback_url) = stage.approved(&login).await?;
    stage.vipps.fail_next(Endpoint::LoginToken, 1, Failure::DropAfterReading);
    assert_eq!(reason(login.finish(&callback_url, &request).await), "reply_lost");
    assert_eq!(reason(login.finish(&callback_url, &request).await), "invalid_grant");
    Ok(())
}

#[tokio::test]
async fn what_the_gateway_held_back_is_sent_again() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, callback_url) = stage.approved(&login).await?;
    let busy = Failure::status(429, ErrorShape::Apim).with_retry_after("7");
    stage.vipps.fail_next(Endpoint::LoginToken, 1, busy);
    login.finish(&callback_url, &request).await?;
    let sent: Vec<_> = stage.vipps.requests().into_iter().filter(|request| request.path == TOKEN).collect();
    assert_eq!(sent.iter().map(|request| request.status).collect::<Vec<_>>(), [Some(429), Some(200)]);
    let waited = sent[1].at - sent[0].at;
    assert!((7..=9).contains(&waited), "a fifth more at most: {waited}");
    Ok(())
}

#[tokio::test]
async fn a_partner_token_that_was_revoked_costs_no_login() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    stage.a_new_login_works(&login).await?;
    let (request, callback_url) = stage.approved(&login).await?;
    stage.vipps.revoke_tokens();
    login.finish(&callback_url, &request).await?;
    assert_eq!(stage.vipps.count(API_TOKEN), 2);
    Ok(())
}

#[tokio::test]
async fn a_partner_token_about_to_die_is_renewed_before_the_code_is_sent() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    stage.a_new_login_works(&login).await?;
    stage.time.pass(seconds(86_398 - 30));
    stage.a_new_login_works(&login).await?;
    assert_eq!(stage.vipps.count(API_TOKEN), 2);
    Ok(())
}

#[tokio::test]
async fn while_vipps_cannot_be_reached_the_same_call_may_be_made_again() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, callback_url) = stage.approved(&login).await?;
    stage.vipps.fail_next(Endpoint::StandardToken, 3, Failure::status(503, ErrorShape::Apim));
    let error = refused(login.finish(&callback_url, &request).await);
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Unavailable, true));
    assert_eq!(stage.vipps.count(TOKEN), 0, "the code was not sent");
    stage.time.pass(seconds(2));
    login.finish(&callback_url, &request).await?;
    Ok(())
}
