//! Vipps Login from a phone number (CIBA Core, poll mode, with Vipps' redirect variant), for tills, call centres and
//! kiosks.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};

use super::{
    answer::Answer,
    backchannel_protocol::{Polled, Start, polled, user_exists},
    callback::is_same,
    client::{LoginClient, Resend},
    hint::LoginHint,
    pending::{Facts, PendingLogin, Redirect, is_auth_req_id},
    refusal::{exchange_refusal, start_refusal},
    result::LoginResult,
    scopes,
    token::{Grant, Tokens},
    userinfo::Userinfo,
};
use crate::{
    clock::Clock,
    described::options,
    error::{Error, Result},
    event::Event,
    executor::Executor,
    id_token::{Expect, Flow},
    json::Document,
    msn::Msn,
    partner::Merchant,
    random::unguessable,
    webhook::VerifiedWebhook,
};

/// Login from a phone number for one merchant. Not for web pages or apps: Vipps forbids it there. Cheap to make.
///
/// ```no_run
/// # async fn run(shop: vipps_partner_auth::Merchant) -> vipps_partner_auth::Result<()> {
/// use std::time::Duration;
/// use vipps_partner_auth::BackchannelOptions;
///
/// let phone = shop.backchannel()?;
/// let options = BackchannelOptions::default().binding_message("A1B2-C3");
/// let pending = phone.start_with("urn:msisdn:4791234567", &["openid", "name"], &options).await?;
/// match phone.wait(&pending, Duration::from_secs(300)).await? {
///     Some(result) => println!("{} said yes", result.claims().sub()),
///     None => println!("still waiting"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, derive_more::Debug)]
#[debug("Backchannel {{ msn: {:?}, .. }}", _0.msn())]
pub struct Backchannel(LoginClient);

options! {
    "option of a login by phone number"
    /// What may differ from one login to the next. Start from the default and set what is needed.
    #[derive(Debug, PartialEq, Eq)]
    pub struct BackchannelOptions {
        /// A short code that both devices show, so that the person sees which login they confirm: 5 to 8 of `A` to `Z`, `0` to `9`
        /// and hyphen.
        ///
        /// Default: none.
        binding_message: String,
        /// How long the person may take: 60 to 900 s, whole seconds.
        ///
        /// Default: none; Vipps chooses, about ten minutes.
        requested_expiry: Duration,
        /// The web page in the phone's browser where the login ends, in the place of polling. Don't combine it with the webhook,
        /// which would use up the only exchange.
        ///
        /// Default: none; the login ends by polling.
        redirect_uri: String,
    }
}

impl BackchannelOptions {
    fn check(&self) -> Result<()> {
        let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        let is_message = |text: &String| (5..=8).contains(&text.len()) && text.bytes().all(allowed);
        if let Some(message) = self.binding_message.as_ref().filter(|text| !is_message(text)) {
            let rule = "must be 5 to 8 characters of A-Z, 0-9 and hyphen, such as AB-1234";
            return Err(Error::breaks_rule("binding_message", rule).with_value(message));
        }
        let in_range = |expiry: Duration| (60..=900).contains(&expiry.as_secs()) && expiry.subsec_nanos() == 0;
        if let Some(expiry) = self.requested_expiry.filter(|expiry| !in_range(*expiry)) {
            let error = Error::breaks_rule("requested_expiry", "must be 60 to 900 whole seconds");
            return Err(error.with_value(&format!("{}s", expiry.as_secs_f64())));
        }
        Ok(())
    }
}

/// The webhook event `login.merchant-initiated.ping.v1`: a login by phone number has been decided.
///
/// [`VerifiedWebhook::ping`] is the way to one: a [`WebhookVerifier`](crate::WebhookVerifier) has checked by then that it
/// comes from Vipps. A forged ping costs one request and ends nothing.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("BackchannelPing(***)")]
pub struct BackchannelPing {
    auth_req_id: String,
    msn: Option<Msn>,
}

impl BackchannelPing {
    /// Reads the event's JSON body, which was verified elsewhere. `InvalidConfig`, field `body`, for anything else.
    ///
    /// ```
    /// let ping = vipps_partner_auth::BackchannelPing::parse(r#"{"auth_req_id":"fixture-auth-req-0001"}"#)?;
    /// assert_eq!(ping.auth_req_id(), "fixture-auth-req-0001");
    /// # Ok::<(), vipps_partner_auth::Error>(())
    /// ```
    pub fn parse(body: &str) -> Result<Self> {
        Self::read(body.as_bytes())
    }

