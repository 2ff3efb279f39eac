//! A login by phone number that ends on a web page.

use super::{
    super::{base::AUTH_REQ_ID, keys::Key, members::quote, token::Seal},
    outcome::{Success, error, invalid_config, invalid_id_token, login_failed, login_failed_by, refused},
    scene::{Reply, Scene},
    shared::{
        BASIC, NONCE, OTHER_BEARER, REDIRECT, REDIRECT_TOKEN, STATE, TOKEN_PATH, form_request, grant, kept_redirect,
        partner_token, redirect_token,
    },
};

const CALLBACK: &str = "https://shop.example/callback?code=FIXTURE-ciba-code.0001";
const CAMEL: &str = "authReqId";
const URN: &str = "urn:openid:params:jwt:claim:auth_req_id";
const OTHER: &str = "fixture-auth-req-0002";

pub(super) fn cases() -> Vec<Scene> {
    [callbacks(), names(), tokens(), refusals(), not_sent()].into_iter().flatten().collect()
}

fn redirect(id: &'static str, comment: &'static str) -> Scene {
    Scene::new(id, "backchannel_redirect", redirect_token(), comment)
        .giving("pending", "pending-redirect")
        .giving("callback_url", CALLBACK)
}

fn asked(id: &'static str, comment: &'static str) -> Scene {
    redirect(id, comment).asks_keys().asks_token()
}

