//! Where finished headers may be sent.

use url::{Origin, Url};

use crate::{
    config::{Config, may_carry_secrets},
    error::{Error, Result},
};

/// The environment's own origin and those the user listed (RFC 6454: scheme, host and port).
#[derive(Debug, Clone)]
pub(crate) struct TrustedOrigins(Vec<Origin>);

impl TrustedOrigins {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        let mut origins = vec![parse(config.environment.base_url())?.origin()];
        for listed in &config.trusted_origins {
            let url = parse(listed)?;
            if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
                return Err(Error::invalid_config(FIELD, "must be scheme, host and port alone"));
            }
            origins.push(url.origin());
        }
        Ok(Self(origins))
    }

    pub(crate) fn cover(&self, url: &Url) -> bool {
        may_carry_secrets(url) && self.0.contains(&url.origin())
    }
}

const FIELD: &str = "trusted_origin";

fn parse(text: &str) -> Result<Url> {
    let url = Url::parse(text).map_err(|_| Error::invalid_config(FIELD, "must be scheme, host and port"))?;
    if !may_carry_secrets(&url) {
        return Err(Error::invalid_config(FIELD, "must be https; plain http only to a loopback address"));
    }
    Ok(url)
}
