//! Row 7: 10,000 callers at once and no token.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use tokio::{sync::Mutex, task::JoinSet};

use crate::{headers::partner, rounds::Table};

const CALLERS: u32 = 10_000;
const FETCH: Duration = Duration::from_millis(100);
const ROUNDS: usize = 15;

pub(crate) fn table() -> Table {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..=ROUNDS {
        times[0].push(runtime.block_on(behind_a_lock()));
        times[1].push(runtime.block_on(ours()));
    }
    // The first round warms up.
    let times = times.map(|times| times[1..].to_vec());
    let mut table =
        crate::new_table("10,000 callers at once, one fetch of 100 ms: time for each caller beyond the fetch");
    table.add_rows(&["tokio::sync::Mutex around an Option", "vipps-partner-auth headers().await"], &times);
    table.note("each round asserts exactly one token request")
}

async fn behind_a_lock() -> f64 {
    let slot = Arc::new(Mutex::new(None));
    timed(|| {
        let slot = slot.clone();
        async move {
            let mut token = slot.lock().await;
            if token.is_none() {
                tokio::time::sleep(FETCH).await;
                *token = Some("token".to_owned());
            }
            assert!(token.is_some());
        }
    })
    .await
}

async fn ours() -> f64 {
    let (partner, http) = partner(FETCH);
    let shop = partner.merchant("123456".parse().unwrap());
    let each = timed(|| {
        let shop = shop.clone();
        async move { assert_eq!(shop.headers().await.unwrap().len(), 7) }
    })
    .await;
    assert_eq!(http.requests.load(Relaxed), 1);
    each
}

async fn timed<F: Future<Output = ()> + Send + 'static>(caller: impl Fn() -> F) -> f64 {
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(caller());
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
    start.elapsed().saturating_sub(FETCH).as_secs_f64() * 1e9 / f64::from(CALLERS)
}
