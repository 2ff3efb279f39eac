//! Login from a phone number, finished by polling.

use std::sync::{Arc, Mutex, PoisonError};

use vipps_emulator::{App, LoginKind, LoginStatus, User};
use vipps_partner_auth::{
    Backchannel, BackchannelOptions, Event, Expect, Flow, IdTokenVerifier, PendingLogin, UnverifiedConsentRevoked,
};

use crate::{
    application::{KARI, Outcome},
    stage::{OLA, Stage, TOKEN, claim, field, first, hint, merchants, reason, refused, seconds},
};

pub(crate) fn phone(stage: &Stage) -> Outcome<Backchannel> {
    Ok(stage.shop(&first())?.backchannel()?)
}

pub(crate) async fn asked(phone: &Backchannel) -> Outcome<PendingLogin> {
    Ok(phone.start(&hint(KARI), &["openid", "name"]).await?)
}

/// Proves that whatever went wrong before stands in nobody's way.
pub(crate) async fn a_new_login_works(stage: &Stage, phone: &Backchannel) -> Outcome {
    let pending = asked(phone).await?;
    stage.approve(&pending)?;
    let result = phone.wait(&pending, seconds(60)).await?.ok_or("a result")?;
    assert_eq!(result.claims().sub(), User::default().sub(&first()));
    Ok(())
}

/// The statuses and moments of all polls so far.
pub(crate) fn polls(stage: &Stage) -> Vec<(Option<u16>, u64)> {
    let polls = stage.vipps.requests().into_iter().filter(|request| request.path == TOKEN);
    polls.map(|request| (request.status, request.at)).collect()
}

#[tokio::test]
async fn a_person_is_asked_and_approves() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let options = BackchannelOptions::default().binding_message("A1B2-C3").requested_expiry(seconds(120));
    let pending = phone.start_with(&hint(KARI), &["openid", "name"], &options).await?;
    let seen = stage.vipps.logins().pop().ok_or("a login")?;
    assert_eq!((seen.id.as_str(), seen.kind), (pending.auth_req_id(), LoginKind::Backchannel));
    assert_eq!((seen.msn, seen.msisdn.as_deref()), (first(), Some(KARI)));
    assert_eq!((seen.binding_message.as_deref(), seen.scopes.as_slice()), (Some("A1B2-C3"), pending.scopes()));
    assert_eq!(seen.expires_at - seen.started_at, 120);

    assert_eq!(phone.poll(&pending).await?, None);
    stage.approve(&pending)?;
    assert_eq!(phone.poll(&pending).await?, None, "not before the interval is over");
    assert_eq!((stage.vipps.count(TOKEN), phone.next_poll_in(&pending)), (1, seconds(5)));
    stage.time.pass(seconds(5));
    let result = phone.poll(&pending).await?.ok_or("a result")?;
    assert_eq!(result.scopes(), pending.scopes());
    assert_eq!(phone.userinfo(&result).await?.name(), Some("Kari Fixture"));
    assert_eq!(stage.vipps.logins()[0].status, LoginStatus::Completed);
    stage.time.pass(seconds(5));
    assert!(phone.poll(&pending).await? == Some(result), "told again without asking");
    assert_eq!(stage.vipps.count(TOKEN), 2, "one exchange only");
    let restored = PendingLogin::from_json(&pending.to_json())?;
    assert_eq!(reason(phone.poll(&restored).await), "invalid_grant", "in another process it is over");
    Ok(())
}

#[tokio::test]
async fn two_merchants_ask_two_people_and_nobody_gets_anothers_answer() -> Outcome {
    let stage = Stage::open()?;
    let mut all = Vec::new();
    for msn in merchants() {
        let phone = stage.shop(&msn)?.backchannel()?;
        for msisdn in [KARI, OLA] {
            let pending = phone.start(&hint(msisdn), &["openid", "phoneNumber"]).await?;
            all.push((phone.clone(), pending, msisdn));
        }
    }
    // Decided and fetched in the opposite order.
    for (_, pending, _) in all.iter().rev() {
        stage.approve(pending)?;
    }
    for (phone, pending, msisdn) in all.iter().rev() {
        let result = phone.poll(pending).await?.ok_or("a result")?;
        assert_eq!(result.claims().msn(), pending.msn());
        assert_eq!(phone.userinfo(&result).await?.phone_number(), Some(*msisdn));
    }
    Ok(())
}

#[tokio::test]
async fn waiting_keeps_the_pace_that_vipps_wants() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let pending = asked(&phone).await?;
    let (id, start) = (pending.auth_req_id().to_owned(), stage.vipps.now_unix());
    stage.time.after(seconds(12), move |vipps| drop(vipps.approve(&id, KARI)));
    let result = phone.wait(&pending, seconds(300)).await?.ok_or("a result")?;
    assert_eq!(result.claims().msn(), &first());
    let moments: Vec<_> = polls(&stage).into_iter().map(|(status, at)| (status, at - start)).collect();
    assert_eq!(moments, [(Some(400), 0), (Some(400), 5), (Some(400), 10), (Some(200), 15)]);
    Ok(())
}

#[tokio::test]
async fn slowing_down_is_obeyed_for_good() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let pending = asked(&phone).await?;
    let (twin, start) = (PendingLogin::from_json(&pending.to_json())?, stage.vipps.now_unix());
    assert_eq!(phone.poll(&pending).await?, None);
    // Another process, which kept the login before that poll and asks too early.
    assert_eq!(phone.poll(&twin).await?, None);
    assert_eq!(twin.interval(), seconds(10));
    stage.time.after(seconds(25), {
        let id = pending.auth_req_id().to_owned();
        move |vipps| drop(vipps.approve(&id, KARI))
    });
    phone.wait(&twin, seconds(300)).await?.ok_or("a result")?;
    let moments: Vec<_> = polls(&stage).into_iter().map(|(status, at)| (status, at - start)).collect();
    assert_eq!(moments, [(Some(400), 0), (Some(400), 0), (Some(400), 10), (Some(400), 20), (Some(200), 30)]);
    Ok(())
}

