//! A real `redis-server` on a port of the loopback interface.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use redis::{Client, Cmd, FromRedisValue, Value};
use rustix::process::{Pid, Signal, kill_process};

use crate::{Outcome, scratch::Scratch, wait::until};

/// One server; killed when it is dropped.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    options: Vec<String>,
    scratch: Scratch,
    child: Option<Child>,
    /// How the tests themselves come in, whatever the server asks of others.
    login: String,
}

impl Redis {
    /// A server with nothing in it that asks for no password.
    pub fn start() -> Outcome<Self> {
        Self::with(&[])
    }

    /// The same with these options (`--name value …`).
    pub fn with(options: &[&str]) -> Outcome<Self> {
        Self::secured(options, "")
    }

    /// The same, where the tests need `user:password@` to come in.
    pub fn secured(options: &[&str], login: &str) -> Outcome<Self> {
        Self::in_folder(Scratch::new()?, options, login)
    }

    /// The same, with a folder that the options speak of.
    pub fn in_folder(scratch: Scratch, options: &[&str], login: &str) -> Outcome<Self> {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let mut redis = Self { port: free_port()?, options, scratch, child: None, login: login.to_owned() };
        redis.restart()?;
        Ok(redis)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address as `redis_url` takes it, for whoever needs no password.
    pub fn url(&self) -> String {
        self.url_for("")
    }

    /// Its address with `user:password@`.
    pub fn url_for(&self, login: &str) -> String {
        format!("redis://{login}127.0.0.1:{}", self.port)
    }

    /// Its own folder.
    pub fn folder(&self) -> &std::path::Path {
        self.scratch.path()
    }

    /// Kills it without a warning: what it held is lost.
    pub fn kill(&mut self) -> Outcome {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Starts it where it was, if it is not running, and waits until it answers.
    pub fn restart(&mut self) -> Outcome {
        if self.child.is_none() {
            self.child = Some(self.command().spawn()?);
        }
        until("redis answers", || Ok(self.ask::<String>("PING").is_ok()))
    }

    /// Stops it as it is: the port still takes connections, nothing is answered.
    pub fn freeze(&self) -> Outcome {
        self.signal(Signal::STOP)
    }

    /// Lets it go on.
    pub fn thaw(&self) -> Outcome {
        self.signal(Signal::CONT)
    }

    /// Asks it something, in words.
    pub fn ask<T: FromRedisValue>(&self, words: &str) -> Outcome<T> {
        let mut words = words.split_whitespace();
        let mut command = redis::cmd(words.next().ok_or("nothing is asked")?);
        self.run(command.arg(words.collect::<Vec<_>>()))
    }

    /// Asks it something.
    pub fn run<T: FromRedisValue>(&self, command: &Cmd) -> Outcome<T> {
        let mut connection = Client::open(self.url_for(&self.login))?.get_connection()?;
        Ok(command.query(&mut connection)?)
    }

    /// The names of all keys, in order.
    pub fn keys(&self) -> Outcome<Vec<String>> {
        let mut keys: Vec<String> = self.ask("KEYS *")?;
        keys.sort();
        Ok(keys)
    }

    /// The name of the only key with this in its name.
    pub fn key(&self, kind: &str) -> Outcome<String> {
        let mut keys = self.keys()?;
        keys.retain(|key| key.contains(kind));
        keys.pop().filter(|_| keys.is_empty()).ok_or_else(|| format!("no single {kind} key").into())
    }

    /// Waits until there is a key of this kind, and tells its name.
    pub fn arrived(&self, kind: &str) -> Outcome<String> {
        until(&format!("redis holds a {kind}"), || Ok(self.key(kind).is_ok()))?;
        self.key(kind)
    }

    /// What is there under a key.
    pub fn value(&self, key: &str) -> Outcome<Vec<u8>> {
        self.run(redis::cmd("GET").arg(key))
    }

    /// Puts something under a key, to stay.
    pub fn put(&self, key: &str, value: &[u8]) -> Outcome {
        self.run(redis::cmd("SET").arg(key).arg(value))
    }

    /// Sets an option while it runs.
    pub fn set(&self, option: &str, value: &str) -> Outcome {
        self.run(redis::cmd("CONFIG").arg("SET").arg(option).arg(value))
    }

    /// All it holds, as bytes: the names of the keys, their values, and the file it would write.
    pub fn everything(&self) -> Outcome<Vec<u8>> {
        let mut all = Vec::new();
        for key in self.keys()? {
            all.extend_from_slice(key.as_bytes());
            all.extend_from_slice(&self.value(&key)?);
            all.extend_from_slice(&self.run::<Vec<u8>>(redis::cmd("DUMP").arg(&key))?);
        }
        self.ask::<Value>("SAVE")?;
        all.extend(std::fs::read(self.folder().join("dump.rdb"))?);
        Ok(all)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("redis-server");
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.arg("--dir").arg(self.scratch.path()).args(["--enable-debug-command", "yes"]).args(&self.options);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn signal(&self, signal: Signal) -> Outcome {
        let child = self.child.as_ref().ok_or("redis is not running")?;
        send(child.id(), signal)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// A port that nobody has now.
pub(crate) fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

pub(crate) fn send(process: u32, signal: Signal) -> Outcome {
    let process = Pid::from_raw(i32::try_from(process)?).ok_or("no such process")?;
    Ok(kill_process(process, signal)?)
}
