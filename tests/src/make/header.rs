//! `alg`, `typ`, `crit`, and the header members that must change nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    draft::{Draft, accepts, refuses},
    keys::Key,
    token::{Seal, base64url},
};

pub(super) fn cases() -> Vec<Draft> {
    [algorithms(), types(), critical(), ignored(), signatures()].into_iter().flatten().collect()
}

fn algorithms() -> Vec<Draft> {
    let alg = |id, comment| refuses(id, "alg", comment);
    vec![
        alg("alg-none", "an unsigned token, as the consent-revoked callback sends one").sealed(Seal::Empty),
        alg("alg-none-signed", "none with a signature that would be good").header("alg", "none"),
        alg("alg-none-letter-case", "the same in another letter case").sealed(Seal::Empty).header("alg", "nOnE"),
        alg("alg-hs256-public-key", "HMAC with the RSA public key as its secret").sealed(Seal::Hs256WithPublicKey),
        alg("alg-rs512", "a good signature by an algorithm that is not on our list").sealed(Seal::Rs512(Key::A)),
        alg("alg-ps256", "the same with PSS").sealed(Seal::Ps256(Key::A)),
        alg("alg-es256-browser", "ES256 is for the backchannel flows only")
            .sealed(Seal::Es256(Key::Ec))
            .known_keys("docs"),
        alg("alg-letter-case", "names of algorithms are exact").header("alg", "rs256"),
        alg("alg-missing", "alg is required").header_without("alg"),
        alg("alg-null", "null is no algorithm").header_raw("alg", "null"),
        alg("alg-number", "a number is no algorithm").header_raw("alg", "256"),
    ]
}

