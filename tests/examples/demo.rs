//! A partner's main job on the embedded emulator, over real sockets: `cargo xtask demo`.
//!
//! Each step says what it shows and ends the program when it does not happen.
#![expect(clippy::print_stdout, reason = "a demonstration is there to be read")]

use std::{error::Error, time::SystemTime};

use reqwest::StatusCode;
use vipps_emulator::{Emulator, IdTokenSpec, Options};
use vipps_partner_auth::{
    Expect, Merchant, Msn, Partner, PartnerKeys, SpecializedKeys, SystemInfo, reqwest_middleware::authorized,
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const MERCHANTS: [&str; 3] = ["123456", "234567", "345678"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let merchants = MERCHANTS.iter().map(|msn| msn.parse()).collect::<Result<Vec<Msn>, _>>()?;
    let vipps = Emulator::start(Options { merchants: merchants.clone(), ..Options::default() })?;
    println!("An offline Vipps listens on {}\n", vipps.base_url());

    let partner = partner(&vipps)?;
    let shops: Vec<_> = merchants.into_iter().map(|msn| partner.merchant(msn)).collect();
    one_token_for_all(&vipps, &shops).await?;
    calls_for_each(&vipps, &shops).await?;
    id_tokens(&vipps, &shops[0], &shops[1]).await?;
    specialized(&vipps).await?;

    println!("\nAll of this happened over HTTP on this machine; nothing left it.");
    Ok(())
}

fn partner(vipps: &Emulator) -> Outcome<Partner> {
    let keys = PartnerKeys::try_from(vipps.partner_keys())?;
    Ok(Partner::new(keys, system()?, vipps.environment()?.into())?)
}

fn system() -> Outcome<SystemInfo> {
    Ok(SystemInfo::new("acme", "3.1.2")?.with_plugin("acme-webshop", "4.5.6")?)
}

async fn one_token_for_all(vipps: &Emulator, shops: &[Merchant]) -> Outcome {
    println!("1. Headers for three merchants, from one partner token");
    for shop in shops {
        let headers = shop.headers().await?;
        let names: Vec<_> = headers.keys().map(http::HeaderName::as_str).collect();
        println!("   {}: {}", shop.msn(), names.join(", "));
    }
    let fetched = vipps.count("/accesstoken/get");
    println!("   token requests: {fetched}");
    expect(fetched == 1, "exactly one token request")
}

async fn calls_for_each(vipps: &Emulator, shops: &[Merchant]) -> Outcome {
    println!("\n2. A call for each of them, and one for a merchant who is not connected");
    for shop in shops {
        let status = call(vipps, shop).await?;
        println!("   {}: {status}", shop.msn());
        expect(status == StatusCode::OK, "the call is accepted")?;
    }
    let stranger = shops[0].partner().merchant("999999".parse()?);
    let status = call(vipps, &stranger).await?;
    println!("   {}: {status}", stranger.msn());
    expect(status == StatusCode::FORBIDDEN, "the call for a stranger is refused")
}

async fn call(vipps: &Emulator, shop: &Merchant) -> Outcome<StatusCode> {
    let http = authorized(reqwest::Client::builder(), shop.clone())?.build();
    let url = format!("{}/epayment/v1/payments/acme-order-1", vipps.base_url());
    Ok(http.get(url).send().await?.status())
}

async fn id_tokens(vipps: &Emulator, right: &Merchant, wrong: &Merchant) -> Outcome {
    println!("\n3. An ID token of {}", right.msn());
    let id_token = vipps.mint_id_token(&IdTokenSpec::new(right.msn()).nonce("n-0S6_WzA2Mj"));
    let expect_nonce = Expect::default().nonce("n-0S6_WzA2Mj");

    let claims = right.verify_id_token(&id_token, &expect_nonce).await?;
    println!("   for {}: accepted, sub {}", right.msn(), claims.sub());
    let Err(refusal) = wrong.verify_id_token(&id_token, &expect_nonce).await else {
        return Err("the other merchant's token was accepted".into());
    };
    println!("   for {}: {refusal}", wrong.msn());
    expect(refusal.claim() == Some("msn"), "the msn claim is what was wrong")
}

async fn specialized(vipps: &Emulator) -> Outcome {
    println!("\n4. A specialized token with a scope");
    let keys = SpecializedKeys::try_from(vipps.specialized_keys())?.with_scope("donations:read")?;
    let reports = Partner::new(keys, system()?, vipps.environment()?.into())?;
    let http = authorized(reqwest::Client::builder(), reports.clone())?.build();
    let status = http.get(format!("{}/report/v2/ledgers", vipps.base_url())).send().await?.status();
    let life = reports.access_token().await?.expires_at().duration_since(SystemTime::now())?;
    println!("   a token for the next {} minutes", life.as_secs().div_ceil(60));
    println!("   report: {status}");
    let asked =
        vipps.requests().into_iter().find(|request| request.path == "/miami/v1/token").ok_or("no token request")?;
    let form = String::from_utf8(asked.body)?;
    println!("   asked for with: {form}");
    expect(status == StatusCode::OK && form.contains("scope=donations%3Aread"), "a token with the scope")
}

fn expect(happened: bool, what: &str) -> Outcome {
    if happened { Ok(()) } else { Err(format!("did not happen: {what}").into()) }
}
