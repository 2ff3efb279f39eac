//! What the browser brings back when nobody logged in, from Vipps and from people who make things up.

use vipps_emulator::{App, User};
use vipps_partner_auth::{LoginOptions, Market, RequestedFlow};

use crate::{
    application::{CALLBACK, KARI, Outcome},
    stage::{APP_CALLBACK, Stage, TOKEN, first, reason, refused},
};

const ERRORS: [(&str, &str); 16] = [
    ("access_denied", "denied"),
    ("server_error", "server_error"),
    ("login_required", "login_required"),
    ("invalid_request", "invalid_request"),
    ("invalid_scope", "invalid_scope"),
    ("unauthorized_client", "unauthorized_client"),
    ("unsupported_response_type", "unsupported_response_type"),
    ("temporarily_unavailable", "temporarily_unavailable"),
    ("invalid_app_callback_uri", "invalid_app_callback_uri"),
    ("app_callback_uri_not_registered", "app_callback_uri_not_registered"),
    ("outdated_app_version", "outdated_app"),
    ("wrong_challenge", "wrong_challenge"),
    ("unknown_reject_reason", "unknown_reject_reason"),
    ("an_error_of_next_year", "an_error_of_next_year"),
    ("Not A Code & <script>", "unknown"),
    ("", "unknown"),
];

#[tokio::test]
async fn whoever_says_no_is_told_apart() -> Outcome {
    let stage = Stage::open()?;
    let (login, browser) = (stage.login()?, stage.browser()?);
    let request = login.start(&["openid"]).await?;
    let id = browser.open(request.url()).await?.question()?;
    let callback_url = browser.deny(&id).await?.elsewhere()?;
    let error = refused(login.finish(&callback_url, &request).await);
    assert_eq!((error.reason(), error.oauth_error()), (Some("denied"), Some("access_denied")));
    assert_eq!(stage.vipps.count(TOKEN), 0);
    stage.a_new_login_works(&login).await
}

#[tokio::test]
async fn every_error_is_a_reason_also_one_that_nobody_knows() -> Outcome {
    let stage = Stage::open()?;
    let (login, browser) = (stage.login()?, stage.browser()?);
    for (error, expected) in ERRORS {
        let request = login.start(&["openid"]).await?;
        let id = browser.open(request.url()).await?.question()?;
        let callback_url = stage.vipps.deny_with(&id, error)?.ok_or("a URL")?;
        assert_eq!(reason(login.finish(&callback_url, &request).await), expected, "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn an_error_for_another_request_is_not_believed() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, other) = (login.start(&["openid"]).await?, login.start(&["openid"]).await?);
    let forged = format!("{CALLBACK}?error=access_denied&state={}", other.state());
    assert_eq!(reason(login.finish(&forged, &request).await), "state");
    assert_eq!(reason(login.finish(&format!("{CALLBACK}?error=access_denied"), &request).await), "state");
    Ok(())
}

#[tokio::test]
async fn a_person_with_an_old_app_is_told_so() -> Outcome {
    let stage = Stage::open()?;
    let msisdn = "4740000000".to_owned();
    stage.vipps.add_user(User { msisdn: msisdn.clone(), app: App::Outdated, ..User::default() })?;
    let login = stage.login()?;
    let request = login.start(&["openid"]).await?;
    let callback_url = stage.browser()?.sign_in(request.url(), &msisdn).await?;
    assert_eq!(reason(login.finish(&callback_url, &request).await), "outdated_app");
    Ok(())
}

#[tokio::test]
async fn what_vipps_refuses_at_the_door_comes_back_typed() -> Outcome {
    let stage = Stage::open()?;
    let (login, browser) = (stage.login()?, stage.browser()?);
    let request = login.start(&["openid", "offline"]).await?;
    let callback_url = browser.open(request.url()).await?.elsewhere()?;
    assert_eq!(reason(login.finish(&callback_url, &request).await), "invalid_scope");
    let unregistered =
        LoginOptions::default().requested_flow(RequestedFlow::AppToAppV2).app_callback_uri("acme://other");
    let request = login.start_with(&["openid"], &unregistered).await?;
    let callback_url = browser.open(request.url()).await?.elsewhere()?;
    assert_eq!(reason(login.finish(&callback_url, &request).await), "app_callback_uri_not_registered");
    Ok(())
}

#[tokio::test]
async fn a_callback_that_somebody_made_up_sends_nothing() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, good) = stage.approved(&login).await?;
    let right = request.state();
    let made_up = [
        (String::new(), "state"),
        ("code=c".to_owned(), "state"),
        ("code=c&state=".to_owned(), "state"),
        (format!("code=c&state={}", &right[1..]), "state"),
        (format!("code=c&state={right}x"), "state"),
        (format!("code=c&state={}", right.to_ascii_lowercase()), "state"),
        (format!("state={right}"), "callback"),
        (format!("code=&state={right}"), "callback"),
        (format!("code=%C3%B8&state={right}"), "callback"),
        (format!("code=c%0D%0Ad&state={right}"), "callback"),
        (format!("code={}&state={right}", "c".repeat(5_000)), "callback"),
        (format!("code=c&state={right}&x={}", "x".repeat(20_000)), "callback"),
        (format!("code=c&code=d&state={right}"), "callback"),
        (format!("code=c&state={right}&state={right}"), "callback"),
        (format!("code=c&state={right}&error=access_denied"), "callback"),
        (format!("code=c&state={right}&iss=https%3A%2F%2Fevil.example"), "issuer"),
    ];
    for (query, expected) in made_up {
        assert_eq!(reason(login.finish(&format!("{CALLBACK}?{query}"), &request).await), expected, "{query}");
    }
    for url in ["", "nonsense", "//shop.example/callback", "javascript:alert(1)"] {
        let outcome = login.finish(&format!("{url}?code=c&state={right}x"), &request).await;
        assert!(["state", "redirect_uri"].contains(&reason(outcome).as_str()), "{url}");
    }
    assert_eq!(stage.vipps.count(TOKEN), 0);
    login.finish(&good, &request).await?;
    Ok(())
}

