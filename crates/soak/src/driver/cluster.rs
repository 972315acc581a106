//! The processes together: a GCS-equivalent and four nodes, each of which calls every other.

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use fastrand::Rng;
use futures_util::future::try_join_all;
use ray_auth::ClusterAuth;
use ray_auth::token::TokenSet;

use super::file::{Layout, TokenFile};
use super::plan::Trait;
use super::process::{Failures, Identity, Process};
use super::watch::Watch;
use crate::wire::{Counts, GCS, Order, Place, Said};

/// How many processes there are, the GCS included.
const PROCESSES: usize = 5;

/// The process of another user, where the driver may start one: its file can be made unreadable for it.
const FOREIGN: Place = 1;

/// The process whose file lies as in a volume of Kubernetes.
const VOLUME: Place = 2;

/// From this one on, processes end open calls when their token is retired.
const CLOSES_FROM: Place = 2;

/// The user and the group nobody.
const NOBODY: u32 = 65_534;

/// The cluster, running.
pub(super) struct Cluster {
    pub(super) processes: Vec<Arc<Process>>,
    pub(super) failures: Failures,
    /// Whether one process is another user's.
    pub(super) foreign: bool,
}

impl Cluster {
    /// Starts it on free ports, each process with its own copy of the tokens, and lets everyone call everyone.
    pub(super) async fn start(folder: &Path, tokens: &TokenSet, auth: &ClusterAuth, rng: &mut Rng) -> Result<Self> {
        let failures = Failures::default();
        let foreign = rustix::process::geteuid().is_root();
        // Others pass through to a folder below, and see nothing else.
        fs::set_permissions(folder, Permissions::from_mode(0o711))?;
        let mut processes = Vec::new();
        for place in 0..PROCESSES {
            let name = if place == GCS { "gcs".to_owned() } else { format!("node-{place}") };
            let user = (foreign && place == FOREIGN).then_some(NOBODY);
            let layout = if place == VOLUME { Layout::Volume } else { Layout::Plain };
            let file = TokenFile::create(folder.join(&name), layout, user, tokens)?;
            let identity = Identity {
                place,
                name: name.clone(),
                program: if user.is_some() { program_for_all(folder)? } else { std::env::current_exe()? },
                user,
                closes: place >= CLOSES_FROM,
                log: folder.join(format!("{name}.log")),
                seed: rng.u64(..),
            };
            let watch = |address| Watch::new(name, address, auth.clone());
            processes.push(Arc::new(Process::start(identity, address_of(place), file, watch, &failures).await?));
        }
        let cluster = Self { processes, failures, foreign };
        try_join_all((0..PROCESSES).map(|place| cluster.begin_calls(place))).await?;
        Ok(cluster)
    }

    /// What the plans depend on.
    pub(super) fn traits(&self) -> Vec<Trait> {
        let facts = |process: &Arc<Process>| Trait {
            layout: process.file.layout(),
            can_be_locked_out: !self.foreign || process.identity.user.is_some(),
        };
        self.processes.iter().map(facts).collect()
    }

    /// Kills a process. Calls of it may fail from just before that.
    pub(super) async fn kill(&self, place: Place) -> Result<()> {
        self.processes[place].keep_counts().await?;
        self.tell_others(place, &Order::Down(place)).await?;
        self.processes[place].kill().await
    }

    /// Starts a killed process again, once everyone who calls it has learned that it is down.
    pub(super) async fn restart(&self, place: Place) -> Result<()> {
        self.processes[place].restart().await?;
        self.begin_calls(place).await?;
        self.tell_others(place, &Order::Up(place)).await
    }

    /// Waits until everyone who calls a killed process has learned that it is down.
    pub(super) async fn until_noticed(&self, place: Place) -> Result<()> {
        self.tell_others(place, &Order::Noticed(place)).await
    }

    /// Waits until every caller of every process has had two more answers.
    pub(super) async fn settle(&self) -> Result<()> {
        self.tell_others(PROCESSES, &Order::Settle).await
    }

    /// Lets the calls that are open finish; there are no more then.
    pub(super) async fn stop_calls(&self) -> Result<()> {
        self.tell_others(PROCESSES, &Order::Stop).await
    }

    /// What came of all calls so far.
    pub(super) async fn count(&self) -> Result<Counts> {
        let mut sum = Counts::default();
        for counts in try_join_all(self.processes.iter().map(|process| process.count())).await? {
            sum += counts;
        }
        Ok(sum)
    }

    /// Ends all processes.
    pub(super) async fn end(&self) -> Result<()> {
        try_join_all(self.processes.iter().map(|process| process.end())).await?;
        Ok(())
    }

    async fn begin_calls(&self, place: Place) -> Result<()> {
        let others = self.processes.iter().filter(|other| other.identity.place != place);
        let peers = others.map(|other| other.peer()).collect();
        is_done(self.processes[place].order(Order::Call(peers)).await?)
    }

    /// Has everyone but one carry out an order.
    async fn tell_others(&self, place: Place, order: &Order) -> Result<()> {
        let others = self.processes.iter().filter(|other| other.identity.place != place);
        try_join_all(others.map(async |other| is_done(other.order(order.clone()).await?))).await?;
        Ok(())
    }
}

fn is_done(said: Said) -> Result<()> {
    if matches!(said, Said::Done) { Ok(()) } else { bail!("{said:?} is no answer to such an order") }
}

/// An address of loopback for each process, so that the connections they open, which come from the first one, never take
/// the port of a process that is down.
fn address_of(place: Place) -> SocketAddr {
    let last = u8::try_from(place + 2).unwrap_or(u8::MAX);
    (Ipv4Addr::new(127, 0, 0, last), 0).into()
}

/// This program, at a place where every user may execute it.
fn program_for_all(folder: &Path) -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let for_all = |path: &Path| path.metadata().is_ok_and(|there| there.permissions().mode() & 0o001 != 0);
    if program.ancestors().all(for_all) {
        return Ok(program);
    }
    let copy = folder.join("program");
    fs::copy(&program, &copy)?;
    fs::set_permissions(&copy, Permissions::from_mode(0o755))?;
    ensure!(folder.ancestors().all(for_all), "{} cannot be reached by other users", folder.display());
    Ok(copy)
}
