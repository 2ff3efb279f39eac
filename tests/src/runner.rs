//! Runs one case and tells whether the library did what the case says.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use http::HeaderMap;
use serde_json::{Value, json};
use vipps_partner_auth::{
    Clock, Config, Environment, Error, IdTokenClaims, IdTokenVerifier, Keys, ManualClock, Msn, Partner,
};

pub use crate::given::Shared;
use crate::{
    compare,
    given::{Attempt, Given, GivenIdToken, GivenKeys, GivenSystem, resolve},
    vectors::{Case, ExpectedRequest, Reply},
    wire::{Connection, Minted, Wire},
};

/// Runs one case. An error says what was not as the case says, or what of the case this runner does not know.
pub async fn run(case: &Case, shared: &Shared, wire: &dyn Wire) -> Result<(), String> {
    let given: Given = resolve(shared, &case.given)?;
    let steps = case.steps(shared)?.into_iter();
    let (requests, replies): (Vec<ExpectedRequest>, Vec<Reply>) = steps.map(|step| (step.request, step.reply)).unzip();
    let issued = issued(&given, shared, wire)?;
    let replies: Vec<_> = replies.into_iter().map(|reply| filled_in(reply, &issued)).collect();
    let secrets = given.secrets(shared, &replies)?;
    let paths = requests.iter().map(|request| request.path.clone());
    let connection = wire.stage(given.environment.as_deref().unwrap_or("production"), paths.zip(replies).collect());
    let outcome = Call { shared, given: &given, connection, wire }.make(&case.op).await?;
    compare::requests(&requests, &wire.seen())?;
    compare::outcome(&case.result, &outcome, &secrets)
}

/// What stands in replies for `{id_token}` and `{jwks}`.
fn issued(given: &Given, shared: &Shared, wire: &dyn Wire) -> Result<Minted, String> {
    let token: GivenIdToken =
        given.id_token.as_ref().map(|token| resolve(shared, token)).transpose()?.unwrap_or_default();
    let alg = token.alg.as_deref().unwrap_or("RS256");
    if let Some(minted) = token.claims.and_then(|claims| wire.mint(&claims, alg)) {
        return Ok(minted);
    }
    let jwks: Option<Value> = given.jwks.as_ref().map(|jwks| resolve(shared, jwks)).transpose()?;
    Ok(Minted { id_token: token.jwt, jwks: jwks.unwrap_or_default().to_string() })
}

fn filled_in(reply: Reply, issued: &Minted) -> Reply {
    let body = reply.body.replace("{id_token}", &issued.id_token).replace("{jwks}", &issued.jwks);
    Reply { body, ..reply }
}

/// What the library gave back.
pub(crate) type Made = Result<Value, Error>;

/// One call of the library.
pub(crate) struct Call<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) given: &'a Given,
    pub(crate) connection: Connection,
    pub(crate) wire: &'a dyn Wire,
}

