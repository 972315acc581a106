//! Whether the comparison tells anything of the tokens: by counts, and by the clock.

use super::table::{Table, count};
use crate::data::calls::{ComparisonRow, ConstantTime, Instructions};

/// From which t on dudect takes two classes for different.
pub(super) const FOUND_OUT: f64 = 4.5;

pub(super) fn text(instructions: &Instructions, constant_time: &ConstantTime) -> String {
    format!(
        "## Constant time\n\nThe work of the comparison may depend on the length of what was presented and on the number of accepted tokens, on\n\
         nothing else.\n{}\n{}",
        counted(&instructions.comparison),
        timed(constant_time),
    )
}

/// The largest distance of t from zero, controls left out.
pub(super) fn largest(constant_time: &ConstantTime) -> Option<f64> {
    let ours = constant_time.rows.iter().filter(|row| !row.control);
    ours.map(|row| row.max_t.abs()).reduce(f64::max)
}

fn counted(comparison: &[ComparisonRow]) -> String {
    let mut works: Vec<&str> = Vec::new();
    for row in comparison {
        if !works.contains(&row.work.as_str()) {
            works.push(&row.work);
        }
    }
    if works.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["presented", "situations", "fewest instructions", "most", " so they are"]);
    let mut differing = 0_u32;
    for work in works {
        let rows = comparison.iter().filter(|row| row.work == work);
        let counts = || rows.clone().map(|row| row.instructions);
        let (fewest, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
        differing += u32::from(fewest != most);
        let verdict = if fewest == most { "equal" } else { "**different**" };
        table.row([work, &counts().count().to_string(), &count(fewest), &count(most), verdict]);
    }
    let mut situations: Vec<&str> = Vec::new();
    for row in comparison {
        if !situations.contains(&row.situation.as_str()) {
            situations.push(&row.situation);
        }
    }
    let said = if differing == 0 { "They are equal to the instruction." } else { "**They are not all equal.**" };
    format!(
        "\nInstructions of one comparison, counted in different situations. {said}\n\n{}\nThe situations are:\n\n{}",
        table.text(),
        situations.iter().map(|situation| format!("- {situation}\n")).collect::<String>(),
    )
}

fn timed(constant_time: &ConstantTime) -> String {
    let mut table = Table::new(&["classes", " what", "samples", "t", " so they are"]);
    for row in &constant_time.rows {
        let found_out = row.max_t.abs() >= FOUND_OUT;
        let verdict = match (found_out, row.control) {
            (false, false) => "not told apart",
            (true, true) => "told apart, as they must be",
            (true, false) => "**told apart**",
            (false, true) => "**not told apart**, so the method saw nothing",
        };
        let what = if row.control { "control" } else { "the comparison" };
        table.row([&row.classes, what, &count(row.samples), &format!("{:.2}", row.max_t), verdict]);
    }
    format!(
        "By the clock, as dudect does it: a call is timed with inputs of two classes, and Welch's t says how surely their\n\
         times differ. From {FOUND_OUT} on they count as told apart. A control is a comparison that stops early: that it is told\n\
         apart shows that the method sees something. Dudect tests all samples, and again many times without the slowest, another\n\
         share of them each time; what is shown is the test with the largest t, and the samples of both classes in it.\n\n{}",
        table.text()
    )
}
