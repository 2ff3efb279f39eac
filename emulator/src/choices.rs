//! The small choices that options and controls offer.

use std::{fmt, time::Duration};

/// Which environment's lifetimes a standard token gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// 86,398 seconds, `ext_expires_in` `0`. The default, since partner keys exist only there.
    #[default]
    Production,
    /// 3,599 seconds, `ext_expires_in` the same. What the real test environment lacks still works here, and is reported.
    Test,
}

impl Mode {
    pub(crate) fn standard_lifetime(self) -> Duration {
        Duration::from_secs(match self {
            Self::Production => 86_398,
            Self::Test => 3_599,
        })
    }
}

/// The size of an RSA key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RsaBits {
    /// 2,048 bits: quick to make, the default.
    #[default]
    Bits2048,
    /// 3,072 bits.
    Bits3072,
    /// 4,096 bits, as in the documents' sample; takes seconds to make.
    Bits4096,
}

/// How the token endpoints spell their numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Numbers {
    /// Strings from `/accesstoken/get`, a number from `/miami/v1/token`: what the documents show.
    #[default]
    AsDocumented,
    /// Strings from both.
    Strings,
    /// Numbers from both.
    Numbers,
}

/// How many fields the reply of `/accesstoken/get` has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fields {
    /// All seven of the specification.
    #[default]
    Seven,
    /// The four of the newest documents: `token_type`, `expires_in`, `expires_on`, `access_token`.
    Four,
}

/// The kinds of token whose lifetime can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// From `/accesstoken/get`.
    Standard,
    /// From `/miami/v1/token`.
    Specialized,
    /// From Login's token endpoint, less those of the backchannel's polling, which say 300 seconds. Opens userinfo for
    /// ten minutes at most.
    Login,
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard => "standard",
            Self::Specialized => "specialised",
            Self::Login => "login",
        })
    }
}
