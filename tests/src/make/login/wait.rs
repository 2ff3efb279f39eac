//! A login by phone number from the first poll to its end. Time runs through the waits, so their sum is told exactly.

use super::{
    super::base::NOW,
    outcome::{error, invalid_config, invalid_id_token, login_failed, login_failed_by},
    phone::{kept, success},
    scene::{Reply, Scene},
    shared::{partner_token, phone_token},
};

pub(super) fn cases() -> Vec<Scene> {
    [paces(), troubles(), ends()].into_iter().flatten().collect()
}

fn wait(id: &'static str, timeout: impl Into<Option<u32>>, comment: &'static str) -> Scene {
    let scene = Scene::new(id, "backchannel_wait", phone_token(), comment).giving("pending", "pending");
    match timeout.into() {
        Some(timeout) => scene.given("timeout", &timeout.to_string()),
        None => scene,
    }
}

/// Polls that are answered so, after what comes before the first of them.
fn polled(id: &'static str, timeout: impl Into<Option<u32>>, replies: &[Reply], comment: &'static str) -> Scene {
    let first = wait(id, timeout, comment).asks_keys().asks_token();
    replies.iter().fold(first, |scene, reply| scene.sends("poll", reply))
}

fn complete(waited: u32, interval: u32) -> String {
    success().end_with(&format!(r#""state": "complete", "waited": {waited}, "interval": {interval}"#))
}

fn given_up(waited: u32, interval: u32, next_poll_in: u32) -> String {
    format!(
        r#"{{ "ok": {{ "state": "pending", "waited": {waited}, "interval": {interval}, "next_poll_in": {next_poll_in} }} }}"#
    )
}

fn undecided() -> Reply {
    Reply::oauth(400, "authorization_pending")
}

fn slow_down() -> Reply {
    Reply::oauth(400, "slow_down")
}

fn paces() -> Vec<Scene> {
    let done = Reply::tokens;
    vec![
        polled("backchannel-wait-at-once", 300, &[done()], "the first poll may go at once").ends(complete(0, 5)),
        polled("backchannel-wait-pending", 300, &[undecided(), undecided(), done()], "every five seconds")
            .ends(complete(10, 5)),
        polled(
            "backchannel-wait-slow-down",
            300,
            &[undecided(), slow_down(), undecided(), done()],
            "after slow_down every ten seconds, and not only once",
        )
        .ends(complete(25, 10)),
        polled(
            "backchannel-wait-own-interval",
            300,
            &[undecided(), undecided(), done()],
            "at the pace Vipps gave at the start",
        )
        .given("pending", &kept("interval", "12"))
        .ends(complete(24, 12)),
        polled(
            "backchannel-wait-restored",
            300,
            &[done()],
            "after a restart the pace is kept: the next poll is due in three seconds",
        )
        .given("pending", &kept("next_poll_at", &(NOW + 3).to_string()))
        .ends(complete(3, 5)),
    ]
}

/// Trouble on the way is no end: it is asked again until the login expires.
fn troubles() -> Vec<Scene> {
    let down = || Reply::empty(503);
    vec![
        polled(
            "backchannel-wait-503",
            300,
            &[down(), Reply::tokens()],
            "out of order once: asked again after the interval",
        )
        .ends(complete(5, 5)),
        polled(
            "backchannel-wait-back-off",
            300,
            &[down(), Reply::html(502), down(), Reply::tokens()],
            "while the trouble lasts the wait doubles: 5, 10, 20 seconds; the interval stays",
        )
        .ends(complete(35, 5)),
        polled("backchannel-wait-back-off-ends", 300, &[down(), undecided(), Reply::tokens()], "an answer ends it")
            .ends(complete(10, 5)),
        polled(
            "backchannel-wait-rate-limited",
            300,
            &[Reply::rate_limited(30), Reply::tokens()],
            "Retry-After is kept, where it is longer",
        )
        .ends(complete(30, 5)),
        polled(
            "backchannel-wait-rate-limited-shortly",
            300,
            &[Reply::rate_limited(2), Reply::tokens()],
            "and never makes the interval shorter",
        )
        .ends(complete(5, 5)),
        polled(
            "backchannel-wait-new-token",
            300,
            &[undecided(), Reply::oauth(401, "invalid_client")],
            "a token that is refused on the way is renewed, without a wait",
        )
        .sends("token-request", &partner_token("fixture-partner-2", 86_398))
        .sends("poll-with-other-token", &Reply::tokens())
        .ends(complete(5, 5)),
    ]
}

fn ends() -> Vec<Scene> {
    let expires_in = |seconds: u64| kept("expires_at", &(NOW + seconds).to_string());
    vec![
        polled(
            "backchannel-wait-timeout",
            12,
            &[undecided(), undecided(), undecided()],
            "the caller has no more time; the login goes on, and the next poll keeps its turn",
        )
        .ends(given_up(12, 5, 3)),
        polled("backchannel-wait-no-time", 0, &[undecided()], "no time at all: asked once").ends(given_up(0, 5, 5)),
        wait("backchannel-wait-no-turn", 2, "no poll is due in that time: nothing is sent")
            .given("pending", &kept("next_poll_at", &(NOW + 3).to_string()))
            .ends(given_up(2, 5, 1)),
        polled(
            "backchannel-wait-expires",
            300,
            &[undecided(), undecided(), undecided()],
            "the login expires between two polls: whoever waits learns it at once, and nothing more is sent",
        )
        .given("pending", &expires_in(12))
        .ends(login_failed("expired")),
        polled(
            "backchannel-wait-without-limit",
            None,
            &[undecided(), undecided(), undecided()],
            "without a limit of the caller's own the wait lasts as long as the login",
        )
        .given("pending", &expires_in(12))
        .ends(login_failed("expired")),
        polled(
            "backchannel-wait-expires-in-trouble",
            300,
            &[Reply::empty(503), Reply::empty(503)],
            "also when there was no answer to the end",
        )
        .given("pending", &expires_in(12))
        .ends(login_failed("expired")),
        polled(
            "backchannel-wait-denied",
            300,
            &[undecided(), Reply::oauth(400, "access_denied")],
            "the person said no",
        )
        .ends(login_failed_by("denied", "access_denied")),
        polled("backchannel-wait-forbidden", 300, &[undecided(), Reply::empty(403)], "what waiting can't mend ends it")
            .ends(error("forbidden").end()),
        polled("backchannel-wait-bad-token", 300, &[undecided(), Reply::tokens()], "a token that is not good ends it")
            .claim("msn", "654321")
            .ends(invalid_id_token("msn")),
        wait("backchannel-wait-redirect", 300, "a login that ends by redirect is not polled")
            .giving("pending", "pending-redirect")
            .ends(invalid_config("pending")),
    ]
}
