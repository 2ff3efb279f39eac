//! Keys and settings from named values: what is missing is named, what is there is never shown.

mod support;

use std::{collections::BTreeMap, time::Duration};

use support::{World, msn, partner_keys, system};
use vipps_partner_auth::{
    BasicEncoding, Config, Environment, Error, ErrorKind, Flow, Partner, PartnerKeys, Result, SalesUnitKeys,
    SpecializedKeys, SystemInfo,
};

type Variables = BTreeMap<&'static str, &'static str>;

/// Everything set, each value good and easy to find again in a text.
fn complete() -> Variables {
    BTreeMap::from([
        ("VIPPS_CLIENT_ID", "FINDME-client-id"),
        ("VIPPS_CLIENT_SECRET", "FINDME-client-secret"),
        ("VIPPS_SUBSCRIPTION_KEY", "FINDME-first-key"),
        ("VIPPS_SECOND_SUBSCRIPTION_KEY", "FINDME-second-key"),
        ("VIPPS_MSN", "123456"),
        ("VIPPS_ENVIRONMENT", "test"),
        ("VIPPS_SCOPE", "donations:read"),
        ("VIPPS_SYSTEM_NAME", "FINDME-name"),
        ("VIPPS_SYSTEM_VERSION", "FINDME-version"),
        ("VIPPS_PLUGIN_NAME", "FINDME-plugin"),
        ("VIPPS_PLUGIN_VERSION", "FINDME-plugin-version"),
    ])
}

fn without(name: &str) -> Variables {
    let mut variables = complete();
    variables.remove(name).expect("it was there");
    variables
}

fn with(name: &'static str, value: &'static str) -> Variables {
    let mut variables = complete();
    variables.insert(name, value);
    variables
}

fn read(variables: &Variables) -> impl Fn(&str) -> Option<String> {
    |name| variables.get(name).map(|value| (*value).to_owned())
}

fn assert_names(error: &Error, variable: &str) {
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some(variable)));
    assert!(!error.to_string().contains("FINDME"), "{error}");
    assert!(!format!("{error:?}").contains("FINDME"), "{error:?}");
}

#[test]
fn a_complete_set_makes_a_partner() {
    let partner = Partner::from_vars(read(&complete()), Config::default()).expect("nothing is missing");
    assert_eq!(*partner.environment(), Environment::Test);
}

#[test]
fn each_variable_that_a_partner_needs_is_named_when_it_is_missing_or_empty() {
    for name in [
        "VIPPS_CLIENT_ID",
        "VIPPS_CLIENT_SECRET",
        "VIPPS_SUBSCRIPTION_KEY",
        "VIPPS_SYSTEM_NAME",
        "VIPPS_SYSTEM_VERSION",
        "VIPPS_PLUGIN_VERSION",
    ] {
        assert_names(&Partner::from_vars(read(&without(name)), Config::default()).expect_err(name), name);
        assert_names(&Partner::from_vars(read(&with(name, "")), Config::default()).expect_err(name), name);
    }
}

/// One of the constructors that read named values, its result reduced to whether there is one.
type Reader = fn(&Variables) -> Result<()>;

#[test]
fn each_kind_of_keys_names_what_it_needs_and_is_content_with_the_rest_missing() {
    let kinds: [(Reader, &[&str]); 4] = [
        (
            |vars| PartnerKeys::from_vars(read(vars)).map(drop),
            &["VIPPS_CLIENT_ID", "VIPPS_CLIENT_SECRET", "VIPPS_SUBSCRIPTION_KEY"],
        ),
        (
            |vars| SalesUnitKeys::from_vars(read(vars)).map(drop),
            &["VIPPS_CLIENT_ID", "VIPPS_CLIENT_SECRET", "VIPPS_SUBSCRIPTION_KEY", "VIPPS_MSN"],
        ),
        (|vars| SpecializedKeys::from_vars(read(vars)).map(drop), &["VIPPS_CLIENT_ID", "VIPPS_CLIENT_SECRET"]),
        (
            |vars| SystemInfo::from_vars(read(vars)).map(drop),
            &["VIPPS_SYSTEM_NAME", "VIPPS_SYSTEM_VERSION", "VIPPS_PLUGIN_VERSION"],
        ),
    ];
    for (reader, needed) in kinds {
        for name in complete().into_keys() {
            match (reader(&without(name)), needed.contains(&name)) {
                (Err(error), true) => assert_names(&error, name),
                (outcome, _) => outcome.unwrap_or_else(|error| panic!("{name} is not needed: {error}")),
            }
        }
    }
}

