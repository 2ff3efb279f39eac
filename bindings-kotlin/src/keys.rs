//! The kinds of keys. The secrets stay on this side.

use std::sync::Arc;

use vipps_partner_auth::{Keys, PartnerKeys, PspKeys, SalesUnitKeys, SpecializedKeys};

use crate::error::Result;

/// Keys of any kind.
#[derive(Debug, uniffi::Object)]
pub struct KeysHandle(pub(crate) Keys);

#[uniffi::export]
impl KeysHandle {
    /// Sales unit keys where `VIPPS_MSN` is set, PSP keys where `VIPPS_PSP_ID` is, else partner keys.
    #[uniffi::constructor]
    pub fn from_env() -> Result<Arc<Self>> {
        Ok(Arc::new(Self(Keys::from_env()?)))
    }

    /// Partner keys.
    #[uniffi::constructor]
    pub fn partner(
        client_id: String,
        client_secret: String,
        subscription_key: String,
        second_subscription_key: Option<String>,
    ) -> Result<Arc<Self>> {
        let keys = PartnerKeys::new(client_id, client_secret, subscription_key)?;
        Ok(Self::of(match second_subscription_key {
            Some(second) => keys.with_second_subscription_key(second)?,
            None => keys,
        }))
    }

    /// Partner keys from `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET` and `VIPPS_SUBSCRIPTION_KEY`.
    #[uniffi::constructor]
    pub fn partner_from_env() -> Result<Arc<Self>> {
        Ok(Self::of(PartnerKeys::from_env()?))
    }

    /// The keys of one sales unit.
    #[uniffi::constructor]
    pub fn sales_unit(
        client_id: String,
        client_secret: String,
        subscription_key: String,
        msn: String,
        second_subscription_key: Option<String>,
    ) -> Result<Arc<Self>> {
        let keys = SalesUnitKeys::new(client_id, client_secret, subscription_key, msn.parse()?)?;
        Ok(Self::of(match second_subscription_key {
            Some(second) => keys.with_second_subscription_key(second)?,
            None => keys,
        }))
    }

    /// Sales unit keys from the same variables and `VIPPS_MSN`.
    #[uniffi::constructor]
    pub fn sales_unit_from_env() -> Result<Arc<Self>> {
        Ok(Self::of(SalesUnitKeys::from_env()?))
    }

    /// The keys of a payment service provider.
    #[uniffi::constructor]
    pub fn psp(
        client_id: String,
        client_secret: String,
        subscription_key: String,
        psp_id: String,
        second_subscription_key: Option<String>,
    ) -> Result<Arc<Self>> {
        let keys = PspKeys::new(client_id, client_secret, subscription_key, psp_id)?;
        Ok(Self::of(match second_subscription_key {
            Some(second) => keys.with_second_subscription_key(second)?,
            None => keys,
        }))
    }

    /// PSP keys from `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET`, `VIPPS_SUBSCRIPTION_KEY` and `VIPPS_PSP_ID`.
    #[uniffi::constructor]
    pub fn psp_from_env() -> Result<Arc<Self>> {
        Ok(Self::of(PspKeys::from_env()?))
    }

    /// Specialized keys.
    #[uniffi::constructor]
    pub fn specialized(client_id: String, client_secret: String, scope: Option<String>) -> Result<Arc<Self>> {
        let keys = SpecializedKeys::new(client_id, client_secret)?;
        Ok(Self::of(match scope {
            Some(scope) => keys.with_scope(&scope)?,
            None => keys,
        }))
    }

    /// Specialized keys from `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET` and `VIPPS_SCOPE`.
    #[uniffi::constructor]
    pub fn specialized_from_env() -> Result<Arc<Self>> {
        Ok(Self::of(SpecializedKeys::from_env()?))
    }
}

#[uniffi::export]
impl KeysHandle {
    /// `partner`, `sales_unit`, `specialized` or `psp`.
    pub fn kind(&self) -> String {
        self.0.kind().to_owned()
    }

    /// The client id, which is no secret.
    pub fn client_id(&self) -> String {
        self.0.client_id().to_owned()
    }

    /// The sales unit that the keys belong to, where they belong to one.
    pub fn msn(&self) -> Option<String> {
        match &self.0 {
            Keys::SalesUnit(keys) => Some(keys.msn().as_str().to_owned()),
            _ => None,
        }
    }

    /// The id of the PSP that the keys belong to, where they belong to one.
    pub fn psp_id(&self) -> Option<String> {
        match &self.0 {
            Keys::Psp(keys) => Some(keys.psp_id().to_owned()),
            _ => None,
        }
    }
}

impl KeysHandle {
    fn of(keys: impl Into<Keys>) -> Arc<Self> {
        Arc::new(Self(keys.into()))
    }
}
