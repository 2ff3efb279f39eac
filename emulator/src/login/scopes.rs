//! Which scopes a login gets.

use vipps_partner_auth::Msn;

use crate::{call::Call, state::State};

/// The scopes that a sales unit grants, or why it refuses the request; what is dropped is reported.
pub(crate) fn grant_scopes(
    state: &State,
    call: &mut Call<'_>,
    msn: &Msn,
    asked: &str,
) -> Result<Vec<String>, &'static str> {
    let unit = state.accounts.sales_unit(msn).ok_or("the sales unit is gone: check the MSN")?;
    let (granted, all) = unit.login.grant(asked, state.settings.login.outside_plan)?;
    if all {
        call.right("scope", "all in the sales unit's plan");
    } else {
        call.tolerated("scope", "one that is not in the sales unit's plan was dropped");
    }
    Ok(granted)
}
