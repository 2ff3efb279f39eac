//! Who is calling.

use std::collections::HashMap;

use vipps_partner_auth::SystemInfo;

use crate::{error::Result, partner::plain};

/// The values of the `Vipps-System-*` headers.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SystemParts {
    /// The name of the system.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The name of the plugin within it.
    pub plugin_name: Option<String>,
    /// The version of the plugin.
    pub plugin_version: Option<String>,
}

impl SystemParts {
    pub(crate) fn info(self) -> Result<SystemInfo> {
        Ok(SystemInfo::from_parts(self.name, self.version, self.plugin_name, self.plugin_version)?)
    }
}

/// Checks the values.
#[uniffi::export]
pub fn system_of(parts: SystemParts) -> Result<SystemParts> {
    parts.clone().info().map(|_| parts)
}

/// Reads `VIPPS_SYSTEM_NAME`, `VIPPS_SYSTEM_VERSION` and, if set, those of a plugin.
#[uniffi::export]
pub fn system_from_env() -> Result<SystemParts> {
    let info = SystemInfo::from_env()?;
    let (plugin_name, plugin_version) = info.plugin().map(|(name, version)| (name.into(), version.into())).unzip();
    Ok(SystemParts { name: info.name().into(), version: info.version().into(), plugin_name, plugin_version })
}

/// The headers by themselves.
#[uniffi::export]
pub fn system_headers(parts: SystemParts) -> Result<HashMap<String, String>> {
    Ok(plain(&parts.info()?.headers()))
}

/// The first 30 characters of a text with everything dropped that a header can't hold.
#[uniffi::export]
pub fn system_fit(text: String) -> String {
    SystemInfo::fit(&text)
}
