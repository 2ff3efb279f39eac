//! A partner and its merchants. The merchants of the face are texts here: a handle for each would only cost memory.

use napi::{Env, bindgen_prelude::Object};
use napi_derive::napi;
use vipps_partner_auth as core;
use vipps_partner_auth::Clock;

use crate::{
    backchannel::Backchannel,
    cancel::CancelHandle,
    claims::{cached, expected, packed},
    events::Stats,
    fault::OrFault,
    keys::{Keys, Lookup, named},
    login::Login,
    promise::promise,
    result::told,
    settings::{EnvironmentInfo, Settings, System, environment_info},
    token::AccessToken,
    words::{in_turn, milliseconds},
};

/// The core's `Partner`.
#[napi]
pub struct Partner {
    inner: core::Partner,
    /// A clock that a test moves can't be followed by JavaScript's own.
    follows_machine: bool,
    kind: &'static str,
}

/// Finished headers, name and value in turn, and for how long they may be served without asking again.
#[napi(object, object_from_js = false)]
pub struct Snapshot {
    pub headers: Vec<String>,
    pub fresh_for: f64,
    pub generation: f64,
    pub token: AccessToken,
}

#[napi]
impl Partner {
    #[napi(constructor, catch_unwind)]
    pub fn new(keys: &Keys, system: System, settings: Settings<'_>) -> napi::Result<Self> {
        let follows_machine = settings.clock.is_none();
        let keys = keys.core();
        let kind = keys.kind();
        let inner = core::Partner::new(keys, system.core()?, settings.config()?).or_fault()?;
        Ok(Self { inner, follows_machine, kind })
    }

    #[napi(factory, catch_unwind)]
    pub fn from_vars(vars: Lookup<'_>, settings: Settings<'_>) -> napi::Result<Self> {
        let follows_machine = settings.clock.is_none();
        let inner = core::Partner::from_vars(named(&vars), settings.config()?).or_fault()?;
        let kind = core::Keys::from_vars(named(&vars)).or_fault()?.kind();
        Ok(Self { inner, follows_machine, kind })
    }

    /// The headers at hand, of a merchant or of the partner itself.
    #[napi(catch_unwind)]
    pub fn cached(&self, msn: Option<String>) -> napi::Result<Option<Snapshot>> {
        let headers = match msn {
            Some(msn) => self.merchant(&msn)?.cached_headers(),
            None => self.inner.cached_headers(),
        };
        Ok(headers.map(|headers| self.snapshot(&headers)))
    }

