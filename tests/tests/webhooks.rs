//! Webhooks of the emulator, over a real socket and through a real web framework, checked by the library.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    routing::any,
};
use tokio::{net::TcpListener, sync::mpsc};
use vipps_emulator::{Emulator, Options, Webhook};
use vipps_partner_auth::{
    Backchannel, Config, Error, ManualClock, Msn, Partner, PartnerKeys, PendingLogin, Result, SystemInfo,
    VerifiedWebhook, WebhookOptions, WebhookVerifier,
};

type Outcome<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const ID: &str = "3cc1dd85-0000-4000-8000-000000000001";
const SECRET: &str = "Zml4dHVyZS1TZWNyZXQtbnVtYmVyLW9uZQ==";
const PERSON: &str = "urn:msisdn:4791234567";

fn msn() -> Msn {
    "123456".parse().expect("an MSN")
}

/// What an application keeps: how to check, and where its work is done.
#[derive(Clone)]
struct Receiver {
    verifier: Arc<Mutex<WebhookVerifier>>,
    taken: mpsc::UnboundedSender<Result<VerifiedWebhook>>,
}

/// The handler, as an application would write it.
async fn take(
    State(receiver): State<Receiver>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let verifier = receiver.verifier.lock().expect("no panic").clone();
    let outcome = verifier.verify(method, &uri.to_string(), &headers, body);
    let status = if outcome.is_ok() { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    receiver.taken.send(outcome).expect("a test that listens");
    status
}

struct Stage {
    vipps: Emulator,
    phone: Backchannel,
    url: String,
    verifier: Arc<Mutex<WebhookVerifier>>,
    taken: mpsc::UnboundedReceiver<Result<VerifiedWebhook>>,
}

impl Stage {
    async fn open() -> Outcome<Self> {
        let vipps = Emulator::start(Options { merchants: vec![msn()], ..Options::default() })?;
        vipps.set_time(1_767_225_600);
        let keys = PartnerKeys::try_from(vipps.partner_keys())?;
        let config = Config::default().environment(vipps.environment()?).clock(Arc::new(vipps.clock()));
        let partner = Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, config)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/webhooks/vipps?shop=7", listener.local_addr()?);
        let (sender, taken) = mpsc::unbounded_channel();
        let verifier = Arc::new(Mutex::new(verifier(&vipps, SECRET)?));
        let receiver = Receiver { verifier: Arc::clone(&verifier), taken: sender };
        let routes = Router::new().fallback(any(take)).with_state(receiver);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let phone = partner.merchant(msn()).backchannel()?;
        let stage = Self { vipps, phone, url, verifier, taken };
        stage.register(Some(SECRET), false)?;
        Ok(stage)
    }

    fn register(&self, secret: Option<&str>, whole_partner: bool) -> Outcome {
        let registration = Webhook {
            url: self.url.clone(),
            secret: secret.map(str::to_owned),
            webhook_id: Some(ID.to_owned()),
            whole_partner,
        };
        Ok(self.vipps.webhook(Some(registration))?)
    }

    /// Somebody was asked and has said yes.
    async fn decided(&self) -> Outcome<PendingLogin> {
        let pending = self.phone.start(PERSON, &["openid"]).await?;
        self.vipps.approve(pending.auth_req_id(), "4791234567")?;
        Ok(pending)
    }

    async fn next(&mut self) -> Outcome<Result<VerifiedWebhook>> {
        Ok(self.taken.recv().await.ok_or("the receiver is gone")?)
    }

    async fn refused(&mut self) -> Outcome<Error> {
        Ok(self.next().await?.err().ok_or("it passed")?)
    }
}

fn verifier(vipps: &Emulator, secret: &str) -> Outcome<WebhookVerifier> {
    let options = WebhookOptions::default().clock(Arc::new(ManualClock::at_unix(vipps.now_unix())));
    Ok(WebhookVerifier::with_options([(ID, secret)], &options)?)
}

