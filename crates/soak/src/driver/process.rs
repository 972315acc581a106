//! One process of the cluster, as the driver sees it: started, told what to do, killed, and started again.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;

use super::file::TokenFile;
use super::watch::Watch;
use crate::wire::{Counts, Failure, Order, Peer, Place, Said};

/// No order takes as long as this.
const LIMIT: Duration = Duration::from_secs(60);

/// What a process may have said that was not heard yet.
const UNHEARD: usize = 64;

/// How many failures are kept in full.
const KEPT: usize = 50;

/// The failures of all processes: who said it, and what.
pub(super) type Failures = Arc<Mutex<Vec<(String, Failure)>>>;

/// What a process is, whether it runs or not.
pub(super) struct Identity {
    pub(super) place: Place,
    pub(super) name: String,
    /// The program, which the process's user may execute.
    pub(super) program: PathBuf,
    /// Another user, whose process it is.
    pub(super) user: Option<u32>,
    /// Whether it ends open calls when their token is retired.
    pub(super) closes: bool,
    pub(super) log: PathBuf,
    pub(super) seed: u64,
}

/// A process of the cluster.
pub(super) struct Process {
    pub(super) identity: Identity,
    pub(super) address: SocketAddr,
    pub(super) file: TokenFile,
    pub(super) watch: Watch,
    failures: Failures,
    /// None while it is down. Orders take turns.
    running: tokio::sync::Mutex<Option<Running>>,
    /// What it counted before it was killed.
    before: Mutex<Counts>,
    /// How often it was killed or started again: odd while it is down.
    turns: AtomicU64,
}

/// A process while it runs. Killed when dropped; and it ends by itself when its stdin ends.
struct Running {
    child: Child,
    stdin: ChildStdin,
    said: mpsc::Receiver<Said>,
}

impl Process {
    /// Starts it at an address; with port 0 at a free one, which it then keeps.
    pub(super) async fn start(
        identity: Identity,
        address: SocketAddr,
        file: TokenFile,
        watch: impl FnOnce(SocketAddr) -> Result<Watch>,
        failures: &Failures,
    ) -> Result<Self> {
        let (running, address) = Running::start(&identity, address, &file, failures).await?;
        Ok(Self {
            watch: watch(address)?,
            address,
            file,
            failures: Arc::clone(failures),
            running: tokio::sync::Mutex::new(Some(running)),
            before: Mutex::default(),
            turns: AtomicU64::new(0),
            identity,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.identity.name
    }

    pub(super) fn peer(&self) -> Peer {
        Peer { place: self.identity.place, name: self.identity.name.clone(), address: self.address }
    }

    /// A number that changes when it goes down, and when it is back.
    pub(super) fn turns(&self) -> u64 {
        self.turns.load(Ordering::SeqCst)
    }

    /// Whether it was down at any time since it had this number.
    pub(super) fn was_down_since(&self, turns: u64) -> bool {
        turns % 2 == 1 || self.turns() != turns
    }

    /// Has an order carried out.
    pub(super) async fn order(&self, order: Order) -> Result<Said> {
        let mut running = self.running.lock().await;
        let running = running.as_mut().with_context(|| format!("{} is down", self.name()))?;
        let asked = format!("{order:?}");
        let answered = tokio::time::timeout(LIMIT, running.order(&order)).await;
        answered
            .with_context(|| format!("{}: no answer to {asked} within {LIMIT:?}", self.name()))?
            .with_context(|| format!("{}: {asked}", self.name()))
    }

    /// Everything it counted, also before it was killed.
    pub(super) async fn count(&self) -> Result<Counts> {
        match self.order(Order::Count).await? {
            Said::Counted(counts) => {
                let mut all = *self.before.lock().unwrap_or_else(PoisonError::into_inner);
                all += counts;
                Ok(all)
            }
            other => bail!("{} says {other:?} when asked to count", self.name()),
        }
    }

    /// Counts for the last time before it is killed.
    pub(super) async fn keep_counts(&self) -> Result<()> {
        let counts = self.count().await?;
        *self.before.lock().unwrap_or_else(PoisonError::into_inner) = counts;
        Ok(())
    }

    /// Kills it as the system does when memory is short: with SIGKILL.
    pub(super) async fn kill(&self) -> Result<()> {
        let running = self.running.lock().await.take();
        let mut running = running.with_context(|| format!("{} is down already", self.name()))?;
        self.turns.fetch_add(1, Ordering::SeqCst);
        running.child.start_kill()?;
        tokio::time::timeout(LIMIT, running.child.wait()).await??;
        Ok(())
    }

    /// Starts it again where it was.
    pub(super) async fn restart(&self) -> Result<()> {
        let (running, _) = Running::start(&self.identity, self.address, &self.file, &self.failures).await?;
        self.watch.process_is_new()?;
        *self.running.lock().await = Some(running);
        self.turns.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Lets it end by itself.
    pub(super) async fn end(&self) -> Result<()> {
        let Some(Running { mut child, stdin, said }) = self.running.lock().await.take() else { return Ok(()) };
        drop((stdin, said));
        let status = tokio::time::timeout(LIMIT, child.wait()).await??;
        if status.success() { Ok(()) } else { bail!("{} ended with {status}", self.name()) }
    }
}

impl Running {
    async fn start(
        identity: &Identity,
        address: SocketAddr,
        file: &TokenFile,
        failures: &Failures,
    ) -> Result<(Self, SocketAddr)> {
        let log = File::options().create(true).append(true).open(&identity.log)?;
        let mut command = Command::new(&identity.program);
        command
            .args(["node", "--place", &identity.place.to_string(), "--listen", &address.to_string()])
            .args(["--seed", &identity.seed.to_string()])
            .env_clear()
            .env("RAY_AUTH_MODE", "token")
            .env("RAY_AUTH_TOKEN_PATH", file.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true);
        if identity.closes {
            command.arg("--close-on-revoke");
        }
        if let Some(user) = identity.user {
            command.uid(user).gid(user);
        }
        let mut child = command.spawn().with_context(|| format!("{}: starting", identity.name))?;
        let stdin = child.stdin.take().context("the process has a stdin")?;
        let stdout = child.stdout.take().context("the process has a stdout")?;
        let (sender, said) = mpsc::channel(UNHEARD);
        tokio::spawn(listen(identity.name.clone(), stdout, sender, Arc::clone(failures)));
        let mut running = Self { child, stdin, said };
        match tokio::time::timeout(LIMIT, running.said.recv()).await {
            Ok(Some(Said::Listening(address))) => Ok((running, address)),
            Ok(other) => bail!("{}: {other:?} instead of an address; see its log", identity.name),
            Err(_) => bail!("{}: did not start within {LIMIT:?}", identity.name),
        }
    }

    async fn order(&mut self, order: &Order) -> Result<Said> {
        let line = serde_json::to_string(order)? + "\n";
        self.stdin.write_all(line.as_bytes()).await?;
        self.said.recv().await.context("the process has ended")
    }
}

/// Hears what a process says, to its end.
async fn listen(name: String, stdout: ChildStdout, sender: mpsc::Sender<Said>, failures: Failures) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str(&line) {
            Ok(Said::Failed(failure)) => {
                let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
                if failures.len() < KEPT {
                    failures.push((name.clone(), failure));
                }
            }
            // Whoever waits for an answer learns that there will be none.
            Ok(said) => {
                if sender.send(said).await.is_err() {
                    return;
                }
            }
            Err(_) => return,
        }
    }
}
