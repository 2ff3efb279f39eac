//! The API tokens that were issued.

use std::{collections::HashMap, sync::LazyLock, time::Duration};

use serde_json::json;

use crate::{accounts::Owner, random, signing::jws, signing::keys::EcKey};

/// What a token opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Grant {
    /// From `/accesstoken/get`.
    Standard(Owner),
    /// From `/miami/v1/token`.
    Specialized { scopes: Vec<String> },
}

/// One issued token.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) grant: Grant,
    pub(crate) expires_at: Duration,
    pub(crate) revoked: bool,
}

/// All issued tokens by their text. They are JWTs, since the service's are, but clients must not read them: they are
/// signed with a key that is published nowhere.
pub(crate) struct Tokens {
    /// Made when the first token is: before it can make keys the library under it spends longer on gathering randomness
    /// than all else at the start takes.
    key: LazyLock<EcKey>,
    issued: HashMap<String, Token>,
}

impl Tokens {
    pub(crate) fn new() -> Self {
        Self { key: LazyLock::new(EcKey::generate), issued: HashMap::new() }
    }

    pub(crate) fn issue(&mut self, grant: Grant, client_id: &str, now: Duration, lifetime: Duration) -> String {
        let expires_at = now.saturating_add(lifetime);
        let text = self.compose(client_id, now, expires_at);
        self.issued.insert(text.clone(), Token { grant, expires_at, revoked: false });
        text
    }

    pub(crate) fn find(&self, text: &str) -> Option<&Token> {
        self.issued.get(text)
    }

    pub(crate) fn revoke_all(&mut self) {
        self.issued.values_mut().for_each(|token| token.revoked = true);
    }

    /// Claims in the manner of Azure AD; with them a token is as long as the service's, well over 1,000 characters.
    fn compose(&self, client_id: &str, now: Duration, expires_at: Duration) -> String {
        let tenant = "00000000-0000-4000-8000-000000000000";
        let header = json!({ "typ": "JWT", "alg": "ES256", "kid": self.key.kid, "x5t": random::hex32() });
        let payload = json!({
            "aud": "00000002-0000-0000-c000-000000000000",
            "iss": format!("https://sts.windows.net/{tenant}/"),
            "iat": now.as_secs(),
            "nbf": now.as_secs(),
            "exp": expires_at.as_secs(),
            "aio": format!("{}{}", random::hex32(), random::hex32()),
            "appid": client_id,
            "appidacr": "1",
            "idp": format!("https://sts.windows.net/{tenant}/"),
            "oid": random::uuid(),
            "rh": random::hex32(),
            "sub": random::uuid(),
            "tenant_region_scope": "EU",
            "tid": tenant,
            "uti": random::hex32(),
            "ver": "1.0",
            "note": "Made by vipps-emulator for tests. Clients must treat this token as opaque and read none of it.",
        });
        jws::compact(&header, &payload, |message| self.key.sign(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_jwts_and_never_the_same() {
        let mut tokens = Tokens::new();
        let mut issue = || {
            tokens.issue(Grant::Specialized { scopes: Vec::new() }, "client", Duration::ZERO, Duration::from_secs(900))
        };
        let first = issue();
        let second = issue();
        assert_ne!(first, second);
        assert_eq!(first.split('.').count(), 3);
        assert!((1_000..2_000).contains(&first.len()), "{}", first.len());
        assert_eq!(tokens.find(&first).map(|token| token.expires_at), Some(Duration::from_secs(900)));
        assert!(tokens.find("").is_none());
    }
}
