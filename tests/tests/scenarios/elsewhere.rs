//! A server that is not Vipps: it answers 200 to everything but what is scripted, and notes what it was sent.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::HeaderMap;
use serde::Deserialize;

use crate::call::Outcome;

pub(crate) struct Elsewhere {
    pub(crate) url: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    seen: Vec<Seen>,
    scripts: BTreeMap<String, VecDeque<Scripted>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scripted {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Elsewhere {
    pub(crate) async fn start() -> Outcome<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        // By another name than the emulator's, so that it is another host.
        let url = format!("http://localhost:{}", listener.local_addr()?.port());
        let shared = Arc::<Mutex<Shared>>::default();
        let router = Router::new().fallback(answer).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, shared })
    }

    pub(crate) fn script(&self, path: &str, replies: VecDeque<Scripted>) {
        lock(&self.shared).scripts.insert(path.to_owned(), replies);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        lock(&self.shared).seen.clone()
    }
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, request: Request) -> Response {
    let mut shared = lock(&shared);
    let path = request.uri().to_string();
    let scripted = shared.scripts.get_mut(&path).and_then(VecDeque::pop_front);
    let method = request.method().to_string();
    shared.seen.push(Seen { method, path, headers: request.headers().clone() });
    let Some(scripted) = scripted else { return Response::default() };
    let mut reply = Response::builder().status(scripted.status);
    for (name, value) in &scripted.headers {
        reply = reply.header(name, value);
    }
    reply.body(Body::from(scripted.body)).expect("a reply of the scenario's")
}
