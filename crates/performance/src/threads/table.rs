//! What was measured, as people read it.

use std::fmt;

use crate::data::end_to_end::Ratio;
use crate::data::threads::{Threads, ThreadsRow};

pub(super) struct Table<'a>(pub(super) &'a Threads);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Threads { pinned, rows } = self.0;
        if !pinned {
            writeln!(f, "the threads had no processors of their own: read these with care\n")?;
        }
        write!(f, "{:<8}{:>6}{:>7}{:>8}", "case", "rounds", "again", "waited")?;
        write!(f, "{:>10}{:>9}{:>10}{:>9}", "no-op, 1", "2 (ns)", "layer, 1", "2 (ns)")?;
        writeln!(f, "  {:<23}{:<23}layer : no-op", "scaling of the no-op", "with the layer")?;
        rows.iter().try_for_each(|row| line(f, row))
    }
}

fn line(f: &mut fmt::Formatter<'_>, row: &ThreadsRow) -> fmt::Result {
    let ThreadsRow { case, rounds, again, waited, no_op, layer, ratio } = row;
    let waited = waited.map_or("-".to_owned(), |share| format!("{:.1}%", share * 100.0));
    write!(f, "{case:<8}{rounds:>6}{again:>7}{waited:>8}")?;
    write!(f, "{:>10.1}{:>9.1}{:>10.1}{:>9.1}", no_op.one_ns, no_op.two_ns, layer.one_ns, layer.two_ns)?;
    let [no_op, layer, ratio] = [no_op.scaling, layer.scaling, *ratio].map(in_words);
    writeln!(f, "  {no_op:<23}{layer:<23}{ratio}")
}

fn in_words(Ratio { mean, low, high }: Ratio) -> String {
    format!("{mean:.3} [{low:.3}, {high:.3}]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::threads::ThreadsArm;

    #[test]
    fn the_table_has_its_columns_in_line() {
        let ratio = Ratio { mean: 0.9876, low: 0.98, high: 0.9951 };
        let arm = |one_ns| ThreadsArm { calls: 60_000, one_ns, two_ns: one_ns * 1.1, scaling: ratio };
        let row = |case: &str, waited| ThreadsRow {
            case: case.to_owned(),
            rounds: 240,
            again: 12,
            waited,
            no_op: arm(150.0),
            layer: arm(1_000.0),
            ratio,
        };
        let threads = Threads { pinned: true, rows: vec![row("attach", Some(0.003)), row("refuse", None)] };
        let expected = "\
case    rounds  again  waited  no-op, 1   2 (ns)  layer, 1   2 (ns)  scaling of the no-op   with the layer         layer : no-op
attach     240     12    0.3%     150.0    165.0    1000.0   1100.0  0.988 [0.980, 0.995]   0.988 [0.980, 0.995]   0.988 [0.980, 0.995]
refuse     240     12       -     150.0    165.0    1000.0   1100.0  0.988 [0.980, 0.995]   0.988 [0.980, 0.995]   0.988 [0.980, 0.995]
";
        assert_eq!(Table(&threads).to_string(), expected);
        let apart = Table(&Threads { pinned: false, ..threads }).to_string();
        assert!(
            apart.starts_with("the threads had no processors of their own") && apart.ends_with(expected),
            "{apart}"
        );
    }
}
