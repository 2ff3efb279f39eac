//! What the browser brings back to the `redirect_uri` (RFC 6749 section 4.1.2). Pure.

use std::borrow::Cow;

use aws_lc_rs::constant_time;

use super::{
    authorize::LoginRequest,
    redirect_uri::{ANSWERS, Elsewhere, RedirectUri},
    refusal::refused_by_vipps,
    scopes,
};
use crate::{
    error::{Error, Result},
    quote::quoted_url,
    secret::Secret,
};

/// An authorization code that came back with the right `state`. Good for one exchange, for about two minutes.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("AuthorizationCode {{ scopes: {scopes:?}, .. }}")]
pub struct AuthorizationCode {
    code: Secret,
    scopes: Option<Vec<String>>,
}

impl AuthorizationCode {
    /// The code. A secret.
    pub fn code(&self) -> &str {
        self.code.expose()
    }

    /// The scopes, where the callback tells them. What was granted is told by the exchange.
    pub fn scopes(&self) -> Option<&[String]> {
        self.scopes.as_deref()
    }
}

impl LoginRequest {
    /// The code of a callback, once it is sure that it answers this request. Needs no keys, so an app can judge a callback
    /// before it hands it to the server that exchanges the code; [`Login::finish`](crate::Login::finish) does this itself.
    ///
    /// `LoginFailed`: reason `redirect_uri`, `callback`, `state` or `issuer` where the callback is no answer to this
    /// request, else the reason Vipps gives.
    pub fn code(&self, callback_url: &str) -> Result<AuthorizationCode> {
        let answer = self.answer(self.place(), callback_url)?;
        let code = answer.code.filter(|code| is_code(code)).ok_or_else(|| malformed("holds no code"))?;
        Ok(AuthorizationCode {
            code: Secret::new(code.into_owned()),
            scopes: answer.scope.map(|scope| scopes::split(&scope)),
        })
    }

    /// Where to go on in the browser, of a callback to the `app_callback_uri` (flows from app to app). Fails as
    /// [`code`](Self::code) does.
    pub fn resume_uri(&self, app_callback_uri: &str, callback_url: &str) -> Result<String> {
        let place = RedirectUri::parse("app_callback_uri", app_callback_uri)?;
        let answer = self.answer(&place, callback_url)?;
        let resume_uri = answer.resume_uri.ok_or_else(|| malformed("holds no resume_uri"))?;
        // Whoever opens it follows it: it must be the issuer's own.
        if !is_of_issuer(&resume_uri, self.issuer()) {
            return Err(Error::login_failed("issuer", "the resume_uri is not of this environment"));
        }
        Ok(resume_uri.into_owned())
    }

    fn answer<'a>(&self, place: &RedirectUri, callback_url: &'a str) -> Result<Answer<'a>> {
        let answer = Answer::parse(place, callback_url)?;
        let same = |state: &Cow<'_, str>| is_same(state, self.state());
        if !answer.state.as_ref().is_some_and(same) {
            return Err(wrong_state());
        }
        answer.check_issuer(self.issuer())?;
        answer.check_error()?;
        Ok(answer)
    }
}

/// The parameters that mean something, each at most once.
#[derive(Default)]
pub(super) struct Answer<'a> {
    pub(super) code: Option<Cow<'a, str>>,
    pub(super) state: Option<Cow<'a, str>>,
    scope: Option<Cow<'a, str>>,
    error: Option<Cow<'a, str>>,
    iss: Option<Cow<'a, str>>,
    resume_uri: Option<Cow<'a, str>>,
}

const LONGEST_CALLBACK: usize = 16 * 1024;

impl<'a> Answer<'a> {
    pub(super) fn parse(place: &RedirectUri, callback_url: &'a str) -> Result<Self> {
        if callback_url.len() > LONGEST_CALLBACK {
            return Err(malformed("is longer than 16 KiB"));
        }
        let query = place.query_of(callback_url).map_err(|elsewhere| came_elsewhere(place, elsewhere))?;
        let mut answer = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| ANSWERS.contains(&&**name)) {
            answer.take(&name, value)?;
        }
        Ok(answer)
    }

    fn take(&mut self, name: &str, value: Cow<'a, str>) -> Result<()> {
        let place = match name {
            "code" => &mut self.code,
            "state" => &mut self.state,
            "scope" => &mut self.scope,
            "error" => &mut self.error,
            "iss" => &mut self.iss,
            "resume_uri" => &mut self.resume_uri,
            _ => return Ok(()),
        };
        match place.replace(value) {
            None => Ok(()),
            Some(_) => Err(malformed("holds a parameter twice")),
        }
    }

    /// RFC 9207: who says where an answer comes from must be believed when it comes from elsewhere.
    pub(super) fn check_issuer(&self, issuer: &str) -> Result<()> {
        if self.iss.as_ref().is_some_and(|iss| iss != issuer) {
            return Err(Error::login_failed("issuer", "the callback is of another issuer"));
        }
        Ok(())
    }

    pub(super) fn check_error(&self) -> Result<()> {
        match (&self.error, &self.code) {
            (None, _) => Ok(()),
            (Some(_), Some(_)) => Err(malformed("holds both a code and an error")),
            (Some(error), None) => Err(refused_by_vipps(error)),
        }
    }
}

/// RFC 6749 appendix A.11, and no longer than a code can be.
pub(super) fn is_code(code: &str) -> bool {
    (1..=4_096).contains(&code.len()) && code.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// In constant time: whoever made the callback may be guessing.
pub(super) fn is_same(given: &str, expected: &str) -> bool {
    constant_time::verify_slices_are_equal(given.as_bytes(), expected.as_bytes()).is_ok()
}

pub(super) fn wrong_state() -> Error {
    Error::login_failed("state", "the callback is not the answer to this request")
        .with_hint("another browser, an old tab, or an attack: start the login again")
}

/// What the callback was is not shown: whatever could not be told apart in it may be its code.
fn came_elsewhere(place: &RedirectUri, elsewhere: Elsewhere) -> Error {
    let address = quoted_url(place.as_str()).unwrap_or_else(|| "the redirect_uri".to_owned());
    let hint = match elsewhere {
        Elsewhere::Origin => "behind a proxy that changes scheme or host, hand in path and query alone",
        Elsewhere::Path => "did a proxy or a mounted application change the path? hand in the one that the browser saw",
        Elsewhere::NoAddress => "hand in the whole URL, or path and query from the first slash on",
    };
    let detail = match elsewhere {
        Elsewhere::NoAddress => format!("the callback is no address, and should have come to {address}"),
        _ => format!("the callback came to another address than {address}, which the request names"),
    };
    Error::login_failed("redirect_uri", detail).with_hint(hint)
}

pub(super) fn malformed(what: &str) -> Error {
    Error::login_failed("callback", format!("the callback {what}"))
}

fn is_of_issuer(url: &str, issuer: &str) -> bool {
    match (url::Url::parse(url), url::Url::parse(issuer)) {
        (Ok(url), Ok(issuer)) => url.origin() == issuer.origin(),
        _ => false,
    }
}
