//! The other side: the server of `tests/oidc-provider`, its controls, and browsers that visit it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Client, Method, Url, header::LOCATION, redirect::Policy};
use serde::Deserialize;
use serde_json::Value;
use vipps_partner_auth::{
    BoxFuture, Clock, Config, Environment, LoginAuthMethod, Merchant, Msn, Now, SalesUnitKeys, SystemClock,
};

use crate::application::{Outcome, shop};

pub(crate) struct Provider {
    child: Child,
    /// The server ends with its standard input.
    _stdin: ChildStdin,
    base_url: String,
    pub(crate) clients: Vec<Registration>,
    http: Client,
}

/// What the server says about itself, on one line.
#[derive(Deserialize)]
struct Introduction {
    base_url: String,
    clients: Vec<Registration>,
}

/// A sales unit.
#[derive(Clone, Deserialize)]
pub(crate) struct Registration {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) method: String,
    pub(crate) msn: Msn,
}

impl Registration {
    /// A shop that is this client.
    pub(crate) fn shop(&self, config: Config) -> Outcome<Merchant> {
        let method: LoginAuthMethod = self.method.parse()?;
        let (id, secret) = (self.client_id.as_str(), self.client_secret.as_str());
        let keys = SalesUnitKeys::new(id, secret, "not-needed-here", self.msn.clone())?;
        shop(keys, &self.msn, config.login_auth_method(method))
    }
}

/// A request as it arrived where clients authenticate: names alone.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) authorization: Option<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) form: Vec<String>,
}

impl Provider {
    pub(crate) fn start() -> Outcome<Self> {
        let mut child = Command::new("node")
            .arg("server.mjs")
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc-provider"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take().ok_or("a standard input")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("a standard output")?).read_line(&mut line)?;
        let Introduction { base_url, clients } = serde_json::from_str(&line)?;
        Ok(Self { child, _stdin: stdin, base_url, clients, http: Client::builder().no_proxy().build()? })
    }

    pub(crate) fn config(&self) -> Outcome<Config> {
        Ok(Config::default().environment(Environment::custom(&self.base_url)?).clock(Arc::new(Impatient::default())))
    }

    /// A shop with these keys, in a process that has just started.
    pub(crate) fn shop(&self, client: &Registration) -> Outcome<Merchant> {
        client.shop(self.config()?)
    }

    /// The one whose keys go into HTTP Basic.
    pub(crate) fn basic(&self) -> &Registration {
        &self.clients[0]
    }

    /// The one whose keys go into the form.
    pub(crate) fn post(&self) -> &Registration {
        &self.clients[1]
    }

    pub(crate) async fn control(&self, control: &str) -> Outcome<Value> {
        let method = if control == "requests" { Method::GET } else { Method::POST };
        let reply = self.http.request(method, format!("{}/control/{control}", self.base_url)).send().await?;
        Ok(serde_json::from_str(&reply.error_for_status()?.text().await?)?)
    }

    pub(crate) async fn seen(&self) -> Outcome<Vec<Seen>> {
        Ok(serde_json::from_value(self.control("requests").await?)?)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes a browser that has never been here to where the application has its callback; the person on it says yes unless
/// a control says otherwise.
pub(crate) async fn browse(url: &str) -> Outcome<String> {
    let is_shop = |url: &Url| url.host_str() == Some("shop.example");
    let policy = Policy::custom(move |hop| if is_shop(hop.url()) { hop.stop() } else { hop.follow() });
    let browser = Client::builder().no_proxy().cookie_store(true).redirect(policy).build()?;
    let reply = browser.get(url).send().await?;
    let callback_url = reply.headers().get(LOCATION).and_then(|url| url.to_str().ok());
    callback_url.map(str::to_owned).ok_or_else(|| format!("nobody came back: {}", reply.status()).into())
}

/// The machine's clock, but nobody waits on it: a sleep moves it ahead by its own length.
#[derive(Debug, Clone, Default)]
pub(crate) struct Impatient(Arc<Mutex<Duration>>);

impl Clock for Impatient {
    fn now(&self) -> Now {
        SystemClock.now().plus(*self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        let ahead = Arc::clone(&self.0);
        Box::pin(async move { *ahead.lock().unwrap_or_else(PoisonError::into_inner) += span })
    }
}
