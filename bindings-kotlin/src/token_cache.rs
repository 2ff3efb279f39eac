//! Where the other language shares tokens.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;
use vipps_partner_auth::{BoxFuture, CacheError, KeyValueStore, StoreCache, TokenCache};

use crate::handover::{Handover, Source};

/// Hands calls over to a thread of the other language, as [`EventQueue`](crate::event::EventQueue) does with events.
#[derive(Debug, Default, uniffi::Object)]
pub struct CacheCalls(Handover<Arc<CacheCall>>);

/// A method of the cache is called. To be answered once.
#[derive(uniffi::Object, derive_more::Debug)]
#[debug("CacheCall(***)")]
pub struct CacheCall {
    method: CacheMethod,
    answer: Mutex<Option<oneshot::Sender<Found>>>,
}

/// What is there, for `get`; whether it is so now, for `add`.
type Found = (Option<Vec<u8>>, bool);

/// A method and its arguments.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum CacheMethod {
    /// What is there.
    Get {
        /// Under this name.
        name: String,
    },
    /// Puts a value there.
    Set {
        /// Under this name.
        name: String,
        /// Sealed.
        value: Vec<u8>,
        /// In whole seconds.
        ttl: Duration,
    },
    /// The same, where nothing is.
    Add {
        /// Under this name.
        name: String,
        /// Sealed.
        value: Vec<u8>,
        /// In whole seconds.
        ttl: Duration,
    },
    /// Drops what is there.
    Delete {
        /// Under this name.
        name: String,
    },
}

#[uniffi::export]
impl CacheCalls {
    /// Those of one handle.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Waits for a call. Nothing: there will be none. What nobody waits for any more would come too late, and is left out.
    pub fn take(&self) -> Option<Arc<CacheCall>> {
        std::iter::from_fn(|| self.0.take()).find(|call| call.is_awaited())
    }
}

#[uniffi::export]
impl CacheCall {
    /// What is to be called.
    pub fn method(&self) -> CacheMethod {
        self.method.clone()
    }

    /// What it returned.
    pub fn answer(&self, found: Option<Vec<u8>>, is_added: bool) {
        if let Some(asked) = self.asked() {
            // Whoever asked may have given up.
            drop(asked.send((found, is_added)));
        }
    }

    /// There is no answer.
    pub fn fail(&self) {
        drop(self.asked());
    }
}

impl CacheCall {
    fn asked(&self) -> Option<oneshot::Sender<Found>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn is_awaited(&self) -> bool {
        let asked = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        asked.as_ref().is_some_and(|asked| !asked.is_closed())
    }
}

impl CacheCalls {
    /// For the core. When the core lets go of it there will be no more calls.
    pub(crate) fn cache(&self) -> Arc<dyn TokenCache> {
        Arc::new(StoreCache::new(Cache(self.0.source())))
    }
}

#[derive(Debug)]
struct Cache(Source<Arc<CacheCall>>);

impl KeyValueStore for Cache {
    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, CacheError>> {
        Box::pin(async move { Ok(self.ask(CacheMethod::Get { name: name.to_owned() }).await?.0) })
    }

    fn set<'a>(&'a self, name: &'a str, value: Vec<u8>, ttl: Duration) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move { self.ask(CacheMethod::Set { name: name.to_owned(), value, ttl }).await.map(drop) })
    }

    fn add<'a>(&'a self, name: &'a str, value: Vec<u8>, ttl: Duration) -> BoxFuture<'a, Result<bool, CacheError>> {
        Box::pin(async move { Ok(self.ask(CacheMethod::Add { name: name.to_owned(), value, ttl }).await?.1) })
    }

    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move { self.ask(CacheMethod::Delete { name: name.to_owned() }).await.map(drop) })
    }
}

impl Cache {
    async fn ask(&self, method: CacheMethod) -> Result<Found, CacheError> {
        let (answer, answered) = oneshot::channel();
        self.0.put(Arc::new(CacheCall { method, answer: Mutex::new(Some(answer)) }));
        answered.await.map_err(|_| CacheError::logged())
    }
}
