//! Connections to one server, to the master that Sentinels name, or to a cluster.

use std::{fmt, time::Duration};

use futures_util::{FutureExt, future::select_ok};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, FromRedisValue, IntoConnectionInfo, Pipeline,
    RedisConnectionInfo, RedisError, RedisResult, TlsCertificates, TlsMode,
    aio::MultiplexedConnection,
    cluster::{ClusterClient, ClusterClientBuilder},
    cluster_async::ClusterConnection,
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};
use rustls::{
    RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use tokio::sync::Mutex;

use super::url::{Node, Place, RedisUrl, Sentinels};
use crate::{
    error::{Error, Result},
    secret::Secret,
};

/// How to get a connection.
pub(super) enum Link {
    Server(Box<Client>),
    /// One for each Sentinel: a client that knows them all waits for the first in its list, be it dead.
    Sentinels(Vec<Mutex<SentinelClient>>),
    Cluster(Box<ClusterClient>),
}

/// A connection that many calls share.
#[derive(Clone)]
pub(super) enum Connection {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// A cache that is not at hand at once is gone without.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(700);
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(500);

impl Link {
    pub(super) fn new(url: &RedisUrl, ca_pem: Option<&[u8]>) -> Result<Self> {
        if ca_pem.is_some() && !url.tls {
            return Err(Error::invalid_config("redis_ca_pem", "means nothing without rediss://"));
        }
        let certificates = ca_pem.map(certificates).transpose()?;
        if url.tls && CryptoProvider::get_default().is_none() {
            // The crate below asks for the process's own; whoever set one keeps it.
            let _ = aws_lc_rs::default_provider().install_default();
        }
        let link = match &url.place {
            Place::Server(node) => Self::server(url, address(node, url.tls), certificates),
            Place::Socket(path) => Self::server(url, ConnectionAddr::Unix(path.clone()), None),
            Place::Sentinel { .. } => Self::sentinels(url, certificates.as_ref()),
            Place::Cluster(nodes) => Self::cluster(url, nodes, certificates),
        };
        link.map_err(|_| Error::invalid_config("redis_url", "is not one a connection can be made to"))
    }

    pub(super) async fn connect(&self) -> RedisResult<Connection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        match self {
            Self::Server(client) => {
                client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::Server)
            }
            Self::Sentinels(clients) => {
                let asked = clients.iter().map(|client| {
                    async { client.lock().await.get_async_connection_with_config(&config).await }.boxed()
                });
                select_ok(asked).await.map(|(connection, _)| Connection::Server(connection))
            }
            Self::Cluster(client) => client.get_async_connection().await.map(Connection::Cluster),
        }
    }

    fn server(url: &RedisUrl, address: ConnectionAddr, certificates: Option<TlsCertificates>) -> RedisResult<Self> {
        let info = address.into_connection_info()?.set_redis_settings(settings(url));
        match certificates {
            Some(certificates) => Client::build_with_tls(info, certificates).map(Box::new).map(Self::Server),
            None => Client::open(info).map(Box::new).map(Self::Server),
        }
    }

    fn sentinels(url: &RedisUrl, certificates: Option<&TlsCertificates>) -> RedisResult<Self> {
        let Place::Sentinel(sentinels) = &url.place else {
            return Err(RedisError::from((redis::ErrorKind::InvalidClientConfig, "not a sentinel")));
        };
        let client = |node| sentinel(url, sentinels, node, certificates).map(Mutex::new);
        sentinels.nodes.iter().map(client).collect::<RedisResult<_>>().map(Self::Sentinels)
    }

    fn cluster(url: &RedisUrl, nodes: &[Node], certificates: Option<TlsCertificates>) -> RedisResult<Self> {
        let nodes: Vec<ConnectionInfo> =
            nodes.iter().map(|node| address(node, url.tls).into_connection_info()).collect::<RedisResult<_>>()?;
        let mut builder = ClusterClientBuilder::new(nodes)
            .connection_timeout(CONNECT_TIMEOUT)
            .response_timeout(RESPONSE_TIMEOUT)
            .retries(1);
        if let Some(name) = &url.username {
            builder = builder.username(name);
        }
        if let Some(word) = &url.password {
            builder = builder.password(word.expose());
        }
        if let Some(certificates) = certificates {
            builder = builder.certs(certificates);
        }
        builder.build().map(Box::new).map(Self::Cluster)
    }
}

impl Connection {
    pub(super) async fn query<T: FromRedisValue>(&mut self, commands: &Pipeline) -> RedisResult<T> {
        match self {
            Self::Server(connection) => commands.query_async(connection).await,
            Self::Cluster(connection) => commands.query_async(connection).await,
        }
    }
}

fn sentinel(
    url: &RedisUrl,
    sentinels: &Sentinels,
    node: &Node,
    certificates: Option<&TlsCertificates>,
) -> RedisResult<SentinelClient> {
    let mut builder =
        SentinelClientBuilder::new([address(node, url.tls)], &sentinels.master, SentinelServerType::Master)?
            .set_client_to_redis_db(url.db);
    if let Some(name) = &url.username {
        builder = builder.set_client_to_redis_username(name);
    }
    if let Some(word) = &url.password {
        builder = builder.set_client_to_redis_password(word.expose());
    }
    if let Some(name) = &sentinels.username {
        builder = builder.set_client_to_sentinel_username(name);
    }
    if let Some(word) = &sentinels.password {
        builder = builder.set_client_to_sentinel_password(word.expose());
    }
    if url.tls {
        builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
    }
    if let Some(certificates) = certificates {
        builder = builder
            .set_client_to_redis_certificates(certificates.clone())
            .set_client_to_sentinel_certificates(certificates.clone());
    }
    builder.build()
}

fn settings(url: &RedisUrl) -> RedisConnectionInfo {
    let mut settings = RedisConnectionInfo::default().set_db(url.db);
    if let Some(name) = &url.username {
        settings = settings.set_username(name);
    }
    if let Some(word) = &url.password {
        settings = settings.set_password(Secret::expose(word));
    }
    settings
}

fn address(node: &Node, tls: bool) -> ConnectionAddr {
    let Node { host, port } = node.clone();
    if tls {
        return ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None };
    }
    ConnectionAddr::Tcp(host, port)
}

fn certificates(pem: &[u8]) -> Result<TlsCertificates> {
    let refused = |rule| Error::invalid_config("redis_ca_pem", rule);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| refused("must be pem"))?;
        roots.add(certificate).map_err(|_| refused("holds something that is not a certificate"))?;
    }
    if roots.is_empty() {
        return Err(refused("must hold at least one certificate"));
    }
    Ok(TlsCertificates { client_tls: None, root_cert: Some(pem.to_vec()) })
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server(_) => "Server",
            Self::Sentinels(_) => "Sentinel",
            Self::Cluster(_) => "Cluster",
        })
    }
}
