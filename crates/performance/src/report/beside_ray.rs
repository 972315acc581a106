//! Ray's own server and ours under one load.

use super::table::{NONE, Table, count, interval, rounded};
use crate::data::end_to_end::EndToEnd;

/// Says so where real Ray was not there to be measured.
pub(super) fn text(end_to_end: &EndToEnd) -> String {
    let heading = "## Beside Ray\n\n";
    if end_to_end.beside_ray.is_empty() {
        return format!("{heading}Real Ray was not there when this was measured.\n");
    }
    let mut table = Table::new(&[
        "server",
        "in flight",
        "connections",
        "rounds",
        "calls a second",
        "with : without tokens (95% interval)",
        "lost with their connections",
    ]);
    for beside in &end_to_end.beside_ray {
        table.row([
            beside.server.clone(),
            beside.in_flight.to_string(),
            beside.connections.to_string(),
            beside.rounds.to_string(),
            rounded(beside.arm.calls_per_second),
            beside.ratio.map_or_else(|| NONE.to_owned(), interval),
            count(i128::from(beside.arm.failed)),
        ]);
    }
    format!(
        "{heading}Servers in turn under the same load in one run. What tokens cost each of them is the last ratio; how the servers\n\
         compare otherwise is not about tokens. Where many calls on one connection are refused, the HTTP/2 below tonic ends it after\nsome two thousand (ENHANCE_YOUR_CALM, for messages that nobody reads any more), and calls that were on their way are lost.\n\n{}",
        table.text()
    )
}
