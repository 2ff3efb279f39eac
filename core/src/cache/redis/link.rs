//! Connections to one server, to the master that Sentinels name, or to the node of a cluster that has a key.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::{StreamExt, future::try_join_all, stream::FuturesUnordered};
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, RedisConnectionInfo, Value, aio::MultiplexedConnection, cmd};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    task::AbortHandle,
    time::{Instant, timeout_at},
};

use super::{
    fault::{Fault, IN_A_CLUSTER, MOVING, NO_CONNECTION, UNKNOWN_HOST},
    tls::Tls,
    url::{Node, Place, RedisUrl, Sentinels},
};
use crate::{
    error::{Error, Result},
    secret::Secret,
};

/// How to get a connection.
pub(super) struct Link {
    url: RedisUrl,
    tls: Option<Tls>,
}

/// A connection that many calls share. Ends with the last of them.
#[derive(Clone)]
pub(super) struct Connection {
    commands: MultiplexedConnection,
    /// Where it goes; none for a socket.
    node: Option<Node>,
    tls: bool,
    _driver: Arc<Driver>,
}

/// The task that reads and writes.
struct Driver(AbortHandle);

/// What is said first on a new connection.
#[derive(Clone, Copy, Default)]
struct Greeting<'a> {
    username: Option<&'a str>,
    password: Option<&'a Secret>,
    db: i64,
    /// Waits for a sign of life.
    ping: bool,
}

/// A cache that is not at hand at once is gone without.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(700);
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(500);

impl Link {
    pub(super) fn new(url: RedisUrl, ca_pem: Option<&[u8]>) -> Result<Self> {
        if ca_pem.is_some() && !url.tls {
            return Err(Error::invalid_config("redis_ca_pem", "authorities for Redis mean nothing without rediss://"));
        }
        let tls = url.tls.then(|| Tls::new(ca_pem)).transpose()?;
        Ok(Self { url, tls })
    }

    /// Whether each key has a server of its own.
    pub(super) fn is_cluster(&self) -> bool {
        matches!(self.url.place, Place::Cluster(_))
    }

    /// Where a question begins. A cluster may name another place for it.
    pub(super) async fn connect(&self) -> Result<Connection, Fault> {
        let deadline = Instant::now() + CONNECT_TIMEOUT;
        match &self.url.place {
            Place::Server(node) => self.node(node, self.greeting(), deadline).await,
            Place::Socket(path) => self.socket(path, deadline).await,
            Place::Sentinel(sentinels) => self.master(sentinels, deadline).await,
            Place::Cluster(nodes) => {
                let greeting = Greeting { ping: true, ..self.greeting() };
                first(nodes.iter().map(|node| self.node(node, greeting, deadline))).await
            }
        }
    }

    /// Where `asked`, a node of a cluster, says that a key is.
    pub(super) async fn follow(&self, asked: &Connection, address: &str) -> Result<Connection, Fault> {
        let node = asked.node.as_ref().filter(|_| self.is_cluster()).ok_or(Fault::Refused(IN_A_CLUSTER))?;
        let node = node.named_by(address).ok_or(Fault::Broken(MOVING))?;
        self.node(&node, self.greeting(), Instant::now() + CONNECT_TIMEOUT).await
    }

    fn greeting(&self) -> Greeting<'_> {
        let RedisUrl { username, password, db, .. } = &self.url;
        Greeting { username: username.as_deref(), password: password.as_ref(), db: *db, ping: false }
    }

    async fn node(&self, node: &Node, greeting: Greeting<'_>, deadline: Instant) -> Result<Connection, Fault> {
        let stream = dialled(node, deadline).await?;
        match &self.tls {
            None => Connection::over(stream, Some(node), false, greeting).await,
            Some(tls) => {
                let stream = tls.connect(&node.host, stream, deadline).await?;
                Connection::over(stream, Some(node), true, greeting).await
            }
        }
    }

    #[cfg(unix)]
    async fn socket(&self, path: &std::path::Path, deadline: Instant) -> Result<Connection, Fault> {
        let opened = timeout_at(deadline, tokio::net::UnixStream::connect(path)).await;
        let stream = opened.map_err(|_| Fault::Broken(NO_CONNECTION))?.map_err(|error| Fault::of_connecting(&error))?;
        Connection::over(stream, None, false, self.greeting()).await
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_async, reason = "elsewhere it waits")]
    async fn socket(&self, _path: &std::path::Path, _deadline: Instant) -> Result<Connection, Fault> {
        Err(Fault::Refused("this machine has no sockets of that kind"))
    }

    /// All Sentinels are asked at once: some may be dead. What they name may have become a replica since.
    async fn master(&self, sentinels: &Sentinels, deadline: Instant) -> Result<Connection, Fault> {
        let asked = sentinels.nodes.iter().map(|node| self.named_by_sentinel(node, sentinels, deadline));
        let connection = self.node(&first(asked).await?, self.greeting(), deadline).await?;
        let role: Vec<Value> = connection.query_one(cmd("ROLE")).await?;
        match role.first() {
            Some(Value::BulkString(name)) if name == b"master" => Ok(connection),
            _ => Err(Fault::Broken("the server that the Sentinels name is not the master")),
        }
    }

    async fn named_by_sentinel(&self, node: &Node, sentinels: &Sentinels, deadline: Instant) -> Result<Node, Fault> {
        let Sentinels { username, password, master, .. } = sentinels;
        let greeting = Greeting { username: username.as_deref(), password: password.as_ref(), ..Greeting::default() };
        let connection = self.node(node, greeting, deadline).await?;
        let question = cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(master).take();
        let answer: Option<(String, u16)> = connection.query_one(question).await?;
        let (host, port) = answer.ok_or(Fault::Refused("no Sentinel knows the master"))?;
        Ok(Node { host, port })
    }
}

