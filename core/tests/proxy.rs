//! Proxies, real ones on this machine: how they are asked, what is said where they don't let us through, and that they
//! see no key.

mod tlsserver;

use std::{error::Error as _, io, net::Ipv4Addr, sync::Arc, time::Duration};

use bytes::Bytes;
use tlsserver::{
    CLIENT_SECRET, Reply, SUBSCRIPTION_KEY, Server, TOKEN, Then,
    certificates::Authority,
    child::{self, Scratch},
    config_for, partner_keys, proxies, system, token_reply, until_closed,
};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use vipps_partner_auth::{
    Config, Environment, Error, ErrorKind, HttpSend, IdTokenVerifier, ManualClock, Partner, ReqwestClient, SendError,
};

const LIMIT: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(200);
/// A host that nobody has: it is reached through a proxy or not at all.
const VIPPS: &str = "https://vipps.example";
const PASSWORD: &str = "p@ss:w/rd%";

/// What stands behind the proxies, and the settings that trust it.
struct World {
    vipps: Server,
    authority: Authority,
}

impl World {
    fn new() -> Self {
        let authority = Authority::new("company");
        let vipps = Server::tls(authority.for_names(&["vipps.example"]).server(), |_| token_reply());
        Self { vipps, authority }
    }

    fn config(&self, proxy: &str) -> Config {
        config_for(VIPPS).ca_pem(self.authority.pem()).proxy(proxy)
    }
}

async fn token(config: Config) -> Result<String, Error> {
    let config = config.clock(Arc::new(ManualClock::running_through_sleeps(1_767_225_600)));
    let partner = Partner::new(partner_keys(), system(), config)?;
    Ok(partner.access_token().await?.secret().to_owned())
}

async fn sent(config: &Config, limit: Duration) -> Result<(), SendError> {
    let request = http::Request::post(format!("{VIPPS}/accesstoken/get?q=1")).header("client_secret", CLIENT_SECRET);
    let request = request.body(Bytes::new()).expect("a good request");
    ReqwestClient::new(config).expect("a good config").send(request, limit).await.map(drop)
}

/// What is told of this proxy, less the way that it begins with.
async fn refusal(proxy: &str, limit: Duration) -> (String, Error) {
    let alone = sent(&config_for(VIPPS).proxy(proxy), limit).await.expect_err(proxy);
    assert!(!alone.may_have_been_sent(), "{alone}");
    let error = token(config_for(VIPPS).proxy(proxy).request_timeout(limit)).await.expect_err(proxy);
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    let host = proxy.rsplit_once('@').or_else(|| proxy.split_once("://")).map_or(proxy, |(_, host)| host);
    let way = format!("cannot reach vipps.example:443 through the proxy {host} (the setting proxy): ");
    let detail = error.detail().strip_prefix(&way).unwrap_or_else(|| panic!("{error}"));
    assert_eq!(alone.to_string(), error.detail());
    (detail.to_owned(), error)
}

fn assert_no_secret(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in [CLIENT_SECRET, SUBSCRIPTION_KEY, "client_secret", TOKEN] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// An address of this machine where nobody listens, held so that nobody else gets it.
fn deserted() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    let address = socket.local_addr().expect("an address").to_string();
    (socket, address)
}

mod carries {
    use super::*;

    #[tokio::test]
    async fn what_is_asked_of_it_with_a_login_or_without() {
        let world = World::new();
        let table = [
            ("", None),
            ("kari@", Some("Basic a2FyaTo=")),
            ("kari:secret@", Some("Basic a2FyaTpzZWNyZXQ=")),
            (":secret@", Some("Basic OnNlY3JldA==")),
            // p@ss:w/rd%
            ("k%C3%A5re:p%40ss%3Aw%2Frd%25@", Some("Basic a8OlcmU6cEBzczp3L3JkJQ==")),
        ];
        for (login, expected) in table {
            let proxy = proxies::tunnel(world.vipps.address());
            for form in [format!("http://{login}{}", proxy.address()), format!("{login}{}/", proxy.address())] {
                assert_eq!(token(world.config(&form)).await.expect("trusted"), TOKEN);
            }
            let request = proxy.requests().remove(0);
            assert_eq!(request.line(), "CONNECT vipps.example:443 HTTP/1.1");
            assert_eq!(request.header("host").as_deref(), Some("vipps.example:443"));
            assert_eq!(request.header("proxy-authorization").as_deref(), expected);
            assert_no_secret(&proxy.bytes());
        }
        let asked = world.vipps.requests();
        assert!(asked.iter().all(|request| request.header("proxy-authorization").is_none()));
        assert_eq!(asked.len(), 10);
    }

