//! One poll of a login by phone number.

use super::{
    super::{base::NOW, keys::Key, members::quote, token::Seal},
    outcome::{Success, error, invalid_config, invalid_id_token, login_failed, login_failed_by, refused},
    scene::{Reply, Scene},
    shared::{
        PHONE_TOKEN, POLL, POSTED, RAW_BASIC, TOKEN_PATH, at_hash, document, form_request, grant, kept_pending,
        partner_token, phone_token,
    },
};

pub(super) fn cases() -> Vec<Scene> {
    [completed(), undecided(), ended(), refusals(), tokens(), not_asked()].into_iter().flatten().collect()
}

fn poll(id: &'static str, comment: &'static str) -> Scene {
    Scene::new(id, "backchannel_poll", phone_token(), comment).giving("pending", "pending")
}

fn asked(id: &'static str, comment: &'static str) -> Scene {
    poll(id, comment).asks_keys().asks_token()
}

fn answered(id: &'static str, reply: &Reply, result: String, comment: &'static str) -> Scene {
    asked(id, comment).sends("poll", reply).ends(result)
}

/// What was kept, with one value changed.
pub(super) fn kept(name: &str, json: &str) -> String {
    let mut pending = kept_pending();
    pending.set(name, json);
    pending.render_spaced()
}

pub(super) fn success() -> Success {
    Success { access_token: PHONE_TOKEN, lifetime: 300, ..Success::default() }
}

