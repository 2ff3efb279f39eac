//! A Vipps whose Login works until it is told otherwise: it remembers who was sent to it, hands out codes that are good
//! once, and signs ID tokens. Whatever one of its endpoints should answer instead can be said.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::Url;
use vipps_partner_auth::{
    Backchannel, Clock, Config, Login, LoginRequest, LoginResult, ManualClock, PendingLogin, Result,
};

use crate::{
    keyring::{EC, ISSUER, RSA, Signer, Token, jwks},
    support::{CLIENT_ID, Reply, Seen, World, msn, partner_keys, partner_of},
};

pub(crate) const CALLBACK: &str = "https://shop.example/callback";
pub(crate) const PHONE: &str = "urn:msisdn:4791234567";

/// The calls that Login makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum At {
    ApiToken,
    Discovery,
    Keys,
    Exchange,
    Userinfo,
    Start,
    UserExists,
}

impl At {
    const ALL: [Self; 7] =
        [Self::ApiToken, Self::Discovery, Self::Keys, Self::Exchange, Self::Userinfo, Self::Start, Self::UserExists];

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::ApiToken => "/accesstoken/get",
            Self::Discovery => "/.well-known/openid-configuration",
            Self::Keys => "/.well-known/jwks.json",
            Self::Exchange => "/oauth2/token",
            Self::Userinfo => "/vipps-userinfo-api/userinfo",
            Self::Start => "/backchannel/authentication",
            Self::UserExists => "/user-exists",
        }
    }

    pub(crate) fn of(seen: &Seen) -> Self {
        Self::ALL.into_iter().find(|at| seen.url.ends_with(at.path())).expect("an endpoint of login")
    }
}

/// A world with such a Vipps.
pub(crate) struct Scene {
    pub(crate) world: World,
    told: Arc<Mutex<Told>>,
}

type Bend = Box<dyn Fn(Token) -> Token + Send>;
type BendReply = Box<dyn Fn(&mut Value) + Send>;

struct Told {
    clock: ManualClock,
    scripts: HashMap<At, VecDeque<Reply>>,
    rules: HashMap<At, Reply>,
    signers: (&'static Signer, &'static Signer),
    published: Vec<&'static Signer>,
    bend: Bend,
    bend_reply: BendReply,
    lifetime: u64,
    api_tokens: usize,
    sessions: HashMap<String, Session>,
    people: HashMap<String, Value>,
}

/// A login as Vipps knows it.
#[derive(Clone, Default)]
struct Session {
    msn: String,
    nonce: String,
    scope: String,
    acr: Option<String>,
    challenge: Option<String>,
    redirect_uri: Option<String>,
    auth_req_id: Option<String>,
    person: String,
    decision: Decision,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Decision {
    #[default]
    Open,
    Approved,
    Denied,
    /// The tokens are out.
    Used,
}

impl Scene {
    /// Whoever sleeps waits until the test moves the clock.
    pub(crate) fn new() -> Self {
        Self::of(World::new())
    }

    /// Nobody waits: a sleep moves the clock on by its own length.
    pub(crate) fn hurried() -> Self {
        Self::of(World::hurried())
    }

    fn of(world: World) -> Self {
        let told = Arc::new(Mutex::new(Told::new(world.clock.clone())));
        let answers = told.clone();
        world.vipps.answer(move |_, seen| answers.lock().expect("no test panics here").answer(seen));
        Self { world, told }
    }

    pub(crate) fn config(&self) -> Config {
        self.world.config()
    }

    /// Login for the usual merchant, on a partner of its own: as a process that has just begun.
    pub(crate) fn login(&self) -> Login {
        login_of(self.config())
    }

    pub(crate) fn phone(&self) -> Backchannel {
        phone_of(self.config())
    }

    /// A person goes to Vipps with this request and says yes. Gives the callback.
    pub(crate) fn approve(&self, request: &LoginRequest) -> String {
        self.approve_as("kari", request)
    }