fn types() -> Vec<Draft> {
    let typ = |id, comment, json: &str| refuses(id, "typ", comment).header_raw("typ", json);
    vec![
        accepts("typ-absent", "typ is optional").header_without("typ"),
        accepts("typ-lower-case", "typ is compared without regard to letter case").header("typ", "jwt"),
        typ("typ-access-token", "an access token in the place of an ID token", r#""at+jwt""#),
        typ("typ-media-type", "only the short form", r#""application/jwt""#),
        typ("typ-empty", "present, so it must be JWT", r#""""#),
        typ("typ-null", "null is present, so wrong", "null"),
        typ("typ-number", "a number is no type", "1"),
    ]
}

fn critical() -> Vec<Draft> {
    let crit = |id, comment, name: &str, json: &str| refuses(id, "crit", comment).header_raw(name, json);
    vec![
        crit("crit-unknown", "an extension we don't understand", "crit", r#"["x"]"#).header_raw("x", "1"),
        crit("crit-empty", "even an empty list", "crit", "[]"),
        crit("crit-known-claim", "even a name that is a claim", "crit", r#"["exp"]"#),
        crit("crit-null", "null is present, so wrong", "crit", "null"),
        crit("crit-b64", "the payload would not be base64url (RFC 7797)", "crit", r#"["b64"]"#)
            .header_raw("b64", "false"),
        crit("b64-false", "b64 alone", "b64", "false"),
        crit("b64-true", "b64 even where it says nothing new", "b64", "true"),
    ]
}

fn ignored() -> Vec<Draft> {
    let foreign_key = Key::B.jwk().render();
    vec![
        accepts("header-jwk-ignored", "a key inside the token is not even looked at").header_raw("jwk", &foreign_key),
        refuses("header-jwk-attack", "signature", "a token that brings its own key")
            .forged_by(Key::B)
            .header_raw("jwk", &foreign_key),
        accepts("header-jku-ignored", "a key address inside the token is not followed")
            .header("jku", "https://attacker.example/keys"),
        refuses("header-jku-attack", "signature", "a token that names where its key lies")
            .forged_by(Key::B)
            .header("jku", "https://attacker.example/keys"),
        accepts("header-x5-ignored", "certificates inside the token change nothing, whatever their type")
            .header("x5u", "https://attacker.example/cert")
            .header_raw("x5c", "17")
            .header_raw("x5t", "null")
            .header("x5t#S256", "AAAA"),
        accepts("header-zip-ignored", "zip means nothing in a JWS").header("zip", "DEF"),
        accepts("header-unknown-ignored", "unknown members change nothing")
            .header_raw("cty", r#""JWT""#)
            .header_raw("x", "[{}]"),
    ]
}

fn signatures() -> Vec<Draft> {
    let signature = |id, comment| refuses(id, "signature", comment);
    vec![
        signature("signature-other-key", "signed by another key of the set than the kid says")
            .forged_by(Key::B)
            .known_keys("two-rsa"),
        signature("signature-bit", "one bit of the signature changed").tampered(|jwt| {
            let (input, signature) = jwt.rsplit_once('.').expect("a signature");
            let first = if signature.starts_with('A') { "B" } else { "A" };
            format!("{input}.{first}{}", &signature[1..])
        }),
        signature("signature-payload", "the payload of another token under this signature").tampered(|jwt| {
            let [header, payload, signature] = jwt.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
            let payload = base64_decoded(payload).replace(r#""msn":"123456""#, r#""msn":"123457""#);
            format!("{header}.{}.{signature}", base64url(payload.as_bytes()))
        }),
        signature("signature-header", "the header of another token over this signature").tampered(|jwt| {
            let [header, payload, signature] = jwt.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
            let header = base64_decoded(header).replace(r#","typ":"JWT""#, "");
            format!("{}.{payload}.{signature}", base64url(header.as_bytes()))
        }),
        signature("signature-empty", "three parts, the last one empty")
            .tampered(|jwt| jwt.rsplit_once('.').map_or_else(String::new, |(input, _)| format!("{input}."))),
        signature("signature-short", "the last byte cut off").tampered(|jwt| {
            let (input, signature) = jwt.rsplit_once('.').expect("a signature");
            let bytes = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
            format!("{input}.{}", base64url(&bytes[..bytes.len() - 1]))
        }),
        signature("signature-long", "three more zero bytes in front").tampered(|jwt| {
            jwt.rsplit_once('.').map_or_else(String::new, |(input, signature)| format!("{input}.AAAA{signature}"))
        }),
        ec(signature("signature-es256-other", "ES256 with a payload changed")).tampered(|jwt| {
            let [header, payload, signature] = jwt.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
            let payload = base64_decoded(payload).replace("123456", "123457");
            format!("{header}.{}.{signature}", base64url(payload.as_bytes()))
        }),
        ec(signature("signature-es256-zeros", "r and s zero, which a careless library takes for good")).tampered(
            |jwt| {
                jwt.rsplit_once('.')
                    .map_or_else(String::new, |(input, signature)| format!("{input}.{}", "A".repeat(signature.len())))
            },
        ),
        ec(signature("signature-es256-der", "the DER form in the place of the fixed one (RFC 7518 section 3.4)"))
            .tampered(der_signature),
    ]
}

fn ec(draft: Draft) -> Draft {
    draft.flow("backchannel").sealed(Seal::Es256(Key::Ec)).known_keys("one-ec").without("at_hash")
}

fn base64_decoded(part: &str) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("UTF-8")
}

fn der_signature(jwt: &str) -> String {
    let (input, signature) = jwt.rsplit_once('.').expect("a signature");
    let fixed = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let numbers: Vec<u8> = fixed.chunks(32).flat_map(der_integer).collect();
    let length = u8::try_from(numbers.len()).expect("a short sequence");
    format!("{input}.{}", URL_SAFE_NO_PAD.encode([&[0x30, length], &numbers[..]].concat()))
}

fn der_integer(number: &[u8]) -> Vec<u8> {
    let first = number.iter().position(|byte| *byte != 0).unwrap_or(number.len() - 1);
    let sign = if number[first] >= 0x80 { &[0][..] } else { &[] };
    let digits = [sign, &number[first..]].concat();
    let length = u8::try_from(digits.len()).expect("33 bytes at most");
    [&[2, length], &digits[..]].concat()
}
