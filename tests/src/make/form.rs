//! Size, compact form, base64url and JSON: everything that is refused as `form`.

use super::{
    draft::{Draft, accepts, refuses},
    keys::Key,
    token::base64url,
};

pub(super) fn cases() -> Vec<Draft> {
    [parts(), sizes(), spellings(), header_json(), payload_json(), doubles()].into_iter().flatten().collect()
}

fn parts() -> Vec<Draft> {
    let form = |id, comment, tamper: fn(&str) -> String| refuses(id, "form", comment).tampered(tamper);
    vec![
        form("form-empty", "no token at all", |_| String::new()),
        form("form-one-part", "an opaque Login access token given in its place", |_| {
            "fixture-opaque-login-token".to_owned()
        }),
        form("form-two-parts", "the signature is missing with its dot", |jwt| {
            jwt.rsplit_once('.').map_or_else(String::new, |(input, _)| input.to_owned())
        }),
        form("form-four-parts", "a dot too many at the end", |jwt| format!("{jwt}.")),
        form("form-five-parts", "the shape of an encrypted token", |jwt| format!("{jwt}.AAAA.AAAA")),
        form("form-empty-header", "an empty header is not a JSON object", |jwt| {
            jwt.split_once('.').map_or_else(String::new, |(_, rest)| format!(".{rest}"))
        }),
        form("form-leading-space", "white space is not trimmed", |jwt| format!(" {jwt}")),
        form("form-trailing-newline", "a line end from a file or a template", |jwt| format!("{jwt}\n")),
        form("form-inner-newline", "a token wrapped by a mail program", |jwt| jwt.replacen('.', ".\r\n", 1)),
        form("form-non-ascii", "a full stop of another script", |jwt| jwt.replace('.', "。")),
    ]
}

const LARGEST: usize = 16 * 1024;

fn sizes() -> Vec<Draft> {
    vec![
        of_size(accepts("form-largest", "16 KiB are allowed to the byte"), LARGEST),
        of_size(refuses("form-too-large", "form", "one byte more than 16 KiB"), LARGEST + 1),
    ]
}

