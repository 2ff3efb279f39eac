//! What ends a login in the browser before there is a token, and what may be sent again.

use super::{
    super::members::quote,
    browser::{exchange, finish},
    outcome::{error, login_failed_by, refused},
    scene::{Reply, Scene},
    shared::{BEARER, EXCHANGE, RAW_BASIC, STATE, TOKEN_PATH, form_request, partner_token},
};

pub(super) fn cases() -> Vec<Scene> {
    [credentials(), grants(), merchants(), lost(), held_back(), others()].into_iter().flatten().collect()
}

fn answered(id: &'static str, reply: &Reply, result: String, comment: &'static str) -> Scene {
    exchange(id, comment).sends("exchange", reply).ends(result)
}

fn rejected(oauth_error: Option<&str>) -> String {
    let oauth_error = oauth_error.map_or_else(|| "null".to_owned(), quote);
    error("credentials_rejected").with_raw("oauth_error", &oauth_error).with_raw("has_hint", "true").end()
}

fn credentials() -> Vec<Scene> {
    let unauthorized = Reply::gateway(401, "Unauthorized. Access token is missing or invalid.");
    let invalid_client = Reply::oauth(401, "invalid_client");
    let by_sales_unit = |id, reply: &Reply, comment| {
        finish(id, comment).by_sales_unit().asks_keys().sends("sales-unit-exchange", reply)
    };
    let raw = form_request(TOKEN_PATH, Some(RAW_BASIC), EXCHANGE);
    let refused_twice = |id, reply: &Reply, result, comment| {
        exchange(id, comment)
            .sends("exchange", reply)
            .sends("token-request", &partner_token("fixture-partner-2", 86_398))
            .sends("exchange-with-other-token", reply)
            .ends(result)
    };
    vec![
        refused_twice(
            "login-finish-invalid-client",
            &invalid_client,
            rejected(Some("invalid_client")),
            "the client is authenticated before the code is looked at: once more with a new token, and no oftener",
        ),
        refused_twice(
            "login-finish-401-empty",
            &Reply::empty(401),
            rejected(None),
            "a 401 without a word is about the token too",
        ),
        exchange("login-finish-gateway-refused-twice", "one new token is tried, not another")
            .sends("exchange", &unauthorized)
            .sends("token-request", &partner_token("fixture-partner-2", 86_398))
            .sends("exchange-with-other-token", &unauthorized)
            .ends(rejected(None)),
        exchange("login-finish-no-other-token", "no other token is to be had: that is the news")
            .sends("exchange", &unauthorized)
            .sends("token-request", &Reply::oauth(401, "invalid_client"))
            .ends(rejected(Some("invalid_client"))),
        by_sales_unit(
            "login-finish-sales-unit-invalid-client",
            &invalid_client,
            "refused both ways: wrong keys, or the portal has client_secret_post for this sales unit",
        )
        .sends_own(&raw, &invalid_client)
        .ends(rejected(Some("invalid_client"))),
        by_sales_unit("login-finish-sales-unit-gateway", &unauthorized, "keys can't be renewed: told at once")
            .ends(rejected(None)),
        answered(
            "login-finish-unauthorized-client",
            &Reply::oauth(400, "unauthorized_client"),
            rejected(Some("unauthorized_client")),
            "this client may not log anybody in",
        ),
    ]
}

