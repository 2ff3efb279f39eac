//! Everything the emulator knows.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use http::HeaderValue;

use crate::{
    accounts::Accounts,
    choices::{BasicEncoding, DiscoveryDocument, Fields, Mode, Numbers, PartnerTokenRefusal, RsaBits, TokenKind},
    clock::Clock,
    endpoint::Endpoint,
    id_token::IdTokenSpec,
    log::{Arrival, Log},
    login::{issued::LoginTokens, logins::Logins, settings::LoginSettings},
    options::Options,
    signing::{
        keep::Kept,
        keys::{self, KeyRing},
    },
    staging::Staging,
    tally::Tally,
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
    pub(crate) tally: Tally,
    pub(crate) pings: Pings,
}

/// What a control does to the next ID token of a login.
pub(crate) type Bend = Box<dyn FnOnce(IdTokenSpec) -> IdTokenSpec + Send>;

/// The switches.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Settings {
    pub(crate) mode: Mode,
    pub(crate) rsa_bits: RsaBits,
    pub(crate) numbers: Numbers,
    pub(crate) fields: Fields,
    pub(crate) lifetimes: HashMap<TokenKind, Duration>,
    pub(crate) basic: HashMap<Endpoint, BasicEncoding>,
    pub(crate) check_msn_on_token: bool,
    pub(crate) wrong_environment: bool,
    /// Lets through what the documents forbid and the service may forgive.
    pub(crate) forgiving: bool,
    /// Whether pings may leave this machine, as the emulator itself is reached from others.
    pub(crate) beyond_this_machine: bool,
    pub(crate) discovery: DiscoverySettings,
    pub(crate) partner_token_refusal: PartnerTokenRefusal,
    pub(crate) jwks: JwksSettings,
    pub(crate) login: LoginSettings,
}

/// Which discovery document is served.
#[derive(Default)]
pub(crate) struct DiscoverySettings {
    pub(crate) document: DiscoveryDocument,
    pub(crate) without_revocation: bool,
}

/// How the published keys are served.
#[derive(Default)]
pub(crate) struct JwksSettings {
    pub(crate) outage: bool,
    pub(crate) cache_control: Option<HeaderValue>,
}

impl Settings {
    /// How an endpoint reads Basic: raw at `/miami/v1/token` as Vipps' own example, either way everywhere else.
    pub(crate) fn basic_at(&self, endpoint: Endpoint) -> BasicEncoding {
        let usual = if endpoint == Endpoint::SpecializedToken { BasicEncoding::Raw } else { BasicEncoding::Any };
        self.basic.get(&endpoint).copied().unwrap_or(usual)
    }

    pub(crate) fn standard_lifetime(&self) -> Duration {
        self.lifetimes.get(&TokenKind::Standard).copied().unwrap_or(self.mode.standard_lifetime())
    }

    pub(crate) fn specialized_lifetime(&self) -> Duration {
        self.lifetimes.get(&TokenKind::Specialized).copied().unwrap_or(Duration::from_secs(15 * 60))
    }

    pub(crate) fn login_lifetime(&self) -> Duration {
        self.lifetimes.get(&TokenKind::Login).copied().unwrap_or(Duration::from_secs(3_599))
    }
}

impl State {
    /// `kept`: keys that outlive a start.
    pub(crate) fn new(base_url: String, options: Options, kept: Option<Kept>) -> Self {
        let (seed, keys) = match kept {
            Some(kept) => (Some(kept.seed), keys::made(kept.signing)),
            None => (None, keys::in_the_making(options.rsa_bits)),
        };
        let mut accounts = Accounts::new(options.partner_keys, options.specialized_keys, seed);
        for msn in &options.merchants {
            accounts.connect(msn);
        }
        Self {
            base_url,
            clock: Clock::running(),
            settings: Settings {
                mode: options.mode,
                rsa_bits: options.rsa_bits,
                forgiving: options.forgiving,
                beyond_this_machine: options.listen.is_some_and(|address| !address.is_loopback()),
                ..Settings::default()
            },
            accounts,
            tokens: Tokens::new(),
            keys: KeyRing::new(keys),
            users: Users::new(),
            logins: Logins::default(),
            login_tokens: LoginTokens::default(),
            bends: VecDeque::new(),
            staging: Staging::default(),
            log: Log::default(),
            tally: Tally::default(),
            pings: Pings::default(),
        }
    }

    /// Forgets what was recorded, pings included.
    pub(crate) fn clear_log(&mut self) {
        self.log.clear();
        self.tally = Tally::default();
        self.pings.clear();
    }

    /// Keeps a request that just arrived.
    pub(crate) fn arrived(&mut self, request: &Request) -> Arrival {
        self.log.arrived(self.clock.now(), request)
    }
}
