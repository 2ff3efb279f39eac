//! Faults that are staged one by one, each of which the program must name as what it is: the check, how bad, and the words.
//! The program runs as users run it, with nothing but arguments and variables.

#[allow(dead_code, reason = "the core's own tests use the rest")]
#[path = "../../core/tests/redisserver/mod.rs"]
mod redisserver;
#[path = "../../core/tests/tlsserver/mod.rs"]
mod tlsserver;

use std::{any::Any, collections::BTreeMap, io::Write, net::TcpListener, process::Command, time::Duration};

use redisserver::{Answer, RedisServer};
use serde_json::Value;
use tlsserver::{
    Reply, Server,
    certificates::{Authority, Leaf},
    child::Scratch,
    proxies,
};
use vipps_emulator::{
    Emulator, Endpoint, ErrorShape, Failure, Mode, Options, ScriptedReply, SubscriptionKey, TokenKind,
};

const MSN: &str = "123456";

/// An emulator, and a program that is set up well for it.
struct World {
    vipps: Emulator,
    variables: BTreeMap<String, String>,
    arguments: Vec<String>,
    /// What must live as long as the program runs.
    kept: Vec<Box<dyn Any>>,
}

/// What the program said.
struct Said {
    exit_code: Option<i32>,
    report: Value,
    /// The report for people.
    text: String,
}

impl World {
    fn new() -> Self {
        Self::of(Mode::Production)
    }

    fn of(mode: Mode) -> Self {
        let merchants = vec![MSN.parse().expect("an msn")];
        let vipps = Emulator::start(Options { mode, merchants, ..Options::default() }).expect("an emulator");
        let keys = vipps.partner_keys();
        let mut world = Self {
            vipps,
            variables: BTreeMap::new(),
            arguments: vec!["--msn".to_owned(), MSN.to_owned()],
            kept: vec![],
        };
        let url = world.vipps.base_url().to_owned();
        world.set("VIPPS_ENVIRONMENT", &url);
        world.set("VIPPS_CLIENT_ID", &keys.client_id);
        world.set("VIPPS_CLIENT_SECRET", &keys.client_secret);
        world.set("VIPPS_SUBSCRIPTION_KEY", &keys.subscription_key);
        world.set("VIPPS_SYSTEM_NAME", "acme");
        world.set("VIPPS_SYSTEM_VERSION", "3.1.2");
        world
    }

    fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    fn value(&self, name: &str) -> String {
        self.variables[name].clone()
    }

    fn keep<T: 'static>(&mut self, thing: T) {
        self.kept.push(Box::new(thing));
    }

    fn args(&mut self, arguments: &[&str]) {
        self.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    }

    /// https with this certificate in the place of the emulator, trusting this authority.
    fn behind(&mut self, leaf: &Leaf, authority: Option<&Authority>) {
        let server = Server::tls(leaf.server(), |_| Reply::json(404, "{}"));
        self.set("VIPPS_ENVIRONMENT", &server.https());
        self.keep(server);
        if let Some(authority) = authority {
            let file = Scratch::file(&format!("ca-{}.pem", unique()), authority.pem());
            self.set("SSL_CERT_FILE", file.path());
            self.keep(file);
        }
    }

    /// A host far away, through this proxy.
    fn through(&mut self, proxy: Server) {
        self.set("VIPPS_ENVIRONMENT", "https://api.shop.example");
        self.set("HTTPS_PROXY", &proxy.http());
        self.keep(proxy);
    }

    fn run(&self) -> Said {
        let json = self.output(&["--json"]);
        let text = self.output(&[]);
        assert_eq!(json.0, text.0, "the same code whatever is printed");
        let report = serde_json::from_str(&json.1).unwrap_or_else(|_| panic!("no JSON: {}", json.1));
        let said = Said { exit_code: json.0, report, text: text.1 };
        self.holds_no_secret(&json.1);
        self.holds_no_secret(&said.text);
        said
    }

    fn output(&self, more: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vipps-doctor"));
        command.env_clear().envs(&self.variables).args(&self.arguments).args(more);
        let output = command.output().expect("the program runs");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        (output.status.code(), String::from_utf8(output.stdout).expect("text"))
    }

    fn holds_no_secret(&self, text: &str) {
        let keys = self.vipps.partner_keys();
        let of_vipps = [keys.client_secret, keys.subscription_key, keys.second_subscription_key];
        let given = ["VIPPS_CLIENT_SECRET", "VIPPS_SUBSCRIPTION_KEY", "VIPPS_SECOND_SUBSCRIPTION_KEY"];
        let given = given.iter().filter_map(|name| self.variables.get(*name)).map(|value| value.trim().to_owned());
        for secret in of_vipps.into_iter().chain(given).chain(["hidden".to_owned()]).filter(|secret| secret.len() > 4) {
            // A client id is no secret, wherever it stands.
            assert!(secret == keys.client_id || !text.contains(&secret), "{text}");
        }
    }
}

