//! The emulator's own paths: its page, what the page asks for, and who may ask.

mod common;

use common::{login::*, *};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use vipps_emulator::{App, Emulator, LoginStatus, User};

const HOUR: u64 = 3_600;

async fn state(vipps: &Emulator, query: &str) -> Value {
    let reply = send(get(vipps, &format!("/emulator/state{query}"))).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")), "{}", reply.text);
    reply.json()
}

async fn request_in_full(vipps: &Emulator, id: u64) -> Reply {
    send(get(vipps, &format!("/emulator/requests/{id}"))).await
}

/// As the page's script posts it.
fn scripted(vipps: &Emulator, path: &str) -> RequestBuilder {
    let own = vipps.base_url().to_owned();
    let request = client().post(format!("{own}{path}")).header("Accept", "application/json");
    request.header("Origin", own).header("Sec-Fetch-Site", "same-origin")
}

fn field<'a>(fields: &'a Value, name: &str) -> &'a str {
    let found = fields.as_array().expect("a list").iter().find(|field| field["name"] == name);
    text(&found.unwrap_or_else(|| panic!("{name} in {fields}"))["value"])
}

#[tokio::test]
async fn pages_allow_their_own_parts_and_nothing_else() {
    let vipps = open();
    let overview = send(get(&vipps, "/")).await;
    let login = authorize(&vipps, &auth_fields(&vipps)).await;
    let notice = send(get(&vipps, "/emulator/logins/nothing")).await;
    assert_eq!((overview.status, login.status, notice.status), (200, 200, 404));
    for page in [overview, login, notice] {
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("content-type"), Some("text/html;charset=UTF-8"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert!(page.text.contains("not an official Vipps product") || page.text.contains("Not an official Vipps"));
        for part in page.text.split('"').filter(|text| text.starts_with("/emulator/page/")) {
            assert_eq!(send(get(&vipps, part)).await.status, 200, "{part}");
        }
    }
}

#[tokio::test]
async fn the_page_is_not_in_the_log_and_no_service() {
    let vipps = open();
    assert_eq!(vipps.page_url(), format!("{}/", vipps.base_url()));
    for path in ["/", "/emulator/state", "/emulator/page/overview.js", "/emulator/nothing"] {
        send(get(&vipps, path)).await;
    }
    for unasked in ["/favicon.ico", "/.well-known/appspecific/com.chrome.devtools.json"] {
        assert_eq!(send(get(&vipps, unasked)).await.status, 404);
    }
    let wrong = send(client().put(format!("{}/emulator/state", vipps.base_url()))).await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET, POST")));
    assert!(vipps.requests().is_empty());
    assert_eq!(send(post(&vipps, "/")).await.status, 404, "only a GET is the page");
    assert_eq!(vipps.count("/"), 1);
}

#[tokio::test]
async fn the_state_tells_who_is_asked_for_what() {
    let vipps = open();
    vipps.name_merchant(&shop(), "Kari's <Kiosk>").expect("known");
    let old = User { msisdn: "4790000000".to_owned(), app: App::Outdated, ..User::default() };
    vipps.add_user(old).expect("a good number");
    let id = asked(&vipps, &Caller::merchant(&vipps), &ask_form()).await;
    authorize(&vipps, &auth_fields(&vipps)).await;
    let seen = state(&vipps, "").await;
    assert_eq!(seen["clock"], json!({ "now_ms": 1_767_225_600_000_u64, "running": false, "real": false }));
    assert_eq!(seen["people"][0], json!({ "msisdn": "4790000000", "label": "Kari Fixture (4790000000, app too old)" }));
    let [browser, phone] = &seen["logins"].as_array().expect("logins")[..] else { panic!("two logins: {seen}") };
    assert_eq!((&browser["kind"], &browser["msisdn"]), (&json!("browser"), &Value::Null));
    let expected = json!({
        "id": id,
        "kind": "backchannel",
        "way": "by phone number",
        "merchant": "Kari's <Kiosk>",
        "msn": "123456",
        "shares": ["That it is you, by an id made for this merchant", "Your name"],
        "scopes": ["openid", "name"],
        "binding_message": "A1B2-C3",
        "msisdn": KARI,
        "expires_at": 1_767_226_200,
        "status": "pending",
        "outcome": "Waiting",
    });
    assert_eq!(*phone, expected);
    let alone = state(&vipps, &format!("?login={id}")).await;
    assert_eq!(alone["logins"], json!([expected]));
    assert_eq!(alone.get("requests"), None);
    assert_eq!(state(&vipps, "?login=nobody").await["logins"], json!([]));
}

#[tokio::test]
async fn pending_logins_come_first_and_only_the_latest_ends_are_shown() {
    let vipps = open();
    vipps.backchannel_limit(20);
    let caller = Caller::merchant(&vipps);
    let first = asked(&vipps, &caller, &ask_form()).await;
    for _ in 0..7 {
        let id = asked(&vipps, &caller, &ask_form()).await;
        vipps.deny(&id).expect("pending");
    }
    let seen = state(&vipps, "").await;
    let statuses: Vec<&str> =
        seen["logins"].as_array().expect("logins").iter().map(|login| text(&login["status"])).collect();
    assert_eq!(statuses, ["pending", "denied", "denied", "denied", "denied", "denied"]);
    assert_eq!(seen["logins"][0]["id"], first);
}

#[tokio::test]
async fn who_knows_the_revision_waits_for_the_next_one() {
    let vipps = open();
    let before = state(&vipps, "").await;
    let revision = text(&before["revision"]);
    assert_eq!(state(&vipps, "").await["revision"], revision, "looking changes nothing");
    let waiting = get(&vipps, &format!("/emulator/state?after={revision}"));
    let (after, ()) = tokio::join!(send(waiting), async { vipps.set_time(5) });
    assert_ne!(after.json()["revision"], revision);
    assert_eq!(after.json()["clock"]["now_ms"], 5_000);
    let stale = state(&vipps, &format!("?after={revision}")).await;
    assert_ne!(stale["revision"], revision, "an older revision is answered at once");
}

#[tokio::test]
async fn every_kind_of_change_makes_a_revision() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    let id = asked(&vipps, &caller, &ask_form()).await;
    let mut last = state(&vipps, "").await["revision"].clone();
    let changes: [&dyn Fn(); 5] = [
        &|| vipps.advance(std::time::Duration::from_secs(1)),
        &|| vipps.name_merchant(&shop(), "Another").expect("known"),
        &|| vipps.add_user(User { msisdn: "4790000000".to_owned(), ..User::default() }).expect("good"),
        &|| drop(vipps.approve(&id, KARI).expect("pending")),
        &|| vipps.clear_requests(),
    ];
    for change in changes {
        change();
        let next = state(&vipps, &format!("?after={}", text(&last))).await["revision"].clone();
        assert_ne!(next, last);
        last = next;
    }
    let _ = (vipps.requests(), vipps.logins(), vipps.pings(), vipps.now_unix());
    assert_eq!(state(&vipps, "").await["revision"], last);
}

