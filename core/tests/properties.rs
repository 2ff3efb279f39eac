//! Rules that hold for every input, tried with a great many.

mod support;

use std::time::{Duration, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, header::RETRY_AFTER};
use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Value, json};
use support::{Reply, START, Seen, World, bearer, msn, partner_keys, partner_of};
use vipps_partner_auth::{
    AccessToken, BasicEncoding, ErrorKind, Keys, Msn, Partner, PartnerKeys, Result, SpecializedKeys, SystemInfo,
};

fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(work)
}

/// What one call comes to when Vipps answers with this alone.
fn answered(reply: Reply) -> Result<AccessToken> {
    let world = World::hurried();
    world.vipps.always(reply);
    on_a_runtime(world.partner().access_token())
}

/// The token request that these keys make.
fn request_of(keys: impl Into<Keys>, encoding: BasicEncoding) -> Seen {
    let world = World::new();
    let partner = partner_of(keys, world.config().basic_encoding(encoding));
    on_a_runtime(partner.headers()).expect("a token");
    world.vipps.last()
}

fn decoded_basic(request: &Seen) -> String {
    let value = request.headers["authorization"].to_str().expect("ascii");
    let bytes = BASE64_STANDARD.decode(value.strip_prefix("Basic ").expect("basic")).expect("base64");
    String::from_utf8(bytes).expect("utf-8")
}

fn form_decoded(text: &str) -> String {
    let pair = form_urlencoded::parse(text.as_bytes()).next();
    pair.map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// Any text, and often one that is nearly good.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~]{0,40}", "[!-~]{1,40}", "[0-9]{0,12}", "[a-z0-9:+/=%&]{1,12}"]
}

