//! How a case meets the service: a fake sender within the process, or the emulator over real sockets.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use serde_json::{Map, Value};
use vipps_emulator::{Emulator, IdTokenSpec, Options, RecordedRequest, ScriptedReply, SigningAlg};
use vipps_partner_auth::{BoxFuture, Environment, HttpSend, SendError};

use crate::vectors::Reply;

/// Plays the replies of one case at a time and keeps what was asked.
pub trait Wire {
    /// Gets ready for a case: forgets the last one, and will answer each path with its replies in order.
    fn stage(&self, environment: &str, replies: Vec<(String, Reply)>) -> Connection;

    /// What was asked since then, in order.
    fn seen(&self) -> Vec<Seen>;

    /// An ID token that says `claims`, signed with `alg`, by a server that can't play one that was signed before its
    /// address was known. `{base_url}` in the claims stands for that address.
    fn mint(&self, _claims: &Map<String, Value>, _alg: &str) -> Option<Minted> {
        None
    }
}

/// An ID token of the server's own.
#[derive(Debug)]
pub struct Minted {
    /// The token.
    pub id_token: String,
    /// The key set that checks it.
    pub jwks: String,
}

/// What a case needs to reach the wire.
#[derive(Debug)]
pub struct Connection {
    /// The environment to configure.
    pub environment: String,
    /// The sender to configure; none stands for the real one.
    pub http: Option<Arc<dyn HttpSend>>,
}

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The HTTP method.
    pub method: String,
    /// The path below the base URL, with its query; the whole URL where it is not below the base URL.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// A fake sender. Nothing leaves the process.
#[derive(Debug, Clone, Default)]
pub struct InProcess(Arc<Mutex<Play>>);

#[derive(Debug, Default)]
struct Play {
    base_url: String,
    replies: VecDeque<(String, Reply)>,
    seen: Vec<Seen>,
}

impl Wire for InProcess {
    fn stage(&self, environment: &str, replies: Vec<(String, Reply)>) -> Connection {
        let base_url =
            environment.parse().map_or_else(|_| String::new(), |known: Environment| known.base_url().to_owned());
        *self.play() = Play { base_url, replies: replies.into(), seen: Vec::new() };
        Connection { environment: environment.to_owned(), http: Some(Arc::new(self.clone())) }
    }

    fn seen(&self) -> Vec<Seen> {
        self.play().seen.clone()
    }
}

impl InProcess {
    fn play(&self) -> MutexGuard<'_, Play> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpSend for InProcess {
    fn send(
        &self,
        request: http::Request<Bytes>,
        _limit: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, SendError>> {
        let mut play = self.play();
        let seen = play.describe(&request);
        let is_next = play.replies.front().is_some_and(|(path, _)| *path == seen.path);
        let reply = play.replies.pop_front().filter(|_| is_next);
        play.seen.push(seen);
        let response =
            reply.map(|(_, reply)| play.respond(&reply)).ok_or(SendError::not_sent("no such step in this case"));
        Box::pin(async move { response })
    }
}

impl Play {
    fn describe(&self, request: &http::Request<Bytes>) -> Seen {
        let url = request.uri().to_string();
        let headers = request.headers().iter();
        Seen {
            method: request.method().to_string(),
            path: url.strip_prefix(&self.base_url).unwrap_or(&url).to_owned(),
            headers: headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
            body: text(request.body()),
        }
    }

    fn respond(&self, reply: &Reply) -> http::Response<Bytes> {
        let mut response = http::Response::builder().status(reply.status);
        for (name, value) in &reply.headers {
            response = response.header(name, value);
        }
        response.body(with_base_url(&reply.body, &self.base_url).into()).expect("a reply that can be sent")
    }
}

/// The emulator, with scripts in the place of its own answers, over the library's own HTTP client.
#[derive(Debug)]
pub struct OverEmulator {
    emulator: Emulator,
    /// Where nothing may be sent, nothing can be: a failing case must not reach the real service.
    nowhere: InProcess,
}

impl OverEmulator {
    /// Starts an emulator.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Self {
        let emulator = Emulator::start(Options::default()).expect("a free port");
        Self { emulator, nowhere: InProcess::default() }
    }
}

impl Wire for OverEmulator {
    fn stage(&self, environment: &str, replies: Vec<(String, Reply)>) -> Connection {
        self.emulator.clear_failures();
        self.emulator.clear_requests();
        let nowhere = self.nowhere.stage(environment, Vec::new());
        if replies.is_empty() {
            return nowhere;
        }
        let base_url = self.emulator.base_url();
        for (path, reply) in replies {
            self.emulator.script(&path, vec![scripted(&reply, base_url)]);
        }
        Connection { environment: base_url.to_owned(), http: None }
    }

    fn seen(&self) -> Vec<Seen> {
        let arrived = self.emulator.requests().into_iter().map(Seen::from);
        arrived.chain(self.nowhere.seen()).collect()
    }

    fn mint(&self, claims: &Map<String, Value>, alg: &str) -> Option<Minted> {
        let alg = if alg == "ES256" { SigningAlg::Es256 } else { SigningAlg::Rs256 };
        let spec = USUAL_CLAIMS.iter().fold(blank(), |spec, name| spec.without_claim(*name)).alg(alg);
        let spec = claims.iter().fold(spec, |spec, (name, value)| spec.claim(name, self.own(value)));
        Some(Minted { id_token: self.emulator.mint_id_token(&spec), jwks: self.emulator.jwks() })
    }
}

impl OverEmulator {
    fn own(&self, claim: &Value) -> Value {
        claim.as_str().map_or_else(|| claim.clone(), |text| with_base_url(text, self.emulator.base_url()).into())
    }
}

/// What the emulator says of its own accord.
const USUAL_CLAIMS: [&str; 11] = ["iss", "aud", "sub", "iat", "exp", "auth_time", "rat", "jti", "sid", "nonce", "msn"];

fn blank() -> IdTokenSpec {
    IdTokenSpec::new(&"123456".parse().expect("an msn"))
}

impl From<RecordedRequest> for Seen {
    fn from(request: RecordedRequest) -> Self {
        let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
        Self {
            method: request.method,
            path: request.path + &query,
            headers: request.headers,
            body: text(&request.body),
        }
    }
}

fn scripted(reply: &Reply, base_url: &str) -> ScriptedReply {
    let headers = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    ScriptedReply::new(reply.status, headers, with_base_url(&reply.body, base_url)).expect("a reply that can be sent")
}

pub(crate) fn with_base_url(text: &str, base_url: &str) -> String {
    text.replace("{base_url}", base_url)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
