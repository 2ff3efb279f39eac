//! No secret of a login is ever written anywhere: not the code, its verifier, state and nonce, not the tokens, the id of
//! a login by phone, the phone number or what Vipps knows of the person.

#[path = "tlsserver/capture.rs"]
mod capture;
#[path = "tlsserver/hostile.rs"]
mod hostile;
mod keyring;
#[path = "tlsserver/needles.rs"]
mod needles;
#[path = "login/scene.rs"]
mod scene;
mod support;
mod tlsserver;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use capture::{note, note_chain, note_outcome};
use hostile::{SHAPES, STATUSES};
use http::{Request, Response};
use keyring::{RSA, jwks};
use scene::{At, CALLBACK, Decision, Scene, document, phone_of};
use serde_json::{Value, json};
use support::{CLIENT_ID, START, SUBSCRIPTION_KEY, msn, partner_keys, system};
use tlsserver::{Server, Then, config_for};
use vipps_partner_auth::{
    BackchannelOptions, BackchannelPing, BoxFuture, Config, Event, HttpSend, Keys, LoginHint, LoginOptions,
    LoginRequest, LoginResult, ManualClock, Merchant, Partner, PendingLogin, SalesUnitKeys, SendError,
    UnverifiedConsentRevoked, Userinfo,
};

const CODE: &str = "c0de-Leak.Zq7Rt4Wm9Xk2";
const LOGIN_TOKEN: &str = "l0gin-leak-t0ken.Xw5Bq9Jd7Rf3";
const API_TOKEN: &str = "hEadEr9leak.pAylOad8leak.sEaL7leak";
const AUTH_REQ_ID: &str = "auth-leak-r3q-Kp6Vn1Hs8";
const PHONE_NUMBER: &str = "479876501234598";
const CUSTOMER_TOKEN: &str = "cust0mer-Leak.Ty8Pw3Qn6";
const SECRET: &str = "uQ8leak/Client+Secret==";
const EMAIL: &str = "kari.leak@example.test";
const STREET: &str = "Lekkasjeveien 17b";

fn hint() -> String {
    format!("urn:msisdn:{PHONE_NUMBER}")
}

/// One login of each kind under way, and one that is done.
struct Kept {
    request: LoginRequest,
    polled: PendingLogin,
    redirected: PendingLogin,
    result: LoginResult,
    person: Userinfo,
}

impl Kept {
    async fn new() -> Self {
        let scene = Scene::new();
        scene.bend(|token| token.without("at_hash").with("email", EMAIL));
        scene.bend_reply(|body| body["access_token"] = json!(LOGIN_TOKEN));
        let login = scene.login();
        let request = login.start(&["openid"]).await.expect("a request");
        let result = login.finish(&scene.approve(&request), &request).await.expect("a login");
        let person = json!({"sub": result.claims().sub(), "email": EMAIL, "phone_number": PHONE_NUMBER,
            "address": {"street_address": STREET}, "other_addresses": [{"formatted": STREET}]});
        scene.next(At::Userinfo, [support::Reply::json(person.to_string())]);
        let person = login.userinfo(&result).await.expect("an answer");
        let started = json!({"auth_req_id": AUTH_REQ_ID, "expires_in": 600, "interval": 5});
        scene.always(At::Start, support::Reply::json(started.to_string()));
        let phone = scene.phone();
        let polled = phone.start(&hint(), &["openid"]).await.expect("a login");
        let options = BackchannelOptions::default().redirect_uri(CALLBACK);
        let redirected = phone.start_with(&hint(), &["openid"], &options).await.expect("a login");
        Self { request, polled, redirected, result, person }
    }

