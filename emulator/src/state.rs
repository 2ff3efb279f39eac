//! Everything the emulator knows, and how it meets a request: a function of the two.

use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
    time::Duration,
};

use http::HeaderValue;

use crate::{
    accesstoken,
    accounts::Accounts,
    api, authorize, ciba,
    clock::Clock,
    discovery,
    endpoint::Endpoint,
    gateway,
    id_token::IdTokenSpec,
    keys::{Generation, KeyRing},
    login::Logins,
    login_settings::LoginSettings,
    login_token,
    login_tokens::LoginTokens,
    miami,
    options::{Fields, Mode, Numbers, Options, RsaBits, TokenKind},
    ping::Pings,
    record::{Finding, Log, Verdict},
    reply::{Outcome, Refusal, Reply},
    request::Request,
    staging::{Failure, Staging, Step},
    tokens::Tokens,
    userinfo,
    users::Users,
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

    /// Meets a request as planned and writes the outcome to the log. `None`: the connection is to be dropped.
    pub(crate) fn conclude(&mut self, id: u64, request: &Request, step: Step) -> Option<Reply> {
        let mut call = Call::new(request);
        let reply = self.play(&mut call, step);
        self.log.concluded(id, reply.as_ref().map(|reply| reply.status.as_u16()), call.findings);
        reply
    }

    fn play(&mut self, call: &mut Call<'_>, step: Step) -> Option<Reply> {
        match step {
            Step::Serve => Some(self.serve(call)),
            Step::RefuseTooLarge => Some(refused(call, gateway::too_large())),
            Step::Script(script) => {
                call.staged("reply", "answered from the script");
                Some(script.into_reply())
            }
            Step::Fail(failure) => self.fail(call, &failure),
        }
    }

    fn fail(&mut self, call: &mut Call<'_>, failure: &Failure) -> Option<Reply> {
        call.staged("reply", "the emulator was told to fail or wait here");
        match failure {
            Failure::Reply { .. } => failure.reply(self.clock.now()),
            Failure::DropBeforeReading => None,
            Failure::DropAfterReading => {
                self.serve(call);
                None
            }
            Failure::Hang | Failure::Delay(_) => Some(self.serve(call)),
        }
    }

    fn serve(&mut self, call: &mut Call<'_>) -> Reply {
        self.route(call).unwrap_or_else(|refusal| refused(call, refusal))
    }

    fn route(&mut self, call: &mut Call<'_>) -> Outcome {
        let endpoint = Endpoint::of(&call.request.path).ok_or_else(gateway::unknown_path)?;
        gateway::check_method(endpoint, call)?;
        match endpoint {
            Endpoint::StandardToken => accesstoken::issue(self, call),
            Endpoint::SpecializedToken => miami::issue(self, call),
            Endpoint::Discovery => Ok(discovery::document(self, call)),
            Endpoint::Jwks => Ok(discovery::jwks(self, call)),
            Endpoint::Authorize => authorize::authorize(self, call),
            Endpoint::LoginToken => login_token::exchange(self, call),
            Endpoint::Userinfo => userinfo::userinfo(self, call),
            Endpoint::Backchannel => ciba::start(self, call),
            Endpoint::UserExists => ciba::user_exists(self, call),
            Endpoint::Payments => api::payments(self, call),
            Endpoint::SalesUnits => api::sales_units(self, call),
            Endpoint::Ledgers => api::ledgers(self, call),
        }
    }
}

fn refused(call: &mut Call<'_>, refusal: Refusal) -> Reply {
    call.note(refusal.verdict, refusal.about, refusal.why);
    refusal.reply
}

/// A request under judgement, and what was found so far.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) findings: Vec<Finding>,
}

impl<'a> Call<'a> {
    fn new(request: &'a Request) -> Self {
        Self { request, findings: Vec::new() }
    }

    pub(crate) fn right(&mut self, about: &'static str, text: &'static str) {
        self.note(Verdict::Right, about, text);
    }

    pub(crate) fn tolerated(&mut self, about: &'static str, text: &'static str) {
        self.note(Verdict::Tolerated, about, text);
    }

    pub(crate) fn staged(&mut self, about: &'static str, text: &'static str) {
        self.note(Verdict::Staged, about, text);
    }

    fn note(&mut self, verdict: Verdict, about: &'static str, text: impl Into<Cow<'static, str>>) {
        self.findings.push(Finding { verdict, about, text: text.into() });
    }
}
