//! A Vipps that does what it should, but for the calls of Login, which all get one reply.

use std::{
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tokio::runtime::{Builder, Runtime};
use vipps_partner_auth::{
    BoxFuture, Config, HttpSend, LoginRequest, LoginResult, ManualClock, Merchant, Partner, PartnerKeys, PendingLogin,
    SendError, SystemInfo,
};

use crate::NOW;

pub const CALLBACK: &str = "https://shop.example/callback";
pub const PHONE: &str = "urn:msisdn:4791234567";
pub const AUTH_REQ_ID: &str = "fuzz-auth-req-0001";

const ISSUER: &str = "https://api.vipps.no/access-management-1.0/access/";

static KEY: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"));
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));
static VIPPS: LazyLock<Arc<Vipps>> = LazyLock::new(Arc::default);
static CLOCK: LazyLock<ManualClock> = LazyLock::new(|| ManualClock::running_through_sleeps(NOW));

/// The merchant of every target. Keys and tokens are fetched once.
static SHOP: LazyLock<Merchant> = LazyLock::new(|| {
    let config = Config::default().http(VIPPS.clone()).clock(Arc::new(CLOCK.clone()));
    let keys = PartnerKeys::new("11111111-2222-4333-8444-555555555555", "secret", "subscription-key");
    let system = SystemInfo::new("acme", "3.1.2").expect("good values");
    let partner = Partner::new(keys.expect("good keys"), system, config).expect("good settings");
    partner.merchant("123456".parse().expect("an msn"))
});

/// One login of each kind under way, and one that is done.
pub struct UnderWay {
    pub request: LoginRequest,
    pub pending: PendingLogin,
    pub result: LoginResult,
}

static UNDER_WAY: LazyLock<UnderWay> = LazyLock::new(|| {
    block_on(async {
        let request = SHOP.login(CALLBACK).expect("a login").start(&["openid"]).await.expect("a request");
        reply_with(200, format!(r#"{{"auth_req_id":"{AUTH_REQ_ID}"}}"#).into());
        let phone = SHOP.backchannel().expect("a backchannel");
        let pending = phone.start(PHONE, &["openid"]).await.expect("a login");
        reply_with(200, format!(r#"{{"access_token":"login-token","id_token":"{}"}}"#, id_token()).into());
        let result = phone.poll(&pending).await.expect("an answer").expect("a decision");
        UnderWay { request, pending, result }
    })
});

pub fn shop() -> &'static Merchant {
    &SHOP
}

pub fn under_way() -> &'static UnderWay {
    &UNDER_WAY
}

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    RUNTIME.block_on(work)
}

/// What all calls of Login get from now on, at the moment when everything begins.
pub fn reply_with(status: u16, body: Bytes) {
    let mut reply = Response::new(body);
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    // Sleeps have moved it on; a login's token does not live for long.
    CLOCK.set_wall(Duration::from_secs(NOW));
    *VIPPS.0.lock().expect("no target panics here") = reply;
}

fn id_token() -> String {
    let header = BASE64.encode(r#"{"alg":"ES256","kid":"ec-1"}"#);
    let times = format!(r#""iat":{NOW},"exp":{}"#, NOW + 600);
    let claims = format!(r#"{{"iss":"{ISSUER}","sub":"c0ffee","aud":"x","msn":"123456",{times}}}"#);
    let message = format!("{header}.{}", BASE64.encode(claims));
    let signature = KEY.sign(&SystemRandom::new(), message.as_bytes()).expect("a signature");
    format!("{message}.{}", BASE64.encode(signature))
}

#[derive(Debug, Default)]
struct Vipps(Mutex<Response<Bytes>>);

impl Vipps {
    fn answer(&self, url: &str) -> Response<Bytes> {
        if url.ends_with("/openid-configuration") {
            let document = format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"{ISSUER}.well-known/jwks.json"}}"#);
            return Response::new(document.into());
        }
        if url.ends_with("/jwks.json") {
            let point = KEY.public_key().as_ref();
            let x = BASE64.encode(&point[1..33]);
            let y = BASE64.encode(&point[33..]);
            let key = format!(r#"{{"kty":"EC","crv":"P-256","kid":"ec-1","x":"{x}","y":"{y}"}}"#);
            return Response::new(format!(r#"{{"keys":[{key}]}}"#).into());
        }
        if url.ends_with("/accesstoken/get") {
            return Response::new(r#"{"access_token":"api-token","expires_in":86400}"#.into());
        }
        self.0.lock().expect("no target panics here").clone()
    }
}

impl HttpSend for Vipps {
    fn send(&self, request: Request<Bytes>, _: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        let reply = self.answer(&request.uri().to_string());
        Box::pin(std::future::ready(Ok(reply)))
    }
}
