//! Two lists of sales units, and what differs. Pure.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use super::{SalesUnit, SalesUnitChanges, without_zeros};
use crate::msn::Msn;

/// The MSNs of the list that was asked for last.
#[derive(Default)]
pub(crate) struct KnownUnits(Mutex<Option<Vec<Msn>>>);

impl KnownUnits {
    /// Keeps this list and gives the one before, if there was one.
    pub(super) fn replace(&self, units: &[SalesUnit]) -> Option<Vec<Msn>> {
        let msns = units.iter().map(|unit| unit.msn().clone()).collect();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(msns)
    }
}

/// By what each entry can say: one that was written as a number knows nothing of leading zeros.
pub(super) fn changes(known: &[Msn], units: Vec<SalesUnit>) -> SalesUnitChanges {
    let exact: HashSet<&str> = known.iter().map(Msn::as_str).collect();
    let trimmed: HashSet<&str> = known.iter().map(without_zeros).collect();
    let is_known = |unit: &&SalesUnit| {
        let msn = unit.msn();
        if unit.told.is_number { trimmed.contains(without_zeros(msn)) } else { exact.contains(msn.as_str()) }
    };
    let connected = units.iter().filter(|unit| !is_known(unit)).cloned().collect();
    SalesUnitChanges { connected, gone: gone(known, &units), units }
}

fn gone(known: &[Msn], units: &[SalesUnit]) -> Vec<Msn> {
    let (numbers, texts): (Vec<&SalesUnit>, Vec<&SalesUnit>) = units.iter().partition(|unit| unit.told.is_number);
    let texts: HashSet<&str> = texts.into_iter().map(|unit| unit.msn().as_str()).collect();
    let numbers: HashSet<&str> = numbers.into_iter().map(|unit| without_zeros(unit.msn())).collect();
    let is_there = |msn: &Msn| texts.contains(msn.as_str()) || numbers.contains(without_zeros(msn));
    known.iter().filter(|msn| !is_there(msn)).cloned().collect()
}
