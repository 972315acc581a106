//! The report from samples: that it holds everything, is the same each time, and tells when a file is not of its data.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const DATA: [&str; 9] =
    ["allocations", "constant_time", "end_to_end", "instructions", "machine", "overhead", "scale", "threads", "wire"];
const WRITTEN: [&str; 7] = [
    "README.md",
    "docs/performance.md",
    "docs/performance/accept.svg",
    "docs/performance/attach.svg",
    "docs/performance/refuse.svg",
    "docs/performance/throughput.svg",
    "docs/performance/tokens.svg",
];
const README: &str = "above\n\n<!-- performance: begin -->\n<!-- performance: end -->\n\nbelow\n";

/// A project with the samples as its data.
fn project() -> TempDir {
    let project = tempfile::tempdir().unwrap();
    let data = project.path().join("docs/performance");
    fs::create_dir_all(&data).unwrap();
    for name in DATA {
        let name = format!("{name}.json");
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(&name), data.join(&name)).unwrap();
    }
    fs::write(project.path().join("README.md"), README).unwrap();
    project
}

fn report(project: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ray-auth-performance"))
        .args(["report", "--root"])
        .arg(project.path())
        .args(arguments)
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn written(project: &TempDir) -> Vec<String> {
    WRITTEN.iter().map(|path| fs::read_to_string(project.path().join(path)).unwrap()).collect()
}

fn json(project: &TempDir, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(project.path().join(format!("docs/performance/{name}.json"))).unwrap())
        .unwrap()
}

#[test]
fn the_report_is_written_from_the_data_and_holds_every_case() {
    let project = project();
    let output = report(&project, &[]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let document = fs::read_to_string(project.path().join("docs/performance.md")).unwrap();
    for (name, list, field) in [
        ("instructions", "rows", "case"),
        ("instructions", "comparison", "work"),
        ("instructions", "comparison", "situation"),
        ("allocations", "rows", "case"),
        ("overhead", "rows", "case"),
        ("wire", "rows", "sender"),
        ("constant_time", "rows", "classes"),
        ("end_to_end", "beside_ray", "server"),
        ("threads", "rows", "case"),
        ("scale", "constants", "name"),
        ("scale", "checks", "what"),
        ("scale", "memory", "what"),
        ("scale", "rotations", "variant"),
        ("scale", "steps", "variant"),
    ] {
        for row in json(&project, name)[list].as_array().unwrap() {
            let named = row[field].as_str().unwrap();
            assert!(document.contains(named), "{name}: {named} is not in the document");
        }
    }
    for load in json(&project, "end_to_end")["loads"].as_array().unwrap() {
        let row = format!("| {} | {} | {} |", load["kind"].as_str().unwrap(), load["in_flight"], load["connections"]);
        assert!(document.contains(&row), "{row} is not in the document");
    }
    for row in json(&project, "scale")["constants"].as_array().unwrap() {
        if row["source"].as_str().unwrap().starts_with("assumed") {
            let marked =
                document.lines().any(|line| line.contains(row["name"].as_str().unwrap()) && line.contains("**assumed"));
            assert!(marked, "{} is not marked as assumed", row["name"]);
        }
    }
    let place = |heading: &str| document.find(heading).unwrap_or_else(|| panic!("there is no {heading}"));
    assert!(place("\n## By the clock\n") < place("\n## On two threads\n"), "{document}");
    assert!(place("\n## On two threads\n") < place("\n## On the wire\n"), "{document}");
    for plot in ["attach", "accept", "refuse", "tokens", "throughput"] {
        assert!(document.contains(&format!("](performance/{plot}.svg)")), "{plot} is not shown");
    }
    let readme = fs::read_to_string(project.path().join("README.md")).unwrap();
    assert!(readme.starts_with("above\n\n<!-- performance: begin -->\n| a call that |"), "{readme}");
    assert!(readme.ends_with("<!-- performance: end -->\n\nbelow\n"), "{readme}");
}

#[test]
fn every_case_of_a_group_is_in_its_plot() {
    let project = project();
    report(&project, &[]);
    for row in json(&project, "instructions")["rows"].as_array().unwrap() {
        let (group, rest) = row["case"].as_str().unwrap().split_once('/').unwrap();
        if group == "length" {
            continue;
        }
        let plot = fs::read_to_string(project.path().join(format!("docs/performance/{group}.svg"))).unwrap();
        let shown = rest.replace('\'', "&apos;");
        assert!(plot.contains(rest) || plot.contains(&shown), "{rest} is not in {group}.svg");
    }
}

#[test]
fn the_same_data_give_the_same_bytes() {
    let (one, other) = (project(), project());
    report(&one, &[]);
    report(&other, &[]);
    let first = written(&one);
    assert_eq!(first, written(&other));
    report(&one, &[]);
    assert_eq!(first, written(&one));
}

#[test]
fn check_is_content_with_what_was_written_and_names_what_was_changed_since() {
    let project = project();
    let output = report(&project, &["--check"]);
    assert_eq!(code(&output), 1);
    assert!(!project.path().join("docs/performance.md").exists(), "check has written");
    report(&project, &[]);
    let output = report(&project, &["--check"]);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    for path in WRITTEN {
        let path_there = project.path().join(path);
        let text = fs::read_to_string(&path_there).unwrap();
        let changed = text.replacen("ray-auth", "another", 1).replacen("ours", "theirs", 1);
        assert_ne!(text, changed, "{path}");
        fs::write(&path_there, &changed).unwrap();
        let output = report(&project, &["--check"]);
        let said = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!((code(&output), said.contains(path)), (1, true), "{path}: {said}");
        assert_eq!(fs::read_to_string(&path_there).unwrap(), changed, "check has written");
        fs::write(&path_there, text).unwrap();
    }
}

#[test]
fn check_notices_other_data() {
    let project = project();
    report(&project, &[]);
    let path = project.path().join("docs/performance/instructions.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("1268", "1269")).unwrap();
    assert_eq!(code(&report(&project, &["--check"])), 1);
}

#[test]
fn data_that_are_missing_or_of_another_shape_are_an_error_that_names_what_makes_them() {
    for name in DATA {
        for text in [None, Some("{\"lines\": []}")] {
            let project = project();
            let path = project.path().join(format!("docs/performance/{name}.json"));
            fs::remove_file(&path).unwrap();
            if let Some(text) = text {
                fs::write(&path, text).unwrap();
            }
            let output = report(&project, &[]);
            let said = String::from_utf8(output.stderr.clone()).unwrap();
            assert_eq!(code(&output), 2, "{said}");
            assert!(said.starts_with(&format!("error: docs/performance/{name}.json ")), "{said}");
            assert!(said.contains(&format!("measure --only {}`", name.replace('_', "-"))), "{said}");
            assert!(!project.path().join("docs/performance.md").exists());
        }
    }
}

#[test]
fn a_readme_without_the_comments_is_an_error_and_nothing_is_written() {
    let project = project();
    fs::write(project.path().join("README.md"), "nothing of the kind\n").unwrap();
    let output = report(&project, &[]);
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(code(&output), 2, "{said}");
    assert!(said.contains("<!-- performance: begin -->"), "{said}");
    assert!(!project.path().join("docs/performance.md").exists());
}