impl Said {
    /// The findings of a check as `outcome: detail`.
    fn of(&self, check: &str) -> Vec<String> {
        let findings = self.report["findings"].as_array().expect("findings");
        let of = findings.iter().filter(|finding| finding["check"] == check);
        let text = |finding: &Value, member: &str| finding[member].as_str().unwrap_or_default().to_owned();
        of.map(|finding| format!("{}: {}", text(finding, "outcome"), text(finding, "detail"))).collect()
    }

    fn faults(&self) -> Vec<&str> {
        let findings = self.report["findings"].as_array().expect("findings").iter();
        findings.filter(|finding| finding["outcome"] != "ok").filter_map(|finding| finding["check"].as_str()).collect()
    }
}

fn unique() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    static LAST: AtomicUsize = AtomicUsize::new(0);
    LAST.fetch_add(1, SeqCst)
}

/// A port where nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A fault, how it is staged, and what the program must say: outcome and words of the check.
struct Case {
    name: &'static str,
    stage: fn(&mut World),
    check: &'static str,
    says: &'static str,
}

const fn case(name: &'static str, stage: fn(&mut World), check: &'static str, says: &'static str) -> Case {
    Case { name, stage, check, says }
}

const GUID: &str = "11111111-2222-4333-8444-555555555555";
const HEX: &str = "0123456789abcdef0123456789abcdef";

#[rustfmt::skip]
const VARIABLES: &[Case] = &[
    case("nothing is set", |world| world.variables.clear(), "variables",
        "fault: VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET, VIPPS_SUBSCRIPTION_KEY, VIPPS_SYSTEM_NAME and VIPPS_SYSTEM_VERSION are not set"),
    case("two are missing", |world| { world.unset("VIPPS_CLIENT_ID"); world.unset("VIPPS_SYSTEM_NAME"); }, "variables",
        "fault: VIPPS_CLIENT_ID and VIPPS_SYSTEM_NAME are not set"),
    case("one is empty", |world| world.set("VIPPS_SUBSCRIPTION_KEY", ""), "variables",
        "fault: VIPPS_SUBSCRIPTION_KEY is not set"),
    case("a line end in the secret", |world| world.set("VIPPS_CLIENT_SECRET", &format!("{}\n", world.value("VIPPS_CLIENT_SECRET"))), "variables",
        "fault: VIPPS_CLIENT_SECRET has white space or a line end around its value"),
    case("quotes around the key", |world| world.set("VIPPS_SUBSCRIPTION_KEY", &format!("\"{}\"", world.value("VIPPS_SUBSCRIPTION_KEY"))), "variables",
        "fault: VIPPS_SUBSCRIPTION_KEY has quotation marks around its value"),
    case("an MSN that is none", |world| world.set("VIPPS_MSN", "12"), "variables",
        "fault: VIPPS_MSN must be 4 to 10 digits"),
    case("a long system name", |world| world.set("VIPPS_SYSTEM_NAME", &"a".repeat(31)), "variables",
        "fault: VIPPS_SYSTEM_NAME must be at most 30 characters, and has 31"),
    case("a plugin without a version", |world| world.set("VIPPS_PLUGIN_NAME", "shop"), "variables",
        "fault: VIPPS_PLUGIN_VERSION is not set"),
    case("an environment that is none", |world| world.set("VIPPS_ENVIRONMENT", "prod"), "environment",
        "fault: VIPPS_ENVIRONMENT must be production, test or a base URL"),
    case("partner keys in test", |world| { world.set("VIPPS_ENVIRONMENT", "test"); world.args(&["--offline"]); }, "environment",
        "fault: partner keys work only in production"),
    case("id and secret are swapped", |world| {
        let id = world.value("VIPPS_CLIENT_ID");
        world.set("VIPPS_CLIENT_ID", &world.value("VIPPS_CLIENT_SECRET"));
        world.set("VIPPS_CLIENT_SECRET", &id);
    }, "keys", "fault: VIPPS_CLIENT_ID and VIPPS_CLIENT_SECRET look swapped"),
    case("secret and subscription key are swapped", |world| {
        let secret = world.value("VIPPS_CLIENT_SECRET");
        world.set("VIPPS_CLIENT_SECRET", &world.value("VIPPS_SUBSCRIPTION_KEY"));
        world.set("VIPPS_SUBSCRIPTION_KEY", &secret);
    }, "keys", "fault: VIPPS_CLIENT_SECRET and VIPPS_SUBSCRIPTION_KEY look swapped"),
    case("a subscription key in the place of the secret", |world| world.set("VIPPS_CLIENT_SECRET", HEX), "keys",
        "fault: VIPPS_CLIENT_SECRET has the form of a subscription key"),
    case("a client id in the place of the subscription key", |world| world.set("VIPPS_SUBSCRIPTION_KEY", GUID), "keys",
        "fault: VIPPS_SUBSCRIPTION_KEY has the form of a client id"),
    case("one value in two places", |world| world.set("VIPPS_SUBSCRIPTION_KEY", &world.value("VIPPS_CLIENT_SECRET")), "keys",
        "fault: VIPPS_CLIENT_SECRET and VIPPS_SUBSCRIPTION_KEY hold the same value"),
    case("a client id that is none", |world| world.set("VIPPS_CLIENT_ID", "acme"), "keys",
        "fault: VIPPS_CLIENT_ID has not the form of a client id"),
];

