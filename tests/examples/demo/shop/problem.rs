//! What a visitor is told when something does not work.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use vipps_partner_auth::{Error, ErrorKind};

use super::pages;

/// Why there is no ordinary page.
pub(crate) enum Problem {
    /// The library says why.
    Vipps(Error),
    /// Somebody came back from Vipps whom this browser's session did not send there.
    NoLogin,
    /// The API could not be reached.
    NoReply,
    NoSuchPage,
    /// A form that another site made.
    Elsewhere,
}

pub(crate) type Reply = Result<Response, Problem>;

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::Vipps(error) => status(error),
            Self::NoLogin => StatusCode::BAD_REQUEST,
            Self::NoReply => StatusCode::BAD_GATEWAY,
            Self::NoSuchPage => StatusCode::NOT_FOUND,
            Self::Elsewhere => StatusCode::FORBIDDEN,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Vipps(error) if error.kind() == ErrorKind::LoginFailed => "Not logged in",
            Self::NoLogin => "Not logged in",
            Self::Vipps(_) | Self::NoReply => "Something went wrong",
            Self::NoSuchPage => "Not found",
            Self::Elsewhere => "Refused",
        }
    }

    fn text(&self) -> &'static str {
        match self {
            Self::Vipps(error) => explained(error),
            Self::NoLogin => "No login is under way in this browser. It may have ended already: start again.",
            Self::NoReply => "Vipps did not answer. Try again later.",
            Self::NoSuchPage => "There is no such page.",
            Self::Elsewhere => "This form was not sent by a page of this shop.",
        }
    }

    /// For whoever looks into it.
    fn codes(&self) -> String {
        let Self::Vipps(error) = self else { return String::new() };
        let why = error.reason().or(error.claim()).or(error.field());
        why.map_or_else(|| error.code().to_owned(), |why| format!("{}: {why}", error.code()))
    }
}

/// The error in a visitor's words. Its own text is for the log.
pub(crate) fn explained(error: &Error) -> &'static str {
    match (error.kind(), error.reason()) {
        (_, Some("denied")) => "The login was declined in Vipps. Nothing was shared.",
        (_, Some("expired")) => "Nobody confirmed in time. Start again.",
        (_, Some("unknown_user")) => "Nobody with this phone number can log in with Vipps.",
        (_, Some("outdated_app")) => "The Vipps app on the phone is too old. Update it and start again.",
        (_, Some("state")) => "This answer belongs to another login. Start again, in one tab.",
        (ErrorKind::LoginFailed, _) => "The login did not work. Start again.",
        (ErrorKind::RateLimited | ErrorKind::Unavailable, _) => "Vipps is busy or out of reach. Try again later.",
        _ => "The login could not be trusted, or the shop is not set up right. We are looking into it.",
    }
}

fn status(error: &Error) -> StatusCode {
    match error.kind() {
        ErrorKind::LoginFailed | ErrorKind::InvalidIdToken => StatusCode::FORBIDDEN,
        ErrorKind::RateLimited | ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Protocol => StatusCode::BAD_GATEWAY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Vipps(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status(), pages::problem(self.title(), self.text(), &self.codes())).into_response()
    }
}
