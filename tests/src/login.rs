//! The ops of Login in the browser, and what all of Login's ops have in common.

use std::{
    fmt::Debug,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value, json};
use vipps_partner_auth::{
    Address, Clock, Environment, Error, Login, LoginOptions, LoginRequest, LoginResult, ManualClock, Merchant,
    UnverifiedConsentRevoked, Userinfo,
};

use crate::{
    given::{Attempt, resolve},
    runner::{Call, needed},
    wire::with_base_url,
};

/// What of the authorize URL is random.
const RANDOM: [&str; 3] = ["state", "nonce", "code_challenge"];

impl Call<'_> {
    pub(crate) async fn make_login(&self, op: &str) -> Attempt<Value> {
        match op {
            "authorize_url" => self.authorize_url().await,
            "login_request" => self.login_request(),
            "login_callback" => self.login_callback(),
            "login_resume_uri" => self.login_resume_uri(),
            "login_finish" => self.login_finish().await,
            "userinfo" => self.userinfo().await,
            "consent_revoked" => self.consent_revoked(),
            other => self.make_backchannel(other).await,
        }
    }

    async fn authorize_url(&self) -> Attempt<Value> {
        let scopes = needed(self.given.scopes.as_ref(), "scopes")?;
        let login = self.login(&self.clock()?)?;
        let started = async {
            let login = login?;
            let options = self.login_options()?;
            let first = login.start_with(scopes, &options).await?;
            Ok((first, login.start_with(scopes, &options).await?))
        };
        let (first, second) = match started.await {
            Ok(both) => both,
            Err(error) => return Ok(Err(error)),
        };
        check_randomness(&first, &second)?;
        self.described(&first).map(Ok)
    }

    fn login_options(&self) -> Result<LoginOptions, Error> {
        let given = &self.given.options;
        let mut options = LoginOptions::default();
        if let Some(market) = &given.market {
            options = options.market(market.parse()?);
        }
        if let Some(flow) = &given.requested_flow {
            options = options.requested_flow(flow.parse()?);
        }
        if let Some(acr_values) = &given.acr_values {
            options = options.acr_values(acr_values);
        }
        if let Some(uri) = &given.app_callback_uri {
            options = options.app_callback_uri(uri);
        }
        if let Some(is_app) = given.final_redirect_is_app {
            options = options.final_redirect_is_app(is_app);
        }
        Ok(options)
    }

    fn described(&self, request: &LoginRequest) -> Result<Value, String> {
        let (endpoint, query) = parts_of(request.url())?;
        let fixed: Vec<_> = query.into_iter().filter(|(name, _)| !RANDOM.contains(&name.as_str())).collect();
        Ok(json!({ "endpoint": endpoint.replace(&self.base_url()?, "{base_url}"), "query": fixed }))
    }

    fn login_request(&self) -> Attempt<Value> {
        let kept = match &self.given.text {
            Some(text) => text.clone(),
            None => self.kept(self.given.request.as_ref(), "request")?,
        };
        let request = match LoginRequest::from_json(&kept) {
            Ok(request) => request,
            Err(error) => return Ok(Err(error)),
        };
        let again = request.to_json();
        same("a request kept twice", &request, &LoginRequest::from_json(&again).map_err(|error| error.to_string())?)?;
        let stored: Value = serde_json::from_str(&again).map_err(|error| error.to_string())?;
        Ok(Ok(json!({
            "url": request.url(),
            "msn": request.msn().as_str(),
            "redirect_uri": request.redirect_uri(),
            "scopes": request.scopes(),
            "state": request.state(),
            "nonce": request.nonce(),
            "code_verifier": request.code_verifier(),
            "acr_values": request.acr_values(),
            "stored": stored,
        })))
    }

    fn login_callback(&self) -> Attempt<Value> {
        let callback_url = needed(self.given.callback_url.as_ref(), "callback_url")?;
        let code = self.request()?.and_then(|request| request.code(callback_url));
        Ok(code.map(|code| json!({ "code": code.code(), "scopes": code.scopes() })))
    }

    fn login_resume_uri(&self) -> Attempt<Value> {
        let callback_url = needed(self.given.callback_url.as_ref(), "callback_url")?;
        let place = needed(self.given.app_callback_uri.as_ref(), "app_callback_uri")?;
        let resume_uri = self.request()?.and_then(|request| request.resume_uri(place, callback_url));
        Ok(resume_uri.map(|resume_uri| json!({ "resume_uri": resume_uri })))
    }

    async fn login_finish(&self) -> Attempt<Value> {
        let clock = self.clock()?;
        let finished = self.finished(&clock).await?;
        Ok(finished.map(|(_, result)| told(&result, &clock)))
    }

    async fn finished(&self, clock: &ManualClock) -> Attempt<(Login, LoginResult)> {
        let callback_url = needed(self.given.callback_url.as_ref(), "callback_url")?;
        let login = self.login(clock)?;
        let request = self.request()?;
        let finished = async {
            let login = login?;
            let request = request?;
            let result = login.finish(callback_url, &request).await?;
            Ok((login, result))
        };
        Ok(finished.await)
    }

    async fn userinfo(&self) -> Attempt<Value> {
        let clock = self.clock()?;
        let after = Duration::from_secs(self.given.after.unwrap_or_default());
        if self.given.pending.is_some() {
            let polled = self.completed(&clock).await?;
            clock.advance(after);
            return Ok(match polled {
                Ok((phone, result)) => phone.userinfo(&result).await.map(|person| described(&person)),
                Err(error) => Err(error),
            });
        }
        let finished = self.finished(&clock).await?;
        clock.advance(after);
        Ok(match finished {
            Ok((login, result)) => login.userinfo(&result).await.map(|person| described(&person)),
            Err(error) => Err(error),
        })
    }

    fn consent_revoked(&self) -> Attempt<Value> {
        let parsed = UnverifiedConsentRevoked::parse(needed(self.given.text.as_ref(), "text")?);
        Ok(parsed.map(|told| {
            json!({
                "sub": told.claimed_sub(),
                "issued_at": told.claimed_issued_at().map(unix),
                "expires_at": told.claimed_expires_at().map(unix),
            })
        }))
    }

    fn login(&self, clock: &ManualClock) -> Attempt<Login> {
        let redirect_uri = needed(self.given.redirect_uri.as_ref(), "redirect_uri")?;
        Ok(self.merchant(clock)?.and_then(|merchant| merchant.login(redirect_uri)))
    }

    pub(crate) fn merchant(&self, clock: &ManualClock) -> Attempt<Merchant> {
        let msn = needed(self.given.msn.as_ref(), "msn")?;
        Ok(self.partner(clock)?.and_then(|partner| Ok(partner.merchant(msn.parse()?))))
    }

    fn request(&self) -> Attempt<LoginRequest> {
        Ok(LoginRequest::from_json(&self.kept(self.given.request.as_ref(), "request")?))
    }

    /// What an application kept, as text, with the address of the environment the case runs in.
    pub(crate) fn kept(&self, value: Option<&Value>, name: &str) -> Result<String, String> {
        let kept: Value = resolve(self.shared, needed(value, name)?)?;
        Ok(with_base_url(&kept.to_string(), &self.base_url()?))
    }

    fn base_url(&self) -> Result<String, String> {
        let environment: Environment = self.connection.environment.parse().map_err(|error: Error| error.to_string())?;
        Ok(environment.base_url().to_owned())
    }
}

