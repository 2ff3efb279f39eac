//! A person's browser: it follows the emulator's redirects, stops at the page that asks and at whatever leads elsewhere,
//! and presses the page's buttons.

use reqwest::{Client, RequestBuilder, Response, header::LOCATION, redirect::Policy};
use vipps_emulator::Emulator;

use crate::application::Outcome;

#[derive(Clone)]
pub(crate) struct Browser {
    http: Client,
    /// The one server it really talks to.
    home: String,
}

/// Where it came to stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// At the page that asks, for the login of this id.
    Question(String),
    /// On its way to an application, at this URL.
    Elsewhere(String),
    /// At a page with this status.
    Page(u16),
}

impl Browser {
    pub(crate) fn new(vipps: &Emulator) -> Outcome<Self> {
        let http = Client::builder().no_proxy().redirect(Policy::none()).build()?;
        Ok(Self { http, home: vipps.base_url().to_owned() })
    }

    pub(crate) async fn open(&self, url: &str) -> Outcome<Stop> {
        self.walk(self.http.get(url)).await
    }

    pub(crate) async fn approve(&self, id: &str, msisdn: &str) -> Outcome<Stop> {
        self.walk(self.button(id, "approve").body(format!("user={msisdn}"))).await
    }

    pub(crate) async fn deny(&self, id: &str) -> Outcome<Stop> {
        self.walk(self.button(id, "deny")).await
    }

    /// From the URL an application gave to the callback, with a person who approves.
    pub(crate) async fn sign_in(&self, url: &str, msisdn: &str) -> Outcome<String> {
        let id = self.open(url).await?.question()?;
        self.approve(&id, msisdn).await?.elsewhere()
    }

    fn button(&self, id: &str, name: &str) -> RequestBuilder {
        let form = ("Content-Type", "application/x-www-form-urlencoded");
        self.http.post(format!("{}/emulator/logins/{id}/{name}", self.home)).header(form.0, form.1)
    }

    async fn walk(&self, first: RequestBuilder) -> Outcome<Stop> {
        let mut reply = first.send().await?;
        for _ in 0..5 {
            match location(&reply) {
                Some(url) if url.starts_with(&self.home) => reply = self.http.get(url).send().await?,
                Some(url) => return Ok(Stop::Elsewhere(url)),
                None => return Ok(arrived(&reply)),
            }
        }
        Err("too many redirects".into())
    }
}

impl Stop {
    pub(crate) fn question(self) -> Outcome<String> {
        match self {
            Self::Question(id) => Ok(id),
            other => Err(format!("no question but {other:?}").into()),
        }
    }

    pub(crate) fn elsewhere(self) -> Outcome<String> {
        match self {
            Self::Elsewhere(url) => Ok(url),
            other => Err(format!("not led on but {other:?}").into()),
        }
    }
}

fn location(reply: &Response) -> Option<String> {
    let url = reply.headers().get(LOCATION).filter(|_| reply.status().is_redirection())?;
    url.to_str().ok().map(str::to_owned)
}

fn arrived(reply: &Response) -> Stop {
    let id = reply.headers().get("Vipps-Emulator-Login").and_then(|id| id.to_str().ok());
    id.map_or_else(|| Stop::Page(reply.status().as_u16()), |id| Stop::Question(id.to_owned()))
}
