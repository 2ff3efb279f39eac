//! Other keys in the place of those in use: handed in, or fetched from where they are kept.

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use futures_util::{
    FutureExt,
    future::{Either, select},
};
use tokio::sync::MutexGuard;

use super::{Token, TokenProvider, credential::Credential, shared::Place};
use crate::{
    clock::Now,
    error::{Error, Result, Source as Cause},
    event::Event,
    key_source::KeySource,
    keys::Keys,
    renewing::{Attempt, Fetched, NotFetched, Source},
    retry::pause_after,
};

/// Between two questions to the source of keys.
const SOURCE_GAP: Duration = Duration::from_secs(30);

/// What is remembered of the source of keys.
#[derive(Debug, Default)]
pub(super) struct Asked {
    at: Option<Now>,
    /// What it brought, while Vipps could not be asked about it.
    untried: Option<Keys>,
}

impl TokenProvider {
    /// The keys in use.
    pub(crate) fn keys(&self) -> Arc<Keys> {
        self.credential.load().keys.clone()
    }

    /// Tries other keys. Where Vipps gives a token for them, they and the token take the place of those in use; else
    /// everything stays as it was.
    pub(crate) async fn replace_keys(self: &Arc<Self>, keys: Keys) -> Result<()> {
        let provider = self.clone();
        self.executor().complete(async move { provider.try_and_replace(keys).await }).await
    }

    /// Puts keys that were tried elsewhere, as before a fork, in the place of those in use.
    pub(crate) fn adopt_keys(&self, keys: Keys) -> Result<()> {
        self.keys().check_successor(&keys)?;
        self.credential.store(Arc::new(self.new_credential(keys, false)));
        Ok(())
    }

    /// Login refused these keys: asks where they are kept for others. Tells whether others are in use now.
    pub(crate) async fn has_others_than(self: &Arc<Self>, refused: Arc<Keys>) -> bool {
        let Some(source) = self.key_source.clone() else { return false };
        let provider = self.clone();
        let replaced = async move { provider.replace_refused(&refused, &*source).await };
        self.executor().complete(replaced).await.unwrap_or(false)
    }

    async fn replace_refused(self: &Arc<Self>, refused: &Arc<Keys>, source: &dyn KeySource) -> Result<bool> {
        let turn = self.replacing.lock().await;
        let old = self.credential.load_full();
        if old.keys != *refused {
            return Ok(true);
        }
        let newer = self.newer_keys(source, refused).await;
        let Some(keys) =
            newer.inspect_err(|error| self.events.tell(Event::KeysNotReplaced { error: error.clone() }))?
        else {
            return Ok(false);
        };
        let replaced = self.replace_in_turn(keys.clone(), old, turn).await;
        if replaced.as_ref().is_err_and(Error::retryable) {
            self.memory().asked.untried = Some(keys);
        }
        replaced.map(|()| true)
    }

    async fn try_and_replace(self: &Arc<Self>, keys: Keys) -> Result<()> {
        let turn = self.replacing.lock().await;
        let old = self.credential.load_full();
        if *old.keys == keys {
            return Ok(());
        }
        old.keys.check_successor(&keys)?;
        self.replace_in_turn(keys, old, turn).await
    }

    async fn replace_in_turn(
        self: &Arc<Self>,
        keys: Keys,
        old: Arc<Credential>,
        turn: MutexGuard<'_, ()>,
    ) -> Result<()> {
        let attempt = self.renewing.attempt();
        let (new, fetched) = match self.try_keys(keys, true, &attempt).await {
            Ok(tried) => tried,
            Err(NotFetched { error, .. }) => {
                self.events.tell(Event::KeysNotReplaced { error: error.clone() });
                return Err(error);
            }
        };
        let held = self.renewing.put(fetched, &attempt, || self.credential.store(new));
        drop(turn);
        self.clone().stored(&held, &attempt);
        self.events.tell(Event::KeysReplaced);
        self.give_back_turn(old, &attempt);
        Ok(())
    }

