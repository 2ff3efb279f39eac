//! How requests leave this library: one trait, and the client that is used unless another is handed in.

use std::{
    error::Error as StdError,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::CryptoProvider,
};
use rustls_pki_types::CertificateDer;
#[cfg(not(target_os = "android"))]
use rustls_platform_verifier::Verifier;
use url::Url;

use crate::{
    clock::BoxFuture,
    config::Config,
    environment::{is_loopback, may_carry_secrets},
    error::Result,
    event::{Event, Events},
};

/// Sends one request and brings the whole reply back. No redirects, no retries, no cookies: all of that is decided
/// by this library.
pub trait HttpSend: Send + Sync + fmt::Debug {
    /// Sends `request` and gives up after `limit`, which is the implementation's to keep: callers wait for as long as
    /// this takes. It should also refuse to read a reply beyond some size; this library reads at most 256 KiB itself. A
    /// reply of any status is a success here.
    fn send(
        &self,
        request: http::Request<Bytes>,
        limit: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, SendError>>;
}

/// Why no reply came back. The text holds no secret and no URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    reached_the_server: bool,
    detail: &'static str,
    hint: Option<&'static str>,
}

impl SendError {
    /// The request certainly did not reach the server, so it may be sent again whatever it does.
    pub fn not_sent(detail: &'static str) -> Self {
        Self { reached_the_server: false, detail, hint: None }
    }

    /// The request may have reached the server.
    pub fn maybe_sent(detail: &'static str) -> Self {
        Self { reached_the_server: true, detail, hint: None }
    }

    /// Adds the likely cause and its cure.
    pub fn with_hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// Whether the server may have seen the request.
    pub fn may_have_been_sent(&self) -> bool {
        self.reached_the_server
    }

    pub(crate) fn into_error(self) -> crate::Error {
        let error = crate::Error::unavailable(self.detail).with_maybe_sent(self.reached_the_server);
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail)
    }
}

impl StdError for SendError {}

/// The sender that was set, else the default one.
pub(crate) fn sender(config: &Config, events: &Events) -> Result<Arc<dyn HttpSend>> {
    match &config.http {
        Some(sender) => Ok(sender.clone()),
        None => Ok(Arc::new(ReqwestClient::with_events(config, events.clone())?)),
    }
}

/// No reply of this service is larger; more is cut off as an error before it fills the memory.
const MAX_REPLY: usize = 256 * 1024;

/// The default sender: reqwest over rustls, HTTP/1.1, TLS 1.2 or newer, https only (plain http to loopback), no
/// redirects, certificates judged as the operating system does (`SSL_CERT_FILE` honoured) with bundled authorities
/// where the machine has none, and on Android; proxies from the environment (never for loopback). Built on first use.
pub struct ReqwestClient {
    connect_timeout: Duration,
    authorities: Vec<CertificateDer<'static>>,
    events: Events,
    remote: OnceLock<reqwest::Client>,
    loopback: OnceLock<reqwest::Client>,
}

impl ReqwestClient {
    /// A client with the timeouts and authorities of `config`. Refuses a bad `ca_pem`.
    pub fn new(config: &Config) -> Result<Self> {
        Self::with_events(config, Events::default())
    }

    pub(crate) fn with_events(config: &Config, events: Events) -> Result<Self> {
        Ok(Self {
            connect_timeout: config.connect_timeout,
            authorities: config.ca_certificates()?,
            events,
            remote: OnceLock::new(),
            loopback: OnceLock::new(),
        })
    }

    fn client_for(&self, url: &Url) -> Result<&reqwest::Client, SendError> {
        // A proxy must never see what is meant for this machine alone.
        let (place, builder) = if is_loopback(url) {
            (&self.loopback, reqwest::Client::builder().no_proxy())
        } else {
            (&self.remote, reqwest::Client::builder())
        };
        if let Some(client) = place.get() {
            return Ok(client);
        }
        // Two callers may build one each; the first to be done is kept. A failure is not.
        let client = self.build(builder)?;
        Ok(place.get_or_init(|| client))
    }