#[test]
fn an_msn_decides_which_keys_are_read() {
    let sales_unit = Partner::from_vars(read(&complete()), Config::default()).expect("good settings");
    assert!(format!("{sales_unit:?}").contains("SalesUnit"));
    for variables in [without("VIPPS_MSN"), with("VIPPS_MSN", "")] {
        let mut variables = variables;
        variables.remove("VIPPS_ENVIRONMENT");
        let partner = Partner::from_vars(read(&variables), Config::default()).expect("good settings");
        assert!(format!("{partner:?}").contains("PartnerKeys"));
        assert_eq!(*partner.environment(), Environment::Production);
    }
    let error = Partner::from_vars(read(&without("VIPPS_MSN")), Config::default()).expect_err("partner keys in test");
    assert_eq!(error.field(), Some("environment"));
}

#[test]
fn a_value_of_the_wrong_form_is_named_by_its_variable_and_not_shown() {
    for (name, value) in [
        ("VIPPS_MSN", "FINDME"),
        ("VIPPS_MSN", "123 456"),
        ("VIPPS_ENVIRONMENT", "FINDME"),
        ("VIPPS_ENVIRONMENT", "http://FINDME.example"),
        ("VIPPS_ENVIRONMENT", "https://user:FINDME@shop.example"),
    ] {
        assert_names(&Partner::from_vars(read(&with(name, value)), Config::default()).expect_err(value), name);
    }
}

#[test]
fn no_bad_value_is_shown_whatever_the_variable() {
    for name in complete().into_keys() {
        for value in ["FINDME\r\nX: 1", "FINDMÉ", " FINDME", "FINDME:\u{0}"] {
            let variables = with(name, value);
            for outcome in [
                Partner::from_vars(read(&variables), Config::default()).map(drop),
                SpecializedKeys::from_vars(read(&variables)).map(drop),
                SystemInfo::from_vars(read(&variables)).map(drop),
            ] {
                let Err(error) = outcome else { continue };
                assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{name}");
                assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("FINDM"), "{error}");
            }
        }
    }
}

type Setter = fn(Config, Duration) -> Config;

#[test]
fn a_setting_out_of_its_bounds_is_named() {
    let (none, hours) = (Duration::ZERO, Duration::from_secs(25 * 60 * 60));
    let settings: [(&str, Setter, Duration); 8] = [
        ("connect_timeout", Config::connect_timeout, none),
        ("request_timeout", Config::request_timeout, none),
        ("deadline", Config::deadline, none),
        ("connect_timeout", Config::connect_timeout, hours),
        ("request_timeout", Config::request_timeout, hours),
        ("deadline", Config::deadline, hours),
        ("leeway", Config::leeway, Duration::from_secs(301)),
        ("stale_keys_for", Config::stale_keys_for, hours),
    ];
    for (name, set, value) in settings {
        let config = set(World::new().config(), value);
        let error = Partner::new(partner_keys(), system(), config).expect_err(name);
        assert_names(&error, name);
    }
    for (name, pem) in [("ca_pem", ""), ("ca_pem", "not pem"), ("ca_pem", "-----BEGIN CERTIFICATE-----\n!\n")] {
        let config = World::new().config().ca_pem(pem);
        assert_names(&Partner::new(partner_keys(), system(), config).expect_err(name), name);
    }
}

#[test]
fn handles_are_cheap_to_clone_and_know_where_they_belong() {
    let world = World::new();
    let shop = world.partner().merchant(msn("123456"));
    let twin = shop.clone();
    assert_eq!((twin.msn().as_str(), twin.partner().environment()), ("123456", &Environment::Production));
}

