//! Words of closed lists: each is read as what it means, and anything else is refused by the field's name.

use std::{fmt::Debug, str::FromStr};

use vipps_partner_auth::{BasicEncoding, Error, Flow, LoginAuthMethod, Market, RequestedFlow};

fn are_read<T: FromStr<Err = Error> + PartialEq + Debug>(field: &str, words: &[(&str, T)]) {
    for (word, meaning) in words {
        assert_eq!(word.parse::<T>().as_ref(), Ok(meaning), "{word}");
        for other in [word.to_uppercase() + "x", format!(" {word}"), String::new()] {
            let error = other.parse::<T>().expect_err(&other);
            assert_eq!((error.code(), error.field()), ("invalid_config", Some(field)), "{other}");
            assert!(words.iter().all(|(word, _)| error.detail().contains(word)), "{error}");
        }
    }
}

#[test]
fn each_word_is_read_and_no_other() {
    are_read(
        "flow",
        &[
            ("browser", Flow::Browser),
            ("backchannel", Flow::Backchannel),
            ("backchannel_redirect", Flow::BackchannelRedirect),
        ],
    );
    are_read(
        "market",
        &[("NO", Market::Norway), ("DK", Market::Denmark), ("FI", Market::Finland), ("SE", Market::Sweden)],
    );
    are_read(
        "requested_flow",
        &[
            ("app_to_app_v2", RequestedFlow::AppToAppV2),
            ("app_to_app", RequestedFlow::AppToApp),
            ("automatic_return_from_vipps_app", RequestedFlow::AutomaticReturnFromVippsApp),
        ],
    );
    are_read("basic_encoding", &[("raw", BasicEncoding::Raw), ("form", BasicEncoding::Form)]);
    are_read(
        "login_auth_method",
        &[
            ("client_secret_basic", LoginAuthMethod::ClientSecretBasic),
            ("client_secret_post", LoginAuthMethod::ClientSecretPost),
        ],
    );
}
