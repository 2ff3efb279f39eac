//! TLS against a real server on this machine: which certificates are trusted, what is said of the others, and that no
//! key leaves before trust is there.

mod tlsserver;

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

use bytes::Bytes;
use rustls::{
    ProtocolVersion, ServerConfig, ServerConnection, StreamOwned,
    version::{TLS12, TLS13},
};
use tlsserver::{
    CLIENT_SECRET, Reply, SUBSCRIPTION_KEY, Seen, Server, TOKEN, Then,
    certificates::{Authority, Leaf},
    child::{self, Scratch},
    config_for, partner_keys, proxies, read_request, system, token_reply, until_closed,
};
use tokio::task::spawn_blocking;
use vipps_partner_auth::{Config, Error, ErrorKind, HttpSend, ManualClock, Partner, ReqwestClient, SendError};

const LIMIT: Duration = Duration::from_secs(30);

fn token_server(config: Arc<ServerConfig>) -> Server {
    Server::tls(config, |_| token_reply())
}

/// A token by the whole path, retries included; nobody waits between them.
async fn token(config: Config) -> Result<String, Error> {
    let config = config.clock(Arc::new(ManualClock::running_through_sleeps(1_767_225_600)));
    let partner = Partner::new(partner_keys(), system(), config)?;
    Ok(partner.access_token().await?.secret().to_owned())
}

/// What the sender alone says of the same address.
async fn sent(config: &Config, base_url: &str) -> Result<(), SendError> {
    let request = http::Request::post(format!("{base_url}/accesstoken/get")).header("client_secret", CLIENT_SECRET);
    let request = request.body(Bytes::new()).expect("a good request");
    ReqwestClient::new(config).expect("a good config").send(request, LIMIT).await.map(drop)
}

/// Asserts that nothing was sent and returns what the caller is told, less the address that it begins with.
async fn refusal(config: Config, base_url: &str) -> (String, Option<&'static str>) {
    let alone = sent(&config, base_url).await.expect_err("must not be sent");
    assert!(!alone.may_have_been_sent(), "{alone}");
    let error = token(config).await.expect_err("must not be sent");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(error.detail(), alone.to_string());
    let address = base_url.trim_start_matches("https://");
    let detail = error.detail().strip_prefix(&format!("cannot reach {address}: ")).unwrap_or_else(|| panic!("{error}"));
    (detail.to_owned(), error.hint().map(|hint| &*hint.to_owned().leak()))
}

async fn refusal_of(leaf: &Leaf, authority: &Authority) -> (String, Option<&'static str>) {
    let server = token_server(leaf.server());
    let refusal = refusal(config_for(&server.https()).ca_pem(authority.pem()), &server.https()).await;
    assert!(server.connections() > 0);
    assert_eq!(server.requests(), []);
    refusal
}

#[tokio::test]
async fn a_companys_own_authority_is_trusted_by_name_and_by_address() {
    let authority = Authority::new("company");
    let server = token_server(authority.good().server());
    let by_address = format!("https://{}", server.address());
    for url in [server.https(), by_address] {
        let config = config_for(&url).ca_pem(authority.pem());
        assert_eq!(token(config).await.expect(&url), TOKEN);
    }
    let names: Vec<_> = server.handshakes().into_iter().map(|handshake| handshake.server_name).collect();
    assert_eq!(names, [Some("localhost".to_owned()), None]);
}

