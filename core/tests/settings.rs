//! Settings, and options of calls, as JSON: each is read, a wrong one is named, and what is told of their defaults is true.

mod support;

use serde_json::{Map, Value, json};
use support::{partner_keys, system};
use vipps_partner_auth::{
    BackchannelOptions, Config, Error, ErrorKind, Expect, Flow, Kind, LoginOptions, Market, Member, Partner, Settings,
};

fn read(values: &Value) -> Result<Settings, Error> {
    Settings::read(values.as_object().cloned().unwrap_or_default())
}

fn refused(name: &str, value: &Value) -> Error {
    let error = read(&json!({ name: value })).expect_err(name);
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some(name)));
    error
}

/// One good value of each kind.
fn good(kind: Kind) -> Value {
    match kind {
        Kind::Environment => json!("http://127.0.0.1:8585"),
        Kind::Span => json!(12.5),
        Kind::Text | Kind::Pem => json!("a text"),
        Kind::Msn => json!("123456"),
        Kind::Flag => json!(true),
        Kind::Texts => json!(["https://gateway.example"]),
        Kind::Word { words, .. } => json!(words[words.len() - 1]),
    }
}

#[test]
fn each_setting_reaches_what_is_made_of_it() {
    let usual = format!("{:?}", Settings::default());
    for member in Settings::MEMBERS {
        let settings = read(&json!({ member.name: good(member.kind) })).expect(member.name);
        assert_ne!(format!("{settings:?}"), usual, "{}", member.name);
        assert_eq!(format!("{:?}", read(&json!({ member.name: null })).expect("nothing")), usual);
    }
    let config = format!("{:?}", Config::from(read(&json!({ "deadline": 12.5, "leeway": 0 })).expect("good settings")));
    assert!(config.contains("deadline: 12.5s") && config.contains("leeway: 0ns"), "{config}");
}

#[test]
fn a_value_of_another_kind_is_refused_by_its_name() {
    for member in Settings::MEMBERS {
        for wrong in [json!({}), json!([1]), json!(-1), json!("\u{7f}")] {
            let is_text = matches!(member.kind, Kind::Text | Kind::Pem) && wrong.is_string();
            if !is_text {
                refused(member.name, &wrong);
            }
        }
    }
}

#[test]
fn an_error_says_value_and_rule() {
    for (name, value, text) in [
        ("deadline", json!(-1), "deadline `-1s` must be a span of time, not below zero and not endless"),
        ("deadline", json!("NaN"), "deadline `NaN` must be a span of time, not below zero and not endless"),
        ("leeway", json!(1e300), "leeway `1e+300s` must be a span of time, not below zero and not endless"),
        ("basic_encoding", json!("base64"), "basic_encoding `base64` must be raw or form"),
        ("login_basic_encoding", json!("Raw"), "login_basic_encoding `Raw` must be raw or form"),
        ("allow_partner_keys_in_test", json!("yes"), "allow_partner_keys_in_test must be true or false"),
        ("trusted_origins", json!("https://x.example"), "trusted_origins must be a list of texts"),
    ] {
        assert_eq!(refused(name, &value).detail(), text);
    }
    let unknown = read(&json!({ "dead_line": 5 })).expect_err("no such setting");
    assert_eq!((unknown.kind(), unknown.detail()), (ErrorKind::InvalidConfig, "there is no setting `dead_line`"));
}

#[test]
fn no_secret_is_told() {
    let secret = "FINDME-password";
    let url = format!("http://user:{secret}@cache.example");
    let settings = read(&json!({ "redis_url": url, "proxy": url, "ca_pem": secret })).expect("texts");
    assert!(!format!("{settings:?}").contains("FINDME"), "{settings:?}");
    let config = Config::from(settings);
    assert!(!format!("{config:?}").contains("FINDME"), "{config:?}");
    let error = Partner::new(partner_keys(), system(), config).expect_err("no such Redis");
    assert!(!format!("{error} {error:?}").contains("FINDME"), "{error:?}");
    for name in ["redis_url", "proxy"] {
        assert!(!refused(name, &json!([secret])).to_string().contains("FINDME"));
    }
}