pub(super) fn complete() -> String {
    success().end_with(r#""state": "complete""#)
}

pub(super) fn pending(interval: u32, next_poll_in: u32) -> String {
    format!(r#"{{ "ok": {{ "state": "pending", "interval": {interval}, "next_poll_in": {next_poll_in} }} }}"#)
}

fn completed() -> Vec<Scene> {
    let dropped = Reply::json(200, &grant(PHONE_TOKEN, r#""token_type":"Bearer","expires_in":300,"scope":"openid""#));
    let sales_unit = |id, comment| poll(id, comment).by_sales_unit().asks_keys().ends(complete());
    vec![
        answered("backchannel-poll-contract", &Reply::tokens(), complete(), "the contract's fixture: the same Authorization and MSN as at the start; 300 seconds are less than ten minutes"),
        sales_unit("backchannel-poll-sales-unit", "sales unit keys: Basic with form-encoded parts").sends("sales-unit-poll", &Reply::tokens()),
        sales_unit("backchannel-poll-sales-unit-post", "or in the form").option("login_auth_method", "client_secret_post").sends_own(&form_request(TOKEN_PATH, None, &format!("{POLL}{POSTED}")), &Reply::tokens()),
        answered("backchannel-poll-scope-dropped", &dropped, Success { scopes: &["openid"], missing: &["name"], ..success() }.end_with(r#""state": "complete""#), "what was granted and what was not"),
        asked("backchannel-poll-new-token", "the token was refused: another one is fetched and the poll sent again at once, for polling uses nothing up")
            .sends("poll", &Reply::oauth(401, "invalid_client"))
            .sends("token-request", &partner_token("fixture-partner-2", 86_398))
            .sends("poll-with-other-token", &Reply::tokens())
            .ends(complete()),
    ]
}

/// Pending is a value, not an error.
fn undecided() -> Vec<Scene> {
    let told = |id, body, result, comment| answered(id, &Reply::json(400, body), result, comment);
    vec![
        answered(
            "backchannel-poll-pending",
            &Reply::oauth(400, "authorization_pending"),
            pending(5, 5),
            "the person has not decided; the wait begins with the answer",
        ),
        told(
            "backchannel-poll-pending-error-code",
            r#"{"error_code":"authorization_pending"}"#,
            pending(5, 5),
            "documents say error_code where the service says error",
        ),
        answered(
            "backchannel-poll-slow-down",
            &Reply::oauth(400, "slow_down"),
            pending(10, 10),
            "five seconds more between polls, for good (CIBA Core section 11)",
        ),
        answered(
            "backchannel-poll-own-interval",
            &Reply::oauth(400, "authorization_pending"),
            pending(12, 12),
            "the interval is what Vipps said at the start",
        )
        .given("pending", &kept("interval", "12")),
        poll("backchannel-poll-too-early", "before the interval is over nothing is sent")
            .given("pending", &kept("next_poll_at", &(NOW + 3).to_string()))
            .ends(pending(5, 3)),
        answered(
            "backchannel-poll-clock-set-back",
            &Reply::oauth(400, "authorization_pending"),
            pending(5, 5),
            "a clock that was set back by an hour must not make anybody wait for it to catch up",
        )
        .given("pending", &kept("next_poll_at", &(NOW + 3_600).to_string())),
    ]
}

fn ended() -> Vec<Scene> {
    let by = |id, reason, code, comment| answered(id, &Reply::oauth(400, code), login_failed_by(reason, code), comment);
    vec![
        by("backchannel-poll-denied", "denied", "access_denied", "the person said no"),
        by("backchannel-poll-expired", "expired", "expired_token", "nobody decided in time"),
        by(
            "backchannel-poll-invalid-grant",
            "invalid_grant",
            "invalid_grant",
            "the login was ended already, or is another client's",
        ),
        by(
            "backchannel-poll-wrong-challenge",
            "wrong_challenge",
            "wrong_challenge",
            "the person picked the wrong number",
        ),
        answered(
            "backchannel-poll-old-app",
            &Reply::json(400, r#"{"error_code":"old_app"}"#),
            login_failed_by("outdated_app", "old_app"),
            "the person's app is too old",
        ),
        poll("backchannel-poll-expired-here", "the time is over by our own clock: nothing is sent")
            .given("pending", &kept("expires_at", &NOW.to_string()))
            .ends(login_failed("expired")),
    ]
}

fn refusals() -> Vec<Scene> {
    let code = |id, reply: &Reply, code, comment| answered(id, reply, refused(code), comment);
    let rejected =
        || error("credentials_rejected").with("oauth_error", "invalid_client").with_raw("has_hint", "true").end();
    let limited = error("rate_limited").with_raw("retry_after", "12").end();
    let down = Reply::of(503, r#"{ "content-type": "application/json", "retry-after": "7" }"#, "{}");
    vec![
        asked("backchannel-poll-rejected", "one new token is tried, not another")
            .sends("poll", &Reply::oauth(401, "invalid_client"))
            .sends("token-request", &partner_token("fixture-partner-2", 86_398))
            .sends("poll-with-other-token", &Reply::oauth(401, "invalid_client"))
            .ends(rejected()),
        poll("backchannel-poll-sales-unit-rejected", "refused both ways: keys can't be renewed, so it is told at once")
            .by_sales_unit()
            .asks_keys()
            .sends("sales-unit-poll", &Reply::oauth(401, "invalid_client"))
            .sends_own(&form_request(TOKEN_PATH, Some(RAW_BASIC), POLL), &Reply::oauth(401, "invalid_client"))
            .ends(rejected()),
        code(
            "backchannel-poll-unauthorized-client",
            &Reply::oauth(400, "unauthorized_client"),
            "credentials_rejected",
            "this client may not do that",
        ),
        code(
            "backchannel-poll-forbidden",
            &Reply::gateway(403, "Invalid MSN: 123456. This MSN is not valid for the provided supermerchant ID."),
            "forbidden",
            "the sales unit is not connected to this partner",
        ),
        code(
            "backchannel-poll-invalid-request",
            &Reply::oauth(400, "invalid_request"),
            "protocol",
            "our request was not understood",
        ),
        code("backchannel-poll-400-html", &Reply::html(400), "protocol", "a form that nobody knows"),
        answered(
            "backchannel-poll-rate-limited",
            &Reply::rate_limited(12),
            limited,
            "asked to wait: the login goes on, so the reader may ask again; a poll has no tries of its own",
        ),
        answered(
            "backchannel-poll-503",
            &down,
            error("unavailable").with_raw("retry_after", "7").end(),
            "out of order: the login goes on",
        ),
        code(
            "backchannel-poll-no-id-token",
            &Reply::json(200, r#"{"access_token":"ciba.fixture-access","token_type":"Bearer","expires_in":300}"#),
            "protocol",
            "without an ID token nobody has logged in",
        ),
    ]
}

fn tokens() -> Vec<Scene> {
    let good = |id, comment| answered(id, &Reply::tokens(), complete(), comment);
    let bad = |id, claim, comment| answered(id, &Reply::tokens(), invalid_id_token(claim), comment);
    let two = r#"["99999999-8888-4777-8666-555555555555"]"#;
    vec![
        good("backchannel-poll-es256", "ES256 is allowed in this flow").signed(Seal::Es256(Key::Ec), Key::Ec),
        good("backchannel-poll-nonce-absent", "whether the nonce is echoed here is not stated: an absent one passes")
            .without_claim("nonce"),
        good("backchannel-poll-at-hash", "at_hash is checked where it is there")
            .claim("at_hash", &at_hash(PHONE_TOKEN)),
        good("backchannel-poll-auth-req-id", "so is the id of the request")
            .claim("urn:openid:params:jwt:claim:auth_req_id", "fixture-auth-req-0001"),
        bad("backchannel-poll-nonce-other", "nonce", "one that is there must be the one that was sent")
            .claim("nonce", "fixture-nonce-00000000000000000000000000002"),
        bad("backchannel-poll-at-hash-other", "at_hash", "of another access token")
            .claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
        bad("backchannel-poll-auth-req-id-other", "auth_req_id", "the token of another request")
            .claim("auth_req_id", "fixture-auth-req-0002"),
        bad("backchannel-poll-msn-other", "msn", "a token of another merchant").claim("msn", "654321"),
        bad("backchannel-poll-forged", "signature", "a known kid over a foreign signature")
            .signed(Seal::Rs256(Key::B), Key::A)
            .that_nobody_would_sign(),
        poll("backchannel-poll-aud-other", "sales unit keys know their client_id")
            .by_sales_unit()
            .claim_raw("aud", two)
            .asks_keys()
            .sends("sales-unit-poll", &Reply::tokens())
            .ends(invalid_id_token("aud")),
    ]
}

fn not_asked() -> Vec<Scene> {
    let of = |id, name, json: &str, reason, comment| {
        poll(id, comment).given("pending", &kept(name, json)).ends(login_failed(reason))
    };
    let outage = (0..3).fold(
        poll("backchannel-poll-no-keys", "without keys the tokens would be lost: not asked")
            .sends("discovery-request", &Reply::json(200, &document())),
        |scene, _| scene.sends("keys-request", &Reply::empty(503)),
    );
    vec![
        outage.ends(refused("unavailable")),
        of(
            "backchannel-poll-other-merchant",
            "msn",
            r#""654321""#,
            "merchant",
            "a login that was started for another merchant",
        ),
        of(
            "backchannel-poll-other-environment",
            "issuer",
            &quote("https://apitest.vipps.no/access-management-1.0/access/"),
            "issuer",
            "a login that was started in another environment",
        ),
        poll(
            "backchannel-poll-redirect",
            "a login that ends by redirect is not polled: that would use up the only exchange",
        )
        .giving("pending", "pending-redirect")
        .ends(invalid_config("pending")),
        poll("backchannel-poll-bad-pending", "what was kept is not a login")
            .given("pending", r#"{ "version": 1 }"#)
            .ends(invalid_config("pending")),
    ]
}
