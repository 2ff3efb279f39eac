//! The person's side: deciding a login, by a control or by a page.

use std::io;

use crate::{
    login::logins::{Login, Way},
    login::record::{LoginKind, LoginStatus, RecordedLogin},
    state::State,
    users::App,
    wire::reply::{invalid_input, not_found},
};

/// Approves a login that is pending; returns where the person's browser goes, where it goes anywhere.
///
/// `NotFound`: no such login or person. `InvalidInput`: no longer pending, or another person was asked.
pub(crate) fn approve(state: &mut State, id: &str, msisdn: &str) -> io::Result<Option<String>> {
    let user = state.users.find(msisdn).cloned().ok_or_else(|| not_found("no such user"))?;
    let now = state.clock.now();
    let login = pending(state, id)?;
    match &login.way {
        Way::Backchannel(asked) if asked.msisdn != msisdn => return Err(invalid_input("another person was asked")),
        Way::Browser(_) if user.app == App::Outdated => login.deny("outdated_app_version"),
        Way::Browser(_) if user.app == App::Inactive => login.deny("access_denied"),
        _ => login.approve(user, now),
    }
    Ok(told(state, id))
}

/// Ends a pending login with an error; the rest as for [`approve`].
pub(crate) fn deny(state: &mut State, id: &str, error: &str) -> io::Result<Option<String>> {
    pending(state, id)?.deny(error);
    Ok(told(state, id))
}

/// Pings whoever polls for the login, and says where the person's browser goes. The redirect variant is never pinged:
/// its code could not be exchanged any more.
fn told(state: &mut State, id: &str) -> Option<String> {
    let login = state.logins.find(id)?;
    if login.kind() == LoginKind::Backchannel {
        state.pings.announce(id, state.clock.now());
    }
    login.first_stop(&state.base_url)
}

fn pending<'a>(state: &'a mut State, id: &str) -> io::Result<&'a mut Login> {
    let now = state.clock.now();
    let login = state.logins.find_mut(id).ok_or_else(|| not_found("no such login"))?;
    match login.status(now) {
        LoginStatus::Pending => Ok(login),
        LoginStatus::Expired => Err(invalid_input("the login has expired")),
        _ => Err(invalid_input("the login was decided before")),
    }
}

/// All logins, oldest first, as a person sees them.
pub(crate) fn logins(state: &State) -> impl DoubleEndedIterator<Item = RecordedLogin> {
    state.logins.iter().map(|login| recorded(state, login))
}

pub(crate) fn recorded(state: &State, login: &Login) -> RecordedLogin {
    let name = state.accounts.sales_unit(&login.facts.msn).map(|unit| unit.login.name.clone());
    login.recorded(name.unwrap_or_default(), state.clock.now())
}