    pub(crate) fn approve_as(&self, person: &str, request: &LoginRequest) -> String {
        let (code, state) = self.told().browser_login(person, request.url());
        format!("{}?code={code}&state={state}", request.redirect_uri())
    }

    /// The person with the phone decides.
    pub(crate) fn decide(&self, pending: &PendingLogin, decision: Decision) {
        let mut told = self.told();
        told.sessions.get_mut(pending.auth_req_id()).expect("a login that was started").decision = decision;
    }

    /// The person says yes, and the phone's browser comes to the merchant's page. Gives the callback, without a state.
    pub(crate) fn approve_redirect(&self, pending: &PendingLogin) -> String {
        let mut told = self.told();
        let session = told.sessions[pending.auth_req_id()].clone();
        let code = format!("phone-code-{}", told.sessions.len());
        told.sessions.insert(code.clone(), Session { decision: Decision::Approved, ..session });
        format!("{CALLBACK}?code={code}")
    }

    /// The next answers of one endpoint.
    pub(crate) fn next(&self, at: At, replies: impl IntoIterator<Item = Reply>) {
        self.told().scripts.entry(at).or_default().extend(replies);
    }

    /// What one endpoint answers from now on.
    pub(crate) fn always(&self, at: At, reply: Reply) {
        self.told().rules.insert(at, reply);
    }

    /// The endpoint works again.
    pub(crate) fn mend(&self, at: At) {
        self.told().rules.remove(&at);
    }

    /// What is done to ID tokens before they are signed.
    pub(crate) fn bend(&self, bend: impl Fn(Token) -> Token + Send + 'static) {
        self.told().bend = Box::new(bend);
    }

    /// What is done to the body that carries the tokens of a login.
    pub(crate) fn bend_reply(&self, bend: impl Fn(&mut Value) + Send + 'static) {
        self.told().bend_reply = Box::new(bend);
    }

    /// Another key signs from now on, also where Vipps would use ES256.
    pub(crate) fn sign_by(&self, signer: &'static Signer) {
        self.told().signers = (signer, signer);
    }

    pub(crate) fn publish(&self, keys: impl IntoIterator<Item = &'static Signer>) {
        self.told().published = keys.into_iter().collect();
    }

    /// How long the partner's tokens live from now on, in seconds.
    pub(crate) fn tokens_live(&self, lifetime: u64) {
        self.told().lifetime = lifetime;
    }

    pub(crate) fn count(&self, at: At) -> usize {
        self.seen(at).len()
    }

    pub(crate) fn seen(&self, at: At) -> Vec<Seen> {
        self.world.vipps.seen_at(at.path())
    }

    /// Which endpoints were asked, in order.
    pub(crate) fn asked(&self) -> Vec<At> {
        self.world.vipps.seen().iter().map(At::of).collect()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().expect("no test panics here")
    }
}

/// Login for the usual merchant.
pub(crate) fn login_of(config: Config) -> Login {
    let shop = partner_of(partner_keys(), config).merchant(msn("123456"));
    shop.login(CALLBACK).expect("a good redirect_uri")
}

/// Login by phone for the usual merchant.
pub(crate) fn phone_of(config: Config) -> Backchannel {
    partner_of(partner_keys(), config).merchant(msn("123456")).backchannel().expect("keys for this")
}

impl Told {
    fn new(clock: ManualClock) -> Self {
        Self {
            clock,
            scripts: HashMap::new(),
            rules: HashMap::new(),
            signers: (&RSA, &EC),
            published: vec![&RSA, &EC],
            bend: Box::new(|token| token),
            bend_reply: Box::new(|_| {}),
            lifetime: 86_400,
            api_tokens: 0,
            sessions: HashMap::new(),
            people: HashMap::new(),
        }
    }

