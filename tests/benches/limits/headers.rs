//! Row 5: the headers of one of 10,000 merchants, the token being there.

use std::{hint::black_box, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue};
use vipps_partner_auth::{Config, Merchant, Partner, PartnerKeys, SystemInfo};

use crate::{
    fake::FakeVipps,
    rounds::{Case, Table},
};

const MERCHANTS: usize = 10_000;

pub(crate) fn table() -> Table {
    crate::on_one_core(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let shops = runtime.block_on(merchants());
        let cases = vec![
            literal(),
            cached(&shops),
            cached_of_one(&shops[0]),
            cached_and_copied(&shops),
            awaited(&shops, &runtime),
            clock(),
        ];
        crate::new_table("headers of one of 10,000 merchants (7 headers)").run(41, cases)
    })
}

pub(crate) fn partner(latency: Duration) -> (Partner, Arc<FakeVipps>) {
    let http = Arc::new(FakeVipps::after(latency));
    let keys = PartnerKeys::new("11111111-2222-4333-8444-555555555555", "secret", "subscription-key").unwrap();
    let system = SystemInfo::new("acme", "3.1.2").unwrap().with_plugin("acme-webshop", "4.5.6").unwrap();
    (Partner::new(keys, system, Config::default().http(http.clone())).unwrap(), http)
}

async fn merchants() -> Vec<Merchant> {
    let (partner, _) = partner(Duration::ZERO);
    let shops: Vec<_> =
        (0..MERCHANTS).map(|n| partner.merchant(format!("{:06}", 100_000 + n).parse().unwrap())).collect();
    for shop in &shops {
        shop.headers().await.unwrap();
    }
    shops
}

/// What somebody writes who has no library: a fresh check, and seven inserts.
fn literal() -> Case<'static> {
    let token = "a".repeat(1100);
    let until = std::time::Instant::now() + Duration::from_secs(24 * 60 * 60);
    Case::new("a HeaderMap built by hand, with a fresh check", 1000, move || {
        assert!(std::time::Instant::now() < until);
        let mut headers = HeaderMap::with_capacity(8);
        let bearer = HeaderValue::from_str(&format!("Bearer {}", black_box(&token))).unwrap();
        headers.insert(http::header::AUTHORIZATION, bearer);
        for (name, value) in [
            ("ocp-apim-subscription-key", "subscription-key"),
            ("merchant-serial-number", "123456"),
            ("vipps-system-name", "acme"),
            ("vipps-system-version", "3.1.2"),
            ("vipps-system-plugin-name", "acme-webshop"),
            ("vipps-system-plugin-version", "4.5.6"),
        ] {
            headers.insert(name, HeaderValue::from_str(black_box(value)).unwrap());
        }
        black_box(headers);
    })
}

fn cached(shops: &[Merchant]) -> Case<'_> {
    let mut order = shops.iter().cycle();
    Case::new("Merchant::cached_headers, shared", 1000, move || {
        black_box(order.next().unwrap().cached_headers().unwrap());
    })
}

fn cached_of_one(shop: &Merchant) -> Case<'_> {
    Case::new("the same, always of one merchant", 1000, move || {
        black_box(shop.cached_headers().unwrap());
    })
}

fn cached_and_copied(shops: &[Merchant]) -> Case<'_> {
    let mut order = shops.iter().cycle();
    Case::new("Merchant::cached_headers, copied to be changed", 1000, move || {
        black_box(HeaderMap::clone(&order.next().unwrap().cached_headers().unwrap()));
    })
}

fn awaited<'a>(shops: &'a [Merchant], runtime: &'a tokio::runtime::Runtime) -> Case<'a> {
    let mut order = shops.iter().cycle();
    Case::new("Merchant::headers().await", 1, move || {
        runtime.block_on(async {
            for _ in 0..1000 {
                black_box(order.next().unwrap().headers().await.unwrap());
            }
        });
    })
    .of(1000)
}

fn clock() -> Case<'static> {
    use vipps_partner_auth::{Clock, SystemClock};
    Case::new("of which reading both clocks", 1000, || {
        black_box(SystemClock.now());
    })
}
