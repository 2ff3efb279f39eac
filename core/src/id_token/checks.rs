//! The claims, in the order they are judged. The first that is wrong is the one that is told.

use std::time::Duration;

use aws_lc_rs::{constant_time, digest};
use base64_simd::URL_SAFE_NO_PAD;

use super::{
    Check, Expect, Flow, IdTokenClaims,
    json::{Json, Places, object},
};
use crate::error::{Error, Result};

/// Judges the payload of a token whose signature is good.
pub(super) fn check_claims(check: Check<'_>) -> Result<IdTokenClaims> {
    let Check { verifier, expect, msn, token, now } = check;
    let payload = String::from_utf8(token.into_payload()).map_err(|_| not_an_object())?;
    let claims: Claims<'_> = object(&payload).ok_or_else(not_an_object)?;
    claims.check_iss(&verifier.issuer)?;
    let (issued_at, expires_at) = claims.check_times(now, verifier.leeway)?;
    let sub = claims.check_sub()?;
    claims.check_nonce(expect)?;
    claims.check_msn(msn.as_str())?;
    claims.check_aud(expect.client_id.as_deref())?;
    claims.check_at_hash(expect.access_token.as_deref())?;
    claims.check_acr(expect.acr.as_deref())?;
    claims.check_auth_req_id(expect)?;
    Ok(IdTokenClaims { payload, sub, msn: msn.clone(), issued_at, expires_at })
}

/// The claims that are judged, as they stand in the payload.
#[derive(Default)]
struct Claims<'a> {
    iss: Option<Json<'a>>,
    exp: Option<Json<'a>>,
    iat: Option<Json<'a>>,
    nbf: Option<Json<'a>>,
    sub: Option<Json<'a>>,
    nonce: Option<Json<'a>>,
    msn: Option<Json<'a>>,
    aud: Option<Json<'a>>,
    azp: Option<Json<'a>>,
    at_hash: Option<Json<'a>>,
    acr: Option<Json<'a>>,
    /// Vipps' documents use two names, the CIBA standard (section 7.3.1) a third.
    auth_req_ids: [Option<Json<'a>>; 3],
}

impl<'a> Places<'a> for Claims<'a> {
    fn place(&mut self, name: &str) -> Option<&mut Option<Json<'a>>> {
        Some(match name {
            "iss" => &mut self.iss,
            "exp" => &mut self.exp,
            "iat" => &mut self.iat,
            "nbf" => &mut self.nbf,
            "sub" => &mut self.sub,
            "nonce" => &mut self.nonce,
            "msn" => &mut self.msn,
            "aud" => &mut self.aud,
            "azp" => &mut self.azp,
            "at_hash" => &mut self.at_hash,
            "acr" => &mut self.acr,
            "auth_req_id" => &mut self.auth_req_ids[0],
            "authReqId" => &mut self.auth_req_ids[1],
            "urn:openid:params:jwt:claim:auth_req_id" => &mut self.auth_req_ids[2],
            _ => return None,
        })
    }
}

/// No ID token of this service lives longer; milliseconds by mistake must not live for ever.
const LONGEST_LIFE: f64 = 24.0 * 60.0 * 60.0;

/// OpenID Connect Core section 2.
const MAX_SUB: usize = 255;

