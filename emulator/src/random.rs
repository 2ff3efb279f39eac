//! Invented ids and secrets in the shapes that Vipps uses. They guard nothing, so a fast generator will do.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// A number that is always the same for the same seed and label.
pub(crate) fn derived(seed: &str, label: &str) -> u128 {
    let hash = digest(&SHA256, format!("{label}\n{seed}").as_bytes());
    hash.as_ref().iter().take(16).fold(0, |bits: u128, byte| bits << 8 | u128::from(*byte))
}

/// A version 4 UUID, the shape of a `client_id` and of most ids.
pub(crate) fn uuid() -> String {
    uuid_from(fastrand::u128(..))
}

/// The same, of given bits.
pub(crate) fn uuid_from(bits: u128) -> String {
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    uuid_of(bits)
}

/// Writes 128 bits in the grouping of a UUID.
pub(crate) fn uuid_of(bits: u128) -> String {
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// 32 hex digits, the shape of a subscription key.
pub(crate) fn hex32() -> String {
    hex32_from(fastrand::u128(..))
}

/// The same, of given bits.
pub(crate) fn hex32_from(bits: u128) -> String {
    format!("{bits:032x}")
}

/// Padded base64, the shape of a `client_secret`; always with a `+`, so that a wrong encoding shows.
pub(crate) fn secret() -> String {
    secret_from(fastrand::u128(..))
}

/// The same, of given bits.
pub(crate) fn secret_from(bits: u128) -> String {
    format!("+{}", &STANDARD.encode(bits.to_be_bytes())[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_shapes_of_the_service() {
        let id = uuid();
        assert_eq!((id.len(), &id[14..15]), (36, "4"));
        assert!("89ab".contains(&id[19..20]), "{id}");
        assert_eq!(uuid_of(0x0c), "00000000-0000-0000-0000-00000000000c");
        assert_eq!(hex32().len(), 32);
        assert!(secret().starts_with('+') && secret().ends_with("=="));
    }
}
