//! What is asked of Redis, and what is said of its answers. Servers here are real sockets with a script; real servers are
//! tried by `tests/fleet`.
#![cfg(feature = "redis")]

mod redisserver;
mod support;
mod tlsserver;

use std::{
    collections::HashSet,
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};

use redisserver::{Answer, Command, RedisServer};
use rustls::{ServerConfig, crypto::CryptoProvider, server::WebPkiClientVerifier};
use support::{DAY, START, cache_key, partner_keys, specialized_keys};
use tlsserver::{
    Server,
    certificates::{Authority, Leaf},
    until_closed,
};
use vipps_partner_auth::{CacheKey, CachedToken, Config, Lock, RedisCache, TokenCache};

const LOCK_LIFE: Duration = Duration::from_secs(5);
/// Stands in every answer that a server makes up, and nowhere else.
const ECHO: &str = "hunter2";

async fn key() -> CacheKey {
    cache_key(partner_keys(), |config| config).await
}

fn cache(url: &str) -> RedisCache {
    RedisCache::new(url).expect("a good url")
}

fn trusting(url: &str, authority: &Authority) -> RedisCache {
    RedisCache::with_ca_pem(url, authority.pem().as_bytes()).expect("a good url")
}

fn entry() -> CachedToken {
    CachedToken::new("token-1", Duration::from_secs(START) + DAY, DAY)
}

fn line(text: impl Into<String>) -> Answer {
    Answer::Line(text.into())
}

/// An empty Redis in which every lock is free.
fn empty(command: &Command) -> Answer {
    match &*command[0] {
        "PTTL" => line(":-2"),
        "GETRANGE" => Answer::Text(String::new()),
        "EVAL" | "DEL" => line(":1"),
        _ => line("+OK"),
    }
}

/// Why nothing could be read.
async fn reason(cache: &RedisCache) -> String {
    cache.load(&key().await).await.expect_err("no answer of use").to_string()
}

/// What is said when every command is answered like this.
async fn said(answer: &str) -> String {
    let answer = answer.to_owned();
    let server = RedisServer::new(move |_| line(answer.clone()));
    reason(&cache(&format!("redis://{}", server.address()))).await
}

#[tokio::test]
async fn each_refusal_has_words_of_its_own_and_none_of_the_servers() {
    let cases = [
        ("WRONGPASS invalid username-password pair hunter2", "redis refused user or password"),
        ("NOAUTH Authentication required. hunter2", "redis asks for a password, and the URL has none"),
        ("READONLY You can't write against a read only replica. hunter2", "redis is read-only here"),
        ("OOM command not allowed when used memory > 'maxmemory'. hunter2", "redis is full"),
        (
            "MISCONF Redis is configured to save RDB snapshots hunter2",
            "redis takes no writes: it can't save them to its disk",
        ),
        ("NOREPLICAS Not enough good replicas to write. hunter2", "redis takes no writes: too few replicas are there"),
        ("LOADING Redis is loading the dataset in memory hunter2", "redis is loading its data"),
        ("MASTERDOWN Link with MASTER is down hunter2", "this replica has lost its master"),
        ("CLUSTERDOWN The cluster is down hunter2", "the cluster is down or incomplete"),
        ("TRYAGAIN Multiple keys request during rehashing of slot hunter2", "the cluster is moving this key"),
        ("BUSY Redis is busy running a script. hunter2", "redis is busy with somebody's script"),
        ("WRONGTYPE Operation against a key hunter2", "redis holds something else under this key"),
        (
            "DENIED Redis is running in protected mode hunter2",
            "redis is in protected mode: it takes connections of its own machine alone",
        ),
        ("MOVED 866 10.0.0.1:6379", "this redis is a node of a cluster: the URL must begin with redis+cluster://"),
        ("ERR DB index is out of range hunter2", "redis has no database of this number"),
        ("ERR max number of clients reached hunter2", "redis takes no more connections"),
        (
            "ERR AUTH <password> called without any password configured for the default user. hunter2",
            "the URL has a password, and redis has none set",
        ),
        ("ERR wrong number of arguments for 'auth' command hunter2", "this redis knows no users: it is older than 6.0"),
        (
            "NOPERM this user has no permissions to access one of the keys used as arguments hunter2",
            "redis forbids this user these keys: its ACL lacks ~vipps-partner-auth:*",
        ),
        (
            "ERR unknown command 'GETRANGE', with args beginning with: 'hunter2'",
            "what answers there has no command GETRANGE: a Sentinel wants redis+sentinel:// in the URL",
        ),
        ("ERR hunter2", "redis gave an error"),
        ("HUNTER2 hunter2", "redis gave an error"),
    ];
    let mut all = HashSet::new();
    for (answer, words) in cases {
        assert_eq!(said(&format!("-{answer}")).await, words, "{answer}");
        assert!(!words.contains(ECHO));
        all.insert(words);
    }
    assert_eq!(all.len(), cases.len() - 1, "two refusals share their words");
    assert_eq!(said("-ASK 866 10.0.0.1:6379").await, said("-MOVED 866 10.0.0.1:6379").await);
    assert_eq!(said("*0").await, "redis gave an answer of another kind");
}