fn grants() -> Vec<Scene> {
    let invalid_grant = || login_failed_by("invalid_grant", "invalid_grant");
    let echo = EXCHANGE.replace("FIXTURE-code.0001", "an_echoed_code");
    let told = |code, oauth_error| error(code).with("oauth_error", oauth_error).end();
    vec![
        answered(
            "login-finish-invalid-grant",
            &Reply::oauth(400, "invalid_grant"),
            invalid_grant(),
            "a code that was used before, is too old, or was made for another redirect_uri: one text covers all",
        ),
        answered(
            "login-finish-invalid-grant-401",
            &Reply::oauth(401, "invalid_grant"),
            invalid_grant(),
            "with the wrong status it says the same",
        ),
        answered(
            "login-finish-error-code",
            &Reply::json(400, r#"{"error_code":"invalid_grant"}"#),
            invalid_grant(),
            "documents say error_code where the service says error",
        ),
        answered(
            "login-finish-invalid-request",
            &Reply::oauth(400, "invalid_request"),
            told("protocol", "invalid_request"),
            "our request was not understood",
        ),
        answered(
            "login-finish-unsupported-grant-type",
            &Reply::oauth(400, "unsupported_grant_type"),
            told("protocol", "unsupported_grant_type"),
            "something on the way changed the form",
        ),
        answered(
            "login-finish-invalid-scope",
            &Reply::oauth(400, "invalid_scope"),
            told("forbidden", "invalid_scope"),
            "a scope that is not for this sales unit",
        ),
        answered(
            "login-finish-unknown-error",
            &Reply::oauth(400, "brand_new_error"),
            told("protocol", "brand_new_error"),
            "a code that nobody knows yet is handed on",
        ),
        exchange(
            "login-finish-echo",
            "a reply that echoes the code where its own should be: the error does not hold it",
        )
        .giving("callback_url", &format!("/callback?code=an_echoed_code&state={STATE}"))
        .sends_own(&form_request(TOKEN_PATH, Some(BEARER), &echo), &Reply::oauth(400, "an_echoed_code"))
        .ends(error("protocol").with_raw("oauth_error", "null").end()),
    ]
}

fn merchants() -> Vec<Scene> {
    let forbidden = |id, reply: &Reply, comment| answered(id, reply, refused("forbidden"), comment);
    vec![
        forbidden(
            "login-finish-msn-not-connected",
            &Reply::gateway(403, "Invalid MSN: 123456. This MSN is not valid for the provided supermerchant ID."),
            "the sales unit is not connected to this partner",
        ),
        forbidden(
            "login-finish-msn-lost",
            &Reply::gateway(403, "Invalid MSN: This MSN is not valid for the provided supermerchant ID."),
            "the header did not arrive",
        ),
        forbidden(
            "login-finish-merchant-blocked",
            &Reply::json(
                403,
                r#"[{"errorGroup":"Merchant","errorCode":"37","errorMessage":"Merchant not available or deactivated or blocked"}]"#,
            ),
            "a sales unit that was deactivated, in the old APIs' form",
        ),
        forbidden("login-finish-403-empty", &Reply::empty(403), "no word why"),
    ]
}

/// The code was sent and nothing came back that could be understood: it may be used up.
fn lost() -> Vec<Scene> {
    let told = |oauth_error: &str, wait: &str| {
        error("login_failed")
            .with("reason", "reply_lost")
            .with_raw("oauth_error", oauth_error)
            .with_raw("retry_after", wait)
            .end()
    };
    let lost = |id, reply: &Reply, comment| answered(id, reply, told("null", "null"), comment);
    let with_wait = Reply::of(503, r#"{ "content-type": "application/json", "retry-after": "5" }"#, "{}");
    vec![
        lost(
            "login-finish-500",
            &Reply::empty(500),
            "the code may be used up: never sent again, the person starts anew",
        ),
        lost("login-finish-502", &Reply::html(502), "a proxy's page"),
        answered(
            "login-finish-503",
            &with_wait,
            told("null", "5"),
            "a wait would help no code, but what the answer said is told",
        ),
        lost(
            "login-finish-504",
            &Reply::gateway(504, "Gateway timeout"),
            "the gateway gave up waiting: what is behind it may have gone on",
        ),
        answered(
            "login-finish-500-invalid-grant",
            &Reply::oauth(500, "invalid_grant"),
            told(r#""invalid_grant""#, "null"),
            "a server that is out of order is not believed",
        ),
        answered(
            "login-finish-server-error",
            &Reply::oauth(400, "server_error"),
            told(r#""server_error""#, "null"),
            "the same with another status",
        ),
        lost(
            "login-finish-429-unknown",
            &Reply::html(429),
            "not the gateway's own form: what is behind it may have seen the code",
        ),
    ]
}

fn held_back() -> Vec<Scene> {
    let limited = |wait| error("rate_limited").with_raw("retry_after", wait).end();
    let held_back = |id, seconds, times, comment| {
        (0..times).fold(exchange(id, comment), |scene, _| scene.sends("exchange", &Reply::rate_limited(seconds)))
    };
    vec![
        held_back("login-finish-held-back-given-up", 12, 3, "after two retries the reader is told how long to wait; the code is still good, so the same call may be made again").ends(limited("12")),
        held_back("login-finish-held-back-too-long", 40, 1, "longer than a caller should be kept: told at once").ends(limited("40")),
    ]
}

fn others() -> Vec<Scene> {
    let protocol = |id, reply: &Reply, comment| answered(id, reply, refused("protocol"), comment);
    vec![
        protocol(
            "login-finish-302",
            &Reply::of(302, r#"{ "location": "/elsewhere" }"#, ""),
            "redirects are not followed: the code would go elsewhere",
        ),
        protocol(
            "login-finish-404",
            &Reply::json(
                404,
                r#"{"responseInfo":{"responseCode":404,"responseMessage":"Something went wrong, please try again later."}}"#,
            ),
            "there is no such endpoint",
        ),
    ]
}
