//! The same examination as a call of a partner at work.

use std::sync::{Arc, Mutex};

use vipps_emulator::{Emulator, Options};
use vipps_partner_auth::{
    Config, Environment, Partner, PartnerKeys, SystemInfo,
    doctor::{DoctorOptions, Outcome},
};

const MSN: &str = "123456";

fn emulator() -> Emulator {
    let merchants = vec![MSN.parse().expect("an msn")];
    Emulator::start(Options { merchants, ..Options::default() }).expect("an emulator")
}

fn config(vipps: &Emulator) -> Config {
    Config::from(Environment::custom(vipps.base_url()).expect("a base url"))
}

fn system() -> SystemInfo {
    SystemInfo::new("acme", "3.1.2").expect("good values")
}

#[test]
fn a_partner_at_work_is_not_disturbed() {
    let vipps = emulator();
    let keys = vipps.partner_keys();
    let keys = PartnerKeys::new(keys.client_id, keys.client_secret, keys.subscription_key).expect("good keys");
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = events.clone();
    let config = config(&vipps).event_sink(move |event| heard.lock().expect("no panic").push(event.name()));
    let partner = Partner::new(keys, system(), config).expect("good settings");
    let before = partner.blocking().headers().expect("a token");
    let report = partner.blocking().doctor(&DoctorOptions::default()).expect("may block here");
    assert_eq!((report.outcome(), report.keys()), (Outcome::Ok, Some("partner")), "{report}");
    assert_eq!(report.environment(), Some(vipps.base_url()));
    assert!(report.findings().iter().any(|finding| finding.check == "sales_units"), "{report}");
    assert_eq!(partner.blocking().headers().expect("a token"), before, "its token stays in use");
    assert_eq!(*events.lock().expect("no panic"), ["token_fetched", "keys_refreshed"]);
}

#[test]
fn fields_are_named_as_the_program_knows_them() {
    let vipps = emulator();
    let keys =
        PartnerKeys::new("acme", "wrong-secret", "0123456789abcdef0123456789abcdef").expect("keys that can be sent");
    let partner = Partner::new(keys, system(), config(&vipps)).expect("good settings");
    let options =
        DoctorOptions::default().msn(MSN.parse().expect("an msn")).redirect_uri("https://shop.example/callback");
    let report = partner.blocking().doctor(&options).expect("may block here");
    assert_eq!(report.outcome(), Outcome::Fault);
    let faults: Vec<_> = report.findings().iter().filter(|finding| finding.outcome == Outcome::Fault).collect();
    assert_eq!(faults.iter().map(|finding| finding.check).collect::<Vec<_>>(), ["keys", "token"], "{report}");
    assert_eq!(faults[0].detail, "client_id has not the form of a client id");
    assert!(faults.iter().all(|finding| finding.cure.is_some()));
    assert!(!report.to_json().contains("wrong-secret"));
}

#[test]
fn offline_asks_nobody() {
    let vipps = emulator();
    let keys = vipps.partner_keys();
    let keys = PartnerKeys::new(keys.client_id, keys.client_secret, keys.subscription_key).expect("good keys");
    let partner = Partner::new(keys, system(), config(&vipps)).expect("good settings");
    let report = partner.blocking().doctor(&DoctorOptions::default().offline()).expect("may block here");
    assert_eq!((report.outcome(), vipps.requests().len()), (Outcome::Ok, 0), "{report}");
}
