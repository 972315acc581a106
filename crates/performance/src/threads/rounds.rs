//! Rounds: the four windows of a case, again and again.

use std::time::Duration;

use anyhow::Result;

use super::crew::{Arm, Crew, Who, Window};
use super::record::Record;
use crate::progress::Progress;

/// How long a window is to take: long beside the start of a thread that waits, short beside what else the machine does.
const WINDOW: Duration = Duration::from_millis(8);

/// Calls by which the length of a window is reckoned, and with which caches and allocators warm up.
const TRIED: u32 = 2_000;

/// How often: the fastest of them was disturbed least.
const TRIES: u32 = 5;

/// A window is disturbed when its threads waited for their processors for more than this share of it.
const DISTURBED: f64 = 0.02;

/// Calls of a thread in one window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calls {
    pub(super) no_op: u32,
    pub(super) layer: u32,
}

/// The times of one round.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Round {
    pub(super) no_op: Times,
    pub(super) layer: Times,
    pub(super) waited: Option<Duration>,
}

/// Of one arm: a thread alone, and the slower of two.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    pub(super) one: Duration,
    pub(super) two: Duration,
}

/// Takes so many rounds. One in which a thread had to wait for its processor was disturbed by another process: it is taken
/// again, whatever its times are, until half as many were as there are rounds. On a machine that is always disturbed the
/// rest counts as it is, and the interval says what it is worth. So it is judged in `end_to_end`, too.
///
/// # Errors
///
/// When a call did not end as it must.
pub(super) fn run(crew: &Crew, rounds: u32, progress: &Progress) -> Result<Record> {
    let calls = Calls { no_op: calls(crew, Arm::NoOp)?, layer: calls(crew, Arm::Layer)? };
    let mut record = Record::new(calls);
    let (mut turn, mut again) = (0, rounds / 2);
    while record.rounds() < rounds {
        let (round, disturbed) = one(crew, calls, turn)?;
        turn += 1;
        if disturbed && again > 0 {
            again -= 1;
            record.discard();
            continue;
        }
        record.add(round);
        progress.step();
    }
    Ok(record)
}

/// As many as fill a window. Each thread tries alone, and the pace of the second counts: both are warm afterwards.
fn calls(crew: &Crew, arm: Arm) -> Result<u32> {
    let mut fastest = WINDOW;
    for number in [0, 1] {
        for _ in 0..TRIES {
            fastest = fastest.min(crew.window(arm, Who::One(number), TRIED)?.took);
        }
    }
    Ok(filling(fastest))
}

/// As many calls as fill a window, when so many that were tried took `took`. No fewer than were tried.
fn filling(took: Duration) -> u32 {
    let times = WINDOW.as_nanos() / took.as_nanos().max(1);
    u32::try_from(times).unwrap_or(u32::MAX).clamp(1, 1_000) * TRIED
}

/// The four windows. Each has each place in the order as often, so that none always finds the machine as the same other one
/// left it; and each thread is as often the one that works alone.
fn one(crew: &Crew, calls: Calls, turn: usize) -> Result<(Round, bool)> {
    let alone = Who::One(turn / 4 % 2);
    let mut windows = [(Arm::NoOp, alone), (Arm::NoOp, Who::Both), (Arm::Layer, alone), (Arm::Layer, Who::Both)]
        .map(|what| (what, Window::default()));
    for place in 0..windows.len() {
        let ((arm, who), window) = &mut windows[(turn + place) % 4];
        let calls = match arm {
            Arm::NoOp => calls.no_op,
            Arm::Layer => calls.layer,
        };
        *window = crew.window(*arm, *who, calls)?;
    }
    let [no_op_one, no_op_two, layer_one, layer_two] = windows.map(|(_, window)| window);
    let round = Round {
        no_op: Times { one: no_op_one.took, two: no_op_two.took },
        layer: Times { one: layer_one.took, two: layer_two.took },
        waited: windows.iter().map(|(_, window)| window.waited).sum(),
    };
    Ok((round, windows.iter().any(|(_, window)| is_disturbed(*window))))
}

fn is_disturbed(window: Window) -> bool {
    window.waited.is_some_and(|waited| waited > window.took.mul_f64(DISTURBED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_filled_by_the_pace_that_was_found() {
        for (took, calls) in [
            (Duration::from_micros(200), 80_000),
            (Duration::from_millis(2), 8_000),
            (Duration::from_millis(10), 2_000),
            (Duration::from_secs(1), 2_000),
            (Duration::ZERO, 2_000_000),
        ] {
            assert_eq!(filling(took), calls, "{took:?}");
        }
    }

    #[test]
    fn a_window_in_which_threads_had_to_wait_is_disturbed() {
        let window = |waited: Option<u64>| {
            let waited = waited.map(Duration::from_micros);
            Window { took: Duration::from_millis(10), waited, ..Window::default() }
        };
        for (waited, disturbed) in [(Some(0), false), (Some(200), false), (Some(201), true), (None, false)] {
            assert_eq!(is_disturbed(window(waited)), disturbed, "{waited:?}");
        }
    }
}
