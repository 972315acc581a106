//! `ray-auth serve` as a process.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr};

use super::{Ran, Tool, end};

/// Nothing that is waited for here takes this long.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A server that said where it listens.
pub(crate) struct Serving {
    pub(crate) address: String,
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    /// What was read of the log.
    heard: String,
}

impl Serving {
    pub(crate) async fn start(tool: &Tool, args: &[&str]) -> Self {
        let mut child = tool.command(args).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let read = stdout.read_line(&mut line);
        tokio::time::timeout(TIMEOUT, read).await.expect("it listens in time").unwrap();
        // Kept open: what follows must not meet a broken pipe.
        child.stdout = Some(stdout.into_inner());
        let address = line.strip_prefix("listening on ").expect("the first line").trim_end().to_owned();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { address, child, log, heard: String::new() }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = self.child.id().expect("it runs");
        kill_process(Pid::from_raw(id.try_into().unwrap()).unwrap(), signal).unwrap();
    }

    /// Waits until the log has another line with this text.
    pub(crate) async fn log_line(&mut self, text: &str) {
        let found = async {
            loop {
                let line = self.log.next_line().await.unwrap().expect("the line comes");
                self.heard.extend([line.as_str(), "\n"]);
                if line.contains(text) {
                    return;
                }
            }
        };
        tokio::time::timeout(TIMEOUT, found).await.expect("the line comes in time");
    }

    /// Waits until its keyring has changed for the so-many-th time; the one it starts with is the first.
    pub(crate) async fn has_generation(&mut self, generation: u64) {
        self.log_line(&format!("keyring changed generation={generation} ")).await;
        // That line comes before the change is there for all to see, and this one after it.
        self.log_line("tokens reloaded").await;
    }

    /// Waits until it ends.
    pub(crate) async fn end(mut self) -> Ran {
        // Read at the same time: a full pipe would keep it from ending.
        let rest = async {
            while let Some(line) = self.log.next_line().await.unwrap() {
                self.heard.extend([line.as_str(), "\n"]);
            }
        };
        let (ran, ()) = tokio::join!(end(self.child), rest);
        Ran { stderr: self.heard, ..ran }
    }
}
