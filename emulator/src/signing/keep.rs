//! Keys that outlive a start: a small JSON file.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::keys::{Generation, KeptPair};
use crate::{choices::RsaBits, random};

/// What a start takes from the file: the seed of all keys that are invented, and those that sign ID tokens.
pub(crate) struct Kept {
    pub(crate) seed: String,
    pub(crate) signing: Generation,
}

/// The file. Its keys are invented and guard nothing, but nobody else need read them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    seed: String,
    /// PKCS #8 in base64, as is the next.
    rsa: String,
    ec: String,
}

/// Reads the file, or makes it when it is not there.
pub(crate) fn load_or_make(path: &Path, bits: RsaBits) -> io::Result<Kept> {
    match std::fs::read(path) {
        Ok(text) => load(&text, bits).map_err(|why| refused(io::ErrorKind::InvalidInput, why)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path, bits),
        Err(error) => Err(refused(error.kind(), &error.to_string())),
    }
}

fn load(text: &[u8], bits: RsaBits) -> Result<Kept, &'static str> {
    let file: File = serde_json::from_slice(text).map_err(|_| "is not a file that vipps-emulator made")?;
    let decode = |text: &str| STANDARD.decode(text).map_err(|_| "is not a file that vipps-emulator made");
    let pair = KeptPair { rsa: decode(&file.rsa)?, ec: decode(&file.ec)? };
    let signing = Generation::kept(&pair, &file.seed, bits)?;
    Ok(Kept { seed: file.seed, signing })
}

fn make(path: &Path, bits: RsaBits) -> io::Result<Kept> {
    let pair = Generation::generate(bits).to_kept();
    let file = File { seed: random::hex32(), rsa: STANDARD.encode(&pair.rsa), ec: STANDARD.encode(&pair.ec) };
    let text = serde_json::to_vec_pretty(&file)?;
    write(path, &text).map_err(|error| refused(error.kind(), &error.to_string()))?;
    load(&text, bits).map_err(|why| refused(io::ErrorKind::InvalidData, why))
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text)
}

fn refused(kind: io::ErrorKind, why: &str) -> io::Error {
    io::Error::new(kind, format!("keys_file: {why}"))
}
