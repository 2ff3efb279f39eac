//! Row 8: nobody waits for a renewal while a usable token exists.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use vipps_partner_auth::{Config, ManualClock, Merchant, Partner, PartnerKeys, SystemInfo};

use crate::{fake::FakeVipps, rounds::Table};

const CALLS: usize = 100_000;
const ROUNDS: usize = 21;

pub(crate) fn table() -> Table {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(runtime.block_on(slowest_call(false)));
        times[1].push(runtime.block_on(slowest_call(true)));
    }
    let mut table = crate::new_table("the slowest of 100,000 headers().await, the renewal taking 5 ms");
    table.add_rows(&["no renewal", "a renewal in the middle"], &times);
    table.note("each round asserts how many token requests were made; the fetch takes 5,000,000 ns")
}

async fn slowest_call(renewal: bool) -> f64 {
    let clock = ManualClock::at_unix(1_767_225_600);
    let http = Arc::new(FakeVipps::after(Duration::from_millis(5)));
    let shop = shop(&clock, &http);
    shop.headers().await.unwrap();
    let mut slowest = Duration::ZERO;
    for call in 0..CALLS {
        if renewal && call == CALLS / 4 {
            clock.advance(Duration::from_secs(23 * 60 * 60));
        }
        let start = Instant::now();
        std::hint::black_box(shop.headers().await.unwrap());
        slowest = slowest.max(start.elapsed());
    }
    assert_eq!(http.requests.load(Relaxed), if renewal { 2 } else { 1 });
    slowest.as_secs_f64() * 1e9
}

fn shop(clock: &ManualClock, http: &Arc<FakeVipps>) -> Merchant {
    let keys = PartnerKeys::new("11111111-2222-4333-8444-555555555555", "secret", "subscription-key").unwrap();
    let config = Config::default().http(http.clone()).clock(Arc::new(clock.clone()));
    let partner = Partner::new(keys, SystemInfo::new("acme", "3.1.2").unwrap(), config).unwrap();
    partner.merchant("123456".parse().unwrap())
}
