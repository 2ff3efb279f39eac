//! Who is calling.

use http::HeaderMap;

use crate::{
    error::{Error, Result},
    headers::SystemHeaders,
    quote::quoted,
    variables::{all_are_set, by_variable, environment_variable, optional, required},
};

/// Who is calling: the four `Vipps-System-*` headers. Each value at most 30 characters of printable ASCII; a header
/// whose value is empty is left out.
///
/// Source: Vipps MobilePay, "HTTP headers".
///
/// ```
/// use vipps_partner_auth::SystemInfo;
///
/// let system = SystemInfo::new("acme", "3.1.2")?.with_plugin("acme-webshop", "4.5.6")?;
/// assert_eq!(system.name(), "acme");
/// assert_eq!(SystemInfo::new("acme", "3\r\nX: 1").unwrap_err().field(), Some("system_version"));
/// # Ok::<(), vipps_partner_auth::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemInfo {
    name: String,
    version: String,
    plugin: Option<(String, String)>,
}

impl SystemInfo {
    /// The name and version of the system that calls, such as an ERP. Refuses a bad value, naming
    /// `system_name` or `system_version`.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Result<Self> {
        let name = checked("system_name", name.into())?;
        let version = checked("system_version", version.into())?;
        Ok(Self { name, version, plugin: None })
    }

    /// The name and version of the plugin within that system. Refuses a bad value, naming `plugin_name` or
    /// `plugin_version`.
    pub fn with_plugin(self, name: impl Into<String>, version: impl Into<String>) -> Result<Self> {
        let plugin = (checked("plugin_name", name.into())?, checked("plugin_version", version.into())?);
        Ok(Self { plugin: Some(plugin), ..self })
    }

    /// Reads `VIPPS_SYSTEM_NAME`, `VIPPS_SYSTEM_VERSION` and, if set, `VIPPS_PLUGIN_NAME` with `VIPPS_PLUGIN_VERSION`. An
    /// error names all the variables that are missing.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(environment_variable)
    }

    /// Like [`from_env`](Self::from_env), from any other source of named values.
    pub fn from_vars(vars: impl Fn(&str) -> Option<String>) -> Result<Self> {
        all_are_set(&vars, &Self::variables(&vars))?;
        let system = Self::new(required(&vars, "VIPPS_SYSTEM_NAME")?, required(&vars, "VIPPS_SYSTEM_VERSION")?);
        let system = system.map_err(by_variable)?;
        match optional(&vars, "VIPPS_PLUGIN_NAME")? {
            Some(name) => system.with_plugin(name, required(&vars, "VIPPS_PLUGIN_VERSION")?).map_err(by_variable),
            None => Ok(system),
        }
    }

    /// What must be set.
    pub(crate) fn variables(vars: &impl Fn(&str) -> Option<String>) -> Vec<&'static str> {
        let of_plugin = vars("VIPPS_PLUGIN_NAME").filter(|name| !name.is_empty()).map(|_| "VIPPS_PLUGIN_VERSION");
        ["VIPPS_SYSTEM_NAME", "VIPPS_SYSTEM_VERSION"].into_iter().chain(of_plugin).collect()
    }

    /// All four values as an application's settings hold them. A plugin has both a name and a version or neither.
    pub fn from_parts(
        name: impl Into<String>,
        version: impl Into<String>,
        plugin_name: Option<String>,
        plugin_version: Option<String>,
    ) -> Result<Self> {
        let system = Self::new(name, version)?;
        match (plugin_name, plugin_version) {
            (Some(name), Some(version)) => system.with_plugin(name, version),
            (None, None) => Ok(system),
            (Some(_), None) => Err(Error::breaks_rule("plugin_version", "is needed with plugin_name")),
            (None, Some(_)) => Err(Error::breaks_rule("plugin_name", "is needed with plugin_version")),
        }
    }

    /// The first 30 characters of a text with everything dropped that a header can't hold: an explicit help for
    /// names that come from elsewhere. Never applied by itself.
    ///
    /// ```
    /// assert_eq!(vipps_partner_auth::SystemInfo::fit(" Acme ✓ Commerce"), "Acme  Commerce");
    /// ```
    pub fn fit(text: &str) -> String {
        let kept: String = text.trim().chars().filter(|c| matches!(c, ' '..='~')).take(MAX_SYSTEM_VALUE).collect();
        kept.trim().to_owned()
    }

    /// The headers by themselves, for a call that this library does not make.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(4);
        SystemHeaders::new(self).add_to(&mut headers);
        headers
    }

    /// `Vipps-System-Name`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `Vipps-System-Version`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// `Vipps-System-Plugin-Name` and `Vipps-System-Plugin-Version`. Without a plugin the headers repeat the system's own
    /// values, as Vipps wants it.
    pub fn plugin(&self) -> Option<(&str, &str)> {
        self.plugin.as_ref().map(|(name, version)| (name.as_str(), version.as_str()))
    }
}

const MAX_SYSTEM_VALUE: usize = 30;

/// Of a value that is refused no more is shown than what is wrong with it: it may be a secret in the wrong place.
fn checked(field: &'static str, value: String) -> Result<String> {
    let refused = |rule: String| Err(Error::breaks_rule(field, rule));
    if value.trim_matches(' ') != value {
        return refused("must not begin or end with a space".to_owned());
    }
    if let Some(sign) = value.chars().find(|sign| !matches!(sign, ' '..='~')) {
        return refused(format!("must be printable ASCII, which {} is not", quoted(sign.encode_utf8(&mut [0; 4]))));
    }
    if value.len() > MAX_SYSTEM_VALUE {
        return refused(format!("must be at most 30 characters, and has {}", value.len()));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_and_the_rest_is_not() {
        for (name, told) in [
            ("hidden ", "system_name must not begin or end with a space"),
            ("hidden\n", "system_name must be printable ASCII, which `\\n` is not"),
            ("hiddén", "system_name must be printable ASCII, which `é` is not"),
            (&"hidden".repeat(6), "system_name must be at most 30 characters, and has 36"),
        ] {
            assert_eq!(SystemInfo::new(name, "1").expect_err(name).detail(), told);
        }
    }
}
