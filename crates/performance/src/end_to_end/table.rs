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
    writeln!(f, "  {:<24}processor time", "calls/s [95% interval]")?;
    for load in loads {
        let row = |f: &mut fmt::Formatter<'_>, layers, arm| {
            write!(f, "{:<19}{layers:<8}{:>9}{:>6}{:>7}", load.kind, load.in_flight, load.connections, load.pairs)?;
            numbers(f, arm)
        };
        row(f, "without", &load.without)?;
        writeln!(f)?;
        row(f, "with", &load.with)?;
        write!(f, "  {:<24}", in_words(Some(load.ratio)))?;
        writeln!(f, "{}", in_words(load.cpu_ratio))?;
    }
    Ok(())
}

fn beside_table(f: &mut fmt::Formatter<'_>, servers: &[Beside]) -> fmt::Result {
    heading(f, "server", "", "rounds")?;
    writeln!(f, "  calls/s [95% interval]")?;
    for Beside { server, in_flight, connections, rounds, arm, ratio } in servers {
        write!(f, "{server:<27}{in_flight:>9}{connections:>6}{rounds:>7}")?;
        numbers(f, arm)?;
        if let Some(ratio) = ratio {
            write!(f, "  {}", in_words(Some(*ratio)))?;
        }
        if arm.failed > 0 {
            write!(f, "  {} lost with their connections", arm.failed)?;
        }
        writeln!(f)?;
    }
    Ok(())
}

fn heading(f: &mut fmt::Formatter<'_>, one: &str, other: &str, turns: &str) -> fmt::Result {
    let (flight, calls, server) = ("in flight", "calls/s", "server µs");
    write!(f, "{one:<19}{other:<8}{flight:>9}{:>6}{turns:>7}", "conns")?;
    write!(f, "{calls:>9}{:>8}{:>8}{server:>11}{:>11}{:>8}", "p50 µs", "p99 µs", "client µs", "waited")
}

fn numbers(f: &mut fmt::Formatter<'_>, arm: &Arm) -> fmt::Result {
    write!(f, "{:>9.0}{:>8.0}{:>8.0}", arm.calls_per_second, arm.p50_us, arm.p99_us)?;
    for time in [arm.server_cpu_us, arm.client_cpu_us] {
        match time {
            Some(time) => write!(f, "{time:>11.2}")?,
            None => write!(f, "{:>11}", "-")?,
        }
    }
    match arm.waited {
        Some(share) => write!(f, "{:>7.1}%", share * 100.0),
        None => write!(f, "{:>8}", "-"),
    }
}

fn in_words(ratio: Option<Ratio>) -> String {
    ratio.map_or("-".to_owned(), |Ratio { mean, low, high }| format!("{mean:.3} [{low:.3}, {high:.3}]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(calls_per_second: f64, server_cpu_us: Option<f64>) -> Arm {
        let (p50_us, p99_us, client_cpu_us) = (2_400.2, 3_100.0, Some(5.5));
        Arm {
            calls: 1,
            failed: 0,
            calls_per_second,
            p50_us,
            p99_us,
            server_cpu_us,
            client_cpu_us,
            waited: server_cpu_us.map(|_| 0.012),
        }
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
            cpu_ratio: Some(Ratio { mean: 0.97, low: 0.96, high: 0.98 }),
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
kind               layers  in flight conns  pairs  calls/s  p50 µs  p99 µs  server µs  client µs  waited  calls/s [95% interval]  processor time
unary              without        64     8     40    25500    2400    3100      30.00       5.50    1.2%
unary              with           64     8     40    25000    2400    3100      31.25       5.50    1.2%  0.988 [0.980, 0.995]    0.970 [0.960, 0.980]

server                     in flight conns rounds  calls/s  p50 µs  p99 µs  server µs  client µs  waited  calls/s [95% interval]
Ray gcs_server, token             64     1     40    10000    2400    3100          -       5.50       -  0.988 [0.980, 0.995]
";
        assert_eq!(shown, expected);
    }
}