#[tokio::test]
async fn a_restarted_emulator_is_another_one() {
    let revision = state(&open(), "").await["revision"].clone();
    let next = open();
    assert_ne!(state(&next, &format!("?after={}", text(&revision))).await["revision"], revision);
}

#[tokio::test]
async fn requests_are_listed_newest_first_and_filtered() {
    let vipps = open();
    let token = partner_token(&vipps).await;
    send(get(&vipps, "/no/such/path")).await;
    send(userinfo(&vipps, &token).header(KEY, "in-vain")).await;
    send(get(&vipps, JWKS)).await;
    send(get(&vipps, DISCOVERY).header("Authorization", "Bearer x")).await;
    let listed = |seen: &Value| -> Vec<(String, Value, Value)> {
        let rows = seen["requests"].as_array().expect("a list").iter();
        rows.map(|row| (text(&row["path"]).to_owned(), row["status"].clone(), row["verdict"].clone())).collect()
    };
    let all = state(&vipps, "").await;
    let row = |path: &str, status: u16, verdict: Value| (path.to_owned(), json!(status), verdict);
    let [discovery, jwks] = [row(DISCOVERY, 200, json!("tolerated")), row(JWKS, 200, Value::Null)];
    let [refused, unknown] = [row(USERINFO, 401, json!("refused")), row("/no/such/path", 404, json!("refused"))];
    let accepted = row(TOKEN, 200, json!("right"));
    assert_eq!(listed(&all), [discovery.clone(), jwks, refused.clone(), unknown.clone(), accepted]);
    assert_eq!(all["requests"][2]["endpoint"], "Login: userinfo");
    assert_eq!(all["requests"][3]["endpoint"], Value::Null);
    let remarks = state(&vipps, "?show=remarks").await;
    assert_eq!(listed(&remarks), [discovery, refused.clone(), unknown.clone()]);
    assert_eq!((&remarks["matching"], &remarks["total"]), (&json!(3), &json!(5)));
    assert_eq!(listed(&state(&vipps, "?show=refused").await), [refused, unknown]);
}

