//! Windows of several arms in turn.

use anyhow::Result;

use super::progress::Progress;
use super::record::Record;
use super::side::{Load, Side};

/// Rounds in which connections and caches warm up; they are not counted.
const WARM_UP: u32 = 1;

/// How many windows so many rounds of so many sides have.
pub(super) fn windows(rounds: u32, sides: u64) -> u64 {
    u64::from(rounds + WARM_UP) * sides
}

/// Gives each side a window, as often as there are rounds. Every other round goes backwards, so that no side always finds
/// the machine as the same other one left it.
///
/// # Errors
///
/// When a call fails.
pub(super) async fn run(sides: &[Side], load: Load, rounds: u32, progress: &Progress) -> Result<Vec<Record>> {
    let mut records: Vec<_> = sides.iter().map(|_| Record::new()).collect();
    for round in 0..rounds + WARM_UP {
        for place in order(sides.len(), round) {
            let (window, spent) = sides[place].window(load).await?;
            progress.step();
            if round >= WARM_UP {
                records[place].add(&window, spent);
            }
        }
    }
    Ok(records)
}

/// Whose turn it is, by their places.
fn order(sides: usize, round: u32) -> impl Iterator<Item = usize> {
    (0..sides).map(move |turn| if round.is_multiple_of(2) { turn } else { sides - 1 - turn })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_first_changes_from_round_to_round() {
        let rounds: Vec<Vec<_>> = (0..3).map(|round| order(3, round).collect()).collect();
        assert_eq!(rounds, [[0, 1, 2], [2, 1, 0], [0, 1, 2]]);
    }

    #[test]
    fn the_warm_up_is_a_round_more() {
        assert_eq!(windows(15, 2), 32);
    }
}
