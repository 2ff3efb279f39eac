//! What tour and shop play on: an offline Vipps, two merchants, one partner.

use std::error::Error;

use vipps_emulator::{Emulator, Options};
use vipps_partner_auth::{Config, Msn, Partner, PartnerKeys, SystemInfo};

use crate::shop::{Hints, Shop, Store};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Name and MSN of each merchant.
pub(crate) fn merchants() -> Outcome<[(&'static str, Msn); 2]> {
    Ok([("Fjord Coffee", "123456".parse()?), ("Bergen Books", "234567".parse()?)])
}

/// The second merchant's plan is smaller than what is asked for.
const SMALL_PLAN: [&str; 3] = ["openid", "name", "phoneNumber"];

/// Kari Fixture, who is there from the start.
pub(crate) const KARI: &str = "4791234567";

/// Starts a Vipps that knows the merchants and where their logins come back to.
pub(crate) fn start(redirect_uri: &str) -> Outcome<Emulator> {
    let vipps = Emulator::start(Options::default())?;
    let merchants = merchants()?;
    for (name, msn) in &merchants {
        vipps.add_merchant(msn);
        vipps.name_merchant(msn, name)?;
        vipps.register_redirect_uri(msn, redirect_uri)?;
    }
    vipps.login_scopes(&merchants[1].1, &SMALL_PLAN)?;
    Ok(vipps)
}

/// The partner, with one set of keys for all merchants.
pub(crate) fn partner(vipps: &Emulator, config: Config) -> Outcome<Partner> {
    let keys = PartnerKeys::try_from(vipps.partner_keys())?;
    Ok(Partner::new(keys, system()?, config.environment(vipps.environment()?))?)
}

pub(crate) fn system() -> Outcome<SystemInfo> {
    Ok(SystemInfo::new("acme", "3.1.2")?.with_plugin("acme-webshop", "4.5.6")?)
}

/// The sample shop, for browsers that come to `origin`.
pub(crate) fn shop(vipps: &Emulator, partner: &Partner, origin: String) -> Outcome<Shop> {
    let [coffee, books] = merchants()?.map(|(name, msn)| Store::new(name, partner.merchant(msn)));
    let hints = Hints { vipps_page: vipps.page_url(), person: "Kari Fixture".to_owned(), msisdn: KARI.to_owned() };
    Ok(Shop::new(origin, &vipps.environment()?, vec![coffee?, books?], hints))
}