#[tokio::test]
async fn a_command_that_is_forbidden_or_not_there_is_named() {
    for (forbidden, missing) in [
        ("NOPERM this user has no permissions to run the '{}' command", "ERR unknown command '{}', with args: 'SET'"),
        ("NOPERM User app has no permissions to run the '{}|a' command", "ERR unknown command `{}`, with args: `SET`"),
        ("NOPERM this user has no permissions to run the '{}' command", "ERR unsupported command '{}'"),
    ] {
        for name in ["getrange", "pttl", "set", "del", "eval", "auth", "select", "ping", "role", "asking", "sentinel"] {
            let words = said(&format!("-{}", forbidden.replace("{}", name))).await;
            let upper = name.to_uppercase();
            assert_eq!(words, format!("redis forbids this user the command {upper}: its ACL lacks that right"));
            let words = said(&format!("-{}", missing.replace("{}", &upper))).await;
            assert!(words.contains(&upper) || (name == "sentinel" && words.contains("no Sentinel")), "{words}");
        }
    }
    assert_eq!(said("-NOPERM no").await, "redis forbids this user a command or key");
    assert_eq!(said("-ERR unknown command 'HUNTER2'").await, "this redis has no command of one kind that is needed");
}

#[tokio::test]
async fn of_an_entry_no_more_is_read_than_one_can_be_long() {
    let server = RedisServer::new(|command| match &*command[0] {
        "PTTL" => line(":1000"),
        _ => Answer::Text("x".repeat(16 * 1024 + 1)),
    });
    let cache = cache(&format!("redis://{}", server.address()));
    assert_eq!(reason(&cache).await, "the entry is of another kind: it is too long");
    let asked = server.asked();
    let reads: Vec<_> = asked.iter().filter(|command| command[0] != "PTTL").collect();
    assert!(matches!(&*reads, [read] if read[0] == "GETRANGE" && read[2..] == ["0", "16384"]), "{asked:?}");
    cache.lock(&key().await, "holder", LOCK_LIFE).await.expect("an answer");
    let asked = server.asked();
    assert!(asked.iter().any(|command| command[0] == "GETRANGE" && command[2..] == ["0", "255"]), "{asked:?}");

    let token = CachedToken::new("x".repeat(20_000), Duration::from_secs(START) + DAY, DAY);
    let error = cache.store(&key().await, token, DAY).await.expect_err("too long");
    assert_eq!(error.to_string(), "the token is too long to be shared");
}

