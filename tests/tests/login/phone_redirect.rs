//! Login from a phone number, finished on a web page that the phone opens.

use serde_json::json;
use vipps_emulator::{AuthReqIdName, Endpoint, Failure, IdTokenSpec, LoginKind, LoginStatus};
use vipps_partner_auth::{Backchannel, BackchannelOptions, PendingLogin};

use crate::{
    application::{CALLBACK, KARI, Outcome},
    stage::{OLA, Stage, TOKEN, claim, field, first, hint, reason, seconds, tampered},
};

const NAMES: [AuthReqIdName; 3] = [AuthReqIdName::Snake, AuthReqIdName::Camel, AuthReqIdName::Urn];

fn phone(stage: &Stage) -> Outcome<Backchannel> {
    Ok(stage.shop(&first())?.backchannel()?)
}

async fn asked(phone: &Backchannel, msisdn: &str) -> Outcome<PendingLogin> {
    let options = BackchannelOptions::default().redirect_uri(CALLBACK).binding_message("ABC-123");
    Ok(phone.start_with(&hint(msisdn), &["openid", "name"], &options).await?)
}

/// A login whose phone has opened the page.
async fn approved(stage: &Stage, phone: &Backchannel, msisdn: &str) -> Outcome<(PendingLogin, String)> {
    let pending = asked(phone, msisdn).await?;
    let callback_url = stage.approve(&pending)?.ok_or("a URL")?;
    Ok((pending, callback_url))
}

#[tokio::test]
async fn each_name_of_the_id_is_known_and_es256_is_taken() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    for name in NAMES {
        stage.vipps.auth_req_id_name(name);
        let (pending, callback_url) = approved(&stage, &phone, KARI).await?;
        assert!(pending.ends_by_redirect());
        let result = phone.finish_redirect(&callback_url, &pending).await?;
        let id = result.claims().claim::<String>(name.code());
        assert_eq!(id.as_deref(), Some(pending.auth_req_id()), "{name:?}");
        assert_eq!(phone.userinfo(&result).await?.name(), Some("Kari Fixture"));
        let header = result.id_token().split('.').next().ok_or("a header")?;
        let header: serde_json::Value = serde_json::from_slice(&base64url(header)?)?;
        assert_eq!(header["alg"], "ES256");
    }
    let seen = stage.vipps.logins().pop().ok_or("a login")?;
    assert_eq!((seen.kind, seen.status), (LoginKind::BackchannelRedirect, LoginStatus::Completed));
    assert_eq!(seen.binding_message.as_deref(), Some("ABC-123"));
    Ok(())
}

fn base64url(text: &str) -> Outcome<Vec<u8>> {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    Ok(BASE64_URL_SAFE_NO_PAD.decode(text)?)
}

type Bend = fn(IdTokenSpec) -> IdTokenSpec;

#[tokio::test]
async fn no_id_token_without_the_id_and_none_of_another_login() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let bends: [(&str, Bend); 7] = [
        ("auth_req_id", |spec| spec.without_claim("auth_req_id")),
        ("auth_req_id", |spec| spec.claim("auth_req_id", json!("another-login"))),
        ("auth_req_id", |spec| spec.claim("authReqId", json!("another-login"))),
        ("auth_req_id", |spec| spec.claim("urn:openid:params:jwt:claim:auth_req_id", json!(null))),
        ("nonce", |spec| spec.nonce("another-login")),
        ("msn", |spec| spec.claim("msn", json!("234567"))),
        ("signature", |spec| spec.signed_by(vipps_emulator::SignedBy::Forger)),
    ];
    for (expected, bend) in bends {
        let (pending, callback_url) = approved(&stage, &phone, KARI).await?;
        stage.vipps.bend_next_id_token(bend);
        assert_eq!(claim(phone.finish_redirect(&callback_url, &pending).await), expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_callback_of_another_login_is_noticed_by_its_id_token() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let (karis, _) = approved(&stage, &phone, KARI).await?;
    let (_, olas_callback) = approved(&stage, &phone, OLA).await?;
    // Vipps documents no state here, so nothing before the exchange could tell.
    let without_nonce = |spec: IdTokenSpec| spec.without_claim("nonce");
    stage.vipps.bend_next_id_token(without_nonce);
    assert_eq!(claim(phone.finish_redirect(&olas_callback, &karis).await), "auth_req_id");
    Ok(())
}

#[tokio::test]
async fn a_code_is_good_once_and_for_two_minutes() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let (pending, callback_url) = approved(&stage, &phone, KARI).await?;
    phone.finish_redirect(&callback_url, &pending).await?;
    assert_eq!(reason(phone.finish_redirect(&callback_url, &pending).await), "invalid_grant");
    let (pending, callback_url) = approved(&stage, &phone, KARI).await?;
    stage.time.pass(seconds(120));
    assert_eq!(reason(phone.finish_redirect(&callback_url, &pending).await), "invalid_grant");
    Ok(())
}

#[tokio::test]
async fn a_lost_reply_is_told_and_nothing_is_sent_twice() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let (pending, callback_url) = approved(&stage, &phone, KARI).await?;
    stage.vipps.fail_next(Endpoint::LoginToken, 1, Failure::DropAfterReading);
    assert_eq!(reason(phone.finish_redirect(&callback_url, &pending).await), "reply_lost");
    assert_eq!(stage.vipps.count(TOKEN), 1);
    let (pending, callback_url) = approved(&stage, &phone, KARI).await?;
    phone.finish_redirect(&callback_url, &pending).await?;
    Ok(())
}

#[tokio::test]
async fn a_code_of_the_browser_flow_is_of_no_use_here() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let (pending, _) = approved(&stage, &phone, KARI).await?;
    let (request, callback_url) = stage.approved(&stage.login()?).await?;
    let code = request.code(&callback_url)?.code().to_owned();
    let moved = format!("{CALLBACK}?code={code}");
    assert_eq!(reason(phone.finish_redirect(&moved, &pending).await), "invalid_grant");
    Ok(())
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_is_named() -> Outcome {
    let stage = Stage::open()?;
    let options = BackchannelOptions::default().redirect_uri("https://shop.example/not-registered");
    assert_eq!(field(phone(&stage)?.start_with(&hint(KARI), &["openid"], &options).await), "redirect_uri");
    assert!(stage.vipps.logins().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_login_outlives_the_process() -> Outcome {
    let stage = Stage::open()?;
    let (pending, callback_url) = approved(&stage, &phone(&stage)?, KARI).await?;
    let kept = pending.to_json();
    let bent = PendingLogin::from_json(&tampered(&kept, "nonce", "n".repeat(43).into())?)?;
    assert_eq!(claim(phone(&stage)?.finish_redirect(&callback_url, &bent).await), "nonce");
    let (pending, callback_url) = approved(&stage, &phone(&stage)?, KARI).await?;
    let restored = PendingLogin::from_json(&pending.to_json())?;
    assert_eq!(restored, pending);
    phone(&stage)?.finish_redirect(&callback_url, &restored).await?;
    Ok(())
}
