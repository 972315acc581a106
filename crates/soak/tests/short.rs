//! The soak in its short form, and that nothing of it is left behind, however it ends.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Nothing that is waited for here takes as long as this.
const BOUND: Duration = Duration::from_secs(60);

/// The processes of a cluster.
const PROCESSES: usize = 5;

/// The driver, with its folder in one of the test's own.
fn drive(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ray-auth-soak"));
    command.arg("drive").args(arguments).env("TMPDIR", folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A folder that processes of other users may pass through.
fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

#[test]
fn two_rotations_with_kills_and_broken_files_fail_no_call_and_let_nobody_in() {
    let folder = folder();
    let arguments = ["--rotations", "2", "--calls", "2000", "--pace", "100", "--limit", "100", "--seed", "1"];
    let ended = drive(folder.path(), &arguments).output().unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{said}\n{wrong}");
    assert!(said.starts_with("seed: 1\n"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "its files are gone");
}

#[test]
fn a_step_that_is_left_out_is_noticed() {
    let folder = folder();
    let arguments = ["--rotations", "1", "--calls", "100", "--limit", "100", "--seed", "1", "--skip-promote"];
    let ended = drive(folder.path(), &arguments).output().unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert_eq!(ended.status.code(), Some(1), "{said}\n{wrong}");
    assert!(said.contains("calls failed") && said.contains("Unauthenticated"), "{said}\n{wrong}");
}

#[test]
fn a_driver_that_is_ended_leaves_no_process_behind() {
    for signal in [Signal::TERM, Signal::INT, Signal::KILL] {
        let folder = folder();
        let mut driver = drive(folder.path(), &["--rotations", "1000", "--limit", "60"]).spawn().unwrap();
        let id = Pid::from_child(&driver);
        let nodes = until("the processes start", || Some(nodes_of(&driver)).filter(|nodes| nodes.len() == PROCESSES));
        kill_process(id, signal).unwrap();
        let status = driver.wait().unwrap();
        assert!(!status.success(), "{signal:?}");
        until("the processes end", || nodes.iter().all(|node| !is_running(node)).then_some(()));
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, usize::from(signal == Signal::KILL), "{signal:?}: its files");
    }
}

/// The processes that the driver started, as numbers.
fn nodes_of(driver: &Child) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{}/task", driver.id())).unwrap().flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<_> =
        children.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    children.into_iter().filter(|child| is_node(child)).collect()
}

fn is_node(process: &str) -> bool {
    fs::read(format!("/proc/{process}/cmdline")).is_ok_and(|line| line.split(|byte| *byte == 0).nth(1) == Some(b"node"))
}

/// Whether it is there and not just waiting to be forgotten.
fn is_running(process: &str) -> bool {
    is_node(process) && fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Waits until there is something, by asking.
fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(start.elapsed() < BOUND, "{what}: not within {BOUND:?}");
        std::thread::yield_now();
    }
}
