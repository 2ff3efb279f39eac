//! Who the person is: what each scope opens, for how long, and what becomes of scopes that are not for sale.

use serde_json::{Map, Value, json};
use vipps_emulator::{
    Address, AddressKind, Endpoint, ErrorShape, Failure, Mode, Options, ScopeOutsidePlan, ScriptedReply, User,
};
use vipps_partner_auth::{ErrorKind, Login, LoginResult, Userinfo};

use crate::{
    application::{KARI, Outcome},
    stage::{Stage, TOKEN, USERINFO, claim, first, reason, refused, seconds},
};

async fn logged_in(stage: &Stage, login: &Login, scopes: &[&str]) -> Outcome<LoginResult> {
    let request = login.start(scopes).await?;
    let callback_url = stage.browser()?.sign_in(request.url(), KARI).await?;
    Ok(login.finish(&callback_url, &request).await?)
}

async fn told(stage: &Stage, scopes: &[&str]) -> Outcome<Userinfo> {
    let login = stage.login()?;
    let result = logged_in(stage, &login, scopes).await?;
    assert_eq!(result.missing_scopes(), Vec::<&str>::new());
    Ok(login.userinfo(&result).await?)
}

fn members(userinfo: &Userinfo) -> Outcome<Vec<String>> {
    let members: Map<String, Value> = serde_json::from_str(&userinfo.json())?;
    let mut names: Vec<_> = members.into_iter().map(|(name, _)| name).collect();
    names.sort();
    Ok(names)
}

fn known_person(stage: &Stage) -> Outcome {
    let cabin = Address { kind: AddressKind::Other, region: "GEILO".to_owned(), ..Address::default() };
    let kari = User {
        gender: Some("female".to_owned()),
        nin: Some("01019000000".to_owned()),
        addresses: vec![Address::default(), cabin],
        ..User::default()
    };
    Ok(stage.vipps.add_user(kari)?)
}

#[tokio::test]
async fn each_scope_opens_its_own_claims_and_no_others() -> Outcome {
    let stage = Stage::open()?;
    known_person(&stage)?;
    let opens: [(&str, &[&str]); 9] = [
        ("openid", &[]),
        ("name", &["family_name", "given_name", "name"]),
        ("phoneNumber", &["phone_number", "phone_number_verified"]),
        ("email", &["email", "email_verified"]),
        ("address", &["address", "other_addresses"]),
        ("birthDate", &["birthdate"]),
        ("gender", &["gender"]),
        ("nin", &["nin"]),
        ("delegatedConsents", &["delegatedConsents"]),
    ];
    for (scope, expected) in opens {
        let userinfo = told(&stage, &["openid", scope]).await?;
        let mut expected: Vec<_> = expected.iter().copied().chain(["sid", "sub"]).collect();
        expected.sort_unstable();
        assert_eq!(members(&userinfo)?, expected, "{scope}");
    }
    Ok(())
}

#[tokio::test]
async fn all_of_it_is_read() -> Outcome {
    let stage = Stage::open()?;
    known_person(&stage)?;
    let all = ["openid", "name", "phoneNumber", "email", "address", "birthDate", "gender", "nin"];
    let kari = told(&stage, &all).await?;
    assert_eq!(kari.sub(), User::default().sub(&first()));
    assert_eq!(
        (kari.name(), kari.given_name(), kari.family_name()),
        (Some("Kari Fixture"), Some("Kari"), Some("Fixture"))
    );
    assert_eq!((kari.phone_number(), kari.phone_number_verified()), (Some(KARI), Some(true)));
    assert_eq!((kari.email(), kari.email_verified()), (Some("kari@example.test"), Some(true)));
    assert_eq!(
        (kari.birthdate(), kari.gender(), kari.nin()),
        (Some("1990-02-28"), Some("female"), Some("01019000000"))
    );
    let home = kari.address().ok_or("an address")?;
    assert_eq!(home.street_address.as_deref(), Some("Prøvegata 1\nH0201"));
    assert_eq!((home.region.as_deref(), home.address_type.as_deref()), (Some("OSLO"), Some("home")));
    let others: Vec<_> = kari.other_addresses().into_iter().map(|address| address.region).collect();
    assert_eq!(others, [Some("GEILO".to_owned())]);
    Ok(())
}

#[tokio::test]
async fn what_nobody_has_told_is_none_and_what_nobody_knows_is_kept() -> Outcome {
    let stage = Stage::open()?;
    let mut more_claims = Map::new();
    more_claims.insert("shoe_size".to_owned(), json!(42));
    stage.vipps.add_user(User { addresses: Vec::new(), more_claims, ..User::default() })?;
    let kari = told(&stage, &["openid", "address", "gender"]).await?;
    assert_eq!((kari.address(), kari.other_addresses(), kari.gender()), (None, Vec::new(), None));
    assert_eq!((kari.name(), kari.email_verified()), (None, None));
    assert_eq!(kari.claim::<u8>("shoe_size"), Some(42));
    Ok(())
}

#[tokio::test]
async fn consents_come_with_the_first_login_only() -> Outcome {
    let stage = Stage::open()?;
    let scopes = ["openid", "delegatedConsents"];
    let consents = told(&stage, &scopes).await?.delegated_consents().cloned().ok_or("consents")?;
    assert_eq!(consents["consents"][0]["accepted"], true);
    assert_eq!(told(&stage, &scopes).await?.delegated_consents(), None);
    Ok(())
}

