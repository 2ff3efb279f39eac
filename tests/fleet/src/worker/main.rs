//! One process of a fleet: a `Partner` that does what its standard input says, one JSON object a line, and answers each
//! on its standard output. `README.md` beside this package has the words.
#![forbid(unsafe_code)]

mod clock;
mod member;

use std::io::{self, BufRead, Write};

use member::{Member, Settings};
use serde::Deserialize;
use serde_json::{Value, json};
use vipps_partner_auth::Error;

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Task {
    Start { settings: Settings },
    Token,
    Calls { count: u64 },
    StartLoad,
    StopLoad,
    Api,
    Refused,
    Invalidate,
    Advance { seconds: u64 },
    Stats,
    Events,
}

fn main() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut member = None;
    for line in io::stdin().lock().lines() {
        let reply = match serde_json::from_str(&line?) {
            Ok(task) => runtime.block_on(done(task, &mut member)).unwrap_or_else(|error| told(&error)),
            Err(error) => nonsense(&error.to_string()),
        };
        writeln!(io::stdout(), "{reply}")?;
    }
    Ok(())
}

async fn done(task: Task, place: &mut Option<Member>) -> Result<Value, Error> {
    if let Task::Start { settings } = task {
        *place = Some(Member::new(settings)?);
        return Ok(json!({}));
    }
    let Some(member) = place else { return Ok(nonsense("not started yet")) };
    match task {
        Task::Start { .. } => unreachable!("done above"),
        Task::Token => member.token().await,
        Task::Calls { count } => Ok(member.calls(count).await),
        Task::StartLoad => Ok(member.start_load()),
        Task::StopLoad => Ok(member.stop_load().await),
        Task::Api => member.api().await,
        Task::Refused => member.refused().await,
        Task::Invalidate => member.invalidate().await,
        Task::Advance { seconds } => Ok(member.advance(seconds)),
        Task::Stats => Ok(member.stats()),
        Task::Events => Ok(member.events()),
    }
}

fn told(error: &Error) -> Value {
    json!({"error": {"code": error.code(), "field": error.field(), "detail": error.detail()}})
}

fn nonsense(detail: &str) -> Value {
    json!({"error": {"code": "nonsense", "detail": detail}})
}
