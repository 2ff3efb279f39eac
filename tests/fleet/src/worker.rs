//! The other end of a worker process: see `README.md` for what is said.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{Outcome, redis_server::send, wait::LONGEST_WAIT};

/// How to start a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    words: Vec<String>,
    variables: Vec<(String, String)>,
}

/// A process with a `Partner` in it that does as it is told. Killed when it is dropped.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    stdin: ChildStdin,
    replies: Receiver<String>,
}

impl Program {
    /// A program with its arguments.
    pub fn new(words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { words: words.into_iter().map(Into::into).collect(), variables: Vec::new() }
    }

    /// Those of other languages, from `FLEET_WORKERS`: command lines with a semicolon between them.
    pub fn others() -> Vec<Self> {
        let lines = env::var("FLEET_WORKERS").unwrap_or_default();
        let lines = lines.split(';').map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| Self::new(line.split_whitespace())).collect()
    }

    /// With a variable in its environment.
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Starts one.
    pub fn start(&self) -> Outcome<Worker> {
        let (name, arguments) = self.words.split_first().ok_or("no program")?;
        let mut command = Command::new(name);
        command.args(arguments).envs(self.variables.iter().cloned()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let stdin = child.stdin.take().ok_or("no way in")?;
        let stdout = BufReader::new(child.stdout.take().ok_or("no way out")?);
        let (sender, replies) = channel();
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Ok(Worker { child, stdin, replies })
    }
}

impl Worker {
    /// Tells it what to do, without waiting.
    pub fn tell(&mut self, what: &Value) -> Outcome {
        writeln!(self.stdin, "{what}")?;
        Ok(self.stdin.flush()?)
    }

    /// Its next reply.
    pub fn reply(&mut self) -> Outcome<Value> {
        let line = self.replies.recv_timeout(LONGEST_WAIT).map_err(|_| "the worker does not answer")?;
        Ok(serde_json::from_str(&line)?)
    }

    /// Both.
    pub fn ask(&mut self, what: &Value) -> Outcome<Value> {
        self.tell(what)?;
        self.reply()
    }

    /// Whether it has said something that was not read yet.
    pub fn has_replied(&mut self) -> Option<Outcome<Value>> {
        let line = self.replies.try_recv().ok()?;
        Some(serde_json::from_str(&line).map_err(Into::into))
    }

    /// Stops it as it is.
    pub fn freeze(&self) -> Outcome {
        send(self.child.id(), Signal::STOP)
    }

    /// Lets it go on.
    pub fn thaw(&self) -> Outcome {
        send(self.child.id(), Signal::CONT)
    }

    /// Ends it without a warning.
    pub fn kill(&mut self) -> Outcome {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