impl Connection {
    async fn over(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        node: Option<&Node>,
        tls: bool,
        greeting: Greeting<'_>,
    ) -> Result<Self, Fault> {
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(RESPONSE_TIMEOUT));
        // What is said first is said below, where its errors keep their codes.
        let nothing_first = RedisConnectionInfo::default().set_skip_set_lib_name();
        let made = MultiplexedConnection::new_with_config(&nothing_first, stream, config).await;
        let (commands, driver) = made.map_err(|error| Fault::of_asking(error, tls))?;
        let driver = Arc::new(Driver(tokio::spawn(driver).abort_handle()));
        let connection = Self { commands, node: node.cloned(), tls, _driver: driver };
        connection.greet(greeting).await?;
        Ok(connection)
    }

    async fn greet(&self, greeting: Greeting<'_>) -> Result<(), Fault> {
        let mut commands = Vec::new();
        if let Some(password) = greeting.password {
            commands.push(cmd("AUTH").arg(greeting.username).arg(password.expose()).take());
        }
        if greeting.db != 0 {
            commands.push(cmd("SELECT").arg(greeting.db).take());
        }
        if greeting.ping {
            commands.push(cmd("PING"));
        }
        self.answers(commands.iter()).await.map(drop)
    }

    /// The answers to some commands, which go out together.
    pub(super) async fn query<T: FromRedisValue>(&self, commands: &[Cmd]) -> Result<T, Fault> {
        read(self.answers(commands.iter()).await?)
    }

    /// The same of a node to which the key is just being moved: it answers only what is preceded by `ASKING`.
    pub(super) async fn query_asking<T: FromRedisValue>(&self, commands: &[Cmd]) -> Result<T, Fault> {
        let asking = cmd("ASKING");
        let answers = self.answers(commands.iter().flat_map(|command| [&asking, command])).await?;
        read(answers.into_iter().skip(1).step_by(2).collect())
    }

    async fn query_one<T: FromRedisValue>(&self, command: Cmd) -> Result<T, Fault> {
        let (answer,) = self.query(&[command]).await?;
        Ok(answer)
    }

    /// No pipeline of the crate's: where one is cut short, it does not tell why.
    async fn answers<'a>(&self, commands: impl Iterator<Item = &'a Cmd>) -> Result<Vec<Value>, Fault> {
        let asked = commands.map(|command| {
            let mut connection = self.commands.clone();
            async move { command.query_async(&mut connection).await }
        });
        try_join_all(asked).await.map_err(|error| Fault::of_asking(error, self.tls))
    }
}

fn read<T: FromRedisValue>(answers: Vec<Value>) -> Result<T, Fault> {
    T::from_redis_value(Value::Array(answers)).map_err(|_| Fault::Refused("redis gave an answer of another kind"))
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// All addresses of a name are tried at once: some may lead nowhere.
async fn dialled(node: &Node, deadline: Instant) -> Result<TcpStream, Fault> {
    let dialling = async {
        let addresses = lookup_host((&*node.host, node.port)).await.map_err(|_| Fault::Broken(UNKNOWN_HOST))?;
        let dial = async |address| TcpStream::connect(address).await.map_err(|error| Fault::of_connecting(&error));
        first(addresses.map(dial)).await
    };
    let stream = timeout_at(deadline, dialling).await.map_err(|_| Fault::Broken(NO_CONNECTION))??;
    // Questions are small and wait for their answers.
    stream.set_nodelay(true).map_err(|error| Fault::of_connecting(&error))?;
    Ok(stream)
}

/// The first that succeeds. Else what a server said, rather than that another was silent.
async fn first<T>(tries: impl Iterator<Item = impl Future<Output = Result<T, Fault>>>) -> Result<T, Fault> {
    let mut tries: FuturesUnordered<_> = tries.collect();
    let mut told = Fault::Broken(UNKNOWN_HOST);
    while let Some(outcome) = tries.next().await {
        match outcome {
            Ok(done) => return Ok(done),
            Err(_) if matches!(told, Fault::Refused(_)) => {}
            Err(fault) => told = fault,
        }
    }
    Err(told)
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.url.place {
            Place::Server(_) | Place::Socket(_) => "Server",
            Place::Sentinel(_) => "Sentinel",
            Place::Cluster(_) => "Cluster",
        })
    }
}
