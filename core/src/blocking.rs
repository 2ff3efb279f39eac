//! The calls that may wait, for code without an executor.

use std::{
    fmt,
    future::Future,
    iter,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use http::HeaderMap;

use crate::{
    Backchannel, BackchannelOptions, BackchannelState, Login, LoginOptions, LoginRequest, LoginResult, MerchantCheck,
    Msn, PendingLogin, SalesUnit, SalesUnitChanges, SalesUnitStatus, Userinfo,
    error::{Error, Result},
    executor::Executor,
    finished::Headers,
    id_token::{Expect, IdTokenClaims, IdTokenVerifier},
    keys::Keys,
    partner::{Merchant, Partner},
    token::AccessToken,
    webhook::VerifiedWebhook,
};

/// A handle whose calls block the thread until they are done, each for [`within`](Self::within) at most: 30 seconds unless
/// set. Cheap to make.
///
/// Works on any thread, also on a worker of an async runtime, which can do nothing else meanwhile. Only the thread that
/// has to do the work itself is refused, `InvalidConfig`: the library's own (in a [`Clock`](crate::Clock), sender or cache
/// of yours) or the current-thread [runtime that was set](crate::Config::runtime).
///
/// Where the time is over the call fails with `Unavailable`. A fetch that it shared with others goes on.
///
/// ```no_run
/// use std::time::Duration;
/// use vipps_partner_auth::Partner;
///
/// # fn run() -> vipps_partner_auth::Result<()> {
/// let shop = Partner::from_env()?.merchant("123456".parse()?);
/// let headers = shop.blocking().within(Duration::from_secs(5)).headers()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Blocking<H> {
    handle: H,
    executor: Executor,
    limit: Duration,
}

const LIMIT: Duration = Duration::from_secs(30);

impl<H> Blocking<H> {
    fn new(handle: H, executor: &Executor) -> Self {
        Self { handle, executor: executor.clone(), limit: LIMIT }
    }

    /// The same with another limit for each call.
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    fn run<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        self.executor.check_may_block()?;
        wait(call, self.limit).unwrap_or_else(|| Err(too_late()))
    }

    /// For a call that sends what is good once.
    fn run_exchange<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        self.executor.check_may_block()?;
        wait(call, self.limit).unwrap_or_else(|| {
            Err(Error::login_failed(
                "reply_lost",
                "the time limit was over before the login ended, so the code may be used up",
            )
            .with_hint("start the login again"))
        })
    }
}

impl Partner {
    /// The same calls for code without an executor.
    pub fn blocking(&self) -> Blocking<Self> {
        Blocking::new(self.clone(), self.inner().provider.executor())
    }
}

impl Merchant {
    /// The same calls for code without an executor.
    pub fn blocking(&self) -> Blocking<Self> {
        Blocking::new(self.clone(), self.partner().inner().provider.executor())
    }
}

impl Login {
    /// The same calls for code without an executor.
    pub fn blocking(&self) -> Blocking<Self> {
        Blocking::new(self.clone(), self.executor())
    }
}

impl Backchannel {
    /// The same calls for code without an executor.
    pub fn blocking(&self) -> Blocking<Self> {
        Blocking::new(self.clone(), self.executor())
    }
}

impl IdTokenVerifier {
    /// The same calls for code without an executor.
    pub fn blocking(&self) -> Blocking<Self> {
        Blocking::new(self.clone(), &self.executor())
    }
}

impl Blocking<Partner> {
    /// [`Partner::headers`].
    pub fn headers(&self) -> Result<HeaderMap> {
        self.run(self.handle.headers())
    }

    /// [`Partner::authorization`].
    pub fn authorization(&self) -> Result<Headers> {
        self.run(self.handle.authorization())
    }

    /// [`Partner::access_token`].
    pub fn access_token(&self) -> Result<AccessToken> {
        self.run(self.handle.access_token())
    }

    /// [`Partner::replace_keys`].
    pub fn replace_keys(&self, keys: impl Into<Keys>) -> Result<()> {
        self.run(self.handle.replace_keys(keys))
    }

    /// [`Partner::refused`].
    pub fn refused(&self, token: &AccessToken) -> Result<Headers> {
        self.run(self.handle.refused(token))
    }

    /// [`Partner::doctor_with`], for as long as it takes.
    #[cfg(feature = "doctor")]
    pub fn doctor(&self, options: &crate::doctor::DoctorOptions) -> Result<crate::doctor::Report> {
        self.executor.check_may_block()?;
        Ok(until_done(self.handle.doctor_with(options)))
    }

    /// [`Partner::sales_units`].
    pub fn sales_units(&self) -> Result<Vec<SalesUnit>> {
        self.run(self.handle.sales_units())
    }

    /// [`Partner::sales_unit_changes`].
    pub fn sales_unit_changes(&self, known: &[Msn]) -> Result<SalesUnitChanges> {
        self.run(self.handle.sales_unit_changes(known))
    }

    /// [`Partner::sales_unit`].
    pub fn sales_unit(&self, msn: Msn) -> Result<SalesUnitStatus> {
        self.run(self.handle.sales_unit(msn))
    }

    /// [`Partner::sales_units_of`].
    pub fn sales_units_of(&self, scheme: &str, id: &str) -> Result<Vec<SalesUnit>> {
        self.run(self.handle.sales_units_of(scheme, id))
    }

    /// [`Partner::check`].
    pub fn check(&self, msn: Msn) -> Result<MerchantCheck> {
        self.run(self.handle.check(msn))
    }
}

impl Blocking<Merchant> {
    /// [`Merchant::headers`].
    pub fn headers(&self) -> Result<HeaderMap> {
        self.run(self.handle.headers())
    }

