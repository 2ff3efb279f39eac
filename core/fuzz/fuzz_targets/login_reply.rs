//! Any status and body in answer to any call of Login: a proper value or a typed error, never a panic. Nothing that was
//! not signed makes a login, and no error shows what was sent.
#![no_main]

use std::time::UNIX_EPOCH;

use bytes::Bytes;
use fuzz::login::{AUTH_REQ_ID, CALLBACK, PHONE, block_on, reply_with, shop, under_way};
use libfuzzer_sys::fuzz_target;
use vipps_partner_auth::{Error, ErrorKind, PendingLogin};

const CODE: &str = "fuzz-code-0001";

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (call, status, body) = input;
    let under_way = under_way();
    reply_with(100 + status % 500, Bytes::copy_from_slice(body));
    match call % 5 {
        0 => refused(&finish()),
        1 => polled(&under_way.pending),
        2 => started(),
        3 => asked(),
        _ => userinfo(),
    }
});

fn finish() -> Error {
    let request = &under_way().request;
    let callback = format!("{CALLBACK}?code={CODE}&state={}", request.state());
    let login = shop().login(CALLBACK).expect("a login");
    let error = block_on(login.finish(&callback, request)).expect_err("nothing was signed");
    // While it is retryable, nothing behind the gateway has seen the code.
    assert!(!error.retryable() || error.status() == Some(429), "{error}");
    error
}

fn polled(pending: &PendingLogin) {
    let phone = shop().backchannel().expect("a backchannel");
    let ping = format!(r#"{{"auth_req_id":"{AUTH_REQ_ID}"}}"#);
    // What was answered once is remembered, so each question needs a login of its own.
    let pending = PendingLogin::from_json(&pending.to_json()).expect("our own json");
    match block_on(phone.finish_ping(&ping, &pending)) {
        Ok(result) => assert!(result.is_none(), "nothing was signed"),
        Err(error) => refused(&error),
    }
}

fn started() {
    let phone = shop().backchannel().expect("a backchannel");
    match block_on(phone.start(PHONE, &["openid"])) {
        Ok(pending) => {
            assert!((1..=60).contains(&pending.interval().as_secs()));
            assert!(pending.expires_at() > UNIX_EPOCH);
            assert_eq!(PendingLogin::from_json(&pending.to_json()).map(|kept| kept.to_json()), Ok(pending.to_json()));
        }
        Err(error) => refused(&error),
    }
}

fn asked() {
    let phone = shop().backchannel().expect("a backchannel");
    if let Err(error) = block_on(phone.user_exists("4791234567")) {
        refused(&error);
    }
}

fn userinfo() {
    let login = shop().login(CALLBACK).expect("a login");
    match block_on(login.userinfo(&under_way().result)) {
        Ok(person) => {
            assert_eq!(person.sub(), "c0ffee");
            assert!(person.json().contains("c0ffee"));
            let _ = (person.name(), person.address(), person.other_addresses(), person.delegated_consents());
        }
        Err(error) => refused(&error),
    }
}

fn refused(error: &Error) {
    assert_ne!(error.kind(), ErrorKind::Internal);
    let text = format!("{error} {error:?}");
    for secret in [CODE, AUTH_REQ_ID, "4791234567", "login-token", "api-token"] {
        assert!(!text.contains(secret), "{text}");
    }
}
