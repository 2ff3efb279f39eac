//! The adapters for Rust HTTP clients, with the real clients against the emulator.

use std::{error::Error, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tower_layer::Layer;
use tower_service::Service;
use vipps_emulator::{Emulator, Options, ScriptedReply};
use vipps_partner_auth::{
    Config, Merchant, Partner, PartnerKeys, SystemInfo, reqwest_middleware::authorized, tower::AuthorizeLayer,
};

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const PAYMENTS: &str = "/epayment/v1/payments";
const PAYMENT: &str = "/epayment/v1/payments/acme-1";
const TOKEN: &str = "/accesstoken/get";

fn emulator() -> Outcome<Emulator> {
    Ok(Emulator::start(Options { merchants: vec!["123456".parse()?], ..Options::default() })?)
}

fn partner(vipps: &Emulator) -> Outcome<Partner> {
    let keys = PartnerKeys::try_from(vipps.partner_keys())?;
    Ok(Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, vipps.environment()?.into())?)
}

fn shop(vipps: &Emulator) -> Outcome<Merchant> {
    Ok(partner(vipps)?.merchant("123456".parse()?))
}

fn reply(status: u16, headers: &[(&str, &str)]) -> Outcome<ScriptedReply> {
    Ok(ScriptedReply::new(status, headers.iter().copied(), Vec::new())?)
}

/// Whether any request the emulator saw carried a key or a token.
fn saw_secrets(vipps: &Emulator) -> bool {
    let secret = ["authorization", "ocp-apim-subscription-key"];
    vipps.requests().iter().any(|request| secret.iter().any(|name| request.header(name).is_some()))
}

#[tokio::test]
async fn reqwest_calls_carry_the_headers() -> Outcome {
    let vipps = emulator()?;
    let http = authorized(reqwest::Client::builder(), shop(&vipps)?)?.build();
    for _ in 0..3 {
        let reply = http.get(format!("{}{PAYMENT}", vipps.base_url())).send().await?;
        assert_eq!(reply.status(), StatusCode::OK);
    }
    assert_eq!(vipps.count(TOKEN), 1);
    Ok(())
}

#[tokio::test]
async fn reqwest_calls_for_no_merchant_carry_no_msn() -> Outcome {
    let vipps = emulator()?;
    let http = authorized(reqwest::Client::builder(), partner(&vipps)?)?.build();
    let reply = http.get(format!("{}/management/v1/sales-units", vipps.base_url())).send().await?;
    assert_eq!(reply.status(), StatusCode::OK);
    let seen = vipps.requests().into_iter().next_back().ok_or("nothing was seen")?;
    assert_eq!(seen.header("merchant-serial-number"), None);
    Ok(())
}

#[tokio::test]
async fn after_a_401_reqwest_sends_the_same_body_once_more_with_another_token() -> Outcome {
    let vipps = emulator()?;
    let shop = shop(&vipps)?;
    shop.headers().await?;
    vipps.revoke_tokens();
    let http = authorized(reqwest::Client::builder(), shop)?.build();
    let reply = http.post(format!("{}{PAYMENTS}", vipps.base_url())).body(r#"{"amount":100}"#).send().await?;
    assert!(reply.status().is_success());
    assert_eq!((vipps.count(TOKEN), vipps.count(PAYMENTS)), (2, 2));
    let bodies: Vec<_> =
        vipps.requests().into_iter().filter(|seen| seen.path == PAYMENTS).map(|seen| seen.body).collect();
    assert_eq!(bodies[0], bodies[1]);
    Ok(())
}

#[tokio::test]
async fn a_401_that_stays_is_handed_back_after_one_more_try() -> Outcome {
    let vipps = emulator()?;
    vipps.script(PAYMENT, vec![reply(401, &[])?; 3]);
    let http = authorized(reqwest::Client::builder(), shop(&vipps)?)?.build();
    let url = format!("{}{PAYMENT}", vipps.base_url());
    assert_eq!(http.get(&url).send().await?.status(), StatusCode::UNAUTHORIZED);
    assert_eq!((vipps.count(TOKEN), vipps.count(PAYMENT)), (2, 2));
    // The next call does not fetch again so soon: a merchant who is always refused must not wear out the endpoint.
    assert_eq!(http.get(&url).send().await?.status(), StatusCode::UNAUTHORIZED);
    assert_eq!((vipps.count(TOKEN), vipps.count(PAYMENT)), (2, 3));
    Ok(())
}

#[tokio::test]
async fn a_streaming_body_is_not_sent_again_but_the_token_is_dropped() -> Outcome {
    let vipps = emulator()?;
    let shop = shop(&vipps)?;
    shop.headers().await?;
    vipps.revoke_tokens();
    let http = authorized(reqwest::Client::builder(), shop)?.build();
    let url = format!("{}{PAYMENTS}", vipps.base_url());
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>("{}")]);
    let reply = http.post(&url).body(reqwest::Body::wrap_stream(chunks)).send().await?;
    assert_eq!((reply.status(), vipps.count(PAYMENTS)), (StatusCode::UNAUTHORIZED, 1));
    assert!(http.post(&url).body("{}").send().await?.status().is_success());
    assert_eq!(vipps.count(TOKEN), 2);
    Ok(())
}

