//! On whose behalf an HTTP client calls: all that an adapter needs.

use crate::{
    error::Result,
    finished::Headers,
    partner::{Merchant, Partner},
    token::AccessToken,
};

/// A [`Merchant`], or a [`Partner`] for calls that are not for one merchant: what an adapter for an HTTP client is made
/// with. Cheap to clone.
///
/// An adapter asks whether the URL is [covered](Self::covers), puts the headers of
/// [`authorization`](Self::authorization) on the request, takes them off where a redirect [leads away](Self::may_follow),
/// and after a 401 asks for [another token](Self::refused) and sends the same bytes once more.
///
/// ```
/// use vipps_partner_auth::{Caller, Result};
///
/// /// One call with a client of your own; `send` makes one request and gives its status.
/// async fn call<F: Future<Output = u16>>(caller: Caller, url: &str, send: impl Fn(http::HeaderMap) -> F) -> Result<u16> {
///     if !caller.covers(url) {
///         return Ok(send(http::HeaderMap::new()).await);
///     }
///     let headers = caller.authorization().await?;
///     let status = send(headers.to_map()).await;
///     if status != 401 {
///         return Ok(status);
///     }
///     match caller.refused(headers.token()).await {
///         Ok(others) => Ok(send(others.to_map()).await),
///         Err(_) => Ok(status),
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Caller(Handle);

#[derive(Debug, Clone)]
enum Handle {
    Merchant(Merchant),
    Partner(Partner),
}

impl From<Merchant> for Caller {
    fn from(merchant: Merchant) -> Self {
        Self(Handle::Merchant(merchant))
    }
}

impl From<Partner> for Caller {
    fn from(partner: Partner) -> Self {
        Self(Handle::Partner(partner))
    }
}

impl Caller {
    /// Whether headers may be sent to this URL: [`Partner::covers`].
    pub fn covers(&self, url: &str) -> bool {
        self.partner().covers(url)
    }

    /// Whether headers may follow a redirect: [`Partner::may_follow`].
    pub fn may_follow(&self, from: &str, to: &str) -> bool {
        self.partner().may_follow(from, to)
    }

    /// Finished headers together with the token they carry: [`Merchant::authorization`].
    pub async fn authorization(&self) -> Result<Headers> {
        match &self.0 {
            Handle::Merchant(merchant) => merchant.authorization().await,
            Handle::Partner(partner) => partner.authorization().await,
        }
    }

    /// An API answered 401 to a call that carried this token: headers with another token, or why there are none. See
    /// [`Merchant::refused`].
    pub async fn refused(&self, token: &AccessToken) -> Result<Headers> {
        match &self.0 {
            Handle::Merchant(merchant) => merchant.refused(token).await,
            Handle::Partner(partner) => partner.refused(token).await,
        }
    }

    /// The same for a call that can't be repeated: nobody waits, and the next call has the other token.
    pub fn note_refused(&self, token: &AccessToken) {
        match &self.0 {
            Handle::Merchant(merchant) => merchant.note_refused(token),
            Handle::Partner(partner) => partner.note_refused(token),
        }
    }

    /// Tells what an API answered to a call that was made with these headers: [`Merchant::answered`]. For a partner itself
    /// it does nothing.
    pub fn answered(&self, status: u16, content_type: Option<&str>) {
        if let Handle::Merchant(merchant) = &self.0 {
            merchant.answered(status, content_type);
        }
    }

    /// The partner behind it.
    pub fn partner(&self) -> &Partner {
        match &self.0 {
            Handle::Merchant(merchant) => merchant.partner(),
            Handle::Partner(partner) => partner,
        }
    }
}
