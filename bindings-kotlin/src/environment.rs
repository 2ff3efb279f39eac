//! Which Vipps to talk to.

use vipps_partner_auth::Environment;

use crate::error::Result;

/// A checked environment.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EnvironmentParts {
    /// The base URL, without a slash at the end.
    pub base_url: String,
    /// The `iss` of its ID tokens.
    pub issuer: String,
}

/// Reads `production`, `test` or a base URL.
#[uniffi::export]
pub fn environment_of(text: String) -> Result<EnvironmentParts> {
    Ok(parts(&text.parse()?))
}

/// Reads `VIPPS_ENVIRONMENT`.
#[uniffi::export]
pub fn environment_from_env() -> Result<EnvironmentParts> {
    Ok(parts(&Environment::from_env()?))
}

pub(crate) fn parts(environment: &Environment) -> EnvironmentParts {
    EnvironmentParts { base_url: environment.base_url().to_owned(), issuer: environment.issuer() }
}