#[tokio::test]
async fn the_test_environment_knows_less() -> Outcome {
    let stage = Stage::open_with(Options { mode: Mode::Test, ..Options::default() })?;
    known_person(&stage)?;
    stage.vipps.add_user(User { email_verified: false, gender: Some("female".to_owned()), ..User::default() })?;
    let kari = told(&stage, &["openid", "email", "gender"]).await?;
    assert_eq!((kari.email(), kari.email_verified(), kari.gender()), (Some("kari@example.test"), Some(false), None));
    Ok(())
}

#[tokio::test]
async fn it_is_open_for_ten_minutes_though_the_reply_says_an_hour() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let result = logged_in(&stage, &login, &["openid"]).await?;
    stage.time.pass(seconds(599));
    login.userinfo(&result).await?;
    stage.time.pass(seconds(1));
    assert_eq!(reason(login.userinfo(&result).await), "expired");
    assert_eq!(stage.vipps.count(USERINFO), 1, "not asked in vain");
    stage.a_new_login_works(&login).await
}

#[tokio::test]
async fn a_clock_that_goes_slow_here_learns_it_from_vipps() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let result = logged_in(&stage, &login, &["openid"]).await?;
    stage.vipps.advance(seconds(600));
    let error = refused(login.userinfo(&result).await);
    assert_eq!((error.reason(), error.status(), error.retryable()), (Some("expired"), Some(401), false));
    assert_eq!(stage.vipps.count(USERINFO), 1, "asked once");
    Ok(())
}

#[tokio::test]
async fn a_scope_outside_the_plan_is_missing() -> Outcome {
    let stage = Stage::open()?;
    stage.vipps.login_scopes(&first(), &["openid", "name"])?;
    let login = stage.login()?;
    let result = logged_in(&stage, &login, &["openid", "name", "address", "nin"]).await?;
    assert_eq!(result.scopes(), ["openid", "name"]);
    assert_eq!(result.asked_scopes(), ["openid", "name", "address", "nin"]);
    assert_eq!(result.missing_scopes(), ["address", "nin"]);
    assert_eq!(login.userinfo(&result).await?.address(), None);
    Ok(())
}

#[tokio::test]
async fn or_the_whole_request_is_refused() -> Outcome {
    let stage = Stage::open()?;
    stage.vipps.login_scopes(&first(), &["openid"])?;
    stage.vipps.scopes_outside_plan(ScopeOutsidePlan::Refused);
    let shop = stage.shop(&first())?;
    let login = stage.login()?;
    let request = login.start(&["openid", "nin"]).await?;
    let callback_url = stage.browser()?.open(request.url()).await?.elsewhere()?;
    assert_eq!(reason(login.finish(&callback_url, &request).await), "invalid_scope");
    let error = refused(shop.backchannel()?.start("urn:msisdn:4791234567", &["openid", "nin"]).await);
    assert_eq!((error.kind(), error.oauth_error()), (ErrorKind::Forbidden, Some("invalid_scope")));
    stage.vipps.scopes_outside_plan(ScopeOutsidePlan::Dropped);
    assert_eq!(stage.vipps.count(TOKEN), 0);
    Ok(())
}

#[tokio::test]
async fn an_answer_about_somebody_else_is_nobodys() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let result = logged_in(&stage, &login, &["openid"]).await?;
    let reply = |body: &str| ScriptedReply::new(200, [("Content-Type", "application/json")], body.to_owned());
    stage
        .vipps
        .script(USERINFO, vec![reply(r#"{"sub":"somebody-else","name":"Ola"}"#)?, reply("{}")?, reply("<html>")?]);
    assert_eq!(claim(login.userinfo(&result).await), "sub");
    assert_eq!(refused(login.userinfo(&result).await).kind(), ErrorKind::Protocol);
    assert_eq!(refused(login.userinfo(&result).await).kind(), ErrorKind::Protocol);
    assert_eq!(login.userinfo(&result).await?.sub(), result.claims().sub());
    Ok(())
}

#[tokio::test]
async fn a_passing_fault_costs_nothing() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let result = logged_in(&stage, &login, &["openid"]).await?;
    stage.vipps.fail_next(Endpoint::Userinfo, 1, Failure::status(503, ErrorShape::Apim));
    stage.vipps.fail_next(Endpoint::Userinfo, 1, Failure::DropAfterReading);
    login.userinfo(&result).await?;
    assert_eq!(stage.vipps.count(USERINFO), 3);
    stage.vipps.fail_next(Endpoint::Userinfo, 3, Failure::bad_gateway());
    let error = refused(login.userinfo(&result).await);
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Unavailable, true));
    login.userinfo(&result).await?;
    Ok(())
}

#[tokio::test]
async fn it_is_asked_with_the_login_token_alone() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let result = logged_in(&stage, &login, &["openid"]).await?;
    login.userinfo(&result).await?;
    let asked = stage.vipps.requests().pop().ok_or("a request")?;
    assert_eq!(asked.header("authorization"), Some(format!("Bearer {}", result.access_token().secret()).as_str()));
    for name in ["ocp-apim-subscription-key", "merchant-serial-number"] {
        assert_eq!(asked.header(name), None);
    }
    Ok(())
}
