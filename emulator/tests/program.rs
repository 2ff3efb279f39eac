//! The program, started as a user would.

mod common;

use std::{
    io::{BufRead, BufReader},
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
    for word in ["For tests only", "not an official Vipps product", "127.0.0.1 and nowhere else", "--merchant MSN"] {
        assert!(help.contains(word), "{help}");
    }
    let version = String::from_utf8(output(&["--version"]).stdout).expect("text");
    assert_eq!(version, format!("vipps-emulator {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_option_is_named() {
    for (args, word) in [
        (&["--host", "0.0.0.0"][..], "--host"),
        (&["--port", "x"], "x"),
        (&["--port"], "--port"),
        (&["--merchant", "12 345"], "4 to 10 digits"),
        (&["--port=0", "--merchant=123456", "--redirect-uri=http://shop.example/"], "must be https"),
        (&["--port=0", "--auto-approve=4700000000"], "no such user"),
        (&["--port=0", "--ping-url=http://shop.example/"], "127.0.0.1"),
    ] {
        let output = output(args);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{text}");
        assert!(text.starts_with("vipps-emulator: ") && text.contains(word), "{text}");
    }
}
