//! What was measured, as people read it.

use std::fmt;

use crate::data::end_to_end::{Arm, Beside, EndToEnd, Load, Ratio};

/// Both tables; the second only when other servers were there.
pub(super) struct Table<'a>(pub(super) &'a EndToEnd);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EndToEnd { loads, beside_ray } = self.0;
        loads_table(f, loads)?;
        if beside_ray.is_empty() {
            return Ok(());
        }
        writeln!(f)?;
        beside_table(f, beside_ray)
    }
}

/// A row for each arm: without layers first, since the other is measured against it.
fn loads_table(f: &mut fmt::Formatter<'_>, loads: &[Load]) -> fmt::Result {
    heading(f, "kind", "layers", "pairs")?;
    for load in loads {
        let row = |f: &mut fmt::Formatter<'_>, layers, arm, ratio| {
            write!(f, "{:<27}{layers:<8}{:>9}{:>6}{:>7}", load.kind, load.in_flight, load.connections, load.pairs)?;
            rest(f, arm, ratio)
        };
        row(f, "without", &load.without, None)?;
        row(f, "with", &load.with, Some(load.ratio))?;
    }
    Ok(())
}

fn beside_table(f: &mut fmt::Formatter<'_>, servers: &[Beside]) -> fmt::Result {
    heading(f, "server", "", "rounds")?;
    for Beside { server, in_flight, connections, rounds, arm, ratio } in servers {
        write!(f, "{server:<35}{in_flight:>9}{connections:>6}{rounds:>7}")?;
        rest(f, arm, *ratio)?;
    }
    Ok(())
}

fn heading(f: &mut fmt::Formatter<'_>, one: &str, other: &str, turns: &str) -> fmt::Result {
    let (flight, calls, server) = ("in flight", "calls/s", "server µs");
    write!(f, "{one:<27}{other:<8}{flight:>9}{:>6}{turns:>7}", "conns")?;
    writeln!(f, "{calls:>9}{:>9}{:>9}{server:>10}  ratio [95% interval]", "p50 µs", "p99 µs")
}

fn rest(f: &mut fmt::Formatter<'_>, arm: &Arm, ratio: Option<Ratio>) -> fmt::Result {
    write!(f, "{:>9.0}{:>9.0}{:>9.0}", arm.calls_per_second, arm.p50_us, arm.p99_us)?;
    match arm.server_cpu_us {
        Some(time) => write!(f, "{time:>10.1}")?,
        None => write!(f, "{:>10}", "-")?,
    }
    match ratio {
        Some(Ratio { mean, low, high }) => writeln!(f, "  {mean:.3} [{low:.3}, {high:.3}]"),
        None => writeln!(f),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(calls_per_second: f64, server_cpu_us: Option<f64>) -> Arm {
        Arm { calls: 1, failed: 0, calls_per_second, p50_us: 2_400.2, p99_us: 3_100.0, server_cpu_us }
    }

    #[test]
    fn both_tables_have_their_columns_in_line() {
        let ratio = Ratio { mean: 0.9876, low: 0.98, high: 0.9951 };
        let load = Load {
            kind: "unary".into(),
            in_flight: 64,
            connections: 8,
            pairs: 40,
            with: arm(25_000.0, Some(31.25)),
            without: arm(25_500.0, Some(30.0)),
            ratio,
        };
        let beside = Beside {
            server: "Ray gcs_server, token".into(),
            in_flight: 64,
            connections: 1,
            rounds: 40,
            arm: arm(10_000.0, None),
            ratio: Some(ratio),
        };
        let shown = Table(&EndToEnd { loads: vec![load], beside_ray: vec![beside] }).to_string();
        let expected = "\
kind                       layers  in flight conns  pairs  calls/s   p50 µs   p99 µs server µs  ratio [95% interval]
unary                      without        64     8     40    25500     2400     3100      30.0
unary                      with           64     8     40    25000     2400     3100      31.2  0.988 [0.980, 0.995]

server                             in flight conns rounds  calls/s   p50 µs   p99 µs server µs  ratio [95% interval]
Ray gcs_server, token                     64     1     40    10000     2400     3100         -  0.988 [0.980, 0.995]
";
        assert_eq!(shown, expected);
    }
}
