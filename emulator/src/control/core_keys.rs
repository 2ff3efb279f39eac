//! The emulator's keys as the library under test takes them.

use vipps_partner_auth::{Environment, Error, Msn, PartnerKeys, SalesUnitKeys, SpecializedKeys};

use super::Controls;
use crate::accounts::keys::Keys;

impl Controls {
    /// The emulator as an environment, for `Config`.
    ///
    /// ```
    /// use vipps_emulator::{Emulator, Options};
    /// use vipps_partner_auth::{Partner, PartnerKeys, SystemInfo};
    ///
    /// let vipps = Emulator::start(Options::default())?;
    /// let keys = PartnerKeys::try_from(vipps.partner_keys())?;
    /// let partner = Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, vipps.environment()?.into())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn environment(&self) -> Result<Environment, Error> {
        self.base_url().parse()
    }
}

impl Keys {
    /// As the keys of this sales unit.
    pub fn for_sales_unit(self, msn: Msn) -> Result<SalesUnitKeys, Error> {
        SalesUnitKeys::new(self.client_id, self.client_secret, self.subscription_key, msn)?
            .with_second_subscription_key(self.second_subscription_key)
    }
}

impl TryFrom<Keys> for PartnerKeys {
    type Error = Error;

    fn try_from(keys: Keys) -> Result<Self, Error> {
        Self::new(keys.client_id, keys.client_secret, keys.subscription_key)?
            .with_second_subscription_key(keys.second_subscription_key)
    }
}

impl TryFrom<crate::accounts::keys::SpecializedKeys> for SpecializedKeys {
    type Error = Error;

    fn try_from(keys: crate::accounts::keys::SpecializedKeys) -> Result<Self, Error> {
        Self::new(keys.client_id, keys.client_secret)
    }
}