    fn secrets(&self) -> Vec<String> {
        let of_polled: Value = serde_json::from_str(&self.polled.to_json()).expect("json");
        let of_redirected: Value = serde_json::from_str(&self.redirected.to_json()).expect("json");
        let random = [self.request.state(), self.request.nonce(), self.request.code_verifier(), self.result.id_token()];
        let kept = [&of_polled["nonce"], &of_redirected["nonce"], &of_redirected["state"]];
        let fixed = [CODE, LOGIN_TOKEN, API_TOKEN, AUTH_REQ_ID, PHONE_NUMBER, CUSTOMER_TOKEN, SECRET, EMAIL, STREET];
        let kept = kept.map(|secret| secret.as_str().expect("text"));
        random.into_iter().chain(kept).chain(fixed).map(str::to_owned).collect()
    }

    #[track_caller]
    fn assert_clean(&self, start: usize) {
        let needles: Vec<_> = self.secrets().iter().flat_map(|secret| needles::needles(secret)).collect();
        let text = capture::text_since(start);
        assert!(!text.is_empty(), "nothing was listened to");
        let found = needles::found(&text, &needles);
        assert!(found.is_empty(), "{}{found}", capture::OWN_WORDS);
    }
}

fn watched(config: Config) -> Config {
    config.clock(Arc::new(ManualClock::running_through_sleeps(START))).event_sink(|event: &Event| note(event))
}

fn both_keys() -> [Keys; 2] {
    let sales_unit = SalesUnitKeys::new(CLIENT_ID, SECRET, SUBSCRIPTION_KEY, msn("123456")).expect("good keys");
    [partner_keys().into(), sales_unit.into()]
}

fn shop_of(keys: Keys, config: Config) -> Merchant {
    Partner::new(keys, system(), config).expect("a partner").merchant(msn("123456"))
}

/// Everything that sends a secret, whatever comes of it.
async fn use_up(shop: &Merchant, kept: &Kept) {
    let (login, phone) = (shop.login(CALLBACK).expect("a login"), shop.backchannel().expect("a backchannel"));
    let callback = format!("{CALLBACK}?code={CODE}&state={}", kept.request.state());
    note_outcome(&login.finish(&callback, &kept.request).await);
    note_outcome(&login.userinfo(&kept.result).await);
    note_outcome(&phone.user_exists(PHONE_NUMBER).await);
    note_outcome(&phone.start(&hint(), &["openid"]).await);
    note_outcome(&phone.start(&format!("urn:customer-token:{CUSTOMER_TOKEN}"), &["openid"]).await);
    // A copy each time, so that the pace of one does not hold up the next.
    let polled = PendingLogin::from_json(&kept.polled.to_json()).expect("our own json");
    note_outcome(&phone.wait(&polled, Duration::from_secs(20)).await);
    let ping = json!({ "auth_req_id": AUTH_REQ_ID }).to_string();
    note_outcome(&phone.finish_ping(&ping, &polled).await);
    note_outcome(&phone.finish_redirect(&format!("{CALLBACK}?code={CODE}"), &kept.redirected).await);
    note(&(login, phone, polled));
}

/// Knows where everything is, and sends back one field of each call of Login, or all of it.
#[derive(Debug)]
struct Hostile {
    sent: Arc<Mutex<BTreeSet<String>>>,
    status: u16,
    shape: fn(&str) -> String,
    field: Option<&'static str>,
}

const FIELDS: [Option<&str>; 6] =
    [None, Some("code"), Some("code_verifier"), Some("auth_req_id"), Some("login_hint"), Some("nonce")];

/// What Login's replies hold besides.
const MORE_SHAPES: [fn(&str) -> String; 6] = [
    |echo| json!({"access_token": echo, "id_token": echo, "scope": echo, "token_type": "bearer"}).to_string(),
    |echo| json!({"auth_req_id": echo.replace(' ', ""), "expires_in": echo, "interval": echo}).to_string(),
    |echo| json!({"sub": echo, "name": echo}).to_string(),
    |echo| json!({"error": "invalid_grant", "error_description": echo, "error_hint": echo}).to_string(),
    |echo| json!({"error": "invalid_request", "error_description": format!("login_hint {echo}")}).to_string(),
    |echo| json!({"exists": echo}).to_string(),
];

