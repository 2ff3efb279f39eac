//! The three kinds of keys.

use std::fmt;

use crate::random;

/// The keys of a partner or of a sales unit, all of them invented. `Debug` shows only the `client_id`.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// A GUID.
    pub client_id: String,
    /// Base64-looking text.
    pub client_secret: String,
    /// The primary subscription key.
    pub subscription_key: String,
    /// The secondary one, as good as the first.
    pub second_subscription_key: String,
}

impl Keys {
    /// New keys in the shapes of the service.
    pub fn invented() -> Self {
        Self {
            client_id: random::uuid(),
            client_secret: random::secret(),
            subscription_key: random::hex32(),
            second_subscription_key: random::hex32(),
        }
    }

    pub(super) fn secrets(&self) -> [&str; 3] {
        [&self.client_secret, &self.subscription_key, &self.second_subscription_key].map(String::as_str)
    }

    pub(super) fn has_subscription_key(&self, key: &str) -> bool {
        [&self.subscription_key, &self.second_subscription_key].into_iter().any(|known| known == key)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// Accounting or donations keys for `/miami/v1/token`, invented. `Debug` leaves the secret out.
#[derive(Clone, PartialEq, Eq)]
pub struct SpecializedKeys {
    /// Free text without a colon.
    pub client_id: String,
    /// Base64-looking text.
    pub client_secret: String,
    /// The scopes these keys may ask for.
    pub scopes: Vec<String>,
}

impl SpecializedKeys {
    pub(super) fn invented() -> Self {
        Self { client_id: random::uuid(), client_secret: random::secret(), scopes: vec!["donations:read".to_owned()] }
    }
}

impl fmt::Debug for SpecializedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SpecializedKeys");
        shown.field("client_id", &self.client_id).field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// One of the pair of subscription keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionKey {
    /// The first.
    Primary,
    /// The second.
    Secondary,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let (keys, special) = (Keys::invented(), SpecializedKeys::invented());
        let shown = format!("{keys:?} {special:?}");
        for secret in
            [&keys.client_secret, &keys.subscription_key, &keys.second_subscription_key, &special.client_secret]
        {
            assert!(!shown.contains(secret.as_str()), "{shown}");
        }
    }
}