    pub(crate) fn read(body: &[u8]) -> Result<Self> {
        let mut event = Document::read(body);
        let auth_req_id = event.take_text("auth_req_id").filter(|id| is_auth_req_id(id));
        let no_ping = || Error::breaks_rule("body", "is not the JSON of a ping with an auth_req_id");
        let auth_req_id = auth_req_id.ok_or_else(no_ping)?;
        Ok(Self { auth_req_id, msn: event.take_text("msn").and_then(|msn| msn.parse().ok()) })
    }

    /// Which login it is about: [`PendingLogin::auth_req_id`].
    pub fn auth_req_id(&self) -> &str {
        &self.auth_req_id
    }

    /// Which merchant it is about; told where the registration is for all merchants of the partner.
    pub fn msn(&self) -> Option<&Msn> {
        self.msn.as_ref()
    }
}

impl Merchant {
    /// Login from a phone number. `InvalidConfig`, field `msn`, for keys that are not for this merchant.
    pub fn backchannel(&self) -> Result<Backchannel> {
        LoginClient::new(self).map(Backchannel)
    }
}

impl Backchannel {
    /// Whether a person with this phone number (digits with country code, such as `4791234567`) can be asked; `None`
    /// where Vipps does not offer to tell.
    ///
    /// `InvalidConfig`, field `msisdn`; else as [`start`](Self::start).
    pub async fn user_exists(&self, msisdn: &str) -> Result<Option<bool>> {
        let hint = LoginHint::msisdn(msisdn)?;
        self.notice_country(&hint);
        let client = self.0.clone();
        let ask = async move {
            let form = [("login_hint", hint.as_str())];
            let answer = client.post(&client.user_exists_endpoint(), &form, Resend::Freely).await?;
            match answer.status().as_u16() {
                404 => Ok(None),
                200..=299 => answer.read(user_exists).map(Some),
                _ => Err(start_refusal(&answer, "msisdn")),
            }
        };
        self.0.executor().run(ask).await
    }

    /// Asks a person to log in. `login_hint` is `urn:msisdn:` and a phone number with country code; see [`LoginHint`].
    ///
    /// `InvalidConfig`, field `login_hint`, `scopes`, `binding_message`, `requested_expiry` or `redirect_uri`;
    /// `LoginFailed`, reason `unknown_user` or `outdated_app`; `RateLimited` when too many logins wait for the same
    /// person; `CredentialsRejected`, `Forbidden`, `Unavailable` and `Protocol` as elsewhere.
    pub async fn start(&self, login_hint: &str, scopes: &[impl AsRef<str>]) -> Result<PendingLogin> {
        self.start_with(login_hint, scopes, &BackchannelOptions::default()).await
    }

    /// The same with options.
    pub async fn start_with(
        &self,
        login_hint: &str,
        scopes: &[impl AsRef<str>],
        options: &BackchannelOptions,
    ) -> Result<PendingLogin> {
        let hint: LoginHint = login_hint.parse()?;
        let scopes = scopes::parse_for_backchannel(scopes)?;
        options.check()?;
        let redirect = options.redirect_uri.as_deref().map(Redirect::to).transpose()?;
        self.notice_country(&hint);
        scopes::notice_unusual(&scopes, self.0.events());
        let start = Start { hint, scopes, nonce: unguessable()?, redirect, options: options.clone() };
        let client = self.0.clone();
        self.0.executor().run(async move { begin(start, &client).await }).await
    }

    /// Asks once whether the person has decided; `None` while they have not, and without asking before the interval is
    /// over.
    ///
    /// `LoginFailed`, reason `denied`, `expired` or `invalid_grant`; `InvalidIdToken`; `InvalidConfig`, field `pending`,
    /// for a login that ends by redirect or belongs to another merchant; `Unavailable` and `RateLimited` when it is worth
    /// asking again; `CredentialsRejected`, `Forbidden` and `Protocol` as elsewhere.
    pub async fn poll(&self, pending: &PendingLogin) -> Result<Option<LoginResult>> {
        self.check_polled(pending)?;
        if let Some(known) = Self::known(pending).await {
            return known;
        }
        let now = self.0.clock().now();
        if pending.has_expired(now.wall) {
            return Err(Error::login_failed("expired", "nobody decided in time"));
        }
        if !pending.until_due(now).is_zero() {
            return Ok(None);
        }
        self.ask(pending).await
    }