    fn build(&self, builder: reqwest::ClientBuilder) -> Result<reqwest::Client, SendError> {
        builder
            .tls_backend_preconfigured(self.tls()?)
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.connect_timeout)
            // Shorter than any gateway keeps a quiet connection, so that a code exchange is not sent into a closed one.
            .pool_idle_timeout(Duration::from_secs(20))
            .user_agent(concat!("vipps-partner-auth/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| SendError::not_sent("the http client could not be built"))
    }

    fn tls(&self) -> Result<ClientConfig, SendError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = self.verifier(&provider)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| SendError::not_sent("tls could not be set up"))?;
        Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, SendError> {
        #[cfg(not(target_os = "android"))]
        if Verifier::new(provider.clone()).is_ok() {
            return self.platform_verifier(provider);
        }
        let verifier = bundled_verifier(self.authorities.clone(), provider.clone())
            .map_err(|_| SendError::not_sent("tls could not be set up"))?;
        self.events.tell(Event::BundledRootsUsed);
        Ok(verifier)
    }

    /// Not on Android: there it works only where the app has handed over its `Context`, takes no authorities of the user,
    /// and panics otherwise.
    #[cfg(not(target_os = "android"))]
    fn platform_verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, SendError> {
        match Verifier::new_with_extra_roots(self.authorities.clone(), provider.clone()) {
            Ok(verifier) => Ok(Arc::new(verifier)),
            Err(_) => Err(SendError::not_sent("the certificate authorities could not be read")),
        }
    }
}

/// Mozilla's authorities as this crate was built with them, and those of the user.
fn bundled_verifier(
    authorities: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, rustls::Error> {
    let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    for authority in authorities {
        roots.add(authority)?;
    }
    WebPkiServerVerifier::builder_with_provider(roots.into(), provider)
        .build()
        .map_err(|_| rustls::Error::General("no usable certificate authority".to_owned()))
}

impl HttpSend for ReqwestClient {
    fn send(
        &self,
        request: http::Request<Bytes>,
        limit: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, SendError>> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let url = Url::parse(&parts.uri.to_string()).map_err(|_| SendError::not_sent("the url is malformed"))?;
            if !may_carry_secrets(&url) {
                return Err(SendError::not_sent("plain http is refused except to a loopback address"));
            }
            let request = self.client_for(&url)?.request(parts.method, url).headers(parts.headers).body(body);
            let reply = request.timeout(limit).send().await.map_err(|error| explained(&error))?;
            read_capped(reply).await
        })
    }
}

async fn read_capped(mut reply: reqwest::Response) -> Result<http::Response<Bytes>, SendError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = reply.chunk().await.map_err(|error| explained(&error))? {
        if body.len() + chunk.len() > MAX_REPLY {
            return Err(SendError::maybe_sent("the reply is larger than 256 KiB"));
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = http::Response::new(body.freeze());
    *response.status_mut() = reply.status();
    *response.headers_mut() = std::mem::take(reply.headers_mut());
    Ok(response)
}

/// reqwest's own text names the URL; ours is fixed.
fn explained(error: &reqwest::Error) -> SendError {
    // Later than the handshake, the request may have been read already, whatever tls says.
    if let Some(tls) = tls_error(error).filter(|_| error.is_connect()) {
        return explained_tls(tls);
    }
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => SendError::not_sent("the connection was not made in time"),
        (true, false) => SendError::not_sent("the connection could not be made")
            .with_hint("check name resolution, firewall and proxy variables"),
        (false, true) => SendError::maybe_sent("no reply came in time"),
        (false, false) => SendError::maybe_sent("the connection broke"),
    }
}

fn tls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        // An `io::Error` keeps what it wraps to itself unless asked.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    None
}

fn explained_tls(error: &rustls::Error) -> SendError {
    let rustls::Error::InvalidCertificate(cause) = error else {
        return SendError::not_sent("the tls handshake failed")
            .with_hint("the server must speak tls 1.2 or newer; look for a proxy in between");
    };
    match cause {
        CertificateError::UnknownIssuer => SendError::not_sent("the certificate's issuer is not trusted")
            .with_hint("give a company's own authority as ca_pem or SSL_CERT_FILE"),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            SendError::not_sent("the certificate has expired").with_hint("check the clock of this machine")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            SendError::not_sent("the certificate is not valid yet").with_hint("check the clock of this machine")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            SendError::not_sent("the certificate is for another host name").with_hint("check the base url")
        }
        _ => SendError::not_sent("the certificate is not good"),
    }
}

impl fmt::Debug for ReqwestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestClient").field("connect_timeout", &self.connect_timeout).finish_non_exhaustive()
    }
}
