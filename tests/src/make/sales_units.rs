//! Sales units, and the check of a merchant.

use super::{
    Sheet,
    base::MSN,
    login::{
        outcome::{error, invalid_config, refused},
        scene::{Reply, Scene},
        shared::{BEARER, OTHER_BEARER, SYSTEM, TOKEN_PATH, browser_token, credentials, first_steps, partner_token},
    },
    members::quote,
    token::Signer,
};

pub(super) fn sheet() -> Sheet {
    // Nothing here is signed.
    let mut signer = Signer::default();
    let groups = [lists(), of_merchants(), one(), changes(), refusals(), checks()];
    let cases = groups.into_iter().flatten().map(|scene| scene.render(&mut signer)).collect();
    Sheet {
        file: "sales-units.json",
        comment: "Sales units as the Management API tells of them, and whether a merchant is ready to be served.",
        shared: shared(),
        cases,
    }
}

const LIST: &str = "/management/v1/sales-units";

fn shared() -> Vec<(&'static str, String)> {
    let unneeded = ["keys-request", "fetch-keys"];
    let mut shared = credentials();
    shared.retain(|(name, _)| *name != "jwks");
    shared.push((
        "specialized",
        r#"{ "type": "specialized", "client_id": "123456-acct-0001", "client_secret": "Sup3r/Secret+Key==" }"#
            .to_owned(),
    ));
    shared.push(("psp", r#"{ "type": "psp", "client_id": "11111111-2222-4333-8444-555555555555", "client_secret": "fixture-Secret+/42==", "subscription_key": "0123456789abcdef0123456789abcdef", "psp_id": "psp-42" }"#.to_owned()));
    shared.extend(first_steps().into_iter().filter(|(name, _)| !unneeded.contains(name)));
    shared.extend([
        ("list", question(LIST, BEARER)),
        ("list-with-other-token", question(LIST, OTHER_BEARER)),
        ("one", question(&format!("{LIST}/{MSN}"), BEARER)),
        ("probe", probe(BEARER)),
        ("probe-with-other-token", probe(OTHER_BEARER)),
    ]);
    shared
}

/// As the partner itself: token, subscription key, system, and no merchant.
fn question(path: &str, authorization: &str) -> String {
    format!(
        r#"{{ "method": "GET", "path": {}, "headers": {{ "authorization": {}, "ocp-apim-subscription-key": "0123456789abcdef0123456789abcdef", "accept": "application/json", {SYSTEM} }}, "absent": ["merchant-serial-number", "client_id", "client_secret", "content-type", "origin", "psp-id", "idempotency-key"], "body": "" }}"#,
        quote(path),
        quote(authorization)
    )
}

/// The exchange of a code that nobody was given.
fn probe(authorization: &str) -> String {
    format!(
        r#"{{ "method": "POST", "path": "{TOKEN_PATH}", "headers": {{ "authorization": {}, "merchant-serial-number": "{MSN}", "content-type": "application/x-www-form-urlencoded", {SYSTEM} }}, "absent": ["ocp-apim-subscription-key", "client_id", "client_secret", "origin", "psp-id"], "form": [["grant_type", "authorization_code"], ["code", "{{random}}"], ["redirect_uri", "https://localhost/"], ["code_verifier", "{{random}}"]] }}"#,
        quote(authorization)
    )
}

fn scene(id: &'static str, op: &'static str, comment: &'static str) -> Scene {
    Scene::new(id, op, browser_token(), comment)
}

fn asked(id: &'static str, reply: &Reply, result: String, comment: &'static str) -> Scene {
    scene(id, "sales_units", comment).asks_token().sends("list", reply).ends(result)
}

fn listed(id: &'static str, body: &str, units: &str, comment: &'static str) -> Scene {
    asked(id, &Reply::json(200, body), told(units), comment)
}

fn told(units: &str) -> String {
    format!(r#"{{ "ok": {{ "units": [{units}] }} }}"#)
}

/// A unit of whose members none is typed but the name.
fn unit(msn: &str, name: &str, members: &str) -> String {
    format!(r#"{{ "msn": "{msn}", "name": {}, "active": null, "flags": {{}}, "members": {members} }}"#, quote(name))
}

const FIRST: &str = r#"{"msn":123456,"name":"Fixture Shop"}"#;
const SECOND: &str = r#"{"msn":234567,"name":"Fixture Café"}"#;

fn lists() -> Vec<Scene> {
    let first = unit("123456", "Fixture Shop", FIRST);
    let second = unit("234567", "Fixture Café", SECOND);
    let both = format!("{first}, {second}");
    let rich = r#"{"msn":"0123456","name":"","active":true,"paymentAllowed":false,"later":{"a":[1,null]}}"#;
    let own = question(LIST, BEARER).replace(r#""absent": ["merchant-serial-number", "#, r#""absent": ["#);
    let own = own.replace(
        r#""accept": "application/json", "#,
        r#""accept": "application/json", "merchant-serial-number": "123456", "#,
    );
    let own_token = r#"{ "method": "POST", "path": "/accesstoken/get", "headers": { "merchant-serial-number": "123456" }, "body": "" }"#;
    vec![
        listed(
            "sales-units",
            &format!("[{FIRST},{SECOND}]"),
            &both,
            "as the partner itself, for no merchant; the msn is a number on the wire and text here",
        ),
        scene("sales-units-sales-unit-keys", "sales_units", "sales unit keys name their own msn, as on all calls")
            .by_sales_unit()
            .sends_own(own_token, &partner_token("fixture-partner", 3_598))
            .sends_own(&own, &Reply::json(200, &format!("[{FIRST}]")))
            .ends(told(&first)),
        listed(
            "sales-units-in-items",
            &format!(r#"{{"items":[{FIRST}]}}"#),
            &first,
            "an object with the list in items",
        ),
        listed(
            "sales-units-in-sales-units",
            &format!(r#"{{"salesUnits":[{SECOND}],"total":1}}"#),
            &second,
            "or in salesUnits",
        ),
        listed("sales-units-none", "[]", "", "none is an answer"),
        listed(
            "sales-units-rich",
            &format!("[{rich}]"),
            &format!(
                r#"{{ "msn": "0123456", "name": null, "active": true, "flags": {{ "active": true, "paymentAllowed": false }}, "members": {rich} }}"#
            ),
            "an msn as text keeps its zero; flags are read, and what is unknown is kept",
        ),
        listed(
            "sales-units-short-number",
            r#"[{"msn":123,"name":"Old"}]"#,
            &unit("0123", "Old", r#"{"msn":123,"name":"Old"}"#),
            "a number has lost its zeros: it is filled up to four digits",
        ),
        listed(
            "sales-units-odd-entries",
            &format!(
                r#"[7,null,{{"name":"no msn"}},{{"msn":"12"}},{{"msn":-1}},{{"msn":1.5}},{FIRST},{{"msn":12345678901}}]"#
            ),
            &first,
            "one odd entry costs that entry",
        ),
        listed("sales-units-byte-order-mark", &format!("\u{feff}[{FIRST}]"), &first, "a byte order mark in front"),
    ]
}

fn of_merchants() -> Vec<Scene> {
    let first = unit("123456", "Fixture Shop", FIRST);
    let of = |id, scheme: &str, number: &str, comment| {
        scene(id, "sales_units_of", comment).giving("scheme", scheme).giving("business", number)
    };
    let path = |scheme: &str, number: &str| {
        question(&format!("/management/v1/merchants/{scheme}/{number}/sales-units"), BEARER)
    };
    let not_found = Reply::json(404, r#"{"type":"https://example.invalid/problem","title":"Not Found","status":404}"#);
    let refused_here = |id, scheme, number, field, comment| of(id, scheme, number, comment).ends(invalid_config(field));
    vec![
        of("sales-units-of", "NO:ORG", "987654321", "a merchant's, by its number in a register of businesses")
            .asks_token()
            .sends_own(&path("NO:ORG", "987654321"), &Reply::json(200, &format!("[{FIRST}]")))
            .ends(told(&first)),
        of(
            "sales-units-of-nobody",
            "FI:YTUNNUS",
            "1234567-8",
            "a merchant without a connected sales unit is none, and no error",
        )
        .asks_token()
        .sends_own(&path("FI:YTUNNUS", "1234567-8"), &not_found)
        .ends(told("")),
        of("sales-units-of-firewall", "NO:ORG", "987654321", "a page says nothing of the merchant")
            .asks_token()
            .sends_own(&path("NO:ORG", "987654321"), &Reply::html(404))
            .ends(refused("protocol")),
        refused_here(
            "sales-units-of-spaces",
            "NO:ORG",
            "987 654 321",
            "id",
            "white space as people write it is refused by name",
        ),
        refused_here("sales-units-of-path", "NO:ORG", "../123456", "id", "nothing can lead to another path"),
        refused_here("sales-units-of-empty", "NO:ORG", "", "id", "an empty number"),
        refused_here("sales-units-of-scheme", "NO/ORG", "987654321", "scheme", "the scheme is a name"),
        refused_here("sales-units-of-no-scheme", "", "987654321", "scheme", "an empty scheme"),
    ]
}

fn one() -> Vec<Scene> {
    let ask = |id, reply: &Reply, result: String, comment| {
        scene(id, "sales_unit", comment).asks_token().sends("one", reply).ends(result)
    };
    let state =
        |state: &str, unit: &str| format!(r#"{{ "ok": {{ "msn": "{MSN}", "state": "{state}", "unit": {unit} }} }}"#);
    let gone = || state("not_connected", "null");
    let not_active = r#"{"msn":"123456","name":"Fixture Shop","active":false}"#;
    let not_active_unit = format!(
        r#"{{ "msn": "123456", "name": "Fixture Shop", "active": false, "flags": {{ "active": false }}, "members": {not_active} }}"#
    );
    let invalid = "Invalid MSN: 123456. This MSN is not valid for the provided supermerchant ID.";
    let blocked = r#"[{"errorGroup":"Merchant","errorCode":"37","errorMessage":"Merchant not available or deactivated or blocked"}]"#;
    vec![
        ask(
            "sales-unit",
            &Reply::json(200, FIRST),
            state("connected", &unit("123456", "Fixture Shop", FIRST)),
            "connected, with what Vipps says of it",
        ),
        ask(
            "sales-unit-silent",
            &Reply::json(200, r#"{"name":"Fixture Shop"}"#),
            state("connected", &unit("123456", "Fixture Shop", r#"{"name":"Fixture Shop"}"#)),
            "the reply need not repeat the msn",
        ),
        scene("sales-unit-zero", "sales_unit", "a zero that the reply could not say is the one that was asked for")
            .giving("msn", "0123456")
            .asks_token()
            .sends_own(&question(&format!("{LIST}/0123456"), BEARER), &Reply::json(200, FIRST))
            .ends(format!(
                r#"{{ "ok": {{ "msn": "0123456", "state": "connected", "unit": {} }} }}"#,
                unit("0123456", "Fixture Shop", FIRST)
            )),
        ask(
            "sales-unit-inactive",
            &Reply::json(200, not_active),
            state("inactive", &not_active_unit),
            "the reply itself says that it is not active",
        ),
        ask(
            "sales-unit-not-found",
            &Reply::json(404, r#"{"title":"Not Found","status":"404"}"#),
            gone(),
            "not connected to this partner, or not active: Vipps answers both alike",
        ),
        ask("sales-unit-not-found-empty", &Reply::empty(404), gone(), "the same without a word"),
        ask(
            "sales-unit-invalid-msn",
            &Reply::gateway(403, invalid),
            gone(),
            "the text of other APIs for an msn that is not connected",
        ),
        ask(
            "sales-unit-blocked",
            &Reply::json(403, blocked),
            error("forbidden").with_raw("has_hint", "true").end(),
            "error 37 may be about the partner itself, so it is no answer about one unit",
        ),
        ask(
            "sales-unit-firewall",
            &Reply::html(403),
            error("forbidden").with_raw("has_hint", "true").end(),
            "the page of the firewall in front is not \"not connected\"",
        ),
        ask("sales-unit-page-404", &Reply::html(404), refused("protocol"), "nor is the page of a proxy"),
        ask(
            "sales-unit-no-such-path",
            &Reply::gateway(404, "Resource not found"),
            refused("protocol"),
            "nor a path that the gateway does not know",
        ),
        ask(
            "sales-unit-legacy-404",
            &Reply::json(
                404,
                r#"{"responseInfo":{"responseCode":404,"responseMessage":"x"},"result":{"message":"x"}}"#,
            ),
            refused("protocol"),
            "the same in the gateway's older form",
        ),
        ask(
            "sales-unit-another",
            &Reply::json(200, SECOND),
            refused("protocol"),
            "an answer about another sales unit is none",
        ),
        ask(
            "sales-unit-list",
            &Reply::json(200, &format!("[{FIRST}]")),
            refused("protocol"),
            "a list is no sales unit",
        ),
        scene("sales-unit-bad-msn", "sales_unit", "an msn that can't be one is refused before anything is sent")
            .giving("msn", "12 345")
            .ends(invalid_config("msn")),
    ]
}

fn changes() -> Vec<Scene> {
    let compared = |id, known: &str, body: &str, comment| {
        let scene = scene(id, "sales_unit_changes", comment).given("known", known);
        scene.asks_token().sends("list", &Reply::json(200, body))
    };
    let result = |units: &[&str], connected: &[&str], gone: &str| {
        format!(
            r#"{{ "ok": {{ "units": [{}], "connected": [{}], "gone": [{gone}] }} }}"#,
            units.join(", "),
            connected.join(", ")
        )
    };
    let first = unit("123456", "Fixture Shop", FIRST);
    let second = unit("234567", "Fixture Café", SECOND);
    vec![
        compared(
            "sales-unit-changes",
            r#"["123456", "345678"]"#,
            &format!("[{FIRST},{SECOND}]"),
            "one is new, one is gone",
        )
        .ends(result(&[&first, &second], &[&second], r#""345678""#)),
        compared(
            "sales-unit-changes-none",
            r#"["234567", "123456"]"#,
            &format!("[{FIRST},{SECOND}]"),
            "the same in another order",
        )
        .ends(result(&[&first, &second], &[], "")),
        compared("sales-unit-changes-first", "[]", &format!("[{FIRST}]"), "against nothing all are new").ends(result(
            &[&first],
            &[&first],
            "",
        )),
        compared("sales-unit-changes-all-gone", r#"["123456"]"#, "[]", "an empty list is a list").ends(result(
            &[],
            &[],
            r#""123456""#,
        )),
        compared(
            "sales-unit-changes-zeros",
            r#"["0123456"]"#,
            &format!("[{FIRST}]"),
            "a number can't say whether a zero stood in front, so it is the one that is known",
        )
        .ends(result(&[&first], &[], "")),
        compared(
            "sales-unit-changes-failed",
            r#"["123456"]"#,
            "{}",
            "a reply without a list says of nobody that they are gone",
        )
        .ends(refused("protocol")),
        scene("sales-unit-changes-bad-msn", "sales_unit_changes", "each known msn must be one")
            .given("known", r#"["123456", "abc"]"#)
            .ends(invalid_config("msn")),
    ]
}

fn refusals() -> Vec<Scene> {
    let first = unit("123456", "Fixture Shop", FIRST);
    let unauthorized = Reply::gateway(401, "Unauthorized. Access token is missing or invalid.");
    let twice = |id, second: &Reply, result: String, comment| {
        scene(id, "sales_units", comment)
            .asks_token()
            .sends("list", &unauthorized)
            .sends("token-request", &partner_token("fixture-partner-2", 86_398))
            .sends("list-with-other-token", second)
            .ends(result)
    };
    vec![
        twice(
            "sales-units-revoked",
            &Reply::json(200, &format!("[{FIRST}]")),
            told(&first),
            "a refused token is replaced once",
        ),
        twice("sales-units-refused-twice", &unauthorized, refused("credentials_rejected"), "and no oftener"),
        asked(
            "sales-units-forbidden",
            &Reply::gateway(403, "Forbidden"),
            refused("forbidden"),
            "the keys are not for the Management API",
        ),
        asked(
            "sales-units-firewall",
            &Reply::html(403),
            error("forbidden").with_raw("has_hint", "true").end(),
            "the page of the firewall in front",
        ),
        asked(
            "sales-units-not-found",
            &Reply::json(404, r#"{"title":"Not Found"}"#),
            refused("protocol"),
            "a list that does not exist is a wrong address",
        ),
        asked(
            "sales-units-no-list",
            &Reply::json(200, r#"{"total":0}"#),
            refused("protocol"),
            "an object without a list",
        ),
        asked(
            "sales-units-no-msn",
            &Reply::json(200, r#"[{"name":"a"},{"id":1}]"#),
            refused("protocol"),
            "a list of which no entry can be named",
        ),
        asked(
            "sales-units-page",
            &Reply::html(200),
            error("protocol").with_raw("has_hint", "true").end(),
            "a page where a list should be",
        ),
        scene("sales-units-busy", "sales_units", "a passing fault is tried again")
            .asks_token()
            .sends("list", &Reply::rate_limited(2))
            .sends("list", &Reply::empty(503))
            .sends("list", &Reply::json(200, &format!("[{FIRST}]")))
            .ends(told(&first)),
        scene("sales-units-specialized", "sales_units", "specialized keys do not reach the Management API")
            .giving("keys", "specialized")
            .ends(invalid_config("keys")),
        scene("sales-units-psp", "sales_units", "nothing says that those of a PSP do")
            .giving("keys", "psp")
            .ends(invalid_config("keys")),
        scene("sales-units-test", "sales_units", "the test environment has no Management API")
            .by_sales_unit()
            .giving("environment", "test")
            .ends(invalid_config("environment")),
    ]
}

const DATE: &str = "Thu, 01 Jan 2026 00:01:00 GMT";

/// Login's answer to the code, with the time by Vipps' clock.
fn code_refused(date: &str) -> Reply {
    Reply::of(
        400,
        &format!(r#"{{ "content-type": "application/json", "date": "{date}" }}"#),
        r#"{"error":"invalid_grant"}"#,
    )
}

fn dated(status: u16, body: &str) -> Reply {
    Reply::of(status, &format!(r#"{{ "content-type": "application/json", "date": "{DATE}" }}"#), body)
}

/// What was found, in the order token, clock, connected, login.
fn found(outcomes: [&str; 4], difference: i64, state: &str, codes: &str) -> String {
    let [token, clock, connected, login] = outcomes;
    let good = !outcomes.contains(&"bad");
    format!(
        r#"{{ "ok": {{ "good": {good}, "token": "{token}", "clock": "{clock}", "connected": "{connected}", "login": "{login}", "clock_difference": {difference}, "sales_unit": {state}, "codes": {{ {codes} }} }} }}"#
    )
}

fn checks() -> Vec<Scene> {
    let check = |id, comment| scene(id, "check", comment).asks_token();
    let step = |scene: Scene| scene.sends_named("discovery");
    let ready = |id, management: &Reply, login: &Reply, result: String, comment| {
        step(check(id, comment).sends("one", management)).sends("probe", login).ends(result)
    };
    let good = Reply::json(200, FIRST);
    let connected = r#""connected""#;
    let refused_twice = step(
        check("check-method", "the partner's own token is good, so it is the merchant's sales unit")
            .sends("one", &good),
    )
    .sends("probe", &dated(401, r#"{"error":"invalid_client"}"#))
    .sends("token-request", &partner_token("fixture-partner-2", 86_398))
    .sends("probe-with-other-token", &dated(401, r#"{"error":"invalid_client"}"#))
    .ends(found(["good", "good", "good", "bad"], 0, connected, r#""login": "credentials_rejected""#));
    vec![
        ready(
            "check",
            &good,
            &code_refused(DATE),
            found(["good"; 4], 0, connected, ""),
            "all is well: the code alone is refused",
        ),
        ready(
            "check-not-connected",
            &Reply::json(404, r#"{"title":"Not Found"}"#),
            &code_refused(DATE),
            found(["good", "good", "bad", "good"], 0, r#""not_connected""#, ""),
            "the sales unit is not connected",
        ),
        ready(
            "check-clock-ahead",
            &good,
            &code_refused("Thu, 01 Jan 2026 00:00:00 GMT"),
            found(["good", "good", "good", "good"], -60, connected, ""),
            "a minute is within the leeway",
        ),
        ready(
            "check-clock-behind",
            &good,
            &code_refused("Thu, 01 Jan 2026 01:01:00 GMT"),
            found(["good", "bad", "good", "good"], 3_600, connected, ""),
            "an hour is not",
        ),
        ready(
            "check-firewall",
            &Reply::html(403),
            &Reply::of(403, &format!(r#"{{ "content-type": "text/html", "date": "{DATE}" }}"#), "<html></html>"),
            found(
                ["good", "good", "unknown", "unknown"],
                0,
                "null",
                r#""connected": "forbidden", "login": "forbidden""#,
            ),
            "a firewall says nothing of the merchant",
        ),
        ready(
            "check-not-for-login",
            &good,
            &dated(403, r#"{"statusCode":403,"message":"Forbidden"}"#),
            found(["good", "good", "good", "bad"], 0, connected, r#""login": "forbidden""#),
            "Login is not ordered, or the msn not connected",
        ),
        refused_twice,
        scene("check-other-msn", "check", "sales unit keys are for one merchant")
            .by_sales_unit()
            .giving("msn", "654321")
            .ends(invalid_config("msn")),
        scene("check-specialized", "check", "specialized keys are for none")
            .giving("keys", "specialized")
            .ends(invalid_config("msn")),
    ]
}