    /// Polls at the pace Vipps wants until the person has decided; `None` when `timeout` is over first, also in the middle
    /// of a poll. Without a `timeout` it waits as long as the login lives. The login goes on after a timeout, and so it does
    /// when this future is dropped: call again with the same `pending`.
    ///
    /// Trouble on the way to Vipps is no error here: the library asks again until the login expires. Fails as
    /// [`poll`](Self::poll) does otherwise. A poll that is due when `timeout` ends is still waited for, so zero polls once.
    pub async fn wait(
        &self,
        pending: &PendingLogin,
        timeout: impl Into<Option<Duration>>,
    ) -> Result<Option<LoginResult>> {
        self.check_polled(pending)?;
        let timeout = timeout.into().unwrap_or(Duration::MAX);
        let this = self.clone();
        let pending = pending.clone();
        self.0.executor().run(async move { this.wait_for_decision(&pending, timeout).await }).await
    }

    /// How long until [`poll`](Self::poll) will ask Vipps again, for those who keep their own time.
    pub fn next_poll_in(&self, pending: &PendingLogin) -> Duration {
        let now = self.0.clock().now();
        // At the end of its life the login is asked about no more, but whoever waits should learn that at once.
        pending.until_due(now).min(pending.until_expiry(now.wall))
    }

    /// Asks once because a verified webhook said so, whatever the interval; `None` if the person has not decided after
    /// all. [`VerifiedWebhook::ping`] says which login it is about.
    ///
    /// `InvalidConfig`, field `body`, for any other event; `LoginFailed`, reason `auth_req_id`, for a ping about another
    /// login; else as [`poll`](Self::poll).
    pub async fn finish_webhook(
        &self,
        webhook: &VerifiedWebhook,
        pending: &PendingLogin,
    ) -> Result<Option<LoginResult>> {
        self.finish(webhook.ping(), pending).await
    }

    /// The same for the body alone, which must have been verified before: this call does not look at its signature. Prefer
    /// [`finish_webhook`](Self::finish_webhook).
    pub async fn finish_ping(&self, body: &str, pending: &PendingLogin) -> Result<Option<LoginResult>> {
        self.finish(BackchannelPing::parse(body), pending).await
    }

    async fn finish(&self, ping: Result<BackchannelPing>, pending: &PendingLogin) -> Result<Option<LoginResult>> {
        self.check_polled(pending)?;
        if !is_same(ping?.auth_req_id(), pending.auth_req_id()) {
            return Err(Error::login_failed("auth_req_id", "the ping is about another login"));
        }
        // A poll that was under way may have been answered before the person decided.
        match Self::known(pending).await {
            Some(Ok(Some(result))) => Ok(Some(result)),
            _ => self.ask(pending).await,
        }
    }

    /// Ends a login of the redirect variant. `callback_url` is what the phone's browser came to, whole or only path and
    /// query.
    ///
    /// Fails as [`Login::finish`](crate::Login::finish) does; the ID token must name this very login.
    pub async fn finish_redirect(&self, callback_url: &str, pending: &PendingLogin) -> Result<LoginResult> {
        self.check_owner(pending)?;
        let facts = pending.facts();
        let Some(redirect) = &facts.redirect else {
            return Err(Error::breaks_rule("pending", "is a login that ends by polling"));
        };
        let code = redirect.code(callback_url, &facts.issuer)?;
        let this = self.clone();
        let pending = pending.clone();
        let exchange = async move {
            this.0.keys_are_there().await?;
            let grant = Grant::BackchannelRedirect { code: &code };
            let tokens = this.0.exchange(&grant, Resend::Never).await?.tokens(exchange_refusal)?;
            this.accept(tokens, Flow::BackchannelRedirect, pending.facts()).await
        };
        self.0.executor().run(exchange).await
    }

    /// Asks who the person is, as [`Login::userinfo`](crate::Login::userinfo).
    pub async fn userinfo(&self, result: &LoginResult) -> Result<Userinfo> {
        let client = self.0.clone();
        let result = result.clone();
        self.0.executor().run(async move { client.userinfo(&result).await }).await
    }

