//! What a secret looks like when it has leaked: as it is, cut in two, or in any of the codes that text travels in.

use std::fmt::Write;

use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};

/// One form of one secret, in lower case, since header names and codes may be folded on the way.
#[derive(Debug)]
pub(crate) struct Needle {
    secret: String,
    form: &'static str,
    text: String,
}

/// Every form of this secret.
pub(crate) fn needles(secret: &str) -> Vec<Needle> {
    let (first, second) = secret.split_at(secret.len() / 2);
    let mut forms = vec![
        ("raw", secret.to_owned()),
        ("first half", first.to_owned()),
        ("second half", second.to_owned()),
        ("form-encoded", form_urlencoded::byte_serialize(secret.as_bytes()).collect()),
        ("percent-encoded", each_byte(secret, |byte| format!("%{byte:02x}"))),
        ("hex", each_byte(secret, |byte| format!("{byte:02x}"))),
        ("bytes", secret.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ")),
    ];
    forms.extend((0..3).map(|offset| ("base64", in_base64(&BASE64_STANDARD_NO_PAD, secret, offset))));
    forms.extend((0..3).map(|offset| ("base64url", in_base64(&BASE64_URL_SAFE_NO_PAD, secret, offset))));
    let needle =
        |(form, text): (_, String)| Needle { secret: secret.to_owned(), form, text: text.to_ascii_lowercase() };
    forms.into_iter().map(needle).collect()
}

fn each_byte(secret: &str, write: impl Fn(u8) -> String) -> String {
    secret.bytes().map(write).collect()
}

/// The part that does not depend on what stands before and after the secret.
fn in_base64(engine: &impl Engine, secret: &str, offset: usize) -> String {
    let code = engine.encode(["x".repeat(offset).as_str(), secret].concat());
    let (start, whole) = ((offset * 8).div_ceil(6), (offset + secret.len()) * 8 / 6);
    code[start..whole].to_owned()
}

/// What of these needles is in the text; empty is good.
pub(crate) fn found(text: &str, needles: &[Needle]) -> String {
    let text = text.to_ascii_lowercase();
    let mut report = String::new();
    for needle in needles {
        if let Some(place) = text.find(&needle.text) {
            let around = &text.as_bytes()[place.saturating_sub(200)..text.len().min(place + 200)];
            let around = String::from_utf8_lossy(around);
            writeln!(report, "{} ({}) in: …{around}…", needle.secret, needle.form).expect("memory");
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

    use super::*;

    const PLANTED: &str = "Pl4nted/Secret+Key==~";

    /// The check can fail: each way to leak is found, in any surroundings.
    #[test]
    fn every_form_is_found() {
        let needles = needles(PLANTED);
        let leaks = [
            PLANTED.to_owned(),
            PLANTED.to_ascii_uppercase(),
            format!("{:?}", PLANTED.as_bytes()),
            format!("{PLANTED:?}"),
            "GET /?client_secret=Pl4nted%2FSecret%2BKey%3D%3D%7E HTTP/1.1".to_owned(),
            "%50%6C%34%6E%74%65%64%2F%53%65%63%72%65%74%2B%4B%65%79%3D%3D%7E".to_owned(),
            "506c346e7465642f5365637265742b4b65793d3d7e".to_owned(),
            "Pl4nted/Se...".to_owned(),
            "cret+Key==~".to_owned(),
        ];
        for leak in leaks {
            let text = format!("before {leak} after");
            assert_ne!(found(&text, &needles), "", "{leak}");
        }
        for before in ["", "a", "ab", "abc", "client:", "client_id:"] {
            let pair = format!("{before}{PLANTED} and more");
            assert_ne!(found(&BASE64_STANDARD.encode(&pair), &needles), "", "{pair}");
            assert_ne!(found(&BASE64_URL_SAFE.encode(&pair), &needles), "", "{pair}");
        }
    }

    #[test]
    fn innocent_text_is_clean() {
        assert_eq!(found("client_secret: Sensitive, Planted, Secret(***), cGxhbnRlZA", &needles(PLANTED)), "");
    }
}
