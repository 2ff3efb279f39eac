//! Sales units, as Vipps' Management API tells of them.

mod changes;
mod reply;

use std::{collections::BTreeMap, future::Future};

use serde::{Serialize, Serializer, de::DeserializeOwned, ser::SerializeStruct};
use serde_json::{Map, Value};

pub(crate) use self::changes::KnownUnits;
use self::changes::changes;
use crate::{
    environment::Environment,
    error::{Error, Result},
    event::Event,
    keys::Keys,
    management::Asked,
    msn::Msn,
    partner::{Inner, Partner},
};

/// One sales unit. Its MSN is read; all other members are as Vipps sent them, since its documents show few: ask for one by
/// name with [`member`](Self::member), or see them all in [`json`](Self::json).
///
/// Serialized (`serde`) it has `msn`, `name`, `active`, `flags`, and all that Vipps sent as `members`.
#[derive(Clone, PartialEq, derive_more::Debug)]
#[debug("SalesUnit {{ msn: {:?}, name: {:?}, .. }}", self.msn(), self.name())]
pub struct SalesUnit {
    told: ToldMsn,
    members: Map<String, Value>,
}

/// An MSN as a reply tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ToldMsn {
    msn: Msn,
    /// It was written as a number, which has no leading zeros.
    is_number: bool,
}

/// What Vipps answers about one sales unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SalesUnitStatus {
    msn: Msn,
    state: SalesUnitState,
    unit: Option<SalesUnit>,
}

/// Whether these keys can act for a sales unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SalesUnitState {
    /// They can.
    Connected,
    /// Vipps knows no such sales unit of these keys: not connected to this partner, or deactivated, which it answers alike.
    NotConnected,
    /// The reply itself says that it is not active.
    Inactive,
}

/// A list of sales units beside an earlier one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SalesUnitChanges {
    /// All there are now.
    pub units: Vec<SalesUnit>,
    /// Those of them that were not known.
    pub connected: Vec<SalesUnit>,
    /// Those that were known and are there no more.
    pub gone: Vec<Msn>,
}

impl Partner {
    /// The sales units that these keys can act for: with partner keys those of all merchants connected to the partner, with
    /// sales unit keys that one. The whole list at once: Vipps documents no pages.
    ///
    /// From the second call on, what differs from the list before is told as [`Event::MerchantConnected`] and
    /// [`Event::MerchantGone`]. For a list that outlives the process see [`sales_unit_changes`](Self::sales_unit_changes).
    ///
    /// `InvalidConfig`, field `environment` in the test environment, which has no Management API, and field `keys` with
    /// specialized keys; otherwise fails as [`headers`](Self::headers) does, and `Forbidden` where the keys are not for
    /// the Management API.
    ///
    /// Source: `GET /management/v1/sales-units`.
    pub async fn sales_units(&self) -> Result<Vec<SalesUnit>> {
        self.run(|partner| async move { partner.listed().await }).await
    }

    /// The same list, compared with the MSNs that your records hold: what is new, and what is gone. Tells both as events.
    pub async fn sales_unit_changes(&self, known: &[Msn]) -> Result<SalesUnitChanges> {
        let known = known.to_vec();
        self.run(|partner| async move { partner.compared(&known).await }).await
    }

    /// Whether these keys can act for one sales unit, and what Vipps says of it. Fails as [`sales_units`](Self::sales_units)
    /// does; that there is no such sales unit is an answer and no error.
    ///
    /// The page of a firewall or proxy is an error, whatever its status: it says nothing of the MSN.
    ///
    /// Source: `GET /management/v1/sales-units/{msn}`.
    pub async fn sales_unit(&self, msn: Msn) -> Result<SalesUnitStatus> {
        self.run(|partner| async move { partner.inner().sales_unit(&msn).await }).await
    }

    /// The sales units of one merchant that these keys can act for, by its number in a register of businesses, such as
    /// `NO:ORG` and nine digits. None is an empty list. Fails as [`sales_units`](Self::sales_units) does, and with
    /// `InvalidConfig`, field `scheme` or `id`, for what can't be one.
    ///
    /// Source: `GET /management/v1/merchants/{scheme}/{id}/sales-units`.
    pub async fn sales_units_of(&self, scheme: &str, id: &str) -> Result<Vec<SalesUnit>> {
        let path = format!("/merchants/{}/{}/sales-units", checked_scheme(scheme)?, checked_id(id)?);
        self.run(|partner| async move { partner.inner().sales_units_at(&path).await }).await
    }

    async fn listed(&self) -> Result<Vec<SalesUnit>> {
        let units = reply::units(&self.inner().ask_management("/sales-units").await?)?;
        if let Some(known) = self.inner().known_units.replace(&units) {
            self.tell_changes(&changes(&known, units.clone()));
        }
        Ok(units)
    }

    async fn compared(&self, known: &[Msn]) -> Result<SalesUnitChanges> {
        let units = reply::units(&self.inner().ask_management("/sales-units").await?)?;
        self.inner().known_units.replace(&units);
        let changes = changes(known, units);
        self.tell_changes(&changes);
        Ok(changes)
    }

