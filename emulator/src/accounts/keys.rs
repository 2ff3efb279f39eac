//! The three kinds of keys.

use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{fault::invalid_input, random, values, words::words};

/// The keys of a partner or of a sales unit, all of them invented. `Debug` shows only the `client_id`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, derive_more::Debug)]
#[debug("Keys {{ client_id: {client_id:?}, .. }}")]
#[serde(default = "Keys::invented", deny_unknown_fields)]
#[schemars(!default, transform = values::all_optional, description = "The keys of a partner or of a sales unit.")]
pub struct Keys {
    /// A GUID.
    pub client_id: String,
    /// Base64-looking text.
    #[schemars(extend("format" = "password"))]
    pub client_secret: String,
    /// The primary subscription key.
    #[schemars(extend("format" = "password"))]
    pub subscription_key: String,
    /// The secondary one, as good as the first.
    #[schemars(extend("format" = "password"))]
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

    /// The same for the same seed and owner, so that they outlive a start.
    pub(super) fn derived(seed: &str, owner: &str) -> Self {
        let bits = |part: &str| random::derived(seed, &format!("{owner} {part}"));
        Self {
            client_id: random::uuid_from(bits("client_id")),
            client_secret: random::secret_from(bits("client_secret")),
            subscription_key: random::hex32_from(bits("subscription_key")),
            second_subscription_key: random::hex32_from(bits("second_subscription_key")),
        }
    }

    /// Refuses what can be no header, and so never be sent.
    pub(crate) fn check(&self) -> io::Result<()> {
        check_key("client_id", &self.client_id)?;
        check_key("client_secret", &self.client_secret)?;
        check_key("subscription_key", &self.subscription_key)?;
        check_key("second_subscription_key", &self.second_subscription_key)
    }

    /// Whether one of them would be mistaken for one of the others.
    pub(super) fn collides_with(&self, other: &Self) -> bool {
        self.client_id == other.client_id
            || [&self.subscription_key, &self.second_subscription_key].iter().any(|key| other.has_subscription_key(key))
    }

    pub(super) fn secrets(&self) -> [&str; 3] {
        [&self.client_secret, &self.subscription_key, &self.second_subscription_key].map(String::as_str)
    }

    pub(super) fn has_subscription_key(&self, key: &str) -> bool {
        [&self.subscription_key, &self.second_subscription_key].into_iter().any(|known| known == key)
    }
}

/// Accounting or donations keys for `/miami/v1/token`, invented. `Debug` leaves the secret out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default = "SpecializedKeys::invented", deny_unknown_fields)]
#[schemars(
    !default,
    transform = values::all_optional,
    description = "Accounting or donations keys, for `/miami/v1/token`."
)]
#[derive(derive_more::Debug)]
#[debug("SpecializedKeys {{ client_id: {client_id:?}, scopes: {scopes:?}, .. }}")]
pub struct SpecializedKeys {
    /// Free text without a colon.
    pub client_id: String,
    /// Base64-looking text.
    #[schemars(extend("format" = "password"))]
    pub client_secret: String,
    /// The scopes these keys may ask for.
    pub scopes: Vec<String>,
}

impl SpecializedKeys {
    /// New keys in the shapes of the service, with the scope `donations:read`.
    pub fn invented() -> Self {
        Self { client_id: random::uuid(), client_secret: random::secret(), scopes: vec!["donations:read".to_owned()] }
    }
}

impl SpecializedKeys {
    pub(super) fn derived(seed: &str) -> Self {
        let Keys { client_id, client_secret, .. } = Keys::derived(seed, "specialized");
        Self { client_id, client_secret, scopes: Self::invented().scopes }
    }

    pub(crate) fn check(&self) -> io::Result<()> {
        check_key("client_id", &self.client_id)?;
        check_key("client_secret", &self.client_secret)?;
        let is_scope = |scope: &String| {
            !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
        };
        if !self.scopes.iter().all(is_scope) {
            return Err(invalid_input("scopes: must be visible ASCII without white space, quotes and backslashes"));
        }
        Ok(())
    }
}

fn check_key(member: &str, key: &str) -> io::Result<()> {
    let colon = member == "client_id" && key.contains(':');
    if key.is_empty() || colon || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let rule = "must be visible ASCII without white space, and a client_id without a colon";
        return Err(invalid_input(&format!("{member}: {rule}")));
    }
    Ok(())
}

words! {
    "subscription key";
    /// One of the pair of subscription keys.
    pub enum SubscriptionKey {
        /// The first.
        Primary = "primary",
        /// The second.
        Secondary = "secondary",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let keys = Keys::invented();
        let special = SpecializedKeys::invented();
        let shown = format!("{keys:?} {special:?}");
        for secret in
            [&keys.client_secret, &keys.subscription_key, &keys.second_subscription_key, &special.client_secret]
        {
            assert!(!shown.contains(secret.as_str()), "{shown}");
        }
    }
}
