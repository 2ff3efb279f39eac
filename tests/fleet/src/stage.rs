//! A crew of workers and what they are asked.

use serde::Deserialize;
use serde_json::{Value, json};
use vipps_emulator::{Emulator, Keys};

use crate::{
    Outcome,
    worker::{Program, Worker},
};

/// Where tokens are fetched.
pub const TOKEN_PATH: &str = "/accesstoken/get";

/// How many tokens were asked for.
pub fn count_tokens(vipps: &Emulator) -> usize {
    vipps.count(TOKEN_PATH)
}

/// What a worker is started with.
#[derive(Debug, Clone)]
pub struct Settings(Value);

impl Settings {
    /// The emulator's partner keys, and no sharing.
    pub fn new(vipps: &Emulator) -> Self {
        Self::with_keys(vipps, &vipps.partner_keys())
    }

    /// The same with other keys.
    pub fn with_keys(vipps: &Emulator, keys: &Keys) -> Self {
        Self(json!({
            "environment": vipps.base_url(),
            "client_id": keys.client_id,
            "client_secret": keys.client_secret,
            "subscription_key": keys.subscription_key,
        }))
    }

    /// Shared through Redis at this address.
    pub fn redis(self, url: impl Into<String>) -> Self {
        self.and("redis_url", url.into())
    }

    /// One more setting.
    pub fn and(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0[name] = value.into();
        self
    }
}

/// Some workers.
#[derive(Debug)]
pub struct Crew {
    /// Each of them.
    pub workers: Vec<Worker>,
}

/// What became of some calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub struct Calls {
    /// How many there were.
    pub calls: u64,
    /// How many ended in an error.
    pub failed: u64,
    /// How many had to wait for a token.
    pub waited: u64,
}

impl Crew {
    /// So many of one program, with the same settings.
    pub fn start(program: &Program, size: usize, settings: &Settings) -> Outcome<Self> {
        Self::of(std::iter::repeat_n((program.clone(), settings.clone()), size))
    }

    /// Each of its own kind.
    pub fn of(members: impl IntoIterator<Item = (Program, Settings)>) -> Outcome<Self> {
        let (programs, settings): (Vec<_>, Vec<_>) = members.into_iter().unzip();
        let workers = programs.iter().map(Program::start).collect::<Outcome<_>>()?;
        let mut crew = Self { workers };
        for (worker, Settings(settings)) in crew.workers.iter_mut().zip(settings) {
            worker.tell(&json!({"do": "start", "settings": settings}))?;
        }
        crew.replies()?.into_iter().try_for_each(|reply| good(reply).map(drop))?;
        Ok(crew)
    }

    /// Tells all of them the same before the first reply is waited for.
    pub fn ask(&mut self, what: &Value) -> Outcome<Vec<Value>> {
        self.tell(what)?;
        self.replies()?.into_iter().map(good).collect()
    }

    /// The same without waiting.
    pub fn tell(&mut self, what: &Value) -> Outcome {
        self.workers.iter_mut().try_for_each(|worker| worker.tell(what))
    }

    /// The next reply of each.
    pub fn replies(&mut self) -> Outcome<Vec<Value>> {
        self.workers.iter_mut().map(Worker::reply).collect()
    }

    /// The token that each of them has, as a fingerprint.
    pub fn tokens(&mut self) -> Outcome<Vec<String>> {
        let replies = self.ask(&json!({"do": "token"}))?;
        replies.iter().map(|reply| Ok(reply["token"].as_str().ok_or("no token")?.to_owned())).collect()
    }

    /// The token that all of them have; an error when they don't.
    pub fn token(&mut self) -> Outcome<String> {
        let mut tokens = self.tokens()?;
        tokens.dedup();
        match (tokens.pop(), tokens.is_empty()) {
            (Some(token), true) => Ok(token),
            _ => Err(format!("not the same token: {:?}", self.events()?).into()),
        }
    }

    /// What each of them makes of so many calls, one after the other, and of a renewal that they started.
    pub fn calls(&mut self, count: u64) -> Outcome<Calls> {
        let replies = self.ask(&json!({"do": "calls", "count": count}))?;
        sum(replies)
    }

    /// Lets each call for headers over and over.
    pub fn start_load(&mut self) -> Outcome {
        self.ask(&json!({"do": "start_load"})).map(drop)
    }

    /// Ends that; tells what became of it.
    pub fn stop_load(&mut self) -> Outcome<Calls> {
        let replies = self.ask(&json!({"do": "stop_load"}))?;
        sum(replies)
    }

    /// The sum of one of their counters.
    pub fn stat(&mut self, name: &str) -> Outcome<u64> {
        let replies = self.ask(&json!({"do": "stats"}))?;
        replies.iter().map(|reply| reply[name].as_u64().ok_or_else(|| format!("no counter {name}").into())).sum()
    }

    /// Everything that they were told since they were asked last.
    pub fn events(&mut self) -> Outcome<Vec<String>> {
        let replies = self.ask(&json!({"do": "events"}))?;
        let texts = replies.iter().filter_map(|reply| reply["events"].as_array()).flatten();
        Ok(texts.filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// What they were told of trouble with the cache.
    pub fn cache_failures(&mut self) -> Outcome<Vec<String>> {
        let events = self.events()?;
        Ok(events.into_iter().filter(|event| event.starts_with("cache_failed")).collect())
    }
}

fn good(reply: Value) -> Outcome<Value> {
    match reply.get("error") {
        None => Ok(reply),
        Some(error) => Err(error.to_string().into()),
    }
}

fn sum(replies: Vec<Value>) -> Outcome<Calls> {
    replies.into_iter().try_fold(Calls::default(), |sum, reply| {
        let own: Calls = serde_json::from_value(reply)?;
        let calls = sum.calls + own.calls;
        let failed = sum.failed + own.failed;
        let waited = sum.waited + own.waited;
        Ok(Calls { calls, failed, waited })
    })
}
