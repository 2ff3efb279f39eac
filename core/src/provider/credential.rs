//! The keys as the two token calls need them.

use bytes::Bytes;
use http::Request;

use crate::{
    config::BasicEncoding,
    environment::Environment,
    error::Result,
    headers::SystemHeaders,
    keys::{Keys, SpecializedKeys, StandardKeys},
    msn::Msn,
    secret::Secret,
    token::{specialized_request, standard_request},
};

pub(super) enum Credential {
    Standard { keys: StandardKeys, msn: Option<Msn> },
    Specialized { keys: SpecializedKeys, encoding: BasicEncoding },
}

impl Credential {
    pub(super) fn new(keys: &Keys, encoding: BasicEncoding) -> Self {
        match keys {
            Keys::Partner(keys) => Self::Standard { keys: keys.0.clone(), msn: None },
            // The token call must not carry the `Psp-Id`.
            Keys::Psp(keys) => Self::Standard { keys: keys.standard.clone(), msn: None },
            Keys::SalesUnit(keys) => Self::Standard { keys: keys.standard.clone(), msn: Some(keys.msn.clone()) },
            Keys::Specialized(keys) => Self::Specialized { keys: keys.clone(), encoding },
        }
    }

    pub(super) fn token_request(
        &self,
        environment: &Environment,
        system: &SystemHeaders,
        second_key: bool,
    ) -> Result<Request<Bytes>> {
        match self {
            Self::Standard { keys, msn } => {
                standard_request(environment, keys, keys.subscription_key(second_key), msn.as_ref(), system)
            }
            Self::Specialized { keys, encoding } => specialized_request(environment, keys, *encoding, system),
        }
    }

    pub(super) fn has_second_key(&self) -> bool {
        matches!(self, Self::Standard { keys, .. } if keys.second_subscription_key.is_some())
    }

    pub(super) fn subscription_key(&self, second: bool) -> Option<&Secret> {
        match self {
            Self::Standard { keys, .. } => Some(keys.subscription_key(second)),
            Self::Specialized { .. } => None,
        }
    }

    /// What a reply must not echo into an error.
    pub(super) fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Specialized { keys, .. } => vec![keys.client_secret.expose()],
            Self::Standard { keys, .. } => {
                let second = keys.second_subscription_key.as_ref();
                [&keys.client_secret, &keys.subscription_key].into_iter().chain(second).map(Secret::expose).collect()
            }
        }
    }
}
