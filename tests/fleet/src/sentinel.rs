//! A master, its replica, and a Sentinel that watches over them.

use std::process::{Child, Command, Stdio};

use redis::Client;

use crate::{Outcome, Redis, Scratch, redis_server::free_port, wait::until};

/// The three of them.
#[derive(Debug)]
pub struct Sentinel {
    /// The master at the start.
    pub master: Redis,
    /// Its replica, which takes its place.
    pub replica: Redis,
    port: u16,
    child: Child,
    _scratch: Scratch,
}

/// The name that the Sentinel knows the master by.
const NAME: &str = "tokens";

impl Sentinel {
    /// Starts them with these options and waits until the Sentinel knows them all.
    pub fn start(options: &[&str]) -> Outcome<Self> {
        let master = Redis::with(options)?;
        let master_port = master.port().to_string();
        let replica = Redis::with(&[&["--replicaof", "127.0.0.1", &master_port], options].concat())?;
        let scratch = Scratch::new()?;
        let port = free_port()?;
        let settings = format!(
            "port {port}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor {NAME} 127.0.0.1 {master_port} 1\n\
             sentinel down-after-milliseconds {NAME} 500\nsentinel failover-timeout {NAME} 2000\n",
            folder = scratch.path().display()
        );
        let file = scratch.write("sentinel.conf", &settings)?;
        let mut command = Command::new("redis-server");
        command.args([&file, "--sentinel"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let sentinel = Self { master, replica, port, child: command.spawn()?, _scratch: scratch };
        until("the replica is known", || Ok(sentinel.replicas().is_ok_and(|known| known == 1)))?;
        Ok(sentinel)
    }

    /// Where it is found, as `redis_url` takes it.
    pub fn url(&self) -> String {
        self.url_beside("", &[])
    }

    /// The same with `user:password@` for the master, and named after other addresses of Sentinels.
    pub fn url_beside(&self, login: &str, others: &[String]) -> String {
        let own = format!("127.0.0.1:{}", self.port);
        format!("redis+sentinel://{login}{}/{NAME}", [others, &[own]].concat().join(","))
    }

    /// Kills the master and waits until the replica is one.
    pub fn fail_over(&mut self) -> Outcome {
        self.master.kill()?;
        let is_master = |info: String| info.contains("role:master");
        until("the replica is the master", || Ok(self.replica.ask("INFO replication").is_ok_and(is_master)))
    }

    fn replicas(&self) -> Outcome<usize> {
        let mut connection = Client::open(format!("redis://127.0.0.1:{}", self.port))?.get_connection()?;
        let known: Vec<redis::Value> = redis::cmd("SENTINEL").arg("REPLICAS").arg(NAME).query(&mut connection)?;
        Ok(known.len())
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
