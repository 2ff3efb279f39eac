//! No secret is ever written anywhere: a wide run through everything that can go well and badly, against servers that
//! send every secret back, with all logs of all crates, events, errors, panics and `Debug` texts read afterwards.

#[path = "tlsserver/capture.rs"]
mod capture;
#[path = "tlsserver/hostile.rs"]
mod hostile;
mod keyring;
#[path = "tlsserver/needles.rs"]
mod needles;
mod tlsserver;

use std::{
    collections::VecDeque,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use capture::{note, note_chain, note_outcome};
use hostile::{Echo, PARTS, SHAPES, STATUSES};
use http::{HeaderMap, Request, Response};
use keyring::{MSN, NOW, RSA, Token, msn};
use serde_json::Value;
use tlsserver::{Reply, Server, Then, certificates::Authority, config_for, proxies};
use vipps_partner_auth::{
    BasicEncoding, BoxFuture, CacheError, CacheKey, CachedToken, Clock, Config, Environment, Event, Expect, Flow,
    HttpSend, IdTokenVerifier, Keys, ManualClock, MemoryCache, Merchant, Partner, PartnerKeys, ReqwestClient,
    SalesUnitKeys, Secret, SendError, SpecializedKeys, SystemInfo, TokenCache,
};

const CLIENT_ID: &str = "11111111-2222-4333-8444-555555555555";
const CLIENT_SECRET: &str = "uQ8leak/Client+Secret==";
const FIRST_KEY: &str = "5eca1fee0badc0de5eca1fee0badc0de";
const SECOND_KEY: &str = "7ab1e7ab1ef00d5e7ab1e7ab1ef00d5e";
const SPECIAL_SECRET: &str = "w3ird s%cret+leak&more";
const API_TOKEN: &str = "hEadEr9leak.pAylOad8leak.sEaL7leak";
const LOGIN_TOKEN: &str = "l0gin-leak-t0ken.Xw5Bq9Jd7Rf3";
const NONCE: &str = "nonce-leak-q8Zr4Lm2xT";
const AUTH_REQ_ID: &str = "auth-leak-r3q-Kp6Vn1Hs8";
const EMAIL: &str = "kari.leak@example.test";

fn secrets() -> Vec<String> {
    let basics = [(CLIENT_ID, CLIENT_SECRET), (CLIENT_ID, SPECIAL_SECRET)];
    let basics = basics.map(|(id, secret)| BASE64_STANDARD.encode(format!("{id}:{secret}")).split_off(48));
    let plain =
        [CLIENT_SECRET, FIRST_KEY, SECOND_KEY, SPECIAL_SECRET, API_TOKEN, LOGIN_TOKEN, NONCE, AUTH_REQ_ID, EMAIL];
    plain.map(str::to_owned).into_iter().chain(basics).collect()
}

#[track_caller]
fn assert_clean(start: usize) {
    assert_none_of(&secrets(), start);
}

#[track_caller]
fn assert_none_of(secrets: &[String], start: usize) {
    let needles: Vec<_> = secrets.iter().flat_map(|secret| needles::needles(secret)).collect();
    let text = capture::text_since(start);
    assert!(!text.is_empty(), "nothing was listened to");
    let found = needles::found(&text, &needles);
    assert!(found.is_empty(), "{}{found}", capture::OWN_WORDS);
}

fn partner_keys() -> PartnerKeys {
    let keys = PartnerKeys::new(CLIENT_ID, CLIENT_SECRET, FIRST_KEY).expect("good keys");
    keys.with_second_subscription_key(SECOND_KEY).expect("a good key")
}

fn all_keys() -> [Keys; 3] {
    let sales_unit = SalesUnitKeys::new(CLIENT_ID, CLIENT_SECRET, FIRST_KEY, msn()).expect("good keys");
    let sales_unit = sales_unit.with_second_subscription_key(SECOND_KEY).expect("a good key");
    let specialized = SpecializedKeys::new(CLIENT_ID, SPECIAL_SECRET).expect("good keys");
    let specialized = specialized.with_scope("donations:read").expect("a good scope");
    [partner_keys().into(), sales_unit.into(), specialized.into()]
}

fn system() -> SystemInfo {
    SystemInfo::new("acme", "3.1.2").expect("a good name")
}

fn config() -> Config {
    watched(config_for("https://gateway.example"))
}

/// Nobody waits, and every event is noted.
fn watched(config: Config) -> Config {
    let config =
        config.clock(Arc::new(ManualClock::running_through_sleeps(NOW))).event_sink(|event: &Event| note(event));
    // On the runtime of the test, so that a few turns of it settle everything.
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => config.runtime(runtime),
        Err(_) => config,
    }
}

