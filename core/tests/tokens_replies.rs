//! Refusals of the token endpoint, however odd they are written.

mod support;

use http::{HeaderName, HeaderValue, header::CONTENT_ENCODING};
use support::{Reply, World};
use vipps_partner_auth::{Error, ErrorKind};

async fn refusal(reply: Reply) -> Error {
    let world = World::hurried();
    world.vipps.always(reply);
    world.partner().access_token().await.expect_err("no token")
}

#[tokio::test]
async fn odd_bytes_hide_no_code() {
    let body = |more: &[u8]| {
        [br#"{"error":"unauthorized_client","error_description":"AADSTS700016"#.as_slice(), more, b"\"}"].concat()
    };
    let plain = refusal(Reply::refusal(401, body(b""))).await;
    assert!(plain.hint().is_some_and(|hint| hint.starts_with("mistyped client_id")), "{plain}");
    let marked = [b"\xef\xbb\xbf", &*body(b"")].concat();
    for odd in
        [marked, body(b" \\ud83d"), body(b" \xf8"), body(b"\r\nTrace ID: x"), body(b" \\x41"), body(b"\",\"x\":\"")]
    {
        let case = String::from_utf8_lossy(&odd).into_owned();
        assert_eq!(refusal(Reply::refusal(401, odd)).await, plain, "{case}");
    }
    let odd_members =
        r#"{"error":"unauthorized_client","error_codes":NaN,"correlation_id":07,"error":"unauthorized_client"}"#;
    assert_eq!(refusal(Reply::refusal(401, odd_members)).await, plain);
}

#[tokio::test]
async fn a_page_in_the_place_of_a_refusal_is_told_as_one() {
    let page = refusal(Reply::refusal(403, "<html><body>Forbidden</body></html>")).await;
    assert_eq!((page.kind(), page.detail()), (ErrorKind::Forbidden, "a firewall or proxy refused the request"));
    let of_vipps = refusal(Reply::refusal(403, r#"{"statusCode":403,"message":"Forbidden"}"#)).await;
    assert_eq!((of_vipps.kind(), of_vipps.detail()), (ErrorKind::Forbidden, "the keys are not for this"));
    let login_page = refusal(Reply::refusal(401, "<html></html>")).await;
    assert_eq!(login_page.kind(), ErrorKind::CredentialsRejected);
    assert!(login_page.hint().is_some_and(|hint| hint.contains("not JSON")), "{login_page}");
    let network = refusal(Reply::json("<html>log in to the network</html>")).await;
    assert_eq!(network.kind(), ErrorKind::Protocol);
    assert!(network.hint().is_some_and(|hint| hint.contains("not JSON")), "{network}");
}

#[tokio::test]
async fn texts_begin_with_their_subject() {
    for (reply, detail) in [
        (Reply::status(503), "Vipps answered 503"),
        (Reply::status(429), "the rate limit of Vipps was reached"),
        (Reply::status(407), "a proxy asked for a login"),
        (Reply::refusal(400, r#"{"error":"invalid_client"}"#), "Vipps refused the keys"),
        (Reply::refusal(400, r#"{"error":"temporarily_unavailable"}"#), "Vipps is temporarily unavailable"),
    ] {
        assert_eq!(refusal(reply).await.detail(), detail);
    }
}

#[tokio::test]
async fn a_reply_that_was_not_understood_keeps_its_trace_id_and_says_if_it_is_compressed() {
    let id = "0a0a0a0a-0000-4000-8000-000000000001";
    let traced = |body: &'static str| {
        Reply::json(body).header(HeaderName::from_static("x-request-id"), HeaderValue::from_static(id))
    };
    let error = refusal(traced(r#"{"token_type":"Bearer"}"#)).await;
    assert_eq!((error.status(), error.trace_id(), error.hint()), (Some(200), Some(id), None));
    let compressed = traced("\u{1f}\u{8b}").header(CONTENT_ENCODING, HeaderValue::from_static("br"));
    let error = refusal(compressed).await;
    assert!(error.hint().is_some_and(|hint| hint.contains("compressed")), "{error}");
}
