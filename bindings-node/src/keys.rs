//! The kinds of keys. The secrets stay on this side.

use napi::bindgen_prelude::Function;
use napi_derive::napi;
use vipps_partner_auth as core;

use crate::fault::OrFault;

/// Keys of any kind; the type of the face says which.
#[napi]
#[derive(Clone)]
pub struct Keys(core::Keys);

/// Keys as the portal shows them.
#[napi(object, object_to_js = false)]
pub struct PortalKeys {
    pub client_id: String,
    pub client_secret: String,
    pub subscription_key: String,
    pub second_subscription_key: Option<String>,
}

/// Looks a named value up, such as a variable of the process. It never throws.
pub(crate) type Lookup<'env> = Function<'env, String, Option<String>>;

#[napi]
impl Keys {
    #[napi(factory, catch_unwind)]
    pub fn partner(keys: PortalKeys) -> napi::Result<Self> {
        let built = core::PartnerKeys::new(keys.client_id, keys.client_secret, keys.subscription_key).or_fault()?;
        let built = match keys.second_subscription_key {
            Some(second) => built.with_second_subscription_key(second).or_fault()?,
            None => built,
        };
        Ok(Self(built.into()))
    }

    #[napi(factory, catch_unwind)]
    pub fn sales_unit(keys: PortalKeys, msn: String) -> napi::Result<Self> {
        let msn = msn.parse().or_fault()?;
        let built =
            core::SalesUnitKeys::new(keys.client_id, keys.client_secret, keys.subscription_key, msn).or_fault()?;
        let built = match keys.second_subscription_key {
            Some(second) => built.with_second_subscription_key(second).or_fault()?,
            None => built,
        };
        Ok(Self(built.into()))
    }

    #[napi(factory, catch_unwind)]
    pub fn specialized(client_id: String, client_secret: String, scope: Option<String>) -> napi::Result<Self> {
        let built = core::SpecializedKeys::new(client_id, client_secret).or_fault()?;
        let built = match scope {
            Some(scope) => built.with_scope(&scope).or_fault()?,
            None => built,
        };
        Ok(Self(built.into()))
    }

    #[napi(factory, catch_unwind)]
    pub fn psp(keys: PortalKeys, psp_id: String) -> napi::Result<Self> {
        let built = core::PspKeys::new(keys.client_id, keys.client_secret, keys.subscription_key, psp_id).or_fault()?;
        let built = match keys.second_subscription_key {
            Some(second) => built.with_second_subscription_key(second).or_fault()?,
            None => built,
        };
        Ok(Self(built.into()))
    }

    #[napi(factory, catch_unwind)]
    pub fn psp_from(vars: Lookup<'_>) -> napi::Result<Self> {
        Ok(Self(core::PspKeys::from_vars(named(&vars)).or_fault()?.into()))
    }

    #[napi(factory, catch_unwind)]
    pub fn partner_from(vars: Lookup<'_>) -> napi::Result<Self> {
        Ok(Self(core::PartnerKeys::from_vars(named(&vars)).or_fault()?.into()))
    }

    #[napi(factory, catch_unwind)]
    pub fn sales_unit_from(vars: Lookup<'_>) -> napi::Result<Self> {
        Ok(Self(core::SalesUnitKeys::from_vars(named(&vars)).or_fault()?.into()))
    }

    #[napi(factory, catch_unwind)]
    pub fn specialized_from(vars: Lookup<'_>) -> napi::Result<Self> {
        Ok(Self(core::SpecializedKeys::from_vars(named(&vars)).or_fault()?.into()))
    }

    /// The id of the client that the keys are for.
    #[napi(getter, catch_unwind)]
    pub fn client_id(&self) -> String {
        self.0.client_id().to_owned()
    }

    /// The sales unit that sales unit keys are for.
    #[napi(getter, catch_unwind)]
    pub fn msn(&self) -> Option<String> {
        match &self.0 {
            core::Keys::SalesUnit(keys) => Some(keys.msn().as_str().to_owned()),
            _ => None,
        }
    }

    /// The id of the PSP that PSP keys are for.
    #[napi(getter, catch_unwind)]
    pub fn psp_id(&self) -> Option<String> {
        match &self.0 {
            core::Keys::Psp(keys) => Some(keys.psp_id().to_owned()),
            _ => None,
        }
    }

    pub(crate) fn core(&self) -> core::Keys {
        self.0.clone()
    }
}

/// Named values as the core asks for them.
pub(crate) fn named(vars: &Lookup<'_>) -> impl Fn(&str) -> Option<String> {
    |name| vars.call(name.to_owned()).ok().flatten()
}

/// A merchant serial number as a text, once the core has read it.
#[napi(catch_unwind)]
pub fn msn(text: String) -> napi::Result<String> {
    Ok(text.parse::<core::Msn>().or_fault()?.as_str().to_owned())
}
