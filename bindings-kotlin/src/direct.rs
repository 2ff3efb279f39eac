//! The check of ID tokens in one plain call, for the JVM.
//!
//! What is generated for the JVM carries structures, and makes five native calls of one: many times the check itself. Here
//! one array goes back and forth, with the claims of a good token or the error of a refused one. Where there is neither,
//! because keys must be fetched first, the generated call is made.

use std::{
    collections::HashMap,
    fmt,
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    slice, str,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::UNIX_EPOCH,
};

use serde_json::Value;
use uniffi::Lower;
use vipps_partner_auth::{Expect, IdTokenClaims};

use crate::{
    UniFfiTag,
    error::{AuthError, ErrorParts},
};

type Check = dyn Fn(&str, &Expect) -> Option<vipps_partner_auth::Result<IdTokenClaims>> + Send + Sync;

/// A check that the other side knows by a number, until this is dropped.
pub(crate) struct Registration(i64);

impl Registration {
    pub(crate) fn new(
        check: impl Fn(&str, &Expect) -> Option<vipps_partner_auth::Result<IdTokenClaims>> + Send + Sync + 'static,
    ) -> Self {
        static NEXT: AtomicI64 = AtomicI64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        checks().write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::new(check));
        Self(id)
    }

    pub(crate) fn id(&self) -> i64 {
        self.0
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        checks().write().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registration").field(&self.0).finish()
    }
}

/// Checks the token in `buffer` and writes there what came of it: its claims, and returns how many bytes those are; or
/// the error, and returns that number below zero. Returns 0 when the generated call has to say it.
///
/// In: the token, and then name and value of each expectation, each text as its length (32 bits, big end first) and UTF-8.
///
/// Out: `iat` and `exp`, each as seconds (64 bits) and nanoseconds (32 bits), then `sub`, `msn` and all claims as JSON, written as
/// texts are read; or `ErrorParts` as the generated code writes and reads them.
///
/// # Safety
///
/// `buffer` points to `capacity` bytes that nobody else uses until this returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vipps_partner_auth_verify(check: i64, buffer: *mut u8, length: i32, capacity: i32) -> i32 {
    let (Ok(length), Ok(capacity)) = (usize::try_from(length), usize::try_from(capacity)) else { return 0 };
    if buffer.is_null() || length > capacity {
        return 0;
    }
    // SAFETY: the caller says that these bytes are there and ours alone.
    let buffer = unsafe { slice::from_raw_parts_mut(buffer, capacity) };
    let outcome = catch_unwind(AssertUnwindSafe(|| verified(check, &buffer[..length]))).ok().flatten();
    let written = match outcome {
        Some(Ok(claims)) => write(&claims, buffer),
        Some(Err(error)) => write_error(error, buffer).map(|length| -length),
        None => Ok(0),
    };
    written.unwrap_or(0)
}

fn verified(check: i64, input: &[u8]) -> Option<vipps_partner_auth::Result<IdTokenClaims>> {
    let check = checks().read().unwrap_or_else(PoisonError::into_inner).get(&check)?.clone();
    let mut texts = Texts(input);
    let jwt = texts.next().ok()?;
    let mut expected = Vec::new();
    while !texts.is_at_end() {
        let name = texts.next().ok()?.to_owned();
        expected.push((name, Value::from(texts.next().ok()?)));
    }
    check(jwt, &Expect::read(expected).ok()?)
}

/// Reads texts one after the other, as our other half wrote them.
struct Texts<'a>(&'a [u8]);

impl<'a> Texts<'a> {
    fn next(&mut self) -> io::Result<&'a str> {
        let length = i32::from_be_bytes(*self.0.split_off(..4).and_then(|bytes| bytes.first_chunk()).ok_or_else(cut)?);
        let length = usize::try_from(length).map_err(io::Error::other)?;
        let text = self.0.split_off(..length).ok_or_else(cut)?;
        str::from_utf8(text).map_err(io::Error::other)
    }

    fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

fn cut() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

/// Returns how many bytes it took.
fn write(claims: &IdTokenClaims, into: &mut [u8]) -> io::Result<i32> {
    let capacity = into.len();
    let mut left = into;
    for moment in [claims.issued_at(), claims.expires_at()] {
        let since = moment.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
        left.write_all(&since.as_secs().to_be_bytes())?;
        left.write_all(&since.subsec_nanos().to_be_bytes())?;
    }
    for text in [claims.sub(), claims.msn().as_str(), claims.json()] {
        left.write_all(&i32::try_from(text.len()).map_err(io::Error::other)?.to_be_bytes())?;
        left.write_all(text.as_bytes())?;
    }
    i32::try_from(capacity - left.len()).map_err(io::Error::other)
}

