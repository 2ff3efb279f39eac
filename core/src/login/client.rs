//! The only place that sends Login's calls: who calls, what may be sent twice, and what is checked of the tokens that
//! come back.

use std::{pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use form_urlencoded::Serializer;
use futures_util::future::{Either, select};
use http::{Request, Response, StatusCode, header::CONTENT_TYPE};
use url::Url;
use zeroize::Zeroizing;

use super::{
    answer::Answer,
    identity::{BasicAt, Identity, Place},
    refusal::{reply_lost, told, too_old_for_userinfo, userinfo_refusal},
    result::{LoginResult, LoginToken},
    token::{Grant, Tokens},
    userinfo::Userinfo,
};
use crate::{
    clock::{BoxFuture, Clock, Now},
    config::{BasicEncoding, LoginAuthMethod},
    discovery::Endpoints,
    error::{Error, Result},
    event::{Event, Events},
    executor::Executor,
    headers,
    http::SendError,
    id_token::Expect,
    keys::{Keys, sensitive},
    msn::Msn,
    origin::TrustedOrigins,
    partner::{Inner, Merchant},
    renewing::Lease,
    retry::{Tries, TryFailure, is_passing},
    secret::Secret,
    token::{basic, post},
};

/// A merchant's calls of Login.
#[derive(Clone)]
pub(super) struct LoginClient {
    merchant: Merchant,
    issuer: Arc<str>,
}

/// What may be sent a second time. What certainly did not arrive always may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resend {
    /// A code is good once: only what was refused before anybody looked at it, for the caller's token or by the gateway.
    Never,
    /// What was refused for the token it carried.
    WithAnotherToken,
    /// That, and what met a passing fault: a question that changes nothing.
    Freely,
}

/// A partner's token should outlive a request that can't be sent again.
const LEAST_LIFE: Duration = Duration::from_secs(60);

impl LoginClient {
    pub(super) fn new(merchant: &Merchant) -> Result<Self> {
        let inner = merchant.partner().inner();
        inner.check_msn(merchant.msn())?;
        if matches!(*inner.provider.keys(), Keys::Psp(_)) {
            return Err(Error::breaks_rule("keys", "do not reach Login: Vipps documents none with the keys of a PSP"));
        }
        Ok(Self { merchant: merchant.clone(), issuer: inner.environment.issuer().into() })
    }

