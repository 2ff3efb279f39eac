//! Settings as they come from the other language, and the core's [`Config`] made of them.

use std::{fmt, sync::Arc, time::Duration};

use vipps_partner_auth::{BasicEncoding, Config, Environment, LoginAuthMethod};

use crate::{
    clock::ManualClockHandle,
    error::{AuthError, Result},
    event::EventQueue,
    runtime::runtime,
    transport::TransportCalls,
};

/// Everything that can be set. What is absent has the core's default. Spans of time are in seconds.
#[derive(Clone, Default, uniffi::Record)]
pub struct SettingsParts {
    /// `production`, `test` or a base URL.
    pub environment: Option<String>,
    /// Limit for a TCP and TLS handshake.
    pub connect_timeout: Option<f64>,
    /// Limit for one request.
    pub request_timeout: Option<f64>,
    /// Limit for a whole fetch with its retries.
    pub deadline: Option<f64>,
    /// How far the clocks of issuer and reader may differ.
    pub leeway: Option<f64>,
    /// How long past its age a key set is still used during an outage.
    pub stale_keys_for: Option<f64>,
    /// More certificate authorities, in PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// The proxy for everything that leaves this machine, or `direct`.
    pub proxy: Option<String>,
    /// Where tokens are shared with other processes.
    pub redis_url: Option<String>,
    /// The authorities (PEM) that Redis' certificate is checked against, instead of the machine's.
    pub redis_ca_pem: Option<Vec<u8>>,
    /// `raw` or `form`.
    pub basic_encoding: Option<String>,
    /// `raw` or `form`.
    pub login_basic_encoding: Option<String>,
    /// `raw` or `form`.
    pub backchannel_basic_encoding: Option<String>,
    /// `client_secret_basic` or `client_secret_post`.
    pub login_auth_method: Option<String>,
    /// Lets partner keys be used with the test environment.
    pub allow_partner_keys_in_test: bool,
    /// More origins to which adapters may attach headers.
    pub trusted_origins: Vec<String>,
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
        let sender = self.transport.as_ref().map(|calls| calls.sender());
        let mut config = self.places(Config::default().runtime(runtime()?.clone()).event_sink(events.hook()))?;
        config = sender.into_iter().fold(config, Config::http);
        config = self.limits(config)?;
        config = self.encodings(config)?;
        if let Some(clock) = &self.clock {
            config = config.clock(Arc::new(clock.0.clone()));
        }
        if self.allow_partner_keys_in_test {
            config = config.allow_partner_keys_in_test();
        }
        Ok(config)
    }

    fn places(&self, mut config: Config) -> Result<Config> {
        if let Some(text) = &self.environment {
            config = config.environment(text.parse::<Environment>()?);
        }
        if let Some(pem) = &self.ca_pem {
            config = config.ca_pem(pem.as_slice());
        }
        if let Some(proxy) = &self.proxy {
            config = config.proxy(proxy);
        }
        if let Some(url) = &self.redis_url {
            config = config.redis_url(url);
        }
        if let Some(pem) = &self.redis_ca_pem {
            config = config.redis_ca_pem(pem.as_slice());
        }
        Ok(self.trusted_origins.iter().fold(config, Config::trusted_origin))
    }

    fn limits(&self, config: Config) -> Result<Config> {
        let config = set(config, "connect_timeout", self.connect_timeout, Config::connect_timeout)?;
        let config = set(config, "request_timeout", self.request_timeout, Config::request_timeout)?;
        let config = set(config, "deadline", self.deadline, Config::deadline)?;
        let config = set(config, "leeway", self.leeway, Config::leeway)?;
        set(config, "stale_keys_for", self.stale_keys_for, Config::stale_keys_for)
    }

    fn encodings(&self, mut config: Config) -> Result<Config> {
        if let Some(text) = &self.basic_encoding {
            config = config.basic_encoding(BasicEncoding::parse("basic_encoding", text)?);
        }
        if let Some(text) = &self.login_basic_encoding {
            config = config.login_basic_encoding(BasicEncoding::parse("login_basic_encoding", text)?);
        }
        if let Some(text) = &self.backchannel_basic_encoding {
            config = config.backchannel_basic_encoding(BasicEncoding::parse("backchannel_basic_encoding", text)?);
        }
        if let Some(text) = &self.login_auth_method {
            config = config.login_auth_method(text.parse()?);
        }
        Ok(config)
    }
}

fn set(
    config: Config,
    field: &str,
    seconds: Option<f64>,
    setter: impl FnOnce(Config, Duration) -> Config,
) -> Result<Config> {
    match seconds {
        Some(seconds) => Ok(setter(config, span(field, seconds)?)),
        None => Ok(config),
    }
}

/// A span of time as the core takes it, where the other language can write one that is none.
pub(crate) fn span(field: &str, seconds: f64) -> Result<Duration> {
    let span = Duration::try_from_secs_f64(seconds).ok().filter(|span| *span <= LONGEST);
    span.ok_or_else(|| AuthError::invalid(field, "must be a span of time, not below zero and not endless"))
}

/// More than any setting takes; sums with it stay far from what a clock can hold.
const LONGEST: Duration = Duration::from_secs(1_000_000 * 60 * 60);