    #[tokio::test]
    async fn a_connection_that_is_used_again() {
        let world = World::new();
        let proxy = proxies::tunnel(world.vipps.address());
        let client = ReqwestClient::new(&world.config(&proxy.http())).expect("a client");
        for _ in 0..3 {
            let request = http::Request::get(VIPPS).body(Bytes::new()).expect("a request");
            client.send(request, LIMIT).await.expect("a reply");
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!((proxy.connections(), world.vipps.requests().len()), (1, 3));
    }

    #[tokio::test]
    async fn socks_5_with_a_login_or_without_and_resolves_names_itself() {
        let world = World::new();
        let open = proxies::socks5(world.vipps.address(), None);
        let closed = proxies::socks5(world.vipps.address(), Some(("kari", PASSWORD)));
        let login = "kari:p%40ss%3Aw%2Frd%25@";
        let forms = [
            format!("socks5://{}", open.address()),
            format!("socks5h://{}", open.address()),
            format!("SOCKS5://{login}{}", closed.address()),
        ];
        for form in forms {
            assert_eq!(token(world.config(&form)).await.expect("trusted"), TOKEN);
        }
        for proxy in [open, closed] {
            assert!(proxy.bytes().starts_with(b"vipps.example:443"));
            assert_no_secret(&proxy.bytes());
        }
    }

    /// TLS to the proxy, and TLS through it.
    #[tokio::test]
    async fn over_tls_of_its_own() {
        let world = World::new();
        let tunnel = proxies::tunnel(world.vipps.address());
        let acceptor = TlsAcceptor::from(world.authority.good().server());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let behind = tunnel.address();
        tokio::spawn(async move {
            let (client, _) = listener.accept().await?;
            let mut client = acceptor.accept(client).await?;
            let mut behind = TcpStream::connect(behind).await?;
            tokio::io::copy_bidirectional(&mut client, &mut behind).await
        });
        let config = world.config(&format!("https://kari:secret@localhost:{port}"));
        assert_eq!(token(config).await.expect("trusted"), TOKEN);
        assert_eq!(tunnel.requests()[0].header("proxy-authorization").as_deref(), Some("Basic a2FyaTpzZWNyZXQ="));
    }

    #[tokio::test]
    async fn nothing_that_stays_on_this_machine() {
        let plain = Server::plain(|_| token_reply());
        let (_held, deserted) = deserted();
        let config = config_for(&plain.http()).proxy(format!("http://{deserted}"));
        assert_eq!(token(config).await.expect("no proxy is asked"), TOKEN);
    }
}

mod refuses {
    use super::*;

    #[tokio::test]
    async fn without_a_login() {
        let proxy = proxies::refusing("407 Proxy Authentication Required");
        let (detail, error) = refusal(&proxy.http(), LIMIT).await;
        assert_eq!(detail, "the proxy wants a login");
        let hint = error.hint().expect("a hint");
        assert!(hint.starts_with("the proxy wants a login: write it"), "{hint}");
        let with_login = proxy.http().replace("http://", "http://kari:secret@");
        let (detail, error) = refusal(&with_login, LIMIT).await;
        assert_eq!(detail, "the proxy wants a login");
        let hint = error.hint().expect("a hint");
        assert!(hint.starts_with("the proxy wants a login: it did not take"), "{hint}");
        assert!(!format!("{error:?}").contains("secret"));
    }

