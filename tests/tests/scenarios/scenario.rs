//! One scenario: what it starts with, and its steps.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::{Either, select};
use serde::Deserialize;
use serde_json::Value;
use vipps_emulator::{Emulator, Options, RecordedRequest};
use vipps_partner_auth::{
    Caller, Config, Environment, Event, Keys, Merchant, Partner, PartnerKeys, SpecializedKeys, SystemInfo,
};

use crate::{
    call::{Abort, Call, Client, Failure, Hook, Outcome, Reply},
    compare::compare,
    elsewhere::Elsewhere,
};

/// Beyond every limit of a scenario.
const FAR: Duration = Duration::from_secs(60);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "comment")]
    _comment: String,
    keys: Option<String>,
    #[serde(default = "one_merchant")]
    merchants: Vec<String>,
    caller: Option<String>,
    #[serde(default)]
    hooks: Vec<Hook>,
    steps: Vec<Value>,
    outcomes: Vec<Value>,
}

fn one_merchant() -> Vec<String> {
    vec!["123456".to_owned()]
}

/// What came of a call.
#[derive(Debug)]
pub(crate) enum Came {
    Reply(Reply),
    /// With what the client calls it.
    Failed(Failure, &'static str),
    Aborted,
}

/// What a scenario plays in.
pub(crate) struct Stage {
    pub(crate) vipps: Emulator,
    pub(crate) elsewhere: Elsewhere,
    pub(crate) partner: Partner,
    pub(crate) results: Vec<Came>,
    shops: BTreeMap<String, Merchant>,
    events: Arc<Mutex<Vec<Event>>>,
    first: String,
}

/// Plays it; tells why no outcome of it holds.
pub(crate) async fn run<C: Client>(scenario: &Value) -> Outcome {
    let id = scenario["id"].as_str().ok_or("no id")?;
    let wanted = C::OUTCOMES.iter().find(|(scenario, _)| *scenario == id).map(|(_, name)| *name);
    let scenario: Scenario = serde_json::from_value(scenario.clone())?;
    let mut stage = Stage::set(&scenario).await?;
    let caller = match scenario.caller.as_deref() {
        None => Caller::from(stage.shop(&stage.first)?),
        Some("partner") => stage.partner.clone().into(),
        Some(other) => return Err(format!("unknown caller {other}").into()),
    };
    let client = C::make(caller, scenario.hooks, scenario.steps.iter().any(Call::follows))?;
    for step in &scenario.steps {
        stage.play(step, &client).await.map_err(|error| format!("{}: {error}", step["do"]))?;
    }
    let mut reasons = Vec::new();
    for outcome in scenario.outcomes.iter().filter(|outcome| outcome["name"].as_str() == wanted) {
        match compare::<C>(outcome, &stage).await {
            Ok(()) => return Ok(()),
            Err(reason) => reasons.push(reason.to_string()),
        }
    }
    Err(format!("{reasons:?}").into())
}

impl Stage {
    async fn set(scenario: &Scenario) -> Outcome<Self> {
        let merchants = scenario.merchants.iter().map(|msn| msn.parse()).collect::<Result<_, _>>()?;
        let vipps = Emulator::start(Options { merchants, ..Options::default() })?;
        let keys: Keys = match scenario.keys.as_deref() {
            None => PartnerKeys::try_from(vipps.partner_keys())?.into(),
            Some("specialized") => SpecializedKeys::try_from(vipps.specialized_keys())?.into(),
            Some(other) => return Err(format!("unknown keys {other}").into()),
        };
        let events = Arc::<Mutex<Vec<Event>>>::default();
        let heard = events.clone();
        let config = Config::from(vipps.environment()?).deadline(FAR).request_timeout(FAR);
        let config =
            config.event_sink(move |event| heard.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone()));
        let partner = Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, config)?;
        let shops = scenario.merchants.iter().map(|msn| Ok((msn.clone(), partner.merchant(msn.parse()?))));
        let shops = shops.collect::<Outcome<_>>()?;
        let first = scenario.merchants[0].clone();
        Ok(Self { vipps, elsewhere: Elsewhere::start().await?, partner, results: Vec::new(), shops, events, first })
    }

    async fn play<C: Client>(&mut self, step: &Value, client: &C) -> Outcome {
        let text = |name: &str| step[name].as_str().ok_or_else(|| format!("no {name}"));
        match text("do")? {
            "headers" => drop(self.shop(&self.first)?.headers().await?),
            "arrived" => self.arrived(text("path")?, step["times"].as_u64().ok_or("no times")?).await,
            "script_elsewhere" => {
                self.elsewhere.script(text("path")?, serde_json::from_value(self.filled_in(&step["replies"])?)?);
            }
            "call" => {
                let came = self.call(step, client).await?;
                self.results.push(came);
            }
            "covers" => assert_eq!(Some(asked(step)?.covers(text("url")?)), step["covers"].as_bool(), "{step}"),
            "may_follow" => {
                let may_follow = asked(step)?.may_follow(text("from")?, text("to")?);
                assert_eq!(Some(may_follow), step["may_follow"].as_bool(), "{step}");
            }
            control => {
                let mut input = self.filled_in(step)?;
                input.as_object_mut().ok_or("no object")?.remove("do");
                if control == "wrong_environment" {
                    input["on"] = true.into();
                }
                if let Some(Value::Object(failure)) = input.as_object_mut().and_then(|input| input.remove("failure")) {
                    input.as_object_mut().ok_or("no object")?.extend(failure);
                }
                self.vipps.control(control, input).map_err(|error| format!("{error:?}"))?;
            }
        }
        Ok(())
    }

    /// On a busy machine a time limit may be over before the request has come that is to hang.
    async fn arrived(&self, path: &str, times: u64) {
        while (self.vipps.count(path) as u64) < times {
            tokio::task::yield_now().await;
        }
    }

    async fn call<C: Client>(&self, step: &Value, client: &C) -> Outcome<Came> {
        let call = Call::read(step, |text| self.fill_in(text), self.vipps.base_url(), |msn| self.shop(msn))?;
        let abort = call.abort;
        let before = self.token_requests();
        let mut sent = client.send(call);
        let replied = match abort {
            None => sent.await,
            Some(Abort::Before) => return Ok(Came::Aborted),
            Some(Abort::TokenRequest) => {
                let asked = Box::pin(async {
                    while self.token_requests() == before {
                        tokio::task::yield_now().await;
                    }
                });
                match select(&mut sent, asked).await {
                    Either::Left((replied, _)) => replied,
                    Either::Right(_) => return Ok(Came::Aborted),
                }
            }
        };
        Ok(match replied {
            Ok(reply) => Came::Reply(reply),
            Err(error) => {
                let family = C::family(&error);
                Came::Failed(error, family)
            }
        })
    }

    fn shop(&self, msn: &str) -> Outcome<Merchant> {
        Ok(self.shops.get(msn).ok_or("no such merchant")?.clone())
    }

    pub(crate) fn token_requests(&self) -> usize {
        self.vipps.requests().iter().filter(|request| is_token(request)).count()
    }

    /// All that the emulator saw but token requests.
    pub(crate) fn calls(&self) -> Vec<RecordedRequest> {
        self.vipps.requests().into_iter().filter(|request| !is_token(request)).collect()
    }

    /// All events so far: they come in order, so after the one of a fetch that is made for this there is none left.
    pub(crate) async fn events(&self) -> Outcome<Vec<Event>> {
        let all = || self.events.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.partner.invalidate(self.partner.authorization().await?.token());
        self.partner.headers().await?;
        let issued = self.vipps.requests().iter().filter(|seen| is_token(seen) && seen.status == Some(200)).count();
        while all().iter().filter(|event| event.name() == "token_fetched").count() < issued {
            tokio::task::yield_now().await;
        }
        Ok(all())
    }

    pub(crate) fn fill_in(&self, text: &str) -> String {
        text.replace("{base_url}", self.vipps.base_url()).replace("{other_url}", &self.elsewhere.url)
    }

    fn filled_in(&self, value: &Value) -> Outcome<Value> {
        Ok(serde_json::from_str(&self.fill_in(&value.to_string()))?)
    }
}

fn is_token(request: &RecordedRequest) -> bool {
    ["/accesstoken/get", "/miami/v1/token"].contains(&request.path.as_str())
}

/// Somebody who only answers where headers may go.
fn asked(step: &Value) -> Outcome<Caller> {
    let environment: Environment = step["environment"].as_str().ok_or("no environment")?.parse()?;
    let keys = PartnerKeys::new("11111111-2222-4333-8444-555555555555", "secret", "subscription-key")?;
    let origins = step["trusted_origins"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let config = origins.fold(Config::from(environment), Config::trusted_origin);
    Ok(Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, config)?.into())
}