#[tokio::test]
async fn several_authorities_may_stand_in_one_pem() {
    let (first, second) = (Authority::new("first"), Authority::new("second"));
    let bundle = format!("# first\n{}\n# second\n{}", first.pem(), second.pem());
    for authority in [first, second] {
        let server = token_server(authority.good().server());
        assert_eq!(token(config_for(&server.https()).ca_pem(bundle.as_str())).await.expect("trusted"), TOKEN);
    }
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_and_http_1_1_over_both() {
    let authority = Authority::new("company");
    let leaf = authority.good();
    let table = [
        (leaf.server_for(&[&TLS12]), ProtocolVersion::TLSv1_2),
        (leaf.server_for(&[&TLS13]), ProtocolVersion::TLSv1_3),
        (leaf.server(), ProtocolVersion::TLSv1_3),
    ];
    for (config, version) in table {
        let server = token_server(config);
        token(config_for(&server.https()).ca_pem(authority.pem())).await.expect("trusted");
        let handshake = server.handshakes().remove(0);
        assert_eq!(handshake.version, Some(version));
        assert_ne!(handshake.alpn.as_deref(), Some(&b"h2"[..]));
        assert_eq!(server.requests()[0].line(), "POST /accesstoken/get HTTP/1.1");
    }
}

#[tokio::test]
#[cfg_attr(windows, ignore = "the verifier of the system says in other words why, and that of wine hardly")]
async fn an_unknown_issuer_gets_nothing() {
    let authority = Authority::new("company");
    let expected = (
        "the certificate's issuer is not trusted".to_owned(),
        Some("give a company's own authority as ca_pem or SSL_CERT_FILE"),
    );
    assert_eq!(refusal_of(&Authority::new("stranger").good(), &authority).await, expected);
    assert_eq!(refusal_of(&Leaf::self_signed(), &authority).await, expected);
    // The same name on the authority is not the same authority.
    let (detail, hint) = refusal_of(&Authority::new("company").good(), &authority).await;
    assert_eq!(detail, "the certificate's signature does not fit its issuer");
    assert_eq!(hint, expected.1);
}

#[tokio::test]
#[cfg_attr(windows, ignore = "the verifier of the system says in other words why, and that of wine hardly")]
async fn without_ca_pem_the_machine_does_not_trust_it_either() {
    let server = token_server(Authority::new("company").good().server());
    let (detail, _) = refusal(config_for(&server.https()), &server.https()).await;
    assert_eq!(detail, "the certificate's issuer is not trusted");
    assert_eq!(server.requests(), []);
}

#[tokio::test]
#[cfg_attr(windows, ignore = "the verifier of the system says in other words why, and that of wine hardly")]
async fn another_hosts_certificate_gets_nothing() {
    let authority = Authority::new("company");
    for names in [&["api.vipps.no"][..], &["localhost.example", "*.localhost"], &["127.0.0.1"]] {
        let (detail, hint) = refusal_of(&authority.for_names(names), &authority).await;
        assert_eq!(detail, "the certificate is for another host name", "{names:?}");
        assert_eq!(hint, Some("check the base url"));
    }
}

#[tokio::test]
#[cfg_attr(windows, ignore = "the verifier of the system says in other words why, and that of wine hardly")]
async fn a_certificate_out_of_its_time_gets_nothing() {
    let authority = Authority::new("company");
    let hint = Some("check the clock of this machine");
    let past = refusal_of(&authority.expired(), &authority).await;
    assert_eq!(past, ("the certificate has expired".to_owned(), hint));
    let (detail, told) = refusal_of(&authority.not_yet_valid(), &authority).await;
    assert_eq!(detail, "the certificate is not valid yet");
    assert_eq!(told, hint);
}

#[tokio::test]
async fn a_tls_fault_after_the_request_was_read_may_have_been_sent() {
    let authority = Authority::new("company");
    let tls = authority.good().server();
    let server = Server::raw(move |stream, seen| read_then_break(stream, tls.clone(), seen));
    let config = config_for(&server.https()).ca_pem(authority.pem());
    let error = sent(&config, &server.https()).await.expect_err("no reply");
    assert_eq!(server.requests().len(), 1);
    assert!(error.may_have_been_sent(), "the server has read it, yet: {error}");
}

/// Reads a request over good TLS, then sends a record that decrypts to nothing.
fn read_then_break(stream: TcpStream, tls: Arc<ServerConfig>, seen: &Seen) -> io::Result<()> {
    let mut stream = StreamOwned::new(ServerConnection::new(tls).map_err(io::Error::other)?, stream);
    if let Some(request) = read_request(&mut stream)? {
        seen.request(&request);
        stream.sock.write_all(&[&[0x17, 3, 3, 0, 64][..], &[9; 64]].concat())?;
    }
    until_closed(&mut stream.sock)
}

/// A connection that becomes free serves a request whose own connection is still being made.
#[tokio::test]
async fn a_request_that_went_out_on_anothers_connection_may_have_been_sent() {
    let authority = Authority::new("company");
    let tls = authority.good().server();
    let connections = AtomicUsize::new(0);
    let (report, notes) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let server = Server::raw(move |mut stream, seen| {
        if connections.fetch_add(1, SeqCst) > 0 {
            report.send("a second connection").map_err(io::Error::other)?;
            return until_closed(&mut stream);
        }
        let mut stream = StreamOwned::new(ServerConnection::new(tls.clone()).map_err(io::Error::other)?, stream);
        while let Some(request) = read_request(&mut stream)? {
            seen.request(&request);
            report.send("a request").map_err(io::Error::other)?;
            // The second reply never comes.
            released.lock().expect("the channel").recv().map_err(io::Error::other)?;
            stream.write_all(&token_reply().bytes)?;
        }
        Ok(())
    });
    let client = Arc::new(ReqwestClient::new(&Config::default().ca_pem(authority.pem())).expect("a client"));
    let send = |limit| {
        let client = client.clone();
        let request = http::Request::post(server.https()).body(Bytes::new()).expect("a good request");
        tokio::spawn(async move { client.send(request, limit).await })
    };
    let notes = Arc::new(Mutex::new(notes));
    let next_note = || {
        let notes = notes.clone();
        async move { spawn_blocking(move || notes.lock().expect("the channel").recv()).await.expect("no panic") }
    };
    let first = send(LIMIT);
    assert_eq!(next_note().await, Ok("a request"));
    let second = send(Duration::from_secs(1));
    assert_eq!(next_note().await, Ok("a second connection"));
    release.send(()).expect("the server waits");
    first.await.expect("no panic").expect("a reply");
    let error = second.await.expect("no panic").expect_err("no reply");
    assert_eq!(error.may_have_been_sent(), server.requests().len() == 2, "{error}");
}

/// A server that answers the first bytes it gets with `answer`, whatever they are, and then waits.
fn blunt(answer: impl Into<Vec<u8>>) -> Server {
    let answer = answer.into();
    Server::raw(move |mut stream, seen| {
        let mut bytes = [0; 4096];
        let length = stream.read(&mut bytes)?;
        seen.wire(&bytes[..length]);
        stream.write_all(&answer)?;
        until_closed(&mut stream)
    })
}

/// RFC 4346 section 7.4.1.3: a `ServerHello` of TLS 1.1, and nothing that would make it more.
fn server_hello_of_tls_1_1() -> Vec<u8> {
    let record = [0x16, 3, 2, 0, 42];
    let message = [2, 0, 0, 38, 3, 2];
    let (random, session, suite, compression) = ([7; 32], [0], [0xc0, 0x13], [0]);
    [&record[..], &message, &random, &session, &suite, &compression].concat()
}

#[tokio::test]
async fn a_server_that_speaks_no_good_tls_gets_nothing() {
    let alert = |description| vec![0x15, 3, 1, 0, 2, 2, description];
    let table: [(&str, Vec<u8>); 8] = [
        ("tls 1.1", server_hello_of_tls_1_1()),
        ("speaks no common version", alert(70)),
        ("shares no cipher or wants more", alert(40)),
        ("does not know this host name", alert(112)),
        ("broke it off", alert(80)),
        ("plain http", b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".into()),
        ("another protocol", b"220 mail.example ESMTP\r\n".into()),
        ("garbage", vec![0xff; 512]),
    ];
    for (name, answer) in table {
        let server = blunt(answer);
        let (detail, hint) = refusal(config_for(&server.https()), &server.https()).await;
        let said = detail.strip_prefix("the tls handshake failed").unwrap_or_else(|| panic!("{name}: {detail}"));
        assert!(said.is_empty() || said == format!(": the server {name}"), "{name}: {said}");
        assert_eq!(hint, Some("the server must speak tls 1.2 or newer; look for a proxy in between"), "{name}");
        assert_no_secret(&server.bytes());
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_during_the_handshake_gets_nothing() {
    let server = Server::raw(|mut stream, _| stream.read(&mut [0; 64]).map(drop));
    let (detail, hint) = refusal(config_for(&server.https()), &server.https()).await;
    assert_eq!(detail, "the connection was closed during the tls handshake");
    assert_eq!(hint, Some("the server must speak tls 1.2 or newer; look for a proxy in between"));
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_given_up() {
    let server = Server::raw(|mut stream, _| until_closed(&mut stream));
    let config = config_for(&server.https()).connect_timeout(Duration::from_millis(100));
    let (detail, _) = refusal(config, &server.https()).await;
    assert_eq!(detail, "the connection was not made in time");
}

#[tokio::test]
async fn a_connection_cut_after_the_request_was_read_may_have_been_sent() {
    let authority = Authority::new("company");
    let server = Server::tls(authority.good().server(), |_| Reply::silence().then(Then::Close));
    let config = config_for(&server.https()).ca_pem(authority.pem());
    let error = sent(&config, &server.https()).await.expect_err("no reply");
    let port = server.address().port();
    assert_eq!(error, SendError::maybe_sent(format!("the connection to localhost:{port} broke")));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_ca_pem_without_a_good_certificate_is_refused_at_once() {
    let cut_short = "-----BEGIN CERTIFICATE-----\nTm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
    let key = "-----BEGIN PRIVATE KEY-----\nTm90IGEga2V5\n-----END PRIVATE KEY-----\n";
    for pem in ["", "not pem", key, "-----BEGIN CERTIFICATE-----\n", cut_short] {
        let refused = Partner::new(partner_keys(), system(), Config::default().ca_pem(pem));
        let error = refused.err().unwrap_or_else(|| panic!("taken: {pem}"));
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("ca_pem")), "{pem}");
    }
}

fn assert_no_secret(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in [CLIENT_SECRET, SUBSCRIPTION_KEY, "client_secret", TOKEN] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// What follows is about environment variables, so each test runs itself in a process of its own.
mod environment {
    use super::*;

    #[test]
    #[cfg_attr(
        windows,
        ignore = "SSL_CERT_FILE and its like are for other systems, and names of variables have no case there"
    )]
    fn ssl_cert_file_is_honoured() {
        if let Some(url) = child::argument() {
            return assert_eq!(block_on(token(config_for(&url))).expect("trusted"), TOKEN);
        }
        let authority = Authority::new("company");
        let server = token_server(authority.good().server());
        let file = Scratch::file("company.pem", authority.pem());
        child::run("environment::ssl_cert_file_is_honoured", &server.https(), &[("SSL_CERT_FILE", file.path())]);
        assert_eq!(server.requests().len(), 1);
    }

    /// A company that names its authorities is not served by others in silence.
    #[test]
    #[cfg_attr(
        windows,
        ignore = "SSL_CERT_FILE and its like are for other systems, and names of variables have no case there"
    )]
    fn a_variable_that_leads_to_no_certificate_is_named() {
        const TEST: &str = "environment::a_variable_that_leads_to_no_certificate_is_named";
        if let Some(argument) = child::argument() {
            let [url, variable, expected] = argument.splitn(3, '\n').collect::<Vec<_>>()[..] else {
                panic!("three parts");
            };
            let alone = block_on(sent(&config_for(url), url)).expect_err("no authorities");
            assert!(!alone.may_have_been_sent());
            assert_eq!(alone.to_string(), expected);
            let error = block_on(token(config_for(url))).expect_err("no authorities");
            assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some(variable)));
            assert_eq!(error.detail(), expected);
            return;
        }
        let server = token_server(Authority::new("company").good().server());
        let empty = Scratch::file("empty.pem", "");
        let rubbish = Scratch::file("rubbish.pem", "not pem");
        let folder = Scratch::folder("empty");
        let good = Scratch::file("good.pem", Authority::new("other").pem());
        let no_such = "cannot be read: No such file or directory (os error 2)";
        let table = [
            ("SSL_CERT_FILE", "/nowhere/at/all.pem", no_such),
            ("SSL_CERT_FILE", empty.path(), "holds no certificate (pem)"),
            ("SSL_CERT_FILE", rubbish.path(), "holds no certificate (pem)"),
            ("SSL_CERT_FILE", folder.path(), "cannot be read: Is a directory (os error 21)"),
            ("SSL_CERT_DIR", "/nowhere/at/all", no_such),
            ("SSL_CERT_DIR", folder.path(), "holds no certificate (pem)"),
        ];
        for (variable, path, fault) in table {
            let argument = format!("{}\n{variable}\nwhat {variable} names {fault}", server.https());
            child::run(TEST, &argument, &[(variable, path)]);
            if variable == "SSL_CERT_DIR" {
                child::run(TEST, &argument, &[(variable, path), ("SSL_CERT_FILE", good.path())]);
            }
        }
        assert_eq!(server.connections(), 0);
    }

    /// The emulator needs no certificates, so nothing is wrong until they are needed.
    #[test]
    fn plain_http_to_this_machine_looks_at_no_certificate() {
        if let Some(url) = child::argument() {
            return assert_eq!(block_on(token(config_for(&url))).expect("a token"), TOKEN);
        }
        let server = Server::plain(|_| token_reply());
        let test = "environment::plain_http_to_this_machine_looks_at_no_certificate";
        child::run(test, &server.http(), &[("SSL_CERT_FILE", "/nowhere/at/all.pem")]);
    }

    /// As with `docker run -e SSL_CERT_FILE=`.
    #[test]
    #[cfg_attr(
        windows,
        ignore = "SSL_CERT_FILE and its like are for other systems, and names of variables have no case there"
    )]
    fn an_empty_variable_is_none() {
        if let Some(url) = child::argument() {
            let (detail, _) = block_on(refusal(config_for(&url), &url));
            return assert_eq!(detail, "the certificate's issuer is not trusted");
        }
        let server = token_server(Authority::new("company").good().server());
        let test = "environment::an_empty_variable_is_none";
        child::run(test, &server.https(), &[("SSL_CERT_FILE", ""), ("SSL_CERT_DIR", "")]);
        assert_eq!(server.requests(), []);
    }

    #[test]
    #[cfg_attr(
        windows,
        ignore = "SSL_CERT_FILE and its like are for other systems, and names of variables have no case there"
    )]
    fn file_and_folders_are_trusted_together_and_ca_pem_besides() {
        if let Some(argument) = child::argument() {
            let (urls, pem) = argument.split_once('\n').expect("two parts");
            for url in urls.split(' ') {
                assert_eq!(block_on(token(config_for(url).ca_pem(pem))).expect(url), TOKEN);
            }
            return;
        }
        let authorities = ["file", "one folder", "other folder", "ca_pem"].map(Authority::new);
        let servers = authorities.each_ref().map(|authority| token_server(authority.good().server()));
        let file = Scratch::file("one.pem", authorities[0].pem());
        let folders = ["first", "second"].map(Scratch::folder);
        for (folder, authority) in folders.iter().zip(&authorities[1..]) {
            std::fs::write(format!("{}/company.pem", folder.path()), authority.pem()).expect("a writable folder");
        }
        let list = format!("{}::{}", folders[0].path(), folders[1].path());
        let urls = servers.each_ref().map(Server::https).join(" ");
        let argument = format!("{urls}\n{}", authorities[3].pem());
        let test = "environment::file_and_folders_are_trusted_together_and_ca_pem_besides";
        child::run(test, &argument, &[("SSL_CERT_FILE", file.path()), ("SSL_CERT_DIR", &list)]);
        assert_eq!(servers.map(|server| server.requests().len()), [1; 4]);
    }

    #[test]
    #[cfg_attr(
        windows,
        ignore = "SSL_CERT_FILE and its like are for other systems, and names of variables have no case there"
    )]
    fn a_proxy_carries_the_bytes_and_sees_no_key() {
        const TEST: &str = "environment::a_proxy_carries_the_bytes_and_sees_no_key";
        if child::argument().is_some() {
            return assert_eq!(block_on(token(config_for("https://vipps.example"))).expect("trusted"), TOKEN);
        }
        let authority = Authority::new("company");
        let server = token_server(authority.for_names(&["vipps.example"]).server());
        let proxy = proxies::tunnel(server.address());
        let file = Scratch::file("proxied.pem", authority.pem());
        for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            child::run(TEST, "proxied", &[("SSL_CERT_FILE", file.path()), (variable, &proxy.http())]);
        }
        assert_eq!(server.requests().len(), 4);
        let asked: Vec<_> = proxy.requests().iter().map(|request| request.line().to_owned()).collect();
        assert_eq!(asked, ["CONNECT vipps.example:443 HTTP/1.1"; 4]);
        for request in proxy.requests() {
            let names: Vec<_> = request.headers().into_keys().collect();
            assert_eq!(names, ["host", "user-agent"]);
        }
        assert_no_secret(&proxy.bytes());
    }

    #[test]
    #[cfg_attr(
        windows,
        ignore = "SSL_CERT_FILE and its like are for other systems, and names of variables have no case there"
    )]
    fn a_proxy_never_sees_what_stays_on_this_machine() {
        if let Some(urls) = child::argument() {
            for url in urls.split(' ') {
                assert_eq!(block_on(token(config_for(url))).expect(url), TOKEN);
            }
            let error = block_on(sent(&Config::default(), "http://vipps.example")).expect_err("plain http");
            return assert!(!error.may_have_been_sent());
        }
        let authority = Authority::new("company");
        let (plain, secure) = (Server::plain(|_| token_reply()), token_server(authority.good().server()));
        let (proxy, file) = (blunt(""), Scratch::file("local.pem", authority.pem()));
        let by_name = plain.http().replace("127.0.0.1", "localhost");
        let urls = [plain.http(), by_name, secure.https(), secure.https().replace("localhost", "127.0.0.1")].join(" ");
        let address = proxy.http();
        let variables = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let mut variables = variables.map(|name| (name, address.as_str())).to_vec();
        variables.push(("SSL_CERT_FILE", file.path()));
        child::run("environment::a_proxy_never_sees_what_stays_on_this_machine", &urls, &variables);
        assert_eq!(proxy.connections(), 0);
        assert_eq!((plain.requests().len(), secure.requests().len()), (2, 2));
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(future)
    }
}