#[test]
fn names_in_settings_are_read_and_others_are_refused_by_field() {
    assert_eq!(
        ["browser", "backchannel", "backchannel_redirect"].map(str::parse),
        [Ok(Flow::Browser), Ok(Flow::Backchannel), Ok(Flow::BackchannelRedirect)]
    );
    assert_eq!(["raw", "form"].map(str::parse), [Ok(BasicEncoding::Raw), Ok(BasicEncoding::Form)]);
    for text in ["", "Browser", "Raw", "ciba"] {
        assert_eq!(text.parse::<Flow>().expect_err(text).field(), Some("flow"));
        assert_eq!(text.parse::<BasicEncoding>().expect_err(text).field(), Some("basic_encoding"));
    }
}

#[test]
fn a_plugin_has_a_name_and_a_version_or_neither() {
    let of = |name: Option<&str>, version: Option<&str>| {
        SystemInfo::from_parts("acme", "3.1.2", name.map(str::to_owned), version.map(str::to_owned))
    };
    assert_eq!(of(None, None).expect("no plugin").plugin(), None);
    assert_eq!(of(Some("shop"), Some("4")).expect("a plugin").plugin(), Some(("shop", "4")));
    assert_eq!(of(Some("shop"), None).expect_err("half").field(), Some("plugin_version"));
    assert_eq!(of(None, Some("4")).expect_err("half").field(), Some("plugin_name"));
}

#[test]
fn a_well_known_address_is_the_environment_it_names() {
    assert_eq!("https://api.vipps.no/".parse(), Ok(Environment::Production));
    assert_eq!("https://APITEST.vipps.no".parse(), Ok(Environment::Test));
    for text in ["https://api.vipps.no/recurring", "https://apitest.vipps.no:8443", "https://user@api.vipps.no"] {
        assert_eq!(Environment::custom(text).expect_err(text).field(), Some("environment"));
    }
}

/// What an error of a reader says, by its detail.
fn detail_of<T>(outcome: Result<T>) -> String {
    outcome.err().map(|error| error.detail().to_owned()).expect("an error")
}

#[test]
fn all_missing_variables_are_told_at_once() {
    let none = Variables::new();
    assert_eq!(
        detail_of(Partner::from_vars(read(&none), Config::default())),
        "VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET, VIPPS_SUBSCRIPTION_KEY, VIPPS_SYSTEM_NAME and VIPPS_SYSTEM_VERSION are not set"
    );
    assert_eq!(
        detail_of(SalesUnitKeys::from_vars(read(&none))),
        "VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET, VIPPS_SUBSCRIPTION_KEY and VIPPS_MSN are not set"
    );
    assert_eq!(
        detail_of(PartnerKeys::from_vars(read(&none))),
        "VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET and VIPPS_SUBSCRIPTION_KEY are not set"
    );
    assert_eq!(
        detail_of(SpecializedKeys::from_vars(read(&none))),
        "VIPPS_CLIENT_ID and VIPPS_CLIENT_SECRET are not set"
    );
    assert_eq!(detail_of(SystemInfo::from_vars(read(&none))), "VIPPS_SYSTEM_NAME and VIPPS_SYSTEM_VERSION are not set");
    let mut some = without("VIPPS_CLIENT_SECRET");
    some.remove("VIPPS_PLUGIN_VERSION");
    assert_eq!(
        detail_of(Partner::from_vars(read(&some), Config::default())),
        "VIPPS_CLIENT_SECRET and VIPPS_PLUGIN_VERSION are not set"
    );
    assert_eq!(detail_of(PartnerKeys::from_vars(read(&some))), "VIPPS_CLIENT_SECRET is not set");
}

