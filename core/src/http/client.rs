//! The default sender.

use std::{error::Error as StdError, ffi::OsString, mem, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use reqwest::{Client, redirect, retry};

use super::{
    HttpSend, SendError,
    connecting::{ConnectingLayer, OutOfTime, first, within},
    content_encoding::{self, Undecodable},
    fault,
    proxy::{Proxies, Route},
    target::{Target, parsed},
    tls::Tls,
};
use crate::{
    clock::BoxFuture,
    config::Config,
    error::{Error, Result, Source},
    event::Events,
    executor::Executor,
};

/// No reply of this service is larger; more is cut off as an error before it fills the memory.
const MAX_REPLY: usize = 256 * 1024;

const USER_AGENT: &str = concat!("vipps-partner-auth/", env!("CARGO_PKG_VERSION"));

/// Shorter than any gateway keeps a quiet connection, so that a code exchange is not sent into a closed one.
const LONGEST_IDLE: Duration = Duration::from_secs(20);

/// The default sender, over `reqwest`: HTTP/1.1, TLS 1.2 or newer by rustls, https only (plain http to loopback), no
/// redirects. It works under any executor: its connections live on [`Config::runtime`], else on the library's own thread.
///
/// **Certificates** are judged as the operating system does, and by [`Config::ca_pem`] besides. On Linux and other Unix
/// systems the variables `SSL_CERT_FILE` (a PEM file) and `SSL_CERT_DIR` (folders of such files) replace the
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
/// `user:password@` before the host where it wants a login (special characters percent-encoded). A login is all that is
/// then offered to a SOCKS proxy, so leave it out for one that wants none. Any other value is
/// refused when the client is made, and so are SOCKS 4 and a proxy's automatic configuration: no request goes out past a
/// proxy that was asked for. Loopback addresses are never asked of a proxy. The proxy settings of macOS and Windows
/// themselves are not read.
///
/// `NO_PROXY` lists, separated by commas or blanks: `shop.example`, `.shop.example` or `*.shop.example` (each of them the
/// host and all hosts below), `192.0.2.7`, `2001:db8::7`, `192.0.2.0/24` (for addresses in the URL, names are not
/// resolved), any of these but the last with `:port`, `*` within a name, and `*` alone for everything.
///
/// A reply that comes compressed by gzip or deflate, though nobody asked for it, is unpacked.
#[derive(derive_more::Debug)]
#[debug("ReqwestClient {{ .. }}")]
pub struct ReqwestClient {
    executor: Executor,
    sending: Arc<Sending>,
}

impl ReqwestClient {
    /// A client with the timeouts, authorities and proxy of `config`. `InvalidConfig` for a wrong setting or variable.
    pub fn new(config: &Config) -> Result<Self> {
        config.check()?;
        Self::with_events(config, Events::default())
    }

    pub(crate) fn with_events(config: &Config, events: Events) -> Result<Self> {
        Self::with_vars(config, events, |name| std::env::var_os(name))
    }

    fn with_vars(config: &Config, events: Events, vars: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let proxies = Arc::new(Proxies::new(config.proxy.as_ref(), &vars)?);
        let tls = Arc::new(Tls::new(config.ca_certificates()?, events, &vars));
        let client = client(config.connect_timeout, &proxies, &tls)?;
        Ok(Self {
            executor: Executor::new(config.runtime.clone()),
            sending: Arc::new(Sending { client, proxies, tls }),
        })
    }
}

/// How a server is reached.
#[cfg(feature = "doctor")]
pub(crate) struct Way {
    pub(crate) host: String,
    pub(crate) is_tls: bool,
    pub(crate) is_loopback: bool,
    /// Host, port and where it was named.
    pub(crate) proxy: Option<String>,
    /// Whom to connect to: the proxy where there is one.
    pub(crate) first: (String, u16),
}

#[cfg(feature = "doctor")]
impl ReqwestClient {
    /// `None` where nothing can be sent there.
    pub(crate) fn way_to(&self, url: &str) -> Option<Way> {
        let target = Target::of(&url::Url::parse(url).ok()?).ok()?;
        let Route { target, proxy } = self.sending.proxies.route(target);
        let first = proxy.as_ref().map_or_else(|| (bare(&target.host), target.port), |proxy| proxy.address());
        Some(Way {
            host: bare(&target.host),
            is_tls: target.is_tls,
            is_loopback: target.is_loopback,
            proxy: proxy.map(|proxy| proxy.to_string()),
            first,
        })
    }

    /// What the server's certificate said of itself when a connection was last made to it.
    pub(crate) fn certificate_of(&self, host: &str) -> Option<String> {
        self.sending.tls.certificate_of(host)
    }

    /// Whose authorities vouch for certificates.
    pub(crate) fn trusts(&self) -> String {
        self.sending.tls.trusts()
    }
}

/// An address as the system takes it.
#[cfg(feature = "doctor")]
pub(super) fn bare(host: &url::Host<String>) -> String {
    match host {
        url::Host::Ipv6(address) => address.to_string(),
        other => other.to_string(),
    }
}

fn client(connect_timeout: Duration, proxies: &Arc<Proxies>, tls: &Arc<Tls>) -> Result<Client> {
    let tls = tls.client_config().map_err(not_built)?;
    let builder = Client::builder()
        .http1_only()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .user_agent(USER_AGENT)
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(LONGEST_IDLE)
        .connector_layer(ConnectingLayer)
        .tls_backend_preconfigured(tls)
        // An application may have reqwest built with more than this crate asks for.
        .no_gzip()
        .no_deflate()
        .no_brotli()
        .no_zstd()
        .no_hickory_dns()
        .no_proxy();
    match Proxies::for_reqwest(proxies) {
        Some(proxy) => builder.proxy(proxy),
        None => builder,
    }
    .build()
    .map_err(not_built)
}

fn not_built(error: impl StdError + Send + Sync + 'static) -> Error {
    Error::unavailable("the http client could not be set up").with_source(Source::new(error))
}

impl HttpSend for ReqwestClient {
    fn send(&self, request: Request<Bytes>, limit: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        let sent = self.sending.clone().send(request, limit);
        Box::pin(async move {
            // There already where the library itself sends.
            if self.executor.is_here() {
                return sent.await;
            }
            let task = self.executor.start(sent).map_err(|error| SendError::not_started(&error))?;
            task.outcome().await.unwrap_or_else(|error| Err(SendError::lost(&error)))
        })
    }
}

/// What a request needs on its way, wherever it is polled.
struct Sending {
    client: Client,
    proxies: Arc<Proxies>,
    tls: Arc<Tls>,
}

impl Sending {
    async fn send(self: Arc<Self>, mut request: Request<Bytes>, limit: Duration) -> Result<Response<Bytes>, SendError> {
        let url = parsed(request.uri())?;
        let target = Target::of(&url)?;
        // As normalised, so that what is connected to is what was looked at.
        *request.uri_mut() = url.as_str().parse().map_err(|_| malformed())?;
        let request = reqwest::Request::try_from(request).map_err(|_| malformed())?;
        let route = self.proxies.route(target);
        match within(limit, self.exchange(request, &route)).await {
            Ok(outcome) => outcome,
            Err(OutOfTime::Connecting) => {
                Err(SendError::not_sent(format!("cannot reach {route}: the connection was not made in time")))
            }
            Err(OutOfTime::MaybeSent) => {
                Err(SendError::maybe_sent(format!("no reply came from {} in time", route.target)))
            }
        }
    }

    async fn exchange(&self, request: reqwest::Request, route: &Route) -> Result<Response<Bytes>, SendError> {
        if route.target.is_tls {
            // Before reqwest's part, since nothing need be connected to where this fails.
            first(self.tls.settled()).await?;
        }
        let reply = self.client.execute(request).await.map_err(|error| {
            if error.is_connect() { fault::not_connected(error, route).on(route) } else { broken(error, &route.target) }
        })?;
        read(reply, &route.target).await
    }
}

fn malformed() -> SendError {
    SendError::not_sent("the url is malformed")
}

fn broken(error: reqwest::Error, target: &Target) -> SendError {
    let words = if fault::is_not_http(&error) {
        format!("the reply of {target} is not good http")
    } else {
        format!("the connection to {target} broke")
    };
    SendError::maybe_sent(words).with_source(error.without_url())
}

async fn read(mut reply: reqwest::Response, target: &Target) -> Result<Response<Bytes>, SendError> {
    let too_large = || SendError::maybe_sent(format!("the reply of {target} is larger than 256 KiB"));
    let mut body = BytesMut::new();
    while let Some(chunk) = reply.chunk().await.map_err(|error| broken(error, target))? {
        if body.len() + chunk.len() > MAX_REPLY {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    let mut headers = mem::take(reply.headers_mut());
    let body = content_encoding::decode(&mut headers, body.freeze(), MAX_REPLY).map_err(|error| match error {
        Undecodable::TooLarge => too_large(),
        Undecodable::Malformed => SendError::maybe_sent(format!("the compressed reply of {target} is malformed")),
        Undecodable::Unknown(encoding) => {
            SendError::maybe_sent(format!("the reply of {target} is encoded as {encoding}, which was not asked for"))
        }
    })?;
    let mut whole = Response::new(body);
    *whole.status_mut() = reply.status();
    *whole.version_mut() = reply.version();
    *whole.headers_mut() = headers;
    Ok(whole)
}
