//! Finished headers: built once for each token, shared by all calls it serves.

use std::{ops::Deref, sync::Arc};

use arc_swap::ArcSwapOption;
use http::HeaderMap;

use crate::{clock::Now, error::Result, provider::Held, token::AccessToken};

/// All headers of a call, with the token they carry. Reads like an [`http::HeaderMap`]; cheap to clone.
///
/// ```
/// # async fn run(shop: vipps_partner_auth::Merchant) -> vipps_partner_auth::Result<()> {
/// let headers = shop.authorization().await?;
/// assert!(headers.contains_key("authorization"));
/// let own: http::HeaderMap = headers.to_map();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, derive_more::Debug)]
#[debug("Headers {{ generation: {:?}, names: {:?} }}", _0.generation, _0.map.keys())]
pub struct Headers(Arc<Parts>);

struct Parts {
    generation: u64,
    fresh_until: Now,
    token: AccessToken,
    map: HeaderMap,
}

impl Headers {
    /// Until when these headers are as good as newly asked for ones; then it is time to ask again, which renews the
    /// token in the background.
    pub fn fresh_until(&self) -> Now {
        self.0.fresh_until
    }

    /// The token in `Authorization`, for an adapter that may have to report it
    /// [`refused`](crate::Partner::refused).
    pub fn token(&self) -> &AccessToken {
        &self.0.token
    }

    /// Headers hold only while this is still the [`Partner::generation`](crate::Partner::generation).
    pub fn generation(&self) -> u64 {
        self.0.generation
    }

    /// A copy to be changed.
    pub fn to_map(&self) -> HeaderMap {
        self.0.map.clone()
    }
}

impl Deref for Headers {
    type Target = HeaderMap;

    fn deref(&self) -> &HeaderMap {
        &self.0.map
    }
}

/// The place for the finished headers of one handle.
#[derive(Default)]
pub(crate) struct Finished(ArcSwapOption<Parts>);

impl Finished {
    /// The headers for this token, built if they are for another.
    pub(crate) fn headers(&self, held: &Held, build: impl FnOnce() -> Result<HeaderMap>) -> Result<Headers> {
        let known = self.0.load();
        if let Some(parts) = known.as_ref().filter(|parts| parts.generation == held.generation) {
            return Ok(Headers(parts.clone()));
        }
        // A clone holds no spare room, and this one is kept for hours.
        let map = build()?.clone();
        let parts = Arc::new(Parts {
            generation: held.generation,
            fresh_until: held.fresh_until,
            token: held.token.clone(),
            map,
        });
        self.0.store(Some(parts.clone()));
        Ok(Headers(parts))
    }
}