#[test]
fn what_stands_around_a_value_is_told_for_each_variable() {
    for name in complete().into_keys().chain(["VIPPS_REDIS_URL"]) {
        for (value, what) in [
            ("FINDME ", "white space"),
            ("FINDME\n", "white space"),
            ("\u{feff}FINDME", "white space"),
            (" ", "white space"),
            ("\"FINDME\"", "quotation marks"),
            ("'FINDME'", "quotation marks"),
            ("FIND\u{fffd}ME", "UTF-8"),
        ] {
            let variables = with(name, value);
            let outcomes = [
                Partner::from_vars(read(&variables), Config::default()).map(drop),
                SpecializedKeys::from_vars(read(&variables)).map(drop),
            ];
            let of_variable = outcomes.into_iter().filter_map(Result::err).find(|error| error.field() == Some(name));
            let error = of_variable.unwrap_or_else(|| panic!("{name} {value:?}"));
            assert_names(&error, name);
            assert!(error.detail().starts_with(name) && error.detail().contains(what), "{error}");
        }
    }
}

#[test]
fn a_wrong_word_is_told_under_the_name_of_its_setting() {
    for setting in ["basic_encoding", "login_basic_encoding"] {
        assert_eq!(BasicEncoding::parse(setting, "form"), Ok(BasicEncoding::Form));
        let error = BasicEncoding::parse(setting, "Form").expect_err("letter case counts");
        assert_eq!((error.field(), error.detail()), (Some(setting), &*format!("{setting} `Form` must be raw or form")));
    }
}

#[test]
fn every_error_about_an_argument_begins_with_it() {
    let texts = ["", " ", "x\n", "https://user:hidden@x", "é", "0", "hidden.hidden.hidden", &"y".repeat(5_000)];
    for text in texts {
        let system = |name: &str| SystemInfo::new(name, "1").map(drop);
        let errors = [
            text.parse::<Environment>().map(drop),
            text.parse::<vipps_partner_auth::Msn>().map(drop),
            text.parse::<Flow>().map(drop),
            text.parse::<BasicEncoding>().map(drop),
            text.parse::<vipps_partner_auth::LoginAuthMethod>().map(drop),
            text.parse::<vipps_partner_auth::Market>().map(drop),
            text.parse::<vipps_partner_auth::RequestedFlow>().map(drop),
            text.parse::<vipps_partner_auth::LoginHint>().map(drop),
            vipps_partner_auth::LoginHint::msisdn(text).map(drop),
            vipps_partner_auth::LoginHint::customer_token(text).map(drop),
            vipps_partner_auth::LoginRequest::from_json(text).map(drop),
            vipps_partner_auth::PendingLogin::from_json(text).map(drop),
            vipps_partner_auth::BackchannelPing::parse(text).map(drop),
            vipps_partner_auth::UnverifiedConsentRevoked::parse(text).map(drop),
            PartnerKeys::new(text, text, text).map(drop),
            SpecializedKeys::new(text, text).map(drop),
            SpecializedKeys::new("id", "secret").and_then(|keys| keys.with_scope(text)).map(drop),
            World::new().partner().merchant(msn("123456")).login(text).map(drop),
            system(text),
        ];
        for error in errors.into_iter().filter_map(Result::err) {
            let field = error.field().expect("a field");
            assert!(error.detail().starts_with(&format!("{field} ")), "{error}");
            assert!(error.detail().len() < 300 && !error.detail().contains('\n'), "{error}");
            let is_of_keys = ["client_id", "client_secret", "login_hint", "msisdn", "customer_token"].contains(&field);
            assert!(!is_of_keys || !error.detail().contains("hidden"), "{error}");
        }
    }
}

#[test]
fn what_is_no_secret_of_keys_can_be_read() {
    let keys = SpecializedKeys::new("123456-acct-0001", "secret").expect("good keys");
    assert_eq!((keys.client_id(), keys.scope()), ("123456-acct-0001", None));
    assert_eq!(keys.with_scope("b a").expect("good scopes").scope(), Some("a b"));
    assert_eq!(PartnerKeys::new("id", "secret", "key").expect("good keys").client_id(), "id");
    let unit = SalesUnitKeys::new("id", "secret", "key", msn("123456")).expect("good keys");
    assert_eq!((unit.client_id(), unit.msn().as_str()), ("id", "123456"));
    assert_eq!(vipps_partner_auth::Keys::from(unit).client_id(), "id");
}
