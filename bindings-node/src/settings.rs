//! Options of the face as a `Config`, and who is calling.

use std::collections::HashMap;

use napi::bindgen_prelude::{ClassInstance, Either, Function, Uint8Array};
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
    words::{span, texts},
};

/// Everything that can be set; what is missing is left to the core. Spans are in milliseconds.
#[napi(object, object_to_js = false)]
pub struct Settings<'env> {
    pub environment: Option<String>,
    pub connect_timeout: Option<f64>,
    pub request_timeout: Option<f64>,
    pub deadline: Option<f64>,
    pub leeway: Option<f64>,
    pub stale_keys_for: Option<f64>,
    pub ca_pem: Option<Either<String, Uint8Array>>,
    pub proxy: Option<String>,
    pub redis_url: Option<String>,
    pub redis_ca_pem: Option<Either<String, Uint8Array>>,
    pub basic_encoding: Option<String>,
    pub login_basic_encoding: Option<String>,
    pub backchannel_basic_encoding: Option<String>,
    pub login_auth_method: Option<String>,
    pub allow_partner_keys_in_test: Option<bool>,
    pub trusted_origins: Option<Vec<String>>,
    pub listener: Option<Function<'env, Told, ()>>,
    pub key_source: Option<Function<'env, KeyQuestion, ()>>,
    pub token_cache: Option<Function<'env, CacheCall, ()>>,
    pub transport: Option<Function<'env, TransportCall, ()>>,
    pub clock: Option<ClassInstance<'env, ManualClock>>,
}

impl Settings<'_> {
    pub(crate) fn config(self) -> napi::Result<core::Config> {
        let mut config = core::Config::default().runtime(runtime());
        if let Some(text) = self.environment {
            config = config.environment(text.parse().or_fault()?);
        }
        if let Some(limit) = self.connect_timeout {
            config = config.connect_timeout(span("connect_timeout", limit)?);
        }
        if let Some(limit) = self.request_timeout {
            config = config.request_timeout(span("request_timeout", limit)?);
        }
        if let Some(limit) = self.deadline {
            config = config.deadline(span("deadline", limit)?);
        }
        if let Some(leeway) = self.leeway {
            config = config.leeway(span("leeway", leeway)?);
        }
        if let Some(age) = self.stale_keys_for {
            config = config.stale_keys_for(span("stale_keys_for", age)?);
        }
        if let Some(pem) = self.ca_pem {
            config = config.ca_pem(bytes(pem));
        }
        if let Some(proxy) = self.proxy {
            config = config.proxy(proxy);
        }
        if let Some(url) = self.redis_url {
            config = config.redis_url(url);
        }
        if let Some(pem) = self.redis_ca_pem {
            config = config.redis_ca_pem(bytes(pem));
        }
        if let Some(text) = self.basic_encoding {
            config = config.basic_encoding(core::BasicEncoding::parse("basic_encoding", &text).or_fault()?);
        }
        if let Some(text) = self.login_basic_encoding {
            config = config.login_basic_encoding(core::BasicEncoding::parse("login_basic_encoding", &text).or_fault()?);
        }
        if let Some(text) = self.backchannel_basic_encoding {
            let encoding = core::BasicEncoding::parse("backchannel_basic_encoding", &text).or_fault()?;
            config = config.backchannel_basic_encoding(encoding);
        }
        if let Some(text) = self.login_auth_method {
            config = config.login_auth_method(text.parse().or_fault()?);
        }
        if self.allow_partner_keys_in_test == Some(true) {
            config = config.allow_partner_keys_in_test();
        }
        for origin in self.trusted_origins.unwrap_or_default() {
            config = config.trusted_origin(origin);
        }
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

/// The core names the other setting, which takes the same words.
fn bytes(pem: Either<String, Uint8Array>) -> Vec<u8> {
    match pem {
        Either::A(text) => text.into_bytes(),
        Either::B(bytes) => bytes.to_vec(),
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
