//! Everything the emulator knows.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use http::HeaderValue;

use crate::{
    accounts::Accounts,
    choices::{Fields, Mode, Numbers, RsaBits, TokenKind},
    clock::Clock,
    id_token::IdTokenSpec,
    log::Log,
    login::{issued::LoginTokens, logins::Logins, settings::LoginSettings},
    options::Options,
    signing::keys::{Generation, KeyRing},
    staging::Staging,
    token::issued::Tokens,
    users::Users,
    webhook::pings::Pings,
    wire::request::Request,
};

/// Everything the emulator knows.
pub(crate) struct State {
    pub(crate) base_url: String,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) accounts: Accounts,
    pub(crate) tokens: Tokens,
    pub(crate) keys: KeyRing,
    pub(crate) users: Users,
    pub(crate) logins: Logins,
    pub(crate) login_tokens: LoginTokens,
    pub(crate) bends: VecDeque<Bend>,
    pub(crate) staging: Staging,
    pub(crate) log: Log,
    pub(crate) pings: Pings,
}

/// What a control does to the next ID token of a login.
pub(crate) type Bend = Box<dyn FnOnce(IdTokenSpec) -> IdTokenSpec + Send>;

/// The switches.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) mode: Mode,
    pub(crate) rsa_bits: RsaBits,
    pub(crate) numbers: Numbers,
    pub(crate) fields: Fields,
    pub(crate) lifetimes: HashMap<TokenKind, Duration>,
    pub(crate) form_encoded_basic: bool,
    pub(crate) check_msn_on_token: bool,
    pub(crate) wrong_environment: bool,
    pub(crate) jwks: JwksSettings,
    pub(crate) login: LoginSettings,
}

/// How the published keys are served.
#[derive(Default)]
pub(crate) struct JwksSettings {
    pub(crate) outage: bool,
    pub(crate) cache_control: Option<HeaderValue>,
}

impl Settings {
    pub(crate) fn standard_lifetime(&self) -> Duration {
        self.lifetimes.get(&TokenKind::Standard).copied().unwrap_or(self.mode.standard_lifetime())
    }

    pub(crate) fn specialized_lifetime(&self) -> Duration {
        self.lifetimes.get(&TokenKind::Specialized).copied().unwrap_or(Duration::from_mins(15))
    }

    pub(crate) fn login_lifetime(&self) -> Duration {
        self.lifetimes.get(&TokenKind::Login).copied().unwrap_or(Duration::from_secs(3_599))
    }
}

impl State {
    pub(crate) fn new(base_url: String, options: Options) -> Self {
        let mut accounts = Accounts::new(options.partner_keys);
        for msn in &options.merchants {
            accounts.connect(msn);
        }
        Self {
            base_url,
            clock: Clock::running(),
            settings: Settings { mode: options.mode, rsa_bits: options.rsa_bits, ..Settings::default() },
            accounts,
            tokens: Tokens::new(),
            keys: KeyRing::new(Generation::generate(options.rsa_bits)),
            users: Users::new(),
            logins: Logins::default(),
            login_tokens: LoginTokens::default(),
            bends: VecDeque::new(),
            staging: Staging::default(),
            log: Log::default(),
            pings: Pings::default(),
        }
    }

    /// Forgets what was recorded, pings included.
    pub(crate) fn clear_log(&mut self) {
        self.log.clear();
        self.pings.clear();
    }

    /// Keeps a request that just arrived and returns its id.
    pub(crate) fn arrived(&mut self, request: &Request) -> u64 {
        self.log.arrived(self.clock.now(), request)
    }
}
