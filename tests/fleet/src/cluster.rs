//! A cluster of three masters.

use std::process::Command;

use crate::{Outcome, Redis, redis_server::free_port, wait::until};

/// Three servers that share the slots between them.
#[derive(Debug)]
pub struct Cluster {
    /// The servers.
    pub nodes: Vec<Redis>,
}

impl Cluster {
    /// Starts them and waits until each knows that all slots are taken.
    pub fn start(options: &[&str]) -> Outcome<Self> {
        let nodes = (0..3).map(|_| node(options)).collect::<Outcome<Vec<_>>>()?;
        let cluster = Self { nodes };
        cluster.join()?;
        until("the cluster is complete", || cluster.is_complete())?;
        Ok(cluster)
    }

    /// Where it is found, as `redis_url` takes it.
    pub fn url(&self) -> String {
        self.url_for("")
    }

    /// The same with `user:password@`.
    pub fn url_for(&self, login: &str) -> String {
        format!("redis+cluster://{login}{}", self.addresses().join(","))
    }

    /// The node that holds the key of this kind.
    pub fn holder(&mut self, kind: &str) -> Outcome<&mut Redis> {
        self.nodes.iter_mut().find(|node| node.key(kind).is_ok()).ok_or_else(|| format!("nobody holds a {kind}").into())
    }

    fn addresses(&self) -> Vec<String> {
        self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect()
    }

    fn join(&self) -> Outcome {
        let mut command = Command::new("redis-cli");
        command.args(["--cluster", "create"]).args(self.addresses()).args(["--cluster-yes", "--cluster-replicas", "0"]);
        let said = command.output()?;
        if said.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said.stdout).into()) }
    }

    fn is_complete(&self) -> Outcome<bool> {
        let states = self.nodes.iter().map(|node| node.ask::<String>("CLUSTER INFO")).collect::<Outcome<Vec<_>>>()?;
        Ok(states.iter().all(|state| state.contains("cluster_state:ok") && state.contains("cluster_known_nodes:3")))
    }
}

fn node(options: &[&str]) -> Outcome<Redis> {
    let bus = free_port()?.to_string();
    let own = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "1000"];
    Redis::with(&[&own, options].concat())
}
