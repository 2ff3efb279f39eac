//! Who is who: sessions on the server, named by a cookie that says nothing else.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use aws_lc_rs::rand;
use axum::{
    extract::FromRequestParts,
    http::{
        HeaderName,
        header::{COOKIE, SET_COOKIE},
        request::Parts,
    },
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use vipps_partner_auth::LoginRequest;

use super::{person::Person, till::Till};

/// What the shop remembers of a browser.
#[derive(Default)]
pub(crate) struct Session {
    /// A login in the browser under way. It holds a secret (the PKCE code verifier), so it stays on the server.
    pub(crate) login: Option<LoginRequest>,
    /// Who logged in.
    pub(crate) person: Option<Person>,
    /// The login by phone number at this till.
    pub(crate) till: Till,
}

/// All sessions, in memory. A real shop keeps them in its database, with `LoginRequest::to_json` and
/// `PendingLogin::to_json`, so that a restart loses no login.
pub(crate) struct Sessions {
    secure: bool,
    kept: Mutex<HashMap<SessionId, Kept>>,
}

struct Kept {
    session: Session,
    ends_at: Instant,
}

/// The cookie's value: 256 random bits. Whoever knows it is that browser, so it is in no log and no URL.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct SessionId(String);

/// The session that a request names, if any. Anybody may name one, so it may not exist.
pub(crate) struct SessionCookie(Option<SessionId>);

/// A response header.
pub(crate) type SetCookie = [(HeaderName, String); 1];

const NAME: &str = "shop-session";
const LIFE: Duration = Duration::from_secs(30 * 60);

impl Sessions {
    /// `secure`: whether browsers come by https.
    pub(crate) fn new(secure: bool) -> Self {
        Self { secure, kept: Mutex::default() }
    }

    /// Reads or changes a session; `None` if there is none.
    pub(crate) fn look<T>(&self, cookie: &SessionCookie, look: impl FnOnce(&mut Session) -> T) -> Option<T> {
        let mut kept = self.kept();
        let found = kept.get_mut(cookie.0.as_ref()?).filter(|kept| kept.is_alive())?;
        Some(look(&mut found.session))
    }

    /// Changes a session, a new one if need be.
    pub(crate) fn change(&self, cookie: SessionCookie, change: impl FnOnce(&mut Session)) -> SetCookie {
        let (id, mut session) = self.take(cookie).unwrap_or_else(|| (SessionId::unguessable(), Session::default()));
        change(&mut session);
        self.keep(id, session)
    }

    /// Changes a session and gives it another id, the old one being void. For whoever has just logged in: an attacker
    /// may have planted the old one (session fixation).
    pub(crate) fn change_and_rename(&self, cookie: SessionCookie, change: impl FnOnce(&mut Session)) -> SetCookie {
        let mut session = self.take(cookie).map(|(_, session)| session).unwrap_or_default();
        change(&mut session);
        self.keep(SessionId::unguessable(), session)
    }

    /// Forgets a session, here and in the browser.
    pub(crate) fn end(&self, cookie: SessionCookie) -> SetCookie {
        self.take(cookie);
        self.set_cookie("", Duration::ZERO)
    }

    fn take(&self, cookie: SessionCookie) -> Option<(SessionId, Session)> {
        let (id, kept) = self.kept().remove_entry(&cookie.0?)?;
        kept.is_alive().then_some((id, kept.session))
    }

    fn keep(&self, id: SessionId, session: Session) -> SetCookie {
        let set_cookie = self.set_cookie(&id.0, LIFE);
        let mut kept = self.kept();
        kept.retain(|_, kept| kept.is_alive());
        kept.insert(id, Kept { session, ends_at: Instant::now() + LIFE });
        set_cookie
    }

    /// `HttpOnly`: no script reads it. `Lax`: forms of other sites come without it, and yet Vipps can send the browser
    /// back, which `Strict` would not allow. A real shop has https, and calls it `__Host-…` too: then no other host can
    /// set it.
    fn set_cookie(&self, value: &str, life: Duration) -> SetCookie {
        let (seconds, secure) = (life.as_secs(), if self.secure { "; Secure" } else { "" });
        let cookie = format!("{NAME}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        [(SET_COOKIE, cookie)]
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<SessionId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn is_alive(&self) -> bool {
        Instant::now() < self.ends_at
    }
}

impl SessionId {
    fn unguessable() -> Self {
        let mut bits = [0; 32];
        rand::fill(&mut bits).expect("the operating system has random bytes");
        Self(BASE64_URL_SAFE_NO_PAD.encode(bits))
    }
}

impl<S: Sync> FromRequestParts<S> for SessionCookie {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let lines = parts.headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let mut cookies = lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
        Ok(Self(cookies.find(|(name, _)| *name == NAME).map(|(_, id)| SessionId(id.to_owned()))))
    }
}