fn granted() -> Reply {
    Reply::json(200, &grant(REDIRECT_TOKEN, r#""token_type":"bearer","expires_in":3599"#))
}

fn complete() -> String {
    Success { access_token: REDIRECT_TOKEN, ..Success::default() }.end()
}

fn good(id: &'static str, comment: &'static str) -> Scene {
    asked(id, comment).sends("redirect", &granted()).ends(complete())
}

fn bad(id: &'static str, claim: &'static str, comment: &'static str) -> Scene {
    good(id, comment).ends(invalid_id_token(claim))
}

fn callbacks() -> Vec<Scene> {
    let at = |id, url: &str, comment| good(id, comment).giving("callback_url", url);
    vec![
        good(
            "backchannel-redirect-contract",
            "the contract's fixture: a grant of its own, the code alone, an ES256 token; no state is documented",
        ),
        at(
            "backchannel-redirect-state",
            &format!("{CALLBACK}&state={STATE}"),
            "a state that is there is the one that was sent",
        ),
        at("backchannel-redirect-path-only", "/callback?code=FIXTURE-ciba-code.0001", "path and query alone"),
        redirect("backchannel-redirect-sales-unit", "sales unit keys")
            .by_sales_unit()
            .asks_keys()
            .sends_own(&form_request(TOKEN_PATH, Some(BASIC), REDIRECT), &granted())
            .ends(complete()),
    ]
}

/// Text, sample and standard each have their own name for the id of the request. The id is what ties the code to the
/// login, since there is no state.
fn names() -> Vec<Scene> {
    let wrong = |id, comment| bad(id, "auth_req_id", comment);
    vec![
        good("backchannel-redirect-camel", "the name of the documents' sample")
            .without_claim("auth_req_id")
            .claim(CAMEL, AUTH_REQ_ID),
        good("backchannel-redirect-urn", "the name of the standard (CIBA Core section 7.3.1)")
            .without_claim("auth_req_id")
            .claim(URN, AUTH_REQ_ID),
        good("backchannel-redirect-all-names", "all three, and they agree")
            .claim(CAMEL, AUTH_REQ_ID)
            .claim(URN, AUTH_REQ_ID),
        wrong("backchannel-redirect-no-id", "without it the token may be of any login").without_claim("auth_req_id"),
        wrong("backchannel-redirect-other-id", "the code of another login, slipped in").claim("auth_req_id", OTHER),
        wrong("backchannel-redirect-names-disagree", "two names that disagree").claim(CAMEL, OTHER),
    ]
}

fn tokens() -> Vec<Scene> {
    vec![
        good("backchannel-redirect-rs256", "RS256 stays allowed").signed(Seal::Rs256(Key::A), Key::A),
        good("backchannel-redirect-nonce", "a nonce that is there is the one that was sent").claim("nonce", NONCE),
        bad("backchannel-redirect-nonce-other", "nonce", "or it is another login's")
            .claim("nonce", "fixture-nonce-00000000000000000000000000002"),
        bad("backchannel-redirect-msn-other", "msn", "a token of another merchant").claim("msn", "654321"),
    ]
}

/// The code is good once, as in the browser.
fn refusals() -> Vec<Scene> {
    let told = |id, reply: &Reply, result, comment| asked(id, comment).sends("redirect", reply).ends(result);
    let rejected = error("credentials_rejected").with("oauth_error", "invalid_client").end();
    vec![
        told(
            "backchannel-redirect-invalid-grant",
            &Reply::oauth(400, "invalid_grant"),
            login_failed_by("invalid_grant", "invalid_grant"),
            "a second exchange of the same code",
        ),
        told(
            "backchannel-redirect-503",
            &Reply::empty(503),
            login_failed("reply_lost"),
            "the code may be used up: not sent again",
        ),
        asked(
            "backchannel-redirect-invalid-client",
            "the client is authenticated before the code is looked at: once more with a new token, and no oftener",
        )
        .sends("redirect", &Reply::oauth(401, "invalid_client"))
        .sends("token-request", &partner_token("fixture-partner-2", 86_398))
        .sends_own(&form_request(TOKEN_PATH, Some(OTHER_BEARER), REDIRECT), &Reply::oauth(401, "invalid_client"))
        .ends(rejected),
        asked(
            "backchannel-redirect-gateway",
            "the gateway refused the token, so nothing behind it has seen the code: once more with a new one",
        )
        .sends("redirect", &Reply::gateway(401, "Unauthorized. Access token is missing or invalid."))
        .sends("token-request", &partner_token("fixture-partner-2", 86_398))
        .sends_own(&form_request(TOKEN_PATH, Some(OTHER_BEARER), REDIRECT), &granted())
        .ends(complete()),
        told(
            "backchannel-redirect-forbidden",
            &Reply::gateway(403, "Invalid MSN: 123456. This MSN is not valid for the provided supermerchant ID."),
            refused("forbidden"),
            "the sales unit is not connected to this partner",
        ),
    ]
}

fn not_sent() -> Vec<Scene> {
    let at = |id, url: &str, result, comment| redirect(id, comment).giving("callback_url", url).ends(result);
    let mut other_merchant = kept_redirect();
    other_merchant.set("msn", &quote("654321"));
    vec![
        at(
            "backchannel-redirect-denied",
            "/callback?error=access_denied",
            login_failed_by("denied", "access_denied"),
            "the person said no",
        ),
        at(
            "backchannel-redirect-state-other",
            &format!("{CALLBACK}&state=fixture-state-00000000000000000000000000002"),
            login_failed("state"),
            "a state that is there must be right: not sent",
        ),
        at(
            "backchannel-redirect-state-empty",
            &format!("{CALLBACK}&state="),
            login_failed("state"),
            "an empty one is there",
        ),
        at("backchannel-redirect-no-code", "/callback", login_failed("callback"), "no code, no error"),
        at(
            "backchannel-redirect-elsewhere",
            "https://other.example/callback?code=FIXTURE-ciba-code.0001",
            login_failed("redirect_uri"),
            "another address",
        ),
        at(
            "backchannel-redirect-iss-other",
            &format!("{CALLBACK}&iss=https%3A%2F%2Flogin.example%2F"),
            login_failed("issuer"),
            "who says where an answer comes from is believed when it comes from elsewhere (RFC 9207)",
        ),
        redirect("backchannel-redirect-polled", "a login that ends by polling has no callback")
            .giving("pending", "pending")
            .ends(invalid_config("pending")),
        redirect("backchannel-redirect-other-merchant", "a login of another merchant")
            .given("pending", &other_merchant.render_spaced())
            .ends(login_failed("merchant")),
    ]
}
