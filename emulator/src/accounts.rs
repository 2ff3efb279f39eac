//! Who may call: the partner, its merchants' sales units, and the holder of specialised keys.

pub(crate) mod keys;
pub(crate) mod login_setup;

use std::collections::BTreeMap;

use vipps_partner_auth::Msn;

use crate::random;

use self::{
    keys::{Keys, SpecializedKeys, SubscriptionKey},
    login_setup::LoginSetup,
};

/// Whose standard keys they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    Partner,
    SalesUnit(Msn),
}

/// One merchant's sales unit.
pub(crate) struct SalesUnit {
    pub(crate) keys: Keys,
    pub(crate) connected: bool,
    pub(crate) active: bool,
    pub(crate) login: LoginSetup,
}

impl SalesUnit {
    fn invented(msn: &Msn) -> Self {
        let login = LoginSetup::new(format!("Merchant {msn}"));
        Self { keys: Keys::invented(), connected: true, active: true, login }
    }
}

/// All who may call.
pub(crate) struct Accounts {
    pub(crate) partner: Keys,
    pub(crate) specialized: SpecializedKeys,
    sales_units: BTreeMap<Msn, SalesUnit>,
}

impl Accounts {
    pub(crate) fn new(partner: Option<Keys>) -> Self {
        let partner = partner.unwrap_or_else(Keys::invented);
        Self { partner, specialized: SpecializedKeys::invented(), sales_units: BTreeMap::new() }
    }

    /// Adds the sales unit, or connects and activates it again; its keys stay the same.
    pub(crate) fn connect(&mut self, msn: &Msn) -> &SalesUnit {
        let unit = self.sales_units.entry(msn.clone()).or_insert_with(|| SalesUnit::invented(msn));
        (unit.connected, unit.active) = (true, true);
        unit
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

    /// The MSNs that `owner` may see in the Management API.
    pub(crate) fn visible_to(&self, owner: &Owner) -> Vec<&Msn> {
        let seen = |(msn, unit): &(&Msn, &SalesUnit)| match owner {
            Owner::Partner => unit.connected && unit.active,
            Owner::SalesUnit(own) => *msn == own,
        };
        self.sales_units.iter().filter(seen).map(|(msn, _)| msn).collect()
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
        let mut accounts = Accounts::new(None);
        let unit = accounts.connect(&msn()).keys.clone();
        assert_eq!(accounts.subscriber(&unit.second_subscription_key), Some(Owner::SalesUnit(msn())));
        assert_eq!(accounts.subscriber(&accounts.partner.subscription_key), Some(Owner::Partner));
        assert_eq!(accounts.subscriber(""), None);
    }

    #[test]
    fn a_regenerated_key_is_unknown_and_its_twin_stays() {
        let mut accounts = Accounts::new(None);
        let before = accounts.partner.clone();
        accounts.regenerate(SubscriptionKey::Primary);
        assert_eq!(accounts.subscriber(&before.subscription_key), None);
        assert_eq!(accounts.subscriber(&before.second_subscription_key), Some(Owner::Partner));
    }

    #[test]
    fn connecting_again_keeps_the_keys() {
        let mut accounts = Accounts::new(None);
        let before = accounts.connect(&msn()).keys.clone();
        accounts.disconnect(&msn());
        assert!(accounts.visible_to(&Owner::Partner).is_empty());
        assert_eq!(accounts.visible_to(&Owner::SalesUnit(msn())), [&msn()]);
        assert_eq!(accounts.connect(&msn()).keys, before);
        assert_eq!(accounts.visible_to(&Owner::Partner), [&msn()]);
    }
}
