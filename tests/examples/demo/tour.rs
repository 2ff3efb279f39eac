//! The tour: each step says what it shows, and ends the program when it does not happen.

use std::{
    fmt::Display,
    time::{Duration, SystemTime},
};

use http::HeaderName;
use reqwest::StatusCode;
use vipps_emulator::Emulator;
use vipps_partner_auth::{
    BackchannelOptions, Config, Expect, LoginRequest, LoginResult, Merchant, Partner, PendingLogin, SpecializedKeys,
    Userinfo, reqwest_middleware::authorized,
};

use crate::{
    person::Person,
    stage::{self, KARI, Outcome},
};

/// Nothing listens there: the person is a script, which says where the browser was sent to.
const CALLBACK: &str = "https://shop.example/callback";
const SCOPES: [&str; 3] = ["openid", "name", "email"];
const PATIENCE: Duration = Duration::from_secs(300);

pub(crate) async fn run() -> Outcome {
    let vipps = stage::start(CALLBACK)?;
    let partner = stage::partner(&vipps, Config::default())?;
    let shops = stage::merchants()?.map(|(_, msn)| partner.merchant(msn));
    let kari = Person::new(&vipps, KARI)?;
    println!("An offline Vipps listens on {}", vipps.base_url());

    headers(&vipps, &shops).await?;
    calls(&vipps, &partner, &shops).await?;
    let logins = browser_logins(&kari, &shops).await?;
    mix_up(&logins, &shops).await?;
    phone_logins(&kari, &shops).await?;
    denied(&kari, &shops).await?;
    specialized(&vipps).await?;

    println!("\nAll of this happened over HTTP on this machine; nothing left it.");
    println!("To click through it yourself: cargo xtask demo --serve");
    Ok(())
}

async fn headers(vipps: &Emulator, shops: &[Merchant; 2]) -> Outcome {
    println!("\n1. Headers for two merchants, from one partner token");
    for shop in shops {
        let headers = shop.headers().await?;
        let msn = headers["merchant-serial-number"].to_str()?;
        line(shop.msn(), format!("{} headers, with Merchant-Serial-Number: {msn}", headers.len()));
        expect(headers.len() == 7 && msn == shop.msn().as_str(), "seven headers, which name the merchant")?;
    }
    for names in shops[0].headers().await?.keys().map(HeaderName::as_str).collect::<Vec<_>>().chunks(3) {
        line("", names.join(", "));
    }
    let fetched = vipps.count("/accesstoken/get");
    line("token requests", fetched);
    expect(fetched == 1, "exactly one token request")
}

async fn calls(vipps: &Emulator, partner: &Partner, shops: &[Merchant; 2]) -> Outcome {
    println!("\n2. A call for each of them, and one for a merchant who is not connected");
    let stranger = partner.merchant("999999".parse()?);
    let expected = [StatusCode::OK, StatusCode::OK, StatusCode::FORBIDDEN];
    for (shop, expected) in shops.iter().chain([&stranger]).zip(expected) {
        let status = call(vipps, shop).await?;
        line(shop.msn(), status);
        expect(status == expected, "the call is accepted for those who are connected, and for nobody else")?;
    }
    Ok(())
}

async fn call(vipps: &Emulator, shop: &Merchant) -> Outcome<StatusCode> {
    let http = authorized(reqwest::Client::builder(), shop.clone())?.build();
    let url = format!("{}/epayment/v1/payments/acme-order-1", vipps.base_url());
    Ok(http.get(url).send().await?.status())
}

async fn browser_logins(kari: &Person, shops: &[Merchant; 2]) -> Outcome<Vec<(LoginRequest, LoginResult)>> {
    println!("\n3. Login in the browser for both, with the same partner keys");
    let mut logins = Vec::new();
    for shop in shops {
        let login = shop.login(CALLBACK)?;
        let request = login.start(&SCOPES).await?;
        let question = kari.open(request.url()).await?;
        let callback = kari.approve(&question).await?.ok_or("the browser was not sent back")?;
        let result = login.finish(&callback, &request).await?;
        let userinfo = login.userinfo(&result).await?;
        let name = called(&userinfo, &result, shop)?;
        line(shop.msn(), format!("{name} logged in; {}", granted(&result)));
        logins.push((request, result));
    }
    let [(_, first), (_, second)] = &logins[..] else { return Err("two logins".into()) };
    expect(first.missing_scopes().is_empty(), "the first merchant gets all it asks for")?;
    expect(second.missing_scopes() == ["email"], "the second merchant's plan has no email")?;
    line("one person", "with another sub at each merchant");
    expect(first.claims().sub() != second.claims().sub(), "the sub differs")?;
    Ok(logins)
}

/// The name, once it is sure that everything is about the same person at the right merchant.
fn called<'a>(userinfo: &'a Userinfo, result: &LoginResult, shop: &Merchant) -> Outcome<&'a str> {
    expect(result.claims().msn() == shop.msn(), "the login is this merchant's")?;
    expect(userinfo.sub() == result.claims().sub(), "userinfo is about the same person")?;
    expect(userinfo.name() == Some("Kari Fixture"), "who is Kari")?;
    Ok(userinfo.name().unwrap_or_default())
}

