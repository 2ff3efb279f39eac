//! Futures of the core as promises of JavaScript.

use std::{future::Future, pin::Pin, sync::LazyLock};

use napi::{
    Env,
    bindgen_prelude::{Object, ToNapiValue},
};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::{
    cancel::CancelHandle,
    fault::{cancelled, internal},
};

/// One thread, started on first use: the calls are rare. It belongs to the process and not to a JavaScript thread, so that
/// a worker that ends takes nothing along.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).thread_name("vipps-partner-auth").enable_all();
    builder.build().expect("a thread for network calls")
});

/// Where the core runs its requests and renewals.
pub(crate) fn runtime() -> Handle {
    RUNTIME.handle().clone()
}

/// Runs a future behind JavaScript. Cancelling rejects the promise and drops the future; a panic rejects it too.
pub(crate) fn promise<'env, T>(
    env: &'env Env,
    cancel: Option<&CancelHandle>,
    future: impl Future<Output = napi::Result<T>> + Send + 'static,
) -> napi::Result<Object<'env>>
where
    T: ToNapiValue + Send + 'static,
{
    launched(env, cancel, Box::pin(future))
}

/// Once for each kind of result, and not for each call: it is a good part of the binary otherwise.
fn launched<'env, T>(
    env: &'env Env,
    cancel: Option<&CancelHandle>,
    future: Pin<Box<dyn Future<Output = napi::Result<T>> + Send>>,
) -> napi::Result<Object<'env>>
where
    T: ToNapiValue + Send + 'static,
{
    let (deferred, promise) = env.create_deferred()?;
    let stopped = cancel.map(CancelHandle::stopped);
    RUNTIME.spawn(async move {
        match settled(future, stopped).await {
            Ok(value) => deferred.resolve(move |_| Ok(value)),
            Err(error) => deferred.reject(error),
        }
    });
    Ok(promise)
}

async fn settled<T: Send + 'static>(
    future: impl Future<Output = napi::Result<T>> + Send + 'static,
    stopped: Option<impl Future<Output = ()> + Send + 'static>,
) -> napi::Result<T> {
    let mut task = RUNTIME.spawn(future);
    let stopped = async {
        match stopped {
            Some(stopped) => stopped.await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        outcome = &mut task => outcome.unwrap_or_else(|_| Err(internal())),
        () = stopped => {
            task.abort();
            Err(cancelled())
        }
    }
}
