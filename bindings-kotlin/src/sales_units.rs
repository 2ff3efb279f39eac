//! What Vipps tells of sales units, and whether a merchant is ready to be served.

use std::collections::HashMap;

use vipps_partner_auth::{
    CheckFinding, CheckOutcome, Error, MerchantCheck, Msn, SalesUnit, SalesUnitChanges, SalesUnitState, SalesUnitStatus,
};

/// One sales unit.
#[derive(Debug, Clone, uniffi::Record)]
pub struct SalesUnitParts {
    /// Its merchant serial number.
    pub msn: String,
    /// The name that people read.
    pub name: Option<String>,
    /// Whether it is active, where the reply says so.
    pub active: Option<bool>,
    /// The members that are true or false.
    pub flags: HashMap<String, bool>,
    /// All members, as JSON.
    pub json: String,
}

/// Whether keys can act for a sales unit.
#[derive(Debug, Clone, Copy, uniffi::Enum)]
pub enum SalesUnitStateParts {
    /// They can.
    Connected,
    /// Not connected to this partner, or not active.
    NotConnected,
    /// The reply itself says that it is not active.
    Inactive,
}

/// What Vipps answers about one sales unit.
#[derive(Debug, Clone, uniffi::Record)]
pub struct SalesUnitStatusParts {
    /// The sales unit that was asked about.
    pub msn: String,
    /// The answer.
    pub state: SalesUnitStateParts,
    /// What Vipps says of it.
    pub unit: Option<SalesUnitParts>,
}

/// A list of sales units beside the MSNs that were known.
#[derive(Debug, Clone, uniffi::Record)]
pub struct SalesUnitChangesParts {
    /// All there are now.
    pub units: Vec<SalesUnitParts>,
    /// Those of them that were not known.
    pub connected: Vec<SalesUnitParts>,
    /// Those that were known and are there no more.
    pub gone: Vec<String>,
}

/// One word for each answer of a check.
#[derive(Debug, Clone, Copy, uniffi::Enum)]
pub enum CheckOutcomeParts {
    /// As it should be.
    Good,
    /// Somebody must change something.
    Bad,
    /// It can't be told now, or not from here.
    Unknown,
}

/// The answer to one question of a check.
#[derive(Debug, Clone, uniffi::Record)]
pub struct CheckFindingParts {
    /// In one word.
    pub outcome: CheckOutcomeParts,
    /// In words.
    pub detail: String,
    /// The code of the error, where something went wrong.
    pub code: Option<String>,
    /// Its likely cause.
    pub hint: Option<String>,
    /// Its whole text.
    pub error: Option<String>,
}

/// What a check found.
#[derive(Debug, Clone, uniffi::Record)]
pub struct MerchantCheckParts {
    /// Whose.
    pub msn: String,
    /// Whether nothing is wrong, as far as could be told.
    pub is_good: bool,
    /// Whether Vipps takes the keys.
    pub token: CheckFindingParts,
    /// Whether the clocks agree.
    pub clock: CheckFindingParts,
    /// Whether the sales unit is connected.
    pub connected: CheckFindingParts,
    /// Whether Login takes the keys for this merchant.
    pub login: CheckFindingParts,
    /// How many whole seconds the clock of Vipps is ahead.
    pub clock_difference: Option<i64>,
    /// What the Management API says of the sales unit.
    pub sales_unit: Option<SalesUnitStatusParts>,
}

pub(crate) fn units(units: &[SalesUnit]) -> Vec<SalesUnitParts> {
    units.iter().map(SalesUnitParts::from).collect()
}

impl From<&SalesUnit> for SalesUnitParts {
    fn from(unit: &SalesUnit) -> Self {
        Self {
            msn: unit.msn().to_string(),
            name: unit.name().map(str::to_owned),
            active: unit.active(),
            flags: unit.flags().into_iter().map(|(name, flag)| (name.to_owned(), flag)).collect(),
            json: unit.json(),
        }
    }
}

impl From<&SalesUnitStatus> for SalesUnitStatusParts {
    fn from(status: &SalesUnitStatus) -> Self {
        let state = match status.state() {
            SalesUnitState::Connected => SalesUnitStateParts::Connected,
            SalesUnitState::NotConnected => SalesUnitStateParts::NotConnected,
            SalesUnitState::Inactive => SalesUnitStateParts::Inactive,
        };
        Self { msn: status.msn().to_string(), state, unit: status.unit().map(SalesUnitParts::from) }
    }
}

impl From<SalesUnitChanges> for SalesUnitChangesParts {
    fn from(changes: SalesUnitChanges) -> Self {
        Self {
            units: units(&changes.units),
            connected: units(&changes.connected),
            gone: changes.gone.iter().map(Msn::to_string).collect(),
        }
    }
}

impl From<&CheckFinding> for CheckFindingParts {
    fn from(finding: &CheckFinding) -> Self {
        let outcome = match finding.outcome {
            CheckOutcome::Good => CheckOutcomeParts::Good,
            CheckOutcome::Bad => CheckOutcomeParts::Bad,
            CheckOutcome::Unknown => CheckOutcomeParts::Unknown,
        };
        let error = finding.error.as_ref();
        Self {
            outcome,
            detail: finding.detail.clone().into_owned(),
            code: error.map(|error| error.code().to_owned()),
            hint: error.and_then(Error::hint).map(str::to_owned),
            error: error.map(Error::to_string),
        }
    }
}

impl From<MerchantCheck> for MerchantCheckParts {
    fn from(check: MerchantCheck) -> Self {
        Self {
            msn: check.msn.to_string(),
            is_good: check.is_good(),
            token: (&check.token).into(),
            clock: (&check.clock).into(),
            connected: (&check.connected).into(),
            login: (&check.login).into(),
            clock_difference: check.clock_difference,
            sales_unit: check.sales_unit.as_ref().map(SalesUnitStatusParts::from),
        }
    }
}
