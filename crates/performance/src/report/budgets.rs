//! Each budget, what was measured, and what is aimed at.

use super::constant_time::{FOUND_OUT, largest};
use super::figures::Figures;
use super::headline::IN_FLIGHT;
use super::table::{NONE, Table, or_none, plural};
use super::threads;

/// What calls a second with the layers must keep of those without: the lower bound of the interval.
const KEPT: f64 = 0.97;
const KEPT_AIM: f64 = 0.99;

pub(super) fn text(figures: &Figures) -> String {
    let (counts, over_counts) = counted(figures);
    let (others, over_others) = recorded(figures);
    let said = match over_counts + over_others {
        0 => "None is exceeded.".to_owned(),
        1 => "**One is exceeded.**".to_owned(),
        more => format!("**{more} are exceeded.**"),
    };
    format!(
        "## Budgets\n\nThe most that each case may cost, and what is aimed at. {said} Instructions and allocations over\ntheir \
         budget fail the benches, and CI with them:\n\n{counts}\nWhat the clock says is recorded only:\n\n{others}"
    )
}

/// A row for each case of ours that has a budget of either kind; and how many of them are over one.
fn counted(figures: &Figures) -> (String, u32) {
    let instructions = |case: &str| figures.instructions.rows.iter().find(|row| row.case == case);
    let allocations = |case: &str| figures.allocations.rows.iter().find(|row| row.case == case);
    let mut cases: Vec<&str> = Vec::new();
    let with_instructions = figures.instructions.rows.iter().filter(|row| row.budget.or(row.aim).is_some());
    let with_allocations = figures.allocations.rows.iter().filter(|row| row.budget.is_some());
    for case in with_instructions.map(|row| row.case.as_str()).chain(with_allocations.map(|row| row.case.as_str())) {
        if !cases.contains(&case) {
            cases.push(case);
        }
    }
    let mut table = Table::new(&["case", "instructions", "budget", "aim", "allocations", "budget", " so it is"]);
    let mut over = 0;
    for case in cases {
        let (counted, allocated) = (instructions(case), allocations(case));
        let (budget, aim) = counted.map_or((None, None), |row| (row.budget, row.aim));
        let verdicts = [
            counted.map(|row| Verdict::of(row.instructions, budget, aim)),
            allocated
                .filter(|row| row.budget.is_some())
                .map(|row| Verdict::of(row.allocations, row.budget, row.budget)),
        ];
        let verdict = Verdict::worst(&verdicts);
        over += u32::from(verdict == Verdict::Over);
        table.row([
            case,
            &or_none(counted.map(|row| row.instructions)),
            &or_none(budget),
            &or_none(aim),
            &or_none(allocated.map(|row| row.allocations)),
            &or_none(allocated.and_then(|row| row.budget)),
            verdict.text(),
        ]);
    }
    (table.text(), over)
}

fn recorded(figures: &Figures) -> (String, u32) {
    let mut table = Table::new(&["what", "measured", "budget", "aim", " so it is"]);
    let mut over = 0;
    let mut row = |what: &str, measured: String, limits: [String; 2], verdict: Verdict| {
        over += u32::from(verdict == Verdict::Over);
        let [budget, aim] = limits;
        table.row([what, &measured, &budget, &aim, verdict.text()]);
    };
    for load in figures.end_to_end.loads.iter().filter(|load| load.in_flight == IN_FLIGHT) {
        let low = load.ratio.low;
        let verdict = Verdict::of(-low, Some(-KEPT), Some(-KEPT_AIM));
        let what = format!(
            "calls a second with : without, {} {} calls in flight on {}, lower bound of the interval",
            load.in_flight,
            load.kind,
            plural(load.connections, "connection")
        );
        row(&what, format!("{low:.3}"), [format!("at least {KEPT}"), KEPT_AIM.to_string()], verdict);
    }
    if let Some((case, low)) = threads::lowest(&figures.threads) {
        let verdict = Verdict::of(-low, Some(-threads::KEPT), None);
        let what = format!("scaling to two threads with : without, {case}, lower bound of the interval");
        row(&what, format!("{low:.3}"), [format!("at least {}", threads::KEPT), NONE.to_owned()], verdict);
    }
    if let Some(t) = largest(&figures.constant_time) {
        let verdict = if t < FOUND_OUT { Verdict::Within } else { Verdict::Over };
        let limits = [format!("below {FOUND_OUT}"), NONE.to_owned()];
        row("dudect's largest t of the comparison", format!("{t:.2}"), limits, verdict);
    }
    (table.text(), over)
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Aim,
    Within,
    Over,
}

impl Verdict {
    fn of<T: PartialOrd>(measured: T, budget: Option<T>, aim: Option<T>) -> Self {
        let aimed = aim.is_some_and(|aim| measured <= aim);
        match budget {
            Some(budget) if measured > budget => Self::Over,
            _ if aimed => Self::Aim,
            _ => Self::Within,
        }
    }

    /// Of several in one row; one without a budget is within it.
    fn worst(verdicts: &[Option<Self>]) -> Self {
        let given = || verdicts.iter().flatten();
        if given().any(|verdict| *verdict == Self::Over) {
            Self::Over
        } else if given().next().is_some() && given().all(|verdict| *verdict == Self::Aim) {
            Self::Aim
        } else {
            Self::Within
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Aim => "as aimed",
            Self::Within => "within",
            Self::Over => "**over**",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_of_the_budget_first_and_then_of_the_aim() {
        for (measured, budget, aim, expected) in [
            (10, Some(12), Some(10), Verdict::Aim),
            (11, Some(12), Some(10), Verdict::Within),
            (12, Some(12), Some(10), Verdict::Within),
            (13, Some(12), Some(10), Verdict::Over),
            (0, Some(0), None, Verdict::Within),
            (13, None, Some(10), Verdict::Within),
        ] {
            assert_eq!(Verdict::of(measured, budget, aim), expected, "{measured} of {budget:?}, {aim:?}");
        }
    }
}
