//! A login from a phone number, told state by state.

use std::time::Duration;

use futures_util::{Stream, stream::unfold};

use super::{backchannel::Backchannel, pending::PendingLogin, result::LoginResult};
use crate::error::Result;

/// How far a login from a phone number is, as [`Backchannel::next_state`] tells it.
#[derive(Debug, Clone, PartialEq)]
pub enum BackchannelState {
    /// The person has not decided, or Vipps could not be asked just now.
    Pending {
        /// How long until Vipps is asked again.
        next_poll_in: Duration,
    },
    /// The person said yes. No state comes after this one.
    Complete(LoginResult),
}

impl Backchannel {
    /// Waits until Vipps may be asked, asks once and tells what came of it: for an application that shows how far a login is.
    /// Of a login that is complete the result is told again. When this future is dropped the login goes on.
    ///
    /// Trouble on the way to Vipps is no error here: the login is still pending. Fails as [`wait`](Self::wait) does, at
    /// the latest when the login expires: `LoginFailed`, reason `denied` or `expired`.
    ///
    /// ```no_run
    /// # async fn run(phone: vipps_partner_auth::Backchannel, pending: vipps_partner_auth::PendingLogin)
    /// # -> vipps_partner_auth::Result<()> {
    /// use vipps_partner_auth::BackchannelState;
    ///
    /// loop {
    ///     match phone.next_state(&pending).await? {
    ///         BackchannelState::Pending { next_poll_in } => println!("asked again in {next_poll_in:?}"),
    ///         BackchannelState::Complete(result) => break println!("{} said yes", result.claims().sub()),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next_state(&self, pending: &PendingLogin) -> Result<BackchannelState> {
        self.check_polled(pending)?;
        let this = self.clone();
        let pending = pending.clone();
        self.executor().run(async move { this.state_when_due(&pending).await }).await
    }

    /// The states of a login, one for each time that Vipps is asked, until it is complete. Ends after the first error,
    /// which is one of [`next_state`](Self::next_state).
    pub fn states(&self, pending: &PendingLogin) -> impl Stream<Item = Result<BackchannelState>> + Send + use<> {
        unfold(Some((self.clone(), pending.clone())), |login| async move {
            let (phone, pending) = login?;
            let state = phone.next_state(&pending).await;
            let goes_on = matches!(state, Ok(BackchannelState::Pending { .. }));
            Some((state, goes_on.then_some((phone, pending))))
        })
    }

    async fn state_when_due(&self, pending: &PendingLogin) -> Result<BackchannelState> {
        if pending.result().is_none() {
            self.clock().sleep(self.next_poll_in(pending)).await;
        }
        match self.poll(pending).await {
            Ok(Some(result)) => return Ok(BackchannelState::Complete(result)),
            Err(error) if !error.retryable() => return Err(error),
            _ => {}
        }
        Ok(BackchannelState::Pending { next_poll_in: self.next_poll_in(pending) })
    }
}
