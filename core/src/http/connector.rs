//! From a target to a connection on which a request can be sent: name, address, proxy, TLS.

use std::{
    convert::Infallible,
    error::Error as StdError,
    fmt,
    future::{Future, Ready, ready},
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
    vec::IntoIter,
};

use http::Uri;
use hyper_util::{
    client::legacy::connect::{Connected, Connection, HttpConnector, dns::Name},
    rt::TokioIo,
};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;
use tower_service::Service;
use url::Host;

use super::{
    SendError,
    fault::{self, Fault},
    proxy::{Kind, Proxies, Proxy},
    socks5,
    target::Target,
    tls::Tls,
    tunnel,
};
use crate::clock::BoxFuture;

/// Makes the connections of one client.
#[derive(Clone)]
pub(super) struct Connector(Arc<Parts>);

struct Parts {
    connect_timeout: Duration,
    proxies: Proxies,
    tls: Arc<Tls>,
}

/// The way to a target, as error texts tell it.
pub(super) struct Route {
    target: Target,
    proxy: Option<Arc<Proxy>>,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.target.fmt(f)?;
        self.proxy.as_ref().map_or(Ok(()), |proxy| write!(f, " through the proxy {proxy}"))
    }
}

/// TCP, or TLS over it, or what a proxy carries on.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

pub(super) type Stream = Box<dyn Io>;

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Connector {
    pub(super) fn new(connect_timeout: Duration, proxies: Proxies, tls: Tls) -> Self {
        Self(Arc::new(Parts { connect_timeout, proxies, tls: Arc::new(tls) }))
    }

    pub(super) fn route(&self, target: Target) -> Route {
        Route { proxy: self.0.proxies.proxy_for(&target).cloned(), target }
    }

    async fn connect(self, uri: Uri) -> Result<Stream, SendError> {
        let route = self.route(Target::of_uri(&uri)?);
        // First, since nothing need be connected to where this fails.
        let tls = if route.target.is_tls { Some(self.0.tls.config().await?) } else { None };
        let deadline = deadline(self.0.connect_timeout);
        connected(&route, tls, deadline).await.map_err(|fault| fault.on(&route))
    }
}

/// What the pool of connections calls, with the scheme and authority of a request.
impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = SendError;
    type Future = BoxFuture<'static, Result<Self::Response, SendError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(uri).await.map(TokioIo::new) })
    }
}

async fn connected(route: &Route, tls: Option<Arc<ClientConfig>>, deadline: Instant) -> Result<Stream, Fault> {
    let target = &route.target;
    let stream = match &route.proxy {
        None => {
            Box::new(dial(&target.host, target.port, deadline).await.map_err(|fault| with_network_hint(fault, target))?)
        }
        Some(proxy) => through(proxy, target, tls.clone(), deadline).await?,
    };
    match tls {
        Some(tls) => handshake(stream, &target.host, tls, deadline).await,
        None => Ok(stream),
    }
}

fn with_network_hint(fault: Fault, target: &Target) -> Fault {
    let hint = (!target.is_loopback).then_some(
        "check network, name resolution and firewall; where only a proxy leads out, set HTTPS_PROXY or the setting proxy",
    );
    fault.or_hint(hint)
}

async fn through(
    proxy: &Proxy,
    target: &Target,
    tls: Option<Arc<ClientConfig>>,
    deadline: Instant,
) -> Result<Stream, Fault> {
    let tcp = dial(&proxy.host, proxy.port, deadline).await.map_err(Fault::at_the_proxy)?;
    let mut stream: Stream = match tls.filter(|_| proxy.kind == Kind::Https) {
        Some(tls) => handshake(Box::new(tcp), &proxy.host, tls, deadline).await.map_err(Fault::at_the_proxy)?,
        None => Box::new(tcp),
    };
    let passed_on = async move {
        if proxy.kind == Kind::Socks5 {
            socks5::connect(&mut stream, target, proxy.login.as_ref()).await?;
            return Ok(stream);
        }
        tunnel::connect(stream, target, proxy.login.as_ref()).await
    };
    within(deadline, "the proxy did not answer in time", passed_on).await
}

/// TCP to the first address that answers; IPv6 and IPv4 are tried side by side.
async fn dial(host: &Host<String>, port: u16, deadline: Instant) -> Result<TcpStream, Fault> {
    let addresses = within(deadline, "the name was not resolved in time", addresses(host, port)).await?;
    within(deadline, "the connection was not made in time", tcp(host, port, addresses)).await
}

async fn addresses(host: &Host<String>, port: u16) -> Result<Vec<SocketAddr>, Fault> {
    match host {
        Host::Domain(name) => {
            let found = lookup_host((name.as_str(), port)).await.map_err(fault::name_not_found)?;
            Ok(found.collect())
        }
        Host::Ipv4(ip) => Ok(vec![(*ip, port).into()]),
        Host::Ipv6(ip) => Ok(vec![(*ip, port).into()]),
    }
}

async fn tcp(host: &Host<String>, port: u16, addresses: Vec<SocketAddr>) -> Result<TcpStream, Fault> {
    let mut connector = HttpConnector::new_with_resolver(Resolved(addresses));
    connector.set_nodelay(true);
    let uri = format!("http://{host}:{port}/").parse::<Uri>();
    let uri = uri.map_err(|_| Fault::new("the host name is malformed"))?;
    let stream =
        connector.call(uri).await.map_err(|error| fault::not_connected(&error as &(dyn StdError + 'static)))?;
    Ok(stream.into_inner())
}

/// Names were looked up before, so that a name that is not found is told from an address that does not answer.
#[derive(Clone)]
struct Resolved(Vec<SocketAddr>);

impl Service<Name> for Resolved {
    type Response = IntoIter<SocketAddr>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Ok(self.0.clone().into_iter()))
    }
}

async fn handshake(
    stream: Stream,
    host: &Host<String>,
    tls: Arc<ClientConfig>,
    deadline: Instant,
) -> Result<Stream, Fault> {
    let name = server_name(host)?;
    let shaken = async {
        let stream = TlsConnector::from(tls).connect(name, stream).await.map_err(fault::no_tls)?;
        Ok(Box::new(stream) as Stream)
    };
    within(deadline, "the tls handshake did not end in time", shaken).await
}

fn server_name(host: &Host<String>) -> Result<ServerName<'static>, Fault> {
    match host {
        Host::Domain(name) => ServerName::try_from(name.clone())
            .map_err(|_| Fault::new("the host name is none that a certificate can be made out to")),
        Host::Ipv4(ip) => Ok(IpAddr::from(*ip).into()),
        Host::Ipv6(ip) => Ok(IpAddr::from(*ip).into()),
    }
}

/// A moment far away where the limit is beyond what clocks can count.
fn deadline(limit: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(limit).unwrap_or_else(|| now + Duration::from_secs(86_400))
}

async fn within<T>(
    deadline: Instant,
    otherwise: &'static str,
    step: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    match timeout_at(deadline, step).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Fault::new(otherwise).with_source(io::Error::from(io::ErrorKind::TimedOut))),
    }
}
