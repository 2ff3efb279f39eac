//! Login from a phone number, which the provider knows as CIBA in poll mode.

use std::time::Duration;

use vipps_partner_auth::{Backchannel, BackchannelOptions, ErrorKind, PendingLogin};

use crate::{
    application::{KARI, Outcome, sign_in_by_phone},
    provider::Provider,
};

const MINUTE: Duration = Duration::from_secs(60);
const HINT: &str = "urn:msisdn:4791234567";

fn phone(provider: &Provider) -> Outcome<Backchannel> {
    Ok(provider.shop(provider.basic())?.backchannel()?)
}

async fn decide(provider: &Provider, decision: &str, pending: &PendingLogin) -> Outcome {
    let id = pending.auth_req_id();
    provider.control(&format!("backchannel?decision={decision}&auth_req_id={id}")).await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn the_shops_own_code_signs_people_in() -> Outcome {
    let provider = Provider::start()?;
    for client in [provider.basic(), provider.post()] {
        let approve = async |pending: &_| decide(&provider, "approve", pending).await;
        let member = sign_in_by_phone(&provider.shop(client)?, KARI, approve).await?;
        assert_eq!((member.name.as_deref(), member.phone_number.as_deref()), (Some("Kari Fixture"), Some(KARI)));
    }
    let seen = provider.seen().await?;
    let calls: Vec<_> = seen.iter().map(|seen| (seen.path.rsplit('/').next(), seen.status)).collect();
    let once = [(Some("authentication"), 200), (Some("token"), 400), (Some("token"), 200)];
    // This provider form-decodes Basic, which nobody knows of Vipps' there.
    let raw = [(Some("authentication"), 401)];
    assert_eq!(calls, [&raw[..], &once, &once].concat());
    assert_eq!(seen[1].form, ["login_hint", "scope", "nonce"]);
    assert_eq!(seen[2].form, ["grant_type", "auth_req_id"]);
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn every_other_end_has_a_reason() -> Outcome {
    let provider = Provider::start()?;
    let phone = phone(&provider)?;
    for (decision, expected) in [("deny", "denied"), ("expire", "expired")] {
        let options = BackchannelOptions::default().binding_message("ABC-123").requested_expiry(MINUTE);
        let pending = phone.start_with(HINT, &["openid"], &options).await?;
        decide(&provider, decision, &pending).await?;
        let error = phone.wait(&pending, MINUTE).await.expect_err(decision);
        assert_eq!((error.kind(), error.reason()), (ErrorKind::LoginFailed, Some(expected)));
    }
    let unknown = phone.start("urn:msisdn:4799999999", &["openid"]).await.expect_err("nobody");
    assert_eq!(unknown.reason(), Some("unknown_user"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn the_tokens_are_had_once_and_by_their_client() -> Outcome {
    let provider = Provider::start()?;
    let phone = phone(&provider)?;
    let pending = phone.start(HINT, &["openid"]).await?;
    decide(&provider, "approve", &pending).await?;
    let stranger = crate::provider::Registration { msn: provider.basic().msn.clone(), ..provider.clients[2].clone() };
    let stranger = provider.shop(&stranger)?.backchannel()?;
    let theirs = PendingLogin::from_json(&pending.to_json())?;
    assert_eq!(stranger.wait(&theirs, MINUTE).await.expect_err("another client").reason(), Some("invalid_grant"));
    let result = phone.wait(&pending, MINUTE).await?.ok_or("a result")?;
    assert_eq!(result.claims().msn(), pending.msn());
    assert!(phone.wait(&pending, MINUTE).await? == Some(result), "told again without asking");
    let elsewhere = PendingLogin::from_json(&pending.to_json())?;
    let again = phone.wait(&elsewhere, MINUTE).await.expect_err("used tokens");
    assert_eq!(again.reason(), Some("invalid_grant"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn a_wrong_id_token_lets_nobody_in() -> Outcome {
    let provider = Provider::start()?;
    let phone = phone(&provider)?;
    for (control, expected) in [
        ("next-audience", "aud"),
        ("next-expired", "exp"),
        ("next-claim?name=msn&value=654321", "msn"),
        ("next-claim?name=nonce&value=another-login", "nonce"),
        ("next-claim?name=at_hash&value=AAAAAAAAAAAAAAAAAAAAAA", "at_hash"),
        ("next-claim?name=urn%3Aopenid%3Aparams%3Ajwt%3Aclaim%3Aauth_req_id&value=another-login", "auth_req_id"),
    ] {
        let pending = phone.start(HINT, &["openid"]).await?;
        decide(&provider, "approve", &pending).await?;
        provider.control(control).await?;
        let error = phone.wait(&pending, MINUTE).await.expect_err(control);
        assert_eq!((error.kind(), error.claim()), (ErrorKind::InvalidIdToken, Some(expected)), "{control}");
    }
    Ok(())
}
