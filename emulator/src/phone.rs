//! The person's side: deciding a login, by a control or by the form of a page.

use std::io;

use http::{Method, StatusCode};

use crate::{
    login::{Login, Way},
    login_record::{LoginStatus, RecordedLogin},
    page,
    reply::{Reply, invalid_input, not_found},
    request::{Form, Request},
    state::State,
    users::{App, User},
};

/// Below it are the emulator's own paths, which are not part of the service and not in the log.
const OWN: &str = "/emulator/";
const LOGINS: &str = "/emulator/logins/";

/// Approves a login that is pending; returns where the person's browser goes, where it goes anywhere.
///
/// `NotFound`: no such login or person. `InvalidInput`: no longer pending, or another person was asked.
pub(crate) fn approve(state: &mut State, id: &str, msisdn: &str) -> io::Result<Option<String>> {
    let user = state.users.find(msisdn).cloned().ok_or_else(|| not_found("no such user"))?;
    let (base_url, now) = (state.base_url.clone(), state.clock.now());
    let login = pending(state, id)?;
    match &login.way {
        Way::Backchannel(asked) if asked.msisdn != msisdn => return Err(invalid_input("another person was asked")),
        Way::Browser(_) if user.app == App::Outdated => login.deny("outdated_app_version"),
        Way::Browser(_) if user.app == App::Inactive => login.deny("access_denied"),
        _ => login.approve(user, now),
    }
    Ok(login.first_stop(&base_url))
}

/// Ends a pending login with an error; the rest as for [`approve`].
pub(crate) fn deny(state: &mut State, id: &str, error: &str) -> io::Result<Option<String>> {
    let base_url = state.base_url.clone();
    let login = pending(state, id)?;
    login.deny(error);
    Ok(login.first_stop(&base_url))
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
pub(crate) fn logins(state: &State) -> Vec<RecordedLogin> {
    state.logins.iter().map(|login| recorded(state, login)).collect()
}

fn recorded(state: &State, login: &Login) -> RecordedLogin {
    let name = state.accounts.sales_unit(&login.facts.msn).map(|unit| unit.login.name.clone());
    login.recorded(name.unwrap_or_default(), state.clock.now())
}

pub(crate) fn is_own(path: &str) -> bool {
    path.starts_with(OWN)
}

/// Serves the emulator's own paths: `GET /emulator/logins/{id}`, and `POST` to `…/approve` and `…/deny`.
pub(crate) fn serve(state: &mut State, request: &Request) -> Reply {
    let target = request.path.strip_prefix(LOGINS).unwrap_or_default();
    match (&request.method, target.split_once('/')) {
        (&Method::GET, None) => ask(state, target),
        (&Method::POST, Some((id, "approve"))) => {
            let msisdn = chosen(state, id, &Form::parse(&request.body));
            let decided = approve(state, id, &msisdn);
            decided_page(decided)
        }
        (&Method::POST, Some((id, "deny"))) => decided_page(deny(state, id, "access_denied")),
        _ => page::notice(StatusCode::NOT_FOUND, "Not found", "The emulator has no such page."),
    }
}

/// The person named in the form, or else the one who was asked, or else the first there is.
fn chosen(state: &State, id: &str, form: &Form) -> String {
    let asked = || match &state.logins.find(id)?.way {
        Way::Backchannel(asked) => Some(asked.msisdn.clone()),
        Way::Browser(_) => None,
    };
    let first = || state.users.iter().next().map(|user| user.msisdn.clone());
    form.value("user").map(str::to_owned).or_else(asked).or_else(first).unwrap_or_default()
}

fn decided_page(decided: io::Result<Option<String>>) -> Reply {
    match decided {
        Ok(Some(url)) => Reply::redirect(StatusCode::SEE_OTHER, &url),
        Ok(None) => page::notice(StatusCode::OK, "Done", "You may put the phone away."),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            page::notice(StatusCode::NOT_FOUND, "Not found", &error.to_string())
        }
        Err(error) => page::notice(StatusCode::CONFLICT, "Too late", &error.to_string()),
    }
}

/// The question to the person, or, once it is answered, the way on.
pub(crate) fn ask(state: &State, id: &str) -> Reply {
    let Some(login) = state.logins.find(id) else {
        return page::notice(StatusCode::NOT_FOUND, "Not found", "no such login");
    };
    if let Some(url) = login.destination() {
        return Reply::redirect(StatusCode::SEE_OTHER, &url);
    }
    let record = recorded(state, login);
    match record.status {
        LoginStatus::Pending => page::question(&record, &may_decide(state, &record)),
        LoginStatus::Expired => page::notice(StatusCode::GONE, "Expired", "Nobody decided in time: start again."),
        _ => page::notice(StatusCode::OK, "Done", "This login was decided before."),
    }
}

fn may_decide<'a>(state: &'a State, record: &RecordedLogin) -> Vec<&'a User> {
    state.users.iter().filter(|user| record.msisdn.as_ref().is_none_or(|asked| *asked == user.msisdn)).collect()
}
