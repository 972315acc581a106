//! What the model and the simulation are made of, and whether measurements agree.

use super::super::table::Table;
use super::figure;
use crate::data::scale::{CheckRow, ConstantRow, Scale};

/// What the source of a constant begins with that nobody measured or documented.
const ASSUMED: &str = "assumed";

pub(super) fn text(scale: &Scale) -> String {
    format!(
        "### Constants against measurements\n\n{} What was measured in the same run must be between the bounds:\n\n{}\n\
         All constants, and where each is from; what is chosen is a setting of whoever runs the rotation:\n\n{}",
        verdict(&scale.checks),
        checks(&scale.checks),
        constants(&scale.constants)
    )
}

/// In one sentence.
pub(super) fn verdict(checks: &[CheckRow]) -> String {
    let off: Vec<_> = checks.iter().filter(|check| !check.holds).map(|check| check.what.as_str()).collect();
    match off.as_slice() {
        [] if checks.is_empty() => "**Nothing was checked.**".to_owned(),
        [] => format!("All {} checks hold.", checks.len()),
        off => format!("**{} of {} checks do not hold: {}.**", off.len(), checks.len(), off.join(", ")),
    }
}

/// How many constants are assumed.
pub(super) fn assumed(constants: &[ConstantRow]) -> usize {
    constants.iter().filter(|row| is_assumed(row)).count()
}

fn checks(checks: &[CheckRow]) -> String {
    let mut table = Table::new(&["what", " unit", "modelled", "measured", "at least", "at most", " so it"]);
    for row in checks {
        let [modelled, measured, low, high] = [row.modelled, row.measured, row.low, row.high].map(figure);
        let holds = if row.holds { "holds" } else { "**does not hold**" };
        table.row([&row.what, &row.unit, &modelled, &measured, &low, &high, holds]);
    }
    table.text()
}

fn constants(constants: &[ConstantRow]) -> String {
    let mut table = Table::new(&["what", "value", " unit", " from"]);
    for row in constants {
        let source = if is_assumed(row) { format!("**{}**", row.source) } else { row.source.clone() };
        table.row([&row.name, &figure(row.value), &row.unit, &source]);
    }
    table.text()
}

fn is_assumed(row: &ConstantRow) -> bool {
    row.source.starts_with(ASSUMED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_hold_and_what_is_assumed_is_named() {
        let check = |what: &str, holds| CheckRow {
            what: what.to_owned(),
            unit: "ns".to_owned(),
            modelled: 1.0,
            measured: 1.0,
            low: 0.5,
            high: 2.0,
            holds,
        };
        assert_eq!(verdict(&[check("attach", true)]), "All 1 checks hold.");
        let one_off = verdict(&[check("attach", true), check("accept", false)]);
        assert_eq!(one_off, "**1 of 2 checks do not hold: accept.**");
        assert_eq!(verdict(&[]), "**Nothing was checked.**");

        let constant = |source: &str| ConstantRow {
            name: "round trip".to_owned(),
            value: 1.0,
            unit: "ms".to_owned(),
            source: source.to_owned(),
        };
        let rows = [constant("assumed"), constant("measured here")];
        assert_eq!(assumed(&rows), 1);
        let shown = constants(&rows);
        assert!(shown.contains("| **assumed** |") && shown.contains("| measured here |"), "{shown}");
    }
}
