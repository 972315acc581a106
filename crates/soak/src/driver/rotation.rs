//! Rotations, one after the other, with the invariants that keep calls from failing.

use std::time::Duration;

use anyhow::{Context, Result};
use fastrand::Rng;
use ray_auth::keyring_file::Change;
use ray_auth::token::TokenSet;
use ray_auth::{Keyring, Token};

use super::late::LateClients;
use super::plan::Planner;
use super::step::{Scene, Step};

/// How long to wait before the calls are counted again.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes a cluster from one token to the next.
pub(super) struct Rotations<'a> {
    pub(super) scene: Scene<'a>,
    pub(super) planner: Planner,
    pub(super) rng: Rng,
    /// The driver's own tokens: it is one more process, which only calls.
    pub(super) keyring: Keyring,
    /// Every token there ever was, the one in use last.
    pub(super) tokens: Vec<Token>,
    /// Whether the second step is left out, so that calls fail.
    pub(super) skip_promote: bool,
}

impl Rotations<'_> {
    /// One rotation.
    ///
    /// # Errors
    ///
    /// When a process does not do what it must.
    pub(super) async fn rotate(&mut self) -> Result<()> {
        let old = self.tokens.last().context("there is a token")?.clone();
        let new = Token::generate();
        self.tokens.push(new.clone());
        let before = TokenSet::new(old.clone());
        let staged = before.clone().with_next(new.clone())?;
        let promoted = TokenSet::new(new.clone()).add_accepted(old.clone())?;
        let after = TokenSet::new(new.clone());

        self.step("stage", Change::Stage(new.clone()), &before, &staged).await?;
        // Every process accepts it now, so the driver may send it.
        self.keyring.stage(new.clone())?;
        self.keyring.promote()?;
        self.scene.intruder.learn(&new, None);
        if self.skip_promote {
            self.keyring.retire()?;
            return self.step("skip to the end", Change::DangerousInstall(after.clone()), &staged, &after).await;
        }
        self.step("promote", Change::Promote(None), &staged, &promoted).await?;
        // Calls that began before may still carry the old token: they must be over before it is refused.
        self.scene.cluster.settle().await?;
        self.keyring.retire()?;
        let mut late = LateClients::start(&self.scene.cluster.processes, &old).await?;
        self.step("retire", Change::Retire(None), &promoted, &after).await?;
        late.are_refused().await?;
        self.scene.intruder.learn(&new, Some(old));
        for process in &self.scene.cluster.processes {
            self.scene.intruder.visit(process).await?;
        }
        Ok(())
    }

    /// Waits until so many calls were answered.
    pub(super) async fn until_answered(&self, calls: u64) -> Result<()> {
        while self.scene.cluster.count().await?.total().answered < calls {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn step(&mut self, name: &str, change: Change, before: &TokenSet, after: &TokenSet) -> Result<()> {
        let plans = self.planner.next_step();
        let step = Step { change, before: before.clone(), after: after.clone() };
        step.take(&self.scene, plans, &mut self.rng)
            .await
            .with_context(|| format!("{name} of token {}", self.tokens.len()))
    }
}
