//! The person's side: deciding a login, by a control or by a page.

use std::io;

use crate::{
    fault::{invalid_input, not_found},
    login::logins::{Login, Way},
    login::record::{LoginKind, LoginStatus, RecordedLogin},
    state::State,
    users::App,
};

/// Approves a login that is pending; returns where the person's browser goes, where it goes anywhere.
///
/// `NotFound`: no such login or person. `InvalidInput`: no longer pending, or another person was asked.
pub(crate) fn approve(state: &mut State, id: &str, msisdn: &str) -> io::Result<Option<String>> {
    let user = state.users.find(msisdn).cloned().ok_or_else(|| not_found("msisdn: there is no such user"))?;
    let now = state.clock.now();
    let login = pending(state, id)?;
    match &login.way {
        Way::Backchannel(asked) if asked.msisdn != msisdn => {
            return Err(invalid_input("msisdn: another person was asked"));
        }
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
        let msn = login.facts.msn.clone();
        state.pings.announce(id, &msn, state.clock.now());
    }
    login.first_stop(&state.base_url)
}

fn pending<'a>(state: &'a mut State, id: &str) -> io::Result<&'a mut Login> {
    let now = state.clock.now();
    let login = state.logins.find_mut(id).ok_or_else(|| not_found("id: there is no such login"))?;
    match login.status(now) {
        LoginStatus::Pending => Ok(login),
        LoginStatus::Expired => Err(invalid_input("id: the login has expired")),
        _ => Err(invalid_input("id: the login was decided before")),
    }
}

/// The person who was asked, or else the first there is.
pub(crate) fn chosen(state: &State, id: &str) -> String {
    let asked = || match &state.logins.find(id)?.way {
        Way::Backchannel(asked) => Some(asked.msisdn.clone()),
        Way::Browser(_) => None,
    };
    let first = || state.users.iter().next().map(|user| user.msisdn.clone());
    asked().or_else(first).unwrap_or_default()
}

/// All logins, oldest first, as a person sees them.
pub(crate) fn logins(state: &State) -> impl DoubleEndedIterator<Item = RecordedLogin> {
    state.logins.iter().map(|login| recorded(state, login))
}

pub(crate) fn recorded(state: &State, login: &Login) -> RecordedLogin {
    let name = state.accounts.sales_unit(&login.facts.msn).map(|unit| unit.login.name.clone());
    login.recorded(name.unwrap_or_default(), state.clock.now())
}
