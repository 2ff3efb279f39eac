//! Who may call: the partner, its merchants' sales units, and the holder of specialised keys.

pub(crate) mod keys;
pub(crate) mod portal;

use std::{collections::BTreeMap, io};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vipps_partner_auth::Msn;

use self::{
    keys::{Keys, SpecializedKeys, SubscriptionKey},
    portal::{LoginAuthMethod, LoginSetup, check_redirect_uri},
};
use crate::{
    choices::Mode,
    fault::{invalid_input, not_found},
    random,
    values::{self, MsnText},
};

/// Whose standard keys they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    Partner,
    SalesUnit(Msn),
}

/// The merchant behind a sales unit, by its number in a register of businesses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Business {
    /// The register, such as `NO:ORG`.
    pub scheme: String,
    /// The number in it.
    pub id: String,
}

impl Business {
    /// Nine digits, as in Norway, made of the MSN.
    fn invented(msn: &Msn) -> Self {
        let number = msn.as_str().parse::<u64>().unwrap_or_default() % 100_000_000;
        Self { scheme: "NO:ORG".to_owned(), id: format!("9{number:08}") }
    }
}

/// One merchant's sales unit.
pub(crate) struct SalesUnit {
    pub(crate) keys: Keys,
    pub(crate) business: Business,
    pub(crate) connected: bool,
    pub(crate) active: bool,
    pub(crate) login: LoginSetup,
}

impl SalesUnit {
    fn invented(msn: &Msn, seed: Option<&str>) -> Self {
        let login = LoginSetup::new(format!("Merchant {msn}"));
        Self {
            keys: invented(seed, msn.as_str()),
            business: Business::invented(msn),
            connected: true,
            active: true,
            login,
        }
    }
}

/// A sales unit as it is to be; what is left out stays as it is, or is invented for a new one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMerchant {
    /// Its merchant serial number.
    #[serde(deserialize_with = "values::msn")]
    #[schemars(with = "MsnText")]
    pub msn: Msn,
    /// The name that the person reads; `Merchant` and the MSN by default.
    #[serde(default)]
    pub name: Option<String>,
    /// Its own keys; parts that are left out are invented.
    #[serde(default)]
    pub keys: Option<Keys>,
    /// Redirect URIs to register, beside those that are registered already.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// How its own keys authenticate at Login; Basic by default.
    #[serde(default)]
    pub login_auth_method: Option<LoginAuthMethod>,
    /// The scopes in its plan; by default all there are.
    #[serde(default)]
    pub login_scopes: Option<Vec<String>>,
    /// Whether it is in Login's advanced tier; yes by default.
    #[serde(default)]
    pub login_advanced_tier: Option<bool>,
    /// The merchant behind it, by its number in a register of businesses; invented by default.
    #[serde(default)]
    pub business: Option<Business>,
}

impl NewMerchant {
    /// With this MSN, and all else by default.
    pub fn new(msn: Msn) -> Self {
        Self {
            msn,
            name: None,
            keys: None,
            redirect_uris: Vec::new(),
            login_auth_method: None,
            login_scopes: None,
            login_advanced_tier: None,
            business: None,
        }
    }
}

/// All who may call.
pub(crate) struct Accounts {
    pub(crate) partner: Keys,
    pub(crate) partner_active: bool,
    pub(crate) specialized: SpecializedKeys,
    /// What invented keys are derived from, where they are to outlive a start.
    seed: Option<String>,
    sales_units: BTreeMap<Msn, SalesUnit>,
}

fn invented(seed: Option<&str>, owner: &str) -> Keys {
    seed.map_or_else(Keys::invented, |seed| Keys::derived(seed, owner))
}

impl Accounts {
    pub(crate) fn new(partner: Option<Keys>, specialized: Option<SpecializedKeys>, seed: Option<String>) -> Self {
        let partner = partner.unwrap_or_else(|| invented(seed.as_deref(), "partner"));
        let derived = || seed.as_deref().map_or_else(SpecializedKeys::invented, SpecializedKeys::derived);
        let specialized = specialized.unwrap_or_else(derived);
        Self { partner, partner_active: true, specialized, seed, sales_units: BTreeMap::new() }
    }

    /// Adds the sales unit, or connects and activates it again; its keys stay the same.
    pub(crate) fn connect(&mut self, msn: &Msn) -> &SalesUnit {
        let unit =
            self.sales_units.entry(msn.clone()).or_insert_with(|| SalesUnit::invented(msn, self.seed.as_deref()));
        (unit.connected, unit.active) = (true, true);
        unit
    }

    /// Adds a sales unit or changes one that is there, all at once or not at all; it is connected and active then.
    pub(crate) fn add(&mut self, new: NewMerchant, mode: Mode) -> io::Result<&SalesUnit> {
        self.check(&new, mode)?;
        let NewMerchant { msn, name, keys, redirect_uris, .. } = new;
        self.connect(&msn);
        let unit = self.sales_units.get_mut(&msn).ok_or_else(|| not_found("no such sales unit"))?;
        for uri in redirect_uris {
            unit.login.register(&uri, mode)?;
        }
        unit.keys = keys.unwrap_or_else(|| unit.keys.clone());
        unit.business = new.business.unwrap_or_else(|| unit.business.clone());
        unit.login.name = name.unwrap_or_else(|| unit.login.name.clone());
        unit.login.method = new.login_auth_method.unwrap_or(unit.login.method);
        unit.login.scopes = new.login_scopes.unwrap_or_else(|| unit.login.scopes.clone());
        unit.login.advanced = new.login_advanced_tier.unwrap_or(unit.login.advanced);
        Ok(unit)
    }

