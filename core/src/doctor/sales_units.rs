//! Whether the keys can act for the merchants they are meant for.

use super::{DoctorOptions, report::Findings};
use crate::{
    check::{CheckFinding, CheckOutcome},
    error::Error,
    keys::Keys,
    msn::Msn,
    partner::Partner,
};

const NOT_CONNECTED: &str =
    "check the MSN; the merchant connects the sales unit to the partner in the portal at business.vippsmobilepay.com";

pub(super) async fn look(partner: &Partner, options: &DoctorOptions, findings: &mut Findings) {
    let own = match &*partner.inner().provider.keys() {
        Keys::SalesUnit(keys) => Some(keys.msn().clone()),
        _ => None,
    };
    let msns = if options.msns.is_empty() { own.into_iter().collect() } else { options.msns.clone() };
    for msn in &msns {
        one(partner, msn, findings).await;
    }
    if msns.is_empty() && matches!(&*partner.inner().provider.keys(), Keys::Partner(_)) {
        all(partner, findings).await;
    }
}

async fn one(partner: &Partner, msn: &Msn, findings: &mut Findings) {
    let check = match partner.check(msn.clone()).await {
        Ok(check) => check,
        Err(error) => return findings.error("sales_unit", &error),
    };
    told("sales_unit", msn, &check.connected, NOT_CONNECTED, findings);
    told("login", msn, &check.login, "look at Login in the sales unit's settings in the portal", findings);
}

fn told(check: &'static str, msn: &Msn, found: &CheckFinding, cure: &str, findings: &mut Findings) {
    let detail = format!("{msn}: {}", found.detail);
    let hint = found.error.as_ref().and_then(Error::hint).unwrap_or(cure);
    match found.outcome {
        CheckOutcome::Good => findings.ok(check, detail),
        CheckOutcome::Bad => findings.fault(check, detail, hint),
        CheckOutcome::Unknown => findings.warn(check, detail, hint),
    }
}

async fn all(partner: &Partner, findings: &mut Findings) {
    match partner.sales_units().await {
        Ok(units) if units.is_empty() => {
            findings.warn("sales_units", "no sales unit is connected to these keys", NOT_CONNECTED);
        }
        Ok(units) => {
            let inactive = units.iter().filter(|unit| unit.active() == Some(false)).count();
            let detail =
                format!("sales units connected to these keys: {}, inactive ones among them: {inactive}", units.len());
            findings.ok("sales_units", detail);
        }
        Err(error) => findings.error("sales_units", &error),
    }
}