    pub(super) fn msn(&self) -> &Msn {
        self.merchant.msn()
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn keys(&self) -> Arc<Keys> {
        self.inner().provider.keys()
    }

    pub(super) fn events(&self) -> &Events {
        &self.inner().events
    }

    pub(super) fn trusted(&self) -> &TrustedOrigins {
        &self.inner().trusted
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.inner().login.clock
    }

    pub(super) fn executor(&self) -> &Executor {
        self.inner().provider.executor()
    }

    pub(super) async fn endpoints(&self) -> Result<Arc<Lease<Endpoints>>> {
        self.inner().login.discovery.endpoints().await
    }

    pub(super) fn user_exists_endpoint(&self) -> String {
        // Not in discovery.
        self.inner().environment.url("/vipps-login-ciba/api/v1/user-exists")
    }

    pub(super) async fn keys_are_there(&self) -> Result<()> {
        self.inner().verifier.ready().await
    }

    /// Hands in a grant at the token endpoint.
    pub(super) async fn exchange(&self, grant: &Grant<'_>, resend: Resend) -> Result<Answer> {
        let endpoints = self.endpoints().await?;
        self.send(&endpoints.token, &Content::Form(&grant.form(), Place::Token), resend).await
    }

    /// Sends a form to an endpoint of the backchannel, saying who calls and for whom.
    pub(super) async fn post(&self, url: &str, form: &[(&str, &str)], resend: Resend) -> Result<Answer> {
        self.send(url, &Content::Form(form, Place::Backchannel), resend).await
    }

    pub(super) async fn userinfo(&self, result: &LoginResult) -> Result<Userinfo> {
        let is_own = result.claims().msn() == self.msn() && result.is_of(&self.issuer);
        if !is_own {
            return Err(Error::breaks_rule("result", "is of a login at another merchant or environment"));
        }
        if !result.access_token().is_good_at(self.clock().wall()) {
            return Err(too_old_for_userinfo());
        }
        let endpoints = self.endpoints().await?;
        let token = Content::Token(result.access_token());
        let answer = self.send(&endpoints.userinfo, &token, Resend::Freely).await?;
        if !answer.status().is_success() {
            return Err(userinfo_refusal(&answer));
        }
        answer.read(|body| Userinfo::parse(body, result.claims().sub()))
    }

    /// Checks the tokens of a login. Vipps gives them once, so keys that are late are waited for.
    pub(super) async fn accept(&self, tokens: Tokens, expect: Expect, asked: &[String]) -> Result<LoginResult> {
        let expect = expect.access_token(tokens.access_token.secret());
        let claims = match self.merchant.verify_id_token(tokens.id_token.expose(), &expect).await {
            Err(error) if error.retryable() => {
                self.wait_for_keys(&error).await?;
                let again = self.merchant.verify_id_token(tokens.id_token.expose(), &expect).await;
                again.map_err(|error| if error.retryable() { keys_unavailable() } else { error })?
            }
            outcome => outcome?,
        };
        let scopes = tokens.scopes.unwrap_or_else(|| asked.to_vec());
        Ok(LoginResult::new(claims, tokens.access_token, tokens.id_token, scopes, asked.to_vec()))
    }

    async fn wait_for_keys(&self, error: &Error) -> Result<()> {
        let inner = self.inner();
        // The pause after a load that failed lasts a little longer than it is told to.
        let wait = error.retry_after().unwrap_or_default().max(inner.verifier.pause_left());
        if wait > inner.login.deadline {
            return Err(keys_unavailable());
        }
        self.clock().sleep(wait).await;
        Ok(())
    }

    fn inner(&self) -> &Inner {
        self.merchant.partner().inner()
    }
}

fn keys_unavailable() -> Error {
    Error::login_failed("keys_unavailable", "the id token came, but the keys to check it did not")
        .with_hint("start the login again")
}

/// What a request carries besides its headers.
enum Content<'a> {
    Form(&'a [(&'a str, &'a str)], Place),
    Token(&'a LoginToken),
}

/// One call, whatever it takes.
struct Call<'a> {
    url: &'a str,
    content: &'a Content<'a>,
    resend: Resend,
    deadline: Now,
}

/// Why one try brought no answer to work with.
struct Failed {
    error: Error,
    /// The answer that says so, if there was one.
    answer: Option<Answer>,
    may_be_repeated: bool,
}

impl TryFailure for Failed {
    fn error(&self) -> &Error {
        &self.error
    }
}

/// One call with its tries.
impl LoginClient {
    async fn send(&self, url: &str, content: &Content<'_>, resend: Resend) -> Result<Answer> {
        self.check_endpoint(url)?;
        let login = &self.inner().login;
        let deadline = self.clock().now().plus(login.deadline);
        let call = Call { url, content, resend, deadline };
        let tries = Tries { clock: self.clock(), jitter: &login.jitter, deadline };
        let wants_more = |failed: &Failed| failed.may_be_repeated;
        match tries.run(wants_more, || self.try_once(&call)).await {
            Ok(answer) | Err(Failed { answer: Some(answer), .. }) => Ok(answer),
            Err(Failed { error, .. }) => Err(error),
        }
    }

    /// One request, and more where who calls was refused and can say so in another way or with newer keys.
    async fn try_once(&self, call: &Call<'_>) -> Result<Answer, Failed> {
        let keys = self.keys();
        let answer = self.try_with_these_keys(call).await?;
        let carries_keys = matches!(call.content, Content::Form(..)) && !matches!(*keys, Keys::Partner(_));
        if carries_keys && answer.refuses_keys(call.resend) && self.has_newer_keys(keys, call.deadline).await {
            return self.try_with_these_keys(call).await;
        }
        Ok(answer)
    }