fn expect() -> Expect {
    Expect::default().nonce(NONCE).access_token(LOGIN_TOKEN).auth_req_id(AUTH_REQ_ID)
}

fn id_token() -> Token {
    Token::of(&RSA).with("nonce", NONCE).with("auth_req_id", AUTH_REQ_ID).with("email", EMAIL).without("at_hash")
}

static SIGNED: LazyLock<String> = LazyLock::new(|| id_token().signed_by(&RSA));

/// Everything a partner does, whatever comes of it.
async fn use_up(keys: Keys, config: Config) -> Merchant {
    let partner = Partner::new(keys, system(), config).expect("a partner");
    let shop = partner.merchant(msn());
    note_outcome(&partner.headers().await);
    note_outcome(&shop.headers().await);
    note_outcome(&partner.access_token().await);
    note_outcome(&shop.authorization().await);
    note(&(partner.cached_headers(), shop.cached_headers()));
    note_outcome(&shop.verify_id_token(&SIGNED, &expect()).await);
    note(&shop);
    shop
}

/// Replies in a row; the last one for good.
#[derive(Debug)]
struct Script(Mutex<VecDeque<(u16, String)>>);

impl Script {
    fn of<const N: usize>(replies: [(u16, &str); N]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(replies.map(|(status, body)| (status, body.to_owned())).into())))
    }
}

impl HttpSend for Script {
    fn send(&self, _: Request<Bytes>, _: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        let mut replies = self.0.lock().expect("the replies");
        let next = if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() };
        let (status, body) = next.expect("a reply");
        let mut reply = Response::new(Bytes::from(body));
        *reply.status_mut() = status.try_into().expect("a status");
        Box::pin(async move { Ok(reply) })
    }
}

