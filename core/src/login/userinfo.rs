//! Who the person is (OpenID Connect Core section 5.3). Pure.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::flow_result::{Agreement, FlowResult};
use crate::{
    error::{Error, Result},
    json::Document,
};

/// What a person agreed to tell this sales unit. A member that Vipps left out, or sent as another type than its documents
/// say, is `None`; all members are in [`json`](Self::json). `Debug` shows `sub` alone: the rest is personal data.
///
/// Which scope opens what: `name` the names, `phoneNumber` the phone number, `email`, `address`, `birthDate` the
/// birthdate, `gender`, `nin`, `delegatedConsents`, `customFlow` the flow result, `agreement`.
#[derive(Clone, PartialEq, derive_more::Debug)]
#[debug("Userinfo {{ sub: {:?}, .. }}", self.sub())]
pub struct Userinfo(Map<String, Value>);

/// A person's address. Empty members are left out.
#[derive(Clone, PartialEq, Eq, Default, derive_more::Debug)]
#[debug("Address(***)")]
#[non_exhaustive]
pub struct Address {
    /// Street, with unit and floor in a second line.
    pub street_address: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// City or place.
    pub region: Option<String>,
    /// Two letters (ISO 3166-1).
    pub country: Option<String>,
    /// The whole address, in lines.
    pub formatted: Option<String>,
    /// `home`, `work` or `other`.
    pub address_type: Option<String>,
}

impl Userinfo {
    /// The answer must be about who logged in (`sub`), else it is nobody's.
    pub(super) fn parse(body: &Bytes, sub: &str) -> Result<Self> {
        let members = Document::read_for_all(body).into_object();
        let members = members.ok_or_else(|| Error::protocol("the userinfo reply is not a json object"))?;
        let told = members.get("sub").and_then(Value::as_str);
        if told.is_none() {
            return Err(Error::protocol("the userinfo reply holds no sub"));
        }
        if told != Some(sub) {
            return Err(Error::invalid_id_token("sub", "the userinfo reply is about another person than the id token"));
        }
        Ok(Self(members))
    }

    /// The person, as this sales unit knows them: the same as in the ID token.
    pub fn sub(&self) -> &str {
        self.text("sub").unwrap_or_default()
    }

    /// Full name.
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// Given names.
    pub fn given_name(&self) -> Option<&str> {
        self.text("given_name")
    }

    /// Family name.
    pub fn family_name(&self) -> Option<&str> {
        self.text("family_name")
    }

    /// Digits with country code and without a plus sign, such as `4791234567`.
    pub fn phone_number(&self) -> Option<&str> {
        self.text("phone_number")
    }

    /// Whether Vipps verified the phone number.
    pub fn phone_number_verified(&self) -> Option<bool> {
        self.flag("phone_number_verified")
    }

    /// E-mail address.
    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    /// Whether Vipps verified the e-mail address. Never true in the test environment.
    pub fn email_verified(&self) -> Option<bool> {
        self.flag("email_verified")
    }

    /// `YYYY-MM-DD`.
    pub fn birthdate(&self) -> Option<&str> {
        self.text("birthdate")
    }

    /// `male`, `female` or `other`, as a text since there may come more. Absent where the person did not tell, and in the test
    /// environment.
    pub fn gender(&self) -> Option<&str> {
        self.text("gender")
    }

    /// National identity number, for sales units that Vipps approved for it. Opaque: 11 digits in Norway, `DDMMYY-NNNN` in
    /// Denmark, other forms in Sweden and Finland.
    pub fn nin(&self) -> Option<&str> {
        self.text("nin")
    }

    /// The address; `None` too when the person has none, which Vipps writes as one of empty texts.
    pub fn address(&self) -> Option<Address> {
        Address::read(self.0.get("address")?)
    }

    /// Up to two more addresses.
    pub fn other_addresses(&self) -> Vec<Address> {
        let all = self.0.get("other_addresses").and_then(Value::as_array);
        all.into_iter().flatten().filter_map(Address::read).collect()
    }

    /// What the person agreed to, of what the merchant asked (`delegatedConsents`). Only at the first login.
    pub fn delegated_consents(&self) -> Option<&Value> {
        self.0.get("delegatedConsents")
    }

    /// What the person answered in a flow of the merchant's own (scope `customFlow`, for sales units in Login's advanced tier).
    pub fn flow_result(&self) -> Option<FlowResult> {
        FlowResult::read(self.0.get("flowResult")?)
    }

    /// The agreement that the person made (scope `agreement`). Only in logins from a phone number, and at each of them.
    pub fn agreement(&self) -> Option<Agreement> {
        Agreement::read(self.0.get("agreement")?)
    }