    /// The same, after fetching a token if none is at hand.
    #[napi(catch_unwind)]
    pub fn authorization<'env>(&self, env: &'env Env, msn: Option<String>) -> napi::Result<Object<'env>> {
        let merchant = msn.map(|msn| self.merchant(&msn)).transpose()?;
        let own = Self { inner: self.inner.clone(), ..*self };
        promise(env, None, async move {
            let headers = match &merchant {
                Some(merchant) => merchant.authorization().await,
                None => own.inner.authorization().await,
            };
            Ok(own.snapshot(&headers.or_fault()?))
        })
    }

    #[napi(catch_unwind)]
    pub fn access_token<'env>(&self, env: &'env Env, cancel: Option<&CancelHandle>) -> napi::Result<Object<'env>> {
        let partner = self.inner.clone();
        promise(env, cancel, async move { partner.access_token().await.map(AccessToken::from).or_fault() })
    }

    #[napi(catch_unwind)]
    pub fn replace_keys<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        keys: &Keys,
    ) -> napi::Result<Object<'env>> {
        let partner = self.inner.clone();
        let keys = keys.core();
        promise(env, cancel, async move { partner.replace_keys(keys).await.or_fault() })
    }

    #[napi(catch_unwind)]
    pub fn invalidate(&self, token: &AccessToken) -> bool {
        self.inner.invalidate(token.core())
    }

    /// Another token's headers, after an API answered 401 to this one.
    #[napi(catch_unwind)]
    pub fn refused<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        token: &AccessToken,
        msn: Option<String>,
    ) -> napi::Result<Object<'env>> {
        let merchant = msn.map(|msn| self.merchant(&msn)).transpose()?;
        let own = Self { inner: self.inner.clone(), ..*self };
        let token = token.core().clone();
        promise(env, cancel, async move {
            let headers = match &merchant {
                Some(merchant) => merchant.refused(&token).await,
                None => own.inner.refused(&token).await,
            };
            Ok(own.snapshot(&headers.or_fault()?))
        })
    }

    /// Tells what an API answered to a call for a merchant.
    #[napi(catch_unwind)]
    pub fn answered(&self, msn: String, status: u32, content_type: Option<String>) -> napi::Result<()> {
        // No status is out of this range.
        self.merchant(&msn)?.answered(u16::try_from(status).unwrap_or_default(), content_type.as_deref());
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn sales_units<'env>(&self, env: &'env Env, cancel: Option<&CancelHandle>) -> napi::Result<Object<'env>> {
        let partner = self.inner.clone();
        promise(env, cancel, async move { partner.sales_units().await.map(told).or_fault() })
    }

    #[napi(catch_unwind)]
    pub fn sales_units_of<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        scheme: String,
        id: String,
    ) -> napi::Result<Object<'env>> {
        let partner = self.inner.clone();
        promise(env, cancel, async move { partner.sales_units_of(&scheme, &id).await.map(told).or_fault() })
    }

    #[napi(catch_unwind)]
    pub fn sales_unit<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        msn: String,
    ) -> napi::Result<Object<'env>> {
        let partner = self.inner.clone();
        let msn = msn.parse().or_fault()?;
        promise(env, cancel, async move { partner.sales_unit(msn).await.map(told).or_fault() })
    }

    #[napi(catch_unwind)]
    pub fn sales_unit_changes<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        known: Vec<String>,
    ) -> napi::Result<Object<'env>> {
        let partner = self.inner.clone();
        let known = known.iter().map(|msn| msn.parse()).collect::<core::Result<Vec<core::Msn>>>().or_fault()?;
        promise(env, cancel, async move { partner.sales_unit_changes(&known).await.map(told).or_fault() })
    }

    #[napi(catch_unwind)]
    pub fn check<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        msn: String,
    ) -> napi::Result<Object<'env>> {
        let partner = self.inner.clone();
        let msn = msn.parse().or_fault()?;
        promise(env, cancel, async move { partner.check(msn).await.map(told).or_fault() })
    }

    #[napi(catch_unwind)]
    pub fn covers(&self, url: String) -> bool {
        self.inner.covers(&url)
    }

    #[napi(catch_unwind)]
    pub fn headers_withheld(&self, url: String) {
        self.inner.headers_withheld(&url);
    }

    #[napi(catch_unwind)]
    pub fn may_follow(&self, from: String, to: String) -> bool {
        self.inner.may_follow(&from, &to)
    }

    /// Which kind of keys it has.
    #[napi(getter, catch_unwind)]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    #[napi(catch_unwind)]
    pub fn generation(&self) -> f64 {
        exact(self.inner.generation())
    }

    #[napi(catch_unwind)]
    pub fn stats(&self) -> Stats {
        self.inner.stats().into()
    }

    #[napi(catch_unwind)]
    pub fn environment(&self) -> EnvironmentInfo {
        environment_info(self.inner.environment())
    }

    #[napi(catch_unwind)]
    pub fn verify_cached(&self, merchant: String, jwt: String, expect: String) -> napi::Result<Option<String>> {
        let expect = expected(&expect)?;
        cached(self.merchant(&merchant)?.verify_id_token_cached(&jwt, &expect))
    }

    #[napi(catch_unwind)]
    pub fn verify<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        merchant: String,
        jwt: String,
        expect: String,
    ) -> napi::Result<Object<'env>> {
        let expect = expected(&expect)?;
        let merchant = self.merchant(&merchant)?;
        promise(env, cancel, async move {
            merchant.verify_id_token(&jwt, &expect).await.map(|claims| packed(&claims)).or_fault()
        })
    }

    #[napi(catch_unwind)]
    pub fn login(&self, msn: String, redirect_uri: String) -> napi::Result<Login> {
        Ok(self.merchant(&msn)?.login(&redirect_uri).or_fault()?.into())
    }

    #[napi(catch_unwind)]
    pub fn backchannel(&self, msn: String) -> napi::Result<Backchannel> {
        Ok(self.merchant(&msn)?.backchannel().or_fault()?.into())
    }

    pub(crate) fn core(&self) -> core::Partner {
        self.inner.clone()
    }

    fn merchant(&self, msn: &str) -> napi::Result<core::Merchant> {
        Ok(self.inner.merchant(msn.parse().or_fault()?))
    }

    fn snapshot(&self, headers: &core::Headers) -> Snapshot {
        let left = core::SystemClock.now().until(headers.fresh_until());
        Snapshot {
            headers: in_turn(headers),
            fresh_for: if self.follows_machine { milliseconds(left) } else { 0.0 },
            generation: exact(headers.generation()),
            token: headers.token().clone().into(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a generation is a small number")]
fn exact(generation: u64) -> f64 {
    generation as f64
}
