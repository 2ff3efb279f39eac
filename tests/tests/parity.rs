//! The same names in every language: what is public in one and not in another stands in a list, with the reason.
//!
//! Read from what `cargo xtask api` has written down in `tests/api`.

mod parity {
    pub(super) mod differences;
    pub(super) mod names;
    pub(super) mod records;
}

use std::{collections::BTreeMap, fs, path::Path};

use parity::{
    differences::{DIFFERENCES, Lacking},
    records::{Api, LANGUAGES},
};

/// A type belongs to the library, and not to one language's way of doing things, where so many have it.
const ENOUGH: usize = 3;

fn apis() -> BTreeMap<&'static str, Api> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("api");
    let read = |name: &str| {
        fs::read_to_string(folder.join(format!("{name}.txt"))).expect("what `cargo xtask api --write` writes")
    };
    LANGUAGES.iter().map(|language| (language.name, language.api(&read(language.name)))).collect()
}

/// `Type.member`, and the languages that have the type and not the member.
fn differences(apis: &BTreeMap<&'static str, Api>) -> BTreeMap<String, Vec<&'static str>> {
    let mut types: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for (language, api) in apis {
        for name in api.types() {
            types.entry(name).or_default().push(language);
        }
    }
    let mut found = BTreeMap::<String, Vec<&'static str>>::new();
    for (name, having) in types.into_iter().filter(|(_, having)| having.len() >= ENOUGH) {
        let members: BTreeMap<_, _> = having.iter().map(|language| (*language, apis[language].members(name))).collect();
        for member in members.values().flatten() {
            let lacking = having.iter().filter(|language| !members[*language].contains(member)).copied();
            let lacking: Vec<_> = lacking.collect();
            if !lacking.is_empty() {
                found.insert(format!("{name}.{member}"), lacking);
            }
        }
    }
    found
}

#[test]
fn each_difference_between_languages_has_a_reason() {
    let found = differences(&apis());
    let known: BTreeMap<&str, &Lacking> =
        DIFFERENCES.iter().map(|difference| (difference.member, difference)).collect();
    assert_eq!(known.len(), DIFFERENCES.len(), "a member stands in the list twice");
    let new: Vec<_> = found
        .iter()
        .filter(|(member, lacking)| known.get(member.as_str()).is_none_or(|known| *known.languages != ***lacking))
        .map(|(member, lacking)| format!("{member} is missing in {}", lacking.join(", ")))
        .collect();
    assert!(new.is_empty(), "{}", new.join("\n"));
    let gone: Vec<_> = known.keys().filter(|member| !found.contains_key(**member)).collect();
    assert!(gone.is_empty(), "these are no differences any more: {gone:?}");
    assert!(DIFFERENCES.iter().all(|difference| difference.why.len() > 10));
}

#[test]
fn what_every_language_has_is_seen_in_every_language() {
    let apis = apis();
    for (name, member) in [
        ("Partner", "merchant"),
        ("Partner", "replace_keys"),
        ("Merchant", "headers"),
        ("Merchant", "verify_id_token"),
        ("Merchant", "covers"),
        ("Backchannel", "next_poll_in"),
        ("Backchannel", "states"),
        ("Userinfo", "phone_number"),
        ("WebhookVerifier", "verify"),
    ] {
        for (language, api) in &apis {
            assert!(api.members(name).contains(member), "{language}: {name}.{member}");
        }
    }
}

#[test]
fn a_name_is_the_same_in_the_style_of_each_language() {
    for name in ["isGood", "is_good", "good", "good_async", "goodBlocking", "goodInBackground"] {
        assert_eq!(parity::names::plain(name), "good", "{name}");
    }
    assert_eq!(parity::names::plain("redirectURI"), "redirect_uri");
    assert_eq!(parity::names::plain("toJSON"), "json");
}