#[tokio::test]
async fn whoever_says_no_is_told_apart() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    for (error, expected) in [
        ("access_denied", "denied"),
        ("expired_token", "expired"),
        ("invalid_grant", "invalid_grant"),
        ("old_app", "outdated_app"),
        ("wrong_challenge", "wrong_challenge"),
    ] {
        let pending = asked(&phone).await?;
        stage.vipps.deny_with(pending.auth_req_id(), error)?;
        assert_eq!(reason(phone.wait(&pending, seconds(60)).await), expected, "{error}");
        assert_eq!(reason(phone.wait(&pending, seconds(60)).await), expected, "{error}: still so");
    }
    a_new_login_works(&stage, &phone).await
}

#[tokio::test]
async fn nobody_decides_in_time() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let options = BackchannelOptions::default().requested_expiry(seconds(60));
    let pending = phone.start_with(&hint(KARI), &["openid"], &options).await?;
    let start = stage.vipps.now_unix();
    assert_eq!(phone.wait(&pending, seconds(20)).await?, None, "nobody waits longer than they want to");
    assert_eq!(stage.vipps.now_unix() - start, 20);
    assert_eq!(reason(phone.wait(&pending, seconds(3_600)).await), "expired");
    assert_eq!(stage.vipps.now_unix() - start, 60, "told at once");
    assert_eq!(reason(phone.poll(&pending).await), "expired");
    a_new_login_works(&stage, &phone).await
}

#[tokio::test]
async fn a_clock_that_goes_slow_here_learns_it_from_vipps() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let pending = asked(&phone).await?;
    stage.approve(&pending)?;
    stage.vipps.advance(seconds(600));
    let error = refused(phone.poll(&pending).await);
    assert_eq!((error.reason(), error.oauth_error()), (Some("expired"), Some("expired_token")));
    Ok(())
}

#[tokio::test]
async fn people_who_cannot_be_asked() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    for (msisdn, app) in [("4740000001", App::Inactive), ("4740000002", App::Outdated)] {
        stage.vipps.add_user(User { msisdn: msisdn.to_owned(), app, ..User::default() })?;
    }
    for error_code in [false, true] {
        stage.vipps.backchannel_error_code(error_code);
        for (msisdn, expected, code) in [
            ("4749999999", "unknown_user", "unknown_user_id"),
            ("4740000001", "unknown_user", "invalid_user"),
            ("4740000002", "outdated_app", "old_app"),
        ] {
            let error = refused(phone.start(&hint(msisdn), &["openid"]).await);
            assert_eq!((error.reason(), error.oauth_error()), (Some(expected), Some(code)));
            assert!(!error.to_string().contains(msisdn), "{error}");
        }
    }
    for (msisdn, exists) in [(KARI, true), ("4749999999", false), ("4740000001", false), ("4740000002", true)] {
        assert_eq!(phone.user_exists(msisdn).await?, Some(exists), "{msisdn}");
    }
    assert!(stage.vipps.logins().is_empty());
    Ok(())
}

#[tokio::test]
async fn other_ways_to_name_a_person() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    stage.vipps.add_user(User { customer_token: Some("qr.token-1".to_owned()), ..User::default() })?;
    for login_hint in ["urn:customer-token:qr.token-1", "urn:mobilenumber:91234567"] {
        let pending = phone.start(login_hint, &["openid"]).await?;
        stage.approve(&pending)?;
        assert!(phone.poll(&pending).await?.is_some(), "{login_hint}");
    }
    Ok(())
}

#[tokio::test]
async fn a_country_without_vipps_is_a_warning_and_vipps_decides() -> Outcome {
    let stage = Stage::open()?;
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = {
        let told = Arc::clone(&told);
        move |event: &Event| told.lock().unwrap_or_else(PoisonError::into_inner).push(event.name())
    };
    let phone = stage.shop_with(&first(), stage.config()?.event_sink(hook))?.backchannel()?;
    assert_eq!(field(phone.start("urn:msisdn:447911123456", &["openid"]).await), "login_hint");
    let told = told.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(told.iter().filter(|name| **name == "unusual_country_code").count(), 1);
    Ok(())
}

#[tokio::test]
async fn consent_that_was_taken_back_is_a_hint_and_no_proof() -> Outcome {
    let stage = Stage::open()?;
    let body = stage.vipps.consent_revoked_body(&first(), KARI)?;
    let hint = UnverifiedConsentRevoked::parse(&body)?;
    assert_eq!(hint.claimed_sub(), User::default().sub(&first()));
    let issued = std::time::UNIX_EPOCH + seconds(stage.vipps.now_unix());
    assert_eq!(hint.claimed_issued_at(), Some(issued));
    assert_eq!(hint.claimed_expires_at(), Some(issued + seconds(3_600)));

    let verifier = IdTokenVerifier::new(stage.config()?)?;
    for flow in [Flow::Browser, Flow::Backchannel, Flow::BackchannelRedirect] {
        let expect = Expect::default().msn(first()).flow(flow).auth_req_id("fixture-0001");
        assert_eq!(claim(verifier.verify(&body, &expect).await), "alg", "{flow:?}");
    }
    let shop = stage.shop(&first())?;
    assert_eq!(claim(shop.verify_id_token(&body, &Expect::default()).await), "alg");
    Ok(())
}