/// The names that replies of this service use, and the values a broken one may give them.
fn replies() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts().prop_map(Value::from),
        "[a-z_]{1,20}".prop_map(Value::from),
        prop::sample::select(vec![
            "invalid_client",
            "Access denied due to invalid subscription key.",
            "Bearer",
            "3599"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let member = (prop::sample::select(MEMBERS.to_vec()), inner.clone());
        prop_oneof![
            vec(inner, 0..4).prop_map(Value::from),
            vec(member, 0..6).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

const MEMBERS: &[&str] = &[
    "access_token",
    "token_type",
    "expires_in",
    "expires_on",
    "error",
    "error_code",
    "error_codes",
    "error_description",
    "statusCode",
    "message",
    "detail",
    "title",
    "status",
    "responseInfo",
    "responseMessage",
    "errorInfo",
    "errorMessage",
    "errorCode",
    "traceId",
    "trace_id",
    "instance",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn an_msn_is_four_to_ten_digits_and_stays_as_it_was_given(text in texts()) {
        let good = (4..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<Msn>() {
            Ok(msn) => {
                prop_assert!(good);
                prop_assert_eq!(msn.as_str(), &text);
                let json = serde_json::to_string(&msn).expect("a string");
                prop_assert_eq!(serde_json::from_str::<Msn>(&json).expect("an msn"), msn);
            }
            Err(error) => {
                prop_assert!(!good);
                prop_assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("msn")));
                let quoted = serde_json::to_string(&text).expect("a string");
                prop_assert!(serde_json::from_str::<Msn>(&quoted).is_err());
            }
        }
    }

    #[test]
    fn a_system_value_is_refused_or_sent_as_it_is_and_an_empty_one_is_left_out(name in texts(), version in texts()) {
        let good = |text: &str| {
            text.len() <= 30 && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && text.trim() == text
        };
        let outcome = SystemInfo::new(&name, &version).and_then(|system| system.with_plugin(&version, &name));
        prop_assert_eq!(outcome.is_ok(), good(&name) && good(&version));
        let Ok(system) = outcome else { return Ok(()) };
        let world = World::new();
        let partner = Partner::new(partner_keys(), system, world.config()).expect("good settings");
        let headers = on_a_runtime(partner.headers()).expect("a token");
        let sent = |header| headers.get(header).map_or("", |value| value.to_str().expect("ascii"));
        prop_assert_eq!((sent("vipps-system-name"), sent("vipps-system-version")), (&*name, &*version));
        prop_assert_eq!((sent("vipps-system-plugin-name"), sent("vipps-system-plugin-version")), (&*version, &*name));
        prop_assert!(headers.values().all(|value| !value.is_empty()));
    }

    #[test]
    fn a_text_made_to_fit_is_empty_or_fits(text in any::<String>()) {
        let fit = SystemInfo::fit(&text);
        prop_assert!(fit.is_empty() || SystemInfo::new(&fit, "1").is_ok(), "{:?}", fit);
    }

    #[test]
    fn standard_keys_are_refused_or_sent_as_they_are(id in texts(), secret in texts(), key in texts()) {
        let good = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        let outcome = PartnerKeys::new(id.clone(), secret.clone(), key.clone());
        prop_assert_eq!(outcome.is_ok(), [&id, &secret, &key].into_iter().all(|text| good(text)));
        let Ok(keys) = outcome else { return Ok(()) };
        let headers = request_of(keys, BasicEncoding::Raw).headers;
        prop_assert_eq!(&headers["client_id"], &id);
        prop_assert_eq!(&headers["client_secret"], &secret);
        prop_assert_eq!(&headers["ocp-apim-subscription-key"], &key);
    }

    #[test]
    fn basic_decodes_back_to_the_pair_or_the_keys_are_refused(id in texts(), secret in texts()) {
        let Ok(keys) = SpecializedKeys::new(id.clone(), secret.clone()) else { return Ok(()) };
        prop_assert!(!id.contains(':'));
        let raw = decoded_basic(&request_of(keys.clone(), BasicEncoding::Raw));
        prop_assert_eq!(raw.split_once(':'), Some((id.as_str(), secret.as_str())));
        let form = decoded_basic(&request_of(keys, BasicEncoding::Form));
        let (form_id, form_secret) = form.split_once(':').expect("a pair");
        prop_assert_eq!((form_decoded(form_id), form_decoded(form_secret)), (id, secret));
    }

    #[test]
    fn a_form_decodes_back_to_the_scopes_each_once(tokens in vec(r"[!#-\[\]-~]{1,12}", 1..6)) {
        let keys = support::specialized_keys().with_scope(&tokens.join(" ")).expect("scope tokens");
        let body = request_of(keys, BasicEncoding::Raw).body;
        let fields: Vec<_> = form_urlencoded::parse(&body).into_owned().collect();
        let mut expected = tokens;
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(fields, [
            ("grant_type".to_owned(), "client_credentials".to_owned()),
            ("scope".to_owned(), expected.join(" ")),
        ]);
    }

    #[test]
    fn any_scope_is_refused_or_sent_in_a_field_of_its_own(scope in texts()) {
        let Ok(keys) = support::specialized_keys().with_scope(&scope) else { return Ok(()) };
        let request = request_of(keys, BasicEncoding::Raw);
        let names: Vec<_> = form_urlencoded::parse(&request.body).map(|(name, _)| name.into_owned()).collect();
        prop_assert_eq!(names, ["grant_type", "scope"]);
        prop_assert_eq!(&request.headers["content-length"], &request.body.len().to_string());
    }

    #[test]
    fn any_retry_after_gives_a_wait_of_at_most_five_minutes(bytes in vec(any::<u8>(), 0..40), digits in "[0-9]{1,25}") {
        for bytes in [bytes, digits.into_bytes()] {
            let Ok(value) = HeaderValue::from_bytes(&bytes) else { continue };
            let error = answered(Reply::status(429).header(RETRY_AFTER, value)).expect_err("always 429");
            prop_assert_eq!(error.kind(), ErrorKind::RateLimited);
            prop_assert!(error.retry_after().is_none_or(|wait| wait <= Duration::from_secs(300)));
        }
    }

    #[test]
    fn any_bytes_with_any_status_give_a_token_or_a_proper_error(status in 100..=599_u16, body in vec(any::<u8>(), 0..200)) {
        if let Err(error) = answered(Reply::refusal(status, body)) {
            prop_assert_ne!(error.kind(), ErrorKind::Internal);
            prop_assert_eq!(error.status(), Some(status));
        }
    }

    #[test]
    fn any_json_with_any_status_gives_a_token_or_a_proper_error(status in 100..=599_u16, body in replies()) {
        if let Err(error) = answered(Reply::refusal(status, body.to_string())) {
            prop_assert_ne!(error.kind(), ErrorKind::Internal, "{}", body);
            prop_assert_eq!(error.status(), Some(status));
        }
    }

    #[test]
    fn any_times_give_a_life_between_a_second_and_a_week(expires_in in replies(), expires_on in replies()) {
        let body = json!({"access_token": "granted", "expires_in": expires_in, "expires_on": expires_on});
        let Ok(token) = answered(Reply::json(body.to_string())) else { return Ok(()) };
        let end = token.expires_at().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        prop_assert!((START + 1..=START + 7 * 86_400).contains(&end), "{}", body);
    }

    #[test]
    fn any_access_token_is_refused_or_stands_in_the_headers_as_it_is(secret in texts()) {
        let world = World::new();
        world.vipps.always(Reply::json(json!({"access_token": secret}).to_string()));
        match on_a_runtime(world.partner().merchant(msn("123456")).headers()) {
            Ok(headers) => prop_assert_eq!(bearer(&headers), &secret),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Protocol),
        }
    }

    #[test]
    fn no_error_shows_what_a_reply_said(status in 300..=599_u16, member in prop::sample::select(MEMBERS.to_vec())) {
        for body in [json!({member: "FINDME"}), json!([{member: "FINDME"}]), json!({"responseInfo": {member: "FINDME"}})] {
            let error = answered(Reply::refusal(status, body.to_string())).expect_err("no grant");
            prop_assert!(!format!("{error} {error:?}").contains("FINDME"), "{}", error);
        }
    }
}
