//! The claims, in the order they are judged. The first that is wrong is the one that is told.

use std::{borrow::Cow, time::Duration};

use aws_lc_rs::{constant_time, digest};
use base64_simd::URL_SAFE_NO_PAD;

use super::{Check, Expect, Flow, IdTokenClaims, compact::check_not_null};
use crate::{
    error::{Error, Result},
    json::{Json, Places, object, readable},
};

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
    Ok(IdTokenClaims { json: readable(payload), sub, msn: msn.clone(), issued_at, expires_at })
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
        check_not_null("iss", self.iss)?;
        ensure(self.iss.is_some_and(|iss| iss.is_text(issuer)), "iss", "the token is of another issuer")
    }

    fn check_times(&self, now: Duration, leeway: Duration) -> Result<(Duration, Duration)> {
        let now = now.as_secs_f64();
        let leeway = leeway.as_secs_f64();
        let expires_at = required_time("exp", self.exp)?;
        if now - leeway >= expires_at {
            return Err(too_late(now - expires_at));
        }
        let issued_at = required_time("iat", self.iat)?;
        if issued_at > now + leeway {
            return Err(too_early("iat", "the token was issued in the future", issued_at - now));
        }
        ensure(expires_at - issued_at <= LONGEST_LIFE, "exp", "the token is valid for more than 24 hours")?;
        match self.nbf.map(|nbf| time("nbf", nbf)).transpose()? {
            Some(from) if from > now + leeway => Err(too_early("nbf", "the token is not valid yet", from - now)),
            _ => Ok((since_epoch(issued_at), since_epoch(expires_at))),
        }
    }

    fn check_sub(&self) -> Result<String> {
        check_not_null("sub", self.sub)?;
        // Characters, not bytes; but no more bytes than that is no more characters either.
        let fits = |sub: &str| !sub.is_empty() && (sub.len() <= MAX_SUB || sub.chars().count() <= MAX_SUB);
        let sub = self.sub.and_then(Json::text).filter(|sub| fits(sub));
        sub.map(String::from).ok_or_else(|| wrong("sub", "the sub of the token is not a string of 1 to 255 characters"))
    }

    fn check_nonce(&self, expect: &Expect) -> Result<()> {
        check_not_null("nonce", self.nonce)?;
        let good = match (&expect.nonce, self.nonce) {
            (Some(_), None) => expect.flow_or_default() != Flow::Browser,
            (Some(sent), Some(nonce)) => is_secretly(nonce, sent),
            (None, nonce) => nonce.is_none_or(|nonce| nonce.is_text("")),
        };
        ensure(good, "nonce", "the nonce of the token is not the one that was sent")
    }

    fn check_msn(&self, expected: &str) -> Result<()> {
        check_not_null("msn", self.msn)?;
        let msn = self.msn.ok_or_else(|| wrong("msn", "the token has no msn"))?;
        let good = msn.is_text(expected) || msn.digits() == Some(expected);
        ensure(good, "msn", "the token is for another merchant")
    }

    fn check_aud(&self, client_id: Option<&str>) -> Result<()> {
        check_not_null("aud", self.aud)?;
        let malformed = || wrong("aud", "the aud of the token is not a string or a list of them");
        let aud = self.aud.ok_or_else(malformed)?;
        // One audience is the common case; it needs no list of its own.
        let list = if aud.text().is_some() { None } else { Some(audiences(aud).ok_or_else(malformed)?) };
        let audiences = list.as_deref().unwrap_or(std::slice::from_ref(&aud));
        let for_client = client_id.is_none_or(|client_id| audiences.iter().any(|aud| aud.is_text(client_id)));
        ensure(for_client, "aud", "the token is for another client")?;
        check_not_null("azp", self.azp)?;
        let not_a_string = || wrong("azp", "the azp of the token is not a string");
        let azp = self.azp.map(|azp| azp.text().ok_or_else(not_a_string)).transpose()?;
        let Some(client_id) = client_id else { return Ok(()) };
        let good = azp.map_or(audiences.len() == 1, |azp| azp == client_id);
        ensure(good, "azp", "the token was made for another client")
    }

    /// OpenID Connect Core section 3.1.3.6: the left half of the hash of the token's algorithm, SHA-256 for both of ours.
    fn check_at_hash(&self, access_token: Option<&str>) -> Result<()> {
        let (Some(at_hash), Some(access_token)) = (self.at_hash, access_token) else {
            return Ok(());
        };
        check_not_null("at_hash", self.at_hash)?;
        let hash = digest::digest(&digest::SHA256, access_token.as_bytes());
        let half = URL_SAFE_NO_PAD.encode_to_string(&hash.as_ref()[..16]);
        ensure(is_secretly(at_hash, &half), "at_hash", "the at_hash of the token is not of the access token")
    }

    fn check_acr(&self, asked: Option<&str>) -> Result<()> {
        let Some(asked) = asked else { return Ok(()) };
        check_not_null("acr", self.acr)?;
        ensure(self.acr.is_some_and(|acr| acr.is_text(asked)), "acr", "the acr of the token is not what was asked for")
    }

    fn check_auth_req_id(&self, expect: &Expect) -> Result<()> {
        let Some(expected) = expect.auth_req_id.as_deref() else { return Ok(()) };
        let required = expect.flow_or_default() == Flow::BackchannelRedirect;
        let mut present = self.auth_req_ids.iter().flatten().copied().peekable();
        ensure(!required || present.peek().is_some(), "auth_req_id", "the token has no auth_req_id")?;
        present.try_for_each(|id| {
            check_not_null("auth_req_id", Some(id))?;
            ensure(is_secretly(id, expected), "auth_req_id", "the auth_req_id of the token is of another request")
        })
    }
}

