//! The people who log in.

use std::{collections::BTreeMap, io};

use aws_lc_rs::digest::{SHA256, digest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use vipps_partner_auth::Msn;

use crate::{choices::Mode, fault::invalid_input, random, words::words};

/// A person with a phone. End a literal with `..User::default()`: fields may join. All of it is invented.
///
/// ```
/// use vipps_emulator::{Emulator, Options, User};
///
/// let vipps = Emulator::start(Options::default())?;
/// let msisdn = "4798765432".to_owned();
/// vipps.add_user(User { msisdn, given_name: "Ola".to_owned(), addresses: Vec::new(), ..User::default() })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(description = "A person with a phone. All of it is invented; what is left out is as Kari Fixture has it.")]
pub struct User {
    /// The phone number: 8 to 15 digits with country code, no `+`. It names the person in all controls.
    pub msisdn: String,
    /// What the person's `sub` at each sales unit is derived from; the phone number by default. Set it to the old number
    /// when the number changes, and the `sub` stays, as it does with the service.
    #[serde(default)]
    pub person: Option<String>,
    /// First name.
    #[serde(default = "kari::given_name")]
    pub given_name: String,
    /// Last name.
    #[serde(default = "kari::family_name")]
    pub family_name: String,
    /// E-mail address.
    #[serde(default = "kari::email")]
    pub email: String,
    /// Whether the address is verified: always in production.
    #[serde(default = "kari::email_verified")]
    pub email_verified: bool,
    /// `YYYY-MM-DD`.
    #[serde(default = "kari::birthdate")]
    pub birthdate: String,
    /// Free text; in test mode the service has no such claim.
    #[serde(default)]
    pub gender: Option<String>,
    /// National identity number; sales units need an approval for it.
    #[serde(default)]
    pub nin: Option<String>,
    /// The first one is the claim `address`, the others are `other_addresses`. None at all is possible.
    #[serde(default = "kari::addresses")]
    pub addresses: Vec<Address>,
    /// The state of the Vipps app on the phone.
    #[serde(default)]
    pub app: App,
    /// What `urn:customer-token:` in a login hint may name the person by.
    #[serde(default)]
    pub customer_token: Option<String>,
    /// The claim `flowResult`, for logins with the scope `customFlow`; invented by default.
    #[serde(default)]
    pub flow_result: Option<Value>,
    /// The claim `agreement`, for logins by phone number with that scope; invented by default.
    #[serde(default)]
    pub agreement: Option<Value>,
    /// More claims for userinfo, whatever the scopes.
    #[serde(default)]
    pub more_claims: Map<String, Value>,
}

/// A postal address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Address {
    /// What it is to the person.
    pub kind: AddressKind,
    /// Street and number; floor or flat after a line feed.
    pub street_address: String,
    /// Postal code.
    pub postal_code: String,
    /// Place.
    pub region: String,
    /// Two letters.
    pub country: String,
}

words! {
    "kind of address", default Home;
    /// What an address is to a person.
    pub enum AddressKind {
        /// `home`.
        Home = "home",
        /// `work`.
        Work = "work",
        /// `other`.
        Other = "other",
    }
}

words! {
    "state of the app", default Current;
    /// The state of the app on a person's phone.
    pub enum App {
        /// It can log in.
        Current = "current",
        /// Too old: `old_app` from the backchannel, `outdated_app_version` in the browser flow.
        Outdated = "outdated",
        /// The account is inactive or the person under 15: `invalid_user` from the backchannel, and no such user for
        /// user-exists.
        Inactive = "inactive",
    }
}

impl Default for User {
    /// Kari Fixture of Oslo, phone number 4791234567, who is there from the start.
    fn default() -> Self {
        Self {
            msisdn: "4791234567".to_owned(),
            person: None,
            given_name: "Kari".to_owned(),
            family_name: "Fixture".to_owned(),
            email: "kari@example.test".to_owned(),
            email_verified: true,
            birthdate: "1990-02-28".to_owned(),
            gender: None,
            nin: None,
            addresses: vec![Address::default()],
            app: App::Current,
            customer_token: None,
            flow_result: None,
            agreement: None,
            more_claims: Map::new(),
        }
    }
}

/// What a person has who is only named by a phone number.
mod kari {
    use super::{Address, User};

