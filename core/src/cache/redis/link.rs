//! Connections to one server, to the master that Sentinels name, or to a cluster.

use std::{fmt, sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, FromRedisValue, IntoConnectionInfo, Pipeline,
    RedisConnectionInfo, RedisError, RedisResult, TlsCertificates, TlsMode,
    aio::MultiplexedConnection,
    cluster::{ClusterClient, ClusterClientBuilder},
    cluster_async::ClusterConnection,
    sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType},
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use tokio::sync::Mutex;

use super::url::{Node, Place, RedisUrl};
use crate::{
    error::{Error, Result},
    secret::Secret,
};

/// How to get a connection.
pub(super) enum Link {
    Server(Box<Client>),
    Sentinel(Arc<Mutex<SentinelClient>>),
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
        let certificates = ca_pem.map(certificates).transpose()?;
        if url.tls && CryptoProvider::get_default().is_none() {
            // The crate below asks for the process's own; whoever set one keeps it.
            let _ = aws_lc_rs::default_provider().install_default();
        }
        let link = match &url.place {
            Place::Server(node) => Self::server(url, address(node, url.tls), certificates),
            Place::Socket(path) => Self::server(url, ConnectionAddr::Unix(path.into()), None),
            Place::Sentinel { .. } => Self::sentinel(url, certificates),
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
            Self::Sentinel(client) => {
                client.lock().await.get_async_connection_with_config(&config).await.map(Connection::Server)
            }
            Self::Cluster(client) => client.get_async_connection().await.map(Connection::Cluster),
        }
    }

    fn server(url: &RedisUrl, address: ConnectionAddr, certificates: Option<TlsCertificates>) -> RedisResult<Self> {
        let info = address.into_connection_info()?.set_redis_settings(settings(url));
        match certificates.filter(|_| url.tls) {
            Some(certificates) => Client::build_with_tls(info, certificates).map(Box::new).map(Self::Server),
            None => Client::open(info).map(Box::new).map(Self::Server),
        }
    }

    fn sentinel(url: &RedisUrl, certificates: Option<TlsCertificates>) -> RedisResult<Self> {
        let Place::Sentinel { sentinels, master, username, password } = &url.place else {
            return Err(RedisError::from((redis::ErrorKind::InvalidClientConfig, "not a sentinel")));
        };
        let sentinels = sentinels.iter().map(|node| address(node, url.tls));
        let mut builder =
            SentinelClientBuilder::new(sentinels, master, SentinelServerType::Master)?.set_client_to_redis_db(url.db);
        if let Some(name) = &url.username {
            builder = builder.set_client_to_redis_username(name);
        }
        if let Some(word) = &url.password {
            builder = builder.set_client_to_redis_password(word.expose());
        }
        if let Some(name) = username {
            builder = builder.set_client_to_sentinel_username(name);
        }
        if let Some(word) = password {
            builder = builder.set_client_to_sentinel_password(word.expose());
        }
        if url.tls {
            builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
            if let Some(certificates) = certificates {
                builder = builder
                    .set_client_to_redis_certificates(certificates.clone())
                    .set_client_to_sentinel_certificates(certificates);
            }
        }
        Ok(Self::Sentinel(Arc::new(Mutex::new(builder.build()?))))
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
        if let Some(certificates) = certificates.filter(|_| url.tls) {
            builder = builder.certs(certificates);
        }
        builder.build().map(Box::new).map(Self::Cluster)
    }
}

impl Connection {
    pub(super) async fn query<T: FromRedisValue>(&mut self, command: &Cmd) -> RedisResult<T> {
        match self {
            Self::Server(connection) => command.query_async(connection).await,
            Self::Cluster(connection) => command.query_async(connection).await,
        }
    }

    pub(super) async fn query_pipeline<T: FromRedisValue>(&mut self, commands: &Pipeline) -> RedisResult<T> {
        match self {
            Self::Server(connection) => commands.query_async(connection).await,
            Self::Cluster(connection) => commands.query_async(connection).await,
        }
    }
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
    let mut found = 0;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        certificate.map_err(|_| Error::invalid_config("redis_ca_pem", "must be pem"))?;
        found += 1;
    }
    if found == 0 {
        return Err(Error::invalid_config("redis_ca_pem", "must hold at least one certificate"));
    }
    Ok(TlsCertificates { client_tls: None, root_cert: Some(pem.to_vec()) })
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server(_) => "Server",
            Self::Sentinel(_) => "Sentinel",
            Self::Cluster(_) => "Cluster",
        })
    }
}
