//! Login from a phone number when something goes wrong on the way: whatever it was has a type, and the next login works.

use std::sync::Arc;

use futures_util::future::{Either, select, try_join};
use vipps_emulator::{Endpoint, ErrorShape, Failure, ScriptedReply};
use vipps_partner_auth::{ErrorKind, ManualClock, PendingLogin};

use crate::{
    application::{KARI, Outcome},
    phone::{a_new_login_works, asked, phone, polls},
    stage::{API_TOKEN, OLA, Stage, TOKEN, USER_EXISTS, claim, first, hint, reason, refused, seconds},
};

#[tokio::test]
async fn a_refusal_says_whose_fault_it_is() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    for (error, expected) in [
        ("invalid_request", ErrorKind::Protocol),
        ("unauthorized_client", ErrorKind::CredentialsRejected),
        ("an_error_of_next_year", ErrorKind::LoginFailed),
    ] {
        let pending = asked(&phone).await?;
        stage.vipps.deny_with(pending.auth_req_id(), error)?;
        let refusal = refused(phone.wait(&pending, seconds(60)).await);
        assert_eq!((refusal.kind(), refusal.oauth_error()), (expected, Some(error)), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn too_many_at_once_for_one_person() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    stage.vipps.backchannel_limit(1);
    let pending = asked(&phone).await?;
    let error = refused(phone.start(&hint(KARI), &["openid"]).await);
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(seconds(30))));
    assert_eq!(stage.vipps.logins().len(), 1);
    phone.start(&hint(OLA), &["openid"]).await?;
    stage.vipps.deny(pending.auth_req_id())?;
    a_new_login_works(&stage, &phone).await
}

#[tokio::test]
async fn a_start_whose_reply_was_lost_is_not_sent_twice() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    stage.vipps.fail_next(Endpoint::Backchannel, 1, Failure::DropAfterReading);
    let error = refused(phone.start(&hint(KARI), &["openid"]).await);
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Unavailable, true));
    assert_eq!(stage.vipps.logins().len(), 1, "the person is not asked twice by one call");
    a_new_login_works(&stage, &phone).await
}

#[tokio::test]
async fn trouble_on_the_way_does_not_end_a_wait() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let (pending, start) = (asked(&phone).await?, stage.vipps.now_unix());
    stage.vipps.fail_next(Endpoint::LoginToken, 1, Failure::status(503, ErrorShape::Apim));
    stage.vipps.fail_next(Endpoint::LoginToken, 1, Failure::DropBeforeReading);
    stage.vipps.fail_next(Endpoint::LoginToken, 1, Failure::status(429, ErrorShape::Apim).with_retry_after("60"));
    stage.approve(&pending)?;
    phone.wait(&pending, seconds(300)).await?.ok_or("a result")?;
    let moments: Vec<_> = polls(&stage).into_iter().map(|(status, at)| (status, at - start)).collect();
    assert_eq!(moments, [(Some(503), 0), (None, 5), (Some(429), 15), (Some(200), 75)], "the wait doubles");
    Ok(())
}

#[tokio::test]
async fn tokens_whose_reply_was_lost_are_used_up() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let pending = asked(&phone).await?;
    stage.approve(&pending)?;
    stage.vipps.fail_next(Endpoint::LoginToken, 1, Failure::DropAfterReading);
    assert_eq!(reason(phone.wait(&pending, seconds(60)).await), "invalid_grant");
    a_new_login_works(&stage, &phone).await
}

#[tokio::test]
async fn a_partner_token_that_was_revoked_is_renewed_on_the_way() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let pending = asked(&phone).await?;
    stage.approve(&pending)?;
    stage.vipps.revoke_tokens();
    phone.poll(&pending).await?.ok_or("a result")?;
    assert_eq!((stage.vipps.count(TOKEN), stage.vipps.count(API_TOKEN)), (2, 2));
    Ok(())
}

#[tokio::test]
async fn a_wait_that_was_dropped_goes_on_where_it_was() -> Outcome {
    let stage = Stage::open()?;
    let clock = ManualClock::at_unix(stage.vipps.now_unix());
    let standing = stage.config()?.clock(Arc::new(clock.clone()));
    let phone = stage.shop_with(&first(), standing)?.backchannel()?;
    let pending = asked(&phone).await?;
    let waits = Box::pin(phone.wait(&pending, seconds(300)));
    // This clock stands, so that the wait sleeps when its first poll is answered.
    let answered = Box::pin(async {
        while polls(&stage).iter().all(|(status, _)| status.is_none()) || phone.next_poll_in(&pending) != seconds(5) {
            tokio::task::yield_now().await;
        }
    });
    let Either::Right(((), waits)) = select(waits, answered).await else {
        return Err("nobody has decided".into());
    };
    drop(waits);
    stage.approve(&pending)?;
    assert_eq!(phone.poll(&pending).await?, None, "the pace is kept");
    for moved in [&pending, &PendingLogin::from_json(&pending.to_json())?] {
        assert_eq!(phone.next_poll_in(moved), seconds(5));
    }
    clock.advance(seconds(5));
    stage.vipps.advance(seconds(5));
    assert!(phone.wait(&pending, seconds(300)).await?.is_some());
    assert_eq!(stage.vipps.count(TOKEN), 2);
    Ok(())
}

#[tokio::test]
async fn two_who_wait_for_one_login_share_its_pace() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let pending = asked(&phone).await?;
    let (one, other) = (phone.poll(&pending), phone.poll(&pending));
    assert_eq!(try_join(one, other).await?, (None, None));
    assert_eq!(stage.vipps.count(TOKEN), 1);
    Ok(())
}

#[tokio::test]
async fn a_login_outlives_the_process() -> Outcome {
    let stage = Stage::open()?;
    let kept = asked(&phone(&stage)?).await?.to_json();
    let pending = PendingLogin::from_json(&kept)?;
    stage.approve(&pending)?;
    let result = phone(&stage)?.poll(&pending).await?.ok_or("a result")?;
    assert_eq!(result.claims().msn(), &first());
    Ok(())
}

#[tokio::test]
async fn a_bent_id_token_lets_nobody_in() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let stranger = asked(&phone).await?;
    let id = stranger.auth_req_id().to_owned();
    stage.vipps.deny(&id)?;
    let wrong_id = serde_json::Value::from(id);
    for (member, value) in [("nonce", "x".into()), ("msn", "234567".into()), ("auth_req_id", wrong_id)] {
        let pending = asked(&phone).await?;
        stage.approve(&pending)?;
        stage.vipps.bend_next_id_token(move |spec| spec.claim(member, value));
        assert_eq!(claim(phone.poll(&pending).await), member);
    }
    a_new_login_works(&stage, &phone).await
}

#[tokio::test]
async fn where_vipps_does_not_tell_whether_there_is_such_a_person() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let reply = |status, body: &str| ScriptedReply::new(status, [], body.to_owned());
    let replies = vec![reply(404, "")?, reply(200, "{}")?, reply(200, r#"{"exists":"yes"}"#)?];
    stage.vipps.script(USER_EXISTS, replies);
    assert_eq!(phone.user_exists(KARI).await?, None);
    for _ in 0..2 {
        assert_eq!(refused(phone.user_exists(KARI).await).kind(), ErrorKind::Protocol);
    }
    assert_eq!(phone.user_exists(KARI).await?, Some(true));
    Ok(())
}
