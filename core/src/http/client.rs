//! The default sender.

use std::{error::Error as StdError, ffi::OsString, fmt, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header::USER_AGENT};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{self, connect::capture_connection},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::timeout;

use super::{
    HttpSend, SendError,
    connector::{Connector, Route},
    content_encoding::{self, Undecodable},
    proxy::Proxies,
    target::{Target, parsed},
    tls::Tls,
};
use crate::{clock::BoxFuture, config::Config, error::Result, event::Events};

/// No reply of this service is larger; more is cut off as an error before it fills the memory.
pub(super) const MAX_REPLY: usize = 256 * 1024;

pub(super) const OUR_USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("vipps-partner-auth/", env!("CARGO_PKG_VERSION")));

/// Shorter than any gateway keeps a quiet connection, so that a code exchange is not sent into a closed one.
const LONGEST_IDLE: Duration = Duration::from_secs(20);

/// The default sender: HTTP/1.1, TLS 1.2 or newer by rustls, https only (plain http to loopback), no redirects.
///
/// **Certificates** are judged as the operating system does, and by [`Config::ca_pem`] besides. On Linux and other Unix
/// systems the variables `SSL_CERT_FILE` (a PEM file) and `SSL_CERT_DIR` (folders of such files) take the place of the
/// machine's own authorities, as they do for OpenSSL; one that is set must lead to a certificate. macOS, iOS, Windows and
/// Android do not look at them. Bundled authorities are used where the machine has none, and on Android.
///
/// **Proxies** are those of [`Config::proxy`], else of these variables, read once when the client is made:
///
/// | Variable | Meaning |
/// |---|---|
/// | `https_proxy`, `HTTPS_PROXY` | the proxy for https, so for everything that leaves this machine |
/// | `all_proxy`, `ALL_PROXY` | the same, where neither of those is set |
/// | `no_proxy`, `NO_PROXY` | where no proxy is used, see below |
/// | `http_proxy`, `HTTP_PROXY` | for plain http, which never leaves this machine: checked, and not used. The one in capitals is not looked at where `REQUEST_METHOD` is set (a CGI program, which gets it from the request) |
///
/// The first of each row that is set and not empty counts. A proxy is `http://proxy.example:8080`, `https://…` or
/// `socks5://…` (`socks5h://` means the same: names are resolved by the proxy), `http` if there is no scheme, with
/// `user:password@` before the host where it wants a login (special characters percent-encoded). Any other value is
/// refused when the client is made, and so are SOCKS 4 and a proxy's automatic configuration: no request goes out past a
/// proxy that was asked for. Loopback addresses are never asked of a proxy. The proxy settings of macOS and Windows
/// themselves are not read.
///
/// `NO_PROXY` lists, separated by commas or blanks: `shop.example`, `.shop.example` or `*.shop.example` (each of them the
/// host and all hosts below), `192.0.2.7`, `2001:db8::7`, `192.0.2.0/24` (for addresses in the URL, names are not
/// resolved), any of these but the last with `:port`, `*` within a name, and `*` alone for everything.
///
/// A reply that comes compressed by gzip or deflate, though nobody asked for it, is unpacked.
pub struct HttpClient {
    connect_timeout: Duration,
    connector: Connector,
    pool: legacy::Client<Connector, Full<Bytes>>,
}

impl HttpClient {
    /// A client with the timeouts, authorities and proxy of `config`. `InvalidConfig` for a wrong setting or variable.
    pub fn new(config: &Config) -> Result<Self> {
        config.check()?;
        Self::with_events(config, Events::default())
    }

    pub(crate) fn with_events(config: &Config, events: Events) -> Result<Self> {
        Self::with_vars(config, events, |name| std::env::var_os(name))
    }

    fn with_vars(config: &Config, events: Events, vars: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let proxies = Proxies::new(config.proxy.as_ref(), &vars)?;
        let tls = Tls::new(config.ca_certificates()?, events, &vars);
        let connector = Connector::new(config.connect_timeout, proxies, tls);
        let pool = legacy::Client::builder(TokioExecutor::new())
            .pool_idle_timeout(LONGEST_IDLE)
            .pool_timer(TokioTimer::new())
            .build(connector.clone());
        Ok(Self { connect_timeout: config.connect_timeout, connector, pool })
    }

    async fn exchange(&self, request: Request<Full<Bytes>>, target: &Target) -> Result<Response<Bytes>, SendError> {
        let reply = self.pool.request(request).await.map_err(|error| explained(error, target))?;
        read(reply, target).await
    }
}

impl HttpSend for HttpClient {
    fn send(&self, request: Request<Bytes>, limit: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        Box::pin(async move {
            let url = parsed(request.uri())?;
            let target = Target::of(&url)?;
            let mut request = request.map(Full::new);
            // As normalised, so that what is connected to is what was looked at.
            *request.uri_mut() = url.as_str().parse().map_err(|_| SendError::not_sent("the url is malformed"))?;
            request.headers_mut().entry(USER_AGENT).or_insert(OUR_USER_AGENT);
            let connection = capture_connection(&mut request);
            match timeout(limit, self.exchange(request, &target)).await {
                Ok(outcome) => outcome,
                Err(_) if connection.connection_metadata().is_none() => {
                    Err(not_connected(&self.connector.route(target)))
                }
                Err(_) => Err(SendError::maybe_sent(format!("no reply came from {target} in time"))),
            }
        })
    }
}

/// The whole limit went by before there was a connection to send on.
fn not_connected(route: &Route) -> SendError {
    SendError::not_sent(format!("cannot reach {route}: the connection was not made in time"))
}

fn explained(error: legacy::Error, target: &Target) -> SendError {
    let cause = error.source();
    if let Some(not_connected) = cause.and_then(|cause| cause.downcast_ref::<SendError>()) {
        return not_connected.clone();
    }
    let cause = cause.and_then(|cause| cause.downcast_ref::<hyper::Error>());
    if cause.is_some_and(hyper::Error::is_parse) {
        return not_http(target).with_source(error);
    }
    broken(target).with_source(error)
}

fn not_http(target: &Target) -> SendError {
    SendError::maybe_sent(format!("the reply of {target} is not good http"))
}

fn broken(target: &Target) -> SendError {
    SendError::maybe_sent(format!("the connection to {target} broke"))
}

async fn read(reply: Response<Incoming>, target: &Target) -> Result<Response<Bytes>, SendError> {
    let (mut head, body) = reply.into_parts();
    let too_large = || SendError::maybe_sent(format!("the reply of {target} is larger than 256 KiB"));
    let body = match Limited::new(body, MAX_REPLY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
        Err(error) => return Err(broken(target).with_source(error)),
    };
    let body = content_encoding::decode(&mut head.headers, body, MAX_REPLY).map_err(|error| match error {
        Undecodable::TooLarge => too_large(),
        Undecodable::Malformed => SendError::maybe_sent(format!("the compressed reply of {target} is malformed")),
        Undecodable::Unknown(encoding) => {
            SendError::maybe_sent(format!("the reply of {target} is encoded as {encoding}, which was not asked for"))
        }
    })?;
    Ok(Response::from_parts(head, body))
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("connect_timeout", &self.connect_timeout).finish_non_exhaustive()
    }
}
