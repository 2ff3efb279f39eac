//! Rules of Login that hold for every input, tried with a great many.

mod keyring;
#[path = "login/scene.rs"]
mod scene;
mod support;

use std::sync::LazyLock;

use proptest::{collection::vec, prelude::*, sample::Index};
use scene::{At, CALLBACK, Decision, PHONE, Scene, form, sub};
use serde_json::{Value, json};
use support::{Reply, msn, partner_keys, partner_of};
use url::Url;
use vipps_partner_auth::{
    BackchannelPing, ErrorKind, LoginHint, LoginOptions, LoginRequest, Merchant, Partner, PendingLogin,
    UnverifiedConsentRevoked,
};

fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(work)
}

fn shop(scene: &Scene) -> Merchant {
    let partner: Partner = partner_of(partner_keys(), scene.config());
    partner.merchant(msn("123456"))
}

/// One request and one login by phone, made once.
static REQUEST: LazyLock<LoginRequest> = LazyLock::new(|| {
    let options = LoginOptions::default().acr_values(LoginOptions::APP_AUTH);
    on_a_runtime(Scene::new().login().start_with(&["openid", "name"], &options)).expect("a request")
});
static PENDING: LazyLock<PendingLogin> =
    LazyLock::new(|| on_a_runtime(Scene::new().phone().start(PHONE, &["openid"])).expect("a login"));

/// Text that is often nearly what is wanted; `STATE` stands for the right one.
fn callbacks() -> impl Strategy<Value = String> {
    let names = ["code", "state", "scope", "error", "error_description", "iss", "resume_uri", "State", "x", ""];
    let values = prop_oneof![
        Just("STATE".to_owned()),
        Just("STATEx".to_owned()),
        Just("c0de".to_owned()),
        Just("access_denied".to_owned()),
        "[ -~]{0,20}",
        any::<String>(),
    ];
    let member = (prop::sample::select(names.to_vec()), prop::sample::select(vec!["=", "", "%3D"]), values)
        .prop_map(|(name, equals, value)| format!("{name}{equals}{value}"));
    let place = prop_oneof![
        4 => Just(CALLBACK.to_owned()),
        2 => Just("/callback".to_owned()),
        1 => Just(String::new()),
        1 => any::<String>(),
        1 => "https?://[a-z.@:]{0,20}/callback",
    ];
    let joint = prop::sample::select(vec!["&", "&", "&", "&", "?", ";", "#"]);
    (place, prop::sample::select(vec!["?", "?", "?", "#", ""]), vec((member, joint), 0..5)).prop_map(
        |(place, mark, members)| {
            let members: String = members.into_iter().map(|(member, joint)| member + joint).collect();
            format!("{place}{mark}{members}")
        },
    )
}

/// Some bytes of a text replaced, put in or taken out.
fn damaged(text: &str, wounds: &[(Index, char, u8)]) -> String {
    let mut chars: Vec<_> = text.chars().collect();
    for (place, other, kind) in wounds {
        let place = place.index(chars.len());
        match kind % 4 {
            0 => chars[place] = *other,
            1 => chars.insert(place, *other),
            2 => drop(chars.remove(place)),
            _ => chars.swap(place, 0),
        }
    }
    chars.into_iter().collect()
}

