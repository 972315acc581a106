//! What dudect-bencher prints: a line a bench, with its name, the samples and t.

use anyhow::{Context, Result, ensure};

use crate::data::calls::{ConstantTime, ConstantTimeRow};

/// What the names of benches begin with that must be found out.
const CONTROL: &str = "control_";

/// Rows of all benches; that a control is among them is asked for, since without one nothing shows that the method works.
pub(super) fn rows(output: &str) -> Result<ConstantTime> {
    let results = output.lines().filter_map(|line| line.strip_prefix("bench ")?.split_once(" ... : "));
    let rows = results
        .map(|(name, result)| row(name.trim(), result).with_context(|| format!("dudect printed of {name}: {result}")))
        .collect::<Result<Vec<_>>>()?;
    ensure!(rows.iter().any(|row| !row.control), "dudect printed no result; see that its benches ran");
    ensure!(
        rows.iter().any(|row| row.control),
        "no bench begins with {CONTROL}; nothing shows that dudect sees anything"
    );
    Ok(ConstantTime { rows })
}

/// `n == +1.000M, max t = -0.61842, max tau = -0.00062, (5/tau)^2 = 65370000`
fn row(name: &str, result: &str) -> Result<ConstantTimeRow> {
    let field = |before: &str| {
        let after = result.split(", ").find_map(|field| field.strip_prefix(before));
        after.with_context(|| format!("no field `{before}`; its output has changed"))
    };
    let millions = field("n == ")?.strip_suffix('M').context("n is not in millions; its output has changed")?;
    let max_t: f64 = field("max t = ")?.parse()?;
    ensure!(max_t.is_finite(), "t is not a number; there were too few samples");
    let (control, classes) = match name.strip_prefix(CONTROL) {
        Some(rest) => (true, rest),
        None => (false, name),
    };
    Ok(ConstantTimeRow { classes: classes.replace('_', " "), samples: samples(millions)?, max_t, control })
}

/// `+1.234` million: three digits behind the point are all that is printed.
fn samples(millions: &str) -> Result<u64> {
    let (whole, thousandths) = millions.trim_start_matches('+').split_once('.').context("n has no point")?;
    ensure!(thousandths.len() == 3, "n has not three digits behind the point; its output has changed");
    Ok(whole.parse::<u64>()? * 1_000_000 + thousandths.parse::<u64>()? * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_and_controls_told_by_their_name() {
        let rows = rows(include_str!("../../tests/data/output/dudect.txt")).unwrap().rows;
        let read: Vec<_> = rows.iter().map(|row| (row.classes.as_str(), row.samples, row.max_t, row.control)).collect();
        assert_eq!(
            read,
            [
                ("comparison that stops early", 1_043_000, 312.40117, true),
                ("match or wrong first byte", 1_875_000, -1.61842, false),
                ("wrong first or last byte", 2_000_000, 0.90218, false),
            ]
        );
    }

    #[test]
    fn output_that_says_nothing_or_something_else_is_refused() {
        for (output, why) in [
            ("", "no result"),
            ("bench control_a ... : n == +1.000M, max t = +9.00000, max tau = +0.1, (5/tau)^2 = 1\n", "no result"),
            ("bench a ... : n == +1.000M, max t = +0.10000, max tau = +0.1, (5/tau)^2 = 1\n", "no bench begins with"),
            ("bench a ... : n == +0.000M, max t = +NaN, max tau = +NaN, (5/tau)^2 = 0\n", "not a number"),
            ("bench a ... : n == 1000, max t = +1.0\n", "not in millions"),
            ("bench a ... : n == +1.000M\n", "no field `max t = `"),
        ] {
            let error = rows(output).unwrap_err();
            assert!(format!("{error:#}").contains(why), "{output}: {error:#}");
        }
    }
}