impl Claims<'_> {
    fn check_iss(&self, issuer: &str) -> Result<()> {
        ensure(self.iss.is_some_and(|iss| iss.is_text(issuer)), "iss", "the token is another issuer's")
    }

    fn check_times(&self, now: Duration, leeway: Duration) -> Result<(Duration, Duration)> {
        let (now, leeway) = (now.as_secs_f64(), leeway.as_secs_f64());
        let expires_at = required_time("exp", self.exp)?;
        ensure(now - leeway < expires_at, "exp", "the token has expired")?;
        let issued_at = required_time("iat", self.iat)?;
        ensure(issued_at <= now + leeway, "iat", "the token was issued in the future")?;
        ensure(expires_at - issued_at <= LONGEST_LIFE, "exp", "the token is valid for more than 24 hours")?;
        let not_before = self.nbf.map(|nbf| time("nbf", nbf)).transpose()?;
        ensure(not_before.is_none_or(|from| from <= now + leeway), "nbf", "the token is not valid yet")?;
        Ok((since_epoch(issued_at), since_epoch(expires_at)))
    }

    fn check_sub(&self) -> Result<String> {
        // Characters, not bytes; but no more bytes than that is no more characters either.
        let fits = |sub: &str| !sub.is_empty() && (sub.len() <= MAX_SUB || sub.chars().count() <= MAX_SUB);
        let sub = self.sub.and_then(Json::text).filter(|sub| fits(sub));
        sub.map(String::from).ok_or_else(|| wrong("sub", "is not a string of 1 to 255 characters"))
    }

    fn check_nonce(&self, expect: &Expect) -> Result<()> {
        let good = match (&expect.nonce, self.nonce) {
            (Some(_), None) => expect.flow != Flow::Browser,
            (Some(sent), Some(nonce)) => is_secretly(nonce, sent),
            (None, nonce) => nonce.is_none_or(|nonce| nonce.is_text("")),
        };
        ensure(good, "nonce", "is not the one that was sent")
    }

    fn check_msn(&self, expected: &str) -> Result<()> {
        let msn = self.msn.ok_or_else(|| wrong("msn", "is missing"))?;
        let good = msn.is_text(expected) || msn.digits() == Some(expected);
        ensure(good, "msn", "the token is for another merchant")
    }

    fn check_aud(&self, client_id: Option<&str>) -> Result<()> {
        let malformed = || wrong("aud", "is not a string or a list of them");
        let aud = self.aud.ok_or_else(malformed)?;
        // One audience is the common case; it needs no list of its own.
        let list = if aud.text().is_some() { None } else { Some(audiences(aud).ok_or_else(malformed)?) };
        let audiences = list.as_deref().unwrap_or(std::slice::from_ref(&aud));
        let for_client = client_id.is_none_or(|client_id| audiences.iter().any(|aud| aud.is_text(client_id)));
        ensure(for_client, "aud", "the token is for another client")?;
        let azp = self.azp.map(|azp| azp.text().ok_or_else(|| wrong("azp", "is not a string"))).transpose()?;
        let Some(client_id) = client_id else { return Ok(()) };
        let good = azp.map_or(audiences.len() == 1, |azp| azp == client_id);
        ensure(good, "azp", "the token was made for another client")
    }

    /// OpenID Connect Core section 3.1.3.6: the left half of the hash of the token's algorithm, SHA-256 for both of ours.
    fn check_at_hash(&self, access_token: Option<&str>) -> Result<()> {
        let (Some(at_hash), Some(access_token)) = (self.at_hash, access_token) else {
            return Ok(());
        };
        let hash = digest::digest(&digest::SHA256, access_token.as_bytes());
        let half = URL_SAFE_NO_PAD.encode_to_string(&hash.as_ref()[..16]);
        ensure(is_secretly(at_hash, &half), "at_hash", "is not of the access token")
    }

    fn check_acr(&self, asked: Option<&str>) -> Result<()> {
        let good = asked.is_none_or(|asked| self.acr.is_some_and(|acr| acr.is_text(asked)));
        ensure(good, "acr", "is not what was asked for")
    }

    fn check_auth_req_id(&self, expect: &Expect) -> Result<()> {
        let Some(expected) = expect.auth_req_id.as_deref() else { return Ok(()) };
        let mut present = self.auth_req_ids.iter().flatten().peekable();
        let required = expect.flow == Flow::BackchannelRedirect;
        ensure(!required || present.peek().is_some(), "auth_req_id", "is missing")?;
        ensure(present.all(|id| is_secretly(*id, expected)), "auth_req_id", "is of another request")
    }
}

/// A token that passed its checks is about as old as the clock says; before the epoch there is only a test's clock.
fn since_epoch(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

fn audiences(aud: Json<'_>) -> Option<Vec<Json<'_>>> {
    aud.array().filter(|members| !members.is_empty() && members.iter().all(|member| member.text().is_some()))
}

fn required_time(claim: &'static str, value: Option<Json<'_>>) -> Result<f64> {
    time(claim, value.ok_or_else(|| wrong(claim, "is missing"))?)
}

fn time(claim: &'static str, value: Json<'_>) -> Result<f64> {
    value.number().ok_or_else(|| wrong(claim, "is not a time"))
}

/// Compared in constant time: the expected value may be unknown to whoever made the token.
fn is_secretly(value: Json<'_>, expected: &str) -> bool {
    let equals = |text: &str| constant_time::verify_slices_are_equal(text.as_bytes(), expected.as_bytes()).is_ok();
    value.text().is_some_and(|text| equals(&text))
}

fn ensure(good: bool, claim: &'static str, detail: &'static str) -> Result<()> {
    if good { Ok(()) } else { Err(wrong(claim, detail)) }
}

fn wrong(claim: &'static str, detail: &'static str) -> Error {
    Error::invalid_id_token(claim, detail)
}

fn not_an_object() -> Error {
    wrong("form", "the payload is not a json object with distinct members")
}