impl Call<'_> {
    async fn make(&self, op: &str) -> Attempt<Value> {
        Ok(match op {
            "msn" => self.msn()?,
            "system_info" => self.system_info()?,
            "keys" => self.keys()?.map(|_| json!({})),
            "environment" => self.environment()?,
            "token" => self.token().await?,
            "headers" => self.headers().await?,
            "id_token" => self.id_token().await?,
            other => return self.make_sales_units(other).await,
        })
    }

    fn msn(&self) -> Attempt<Value> {
        let msn = needed(self.given.text.as_ref(), "text")?.parse::<Msn>();
        Ok(msn.map(|msn| json!({ "msn": msn.as_str() })))
    }

    fn system_info(&self) -> Attempt<Value> {
        let given = self.given;
        let system = GivenSystem {
            name: needed(given.name.as_ref(), "name")?.clone(),
            version: needed(given.version.as_ref(), "version")?.clone(),
            plugin_name: given.plugin_name.clone(),
            plugin_version: given.plugin_version.clone(),
        };
        Ok(system.build().map(|system| json!({ "headers": all_headers(&system.headers()) })))
    }

    fn environment(&self) -> Attempt<Value> {
        let environment = needed(self.given.text.as_ref(), "text")?.parse::<Environment>();
        Ok(environment.map(|known| json!({ "base_url": known.base_url(), "issuer": known.issuer() })))
    }

    fn keys(&self) -> Attempt<Keys> {
        let keys: GivenKeys = resolve(self.shared, needed(self.given.keys.as_ref(), "keys")?)?;
        keys.build()
    }

    async fn token(&self) -> Attempt<Value> {
        let clock = self.clock()?;
        Ok(match self.partner(&clock)? {
            Ok(partner) => partner.access_token().await.map(|token| {
                let since_epoch = token.expires_at().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                let lifetime = since_epoch.saturating_sub(clock.now().wall);
                json!({ "token": token.secret(), "lifetime": lifetime.as_secs() })
            }),
            Err(error) => Err(error),
        })
    }

    async fn headers(&self) -> Attempt<Value> {
        let partner = match self.partner(&self.clock()?)? {
            Ok(partner) => partner,
            Err(error) => return Ok(Err(error)),
        };
        let headers = match self.given.msn.as_ref().map(|msn| msn.parse::<Msn>()) {
            None => partner.headers().await,
            Some(Ok(msn)) => partner.merchant(msn).headers().await,
            Some(Err(error)) => Err(error),
        };
        Ok(headers.map(|headers| json!({ "headers": all_headers(&headers) })))
    }

    async fn id_token(&self) -> Attempt<Value> {
        let jwt = needed(self.given.jwt.as_ref(), "jwt")?;
        let expect = match self.given.expect.build()? {
            Ok(expect) => expect,
            Err(error) => return Ok(Err(error)),
        };
        Ok(match self.verifier()? {
            Ok(verifier) => match verifier.verify(jwt, &expect).await {
                Ok(claims) => Ok(json!({ "claims": all_claims(&claims)? })),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        })
    }

    fn verifier(&self) -> Attempt<IdTokenVerifier> {
        let config = match self.config(&self.clock()?)? {
            Ok(config) => config,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(text) = &self.given.jwks_text {
            return Ok(IdTokenVerifier::with_jwks(config, text));
        }
        let Some(jwks) = &self.given.jwks else { return Ok(IdTokenVerifier::new(config)) };
        let jwks: Value = resolve(self.shared, jwks)?;
        Ok(IdTokenVerifier::with_jwks(config, &jwks.to_string()))
    }

    pub(crate) fn partner(&self, clock: &ManualClock) -> Attempt<Partner> {
        let system: GivenSystem = resolve(self.shared, needed(self.given.system.as_ref(), "system")?)?;
        let config = self.config(clock)?;
        Ok(self.keys()?.and_then(|keys| Partner::new(keys, system.build()?, config?)))
    }

    pub(crate) fn clock(&self) -> Result<ManualClock, String> {
        Ok(ManualClock::running_through_sleeps(*needed(self.given.now.as_ref(), "now")?))
    }

    fn config(&self, clock: &ManualClock) -> Attempt<Config> {
        let environment: Environment = self.connection.environment.parse().map_err(|error: Error| error.to_string())?;
        let mut config = Config::from(environment).clock(Arc::new(clock.clone()));
        if let Some(http) = &self.connection.http {
            config = config.http(http.clone());
        }
        if let Some(leeway) = self.given.leeway {
            config = config.leeway(Duration::from_secs(leeway));
        }
        Ok(self.with_settings(config))
    }

    fn with_settings(&self, mut config: Config) -> Result<Config, Error> {
        let settings = &self.given.options;
        if let Some(text) = &settings.basic_encoding {
            config = config.basic_encoding(text.parse()?);
        }
        if let Some(text) = &settings.login_basic_encoding {
            config = config.login_basic_encoding(text.parse()?);
        }
        if let Some(text) = &settings.backchannel_basic_encoding {
            config = config.backchannel_basic_encoding(text.parse()?);
        }
        if let Some(text) = &settings.login_auth_method {
            config = config.login_auth_method(text.parse()?);
        }
        Ok(config)
    }
}

/// Every header; one that is there twice shows as one with two values, which no case expects.
fn all_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (name, value) in headers {
        let value = value.to_str().unwrap_or("not text");
        all.entry(name.to_string())
            .and_modify(|known: &mut String| *known = format!("{known}, {value}"))
            .or_insert(value.to_owned());
    }
    all
}

/// All claims, each of which must be the same when it is asked for alone; with the two that have a typed reading in the
/// form in which they are read.
fn all_claims(claims: &IdTokenClaims) -> Result<Value, String> {
    let mut all: Value = serde_json::from_str(claims.json()).map_err(|error| error.to_string())?;
    let members = all.as_object().ok_or("the claims are no object")?;
    if let Some((name, _)) = members.iter().find(|(name, value)| claims.claim::<Value>(name).as_ref() != Some(*value)) {
        return Err(format!("the claim {name} is another when it is asked for alone"));
    }
    all["sub"] = claims.sub().into();
    all["msn"] = claims.msn().as_str().into();
    Ok(all)
}

pub(crate) fn needed<'a, T>(value: Option<&'a T>, name: &str) -> Result<&'a T, String> {
    value.ok_or_else(|| format!("given lacks {name}"))
}
