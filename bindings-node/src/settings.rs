//! Options of the face as a `Config`, and who is calling.

use std::collections::HashMap;

use napi::bindgen_prelude::{ClassInstance, Function};
use napi_derive::napi;
use vipps_partner_auth as core;

use crate::{
    clock::ManualClock,
    events::{Told, hook},
    fault::OrFault,
    key_source::{KeyQuestion, source},
    promise::runtime,
    token_cache::{CacheCall, cache},
    transport::{TransportCall, sender},
    words::{named, texts},
};

/// Everything that can be set: values as a JSON object, by the names that they have in the core, and objects.
#[napi(object, object_to_js = false)]
pub struct Settings<'env> {
    pub values: String,
    pub listener: Option<Function<'env, Told, ()>>,
    pub key_source: Option<Function<'env, KeyQuestion, ()>>,
    pub token_cache: Option<Function<'env, CacheCall, ()>>,
    pub transport: Option<Function<'env, TransportCall, ()>>,
    pub clock: Option<ClassInstance<'env, ManualClock>>,
}

impl Settings<'_> {
    pub(crate) fn config(self) -> napi::Result<core::Config> {
        let values = named(&self.values)?;
        let mut config = core::Config::from(core::Settings::read(values).or_fault()?).runtime(runtime());
        if let Some(listener) = &self.listener {
            config = config.event_sink(hook(listener)?);
        }
        if let Some(asker) = &self.key_source {
            config = config.key_source(source(asker)?);
        }
        if let Some(caller) = &self.token_cache {
            config = config.token_cache(cache(caller)?);
        }
        if let Some(caller) = &self.transport {
            config = config.http(sender(caller)?);
        }
        if let Some(clock) = &self.clock {
            config = config.clock(clock.shared());
        }
        Ok(config)
    }
}

/// The four `Vipps-System-*` values.
#[napi(object, object_to_js = false)]
pub struct System {
    pub name: String,
    pub version: String,
    pub plugin_name: Option<String>,
    pub plugin_version: Option<String>,
}

impl System {
    pub(crate) fn core(self) -> napi::Result<core::SystemInfo> {
        core::SystemInfo::from_parts(self.name, self.version, self.plugin_name, self.plugin_version).or_fault()
    }
}

/// The headers for these values, for a call that the library does not make.
#[napi(catch_unwind)]
pub fn system_headers(system: System) -> napi::Result<HashMap<String, String>> {
    Ok(texts(&system.core()?.headers()))
}

#[napi(catch_unwind)]
pub fn fit_system_value(text: String) -> String {
    core::SystemInfo::fit(&text)
}

/// Where calls go.
#[napi(object, object_from_js = false)]
pub struct EnvironmentInfo {
    pub base_url: String,
    pub issuer: String,
}

#[napi(catch_unwind)]
pub fn environment(text: String) -> napi::Result<EnvironmentInfo> {
    Ok(environment_info(&text.parse().or_fault()?))
}

pub(crate) fn environment_info(environment: &core::Environment) -> EnvironmentInfo {
    EnvironmentInfo { base_url: environment.base_url().to_owned(), issuer: environment.issuer() }
}