impl Hostile {
    fn answer(&self, request: &Request<Bytes>) -> (u16, String) {
        let url = request.uri().to_string();
        if url.ends_with(At::Discovery.path()) {
            return (200, document().to_string());
        }
        if url.ends_with(At::Keys.path()) {
            return (200, jwks(&[&RSA]));
        }
        if url.ends_with(At::ApiToken.path()) {
            return (200, json!({"access_token": API_TOKEN, "expires_in": 86_400}).to_string());
        }
        self.note_secrets(&echo(request, None));
        (self.status, (self.shape)(&echo(request, self.field)))
    }

    fn note_secrets(&self, request: &str) {
        let sent = [CODE, LOGIN_TOKEN, AUTH_REQ_ID, PHONE_NUMBER, CUSTOMER_TOKEN].into_iter();
        let sent = sent.filter(|secret| request.contains(secret)).map(str::to_owned);
        self.sent.lock().expect("no test panics here").extend(sent);
    }
}

fn echo(request: &Request<Bytes>, field: Option<&str>) -> String {
    let headers: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}; ", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    let mut form = form_urlencoded::parse(request.body());
    let found = field.and_then(|field| form.find(|(name, _)| name == field));
    found.map_or_else(|| headers.concat() + &String::from_utf8_lossy(request.body()), |(_, value)| value.into_owned())
}

impl HttpSend for Hostile {
    fn send(&self, request: Request<Bytes>, _: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        let (status, body) = self.answer(&request);
        let mut reply = Response::new(Bytes::from(body));
        *reply.status_mut() = status.try_into().expect("a status");
        for name in ["retry-after", "location", "x-request-id", "traceparent", "www-authenticate"] {
            let value = echo(&request, self.field).parse().unwrap_or(http::HeaderValue::from_static("not text"));
            reply.headers_mut().insert(name, value);
        }
        Box::pin(async move { Ok(reply) })
    }
}

#[tokio::test]
async fn replies_that_echo_what_was_sent_leave_no_trace() {
    let kept = Kept::new().await;
    let start = capture::listen();
    let sent: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    for status in STATUSES {
        for shape in SHAPES.into_iter().chain(MORE_SHAPES) {
            for (number, field) in FIELDS.into_iter().enumerate() {
                let config =
                    watched(Config::default()).http(Arc::new(Hostile { sent: sent.clone(), status, shape, field }));
                let [partner, sales_unit] = both_keys();
                let keys = if number % 2 == 0 { partner } else { sales_unit };
                use_up(&shop_of(keys, config), &kept).await;
            }
        }
    }
    assert_eq!(sent.lock().expect("no test panics here").len(), 5);
    kept.assert_clean(start);
}

#[tokio::test]
async fn no_public_type_shows_a_secret() {
    let kept = Kept::new().await;
    let start = capture::listen();
    let shop = shop_of(both_keys()[0].clone(), watched(Config::default()));
    let (login, phone) = (shop.login(CALLBACK).expect("a login"), shop.backchannel().expect("a backchannel"));
    let callback = format!("{CALLBACK}?code={CODE}&state={}", kept.request.state());
    let code = kept.request.code(&callback).expect("a code");
    assert_eq!((code.code(), kept.result.access_token().secret()), (CODE, LOGIN_TOKEN));
    assert_eq!(kept.person.email(), Some(EMAIL));
    note(&(&login, &phone, &kept.request, &kept.polled, &kept.redirected, &kept.result, &kept.person, code));
    note(&(kept.result.access_token(), kept.result.claims(), kept.person.address(), kept.person.other_addresses()));
    note(&(hint().parse::<LoginHint>(), LoginHint::msisdn(PHONE_NUMBER), LoginHint::customer_token(CUSTOMER_TOKEN)));
    note(&BackchannelPing::parse(&json!({ "auth_req_id": AUTH_REQ_ID }).to_string()));
    note(&(LoginOptions::default(), BackchannelOptions::default().redirect_uri(CALLBACK)));
    kept.assert_clean(start);
}

