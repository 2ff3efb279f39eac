//! The emulator as a program finds it that reads its settings from the environment.

use std::io;

use vipps_partner_auth::Msn;

use super::Controls;
use crate::{accounts::keys::Keys, fault::not_found};

/// The system that calls, as an example.
const SYSTEM: [(&str, &str); 4] = [
    ("VIPPS_SYSTEM_NAME", "acme"),
    ("VIPPS_SYSTEM_VERSION", "3.1.2"),
    ("VIPPS_PLUGIN_NAME", "acme-webshop"),
    ("VIPPS_PLUGIN_VERSION", "4.5.6"),
];

impl Controls {
    /// The address, the partner's keys or those of a sales unit, and an invented system, each with the name of its variable.
    pub(super) fn environment_variables(
        &self,
        msn: Option<&Msn>,
    ) -> io::Result<impl Iterator<Item = (&'static str, String)> + use<>> {
        let keys = match msn {
            Some(msn) => self.sales_unit_keys(msn).ok_or_else(|| not_found("msn: there is no such sales unit"))?,
            None => self.partner_keys(),
        };
        let address = ("VIPPS_ENVIRONMENT", self.base_url().to_owned());
        let merchant = msn.map(|msn| ("VIPPS_MSN", msn.to_string()));
        let system = SYSTEM.map(|(name, value)| (name, value.to_owned()));
        Ok([address].into_iter().chain(merchant).chain(of_keys(keys)).chain(system))
    }
}

fn of_keys(keys: Keys) -> [(&'static str, String); 4] {
    [
        ("VIPPS_CLIENT_ID", keys.client_id),
        ("VIPPS_CLIENT_SECRET", keys.client_secret),
        ("VIPPS_SUBSCRIPTION_KEY", keys.subscription_key),
        ("VIPPS_SECOND_SUBSCRIPTION_KEY", keys.second_subscription_key),
    ]
}
