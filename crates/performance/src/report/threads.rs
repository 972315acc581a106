//! How the layers scale from one thread to two.

use super::table::{NONE, Table, count, interval};
use crate::data::threads::{Threads, ThreadsArm, ThreadsRow};

/// What the layers must keep of how the service that does nothing scales: the lower bound of the interval.
pub(super) const KEPT: f64 = 0.95;

pub(super) fn text(threads: &Threads) -> String {
    let mut table =
        Table::new(&["call", "rounds", "scaling without", "scaling with the layer", "with : without", "waited"]);
    for row in &threads.rows {
        let waited = row.waited.map_or_else(|| NONE.to_owned(), |share| format!("{:.1}%", share * 100.0));
        table.row([
            row.case.clone(),
            count(row.rounds),
            interval(row.no_op.scaling),
            interval(row.layer.scaling),
            interval(row.ratio),
            waited,
        ]);
    }
    let mut times =
        Table::new(&["call", "without, 1 thread, ns", "2 threads", "with the layer, 1 thread", "2 threads"]);
    for ThreadsRow { case, no_op, layer, .. } in &threads.rows {
        let [one, two] = nanos(no_op);
        let [layer_one, layer_two] = nanos(layer);
        times.row([case, &one, &two, &layer_one, &layer_two]);
    }
    let pinned = if threads.pinned {
        "Each thread stays on a processor of its own."
    } else {
        "**The threads had no processors of their own**, so these say little."
    };
    format!(
        "## On two threads\n\nTwo threads that share one keyring and one layer, against one thread alone. Scaling is the time of the one\n\
         for its calls, divided by that of the slower of the two for as many each: 1 where they do not disturb each other, 0.5\n\
         where they take turns. Two threads also disturb each other without a layer, by the caches and the allocator that they\n\
         share; so the layer is judged by what it leaves of the scaling of the service that does nothing, in the same round:\n\
         the mean, and its 95% interval. {pinned} Rounds in which one had to wait for it were taken\n\
         again; what was waited nevertheless stands in the last column. Recorded, and no gate.\n\n{}\n\
         The medians of one call, with the making of its request:\n\n{}",
        table.text(),
        times.text()
    )
}

/// The lowest bound of all intervals, and the case that it is of.
pub(super) fn lowest(threads: &Threads) -> Option<(&str, f64)> {
    let bounds = threads.rows.iter().map(|row| (row.case.as_str(), row.ratio.low));
    bounds.min_by(|(_, one), (_, other)| one.total_cmp(other))
}

fn nanos(arm: &ThreadsArm) -> [String; 2] {
    [arm.one_ns, arm.two_ns].map(|time| format!("{time:.1}"))
}
