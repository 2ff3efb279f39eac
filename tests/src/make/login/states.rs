//! The states of a login by phone number, one for each time that Vipps is asked. Time runs through the waits.

use super::{
    super::base::NOW,
    outcome::{error, invalid_config, login_failed, login_failed_by},
    phone::{kept, success},
    scene::{Reply, Scene},
    shared::phone_token,
};

pub(super) fn cases() -> Vec<Scene> {
    [told(), ended()].into_iter().flatten().collect()
}

fn states(id: &'static str, comment: &'static str) -> Scene {
    Scene::new(id, "backchannel_states", phone_token(), comment).giving("pending", "pending")
}

/// The same, after what comes before the first poll.
fn asked(id: &'static str, replies: &[Reply], comment: &'static str) -> Scene {
    let first = states(id, comment).asks_keys().asks_token();
    replies.iter().fold(first, |scene, reply| scene.sends("poll", reply))
}

/// Pending, so many seconds until the next poll each time, and then the result.
fn complete(pending: &[u32], waited: u32) -> String {
    success().end_with(&format!(r#""state": "complete", "pending": {pending:?}, "waited": {waited}"#))
}

fn undecided() -> Reply {
    Reply::oauth(400, "authorization_pending")
}

fn told() -> Vec<Scene> {
    let done = Reply::tokens;
    vec![
        asked(
            "backchannel-states-at-once",
            &[done()],
            "the first poll may go at once, and the result is the only state",
        )
        .ends(complete(&[], 0)),
        asked(
            "backchannel-states-pending",
            &[undecided(), undecided(), done()],
            "one state for each poll, with the time until the next",
        )
        .ends(complete(&[5, 5], 10)),
        asked(
            "backchannel-states-slow-down",
            &[undecided(), Reply::oauth(400, "slow_down"), undecided(), done()],
            "the pace that Vipps asks for is told with the very state",
        )
        .ends(complete(&[5, 10, 10], 25)),
        asked("backchannel-states-restored", &[done()], "nothing is told of a poll that was not due")
            .given("pending", &kept("next_poll_at", &(NOW + 3).to_string()))
            .ends(complete(&[], 3)),
        asked(
            "backchannel-states-trouble",
            &[Reply::empty(503), Reply::html(502), done()],
            "trouble on the way is no end, from the very first poll on: the login is pending",
        )
        .ends(complete(&[5, 10], 15)),
        asked("backchannel-states-rate-limited", &[Reply::rate_limited(30), done()], "Retry-After is told")
            .ends(complete(&[30], 30)),
    ]
}

fn ended() -> Vec<Scene> {
    vec![
        asked("backchannel-states-denied", &[undecided(), Reply::oauth(400, "access_denied")], "the person said no")
            .ends(login_failed_by("denied", "access_denied")),
        asked(
            "backchannel-states-expires",
            &[undecided(), undecided(), undecided()],
            "the login expires between two polls: that is told at once, and nothing more is sent",
        )
        .given("pending", &kept("expires_at", &(NOW + 12).to_string()))
        .ends(login_failed("expired")),
        asked("backchannel-states-forbidden", &[undecided(), Reply::empty(403)], "what waiting can't mend ends them")
            .ends(error("forbidden").end()),
        states("backchannel-states-redirect", "a login that ends by redirect is not polled")
            .giving("pending", "pending-redirect")
            .ends(invalid_config("pending")),
    ]
}
