//! Local servers for the tests that need real sockets: plain, TLS, or a script over raw bytes. One thread for each
//! connection, so that a server can hang or misbehave without holding up the test's runtime.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod certificates;
pub(crate) mod child;
mod message;
pub(crate) mod proxies;

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use rustls::{ProtocolVersion, ServerConfig, ServerConnection, StreamOwned};
use vipps_partner_auth::{Config, Environment, PartnerKeys, SystemInfo};

pub(crate) use message::{Reply, Request, Then, read_request};

/// A server on 127.0.0.1 that remembers what reached it. Its threads end with the test's process.
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
}

/// Everything that reached a server.
#[derive(Default)]
pub(crate) struct Seen {
    connections: Mutex<usize>,
    requests: Mutex<Vec<Request>>,
    handshakes: Mutex<Vec<Handshake>>,
    bytes: Mutex<Vec<u8>>,
}

/// What was agreed on before a request came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handshake {
    pub(crate) version: Option<ProtocolVersion>,
    pub(crate) alpn: Option<Vec<u8>>,
    pub(crate) server_name: Option<String>,
}

impl Server {
    /// Plain http.
    pub(crate) fn plain(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::raw(move |mut stream, seen| converse(&mut stream, seen, &answer, |_| {}))
    }

    /// https with this certificate and these protocol versions.
    pub(crate) fn tls(config: Arc<ServerConfig>, answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::raw(move |stream, seen| {
            let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
            let mut stream = StreamOwned::new(connection, stream);
            converse(&mut stream, seen, &answer, |stream| seen.handshake(&stream.conn))
        })
    }

    /// Whatever the script does with each connection.
    pub(crate) fn raw(script: impl Fn(TcpStream, &Seen) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (seen, script) = (Arc::new(Seen::default()), Arc::new(script));
        let log = seen.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                *lock(&log.connections) += 1;
                let (log, script) = (log.clone(), script.clone());
                // A client that hangs up, or refuses the certificate, is what many of these tests are about.
                thread::spawn(move || drop(script(stream, &log)));
            }
        });
        Self { address, seen }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn http(&self) -> String {
        format!("http://{}", self.address)
    }

    /// By name, since certificates are mostly made out to names.
    pub(crate) fn https(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    pub(crate) fn connections(&self) -> usize {
        *lock(&self.seen.connections)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        lock(&self.seen.requests).clone()
    }

    pub(crate) fn handshakes(&self) -> Vec<Handshake> {
        lock(&self.seen.handshakes).clone()
    }

    /// What a script wrote down with [`Seen::wire`].
    pub(crate) fn bytes(&self) -> Vec<u8> {
        lock(&self.seen.bytes).clone()
    }
}

impl Seen {
    pub(crate) fn request(&self, request: &Request) {
        lock(&self.requests).push(request.clone());
    }

    pub(crate) fn wire(&self, bytes: &[u8]) {
        lock(&self.bytes).extend_from_slice(bytes);
    }

    pub(crate) fn handshake(&self, connection: &ServerConnection) {
        lock(&self.handshakes).push(Handshake {
            version: connection.protocol_version(),
            alpn: connection.alpn_protocol().map(<[u8]>::to_vec),
            server_name: connection.server_name().map(str::to_owned),
        });
    }
}

fn converse<S: Read + Write>(
    stream: &mut S,
    seen: &Seen,
    answer: &impl Fn(&Request) -> Reply,
    note: impl Fn(&S),
) -> io::Result<()> {
    while let Some(request) = read_request(stream)? {
        note(stream);
        seen.request(&request);
        let reply = answer(&request);
        stream.write_all(&reply.bytes)?;
        stream.flush()?;
        match reply.then {
            Then::Listen => {}
            Then::Close => return Ok(()),
            Then::Hang => return until_closed(stream),
        }
    }
    Ok(())
}

/// Holds a connection open until the other side gives up.
pub(crate) fn until_closed(stream: &mut impl Read) -> io::Result<()> {
    io::copy(stream, &mut io::sink()).map(drop)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.fixture-test.sig";

pub(crate) fn token_reply() -> Reply {
    Reply::json(200, &format!(r#"{{"token_type":"Bearer","expires_in":"86398","access_token":"{TOKEN}"}}"#))
}

pub(crate) const CLIENT_ID: &str = "11111111-2222-4333-8444-555555555555";
pub(crate) const CLIENT_SECRET: &str = "fixture-Secret+/42==";
pub(crate) const SUBSCRIPTION_KEY: &str = "0123456789abcdef0123456789abcdef";

pub(crate) fn partner_keys() -> PartnerKeys {
    PartnerKeys::new(CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY).expect("good keys")
}

pub(crate) fn system() -> SystemInfo {
    let system = SystemInfo::new("acme", "3.1.2").expect("a good name");
    system.with_plugin("acme-webshop", "4.5.6").expect("a good name")
}

pub(crate) fn config_for(base_url: &str) -> Config {
    Config::default().environment(Environment::custom(base_url).expect("a good url"))
}