#[tokio::test]
async fn wrong_arguments_are_told_without_their_values() {
    let kept = Kept::new().await;
    let start = capture::listen();
    let shop = shop_of(both_keys()[0].clone(), watched(Config::default()));
    let (login, phone) = (shop.login(CALLBACK).expect("a login"), shop.backchannel().expect("a backchannel"));
    let state = kept.request.state();
    for callback in [
        format!("{CALLBACK}?code={CODE}"),
        format!("{CALLBACK}?code={CODE}&state={state}x"),
        format!("{CALLBACK}?code={CODE}&code={CODE}&state={state}"),
        format!("{CALLBACK}?code={CODE}&error={CODE}&state={state}"),
        format!("{CALLBACK}?error={CODE}&error_description={EMAIL}&state={state}"),
        format!("{CALLBACK}?code={CODE}%0A&state={state}"),
        format!("{CALLBACK}?code={CODE}&state={state}&iss={CODE}"),
        format!("https://{CODE}.example/callback?code={CODE}&state={state}"),
        CODE.to_owned(),
    ] {
        note_outcome(&kept.request.code(&callback));
        note_outcome(&login.finish(&callback, &kept.request).await);
        note_outcome(&phone.finish_redirect(&callback, &kept.redirected).await);
        note_outcome(&kept.request.resume_uri("myapp://cb", &callback));
    }
    for json in [kept.request.to_json(), kept.polled.to_json(), kept.redirected.to_json()] {
        for member in serde_json::from_str::<Value>(&json).expect("json").as_object().expect("an object").keys() {
            for value in [json!(AUTH_REQ_ID), json!([CODE]), json!(format!("{CODE}\n")), Value::Null] {
                let mut bent: Value = serde_json::from_str(&json).expect("json");
                bent[member] = value;
                note_outcome(&LoginRequest::from_json(&bent.to_string()));
                note_outcome(&PendingLogin::from_json(&bent.to_string()));
            }
        }
    }
    for text in [
        format!("+{PHONE_NUMBER}"),
        format!("{PHONE_NUMBER}9"),
        format!("urn:msisdn:{PHONE_NUMBER} "),
        format!("urn:customer-token:{CUSTOMER_TOKEN} "),
    ] {
        note_outcome(&text.parse::<LoginHint>());
        note_outcome(&LoginHint::msisdn(&text));
        note_outcome(&phone.start(&text, &["openid"]).await);
        note_outcome(&phone.user_exists(&text).await);
        note_outcome(&UnverifiedConsentRevoked::parse(&format!("{CODE}.{text}.")));
        note_outcome(&phone.finish_ping(&text, &kept.polled).await);
    }
    note_outcome(&phone.finish_ping(&json!({"auth_req_id": CODE}).to_string(), &kept.polled).await);
    note_chain(&serde_json::from_str::<LoginRequest>("{}").expect_err("no request"));
    kept.assert_clean(start);
}

/// The rules by which codes and ids are told from echoes know the usual secrets; these look like either.
#[tokio::test]
async fn secrets_that_look_like_codes_or_ids_leave_no_trace_either() {
    for secret in ["onlysmall_letters_leak", "5eca7ab1-dead-4bee-8f00-0123456789ab"] {
        let scene = Scene::hurried();
        let kept = Kept::new().await;
        let keys = SalesUnitKeys::new(CLIENT_ID, secret, SUBSCRIPTION_KEY, msn("123456")).expect("good keys");
        let shop = shop_of(keys.into(), scene.config());
        let (login, phone) = (shop.login(CALLBACK).expect("a login"), shop.backchannel().expect("a backchannel"));
        let bodies = ["error", "error_code", "traceId", "instance"].map(|member| json!({ member: secret }).to_string());
        for (status, body) in
            [400, 401, 403, 429, 500].into_iter().flat_map(|status| bodies.clone().map(|body| (status, body)))
        {
            for at in [At::Exchange, At::Start, At::UserExists] {
                scene.always(at, support::Reply::refusal(status, body.clone()));
            }
            let callback = format!("{CALLBACK}?code={secret}&state={}", kept.request.state());
            let outcomes = [
                login.finish(&callback, &kept.request).await.err(),
                phone.start(&format!("urn:customer-token:{secret}"), &["openid"]).await.err(),
                phone.user_exists(PHONE_NUMBER).await.err(),
                phone.finish_redirect(&format!("{CALLBACK}?code={secret}"), &kept.redirected).await.err(),
            ];
            for error in outcomes.into_iter().flatten() {
                assert!(!format!("{error} {error:?}").contains(secret), "{error}");
            }
        }
    }
}

