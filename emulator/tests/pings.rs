//! Pings: the webhook event that tells of a decision, really posted.

mod common;

use std::{io::ErrorKind, sync::Arc};

use common::{login::*, *};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use vipps_emulator::{Emulator, PingOutcome};

/// Takes one request, answers it, and returns it whole.
async fn take_one(listener: &TcpListener, reply: &str) -> String {
    let (mut stream, _) = listener.accept().await.expect("a caller");
    let mut taken = String::new();
    while !taken.contains("\r\n\r\n{") || !taken.ends_with('}') {
        let mut buffer = [0; 1_024];
        let length = stream.read(&mut buffer).await.expect("bytes");
        assert_ne!(length, 0, "{taken}");
        taken.push_str(std::str::from_utf8(&buffer[..length]).expect("text"));
    }
    stream.write_all(reply.as_bytes()).await.expect("a caller that listens");
    taken
}

async fn receiver(vipps: &Emulator) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    vipps.ping_url(Some(&format!("http://{address}/webhooks?tenant=7"))).expect("a good URL");
    listener
}

/// What came of the pings, once none is outstanding.
async fn outcomes(vipps: &Emulator) -> Vec<PingOutcome> {
    loop {
        let outcomes: Vec<_> = vipps.pings().into_iter().map(|ping| ping.outcome).collect();
        if !outcomes.contains(&PingOutcome::Outstanding) {
            return outcomes;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_decision_is_told_with_the_id_and_nothing_else() {
    let vipps = open();
    let listener = receiver(&vipps).await;
    let caller = Caller::merchant(&vipps);
    for approve in [true, false] {
        let id = asked(&vipps, &caller, &ask_form()).await;
        let decided = if approve { vipps.approve(&id, KARI) } else { vipps.deny(&id) };
        decided.expect("pending");
        let taken = take_one(&listener, "HTTP/1.1 204 No Content\r\n\r\n").await;
        let (head, body) = taken.split_once("\r\n\r\n").expect("a body");
        assert!(head.starts_with("POST /webhooks?tenant=7 HTTP/1.1\r\n"), "{head}");
        assert!(head.to_ascii_lowercase().contains("content-type: application/json"), "{head}");
        assert!(!head.to_ascii_lowercase().contains("authorization"), "unsigned: {head}");
        assert_eq!(body, vipps.ping_body(&id).expect("a body"));
        assert_eq!(body, json!({ "auth_req_id": id }).to_string());
    }
    assert_eq!(outcomes(&vipps).await, [PingOutcome::Answered(204), PingOutcome::Answered(204)]);
    let ping = vipps.pings().remove(0);
    assert_eq!((ping.at, ping.url.ends_with("/webhooks?tenant=7")), (1_767_225_600, true));
    vipps.clear_requests();
    assert!(vipps.pings().is_empty());
}

#[tokio::test]
async fn a_click_on_the_page_pings_as_well_and_the_page_says_so() {
    let vipps = open();
    let listener = receiver(&vipps).await;
    let id = asked(&vipps, &Caller::merchant(&vipps), &ask_form()).await;
    let click = client().post(format!("{}/emulator/logins/{id}/approve", vipps.base_url()));
    assert_eq!(send(click).await.status, 200);
    take_one(&listener, "HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(outcomes(&vipps).await, [PingOutcome::Answered(500)]);
    let seen = send(get(&vipps, "/emulator/state")).await.json();
    assert_eq!(seen["pings"][0]["auth_req_id"], id);
    assert_eq!(seen["pings"][0]["outcome"], "answered 500: a webhook should be answered with 2xx");
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_up_nobody() {
    let vipps = Arc::new(open());
    let (deaf, caller) = (receiver(&vipps).await, Caller::merchant(&vipps));
    let first = asked(&vipps, &caller, &ask_form()).await;
    vipps.approve(&first, KARI).expect("pending");
    let listener = receiver(&vipps).await;
    let second = asked(&vipps, &caller, &ask_form()).await;
    vipps.approve(&second, KARI).expect("pending");
    assert!(take_one(&listener, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.contains(&second));
    drop(deaf);
}

#[tokio::test]
async fn nobody_there_is_a_failure_that_is_recorded() {
    let vipps = open();
    drop(receiver(&vipps).await);
    let id = asked(&vipps, &Caller::merchant(&vipps), &ask_form()).await;
    vipps.approve(&id, KARI).expect("the login itself is fine");
    let [PingOutcome::Failed(reason)] = &outcomes(&vipps).await[..] else { panic!("{:?}", vipps.pings()) };
    assert!(!reason.is_empty());
}

#[tokio::test]
async fn only_logins_that_are_polled_are_told() {
    let vipps = open();
    let _listener = receiver(&vipps).await;
    let caller = Caller::merchant(&vipps);
    let redirect = ask_form().with("requested_flow", "login_to_webpage").with("redirect_uri", CALLBACK);
    let id = asked(&vipps, &caller, &redirect).await;
    vipps.approve(&id, KARI).expect("pending");
    code(&vipps, &auth_fields(&vipps)).await;
    asked(&vipps, &caller, &ask_form()).await;
    vipps.advance(std::time::Duration::from_secs(601));
    assert!(vipps.pings().is_empty());
    vipps.ping_url(None).expect("none is fine");
    let id = asked(&vipps, &caller, &ask_form()).await;
    vipps.approve(&id, KARI).expect("pending");
    assert!(vipps.pings().is_empty());
}

#[test]
fn other_machines_are_never_pinged() {
    let vipps = open();
    for url in ["https://127.0.0.1/", "http://shop.example/", "http://192.0.2.1/", "nonsense", ""] {
        assert_eq!(vipps.ping_url(Some(url)).expect_err(url).kind(), ErrorKind::InvalidInput, "{url}");
    }
}
