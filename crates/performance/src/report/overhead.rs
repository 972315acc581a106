//! The same calls by the clock.

use super::cases::split;
use super::table::{NONE, Table, times};
use crate::data::calls::{Overhead, OverheadRow};

/// The group of the cases without a layer.
const NO_OP: &str = "no-op";

pub(super) fn text(overhead: &Overhead) -> String {
    let mut table = Table::new(&["case", "median, ns", "95% interval", "times the call without a layer"]);
    for row in &overhead.rows {
        let ratio = base(overhead, row).map_or_else(|| NONE.to_owned(), |base| times(row.median_ns / base.median_ns));
        let interval = format!("{:.1} to {:.1}", row.low_ns, row.high_ns);
        table.row([&row.case, &format!("{:.1}", row.median_ns), &interval, &ratio]);
    }
    format!(
        "## By the clock\n\nWhole calls, the service that does nothing included, as criterion measured them in one run. Recorded, and\n\
         held to no budget: on a machine that does other things these times wander.\n\n{}",
        table.text()
    )
}

/// The same call without a layer: `no-op/` with the case, with what follows the group, or with the group, or else `no-op`.
fn base<'a>(overhead: &'a Overhead, row: &OverheadRow) -> Option<&'a OverheadRow> {
    let (group, rest) = split(&row.case);
    if group == NO_OP {
        return None;
    }
    let names = [row.case.as_str(), rest, group].map(|name| format!("{NO_OP}/{name}"));
    let named = |name: &str| overhead.rows.iter().find(|row| row.case == name && row.median_ns > 0.0);
    names.iter().map(String::as_str).chain([NO_OP]).find_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_compared_with_the_nearest_case_without_a_layer() {
        let rows =
            ["no-op", "no-op/2 threads", "no-op/refuse", "accept/3 tokens", "accept/2 threads", "refuse/missing"];
        let row = |case: &str| OverheadRow { case: case.to_owned(), median_ns: 1.0, low_ns: 1.0, high_ns: 1.0 };
        let overhead = Overhead { rows: rows.map(row).into() };
        let base = |case| base(&overhead, &row(case)).map(|row| row.case.as_str());
        assert_eq!(base("accept/3 tokens"), Some("no-op"));
        assert_eq!(base("accept/2 threads"), Some("no-op/2 threads"));
        assert_eq!(base("refuse/missing"), Some("no-op/refuse"));
        assert_eq!(base("no-op/2 threads"), None);
    }
}