    /// Vipps refused the keys in use: perhaps there are others by now. They take their place here, and their token where
    /// that of this fetch belongs.
    pub(super) async fn fetch_with_newer_keys(
        self: &Arc<Self>,
        old: Arc<Credential>,
        refusal: NotFetched,
        attempt: &Attempt,
    ) -> Result<Fetched<Token>, NotFetched> {
        let Some(source) = &self.key_source else { return Err(refusal) };
        let _turn = self.replacing.lock().await;
        if !Arc::ptr_eq(&self.credential.load_full(), &old) {
            // Others took their place meanwhile, and this fetch was overtaken.
            return Err(refusal);
        }
        let keys = match self.newer_keys(&**source, &old.keys).await {
            Ok(Some(keys)) => keys,
            Ok(None) => return Err(refusal),
            Err(error) => {
                self.events.tell(Event::KeysNotReplaced { error });
                return Err(refusal);
            }
        };
        match self.try_keys(keys.clone(), false, attempt).await {
            Ok((new, fetched)) => {
                self.credential.store(new);
                self.events.tell(Event::KeysReplaced);
                self.give_back_turn(old, attempt);
                Ok(fetched)
            }
            Err(not_fetched) => {
                if not_fetched.error.retryable() {
                    self.memory().asked.untried = Some(keys);
                }
                self.events.tell(Event::KeysNotReplaced { error: not_fetched.error.clone() });
                Err(not_fetched)
            }
        }
    }

    /// `None` where there are none that differ from those in use, and where the source was asked a moment ago.
    async fn newer_keys(&self, source: &dyn KeySource, old: &Keys) -> Result<Option<Keys>> {
        let untried = self.memory().asked.untried.take();
        if untried.is_some() {
            return Ok(untried);
        }
        let now = self.clock.now();
        let is_recent = |at: Now| now.is_before(at.plus(SOURCE_GAP));
        {
            let mut memory = self.memory();
            if memory.asked.at.is_some_and(is_recent) {
                return Ok(None);
            }
            memory.asked.at = Some(now);
        }
        let keys = self.ask(source).await?;
        if keys == *old {
            return Ok(None);
        }
        old.check_successor(&keys)?;
        Ok(Some(keys))
    }

    /// One token call with either subscription key, whose token nobody uses; how long that lives.
    #[cfg(feature = "doctor")]
    pub(crate) async fn try_keys_once(&self, second_key: bool) -> Result<Duration> {
        let credential = self.credential.load_full();
        let deadline = self.clock.now().plus(self.deadline);
        let arrival = self.try_once(&credential, second_key, deadline).await;
        arrival.map(|arrival| arrival.lifetime).map_err(|refusal| refusal.error)
    }

    /// The source is the user's own code: it has its time, and a panic in it is a fault like any other.
    async fn ask(&self, source: &dyn KeySource) -> Result<Keys> {
        let question = pin!(AssertUnwindSafe(async { source.keys().await }).catch_unwind());
        match select(question, self.clock.sleep(self.deadline)).await {
            Either::Left((Ok(Ok(keys)), _)) => Ok(keys),
            Either::Left((Ok(Err(error)), _)) => {
                Err(source_failed("the source of keys failed").with_source(Cause::new(error)))
            }
            Either::Left((Err(_), _)) => Err(source_failed("the source of keys panicked")),
            Either::Right(_) => Err(source_failed("the source of keys did not answer in time")),
        }
    }

    /// A token for other keys, from another process that has them already or from Vipps.
    async fn try_keys(
        self: &Arc<Self>,
        keys: Keys,
        is_on_trial: bool,
        attempt: &Attempt,
    ) -> Result<(Arc<Credential>, Fetched<Token>), NotFetched> {
        let new = Arc::new(self.new_credential(keys, is_on_trial));
        match self.fetch_with(&new, attempt).await {
            Ok(fetched) => Ok((new, fetched)),
            Err(not_fetched) => {
                let error = &not_fetched.error;
                self.pause_others(new, error, pause_after(1, error), attempt);
                Err(not_fetched)
            }
        }
    }

    pub(super) fn new_credential(&self, keys: Keys, is_on_trial: bool) -> Credential {
        let place = self.cache.as_ref().map(|_| Place::new(&self.environment, &keys));
        Credential::new(keys, self.encoding, is_on_trial, place)
    }

    /// Nobody fetches with these keys any more.
    fn give_back_turn(self: &Arc<Self>, old: Arc<Credential>, attempt: &Attempt) {
        let provider = self.clone();
        let attempt = attempt.clone();
        self.executor().spawn_detached(async move { provider.unlock(&old, &attempt).await });
    }
}

fn source_failed(detail: &'static str) -> Error {
    Error::unavailable(detail)
        .with_hint("the keys in use stay; the source is asked again when Vipps refuses them again")
}
