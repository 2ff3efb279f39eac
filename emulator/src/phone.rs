//! The person's side: deciding a login, by a control or by a page.

use std::io;

use http::StatusCode;

use crate::{
    login::{Login, Way},
    login_record::{LoginKind, LoginStatus, RecordedLogin},
    page,
    reply::{Reply, invalid_input, not_found},
    request::Form,
    state::State,
    users::{App, User},
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

fn recorded(state: &State, login: &Login) -> RecordedLogin {
    let name = state.accounts.sales_unit(&login.facts.msn).map(|unit| unit.login.name.clone());
    login.recorded(name.unwrap_or_default(), state.clock.now())
}

/// The person named in the form, or else the one who was asked, or else the first there is.
pub(crate) fn chosen(state: &State, id: &str, form: &Form) -> String {
    let asked = || match &state.logins.find(id)?.way {
        Way::Backchannel(asked) => Some(asked.msisdn.clone()),
        Way::Browser(_) => None,
    };
    let first = || state.users.iter().next().map(|user| user.msisdn.clone());
    form.value("user").map(str::to_owned).or_else(asked).or_else(first).unwrap_or_default()
}

/// The question to the person, or, once it is answered, the way on.
pub(crate) fn ask(state: &State, id: &str) -> Reply {
    let Some(login) = state.logins.find(id) else {
        return page::notice(StatusCode::NOT_FOUND, "Not found", "There is no such login.");
    };
    if let Some(url) = login.destination() {
        return Reply::redirect(StatusCode::SEE_OTHER, &url);
    }
    let record = recorded(state, login);
    match record.status {
        LoginStatus::Pending => page::question(&record, &may_decide(state, &record), state.clock.now()),
        LoginStatus::Expired => {
            page::notice(StatusCode::GONE, "Expired", "Nobody decided in time. Start again where you came from.")
        }
        _ => page::notice(StatusCode::OK, "Done", "This login was decided before."),
    }
}

fn may_decide<'a>(state: &'a State, record: &RecordedLogin) -> Vec<&'a User> {
    state.users.iter().filter(|user| record.msisdn.as_ref().is_none_or(|asked| *asked == user.msisdn)).collect()
}
