//! What ends a login in the browser before the code was sent.

use super::{
    super::{base::MSN, members::quote},
    browser::finish,
    outcome::{invalid_config, login_failed, login_failed_by, refused},
    scene::{Reply, Scene},
    shared::{REDIRECT_URI, STATE, document, kept_request, kept_request_for, kept_request_of},
};

pub(super) fn cases() -> Vec<Scene> {
    [not_sent(), outages(), settings()].into_iter().flatten().collect()
}

/// What the callback or the kept request gets wrong is told before anything is sent.
fn not_sent() -> Vec<Scene> {
    let callback = |id, url: &str, result, comment| finish(id, comment).giving("callback_url", url).ends(result);
    let mut of_test = kept_request();
    of_test.set("issuer", &quote("https://apitest.vipps.no/access-management-1.0/access/"));
    let of =
        |id, request: &str, reason, comment| finish(id, comment).given("request", request).ends(login_failed(reason));
    vec![
        callback(
            "login-finish-denied",
            &format!("/callback?error=access_denied&error_description=The%20user%20cancelled&state={STATE}"),
            login_failed_by("denied", "access_denied"),
            "the person said no: nothing is sent",
        ),
        callback(
            "login-finish-state-other",
            "/callback?code=FIXTURE-code.0001&state=fixture-state-00000000000000000000000000002",
            login_failed("state"),
            "the callback of another browser: its code must not be exchanged",
        ),
        callback(
            "login-finish-elsewhere",
            &format!("https://other.example/callback?code=FIXTURE-code.0001&state={STATE}"),
            login_failed("redirect_uri"),
            "a callback that came to another address",
        ),
        callback(
            "login-finish-no-code",
            &format!("/callback?state={STATE}"),
            login_failed("callback"),
            "no code, no error",
        ),
        of(
            "login-finish-other-merchant",
            &kept_request_of("654321", REDIRECT_URI, None).render_spaced(),
            "merchant",
            "a request that was made for another merchant",
        ),
        of(
            "login-finish-other-environment",
            &of_test.render_spaced(),
            "issuer",
            "a request that was made in another environment",
        ),
        of(
            "login-finish-other-redirect-uri",
            &kept_request_for("https://shop.example/other"),
            "redirect_uri",
            "a request that was made for another redirect_uri",
        ),
        finish("login-finish-bad-request", "what was kept is not a request")
            .given("request", r#"{ "version": 1 }"#)
            .ends(invalid_config("request")),
    ]
}

/// While the code was not sent, the same call may be made again.
fn outages() -> Vec<Scene> {
    let thrice = |scene: Scene, request, reply: &Reply| (0..3).fold(scene, |scene, _| scene.sends(request, reply));
    let elsewhere =
        document().replace("{base_url}/access-management-1.0/access/oauth2/token", "https://login.example/token");
    let plain = document().replace("{base_url}/access-management-1.0/access/oauth2/token", "http://api.vipps.no/token");
    let foreign = document().replace(r#""issuer":"{base_url}"#, r#""issuer":"https://login.example"#);
    let endpoint = |id, document: &str, comment| {
        finish(id, comment)
            .sends("discovery-request", &Reply::json(200, document))
            .sends("keys-request", &Reply::json(200, "{jwks}"))
            .ends(refused("protocol"))
    };
    let discovery =
        |id, reply: &Reply, comment| finish(id, comment).sends("discovery-request", reply).ends(refused("unavailable"));
    let keys = finish("login-finish-no-keys", "without keys the code would be spent for nothing: it is not sent")
        .sends("discovery-request", &Reply::json(200, &document()));
    vec![
        thrice(keys, "keys-request", &Reply::empty(503)).ends(refused("unavailable")),
        thrice(
            finish("login-finish-no-token", "no token, no exchange: try again").asks_keys(),
            "token-request",
            &Reply::empty(503),
        )
        .ends(refused("unavailable")),
        discovery("login-finish-no-discovery", &Reply::empty(404), "no endpoints, no exchange"),
        thrice(
            finish("login-finish-other-issuer", "a document of another issuer is not believed, and as good as none"),
            "discovery-request",
            &Reply::json(200, &foreign),
        )
        .ends(refused("unavailable")),
        endpoint(
            "login-finish-endpoint-elsewhere",
            &elsewhere,
            "secrets go to the environment's own origin, whatever discovery says: not even a token is fetched",
        ),
        endpoint("login-finish-endpoint-plain", &plain, "and never in the clear"),
    ]
}

fn settings() -> Vec<Scene> {
    let special =
        r#"{ "type": "specialized", "client_id": "123456-acct-0001", "client_secret": "Sup3r/Secret+Key==" }"#;
    let wrong = |id, field, comment| finish(id, comment).ends(invalid_config(field));
    vec![
        wrong("login-finish-specialized-keys", "msn", "specialised keys act for no one sales unit")
            .given("keys", special),
        wrong("login-finish-sales-unit-other-msn", "msn", "sales unit keys are for their own MSN")
            .by_sales_unit()
            .giving("msn", "654321"),
        wrong("login-finish-bad-redirect-uri", "redirect_uri", "an address that can't be registered")
            .giving("redirect_uri", "/callback"),
        wrong("login-finish-bad-auth-method", "login_auth_method", "a method that is not offered")
            .option("login_auth_method", "private_key_jwt"),
        finish("login-finish-partner-in-test", "partner keys do not work in the test environment")
            .giving("environment", "test")
            .giving("msn", MSN)
            .ends(invalid_config("environment")),
    ]
}