    fn tell_changes(&self, changes: &SalesUnitChanges) {
        for unit in &changes.connected {
            self.inner().events.tell(Event::MerchantConnected { msn: unit.msn().clone() });
        }
        for msn in &changes.gone {
            self.inner().events.tell(Event::MerchantGone { msn: msn.clone() });
        }
    }

    /// Runs work on the library's own thread, for as long as the caller waits for it.
    pub(crate) async fn run<T, F>(&self, work: impl FnOnce(Self) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.inner().provider.executor().run(work(self.clone())).await
    }
}

impl Inner {
    pub(crate) async fn sales_unit(&self, msn: &Msn) -> Result<SalesUnitStatus> {
        let asked = self.ask_management(&format!("/sales-units/{msn}")).await?;
        let status = reply::status(&asked, msn)?;
        if status.is_connected() {
            self.standing.worked(msn);
        }
        Ok(status)
    }

    async fn sales_units_at(&self, path: &str) -> Result<Vec<SalesUnit>> {
        let asked = self.ask_management(path).await?;
        if asked.says_not_found() { Ok(Vec::new()) } else { reply::units(&asked) }
    }

    async fn ask_management(&self, path: &str) -> Result<Asked> {
        if matches!(*self.provider.keys(), Keys::Specialized(_) | Keys::Psp(_)) {
            return Err(Error::breaks_rule(
                "keys",
                "do not reach the Management API: it takes partner or sales unit keys",
            ));
        }
        if self.environment == Environment::Test {
            return Err(Error::breaks_rule("environment", "has no Management API: it exists in production only"));
        }
        self.ask(&format!("/management/v1{path}")).await
    }
}

/// Registers have short names, such as `NO:ORG`.
fn checked_scheme(scheme: &str) -> Result<&str> {
    let is_scheme = is_made_of(scheme, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_'));
    if is_scheme {
        return Ok(scheme);
    }
    Err(Error::breaks_rule("scheme", "must be the name of a register of businesses, such as NO:ORG").with_value(scheme))
}

fn checked_id(id: &str) -> Result<&str> {
    if is_made_of(id, |byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Ok(id);
    }
    let rule =
        "must be the number of a business, of letters, digits and hyphens without white space, such as 987654321";
    Err(Error::breaks_rule("id", rule).with_value(id))
}

const LONGEST_NUMBER: usize = 50;

fn is_made_of(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    (1..=LONGEST_NUMBER).contains(&text.len()) && text.bytes().all(allowed)
}

impl SalesUnit {
    /// Its merchant serial number. Where Vipps writes it as a JSON number, leading zeros are lost: it is filled up to the
    /// four digits that the shortest MSN has. [`Partner::sales_unit_changes`] looks past that.
    pub fn msn(&self) -> &Msn {
        &self.told.msn
    }

    /// The name that people read.
    pub fn name(&self) -> Option<&str> {
        self.members.get("name")?.as_str().filter(|name| !name.is_empty())
    }

    /// Whether it is active, where the reply says so.
    pub fn active(&self) -> Option<bool> {
        self.members.get("active")?.as_bool()
    }

    /// The members that are true or false, by name.
    pub fn flags(&self) -> BTreeMap<&str, bool> {
        self.members.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_bool()?))).collect()
    }

    /// Any member, read as `T`; `None` when it is absent or of another type.
    pub fn member<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.members.get(name)?).ok()
    }

    /// All members as JSON, as Vipps sent them. What not every language can hold is a text, as with
    /// [`Userinfo::json`](crate::Userinfo::json).
    pub fn json(&self) -> String {
        // Parsed from JSON, so it can be written as JSON.
        serde_json::to_string(&self.members).unwrap_or_default()
    }
}

impl Serialize for SalesUnit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut unit = serializer.serialize_struct("SalesUnit", 5)?;
        unit.serialize_field("msn", self.msn())?;
        unit.serialize_field("name", &self.name())?;
        unit.serialize_field("active", &self.active())?;
        unit.serialize_field("flags", &self.flags())?;
        unit.serialize_field("members", &self.members)?;
        unit.end()
    }
}

impl ToldMsn {
    fn is_for(&self, msn: &Msn) -> bool {
        if self.is_number { without_zeros(&self.msn) == without_zeros(msn) } else { self.msn == *msn }
    }
}

fn without_zeros(msn: &Msn) -> &str {
    msn.as_str().trim_start_matches('0')
}

impl SalesUnitStatus {
    /// The sales unit that was asked about.
    pub fn msn(&self) -> &Msn {
        &self.msn
    }

    /// The answer.
    pub fn state(&self) -> SalesUnitState {
        self.state
    }

    /// Whether the keys can act for it.
    pub fn is_connected(&self) -> bool {
        self.state == SalesUnitState::Connected
    }

    /// What Vipps says of it, where there is one.
    pub fn unit(&self) -> Option<&SalesUnit> {
        self.unit.as_ref()
    }
}

impl SalesUnitState {
    /// `connected`, `not_connected` or `inactive`: the same text in every language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::NotConnected => "not_connected",
            Self::Inactive => "inactive",
        }
    }
}
