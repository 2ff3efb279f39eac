//! What a case gives to a call, and the library's own types made of it.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use vipps_partner_auth::{Error, Expect, Flow, Keys, PartnerKeys, PspKeys, SalesUnitKeys, SpecializedKeys, SystemInfo};

use crate::vectors::Reply;

/// What the library said, or why it could not be asked: the case is not understood.
pub(crate) type Attempt<T> = Result<Result<T, Error>, String>;

/// `given` of every op; each op reads what it needs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    pub(crate) text: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) plugin_name: Option<String>,
    pub(crate) plugin_version: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) keys: Option<Value>,
    pub(crate) system: Option<Value>,
    pub(crate) now: Option<u64>,
    #[serde(default)]
    pub(crate) options: Settings,
    pub(crate) msn: Option<String>,
    pub(crate) jwks: Option<Value>,
    pub(crate) jwks_text: Option<String>,
    pub(crate) jwt: Option<String>,
    pub(crate) leeway: Option<u64>,
    #[serde(default)]
    pub(crate) expect: Expected,
    pub(crate) id_token: Option<Value>,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) request: Option<Value>,
    pub(crate) callback_url: Option<String>,
    pub(crate) app_callback_uri: Option<String>,
    pub(crate) pending: Option<Value>,
    pub(crate) login_hint: Option<String>,
    pub(crate) msisdn: Option<String>,
    pub(crate) timeout: Option<u64>,
    pub(crate) after: Option<u64>,
    pub(crate) secrets: Option<Value>,
    pub(crate) public_host: Option<String>,
    pub(crate) tolerance: Option<u64>,
    pub(crate) method: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) headers: Option<Vec<(String, String)>>,
    pub(crate) body: Option<String>,
    pub(crate) body_base64: Option<String>,
    pub(crate) webhook_id: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) scheme: Option<String>,
    pub(crate) business: Option<String>,
    pub(crate) known: Option<Vec<String>>,
}

/// What can be set: some of it for the whole partner, some for one login.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) basic_encoding: Option<String>,
    pub(crate) login_basic_encoding: Option<String>,
    pub(crate) backchannel_basic_encoding: Option<String>,
    pub(crate) login_auth_method: Option<String>,
    pub(crate) market: Option<String>,
    pub(crate) acr_values: Option<String>,
    pub(crate) requested_flow: Option<String>,
    pub(crate) app_callback_uri: Option<String>,
    pub(crate) final_redirect_is_app: Option<bool>,
    pub(crate) binding_message: Option<String>,
    pub(crate) requested_expiry: Option<u64>,
    pub(crate) redirect_uri: Option<String>,
}

/// The ID token of a login's reply.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenIdToken {
    /// Signed by a key of `tests/keys` for the case's own environment.
    pub(crate) jwt: String,
    /// What it says, where a server of another address may issue one that says the same.
    pub(crate) claims: Option<Map<String, Value>>,
    pub(crate) alg: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) msn: Option<String>,
    pub(crate) flow: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) access_token: Option<String>,
    pub(crate) acr: Option<String>,
    pub(crate) auth_req_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenKeys {
    pub(crate) r#type: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) subscription_key: Option<String>,
    pub(crate) second_subscription_key: Option<String>,
    pub(crate) msn: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) psp_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenSystem {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) plugin_name: Option<String>,
    pub(crate) plugin_version: Option<String>,
}

impl Given {
    /// What must never stand in an error. Values too short to be found by chance are left out.
    pub(crate) fn secrets(&self, shared: &Shared, replies: &[Reply]) -> Result<Vec<String>, String> {
        let keys: Option<GivenKeys> = self.keys.as_ref().map(|keys| resolve(shared, keys)).transpose()?;
        let of_keys = keys.map(|keys| [Some(keys.client_secret), keys.subscription_key, keys.second_subscription_key]);
        let of_tokens = [self.jwt.clone(), self.expect.access_token.clone()];
        let of_hint = self.login_hint.as_deref().and_then(|hint| hint.rsplit(':').next());
        let of_person = [of_hint.map(str::to_owned), self.msisdn.clone()];
        let all = of_keys.into_iter().flatten().chain(of_tokens).chain(of_person).flatten();
        let of_webhooks: Option<Vec<(String, String)>> =
            self.secrets.as_ref().map(|secrets| resolve(shared, secrets)).transpose()?;
        let of_webhooks = of_webhooks.into_iter().flatten().map(|(_, secret)| secret);
        let all = all.chain(of_webhooks);
        let all = all.chain(self.secrets_of_login(shared)?).chain(replies.iter().flat_map(tokens));
        Ok(all.filter(|secret| secret.len() >= 8).collect())
    }

