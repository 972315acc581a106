//! `threads`, as it is run: few rounds, which measure nothing and show that everything is called.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::{Command, Output};

use serde_json::Value;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ray-auth-performance")).arg("threads").args(arguments).output().unwrap()
}

#[test]
fn every_case_is_measured_and_what_is_printed_is_what_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("threads.json");
    let ended = run(&["--rounds", "2", "--json", "--save", file.to_str().unwrap()]);
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(std::fs::read(&file).unwrap(), ended.stdout);
    let threads: Value = serde_json::from_slice(&ended.stdout).unwrap();
    let rows = threads["rows"].as_array().unwrap();
    let cases: Vec<_> = rows.iter().map(|row| row["case"].as_str().unwrap()).collect();
    assert_eq!(cases, ["attach", "accept", "refuse"]);
    for row in rows {
        assert_eq!(row["rounds"], 2, "{row}");
        for figure in ["/no_op/one_ns", "/no_op/two_ns", "/layer/one_ns", "/layer/two_ns", "/ratio/mean"] {
            assert!(row.pointer(figure).and_then(Value::as_f64).is_some_and(|figure| figure > 0.0), "{figure}: {row}");
        }
        let [low, mean, high] = ["low", "mean", "high"].map(|bound| row["ratio"][bound].as_f64().unwrap());
        assert!(low <= mean && mean <= high, "{row}");
    }
}

#[test]
fn people_get_a_table() {
    let ended = run(&["--rounds", "2"]);
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    let table = String::from_utf8(ended.stdout).unwrap();
    assert!(["case ", "attach ", "accept ", "refuse "].iter().all(|row| table.contains(row)), "{table}");
}

#[test]
fn what_cannot_be_measured_or_saved_is_known_before_anything_is_measured() {
    let cases: [(&[&str], &str); 3] = [
        (&["--save", "/nowhere/at/all.json"], "no folder /nowhere/at"),
        (&["--rounds", "1"], "2..=10000"),
        (&["--rounds", "10001"], "2..=10000"),
    ];
    for (arguments, named) in cases {
        let ended = run(arguments);
        let wrong = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}: {wrong}");
        assert!(wrong.starts_with("error: ") && wrong.contains(named), "{arguments:?}: {wrong}");
    }
}
