//! ID tokens without any keys.

use napi::{Env, bindgen_prelude::Object};
use napi_derive::napi;
use vipps_partner_auth as core;

use crate::{
    cancel::CancelHandle,
    claims::{cached, expected, packed},
    events::Stats,
    fault::OrFault,
    promise::promise,
    settings::Settings,
};

/// The core's `IdTokenVerifier`.
#[napi]
pub struct IdTokenVerifier(core::IdTokenVerifier);

#[napi]
impl IdTokenVerifier {
    #[napi(constructor, catch_unwind)]
    pub fn new(settings: Settings<'_>, jwks: Option<String>) -> napi::Result<Self> {
        let config = settings.config()?;
        let verifier = match jwks {
            Some(jwks) => core::IdTokenVerifier::with_jwks(config, &jwks),
            None => core::IdTokenVerifier::new(config),
        };
        Ok(Self(verifier.or_fault()?))
    }

    #[napi(catch_unwind)]
    pub fn verify_cached(&self, jwt: String, expect: String) -> napi::Result<Option<String>> {
        let expect = expected(&expect)?;
        cached(self.0.verify_cached(&jwt, &expect))
    }

    #[napi(catch_unwind)]
    pub fn verify<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        jwt: String,
        expect: String,
    ) -> napi::Result<Object<'env>> {
        let expect = expected(&expect)?;
        let verifier = self.0.clone();
        promise(
            env,
            cancel,
            async move { verifier.verify(&jwt, &expect).await.map(|claims| packed(&claims)).or_fault() },
        )
    }

    #[napi(catch_unwind)]
    pub fn stats(&self) -> Stats {
        self.0.stats().into()
    }
}
