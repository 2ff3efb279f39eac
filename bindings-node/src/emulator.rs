//! The offline Vipps within the process: life, keys, time, tokens, trouble, and the log.

use std::{sync::Arc, time::Duration};

use napi::{Env, bindgen_prelude::Object};
use napi_derive::napi;
use vipps_emulator as emulator;
use vipps_partner_auth as core;

use crate::{
    emulator_input::{self as input, read},
    emulator_output as output,
    fault::{OrEmulatorFault, OrFault, emulator_fault},
    promise::{blocking, promise},
    words::{count, span},
};

/// The emulator; anything with more than a few members crosses as JSON.
#[napi]
pub struct Emulator(pub(crate) Arc<emulator::Emulator>);

/// Starts one. Making its keys takes a while, so it happens elsewhere.
#[napi(catch_unwind)]
pub fn start_emulator(env: &Env, options: String) -> napi::Result<Object<'_>> {
    let options = read::<input::Start>(&options)?.core()?;
    promise(
        env,
        None,
        blocking(move || Ok(Emulator(Arc::new(emulator::Emulator::start(options).or_emulator_fault()?)))),
    )
}

pub(crate) fn msn(text: &str) -> napi::Result<core::Msn> {
    text.parse().or_fault()
}

/// Life, keys and merchants.
#[napi]
impl Emulator {
    #[napi(getter, catch_unwind)]
    pub fn base_url(&self) -> String {
        self.0.base_url().to_owned()
    }

    #[napi(getter, catch_unwind)]
    pub fn page_url(&self) -> String {
        self.0.page_url()
    }

    #[napi(catch_unwind)]
    pub fn stop<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let emulator = Arc::clone(&self.0);
        promise(
            env,
            None,
            blocking(move || {
                emulator.stop();
                Ok(())
            }),
        )
    }

    #[napi(catch_unwind)]
    pub fn stop_now(&self) {
        self.0.stop();
    }

    #[napi(catch_unwind)]
    pub fn partner_keys(&self) -> String {
        output::keys(&self.0.partner_keys())
    }

    #[napi(catch_unwind)]
    pub fn sales_unit_keys(&self, merchant: String) -> napi::Result<String> {
        let keys = self.0.sales_unit_keys(&msn(&merchant)?);
        keys.map(|keys| output::keys(&keys)).ok_or_else(|| emulator_fault("no such sales unit"))
    }

    #[napi(catch_unwind)]
    pub fn specialized_keys(&self) -> String {
        output::specialized_keys(&self.0.specialized_keys())
    }

    #[napi(catch_unwind)]
    pub fn add_merchant(&self, merchant: String) -> napi::Result<()> {
        self.0.add_merchant(&msn(&merchant)?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn disconnect_merchant(&self, merchant: String) -> napi::Result<()> {
        self.0.disconnect_merchant(&msn(&merchant)?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn deactivate_merchant(&self, merchant: String) -> napi::Result<()> {
        self.0.deactivate_merchant(&msn(&merchant)?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn reject_subscription_key(&self, which: String) -> napi::Result<()> {
        self.0.reject_subscription_key(input::subscription_key(&which)?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn wrong_environment(&self, wrong: bool) {
        self.0.wrong_environment(wrong);
    }
}

/// The log and the clock.
#[napi]
impl Emulator {
    #[napi(catch_unwind)]
    pub fn requests(&self) -> String {
        output::requests(&self.0.requests())
    }

    #[napi(catch_unwind)]
    pub fn clear_requests(&self) {
        self.0.clear_requests();
    }

    #[napi(catch_unwind)]
    pub fn count(&self, path: String) -> u32 {
        u32::try_from(self.0.count(&path)).unwrap_or(u32::MAX)
    }

    #[napi(catch_unwind)]
    pub fn now(&self) -> i64 {
        Duration::from_secs(self.0.now_unix()).as_millis().try_into().unwrap_or(i64::MAX)
    }

    #[napi(catch_unwind)]
    pub fn advance(&self, by: f64) -> napi::Result<()> {
        self.0.advance(span("milliseconds", by)?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn set_time(&self, time: f64) -> napi::Result<()> {
        self.0.set_time(span("time", time)?.as_secs());
        Ok(())
    }
}

/// Tokens, ID tokens and their keys.
#[napi]
impl Emulator {
    #[napi(catch_unwind)]
    pub fn numbers(&self, numbers: String) -> napi::Result<()> {
        self.0.numbers(input::numbers(&numbers)?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn fields(&self, fields: String) -> napi::Result<()> {
        self.0.fields(input::fields(&fields)?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn token_lifetime(&self, kind: String, lifetime: f64) -> napi::Result<()> {
        self.0.token_lifetime(input::token_kind(&kind)?, span("lifetime", lifetime)?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn revoke_tokens(&self) {
        self.0.revoke_tokens();
    }

    #[napi(catch_unwind)]
    pub fn accept_form_encoded_basic(&self, accept: bool) {
        self.0.accept_form_encoded_basic(accept);
    }

    #[napi(catch_unwind)]
    pub fn check_msn_on_token(&self, check: bool) {
        self.0.check_msn_on_token(check);
    }

    #[napi(catch_unwind)]
    pub fn mint_id_token(&self, spec: String) -> napi::Result<String> {
        Ok(self.0.mint_id_token(&read::<input::IdToken>(&spec)?.core()?))
    }

    #[napi(catch_unwind)]
    pub fn jwks(&self) -> String {
        self.0.jwks()
    }

    #[napi(catch_unwind)]
    pub fn rotate_keys<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let emulator = Arc::clone(&self.0);
        promise(
            env,
            None,
            blocking(move || {
                emulator.rotate_keys();
                Ok(())
            }),
        )
    }

    #[napi(catch_unwind)]
    pub fn withdraw_old_keys(&self) {
        self.0.withdraw_old_keys();
    }

    #[napi(catch_unwind)]
    pub fn jwks_outage(&self, outage: bool) {
        self.0.jwks_outage(outage);
    }

    #[napi(catch_unwind)]
    pub fn jwks_cache_control(&self, value: Option<String>) -> napi::Result<()> {
        self.0.jwks_cache_control(value.as_deref()).or_emulator_fault()
    }
}

/// Trouble.
#[napi]
impl Emulator {
    #[napi(catch_unwind)]
    pub fn fail_next(&self, endpoint: String, times: f64, failure: String) -> napi::Result<()> {
        let times = count("times", times)?;
        self.0.fail_next(endpoint.parse().or_emulator_fault()?, times, read::<input::Failure>(&failure)?.core()?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn clear_failures(&self) {
        self.0.clear_failures();
    }

    #[napi(catch_unwind)]
    pub fn release_hung(&self) {
        self.0.release_hung();
    }

    #[napi(catch_unwind)]
    pub fn script(&self, path: String, replies: String) -> napi::Result<()> {
        let replies = read::<Vec<input::Reply>>(&replies)?;
        self.0.script(&path, replies.iter().map(input::Reply::core).collect::<napi::Result<_>>()?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn set_latency(&self, endpoint: String, latency: f64) -> napi::Result<()> {
        self.0.set_latency(endpoint.parse().or_emulator_fault()?, span("latency", latency)?);
        Ok(())
    }
}
