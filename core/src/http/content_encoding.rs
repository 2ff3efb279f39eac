//! Replies that come compressed. Nobody asks for it, yet RFC 9110 section 12.5.3 lets a server do it, and some gateways do.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_LENGTH},
};

/// Why a body can't be unpacked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Undecodable {
    /// It is larger than the limit, unpacked.
    TooLarge,
    /// It is not what its header says.
    Malformed,
    /// An encoding that this library does not know, by its name if that is a usual one.
    Unknown(&'static str),
}

/// The body as it was before a gateway compressed it, at most `limit` bytes of it, with headers that fit.
pub(super) fn decode(headers: &mut HeaderMap, body: Bytes, limit: usize) -> Result<Bytes, Undecodable> {
    let Some(encoding) = headers.get(CONTENT_ENCODING) else { return Ok(body) };
    let encoding = String::from_utf8_lossy(encoding.as_bytes()).trim().to_ascii_lowercase();
    if body.is_empty() || encoding.is_empty() || encoding == "identity" {
        return Ok(body);
    }
    let is_single = headers.get_all(CONTENT_ENCODING).iter().count() == 1;
    let plain = match encoding.as_str() {
        "gzip" | "x-gzip" if is_single => read(MultiGzDecoder::new(&*body), limit)?,
        "deflate" if is_single => inflate(&body, limit)?,
        // The text is never repeated: it may hold anything.
        "br" => return Err(Undecodable::Unknown("br")),
        "zstd" => return Err(Undecodable::Unknown("zstd")),
        "compress" | "x-compress" => return Err(Undecodable::Unknown("compress")),
        _ => return Err(Undecodable::Unknown("something unknown")),
    };
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    Ok(plain)
}

/// `deflate` means the zlib format (RFC 9110 section 8.4.1.2), but some servers leave its frame away.
fn inflate(body: &[u8], limit: usize) -> Result<Bytes, Undecodable> {
    match read(ZlibDecoder::new(body), limit) {
        Err(Undecodable::Malformed) => read(DeflateDecoder::new(body), limit),
        outcome => outcome,
    }
}

/// Never unpacks more than one byte beyond the limit, whatever a few bytes would grow to.
fn read(decoder: impl Read, limit: usize) -> Result<Bytes, Undecodable> {
    let mut plain = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let outcome: io::Result<usize> = decoder.take(most).read_to_end(&mut plain);
    outcome.map_err(|_| Undecodable::Malformed)?;
    if plain.len() > limit {
        return Err(Undecodable::TooLarge);
    }
    Ok(plain.into())
}
