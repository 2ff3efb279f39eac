//! Asking Vipps: the retries of one fetch, and the pair of subscription keys.

use bytes::Bytes;
use http::Request;

use super::{Arrival, Errand, TokenProvider};
use crate::{
    clock::Now,
    config::BasicEncoding,
    error::{Error, Result},
    event::Event,
    http::SendError,
    keys::{Keys, SpecializedKeys, StandardKeys},
    msn::Msn,
    retry::wait_before_retry,
    secret::Secret,
    token::{NoGrant, parse_reply, specialized_request, standard_request},
};

/// The keys as the two flows need them.
pub(super) enum Credential {
    Standard { keys: StandardKeys, msn: Option<Msn> },
    Specialized { keys: SpecializedKeys, encoding: BasicEncoding },
}

impl TokenProvider {
    pub(super) async fn fetch_from_vipps(&self, errand: Errand) -> Result<Arrival> {
        let deadline = self.clock.now().plus(self.deadline);
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.try_with_either_key(deadline).await {
                Ok(arrival) => return Ok(arrival),
                Err(error) => error,
            };
            let left = self.clock.now().until(deadline);
            match wait_before_retry(tries, &error, left) {
                Some(wait) if errand.is_awaited() => self.clock.sleep(wait).await,
                _ => return Err(error),
            }
        }
    }

    /// Subscription keys come in pairs: when one is refused, the other may still be good.
    async fn try_with_either_key(&self, deadline: Now) -> Result<Arrival> {
        let refusal = match self.try_once(deadline).await {
            Err(refusal) if refusal.subscription_key_refused && self.credential.has_second_key() => refusal,
            outcome => return outcome.map_err(|refusal| refusal.error),
        };
        self.switch_key();
        let outcome = self.try_once(deadline).await;
        match outcome {
            Ok(arrival) => {
                self.events.tell(Event::OtherSubscriptionKeyUsed);
                Ok(arrival)
            }
            Err(other) => {
                self.switch_key();
                Err(if other.subscription_key_refused { refusal.error } else { other.error })
            }
        }
    }

    async fn try_once(&self, deadline: Now) -> Result<Arrival, NoGrant> {
        let since = self.clock.now();
        let request = self.token_request()?;
        self.events.token_requested();
        let limit = since.until(deadline).min(self.request_timeout);
        let response = self.http.send(request, limit).await.map_err(SendError::into_error)?;
        let grant = parse_reply(&response, since, self.clock.now()).map_err(|no_grant| NoGrant {
            error: no_grant.error.without_echo_of(&self.credential.secrets()),
            ..no_grant
        })?;
        let expires = since.plus(grant.lifetime);
        if !self.clock.now().is_before(expires) {
            return Err(Error::unavailable("the token had run out before it arrived").into());
        }
        Ok(Arrival { secret: grant.secret, lifetime: grant.lifetime, expires })
    }

    fn token_request(&self) -> Result<Request<Bytes>> {
        match &self.credential {
            Credential::Standard { keys, msn } => {
                let key = keys.subscription_key(self.control().second_key_active);
                standard_request(&self.environment, keys, key, msn.as_ref(), &self.system)
            }
            Credential::Specialized { keys, encoding } => {
                specialized_request(&self.environment, keys, *encoding, &self.system)
            }
        }
    }

    fn switch_key(&self) {
        let mut control = self.control();
        control.second_key_active = !control.second_key_active;
    }
}

impl Credential {
    pub(super) fn new(keys: &Keys, encoding: BasicEncoding) -> Self {
        match keys {
            Keys::Partner(keys) => Self::Standard { keys: keys.0.clone(), msn: None },
            Keys::SalesUnit(keys) => Self::Standard { keys: keys.standard.clone(), msn: Some(keys.msn.clone()) },
            Keys::Specialized(keys) => Self::Specialized { keys: keys.clone(), encoding },
        }
    }

    fn has_second_key(&self) -> bool {
        matches!(self, Self::Standard { keys, .. } if keys.second_subscription_key.is_some())
    }

    fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Specialized { keys, .. } => vec![keys.client_secret.expose()],
            Self::Standard { keys, .. } => {
                let second = keys.second_subscription_key.as_ref();
                [&keys.client_secret, &keys.subscription_key].into_iter().chain(second).map(Secret::expose).collect()
            }
        }
    }

    pub(super) fn subscription_key(&self, second: bool) -> Option<&Secret> {
        match self {
            Self::Standard { keys, .. } => Some(keys.subscription_key(second)),
            Self::Specialized { .. } => None,
        }
    }
}
