//! The simulated service: a token endpoint, discovery, the key set, and APIs.

use std::{
    collections::BTreeMap,
    future::pending,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use fastrand::Rng;
use http::{Response, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};
use tokio::time::sleep;
use vipps_partner_auth::SendError;

use crate::{
    clock::EPOCH,
    trace::Trace,
    weather::{Fault, Weather},
};

/// One Vipps for a whole run.
#[derive(Debug)]
pub(crate) struct Vipps {
    trace: Arc<Trace>,
    weather: Arc<Weather>,
    lifetime: Duration,
    /// Gives out the same token again while half of its life is left, as some gateways do.
    repeats_tokens: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rng: Rng,
    /// By number, with the moment they were granted.
    tokens: Vec<Duration>,
    id_tokens: BTreeMap<(usize, u64), String>,
    /// When requests came to each endpoint: how many in each minute.
    requests: BTreeMap<(Endpoint, u64), u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Endpoint {
    Token,
    Discovery,
    Keys,
}

/// What an endpoint has said, as far as the simulation must know it.
pub(crate) enum Reply {
    Token { number: usize, lifetime: Duration },
    Keys { newest: usize },
    Other,
}

/// The keys that sign in turn, with their public halves.
static KEYS: LazyLock<[(EncodingKey, Jwk); 2]> = LazyLock::new(|| {
    [
        &include_bytes!("../../keys/test-only-rsa-2048-a.pem")[..],
        &include_bytes!("../../keys/test-only-rsa-2048-b.pem")[..],
    ]
    .map(|pem| {
        let key = EncodingKey::from_rsa_pem(pem).expect("a key for tests");
        let public = Jwk::from_encoding_key(&key, Algorithm::RS256).expect("its public half");
        (key, public)
    })
});

const ISSUER: &str = "https://api.vipps.no/access-management-1.0/access/";
/// The merchant of all ID tokens.
pub(crate) const ID_TOKEN_MSN: &str = "100000";
/// ID tokens are made anew each hour and are good for six.
const ID_TOKEN_BATCH: u64 = 3_600;

impl Vipps {
    pub(crate) fn new(
        trace: Arc<Trace>,
        weather: Arc<Weather>,
        lifetime: Duration,
        repeats_tokens: bool,
        rng: Rng,
    ) -> Self {
        let state = State { rng, tokens: Vec::new(), id_tokens: BTreeMap::new(), requests: BTreeMap::new() };
        Self { trace, weather, lifetime, repeats_tokens, state: Mutex::new(state) }
    }

    /// A request on its way, the answer, and the way back.
    pub(crate) async fn answer(&self, process: u32, endpoint: Endpoint) -> Result<(Response<Bytes>, Reply), SendError> {
        self.count(endpoint);
        let way = self.way();
        let fault = self.fault(endpoint);
        match fault {
            Some(Fault::RefusesConnections) => return Err(SendError::not_sent("the connection could not be made")),
            Some(Fault::Hangs { .. }) => pending::<()>().await,
            Some(Fault::Slow(span)) => sleep(span).await,
            _ => {}
        }
        sleep(way).await;
        let answer = match fault.and_then(|fault| self.refusal(fault)) {
            Some(refusal) => (refusal, Reply::Other),
            None => self.success(process, endpoint),
        };
        self.trace.note(process, endpoint.name(), u64::from(answer.0.status().as_u16()));
        sleep(way).await;
        Ok(answer)
    }

    /// Whether a sender that keeps its own limit could not keep it now.
    pub(crate) fn makes_senders_stubborn(&self, endpoint: Endpoint) -> bool {
        self.fault(endpoint) == Some(Fault::Hangs { stubborn: true })
    }

    /// An API's answer: `true` for 200, `false` for 401.
    pub(crate) async fn call(&self, token: &str, merchant: usize) -> bool {
        let way = self.way();
        sleep(way).await;
        let is_good = self.accepts(token) && !self.weather.is_blocked(merchant, self.trace.now());
        sleep(way).await;
        is_good
    }

    /// Whether this token is good now for all merchants that are not blocked.
    pub(crate) fn accepts(&self, token: &str) -> bool {
        self.ends_at(token).is_some_and(|end| self.trace.now() < end) && !self.is_revoked(token)
    }

    pub(crate) fn is_revoked(&self, token: &str) -> bool {
        let granted = number_of(token).and_then(|number| self.state().tokens.get(number).copied());
        let revoked = self.weather.last_revocation(self.trace.now());
        granted.zip(revoked).is_some_and(|(granted, revoked)| granted <= revoked)
    }

    /// The true end of a token; `None` if it was never granted.
    pub(crate) fn ends_at(&self, token: &str) -> Option<Duration> {
        let granted = *self.state().tokens.get(number_of(token)?)?;
        Some(granted + self.lifetime)
    }

    /// The number of the key that signs now.
    pub(crate) fn newest_key(&self) -> usize {
        self.weather.rotations.iter().filter(|at| **at <= self.trace.now()).count()
    }

    /// An ID token signed with this key.
    pub(crate) fn id_token(&self, key: usize) -> String {
        let batch = self.trace.now().as_secs() / ID_TOKEN_BATCH;
        self.state().id_tokens.entry((key, batch)).or_insert_with(|| signed(key, batch)).clone()
    }

    /// The requests to an endpoint in each minute from the begin to `until`.
    pub(crate) fn requests_by_minute(&self, endpoint: Endpoint, until: Duration) -> Vec<u32> {
        let state = self.state();
        (0..until.as_secs() / 60)
            .map(|minute| state.requests.get(&(endpoint, minute)).copied().unwrap_or_default())
            .collect()
    }

    fn count(&self, endpoint: Endpoint) {
        let minute = self.trace.now().as_secs() / 60;
        *self.state().requests.entry((endpoint, minute)).or_default() += 1;
    }

    fn fault(&self, endpoint: Endpoint) -> Option<Fault> {
        let now = self.trace.now();
        match endpoint {
            Endpoint::Token => self.weather.tokens.at(now),
            Endpoint::Discovery => self.weather.discovery.at(now),
            Endpoint::Keys => self.weather.keys.at(now),
        }
    }

    fn way(&self) -> Duration {
        Duration::from_millis(self.state().rng.u64(20..150))
    }

    fn refusal(&self, fault: Fault) -> Option<Response<Bytes>> {
        let status = |status| Response::builder().status(status);
        let reply = match fault {
            Fault::Status { status: code, retry_after } => {
                let body = if code == 401 { r#"{"error":"invalid_client"}"# } else { "{}" };
                let reply = status(code).header("content-type", "application/json");
                let reply = match retry_after {
                    Some(seconds) => reply.header("retry-after", seconds),
                    None => reply,
                };
                reply.body(Bytes::from_static(body.as_bytes()))
            }
            Fault::Html => status(200).header("content-type", "text/html").body(Bytes::from_static(b"<html></html>")),
            Fault::Empty => status(204).body(Bytes::new()),
            Fault::Flaky(percent) if self.state().rng.u8(..100) < percent => status(503).body(Bytes::new()),
            _ => return None,
        };
        Some(reply.expect("a reply"))
    }

    fn success(&self, process: u32, endpoint: Endpoint) -> (Response<Bytes>, Reply) {
        let (body, reply) = match endpoint {
            Endpoint::Token => self.grant(process),
            Endpoint::Discovery => (discovery(), Reply::Other),
            Endpoint::Keys => {
                let newest = self.newest_key();
                (key_set(newest), Reply::Keys { newest })
            }
        };
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = StatusCode::OK;
        (response, reply)
    }

    fn grant(&self, process: u32) -> (Value, Reply) {
        let now = self.trace.now();
        let last = self.state().tokens.len().checked_sub(1);
        let again = last.filter(|number| {
            let text = token(*number);
            let left = self.ends_at(&text).unwrap_or_default().saturating_sub(now);
            self.repeats_tokens && self.accepts(&text) && left > self.lifetime / 2
        });
        let number = again.unwrap_or_else(|| {
            let mut state = self.state();
            state.tokens.push(now);
            state.tokens.len() - 1
        });
        let end = self.ends_at(&token(number)).unwrap_or_default();
        let lifetime = Duration::from_secs((end - now).as_secs());
        self.trace.note(process, "granted token", number as u64);
        let body = json!({
            "token_type": "Bearer",
            "access_token": token(number),
            "expires_in": lifetime.as_secs().to_string(),
        });
        (body, Reply::Token { number, lifetime })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Endpoint {
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            "/accesstoken/get" => Some(Self::Token),
            "/access-management-1.0/access/.well-known/openid-configuration" => Some(Self::Discovery),
            "/access-management-1.0/access/.well-known/jwks.json" => Some(Self::Keys),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Token => "token endpoint answers",
            Self::Discovery => "discovery answers",
            Self::Keys => "key endpoint answers",
        }
    }
}

pub(crate) fn token(number: usize) -> String {
    format!("token-{number}")
}

pub(crate) fn number_of(token: &str) -> Option<usize> {
    token.strip_prefix("token-")?.parse().ok()
}

/// A key nobody has.
pub(crate) fn forged_key() -> usize {
    usize::MAX
}

fn kid(key: usize) -> String {
    format!("key-{key}")
}

fn signed(key: usize, batch: u64) -> String {
    let header = Header { kid: Some(kid(key)), ..Header::new(Algorithm::RS256) };
    let issued_at = EPOCH.as_secs() + batch * ID_TOKEN_BATCH - 600;
    let claims = json!({
        "iss": ISSUER, "sub": "person", "aud": "client", "msn": ID_TOKEN_MSN,
        "iat": issued_at, "exp": issued_at + 6 * 3_600,
    });
    jsonwebtoken::encode(&header, &claims, &KEYS[key % 2].0).expect("it can be signed")
}

fn discovery() -> Value {
    json!({"issuer": ISSUER, "jwks_uri": format!("{ISSUER}.well-known/jwks.json")})
}

/// The key that signs and the one before.
fn key_set(newest: usize) -> Value {
    let keys: Vec<_> = (newest.saturating_sub(1)..=newest)
        .map(|key| {
            let mut public = KEYS[key % 2].1.clone();
            public.common.key_id = Some(kid(key));
            public
        })
        .collect();
    json!({"keys": keys})
}
