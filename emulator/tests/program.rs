//! The program, started as a user would.

mod common;

use std::{
    io::{BufRead, BufReader, Write as _},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use common::{login::*, *};

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vipps-emulator"));
    command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn output(args: &[&str]) -> Output {
    program(args).output().expect("it runs")
}

/// A started program and what it printed up to its last export.
struct Running {
    child: Child,
    printed: Vec<String>,
    _rest: BufReader<ChildStdout>,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let mut child = program(args).spawn().expect("it runs");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut printed = Vec::new();
        while !printed.iter().any(|line: &String| line.starts_with("# or specialised keys")) {
            let mut line = String::new();
            assert_ne!(out.read_line(&mut line).expect("a line"), 0, "{printed:?}");
            printed.push(line.trim_end().to_owned());
        }
        Self { child, printed, _rest: out }
    }

    /// The first value exported under that name.
    fn exported(&self, name: &str) -> &str {
        let prefix = format!("export {name}='");
        let value = self.printed.iter().find_map(|line| line.strip_prefix(&prefix)?.strip_suffix('\''));
        value.unwrap_or_else(|| panic!("no {name} in {:?}", self.printed))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_printed_keys_work_at_the_printed_address() {
    let running = Running::start(&["--port", "0", "--test", "--merchant", "123456", "--merchant=0654321"]);
    let base_url = running.exported("VIPPS_ENVIRONMENT");
    assert!(base_url.starts_with("http://127.0.0.1:"));
    for key in ["VIPPS_SUBSCRIPTION_KEY", "VIPPS_SECOND_SUBSCRIPTION_KEY"] {
        let request = client().post(format!("{base_url}{TOKEN}")).header(KEY, running.exported(key));
        let request = request.header("client_id", running.exported("VIPPS_CLIENT_ID"));
        let reply = send(with_system(request.header("client_secret", running.exported("VIPPS_CLIENT_SECRET")))).await;
        assert_eq!((reply.status, &reply.json()["expires_in"]), (200, &"3599".into()));
    }
    assert!(running.printed.contains(&"# export VIPPS_MSN='0654321'".to_owned()), "{:?}", running.printed);
    let page = running.printed[1].rsplit(' ').next().expect("the page's address");
    assert_eq!((page, send(client().get(page)).await.status), (format!("{base_url}/").as_str(), 200));
}

#[test]
fn keys_can_be_given() {
    let args = ["--port", "0", "--client-id", "i", "--client-secret", "s", "--subscription-key", "k"];
    let running = Running::start(&args);
    let names = ["VIPPS_CLIENT_ID", "VIPPS_CLIENT_SECRET", "VIPPS_SUBSCRIPTION_KEY"];
    assert_eq!(names.map(|name| running.exported(name)), ["i", "s", "k"]);
}

#[tokio::test]
async fn a_login_runs_by_itself() {
    let callback = "http://localhost:3000/cb";
    let args = ["--port=0", "--merchant=123456", "--redirect-uri", callback, "--auto-approve", KARI];
    let running = Running::start(&args);
    let fields = Fields::new(&[("response_type", "code"), ("msn", "123456"), ("redirect_uri", callback)]);
    let query = fields.with("scope", "openid").with("state", STATE).encoded();
    let to_client = send(client().get(format!("{}{AUTH}?{query}", running.exported("VIPPS_ENVIRONMENT")))).await;
    let back = send(client().get(location(&to_client))).await;
    assert!(location(&back).starts_with(&format!("{callback}?code=")), "{back:?}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it() {
    let mut running = Running::start(&["--port", "0"]);
    let base_url = running.exported("VIPPS_ENVIRONMENT").to_owned();
    let address = base_url.trim_start_matches("http://");
    assert!(TcpStream::connect(address).is_ok());
    let interrupt = Command::new("kill").args(["-INT", &running.child.id().to_string()]).status();
    assert!(interrupt.expect("kill runs").success());
    assert!(running.child.wait().expect("an end").success());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn help_says_that_it_is_for_tests_and_stays_on_this_machine() {
    let help = String::from_utf8(output(&["--help"]).stdout).expect("text");
    for word in [
        "For tests only",
        "not an official Vipps product",
        "127.0.0.1 and nowhere else",
        "--merchant MSN",
        "--config FILE",
        "--public-url URL",
    ] {
        assert!(help.contains(word), "{help}");
    }
    let version = String::from_utf8(output(&["--version"]).stdout).expect("text");
    assert_eq!(version, format!("vipps-emulator {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_option_is_named() {
    for (args, word) in [
        (&["--host", "0.0.0.0"][..], "--host"),
        (&["--listen", "nowhere"], "nowhere"),
        (&["--public-url=x"], "public_url: must be"),
        (&["--rsa-bits=1024"], "2048, 3072, 4096"),
        (&["--control=x"], "NAME=JSON"),
        (&["--port=0", "--control=x={}"], "no such operation"),
        (&["--port", "x"], "x"),
        (&["--port"], "--port"),
        (&["--merchant", "12 345"], "4 to 10 digits"),
        (&["--port=0", "--merchant=123456", "--redirect-uri=http://shop.example/"], "must be https"),
        (&["--port=0", "--auto-approve=4700000000"], "there is no such user"),
        (&["--port=0", "--ping-url=http://shop.example/"], "127.0.0.1"),
    ] {
        let output = output(args);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{text}");
        assert!(text.starts_with("vipps-emulator: ") && text.contains(word), "{text}");
    }
}

/// A started program that says in one line of JSON where it is.
struct InJson {
    child: Child,
    line: serde_json::Value,
    _rest: BufReader<ChildStdout>,
}

impl InJson {
    fn start(args: &[&str]) -> Self {
        Self::run(program(&[&["--json", "--port", "0"], args].concat()).stdin(Stdio::piped()))
    }

    fn run(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("it runs");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        Self { line: serde_json::from_str(&line).expect("JSON"), child, _rest: out }
    }

    fn word(&self, pointer: &str) -> &str {
        self.line.pointer(pointer).and_then(serde_json::Value::as_str).expect("text")
    }

    /// Where it listens, whatever it is told that it is reached by.
    fn local(&self) -> String {
        format!("http://{}", self.word("/listening"))
    }
}

impl Drop for InJson {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn written(name: &str, text: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

#[tokio::test]
async fn the_start_line_in_json_has_all_that_a_program_needs() {
    let running = InJson::start(&["--merchant", "123456", "--specialized-scope", "a:b"]);
    assert_eq!(running.word("/environment/VIPPS_ENVIRONMENT"), running.word("/base_url"));
    assert_eq!(running.word("/environment/VIPPS_CLIENT_ID"), running.word("/partner_keys/client_id"));
    assert_eq!(running.word("/merchants/0/msn"), "123456");
    assert!(running.line.pointer("/merchants/0/keys/client_secret").is_some());
    assert_eq!(running.line["specialized_keys"]["scopes"], serde_json::json!(["a:b"]));
    assert_eq!(running.line["pid"], running.child.id());
    assert_eq!(running.word("/environment/VIPPS_SYSTEM_NAME"), "acme");
}

#[tokio::test]
async fn a_configuration_file_has_options_and_operations() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/example.toml");
    let running = InJson::start(&["--config", example, "--test"]);
    assert_eq!(running.word("/partner_keys/client_secret"), "fixture-Secret+/42==");
    assert_eq!(running.word("/merchants/1/name"), "Bergen Books");
    let reply = send(client().post(format!("{}{TOKEN}", running.local())).body("")).await;
    assert_eq!(reply.status, 503, "the failure of the file");
    let json = written("setup.json", r#"{"merchants": ["123456"], "jwks_outage": {"on": true}}"#);
    let running =
        InJson::start(&["--config", json.to_str().expect("a path"), "--control", "numbers={\"numbers\":\"strings\"}"]);
    assert_eq!(send(client().get(format!("{}{JWKS}", running.local()))).await.status, 503);
}

#[tokio::test]
async fn a_configuration_can_come_on_standard_input_which_stays_open() {
    let mut child = program(&["--port", "0", "--json", "--exit-with-stdin", "--config", "-"]);
    let mut child = child.stdin(Stdio::piped()).spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("its input");
    writeln!(stdin, r#"{{"mode": "test", "merchants": ["123456"]}}"#).expect("it listens");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(line["merchants"][0]["msn"], "123456");
    let reply =
        send(client().post(format!("{}{TOKEN}", line["base_url"].as_str().expect("an address"))).body("")).await;
    assert_eq!(reply.status, 401, "it goes on");
    drop(stdin);
    assert!(child.wait().expect("an end").success());
}

#[test]
fn a_wrong_configuration_is_refused_by_name_before_anything_is_printed() {
    for (name, text, word) in [
        ("a.toml", "prot = 1\n", "prot: there is no such option or operation"),
        ("b.toml", "[fail_next]\nendpoint = \"jwk\"\nstatus = 503\n", "fail_next.endpoint: no such endpoint"),
        ("c.json", r#"{"port": 1, "port": 2}"#, "a member comes twice"),
        ("d.toml", "[[add_merchant]]\nmsn = 123456\n", "add_merchant[0].msn: must be"),
        ("e.toml", "= 1", "not TOML"),
    ] {
        let path = written(name, text);
        let output = output(&["--port", "0", "--config", path.to_str().expect("a path")]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn later_configurations_go_over_earlier_ones_and_one_may_come_through_standard_input() {
    let file = written("house.toml", "mode = \"test\"\nmerchants = [\"123456\"]\n[jwks_outage]\n");
    let file = file.to_str().expect("a path");
    let mut child = program(&["--json", "--exit-with-stdin", "--config", file, "--config", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("its input");
    std::io::Write::write_all(&mut stdin, b"{\"port\": 0, \"merchants\": [\"654321\", \"0123\"]}\n").expect("written");
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    let msns: Vec<_> = line["merchants"].as_array().expect("merchants").iter().map(|unit| &unit["msn"]).collect();
    assert_eq!(msns, ["0123", "654321"]);
    assert_eq!(line["local_url"], line["base_url"]);
    drop(stdin);
    assert!(child.wait().expect("an end").success(), "its standard input ended");
}

#[test]
fn what_is_wrong_with_a_start_in_json_is_told_in_json() {
    let wrong = written("wrong.json", r#"{"merchants": ["12 3"]}"#);
    let wrong = wrong.to_str().expect("a path");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    for (args, code, member) in [
        (&["--config", wrong][..], "invalid_input", "merchants[0]"),
        (&["--control=numbers={}"], "invalid_input", "numbers.numbers"),
        (&["--control=x={}"], "unknown_operation", "x"),
        (&["--public-url=x"], "invalid_input", "public_url"),
        (&["--port", &port], "", ""),
        (&["--prot"], "", ""),
    ] {
        let output = output(&[&["--json", "--port=0"], args].concat());
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!((output.status.code(), output.stderr.len()), (Some(2), 0), "{said}");
        assert_eq!(said["code"].as_str().unwrap_or_default(), code, "{said}");
        assert_eq!(said["member"].as_str().unwrap_or_default(), member, "{said}");
        assert!(!said["error"].as_str().expect("a text").is_empty());
    }
}

#[tokio::test]
async fn keys_stay_the_same_with_a_keys_file() {
    let folder = written("keys", "");
    let file = folder.with_file_name("keys.json");
    let _ = std::fs::remove_file(&file);
    let args = ["--keys-file", file.to_str().expect("a path"), "--merchant", "123456"];
    let first = InJson::start(&args);
    let keys = send(client().get(format!("{}{JWKS}", first.local()))).await.json();
    let second = InJson::start(&args);
    for part in ["partner_keys", "specialized_keys", "merchants"] {
        assert_eq!(first.line[part], second.line[part]);
    }
    assert_eq!(send(client().get(format!("{}{JWKS}", second.local()))).await.json(), keys);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(&file, "{}").expect("written");
    let said = String::from_utf8(output(&["--port", "0", "--keys-file", args[1]]).stderr).expect("text");
    assert!(said.contains("keys_file: is not a file that vipps-emulator made"), "{said}");
}

#[tokio::test]
async fn behind_a_proxy_it_speaks_as_the_public_url() {
    let callback = "https://shop.example/cb";
    let args = ["--public-url", "https://api.vipps.no", "--merchant", "123456", "--redirect-uri", callback];
    let running = InJson::start(&args);
    assert_eq!(running.word("/base_url"), "https://api.vipps.no");
    let (local, host) = (running.local(), "api.vipps.no");
    let discovery = send(client().get(format!("{local}{DISCOVERY}")).header("Host", host)).await.json();
    assert_eq!(discovery["issuer"], "https://api.vipps.no/access-management-1.0/access/");
    assert_eq!(discovery["token_endpoint"], "https://api.vipps.no/access-management-1.0/access/oauth2/token");
    let fields = Fields::new(&[("response_type", "code"), ("msn", "123456"), ("redirect_uri", callback)]);
    let query = fields.with("scope", "openid").with("state", STATE).encoded();
    let to_client = send(client().get(format!("{local}{AUTH}?{query}")).header("Host", host)).await;
    let next = location(&to_client).strip_prefix("https://api.vipps.no").expect("the public URL").to_owned();
    let page = send(client().get(format!("{local}{next}")).header("Host", host)).await;
    let id = page.header("vipps-emulator-login").expect("an id");
    // The page's own button, as a browser at the public address presses it.
    let press = client().post(format!("{local}/emulator/logins/{id}/approve")).header("Host", host);
    let press = press.header("Origin", "https://api.vipps.no").header("Sec-Fetch-Site", "same-origin");
    let back = send(press.form(&[("user", KARI)])).await;
    assert!(location(&back).starts_with(&format!("{callback}?code=")), "{back:?}");
    let evil = client().get(format!("{local}/emulator/state")).header("Host", "evil.example");
    assert_eq!(send(evil).await.status, 403);
    let spec = client().post(format!("{local}/emulator/control/mint_id_token"));
    let minted = send(spec.json(&serde_json::json!({ "msn": "123456" }))).await.json();
    let payload = minted["id_token"].as_str().and_then(|token| token.split('.').nth(1)).expect("a payload");
    let payload =
        base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).expect("base64url");
    let claims: serde_json::Value = serde_json::from_slice(&payload).expect("JSON");
    assert_eq!(claims["iss"], discovery["issuer"]);
}

#[test]
fn listening_beyond_this_machine_is_said_loudly() {
    let mut running = InJson::start(&["--listen", "0.0.0.0", "--exit-with-stdin"]);
    assert!(
        running.word("/listening").starts_with("0.0.0.0:")
            && running.word("/base_url").starts_with("http://127.0.0.1:")
    );
    drop(running.child.stdin.take());
    assert!(running.child.wait().expect("an end").success(), "its standard input ended");
    let mut said = String::new();
    std::io::Read::read_to_string(&mut running.child.stderr.take().expect("errors"), &mut said).expect("text");
    assert!(said.contains("WARNING: listening at 0.0.0.0:") && said.contains("read all keys"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_termination_signal_ends_it_cleanly() {
    for signal in ["-TERM", "-HUP"] {
        let mut running = InJson::start(&[]);
        let sent = Command::new("kill").args([signal, &running.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        assert!(running.child.wait().expect("an end").success(), "{signal}");
    }
}
