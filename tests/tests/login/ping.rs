//! Login from a phone number, finished when the webhook says so.

use std::{
    io::{Read, Write},
    net::TcpListener,
};

use vipps_emulator::Verdict;
use vipps_partner_auth::{Backchannel, BackchannelPing, PendingLogin};

use crate::{
    application::{KARI, Outcome},
    stage::{Stage, TOKEN, field, first, hint, reason, seconds},
};

fn phone(stage: &Stage) -> Outcome<Backchannel> {
    Ok(stage.shop(&first())?.backchannel()?)
}

async fn asked(phone: &Backchannel) -> Outcome<PendingLogin> {
    Ok(phone.start(&hint(KARI), &["openid"]).await?)
}

/// A merchant's webhook, for as many pings as it takes.
struct Webhook(TcpListener);

impl Webhook {
    fn of(stage: &Stage) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        stage.vipps.ping_url(Some(&format!("http://{}/vipps", listener.local_addr()?)))?;
        Ok(Self(listener))
    }

    /// Waits for a ping and returns its body.
    fn take(&self) -> Outcome<String> {
        let (mut caller, _) = self.0.accept()?;
        let mut taken = String::new();
        let mut buffer = [0; 1_024];
        while !taken.ends_with('}') {
            let length = caller.read(&mut buffer)?;
            taken.push_str(std::str::from_utf8(&buffer[..length])?);
            if length == 0 {
                return Err(taken.into());
            }
        }
        caller.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
        let (_, body) = taken.split_once("\r\n\r\n").ok_or("a body")?;
        Ok(body.to_owned())
    }
}

#[tokio::test]
async fn a_ping_is_worth_one_call() -> Outcome {
    let stage = Stage::open()?;
    let (phone, webhook) = (phone(&stage)?, Webhook::of(&stage)?);
    let pending = asked(&phone).await?;
    stage.approve(&pending)?;
    let body = webhook.take()?;
    assert_eq!(BackchannelPing::parse(&body)?.auth_req_id(), pending.auth_req_id());
    let result = phone.finish_ping(&body, &pending).await?.ok_or("a result")?;
    assert_eq!(result.claims().msn(), &first());
    assert_eq!(stage.vipps.count(TOKEN), 1);
    Ok(())
}

#[tokio::test]
async fn a_ping_tells_of_a_refusal_too() -> Outcome {
    let stage = Stage::open()?;
    let (phone, webhook) = (phone(&stage)?, Webhook::of(&stage)?);
    let pending = asked(&phone).await?;
    stage.vipps.deny(pending.auth_req_id())?;
    assert_eq!(reason(phone.finish_ping(&webhook.take()?, &pending).await), "denied");
    Ok(())
}

#[tokio::test]
async fn a_ping_finds_its_login_among_many() -> Outcome {
    let stage = Stage::open()?;
    let (phone, webhook) = (phone(&stage)?, Webhook::of(&stage)?);
    let all = [asked(&phone).await?, asked(&phone).await?, asked(&phone).await?];
    for pending in all.iter().rev() {
        stage.approve(pending)?;
        let body = webhook.take()?;
        for other in all.iter().filter(|other| other != &pending) {
            assert_eq!(reason(phone.finish_ping(&body, other).await), "auth_req_id");
        }
        assert!(phone.finish_ping(&body, pending).await?.is_some());
    }
    assert_eq!(stage.vipps.count(TOKEN), 3);
    Ok(())
}

#[tokio::test]
async fn a_forged_ping_ends_nothing() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let pending = asked(&phone).await?;
    let forged = stage.vipps.ping_body(pending.auth_req_id())?;
    assert_eq!(phone.finish_ping(&forged, &pending).await?, None);
    assert_eq!(field(phone.finish_ping("nonsense", &pending).await), "body");
    stage.approve(&pending)?;
    assert!(phone.wait(&pending, seconds(60)).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_ping_right_behind_a_poll_is_too_early_for_vipps_and_costs_nothing_but_time() -> Outcome {
    let stage = Stage::open()?;
    let phone = phone(&stage)?;
    let pending = asked(&phone).await?;
    assert_eq!(phone.poll(&pending).await?, None);
    stage.approve(&pending)?;
    let body = stage.vipps.ping_body(pending.auth_req_id())?;
    assert_eq!(phone.finish_ping(&body, &pending).await?, None, "slow_down comes before success");
    assert_eq!(pending.interval(), seconds(10));
    assert!(phone.wait(&pending, seconds(60)).await?.is_some());
    let refused = |request: &vipps_emulator::RecordedRequest| request.findings_of(Verdict::Refused).count();
    assert_eq!(stage.vipps.requests().iter().map(refused).sum::<usize>(), 1, "the slow_down");
    Ok(())
}
