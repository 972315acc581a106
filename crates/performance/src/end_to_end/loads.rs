//! The loads under which both arms are compared.

use anyhow::{Context as _, Result};
use ray_auth::{ClusterAuth, Keyring, Token};

use super::arguments::{Kind, Options};
use super::call::Call;
use super::conditions::Conditions;
use super::rounds;
use super::server::Server;
use super::side::{Load, Side};
use crate::data::end_to_end;

/// Calls in flight for which there is a budget, which takes a narrower interval.
pub(super) const BUDGETED: u32 = 64;

/// Pairs for each load.
const PAIRS: u32 = 15;

/// Pairs where there is a budget.
const BUDGETED_PAIRS: u32 = 40;

/// One comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    kind: Kind,
    in_flight: u32,
    connections: u32,
    pairs: u32,
}

/// What the options ask for.
pub(super) fn all(options: &Options) -> Vec<Comparison> {
    let mut all = Vec::new();
    for &kind in &options.kind {
        for &in_flight in &options.in_flight {
            // A connection without a call says nothing.
            for &connections in options.connections.iter().filter(|connections| **connections <= in_flight) {
                all.push(Comparison { kind, in_flight, connections, pairs: pairs(options, in_flight) });
            }
        }
    }
    all
}

/// How often the arms take turns with so many calls in flight.
pub(super) fn pairs(options: &Options, in_flight: u32) -> u32 {
    options.pairs.unwrap_or(if in_flight == BUDGETED { BUDGETED_PAIRS } else { PAIRS })
}

pub(super) fn windows(comparisons: &[Comparison]) -> u64 {
    comparisons.iter().map(|comparison| rounds::windows(comparison.pairs, 2)).sum()
}

/// Compares both arms under each load.
///
/// # Errors
///
/// When a call fails, or a server does not start.
pub(super) async fn measure(comparisons: &[Comparison], conditions: &Conditions) -> Result<Vec<end_to_end::Load>> {
    let mut loads = Vec::new();
    for comparison in comparisons {
        let load = comparison.measure(conditions).await;
        loads.push(load.with_context(|| comparison.in_words())?);
    }
    Ok(loads)
}

impl Comparison {
    fn in_words(self) -> String {
        let Self { kind, in_flight, connections, .. } = self;
        format!("{kind}, {in_flight} in flight on {connections}")
    }

    /// With servers of its own: how a process happens to lie in memory moves its pace by about as much as the layers do,
    /// and one pair of processes would have the same luck under every load.
    async fn measure(self, conditions: &Conditions) -> Result<end_to_end::Load> {
        let Self { kind, in_flight, connections, pairs } = self;
        conditions.progress.begin(self.in_words());
        let token = Token::generate();
        let (guarded, open) =
            (Server::with_layers(&token, conditions).await?, Server::without_layers(conditions).await?);
        let auth = ClusterAuth::with_keyring(Keyring::new(token));
        let sides = [
            Side::with_token("with layers", guarded.address, connections, &auth).await?.of(&guarded),
            Side::bare("without layers", open.address, connections).await?.of(&open),
        ];
        let load = Load { call: Call::Echo(kind), in_flight, connections };
        let records = rounds::run(&sides, load, pairs, conditions).await?;
        drop(sides);
        guarded.end().await?;
        open.end().await?;
        let [with, without] = records.as_slice() else { anyhow::bail!("two sides have two records") };
        Ok(end_to_end::Load {
            kind: kind.to_string(),
            in_flight,
            connections,
            pairs,
            with: with.arm(),
            without: without.arm(),
            ratio: with.ratio_to(without).context("fewer than two pairs; ask for more")?,
            cpu_ratio: with.cpu_ratio_to(without),
        })
    }
}