/// What a case can't spell out, since it differs every time.
fn check_randomness(first: &LoginRequest, second: &LoginRequest) -> Result<(), String> {
    for request in [first, second] {
        let (_, query) = parts_of(request.url())?;
        let random = query.into_iter().filter(|(name, _)| RANDOM.contains(&name.as_str()));
        let challenge = digest::digest(&digest::SHA256, request.code_verifier().as_bytes());
        let challenge = URL_SAFE_NO_PAD.encode(challenge);
        let own = [("state", request.state()), ("nonce", request.nonce()), ("code_challenge", &challenge)];
        same(
            "random parameters",
            &own.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            &random.collect(),
        )?;
        ensure(request.state().len() >= 32 && request.nonce().len() >= 32, "state and nonce can be guessed")?;
        ensure((43..=128).contains(&request.code_verifier().len()), "the code verifier can be guessed")?;
        let kept = LoginRequest::from_json(&request.to_json()).map_err(|error| error.to_string())?;
        same("a request that was kept", request, &kept)?;
    }
    let differ = first.state() != second.state()
        && first.nonce() != second.nonce()
        && first.code_verifier() != second.code_verifier();
    ensure(differ, "two requests share what should be random")
}

/// The fields of a query, in order.
type Fields = Vec<(String, String)>;

