//! Which key of the set may check a token.

use super::{
    draft::{Draft, accepts, misconfigured, refuses},
    keys::{Jwk, Key, base64url, key_set},
    token::Seal,
};

pub(super) fn cases() -> Vec<Draft> {
    [kids(), absent_kids(), members(), rsa_numbers(), ec_members(), whole_sets()].into_iter().flatten().collect()
}

fn kids() -> Vec<Draft> {
    let kid = |id, comment| refuses(id, "kid", comment);
    vec![
        kid("kid-unknown", "a fixed set can't be loaded again, so an unknown key is refused")
            .header("kid", "public:ffffffff-0000-4000-8000-00000000000f"),
        kid("kid-letter-case", "kids are compared byte for byte")
            .header("kid", "PUBLIC:BBBBBBBB-0000-4000-8000-000000000002"),
        kid("kid-empty", "the empty kid is a kid, and unknown").header("kid", ""),
        kid("kid-number", "a kid is text (RFC 7515 section 4.1.4)").header_raw("kid", "2"),
        kid("kid-null", "null is present, so wrong; it does not count as absent").header_raw("kid", "null"),
        kid("kid-of-key-without-kid", "a key without a kid is not what the token names")
            .keys(&[Key::A.jwk().without("kid")]),
        accepts("kid-second-of-two", "the key is found by its kid, not by its place")
            .sealed(Seal::Rs256(Key::B))
            .known_keys("two-rsa"),
        accepts("kid-twice-other-first", "one kid on two fitting keys: each is tried")
            .keys(&[Key::B.jwk().text("kid", Key::A.kid()), Key::A.jwk()]),
        accepts("kid-twice-other-last", "the same in the other order")
            .keys(&[Key::A.jwk(), Key::B.jwk().text("kid", Key::A.kid())]),
        refuses("kid-twice-none-good", "signature", "each was tried, none is the signer")
            .forged_by(Key::E3)
            .keys(&[Key::A.jwk(), Key::B.jwk().text("kid", Key::A.kid())]),
        accepts("kid-on-two-types", "one kid on an RSA and an EC key: the algorithm picks")
            .keys(&[Key::Ec.jwk().text("kid", Key::A.kid()), Key::A.jwk()]),
        kid("kid-names-ec-key", "an RS256 token that names the EC key")
            .header("kid", Key::Ec.kid())
            .known_keys("rsa-and-ec"),
        kid("kid-names-rsa-key", "an ES256 token that names the RSA key")
            .flow("backchannel")
            .sealed(Seal::Es256(Key::Ec))
            .header("kid", Key::A.kid())
            .known_keys("rsa-and-ec"),
    ]
}

fn absent_kids() -> Vec<Draft> {
    vec![
        accepts("kid-absent-one-key", "without a kid the only fitting key is taken").header_without("kid"),
        accepts("kid-absent-key-without-kid", "the same where the key has none either")
            .header_without("kid")
            .keys(&[Key::A.jwk().without("kid")]),
        refuses("kid-absent-two-keys", "kid", "two keys fit: nothing is guessed")
            .header_without("kid")
            .known_keys("two-rsa"),
        accepts("kid-absent-rs256", "only the RSA key of the set fits RS256")
            .header_without("kid")
            .known_keys("rsa-and-ec"),
        accepts("kid-absent-es256", "only the EC key of the set fits ES256")
            .flow("backchannel")
            .sealed(Seal::Es256(Key::Ec))
            .header_without("kid")
            .known_keys("rsa-and-ec"),
        refuses("kid-absent-none-fits", "kid", "the set holds an EC key only")
            .header_without("kid")
            .known_keys("one-ec"),
        accepts("kid-absent-other-too-small", "a key that may not be used does not count")
            .header_without("kid")
            .keys(&[Key::Small.jwk(), Key::A.jwk()]),
        accepts("kid-absent-other-encrypts", "nor does a key for encryption")
            .header_without("kid")
            .keys(&[Key::B.jwk().text("use", "enc"), Key::A.jwk()]),
        accepts("kid-absent-other-algorithm", "nor does a key for another algorithm")
            .header_without("kid")
            .keys(&[Key::B.jwk().text("alg", "RS512"), Key::A.jwk()]),
    ]
}

/// The key that signed, bent, beside a good one: the set is usable, this key is not.
fn skipped(id: &'static str, comment: &'static str, key: Jwk) -> Draft {
    refuses(id, "kid", comment).keys(&[Key::B.jwk(), key])
}

