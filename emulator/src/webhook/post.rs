//! Posting pings: one small HTTP/1.1 request each, to this machine.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{
    Request, Uri,
    header::{CONTENT_TYPE, USER_AGENT},
};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

use crate::{
    shared::Shared,
    webhook::pings::{Outgoing, PingOutcome},
};

/// How long a ping waits for its reply, in real time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Posts what is announced for as long as the emulator runs; a receiver that hangs holds up no other ping.
pub(crate) async fn post_all(shared: Arc<Shared>) {
    let mut changes = shared.changes();
    loop {
        while let Some(ping) = next(&shared) {
            tokio::spawn(post(Arc::clone(&shared), ping));
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// Looks first, since taking counts as a change.
fn next(shared: &Shared) -> Option<Outgoing> {
    let waiting = shared.state().pings.has_outgoing();
    if waiting { shared.state().pings.take_outgoing() } else { None }
}

async fn post(shared: Arc<Shared>, ping: Outgoing) {
    let outcome = match timeout(PATIENCE, send(&ping)).await {
        Ok(Ok(status)) => PingOutcome::Answered(status),
        Ok(Err(error)) => PingOutcome::Failed(error.to_string()),
        Err(_) => PingOutcome::Failed(format!("no reply within {} seconds", PATIENCE.as_secs())),
    };
    shared.state().pings.conclude(ping.number, outcome);
}

async fn send(ping: &Outgoing) -> io::Result<u16> {
    let stream = connect(ping.target.uri()).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request(ping)?).await.map_err(io::Error::other);
    driver.abort();
    Ok(response?.status().as_u16())
}

fn request(ping: &Outgoing) -> io::Result<Request<Full<Bytes>>> {
    let target = ping.target.uri().path_and_query().map_or("/", |target| target.as_str());
    let request = Request::post(target)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("vipps-emulator/", env!("CARGO_PKG_VERSION")));
    let request = ping.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
    request.body(Full::new(Bytes::from(ping.body.clone()))).map_err(io::Error::other)
}

/// `localhost` is not looked up: it means this machine, whatever a resolver says.
async fn connect(uri: &Uri) -> io::Result<TcpStream> {
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(80);
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
        return TcpStream::connect((address, port)).await;
    }
    if !host.eq_ignore_ascii_case("localhost") {
        return TcpStream::connect((host, port)).await;
    }
    match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        Ok(stream) => Ok(stream),
        Err(_) => TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await,
    }
}
