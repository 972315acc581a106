//! Cases by what is done in them: the groups of `instructions.json`, and what a case is compared with.

use crate::data::calls::{InstructionRow, Instructions};

/// What stands before the `/` of cases, and how a reader is told.
pub(super) const ATTACH: &str = "attach";
pub(super) const ACCEPT: &str = "accept";
pub(super) const REFUSE: &str = "refuse";
pub(super) const LENGTH: &str = "length";

/// The cases of one group, in the order of the data.
pub(super) struct Group<'a> {
    pub(super) name: &'static str,
    pub(super) rows: Vec<&'a InstructionRow>,
    /// The first of ours: what the others are compared with.
    pub(super) reference: &'a InstructionRow,
}

impl<'a> Group<'a> {
    /// None where there is no case of ours to compare with.
    pub(super) fn of(instructions: &'a Instructions, name: &'static str) -> Option<Self> {
        let rows: Vec<_> = instructions.rows.iter().filter(|row| split(&row.case).0 == name).collect();
        let reference = rows.iter().find(|row| !row.peer && row.instructions > 0).copied()?;
        Some(Self { name, rows, reference })
    }

    pub(super) fn peers(&self) -> impl Iterator<Item = &'a InstructionRow> {
        self.rows.iter().filter(|row| row.peer).copied()
    }

    /// How many times the instructions of the reference.
    pub(super) fn ratio(&self, row: &InstructionRow) -> f64 {
        float(row.instructions) / float(self.reference.instructions)
    }
}

/// The group of a case and the rest of its name.
pub(super) fn split(case: &str) -> (&str, &str) {
    case.split_once('/').unwrap_or((case, ""))
}

/// Our cases of a group whose names are a number and perhaps a noun, by that number: `accept/3 tokens`, `length/64`.
pub(super) fn counted<'a>(instructions: &'a Instructions, group: &str, noun: &str) -> Vec<(u32, &'a InstructionRow)> {
    let number = |row: &'a InstructionRow| {
        let (of, rest) = split(&row.case);
        let (number, after) = rest.split_once(' ').unwrap_or((rest, ""));
        let fits = of == group && !row.peer && after.trim_end_matches('s') == noun;
        fits.then(|| number.parse().ok()).flatten().map(|number| (number, row))
    };
    let mut rows: Vec<_> = instructions.rows.iter().filter_map(number).collect();
    rows.sort_by_key(|(number, _)| *number);
    rows
}

/// A count for arithmetic. Counts of one call are far below where a float gets coarse.
#[allow(clippy::cast_precision_loss, reason = "counts of one call are small")]
pub(super) fn float(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(case: &str, instructions: i64, peer: bool) -> InstructionRow {
        InstructionRow { case: case.to_owned(), instructions, budget: None, aim: None, peer }
    }

    #[test]
    fn numbered_cases_of_ours_are_taken_in_the_order_of_their_numbers() {
        let rows = vec![
            row("accept/8 tokens", 8, false),
            row("accept/1 token", 1, false),
            row("accept/2 threads", 2, false),
            row("accept/any verifier", 3, false),
            row("accept/3 tokens", 4, true),
            row("length/16", 5, false),
        ];
        let instructions = Instructions { rows, comparison: Vec::new() };
        let numbers =
            |group, noun| counted(&instructions, group, noun).iter().map(|(number, _)| *number).collect::<Vec<_>>();
        assert_eq!(numbers("accept", "token"), [1, 8]);
        assert_eq!(numbers("length", ""), [16]);
    }

    #[test]
    fn others_are_compared_with_the_first_of_ours() {
        let rows =
            vec![row("attach/them", 500, true), row("attach/us", 250, false), row("attach/us again", 100, false)];
        let instructions = Instructions { rows, comparison: Vec::new() };
        let group = Group::of(&instructions, "attach").unwrap();
        let ratios: Vec<_> = group.peers().map(|row| group.ratio(row)).collect();
        assert_eq!(ratios, [2.0]);
        assert!(Group::of(&instructions, "accept").is_none());
    }
}
