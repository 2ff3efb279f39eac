//! From the core's shared cache to the function of the face, on the JavaScript thread.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use napi::{
    Status,
    bindgen_prelude::{Buffer, Function, Uint8Array},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;
use tokio::sync::oneshot;
use vipps_partner_auth::{BoxFuture, CacheError, KeyValueStore, StoreCache, TokenCache};

use crate::words::milliseconds;

/// What is there, for `get`; whether it is so now, for `add`.
type Found = (Option<Vec<u8>>, bool);

/// The core calls a method of the cache. To be answered once.
#[napi]
pub struct CacheCall {
    method: &'static str,
    name: String,
    value: Option<(Vec<u8>, Duration)>,
    answer: Mutex<Option<oneshot::Sender<Found>>>,
}

#[napi]
impl CacheCall {
    #[napi(getter)]
    pub fn method(&self) -> &'static str {
        self.method
    }

    #[napi(getter)]
    pub fn name(&self) -> String {
        self.name.clone()
    }

    #[napi(getter)]
    pub fn value(&self) -> Option<Buffer> {
        self.value.as_ref().map(|(value, _)| value.as_slice().into())
    }

    #[napi(getter)]
    pub fn ttl(&self) -> Option<f64> {
        self.value.as_ref().map(|(_, ttl)| milliseconds(*ttl))
    }

    #[napi(catch_unwind)]
    pub fn answer(&self, found: Option<Uint8Array>, is_added: bool) {
        if let Some(asked) = self.take() {
            // Whoever asked may have given up.
            drop(asked.send((found.map(|found| found.to_vec()), is_added)));
        }
    }

    /// There is no answer.
    #[napi(catch_unwind)]
    pub fn fail(&self) {
        drop(self.take());
    }

    fn take(&self) -> Option<oneshot::Sender<Found>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Weak: a cache keeps no process alive.
type Caller = ThreadsafeFunction<CacheCall, (), CacheCall, Status, false, true>;

/// The function of the face that answers, as the core takes it.
pub(crate) fn cache(caller: &Function<'_, CacheCall, ()>) -> napi::Result<Arc<dyn TokenCache>> {
    let caller: Caller = caller.build_threadsafe_function().weak::<true>().build()?;
    Ok(Arc::new(StoreCache::new(Cache(caller))))
}

struct Cache(Caller);

impl KeyValueStore for Cache {
    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, CacheError>> {
        Box::pin(async move { Ok(self.ask("get", name, None).await?.0) })
    }

    fn set<'a>(&'a self, name: &'a str, value: Vec<u8>, ttl: Duration) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move { self.ask("set", name, Some((value, ttl))).await.map(drop) })
    }

    fn add<'a>(&'a self, name: &'a str, value: Vec<u8>, ttl: Duration) -> BoxFuture<'a, Result<bool, CacheError>> {
        Box::pin(async move { Ok(self.ask("add", name, Some((value, ttl))).await?.1) })
    }

    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move { self.ask("delete", name, None).await.map(drop) })
    }
}

impl Cache {
    async fn ask(
        &self,
        method: &'static str,
        name: &str,
        value: Option<(Vec<u8>, Duration)>,
    ) -> Result<Found, CacheError> {
        let (answer, answered) = oneshot::channel();
        let call = CacheCall { method, name: name.to_owned(), value, answer: Mutex::new(Some(answer)) };
        if self.0.call(call, ThreadsafeFunctionCallMode::NonBlocking) != Status::Ok {
            return Err(CacheError::because("the JavaScript thread is gone"));
        }
        answered.await.map_err(|_| CacheError::logged())
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cache(***)")
    }
}