    pub(super) fn given_name() -> String {
        User::default().given_name
    }

    pub(super) fn family_name() -> String {
        User::default().family_name
    }

    pub(super) fn email() -> String {
        User::default().email
    }

    pub(super) fn email_verified() -> bool {
        User::default().email_verified
    }

    pub(super) fn birthdate() -> String {
        User::default().birthdate
    }

    pub(super) fn addresses() -> Vec<Address> {
        User::default().addresses
    }
}

impl Default for Address {
    /// The address of the default person.
    fn default() -> Self {
        Self {
            kind: AddressKind::Home,
            street_address: "Prøvegata 1\nH0201".to_owned(),
            postal_code: "0001".to_owned(),
            region: "OSLO".to_owned(),
            country: "NO".to_owned(),
        }
    }
}

impl User {
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }

    /// The person's `sub` at a sales unit; another one at each.
    pub fn sub(&self, msn: &Msn) -> String {
        let hash = digest(&SHA256, format!("{msn}/{}", self.person.as_ref().unwrap_or(&self.msisdn)).as_bytes());
        let bits = hash.as_ref().iter().take(16).fold(0, |bits: u128, byte| bits << 8 | u128::from(*byte));
        random::uuid_of(bits)
    }

    /// The claims that these scopes open, less those that need more than the person.
    pub(crate) fn claims(&self, scopes: &[String], mode: Mode) -> Map<String, Value> {
        let mut claims = self.more_claims.clone();
        for scope in scopes {
            claims.extend(self.claims_of(scope, mode));
        }
        claims
    }

    fn claims_of(&self, scope: &str, mode: Mode) -> Map<String, Value> {
        let claims = match scope {
            "name" => {
                json!({ "name": self.name(), "given_name": self.given_name, "family_name": self.family_name })
            }
            "phoneNumber" => json!({ "phone_number": self.msisdn, "phone_number_verified": true }),
            "email" => json!({ "email": self.email, "email_verified": self.email_verified }),
            "address" => self.address_claims(),
            "birthDate" => json!({ "birthdate": self.birthdate }),
            "gender" if mode == Mode::Production => optional("gender", self.gender.as_ref()),
            "nin" => optional("nin", self.nin.as_ref()),
            _ => Value::Null,
        };
        match claims {
            Value::Object(claims) => claims,
            _ => Map::new(),
        }
    }

    /// Without any address the service sends one of empty strings.
    fn address_claims(&self) -> Value {
        let mut addresses = self.addresses.iter().map(Address::to_json);
        let first = addresses.next().unwrap_or_else(no_address);
        json!({ "address": first, "other_addresses": addresses.collect::<Vec<_>>() })
    }
}

impl Address {
    fn to_json(&self) -> Value {
        let lines = [&self.street_address, &self.postal_code, &self.region, &self.country].map(String::as_str);
        json!({
            "address_type": self.kind.code(),
            "country": self.country,
            "formatted": lines.join("\n"),
            "postal_code": self.postal_code,
            "region": self.region,
            "street_address": self.street_address,
        })
    }
}

fn no_address() -> Value {
    let names = ["address_type", "country", "formatted", "postal_code", "region", "street_address"];
    Value::Object(names.into_iter().map(|name| (name.to_owned(), json!(""))).collect())
}

fn optional(name: &str, value: Option<&String>) -> Value {
    value.map_or(Value::Null, |value| json!({ name: value }))
}

/// What a person agreed to at a sales unit, in the manner of the service; it comes once, with the first login.
pub(crate) fn delegated_consents(time_of_consent: &str) -> Value {
    json!({
        "language": "EN",
        "heading": "Stay in touch",
        "termsDescription": "The terms of the emulator's invented shop.",
        "confirmConsentButtonText": "Continue",
        "links": {
            "termsLinkText": "Terms",
            "termsLinkUrl": "https://shop.example/terms",
            "privacyStatementLinkText": "Privacy",
            "privacyStatementLinkUrl": "https://shop.example/privacy",
        },
        "timeOfConsent": time_of_consent,
        "consents": [
            { "id": "email", "accepted": true, "required": false, "textDisplayedToUser": "Offers by e-mail" },
        ],
    })
}