#[rustfmt::skip]
const NETWORK: &[Case] = &[
    case("no such name", |world| world.set("VIPPS_ENVIRONMENT", "https://api.shop.invalid"), "name",
        "fault: the name of api.shop.invalid is not found"),
    case("nobody listens", |world| world.set("VIPPS_ENVIRONMENT", &format!("http://127.0.0.1:{}", closed_port())), "connection",
        "fault: no connection to 127.0.0.1:"),
    case("an authority that nobody knows", |world| world.behind(&Authority::new("Corp Inspection CA").good(), Some(&Authority::new("Another"))), "certificate",
        "fault: cannot reach localhost:"),
    case("a certificate of yesteryear", |world| { let authority = Authority::new("Corp"); world.behind(&authority.expired(), Some(&authority)); }, "certificate",
        "the certificate has expired"),
    case("a certificate for another host", |world| { let authority = Authority::new("Corp"); world.behind(&authority.for_names(&["shop.example"]), Some(&authority)); }, "certificate",
        "the certificate is for another host name"),
    case("SSL_CERT_FILE leads nowhere", |world| { world.behind(&Authority::new("Corp").good(), None); world.set("SSL_CERT_FILE", "/no/such/file.pem"); }, "certificate",
        "fault: what SSL_CERT_FILE names cannot be read"),
    case("no TLS where it should be", |world| {
        let server = Server::raw(|mut stream, _| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        world.set("VIPPS_ENVIRONMENT", &server.https());
        world.keep(server);
    }, "connection",
        "tls handshake"),
    case("a proxy that wants a login", |world| world.through(proxies::refusing("407 Proxy Authentication Required")), "proxy",
        "the proxy wants a login"),
    case("a proxy that lets nobody through", |world| world.through(proxies::refusing("403 Forbidden")), "proxy",
        "the proxy refused to connect"),
    case("a proxy that is not there", |world| { world.set("VIPPS_ENVIRONMENT", "https://api.shop.example"); world.set("HTTPS_PROXY", &format!("http://user:hidden@127.0.0.1:{}", closed_port())); }, "connection",
        "fault: no connection to the proxy 127.0.0.1:"),
    case("a proxy that is none", |world| { world.set("VIPPS_ENVIRONMENT", "https://api.shop.example"); world.set("https_proxy", "ftp://hidden"); }, "proxy",
        "fault: https_proxy asks for a kind of proxy other than http, https and socks5"),
    case("the clock is a day behind", |world| answering(world, "Fri, 01 Jan 2100 00:00:00 GMT"), "clock",
        "s behind that of Vipps: ID tokens are refused"),
    case("the clock is far ahead", |world| answering(world, "Thu, 01 Jan 2015 00:00:00 GMT"), "clock",
        "s ahead of that of Vipps: ID tokens are refused"),
    case("a page in the place of Vipps", |world| world.vipps.script("/access-management-1.0/access/.well-known/openid-configuration",
        vec![ScriptedReply::new(200, [("content-type", "text/html")], "<html>Log in to the hotel's network</html>").expect("a reply"); 20]), "discovery",
        "fault: "),
];

fn answering(world: &mut World, date: &'static str) {
    let server = Server::plain(move |_| Reply::with_headers(404, &[("date", date)], ""));
    world.set("VIPPS_ENVIRONMENT", &server.http());
    world.keep(server);
}

#[rustfmt::skip]
const VIPPS: &[Case] = &[
    case("a wrong secret", |world| world.set("VIPPS_CLIENT_SECRET", "Y8Kteew6GE2ZmeycEt6egg=="), "token",
        "fault: Vipps refused the keys"),
    case("an unknown client", |world| world.set("VIPPS_CLIENT_ID", GUID), "token",
        "fault: Vipps does not know this client_id"),
    case("a wrong subscription key", |world| world.set("VIPPS_SUBSCRIPTION_KEY", HEX), "token",
        "fault: Vipps refused the subscription key"),
    case("the other key of the pair is dead", |world| {
        world.set("VIPPS_SECOND_SUBSCRIPTION_KEY", &world.vipps.partner_keys().second_subscription_key);
        world.vipps.reject_subscription_key(SubscriptionKey::Secondary);
    }, "second_subscription_key", "fault: Vipps refused the subscription key"),
    case("keys of the other environment", |world| world.vipps.wrong_environment(true), "token",
        "fault: Vipps does not know this client_id"),
    case("the token endpoint is out of order", |world| world.vipps.fail_next(Endpoint::StandardToken, 9, Failure::status(503, ErrorShape::Apim)), "token",
        "(status 503)"),
    case("too many requests", |world| world.vipps.fail_next(Endpoint::StandardToken, 9, Failure::status(429, ErrorShape::Apim)), "token",
        "(status 429)"),
    case("the firewall in front", |world| world.vipps.fail_next(Endpoint::StandardToken, 9, Failure::firewall()), "token",
        "(status 403)"),
    case("tokens that live a minute", |world| world.vipps.token_lifetime(TokenKind::Standard, Duration::from_secs(60)), "token",
        "warning: Vipps gave a token that lives only 1 min"),
    case("no keys for ID tokens", |world| world.vipps.jwks_outage(true), "key_set",
        "fault: "),
    case("no discovery", |world| world.vipps.take_down(Endpoint::Discovery, true), "discovery",
        "fault: "),
    case("a merchant that is not connected", |world| world.vipps.disconnect_merchant(&MSN.parse().expect("an msn")), "sales_unit",
        "fault: 123456: the sales unit is not connected to these keys"),
    case("a merchant that nobody knows", |world| world.args(&["--msn", "654321"]), "sales_unit",
        "fault: 654321: the sales unit is not connected to these keys"),
    case("no merchant at all", |world| { world.vipps.disconnect_merchant(&MSN.parse().expect("an msn")); world.args(&[]); }, "sales_units",
        "warning: no sales unit is connected to these keys"),
];

#[rustfmt::skip]
const SETTINGS: &[Case] = &[
    case("a redirect_uri without TLS", |world| world.args(&["--redirect-uri", "http://shop.example/callback"]), "redirect_uri",
        "must be https"),
    case("a redirect_uri with a fragment", |world| world.args(&["--redirect-uri", "https://shop.example/callback#x"]), "redirect_uri",
        "must not hold a fragment"),
    case("a redirect_uri without a path", |world| world.args(&["--redirect-uri", "https://shop.example"]), "redirect_uri",
        "warning: redirect_uri has no path"),
    case("a redirect_uri in capitals", |world| world.args(&["--redirect-uri", "https://Shop.example/callback"]), "redirect_uri",
        "warning: redirect_uri is not in its normal form"),
    case("a long redirect_uri", |world| world.args(&["--redirect-uri", &format!("https://shop.example/{}", "a".repeat(600))]), "redirect_uri",
        "warning: redirect_uri is very long"),
    case("a Redis URL that is none", |world| world.set("VIPPS_REDIS_URL", "http://:hidden@cache.example"), "redis",
        "fault: VIPPS_REDIS_URL can't be used"),
    case("no Redis", |world| world.set("VIPPS_REDIS_URL", &format!("redis://:hidden@127.0.0.1:{}", closed_port())), "redis",
        "fault: redis is out of reach"),
    case("a Redis that wants a password", |world| redis(world, |_| Answer::Line("-NOAUTH Authentication required.".to_owned())), "redis",
        "fault: redis"),
    case("a Redis user without rights", |world| redis(world, |_| Answer::Line("-NOPERM this user has no permissions to run the 'set' command".to_owned())), "redis",
        "fault: redis forbids this user"),
    case("a Redis that is full", |world| redis(world, |_| Answer::Line("-OOM command not allowed when used memory > 'maxmemory'.".to_owned())), "redis",
        "fault: redis is full"),
];

fn redis(world: &mut World, answer: fn(&redisserver::Command) -> Answer) {
    let server = RedisServer::new(answer);
    world.set("VIPPS_REDIS_URL", &format!("redis://{}", server.address()));
    world.keep(server);
}

fn play(cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        let mut world = World::new();
        (case.stage)(&mut world);
        let said = world.run();
        let found = said.of(case.check);
        if !found.iter().any(|found| found.contains(case.says)) {
            wrong.push(format!("{}: {} not among {found:?}\n{}", case.name, case.says, said.text));
        }
        let code = i32::from(!case.says.starts_with("warning"));
        if said.exit_code != Some(code) {
            wrong.push(format!("{}: ended with {:?}", case.name, said.exit_code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn faults_of_variables_are_named() {
    play(VARIABLES);
}

#[test]
fn faults_on_the_way_are_named() {
    play(NETWORK);
}

#[test]
fn refusals_of_vipps_are_named() {
    play(VIPPS);
}

#[test]
fn faults_of_login_and_redis_are_named() {
    play(SETTINGS);
}

#[test]
fn where_nothing_is_wrong_nothing_is_said_to_be() {
    let mut world = World::new();
    world.set("VIPPS_SECOND_SUBSCRIPTION_KEY", &world.vipps.partner_keys().second_subscription_key);
    world.arguments.extend(["--redirect-uri", "https://shop.example/callback/", "--strict"].map(str::to_owned));
    let said = world.run();
    assert_eq!((said.faults(), said.exit_code), (vec![], Some(0)), "{}", said.text);
    assert_eq!(said.report["outcome"], "ok");
    assert!(said.text.ends_with("0 faults, 0 warnings\n"), "{}", said.text);
    let checks = ["version", "environment", "headers", "redirect_uri", "proxy", "connection", "clock"];
    for check in
        checks.into_iter().chain(["discovery", "key_set", "token", "second_subscription_key", "sales_unit", "login"])
    {
        assert_eq!(said.of(check).len(), 1, "{check}: {}", said.text);
    }
}

#[test]
fn sales_unit_keys_and_specialized_keys_are_examined_too() {
    let mut world = World::of(Mode::Production);
    let keys = world.vipps.sales_unit_keys(&MSN.parse().expect("an msn")).expect("a sales unit");
    world.set("VIPPS_CLIENT_ID", &keys.client_id);
    world.set("VIPPS_CLIENT_SECRET", &keys.client_secret);
    world.set("VIPPS_SUBSCRIPTION_KEY", &keys.subscription_key);
    world.set("VIPPS_MSN", MSN);
    world.args(&[]);
    let said = world.run();
    assert_eq!((said.faults(), said.exit_code), (vec![], Some(0)), "{}", said.text);
    assert_eq!(said.report["keys"], "sales unit");
    let keys = world.vipps.specialized_keys();
    world.set("VIPPS_CLIENT_ID", &keys.client_id);
    world.set("VIPPS_CLIENT_SECRET", &keys.client_secret);
    world.unset("VIPPS_SUBSCRIPTION_KEY");
    world.args(&["--specialized"]);
    let said = world.run();
    assert_eq!((said.faults(), said.exit_code), (vec![], Some(0)), "{}", said.text);
}

#[test]
fn all_that_is_wrong_is_told_in_one_run() {
    let mut world = World::new();
    world.unset("VIPPS_SYSTEM_NAME");
    world.set("VIPPS_CLIENT_SECRET", &format!("{} ", world.value("VIPPS_CLIENT_SECRET")));
    world.set("VIPPS_REDIS_URL", &format!("redis://127.0.0.1:{}", closed_port()));
    world.vipps.jwks_outage(true);
    world.args(&["--redirect-uri", "http://shop.example"]);
    let said = world.run();
    assert_eq!(said.faults(), ["variables", "variables", "redirect_uri", "key_set", "redis"], "{}", said.text);
}

#[test]
fn nothing_is_changed_at_vipps() {
    let world = World::new();
    world.run();
    let changes: Vec<_> = world
        .vipps
        .requests()
        .iter()
        .filter(|request| request.method == "POST")
        .map(|request| request.path.clone())
        .collect();
    let may_be = ["/accesstoken/get", "/access-management-1.0/access/oauth2/token"];
    assert!(changes.iter().all(|path| may_be.contains(&path.as_str())), "{changes:?}");
}

#[test]
fn which_authority_answered_is_told_and_which_variable_sent_it_there() {
    let mut world = World::new();
    let authority = Authority::new("Corp Inspection CA");
    let server = Server::tls(authority.for_names(&["api.shop.example"]).server(), |_| Reply::json(404, "{}"));
    let proxy = proxies::tunnel(server.address());
    let file = Scratch::file("corp.pem", authority.pem());
    world.set("SSL_CERT_FILE", file.path());
    world.keep(server);
    world.through(proxy);
    let said = world.run();
    let certificate = said.of("certificate").concat();
    assert!(certificate.contains("issued by Corp Inspection CA"), "{}", said.text);
    assert!(certificate.contains("the authorities of SSL_CERT_FILE"), "{certificate}");
    assert!(said.of("proxy").concat().contains("(HTTPS_PROXY)"), "{}", said.text);
}

#[test]
fn a_redis_that_works_is_told_with_what_it_says_of_itself() {
    let mut world = World::new();
    redis(&mut world, |command| match command[0].as_str() {
        "SET" => Answer::Line("+OK".to_owned()),
        "TIME" => Answer::Line("*2\r\n$10\r\n1000000000\r\n$1\r\n0".to_owned()),
        "INFO" => Answer::Text("# Memory\r\nmaxmemory:1000000\r\nmaxmemory_policy:allkeys-lru\r\n".to_owned()),
        "EVAL" => Answer::Line(":1".to_owned()),
        "PTTL" => Answer::Line(":-2".to_owned()),
        _ => Answer::Text(String::new()),
    });
    let said = world.run();
    assert!(said.of("redis").concat().contains("did not give back"), "{}", said.text);
}

#[test]
fn wrong_arguments_are_refused_and_help_is_given() {
    let mut world = World::new();
    for (arguments, code, says) in [
        (&["--colour"][..], 2, "--colour"),
        (&["--msn"][..], 2, "--msn"),
        (&["--msn", "12"][..], 2, "4 to 10 digits"),
        (&["hidden"][..], 2, "makes no sense"),
        (&["--help"][..], 0, "--redirect-uri URI"),
        (&["--version"][..], 0, "vipps-doctor 0."),
    ] {
        world.args(arguments);
        let (exit_code, text) = world.output(&[]);
        assert_eq!(exit_code, Some(code), "{arguments:?}: {text}");
        assert!(text.contains(says) && !text.contains("hidden"), "{text}");
    }
}

#[test]
fn a_strict_run_ends_with_a_code_of_its_own_for_warnings() {
    let mut world = World::new();
    world.args(&["--strict", "--redirect-uri", "https://shop.example"]);
    assert_eq!(world.run().exit_code, Some(3));
}
