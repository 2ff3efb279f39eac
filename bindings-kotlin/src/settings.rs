//! Settings as they come from the other language, and the core's [`Config`] made of them.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use vipps_partner_auth::{BasicEncoding, Config, LoginAuthMethod, Settings};

use crate::{
    clock::ManualClockHandle,
    error::{AuthError, Result},
    event::EventQueue,
    named::{NamedValue, values},
    runtime::runtime,
    transport::TransportCalls,
};

/// Everything that can be set: values by the names that they have in the core, and objects.
#[derive(Clone, Default, uniffi::Record)]
pub struct SettingsParts {
    /// What is absent has the core's default.
    pub values: HashMap<String, NamedValue>,
    /// A clock for tests.
    pub clock: Option<Arc<ManualClockHandle>>,
    /// What sends requests in the other language.
    #[uniffi(default = None)]
    pub transport: Option<Arc<TransportCalls>>,
}

/// Reads how Basic is written.
#[uniffi::export]
pub fn basic_encoding_of(text: String) -> Result<String> {
    text.parse::<BasicEncoding>()?;
    Ok(text)
}

/// Reads how sales unit keys authenticate in Login.
#[uniffi::export]
pub fn login_auth_method_of(text: String) -> Result<String> {
    text.parse::<LoginAuthMethod>()?;
    Ok(text)
}

/// Without the settings themselves: the URL of a Redis may hold its password.
impl fmt::Debug for SettingsParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingsParts").finish_non_exhaustive()
    }
}

impl SettingsParts {
    pub(crate) fn config(&self, events: &EventQueue) -> Result<Config> {
        let config = Config::from(Settings::read(values(self.values.clone()))?)
            .runtime(runtime()?.clone())
            .event_sink(events.hook());
        let sender = self.transport.as_ref().map(|calls| calls.sender());
        let config = sender.into_iter().fold(config, Config::http);
        Ok(match &self.clock {
            Some(clock) => config.clock(Arc::new(clock.0.clone())),
            None => config,
        })
    }
}

/// A span of time as the core takes it, where the other language can write one that is none.
pub(crate) fn span(field: &str, seconds: f64) -> Result<Duration> {
    vipps_partner_auth::span(seconds).map_err(|rule| AuthError::invalid(field, rule))
}
