//! Windows of several arms in turn.

use std::time::Duration;

use anyhow::Result;

use super::conditions::Conditions;
use super::processor::Spent;
use super::record::Record;
use super::side::{Load, Side};
use super::window::Window;

/// Rounds in which connections and caches warm up; they are not counted.
const WARM_UP: u32 = 1;

/// A window is disturbed when its sides waited for their processors for more than this share of it: something else ran
/// there.
const DISTURBED: f64 = 0.05;

/// How many windows so many rounds of so many sides have.
pub(super) fn windows(rounds: u32, sides: u64) -> u64 {
    u64::from(rounds + WARM_UP) * sides
}

/// Gives each side a window, as often as there are rounds. Every other round goes backwards, so that no side always finds
/// the machine as the same other one left it. A round that was disturbed is taken again, whatever its calls did, until
/// half as many were as there are rounds: on a machine that is always disturbed the rest counts as it is.
///
/// # Errors
///
/// When a call fails.
pub(super) async fn run(sides: &[Side], load: Load, rounds: u32, conditions: &Conditions) -> Result<Vec<Record>> {
    let mut records: Vec<_> = sides.iter().map(|_| Record::new()).collect();
    for _ in 0..WARM_UP {
        one(sides, load, false, conditions).await?;
    }
    let (mut left, mut again) = (rounds, rounds / 2);
    while left > 0 {
        let round = one(sides, load, left.is_multiple_of(2), conditions).await?;
        if again > 0 && round.iter().any(|(window, spent)| is_disturbed(window.took, *spent)) {
            again -= 1;
            conditions.progress.more(round.len());
            continue;
        }
        left -= 1;
        for (record, (window, spent)) in records.iter_mut().zip(round) {
            record.add(&window, spent);
        }
    }
    Ok(records)
}

/// One window of each side, in the order of the sides whichever went first.
async fn one(sides: &[Side], load: Load, backwards: bool, conditions: &Conditions) -> Result<Vec<(Window, Spent)>> {
    let mut round = Vec::with_capacity(sides.len());
    for turn in 0..sides.len() {
        let side = if backwards { &sides[sides.len() - 1 - turn] } else { &sides[turn] };
        round.push(side.window(load, conditions.window).await?);
        conditions.progress.step();
    }
    if backwards {
        round.reverse();
    }
    Ok(round)
}

/// Not said of a server that cannot be asked: it may itself be what the client waits for.
fn is_disturbed(took: Duration, spent: Spent) -> bool {
    spent.waited().is_some_and(|waited| waited > took.mul_f64(DISTURBED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turns::Turns;

    #[test]
    fn the_warm_up_is_a_round_more() {
        assert_eq!(windows(15, 2), 32);
    }

    #[test]
    fn a_window_in_which_the_sides_had_to_wait_is_disturbed() {
        let waited = |millis| Some(Turns { waited: Duration::from_millis(millis), ..Turns::default() });
        let took = Duration::from_millis(200);
        assert!(!is_disturbed(took, Spent { server: waited(5), client: waited(5) }));
        assert!(is_disturbed(took, Spent { server: waited(5), client: waited(6) }));
        assert!(is_disturbed(took, Spent { server: waited(0), client: waited(11) }));
        assert!(!is_disturbed(took, Spent { server: None, client: waited(200) }));
    }
}
