//! The default sender against real servers on this machine: what is on the wire to the byte, and what becomes of
//! servers that misbehave.

mod tlsserver;

use std::{
    collections::BTreeMap,
    error::Error as StdError,
    io::{self, Write},
    net::{Ipv4Addr, Shutdown, TcpListener},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use tlsserver::{
    CLIENT_ID, CLIENT_SECRET, Reply, SUBSCRIPTION_KEY, Server, TOKEN, Then, config_for, partner_keys, read_request,
    system, token_reply, until_closed,
};
use tokio::{net::TcpSocket, task::spawn_blocking};
use vipps_partner_auth::{
    BasicEncoding, Config, Error, ErrorKind, Expect, HttpSend, IdTokenVerifier, Keys, ManualClock, Partner,
    ReqwestClient, SalesUnitKeys, SendError, SpecializedKeys, SystemInfo,
};

/// For replies that come at once: longer than any machine is slow.
const LONG: Duration = Duration::from_secs(60);
/// For replies that never come.
const SHORT: Duration = Duration::from_millis(100);

fn client() -> ReqwestClient {
    ReqwestClient::new(&Config::default()).expect("a client")
}

async fn get(client: &ReqwestClient, url: &str, limit: Duration) -> Result<Response<Bytes>, SendError> {
    client.send(Request::get(url).body(Bytes::new()).expect("a good request"), limit).await
}

async fn failure(server: &Server, limit: Duration) -> SendError {
    get(&client(), &server.http(), limit).await.expect_err("no good reply")
}

fn broke(server: &Server) -> SendError {
    SendError::maybe_sent(format!("the connection to {} broke", server.address()))
}

fn not_http(server: &Server) -> SendError {
    SendError::maybe_sent(format!("the reply of {} is not good http", server.address()))
}

fn too_large(server: &Server) -> SendError {
    SendError::maybe_sent(format!("the reply of {} is larger than 256 KiB", server.address()))
}

fn no_reply(server: &Server) -> SendError {
    SendError::maybe_sent(format!("no reply came from {} in time", server.address()))
}

fn unhurried(config: Config) -> Config {
    config.clock(Arc::new(ManualClock::running_through_sleeps(1_767_225_600)))
}

async fn token(keys: impl Into<Keys>, config: Config) -> Result<String, Error> {
    let partner = Partner::new(keys, system(), unhurried(config))?;
    Ok(partner.access_token().await?.secret().to_owned())
}

/// A server that always answers this.
fn always(reply: Reply) -> Server {
    Server::plain(move |_| reply.clone())
}

fn map<const N: usize>(headers: [(&str, &str); N]) -> BTreeMap<String, String> {
    headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

mod on_the_wire {
    use super::*;

    const USER_AGENT: &str = concat!("vipps-partner-auth/", env!("CARGO_PKG_VERSION"));

    #[tokio::test]
    async fn the_standard_token_request_is_headers_and_an_empty_body() {
        let server = Server::plain(|_| token_reply());
        assert_eq!(token(partner_keys(), config_for(&server.http())).await.expect("a token"), TOKEN);
        let request = server.requests().remove(0);
        assert_eq!(request.line(), "POST /accesstoken/get HTTP/1.1");
        assert_eq!(request.body, "");
        let expected = map([
            ("host", &server.address().to_string()),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
            ("ocp-apim-subscription-key", SUBSCRIPTION_KEY),
            ("vipps-system-name", "acme"),
            ("vipps-system-version", "3.1.2"),
            ("vipps-system-plugin-name", "acme-webshop"),
            ("vipps-system-plugin-version", "4.5.6"),
            ("accept", "application/json"),
            ("user-agent", USER_AGENT),
            ("content-length", "0"),
        ]);
        assert_eq!(request.headers(), expected);
    }

    #[tokio::test]
    async fn sales_unit_keys_name_their_sales_unit_as_well() {
        let server = Server::plain(|_| token_reply());
        let msn = "123456".parse().expect("a good msn");
        let keys = SalesUnitKeys::new(CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY, msn).expect("good keys");
        token(keys, config_for(&server.http())).await.expect("a token");
        let request = server.requests().remove(0);
        assert_eq!(request.header("merchant-serial-number").as_deref(), Some("123456"));
        assert_eq!(request.headers().len(), 12);
    }

    async fn specialized(keys: SpecializedKeys, encoding: BasicEncoding) -> tlsserver::Request {
        let server = always(Reply::json(200, r#"{"access_token":"t","token_type":"Bearer","expires_in":900}"#));
        let config = unhurried(config_for(&server.http())).basic_encoding(encoding);
        let system = SystemInfo::new("acme", "3.1.2").expect("a good name");
        let partner = Partner::new(keys, system, config).expect("a partner");
        assert_eq!(partner.access_token().await.expect("a token").secret(), "t");
        let request = server.requests().remove(0);
        assert_eq!(request.line(), "POST /miami/v1/token HTTP/1.1");
        assert_eq!(request.header("host"), Some(server.address().to_string()));
        request
    }

    #[tokio::test]
    async fn the_specialized_token_request_is_basic_and_a_form() {
        let keys = SpecializedKeys::new("123456-acct-0001", "Sup3r/Secret+Key==").expect("good keys");
        let request = specialized(keys, BasicEncoding::Raw).await;
        assert_eq!(request.body, "grant_type=client_credentials");
        let mut headers = request.headers();
        headers.remove("host");
        let expected = map([
            ("authorization", "Basic MTIzNDU2LWFjY3QtMDAwMTpTdXAzci9TZWNyZXQrS2V5PT0="),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("vipps-system-name", "acme"),
            ("vipps-system-version", "3.1.2"),
            ("vipps-system-plugin-name", "acme"),
            ("vipps-system-plugin-version", "3.1.2"),
            ("accept", "application/json"),
            ("user-agent", USER_AGENT),
            ("content-length", "29"),
        ]);
        assert_eq!(headers, expected);
    }

    #[tokio::test]
    async fn the_scope_is_a_field_of_its_own() {
        let keys = SpecializedKeys::new("123456-acct-0001", "Sup3r/Secret+Key==").expect("good keys");
        let keys = keys.with_scope("donations:read").expect("a good scope");
        let request = specialized(keys, BasicEncoding::Raw).await;
        assert_eq!(request.body, "grant_type=client_credentials&scope=donations%3Aread");
        assert_eq!(request.header("content-length").as_deref(), Some("52"));
    }

    #[tokio::test]
    async fn basic_may_carry_form_encoded_parts() {
        let keys = SpecializedKeys::new(CLIENT_ID, CLIENT_SECRET).expect("good keys");
        let request = specialized(keys, BasicEncoding::Form).await;
        let basic = "Basic MTExMTExMTEtMjIyMi00MzMzLTg0NDQtNTU1NTU1NTU1NTU1OmZpeHR1cmUtU2VjcmV0JTJCJTJGNDIlM0QlM0Q=";
        assert_eq!(request.header("authorization").as_deref(), Some(basic));
    }

    #[tokio::test]
    async fn a_cookie_is_not_kept() {
        let server = always(Reply::with_headers(200, &[("set-cookie", "session=1; Path=/")], ""));
        let client = client();
        for _ in 0..2 {
            get(&client, &server.http(), LONG).await.expect("a reply");
        }
        let cookies: Vec<_> = server.requests().iter().map(|request| request.header("cookie")).collect();
        assert_eq!(cookies, [None, None]);
    }
}

mod redirects {
    use super::*;

    fn pair(status: u16) -> (Server, Server) {
        let target = Server::plain(|_| token_reply());
        let location = format!("{}/accesstoken/get", target.http());
        (always(Reply::with_headers(status, &[("location", &location)], "")), target)
    }

    #[tokio::test]
    async fn a_redirected_token_request_goes_nowhere() {
        for status in [301, 302, 303, 307, 308] {
            let (server, target) = pair(status);
            let error = token(partner_keys(), config_for(&server.http())).await.expect_err("no token");
            assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(status)));
            assert_eq!(error.detail(), "redirects are not followed");
            assert_eq!(error.hint(), Some("check the base url, and look for a proxy in between"));
            assert_eq!((server.requests().len(), target.connections()), (1, 0), "{status}");
        }
    }

    #[tokio::test]
    async fn redirected_keys_are_not_fetched_from_elsewhere() {
        for status in [301, 302, 303, 307, 308] {
            let (server, target) = pair(status);
            let verifier = IdTokenVerifier::new(unhurried(config_for(&server.http()))).expect("a verifier");
            let expect = Expect::default().msn("123456".parse().expect("a good msn"));
            // {"alg":"RS256","kid":"k"} . {} . (256 zero bytes)
            let jwt = format!("eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30.{}A", "A".repeat(341));
            let error = verifier.verify(&jwt, &expect).await.expect_err("no keys");
            assert_eq!((error.kind(), error.status()), (ErrorKind::Unavailable, Some(status)), "{error}");
            assert_eq!((server.connections(), target.connections()), (1, 0), "{status}");
        }
    }

    #[tokio::test]
    async fn the_sender_hands_a_redirect_over_as_it_came() {
        let (server, target) = pair(307);
        let reply = get(&client(), &server.http(), LONG).await.expect("a reply");
        assert_eq!(reply.status(), 307);
        assert!(reply.headers()["location"].to_str().expect("text").starts_with(&target.http()));
    }
}

mod plain_http {
    use super::*;

    #[tokio::test]
    async fn beyond_this_machine_is_refused_before_a_socket_is_opened() {
        // 0.0.0.0 is no loopback address by name, though a connection to it would end here.
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket that can be asked");
        let port = listener.local_addr().expect("an address").port();
        for host in ["0.0.0.0", "vipps.example", "localhost.example", "127.0.0.1.example", "[::ffff:127.0.0.1]"] {
            let error = get(&client(), &format!("http://{host}:{port}/"), LONG).await.expect_err(host);
            assert_eq!(error, SendError::not_sent("plain http is refused except to a loopback address"), "{host}");
        }
        assert_eq!(listener.accept().expect_err("nobody came").kind(), io::ErrorKind::WouldBlock);
    }

    #[tokio::test]
    async fn schemes_that_carry_no_http_are_refused() {
        for url in ["ftp://127.0.0.1/", "ws://127.0.0.1/", "unix://127.0.0.1/"] {
            let error = get(&client(), url, LONG).await.expect_err(url);
            assert!(!error.may_have_been_sent(), "{url}");
        }
    }

    #[tokio::test]
    async fn all_names_of_this_machine_are_taken() {
        let server = always(Reply::json(200, "{}"));
        let port = server.address().port();
        for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
            get(&client(), &format!("http://{host}:{port}/"), LONG).await.expect(host);
        }
    }
}

mod broken_replies {
    use super::*;

    const MOST: usize = 256 * 1024;

    fn chunked(body: &str) -> Reply {
        let mut bytes = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        for chunk in body.as_bytes().chunks(10_000) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        Reply::bytes(bytes)
    }

    fn until_the_end(body: &str) -> Reply {
        Reply::bytes(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{body}")).then(Then::Close)
    }

    #[tokio::test]
    async fn a_reply_may_be_256_kib_and_not_a_byte_more() {
        for frame in [|body: &str| Reply::json(200, body), chunked, until_the_end] {
            let (full, over) = ("x".repeat(MOST), "x".repeat(MOST + 1));
            let reply = get(&client(), &always(frame(&full)).http(), LONG).await.expect("a reply");
            assert_eq!(reply.body().len(), MOST);
            let server = always(frame(&over));
            assert_eq!(failure(&server, LONG).await, too_large(&server));
        }
    }

    #[tokio::test]
    async fn a_reply_without_end_is_cut_off() {
        let server = Server::raw(|mut stream, _| {
            read_request(&mut stream)?;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            // Ends when the client hangs up.
            loop {
                stream.write_all(&[b'x'; 4096])?;
            }
        });
        assert_eq!(failure(&server, LONG).await, too_large(&server));
    }

    #[tokio::test]
    async fn a_reply_that_stops_in_the_middle_is_a_broken_connection() {
        let table = [
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access_token\":\"half",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{\"access_token\":\"half",
            "HTTP/1.1 200 OK\r\ncontent-le",
            "HTTP/1.1 2",
            "",
        ];
        for start in table {
            let server = always(Reply::bytes(start).then(Then::Close));
            let error = failure(&server, LONG).await;
            assert_eq!(error, broke(&server), "{start}");
            assert!(error.source().is_some(), "{start}");
            assert_eq!(server.requests().len(), 1, "{start}");
        }
    }

    #[tokio::test]
    async fn a_reply_that_is_something_else_is_told_as_that() {
        let table = [
            "SSH-2.0-OpenSSH_9.6\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        ];
        for start in table {
            let server = always(Reply::bytes(start).then(Then::Close));
            assert_eq!(failure(&server, LONG).await, not_http(&server), "{start}");
            assert_eq!(server.requests().len(), 1, "{start}");
        }
    }

    #[tokio::test]
    async fn headers_without_end_are_given_up() {
        let head = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-filler: 0123456789\r\n".repeat(100_000));
        let server = always(Reply::bytes(head).then(Then::Close));
        assert_eq!(failure(&server, LONG).await, not_http(&server));
    }
}

/// A gateway may compress though nobody asked for it (RFC 9110 section 12.5.3).
mod compressed_replies {
    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    const MOST: usize = 256 * 1024;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    fn zlib(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    fn raw_deflate(text: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    fn encoded(encoding: &str, body: &[u8]) -> Server {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\n\r\n", body.len());
        always(Reply::bytes([head.as_bytes(), body].concat()))
    }

    #[tokio::test]
    async fn are_unpacked_and_were_not_asked_for() {
        let text = br#"{"access_token":"t"}"#;
        let table = [
            ("gzip", gzip(text)),
            ("GZIP", gzip(text)),
            ("x-gzip", gzip(text)),
            ("gzip", [gzip(&text[..5]), gzip(&text[5..])].concat()),
            ("deflate", zlib(text)),
            ("deflate", raw_deflate(text)),
            ("identity", text.to_vec()),
            ("", text.to_vec()),
        ];
        for (encoding, body) in table {
            let server = encoded(encoding, &body);
            let reply = get(&client(), &server.http(), LONG).await.expect(encoding);
            assert_eq!(reply.body(), &text[..], "{encoding}");
            assert_eq!(server.requests()[0].header("accept-encoding"), None);
            if body != text {
                assert!(!reply.headers().contains_key("content-encoding"), "{encoding}");
                assert!(!reply.headers().contains_key("content-length"), "{encoding}");
            }
        }
    }

    #[tokio::test]
    async fn a_whole_token_reply_may_come_so() {
        let body = gzip(br#"{"token_type":"Bearer","expires_in":"3600","access_token":"t"}"#);
        let server = encoded("gzip", &body);
        assert_eq!(token(partner_keys(), config_for(&server.http())).await.expect("a token"), "t");
    }

    #[tokio::test]
    async fn a_bomb_is_cut_off_where_any_reply_is() {
        let full = gzip(&vec![b'x'; MOST]);
        let reply = get(&client(), &encoded("gzip", &full).http(), LONG).await.expect("a reply");
        assert_eq!(reply.body().len(), MOST);
        for body in [gzip(&vec![b'x'; MOST + 1]), gzip(&vec![0; 8 * 1024 * 1024])] {
            assert!(body.len() < MOST);
            let server = encoded("gzip", &body);
            assert_eq!(failure(&server, LONG).await, too_large(&server));
        }
        let server = encoded("deflate", &zlib(&vec![0; 8 * 1024 * 1024]));
        assert_eq!(failure(&server, LONG).await, too_large(&server));
    }

    fn malformed(server: &Server) -> SendError {
        SendError::maybe_sent(format!("the compressed reply of {} is malformed", server.address()))
    }

    #[tokio::test]
    async fn what_is_not_what_it_says_is_told() {
        let good = gzip(b"some text that is long enough to be cut");
        let cut = &good[..good.len() / 2];
        let mut flipped = good.clone();
        *flipped.last_mut().expect("a byte") ^= 1;
        for (encoding, body) in [("gzip", cut), ("gzip", &flipped[..]), ("gzip", b"plain"), ("deflate", b"plain")] {
            let server = encoded(encoding, body);
            assert_eq!(failure(&server, LONG).await, malformed(&server), "{encoding}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_unpacked_is_named_by_our_words() {
        let table = [
            ("br", "br"),
            ("zstd", "zstd"),
            ("compress", "compress"),
            ("aes128gcm", "something unknown"),
            ("gzip, gzip", "something unknown"),
            ("gzip\r\ncontent-encoding: gzip", "something unknown"),
            (CLIENT_SECRET, "something unknown"),
        ];
        for (encoding, named) in table {
            let server = encoded(encoding, &gzip(&gzip(b"twice")));
            let address = server.address();
            let expected = format!("the reply of {address} is encoded as {named}, which was not asked for");
            assert_eq!(failure(&server, LONG).await, SendError::maybe_sent(expected), "{encoding}");
        }
    }

    #[tokio::test]
    async fn nothing_is_nothing_however_it_is_encoded() {
        for encoding in ["gzip", "br"] {
            let reply = get(&client(), &encoded(encoding, b"").http(), LONG).await.expect(encoding);
            assert!(reply.body().is_empty());
        }
    }
}

mod was_it_sent {
    use super::*;

    async fn not_sent(url: &str, limit: Duration) -> SendError {
        let error = get(&client(), url, limit).await.expect_err(url);
        assert!(!error.may_have_been_sent(), "{error}");
        error
    }

    #[tokio::test]
    async fn a_handshake_that_outlives_the_limit_was_not() {
        let server = Server::raw(|mut stream, _| until_closed(&mut stream));
        let error = not_sent(&server.https(), SHORT).await;
        let port = server.address().port();
        let expected = format!("cannot reach localhost:{port}: the connection was not made in time");
        assert_eq!(error.to_string(), expected);
    }

    #[tokio::test]
    async fn a_name_that_nobody_has_was_not() {
        // RFC 6761 section 6.4: nobody ever has it.
        let error = not_sent("https://vipps.invalid", LONG).await;
        let text = error.to_string();
        assert!(text.starts_with("cannot reach vipps.invalid:443: name not found ("), "{text}");
        assert!(error.source().is_some_and(<dyn StdError>::is::<io::Error>));
    }

    #[tokio::test]
    async fn a_name_that_nobody_can_have_was_not() {
        let name = format!("{}.example", "a".repeat(64));
        let error = not_sent(&format!("https://{name}"), LONG).await;
        let expected = format!("cannot reach {name}:443: no certificate can be made out to this host name");
        assert_eq!(error.to_string(), expected);
    }

    #[tokio::test]
    async fn a_caller_is_told_host_port_and_cause() {
        let taken = TcpSocket::new_v4().expect("a socket");
        taken.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let address = taken.local_addr().expect("an address");
        let error = token(partner_keys(), config_for(&format!("http://{address}"))).await.expect_err("nobody is there");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.detail(), format!("cannot reach {address}: connection refused"));
        let cause = error.source().and_then(|source| source.downcast_ref::<io::Error>()).expect("a cause");
        assert_eq!(cause.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(error, error.clone());
    }

    #[tokio::test]
    async fn a_refused_connection_was_not() {
        // Bound, so that nobody else gets the port, and not listening.
        let taken = TcpSocket::new_v4().expect("a socket");
        taken.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let url = format!("http://{}", taken.local_addr().expect("an address"));
        let error = get(&client(), &url, LONG).await.expect_err("nobody is there");
        let address = taken.local_addr().expect("an address");
        assert_eq!(error, SendError::not_sent(format!("cannot reach {address}: connection refused")));
    }

    #[tokio::test]
    async fn a_connection_closed_before_the_request_was_read_may_have_been() {
        let server = Server::raw(|stream, _| stream.shutdown(Shutdown::Both));
        assert!(failure(&server, LONG).await.may_have_been_sent());
    }

    #[tokio::test]
    async fn a_connection_closed_after_the_request_was_read_may_have_been() {
        let server = always(Reply::silence().then(Then::Close));
        assert_eq!(failure(&server, LONG).await, broke(&server));
        assert_eq!(server.requests().len(), 1);
    }

    #[tokio::test]
    async fn silence_ends_at_the_limit() {
        let server = always(Reply::silence().then(Then::Hang));
        assert_eq!(failure(&server, SHORT).await, no_reply(&server));
    }

    #[tokio::test]
    async fn a_body_that_never_ends_ends_at_the_limit() {
        let start = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access_token\":\"half";
        let server = always(Reply::bytes(start).then(Then::Hang));
        assert_eq!(failure(&server, SHORT).await, no_reply(&server));
    }

    #[tokio::test]
    async fn the_limit_is_for_the_whole_reply_however_it_trickles() {
        let server = Server::raw(|mut stream, _| {
            read_request(&mut stream)?;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n")?;
            loop {
                stream.write_all(b"x")?;
                thread::sleep(SHORT / 10);
            }
        });
        assert_eq!(failure(&server, SHORT).await, no_reply(&server));
    }
}

mod connections {
    use super::*;

    /// A connection goes back to the pool behind the caller's back.
    async fn settle() {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn one_is_used_again() {
        let server = always(Reply::json(200, "{}"));
        let client = client();
        for _ in 0..3 {
            get(&client, &server.http(), LONG).await.expect("a reply");
            settle().await;
        }
        assert_eq!((server.connections(), server.requests().len()), (1, 3));
    }

    #[tokio::test]
    async fn one_that_the_server_closed_meanwhile_is_replaced() {
        let (closed, when_closed) = mpsc::channel();
        let server = Server::raw(move |mut stream, seen| {
            if let Some(request) = read_request(&mut stream)? {
                seen.request(&request);
                stream.write_all(&Reply::json(200, "{}").bytes)?;
            }
            stream.shutdown(Shutdown::Write)?;
            // The client has noticed as soon as it closes its own side.
            until_closed(&mut stream)?;
            closed.send(()).map_err(io::Error::other)
        });
        let (sender, hang_ups) = (client(), Arc::new(Mutex::new(when_closed)));
        for _ in 0..3 {
            get(&sender, &server.http(), LONG).await.expect("a reply");
            let next = hang_ups.clone();
            spawn_blocking(move || next.lock().expect("the channel").recv()).await.expect("no panic").expect("closed");
        }
        assert_eq!((server.connections(), server.requests().len()), (3, 3));
    }

    #[tokio::test]
    async fn a_request_that_broke_on_a_used_one_is_not_sent_twice() {
        let count = AtomicUsize::new(0);
        let server = Server::plain(move |_| match count.fetch_add(1, SeqCst) {
            0 => Reply::json(200, "{}"),
            _ => Reply::silence().then(Then::Close),
        });
        let client = client();
        get(&client, &server.http(), LONG).await.expect("a reply");
        settle().await;
        let error = get(&client, &server.http(), LONG).await.expect_err("no reply");
        assert_eq!(error, broke(&server));
        assert_eq!((server.connections(), server.requests().len()), (1, 2));
    }

    #[tokio::test]
    async fn a_caller_who_gives_up_closes_his_own() {
        let (closed, when_closed) = mpsc::channel();
        let server = Server::raw(move |mut stream, _| {
            until_closed(&mut stream)?;
            closed.send(()).map_err(io::Error::other)
        });
        failure(&server, SHORT).await;
        spawn_blocking(move || when_closed.recv()).await.expect("no panic").expect("the client hung up");
    }
}