/// The same over sockets, with all that reqwest and hyper have to say.
#[tokio::test]
async fn real_sockets_leave_no_trace() {
    let kept = Kept::new().await;
    let start = capture::listen();
    let server = Server::plain(|request: &tlsserver::Request| {
        let line = request.head.lines().next().unwrap_or_default();
        let asks = |at: At| line.contains(at.path());
        if asks(At::ApiToken) {
            return tlsserver::Reply::json(200, &json!({"access_token": API_TOKEN, "expires_in": 86_400}).to_string());
        }
        let echo = [request.head.replace("\r\n", " "), request.body.clone()].concat();
        let broken = format!("HTTP/1.1 400 {echo}\r\n{echo}: {echo}\r\ncontent-length: {echo}\r\n\r\n{echo}");
        tlsserver::Reply::bytes(broken).then(Then::Close)
    });
    let http: Arc<dyn HttpSend> = Arc::new(Detour(
        server.http(),
        vipps_partner_auth::ReqwestClient::new(&config_for(&server.http())).expect("a client"),
    ));
    for keys in both_keys() {
        use_up(&shop_of(keys, watched(Config::default()).http(http.clone())), &kept).await;
    }
    // Every call of Login went out, and was heard of.
    let seen: Vec<_> = server.requests().iter().map(|request| request.body.clone() + &request.head).collect();
    for sent in [CODE, LOGIN_TOKEN, AUTH_REQ_ID, PHONE_NUMBER] {
        assert!(seen.iter().any(|seen| seen.contains(sent)), "{sent} was not sent");
    }
    assert!(capture::text_since(start).contains(" hyper_util"));
    kept.assert_clean(start);
}

/// Sends what is meant for Vipps to a server of this machine; public documents come from memory.
#[derive(Debug)]
struct Detour(String, vipps_partner_auth::ReqwestClient);

impl HttpSend for Detour {
    fn send(&self, mut request: Request<Bytes>, limit: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        let url = request.uri().to_string();
        let public = match url.as_str() {
            url if url.ends_with(At::Discovery.path()) => Some(document().to_string()),
            url if url.ends_with(At::Keys.path()) => Some(jwks(&[&RSA])),
            _ => None,
        };
        if let Some(body) = public {
            return Box::pin(async move { Ok(Response::new(body.into())) });
        }
        *request.uri_mut() = url.replace("https://api.vipps.no", &self.0).parse().expect("a uri");
        self.1.send(request, limit)
    }
}

/// A decision that is waited for and a login that succeeds, at every level of talk.
#[tokio::test]
async fn a_login_that_goes_well_leaves_no_trace() {
    let start = capture::listen();
    let kept = Kept::new().await;
    let scene = Scene::hurried();
    scene.bend(|token| token.with("email", EMAIL));
    let phone = phone_of(scene.config().event_sink(|event: &Event| note(event)));
    let pending = phone.start(&hint(), &["openid"]).await.expect("a login");
    scene.decide(&pending, Decision::Approved);
    let result = phone.wait(&pending, Duration::from_secs(60)).await;
    assert!(result.as_ref().is_ok_and(Option::is_some));
    // The scene makes the phone number part of `sub`, which is shown: it is how a login is found again.
    drop(result);
    kept.assert_clean(start);
}