    #[tokio::test]
    async fn with_a_status_of_its_own() {
        for line in ["403 Forbidden", "502 Bad Gateway", "302 Found\r\nlocation: http://x/"] {
            let proxy = proxies::refusing(line);
            let (detail, error) = refusal(&proxy.http(), LIMIT).await;
            assert_eq!(detail, "the proxy refused to connect");
            assert_eq!(error.hint(), Some("ask those who run the proxy whether it lets this host through"));
            assert_no_secret(&proxy.bytes());
        }
    }

    #[tokio::test]
    async fn in_no_language_that_is_understood() {
        let table = [
            ("SSH-2.0-OpenSSH_9.6\r\n", "the proxy refused to connect"),
            ("HTTP/1.1 200", "the proxy closed the connection"),
            ("", "the proxy closed the connection"),
        ];
        for (answer, expected) in table {
            let proxy = Server::plain(move |_| Reply::bytes(answer).then(Then::Close));
            let (detail, error) = refusal(&proxy.http(), LIMIT).await;
            assert_eq!(detail, expected, "{answer}");
            assert!(error.source().is_some());
        }
    }

    #[tokio::test]
    async fn by_being_away() {
        let (_held, address) = deserted();
        let (detail, _) = refusal(&format!("socks5://{address}"), LIMIT).await;
        assert_eq!(detail, "the proxy cannot be reached");
        for scheme in ["http", "https"] {
            let (detail, error) = refusal(&format!("{scheme}://{address}"), LIMIT).await;
            assert_eq!(detail, "the proxy cannot be reached: connection refused", "{scheme}");
            let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()).expect("a cause");
            assert_eq!(cause.kind(), io::ErrorKind::ConnectionRefused);
        }
        let name = format!("{}.example", "a".repeat(64));
        let (detail, _) = refusal(&format!("http://{name}:8080"), LIMIT).await;
        assert!(detail.starts_with("the proxy cannot be reached: name not found ("), "{detail}");
    }

    #[tokio::test]
    #[cfg_attr(windows, ignore = "the verifier of the system says in other words why, and that of wine hardly")]
    async fn with_a_certificate_that_nobody_trusts() {
        let proxy = Server::tls(Authority::new("stranger").good().server(), |_| token_reply());
        let (detail, _) = refusal(&proxy.https(), LIMIT).await;
        assert_eq!(detail, "the proxy cannot be reached: the certificate's issuer is not trusted");
    }

    /// Neither the proxy nor, through it, the server answers; the request was not sent, whichever limit ends first.
    #[tokio::test]
    async fn by_silence() {
        let silent = || Server::raw(|mut stream, _| until_closed(&mut stream));
        let proxy = silent();
        let vipps = silent();
        let through = proxies::tunnel(vipps.address());
        let socks = proxies::socks5(vipps.address(), None);
        let forms = [
            proxy.http(),
            format!("socks5://{}", proxy.address()),
            through.http(),
            format!("socks5://{}", socks.address()),
        ];
        for form in forms {
            let config = config_for(VIPPS).proxy(&form);
            for (config, limit) in [(config.clone(), SHORT), (config.connect_timeout(SHORT), LIMIT)] {
                let error = sent(&config, limit).await.expect_err("silence");
                assert!(!error.may_have_been_sent(), "{error}");
                assert!(error.to_string().ends_with(": the connection was not made in time"), "{error}");
            }
        }
    }

