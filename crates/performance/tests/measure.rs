//! What `measure` writes, and what it leaves alone: with a stand-in for a command that measures.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const DATA: &str = "docs/performance/end_to_end.json";

/// A folder with a `cargo` that knows the folder to build into, and whose `run` of this program saves the sample of the
/// command that it is to run.
fn cargo(project: &TempDir) -> PathBuf {
    let folder = project.path().join("bin");
    fs::create_dir_all(&folder).unwrap();
    let script = "#!/bin/sh\n\
        [ \"$1\" = metadata ] && echo \"{\\\"target_directory\\\": \\\"$CARGO_TARGET_DIR\\\"}\" && exit\n\
        [ \"$1 $2 $3 $4 $5 $6 $8\" = 'run --locked --release -p ray-auth-performance -- --save' ] && cp \"$SAMPLES/$7.json\" \"$9\"\n";
    executable(&folder.join("cargo"), script);
    folder
}

fn executable(path: &Path, script: &str) {
    fs::write(path, script).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A project whose `interop/load` is this script; it finds the sample at `$SAMPLE`.
fn project(script: &str) -> TempDir {
    let project = tempfile::tempdir().unwrap();
    fs::write(project.path().join("Cargo.toml"), "[workspace]\nmembers = []\n").unwrap();
    fs::create_dir_all(project.path().join("docs/performance")).unwrap();
    fs::write(project.path().join(DATA), "of old\n").unwrap();
    let load = project.path().join("interop/load");
    fs::create_dir_all(load.parent().unwrap()).unwrap();
    executable(&load, &format!("#!/bin/sh\n{script}\n"));
    project
}

fn measure(project: &TempDir, only: &[&str]) -> (i32, String) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/end_to_end.json");
    let output: Output = Command::new(env!("CARGO_BIN_EXE_ray-auth-performance"))
        .arg("measure")
        .arg("--only")
        .args(only)
        .current_dir(project.path())
        .env("CARGO_TARGET_DIR", project.path().join("target"))
        .env("SAMPLE", sample)
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn data(project: &TempDir) -> String {
    fs::read_to_string(project.path().join(DATA)).unwrap()
}

#[test]
fn what_a_command_saved_is_written_in_the_shape_that_the_report_reads() {
    let project = project("[ \"$1\" = --save ] && cp \"$SAMPLE\" \"$2\"");
    let (code, said) = measure(&project, &["end-to-end"]);
    assert_eq!(code, 0, "{said}");
    let written: serde_json::Value = serde_json::from_str(&data(&project)).unwrap();
    assert_eq!(written["loads"][0]["kind"], "unary");
    assert!(said.contains("=== end-to-end: docs/performance/end_to_end.json"), "{said}");
}

#[test]
fn a_command_of_this_program_is_run_with_optimizations_and_what_it_saved_is_written() {
    let project = project("exit 3");
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let path = std::env::join_paths(
        [cargo(&project)].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let output: Output = Command::new(env!("CARGO_BIN_EXE_ray-auth-performance"))
        .args(["measure", "--only", "threads", "scale"])
        .current_dir(project.path())
        .env("CARGO_TARGET_DIR", project.path().join("target"))
        .env("PATH", path.unwrap())
        .env("SAMPLES", &samples)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    for name in ["threads.json", "scale.json"] {
        let read = |path: &Path| -> serde_json::Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
        assert_eq!(read(&project.path().join("docs/performance").join(name)), read(&samples.join(name)), "{name}");
    }
}

#[test]
fn a_measurement_that_fails_leaves_its_data_and_is_named_in_the_end() {
    for (script, why) in [
        ("exit 3", "`interop/load --save FILE` failed (exit status: 3)"),
        ("exit 0", "saved nothing"),
        ("echo '{\"loads\": 1}' > \"$2\"", "not of the shape"),
        ("sed 's/streaming/on \\/home\\/somebody/' \"$SAMPLE\" > \"$2\"", "name a folder of this machine"),
    ] {
        let project = project(script);
        let (code, said) = measure(&project, &["end-to-end"]);
        assert_eq!(code, 1, "{script}: {said}");
        assert!(said.contains(why), "{script}: {said}");
        assert!(
            said.ends_with("error: not taken: end-to-end; what was measured of them before is unchanged\n"),
            "{said}"
        );
        assert_eq!(data(&project), "of old\n", "{script}");
    }
}

#[test]
fn the_others_are_taken_after_one_has_failed() {
    let project = project("[ \"$1\" = --save ] && cp \"$SAMPLE\" \"$2\"");
    // There is no Cargo.lock to read versions from.
    let (code, said) = measure(&project, &["machine", "end-to-end"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("error: not taken: machine;"), "{said}");
    assert_ne!(data(&project), "of old\n", "{said}");
}

#[test]
fn a_measurement_that_does_not_exist_is_bad_usage() {
    let project = project("exit 0");
    assert_eq!(measure(&project, &["speed"]).0, 2);
}