/// The URL up to its query, and the query.
fn parts_of(url: &str) -> Result<(&str, Fields), String> {
    let (endpoint, query) = url.split_once('?').ok_or("the url has no query")?;
    ensure(!query.contains('+'), "a space in a url is %20")?;
    Ok((endpoint, form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
}

/// A login that went well.
pub(crate) fn told(result: &LoginResult, clock: &ManualClock) -> Value {
    let lifetime = since_epoch(result.access_token().expires_at()).saturating_sub(clock.now().wall);
    json!({
        "sub": result.claims().sub(),
        "msn": result.claims().msn().as_str(),
        "scopes": result.scopes(),
        "asked": result.asked_scopes(),
        "missing": result.missing_scopes(),
        "access_token": result.access_token().secret(),
        "lifetime": lifetime.as_secs(),
    })
}

/// A person, without what was not told.
fn described(person: &Userinfo) -> Value {
    let json: Value = serde_json::from_str(&person.json()).unwrap_or_default();
    let others: Vec<Value> = person.other_addresses().iter().map(address).collect();
    without_nothing([
        ("sub", person.sub().into()),
        ("name", person.name().into()),
        ("given_name", person.given_name().into()),
        ("family_name", person.family_name().into()),
        ("phone_number", person.phone_number().into()),
        ("phone_number_verified", person.phone_number_verified().into()),
        ("email", person.email().into()),
        ("email_verified", person.email_verified().into()),
        ("birthdate", person.birthdate().into()),
        ("gender", person.gender().into()),
        ("nin", person.nin().into()),
        ("address", person.address().as_ref().map_or(Value::Null, address)),
        ("other_addresses", if others.is_empty() { Value::Null } else { others.into() }),
        ("delegated_consents", person.delegated_consents().cloned().unwrap_or_default()),
        ("flow_result", person.flow_result().map_or(Value::Null, typed)),
        ("agreement", person.agreement().map_or(Value::Null, typed)),
        ("json", json),
    ])
}

/// The typed members that have a value; all others are compared with the claims' JSON.
fn typed(claim: impl Serialize) -> Value {
    told_alone(serde_json::to_value(claim).unwrap_or_default())
}

fn told_alone(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(told_alone).collect(),
        Value::Object(members) => {
            let told = members.into_iter().filter(|(name, value)| name != "members" && !value.is_null());
            told.map(|(name, value)| (name, told_alone(value))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

fn address(address: &Address) -> Value {
    without_nothing([
        ("street_address", address.street_address.clone().into()),
        ("postal_code", address.postal_code.clone().into()),
        ("region", address.region.clone().into()),
        ("country", address.country.clone().into()),
        ("formatted", address.formatted.clone().into()),
        ("address_type", address.address_type.clone().into()),
    ])
}

fn without_nothing<const N: usize>(members: [(&str, Value); N]) -> Value {
    let told = members.into_iter().filter(|(_, value)| !value.is_null());
    told.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>().into()
}

fn unix(moment: SystemTime) -> u64 {
    since_epoch(moment).as_secs()
}

pub(crate) fn since_epoch(moment: SystemTime) -> Duration {
    moment.duration_since(UNIX_EPOCH).unwrap_or_default()
}

pub(crate) fn ensure(good: bool, otherwise: &str) -> Result<(), String> {
    if good { Ok(()) } else { Err(otherwise.to_owned()) }
}

pub(crate) fn same<T: PartialEq + Debug>(what: &str, one: &T, other: &T) -> Result<(), String> {
    ensure(one == other, &format!("{what}: {one:?} and {other:?}"))
}