#[test]
fn any_format_of_serde_is_read_by_the_same_rules() {
    let wrong = serde_json::from_str::<Settings>(r#"{ "deadline": "soon" }"#).expect_err("no span");
    assert!(wrong.to_string().starts_with("deadline `soon` must be a span of time"), "{wrong}");
    assert!(serde_json::from_str::<Settings>("[]").is_err());
}

/// Of each list: all of it at once, each of another kind, and a name that there is not.
fn options_are_read<T: std::fmt::Debug + serde::de::DeserializeOwned>(
    members: &[Member],
    read: impl Fn(Map<String, Value>) -> Result<T, Error>,
    what: &str,
) -> T {
    for member in members {
        let wrong = if member.kind == Kind::Text { json!(1) } else { json!("\u{7f}") };
        let error = read(Map::from_iter([(member.name.to_owned(), wrong)])).expect_err(member.name);
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some(member.name)));
        read(Map::from_iter([(member.name.to_owned(), Value::Null)])).expect("the same as not there");
    }
    let unknown = read(Map::from_iter([("mns".to_owned(), json!("123456"))])).expect_err("no such name");
    assert_eq!((unknown.field(), unknown.detail()), (None, format!("there is no {what} `mns`").as_str()));
    let all: Map<_, _> = members.iter().map(|member| (member.name.to_owned(), good(member.kind))).collect();
    let read = read(all.clone()).expect("all of them");
    let by_serde: T = serde_json::from_value(Value::Object(all)).expect("the same by serde");
    assert_eq!(format!("{by_serde:?}"), format!("{read:?}"));
    read
}

#[test]
fn options_of_calls_are_read_in_the_same_way() {
    let expect = options_are_read(Expect::MEMBERS, Expect::read, "expectation");
    assert_eq!(
        format!("{expect:?}"),
        format!("{:?}", Expect::default().msn("123456".parse().expect("an msn")).flow(Flow::BackchannelRedirect))
    );
    let login = options_are_read(LoginOptions::MEMBERS, LoginOptions::read, "option of a login");
    let by_hand = LoginOptions::default().market(Market::Sweden).acr_values("a text").app_callback_uri("a text");
    let flow = "automatic_return_from_vipps_app".parse().expect("a flow");
    assert_eq!(login, by_hand.requested_flow(flow).final_redirect_is_app(true));
    let phone =
        options_are_read(BackchannelOptions::MEMBERS, BackchannelOptions::read, "option of a login by phone number");
    let expiry = std::time::Duration::from_millis(12_500);
    let by_hand = BackchannelOptions::default().binding_message("a text").redirect_uri("a text");
    assert_eq!(phone, by_hand.requested_expiry(expiry));
}

/// What is told as the default of a span or a word, set outright, changes nothing.
#[test]
fn the_defaults_that_are_told_are_those_of_the_code() {
    let told: Map<String, Value> = Settings::MEMBERS.iter().zip(Settings::TEXTS).filter_map(default_of).collect();
    assert!(told.contains_key("deadline") && told.contains_key("login_basic_encoding"), "{told:?}");
    assert_eq!(
        format!("{:?}", Config::from(Settings::read(told).expect("good values"))),
        format!("{:?}", Config::default())
    );
}

fn default_of((member, text): (&Member, &&str)) -> Option<(String, Value)> {
    let (_, default) = text.split_once("Default: ").expect(member.name);
    let default = default.trim().trim_end_matches('.').split(';').next().unwrap_or_default().trim_matches('`');
    let value = match member.kind {
        Kind::Span => seconds(default).into(),
        Kind::Flag => (default == "true").into(),
        Kind::Environment | Kind::Word { .. } => default.into(),
        Kind::Text | Kind::Msn | Kind::Pem | Kind::Texts => return None,
    };
    Some((member.name.to_owned(), value))
}

fn seconds(text: &str) -> u64 {
    let (number, unit) = text.split_once(' ').expect(text);
    let length = match unit {
        "s" => 1,
        "h" => 60 * 60,
        _ => panic!("{text}"),
    };
    number.parse::<u64>().expect(text) * length
}