/// Fills up a claim until the whole token has this many bytes.
fn of_size(draft: Draft, size: usize) -> Draft {
    let signature = 342 + 2;
    // The header ends in white space where the payload alone can't hit the number.
    let (spaces, fill) = (0..3)
        .flat_map(|spaces| (size / 2..size).map(move |fill| (spaces, fill)))
        .find(|(spaces, fill)| {
            base64_length(HEADER_LENGTH + spaces) + base64_length(PAYLOAD_LENGTH + fill) + signature == size
        })
        .expect("some filling fits");
    draft.header_text(|text| checked(text, HEADER_LENGTH) + &" ".repeat(spaces)).payload_text(|text| {
        checked(text, PAYLOAD_LENGTH).replacen(
            '}',
            &format!(r#","fill":"{}"}}"#, "a".repeat(fill - r#","fill":"""#.len())),
            1,
        )
    })
}

const HEADER_LENGTH: usize = 79;
const PAYLOAD_LENGTH: usize = 397;

fn checked(text: String, length: usize) -> String {
    assert_eq!(text.len(), length, "the fixture's length has changed");
    text
}

fn base64_length(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

fn spellings() -> Vec<Draft> {
    let form = |id, comment| refuses(id, "form", comment);
    vec![
        form("form-header-padded", "no padding in a compact JWS (RFC 7515 section 2)")
            .header_text(one_over)
            .spelled_header(|bytes| base64url(bytes) + "=="),
        form("form-payload-padded", "the same in the payload, signed so")
            .payload_text(one_over)
            .spelled_payload(|bytes| base64url(bytes) + "=="),
        form("form-signature-padded", "the same in the signature").tampered(|jwt| format!("{jwt}==")),
        form(
            "form-header-last-bits",
            "the unused bits of the last character must be zero, or one token has many spellings",
        )
        .header_text(one_over)
        .spelled_header(last_bits_set),
        form("form-payload-last-bits", "the same in the payload, signed so")
            .payload_text(one_over)
            .spelled_payload(last_bits_set),
        form("form-signature-last-bits", "the same in the signature").tampered(with_last_bit_set),
        form("form-impossible-length", "no bytes encode to this many characters").tampered(|jwt| format!("{jwt}AAA")),
        form("form-header-space", "white space within base64url, signed so")
            .spelled_header(|bytes| base64url(bytes).replacen('J', "J ", 1)),
        form("form-payload-newline", "a line end within the payload, signed so")
            .spelled_payload(|bytes| base64url(bytes).replacen('J', "J\n", 1)),
        form("form-standard-alphabet", "plain base64 (+ and /) in the place of base64url").tampered(|jwt| {
            let (input, signature) = jwt.rsplit_once('.').expect("a signature");
            format!("{input}.{}", signature.replace('-', "+").replace('_', "/"))
        }),
    ]
}

/// JSON text whose base64url ends in a character with four unused bits.
fn one_over(text: String) -> String {
    let spaces = (4 - text.len() % 3) % 3;
    text + &" ".repeat(spaces)
}

fn last_bits_set(bytes: &[u8]) -> String {
    with_last_bit_set(&base64url(bytes))
}

fn with_last_bit_set(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = text.chars().last().and_then(|last| ALPHABET.find(last)).expect("base64url");
    assert_eq!(last % 16, 0, "the last character has four unused bits");
    text[..text.len() - 1].to_owned() + &ALPHABET[last + 1..=last + 1]
}

fn header_json() -> Vec<Draft> {
    let whole = |id, comment, text: &'static str| refuses(id, "form", comment).whole_header(text);
    vec![
        whole("form-header-not-json", "the header is no JSON", "RS256"),
        whole("form-header-array", "the header is an array", r#"["RS256"]"#),
        whole("form-header-null", "the header is null", "null"),
        refuses("form-header-more", "form", "something stands after the header's object")
            .header_text(|text| text + "{}"),
        refuses("form-header-not-utf8", "form", "JSON is UTF-8")
            .whole_header([br#"{"alg":"RS256","x":""#.as_slice(), &[0xff], br#""}"#].concat()),
        accepts("form-header-white-space", "white space around the object and its members is JSON")
            .header_text(|text| format!("\r\n {}\t", text.replace(':', " : ").replace("public : ", "public:"))),
        accepts("form-header-nested-double", "a member twice in a nested object is not ours to judge")
            .header_raw("x", r#"{"a":1,"a":2}"#),
    ]
}

fn payload_json() -> Vec<Draft> {
    let whole = |id, comment, text: &'static str| refuses(id, "form", comment).whole_payload(text);
    vec![
        whole("form-payload-empty", "an empty payload, signed", ""),
        whole("form-payload-not-json", "a payload that is no JSON, signed", "msn=123456"),
        whole("form-payload-array", "the payload is an array", r#"[{"msn":"123456"}]"#),
        refuses("form-payload-more", "form", "something stands after the payload's object")
            .payload_text(|text| text + " 1"),
        refuses("form-payload-cut", "form", "the payload ends too early")
            .payload_text(|text| text.trim_end_matches('}').to_owned()),
        refuses("form-payload-not-utf8", "form", "JSON is UTF-8")
            .whole_payload([br#"{"msn":"123456","x":""#.as_slice(), &[0xc3, 0x28], br#""}"#].concat()),
        refuses("form-payload-leading-zero", "form", "a number with a leading zero is no JSON")
            .raw("exp", "01767229200"),
        accepts("form-payload-white-space", "white space around the object is JSON")
            .payload_text(|text| format!(" \t{text}\r\n")),
        accepts("form-payload-nested-double", "a member twice in a nested object is not ours to judge")
            .raw("x", r#"{"msn":"1","msn":"2"}"#),
        refuses(
            "form-payload-after-signature",
            "signature",
            "the payload is not even parsed before the signature was found good",
        )
        .forged_by(Key::B)
        .whole_payload("msn=123456"),
    ]
}

fn doubles() -> Vec<Draft> {
    let payload = |id, comment, name: &str, json: &str| refuses(id, "form", comment).again(name, json);
    let header = |id, comment, name: &str, json: &str| refuses(id, "form", comment).header_again(name, json);
    vec![
        header("double-alg", "two readers could see two algorithms", "alg", r#""none""#),
        header("double-alg-escaped", "the same, spelled with an escape", r"\u0061lg", r#""none""#),
        header(
            "double-kid",
            "the same kid twice is still a member twice",
            "kid",
            r#""public:bbbbbbbb-0000-4000-8000-000000000002""#,
        ),
        header("double-crit-hidden", "a member nobody judges twice", "x", "1").header_again("x", "1"),
        payload("double-msn", "two readers could see two sales units", "msn", r#""654321""#),
        payload("double-msn-escaped", "the same, spelled with an escape", r"m\u0073n", r#""654321""#),
        payload("double-msn-same", "the same value twice is still a member twice", "msn", r#""123456""#),
        payload("double-unjudged", "a member nobody judges twice", "x", "1").again("x", "1"),
        payload("double-unjudged-escaped", "the same, spelled with a surrogate pair", r"\ud83d\ude00", "1")
            .again("\u{1f600}", "1"),
        accepts("double-letter-case", "names that differ in letter case are two names")
            .again("MSN", r#""654321""#)
            .again("Exp", "1"),
    ]
}