fn good_reply() -> String {
    format!(r#"{{"token_type":"Bearer","expires_in":"3600","access_token":"{API_TOKEN}"}}"#)
}

#[tokio::test]
async fn replies_that_echo_the_request_leave_no_trace() {
    let start = capture::listen();
    for keys in all_keys() {
        for status in STATUSES {
            for shape in SHAPES {
                for part in 0..PARTS {
                    let sender = Arc::new(Echo { status, shape, part });
                    use_up(keys.clone(), config().http(sender).basic_encoding(BasicEncoding::Form)).await;
                }
            }
        }
    }
    assert_clean(start);
}

#[tokio::test]
async fn renewals_failovers_and_refusals_leave_no_trace() {
    let start = capture::listen();
    let refused = format!(r#"{{"statusCode":401,"message":"Invalid subscription key {FIRST_KEY}"}}"#);
    let (token, down) = (good_reply(), format!("<html>{CLIENT_SECRET} {API_TOKEN}</html>"));
    let script = Script::of([(401, refused.as_str()), (200, token.as_str()), (503, down.as_str())]);
    let clock = ManualClock::running_through_sleeps(NOW);
    let shop = use_up(partner_keys().into(), config().http(script).clock(Arc::new(clock.clone()))).await;
    for _ in 0..12 {
        clock.advance(Duration::from_secs(5 * 60) + Duration::from_secs(1));
        note(&shop.cached_headers());
        keyring::settle().await;
    }
    let partner = shop.partner();
    if let Ok(token) = partner.access_token().await {
        note(&(partner.refused(&token).await, partner.refused(&token).await, partner.invalidate(&token)));
    }
    assert!(partner.stats().renewals_failed > 0);
    assert_clean(start);
}

/// A cache of the careless kind: its errors say all they know.
#[derive(Debug)]
struct Talkative;

impl TokenCache for Talkative {
    fn load<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<CachedToken>, CacheError>> {
        note(key);
        Box::pin(async { Err(CacheError::new(format!("no luck with {CLIENT_SECRET}"))) })
    }

    fn store<'a>(&'a self, _: &'a CacheKey, token: CachedToken, _: Duration) -> BoxFuture<'a, Result<(), CacheError>> {
        note(&token);
        Box::pin(async move { Err(CacheError::new(format!("no room for {}", token.secret.expose()))) })
    }
}

#[tokio::test]
async fn shared_caches_leave_no_trace() {
    let start = capture::listen();
    let script = || Script::of([(200, good_reply().as_str())]);
    let shop = use_up(partner_keys().into(), config().http(script()).token_cache(Arc::new(Talkative))).await;
    assert_eq!(shop.partner().stats().cache_failures, 2);
    let shared = MemoryCache::default();
    for _ in 0..2 {
        use_up(partner_keys().into(), config().http(script()).token_cache(Arc::new(shared.clone()))).await;
    }
    note(&shared);
    assert_clean(start);
}

/// A sender that fails in the worst way, with all it has in its last words.
#[derive(Debug)]
struct Panicking;

impl HttpSend for Panicking {
    fn send(&self, request: Request<Bytes>, _: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        Box::pin(async move { panic!("could not send {request:?}, {:#?}", request.headers()) })
    }
}

#[tokio::test]
async fn panics_leave_no_trace() {
    let start = capture::listen();
    for keys in all_keys() {
        use_up(keys, config().http(Arc::new(Panicking))).await;
    }
    assert!(capture::text_since(start).contains("could not send"));
    assert_clean(start);
}

#[tokio::test]
async fn id_tokens_leave_no_trace() {
    let start = capture::listen();
    let verifier = keyring::offline(&[&RSA]);
    let browser = expect().msn(msn());
    let expectations = [
        browser.clone(),
        browser.clone().flow(Flow::Backchannel),
        browser.clone().flow(Flow::BackchannelRedirect).client_id(CLIENT_ID),
        browser.clone().acr("urn:other").nonce(format!("{NONCE}!")),
        browser.clone().auth_req_id(""),
        expect(),
        Expect::default().msn(msn()).nonce(format!("not {NONCE}")),
    ];
    let good = id_token();
    let mut tokens = vec![good.signed_by(&RSA), format!("{}.{API_TOKEN}", good.signed_by(&RSA)), LOGIN_TOKEN.into()];
    // `sub` is shown: it is how a login is found again.
    for claim in good.claims.names().into_iter().filter(|claim| claim != "sub") {
        tokens.push(good.clone().without(&claim).signed_by(&RSA));
        tokens.push(good.clone().with(&claim, Value::Null).signed_by(&RSA));
        tokens.push(good.clone().with(&claim, NONCE).signed_by(&RSA));
        tokens.push(good.clone().and_again(&format!("\"{claim}\""), &format!("\"{EMAIL}\"")).signed_by(&RSA));
    }
    for member in ["alg", "kid", "typ", "crit"] {
        tokens.push(good.clone().header(member, LOGIN_TOKEN).signed_by(&RSA));
    }
    for expect in &expectations {
        note(expect);
        for token in &tokens {
            note_outcome(&verifier.verify(token, expect).await);
            note_outcome(&verifier.verify(&token[..token.len() - 4], expect).await);
        }
    }
    assert!(verifier.verify(&tokens[0], &browser).await.is_ok());
    assert_clean(start);
}

#[tokio::test]
async fn real_sockets_and_real_tls_leave_no_trace() {
    let start = capture::listen();
    let (authority, turn) = (Authority::new("company"), Arc::new(AtomicUsize::new(0)));
    let answer = move |request: &tlsserver::Request| {
        let replies = nasty(request);
        replies[turn.fetch_add(1, SeqCst) % replies.len()].clone()
    };
    let plain = Server::plain(answer.clone());
    let secure = Server::tls(authority.good().server(), answer);
    let stranger = Authority::new("stranger");
    for (url, authority) in [(plain.http(), &authority), (secure.https(), &authority), (secure.https(), &stranger)] {
        for keys in all_keys().into_iter().cycle().take(12) {
            use_up(keys, watched(config_for(&url)).ca_pem(authority.pem())).await;
        }
    }
    assert!(plain.requests().len() > 20 && secure.requests().len() > 20);
    let text = capture::text_since(start);
    for speaker in ["hyper_util", "reqwest", "rustls", "vipps_partner_auth"] {
        assert!(text.contains(&format!(" {speaker}")), "{speaker} was not heard");
    }
    assert_clean(start);
}

/// A proxy's password is a secret too, whatever becomes of the proxy.
#[tokio::test]
async fn logins_of_proxies_leave_no_trace() {
    const PASSWORD: &str = "pr0xy+leak~Passw0rd";
    let start = capture::listen();
    let authority = Authority::new("company");
    let vipps = Server::tls(authority.for_names(&["gateway.example"]).server(), nasty_once());
    let good = proxies::tunnel(vipps.address());
    let socks = proxies::socks5(vipps.address(), Some(("kari", PASSWORD)));
    let other_socks = proxies::socks5(vipps.address(), Some(("kari", "another")));
    let echoing = Server::plain(|request| nasty(request).remove(0).then(Then::Close));
    let refusing = ["407 no", "403 no", "502 no"].map(proxies::refusing);
    let mut forms = vec![format!("http://kari:{PASSWORD}@{}", good.address())];
    forms.extend(refusing.each_ref().map(|proxy| format!("http://kari:{PASSWORD}@{}", proxy.address())));
    forms.push(format!("http://{PASSWORD}:{PASSWORD}@{}", echoing.address()));
    forms.extend([&socks, &other_socks].map(|proxy| format!("socks5://kari:{PASSWORD}@{}", proxy.address())));
    let no_tls = proxies::socks5_saying([b"no tls", b""]);
    forms.push(format!("https://kari:{PASSWORD}@{}", no_tls.address()));
    forms.push(format!("http://kari:{PASSWORD}@127.0.0.1:1"));
    for form in &forms {
        let config = config().ca_pem(authority.pem()).proxy(form);
        note(&(&config, ReqwestClient::new(&config)));
        use_up(partner_keys().into(), config).await;
    }
    assert!(good.requests()[0].head.contains("proxy-authorization: Basic "));
    for wrong in ["", " ", "\n", "#", "/", ":99999", "\"", "?q"] {
        for scheme in ["http://", "ftp://", "socks4://", "\""] {
            let config = config().proxy(format!("{scheme}kari:{PASSWORD}@proxy.example{wrong}"));
            note_outcome(&ReqwestClient::new(&config));
            note_outcome(&IdTokenVerifier::new(config));
        }
    }
    let basic = BASE64_STANDARD.encode(format!("kari:{PASSWORD}"));
    assert_none_of(&[PASSWORD.to_owned(), basic], start);
    assert_clean(start);
}

fn nasty_once() -> impl Fn(&tlsserver::Request) -> Reply + Send + Sync {
    let turn = AtomicUsize::new(0);
    move |request| {
        let replies = nasty(request);
        replies[turn.fetch_add(1, SeqCst) % replies.len()].clone()
    }
}

/// What was sent, in the parts of a reply that only an HTTP library reads.
fn nasty(request: &tlsserver::Request) -> Vec<Reply> {
    let echo = [request.head.replace("\r\n", " "), request.body.clone()].concat();
    let lines = [
        format!("HTTP/1.1 200 {echo}\r\ncontent-length: 0\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: {echo}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {echo}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{echo}\r\n"),
        format!("HTTP/1.1 200 OK\r\n{echo}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\nx-echo:: {echo}\u{0}\r\n\r\n"),
        format!("HTTP/9.9 {echo}\r\n\r\n"),
        format!("HTTP/1.1 302 Found\r\nlocation: http://{echo}/\r\ncontent-length: 0\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{echo}"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n{}", echo.repeat(300_000 / echo.len() + 1)),
        format!("HTTP/1.1 103 Early\r\nlink: {echo}\r\n\r\nHTTP/1.1 500 {echo}\r\ncontent-length: 0\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n{echo}"),
        echo,
    ];
    let broken = lines.into_iter().map(|line| Reply::bytes(line).then(Then::Close));
    broken.chain([Reply::json(200, &good_reply())]).collect()
}

#[tokio::test]
async fn no_public_type_shows_a_secret() {
    let start = capture::listen();
    let script = Script::of([(200, good_reply().as_str())]);
    let shop = use_up(partner_keys().into(), config().http(script)).await;
    let headers = shop.headers().await.expect("headers");
    assert_sensitive(&headers);
    assert_sensitive(&shop.partner().headers().await.expect("headers"));
    let token = shop.partner().access_token().await.expect("a token");
    assert_eq!(token.secret(), API_TOKEN);
    let config = config().ca_pem(Authority::new("company").pem());
    let cached = CachedToken::new(API_TOKEN, Duration::ZERO, Duration::ZERO);
    let verifier = keyring::offline(&[&RSA]);
    let claims = verifier.verify(&id_token().signed_by(&RSA), &expect().msn(msn())).await.expect("a good token");
    assert!(claims.json().contains(EMAIL));
    note(&(shop.partner(), shop.partner().environment(), shop.partner().stats()));
    note(&(all_keys(), partner_keys(), &config, ReqwestClient::new(&config), system(), Environment::Test));
    note(&(token, cached, Secret::new(CLIENT_SECRET), shop.msn(), verifier, claims, expect()));
    note(&(ManualClock::at_unix(NOW), ManualClock::at_unix(NOW).now(), IdTokenVerifier::new(config)));
    note_chain(&SendError::maybe_sent("the connection broke"));
    note_chain(&CacheError::new("the store is gone"));
    assert_clean(start);
}

fn assert_sensitive(headers: &HeaderMap) {
    for name in ["authorization", "ocp-apim-subscription-key"] {
        assert!(headers[name].is_sensitive(), "{name}");
    }
    let text = format!("{headers:?}");
    assert!(text.contains(r#""authorization": Sensitive"#), "{text}");
    assert!(!headers.contains_key("merchant-serial-number") || text.contains(MSN), "{text}");
}

#[test]
fn wrong_settings_are_told_without_their_values() {
    let start = capture::listen();
    for bad in ["\n", " ", "\t", "\r\nx: 1", "é", ""] {
        let wrong = |good: &str| if bad.is_empty() { String::new() } else { format!("{good}{bad}") };
        note_outcome(&PartnerKeys::new(CLIENT_ID, wrong(CLIENT_SECRET), FIRST_KEY));
        note_outcome(&PartnerKeys::new(wrong(CLIENT_SECRET), CLIENT_SECRET, FIRST_KEY));
        note_outcome(&PartnerKeys::new(CLIENT_ID, CLIENT_SECRET, wrong(FIRST_KEY)));
        note_outcome(&partner_keys().with_second_subscription_key(wrong(SECOND_KEY)));
        note_outcome(&SpecializedKeys::new(CLIENT_ID, wrong(SPECIAL_SECRET)));
        note_outcome(&SpecializedKeys::new(format!("{CLIENT_ID}:{SPECIAL_SECRET}"), wrong(SPECIAL_SECRET)));
        note_outcome(&SalesUnitKeys::from_vars(|_| Some(wrong(CLIENT_SECRET))));
        note_outcome(&Partner::from_vars(|_| Some(wrong(CLIENT_SECRET)), Config::default()));
        note_outcome(&SystemInfo::new("acme", format!("{}\u{7f}", wrong(CLIENT_SECRET))));
        note_outcome(&Environment::custom(&format!("https://user:{}@vipps.example", wrong(CLIENT_SECRET))));
        note_outcome(&wrong(FIRST_KEY).parse::<vipps_partner_auth::Msn>());
        note_outcome(&IdTokenVerifier::with_jwks(Environment::Test, &format!("{{\"keys\": {}", wrong(API_TOKEN))));
    }
    note_outcome(&partner_keys().with_second_subscription_key(FIRST_KEY));
    assert_clean(start);
}

type Plant = fn(&str);

/// The ears are open: what is planted in each channel is heard, and found.
/// The rules by which codes and ids are told from echoes know the usual secrets; these look like neither or both.
#[tokio::test]
async fn secrets_that_look_like_codes_or_ids_leave_no_trace_either() {
    let start = capture::listen();
    let unusual = ["onlysmall_letters_leak", "5eca7ab1-dead-4bee-8f00-0123456789ab", "5eca7ab1-0bad-c0de-feed"];
    for secret in unusual {
        let partner = PartnerKeys::new(CLIENT_ID, secret, secret).expect("good keys");
        let specialized = SpecializedKeys::new(CLIENT_ID, secret).expect("good keys");
        for keys in [Keys::from(partner), specialized.into()] {
            for shape in SHAPES {
                use_up(keys.clone(), config().http(Arc::new(Echo { status: 400, shape, part: 0 }))).await;
            }
        }
    }
    assert_none_of(&unusual.map(str::to_owned), start);
}

#[test]
fn the_check_finds_what_is_planted() {
    let start = capture::listen();
    let channels: [(&str, Plant); 4] = [
        ("3vent/Qx1+Planted", |secret| tracing::trace!(target: "hyper_util::client", key = secret)),
        ("sp4N-Zb2.planteD==", |secret| drop(tracing::trace_span!("connect", key = secret).entered())),
        ("w0rds-Hk7-of-Panic", |secret| drop(std::panic::catch_unwind(|| panic!("key {secret}")))),
        ("ErR0r_Tf5_cHained", |secret| note_chain(&CacheError::new(secret))),
    ];
    for (secret, plant) in channels {
        let needles = needles::needles(secret);
        assert_eq!(needles::found(&capture::text_since(start), &needles), "");
        plant(secret);
        assert_ne!(needles::found(&capture::text_since(start), &needles), "", "{secret}");
    }
}