    fn secrets_of_login(&self, shared: &Shared) -> Result<Vec<String>, String> {
        let kept: Vec<Value> = [&self.request, &self.pending]
            .into_iter()
            .flatten()
            .map(|kept| resolve(shared, kept))
            .collect::<Result<_, _>>()?;
        let names = ["code_verifier", "state", "nonce", "auth_req_id"];
        let of_kept = kept.iter().flat_map(|kept| texts(kept, &names)).collect::<Vec<_>>();
        let query = self.callback_url.as_deref().and_then(|url| url.split_once('?')).map_or("", |(_, query)| query);
        let of_callback =
            form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "code" || name == "state");
        Ok(of_kept.into_iter().chain(of_callback.map(|(_, value)| value.into_owned())).collect())
    }
}

fn tokens(reply: &Reply) -> Vec<String> {
    let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    texts(&body, &["access_token", "id_token"])
}

fn texts(object: &Value, names: &[&str]) -> Vec<String> {
    names.iter().filter_map(|name| object.get(name)?.as_str().map(str::to_owned)).collect()
}

impl GivenKeys {
    pub(crate) fn build(self) -> Attempt<Keys> {
        Ok(match self.r#type.as_str() {
            "partner" => self.partner(),
            "sales_unit" => self.sales_unit(),
            "specialized" => self.specialized(),
            "psp" => self.psp(),
            unknown => return Err(format!("unknown type of keys {unknown}")),
        })
    }

    fn partner(self) -> Result<Keys, Error> {
        let keys = PartnerKeys::new(self.client_id, self.client_secret, self.subscription_key.unwrap_or_default())?;
        Ok(match self.second_subscription_key {
            Some(second) => keys.with_second_subscription_key(second)?.into(),
            None => keys.into(),
        })
    }

    fn sales_unit(self) -> Result<Keys, Error> {
        let (subscription_key, msn) =
            (self.subscription_key.unwrap_or_default(), self.msn.unwrap_or_default().parse()?);
        let keys = SalesUnitKeys::new(self.client_id, self.client_secret, subscription_key, msn)?;
        Ok(match self.second_subscription_key {
            Some(second) => keys.with_second_subscription_key(second)?.into(),
            None => keys.into(),
        })
    }

    fn psp(self) -> Result<Keys, Error> {
        let subscription_key = self.subscription_key.unwrap_or_default();
        let keys = PspKeys::new(self.client_id, self.client_secret, subscription_key, self.psp_id.unwrap_or_default())?;
        Ok(match self.second_subscription_key {
            Some(second) => keys.with_second_subscription_key(second)?.into(),
            None => keys.into(),
        })
    }

    fn specialized(self) -> Result<Keys, Error> {
        let keys = SpecializedKeys::new(self.client_id, self.client_secret)?;
        Ok(match self.scope {
            Some(scope) => keys.with_scope(&scope)?.into(),
            None => keys.into(),
        })
    }
}

impl GivenSystem {
    pub(crate) fn build(self) -> Result<SystemInfo, Error> {
        SystemInfo::from_parts(self.name, self.version, self.plugin_name, self.plugin_version)
    }
}

impl Expected {
    pub(crate) fn build(&self) -> Attempt<Expect> {
        let flow = self.flow.as_deref().map_or(Ok(Flow::Browser), str::parse);
        let mut expect = Expect::default().flow(flow.map_err(|error| error.to_string())?);
        if let Some(msn) = &self.msn {
            match msn.parse() {
                Ok(msn) => expect = expect.msn(msn),
                Err(error) => return Ok(Err(error)),
            }
        }
        if let Some(nonce) = &self.nonce {
            expect = expect.nonce(nonce);
        }
        if let Some(client_id) = &self.client_id {
            expect = expect.client_id(client_id);
        }
        if let Some(access_token) = &self.access_token {
            expect = expect.access_token(access_token);
        }
        if let Some(acr) = &self.acr {
            expect = expect.acr(acr);
        }
        if let Some(auth_req_id) = &self.auth_req_id {
            expect = expect.auth_req_id(auth_req_id);
        }
        Ok(Ok(expect))
    }
}

/// The `shared` member of a file.
pub type Shared = BTreeMap<String, Value>;

/// A value, or the value of `shared` that a text names.
pub(crate) fn resolve<T: DeserializeOwned>(shared: &Shared, value: &Value) -> Result<T, String> {
    let value = match value.as_str() {
        Some(name) => shared.get(name).ok_or_else(|| format!("shared lacks {name}"))?,
        None => value,
    };
    T::deserialize(value).map_err(|error| error.to_string())
}
