//! Keys by their form alone: which value looks like another. None is ever shown.

use super::report::Findings;
use crate::{
    keys::{Keys, StandardKeys},
    partner::looks_like_a_guid,
    secret::Secret,
};

type Names = dyn Fn(&'static str) -> &'static str + Sync;

const FORM_OF_CLIENT_ID: &str = "a client id is written 8-4-4-4-12 in hexadecimal digits, as the portal shows it";
const COPY_AGAIN: &str = "copy each value from the portal once more into its own place";

pub(super) fn look(keys: &Keys, names: &Names) -> Findings {
    let mut findings = Findings::default();
    if let Some(keys) = keys.standard() {
        Forms { keys, names }.look(&mut findings);
    } else {
        let secret = keys.client_secret().expose();
        if looks_like_a_guid(secret) && !looks_like_a_guid(keys.client_id()) {
            swapped(names("client_id"), names("client_secret"), &mut findings);
        } else if looks_like_a_subscription_key(secret) {
            let detail = format!("{} has the form of a subscription key", names("client_secret"));
            findings.fault("keys", detail, "specialized keys have none: give their own secret");
        }
    }
    findings
}

struct Forms<'a> {
    keys: &'a StandardKeys,
    names: &'a Names,
}

impl Forms<'_> {
    fn look(&self, findings: &mut Findings) {
        let [id, secret] = [&*self.keys.client_id, self.keys.client_secret.expose()];
        let subscription_key = self.keys.subscription_key.expose();
        let [id_name, secret_name, key_name] = ["client_id", "client_secret", "subscription_key"].map(self.names);
        let id_is_one = looks_like_a_guid(id);
        let secret_is_id = looks_like_a_guid(secret);
        let [secret_is_key, key_is_one] = [secret, subscription_key].map(looks_like_a_subscription_key);
        self.same(findings);
        if secret_is_id && !id_is_one {
            swapped(id_name, secret_name, findings);
        } else if secret_is_key && !key_is_one {
            swapped(secret_name, key_name, findings);
        } else if secret_is_key {
            findings.fault("keys", format!("{secret_name} has the form of a subscription key"), COPY_AGAIN);
        } else if secret_is_id {
            findings.fault("keys", format!("{secret_name} has the form of a client id"), COPY_AGAIN);
        }
        if looks_like_a_subscription_key(id) {
            findings.fault("keys", format!("{id_name} has the form of a subscription key"), COPY_AGAIN);
        } else if !id_is_one && !secret_is_id {
            findings.fault("keys", format!("{id_name} has not the form of a client id"), FORM_OF_CLIENT_ID);
        }
        if looks_like_a_guid(subscription_key) {
            findings.fault("keys", format!("{key_name} has the form of a client id"), COPY_AGAIN);
        } else if !key_is_one && !secret_is_key {
            let cure = "a subscription key is 32 hexadecimal digits, as the portal shows it";
            findings.warn("keys", format!("{key_name} has not the usual form"), cure);
        }
    }

    /// One value in two places.
    fn same(&self, findings: &mut Findings) {
        let id = Secret::new(self.keys.client_id.clone());
        let second = self.keys.second_subscription_key.as_ref();
        let parts = [
            ("client_id", Some(&id)),
            ("client_secret", Some(&self.keys.client_secret)),
            ("subscription_key", Some(&self.keys.subscription_key)),
            ("second_subscription_key", second),
        ];
        for (place, (name, value)) in parts.iter().enumerate() {
            for (other, _) in parts[place + 1..].iter().filter(|(_, other)| value.is_some() && other == value) {
                let detail = format!("{} and {} hold the same value", (self.names)(name), (self.names)(other));
                findings.fault("keys", detail, COPY_AGAIN);
            }
        }
    }
}

fn swapped(one: &str, other: &str, findings: &mut Findings) {
    findings.fault("keys", format!("{one} and {other} look swapped"), format!("swap the values of {one} and {other}"));
}

fn looks_like_a_subscription_key(value: &str) -> bool {
    value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}
