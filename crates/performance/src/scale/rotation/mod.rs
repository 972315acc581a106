//! A rotation of a cluster whose nodes read one Secret, simulated event by event: from the change of the Secret by way of
//! each node's kubelet and volume to the process that follows the file, and back to the operator who asks for it.
//!
//! The same settings and the same seed give the same rotation.

mod calls;
mod cluster;
mod operator;
pub(crate) mod settings;
mod timeline;
mod traffic;

use std::time::Duration;

use self::calls::Margins;
use self::cluster::{Cluster, Course};
use self::operator::Step;
use self::settings::Settings;
pub(crate) use self::timeline::Version;
use crate::data::scale::{RotationRow, StepRow};

/// What is not known of the simulation by itself: what things cost, in seconds of a processor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Costs {
    pub(crate) reload_s: f64,
    pub(crate) ask_s: f64,
}

/// A rotation with a name.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    /// Whether no call may fail in it. In a control some must.
    pub(crate) must_hold: bool,
    pub(crate) settings: Settings,
}

/// Whether it went as it must.
pub(crate) fn is_as_it_must_be(row: &RotationRow) -> bool {
    let failed = row.failed + row.failed_at_changes;
    let margins = row.margin_accept_s >= 0.0 && row.margin_retire_s >= 0.0;
    if row.must_hold { failed == 0 && margins } else { failed > 0 && !margins }
}

impl Variant {
    /// Simulates it.
    pub(crate) fn run(&self, costs: Costs, seed: u64) -> (RotationRow, Vec<StepRow>) {
        let settings = &self.settings;
        let course = Cluster::new(settings, seed).run();
        let chance =
            calls::by_chance(&course.timelines, course.end, settings.longest_wait, settings.calls, seed ^ 0x5eed);
        let worst = calls::at_changes(&course.timelines, settings.longest_wait, settings.calls, seed ^ 0xbad);
        let margins = Margins::new(&course.timelines, settings.longest_wait);
        let known = course.operator.steps.last().and_then(|step| step.confirmed);
        let row = RotationRow {
            variant: self.name.to_owned(),
            nodes: u64::from(settings.nodes),
            must_hold: self.must_hold,
            length_s: known.unwrap_or(course.end).as_secs_f64(),
            calls: chance.calls,
            failed: chance.failed,
            failed_at_changes: worst.failed,
            // A rotation without an end has no margin at all.
            margin_accept_s: margins.map_or(f64::MIN, |margins| margins.accept),
            margin_retire_s: margins.map_or(f64::MIN, |margins| margins.retire),
            api_messages: course.traffic.messages,
            api_requests: course.traffic.requests,
            api_bytes: course.traffic.bytes,
            api_messages_in_busiest_second: course.traffic.in_busiest_second(),
            reloads: course.reloads,
            reload_cpu_s: course.reloads as f64 * costs.reload_s,
            asks: course.operator.asks,
            ask_cpu_s: course.operator.asks as f64 * costs.ask_s,
            restarted: course.restarted,
        };
        let steps = course.operator.steps.iter().map(|step| self.step(&course, step)).collect();
        (row, steps)
    }

    fn step(&self, course: &Course, step: &Step) -> StepRow {
        let mut taken: Vec<_> = course.timelines.iter().filter_map(|node| node.first(step.version)).collect();
        taken.sort_unstable();
        let since = |time: Duration| time.saturating_sub(step.written).as_secs_f64();
        // The smallest time by which so many of a hundred had taken it.
        let part = |percent: usize| {
            let rank = (taken.len() * percent).div_ceil(100).max(1);
            taken.get(rank - 1).copied().map_or(f64::MAX, since)
        };
        StepRow {
            variant: self.name.to_owned(),
            step: name(step.version).to_owned(),
            begun_s: step.written.as_secs_f64(),
            half_s: part(50),
            nearly_all_s: part(99),
            all_s: part(100),
            confirmed_s: step.confirmed.map(since),
            rounds: step.rounds,
        }
    }
}

fn name(version: Version) -> &'static str {
    Version::STEPS.iter().find(|(step, _)| *step == version).map_or("none", |(_, name)| name)
}

#[cfg(test)]
mod tests;