fn wounds() -> impl Strategy<Value = Vec<(Index, char, u8)>> {
    let others = prop_oneof![any::<char>(), prop::sample::select(r#"09azAZ"{}[],:\- "#.chars().collect::<Vec<_>>())];
    vec((any::<Index>(), others, any::<u8>()), 1..4)
}

/// What replies may hold in the place of anything.
fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[!-~]{1,30}".prop_map(Value::from),
        vec(any::<String>().prop_map(Value::from), 0..3).prop_map(Value::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_callback_without_the_exact_state_is_refused(callback in callbacks(), exact in any::<bool>()) {
        let callback = if exact { callback.replace("STATE", REQUEST.state()) } else { callback };
        match REQUEST.code(&callback) {
            Ok(code) => {
                let query = callback.split('#').next().and_then(|text| text.split_once('?')).map(|(_, query)| query);
                let pairs: Vec<_> = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
                let of = |name: &str| pairs.iter().filter(|pair| pair.0 == name).map(|pair| &*pair.1).collect::<Vec<_>>();
                prop_assert_eq!((of("state"), of("code")), (vec![REQUEST.state()], vec![code.code()]));
                prop_assert!(of("error").is_empty() && !code.code().is_empty());
            }
            Err(error) => prop_assert_eq!((error.kind(), error.reason().is_some()), (ErrorKind::LoginFailed, true)),
        }
    }

    #[test]
    fn any_text_as_callback_is_refused_for_a_reason(callback in any::<String>()) {
        let error = REQUEST.code(&callback).expect_err("no answer");
        prop_assert_eq!((error.kind(), error.reason().is_some()), (ErrorKind::LoginFailed, true));
        let error = REQUEST.resume_uri("myapp://cb", &callback).expect_err("no answer");
        prop_assert_eq!(error.kind(), ErrorKind::LoginFailed);
    }

    #[test]
    fn an_app_is_only_ever_sent_on_to_the_issuer(resume_uri in prop_oneof![any::<String>(), "https?://api.vipps.no[:@.][a-z0-9]{0,8}/", "https://api.vipps.no/[a-z]{0,9}"]) {
        let value: String = form_urlencoded::byte_serialize(resume_uri.as_bytes()).collect();
        let callback = format!("myapp://cb?resume_uri={value}&state={}", REQUEST.state());
        match REQUEST.resume_uri("myapp://cb", &callback) {
            Ok(uri) => {
                let url = Url::parse(&uri).expect("a url");
                prop_assert_eq!((url.scheme(), url.host_str(), url.port()), ("https", Some("api.vipps.no"), None));
            }
            Err(error) => prop_assert!(matches!(error.reason(), Some("issuer" | "callback")), "{}", error),
        }
    }

    #[test]
    fn a_damaged_request_is_refused_or_whole(wounds in wounds()) {
        let text = damaged(&REQUEST.to_json(), &wounds);
        match LoginRequest::from_json(&text) {
            Err(error) => prop_assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("request"))),
            Ok(request) => {
                prop_assert_eq!(LoginRequest::from_json(&request.to_json()), Ok(request.clone()));
                let callback = format!("{CALLBACK}?code=c&state={}", REQUEST.state());
                prop_assert!(request.code(&callback).is_err() || request.state() == REQUEST.state());
                // What a check needs stands in the URL too, so it takes two wounds to lose it.
                let checked = |request: &LoginRequest| (
                    [request.state(), request.nonce(), request.code_verifier(), request.redirect_uri()].map(str::to_owned),
                    (request.scopes().to_vec(), request.acr_values().map(str::to_owned), request.msn().clone()),
                );
                prop_assert!(wounds.len() > 1 || checked(&request) == checked(&REQUEST));
            }
        }
    }

    #[test]
    fn a_damaged_pending_login_is_refused_or_whole(wounds in wounds()) {
        let text = damaged(&PENDING.to_json(), &wounds);
        match PendingLogin::from_json(&text) {
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::InvalidConfig),
            Ok(pending) => {
                prop_assert_eq!(PendingLogin::from_json(&pending.to_json()), Ok(pending.clone()));
                prop_assert!((1..=300).contains(&pending.interval().as_secs()));
            }
        }
    }

    #[test]
    fn any_text_is_no_request_and_no_login(text in any::<String>()) {
        prop_assert_eq!(LoginRequest::from_json(&text).err().and_then(|error| error.field()), Some("request"));
        prop_assert_eq!(PendingLogin::from_json(&text).err().and_then(|error| error.field()), Some("pending"));
        prop_assert_eq!(BackchannelPing::parse(&text).err().and_then(|error| error.field()), Some("body"));
        prop_assert_eq!(UnverifiedConsentRevoked::parse(&text).err().and_then(|error| error.field()), Some("body"));
    }

    #[test]
    fn a_redirect_uri_is_refused_or_travels_byte_for_byte(
        uri in prop_oneof![any::<String>(), "https://[a-z.]{1,12}(:[0-9]{1,4})?[!-~]{0,30}", "[a-zA-Z+.-]{1,9}://[!-~]{0,20}", "http://(localhost|127.0.0.1|\\[::1\\])[!-~]{0,20}"]
    ) {
        let scene = Scene::new();
        let login = match shop(&scene).login(&uri) {
            Ok(login) => login,
            Err(error) => {
                prop_assert_eq!(error.field(), Some("redirect_uri"));
                return Ok(());
            }
        };
        on_a_runtime(async {
            let request = login.start(&["openid"]).await.expect("a request");
            let sent: Vec<_> = Url::parse(request.url()).expect("a url").query_pairs().into_owned().collect();
            prop_assert!(sent.contains(&("redirect_uri".to_owned(), uri.clone())));
            let joint = if uri.contains('?') { "&" } else { "?" };
            let answer = scene.approve(&request).replacen(&format!("{uri}?"), &format!("{uri}{joint}"), 1);
            let result = login.finish(&answer, &request).await;
            prop_assert!(result.is_ok(), "{:?}", result);
            prop_assert_eq!(&form(&scene.seen(At::Exchange)[0])["redirect_uri"], &uri);
            Ok(())
        })?;
    }

    #[test]
    fn any_code_is_refused_or_handed_in_as_it_came(code in prop_oneof![any::<String>(), "[ -~]{1,40}"]) {
        let scene = Scene::new();
        on_a_runtime(async {
            let login = scene.login();
            let request = login.start(&["openid"]).await.expect("a request");
            let value: String = form_urlencoded::byte_serialize(code.as_bytes()).collect();
            let outcome = login.finish(&format!("/callback?code={value}&state={}", request.state()), &request).await;
            let sent = scene.seen(At::Exchange);
            prop_assert!(sent.iter().all(|sent| form(sent)["code"] == code));
            prop_assert!(!sent.is_empty() || outcome.is_err_and(|error| error.reason() == Some("callback")));
            Ok(())
        })?;
    }

    #[test]
    fn any_hint_is_refused_or_sent_as_it_is(hint in prop_oneof![any::<String>(), "urn:msisdn:[0-9+]{0,17}", "urn:(mobilenumber|customer-token|nin):[ -~]{0,12}"]) {
        let scene = Scene::new();
        let outcome = on_a_runtime(scene.phone().start(&hint, &["openid"]));
        prop_assert_eq!(outcome.is_ok(), hint.parse::<LoginHint>().is_ok());
        match outcome {
            Ok(_) => prop_assert_eq!(&form(&scene.seen(At::Start)[0])["login_hint"], &hint),
            Err(error) => prop_assert_eq!(error.field(), Some("login_hint")),
        }
    }

    #[test]
    fn any_reply_to_a_code_is_a_login_or_a_proper_error(
        status in 200..=599_u16, bytes in vec(any::<u8>(), 0..100), member in prop::sample::select(vec!["access_token", "id_token", "token_type", "scope", "error", "expires_in"]), value in values()
    ) {
        for body in [bytes, json!({"access_token": "x", "id_token": "a.b.c", member: value.clone()}).to_string().into_bytes(), json!({member: value}).to_string().into_bytes()] {
            let scene = Scene::hurried();
            let outcome = on_a_runtime(async {
                let login = scene.login();
                let request = login.start(&["openid"]).await.expect("a request");
                scene.always(At::Exchange, Reply::refusal(status, body));
                login.finish(&scene.approve(&request), &request).await
            });
            let error = outcome.expect_err("nothing that was signed");
            prop_assert_ne!(error.kind(), ErrorKind::Internal);
            prop_assert_eq!(error.retryable(), false, "the code was sent: {}", error);
            prop_assert_eq!(scene.count(At::Exchange), 1);
        }
    }

    #[test]
    fn whatever_is_bent_in_the_reply_the_claims_are_those_that_were_signed(
        member in prop::sample::select(vec!["token_type", "scope", "expires_in", "refresh_token", "sub"]), value in values()
    ) {
        let scene = Scene::hurried();
        scene.bend_reply(move |body| body[member] = value.clone());
        let outcome = on_a_runtime(async {
            let login = scene.login();
            let request = login.start(&["openid"]).await.expect("a request");
            login.finish(&scene.approve(&request), &request).await
        });
        match outcome {
            Ok(result) => prop_assert_eq!(sub(&result), "kari at 123456"),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Protocol),
        }
    }

    #[test]
    fn any_reply_to_a_start_gives_a_sane_login_or_a_proper_error(expires_in in values(), interval in values(), id in values()) {
        let scene = Scene::hurried();
        scene.always(At::Start, Reply::json(json!({"auth_req_id": id, "expires_in": expires_in, "interval": interval}).to_string()));
        match on_a_runtime(scene.phone().start(PHONE, &["openid"])) {
            Ok(pending) => {
                let life = pending.expires_at().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs() - support::START;
                prop_assert!(life <= 3_600 && (1..=300).contains(&pending.interval().as_secs()));
            }
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Protocol),
        }
    }

    #[test]
    fn any_claim_bent_in_any_way_keeps_the_login_this_persons_or_ends_it(
        claim in prop::sample::select(vec!["iss", "aud", "sub", "exp", "iat", "nonce", "msn", "at_hash", "acr", "auth_req_id"]), value in values(), polled in any::<bool>()
    ) {
        let scene = Scene::hurried();
        let bent = value.clone();
        scene.bend(move |token| token.with(claim, bent.clone()));
        let outcome = on_a_runtime(async {
            if polled {
                let phone = scene.phone();
                let pending = phone.start(PHONE, &["openid"]).await.expect("a login");
                scene.decide(&pending, Decision::Approved);
                return phone.poll(&pending).await.map(|result| result.expect("a decision"));
            }
            let login = scene.login();
            let request = login.start(&["openid"]).await.expect("a request");
            login.finish(&scene.approve(&request), &request).await
        });
        match outcome {
            Ok(result) => {
                prop_assert_eq!(result.claims().msn().as_str(), "123456");
                prop_assert!(!matches!(claim, "iss" | "nonce" | "msn" | "at_hash"), "{}", value);
            }
            Err(error) => {
                // A token that is too old when it is made lives for too long.
                let blamed = error.claim() == Some(claim) || (claim, error.claim()) == ("iat", Some("exp"));
                prop_assert!(error.kind() == ErrorKind::InvalidIdToken && blamed, "{}", error);
            }
        }
    }
}
