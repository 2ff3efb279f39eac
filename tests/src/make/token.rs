//! Puts a compact JWS together, also one that no sane issuer would send.

use std::{
    collections::HashMap,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use aws_lc_rs::{
    hmac,
    signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use serde_json::Value;

use super::keys::{Key, PUBLIC_PEM};

/// What is signed, how it is spelled, and by whom.
pub(super) struct Token {
    pub(super) header: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) spell_header: Spelling,
    pub(super) spell_payload: Spelling,
    pub(super) seal: Seal,
    pub(super) tamper: Option<Tamper>,
}

/// How bytes become a part of the token; the usual way is base64url.
pub(super) type Spelling = fn(&[u8]) -> String;

/// What happens to the token after it was signed.
pub(super) type Tamper = fn(&str) -> String;

/// How the third part is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seal {
    Rs256(Key),
    Rs512(Key),
    Ps256(Key),
    Es256(Key),
    /// HMAC-SHA-256 whose secret is the public key: the classic confusion of algorithms.
    Hs256WithPublicKey,
    Empty,
}

impl Token {
    pub(super) fn compact(&self, signer: &mut Signer) -> String {
        let input = format!("{}.{}", (self.spell_header)(&self.header), (self.spell_payload)(&self.payload));
        let jwt = format!("{input}.{}", URL_SAFE_NO_PAD.encode(signer.sign(self.seal, &input)));
        self.tamper.map_or(jwt.clone(), |tamper| tamper(&jwt))
    }
}

/// Strict, unpadded base64url.
pub(super) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs, and takes a randomised signature from the last run where it is still good.
#[derive(Default)]
pub(super) struct Signer(HashMap<String, Vec<u8>>);

impl Signer {
    /// `file` need not exist yet.
    pub(super) fn with_signatures_of(file: &Path) -> Self {
        let Ok(text) = fs::read_to_string(file) else { return Self(HashMap::new()) };
        let file: Value = serde_json::from_str(&text).expect("the file of the last run");
        let mut signer = Self(HashMap::new());
        signer.remember(&file);
        signer
    }

    fn remember(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.remember(item)),
            Value::Object(members) => {
                members.values().for_each(|member| self.remember(member));
                self.remember_token(members.get("jwt").and_then(Value::as_str).unwrap_or_default());
            }
            _ => {}
        }
    }

    fn remember_token(&mut self, jwt: &str) {
        let Some((input, signature)) = jwt.rsplit_once('.') else { return };
        // The first token over the same input is the one that was not tampered with.
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        self.0.entry(input.to_owned()).or_insert(signature);
    }

    fn sign(&mut self, seal: Seal, input: &str) -> Vec<u8> {
        let bytes = input.as_bytes();
        match seal {
            Seal::Rs256(key @ Key::Small) => self.kept(input, |s| key.verifies_small(bytes, s), || openssl(key, bytes)),
            Seal::Rs256(key) => key.sign_rsa(&RSA_PKCS1_SHA256, bytes),
            Seal::Rs512(key) => key.sign_rsa(&RSA_PKCS1_SHA512, bytes),
            Seal::Ps256(key) => {
                self.kept(input, |s| key.verifies_pss(bytes, s), || key.sign_rsa(&RSA_PSS_SHA256, bytes))
            }
            Seal::Es256(key) => self.kept(input, |s| key.verifies_ecdsa(bytes, s), || key.sign_ecdsa(bytes)),
            Seal::Hs256WithPublicKey => hmac_of(bytes),
            Seal::Empty => Vec::new(),
        }
    }

    fn kept(&mut self, input: &str, is_good: impl Fn(&[u8]) -> bool, sign: impl Fn() -> Vec<u8>) -> Vec<u8> {
        if let Some(signature) = self.0.get(input).filter(|signature| is_good(signature)) {
            return signature.clone();
        }
        let signature = sign();
        self.0.insert(input.to_owned(), signature.clone());
        signature
    }
}

fn hmac_of(bytes: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, PUBLIC_PEM.as_bytes()), bytes).as_ref().to_vec()
}

/// aws-lc-rs rightly refuses to sign with 1024 bits; this runs only when such a token was changed.
fn openssl(key: Key, bytes: &[u8]) -> Vec<u8> {
    let path = std::env::temp_dir().join(format!("make-vectors-{}.pem", std::process::id()));
    fs::write(&path, key.pem()).expect("a temporary file");
    let mut openssl = Command::new("openssl")
        .args(["dgst", "-sha256", "-sign"])
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl, to sign with a key that is too small");
    openssl.stdin.take().expect("a pipe").write_all(bytes).expect("openssl reads");
    let output = openssl.wait_with_output().expect("openssl ends");
    fs::remove_file(&path).expect("the temporary file");
    output.stdout
}
