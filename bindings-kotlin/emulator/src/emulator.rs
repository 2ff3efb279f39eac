//! Life, keys, log and time of an emulator.

use std::sync::Arc;

use vipps_emulator::{Keys, Options};
use vipps_partner_auth::Msn;

use crate::{
    choices,
    error::{EmulatorError, Result, span},
    records::{EmulatorKeys, EmulatorRequest, EmulatorSpecializedKeys},
};

/// How to start an emulator.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct EmulatorOptions {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[uniffi(default = 0)]
    pub port: i32,
    /// `production` or `test`: which of the two to imitate.
    #[uniffi(default = None)]
    pub mode: Option<String>,
    /// Sales units that are connected to the partner from the start.
    #[uniffi(default = [])]
    pub merchants: Vec<String>,
    /// The partner keys; without them some are invented.
    #[uniffi(default = None)]
    pub partner_keys: Option<EmulatorKeys>,
    /// The size of the RSA keys that sign ID tokens: 2048, 3072 or 4096.
    #[uniffi(default = None)]
    pub rsa_bits: Option<i32>,
}

impl EmulatorOptions {
    fn options(self) -> Result<Options> {
        let defaults = Options::default();
        let merchants: std::result::Result<Vec<Msn>, _> = self.merchants.iter().map(|msn| msn.parse()).collect();
        Ok(Options {
            port: u16::try_from(self.port).map_err(|_| EmulatorError::new("port: must be 0 to 65535"))?,
            mode: self.mode.map_or(Ok(defaults.mode), |mode| choices::mode(&mode))?,
            merchants: merchants?,
            partner_keys: self.partner_keys.map(|keys| Keys {
                client_id: keys.client_id,
                client_secret: keys.client_secret,
                subscription_key: keys.subscription_key,
                second_subscription_key: keys.second_subscription_key,
            }),
            rsa_bits: self.rsa_bits.map_or(Ok(defaults.rsa_bits), choices::rsa_bits)?,
            ..defaults
        })
    }
}

/// A Vipps of your own on a port of this machine, for tests: same paths, bodies, quirks and errors as the service.
///
/// Controls take effect for the next request and may be called from any thread. Not an official Vipps product.
#[derive(Debug, uniffi::Object)]
pub struct Emulator(pub(crate) vipps_emulator::Emulator);

pub(crate) fn parsed(msn: &str) -> Result<Msn> {
    Ok(msn.parse()?)
}

#[uniffi::export]
impl Emulator {
    /// Starts an emulator, ready when this returns.
    #[uniffi::constructor(default(options = None))]
    pub fn new(options: Option<EmulatorOptions>) -> Result<Arc<Self>> {
        let options = options.unwrap_or_default().options()?;
        Ok(Arc::new(Self(vipps_emulator::Emulator::start(options)?)))
    }

    /// Where it listens, such as `http://127.0.0.1:40001`.
    pub fn base_url(&self) -> String {
        self.0.base_url().to_owned()
    }

    /// The page for a person's browser: decide logins there, and read the requests with what was right and wrong.
    pub fn page_url(&self) -> String {
        self.0.page_url()
    }

    /// Closes every socket. The log can still be read.
    pub fn stop(&self) {
        self.0.stop();
    }

    /// The partner's keys as they are now.
    pub fn keys_of_partner(&self) -> EmulatorKeys {
        self.0.partner_keys().into()
    }

    /// A sales unit's own keys as they are now; nothing if there is no such sales unit.
    pub fn keys_of_sales_unit(&self, msn: String) -> Result<Option<EmulatorKeys>> {
        Ok(self.0.sales_unit_keys(&parsed(&msn)?).map(EmulatorKeys::from))
    }

    /// The keys for `/miami/v1/token`.
    pub fn keys_of_specialized(&self) -> EmulatorSpecializedKeys {
        self.0.specialized_keys().into()
    }

    /// Adds a sales unit that is connected to the partner, or connects and activates one that is there.
    pub fn add_merchant(&self, msn: String) -> Result<EmulatorKeys> {
        Ok(self.0.add_merchant(&parsed(&msn)?).into())
    }

    /// The partner may no longer act for this sales unit.
    pub fn disconnect_merchant(&self, msn: String) -> Result<()> {
        self.0.disconnect_merchant(&parsed(&msn)?);
        Ok(())
    }

    /// The sales unit is blocked.
    pub fn deactivate_merchant(&self, msn: String) -> Result<()> {
        self.0.deactivate_merchant(&parsed(&msn)?);
        Ok(())
    }

    /// Regenerates one subscription key of every pair: `primary` or `secondary`.
    pub fn reject_subscription_key(&self, which: String) -> Result<()> {
        self.0.reject_subscription_key(choices::subscription_key(&which)?);
        Ok(())
    }

    /// Behaves as if all keys were for the other environment.
    pub fn wrong_environment(&self, wrong: bool) {
        self.0.wrong_environment(wrong);
    }

    /// The latest 10,000 requests, oldest first, each with what was right and wrong about it.
    pub fn requests(&self) -> Vec<EmulatorRequest> {
        self.0.requests().into_iter().map(EmulatorRequest::from).collect()
    }

    /// Empties the log and sets all counts to zero.
    pub fn clear_requests(&self) {
        self.0.clear_requests();
    }

    /// How many requests came to this path.
    pub fn count(&self, path: String) -> i64 {
        i64::try_from(self.0.count(&path)).unwrap_or(i64::MAX)
    }

    /// The emulator's time, in seconds since the Unix epoch.
    pub fn now_unix(&self) -> i64 {
        self.0.now_unix().cast_signed()
    }

    /// Moves the emulator's clock ahead by so many seconds.
    pub fn advance(&self, seconds: f64) -> Result<()> {
        self.0.advance(span(seconds)?);
        Ok(())
    }

    /// Stops the emulator's clock at so many seconds after the Unix epoch.
    pub fn set_time(&self, unix_seconds: f64) -> Result<()> {
        self.0.set_time(span(unix_seconds)?.as_secs());
        Ok(())
    }
}