    fn check(&self, new: &NewMerchant, mode: Mode) -> io::Result<()> {
        for (at, uri) in new.redirect_uris.iter().enumerate() {
            check_redirect_uri(&format!("redirect_uris[{at}]"), uri, mode)?;
        }
        let Some(keys) = &new.keys else { return Ok(()) };
        keys.check()?;
        let own = Owner::SalesUnit(new.msn.clone());
        if self.standard_keys().any(|(owner, other)| owner != own && keys.collides_with(other)) {
            return Err(invalid_input("keys: the client_id or a subscription key is another's already"));
        }
        Ok(())
    }

    pub(crate) fn disconnect(&mut self, msn: &Msn) {
        self.sales_units.entry(msn.clone()).and_modify(|unit| unit.connected = false);
    }

    pub(crate) fn deactivate(&mut self, msn: &Msn) {
        self.sales_units.entry(msn.clone()).and_modify(|unit| unit.active = false);
    }

    pub(crate) fn sales_unit(&self, msn: &Msn) -> Option<&SalesUnit> {
        self.sales_units.get(msn)
    }

    pub(crate) fn sales_unit_mut(&mut self, msn: &Msn) -> Option<&mut SalesUnit> {
        self.sales_units.get_mut(msn)
    }

    /// The sales unit whose own keys have this `client_id`.
    pub(crate) fn unit_of_client(&self, client_id: &str) -> Option<(&Msn, &SalesUnit)> {
        self.sales_units.iter().find(|(_, unit)| unit.keys.client_id == client_id)
    }

    /// Whether a sales unit has registered exactly this `redirect_uri`.
    pub(crate) fn has_registered(&self, msn: &Msn, uri: &str) -> bool {
        self.sales_unit(msn).is_some_and(|unit| unit.login.is_registered(uri))
    }

    /// Every sales unit, by MSN.
    pub(crate) fn sales_units(&self) -> impl Iterator<Item = (&Msn, &SalesUnit)> {
        self.sales_units.iter()
    }

    /// The sales units that the partner may act for.
    pub(crate) fn connected(&self) -> impl Iterator<Item = (&Msn, &SalesUnit)> {
        self.sales_units().filter(|(_, unit)| unit.connected && unit.active)
    }

    /// The sales units that `owner` may see in the Management API.
    pub(crate) fn visible_to(&self, owner: &Owner) -> Vec<(&Msn, &SalesUnit)> {
        let seen = |(msn, unit): &(&Msn, &SalesUnit)| match owner {
            Owner::Partner => unit.connected && unit.active,
            Owner::SalesUnit(own) => *msn == own && unit.active,
        };
        self.sales_units().filter(seen).collect()
    }

    /// All that the keys keep secret.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.standard_keys().flat_map(|(_, keys)| keys.secrets()).chain([self.specialized.client_secret.as_str()])
    }

    pub(crate) fn client(&self, client_id: &str) -> Option<(Owner, &Keys)> {
        self.standard_keys().find(|(_, keys)| keys.client_id == client_id)
    }

    pub(crate) fn subscriber(&self, subscription_key: &str) -> Option<Owner> {
        self.standard_keys().find(|(_, keys)| keys.has_subscription_key(subscription_key)).map(|(owner, _)| owner)
    }

    /// Replaces one key of every pair, as a regeneration in the portal would: the old one is unknown from now on.
    pub(crate) fn regenerate(&mut self, which: SubscriptionKey) {
        for keys in self.sales_units.values_mut().map(|unit| &mut unit.keys).chain([&mut self.partner]) {
            match which {
                SubscriptionKey::Primary => keys.subscription_key = random::hex32(),
                SubscriptionKey::Secondary => keys.second_subscription_key = random::hex32(),
            }
        }
    }

    fn standard_keys(&self) -> impl Iterator<Item = (Owner, &Keys)> {
        let units = self.sales_units.iter().map(|(msn, unit)| (Owner::SalesUnit(msn.clone()), &unit.keys));
        std::iter::once((Owner::Partner, &self.partner)).chain(units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn msn() -> Msn {
        "123456".parse().expect("an MSN")
    }

    #[test]
    fn either_subscription_key_names_its_owner() {
        let mut accounts = Accounts::new(None, None, None);
        let unit = accounts.connect(&msn()).keys.clone();
        assert_eq!(accounts.subscriber(&unit.second_subscription_key), Some(Owner::SalesUnit(msn())));
        assert_eq!(accounts.subscriber(&accounts.partner.subscription_key), Some(Owner::Partner));
        assert_eq!(accounts.subscriber(""), None);
    }

    #[test]
    fn a_regenerated_key_is_unknown_and_its_twin_stays() {
        let mut accounts = Accounts::new(None, None, None);
        let before = accounts.partner.clone();
        accounts.regenerate(SubscriptionKey::Primary);
        assert_eq!(accounts.subscriber(&before.subscription_key), None);
        assert_eq!(accounts.subscriber(&before.second_subscription_key), Some(Owner::Partner));
    }

    #[test]
    fn connecting_again_keeps_the_keys() {
        let mut accounts = Accounts::new(None, None, None);
        let before = accounts.connect(&msn()).keys.clone();
        accounts.disconnect(&msn());
        assert!(accounts.visible_to(&Owner::Partner).is_empty());
        assert_eq!(accounts.visible_to(&Owner::SalesUnit(msn())).len(), 1);
        assert_eq!(accounts.connect(&msn()).keys, before);
        assert_eq!(accounts.visible_to(&Owner::Partner)[0].0, &msn());
    }
}
