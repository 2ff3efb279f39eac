//! Where the other language keeps its keys.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use vipps_partner_auth::{BoxFuture, KeySourceError, Keys};

use crate::{handover::Handover, keys::KeysHandle};

/// Hands questions over to a thread of the other language, as [`EventQueue`](crate::event::EventQueue) does with events.
#[derive(Debug, Default, uniffi::Object)]
pub struct KeyQuestions(Handover<Arc<KeyQuestion>>);

/// The keys are asked for. To be answered once.
#[derive(Debug, uniffi::Object)]
pub struct KeyQuestion(Mutex<Option<oneshot::Sender<Keys>>>);

#[uniffi::export]
impl KeyQuestions {
    /// Those of one handle.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Waits until the keys are asked for. Nothing: they will not be any more.
    pub fn take(&self) -> Option<Arc<KeyQuestion>> {
        self.0.take()
    }
}

#[uniffi::export]
impl KeyQuestion {
    /// The keys as they are now.
    pub fn answer(&self, keys: &KeysHandle) {
        if let Some(asked) = self.asked() {
            // Whoever asked may have given up.
            drop(asked.send(keys.0.clone()));
        }
    }

    /// There is no answer.
    pub fn fail(&self) {
        drop(self.asked());
    }
}

impl KeyQuestion {
    fn asked(&self) -> Option<oneshot::Sender<Keys>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

type Answer = BoxFuture<'static, Result<Keys, KeySourceError>>;

impl KeyQuestions {
    /// For the core. When the core lets go of it there will be no more questions.
    pub(crate) fn source(&self) -> impl Fn() -> Answer + Send + Sync + use<> {
        let source = self.0.source();
        move || -> Answer {
            let (answer, answered) = oneshot::channel();
            source.put(Arc::new(KeyQuestion(Mutex::new(Some(answer)))));
            Box::pin(async { answered.await.map_err(|_| "the key source failed, as the log tells".into()) })
        }
    }
}
