//! Who asks, with what, and what the ID token that comes back must say.

use super::{
    super::{
        base::{CLIENT_ID, NOW},
        keys::{Key, key_set},
        token::Seal,
    },
    outcome::{Success, invalid_id_token, login_failed},
    scene::{Reply, Scene},
    shared::{
        BEARER, EXCHANGE, POSTED, RAW_BASIC, REDIRECT_URI, SMALL_DOCUMENT, STATE, TOKEN_PATH, browser_token,
        browser_tokens, document, form_request, kept_request_for, partner_token,
    },
};

pub(super) const CALLBACK: &str = "https://shop.example/callback?code=FIXTURE-code.0001&scope=openid%20name&state=fixture-state-00000000000000000000000000001";

pub(super) fn cases() -> Vec<Scene> {
    [callbacks(), partners(), sales_units(), endpoints(), bound_tokens(), merchants(), keys()]
        .into_iter()
        .flatten()
        .collect()
}

/// A callback that is good, before anything was sent.
pub(super) fn finish(id: &'static str, comment: &'static str) -> Scene {
    Scene::new(id, "login_finish", browser_token(), comment)
        .giving("redirect_uri", REDIRECT_URI)
        .giving("request", "request")
        .giving("callback_url", CALLBACK)
}

/// The same up to the exchange.
pub(super) fn exchange(id: &'static str, comment: &'static str) -> Scene {
    finish(id, comment).asks_keys().asks_token()
}

fn goes_well(id: &'static str, comment: &'static str) -> Scene {
    exchange(id, comment).sends("exchange", &Reply::tokens()).ends(Success::default().end())
}

fn refuses(id: &'static str, claim: &'static str, comment: &'static str) -> Scene {
    goes_well(id, comment).ends(invalid_id_token(claim))
}

fn callbacks() -> Vec<Scene> {
    let from = |id, comment, callback_url: &str| goes_well(id, comment).giving("callback_url", callback_url);
    let path_only = format!("/callback?code=FIXTURE-code.0001&state={STATE}");
    let odd = format!("/callback?code=4%2F0Ab%2Bc%3Dd%20e%26f%25&state={STATE}");
    let odd_body = EXCHANGE.replace("FIXTURE-code.0001", "4%2F0Ab%2Bc%3Dd+e%26f%25");
    let tenant = "https://shop.example/callback?tenant=7&lang=nb%20NO";
    let tenant_back = format!("{tenant}&code=FIXTURE-code.0001&state={STATE}");
    let tenant_kept = kept_request_for(tenant);
    let encoded = "https%3A%2F%2Fshop.example%2Fcallback%3Ftenant%3D7%26lang%3Dnb%2520NO";
    let tenant_body = EXCHANGE.replace("https%3A%2F%2Fshop.example%2Fcallback", encoded);
    vec![
        goes_well(
            "login-finish-contract",
            "the contract's fixture: a partner exchanges the code with its own token and the MSN; no subscription key, no client_id",
        ),
        from(
            "login-finish-path-only",
            "behind a proxy the application may know no more than path and query",
            &path_only,
        ),
        exchange("login-finish-odd-code", "a code travels as it is, whatever characters it holds")
            .giving("callback_url", &odd)
            .sends_own(&form_request(TOKEN_PATH, Some(BEARER), &odd_body), &Reply::tokens())
            .ends(Success::default().end()),
        exchange(
            "login-finish-redirect-uri-query",
            "the redirect_uri goes along byte for byte, its own query included",
        )
        .giving("redirect_uri", tenant)
        .given("request", &tenant_kept)
        .giving("callback_url", &tenant_back)
        .sends_own(&form_request(TOKEN_PATH, Some(BEARER), &tenant_body), &Reply::tokens())
        .ends(Success::default().end()),
    ]
}

