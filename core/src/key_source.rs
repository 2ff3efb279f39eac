//! Where keys are kept that change while the process runs.

use std::{error::Error as StdError, future::Future};

use crate::{clock::BoxFuture, keys::Keys};

/// Where the keys are kept, such as a secret store: asked for them again when Vipps refuses those in use,
/// at a token call or at Login.
///
/// Asked at most every 30 seconds, one question at a time, on the library's own thread, and given up after
/// [`Config::deadline`](crate::Config::deadline). Keys that differ from those in use are tried, and take their place where
/// Vipps gives a token for them; that is told as [`Event::KeysReplaced`](crate::Event::KeysReplaced). Where the source
/// fails, or what it brings does not work, the keys in use stay:
/// [`Event::KeysNotReplaced`](crate::Event::KeysNotReplaced). The text of its own errors goes into no event; it is the
/// [`source`](StdError::source) of the error there.
///
/// An async closure is one:
///
/// ```
/// use vipps_partner_auth::{Config, Keys, PartnerKeys};
///
/// # async fn read_secret_store() -> std::io::Result<[String; 3]> { Err(std::io::ErrorKind::NotFound.into()) }
/// let config = Config::default().key_source(|| async {
///     let [client_id, client_secret, subscription_key] = read_secret_store().await?;
///     Ok(Keys::from(PartnerKeys::new(client_id, client_secret, subscription_key)?))
/// });
/// ```
pub trait KeySource: Send + Sync {
    /// The keys as they are now: of the same kind as those the [`Partner`](crate::Partner) was made with, and for the same
    /// sales unit and scope.
    fn keys(&self) -> BoxFuture<'_, Result<Keys, KeySourceError>>;
}

/// Whatever a source of keys fails with.
pub type KeySourceError = Box<dyn StdError + Send + Sync>;

impl<F, Fut> KeySource for F
where
    F: Fn() -> Fut + Send + Sync,
    Fut: Future<Output = Result<Keys, KeySourceError>> + Send + 'static,
{
    fn keys(&self) -> BoxFuture<'_, Result<Keys, KeySourceError>> {
        Box::pin(self())
    }
}
