//! A reply to one of Login's calls, and what it comes to. Pure.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};

use super::token::Tokens;
use crate::{
    clock::Now,
    error::{Error, ErrorKind, Result},
    reply::{Refusal, not_understood},
    secret::Secret,
};

/// A reply, with what is needed to judge it.
pub(super) struct Answer {
    response: Response<Bytes>,
    sent_at: Now,
    now: Now,
    secrets: Vec<Secret>,
    /// The partner's token in the request is one that Vipps gave only then.
    token_is_good: bool,
}

impl Answer {
    /// `secrets` are those of the request, which no error may show though the reply repeats them.
    pub(super) fn new(response: Response<Bytes>, sent_at: Now, now: Now, secrets: Vec<Secret>) -> Self {
        Self { response, sent_at, now, secrets, token_is_good: false }
    }

    pub(super) fn with_good_token(self) -> Self {
        Self { token_is_good: true, ..self }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.response.body().is_empty()
    }

    pub(super) fn sent_at(&self) -> Now {
        self.sent_at
    }

    pub(super) fn now(&self) -> Now {
        self.now
    }

    pub(super) fn refusal(&self) -> Refusal {
        Refusal::read(&self.response)
    }

    /// The tokens of a success, or the error that `refused` makes of anything else.
    pub(super) fn tokens(&self, refused: impl FnOnce(&Self) -> Error) -> Result<Tokens> {
        if !self.status().is_success() {
            return Err(refused(self));
        }
        self.read(|body| Tokens::parse(body, self.sent_at))
    }

    /// What a success says.
    pub(super) fn read<T>(&self, parse: impl FnOnce(&Bytes) -> Result<T>) -> Result<T> {
        parse(self.response.body()).map_err(|error| self.without_echo(not_understood(error, &self.response)))
    }

    /// What the refusal means where no step of Login knows better.
    pub(super) fn error(&self, refusal: Refusal) -> Error {
        let error = self.without_echo(refusal.into_error(self.status(), self.response.headers(), self.now));
        if error.kind() != ErrorKind::CredentialsRejected {
            return error;
        }
        let is_sure = self.token_is_good && !error.perhaps_not_of_vipps();
        error.with_hint(if is_sure { METHOD_OF_SALES_UNIT } else { AUTHENTICATION })
    }

    pub(super) fn without_echo(&self, error: Error) -> Error {
        let secrets: Vec<&str> = self.secrets.iter().map(Secret::expose).collect();
        error.without_echo_of(&secrets)
    }

    /// The gateway had too many requests; nothing behind it has seen this one.
    pub(super) fn was_held_back(&self) -> bool {
        self.status() == StatusCode::TOO_MANY_REQUESTS && self.refusal().of_gateway
    }
}

/// Nothing else is left that could be wrong.
const METHOD_OF_SALES_UNIT: &str = "the partner's own token is good, so it is the merchant's sales unit: the portal must \
                                    have client_secret_basic for it, and it must be connected to this partner";

const AUTHENTICATION: &str = "wrong keys or keys of the other environment; or the portal has another method for this \
                              sales unit: partners need client_secret_basic, sales unit keys the same as login_auth_method";