    #[tokio::test]
    async fn in_socks_5() {
        let world = World::new();
        let closed = proxies::socks5(world.vipps.address(), Some(("kari", PASSWORD)));
        for login in ["", "kari@", "kari:wrong@"] {
            let (detail, _) = refusal(&format!("socks5://{login}{}", closed.address()), LIMIT).await;
            assert_eq!(detail, "the proxy wants a login", "{login}");
        }
        let agreed = &[5, 0];
        let table: [([&'static [u8]; 2], &str); 8] = [
            ([agreed, &[5, 2, 0, 1, 0, 0, 0, 0, 0, 0]], "the proxy says: connection not allowed"),
            ([agreed, &[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]], "the proxy says: connection refused"),
            ([agreed, &[5, 1, 0, 1, 0, 0, 0, 0, 0, 0]], "the proxy says: general failure"),
            ([agreed, &[5, 6, 0, 1, 0, 0, 0, 0, 0, 0]], "the proxy says: no answer in time"),
            ([agreed, &[5, 99, 0, 1]], "the proxy does not speak socks 5"),
            ([agreed, &[4, 0, 0, 1]], "the proxy does not speak socks 5"),
            ([&[5, 7], &[]], "the proxy does not speak socks 5"),
            ([b"HTTP/1.1 400 Bad Request\r\n\r\n", &[]], "the proxy does not speak socks 5"),
        ];
        for (answers, expected) in table {
            let proxy = proxies::socks5_saying(answers);
            let (detail, _) = refusal(&format!("socks5://{}", proxy.address()), LIMIT).await;
            assert_eq!(detail, expected);
        }
    }

    #[tokio::test]
    #[cfg_attr(windows, ignore = "the verifier of the system says in other words why, and that of wine hardly")]
    async fn and_the_server_behind_it_is_told_apart() {
        let world = World::new();
        let proxy = proxies::tunnel(world.vipps.address());
        let (detail, _) = refusal(&proxy.http(), LIMIT).await;
        assert_eq!(detail, "the certificate's issuer is not trusted");
        assert_eq!(world.vipps.requests(), []);
        let cut =
            Server::tls(world.authority.for_names(&["vipps.example"]).server(), |_| Reply::silence().then(Then::Close));
        let proxy = proxies::tunnel(cut.address());
        let error = sent(&world.config(&proxy.http()), LIMIT).await.expect_err("no reply");
        assert_eq!(error, SendError::maybe_sent("the connection to vipps.example:443 broke"));
    }
}

mod setting {
    use super::*;

    #[test]
    fn what_names_no_proxy_is_refused_where_it_is_used() {
        for value in ["", " ", "http://", "ftp://proxy.example", "http://kari:s3cret@", "DIRECT://", "\"http://p:1\""] {
            let config = || Config::default().proxy(value);
            let partner = Partner::new(partner_keys(), system(), config()).map(drop);
            for refused in [partner, IdTokenVerifier::new(config()).map(drop), ReqwestClient::new(&config()).map(drop)]
            {
                let error = refused.expect_err(value);
                assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("proxy")), "{value}");
                assert!(error.detail().starts_with("proxy "), "{error}");
                assert!(!error.to_string().contains("s3cret"), "{error}");
            }
        }
    }

    #[test]
    fn nothing_is_said_to_a_sender_of_ones_own() {
        let sender = Arc::new(ReqwestClient::new(&Config::default()).expect("a client"));
        let config = Config::from(Environment::Production).proxy("direct").http(sender);
        let error = Partner::new(partner_keys(), system(), config).map(drop).expect_err("two answers to one question");
        assert_eq!(error.field(), Some("proxy"));
    }
}

