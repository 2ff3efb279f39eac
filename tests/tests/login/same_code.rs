//! One application function, three ways to be known to Vipps.

use serde_json::json;
use vipps_emulator::{LoginAuthMethod as Method, User};
use vipps_partner_auth::{ErrorKind, LoginAuthMethod, Merchant};

use crate::{
    application::{CALLBACK, KARI, Member, Outcome, sign_in, sign_in_by_phone},
    stage::{API_TOKEN, AUTHORIZE, Stage, claim, first, hint, refused},
};

/// The same shop: partner keys, sales unit keys with Basic, and with post.
pub(crate) fn kinds(stage: &Stage) -> [Box<dyn Fn() -> Outcome<Merchant> + '_>; 3] {
    let sales_unit = |method| move || stage.sales_unit(&first(), method);
    [
        Box::new(|| stage.shop(&first())),
        Box::new(sales_unit(LoginAuthMethod::ClientSecretBasic)),
        Box::new(sales_unit(LoginAuthMethod::ClientSecretPost)),
    ]
}

fn kari(stage: &Stage) -> Outcome<Member> {
    let kari = stage.vipps.users().into_iter().find(|user| user.msisdn == KARI).ok_or("Kari")?;
    Ok(Member { id: kari.sub(&first()), name: Some(kari.name()), phone_number: Some(kari.msisdn) })
}

#[tokio::test]
async fn in_the_browser() -> Outcome {
    let stage = Stage::open()?;
    for shop in kinds(&stage) {
        let browser = stage.browser()?;
        let member = sign_in(&shop()?, async |url| browser.sign_in(url, KARI).await).await?;
        assert_eq!(member, kari(&stage)?);
    }
    Ok(())
}

#[tokio::test]
async fn by_phone_number() -> Outcome {
    let stage = Stage::open()?;
    for shop in kinds(&stage) {
        let decide = async |pending: &_| stage.approve(pending).map(|_| ());
        assert_eq!(sign_in_by_phone(&shop()?, KARI, decide).await?, kari(&stage)?);
    }
    Ok(())
}

#[tokio::test]
async fn each_says_who_it_is_in_its_own_way() -> Outcome {
    let stage = Stage::open()?;
    let mut ways = Vec::new();
    for shop in kinds(&stage) {
        stage.vipps.clear_requests();
        let (shop, browser) = (shop()?, stage.browser()?);
        sign_in(&shop, async |url| browser.sign_in(url, KARI).await).await?;
        let requests = stage.vipps.requests();
        let authorize = requests.iter().find(|request| request.path == AUTHORIZE).ok_or("a browser")?;
        let exchange = requests.iter().find(|request| request.path.ends_with("/oauth2/token")).ok_or("an exchange")?;
        let scheme = exchange.header("authorization").and_then(|value| value.split(' ').next()).map(str::to_owned);
        let in_form = String::from_utf8_lossy(&exchange.body).contains("client_secret=");
        let named_by_msn = authorize.query.as_deref().unwrap_or_default().contains("msn=123456");
        assert_eq!(exchange.header("merchant-serial-number"), Some("123456"));
        assert_eq!(exchange.header("ocp-apim-subscription-key"), None);
        ways.push((scheme, in_form, named_by_msn, stage.vipps.count(API_TOKEN)));
    }
    let (bearer, basic) = (Some("Bearer".to_owned()), Some("Basic".to_owned()));
    assert_eq!(ways, [(bearer, false, true, 1), (basic, false, false, 0), (None, true, false, 0)]);
    Ok(())
}

#[tokio::test]
async fn only_who_knows_the_client_id_judges_the_audience() -> Outcome {
    let stage = Stage::open()?;
    let [partner, basic, post] = kinds(&stage);
    for (shop, judges) in [(partner, false), (basic, true), (post, true)] {
        let login = shop()?.login(CALLBACK)?;
        let (request, callback_url) = stage.approved(&login).await?;
        stage.vipps.bend_next_id_token(|spec| spec.claim("aud", json!(["somebody-else"])));
        let outcome = login.finish(&callback_url, &request).await;
        if judges {
            assert_eq!(claim(outcome), "aud");
        } else {
            assert_eq!(outcome?.claims().sub(), User::default().sub(&first()));
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_wrong_way_is_refused_with_a_hint() -> Outcome {
    let stage = Stage::open()?;
    let basic = stage.sales_unit(&first(), LoginAuthMethod::ClientSecretBasic)?;
    let partner = stage.shop(&first())?;
    stage.vipps.login_auth_method(&first(), Method::Post)?;
    for shop in [basic, partner] {
        let login = shop.login(CALLBACK)?;
        let (request, callback_url) = stage.approved(&login).await?;
        let started = shop.backchannel()?.start(&hint(KARI), &["openid"]).await;
        // The first to be refused is tried with another token; then it is too soon for a third.
        for error in [refused(login.finish(&callback_url, &request).await), refused(started)] {
            assert_eq!(error.oauth_error(), Some("invalid_client"));
            assert!(matches!(error.kind(), ErrorKind::CredentialsRejected | ErrorKind::Unavailable), "{error}");
            assert!(error.hint().is_some_and(|hint| hint.contains("client_secret_basic")), "{error}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_merchant_who_left_the_partner_is_out_of_reach() -> Outcome {
    let stage = Stage::open()?;
    let shop = stage.shop(&first())?;
    let (login, phone) = (shop.login(CALLBACK)?, shop.backchannel()?);
    let (request, callback_url) = stage.approved(&login).await?;
    stage.vipps.disconnect_merchant(&first());
    for error in [
        refused(login.finish(&callback_url, &request).await),
        refused(phone.start(&hint(KARI), &["openid"]).await),
        refused(phone.user_exists(KARI).await),
    ] {
        assert_eq!((error.kind(), error.status()), (ErrorKind::Forbidden, Some(403)), "{error}");
    }
    stage.vipps.add_merchant(&first());
    stage.a_new_login_works(&login).await
}

#[tokio::test]
async fn keys_of_the_other_environment_are_told_apart() -> Outcome {
    let stage = Stage::open()?;
    let shop = stage.sales_unit(&first(), LoginAuthMethod::ClientSecretBasic)?;
    let login = shop.login(CALLBACK)?;
    let (request, callback_url) = stage.approved(&login).await?;
    stage.vipps.wrong_environment(true);
    let error = refused(login.finish(&callback_url, &request).await);
    assert_eq!(error.kind(), ErrorKind::CredentialsRejected);
    assert!(error.hint().is_some_and(|hint| hint.contains("environment")), "{error}");
    Ok(())
}