/// Returns how many bytes it took.
fn write_error(error: vipps_partner_auth::Error, into: &mut [u8]) -> io::Result<i32> {
    let AuthError::Failed { parts } = error.into() else { return Ok(0) };
    let mut bytes = Vec::new();
    <ErrorParts as Lower<UniFfiTag>>::write(parts, &mut bytes);
    into.get_mut(..bytes.len()).ok_or_else(cut)?.copy_from_slice(&bytes);
    i32::try_from(bytes.len()).map_err(io::Error::other)
}

fn checks() -> &'static RwLock<HashMap<i64, Arc<Check>>> {
    static CHECKS: OnceLock<RwLock<HashMap<i64, Arc<Check>>>> = OnceLock::new();
    CHECKS.get_or_init(RwLock::default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(texts: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for text in texts {
            bytes.extend(i32::try_from(text.len()).unwrap_or(-1).to_be_bytes());
            bytes.extend(text.bytes());
        }
        bytes
    }

    fn call(check: i64, mut buffer: Vec<u8>, length: i32) -> i32 {
        let capacity = i32::try_from(buffer.len()).unwrap_or(0);
        // SAFETY: the buffer is this function's own and as long as it says.
        unsafe { vipps_partner_auth_verify(check, buffer.as_mut_ptr(), length, capacity) }
    }

    #[test]
    fn texts_are_read_as_they_were_written() {
        let bytes = input(&["ø", ""]);
        let mut texts = Texts(&bytes);
        assert_eq!([texts.next().ok(), texts.next().ok()], [Some("ø"), Some("")]);
        assert!(texts.is_at_end() && texts.next().is_err());
        assert!(Texts(&[0, 0, 0, 2, b'a']).next().is_err());
        assert!(Texts(&(-1_i32).to_be_bytes()).next().is_err());
        assert!(Texts(&[0, 0, 0, 1, 0xff]).next().is_err());
    }

    #[test]
    fn a_check_that_panics_says_nothing() {
        let check = Registration::new(|_, _| panic!("the check"));
        let bytes = input(&["a.b.c", "msn", "123456"]);
        let length = i32::try_from(bytes.len()).unwrap_or(0);
        assert_eq!(call(check.id(), bytes, length), 0);
    }

    #[test]
    fn a_refusal_is_told_below_zero() {
        let refusal = || "0".parse::<vipps_partner_auth::Msn>().map(|_| unreachable!());
        let check = Registration::new(move |_, _| Some(refusal()));
        let mut bytes = input(&["a.b.c", "msn", "123456"]);
        let length = i32::try_from(bytes.len()).unwrap_or(0);
        assert_eq!(call(check.id(), bytes.clone(), length), 0, "there is no room for it");
        bytes.resize(1_000, 0);
        assert!(call(check.id(), bytes, length) < 0);
    }

    #[test]
    fn a_number_is_good_until_its_owner_goes() {
        let check = Registration::new(|_, _| None);
        let id = check.id();
        assert!(checks().read().is_ok_and(|checks| checks.contains_key(&id)));
        drop(check);
        assert!(checks().read().is_ok_and(|checks| !checks.contains_key(&id)));
    }

    #[test]
    fn expectations_are_read_by_name() {
        // Kept, since a check that panics says as little as wrong input.
        let seen = Arc::<RwLock<Vec<String>>>::default();
        let kept = seen.clone();
        let check = Registration::new(move |_, expect| {
            kept.write().unwrap_or_else(PoisonError::into_inner).push(format!("{expect:?}"));
            Some("0".parse::<vipps_partner_auth::Msn>().map(|_| unreachable!()))
        });
        let told = |texts: &[&str]| {
            let mut bytes = input(texts);
            let length = i32::try_from(bytes.len()).unwrap_or(0);
            bytes.resize(1_000, 0);
            call(check.id(), bytes, length) != 0
        };
        assert!(told(&["a.b.c", "flow", "backchannel", "msn", "123456"]));
        for wrong in [&["a.b.c", "mns", "123456"][..], &["a.b.c", "msn", "1"], &["a.b.c", "msn"]] {
            assert!(!told(wrong), "{wrong:?}");
        }
        let seen = seen.read().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(*seen, ["Expect { msn: Some(Msn(123456)), flow: Some(Backchannel), .. }"]);
    }

    #[test]
    fn input_that_makes_no_sense_says_nothing() {
        let check = Registration::new(|_, _| None);
        for (length, bytes) in [(-1, vec![0; 8]), (9, vec![0; 8]), (8, vec![0xff; 8]), (0, Vec::new())] {
            assert_eq!(call(check.id(), bytes, length), 0);
        }
        // SAFETY: nothing is there, and it says so.
        assert_eq!(unsafe { vipps_partner_auth_verify(check.id(), std::ptr::null_mut(), 0, 0) }, 0);
    }
}
