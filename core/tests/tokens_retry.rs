//! Retries while somebody waits, the total deadline, and what is remembered of a failure.
#![allow(clippy::unchecked_time_subtraction, reason = "an underflow fails the test, as it should")]

mod support;

use std::{collections::HashSet, time::Duration};

use support::{
    INVALID_CLIENT, KEY_REFUSED, MILLISECOND, Reply, UNAUTHORIZED_CLIENT, World, asked_once, partner_keys, partner_of,
    random_fraction,
};
use vipps_partner_auth::{ErrorKind, Partner};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn passing_faults() -> Vec<Reply> {
    let statuses = [429, 500, 502, 503, 504].map(Reply::status);
    [Reply::broken(), Reply::refusal(502, "<html>busy</html>")].into_iter().chain(statuses).collect()
}

async fn failure(partner: &Partner) -> vipps_partner_auth::Error {
    partner.headers().await.expect_err("a failure")
}

#[tokio::test]
async fn a_passing_fault_is_tried_twice_more_and_no_oftener() {
    for fault in passing_faults() {
        let world = World::hurried();
        world.vipps.script([fault.clone(), fault.clone()]);
        assert!(world.partner().headers().await.is_ok(), "{fault:?}");
        assert_eq!(world.vipps.count(), 3, "{fault:?}");

        let world = World::hurried();
        world.vipps.always(fault.clone());
        let error = failure(&world.partner()).await;
        assert!(error.retryable(), "{fault:?}");
        assert_eq!(world.vipps.count(), 3, "{fault:?}");
    }
}

#[tokio::test]
async fn a_plain_refusal_is_never_tried_again() {
    for status in [301, 302, 307, 400, 401, 403, 404, 405, 411, 422] {
        for body in ["", "<html>no</html>", r#"{"error":"invalid_request"}"#, INVALID_CLIENT] {
            let world = World::hurried();
            world.vipps.always(Reply::refusal(status, body).retry_after("1"));
            let error = failure(&world.partner()).await;
            assert_eq!((error.retryable(), error.status()), (false, Some(status)), "{body}");
            assert_eq!(world.vipps.count(), 1, "{status} {body}");
        }
    }
}