    /// Whether the source of keys had others, and they are in use now.
    fn has_newer_keys(&self, refused: Arc<Keys>, deadline: Now) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            let others = pin!(self.inner().provider.has_others_than(refused));
            let late = self.clock().sleep(self.clock().now().until(deadline));
            matches!(select(others, late).await, Either::Left((true, _)))
        })
    }

    async fn try_with_these_keys(&self, call: &Call<'_>) -> Result<Answer, Failed> {
        match (call.content, &*self.keys(), self.inner().login.auth_method) {
            (Content::Form(..), Keys::Partner(_), _) => self.try_with_token(call).await,
            (Content::Form(_, place), _, LoginAuthMethod::ClientSecretBasic) => self.try_with_basic(call, *place).await,
            (Content::Form(..), _, LoginAuthMethod::ClientSecretPost) => self.try_as(call, Identity::Post).await,
            (Content::Token(_), ..) => self.try_as(call, Identity::OfLogin).await,
        }
    }

    async fn try_as(&self, call: &Call<'_>, identity: Identity<'_>) -> Result<Answer, Failed> {
        self.send_once(call, identity).await?.or_try_again(call.resend)
    }

    /// A token may have been revoked; another one may do.
    async fn try_with_token(&self, call: &Call<'_>) -> Result<Answer, Failed> {
        let provider = &self.inner().provider;
        let token = match call.resend {
            Resend::Never => provider.lasting(LEAST_LIFE).await,
            Resend::Freely | Resend::WithAnotherToken => provider.token().await,
        };
        let token = token.map_err(Failed::for_good)?;
        let answer = self.send_once(call, Identity::Bearer(&token)).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return answer.or_try_again(call.resend);
        }
        if !answer.has_used_up_nothing(call.resend) {
            if answer.refusal().oauth_error.is_none() {
                self.merchant.note_refused(&token.token);
            }
            return Ok(answer);
        }
        match provider.replacement(&token.token, Some(self.msn())).await {
            Ok(other) => {
                let answer = self.send_once(call, Identity::Bearer(&other)).await?;
                answer.with_good_token().or_try_again(call.resend)
            }
            Err(error) => Err(Failed::for_good(answer.no_other_token(error))),
        }
    }

    /// Servers differ in how they read Basic. The client is authenticated before anything else is looked at, so where it was
    /// refused its keys may be written the other way.
    async fn try_with_basic(&self, call: &Call<'_>, place: Place) -> Result<Answer, Failed> {
        let at = self.basic_at(place);
        let encoding = at.encoding();
        let answer = self.send_once(call, Identity::Basic(encoding)).await?;
        if !answer.refuses_client() || !self.differs_by_encoding() {
            return answer.or_try_again(call.resend);
        }
        let other = encoding.other();
        let answer = self.send_once(call, Identity::Basic(other)).await?;
        if !answer.refuses_client() && at.remember(other) {
            let event = Event::OtherBasicEncodingUsed { endpoint: place.name(), encoding: other.as_str() };
            self.events().tell(event);
        }
        answer.or_try_again(call.resend)
    }

    fn basic_at(&self, place: Place) -> &BasicAt {
        match place {
            Place::Token => &self.inner().login.basic_at_token,
            Place::Backchannel => &self.inner().login.basic_at_backchannel,
        }
    }

    fn differs_by_encoding(&self) -> bool {
        let keys = self.keys();
        let of = |encoding| keys.standard().map(|keys| basic(&keys.client_id, &keys.client_secret, encoding));
        of(BasicEncoding::Raw) != of(BasicEncoding::Form)
    }

    /// Secrets go to the environment's own origin or one the user listed, whatever the discovery document says.
    fn check_endpoint(&self, url: &str) -> Result<()> {
        if Url::parse(url).is_ok_and(|url| self.inner().trusted.trust(&url)) {
            return Ok(());
        }
        Err(Error::protocol("an endpoint of the discovery document is of an origin that is not trusted")
            .with_hint("list it as a trusted_origin if it is yours"))
    }

    /// What is good once is worth the full wait for its answer, however late it is.
    fn limit(&self, call: &Call<'_>) -> Duration {
        let login = &self.inner().login;
        match call.resend {
            Resend::Freely => self.clock().now().until(call.deadline).min(login.request_timeout),
            Resend::Never | Resend::WithAnotherToken => login.request_timeout,
        }
    }

    async fn send_once(&self, call: &Call<'_>, identity: Identity<'_>) -> Result<Answer, Failed> {
        let request = self.request(call, identity).map_err(Failed::for_good)?;
        let limit = self.limit(call);
        let sent_at = self.clock().now();
        let response = match self.inner().login.transport.send(request, limit).await {
            Ok(response) => response,
            Err(fault) => return Err(Failed::unanswered(fault, call.resend)),
        };
        if matches!(call.content, Content::Form(..)) {
            self.note(&response);
        }
        let secrets = secrets(call.content, identity, &self.keys());
        Ok(Answer::new(response, sent_at, self.clock().now(), secrets))
    }

    fn note(&self, response: &Response<Bytes>) {
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        self.inner().answered(self.msn(), response.status().as_u16(), content_type);
    }

    fn request(&self, call: &Call<'_>, identity: Identity<'_>) -> Result<Request<Bytes>> {
        match call.content {
            Content::Token(token) => {
                let authorization = sensitive(&Zeroizing::new(format!("Bearer {}", token.secret())))?;
                let mut request =
                    Request::get(call.url).body(Bytes::new()).map_err(|_| Error::protocol("the url is malformed"))?;
                *request.headers_mut() = headers::userinfo(authorization);
                Ok(request)
            }
            Content::Form(form, _) => self.form_request(call.url, form, identity),
        }
    }

    fn form_request(&self, url: &str, form: &[(&str, &str)], identity: Identity<'_>) -> Result<Request<Bytes>> {
        let inner = self.inner();
        let mut body = Serializer::new(String::new());
        body.extend_pairs(form);
        let keys = self.keys();
        let authorization = match (identity, keys.standard()) {
            (Identity::Bearer(token), _) => Some(token.authorization.clone()),
            (Identity::Basic(encoding), Some(keys)) => {
                Some(sensitive(&basic(&keys.client_id, &keys.client_secret, encoding))?)
            }
            (Identity::Post, Some(keys)) => {
                body.append_pair("client_id", &keys.client_id)
                    .append_pair("client_secret", keys.client_secret.expose());
                None
            }
            (Identity::Basic(_) | Identity::Post | Identity::OfLogin, _) => None,
        };
        let headers = headers::login(authorization, self.msn(), &inner.system)?;
        post(url.to_owned(), headers, body.finish().into())
    }
}