/// By how much a clock may be wrong before a token is likelier to be: a day, such as by a wrong date or time zone.
const LARGEST_CLOCK_ERROR: f64 = 24.0 * 60.0 * 60.0;

fn too_late(by: f64) -> Error {
    let error = wrong("exp", "the token has expired");
    if by > LARGEST_CLOCK_ERROR {
        return error;
    }
    let seconds = by.ceil();
    error.with_hint(format!("the token is old, or this machine's clock is at least {seconds} s ahead of the issuer's"))
}

fn too_early(claim: &'static str, detail: &'static str, by: f64) -> Error {
    let error = wrong(claim, detail);
    if by > LARGEST_CLOCK_ERROR {
        return error;
    }
    let seconds = by.ceil();
    error.with_hint(format!("this machine's clock may be wrong: it is at least {seconds} s behind the issuer's"))
}

/// A token that passed its checks is about as old as the clock says; before the epoch there is only a test's clock.
fn since_epoch(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

fn audiences(aud: Json<'_>) -> Option<Vec<Json<'_>>> {
    aud.array().filter(|members| !members.is_empty() && members.iter().all(|member| member.text().is_some()))
}

fn required_time(claim: &'static str, value: Option<Json<'_>>) -> Result<f64> {
    time(claim, value.ok_or_else(|| wrong(claim, format!("the token has no {claim}")))?)
}

fn time(claim: &'static str, value: Json<'_>) -> Result<f64> {
    check_not_null(claim, Some(value))?;
    value.number().ok_or_else(|| wrong(claim, format!("the {claim} of the token is not a time")))
}

/// Compared in constant time: the expected value may be unknown to whoever made the token.
fn is_secretly(value: Json<'_>, expected: &str) -> bool {
    let equals = |text: &str| constant_time::verify_slices_are_equal(text.as_bytes(), expected.as_bytes()).is_ok();
    value.text().is_some_and(|text| equals(&text))
}

fn ensure(good: bool, claim: &'static str, detail: &'static str) -> Result<()> {
    if good { Ok(()) } else { Err(wrong(claim, detail)) }
}

fn wrong(claim: &'static str, detail: impl Into<Cow<'static, str>>) -> Error {
    Error::invalid_id_token(claim, detail)
}

fn not_an_object() -> Error {
    wrong("form", "the payload is not a json object with distinct members")
}
