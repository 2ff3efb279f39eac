//! How the pages call scopes and people.

use crate::users::{App, User};

/// What a scope means to the person.
pub(crate) fn scope_in_words(scope: &str) -> &str {
    match scope {
        "openid" => "That it is you, by an id made for this merchant",
        "name" => "Your name",
        "phoneNumber" => "Your phone number",
        "email" => "Your e-mail address",
        "address" => "Your addresses",
        "birthDate" => "Your date of birth",
        "gender" => "Your gender",
        "nin" => "Your national identity number",
        "delegatedConsents" => "What you agree to receive from the merchant",
        other => other,
    }
}

/// How a person is named where one is chosen.
pub(crate) fn label(user: &User) -> String {
    let note = match user.app {
        App::Current => "",
        App::Outdated => ", app too old",
        App::Inactive => ", inactive",
    };
    format!("{} ({}{note})", user.name(), user.msisdn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_words() {
        for scope in crate::accounts::portal::SCOPES {
            assert_ne!(scope_in_words(scope), scope);
        }
        assert_eq!(scope_in_words("new"), "new");
    }
}
