//! The small choices that options and controls offer.

use std::time::Duration;

use crate::words::words;

words! {
    "mode", default Production;
    /// Which environment's lifetimes a standard token gets.
    pub enum Mode {
        /// 86,398 seconds, `ext_expires_in` `0`. The default, since partner keys exist only there.
        Production = "production",
        /// 3,599 seconds, `ext_expires_in` the same. What the real test environment lacks still works here, and is reported.
        Test = "test",
    }
}

impl Mode {
    pub(crate) fn standard_lifetime(self) -> Duration {
        Duration::from_secs(match self {
            Self::Production => 86_398,
            Self::Test => 3_599,
        })
    }
}

words! {
    "size of RSA keys", default Bits2048;
    /// The size of an RSA key.
    pub enum RsaBits {
        /// 2,048 bits: quick to make, the default.
        Bits2048 = "2048",
        /// 3,072 bits.
        Bits3072 = "3072",
        /// 4,096 bits, as in the documents' sample; takes seconds to make.
        Bits4096 = "4096",
    }
}

impl RsaBits {
    pub(crate) fn modulus(self) -> usize {
        match self {
            Self::Bits2048 => 2_048,
            Self::Bits3072 => 3_072,
            Self::Bits4096 => 4_096,
        }
    }
}

words! {
    "spelling of numbers", default AsDocumented;
    /// How the token endpoints spell their numbers.
    pub enum Numbers {
        /// Strings from `/accesstoken/get`, a number from `/miami/v1/token`: what the documents show.
        AsDocumented = "as_documented",
        /// Strings from both.
        Strings = "strings",
        /// Numbers from both.
        Numbers = "numbers",
    }
}

words! {
    "number of fields", default Seven;
    /// How many fields the reply of `/accesstoken/get` has.
    pub enum Fields {
        /// All seven of the specification.
        Seven = "seven",
        /// The four of the newest documents: `token_type`, `expires_in`, `expires_on`, `access_token`.
        Four = "four",
    }
}

words! {
    "kind of token";
    /// The kinds of token whose lifetime can be set.
    pub enum TokenKind {
        /// From `/accesstoken/get`.
        Standard = "standard",
        /// From `/miami/v1/token`.
        Specialized = "specialized",
        /// From Login's token endpoint, less those of the backchannel's polling, which say 300 seconds. Opens userinfo for
        /// ten minutes at most.
        Login = "login",
    }
}

words! {
    "encoding of Basic", default Any;
    /// How an endpoint reads the two parts of `Authorization: Basic`.
    pub enum BasicEncoding {
        /// Raw and form-encoded alike; raw is reported where it makes a difference.
        Any = "any",
        /// Raw only, as Vipps' own examples have it.
        Raw = "raw",
        /// Form-encoded only (RFC 6749 section 2.3.1), as the server behind Login's token endpoint reads it.
        Form = "form",
    }
}

words! {
    "discovery document", default Newest;
    /// Which of the known discovery documents is served.
    pub enum DiscoveryDocument {
        /// That of today's documents: short lists, `S256` alone.
        Newest = "newest",
        /// That of older snapshots: more members, more scopes, `plain` beside `S256`.
        Older = "older",
    }
}

words! {
    "refusal of a partner's token", default OAuth;
    /// Who refuses a partner's token that has ended, at Login's token endpoint and the backchannel; nobody says which.
    pub enum PartnerTokenRefusal {
        /// The server behind: 401 `invalid_client`.
        OAuth = "oauth",
        /// The gateway in front: 401 in the shape of Azure API Management.
        Gateway = "gateway",
    }
}
