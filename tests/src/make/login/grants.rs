//! What a success of the token endpoint may look like, and what is none.

use super::{
    browser::exchange,
    outcome::{Success, refused},
    scene::{Reply, Scene},
    shared::{ACCESS_TOKEN, grant},
};

pub(super) fn cases() -> Vec<Scene> {
    [lifetimes(), types(), scopes(), malformed()].into_iter().flatten().collect()
}

fn told(id: &'static str, members: &str, comment: &'static str) -> Scene {
    let reply = Reply::json(200, &grant(ACCESS_TOKEN, members));
    exchange(id, comment).sends("exchange", &reply).ends(Success::default().end())
}

fn lifetimes() -> Vec<Scene> {
    let lives = |id, members, lifetime, comment| {
        told(id, members, comment).ends(Success { lifetime, ..Success::default() }.end())
    };
    vec![
        lives(
            "login-finish-lifetime-string",
            r#""expires_in":"3599""#,
            600,
            "a number as a string; ten minutes are all that userinfo gives, whatever the reply promises",
        ),
        lives("login-finish-lifetime-short", r#""expires_in":300"#, 300, "a shorter life is believed"),
        lives("login-finish-lifetime-missing", r#""token_type":"bearer""#, 600, "no word about it: ten minutes"),
        lives("login-finish-lifetime-odd", r#""expires_in":"soon""#, 600, "a word that is no number: ten minutes"),
    ]
}

fn types() -> Vec<Scene> {
    vec![
        told(
            "login-finish-bearer-capital",
            r#""expires_in":3599,"token_type":"Bearer""#,
            "Bearer is written in either way",
        ),
        told(
            "login-finish-unknown-members",
            r#""expires_in":3599,"token_type":"bearer","refresh_token":"x","later":{"a":[1]}"#,
            "members that nobody knows yet are left alone",
        ),
        told(
            "login-finish-type-other",
            r#""expires_in":3599,"token_type":"mac""#,
            "a token of another type can't be used as Bearer",
        )
        .ends(refused("protocol")),
    ]
}

fn scopes() -> Vec<Scene> {
    let granted = |id, scope, scopes, missing, comment| {
        told(id, scope, comment).ends(Success { scopes, missing, ..Success::default() }.end())
    };
    vec![
        granted(
            "login-finish-scope-dropped",
            r#""scope":"openid""#,
            &["openid"],
            &["name"],
            "Vipps drops a scope outside the plan without a word: the reader is told which",
        ),
        granted(
            "login-finish-scope-more",
            r#""scope":"openid name email""#,
            &["openid", "name", "email"],
            &[],
            "what the reply says is what was granted",
        ),
        granted(
            "login-finish-scope-list",
            r#""scope":["openid","email"]"#,
            &["openid", "email"],
            &["name"],
            "a list of texts says the same",
        ),
        granted(
            "login-finish-scope-number",
            r#""scope":7,"token_type":["bearer"],"note":NaN"#,
            &["openid", "name"],
            &[],
            "an odd member costs that member, and no login",
        ),
        granted(
            "login-finish-scope-silent",
            r#""expires_in":3599"#,
            &["openid", "name"],
            &[],
            "nothing said: what was asked for (RFC 6749 section 5.1)",
        ),
    ]
}

/// The code is used up by now, and there is nobody to trust.
fn malformed() -> Vec<Scene> {
    let bad = |id, reply: &Reply, comment| exchange(id, comment).sends("exchange", reply).ends(refused("protocol"));
    let json = |id, body, comment| bad(id, &Reply::json(200, body), comment);
    vec![
        json(
            "login-finish-no-id-token",
            r#"{"access_token":"fixture-login-access-token.abc123","token_type":"bearer","expires_in":3599}"#,
            "without an ID token nobody has logged in",
        ),
        json(
            "login-finish-id-token-object",
            r#"{"access_token":"fixture-login-access-token.abc123","id_token":{"sub":"c0ffee00-0000-4000-8000-000000000001"}}"#,
            "claims that nobody signed are no ID token",
        ),
        json(
            "login-finish-no-access-token",
            r#"{"id_token":"{id_token}","token_type":"bearer"}"#,
            "an ID token alone is not what was asked for",
        ),
        json(
            "login-finish-broken-access-token",
            r#"{"access_token":"a\r\nx-evil: 1","id_token":"{id_token}","token_type":"bearer"}"#,
            "a token that can't stand in a header",
        ),
        bad("login-finish-html", &Reply::html(200), "a proxy's page"),
        bad("login-finish-empty", &Reply::empty(200), "nothing"),
    ]
}
