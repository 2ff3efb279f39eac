//! From the core's shared cache to the user's, on a thread of its own: it may take its time.

use std::{sync::Arc, time::Duration};

use pyo3::{prelude::*, types::PyBytes};
use tokio::sync::oneshot;
use vipps_partner_auth::{BoxFuture, CACHE_PATIENCE, CacheError, KeyValueStore, StoreCache, TokenCache};

use crate::{
    errors::wrong_type,
    events::{Hook, callable},
    process,
    transport::has_methods,
};

/// A call of one of its methods, and where the outcome goes.
pub(crate) struct Lookup {
    cache: u64,
    method: &'static str,
    name: String,
    value: Option<(Vec<u8>, Duration)>,
    answer: oneshot::Sender<Option<Found>>,
}

/// What a method returned: what is there, for `get`; whether it is so now, for `add`.
type Found = (Option<Vec<u8>>, bool);

/// The object, kept alive, and what the core asks in its place.
pub(crate) fn cache(given: &Bound<'_, PyAny>) -> PyResult<(Arc<Py<Hook>>, Arc<dyn TokenCache>)> {
    if !has_methods(given, &["get", "set", "add", "delete"]) {
        return Err(wrong_type("token_cache", "an object with the methods get, set, add and delete", given));
    }
    let (hook, cache) = Hook::keep(given)?;
    Ok((hook, Arc::new(StoreCache::new(Cache(cache)))))
}

#[derive(Debug)]
struct Cache(u64);

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
        let lookup = Lookup { cache: self.0, method, name: name.to_owned(), value, answer };
        let state = process::state().map_err(|_| CacheError::because("the program is at its end"))?;
        if !state.lookups.put(lookup, state, "vipps-auth-cache", ask_all) {
            drop(state.lookups.take());
            return Err(CacheError::because("no thread could be started"));
        }
        answered.await.ok().flatten().ok_or_else(CacheError::logged)
    }
}

fn ask_all(py: Python<'_>, lookups: Vec<Lookup>) {
    for lookup in lookups {
        // What nobody waits for any more would come too late.
        if lookup.answer.is_closed() {
            continue;
        }
        let found = found(py, &lookup).unwrap_or_else(|error| {
            error.write_unraisable(py, None);
            None
        });
        drop(lookup.answer.send(found));
    }
}

/// `None` where the cache failed, which is in the log by then, and where its owner is gone.
fn found(py: Python<'_>, lookup: &Lookup) -> PyResult<Option<Found>> {
    let Some(cache) = callable(py, lookup.cache) else { return Ok(None) };
    let ask = py.import("vipps_partner_auth._own")?.getattr("ask")?;
    let value = lookup.value.as_ref().map(|(value, ttl)| (PyBytes::new(py, value), ttl.as_secs()));
    ask.call1((cache, CACHE_PATIENCE.as_secs_f64(), lookup.method, &lookup.name, value))?.extract()
}