    pub(crate) fn executor(&self) -> &Executor {
        self.0.executor()
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.0.clock()
    }

    /// What the login brought already, or the answer to a question under way.
    async fn known(pending: &PendingLogin) -> Option<Result<Option<LoginResult>>> {
        if let Some(result) = pending.result() {
            return Some(Ok(Some(result)));
        }
        Some(pending.poll_under_way()?.await)
    }

    async fn wait_for_decision(&self, pending: &PendingLogin, timeout: Duration) -> Result<Option<LoginResult>> {
        let clock = self.0.clock();
        // Of the two clocks the one that nobody sets.
        let give_up_at = clock.now().monotonic.saturating_add(timeout);
        let left = || give_up_at.saturating_sub(clock.now().monotonic);
        loop {
            // A poll that is due at the very end is the last one.
            if left().is_zero() {
                return match self.poll(pending).await {
                    Err(error) if error.retryable() => Ok(None),
                    outcome => outcome,
                };
            }
            // A poll that is given up goes on; what it brings is kept in the pending login.
            match select(pin!(self.poll(pending)), clock.timer(left())).await {
                Either::Left((Ok(None), _)) => {}
                Either::Left((Err(error), _)) if error.retryable() => {}
                Either::Left((outcome, _)) => return outcome,
                Either::Right(_) => return Ok(None),
            }
            let due_in = self.next_poll_in(pending);
            let left = left();
            clock.sleep(due_in.min(left)).await;
            if due_in > left {
                return Ok(None);
            }
        }
    }

    async fn ask(&self, pending: &PendingLogin) -> Result<Option<LoginResult>> {
        let this = self.clone();
        let asked = pending.clone();
        let ask = async move {
            let outcome = this.ask_vipps(&asked).await;
            asked.polled(&outcome);
            outcome
        };
        pending.join_or_poll(self.0.executor(), ask)?.await
    }

    async fn ask_vipps(&self, pending: &PendingLogin) -> Result<Option<LoginResult>> {
        let answered = match self.exchange(pending).await {
            Ok(answer) => polled(&answer),
            Err(error) => Err(error),
        };
        let now = self.0.clock().now();
        match answered {
            Ok(Polled::Done(tokens)) => self.accept(tokens, Flow::Backchannel, pending.facts()).await.map(Some),
            Ok(Polled::Pending) => {
                pending.still_pending(now);
                Ok(None)
            }
            Ok(Polled::SlowDown) => {
                pending.slow_down(now);
                Ok(None)
            }
            Err(error) => {
                pending.failed(now, error.retry_after());
                Err(error)
            }
        }
    }

    async fn exchange(&self, pending: &PendingLogin) -> Result<Answer> {
        // Without keys the tokens would be lost.
        self.0.keys_are_there().await?;
        let grant = Grant::Backchannel { auth_req_id: pending.auth_req_id() };
        self.0.exchange(&grant, Resend::WithAnotherToken).await
    }

    async fn accept(&self, tokens: Tokens, flow: Flow, facts: &Facts) -> Result<LoginResult> {
        let expect = Expect::default().flow(flow).nonce(&facts.nonce).auth_req_id(&facts.auth_req_id);
        self.0.accept(tokens, expect, &facts.scopes).await
    }

    pub(super) fn check_polled(&self, pending: &PendingLogin) -> Result<()> {
        self.check_owner(pending)?;
        if pending.ends_by_redirect() {
            return Err(Error::breaks_rule("pending", "is a login that ends by redirect"));
        }
        Ok(())
    }

    fn check_owner(&self, pending: &PendingLogin) -> Result<()> {
        if pending.msn() != self.0.msn() {
            return Err(Error::login_failed("merchant", "the login was started for another merchant"));
        }
        if pending.facts().issuer != self.0.issuer() {
            return Err(Error::login_failed("issuer", "the login was started in another environment"));
        }
        Ok(())
    }

    fn notice_country(&self, hint: &LoginHint) {
        if hint.is_of_unusual_country() {
            self.0.events().tell(Event::UnusualCountryCode);
        }
    }
}

async fn begin(start: Start, client: &LoginClient) -> Result<PendingLogin> {
    let endpoints = client.endpoints().await?;
    let form = start.form();
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = client.post(&endpoints.backchannel_authentication, &form, Resend::WithAnotherToken).await?;
    start.pending(&answer, client.issuer(), client.msn())
}