/// Environment variables: each test runs itself in a process of its own.
mod environment {
    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(future)
    }

    #[test]
    #[cfg_attr(
        windows,
        ignore = "SSL_CERT_FILE and its like are for other systems, and names of variables have no case there"
    )]
    fn a_variable_that_cannot_be_used_is_named_before_anything_is_sent() {
        if let Some(variable) = child::argument() {
            let config = || config_for(VIPPS);
            let partner = Partner::new(partner_keys(), system(), config()).map(drop);
            for refused in [partner, IdTokenVerifier::new(config()).map(drop), ReqwestClient::new(&config()).map(drop)]
            {
                let error = refused.expect_err("not a proxy");
                assert_eq!(
                    (error.kind(), error.field()),
                    (ErrorKind::InvalidConfig, Some(variable.as_str())),
                    "{error}"
                );
                assert!(error.detail().contains(&variable), "{error}");
                assert!(!format!("{error:?}").contains("s3cret"), "{error}");
            }
            // Two ways to do without the variables.
            Partner::new(partner_keys(), system(), config().proxy("direct")).expect("no variable is read");
            Partner::new(partner_keys(), system(), config().proxy("http://127.0.0.1:9")).expect("no variable is read");
            return;
        }
        let good = ("https_proxy", "http://127.0.0.1:9");
        let table = [
            vec![("HTTPS_PROXY", "ftp://kari:s3cret@127.0.0.1:9")],
            vec![("https_proxy", " http://kari:s3cret@127.0.0.1:9")],
            vec![("all_proxy", "'http://kari:s3cret@127.0.0.1:9'")],
            vec![("ALL_PROXY", "socks4://kari:s3cret@127.0.0.1:9")],
            vec![("http_proxy", "http:/kari:s3cret@127.0.0.1:9"), good],
            vec![("no_proxy", "kari:s3cret@127.0.0.1/99"), good],
        ];
        for variables in table {
            let test = "environment::a_variable_that_cannot_be_used_is_named_before_anything_is_sent";
            child::run(test, variables[0].0, &variables);
        }
    }

    #[test]
    #[cfg_attr(
        windows,
        ignore = "SSL_CERT_FILE and its like are for other systems, and names of variables have no case there"
    )]
    fn a_refusal_names_the_variable_that_sent_it_there() {
        if let Some(way) = child::argument() {
            let error = block_on(token(config_for(VIPPS))).expect_err("a proxy that refuses");
            assert_eq!(
                error.detail(),
                format!("cannot reach vipps.example:443 through the proxy {way}: the proxy wants a login")
            );
            return;
        }
        let proxy = proxies::refusing("407 no");
        for variable in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            let test = "environment::a_refusal_names_the_variable_that_sent_it_there";
            let way = format!("{} ({variable})", proxy.address());
            child::run(test, &way, &[(variable, &proxy.http()), ("no_proxy", "other.example")]);
        }
    }

    #[test]
    fn what_no_proxy_covers_is_not_asked_of_it() {
        if child::argument().is_some() {
            let base = format!("https://{}.vipps.example", "a".repeat(64));
            let error = block_on(token(config_for(&base))).expect_err("nobody can have this name");
            assert!(
                error.detail().contains(".vipps.example:443: no certificate can be made out to this host name"),
                "{error}"
            );
            return;
        }
        let proxy = proxies::refusing("407 no");
        for list in ["*.vipps.example", ".vipps.example", "vipps.example", "other.example, vipps.example:443", "*"] {
            let test = "environment::what_no_proxy_covers_is_not_asked_of_it";
            child::run(test, "covered", &[("https_proxy", &proxy.http()), ("NO_PROXY", list)]);
        }
        assert_eq!(proxy.connections(), 0);
    }

    #[test]
    fn the_setting_stands_above_the_variables() {
        if let Some(argument) = child::argument() {
            let (proxy, pem) = argument.split_once('\n').expect("two parts");
            let config = config_for(VIPPS).ca_pem(pem).proxy(proxy);
            return assert_eq!(block_on(token(config)).expect("trusted"), TOKEN);
        }
        let world = World::new();
        let named = proxies::tunnel(world.vipps.address());
        let other = proxies::refusing("407 no");
        let argument = format!("{}\n{}", named.http(), world.authority.pem());
        let test = "environment::the_setting_stands_above_the_variables";
        child::run(test, &argument, &[("https_proxy", &other.http()), ("no_proxy", "vipps.example")]);
        assert_eq!((named.connections(), other.connections()), (1, 0));
    }

    /// The variables are read once, when the client is made.
    #[test]
    #[cfg_attr(
        windows,
        ignore = "SSL_CERT_FILE and its like are for other systems, and names of variables have no case there"
    )]
    fn a_bundle_of_its_own_and_a_proxy_go_together() {
        if child::argument().is_some() {
            return assert_eq!(block_on(token(config_for(VIPPS))).expect("trusted"), TOKEN);
        }
        let world = World::new();
        let proxy = proxies::socks5(world.vipps.address(), None);
        let file = Scratch::file("company.pem", world.authority.pem());
        let variables = [("SSL_CERT_FILE", file.path()), ("ALL_PROXY", &format!("socks5h://{}", proxy.address()))];
        child::run("environment::a_bundle_of_its_own_and_a_proxy_go_together", "both", &variables);
        assert_eq!(world.vipps.requests().len(), 1);
    }
}