#[tokio::test]
async fn a_lock_whose_reply_was_lost_is_its_own() {
    let held = Arc::<Mutex<Option<String>>>::default();
    let server = RedisServer::new(move |command| {
        let mut held = held.lock().expect("no panic");
        match (&*command[0], held.clone()) {
            ("SET", None) => {
                *held = Some(command[2].clone());
                Answer::HangUp
            }
            ("SET", Some(_)) => line("$-1"),
            ("GETRANGE", held) => Answer::Text(held.unwrap_or_default()),
            ("PTTL", Some(_)) => line(":4900"),
            _ => empty(command),
        }
    });
    let cache = cache(&format!("redis://{}", server.address()));
    assert_eq!(cache.load(&key().await).await, Ok(None), "a connection is at hand");
    assert_eq!(cache.lock(&key().await, "this process", LOCK_LIFE).await, Ok(Lock::Ours));
    assert_eq!(cache.lock(&key().await, "another", LOCK_LIFE).await, Ok(Lock::Theirs));
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_lock_that_never_ends_keeps_nobody_waiting() {
    let server = RedisServer::new(|command| match &*command[0] {
        "SET" => line("$-1"),
        "GETRANGE" => Answer::Text("planted".to_owned()),
        _ => line(":-1"),
    });
    let locked = cache(&format!("redis://{}", server.address())).lock(&key().await, "holder", LOCK_LIFE).await;
    assert!(locked.expect_err("no lock of ours").to_string().contains("has no end"));
}

#[tokio::test]
async fn without_eval_its_work_is_done_in_two_steps_and_told() {
    for (refusal, words) in [
        (
            "-ERR unknown command 'EVAL', with args beginning with: 'hunter2'",
            "this redis has no command EVAL: it was renamed or switched off",
        ),
        (
            "-NOPERM User app has no permissions to run the 'eval' command",
            "redis forbids this user the command EVAL: its ACL lacks that right",
        ),
        ("-NOSCRIPT hunter2", "this redis runs no scripts"),
        (
            "-ERR The user executing the script can't run this command or subcommand script: f, on @user_script:1.",
            "redis forbids this user a command that it needs within EVAL",
        ),
    ] {
        let server = RedisServer::new(move |command| match &*command[0] {
            "EVAL" => line(refusal),
            "GETRANGE" => Answer::Text("holder".to_owned()),
            _ => empty(command),
        });
        let cache = cache(&format!("redis://{}", server.address()));
        let key = key().await;
        let last = |server: &RedisServer| server.asked().pop().expect("a command");

        assert_eq!(cache.unlock(&key, "holder").await.expect_err("told").to_string(), words);
        assert_eq!(last(&server)[0], "DEL");
        cache.unlock(&key, "another").await.expect_err("told");
        assert_eq!(last(&server)[0], "GETRANGE", "not ours");

        assert_eq!(cache.hold_off(&key, "holder", LOCK_LIFE).await.expect_err("told").to_string(), words);
        let command = last(&server);
        assert_eq!((&*command[0], &command[3..]), ("SET", &["PX".to_owned(), "5000".to_owned()][..]));
        cache.hold_off(&key, "another", LOCK_LIFE).await.expect_err("told");
        assert_eq!(last(&server)[0], "GETRANGE", "not ours");
        assert_eq!(server.connections(), 1, "what was refused is no outage");
    }
}

#[tokio::test]
async fn a_cluster_is_followed_to_where_it_keeps_a_key_and_remembered() {
    let holder = RedisServer::new(empty);
    let moved = format!("-MOVED 866 {}", holder.address());
    let seed = RedisServer::new(move |command| if command[0] == "PING" { line("+PONG") } else { line(moved.clone()) });
    let cache = cache(&format!("redis+cluster://{}", seed.address()));
    let key = key().await;
    for _ in 0..3 {
        assert_eq!(cache.load(&key).await, Ok(None));
    }
    assert_eq!((seed.connections(), holder.connections()), (1, 1));
    assert_eq!(cache.lock(&key, "holder", LOCK_LIFE).await, Ok(Lock::Ours), "another key, another way");
    assert_eq!((seed.connections(), holder.connections()), (2, 2));
}

#[tokio::test]
async fn a_key_that_is_just_being_moved_is_asked_for_as_the_cluster_wants() {
    let target = RedisServer::new(empty);
    let ask = format!("-ASK 866 {}", target.address());
    let seed = RedisServer::new(move |command| if command[0] == "PING" { line("+PONG") } else { line(ask.clone()) });
    let cache = cache(&format!("redis+cluster://{}", seed.address()));
    let key = key().await;
    for round in 1..3 {
        assert_eq!(cache.load(&key).await, Ok(None));
        let asked: Vec<_> = target.asked().into_iter().map(|mut command| command.remove(0)).collect();
        assert_eq!(asked, ["ASKING", "PTTL", "ASKING", "GETRANGE"]);
        assert_eq!(seed.connections(), round, "the key may be back");
    }
}

#[tokio::test]
async fn a_cluster_that_sends_round_in_circles_or_nowhere_is_given_up() {
    for address in [None, Some("?:6379"), Some("nowhere"), Some("")] {
        let own = Arc::<Mutex<String>>::default();
        let seed = RedisServer::new({
            let own = own.clone();
            move |command| match (&*command[0], address) {
                ("PING", _) => line("+PONG"),
                (_, Some(address)) => line(format!("-MOVED 866 {address}")),
                (_, None) => line(format!("-MOVED 866 {}", own.lock().expect("no panic"))),
            }
        });
        *own.lock().expect("no panic") = seed.address();
        let cache = cache(&format!("redis+cluster://{}", seed.address()));
        assert_eq!(reason(&cache).await, "the cluster is moving this key", "{address:?}");
        assert!(seed.connections() < 8, "{}", seed.connections());
    }
}

#[tokio::test]
async fn a_cluster_is_found_through_any_node_that_is_alive() {
    let stuck = TcpListener::bind("127.0.0.1:0").expect("a port");
    let dead = TcpListener::bind("127.0.0.1:0");
    let dead_address = dead.and_then(|listener| listener.local_addr()).expect("a port");
    let alive = RedisServer::new(empty);
    let nodes = format!("{},{dead_address},{}", stuck.local_addr().expect("a port"), alive.address());
    assert_eq!(cache(&format!("redis+cluster://{nodes}")).load(&key().await).await, Ok(None));
    let refusing = RedisServer::new(|_| line("-WRONGPASS no"));
    let nodes = format!("{dead_address},{},{dead_address}", refusing.address());
    assert_eq!(reason(&cache(&format!("redis+cluster://:hunter2@{nodes}"))).await, "redis refused user or password");
}

#[tokio::test]
async fn sentinels_name_the_master_and_are_not_taken_for_it() {
    let role = |role: &'static str| {
        move |command: &Command| match &*command[0] {
            "ROLE" => line(format!("*1\r\n${}\r\n{role}", role.len())),
            _ => empty(command),
        }
    };
    let master = RedisServer::new(role("master"));
    let replica = RedisServer::new(role("slave"));
    let naming = |port: Option<u16>| {
        RedisServer::new(move |command| match (&*command[0], port) {
            ("SENTINEL", Some(port)) => {
                let port = port.to_string();
                line(format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{port}", port.len()))
            }
            ("SENTINEL", None) => line("*-1"),
            _ => line("+OK"),
        })
    };
    let through = |sentinel: &RedisServer| cache(&format!("redis+sentinel://:hunter2@{}/m", sentinel.address()));
    let good = naming(Some(master.port()));
    let late = naming(Some(replica.port()));
    let blind = naming(None);
    assert_eq!(through(&good).load(&key().await).await, Ok(None));
    assert_eq!(good.asked(), [["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "m"]], "the password is not the Sentinel's");
    assert_eq!(master.asked()[0], ["AUTH", ECHO]);
    assert_eq!(reason(&through(&late)).await, "the server that the Sentinels name is not the master");
    assert_eq!(reason(&through(&blind)).await, "no Sentinel knows the master");
    let server = RedisServer::new(|command| line(format!("-ERR unknown command '{}'", command[0])));
    assert_eq!(
        reason(&through(&server)).await,
        "what answers there is no Sentinel: a server wants redis:// in the URL"
    );
}

#[tokio::test]
async fn what_is_said_first_is_what_the_url_says() {
    let server = RedisServer::new(empty);
    for (login, path, first) in [
        ("", "", &["PTTL"][..]),
        (":word@", "", &["AUTH", "word"]),
        ("app:word@", "/3", &["AUTH", "app", "word"]),
        ("", "/3", &["SELECT", "3"]),
    ] {
        let cache = cache(&format!("redis://{login}{}{path}", server.address()));
        assert_eq!(cache.load(&key().await).await, Ok(None));
        let asked = server.asked();
        assert!(asked[0].starts_with(&first.iter().map(|&word| word.to_owned()).collect::<Vec<_>>()), "{asked:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_says_nothing() {
    let gone = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let silent = RedisServer::new(|_| Answer::Silence);
    let closing = RedisServer::new(|_| Answer::HangUp);
    let web = Server::raw(|mut stream, _| {
        std::io::Read::read(&mut stream, &mut [0])?;
        std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
        until_closed(&mut stream)
    });
    for (url, words) in [
        (format!("redis://{gone}"), "redis is out of reach"),
        ("redis://no-such-host.invalid".to_owned(), "redis is out of reach: its host name is not known here"),
        ("redis+unix:///no/such/redis.sock".to_owned(), NO_SOCKET),
        (format!("redis://{}", silent.address()), "no answer in time"),
        (
            format!("redis://{}", closing.address()),
            "redis closed the connection: a port that speaks TLS wants rediss:// in the URL",
        ),
        (
            format!("redis://{}", web.address()),
            "what answers there does not speak as redis does: it may want rediss:// in the URL",
        ),
    ] {
        assert_eq!(reason(&cache(&url)).await, words, "{url}");
    }
}

const NO_SOCKET: &str = if cfg!(unix) {
    "redis is out of reach: there is no such socket"
} else {
    "this machine has no sockets of that kind"
};

#[tokio::test]
async fn tls_is_checked_and_installs_no_provider_for_the_process() {
    let authority = Authority::new("company");
    let other = Authority::new("other");
    let good = RedisServer::tls(authority.good().server(), empty);
    let at = |host: &str, server: &RedisServer| format!("rediss://{host}:{}", server.port());
    for host in ["localhost", "127.0.0.1"] {
        assert_eq!(trusting(&at(host, &good), &authority).load(&key().await).await, Ok(None));
    }
    let refused = |leaf: Leaf| RedisServer::tls(leaf.server(), empty);
    for (server, words) in [
        (
            refused(Leaf::self_signed()),
            "the issuer of redis' certificate is not trusted: give its authority as redis_ca_pem",
        ),
        (refused(other.good()), "the issuer of redis' certificate is not trusted: give its authority as redis_ca_pem"),
        (
            refused(authority.for_names(&["cache.example"])),
            "redis' certificate is for another host name than the URL has",
        ),
        (refused(authority.expired()), "redis' certificate has expired"),
        (refused(authority.not_yet_valid()), "redis' certificate is not valid yet: check the clock of this machine"),
    ] {
        assert_eq!(reason(&trusting(&at("localhost", &server), &authority)).await, words);
        assert_eq!(server.asked(), [[""; 0]; 0], "{words}");
    }
    // The machine knows nothing of this authority; the verifier of Windows says so in other words.
    #[cfg(not(windows))]
    {
        let words = reason(&cache(&at("localhost", &good))).await;
        assert_eq!(words, "the issuer of redis' certificate is not trusted: give its authority as redis_ca_pem");
    }
    assert!(CryptoProvider::get_default().is_none(), "left to the application");
}

#[tokio::test]
async fn tls_and_plain_ports_mistaken_for_each_other() {
    let authority = Authority::new("company");
    let tls = RedisServer::tls(authority.good().server(), empty);
    let words = reason(&cache(&format!("redis://{}", tls.address()))).await;
    assert!(words.ends_with("rediss:// in the URL"), "{words}");
    let plain = Server::raw(|mut stream, _| {
        std::io::Read::read(&mut stream, &mut [0])?;
        std::io::Write::write_all(&mut stream, b"-ERR unknown command\r\n")?;
        until_closed(&mut stream)
    });
    let url = format!("rediss://localhost:{}", plain.address().port());
    let words = reason(&trusting(&url, &authority)).await;
    assert_eq!(words, "what answers there does not speak TLS: a port without it wants redis:// in the URL");
    let silent = Server::raw(|mut stream, _| until_closed(&mut stream));
    let url = format!("rediss://localhost:{}", silent.address().port());
    let words = reason(&trusting(&url, &authority)).await;
    assert_eq!(words, "no TLS handshake with redis in time: a port that speaks no TLS wants redis:// in the URL");
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_of_its_clients() {
    let authority = Authority::new("company");
    let mut roots = rustls::RootCertStore::empty();
    let pem = rustls_pki_types::pem::PemObject::from_pem_slice(authority.pem().as_bytes()).expect("pem");
    roots.add(pem).expect("an authority");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone()).build().expect("set up");
    let leaf = authority.good();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(leaf.server().cert_resolver.clone());
    let server = RedisServer::tls(Arc::new(config), empty);
    let words = reason(&trusting(&format!("rediss://localhost:{}", server.port()), &authority)).await;
    // Whether the reason or the end of the connection is seen first is up to the network.
    assert!(words.contains("a certificate of its clients"), "{words}");
}

#[tokio::test]
async fn keys_differ_in_what_is_sealed_and_where() {
    let one = key().await;
    let other = cache_key(specialized_keys(), |config| config).await;
    let sealed = one.seal(&entry()).expect("sealed");
    assert_eq!(one.open(&sealed), Ok(entry()));
    other.open(&sealed).expect_err("another credential");
}

#[test]
fn a_url_with_its_password_is_kept_as_a_secret() {
    let config = Config::default().redis_url("redis://:hunter2@cache");
    assert!(!format!("{config:?} {:?}", config.clone()).contains(ECHO));
}