#[tokio::test]
async fn reqwest_sends_nothing_secret_to_another_host() -> Outcome {
    let (vipps, stranger) = (emulator()?, emulator()?);
    let http = authorized(reqwest::Client::builder(), shop(&vipps)?)?.build();
    http.get(format!("{}{PAYMENT}", stranger.base_url())).send().await?;
    assert_eq!((stranger.count(PAYMENT), vipps.count(TOKEN)), (1, 0));
    assert!(!saw_secrets(&stranger));
    Ok(())
}

#[tokio::test]
async fn reqwest_follows_no_redirect_to_another_host() -> Outcome {
    let (vipps, stranger) = (emulator()?, emulator()?);
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = format!("{}{PAYMENT}", stranger.base_url());
        vipps.script(PAYMENT, vec![reply(status, &[("location", &elsewhere)])?]);
        let http = authorized(reqwest::Client::builder(), shop(&vipps)?)?.build();
        let reply = http.get(format!("{}{PAYMENT}", vipps.base_url())).send().await?;
        assert_eq!(reply.status().as_u16(), status);
    }
    assert_eq!(stranger.count(PAYMENT), 0);
    Ok(())
}

#[tokio::test]
async fn reqwest_follows_redirects_within_the_host() -> Outcome {
    let vipps = emulator()?;
    vipps.script("/old", vec![reply(307, &[("location", PAYMENT)])?]);
    let http = authorized(reqwest::Client::builder(), shop(&vipps)?)?.build();
    assert_eq!(http.get(format!("{}/old", vipps.base_url())).send().await?.status(), StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn a_refused_subscription_key_is_replaced_by_the_other_in_mid_flight() -> Outcome {
    let vipps = emulator()?;
    let http = authorized(reqwest::Client::builder(), shop(&vipps)?)?.build();
    let url = format!("{}{PAYMENT}", vipps.base_url());
    assert_eq!(http.get(&url).send().await?.status(), StatusCode::OK);
    vipps.reject_subscription_key(vipps_emulator::SubscriptionKey::Primary);
    assert_eq!(http.get(&url).send().await?.status(), StatusCode::OK);
    Ok(())
}

fn request(vipps: &Emulator, path: &str) -> Outcome<Request<Full<Bytes>>> {
    Ok(Request::post(format!("{}{path}", vipps.base_url())).body(Full::from(r#"{"amount":100}"#))?)
}

#[tokio::test]
async fn tower_calls_carry_the_headers_and_are_tried_once_more() -> Outcome {
    let vipps = emulator()?;
    let shop = shop(&vipps)?;
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut stack = AuthorizeLayer::new(shop.clone()).layer(client);
    assert!(stack.call(request(&vipps, PAYMENTS)?).await?.status().is_success());
    vipps.revoke_tokens();
    assert!(stack.call(request(&vipps, PAYMENTS)?).await?.status().is_success());
    assert_eq!((vipps.count(TOKEN), vipps.count(PAYMENTS)), (2, 3));
    Ok(())
}

#[tokio::test]
async fn tower_once_hands_the_401_back_and_recovers() -> Outcome {
    let vipps = emulator()?;
    let shop = shop(&vipps)?;
    shop.headers().await?;
    vipps.revoke_tokens();
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut stack = AuthorizeLayer::once(shop).layer(client);
    assert_eq!(stack.call(request(&vipps, PAYMENTS)?).await?.status(), StatusCode::UNAUTHORIZED);
    assert!(stack.call(request(&vipps, PAYMENTS)?).await?.status().is_success());
    assert_eq!(vipps.count(PAYMENTS), 2);
    Ok(())
}

#[tokio::test]
async fn tower_sends_nothing_secret_to_another_host() -> Outcome {
    let (vipps, stranger) = (emulator()?, emulator()?);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let mut stack = AuthorizeLayer::new(shop(&vipps)?).layer(client);
    stack.call(request(&stranger, PAYMENTS)?).await?;
    assert!(!saw_secrets(&stranger));
    Ok(())
}

#[tokio::test]
async fn a_listed_origin_is_served_too() -> Outcome {
    let (vipps, gateway) = (emulator()?, emulator()?);
    let keys = PartnerKeys::try_from(vipps.partner_keys())?;
    let config = Config::default().environment(vipps.environment()?).trusted_origin(gateway.base_url());
    let shop = Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, config)?.merchant("123456".parse()?);
    let http = authorized(reqwest::Client::builder().timeout(Duration::from_secs(30)), shop)?.build();
    http.get(format!("{}{PAYMENT}", gateway.base_url())).send().await?;
    assert!(saw_secrets(&gateway));
    Ok(())
}

#[tokio::test]
async fn a_call_of_login_passes_as_it_is() -> Outcome {
    let vipps = emulator()?;
    let http = authorized(reqwest::Client::builder(), shop(&vipps)?)?.build();
    let url = format!("{}/vipps-userinfo-api/userinfo", vipps.base_url());
    http.get(url).bearer_auth("the login's own token").send().await?;
    let seen = vipps.requests().into_iter().next_back().ok_or("nothing was seen")?;
    assert_eq!(seen.header("authorization"), Some("Bearer the login's own token"));
    assert_eq!((seen.header("ocp-apim-subscription-key"), vipps.count(TOKEN)), (None, 0));
    Ok(())
}