    fn answer(&mut self, seen: &Seen) -> Reply {
        let at = At::of(seen);
        if let Some(reply) = self.scripts.get_mut(&at).and_then(VecDeque::pop_front) {
            return reply;
        }
        if let Some(reply) = self.rules.get(&at) {
            return reply.clone();
        }
        match at {
            At::ApiToken => self.api_token(),
            At::Discovery => Reply::json(document().to_string()),
            At::Keys => Reply::json(jwks(&self.published)),
            At::Exchange => self.exchange(seen),
            At::Userinfo => self.userinfo(seen),
            At::Start => self.start(seen),
            At::UserExists => Reply::json(r#"{"exists":true}"#),
        }
    }

    fn api_token(&mut self) -> Reply {
        self.api_tokens += 1;
        Reply::token(&format!("token-{}", self.api_tokens), self.lifetime)
    }

    fn browser_login(&mut self, person: &str, url: &str) -> (String, String) {
        let url = Url::parse(url).expect("a url");
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let session = Session {
            // Sales unit keys name the client; there is one.
            msn: query.get("msn").cloned().unwrap_or_else(|| "123456".to_owned()),
            nonce: query["nonce"].clone(),
            scope: query["scope"].clone(),
            acr: query.get("acr_values").cloned(),
            challenge: Some(query["code_challenge"].clone()),
            redirect_uri: Some(query["redirect_uri"].clone()),
            auth_req_id: None,
            person: person.to_owned(),
            decision: Decision::Approved,
        };
        let code = format!("code-{}", self.sessions.len() + 1);
        self.sessions.insert(code.clone(), session);
        (code, query["state"].clone())
    }

    fn start(&mut self, seen: &Seen) -> Reply {
        let form = form(seen);
        let auth_req_id = format!("auth-req-{}", self.sessions.len() + 1);
        let session = Session {
            msn: merchant(seen),
            nonce: form["nonce"].clone(),
            scope: form["scope"].clone(),
            redirect_uri: form.get("redirect_uri").cloned(),
            auth_req_id: Some(auth_req_id.clone()),
            person: form["login_hint"].clone(),
            ..Session::default()
        };
        self.sessions.insert(auth_req_id.clone(), session);
        Reply::json(json!({"auth_req_id": auth_req_id, "expires_in": 600, "interval": 5}).to_string())
    }

    fn exchange(&mut self, seen: &Seen) -> Reply {
        let form = form(seen);
        let Some(handed_in) = form.get("code").or_else(|| form.get("auth_req_id")) else {
            return refused("invalid_request");
        };
        let Some(session) = self.sessions.get(handed_in).filter(|session| session.msn == merchant(seen)) else {
            return refused("invalid_grant");
        };
        if !session.is_answered_by(&form) {
            return refused("invalid_grant");
        }
        match session.decision {
            Decision::Open => refused("authorization_pending"),
            Decision::Denied => refused("access_denied"),
            Decision::Used => refused("invalid_grant"),
            Decision::Approved => self.tokens(&handed_in.clone(), form["grant_type"].ends_with("ciba")),
        }
    }

    fn tokens(&mut self, handed_in: &str, polled: bool) -> Reply {
        let session = self.sessions.get_mut(handed_in).expect("a session");
        session.decision = Decision::Used;
        let session = session.clone();
        let access_token = format!("login-token-{}", self.people.len() + 1);
        let sub = format!("{} at {}", session.person, session.msn);
        self.people.insert(access_token.clone(), json!({"sub": sub, "name": session.person}));
        let id_token = self.id_token(&session, &sub, &access_token, polled);
        let (token_type, expires_in) = if polled { ("Bearer", 300) } else { ("bearer", 3599) };
        let mut body = json!({"access_token": access_token, "id_token": id_token, "expires_in": expires_in,
            "scope": session.scope, "token_type": token_type});
        (self.bend_reply)(&mut body);
        Reply::json(body.to_string())
    }

    fn id_token(&self, session: &Session, sub: &str, access_token: &str, polled: bool) -> String {
        let on_the_web = session.auth_req_id.is_some() && !polled;
        let signer = if on_the_web { self.signers.1 } else { self.signers.0 };
        let now = self.clock.now().wall.as_secs();
        let mut token = Token::of(signer).without("azp").without("acr").without("auth_req_id").without("at_hash");
        token = token.with("iat", now).with("nbf", now).with("exp", now + 3600).with("sub", sub);
        token = token.with("msn", &*session.msn).with("nonce", &*session.nonce).with("aud", json!([CLIENT_ID]));
        if let Some(acr) = &session.acr {
            token = token.with("acr", &**acr);
        }
        match &session.auth_req_id {
            None => token = token.with("at_hash", at_hash(access_token)),
            Some(id) if on_the_web => token = token.with("auth_req_id", &**id).with("aud", CLIENT_ID),
            Some(_) => {}
        }
        (self.bend)(token).signed_by(signer)
    }

    fn userinfo(&self, seen: &Seen) -> Reply {
        let token = seen.headers["authorization"].to_str().expect("ascii").strip_prefix("Bearer ");
        match token.and_then(|token| self.people.get(token)) {
            Some(person) => Reply::json(person.to_string()),
            None => Reply::status(401),
        }
    }
}

impl Session {
    /// A code must come from the same client, for the same address, with the verifier of its challenge.
    fn is_answered_by(&self, form: &HashMap<String, String>) -> bool {
        let Some(challenge) = &self.challenge else { return true };
        let verifier = form.get("code_verifier").map(|verifier| sha256(verifier));
        verifier.is_some_and(|hash| BASE64_URL_SAFE_NO_PAD.encode(hash) == *challenge)
            && form.get("redirect_uri") == self.redirect_uri.as_ref()
    }
}

pub(crate) fn at_hash(access_token: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&sha256(access_token)[..16])
}

pub(crate) fn sha256(text: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, text.as_bytes()).as_ref().to_vec()
}

