//! Running the tool, and servers for it to ask.

mod server;
mod serving;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

pub(crate) use self::server::Listening;
pub(crate) use self::serving::Serving;

/// Nothing the tool does here takes this long.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The tool with an environment of its own: an empty home folder, and the variables it is given.
pub(crate) struct Tool {
    home: TempDir,
    vars: Vec<(OsString, OsString)>,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Tool {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let vars = vec![("HOME".into(), home.path().into())];
        Self { home, vars }
    }

    /// Sets a variable.
    pub(crate) fn var(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.vars.push((name.into(), value.as_ref().into()));
        self
    }

    /// Sets variables; `__home__` in a value stands for the home folder.
    pub(crate) fn vars(self, vars: &[(&str, &str)]) -> Self {
        let home = self.home.path().to_str().unwrap().to_owned();
        vars.iter().fold(self, |tool, (name, value)| tool.var(name, value.replace("__home__", &home)))
    }

    /// Writes a private file under the home folder.
    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        set_mode(&path, 0o600);
        self
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn default_file(&self) -> PathBuf {
        self.home.path().join(".ray").join("auth_token")
    }

    /// The command, with its streams in pipes.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ray-auth"));
        command.args(args).env_clear().envs(self.vars.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command.current_dir(self.home.path());
        command
    }

    /// Runs it to its end, with this on stdin.
    pub(crate) async fn run_with(&self, args: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        // What does not read it has ended, and its exit code says why.
        let _ = pipe.write_all(stdin.as_ref()).await;
        drop(pipe);
        end(child).await
    }

    /// Runs it to its end.
    pub(crate) async fn run(&self, args: &[&str]) -> Ran {
        end(self.command(args).spawn().unwrap()).await
    }
}

/// What a child came to.
pub(crate) async fn end(child: Child) -> Ran {
    let ended = tokio::time::timeout(TIMEOUT, child.wait_with_output()).await;
    let Output { status, stdout, stderr } = ended.expect("the tool ends in time").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code().expect("the tool ends by itself"), stdout: text(stdout), stderr: text(stderr) }
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// What asks the tool to end. A hangup is none where it is ignored, as under `nohup`, and that is inherited.
pub(crate) fn ending_signals() -> Vec<(Signal, &'static str)> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let takes_hangup = ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).is_some_and(|set| set & 1 == 0);
    let hangup = takes_hangup.then_some((Signal::HUP, "SIGHUP"));
    [(Signal::INT, "SIGINT"), (Signal::TERM, "SIGTERM")].into_iter().chain(hangup).collect()
}