/// The key that signed, in an unusual but allowed form.
fn used(id: &'static str, comment: &'static str, key: Jwk) -> Draft {
    accepts(id, comment).keys(&[Key::B.jwk(), key])
}

fn members() -> Vec<Draft> {
    let a = || Key::A.jwk();
    vec![
        used("key-use-absent", "use is optional", a().without("use")),
        used("key-alg-absent", "alg is optional", a().without("alg")),
        used("key-ops-verify", "key_ops with verify", a().raw("key_ops", r#"["verify"]"#)),
        used("key-ops-more", "key_ops with verify among others", a().raw("key_ops", r#"["sign", "verify"]"#)),
        used("key-unknown-member", "unknown members change nothing", a().raw("x5c", "[]").raw("exp", "1")),
        skipped("key-use-enc", "a key for encryption checks no signature", a().text("use", "enc")),
        skipped("key-ops-encrypt", "key_ops without verify", a().raw("key_ops", r#"["encrypt"]"#)),
        skipped("key-ops-empty", "key_ops without anything", a().raw("key_ops", "[]")),
        used("key-ops-text", "a restriction that can't be read restricts nothing", a().text("key_ops", "sign")),
        used("key-use-number", "the same of use", a().raw("use", "1")),
        used("key-alg-list", "and of alg", a().raw("alg", r#"["RS512"]"#)),
        used("key-odd-certificate", "an odd optional member costs no key", a().text("x5c", "MIIB").raw("x5t", "1")),
        accepts("key-unwieldy-member", "nor does one that is no text or number of ours")
            .keys_text(&key_set(&[a().raw("x", r#""\ud800""#).raw("y", "1e999")])),
        used("key-null-private", "a private member that is null is not there", a().raw("d", "null").raw("oth", "null")),
        skipped("key-alg-rs512", "a key for another algorithm", a().text("alg", "RS512")),
        skipped("key-alg-es256", "a key whose alg and kty disagree", a().text("alg", "ES256")),
        skipped("key-type-oct", "a key whose kty is not the algorithm's", a().text("kty", "oct")),
        skipped("key-type-missing", "kty is required (RFC 7517 section 4.1)", a().without("kty")),
        skipped(
            "key-private",
            "a private key that was published is not trusted",
            a().raw("d", &Key::A.private_exponent()),
        ),
        skipped("key-private-part", "even a part of one", a().raw("dp", &base64url(&[3, 1, 4]))),
    ]
}

fn rsa_numbers() -> Vec<Draft> {
    let a = || Key::A.jwk();
    vec![
        accepts("rsa-exponent-3", "the smallest exponent allowed").sealed(Seal::Rs256(Key::E3)).keys(&[Key::E3.jwk()]),
        refuses("rsa-1024", "kid", "a good signature by a key that is too small")
            .sealed(Seal::Rs256(Key::Small))
            .keys(&[Key::A.jwk(), Key::Small.jwk()]),
        refuses("rsa-8192", "signature", "8192 bits may be used: the key is tried, and does not fit")
            .keys(&[Key::B.jwk(), a().raw("n", &modulus(8192))]),
        skipped("rsa-8193", "one bit more is too large", a().raw("n", &modulus(8193))),
        skipped("rsa-2047", "one bit less than 2048 is too small", a().raw("n", &modulus(2047))),
        skipped("rsa-exponent-1", "exponent 1 would make every signature good", a().text("e", "AQ")),
        skipped("rsa-exponent-2", "an even exponent", a().text("e", "Ag")),
        skipped("rsa-exponent-0", "exponent zero", a().text("e", "AA")),
        refuses("rsa-exponent-33-bits", "signature", "2^33 − 1 may be used: the key is tried, and does not fit")
            .keys(&[Key::B.jwk(), a().text("e", "Af____8")]),
        skipped("rsa-exponent-34-bits", "2^33 + 1 is too large", a().text("e", "AgAAAAE")),
        used("rsa-exponent-leading-zeros", "zeros in front are tolerated", a().text("e", "AAEAAQ")),
        used(
            "rsa-modulus-leading-zero",
            "as some libraries write the sign byte of the modulus",
            a().raw("n", &leading_zero(Key::A)),
        ),
        skipped(
            "rsa-modulus-padded",
            "members are unpadded base64url",
            a().text("n", &format!("{}==", modulus_text(Key::A))),
        ),
        skipped("rsa-modulus-missing", "n is required", a().without("n")),
        skipped("rsa-exponent-number", "e is text", a().raw("e", "65537")),
    ]
}

fn ec_members() -> Vec<Draft> {
    let ec = |id, comment, key| {
        refuses(id, "kid", comment)
            .flow("backchannel")
            .sealed(Seal::Es256(Key::Ec))
            .without("at_hash")
            .keys(&[Key::A.jwk(), key])
    };
    vec![
        ec("ec-other-curve", "ES256 is P-256 only", Key::Ec.jwk().text("crv", "P-384")),
        ec(
            "ec-short-coordinate",
            "coordinates have 32 bytes, zeros in front included (RFC 7518 section 6.2.1.2)",
            Key::Ec.jwk().raw("x", &base64url(&[7; 31])),
        ),
        ec("ec-not-on-curve", "a point that is not on the curve", Key::Ec.jwk().raw("y", &base64url(&[7; 32]))),
        ec(
            "ec-private",
            "a private key that was published is not trusted",
            Key::Ec.jwk().raw("d", &base64url(&[7; 32])),
        ),
    ]
}

fn whole_sets() -> Vec<Draft> {
    let unusable = |id, comment, text: &str| misconfigured(id, "jwks", comment).keys_text(text);
    vec![
        accepts("jwks-bad-beside-good", "entries that are no keys at all are skipped").keys_text(&format!(
            r#"{{"keys":[1,null,"x",[],{{}},{{"kty":"OKP","crv":"Ed25519","kid":"x","x":"AA"}},{}]}}"#,
            Key::A.jwk().render()
        )),
        accepts("jwks-unknown-members", "members beside keys change nothing")
            .keys_text(&format!(r#"{{"x":1,"keys":[{}],"y":null}}"#, Key::A.jwk().render())),
        accepts("jwks-byte-order-mark", "a byte order mark is no part of a document")
            .keys_text(&format!("\u{feff}{}", key_set(&[Key::A.jwk()]))),
        accepts("jwks-kid-number", "a key whose kid can't be read has none, and is found by tokens without one")
            .header_without("kid")
            .keys(&[Key::A.jwk().raw("kid", "7")]),
        unusable(
            "jwks-doubled-keys",
            "keys twice: two readers could see two sets",
            &format!(r#"{{"keys":[],"keys":[{}]}}"#, Key::A.jwk().render()),
        ),
        accepts("jwks-64-keys", "64 keys are allowed").keys(&crowd(63)),
        misconfigured("jwks-65-keys", "jwks", "65 are not").keys(&crowd(64)),
        unusable("jwks-empty", "a set without keys", r#"{"keys":[]}"#),
        unusable("jwks-no-keys-member", "an object without keys", "{}"),
        unusable("jwks-array", "the bare array of keys", &format!("[{}]", Key::A.jwk().render())),
        unusable("jwks-single-key", "one key in the place of a set", &Key::A.jwk().render()),
        unusable("jwks-not-json", "an error page saved in its place", "<html>503</html>"),
        unusable("jwks-only-too-small", "no key of the set can be used", &key_set(&[Key::Small.jwk()])),
        unusable(
            "jwks-only-private",
            "no key of the set can be used",
            &key_set(&[Key::A.jwk().raw("d", &Key::A.private_exponent())]),
        ),
        unusable(
            "jwks-only-oct",
            "a shared secret is no key of ours",
            r#"{"keys":[{"kty":"oct","kid":"x","k":"AAAA"}]}"#,
        ),
        unusable(
            "jwks-only-other-algorithm",
            "no key fits RS256 or ES256",
            &key_set(&[Key::A.jwk().text("alg", "RS512")]),
        ),
    ]
}

/// Key A after this many small ones.
fn crowd(others: usize) -> Vec<Jwk> {
    let other = |number| Key::Ec.jwk().text("kid", &format!("other-{number}"));
    (0..others).map(other).chain([Key::A.jwk()]).collect()
}

/// An odd number of exactly this many bits.
fn modulus(bits: usize) -> String {
    let mut bytes = vec![0xa5; bits.div_ceil(8)];
    let top = (bits - 1) % 8;
    bytes[0] = 1 << top;
    base64url(&bytes)
}

fn modulus_text(key: Key) -> String {
    base64url(&key.modulus()).trim_matches('"').to_owned()
}

fn leading_zero(key: Key) -> String {
    base64url(&[&[0], &key.modulus()[..]].concat())
}
