//! Environment variables can't be set safely in a process with threads, so a test that is about them runs itself once
//! more, in a process of its own.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, id},
};

/// Set in the child only.
const MARK: &str = "VIPPS_PARTNER_AUTH_TEST_CHILD";

/// What would reach the child from the machine the tests run on.
const INHERITED: [&str; 11] = [
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "REQUEST_METHOD",
];

/// The program that starts those of another processor, with its arguments.
const RUNNER: &str = "VIPPS_TEST_RUNNER";

/// The argument that [`run`] gave, in the child; `None` in the parent.
pub(crate) fn argument() -> Option<String> {
    env::var(MARK).ok()
}

/// Runs the test of this name in a child with these variables, and fails when it fails there.
pub(crate) fn run(name: &str, argument: &str, variables: &[(&str, &str)]) {
    let mut command = this_program();
    command.args(["--exact", name, "--nocapture"]);
    for variable in INHERITED {
        command.env_remove(variable);
    }
    let output = command.envs(variables.iter().copied()).env(MARK, argument).output().expect("a child process");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{name} failed in the child:\n{said}");
}

/// The test binary, started by another program where one plays its processor.
fn this_program() -> Command {
    let binary = env::current_exe().expect("the test binary");
    let runner = env::var(RUNNER).unwrap_or_default();
    let mut words = runner.split_whitespace();
    let Some(player) = words.next() else { return Command::new(binary) };
    let mut command = Command::new(player);
    command.args(words).arg(binary);
    command
}

/// A path for a file of one test, in a folder that cargo keeps for that.
pub(crate) fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", id()))
}

/// A file that goes away with the test.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn file(name: &str, content: &str) -> Self {
        let path = scratch(name);
        fs::write(&path, content).expect("a writable folder");
        Self(path)
    }

    pub(crate) fn folder(name: &str) -> Self {
        let path = scratch(name);
        fs::create_dir_all(&path).expect("a writable folder");
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().expect("a path that is text")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed now goes with the target folder.
        let _ = if self.0.is_dir() { fs::remove_dir_all(&self.0) } else { fs::remove_file(&self.0) };
    }
}