#[tokio::test]
async fn a_ping_that_is_signed_ends_the_login() -> Outcome {
    let mut stage = Stage::open().await?;
    let pending = stage.decided().await?;
    let webhook = stage.next().await??;
    assert_eq!(webhook.webhook_id(), ID);
    assert_eq!(webhook.sent_at().duration_since(std::time::UNIX_EPOCH)?.as_secs(), stage.vipps.now_unix());
    let ping = webhook.ping()?;
    assert_eq!((ping.auth_req_id(), ping.msn()), (pending.auth_req_id(), None));
    let result = stage.phone.finish_webhook(&webhook, &pending).await?.ok_or("a decision")?;
    assert_eq!(result.claims().msn(), &msn());
    // It may come twice.
    assert!(stage.phone.finish_webhook(&webhook, &pending).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn the_registration_of_a_whole_partner_names_the_merchant() -> Outcome {
    let mut stage = Stage::open().await?;
    stage.register(Some(SECRET), true)?;
    stage.decided().await?;
    assert_eq!(stage.next().await??.ping()?.msn(), Some(&msn()));
    Ok(())
}

#[tokio::test]
async fn a_webhook_of_another_login_ends_nothing() -> Outcome {
    let mut stage = Stage::open().await?;
    stage.decided().await?;
    let webhook = stage.next().await??;
    let other = stage.phone.start(PERSON, &["openid"]).await?;
    let error = stage.phone.finish_webhook(&webhook, &other).await.expect_err("another login");
    assert_eq!(error.reason(), Some("auth_req_id"));
    Ok(())
}

#[tokio::test]
async fn what_differs_is_told() -> Outcome {
    let mut stage = Stage::open().await?;
    stage.register(None, false)?;
    stage.decided().await?;
    assert_eq!(stage.refused().await?.reason(), Some("form"), "it is not signed");

    stage.register(Some("another-secret"), false)?;
    stage.decided().await?;
    assert_eq!(stage.refused().await?.reason(), Some("signature"));

    stage.register(Some(SECRET), false)?;
    stage.vipps.advance(Duration::from_secs(301));
    stage.decided().await?;
    assert_eq!(stage.refused().await?.reason(), Some("date"), "the clocks differ");
    Ok(())
}

#[tokio::test]
async fn a_rotated_secret_leaves_no_gap() -> Outcome {
    let mut stage = Stage::open().await?;
    let options = WebhookOptions::default().clock(Arc::new(stage.vipps.clock()));
    let both = WebhookVerifier::with_options([(ID, SECRET), (ID, "the-new-secret")], &options)?;
    *stage.verifier.lock().expect("no panic") = both;
    for secret in [SECRET, "the-new-secret"] {
        stage.register(Some(secret), false)?;
        stage.decided().await?;
        stage.next().await??;
    }
    *stage.verifier.lock().expect("no panic") = WebhookVerifier::with_options([(ID, "the-new-secret")], &options)?;
    stage.register(Some(SECRET), false)?;
    stage.decided().await?;
    assert_eq!(stage.refused().await?.reason(), Some("signature"), "the old one is over");
    Ok(())
}

/// Two who have nothing in common but the contract come to the same bytes.
#[tokio::test]
async fn the_emulator_and_the_library_sign_alike() -> Outcome {
    let stage = Stage::open().await?;
    let verifier = stage.verifier.lock().expect("no panic").clone();
    for url in
        [stage.url.as_str(), "https://shop.example/", "https://shop.example:8443/a%20b?c=%2F", "http://[::1]:4000/x"]
    {
        let by_library = verifier.sign(ID, url, "{}")?;
        let registration = Webhook {
            url: url.to_owned(),
            secret: Some(SECRET.to_owned()),
            webhook_id: Some(ID.to_owned()),
            whole_partner: false,
        };
        for (name, value) in stage.vipps.sign_webhook(&registration, b"{}")? {
            assert_eq!(by_library[name.as_str()].to_str()?, value, "{name} of {url}");
        }
    }
    Ok(())
}
