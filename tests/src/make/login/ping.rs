//! The webhook says that a login by phone number has been decided: it is asked about once.

use super::{
    super::base::NOW,
    outcome::{invalid_config, login_failed, login_failed_by},
    phone::{complete, kept, pending},
    scene::{Reply, Scene},
    shared::phone_token,
};

const PING: &str = r#"{"auth_req_id":"fixture-auth-req-0001"}"#;

fn ping(id: &'static str, body: &str, comment: &'static str) -> Scene {
    Scene::new(id, "backchannel_ping", phone_token(), comment).giving("pending", "pending").giving("text", body)
}

pub(super) fn cases() -> Vec<Scene> {
    let asked = |id, body, comment| ping(id, body, comment).asks_keys().asks_token();
    let malformed = |id, body, comment| ping(id, body, comment).ends(invalid_config("body"));
    vec![
        asked("backchannel-ping", PING, "the contract's ping: asked once")
            .sends("poll", &Reply::tokens())
            .ends(complete()),
        asked("backchannel-ping-early", PING, "whatever the interval says: Vipps itself says that it is time")
            .given("pending", &kept("next_poll_at", &(NOW + 5).to_string()))
            .sends("poll", &Reply::tokens())
            .ends(complete()),
        asked(
            "backchannel-ping-more-members",
            r#"{"auth_req_id":"fixture-auth-req-0001","event":"login.merchant-initiated.ping.v1","at":1}"#,
            "members that nobody knows yet are left alone",
        )
        .sends("poll", &Reply::tokens())
        .ends(complete()),
        asked("backchannel-ping-undecided", PING, "a forged ping costs one request and ends nothing")
            .sends("poll", &Reply::oauth(400, "authorization_pending"))
            .ends(pending(5, 5)),
        asked("backchannel-ping-denied", PING, "decided, and the answer is no")
            .sends("poll", &Reply::oauth(400, "access_denied"))
            .ends(login_failed_by("denied", "access_denied")),
        ping(
            "backchannel-ping-other",
            r#"{"auth_req_id":"fixture-auth-req-0002"}"#,
            "a ping about another login: nothing is sent",
        )
        .ends(login_failed("auth_req_id")),
        malformed("backchannel-ping-not-json", "auth_req_id=fixture-auth-req-0001", "not the event's body"),
        malformed("backchannel-ping-no-id", r#"{"id":"fixture-auth-req-0001"}"#, "no id"),
        malformed("backchannel-ping-empty-id", r#"{"auth_req_id":""}"#, "an empty id"),
        ping(
            "backchannel-ping-redirect",
            PING,
            "a login that ends by redirect must not be asked about: that would use up the only exchange",
        )
        .giving("pending", "pending-redirect")
        .ends(invalid_config("pending")),
        ping("backchannel-ping-other-merchant", PING, "a login of another merchant")
            .given("pending", &kept("msn", r#""654321""#))
            .ends(login_failed("merchant")),
    ]
}
