//! The question to the person, as a page.

use http::StatusCode;

use crate::{
    login::{
        decision::recorded,
        record::{LoginStatus, RecordedLogin},
    },
    page::html,
    state::State,
    users::User,
    wire::reply::Reply,
};

/// The question to the person, or, once it is answered, the way on.
pub(crate) fn ask(state: &State, id: &str) -> Reply {
    let Some(login) = state.logins.find(id) else {
        return html::notice(StatusCode::NOT_FOUND, "Not found", "There is no such login.");
    };
    if let Some(url) = login.destination() {
        return Reply::redirect(StatusCode::SEE_OTHER, &url);
    }
    let record = recorded(state, login);
    match record.status {
        LoginStatus::Pending => html::question(&record, &may_decide(state, &record), state.clock.now()),
        LoginStatus::Expired => {
            let text = "Nobody decided in time. Start the login again.";
            match login.way.origin() {
                Some(url) => html::notice_with_way_back(StatusCode::GONE, "Expired", text, url),
                None => html::notice(StatusCode::GONE, "Expired", text),
            }
        }
        _ => html::notice(StatusCode::OK, "Done", "This login was decided before."),
    }
}

fn may_decide<'a>(state: &'a State, record: &RecordedLogin) -> Vec<&'a User> {
    state.users.iter().filter(|user| record.msisdn.as_ref().is_none_or(|asked| *asked == user.msisdn)).collect()
}
