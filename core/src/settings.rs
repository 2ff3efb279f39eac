//! Everything that can be set by a value of JSON. What is said of a setting here is what every language says of it.

use std::time::Duration;

use crate::{
    config::{BasicEncoding, Config, LoginAuthMethod},
    described::described,
    environment::Environment,
    secret::Secret,
};

described! {
    "setting"
    /// Settings by their names, such as a configuration file has them: serde reads them from any format. What is absent has
    /// its default, and a name that does not exist is refused. Spans of time are numbers of seconds, words and PEM are texts.
    ///
    /// What is no value but an object, such as a clock or a listener to events, is set on the [`Config`] made of them.
    ///
    /// ```
    /// use vipps_partner_auth::{Config, Settings};
    ///
    /// let settings: Settings = serde_json::from_str(r#"{ "environment": "test", "deadline": 10, "basic_encoding": "form" }"#)?;
    /// let config = Config::from(settings).on_event(|event| println!("{event}"));
    ///
    /// let wrong = serde_json::from_str::<Settings>(r#"{ "basic_encoding": "base64" }"#).unwrap_err();
    /// assert!(wrong.to_string().starts_with("basic_encoding `base64` must be raw or form"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct Settings for Config {
        /// Which Vipps to talk to: `production`, `test`, or a base URL such as the emulator's.
        ///
        /// Partner keys work in production alone.
        ///
        /// Default: `production`.
        pub environment: Environment,
        /// Limit for a TCP and TLS handshake.
        ///
        /// Default: 5 s; more than 0, at most 1 h.
        pub connect_timeout: Duration,
        /// Limit for one request, from connecting to the last byte.
        ///
        /// Default: 10 s; more than 0, at most 1 h.
        pub request_timeout: Duration,
        /// Limit for a whole fetch with its retries, while somebody waits.
        ///
        /// A caller who joins a renewal in flight may wait for that first, for one request at most. A shared cache has one second of
        /// its own, and waiting for what another process fetches takes 10 s at most, never more than this limit.
        ///
        /// Default: 30 s; more than 0, at most 1 h.
        pub deadline: Duration,
        /// How far the clocks of Vipps and this machine may differ when an ID token is checked.
        ///
        /// Default: 60 s; 0 to 300 s.
        pub leeway: Duration,
        /// How long past their age Vipps' public keys are still used while it can't be reached. Longer survives longer outages and
        /// trusts a withdrawn key longer.
        ///
        /// Default: 4 h; 0 to 24 h.
        pub stale_keys_for: Duration,
        /// A company's own certificate authorities (PEM), trusted besides the machine's.
        ///
        /// On Linux and other Unix systems `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured without this; macOS and Windows have their
        /// own stores. A store of the language's runtime, such as the JVM's, is not read.
        ///
        /// Default: none.
        pub ca_pem: Vec<u8>,
        /// The proxy for everything that leaves this machine, in the place of the proxy variables; `direct` for none.
        ///
        /// It looks like `http://user:password@proxy.example:8080` (`http`, `https` or `socks5`), and stands for all proxy variables,
        /// `NO_PROXY` too. A value that can't be used is refused.
        ///
        /// Default: the variables `https_proxy`, `all_proxy` and `no_proxy`, small or in capitals.
        pub proxy: Secret,
        /// Where processes share their token: the URL of a Redis or Valkey.
        ///
        /// It looks like `redis://[user:password@]host[:6379][/db]`, with TLS `rediss://`, or `redis+sentinel`, `redis+cluster`,
        /// `redis+unix`. A wrong URL is refused at once; a Redis that is out of reach costs an event and no call.
        ///
        /// Default: none.
        pub redis_url: Secret,
        /// The authorities (PEM) that a `rediss://` server is checked against, instead of the machine's.
        ///
        /// Default: the machine's.
        pub redis_ca_pem: Vec<u8>,
        /// How specialised keys are written in HTTP Basic at the token endpoint: as they are, or form-encoded first (RFC 6749
        /// section 2.3.1).
        ///
        /// Default: `raw`.
        pub basic_encoding: BasicEncoding,
        /// How sales unit keys are written in HTTP Basic at Login's token endpoint. Where Vipps refuses them, the other way is tried
        /// once.
        ///
        /// Servers of the kind that Vipps appears to run decode the parts. What works is remembered, and told as the event
        /// `other_basic_encoding_used`.
        ///
        /// Default: `form`.
        pub login_basic_encoding: BasicEncoding,
        /// How sales unit keys are written in HTTP Basic where a login by phone number starts, and where it is asked whether a user
        /// exists. Where Vipps refuses them, the other way is tried once.
        ///
        /// Vipps' own examples write them as they are.
        ///
        /// Default: `raw`.
        pub backchannel_basic_encoding: BasicEncoding,
        /// How sales unit keys authenticate in Login, as the portal has it for that sales unit: in a header, or in the body.
        ///
        /// Default: `client_secret_basic`.
        pub login_auth_method: LoginAuthMethod,
        /// Lets partner keys be used with the test environment, where Vipps refuses them.
        ///
        /// Default: false.
        pub allow_partner_keys_in_test: bool,
        /// More origins (`https://gateway.example`) that adapters may send headers to, besides the environment's own.
        ///
        /// The discovery document may place Login's endpoints and the keys of ID tokens there as well.
        ///
        /// Default: none.
        pub trusted_origins: Vec<String>,
    }
}
