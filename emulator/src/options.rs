//! How an emulator is started.

use vipps_partner_auth::Msn;

use crate::{
    accounts::keys::Keys,
    choices::{Mode, RsaBits},
};

/// How to start an [`Emulator`](crate::Emulator). End a literal with `..Options::default()`: fields may join.
///
/// ```
/// use vipps_emulator::{Mode, Options};
///
/// let options = Options { mode: Mode::Test, merchants: vec!["123456".parse()?], ..Options::default() };
/// assert_eq!(options.port, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0, the default, takes a free one.
    pub port: u16,
    /// Which of the two environments to imitate; decides how long standard tokens live.
    pub mode: Mode,
    /// Sales units that exist and are connected to the partner from the start.
    pub merchants: Vec<Msn>,
    /// The partner keys; `None`, the default, invents some.
    pub partner_keys: Option<Keys>,
    /// The size of the RSA keys that sign ID tokens.
    pub rsa_bits: RsaBits,
}
