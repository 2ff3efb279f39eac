//! Any callback and anything that was kept: a typed error or a code, which only the exact state can bring. `STATE` in
//! the input stands for the right one, `VERIFIER`, `NONCE` and `URL` for the other values of the request.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vipps_partner_auth::{ErrorKind, LoginRequest, PendingLogin};

fuzz_target!(|text: &str| {
    let request = &fuzz::login::under_way().request;
    let text = text.replace("STATE", request.state()).replace("NONCE", request.nonce());
    let text = text.replace("VERIFIER", request.code_verifier()).replace("URL", request.url());
    let (callback, kept) = text.split_once('\n').unwrap_or((&text, ""));
    judge(request, callback);
    match LoginRequest::from_json(kept) {
        Ok(kept) => {
            assert_eq!(LoginRequest::from_json(&kept.to_json()).as_ref(), Ok(&kept));
            judge(&kept, callback);
        }
        Err(error) => assert_eq!(error.field(), Some("request")),
    }
    match PendingLogin::from_json(kept) {
        Ok(kept) => assert_eq!(PendingLogin::from_json(&kept.to_json()).as_ref(), Ok(&kept)),
        Err(error) => assert_eq!(error.kind(), ErrorKind::InvalidConfig),
    }
});

fn judge(request: &LoginRequest, callback: &str) {
    match request.code(callback) {
        Ok(code) => {
            assert!(!code.code().is_empty());
            let decoded = percent_decoded(callback);
            assert!(decoded.windows(request.state().len()).any(|part| part == request.state().as_bytes()));
        }
        Err(error) => assert!(error.kind() == ErrorKind::LoginFailed && error.reason().is_some()),
    }
    let app = "myapp://back";
    if let Ok(uri) = request.resume_uri(app, callback) {
        assert!(uri.starts_with("http") || uri.starts_with(char::is_whitespace) || uri.starts_with("HTTP"));
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let code = [ahead.next(), ahead.next()].map(|digit| digit.and_then(|digit| char::from(digit).to_digit(16)));
        match (byte, code) {
            (b'%', [Some(high), Some(low)]) => {
                decoded.push(u8::try_from(high * 16 + low).expect("two digits"));
                bytes = ahead;
            }
            (byte, _) => decoded.push(byte),
        }
    }
    decoded
}
