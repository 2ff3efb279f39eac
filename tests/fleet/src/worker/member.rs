//! A `Partner` and what can be asked of it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http::Request;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use vipps_partner_auth::{
    AccessToken, Clock, Config, Environment, Error, Headers, HttpSend, Partner, PartnerKeys, ReqwestClient, SystemInfo,
};

use crate::clock::ShiftedClock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    environment: String,
    client_id: String,
    client_secret: String,
    subscription_key: String,
    redis_url: Option<String>,
    redis_ca_pem: Option<String>,
    clock_ahead: Option<i64>,
    deadline: Option<u64>,
}

pub(crate) struct Member {
    partner: Partner,
    clock: Arc<ShiftedClock>,
    http: ReqwestClient,
    api: String,
    events: Arc<Mutex<Vec<String>>>,
    load: Option<Load>,
}

struct Load {
    task: JoinHandle<Tally>,
    over: Arc<AtomicBool>,
}

#[derive(Default)]
struct Tally {
    calls: u64,
    failed: u64,
    waited: u64,
}

/// Between two calls under load.
const PAUSE: Duration = Duration::from_millis(2);
/// A renewal takes a moment; one that takes this long has failed.
const RENEWAL: Duration = Duration::from_secs(20);

impl Member {
    pub(crate) fn new(settings: Settings) -> Result<Self, Error> {
        let environment = Environment::custom(&settings.environment)?;
        let clock = Arc::new(ShiftedClock::new(settings.clock_ahead.unwrap_or_default()));
        let events = Arc::<Mutex<Vec<String>>>::default();
        let config = config(&settings, environment, &clock, &events);
        let keys = PartnerKeys::new(settings.client_id, settings.client_secret, settings.subscription_key)?;
        let http = ReqwestClient::new(&config)?;
        let partner = Partner::new(keys, SystemInfo::new("fleet", "1")?, config)?;
        let api = format!("{}/management/v1/sales-units", settings.environment);
        Ok(Self { partner, clock, http, api, events, load: None })
    }

    pub(crate) async fn token(&self) -> Result<Value, Error> {
        Ok(json!({"token": fingerprint(&self.partner.access_token().await?)}))
    }

    /// Calls, and then as long a wait as a renewal takes that they started.
    pub(crate) async fn calls(&self, count: u64) -> Value {
        let mut tally = Tally::default();
        for _ in 0..count {
            tally.call(&self.partner).await;
        }
        self.renewed().await;
        tally.told()
    }

    pub(crate) fn start_load(&mut self) -> Value {
        let over = Arc::<AtomicBool>::default();
        let partner = self.partner.clone();
        let end = over.clone();
        let task = tokio::spawn(async move {
            let mut tally = Tally::default();
            while !end.load(SeqCst) {
                tally.call(&partner).await;
                tokio::time::sleep(PAUSE).await;
            }
            tally
        });
        self.load = Some(Load { task, over });
        json!({})
    }

    pub(crate) async fn stop_load(&mut self) -> Value {
        let Some(load) = self.load.take() else { return Tally::default().told() };
        load.over.store(true, SeqCst);
        load.task.await.unwrap_or_default().told()
    }

    /// One call of an API, once more after a refusal, as adapters do it. Status 0: no answer.
    pub(crate) async fn api(&self) -> Result<Value, Error> {
        let headers = self.partner.authorization().await?;
        let status = self.send(&headers).await;
        if status != 401 {
            return Ok(json!({"status": status, "refused": false}));
        }
        let status = match self.partner.refused(headers.token()).await {
            Ok(others) => self.send(&others).await,
            Err(_) => status,
        };
        Ok(json!({"status": status, "refused": true}))
    }

    pub(crate) async fn refused(&self) -> Result<Value, Error> {
        let token = self.partner.access_token().await?;
        Ok(json!({"again": self.partner.refused(&token).await.is_ok()}))
    }

    pub(crate) async fn invalidate(&self) -> Result<Value, Error> {
        Ok(json!({"dropped": self.partner.invalidate(&self.partner.access_token().await?)}))
    }

    pub(crate) fn advance(&self, seconds: u64) -> Value {
        self.clock.advance(seconds);
        json!({})
    }

    pub(crate) fn stats(&self) -> Value {
        let stats = self.partner.stats();
        json!({
            "token_requests": stats.token_requests,
            "tokens_fetched": stats.tokens_fetched,
            "tokens_renewed": stats.tokens_renewed,
            "tokens_from_cache": stats.tokens_from_cache,
            "fetches_failed": stats.fetches_failed,
            "renewals_failed": stats.renewals_failed,
            "cache_failures": stats.cache_failures,
        })
    }

    pub(crate) fn events(&self) -> Value {
        json!({"events": std::mem::take(&mut *noted(&self.events))})
    }

    async fn send(&self, headers: &Headers) -> u16 {
        let mut request = Request::get(&self.api).body(Bytes::new()).unwrap_or_default();
        *request.headers_mut() = headers.to_map();
        let response = self.http.send(request, Duration::from_secs(30)).await;
        response.map_or(0, |response| response.status().as_u16())
    }

    async fn renewed(&self) {
        let Some(headers) = self.partner.cached_headers() else { return };
        if self.clock.now().is_before(headers.fresh_until()) {
            return;
        }
        let failures = self.partner.stats().renewals_failed;
        let changed = async {
            while self.partner.generation() == headers.generation() && self.partner.stats().renewals_failed == failures
            {
                tokio::time::sleep(PAUSE).await;
            }
        };
        let _ = tokio::time::timeout(RENEWAL, changed).await;
    }
}

fn config(
    settings: &Settings,
    environment: Environment,
    clock: &Arc<ShiftedClock>,
    events: &Arc<Mutex<Vec<String>>>,
) -> Config {
    let events = events.clone();
    let mut config =
        Config::from(environment).clock(clock.clone()).on_event(move |event| noted(&events).push(event.to_string()));
    if let Some(url) = &settings.redis_url {
        config = config.redis_url(url);
    }
    if let Some(pem) = &settings.redis_ca_pem {
        config = config.redis_ca_pem(pem.as_bytes());
    }
    if let Some(seconds) = settings.deadline {
        config = config.deadline(Duration::from_secs(seconds));
    }
    config
}

/// Enough to tell tokens apart: the first half of the SHA-256, in hexadecimal.
fn fingerprint(token: &AccessToken) -> String {
    let hash = digest(&SHA256, token.secret().as_bytes());
    hash.as_ref()[..16].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn noted(events: &Mutex<Vec<String>>) -> MutexGuard<'_, Vec<String>> {
    events.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tally {
    async fn call(&mut self, partner: &Partner) {
        self.calls += 1;
        if partner.cached_headers().is_some() {
            return;
        }
        self.waited += 1;
        self.failed += u64::from(partner.headers().await.is_err());
    }

    fn told(&self) -> Value {
        json!({"calls": self.calls, "failed": self.failed, "waited": self.waited})
    }
}
