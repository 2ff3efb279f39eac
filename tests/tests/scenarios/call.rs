//! A call as a scenario describes it, and what a client makes of it.

use std::{collections::BTreeMap, time::Duration};

use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value};
use vipps_partner_auth::{BoxFuture, Caller, Error, Merchant};

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// A client with the adapter in it.
pub(crate) trait Client: Sized {
    /// Of a scenario with several outcomes, by its id: the one that this client must have.
    const OUTCOMES: &'static [(&'static str, &'static str)];

    fn make(caller: Caller, hooks: Vec<Hook>, follow: bool) -> Outcome<Self>;

    /// Makes a call and reads the reply to its end.
    fn send(&self, call: Call) -> BoxFuture<'_, Outcome<Reply>>;

    /// `timeout` or `failed`.
    fn family(error: &Failure) -> &'static str;

    /// This library's error in the client's.
    fn ours(error: &Failure) -> Option<&Error>;
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    #[serde(rename = "do")]
    _what: String,
    pub(crate) method: String,
    path: Option<String>,
    url: Option<String>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Option<Body>,
    pub(crate) auth: Option<Basic>,
    merchant: Option<String>,
    #[serde(default)]
    follow: bool,
    limit: Option<u64>,
    pub(crate) abort: Option<Abort>,
    /// The merchant by its number.
    #[serde(skip)]
    pub(crate) caller: Option<Merchant>,
    #[serde(skip)]
    pub(crate) address: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Text,
    Bytes,
    Json,
    Form,
    Multipart,
    File,
    Generator,
    Stream,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Basic {
    pub(crate) username: String,
    pub(crate) password: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Abort {
    Before,
    TokenRequest,
}

impl Call {
    /// The step with all that it names.
    pub(crate) fn read(
        step: &Value,
        fill_in: impl Fn(&str) -> String,
        base_url: &str,
        shop: impl Fn(&str) -> Outcome<Merchant>,
    ) -> Outcome<Self> {
        let mut call: Self = serde_json::from_value(step.clone())?;
        call.address = match (&call.url, &call.path) {
            (Some(url), _) => fill_in(url),
            (None, Some(path)) => format!("{base_url}{path}"),
            (None, None) => return Err("a call to nowhere".into()),
        };
        call.caller = call.merchant.as_deref().map(shop).transpose()?;
        Ok(call)
    }

    pub(crate) fn follows(step: &Value) -> bool {
        serde_json::from_value(step.clone()).is_ok_and(|call: Self| call.follow)
    }

    /// Longer than the scenario says: on a busy machine a call must get as far as it means. What hangs, hangs for ever.
    pub(crate) fn limit(&self) -> Option<Duration> {
        self.limit.map(|limit| Duration::from_millis(limit * 2))
    }
}

/// What a hook does with a request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hook {
    pub(crate) when: When,
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    delete: Vec<String>,
    #[serde(default)]
    add_to_json: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    Before,
    After,
}

impl Hook {
    pub(crate) fn change(&self, headers: &mut HeaderMap) -> Outcome {
        for name in &self.delete {
            headers.remove(name.as_str());
        }
        for (name, value) in &self.set {
            headers.insert(http::HeaderName::try_from(name.as_str())?, value.parse()?);
        }
        Ok(())
    }

    /// The body as the hook makes it; `None` where it leaves it as it is.
    pub(crate) fn body(&self, bytes: &[u8]) -> Outcome<Option<Vec<u8>>> {
        if self.add_to_json.is_empty() {
            return Ok(None);
        }
        let mut object: Map<String, Value> = serde_json::from_slice(bytes)?;
        object.extend(self.add_to_json.clone());
        Ok(Some(serde_json::to_vec(&object)?))
    }
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}
