//! ID tokens that are right but for one point, each signed by the provider itself, and its keys.

use std::{sync::Arc, time::Duration};

use vipps_partner_auth::{Clock, ErrorKind, Expect, LoginRequest, LoginResult, Merchant, Result};

use crate::{
    application::{CALLBACK, Outcome},
    provider::{Impatient, Provider, browse},
};

/// A whole login; `bend` may change the request before the end.
async fn logged_in(
    shop: &Merchant,
    bend: impl FnOnce(LoginRequest) -> Outcome<LoginRequest>,
) -> Outcome<Result<LoginResult>> {
    let login = shop.login(CALLBACK)?;
    let request = login.start(&["openid"]).await?;
    let callback_url = browse(request.url()).await?;
    Ok(login.finish(&callback_url, &bend(request)?).await)
}

#[track_caller]
fn claim(outcome: Result<LoginResult>) -> &'static str {
    let error = outcome.expect_err("must be refused");
    assert_eq!(error.kind(), ErrorKind::InvalidIdToken, "{error}");
    error.claim().expect("a claim")
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn one_wrong_claim_lets_nobody_in() -> Outcome {
    let provider = Provider::start()?;
    let shop = provider.shop(provider.basic())?;
    let own = &provider.basic().client_id;
    let wrong = [
        ("next-audience".to_owned(), "aud"),
        ("next-expired".to_owned(), "exp"),
        ("next-expired?seconds=61".to_owned(), "exp"),
        ("next-claim?name=msn&value=654321".to_owned(), "msn"),
        ("next-claim?name=msn&value=0123456".to_owned(), "msn"),
        ("next-claim?name=msn".to_owned(), "msn"),
        ("next-claim?name=nonce&value=another-login".to_owned(), "nonce"),
        ("next-claim?name=nonce".to_owned(), "nonce"),
        ("next-claim?name=at_hash&value=AAAAAAAAAAAAAAAAAAAAAA".to_owned(), "at_hash"),
        ("next-claim?name=iss&value=https%3A%2F%2Fevil.example%2F".to_owned(), "iss"),
        ("next-claim?name=aud".to_owned(), "aud"),
        ("next-claim?name=azp&value=somebody-else".to_owned(), "azp"),
        ("next-claim?name=sub".to_owned(), "sub"),
        ("next-claim?name=exp&value=soon".to_owned(), "exp"),
    ];
    for (control, expected) in wrong {
        provider.control(&control).await?;
        assert_eq!(claim(logged_in(&shop, Ok).await?), expected, "{control}");
        logged_in(&shop, Ok).await??;
    }
    provider.control(&format!("next-audience?client_id={own}")).await?;
    provider.control("next-claim?name=at_hash").await?;
    logged_in(&shop, Ok).await??;
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn the_hash_of_the_access_token_is_really_there() -> Outcome {
    let provider = Provider::start()?;
    let result = logged_in(&provider.shop(provider.basic())?, Ok).await??;
    let hash: Option<String> = result.claims().claim("at_hash");
    assert_eq!(hash.map(|hash| hash.len()), Some(22));
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn a_session_with_another_nonce_lets_nobody_in() -> Outcome {
    let provider = Provider::start()?;
    let shop = provider.shop(provider.basic())?;
    let other = shop.login(CALLBACK)?.start(&["openid"]).await?;
    let bend = |request: LoginRequest| {
        let kept = request.to_json().replace(request.nonce(), other.nonce());
        Ok(LoginRequest::from_json(&kept)?)
    };
    assert_eq!(claim(logged_in(&shop, bend).await?), "nonce");
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn new_keys_cost_nobody_a_login() -> Outcome {
    let provider = Provider::start()?;
    let clock = Impatient::default();
    let shop = provider.basic().shop(provider.config()?.clock(Arc::new(clock.clone())))?;
    let old = logged_in(&shop, Ok).await??;
    for control in ["rotate-keys", "rotate-keys?withdraw=true", "rotate-keys"] {
        provider.control(control).await?;
        logged_in(&shop, Ok).await??;
    }
    assert_eq!(shop.partner().stats().keys_refreshed, 4, "one load for each set of keys");
    let expect = Expect::default().nonce(old.claims().claim::<String>("nonce").ok_or("a nonce")?);
    clock.sleep(Duration::from_secs(30)).await;
    let withdrawn = shop.verify_id_token(old.id_token(), &expect).await.expect_err("a key that was withdrawn");
    assert_eq!(withdrawn.claim(), Some("kid"));
    Ok(())
}
