//! Numbers and tables as the document shows them.

use std::fmt::Display;

use crate::data::end_to_end::Ratio;

/// What stands where there is nothing to say.
pub(super) const NONE: &str = "–";

/// A table in Markdown: columns after the first are numbers, unless their heading begins with a blank.
pub(super) struct Table {
    text: String,
}

impl Table {
    pub(super) fn new(headings: &[&str]) -> Self {
        let mut table = Self { text: String::new() };
        table.row(headings.iter().map(|heading| heading.trim()));
        let columns = headings.iter().enumerate();
        let rules = columns.map(|(at, heading)| if at == 0 || heading.starts_with(' ') { "---" } else { "---:" });
        table.text.push_str(&format!("|{}|\n", rules.collect::<Vec<_>>().join("|")));
        table
    }

    pub(super) fn row<T: Display>(&mut self, cells: impl IntoIterator<Item = T>) {
        // A bar in a name would begin another column.
        let cells: Vec<_> = cells.into_iter().map(|cell| cell.to_string().replace('|', "\\|")).collect();
        self.text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }

    pub(super) fn text(self) -> String {
        self.text
    }
}

/// `1,268`
pub(super) fn count(count: impl Into<i128>) -> String {
    let count: i128 = count.into();
    let digits = count.unsigned_abs().to_string();
    let mut text = String::from(if count < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count that may not be there.
pub(super) fn or_none<T: Into<i128>>(value: Option<T>) -> String {
    value.map_or_else(|| NONE.to_owned(), count)
}

/// `25,480`, of what is counted in a time.
pub(super) fn rounded(value: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "a float that is too large becomes the largest number")]
    count(value.round() as i64)
}

/// How many times as much: `4.7`, and `0.77` near one, where it matters; `1` of what is itself compared with.
pub(super) fn times(ratio: f64) -> String {
    if (ratio - 1.0).abs() < f64::EPSILON {
        "1".to_owned()
    } else if ratio < 2.0 {
        format!("{ratio:.2}")
    } else {
        format!("{ratio:.1}")
    }
}

/// `0.984 (0.977 to 0.991)`
pub(super) fn interval(ratio: Ratio) -> String {
    format!("{:.3} ({:.3} to {:.3})", ratio.mean, ratio.low, ratio.high)
}

/// A ratio of two measured values; none where there is nothing to divide by.
pub(super) fn quotient(with: f64, without: f64) -> String {
    if without > 0.0 { format!("{:.2}", with / without) } else { NONE.to_owned() }
}

/// One and its noun, or many.
pub(super) fn plural(number: impl Into<i128>, noun: &str) -> String {
    let number = number.into();
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_for_reading() {
        for (number, expected) in
            [(0, "0"), (999, "999"), (1268, "1,268"), (-12_345, "-12,345"), (1_000_000, "1,000,000")]
        {
            assert_eq!(count(number), expected);
        }
        assert_eq!(times(0.771), "0.77");
        assert_eq!(times(1.0), "1");
        assert_eq!(times(1.004), "1.00");
        assert_eq!(times(4.68), "4.7");
        assert_eq!(plural(1, "call"), "1 call");
        assert_eq!(plural(2000, "call"), "2,000 calls");
        assert_eq!(quotient(1.0, 0.0), NONE);
    }

    #[test]
    fn a_table_aligns_numbers_to_the_right_and_keeps_its_columns() {
        let mut table = Table::new(&["what", "count", " why"]);
        table.row(["a|b", "1", "so"]);
        assert_eq!(table.text(), "| what | count | why |\n|---|---:|---|\n| a\\|b | 1 | so |\n");
    }
}
