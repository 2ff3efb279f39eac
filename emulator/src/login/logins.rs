//! Logins, from their start to their end.

use std::{collections::VecDeque, time::Duration};

use vipps_partner_auth::Msn;

use crate::{
    login::record::{LoginKind, LoginStatus, RecordedLogin},
    signing::jws,
    users::User,
    wire::query,
};

/// How many logins are kept.
const KEPT: usize = 10_000;
/// How long a code can be exchanged.
const CODE_LIFE: Duration = Duration::from_secs(120);

/// What a login is about.
#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) msn: Msn,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) acr: Option<String>,
    pub(crate) sid: String,
    pub(crate) by_phone: bool,
    pub(crate) started_at: Duration,
}

/// A login that a person approved.
#[derive(Clone)]
pub(crate) struct Session {
    /// The login that was approved.
    pub(crate) id: String,
    pub(crate) facts: Facts,
    pub(crate) user: User,
    pub(crate) approved_at: Duration,
}

impl Session {
    pub(crate) fn sub(&self) -> String {
        self.user.sub(&self.facts.msn)
    }

    pub(crate) fn is_by_phone(&self) -> bool {
        self.facts.by_phone
    }

    pub(crate) fn has_scope(&self, name: &str) -> bool {
        self.facts.scopes.iter().any(|scope| scope == name)
    }
}

/// How the person is asked, and where the answer goes.
pub(crate) enum Way {
    Browser(Browser),
    Backchannel(Backchannel),
}

impl Way {
    /// The application's own origin, where the person came from or will be led on a web page.
    pub(crate) fn origin(&self) -> Option<&str> {
        let uri = match self {
            Self::Browser(browser) => &browser.redirect_uri,
            Self::Backchannel(asked) => asked.redirect_uri.as_ref()?,
        };
        let (scheme, rest) = uri.split_once("://").filter(|(scheme, _)| ["http", "https"].contains(scheme))?;
        let host = rest.find(['/', '?']).unwrap_or(rest.len());
        Some(&uri[..scheme.len() + 3 + host])
    }
}

pub(crate) struct Browser {
    pub(crate) redirect_uri: String,
    pub(crate) state: String,
    pub(crate) challenge: Option<String>,
    /// Where the app switches back to, in the app-to-app flows.
    pub(crate) app_callback_uri: Option<String>,
}

pub(crate) struct Backchannel {
    pub(crate) msisdn: String,
    pub(crate) binding_message: Option<String>,
    /// Set in the redirect variant.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) interval: Duration,
    pub(crate) last_answer: Option<Duration>,
}

pub(crate) enum Decision {
    Pending,
    Approved(Box<Session>),
    Denied { error: String },
}

struct Code {
    text: String,
    dies_at: Duration,
}

/// One login.
pub(crate) struct Login {
    pub(crate) id: String,
    pub(crate) facts: Facts,
    pub(crate) way: Way,
    pub(crate) expires_at: Duration,
    pub(crate) decision: Decision,
    pub(crate) completed: bool,
    code: Option<Code>,
}

impl Login {
    pub(crate) fn new(id: String, facts: Facts, way: Way, expires_at: Duration) -> Self {
        Self { id, facts, way, expires_at, decision: Decision::Pending, completed: false, code: None }
    }

    pub(crate) fn kind(&self) -> LoginKind {
        match &self.way {
            Way::Browser(_) => LoginKind::Browser,
            Way::Backchannel(asked) if asked.redirect_uri.is_some() => LoginKind::BackchannelRedirect,
            Way::Backchannel(_) => LoginKind::Backchannel,
        }
    }

    pub(crate) fn status(&self, now: Duration) -> LoginStatus {
        match &self.decision {
            _ if self.completed => LoginStatus::Completed,
            Decision::Denied { .. } => LoginStatus::Denied,
            Decision::Pending if now >= self.expires_at => LoginStatus::Expired,
            Decision::Pending => LoginStatus::Pending,
            Decision::Approved(_) if self.is_too_late(now) => LoginStatus::Expired,
            Decision::Approved(_) => LoginStatus::Approved,
        }
    }

    /// Whether an approved login can no longer be exchanged. A code has a life of its own.
    fn is_too_late(&self, now: Duration) -> bool {
        now >= self.code.as_ref().map_or(self.expires_at, |code| code.dies_at)
    }

    pub(crate) fn approve(&mut self, user: User, now: Duration) {
        if self.kind() != LoginKind::Backchannel {
            self.code = Some(Code { text: jws::opaque(), dies_at: now.saturating_add(CODE_LIFE) });
        }
        let session = Session { id: self.id.clone(), facts: self.facts.clone(), user, approved_at: now };
        self.decision = Decision::Approved(Box::new(session));
    }

    pub(crate) fn deny(&mut self, error: &str) {
        self.decision = Decision::Denied { error: error.to_owned() };
    }

    pub(crate) fn session(&self) -> Option<&Session> {
        match &self.decision {
            Decision::Approved(session) => Some(session),
            _ => None,
        }
    }

    /// Where the decision sends the person first: to the app that asked, where one did.
    pub(crate) fn first_stop(&self, base_url: &str) -> Option<String> {
        let Way::Browser(Browser { app_callback_uri: Some(app), state, .. }) = &self.way else {
            return self.destination();
        };
        match &self.decision {
            Decision::Pending => None,
            Decision::Denied { error } => Some(query::append(app, &[("error", error), ("state", state)])),
            Decision::Approved(_) => {
                let resume_uri = format!("{base_url}/emulator/logins/{}", self.id);
                Some(query::append(app, &[("state", state), ("resume_uri", &resume_uri)]))
            }
        }
    }

