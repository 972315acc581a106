//! What came of all rounds of one case.

use std::time::Duration;

use super::case::Case;
use super::rounds::{Calls, Round, Times};
use crate::data::threads::{ThreadsArm, ThreadsRow};
use crate::statistics::{median, ratio, rounded, short};

pub(super) struct Record {
    calls: Calls,
    rounds: Vec<Round>,
    again: u32,
}

impl Record {
    pub(super) fn new(calls: Calls) -> Self {
        Self { calls, rounds: Vec::new(), again: 0 }
    }

    pub(super) fn add(&mut self, round: Round) {
        self.rounds.push(round);
    }

    /// A round does not count.
    pub(super) fn discard(&mut self) {
        self.again += 1;
    }

    pub(super) fn rounds(&self) -> u32 {
        u32::try_from(self.rounds.len()).unwrap_or(u32::MAX)
    }

    /// In numbers; none when there were fewer than two rounds.
    pub(super) fn row(&self, case: Case) -> Option<ThreadsRow> {
        let scalings = self.rounds.iter().map(|round| (scaling(round.layer), scaling(round.no_op)));
        Some(ThreadsRow {
            case: case.name().to_owned(),
            rounds: self.rounds(),
            again: self.again,
            waited: self.waited(),
            no_op: self.arm(self.calls.no_op, |round| round.no_op)?,
            layer: self.arm(self.calls.layer, |round| round.layer)?,
            ratio: short(ratio(scalings))?,
        })
    }

    fn arm(&self, calls: u32, times: impl Fn(&Round) -> Times) -> Option<ThreadsArm> {
        let times = || self.rounds.iter().map(&times);
        let nanos = |time: Duration| time.as_secs_f64() * 1e9 / f64::from(calls);
        Some(ThreadsArm {
            calls,
            one_ns: rounded(median(times().map(|times| nanos(times.one)))?, 1),
            two_ns: rounded(median(times().map(|times| nanos(times.two)))?, 1),
            scaling: short(ratio(times().map(|times| (times.one.as_secs_f64(), times.two.as_secs_f64()))))?,
        })
    }

    /// Of the time that threads worked: one in two windows of a round, and two in the others.
    fn waited(&self) -> Option<f64> {
        let waited: Duration = self.rounds.iter().map(|round| round.waited).sum::<Option<_>>()?;
        let both = self.rounds.iter().flat_map(|round| [round.no_op, round.layer]);
        let worked: Duration = both.map(|times| times.one + 2 * times.two).sum();
        (!worked.is_zero()).then(|| rounded(waited.as_secs_f64() / worked.as_secs_f64(), 4))
    }
}

fn scaling(times: Times) -> f64 {
    times.one.as_secs_f64() / times.two.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds of one thread and of two, without and with the layer.
    fn record(rounds: &[[u64; 4]]) -> Record {
        let mut record = Record::new(Calls { no_op: 100_000, layer: 50_000 });
        for round in rounds {
            let [no_op_one, no_op_two, one, two] = round.map(Duration::from_millis);
            record.add(Round {
                no_op: Times { one: no_op_one, two: no_op_two },
                layer: Times { one, two },
                waited: Some(Duration::from_micros(600)),
            });
        }
        record
    }

    #[test]
    fn scaling_with_the_layer_is_compared_with_that_of_the_same_round() {
        // The machine gives two threads less and less; the layer takes a tenth of what is there in each round.
        let mut record = record(&[[10, 10, 9, 10], [10, 20, 9, 20], [10, 30, 9, 30]]);
        record.discard();
        let row = record.row(Case::Accept).unwrap();
        assert_eq!((row.case.as_str(), row.rounds, row.again), ("accept", 3, 1));
        assert_eq!((row.ratio.mean, row.ratio.low, row.ratio.high), (0.9, 0.9, 0.9));
        assert_eq!((row.no_op.calls, row.no_op.one_ns, row.no_op.two_ns), (100_000, 100.0, 200.0));
        assert_eq!((row.layer.calls, row.layer.one_ns, row.layer.two_ns), (50_000, 180.0, 400.0));
        // The geometric mean of 1, 1/2 and 1/3.
        assert_eq!(row.no_op.scaling.mean, rounded((1.0_f64 / 6.0).cbrt(), 4));
        // Three times 0.6 ms, of 57 ms of one thread and twice 120 ms of two.
        assert_eq!(row.waited, Some(rounded(1.8 / (57.0 + 240.0), 4)));
    }

    #[test]
    fn one_round_says_nothing_and_a_system_that_does_not_tell_has_no_waiting() {
        assert!(record(&[[10, 10, 10, 10]]).row(Case::Attach).is_none());
        let mut record = record(&[[10, 10, 10, 10]; 2]);
        record.add(Round { waited: None, ..record.rounds[0] });
        assert_eq!(record.row(Case::Attach).unwrap().waited, None);
    }
}