fn granted(result: &LoginResult) -> String {
    let granted = format!("granted: {}", result.scopes().join(" "));
    match &result.missing_scopes()[..] {
        [] => granted,
        missing => format!("{granted}; not granted: {}", missing.join(" ")),
    }
}

async fn mix_up(logins: &[(LoginRequest, LoginResult)], shops: &[Merchant; 2]) -> Outcome {
    let (request, result) = logins.first().ok_or("no login")?;
    println!("\n4. The ID token of {}, shown to both", result.claims().msn());
    let expected = Expect::default().nonce(request.nonce());
    let claims = shops[0].verify_id_token(result.id_token(), &expected).await?;
    line(shops[0].msn(), format!("accepted, sub {}", claims.sub()));
    expect(claims.sub() == result.claims().sub(), "the same claims")?;

    let Err(refusal) = shops[1].verify_id_token(result.id_token(), &expected).await else {
        return Err("the other merchant's token was accepted".into());
    };
    line(shops[1].msn(), format!("refused: {refusal}"));
    expect(refusal.claim() == Some("msn"), "the msn claim is what was wrong")
}

async fn phone_logins(kari: &Person, shops: &[Merchant; 2]) -> Outcome {
    println!("\n5. Login by phone number for both: the till shows a code, and so does the phone");
    // By phone number Vipps does not tell which scopes it granted; what userinfo holds does.
    let expected = [("K7MX-42", Some("kari@example.test")), ("B3PT-99", None)];
    for (shop, (message, email)) in shops.iter().zip(expected) {
        let till = shop.backchannel()?;
        let pending = ask_on_phone(shop, message).await?;
        let question = kari.take_up_phone(pending.auth_req_id()).await?;
        expect(question.html.contains(message), "the phone shows the till's code")?;
        kari.approve(&question).await?;

        let result = till.wait(&pending, PATIENCE).await?.ok_or("still waiting")?;
        let userinfo = till.userinfo(&result).await?;
        let name = called(&userinfo, &result, shop)?;
        line(shop.msn(), format!("{message}: {name} logged in; email: {}", userinfo.email().unwrap_or("not granted")));
        expect(userinfo.email() == email, "the email is told where it is in the plan")?;
    }
    Ok(())
}

async fn ask_on_phone(shop: &Merchant, message: &str) -> Outcome<PendingLogin> {
    let options = BackchannelOptions::default().binding_message(message);
    Ok(shop.backchannel()?.start_with(&format!("urn:msisdn:{KARI}"), &SCOPES, &options).await?)
}

async fn denied(kari: &Person, shops: &[Merchant; 2]) -> Outcome {
    println!("\n6. The person says no");
    let [coffee, books] = shops;

    let login = coffee.login(CALLBACK)?;
    let request = login.start(&SCOPES).await?;
    let callback = kari.deny(&kari.open(request.url()).await?).await?.ok_or("the browser was not sent back")?;
    refused(coffee, "in the browser", &login.finish(&callback, &request).await)?;

    let pending = ask_on_phone(books, "NO-1234").await?;
    kari.deny(&kari.take_up_phone(pending.auth_req_id()).await?).await?;
    refused(books, "by phone number", &books.backchannel()?.wait(&pending, PATIENCE).await)
}

fn refused<T>(shop: &Merchant, way: &str, outcome: &vipps_partner_auth::Result<T>) -> Outcome {
    let Err(refusal) = outcome else { return Err("a login that was denied succeeded".into()) };
    let reason = refusal.reason().unwrap_or_default();
    line(shop.msn(), format!("{way}: {}, reason {reason}", refusal.code()));
    expect(reason == "denied", "the reason is that the person said no")
}

async fn specialized(vipps: &Emulator) -> Outcome {
    println!("\n7. A specialised token with a scope");
    let keys = SpecializedKeys::try_from(vipps.specialized_keys())?.with_scope("donations:read")?;
    let reports = Partner::new(keys, stage::system()?, vipps.environment()?.into())?;
    let http = authorized(reqwest::Client::builder(), reports.clone())?.build();
    let status = http.get(format!("{}/settlement/v1/ledgers", vipps.base_url())).send().await?.status();
    line("report", status);
    expect(status == StatusCode::OK, "the call is accepted")?;

    let form = token_form(vipps)?;
    line("asked with", &form);
    expect(form.contains("scope=donations%3Aread"), "a token with the scope")?;
    let life = reports.access_token().await?.expires_at().duration_since(SystemTime::now())?;
    let minutes = life.as_secs().div_ceil(60);
    line("good for", format!("{minutes} minutes"));
    expect(minutes == 15, "a short life")
}

fn token_form(vipps: &Emulator) -> Outcome<String> {
    let asked = vipps.requests().into_iter().find(|request| request.path == "/miami/v1/token");
    Ok(String::from_utf8(asked.ok_or("no token request")?.body)?)
}

fn line(label: impl Display, text: impl Display) {
    println!("   {:<16}{text}", label.to_string());
}

fn expect(happened: bool, what: &str) -> Outcome {
    if happened { Ok(()) } else { Err(format!("did not happen: {what}").into()) }
}
