//! The ops of sales units.

use serde_json::{Map, Value, json};
use vipps_partner_auth::{Error, MerchantCheck, Msn, Partner};

use crate::{
    given::Attempt,
    runner::{Call, needed},
};

impl Call<'_> {
    pub(crate) async fn make_sales_units(&self, op: &str) -> Attempt<Value> {
        match op {
            "sales_units" => self.sales_units().await,
            "sales_units_of" => self.sales_units_of().await,
            "sales_unit" => self.sales_unit().await,
            "sales_unit_changes" => self.sales_unit_changes().await,
            "check" => self.check().await,
            other => self.make_login(other).await,
        }
    }

    async fn sales_units(&self) -> Attempt<Value> {
        Ok(match self.partner(&self.clock()?)? {
            Ok(partner) => partner.sales_units().await.map(|units| json!({ "units": units })),
            Err(error) => Err(error),
        })
    }

    async fn sales_units_of(&self) -> Attempt<Value> {
        let scheme = needed(self.given.scheme.as_ref(), "scheme")?;
        let business = needed(self.given.business.as_ref(), "business")?;
        Ok(match self.partner(&self.clock()?)? {
            Ok(partner) => partner.sales_units_of(scheme, business).await.map(|units| json!({ "units": units })),
            Err(error) => Err(error),
        })
    }

    async fn sales_unit(&self) -> Attempt<Value> {
        Ok(match self.partner_and_msn()? {
            Ok((partner, msn)) => partner.sales_unit(msn).await.map(|status| json!(status)),
            Err(error) => Err(error),
        })
    }

    async fn sales_unit_changes(&self) -> Attempt<Value> {
        let known = needed(self.given.known.as_ref(), "known")?;
        let known: Result<Vec<Msn>, Error> = known.iter().map(|msn| msn.parse()).collect();
        Ok(match (self.partner(&self.clock()?)?, known) {
            (Ok(partner), Ok(known)) => partner.sales_unit_changes(&known).await.map(|changes| json!(changes)),
            (Err(error), _) | (_, Err(error)) => Err(error),
        })
    }

    async fn check(&self) -> Attempt<Value> {
        Ok(match self.partner_and_msn()? {
            Ok((partner, msn)) => partner.check(msn).await.map(|check| found(&check)),
            Err(error) => Err(error),
        })
    }

    fn partner_and_msn(&self) -> Attempt<(Partner, Msn)> {
        let msn = needed(self.given.msn.as_ref(), "msn")?;
        Ok(self.partner(&self.clock()?)?.and_then(|partner| Ok((partner, msn.parse()?))))
    }
}

fn found(check: &MerchantCheck) -> Value {
    let codes = check.findings().into_iter().filter_map(|(name, finding)| {
        let error = finding.error.as_ref()?;
        Some((name.to_owned(), Value::from(error.code())))
    });
    let codes: Map<String, Value> = codes.collect();
    let mut found = json!({
        "good": check.is_good(),
        "clock_difference": check.clock_difference,
        "sales_unit": check.sales_unit.as_ref().map(|status| status.state().as_str()),
        "codes": codes,
    });
    for (name, finding) in check.findings() {
        found[name] = finding.outcome.as_str().into();
    }
    found
}