impl Failed {
    fn for_good(error: Error) -> Self {
        Self { error, answer: None, may_be_repeated: false }
    }

    fn unanswered(fault: SendError, resend: Resend) -> Self {
        let may_have_arrived = fault.may_have_been_sent();
        let error = if may_have_arrived && resend == Resend::Never { reply_lost() } else { fault.into_error() };
        Self { error, answer: None, may_be_repeated: !may_have_arrived || resend == Resend::Freely }
    }
}

/// Names of fields that a reply must not echo into an error.
const SECRET_FIELDS: [&str; 6] = ["code", "code_verifier", "auth_req_id", "login_hint", "state", "nonce"];

fn secrets(content: &Content<'_>, identity: Identity<'_>, keys: &Keys) -> Vec<Secret> {
    let of_content: Vec<Secret> = match content {
        Content::Token(token) => vec![token.secret().into()],
        Content::Form(form, _) => {
            form.iter().filter(|(name, _)| SECRET_FIELDS.contains(name)).map(secret_part).collect()
        }
    };
    let token = match identity {
        Identity::Bearer(held) => Some(held.token.as_secret().clone()),
        Identity::Basic(_) | Identity::Post | Identity::OfLogin => None,
    };
    of_content.into_iter().chain(token).chain([keys.client_secret().clone()]).collect()
}

/// Of a login hint what follows its prefix, of all else the whole.
fn secret_part((name, value): &(&str, &str)) -> Secret {
    let part = value.rsplit(':').next().filter(|_| *name == "login_hint");
    part.unwrap_or(value).into()
}

/// What an answer says of another try.
impl Answer {
    /// Whether this 401 is of somebody who authenticates the caller before anything else is looked at, such as a code.
    fn has_used_up_nothing(&self, resend: Resend) -> bool {
        let refusal = self.refusal();
        let is_sure = refusal.of_gateway || refusal.oauth_error.as_deref() == Some("invalid_client");
        resend != Resend::Never || is_sure || self.is_empty()
    }

    /// Whether other keys may do, and this request may be sent again with them.
    fn refuses_keys(&self, resend: Resend) -> bool {
        let is_refused = self.status() == StatusCode::UNAUTHORIZED && self.has_used_up_nothing(resend);
        is_refused || self.refuses_client()
    }

    /// Whether the keys themselves were refused, or could not be read.
    fn refuses_client(&self) -> bool {
        let refusal = self.refusal();
        match self.status() {
            StatusCode::UNAUTHORIZED => refusal.oauth_error.as_deref() == Some("invalid_client"),
            StatusCode::BAD_REQUEST => refusal.undecodable,
            _ => false,
        }
    }

    /// This answer, where no other try may bring a better one.
    #[expect(clippy::result_large_err, reason = "the answer goes along, whole, on the rare way")]
    fn or_try_again(self, resend: Resend) -> Result<Self, Failed> {
        let may_be_repeated = match resend {
            Resend::Freely => is_passing(self.status().as_u16()),
            Resend::Never => self.was_held_back(),
            Resend::WithAnotherToken => false,
        };
        if !may_be_repeated {
            return Ok(self);
        }
        Err(Failed { error: self.error(self.refusal()), answer: Some(self), may_be_repeated })
    }

    /// Whether the token or the merchant is at fault can't be told while there is no other token to try.
    fn no_other_token(&self, why: Error) -> Error {
        if !why.retryable() {
            return why;
        }
        told(self, why, self.refusal()).with_hint(PERHAPS_THE_METHOD)
    }
}

const PERHAPS_THE_METHOD: &str =
    "if it goes on: does the portal have client_secret_basic for this sales unit, as partners need it?";
