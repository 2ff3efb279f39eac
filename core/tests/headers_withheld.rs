//! Adapters tell of calls that get no headers, so that a host that was forgotten is not searched for long.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use vipps_partner_auth::{Config, Event, Partner, PartnerKeys, SystemInfo};

#[test]
fn each_other_host_is_told_once() {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let origins = || told.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let hook = told.clone();
    let config = Config::default().trusted_origin("https://gateway.example").on_event(move |event| {
        if let Event::HeadersWithheld { origin } = event {
            hook.lock().unwrap_or_else(PoisonError::into_inner).push(origin.clone());
        }
    });
    let keys = PartnerKeys::new("11111111-2222-4333-8444-555555555555", "secret", "key").expect("keys");
    let partner = Partner::new(keys, SystemInfo::new("acme", "1").expect("a system"), config).expect("a partner");
    for url in [
        "https://a.example/1?secret=x",
        "https://a.example/2",
        "https://api.vipps.no/accesstoken/get",
        "https://gateway.example/accesstoken/get",
        "no url",
        "http://api.vipps.no/",
    ] {
        partner.headers_withheld(url);
    }
    while origins().len() < 2 {
        thread::yield_now();
    }
    assert_eq!(origins(), ["https://a.example", "http://api.vipps.no"]);
}