#[tokio::test]
async fn a_refusal_that_calls_itself_passing_is_not_tried_again_either() {
    for status in [400, 401, 403, 404] {
        for code in ["temporarily_unavailable", "server_error", "slow_down"] {
            let world = World::hurried();
            world.vipps.always(Reply::refusal(status, format!(r#"{{"error":"{code}"}}"#)));
            failure(&world.partner()).await;
            assert_eq!(world.vipps.count(), 1, "{status} {code}");
        }
    }
}

#[tokio::test]
async fn a_failed_call_leaves_nothing_that_could_be_served() {
    let world = World::hurried();
    world.vipps.always(Reply::status(503));
    let partner = world.partner();
    failure(&partner).await;
    assert!(partner.cached_headers().is_none());
    world.clock.advance(seconds(1));
    failure(&partner).await;
    assert_eq!(world.vipps.count(), 6, "the next call has all its tries");
}

#[tokio::test]
async fn the_waits_between_tries_are_fully_jittered_and_the_second_may_be_twice_as_long() {
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for _ in 0..200 {
        let world = World::hurried();
        world.vipps.always(Reply::broken());
        failure(&partner_of(partner_keys(), world.config().jitter(random_fraction))).await;
        let moments: Vec<_> = world.vipps.seen().iter().map(|seen| seen.at.monotonic.as_millis()).collect();
        firsts.push(moments[1] - moments[0]);
        seconds.push(moments[2] - moments[1]);
    }
    for (waits, longest) in [(firsts, 500), (seconds, 1_000)] {
        assert!(waits.iter().all(|wait| *wait <= longest), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait < longest / 5), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait > longest * 4 / 5), "{waits:?}");
    }
}

#[tokio::test]
async fn retry_after_is_obeyed_while_somebody_waits() {
    for value in ["12", "Thu, 01 Jan 2026 00:00:12 GMT"] {
        let world = World::new();
        let partner = world.partner();
        world.vipps.script([Reply::status(429).retry_after(value)]);
        let call = tokio::spawn(async move { partner.headers().await });
        world.pass(Duration::ZERO).await;
        world.pass(seconds(12) - MILLISECOND).await;
        assert_eq!(world.vipps.count(), 1, "{value}");
        world.pass(MILLISECOND).await;
        assert_eq!(world.vipps.count(), 2, "{value}");
        assert!(call.await.expect("no panic").is_ok());
    }
}

#[tokio::test]
async fn a_retry_after_that_is_not_understood_is_as_good_as_none() {
    for value in ["soon", "-1", "1.5", "", "Thu, 32 Jan 2026 00:00:30 GMT"] {
        let world = World::hurried();
        world.vipps.always(Reply::status(503).retry_after(value));
        let partner = world.partner();
        assert_eq!(failure(&partner).await.retry_after(), Some(seconds(1)), "{value}: the library's own pause");
        assert_eq!(world.vipps.count(), 3, "{value}");
        world.clock.advance(seconds(1));
        failure(&partner).await;
        assert_eq!(world.vipps.count(), 6, "nothing more to hold the next call off");
    }
}

#[tokio::test]
async fn a_wait_longer_than_the_deadline_ends_the_call_and_holds_the_next_ones_off() {
    for (fault, kind) in [(429, ErrorKind::RateLimited), (503, ErrorKind::Unavailable)] {
        let world = World::new();
        let partner = world.partner();
        world.vipps.script([Reply::status(fault).retry_after("40")]);
        let error = failure(&partner).await;
        assert_eq!((error.kind(), error.retry_after()), (kind, Some(seconds(40))));

        world.clock.advance(seconds(15));
        let error = failure(&partner).await;
        assert_eq!((error.kind(), error.retry_after()), (kind, Some(seconds(25))));
        world.clock.advance(seconds(25) - MILLISECOND);
        assert_eq!(failure(&partner).await.retry_after(), Some(MILLISECOND));
        assert_eq!(world.vipps.count(), 1);
        world.clock.advance(MILLISECOND);
        assert!(partner.headers().await.is_ok());
        assert_eq!(world.vipps.count(), 2);
    }
}

#[tokio::test]
async fn a_retry_after_of_days_holds_off_for_five_minutes() {
    let world = World::new();
    let partner = world.partner();
    world.vipps.script([Reply::status(429).retry_after("99999999999999999999")]);
    assert_eq!(failure(&partner).await.retry_after(), Some(seconds(300)));
    world.clock.advance(seconds(300));
    assert!(partner.headers().await.is_ok());
}

#[tokio::test]
async fn one_deadline_covers_all_tries() {
    let world = World::hurried();
    let config = world.config().deadline(seconds(15)).request_timeout(seconds(10));
    world.vipps.always(Reply::broken().taking(seconds(10)));
    let error = failure(&partner_of(partner_keys(), config)).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let limits: Vec<_> = world.vipps.seen().iter().map(|seen| seen.limit).collect();
    assert_eq!(limits.len(), 2, "the third would begin after the deadline");
    assert_eq!(limits[0], seconds(10));
    assert!(limits[1] <= seconds(5) && limits[1] >= seconds(4), "{limits:?}");
}

#[tokio::test]
async fn a_slow_try_is_the_last_when_no_time_is_left() {
    let world = World::hurried();
    let config = world.config().deadline(seconds(10)).request_timeout(seconds(20));
    world.vipps.always(Reply::broken().taking(seconds(10)));
    failure(&partner_of(partner_keys(), config)).await;
    assert_eq!(world.vipps.count(), 1);
    assert_eq!(world.vipps.last().limit, seconds(10), "the deadline bounds a single request too");
}

#[tokio::test]
async fn refused_keys_are_remembered_for_thirty_seconds() {
    let refusals = [
        Reply::refusal(400, UNAUTHORIZED_CLIENT),
        Reply::refusal(400, r#"{"error":"invalid_client"}"#),
        Reply::refusal(401, INVALID_CLIENT),
        Reply::refusal(401, KEY_REFUSED),
        Reply::refusal(401, r#"{"statusCode":401,"message":"Subscription not found."}"#),
        Reply::status(401),
    ];
    for refusal in refusals {
        let world = World::new();
        let partner = world.partner();
        world.vipps.script([refusal]);
        let first = failure(&partner).await;
        assert_eq!(first.kind(), ErrorKind::CredentialsRejected);
        assert!(first.hint().is_some());
        for _ in 0..100 {
            assert_eq!(failure(&partner).await, first);
        }
        world.clock.advance(seconds(30) - MILLISECOND);
        assert_eq!(failure(&partner).await.retry_after(), Some(MILLISECOND));
        assert_eq!(world.vipps.count(), 1);
        world.clock.advance(MILLISECOND);
        assert!(partner.headers().await.is_ok());
        assert_eq!(world.vipps.count(), 2);
    }
}

#[tokio::test]
async fn refused_keys_are_told_without_waiting() {
    let world = World::new();
    let partner = world.partner();
    world.vipps.script([Reply::refusal(401, INVALID_CLIENT)]);
    failure(&partner).await;
    let told = asked_once(partner.headers()).await.expect("told at once");
    assert_eq!(told.expect_err("refused").kind(), ErrorKind::CredentialsRejected);
}

#[tokio::test]
async fn every_failure_begins_a_pause_that_doubles_to_a_minute() {
    let failures = [
        (Reply::status(403), ErrorKind::Forbidden),
        (Reply::status(404), ErrorKind::Protocol),
        (Reply::status(400), ErrorKind::Protocol),
        (Reply::status(302), ErrorKind::Protocol),
        (Reply::status(204), ErrorKind::Protocol),
        (Reply::json("<html>log in to the network</html>"), ErrorKind::Protocol),
        (Reply::json("{"), ErrorKind::Protocol),
        (Reply::status(429), ErrorKind::RateLimited),
        (Reply::status(429).retry_after("0"), ErrorKind::RateLimited),
        (Reply::status(503), ErrorKind::Unavailable),
        (Reply::status(503).retry_after("0"), ErrorKind::Unavailable),
        (Reply::not_sent(), ErrorKind::Unavailable),
        (Reply::broken(), ErrorKind::Unavailable),
    ];
    for (reply, kind) in failures {
        let world = World::hurried();
        let case = format!("{reply:?}");
        world.vipps.always(reply);
        let partner = world.partner();
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
            let error = failure(&partner).await;
            assert_eq!((error.kind(), error.retry_after()), (kind, Some(seconds(pause))), "{case}");
            let asked = world.vipps.count();
            for left in (1..=pause).rev() {
                let told = failure(&partner).await;
                assert_eq!((told.kind(), told.retry_after()), (kind, Some(seconds(left))), "{case}");
                world.clock.advance(seconds(1));
            }
            assert_eq!(world.vipps.count(), asked, "nobody asked meanwhile: {case}");
        }
        world.vipps.always(Reply::token("good", 3_600));
        assert!(partner.headers().await.is_ok(), "{case}");
        assert!(partner.invalidate(&partner.access_token().await.expect("a token")));
        world.vipps.always(Reply::status(403));
        assert_eq!(failure(&partner).await.retry_after(), Some(seconds(1)), "a success clears it: {case}");
    }
}

#[tokio::test]
async fn a_fleet_that_was_told_the_same_does_not_come_back_in_one_instant() {
    let mut moments = HashSet::new();
    for _ in 0..50 {
        let world = World::new();
        let partner = partner_of(partner_keys(), world.config().jitter(random_fraction));
        world.vipps.script([Reply::status(429).retry_after("100")]);
        assert_eq!(failure(&partner).await.retry_after(), Some(seconds(100)));
        let left = failure(&partner).await.retry_after().expect("a pause");
        assert!((seconds(100)..=seconds(120)).contains(&left), "{left:?}");
        moments.insert(left.as_secs());
    }
    assert!(moments.len() > 5, "{moments:?}");
}

#[tokio::test]
async fn a_wall_clock_set_back_does_not_prolong_the_memory_of_a_refusal() {
    let world = World::new();
    let partner = world.partner();
    world.vipps.script([Reply::refusal(401, INVALID_CLIENT)]);
    failure(&partner).await;
    world.shift_wall(-3_600);
    world.clock.advance(seconds(30));
    assert!(partner.headers().await.is_ok());
}

#[tokio::test]
async fn a_refusal_that_was_outlived_leaves_no_trace() {
    let world = World::new();
    let partner = world.partner();
    world.vipps.script([Reply::refusal(401, INVALID_CLIENT)]);
    failure(&partner).await;
    world.clock.advance(seconds(30));
    let token = partner.access_token().await.expect("a token");
    assert!(partner.invalidate(&token));
    assert!(partner.headers().await.is_ok(), "the old refusal holds nobody off");
}
