//! The browser flow: who asks, what is sent, and what belongs together.

use vipps_partner_auth::{BasicEncoding, ErrorKind, Login, LoginRequest};

use crate::{
    application::{CALLBACK, KARI, Outcome, mixed_up, sign_in},
    provider::{Provider, Registration, browse},
};

async fn approved(login: &Login) -> Outcome<(LoginRequest, String)> {
    let request = login.start(&["openid"]).await?;
    let callback_url = browse(request.url()).await?;
    Ok((request, callback_url))
}

fn login(provider: &Provider) -> Outcome<Login> {
    Ok(provider.shop(provider.basic())?.login(CALLBACK)?)
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn the_shops_own_code_signs_people_in() -> Outcome {
    let provider = Provider::start()?;
    for client in [provider.basic(), provider.post()] {
        let member = sign_in(&provider.shop(client)?, browse).await?;
        assert_eq!(
            (member.id.as_str(), member.name.as_deref()),
            ("c0ffee00-0000-4000-8000-000000000001", Some("Kari Fixture"))
        );
        assert_eq!(member.phone_number.as_deref(), Some(KARI));
    }
    let seen = provider.seen().await?;
    let ways: Vec<_> = seen.iter().map(|seen| (seen.authorization.as_deref(), seen.status)).collect();
    assert_eq!(ways, [(Some("Basic"), 200), (None, 200)]);
    let code = ["grant_type", "code", "redirect_uri", "code_verifier"];
    assert_eq!(seen[0].form, code);
    assert_eq!(seen[1].form, [&code[..], &["client_id", "client_secret"]].concat());
    for seen in seen {
        let has = |name: &str| seen.headers.iter().any(|header| header.eq_ignore_ascii_case(name));
        assert!(has("Merchant-Serial-Number") && has("Vipps-System-Name"), "{seen:?}");
        assert!(!has("Ocp-Apim-Subscription-Key"), "{seen:?}");
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn keys_that_are_not_form_encoded_are_written_the_other_way() -> Outcome {
    let provider = Provider::start()?;
    let raw = provider.config()?.login_basic_encoding(BasicEncoding::Raw);
    let login = provider.basic().shop(raw)?.login(CALLBACK)?;
    let (request, callback_url) = approved(&login).await?;
    login.finish(&callback_url, &request).await?;
    let calls = provider.seen().await?.into_iter().filter(|seen| seen.path.ends_with("/token"));
    assert_eq!(calls.map(|seen| seen.status).collect::<Vec<_>>(), [401, 200]);
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn a_wrong_secret_is_told_apart() -> Outcome {
    let provider = Provider::start()?;
    for client in [provider.basic(), provider.post()] {
        let wrong = Registration { client_secret: "wrong".to_owned(), ..client.clone() };
        let login = provider.shop(&wrong)?.login(CALLBACK)?;
        let (request, callback_url) = approved(&login).await?;
        let error = login.finish(&callback_url, &request).await.expect_err("a wrong secret");
        assert_eq!((error.kind(), error.status()), (ErrorKind::CredentialsRejected, Some(401)));
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn a_code_without_its_verifier_is_worth_nothing() -> Outcome {
    let provider = Provider::start()?;
    let login = login(&provider)?;
    let (request, callback_url) = approved(&login).await?;
    let (other, _) = approved(&login).await?;
    let stolen = mixed_up(&request, "code_verifier", other.code_verifier())?;
    let error = login.finish(&callback_url, &stolen).await.expect_err("another verifier");
    assert_eq!((error.kind(), error.reason()), (ErrorKind::LoginFailed, Some("invalid_grant")));
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn a_code_is_good_once_and_for_its_client_and_address() -> Outcome {
    let provider = Provider::start()?;
    let login = login(&provider)?;
    let (request, callback_url) = approved(&login).await?;
    let result = login.finish(&callback_url, &request).await?;
    let again = login.finish(&callback_url, &request).await.expect_err("a used code");
    assert_eq!(again.reason(), Some("invalid_grant"));
    let taken_back = login.userinfo(&result).await.expect_err("tokens that were taken back");
    assert_eq!((taken_back.reason(), taken_back.status()), (Some("expired"), Some(401)));

    let (request, callback_url) = approved(&login).await?;
    let stranger = Registration { msn: provider.basic().msn.clone(), ..provider.clients[2].clone() };
    let stranger = provider.shop(&stranger)?.login(CALLBACK)?;
    let error = stranger.finish(&callback_url, &request).await.expect_err("a code of another client");
    assert_eq!(error.reason(), Some("invalid_grant"));

    let (request, callback_url) = approved(&login).await?;
    let (elsewhere, login) = ("https://shop.example/elsewhere", provider.shop(provider.basic())?);
    let mixed = mixed_up(&request, "redirect_uri", elsewhere)?;
    let moved = callback_url.replace(CALLBACK, elsewhere);
    let error = login.login(elsewhere)?.finish(&moved, &mixed).await.expect_err("another address");
    assert_eq!(error.reason(), Some("invalid_grant"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn callbacks_that_were_swapped_send_nothing() -> Outcome {
    let provider = Provider::start()?;
    let (basic, post) = (login(&provider)?, provider.shop(provider.post())?.login(CALLBACK)?);
    let (karis, karis_callback) = approved(&basic).await?;
    let (olas, olas_callback) = approved(&basic).await?;
    let (elsewhere, elsewhere_callback) = approved(&post).await?;
    for (login, callback_url, request, expected) in [
        (&basic, &olas_callback, &karis, "state"),
        (&basic, &karis_callback, &olas, "state"),
        (&post, &karis_callback, &elsewhere, "state"),
        (&post, &karis_callback, &karis, "merchant"),
        (&basic, &elsewhere_callback, &elsewhere, "merchant"),
    ] {
        let error = login.finish(callback_url, request).await.expect_err("a mix-up");
        assert_eq!((error.kind(), error.reason()), (ErrorKind::LoginFailed, Some(expected)));
    }
    let other_issuer = karis_callback.replace("access-management-1.0", "another-issuer");
    assert_ne!(other_issuer, karis_callback, "the callback names its issuer");
    let error = basic.finish(&other_issuer, &karis).await.expect_err("another issuer");
    assert_eq!(error.reason(), Some("issuer"));
    assert!(provider.seen().await?.is_empty());
    for (login, callback_url, request) in
        [(&basic, &karis_callback, &karis), (&basic, &olas_callback, &olas), (&post, &elsewhere_callback, &elsewhere)]
    {
        assert_eq!(login.finish(callback_url, request).await?.claims().msn(), request.msn());
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn whoever_says_no_is_told_apart() -> Outcome {
    let provider = Provider::start()?;
    let login = login(&provider)?;
    provider.control("next-refused").await?;
    let (request, callback_url) = approved(&login).await?;
    let error = login.finish(&callback_url, &request).await.expect_err("a person who said no");
    assert_eq!((error.reason(), error.oauth_error()), (Some("denied"), Some("access_denied")));
    let (request, callback_url) = approved(&login).await?;
    login.finish(&callback_url, &request).await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs node: cargo xtask test --only openid"]
async fn each_scope_opens_its_own_claims() -> Outcome {
    let provider = Provider::start()?;
    let login = login(&provider)?;
    let request = login.start(&["openid", "email", "address", "birthDate"]).await?;
    let result = login.finish(&browse(request.url()).await?, &request).await?;
    assert_eq!((result.scopes(), result.missing_scopes()), (request.scopes(), Vec::new()));
    let kari = login.userinfo(&result).await?;
    assert_eq!((kari.email(), kari.birthdate()), (Some("kari@example.test"), Some("1990-02-28")));
    assert_eq!(kari.address().and_then(|address| address.region).as_deref(), Some("OSLO"));
    assert_eq!((kari.name(), kari.phone_number()), (None, None));
    assert_eq!(kari.sub(), result.claims().sub());
    Ok(())
}