#[tokio::test]
async fn a_code_that_was_made_up_is_refused_by_vipps() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let request = login.start(&["openid"]).await?;
    let made_up = format!("{CALLBACK}?code=made%20up&state={}", request.state());
    assert_eq!(reason(login.finish(&made_up, &request).await), "invalid_grant");
    Ok(())
}

#[tokio::test]
async fn more_parameters_and_a_fragment_do_no_harm() -> Outcome {
    let stage = Stage::open()?;
    let login = stage.login()?;
    let (request, callback_url) = stage.approved(&login).await?;
    let result = login.finish(&format!("{callback_url}&utm_source=x&x=1&x=2#top"), &request).await?;
    assert_eq!(result.claims().msn(), &first());
    Ok(())
}

#[tokio::test]
async fn every_address_that_can_be_registered_is_found_again() -> Outcome {
    let stage = Stage::open()?;
    for uri in [
        "https://shop.example",
        "https://shop.example/",
        "https://Shop.Example/Callback",
        "https://shop.example:8443/callback/",
        "https://shop.example/callback?tenant=7&lang=nb",
        "https://shop.example/tilbake%20kall",
        "http://localhost:3000/callback",
        "http://[::1]:3000/callback",
        "acme://logged-in",
        "no.acme.app://logged-in/here",
    ] {
        stage.vipps.register_redirect_uri(&first(), uri)?;
        let login = stage.shop(&first())?.login(uri)?;
        let (request, callback_url) = stage.approved(&login).await?;
        assert!(callback_url.starts_with(uri), "{callback_url}");
        login.finish(&callback_url, &request).await.map_err(|error| format!("{uri}: {error}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn an_app_switches_there_and_back() -> Outcome {
    let stage = Stage::open()?;
    let (login, browser) = (stage.login()?, stage.browser()?);
    let app_to_app = LoginOptions::default()
        .requested_flow(RequestedFlow::AppToAppV2)
        .app_callback_uri(APP_CALLBACK)
        .final_redirect_is_app(false)
        .market(Market::Denmark);
    let request = login.start_with(&["openid"], &app_to_app).await?;
    let switched_back = browser.sign_in(request.url(), KARI).await?;
    assert!(switched_back.starts_with(APP_CALLBACK), "{switched_back}");
    let resume_uri = request.resume_uri(APP_CALLBACK, &switched_back)?;
    let callback_url = browser.open(&resume_uri).await?.elsewhere()?;
    login.finish(&callback_url, &request).await?;

    let other = login.start_with(&["openid"], &app_to_app).await?;
    assert_eq!(reason(other.resume_uri(APP_CALLBACK, &switched_back)), "state");
    assert_eq!(reason(request.resume_uri(APP_CALLBACK, &callback_url)), "redirect_uri");
    let id = browser.open(other.url()).await?.question()?;
    let denied = browser.deny(&id).await?.elsewhere()?;
    assert_eq!(reason(other.resume_uri(APP_CALLBACK, &denied)), "denied");
    Ok(())
}

#[tokio::test]
async fn a_resume_uri_of_somebody_else_is_not_handed_on() -> Outcome {
    let stage = Stage::open()?;
    let request = stage.login()?.start(&["openid"]).await?;
    let forged = format!("{APP_CALLBACK}?state={}&resume_uri=https%3A%2F%2Fevil.example%2F", request.state());
    assert_eq!(reason(request.resume_uri(APP_CALLBACK, &forged)), "issuer");
    Ok(())
}
