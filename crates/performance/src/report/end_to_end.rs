//! Calls over loopback, with the layers and without.

use super::table::{NONE, Table, count, interval, plural, quotient};
use crate::data::end_to_end::{EndToEnd, Load};

pub(super) fn text(end_to_end: &EndToEnd) -> String {
    let mut table = Table::new(&[
        "calls",
        "in flight",
        "connections",
        "pairs",
        "calls a second (95% interval)",
        "p50",
        "p99",
        "server's processor time",
    ]);
    for load in &end_to_end.loads {
        table.row(row(load));
    }
    format!(
        "## End to end\n\nClient and server over loopback, each with its layer, against the same without layers: every number is\n\
         with : without. Of calls a second more is better, of the others less. {}\n\n{}\n\
         ![Calls a second against calls in flight, with the layers and without](performance/throughput.svg)\n",
        failed(&end_to_end.loads),
        table.text()
    )
}

fn row(load: &Load) -> [String; 8] {
    let (with, without) = (&load.with, &load.without);
    let processor = with.server_cpu_us.zip(without.server_cpu_us);
    [
        load.kind.clone(),
        load.in_flight.to_string(),
        load.connections.to_string(),
        load.pairs.to_string(),
        interval(load.ratio),
        quotient(with.p50_us, without.p50_us),
        quotient(with.p99_us, without.p99_us),
        processor.map_or_else(|| NONE.to_owned(), |(with, without)| quotient(with, without)),
    ]
}

fn failed(loads: &[Load]) -> String {
    let arms = || loads.iter().flat_map(|load| [&load.with, &load.without]);
    let calls: u64 = arms().map(|arm| arm.calls).sum();
    match arms().map(|arm| arm.failed).sum::<u64>() {
        0 => format!("None of {} failed.", plural(calls, "call")),
        failed => format!("**{} of {} failed.**", count(failed), plural(calls, "call")),
    }
}
