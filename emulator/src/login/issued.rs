//! The Login tokens that were issued.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use serde_json::Value;

use crate::{clock::azure_timestamp, login::logins::Session, signing::jws, users::delegated_consents};

/// How long a Login token opens userinfo, whatever it says about itself.
const USERINFO_LIFE: Duration = Duration::from_secs(600);

/// One Login token: opaque, good for userinfo only.
pub(crate) struct LoginToken {
    pub(crate) session: Session,
    pub(crate) closes_at: Duration,
    pub(crate) revoked: bool,
    /// Comes with the person's first login at a sales unit.
    pub(crate) consents: Option<Value>,
}

/// All Login tokens by their text.
#[derive(Default)]
pub(crate) struct LoginTokens {
    issued: HashMap<String, LoginToken>,
    consented: HashSet<String>,
}

impl LoginTokens {
    pub(crate) fn issue(&mut self, prefix: &str, session: Session, now: Duration, lifetime: Duration) -> String {
        let text = format!("{prefix}{}", jws::opaque());
        let consents = self.first_consents(&session, now);
        let closes_at = now.saturating_add(lifetime.min(USERINFO_LIFE));
        self.issued.insert(text.clone(), LoginToken { session, closes_at, revoked: false, consents });
        text
    }

    fn first_consents(&mut self, session: &Session, now: Duration) -> Option<Value> {
        let first = session.has_scope("delegatedConsents") && self.consented.insert(session.sub());
        first.then(|| delegated_consents(&azure_timestamp(now).replace(' ', "T")))
    }

    pub(crate) fn find(&self, text: &str) -> Option<&LoginToken> {
        self.issued.get(text)
    }

    /// Ends what a login was exchanged for.
    pub(crate) fn revoke_of(&mut self, login: &str) {
        let its = self.issued.values_mut().filter(|token| token.session.id == login);
        its.for_each(|token| token.revoked = true);
    }

    pub(crate) fn find_mut(&mut self, text: &str) -> Option<&mut LoginToken> {
        self.issued.get_mut(text)
    }

    pub(crate) fn revoke_all(&mut self) {
        self.issued.values_mut().for_each(|token| token.revoked = true);
    }
}
