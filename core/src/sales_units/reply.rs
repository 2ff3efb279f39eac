//! What the Management API replies. Pure.

use serde_json::{Map, Value};

use super::{SalesUnit, SalesUnitState, SalesUnitStatus, ToldMsn};
use crate::{
    error::{Error, Result},
    json::Document,
    management::Asked,
    msn::Msn,
};

/// A list: an array, or an object with one in a member that is known to hold it. One odd entry costs that entry.
pub(super) fn units(asked: &Asked) -> Result<Vec<SalesUnit>> {
    asked.read(|body| {
        let entries = entries(Document::read_for_all(body).into_value());
        let entries = entries.ok_or_else(|| Error::protocol("the reply holds no list of sales units"))?;
        let told = entries.len();
        let units: Vec<_> = entries.into_iter().filter_map(SalesUnit::read).collect();
        if units.is_empty() && told > 0 {
            return Err(Error::protocol("no entry of the list of sales units holds an msn"));
        }
        Ok(units)
    })
}

/// One sales unit, or that there is none.
pub(super) fn status(asked: &Asked, msn: &Msn) -> Result<SalesUnitStatus> {
    if asked.says_not_found() || asked.says_invalid_msn() {
        return Ok(SalesUnitStatus { msn: msn.clone(), state: SalesUnitState::NotConnected, unit: None });
    }
    let unit = asked.read(|body| {
        let members = Document::read_for_all(body).into_object();
        let members = members.ok_or_else(|| Error::protocol("the reply about a sales unit is not a json object"))?;
        SalesUnit::about(msn, members)
    })?;
    let state = if unit.active() == Some(false) { SalesUnitState::Inactive } else { SalesUnitState::Connected };
    Ok(SalesUnitStatus { msn: msn.clone(), state, unit: Some(unit) })
}

fn entries(reply: Value) -> Option<Vec<Value>> {
    match reply {
        Value::Array(entries) => Some(entries),
        Value::Object(mut members) => {
            let lists = ["items", "salesUnits"].into_iter().filter_map(|name| members.remove(name));
            lists.into_iter().find_map(|list| match list {
                Value::Array(entries) => Some(entries),
                _ => None,
            })
        }
        _ => None,
    }
}

impl SalesUnit {
    fn read(entry: Value) -> Option<Self> {
        let Value::Object(members) = entry else { return None };
        let told = ToldMsn::read(members.get("msn")?)?;
        Some(Self { told, members })
    }

    /// The reply need not repeat what was asked for, and must not say anything else.
    fn about(msn: &Msn, members: Map<String, Value>) -> Result<Self> {
        let told = members.get("msn").and_then(ToldMsn::read);
        if told.is_some_and(|told| !told.is_for(msn)) {
            return Err(Error::protocol("the reply is about another sales unit than was asked for"));
        }
        Ok(Self { told: ToldMsn { msn: msn.clone(), is_number: false }, members })
    }
}

impl ToldMsn {
    /// A number in Vipps' samples, though all else takes text.
    fn read(told: &Value) -> Option<Self> {
        let (text, is_number) = match told {
            Value::String(text) => (text.clone(), false),
            Value::Number(number) => (format!("{:04}", number.as_u64()?), true),
            _ => return None,
        };
        Some(Self { msn: text.parse().ok()?, is_number })
    }
}