    /// [`Merchant::authorization`].
    pub fn authorization(&self) -> Result<Headers> {
        self.run(self.handle.authorization())
    }

    /// [`Merchant::refused`].
    pub fn refused(&self, token: &AccessToken) -> Result<Headers> {
        self.run(self.handle.refused(token))
    }

    /// [`Merchant::verify_id_token`].
    pub fn verify_id_token(&self, jwt: &str, expect: &Expect) -> Result<IdTokenClaims> {
        self.run(self.handle.verify_id_token(jwt, expect))
    }
}

impl Blocking<IdTokenVerifier> {
    /// [`IdTokenVerifier::verify`].
    pub fn verify(&self, jwt: &str, expect: &Expect) -> Result<IdTokenClaims> {
        self.run(self.handle.verify(jwt, expect))
    }
}

impl Blocking<Login> {
    /// [`Login::start`].
    pub fn start(&self, scopes: &[impl AsRef<str>]) -> Result<LoginRequest> {
        self.run(self.handle.start(scopes))
    }

    /// [`Login::start_with`].
    pub fn start_with(&self, scopes: &[impl AsRef<str>], options: &LoginOptions) -> Result<LoginRequest> {
        self.run(self.handle.start_with(scopes, options))
    }

    /// [`Login::finish`]. When the time is over, the code may be spent: `LoginFailed`, reason `reply_lost`.
    pub fn finish(&self, callback_url: &str, request: &LoginRequest) -> Result<LoginResult> {
        self.run_exchange(self.handle.finish(callback_url, request))
    }

    /// [`Login::userinfo`].
    pub fn userinfo(&self, result: &LoginResult) -> Result<Userinfo> {
        self.run(self.handle.userinfo(result))
    }
}

impl Blocking<Backchannel> {
    /// [`Backchannel::user_exists`].
    pub fn user_exists(&self, msisdn: &str) -> Result<Option<bool>> {
        self.run(self.handle.user_exists(msisdn))
    }

    /// [`Backchannel::start`].
    pub fn start(&self, login_hint: &str, scopes: &[impl AsRef<str>]) -> Result<PendingLogin> {
        self.run(self.handle.start(login_hint, scopes))
    }

    /// [`Backchannel::start_with`].
    pub fn start_with(
        &self,
        login_hint: &str,
        scopes: &[impl AsRef<str>],
        options: &BackchannelOptions,
    ) -> Result<PendingLogin> {
        self.run(self.handle.start_with(login_hint, scopes, options))
    }

    /// [`Backchannel::poll`].
    pub fn poll(&self, pending: &PendingLogin) -> Result<Option<LoginResult>> {
        self.run(self.handle.poll(pending))
    }

    /// [`Backchannel::wait`], whose own limit is `timeout`.
    pub fn wait(&self, pending: &PendingLogin, timeout: impl Into<Option<Duration>>) -> Result<Option<LoginResult>> {
        self.executor.check_may_block()?;
        wait(self.handle.wait(pending, timeout), Duration::MAX).unwrap_or_else(|| Err(too_late()))
    }

    /// [`Backchannel::next_state`], which has no limit but the life of the login.
    pub fn next_state(&self, pending: &PendingLogin) -> Result<BackchannelState> {
        self.executor.check_may_block()?;
        wait(self.handle.next_state(pending), Duration::MAX).unwrap_or_else(|| Err(too_late()))
    }

    /// [`Backchannel::states`].
    pub fn states(&self, pending: &PendingLogin) -> impl Iterator<Item = Result<BackchannelState>> + use<> {
        let phone = self.clone();
        let pending = pending.clone();
        let mut goes_on = true;
        iter::from_fn(move || {
            let state = goes_on.then(|| phone.next_state(&pending))?;
            goes_on = matches!(state, Ok(BackchannelState::Pending { .. }));
            Some(state)
        })
    }

    /// [`Backchannel::finish_ping`].
    pub fn finish_ping(&self, body: &str, pending: &PendingLogin) -> Result<Option<LoginResult>> {
        self.run(self.handle.finish_ping(body, pending))
    }

    /// [`Backchannel::finish_webhook`].
    pub fn finish_webhook(&self, webhook: &VerifiedWebhook, pending: &PendingLogin) -> Result<Option<LoginResult>> {
        self.run(self.handle.finish_webhook(webhook, pending))
    }

    /// [`Backchannel::finish_redirect`]. When the time is over, the code may be spent: `LoginFailed`, reason `reply_lost`.
    pub fn finish_redirect(&self, callback_url: &str, pending: &PendingLogin) -> Result<LoginResult> {
        self.run_exchange(self.handle.finish_redirect(callback_url, pending))
    }

    /// [`Backchannel::userinfo`].
    pub fn userinfo(&self, result: &LoginResult) -> Result<Userinfo> {
        self.run(self.handle.userinfo(result))
    }
}

fn too_late() -> Error {
    Error::unavailable("the time limit of the call was over before it was done")
}

/// Runs a future on this thread; `None` when the limit is over first. Nothing of it needs a runtime here.
fn wait<T>(future: impl Future<Output = T>, limit: Duration) -> Option<T> {
    let give_up_at = Instant::now().checked_add(limit);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return Some(done);
        }
        let Some(give_up_at) = give_up_at else {
            thread::park();
            continue;
        };
        let left = give_up_at.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        thread::park_timeout(left);
    }
}

/// Runs a future of this library to its end.
#[cfg(feature = "doctor")]
pub(crate) fn until_done<T>(future: impl Future<Output = T>) -> T {
    wait(future, Duration::MAX).expect("there is no limit")
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl<H: fmt::Debug> fmt::Debug for Blocking<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").field("handle", &self.handle).field("limit", &self.limit).finish_non_exhaustive()
    }
}