fn partners() -> Vec<Scene> {
    let other = "exchange-with-other-token";
    vec![
        finish("login-finish-short-lived-token", "a token with less than a minute left is renewed first: the code can't be sent twice")
            .asks_keys()
            .sends("token-request", &partner_token("fixture-partner", 40))
            .sends("token-request", &partner_token("fixture-partner-2", 86_398))
            .sends(other, &Reply::tokens())
            .ends(Success::default().end()),
        exchange("login-finish-gateway-refused-token", "the gateway refused the partner's token, so nothing behind it has seen the code: once more with a new token")
            .sends("exchange", &Reply::gateway(401, "Unauthorized. Access token is missing or invalid."))
            .sends("token-request", &partner_token("fixture-partner-2", 86_398))
            .sends(other, &Reply::tokens())
            .ends(Success::default().end()),
        exchange("login-finish-gateway-held-back", "the gateway asks to wait 12 seconds: nothing behind it has seen the code, so it is sent again")
            .sends("exchange", &Reply::rate_limited(12))
            .sends("exchange", &Reply::tokens())
            .ends(Success::default().end()),
        goes_well("login-finish-aud-unknown", "a partner does not know the merchant's client_id: any audience will do, the MSN decides")
            .claim_raw("aud", r#"["99999999-8888-4777-8666-555555555555"]"#),
    ]
}

fn sales_units() -> Vec<Scene> {
    let start = |id, comment| finish(id, comment).by_sales_unit().asks_keys().ends(Success::default().end());
    let well = |id, comment| start(id, comment).sends("sales-unit-exchange", &Reply::tokens());
    let two = format!(r#"["99999999-8888-4777-8666-555555555555", "{CLIENT_ID}"]"#);
    vec![
        well(
            "login-finish-sales-unit",
            "sales unit keys: Basic with form-encoded parts, no token of their own is fetched",
        ),
        well("login-finish-sales-unit-test", "the same code in the test environment, where partner keys do not work")
            .in_test_environment(),
        start("login-finish-sales-unit-raw", "the option for servers that take the pair as it is")
            .option("login_basic_encoding", "raw")
            .sends_own(&form_request(TOKEN_PATH, Some(RAW_BASIC), EXCHANGE), &Reply::tokens()),
        start("login-finish-sales-unit-other-basic", "keys that are refused are written the other way once: the code was not looked at")
            .sends("sales-unit-exchange", &Reply::oauth(401, "invalid_client"))
            .sends_own(&form_request(TOKEN_PATH, Some(RAW_BASIC), EXCHANGE), &Reply::tokens()),
        start("login-finish-sales-unit-undecodable", "a server that could not read them says so with 400")
            .option("login_basic_encoding", "raw")
            .sends_own(&form_request(TOKEN_PATH, Some(RAW_BASIC), EXCHANGE), &Reply::json(400, r#"{"error":"invalid_request","error_description":"The client secret in the HTTP authorization header could not be decoded."}"#))
            .sends("sales-unit-exchange", &Reply::tokens()),
        start(
            "login-finish-sales-unit-post",
            "a sales unit set to client_secret_post: the keys in the form, no Authorization",
        )
        .option("login_auth_method", "client_secret_post")
        .sends_own(&form_request(TOKEN_PATH, None, &format!("{EXCHANGE}{POSTED}")), &Reply::tokens()),
        exchange(
            "login-finish-partner-ignores-post",
            "the setting is for sales unit keys: a partner always sends its token",
        )
        .option("login_auth_method", "client_secret_post")
        .sends("exchange", &Reply::tokens())
        .ends(Success::default().end()),
        well("login-finish-sales-unit-aud-string", "one audience as a string").claim("aud", CLIENT_ID),
        well("login-finish-sales-unit-azp", "several audiences, and azp says for whom")
            .claim_raw("aud", &two)
            .claim("azp", CLIENT_ID),
        well("login-finish-sales-unit-aud-other", "sales unit keys know their client_id: another's token is refused")
            .claim_raw("aud", r#"["99999999-8888-4777-8666-555555555555"]"#)
            .ends(invalid_id_token("aud")),
        well("login-finish-sales-unit-azp-missing", "several audiences and nobody says for whom")
            .claim_raw("aud", &two)
            .ends(invalid_id_token("azp")),
        well("login-finish-sales-unit-msn-other", "the MSN is checked as well")
            .claim("msn", "654321")
            .ends(invalid_id_token("msn")),
    ]
}

fn endpoints() -> Vec<Scene> {
    let moved = document().replace("/access/oauth2/token", "/access/v2/token");
    let at = |id, document: &str, path: &str, comment| {
        finish(id, comment)
            .sends("discovery-request", &Reply::json(200, document))
            .sends("keys-request", &Reply::json(200, "{jwks}"))
            .asks_token()
            .sends_own(&form_request(path, Some(BEARER), EXCHANGE), &Reply::tokens())
            .ends(Success::default().end())
    };
    vec![
        at(
            "login-finish-small-discovery",
            SMALL_DOCUMENT,
            TOKEN_PATH,
            "a token_endpoint that discovery leaves out is where the documents say",
        ),
        at("login-finish-moved", &moved, "/access-management-1.0/access/v2/token", "it is where discovery says"),
    ]
}

/// What ties the token to this very request.
fn bound_tokens() -> Vec<Scene> {
    let app = |id, comment| goes_well(id, comment).giving("request", "request-acr");
    vec![
        refuses("login-finish-nonce-other", "nonce", "the token of another login, swapped in")
            .claim("nonce", "fixture-nonce-00000000000000000000000000002"),
        refuses("login-finish-nonce-missing", "nonce", "a nonce that was sent must come back").without_claim("nonce"),
        refuses("login-finish-at-hash-other", "at_hash", "the access token of another login, swapped in")
            .claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
        goes_well("login-finish-at-hash-absent", "at_hash is optional in the code flow").without_claim("at_hash"),
        app("login-finish-acr", "confirmation in the app was asked for and given")
            .claim("acr", "urn:vipps:acr:app_auth"),
        app("login-finish-acr-missing", "asked for and not said: the person may have been let in without the app")
            .ends(invalid_id_token("acr")),
        app("login-finish-acr-other", "asked for and another one said")
            .claim("acr", "urn:vipps:acr:basic")
            .ends(invalid_id_token("acr")),
    ]
}

fn merchants() -> Vec<Scene> {
    vec![
        refuses("login-finish-msn-other", "msn", "a token of another merchant: what a partner must never accept")
            .claim("msn", "654321"),
        refuses("login-finish-msn-missing", "msn", "without the MSN a partner can't tell whose login it is")
            .without_claim("msn"),
        goes_well("login-finish-msn-integer", "a JSON integer counts as its decimal digits").claim_raw("msn", "123456"),
        refuses("login-finish-iss-other", "iss", "a token of the other environment")
            .claim("iss", "https://login.example/access-management-1.0/access/"),
        refuses("login-finish-sub-missing", "sub", "nobody").without_claim("sub"),
        refuses("login-finish-expired", "exp", "a token that is over").claim_raw("exp", &(NOW - 60).to_string()),
        refuses("login-finish-not-yet", "iat", "issued more than the leeway ahead of our clock")
            .claim_raw("iat", &(NOW + 61).to_string()),
        refuses("login-finish-aud-missing", "aud", "an audience there must be, also where it can't be compared")
            .without_claim("aud"),
    ]
}

/// Keys that are late, gone or not Vipps'.
fn keys() -> Vec<Scene> {
    let old = Reply::json(200, &key_set(&[Key::B.jwk()]));
    let rotated = |id, comment, second: &Reply| {
        finish(id, comment)
            .sends("discovery-request", &Reply::json(200, &document()))
            .sends("keys-request", &old)
            .asks_token()
            .sends("exchange", &browser_tokens())
            .sends("keys-request", second)
    };
    vec![
        refuses("login-finish-es256", "alg", "ES256 is not for the browser flow")
            .signed(Seal::Es256(Key::Ec), Key::Ec)
            .that_nobody_would_sign(),
        refuses("login-finish-unsigned", "alg", "an unsigned token")
            .signed(Seal::Empty, Key::A)
            .that_nobody_would_sign(),
        refuses("login-finish-forged", "signature", "a known kid over a foreign signature")
            .signed(Seal::Rs256(Key::B), Key::A)
            .that_nobody_would_sign(),
        refuses("login-finish-garbage-token", "form", "no token at all").whole_token("garbage"),
        rotated(
            "login-finish-rotated",
            "keys rotated since they were loaded: the login waits for the next load rather than lose the only code",
            &Reply::json(200, "{jwks}"),
        )
        .ends(Success { lifetime: 570, ..Success::default() }.end()),
        rotated("login-finish-kid-unknown", "the new set does not know the key either: forged", &old)
            .ends(invalid_id_token("kid")),
        rotated(
            "login-finish-keys-lost",
            "the token came, the keys to check it did not: the person must start again",
            &Reply::empty(503),
        )
        .ends(login_failed("keys_unavailable")),
    ]
}
