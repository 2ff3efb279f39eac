//! The only place that sends Login's calls: who calls, what may be sent twice, and what is checked of the tokens that
//! come back.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{Request, StatusCode};
use tokio::runtime::Handle;
use url::Url;
use zeroize::Zeroizing;

use super::{
    answer::Answer,
    refusal::{reply_lost, too_old_for_userinfo, userinfo_refusal},
    result::{LoginResult, LoginToken},
    token::{Grant, Tokens},
    userinfo::Userinfo,
};
use crate::{
    clock::{Clock, Now},
    config::LoginAuthMethod,
    discovery::Endpoints,
    error::{Error, Result},
    event::Events,
    flight::runtime,
    headers,
    http::SendError,
    id_token::Expect,
    keys::{Keys, StandardKeys, sensitive},
    msn::Msn,
    partner::{Inner, Merchant},
    provider::Held,
    retry::wait_before_retry,
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
    /// A code is good once: only what the gateway refused or held back, so that nothing behind it has seen it.
    Never,
    /// What was refused for the token it carried.
    WithAnotherToken,
    /// That, and what met a passing fault: a question that changes nothing.
    Freely,
}

/// A partner's token should outlive a request that can't be sent again.
const LEAST_LIFE: Duration = Duration::from_mins(1);

impl LoginClient {
    pub(super) fn new(merchant: &Merchant) -> Result<Self> {
        let inner = merchant.partner().inner();
        inner.check_msn(merchant.msn())?;
        Ok(Self { merchant: merchant.clone(), issuer: inner.environment.issuer().into() })
    }

    pub(super) fn msn(&self) -> &Msn {
        self.merchant.msn()
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.inner().keys
    }

    pub(super) fn events(&self) -> &Events {
        &self.inner().events
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.inner().login.clock
    }

    pub(super) fn runtime(&self) -> Result<Handle> {
        runtime(self.inner().login.runtime.as_ref())
    }

    pub(super) async fn endpoints(&self) -> Result<Arc<Endpoints>> {
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
        self.post(&endpoints.token, &grant.form(), resend).await
    }

    /// Sends a form, saying who calls and for whom.
    pub(super) async fn post(&self, url: &str, form: &[(&str, &str)], resend: Resend) -> Result<Answer> {
        self.send(url, &Content::Form(form), resend).await
    }