/// What a person chose on a merchant's own screens, in the manner of the service.
pub(crate) fn flow_result() -> Value {
    json!({
        "language": "EN",
        "screens": [{
            "title": "Welcome to the club",
            "description": "The emulator's invented club.",
            "terms": { "links": [{ "title": "Terms", "url": "https://shop.example/club/terms" }] },
            "elements": [
                { "type": "checkbox", "id": "newsletter", "title": "Newsletter", "checked": true },
                { "type": "checkbox", "id": "offers", "title": "Offers by text message", "checked": false },
            ],
        }],
    })
}

/// What a person agreed to in a login by phone number, in the manner of the service.
pub(crate) fn agreement(timestamp: &str) -> Value {
    json!({
        "language": "EN",
        "description": "I want to be a member of the emulator's invented club.",
        "buttonText": "Join",
        "links": {
            "termsLinkText": "Terms",
            "termsLinkUrl": "https://shop.example/terms",
            "privacyStatementLinkText": "Privacy",
            "privacyStatementLinkUrl": "https://shop.example/privacy",
        },
        "timestamp": timestamp,
        "accepted": true,
    })
}

/// Everybody, by phone number.
pub(crate) struct Users(BTreeMap<String, User>);

impl Users {
    pub(crate) fn new() -> Self {
        let kari = User::default();
        Self(BTreeMap::from([(kari.msisdn.clone(), kari)]))
    }

    /// Adds a person, or replaces the one with this number.
    pub(crate) fn add(&mut self, user: User) -> io::Result<()> {
        if !is_msisdn(&user.msisdn) {
            return Err(invalid_input("msisdn: must be 8 to 15 digits with country code, without a plus sign"));
        }
        self.0.insert(user.msisdn.clone(), user);
        Ok(())
    }

    pub(crate) fn remove(&mut self, msisdn: &str) {
        self.0.remove(msisdn);
    }

    pub(crate) fn find(&self, msisdn: &str) -> Option<&User> {
        self.0.get(msisdn)
    }

    pub(crate) fn with_customer_token(&self, token: &str) -> Option<&User> {
        self.0.values().find(|user| user.customer_token.as_deref() == Some(token))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &User> {
        self.0.values()
    }
}

fn is_msisdn(text: &str) -> bool {
    (8..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn msn(text: &str) -> Msn {
        text.parse().expect("an MSN")
    }

    #[test]
    fn a_person_has_another_sub_at_each_sales_unit() {
        let kari = User::default();
        assert_eq!(kari.sub(&msn("123456")), kari.sub(&msn("123456")));
        assert_ne!(kari.sub(&msn("123456")), kari.sub(&msn("654321")));
    }

    #[test]
    fn a_new_number_can_keep_the_sub() {
        let kari = User::default();
        let moved = User { msisdn: "4711111111".to_owned(), person: Some(kari.msisdn.clone()), ..kari.clone() };
        assert_eq!(moved.sub(&msn("123456")), kari.sub(&msn("123456")));
        let other = User { msisdn: "4711111111".to_owned(), ..User::default() };
        assert_ne!(other.sub(&msn("123456")), kari.sub(&msn("123456")));
    }

    #[test]
    fn claims_follow_the_scopes() {
        let kari = User { gender: Some("female".to_owned()), ..User::default() };
        let claims = |scopes: &[&str], mode| {
            let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
            Value::Object(kari.claims(&scopes, mode))
        };
        assert_eq!(claims(&["openid"], Mode::Production), json!({}));
        assert_eq!(claims(&["birthDate"], Mode::Production), json!({ "birthdate": "1990-02-28" }));
        assert_eq!(claims(&["gender"], Mode::Production), json!({ "gender": "female" }));
        assert_eq!(claims(&["gender", "nin"], Mode::Test), json!({}));
        let address = &claims(&["address"], Mode::Production)["address"];
        assert_eq!(address["formatted"], "Prøvegata 1\nH0201\n0001\nOSLO\nNO");
    }

    #[test]
    fn numbers_are_checked() {
        for msisdn in ["+4791234567", "1234567", "", "47 912 34 567", "1234567890123456"] {
            assert!(Users::new().add(User { msisdn: msisdn.to_owned(), ..User::default() }).is_err(), "{msisdn}");
        }
    }
}
