//! Userinfo after a login.

use super::{
    super::base::SUB,
    browser::CALLBACK,
    outcome::{error, invalid_id_token, login_failed, refused},
    scene::{Reply, Scene},
    shared::{
        ACCESS_TOKEN, BEARER, PHONE_TOKEN, POLL, REDIRECT_URI, TOKEN_PATH, browser_token, document, form_request,
        grant, kept_pending, phone_token, userinfo_request,
    },
};

pub(super) fn cases() -> Vec<Scene> {
    [told(), odd(), refusals(), retries(), ages(), endpoints()].into_iter().flatten().collect()
}

fn login(id: &'static str, comment: &'static str) -> Scene {
    Scene::new(id, "userinfo", browser_token(), comment)
        .giving("redirect_uri", REDIRECT_URI)
        .giving("request", "request")
        .giving("callback_url", CALLBACK)
}

fn logged_in(id: &'static str, comment: &'static str) -> Scene {
    login(id, comment).asks_keys().asks_token().sends("exchange", &Reply::tokens())
}

fn answered(id: &'static str, reply: &Reply, result: String, comment: &'static str) -> Scene {
    logged_in(id, comment).sends("userinfo", reply).ends(result)
}

/// A person with these members besides `sub`, and what is read of them.
fn person(id: &'static str, members: &str, read: &str, comment: &'static str) -> Scene {
    let comma = if members.is_empty() { "" } else { "," };
    let body = format!(r#"{{"sub":"{SUB}"{comma}{members}}}"#);
    let comma = if read.is_empty() { "" } else { ", " };
    let result = format!(r#"{{ "ok": {{ "sub": "{SUB}"{comma}{read}, "json": {body} }} }}"#);
    answered(id, &Reply::json(200, &body), result, comment)
}

/// The shortest good answer.
fn nobody_else() -> Reply {
    Reply::json(200, &format!(r#"{{"sub":"{SUB}"}}"#))
}

fn nothing_more() -> String {
    format!(r#"{{ "ok": {{ "sub": "{SUB}", "json": {{ "sub": "{SUB}" }} }} }}"#)
}

fn told() -> Vec<Scene> {
    let home = r#"{"address_type":"home","country":"NO","formatted":"Prøvegata 1\nH0201\n0001\nOSLO\nNO","postal_code":"0001","region":"OSLO","street_address":"Prøvegata 1\nH0201"}"#;
    let work = home.replace("home", "work");
    let none = r#"{"address_type":"","country":"","formatted":"","postal_code":"","region":"","street_address":""}"#;
    let contract = r#""sid":"5e551000-0000-4000-8000-000000000004","name":"Kari Fixture","given_name":"Kari","family_name":"Fixture","phone_number":"4791234567","phone_number_verified":true,"email":"kari@example.test","email_verified":true,"birthdate":"1990-02-28""#;
    let read = r#""name": "Kari Fixture", "given_name": "Kari", "family_name": "Fixture", "phone_number": "4791234567", "phone_number_verified": true, "email": "kari@example.test", "email_verified": true, "birthdate": "1990-02-28""#;
    let consents = r#"{"language":"nb","heading":"Nyhetsbrev"," termsDescription":"Vilkår","confirmConsentButtonText":"OK","timeOfConsent":"2026-01-01T00:00:00Z","links":{"termsLinkText":"Vilkår"},"consents":[{"id":"email","accepted":true,"required":false,"textDisplayedToUser":"E-post"}]}"#;
    let flow = r#"{"language":"nb","screens":[{"title":"Kundeklubb","description":"Bli med","terms":{"links":[{"title":"Vilkår","url":"https://shop.example/terms"}]},"elements":[{"type":"checkbox","id":"club","title":"Ja takk","checked":true},{"type":"slider","id":"age","value":3}]},{"title":"Takk"}]}"#;
    let agreement = r#"{"language":"nb","description":"Strømavtale","buttonText":"Godta","links":{"termsLinkText":"Vilkår","termsLinkUrl":"https://shop.example/terms","privacyStatementLinkText":"Personvern","privacyStatementLinkUrl":"https://shop.example/privacy"},"timestamp":"2026-01-01T00:00:00Z","accepted":true}"#;
    vec![
        person(
            "userinfo-contract",
            &format!(r#"{contract},"address":{home},"other_addresses":[]"#),
            &format!(r#"{read}, "address": {home}"#),
            "the contract's fixture: the login's token and nothing else; a subscription key would be refused, and who asks is nobody's business",
        ),
        person("userinfo-no-address", &format!(r#""address":{none}"#), "", "no address is one of empty texts"),
        person(
            "userinfo-other-addresses",
            &format!(r#""address":{home},"other_addresses":[{work},{none}]"#),
            &format!(r#""address": {home}, "other_addresses": [{work}]"#),
            "further addresses, less those that are none",
        ),
        person(
            "userinfo-other-claims",
            r#""gender":"other","nin":"010290-1234""#,
            r#""gender": "other", "nin": "010290-1234""#,
            "what newer scopes open; nin is opaque, here as in Denmark",
        ),
        person(
            "userinfo-consents",
            &format!(r#""delegatedConsents":{consents}"#),
            &format!(r#""delegated_consents": {consents}"#),
            "consents as they are, a name with a space in front included",
        ),
        person(
            "userinfo-flow-result",
            &format!(r#""flowResult":{flow}"#),
            r#""flow_result": { "language": "nb", "screens": [{ "title": "Kundeklubb", "description": "Bli med", "links": [{ "title": "Vilkår", "url": "https://shop.example/terms" }], "elements": [{ "type": "checkbox", "id": "club", "title": "Ja takk", "checked": true }, { "type": "slider", "id": "age" }] }, { "title": "Takk", "links": [], "elements": [] }] }"#,
            "a flow of the merchant's own; an element of a type that nobody knows yet is kept",
        ),
        person(
            "userinfo-flow-result-odd",
            r#""flowResult":{"language":1,"screens":[7,{"title":"","terms":{"links":{}},"elements":[null,{"type":"checkbox","checked":"true"}]}]},"agreement":"yes""#,
            r#""flow_result": { "screens": [{ "links": [], "elements": [{ "type": "checkbox" }] }] }"#,
            "one odd member costs that member; what is no object is no agreement",
        ),
        person(
            "userinfo-agreement",
            &format!(r#""agreement":{agreement}"#),
            r#""agreement": { "language": "nb", "description": "Strømavtale", "button_text": "Godta", "terms_link_text": "Vilkår", "terms_link_url": "https://shop.example/terms", "privacy_statement_link_text": "Personvern", "privacy_statement_link_url": "https://shop.example/privacy", "timestamp": "2026-01-01T00:00:00Z", "accepted": true }"#,
            "the agreement of a login from a phone number",
        ),
        person(
            "userinfo-agreement-declined",
            r#""agreement":{"accepted":false,"links":[],"later":1}"#,
            r#""agreement": { "accepted": false }"#,
            "one that was not accepted, with less, and with more, than the documents say",
        ),
        person("userinfo-sub-only", "", "", "nothing but who it is"),
        person(
            "userinfo-unknown",
            r#""shoe_size":42,"later":{"a":[1,null]}"#,
            "",
            "claims that nobody knows yet are kept",
        ),
        person(
            "userinfo-odd-names",
            r#""__proto__":2,"toString":3,"constructor":{"__proto__":4}"#,
            "",
            "a name is a name",
        ),
        person(
            "userinfo-older-address",
            r#""address":{"street_address":"Prøvegata 1","postal_code":"","region":null,"default":true}"#,
            r#""address": { "street_address": "Prøvegata 1" }"#,
            "an address with less, and with more, than the documents say",
        ),
    ]
}

/// What is sent as another type than the documents say is not read, and kept.
fn odd() -> Vec<Scene> {
    let bytes = |id, body: &str, read: &str, json: &str, comment| {
        let result = format!(r#"{{ "ok": {{ "sub": "{SUB}", {read}, "json": {json} }} }}"#);
        answered(id, &Reply::json(200, body), result, comment)
    };
    vec![
        bytes(
            "userinfo-half-surrogate",
            &format!(r#"{{"sub":"{SUB}","name":"Kari \ud83d"}}"#),
            "\"name\": \"Kari \u{fffd}\"",
            &format!("{{\"sub\":\"{SUB}\",\"name\":\"Kari \u{fffd}\"}}"),
            "half an emoji in a name is the replacement character, and ends no login",
        ),
        bytes(
            "userinfo-byte-order-mark",
            &format!("\u{feff}{{\"sub\":\"{SUB}\",\"name\":\"Kari\"}}"),
            r#""name": "Kari""#,
            &format!(r#"{{"sub":"{SUB}","name":"Kari"}}"#),
            "a byte order mark in front",
        ),
        bytes(
            "userinfo-odd-member",
            &format!(r#"{{"sub":"{SUB}","name":"Kari","email":NaN,"name":"Kari Fixture"}}"#),
            r#""name": "Kari Fixture""#,
            &format!(r#"{{"sub":"{SUB}","name":"Kari Fixture"}}"#),
            "what is no JSON costs that member; of two of one name the last counts",
        ),
        bytes(
            "userinfo-unwieldy",
            &format!(r#"{{"sub":"{SUB}","name":"Kari","a":9007199254740993,"b":1e999,"c":9007199254740991}}"#),
            r#""name": "Kari""#,
            &format!(r#"{{"sub":"{SUB}","name":"Kari","a":"9007199254740993","b":"1e999","c":9007199254740991}}"#),
            "a number that not every language can hold is a text",
        ),
        person(
            "userinfo-odd-postal-code",
            r#""address":{"region":"Oslo","street_address":"Gata 1","postal_code":150}"#,
            r#""address": { "region": "Oslo", "street_address": "Gata 1" }"#,
            "one odd member of an address costs that member",
        ),
        person(
            "userinfo-odd-other-address",
            r#""other_addresses":[{"region":"Oslo"},7,{"region":"Bergen","postal_code":1},null]"#,
            r#""other_addresses": [{ "region": "Oslo" }, { "region": "Bergen" }]"#,
            "and one odd address costs no other",
        ),
        person(
            "userinfo-other-types",
            r#""email_verified":"true","phone_number":4791234567,"name":null,"address":"Prøvegata 1""#,
            "",
            "a text is no flag, a number no text",
        ),
        person(
            "userinfo-unverified",
            r#""email":"kari@example.test","email_verified":false,"phone_number_verified":false"#,
            r#""phone_number_verified": false, "email": "kari@example.test", "email_verified": false"#,
            "in the test environment no mail is verified: told, not judged",
        ),
    ]
}

fn refusals() -> Vec<Scene> {
    let problem = |status: u16, title: &str| {
        let body = format!(
            r#"{{"type":"about:blank","title":"{title}","status":"{status}","detail":"Fixture","instance":"fixture"}}"#
        );
        Reply::of(status, r#"{ "content-type": "application/problem+json" }"#, &body)
    };
    let told = |id, reply: &Reply, result: String, comment| answered(id, reply, result, comment);
    let json = |id, body: &str, result, comment| told(id, &Reply::json(200, body), result, comment);
    let other = r#"{"sub":"c0ffee00-0000-4000-8000-000000000002","name":"Ola Fixture"}"#;
    vec![
        told(
            "userinfo-401",
            &problem(401, "Unauthorized"),
            login_failed("expired"),
            "the token is too old: it can't be renewed, and is not sent again",
        ),
        told("userinfo-401-empty", &Reply::empty(401), login_failed("expired"), "the same without a word"),
        told(
            "userinfo-401-gateway",
            &Reply::gateway(401, "Access denied due to invalid subscription key."),
            login_failed("expired"),
            "and from the gateway: the keys took no part in this call",
        ),
        told("userinfo-403", &problem(403, "Forbidden"), refused("forbidden"), "not for this sales unit"),
        told("userinfo-404", &problem(404, "Not Found"), refused("protocol"), "there is no such endpoint"),
        told("userinfo-400", &problem(400, "Bad Request"), refused("protocol"), "our request was not understood"),
        told(
            "userinfo-302",
            &Reply::of(302, r#"{ "location": "/elsewhere" }"#, ""),
            refused("protocol"),
            "redirects are not followed: the token would go elsewhere",
        ),
        json(
            "userinfo-sub-other",
            other,
            invalid_id_token("sub"),
            "another person than the one who logged in: nothing of it may be used",
        ),
        json("userinfo-sub-missing", r#"{"name":"Kari Fixture"}"#, refused("protocol"), "an answer about nobody"),
        json("userinfo-sub-number", r#"{"sub":1}"#, refused("protocol"), "a number is no sub"),
        told("userinfo-html", &Reply::html(200), refused("protocol"), "a proxy's page"),
        told("userinfo-empty", &Reply::empty(200), refused("protocol"), "nothing"),
    ]
}

/// A question that changes nothing may be asked again.
fn retries() -> Vec<Scene> {
    let again = |id, first: &Reply, comment| {
        logged_in(id, comment).sends("userinfo", first).sends("userinfo", &nobody_else()).ends(nothing_more())
    };
    let thrice = |id, reply: &Reply, result, comment| {
        (0..3).fold(logged_in(id, comment), |scene, _| scene.sends("userinfo", reply)).ends(result)
    };
    vec![
        again("userinfo-500", &Reply::empty(500), "out of order once"),
        again("userinfo-429", &Reply::rate_limited(12), "asked to wait 12 seconds, which is done"),
        thrice(
            "userinfo-503-given-up",
            &Reply::empty(503),
            refused("unavailable"),
            "after two retries it is the reader's turn",
        ),
        thrice(
            "userinfo-429-given-up",
            &Reply::rate_limited(12),
            error("rate_limited").with_raw("retry_after", "12").end(),
            "with the wait, where there is one",
        ),
    ]
}

/// Ten minutes after the login the token opens nothing.
fn ages() -> Vec<Scene> {
    let after = |id, seconds: u32, comment| logged_in(id, comment).given("after", &seconds.to_string());
    let short = Reply::json(200, &grant(ACCESS_TOKEN, r#""expires_in":300"#));
    vec![
        after("userinfo-last-second", 599, "one second to go").sends("userinfo", &nobody_else()).ends(nothing_more()),
        after("userinfo-too-late", 600, "ten minutes are over, though the reply said an hour: nothing is sent")
            .ends(login_failed("expired")),
        login("userinfo-too-late-short", "a token that was said to live for five minutes only")
            .given("after", "300")
            .asks_keys()
            .asks_token()
            .sends("exchange", &short)
            .ends(login_failed("expired")),
    ]
}

fn endpoints() -> Vec<Scene> {
    let at = |id, url: &str, comment| {
        login(id, comment)
            .sends(
                "discovery-request",
                &Reply::json(200, &document().replace("{base_url}/vipps-userinfo-api/userinfo", url)),
            )
            .sends("keys-request", &Reply::json(200, "{jwks}"))
            .asks_token()
            .sends("exchange", &Reply::tokens())
    };
    let phone_tokens = Reply::json(200, &grant(PHONE_TOKEN, r#""token_type":"Bearer","expires_in":300"#));
    vec![
        at(
            "userinfo-slash",
            "{base_url}/vipps-userinfo-api/userinfo/",
            "it is where discovery says; older documents have a slash at the end",
        )
        .sends_own(&userinfo_request("/vipps-userinfo-api/userinfo/", ACCESS_TOKEN), &nobody_else())
        .ends(nothing_more()),
        at(
            "userinfo-elsewhere",
            "https://login.example/userinfo",
            "a token goes to the environment's own origin, whatever discovery says",
        )
        .ends(refused("protocol")),
        login("userinfo-sales-unit", "sales unit keys take no part in it either")
            .by_sales_unit()
            .asks_keys()
            .sends("sales-unit-exchange", &Reply::tokens())
            .sends("userinfo", &nobody_else())
            .ends(nothing_more()),
        Scene::new(
            "userinfo-by-phone",
            "userinfo",
            phone_token().not_shared(),
            "after a login by phone number just the same",
        )
        .given("pending", &kept_pending().render_spaced())
        .asks_keys()
        .asks_token()
        .sends_own(&form_request(TOKEN_PATH, Some(BEARER), POLL), &phone_tokens)
        .sends_own(&userinfo_request("/vipps-userinfo-api/userinfo", PHONE_TOKEN), &nobody_else())
        .ends(nothing_more()),
    ]
}
