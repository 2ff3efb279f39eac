//! Asks an API of the standard kind, as the partner itself: with its own headers, tries and time limits.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header::ACCEPT};

use crate::{
    clock::Now,
    error::{Error, Result},
    headers::JSON,
    http::SendError,
    partner::Inner,
    provider::Held,
    reply::{Refusal, SalesUnitFault, not_understood},
    retry::{Tries, TryFailure, is_passing},
};

/// What came back.
pub(crate) struct Asked {
    response: Response<Bytes>,
    received_at: Now,
    /// Of the request: no error may show them though the reply repeats them.
    secrets: Vec<String>,
}

/// Why one try brought no answer to work with.
struct Failed {
    error: Error,
    may_be_repeated: bool,
}

impl TryFailure for Failed {
    fn error(&self) -> &Error {
        &self.error
    }
}

impl Inner {
    /// `GET` of a path that changes nothing, so it may be asked for again after a passing fault.
    pub(crate) async fn ask(&self, path: &str) -> Result<Asked> {
        let login = &self.login;
        let url = self.environment.url(path);
        let deadline = login.clock.now().plus(login.deadline);
        let tries = Tries { clock: &*login.clock, jitter: &login.jitter, deadline };
        let answer = tries.run(|failed: &Failed| failed.may_be_repeated, || self.ask_once(&url, deadline)).await;
        answer.map_err(|failed| failed.error)
    }

    /// One request, and one more where the token it carried was refused and there is another.
    async fn ask_once(&self, url: &str, deadline: Now) -> Result<Asked, Failed> {
        let held = self.provider.token().await.map_err(Failed::for_good)?;
        let asked = self.ask_with(url, &held, deadline).await?;
        if asked.status() != StatusCode::UNAUTHORIZED {
            return asked.or_try_again();
        }
        match self.provider.replacement(&held.token, None).await {
            Ok(other) => self.ask_with(url, &other, deadline).await?.or_try_again(),
            // That there is no other token now says less than the API's own answer.
            Err(why) if why.retryable() => Ok(asked),
            Err(why) => Err(Failed::for_good(why)),
        }
    }

    async fn ask_with(&self, url: &str, held: &Held, deadline: Now) -> Result<Asked, Failed> {
        let request = self.question(url, held).map_err(Failed::for_good)?;
        let login = &self.login;
        let limit = login.clock.now().until(deadline).min(login.request_timeout);
        let response = login.transport.send(request, limit).await.map_err(Failed::unanswered)?;
        Ok(Asked { response, received_at: login.clock.now(), secrets: self.secrets(held) })
    }

    fn question(&self, url: &str, held: &Held) -> Result<Request<Bytes>> {
        let mut request = Request::get(url).body(Bytes::new()).map_err(|_| Error::protocol("the url is malformed"))?;
        *request.headers_mut() = self.own_headers(held)?;
        request.headers_mut().insert(ACCEPT, JSON);
        Ok(request)
    }

    fn secrets(&self, held: &Held) -> Vec<String> {
        let keys = self.provider.keys();
        let of_keys = keys.secrets().into_iter().map(str::to_owned);
        of_keys.chain([held.token.secret().to_owned()]).collect()
    }
}

impl Asked {
    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// The API itself says that there is no such thing; where the gateway or a proxy says so, the path is wrong.
    pub(crate) fn says_not_found(&self) -> bool {
        self.status() == StatusCode::NOT_FOUND && self.refusal().is_of_api()
    }

    /// These keys are not for the MSN of the path.
    pub(crate) fn says_invalid_msn(&self) -> bool {
        self.status() == StatusCode::FORBIDDEN && self.refusal().sales_unit == Some(SalesUnitFault::NotConnected)
    }

    /// What a success says, or what the refusal means.
    pub(crate) fn read<T>(&self, parse: impl FnOnce(&Bytes) -> Result<T>) -> Result<T> {
        if !self.status().is_success() {
            return Err(self.error());
        }
        parse(self.response.body()).map_err(|error| self.without_echo(not_understood(error, &self.response)))
    }

    fn error(&self) -> Error {
        self.without_echo(self.refusal().into_error(self.status(), self.response.headers(), self.received_at))
    }

    fn refusal(&self) -> Refusal {
        Refusal::read(&self.response)
    }

    fn without_echo(&self, error: Error) -> Error {
        let secrets: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        error.without_echo_of(&secrets)
    }

    /// This answer, where no other try may bring a better one.
    fn or_try_again(self) -> Result<Self, Failed> {
        if !is_passing(self.status().as_u16()) {
            return Ok(self);
        }
        Err(Failed { error: self.error(), may_be_repeated: true })
    }
}

impl Failed {
    fn for_good(error: Error) -> Self {
        Self { error, may_be_repeated: false }
    }

    fn unanswered(fault: SendError) -> Self {
        Self { error: fault.into_error(), may_be_repeated: true }
    }
}
