//! Invented ids and secrets in the shapes that Vipps uses. They guard nothing, so a fast generator will do.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// A version 4 UUID, the shape of a `client_id` and of most ids.
pub(crate) fn uuid() -> String {
    let bits = (fastrand::u128(..) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    uuid_of(bits)
}

/// Writes 128 bits in the grouping of a UUID.
pub(crate) fn uuid_of(bits: u128) -> String {
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// 32 hex digits, the shape of a subscription key.
pub(crate) fn hex32() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Padded base64, the shape of a `client_secret`; always with a `+`, so that a wrong encoding shows.
pub(crate) fn secret() -> String {
    let bytes = fastrand::u128(..).to_be_bytes();
    format!("+{}", &STANDARD.encode(bytes)[1..])
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
