//! Adapters for Rust HTTP clients: headers on the way out, one more try after a 401, nothing across hosts.

#[cfg(feature = "reqwest-middleware")]
pub mod reqwest_middleware;
#[cfg(feature = "tower")]
pub mod tower;

use http::HeaderMap;
use url::Url;

use crate::{
    error::Result,
    partner::{Merchant, Partner},
    token::AccessToken,
};

/// On whose behalf an adapter calls: made from a [`Merchant`], or from a [`Partner`] for calls that are not for one
/// merchant.
#[derive(Debug, Clone)]
pub struct Caller(Handle);

#[derive(Debug, Clone)]
enum Handle {
    Merchant(Merchant),
    Partner(Partner),
}

impl From<Merchant> for Caller {
    fn from(merchant: Merchant) -> Self {
        Self(Handle::Merchant(merchant))
    }
}

impl From<Partner> for Caller {
    fn from(partner: Partner) -> Self {
        Self(Handle::Partner(partner))
    }
}

impl Caller {
    fn partner(&self) -> &Partner {
        match &self.0 {
            Handle::Merchant(merchant) => merchant.partner(),
            Handle::Partner(partner) => partner,
        }
    }

    fn covers(&self, url: &Url) -> bool {
        self.partner().covers_url(url)
    }

    /// Puts the headers on, over any of the same name, all or none.
    async fn authorize(&self, headers: &mut HeaderMap) -> Result<AccessToken> {
        let own = match &self.0 {
            Handle::Merchant(merchant) => merchant.authorization().await?,
            Handle::Partner(partner) => partner.authorization().await?,
        };
        for (name, value) in own.iter() {
            headers.insert(name, value.clone());
        }
        Ok(own.token().clone())
    }

    fn refused(&self, token: &AccessToken) -> bool {
        self.partner().refused(token)
    }
}
