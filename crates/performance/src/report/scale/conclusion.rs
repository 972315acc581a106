//! What follows from the figures, in words: every number in them is one of the data.

use super::super::table::{count, plural};
use super::rotation::failed;
use super::{bytes, checks, float, percent};
use crate::data::scale::{LoadRow, RotationRow, Scale};

/// One paragraph. What is not in the data is not spoken of.
pub(super) fn text(scale: &Scale) -> String {
    let sentences = [load(&scale.loads), rotation(scale), controls(scale), Some(basis(scale))];
    let sentences: Vec<_> = sentences.into_iter().flatten().collect();
    format!("{}\n", sentences.join("\n"))
}

/// Of the largest cluster, with the fewest connections and the most.
fn load(loads: &[LoadRow]) -> Option<String> {
    let largest = loads.iter().map(|row| row.nodes).max()?;
    let rows = || loads.iter().filter(|row| row.nodes == largest);
    let (few, many) =
        (rows().min_by_key(|row| row.connections_per_node)?, rows().max_by_key(|row| row.connections_per_node)?);
    let memory = |row: &LoadRow| {
        let all = row.process_bytes_per_node + row.connection_bytes_per_node + row.waiting_calls_bytes_per_node_closing;
        bytes(float(all))
    };
    Some(format!(
        "A node that sends {} calls a second and takes as many spends {} of one core in the layers' own code, and {} while its\n\
         keyring holds three tokens; {} together spend {:.0} cores there. What HTTP/2 does for the header is not in it and takes several\n\
         times the instructions: see \"On the wire\", and the processor time in \"End to end\". The header adds {} a second to what a node sends.\n\
         In memory the layers take {} of a node with {}, and {} with {}, a call waiting on each.",
        count(few.calls_per_second_per_node),
        percent(few.core_share_measured),
        percent(few.core_share_while_rotating),
        plural(largest, "node"),
        few.cores_in_cluster,
        bytes(few.header_bytes_per_second_per_node),
        memory(few),
        plural(few.connections_per_node, "connection"),
        memory(many),
        plural(many.connections_per_node, "connection"),
    ))
}

/// Of those that must hold: how long, and whether they held.
fn rotation(scale: &Scale) -> Option<String> {
    let rows = || scale.rotations.iter().filter(|row| row.must_hold);
    let by = |length: fn(f64, f64) -> f64| rows().map(|row| row.length_s).reduce(length);
    let (shortest, longest) = (by(f64::min)?, by(f64::max)?);
    let nodes = rows().map(|row| row.nodes).max()?;
    let calls: u64 = rows().map(|row| 2 * row.calls).sum();
    let held = match rows().map(failed).sum::<u64>() {
        0 => format!("none of {} failed in them", plural(calls, "call")),
        lost => format!("**{} of {} failed in them**", count(lost), plural(calls, "call")),
    };
    let busiest = rows().map(|row| row.api_messages_in_busiest_second).max()?;
    let reload = rows().map(|row| row.reload_cpu_s).reduce(f64::max)?;
    Some(format!(
        "A rotation of {} with waiting takes {} to {} minutes, by how kubelets find the change and whether nodes go away, and {held}.\n\
         It costs the nodes together {reload:.1} s of processor time at most, and the API server {} in its busiest second.",
        plural(nodes, "node"),
        minutes(shortest),
        minutes(longest),
        plural(busiest, "message"),
    ))
}

/// What fails otherwise.
fn controls(scale: &Scale) -> Option<String> {
    let rows: Vec<&RotationRow> = scale.rotations.iter().filter(|row| !row.must_hold).collect();
    if rows.is_empty() {
        return None;
    }
    let each = rows.iter().map(|row| {
        let name = row.variant.trim_start_matches("control: ");
        format!("{name}: {} of {}", count(failed(row)), count(2 * row.calls))
    });
    Some(format!(
        "In the controls, each of which breaks one rule of waiting or of starting, calls failed: {}.",
        each.collect::<Vec<_>>().join("; ")
    ))
}

/// What all of this stands on.
fn basis(scale: &Scale) -> String {
    let constants = scale.constants.len();
    let assumed = checks::assumed(&scale.constants);
    format!("{} Of {constants} constants {assumed} are assumed, and marked so below.", checks::verdict(&scale.checks))
}

fn minutes(seconds: f64) -> String {
    format!("{:.1}", seconds / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale() -> Scale {
        serde_json::from_str(include_str!("../../../tests/data/scale.json")).unwrap()
    }

    #[test]
    fn what_failed_in_a_rotation_is_not_passed_over() {
        let mut scale = scale();
        assert!(text(&scale).contains("none of "), "{}", text(&scale));
        for row in scale.rotations.iter_mut().filter(|row| row.must_hold).take(1) {
            (row.failed, row.failed_at_changes) = (1_200, 34);
        }
        assert!(text(&scale).contains("**1,234 of "), "{}", text(&scale));
    }

    #[test]
    fn what_is_not_in_the_data_is_not_spoken_of() {
        let empty = Scale { loads: Vec::new(), rotations: Vec::new(), ..scale() };
        let text = text(&empty);
        assert!(text.contains("constants") && !text.contains("rotation") && !text.contains("a node"), "{text}");
    }
}