    /// Where the decision sends a browser in the end; nowhere when the login is finished by polling.
    pub(crate) fn destination(&self) -> Option<String> {
        match (&self.way, &self.decision, &self.code) {
            (Way::Browser(browser), Decision::Approved(_), Some(code)) => {
                let scope = self.facts.scopes.join(" ");
                let fields = [("code", code.text.as_str()), ("scope", &scope), ("state", &browser.state)];
                Some(query::append(&browser.redirect_uri, &fields))
            }
            (Way::Browser(browser), Decision::Denied { error }, _) => {
                let fields = [("error", error.as_str()), ("error_description", describe(error))];
                let with_state = [fields[0], fields[1], ("state", browser.state.as_str())];
                Some(query::append(&browser.redirect_uri, &with_state))
            }
            (Way::Backchannel(Backchannel { redirect_uri: Some(uri), .. }), Decision::Approved(_), Some(code)) => {
                Some(query::append(uri, &[("code", &code.text)]))
            }
            _ => None,
        }
    }

    pub(crate) fn recorded(&self, merchant: String, now: Duration) -> RecordedLogin {
        let (asked, binding_message) = match &self.way {
            Way::Browser(_) => (self.session().map(|session| session.user.msisdn.clone()), None),
            Way::Backchannel(asked) => (Some(asked.msisdn.clone()), asked.binding_message.clone()),
        };
        RecordedLogin {
            id: self.id.clone(),
            kind: self.kind(),
            msn: self.facts.msn.clone(),
            merchant,
            scopes: self.facts.scopes.clone(),
            msisdn: asked,
            binding_message,
            started_at: self.facts.started_at.as_secs(),
            expires_at: self.expires_at.as_secs(),
            status: self.status(now),
        }
    }
}

fn describe(error: &str) -> &'static str {
    match error {
        "access_denied" => "The user cancelled",
        "outdated_app_version" => "The user's app is too old",
        "wrong_challenge" => "The user picked the wrong number",
        "server_error" => "Something went wrong, try again",
        _ => "The login ended here, as the emulator was told",
    }
}

/// The latest logins, oldest first.
#[derive(Default)]
pub(crate) struct Logins(VecDeque<Login>);

impl Logins {
    pub(crate) fn begin(&mut self, login: Login) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(login);
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Login> {
        self.0.iter()
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Login> {
        self.0.iter().rev().find(|login| login.id == id)
    }

    pub(crate) fn find_mut(&mut self, id: &str) -> Option<&mut Login> {
        self.0.iter_mut().rev().find(|login| login.id == id)
    }

    pub(crate) fn with_code(&self, text: &str) -> Option<&Login> {
        self.0.iter().rev().find(|login| login.code.as_ref().is_some_and(|code| code.text == text))
    }

    /// Ends a login for good and hands over what was approved.
    pub(crate) fn complete(&mut self, id: &str) -> Option<Session> {
        let login = self.find_mut(id)?;
        login.completed = true;
        login.session().cloned()
    }

    /// How many logins wait for this person's decision.
    pub(crate) fn waiting_for(&self, msisdn: &str, now: Duration) -> usize {
        let asked = |login: &&Login| matches!(&login.way, Way::Backchannel(asked) if asked.msisdn == msisdn);
        self.0.iter().filter(asked).filter(|login| login.status(now) == LoginStatus::Pending).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        let facts = Facts {
            msn: "123456".parse().expect("an MSN"),
            client_id: "client".to_owned(),
            scopes: vec!["openid".to_owned(), "name".to_owned()],
            nonce: None,
            acr: None,
            sid: "sid".to_owned(),
            by_phone: false,
            started_at: Duration::ZERO,
        };
        let browser = Browser {
            redirect_uri: "https://shop.example/callback?a=b".to_owned(),
            state: "st&te 01".to_owned(),
            challenge: None,
            app_callback_uri: None,
        };
        Login::new("id".to_owned(), facts, Way::Browser(browser), Duration::from_secs(600))
    }

    #[test]
    fn a_code_outlives_the_login_by_its_own_life() {
        let mut login = login();
        let at = Duration::from_secs;
        assert_eq!((login.status(at(599)), login.status(at(600))), (LoginStatus::Pending, LoginStatus::Expired));
        login.approve(User::default(), at(599));
        assert_eq!((login.status(at(718)), login.status(at(719))), (LoginStatus::Approved, LoginStatus::Expired));
        login.completed = true;
        assert_eq!(login.status(at(719)), LoginStatus::Completed);
    }

    #[test]
    fn answers_are_added_to_the_redirect_uri() {
        let mut login = login();
        assert_eq!(login.destination(), None);
        login.deny("access_denied");
        let denied = "https://shop.example/callback?a=b&error=access_denied&error_description=The%20user%20cancelled\
                      &state=st%26te%2001";
        assert_eq!(login.destination().as_deref(), Some(denied));
        login.approve(User::default(), Duration::ZERO);
        let url = login.destination().expect("a URL");
        assert!(url.starts_with("https://shop.example/callback?a=b&code="), "{url}");
        assert!(url.ends_with("&scope=openid%20name&state=st%26te%2001"), "{url}");
    }

    #[test]
    fn the_oldest_login_goes_first() {
        let mut logins = Logins::default();
        for number in 0..=KEPT {
            logins.begin(Login { id: number.to_string(), ..login() });
        }
        assert_eq!(logins.iter().count(), KEPT);
        assert!(logins.find("0").is_none() && logins.find("1").is_some());
    }
}
