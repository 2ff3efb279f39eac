//! Failures, exact replies, latency.

use std::collections::HashMap;

use vipps_emulator::{Endpoint, Failure, ScriptedReply};

use crate::{
    choices,
    emulator::Emulator,
    error::{EmulatorError, Result, span},
};

/// How a request goes wrong.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum EmulatorFailure {
    /// An error reply; nothing was done.
    Reply {
        /// The HTTP status.
        status: i32,
        /// `aad`, `oauth`, `apim`, `gateway_legacy`, `problem`, `ecom_list`, `strings`, `text`, `html` or `empty`.
        #[uniffi(default = "problem")]
        shape: String,
        /// The OAuth error code, in the shapes that have one.
        #[uniffi(default = None)]
        error: Option<String>,
        /// The value of a `Retry-After` header.
        #[uniffi(default = None)]
        retry_after: Option<String>,
    },
    /// The connection is dropped; nothing was done.
    DropBeforeReading,
    /// The request is served, then the connection is dropped.
    DropAfterReading,
    /// No reply until `release_hung`.
    Hang,
    /// Served after so many seconds of real time.
    Delay {
        /// How long.
        seconds: f64,
    },
}

impl EmulatorFailure {
    fn failure(self) -> Result<Failure> {
        Ok(match self {
            Self::Reply { status, shape, error, retry_after } => {
                let failure = Failure::status(http_status(status)?, choices::error_shape(&shape)?);
                let failure = error.into_iter().fold(failure, Failure::with_error);
                retry_after.into_iter().fold(failure, Failure::with_retry_after)
            }
            Self::DropBeforeReading => Failure::DropBeforeReading,
            Self::DropAfterReading => Failure::DropAfterReading,
            Self::Hang => Failure::Hang,
            Self::Delay { seconds } => Failure::Delay(span(seconds)?),
        })
    }
}

fn http_status(status: i32) -> Result<u16> {
    u16::try_from(status).map_err(|_| EmulatorError::new("status: is not an http status"))
}

/// An exact reply.
#[derive(Debug, Clone, uniffi::Record)]
pub struct EmulatorReply {
    /// The HTTP status.
    #[uniffi(default = 200)]
    pub status: i32,
    /// Names and values.
    #[uniffi(default)]
    pub headers: HashMap<String, String>,
    /// The body.
    #[uniffi(default = "")]
    pub body: String,
}

impl EmulatorReply {
    fn reply(self) -> Result<ScriptedReply> {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Ok(ScriptedReply::new(http_status(self.status)?, headers, self.body.clone())?)
    }
}

#[uniffi::export]
impl Emulator {
    /// The next requests to an endpoint fail; several calls queue up. Endpoints are `standard_token`,
    /// `specialized_token`, `discovery`, `jwks`, `authorize`, `login_token`, `userinfo`, `backchannel`, `user_exists`,
    /// `payments`, `sales_units` and `ledgers`.
    pub fn fail_next(&self, endpoint: String, times: i32, failure: EmulatorFailure) -> Result<()> {
        let times = u32::try_from(times).map_err(|_| EmulatorError::new("times: must not be below zero"))?;
        self.0.fail_next(endpoint.parse::<Endpoint>()?, times, failure.failure()?);
        Ok(())
    }

    /// Forgets failures and scripts that have not been played yet.
    pub fn clear_failures(&self) {
        self.0.clear_failures();
    }

    /// Lets every request go on that hangs now.
    pub fn release_hung(&self) {
        self.0.release_hung();
    }

    /// The next requests to exactly this path get these replies, one each.
    pub fn script(&self, path: String, replies: Vec<EmulatorReply>) -> Result<()> {
        let replies: Result<Vec<_>> = replies.into_iter().map(EmulatorReply::reply).collect();
        self.0.script(&path, replies?);
        Ok(())
    }

    /// Each request to this endpoint is served only after so many seconds of real time.
    pub fn set_latency(&self, endpoint: String, seconds: f64) -> Result<()> {
        self.0.set_latency(endpoint.parse::<Endpoint>()?, span(seconds)?);
        Ok(())
    }
}