#[tokio::test]
async fn a_request_is_told_in_full() {
    let vipps = open();
    let (form, keys) = ("grant_type=client_credentials%26scope%3Dx&empty=", vipps.specialized_keys());
    let request =
        post(&vipps, &format!("{MIAMI}?a=b%20c")).body(form).basic_auth(keys.client_id, Some(keys.client_secret));
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    let request = with_system(request).header("X-Text", "<script>alert(1)</script>");
    send(request).await;
    let seen = request_in_full(&vipps, 1).await.json();
    assert_eq!((&seen["method"], &seen["path"], &seen["status"]), (&json!("POST"), &json!(MIAMI), &json!(400)));
    assert_eq!(seen["query"], json!([{ "name": "a", "value": "b c" }]));
    let joined = json!({ "name": "grant_type", "value": "client_credentials&scope=x" });
    assert_eq!(seen["form"], json!([joined, { "name": "empty", "value": "" }]));
    assert_eq!(field(&seen["headers"], "x-text"), "<script>alert(1)</script>");
    assert_eq!(field(&seen["headers"], "vipps-system-name"), "acme");
    let refused = seen["findings"].as_array().expect("findings").iter().find(|finding| finding["verdict"] == "refused");
    assert_eq!(refused.expect("a refusal")["about"], "grant_type");
    send(post(&vipps, PAYMENTS).body(r#"{"amount":{"value":5},"token":"abc"}"#)).await;
    let body = request_in_full(&vipps, 2).await.json()["body"].clone();
    assert_eq!(serde_json::from_str::<Value>(text(&body)).expect("JSON")["token"], "… (3 characters)");
    for unknown in ["3", "0", "x", ""] {
        let reply = send(get(&vipps, &format!("/emulator/requests/{unknown}"))).await;
        assert_eq!((reply.status, reply.json()["error"].is_string()), (404, true), "{unknown}");
    }
}

#[tokio::test]
async fn no_secret_reaches_the_page() {
    let vipps = open();
    let (keys, own, special) = (vipps.partner_keys(), unit(&vipps), vipps.specialized_keys());
    let caller = Caller::partner(&vipps).await;
    let Caller::Partner(api_token) = caller.clone() else { panic!("a partner") };
    let merchant = Caller::merchant(&vipps);
    let miami_token = specialized_token(&vipps).await;
    let code = code(&vipps, &auth_fields(&vipps)).await;
    let body = send(caller.post(&vipps, LOGIN_TOKEN, &code_form(&code))).await.json();
    let (login_token, id_token) = (text(&body["access_token"]).to_owned(), text(&body["id_token"]).to_owned());
    send(userinfo(&vipps, &login_token)).await;
    let id = asked(&vipps, &merchant, &ask_form()).await;
    vipps.approve(&id, KARI).expect("pending");
    let ciba = text(&send(merchant.post(&vipps, LOGIN_TOKEN, &poll_form(&id))).await.json()["access_token"]).to_owned();
    let secrets = [
        &keys.client_secret,
        &keys.subscription_key,
        &keys.second_subscription_key,
        &own.client_secret,
        &own.subscription_key,
        &special.client_secret,
        &api_token,
        &miami_token,
        &code,
        &login_token,
        &id_token,
        &ciba,
        &VERIFIER.to_owned(),
        &STATE.to_owned(),
        &NONCE.to_owned(),
    ];
    // Every secret where it does not belong: path, query, headers of any name, form, JSON, text.
    for secret in secrets {
        let encoded = form_encoded(secret);
        send(get(&vipps, &format!("/lost/{encoded}?x={encoded}&client_id={encoded}"))).await;
        let headers = post(&vipps, PAYMENTS).header("X-Other", secret.as_str()).header("User-Agent", secret.as_str());
        send(headers.header("client_id", secret.as_str()).header(MSN, secret.as_str()).json(&json!({ "a": secret })))
            .await;
        send(
            post(&vipps, PAYMENTS)
                .header("Referer", format!("https://shop.example/?code={secret}"))
                .body(secret.clone()),
        )
        .await;
        send(post_form(
            &vipps,
            LOGIN_TOKEN,
            &Fields::new(&[("scope", secret), (secret, "x"), ("redirect_uri", secret)]),
        ))
        .await;
    }
    authorize(&vipps, &auth_fields(&vipps)).await;
    let mut shown = send(get(&vipps, "/emulator/state")).await.text;
    for record in vipps.requests() {
        shown += &request_in_full(&vipps, record.id).await.text;
    }
    for login in vipps.logins() {
        shown += &send(get(&vipps, &format!("/emulator/state?login={}", login.id))).await.text;
    }
    shown += &send(get(&vipps, &format!("/emulator/logins/{}", pending(&vipps).id))).await.text;
    assert!(shown.contains("Bearer eyJh… ("), "masked, not left out");
    for secret in secrets {
        for form in [secret.clone(), form_encoded(secret), json!(secret).to_string().replace('"', "")] {
            assert!(!shown.contains(&form), "{form}");
        }
    }
    let credentials = format!("{}:{}", form_encoded(&own.client_id), form_encoded(&own.client_secret));
    let basic = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, credentials);
    assert!(!shown.contains(&basic));
}

#[tokio::test]
async fn a_script_decides_without_hearing_the_code() {
    let vipps = open();
    authorize(&vipps, &auth_fields(&vipps)).await;
    let id = pending(&vipps).id;
    let reply = send(scripted(&vipps, &format!("/emulator/logins/{id}/approve")).form(&[("user", KARI)])).await;
    assert_eq!((reply.status, reply.text.as_str(), reply.header("location")), (200, "{}", None));
    assert_eq!(vipps.logins()[0].status, LoginStatus::Approved);
    let again = send(scripted(&vipps, &format!("/emulator/logins/{id}/deny"))).await;
    assert_eq!((again.status, &again.json()["error"]), (409, &json!("the login was decided before")));
    let nobody = send(scripted(&vipps, "/emulator/logins/nobody/deny")).await;
    assert_eq!((nobody.status, &nobody.json()["error"]), (404, &json!("there is no such login")));
    let led_on = send(get(&vipps, &format!("/emulator/logins/{id}"))).await;
    assert!(answer(location(&led_on)).contains_key("code"), "the browser that waits is led on");
}

#[tokio::test]
async fn time_moves_on_from_the_page() {
    let vipps = open();
    let before = vipps.now_unix();
    let reply = send(scripted(&vipps, "/emulator/clock/advance").form(&[("seconds", HOUR)])).await;
    assert_eq!((reply.status, vipps.now_unix()), (200, before + HOUR));
    for wrong in ["0", "-1", "x", "", "99999999999"] {
        let reply = send(scripted(&vipps, "/emulator/clock/advance").form(&[("seconds", wrong)])).await;
        assert_eq!((reply.status, reply.json()["error"].is_string()), (409, true), "{wrong}");
    }
    let plain = client().post(format!("{}/emulator/clock/advance", vipps.base_url())).form(&[("seconds", "1")]);
    let reply = send(plain).await;
    assert_eq!((reply.status, reply.header("location"), vipps.now_unix()), (303, Some("/"), before + HOUR + 1));
}

#[tokio::test]
async fn the_list_is_cleared_from_the_page() {
    let vipps = open();
    send(get(&vipps, "/no/such/path")).await;
    assert_eq!(send(scripted(&vipps, "/emulator/requests/clear")).await.status, 200);
    assert!(vipps.requests().is_empty());
    assert_eq!(state(&vipps, "").await["total"], 0);
}

#[tokio::test]
async fn other_hosts_and_other_sites_are_refused_and_change_nothing() {
    let vipps = open();
    authorize(&vipps, &auth_fields(&vipps)).await;
    let approve = format!("{}/emulator/logins/{}/approve", vipps.base_url(), pending(&vipps).id);
    let post = || client().post(&approve).form(&[("user", KARI)]);
    let refused = [
        (post().header("Host", "evil.example"), "Host"),
        (post().header("Origin", "https://evil.example"), "Origin"),
        (post().header("Origin", "null"), "Origin"),
        (post().header("Origin", "http://localhost:1"), "Origin"),
        (post().header("Sec-Fetch-Site", "cross-site"), "Sec-Fetch-Site"),
        (post().header("Sec-Fetch-Site", "same-site"), "Sec-Fetch-Site"),
        (get(&vipps, "/").header("Host", "rebound.example:80"), "Host"),
        (get(&vipps, "/emulator/state").header("Host", "rebound.example"), "Host"),
        (
            get(&vipps, "/emulator/state").header("Sec-Fetch-Site", "cross-site").header("Sec-Fetch-Mode", "cors"),
            "Sec-Fetch-Site",
        ),
    ];
    for (request, why) in refused {
        let reply = send(request).await;
        assert_eq!((reply.status, reply.header("content-type")), (403, Some("text/plain")));
        assert!(reply.text.contains(&format!("the {why} header")), "{}", reply.text);
    }
    assert_eq!(pending(&vipps).status, LoginStatus::Pending);
    let origin = vipps.base_url().replace("127.0.0.1", "localhost");
    let by_name = post().header("Host", origin.trim_start_matches("http://")).header("Origin", &origin);
    assert_eq!(send(by_name).await.status, 303, "the page may be opened by another of this machine's names");
}

#[tokio::test]
async fn a_link_from_another_site_may_lead_to_a_page() {
    let vipps = open();
    let visit = get(&vipps, "/").header("Sec-Fetch-Site", "cross-site").header("Sec-Fetch-Mode", "navigate");
    assert_eq!(send(visit.header("Sec-Fetch-Dest", "document")).await.status, 200);
}
