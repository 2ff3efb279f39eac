//! Public RSA keys of sizes and exponents that can't be made quickly, or not at all, each with one token it signed.
//! Made once with OpenSSL; the private halves are gone.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub(crate) struct Premade {
    name: String,
    pub(crate) jwk: Value,
    /// Good at [`super::NOW`] for [`super::expect`].
    pub(crate) jwt: String,
}

/// The key of this name: its bits, and its exponent where that is not 65537 (`e3` is 3, `e33` and `e34` are primes of
/// 33 and 34 bits).
pub(crate) fn premade(name: &str) -> Premade {
    let all: Vec<Premade> = serde_json::from_str(include_str!("premade.json")).expect("the premade keys");
    all.into_iter().find(|key| key.name == name).expect("a key of this name")
}
