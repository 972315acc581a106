//! Wall-clock times: criterion leaves its estimates in files below the folder that cargo builds into.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::command::Invocation;
use super::tree::Tree;
use crate::data::calls::{Overhead, OverheadRow};

pub(super) fn measure(tree: &Tree) -> Result<Overhead> {
    let began = SystemTime::now();
    Invocation::cargo(tree, &["bench", "--locked", "--bench", "overhead"]).run()?;
    collect(&tree.target.join("criterion"), began)
}

#[derive(Deserialize)]
struct Benchmark {
    full_id: String,
}

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    confidence_interval: Interval,
    point_estimate: f64,
}

#[derive(Deserialize)]
struct Interval {
    confidence_level: f64,
    lower_bound: f64,
    upper_bound: f64,
}

/// What was written since `began`: the folder also holds cases of former runs, which no bench has any more.
fn collect(folder: &Path, began: SystemTime) -> Result<Overhead> {
    let mut rows = Vec::new();
    search(folder, began, &mut rows)?;
    ensure!(!rows.is_empty(), "criterion left no estimates; see that the bench has cases");
    rows.sort_by(|one, other| one.case.cmp(&other.case));
    Ok(Overhead { rows })
}

fn search(folder: &Path, began: SystemTime, rows: &mut Vec<OverheadRow>) -> Result<()> {
    for entry in fs::read_dir(folder).context("criterion left nothing; see that the bench has run")? {
        let path = entry?.path();
        if !path.is_dir() {
            continue;
        }
        let estimates = path.join("estimates.json");
        if path.ends_with("new") && estimates.exists() {
            if fs::metadata(&estimates)?.modified()? >= began {
                rows.push(row(&path)?);
            }
        } else {
            search(&path, began, rows)?;
        }
    }
    Ok(())
}

fn row(folder: &Path) -> Result<OverheadRow> {
    let benchmark: Benchmark = json(&folder.join("benchmark.json"))?;
    let median = json::<Estimates>(&folder.join("estimates.json"))?.median;
    let interval = median.confidence_interval;
    ensure!(
        (interval.confidence_level - 0.95).abs() < 1e-9,
        "criterion estimated with another confidence than 95%; take its setting out of the bench"
    );
    Ok(OverheadRow {
        case: benchmark.full_id,
        median_ns: median.point_estimate,
        low_ns: interval.lower_bound,
        high_ns: interval.upper_bound,
    })
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let name = path.file_name().unwrap_or_default().display();
    let text = fs::read_to_string(path).with_context(|| format!("criterion left no {name}"))?;
    serde_json::from_str(&text).with_context(|| format!("criterion's {name} has another shape than before"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A case as criterion leaves it, in its folder below a folder for its group.
    fn leave(folder: &Path, case: &str) {
        let sample = include_str!("../../tests/data/output/estimates.json");
        let benchmark = include_str!("../../tests/data/output/benchmark.json");
        let new = folder.join(case.replace(' ', "_")).join("new");
        fs::create_dir_all(&new).unwrap();
        fs::write(new.join("estimates.json"), sample).unwrap();
        fs::write(new.join("benchmark.json"), benchmark.replace("accept/3 tokens", case)).unwrap();
        fs::create_dir_all(new.with_file_name("base")).unwrap();
        fs::write(new.with_file_name("base").join("estimates.json"), sample).unwrap();
    }

    #[test]
    fn every_case_is_collected_once_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for case in ["no-op", "accept/3 tokens", "attach/keyring"] {
            leave(folder.path(), case);
        }
        let overhead = collect(folder.path(), SystemTime::UNIX_EPOCH).unwrap();
        let cases: Vec<_> = overhead.rows.iter().map(|row| row.case.as_str()).collect();
        assert_eq!(cases, ["accept/3 tokens", "attach/keyring", "no-op"]);
        for row in &overhead.rows {
            assert!(row.low_ns < row.median_ns && row.median_ns < row.high_ns, "{row:?}");
        }
    }

    #[test]
    fn what_an_older_run_left_is_not_collected() {
        let folder = tempfile::tempdir().unwrap();
        leave(folder.path(), "a case of old");
        let later = SystemTime::now() + Duration::from_secs(60);
        let error = collect(folder.path(), later).unwrap_err();
        assert!(error.to_string().contains("no estimates"), "{error}");
    }
}
