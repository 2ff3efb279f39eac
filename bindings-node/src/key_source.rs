//! From the core's question for keys to the function of the face, on the JavaScript thread.

use std::sync::{Mutex, PoisonError};

use napi::{
    Status,
    bindgen_prelude::Function,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;
use tokio::sync::oneshot;
use vipps_partner_auth as core;

use crate::keys::Keys;

/// The core asks for keys. To be answered once.
#[napi]
pub struct KeyQuestion(Mutex<Option<oneshot::Sender<core::Keys>>>);

#[napi]
impl KeyQuestion {
    #[napi(catch_unwind)]
    pub fn answer(&self, keys: &Keys) {
        if let Some(asked) = self.take() {
            // Whoever asked may have given up.
            drop(asked.send(keys.core()));
        }
    }

    /// There is no answer.
    #[napi(catch_unwind)]
    pub fn fail(&self) {
        drop(self.take());
    }

    fn take(&self) -> Option<oneshot::Sender<core::Keys>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Weak: a source keeps no process alive.
type Asker = ThreadsafeFunction<KeyQuestion, (), KeyQuestion, Status, false, true>;
type Answer = core::BoxFuture<'static, Result<core::Keys, core::KeySourceError>>;

/// The function of the face that answers, as the core takes it.
pub(crate) fn source(
    asker: &Function<'_, KeyQuestion, ()>,
) -> napi::Result<impl Fn() -> Answer + Send + Sync + 'static> {
    let asker: Asker = asker.build_threadsafe_function().weak::<true>().build()?;
    Ok(move || -> Answer {
        let (answer, answered) = oneshot::channel();
        let question = KeyQuestion(Mutex::new(Some(answer)));
        // Where the JavaScript thread is gone, so is the question.
        asker.call(question, ThreadsafeFunctionCallMode::NonBlocking);
        Box::pin(async { answered.await.map_err(|_| "keySource failed".into()) })
    })
}