/// As an OAuth endpoint says no.
pub(crate) fn refused(error: &str) -> Reply {
    Reply::refusal(400, json!({ "error": error }).to_string())
}

/// As the gateway says no, before anything behind it has seen the request.
pub(crate) fn refused_by_gateway(status: u16) -> Reply {
    Reply::refusal(status, json!({"statusCode": status, "message": "The gateway says no."}).to_string())
}

/// The discovery document, whole.
pub(crate) fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "jwks_uri": format!("{ISSUER}.well-known/jwks.json"),
        "authorization_endpoint": format!("{ISSUER}oauth2/auth"),
        "token_endpoint": format!("{ISSUER}oauth2/token"),
        "userinfo_endpoint": "https://api.vipps.no/vipps-userinfo-api/userinfo",
        "backchannel_authentication_endpoint":
            "https://api.vipps.no/vipps-login-ciba/api/backchannel/authentication",
    })
}

pub(crate) fn form(seen: &Seen) -> HashMap<String, String> {
    form_urlencoded::parse(&seen.body).into_owned().collect()
}

fn merchant(seen: &Seen) -> String {
    seen.headers["merchant-serial-number"].to_str().expect("ascii").to_owned()
}

/// What went wrong, in the words that are the same in every language.
pub(crate) fn why<T>(outcome: &Result<T>) -> (&'static str, Option<String>) {
    match outcome {
        Ok(_) => ("ok", None),
        Err(error) => {
            let detail = error.reason().or(error.claim()).or(error.field()).map(str::to_owned);
            (error.code(), detail)
        }
    }
}

/// The outcome is this error, and says this.
#[track_caller]
pub(crate) fn assert_why<T>(outcome: &Result<T>, code: &str, detail: &str) {
    let (told_code, told_detail) = why(outcome);
    assert_eq!((told_code, told_detail.as_deref()), (code, Some(detail)));
}

pub(crate) fn sub(result: &LoginResult) -> &str {
    result.claims().sub()
}
