//! One step of a rotation, on every process: at random moments, with what befalls them before.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use fastrand::Rng;
use futures_util::future::try_join_all;
use ray_auth::keyring_file::Change;
use ray_auth::token::TokenSet;
use ray_auth::{ClusterAuth, Token};

use super::cluster::Cluster;
use super::fault::Fault;
use super::file::{Way, text};
use super::intruder::{Intruder, call};
use super::plan::Plan;
use super::process::Process;
use super::record::Record;

/// A file is rewritten so many times in a second, evenly …
const BEATS: u32 = 200;
/// … by so many in a row.
const A_BEAT: usize = 5;

/// What a step is taken with.
pub(super) struct Scene<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) record: &'a Record,
    pub(super) intruder: &'a Intruder,
    /// The driver's own tokens, which are accepted everywhere.
    pub(super) auth: &'a ClusterAuth,
    /// This program.
    pub(super) program: PathBuf,
}

/// A step: what it changes, and the tokens before and after it.
pub(super) struct Step {
    pub(super) change: Change,
    pub(super) before: TokenSet,
    pub(super) after: TokenSet,
}

impl Step {
    /// Takes the step on every process as planned. Done when every process reports it.
    pub(super) async fn take(&self, scene: &Scene<'_>, plans: Vec<Plan>, rng: &mut Rng) -> Result<()> {
        let takes: Vec<_> =
            scene.cluster.processes.iter().zip(plans).map(|(process, plan)| (process, plan, rng.fork())).collect();
        try_join_all(takes.into_iter().map(|(process, plan, rng)| async move {
            let taken = self.take_on(scene, process, plan, rng).await;
            taken.with_context(|| format!("{}: {plan:?}", process.name()))
        }))
        .await?;
        Ok(())
    }

    async fn take_on(&self, scene: &Scene<'_>, process: &Arc<Process>, plan: Plan, mut rng: Rng) -> Result<()> {
        let place = process.identity.place;
        if plan.killed.is_some() {
            scene.cluster.kill(place).await?;
        }
        if let Some(fault) = plan.fault {
            self.strike(scene, process, fault, &mut rng).await?;
        }
        tokio::time::sleep(plan.delay).await;
        let decoy = self.before.clone().add_accepted(Token::generate())?;
        if plan.fault == Some(Fault::Rewrites) {
            scene.record.rewritten(self.rewrite(process, plan.way, &decoy, rng.fork()).await?);
        }
        if let Some(longer) = plan.killed {
            // Written while it is down: it starts with what is there then, and reports nothing else before.
            process.file.put(plan.way, &self.change, &self.after, &mut rng).await?;
            scene.cluster.until_noticed(place).await?;
            tokio::time::sleep(longer).await;
            let start = SystemTime::now();
            scene.cluster.restart(place).await?;
            let reported = process.watch.until_has(&self.after, &[]).await?;
            scene.record.restarted(reported.duration_since(start).unwrap_or_default());
        } else {
            let so_far = [&self.before, &decoy];
            let reported = process.watch.until_has(&self.after, &so_far);
            let put = process.file.put(plan.way, &self.change, &self.after, &mut rng);
            let ((), reported) = tokio::try_join!(put, reported)?;
            let took = reported.duration_since(process.file.changed_at()?).unwrap_or_default();
            scene.record.reloaded(plan.way, plan.fault, took);
        }
        Ok(())
    }

    /// Breaks the file, and sees that the process shows it and goes on as before.
    async fn strike(&self, scene: &Scene<'_>, process: &Arc<Process>, fault: Fault, rng: &mut Rng) -> Result<()> {
        let start = SystemTime::now();
        fault.strike(&process.file, &self.after, &scene.program, rng).await?;
        let mut shown = None;
        if fault.is_shown() {
            let at = process.watch.until_shows_fault(&self.before).await?;
            shown = Some(at.duration_since(start).unwrap_or_default());
        }
        scene.intruder.visit(process).await?;
        call(scene.auth, process.address).await.context("a call with a right token")?;
        scene.record.struck(fault, shown);
        Ok(())
    }

    /// Writes the tokens that are there, with and without one that nobody has: never what the step makes of them, so that
    /// the report of the step is the report of what stays.
    async fn rewrite(&self, process: &Arc<Process>, way: Way, decoy: &TokenSet, mut rng: Rng) -> Result<Duration> {
        let texts = [text(&self.before)?, text(decoy)?];
        let process = Arc::clone(process);
        // A task of its own, so that the reports of the others are heard meanwhile.
        let writing = tokio::spawn(async move {
            let start = Instant::now();
            // Beats that come late come faster: so many in a second.
            let mut beat = tokio::time::interval(Duration::from_secs(1) / BEATS);
            for _ in 0..BEATS {
                beat.tick().await;
                for text in texts.iter().cycle().take(A_BEAT) {
                    process.file.write(way, text, &mut rng)?;
                }
            }
            Ok(start.elapsed())
        });
        writing.await?
    }
}