    pub(super) async fn userinfo(&self, result: &LoginResult) -> Result<Userinfo> {
        let is_own = result.claims().msn() == self.msn() && result.is_of(&self.issuer);
        if !is_own {
            return Err(Error::invalid_config("result", "is of a login at another merchant or environment"));
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

    /// Checks the tokens of a login. They can't be had twice, so keys that are late are waited for.
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
        let wait = error.retry_after().unwrap_or_default();
        if wait > self.inner().login.deadline {
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
    Form(&'a [(&'a str, &'a str)]),
    Token(&'a LoginToken),
}

/// One call with its tries.
impl LoginClient {
    async fn send(&self, url: &str, content: &Content<'_>, resend: Resend) -> Result<Answer> {
        self.check_endpoint(url)?;
        let deadline = self.clock().now().plus(self.inner().login.deadline);
        let (mut tries, mut renewed) = (0, false);
        loop {
            tries += 1;
            let token = self.token_for(content, resend).await?;
            let limit = self.limit(resend, deadline);
            let (error, last) = match self.send_once(url, content, token.as_deref(), limit).await {
                Ok(answer) if !renewed && self.wants_another_token(&answer, token.as_deref(), resend) => {
                    renewed = true;
                    continue;
                }
                Ok(answer) if may_be_asked_again(&answer, resend) => (answer.error(answer.refusal()), Some(answer)),
                Ok(answer) => return Ok(answer),
                Err(error) if error.may_have_been_sent() && resend == Resend::Never => return Err(reply_lost()),
                Err(error) if error.may_have_been_sent() && resend != Resend::Freely => return Err(error.into_error()),
                Err(error) => (error.into_error(), None),
            };
            match (wait_before_retry(tries, &error, self.clock().now().until(deadline)), last) {
                (Some(wait), _) => self.clock().sleep(wait).await,
                (None, Some(answer)) => return Ok(answer),
                (None, None) => return Err(error),
            }
        }
    }

    /// Secrets go to the environment's own origin or one the user listed, whatever the discovery document says.
    fn check_endpoint(&self, url: &str) -> Result<()> {
        if Url::parse(url).is_ok_and(|url| self.inner().trusted.trust(&url)) {
            return Ok(());
        }
        Err(Error::protocol("an endpoint of the discovery document is of an origin that is not trusted")
            .with_hint("list it as a trusted_origin if it is yours"))
    }

    async fn token_for(&self, content: &Content<'_>, resend: Resend) -> Result<Option<Arc<Held>>> {
        let provider = &self.inner().provider;
        match (content, self.keys(), resend) {
            (Content::Form(_), Keys::Partner(_), Resend::Never) => provider.lasting(LEAST_LIFE).await.map(Some),
            (Content::Form(_), Keys::Partner(_), _) => provider.token().await.map(Some),
            _ => Ok(None),
        }
    }

    /// What is good once is worth the full wait for its answer, however late it is.
    fn limit(&self, resend: Resend, deadline: Now) -> Duration {
        let login = &self.inner().login;
        match resend {
            Resend::Freely => self.clock().now().until(deadline).min(login.request_timeout),
            Resend::Never | Resend::WithAnotherToken => login.request_timeout,
        }
    }

    async fn send_once(
        &self,
        url: &str,
        content: &Content<'_>,
        token: Option<&Held>,
        limit: Duration,
    ) -> Result<Answer, SendError> {
        let request = self.request(url, content, token).map_err(|_| SendError::not_sent("the request is malformed"))?;
        let sent_at = self.clock().now();
        let response = self.inner().login.http.send(request, limit).await?;
        let secrets = secrets(content, token, self.keys());
        Ok(Answer::new(response, sent_at, self.clock().now(), secrets))
    }

    fn request(&self, url: &str, content: &Content<'_>, token: Option<&Held>) -> Result<Request<Bytes>> {
        match content {
            Content::Token(token) => {
                let authorization = sensitive(&Zeroizing::new(format!("Bearer {}", token.secret())))?;
                let mut request =
                    Request::get(url).body(Bytes::new()).map_err(|_| Error::protocol("the url is malformed"))?;
                *request.headers_mut() = headers::userinfo(authorization);
                Ok(request)
            }
            Content::Form(form) => self.form_request(url, form, token),
        }
    }

    fn form_request(&self, url: &str, form: &[(&str, &str)], token: Option<&Held>) -> Result<Request<Bytes>> {
        let inner = self.inner();
        let mut body = Serializer::new(String::new());
        body.extend_pairs(form);
        let authorization = match (token, inner.keys.standard(), inner.login.auth_method) {
            (Some(token), _, _) => Some(token.authorization.clone()),
            (None, Some(keys), LoginAuthMethod::ClientSecretBasic) => Some(self.basic(keys)?),
            (None, Some(keys), LoginAuthMethod::ClientSecretPost) => {
                body.append_pair("client_id", &keys.client_id)
                    .append_pair("client_secret", keys.client_secret.expose());
                None
            }
            (None, None, _) => None,
        };
        let headers = headers::login(authorization, self.msn(), &inner.system)?;
        post(url.to_owned(), headers, body.finish().into())
    }

    fn basic(&self, keys: &StandardKeys) -> Result<http::HeaderValue> {
        sensitive(&basic(&keys.client_id, &keys.client_secret, self.inner().login.basic_encoding))
    }

    /// Whether another token may do; the one that was refused is dropped in any case.
    fn wants_another_token(&self, answer: &Answer, token: Option<&Held>, resend: Resend) -> bool {
        let Some(token) = token.filter(|_| answer.status() == StatusCode::UNAUTHORIZED) else { return false };
        let may_help = self.inner().provider.refused_by_api(&token.token);
        may_help && (resend != Resend::Never || answer.refusal().of_gateway)
    }
}

/// Names of fields that a reply must not echo into an error.
const SECRET_FIELDS: [&str; 6] = ["code", "code_verifier", "auth_req_id", "login_hint", "state", "nonce"];

fn secrets(content: &Content<'_>, token: Option<&Held>, keys: &Keys) -> Vec<Secret> {
    let of_content: Vec<Secret> = match content {
        Content::Token(token) => vec![token.secret().into()],
        Content::Form(form) => form.iter().filter(|(name, _)| SECRET_FIELDS.contains(name)).map(secret_part).collect(),
    };
    let of_caller = [token.map(|held| held.token.as_secret().clone()), Some(keys.client_secret().clone())];
    of_content.into_iter().chain(of_caller.into_iter().flatten()).collect()
}

/// Of a login hint what follows its prefix, of all else the whole.
fn secret_part((name, value): &(&str, &str)) -> Secret {
    let part = value.rsplit(':').next().filter(|_| *name == "login_hint");
    part.unwrap_or(value).into()
}

fn may_be_asked_again(answer: &Answer, resend: Resend) -> bool {
    match resend {
        Resend::Freely => matches!(answer.status().as_u16(), 429 | 500 | 502 | 503 | 504),
        Resend::Never => answer.was_held_back(),
        Resend::WithAnotherToken => false,
    }
}
