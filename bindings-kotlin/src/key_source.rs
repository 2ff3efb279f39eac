//! Where the other language keeps its keys.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;
use vipps_partner_auth::{BoxFuture, KeySourceError, Keys};

use crate::keys::KeysHandle;

/// Hands questions over to a thread of the other language, as [`EventQueue`](crate::event::EventQueue) does with events.
#[derive(Debug, Default, uniffi::Object)]
pub struct KeyQuestions(Arc<Shared>);

/// The keys are asked for. To be answered once.
#[derive(Debug, uniffi::Object)]
pub struct KeyQuestion(Mutex<Option<oneshot::Sender<Keys>>>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    questions: VecDeque<Arc<KeyQuestion>>,
    ended: bool,
}

#[uniffi::export]
impl KeyQuestions {
    /// Those of one handle.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Waits until the keys are asked for. Nothing: they will not be any more.
    pub fn take(&self) -> Option<Arc<KeyQuestion>> {
        let none = |waiting: &mut Waiting| waiting.questions.is_empty() && !waiting.ended;
        let waiting = self.0.changed.wait_while(self.0.waiting(), none);
        waiting.unwrap_or_else(PoisonError::into_inner).questions.pop_front()
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
        let asked = Asked(self.0.clone());
        move || -> Answer {
            let (answer, answered) = oneshot::channel();
            asked.0.waiting().questions.push_back(Arc::new(KeyQuestion(Mutex::new(Some(answer)))));
            asked.0.changed.notify_one();
            Box::pin(async { answered.await.map_err(|_| "the key source failed, as the log tells".into()) })
        }
    }
}

struct Asked(Arc<Shared>);

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.waiting().ended = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