    /// Any member, read as `T`; `None` when it is absent or of another type. As in [`json`](Self::json), a value that not
    /// every language can hold is a text.
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.0.get(name)?).ok()
    }

    /// What was kept as [`json`](Self::json).
    pub fn from_json(json: &str) -> Result<Self> {
        let members: Map<String, Value> =
            serde_json::from_str(json).map_err(|_| Error::invalid_config("userinfo", "must be a json object"))?;
        match members.get("sub") {
            Some(Value::String(_)) => Ok(Self(members)),
            _ => Err(Error::invalid_config("userinfo", "must hold a sub")),
        }
    }

    /// All members as JSON, those unknown to this library too. Half of a surrogate pair, or bytes that are no UTF-8, are
    /// U+FFFD. What not every language can hold is a text, namely its JSON: a whole number beyond ±(2^53 − 1), a number
    /// too large for a double, what is nested more than 64 levels deep.
    pub fn json(&self) -> String {
        // Parsed from JSON, so it can be written as JSON.
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    fn text(&self, name: &str) -> Option<&str> {
        text(self.0.get(name))
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }
}

impl Address {
    /// Each member for itself: one that is no text, or an empty one, is not there. Without any it is no address.
    fn read(value: &Value) -> Option<Self> {
        let member = |name| text(value.get(name)).map(str::to_owned);
        let address = Self {
            street_address: member("street_address"),
            postal_code: member("postal_code"),
            region: member("region"),
            country: member("country"),
            formatted: member("formatted"),
            address_type: member("address_type"),
        };
        (address != Self::default()).then_some(address)
    }
}

fn text(member: Option<&Value>) -> Option<&str> {
    member?.as_str().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Result<Userinfo> {
        Userinfo::parse(&Bytes::copy_from_slice(json.as_bytes()), "c0ffee")
    }

    #[test]
    fn what_is_told_is_read_and_what_is_unknown_is_kept() {
        let json = r#"{"sub":"c0ffee","name":"Kari","email_verified":true,"shoe_size":42,"gender":7,"nin":"",
            "address":{"street_address":"Prøvegata 1","postal_code":"","region":null,"is_default":true}}"#;
        let userinfo = parsed(json).expect("an answer");
        assert_eq!((userinfo.sub(), userinfo.name(), userinfo.email_verified()), ("c0ffee", Some("Kari"), Some(true)));
        assert_eq!(userinfo.claim::<u8>("shoe_size"), Some(42));
        assert_eq!((userinfo.gender(), userinfo.nin(), userinfo.email()), (None, None, None));
        let address = userinfo.address().expect("an address");
        assert_eq!(address.street_address.as_deref(), Some("Prøvegata 1"));
        assert_eq!((address.postal_code, address.region), (None, None));
        assert!(userinfo.json().contains("shoe_size"));
        assert_eq!(format!("{userinfo:?}"), r#"Userinfo { sub: "c0ffee", .. }"#);
    }

    #[test]
    fn what_was_kept_can_be_read_again() {
        let userinfo = parsed(r#"{"sub":"c0ffee","name":"Kari","shoe_size":38}"#).expect("an answer");
        assert_eq!(Userinfo::from_json(&userinfo.json()).expect("the same"), userinfo);
        for json in ["[]", "{}", r#"{"sub":5}"#, "no json"] {
            assert_eq!(Userinfo::from_json(json).expect_err("not a person").field(), Some("userinfo"), "{json}");
        }
    }

    #[test]
    fn an_address_of_empty_texts_is_none() {
        let userinfo = parsed(r#"{"sub":"c0ffee","address":{"formatted":"","country":""},"other_addresses":[{}]}"#);
        let userinfo = userinfo.expect("an answer");
        assert_eq!(userinfo.address(), None);
        assert_eq!(userinfo.other_addresses(), []);
    }

    #[test]
    fn one_odd_member_costs_that_member() {
        let json = r#"{"sub":"c0ffee","name":"Kari \ud83d","email":NaN,"nin":["x"],
            "address":{"region":"Oslo","postal_code":150},"big":9007199254740993,
            "other_addresses":[{"region":"Oslo"},7,{"region":"Bergen","postal_code":1},[],null,{"country":true}]}"#;
        let userinfo = parsed(json).expect("an answer");
        assert_eq!((userinfo.name(), userinfo.email(), userinfo.nin()), (Some("Kari \u{fffd}"), None, None));
        let home = Address { region: Some("Oslo".to_owned()), ..Address::default() };
        assert_eq!(userinfo.address().as_ref(), Some(&home));
        let regions: Vec<_> = userinfo.other_addresses().into_iter().filter_map(|address| address.region).collect();
        assert_eq!(regions, ["Oslo", "Bergen"]);
        assert_eq!(userinfo.claim("big"), Some("9007199254740993".to_owned()));
        let json: Value = userinfo.json().parse().expect("json");
        assert_eq!(json["big"], "9007199254740993");
    }

    #[test]
    fn an_answer_about_somebody_else_is_refused() {
        assert_eq!(parsed(r#"{"sub":"other"}"#).err().and_then(|error| error.claim()), Some("sub"));
        for json in ["{}", "[]", "", r#"{"sub":1}"#, r#"["c0ffee"]"#, r#"{"sub":"c0ffee""#] {
            assert_eq!(parsed(json).err().map(|error| error.code()), Some("protocol"), "{json}");
        }
    }
}
