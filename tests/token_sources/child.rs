//! This program once more, as a child with an environment, a user and a working directory of its own.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Observed, race};

/// Tells a child what to do.
const TASK: &str = "RAY_AUTH_TEST_TASK";

/// Begins the line in which a child answers.
const ANSWER: &str = "answer: ";

/// A child that does nothing but `task`, in an environment that is otherwise empty.
pub(crate) fn command(program: &Path, task: &str) -> Command {
    let mut command = Command::new(program);
    command.args(["--exact", "child::the_task_of_a_child", "--nocapture"]).env_clear().env(TASK, task);
    command.stdin(Stdio::null());
    command
}

/// Runs a child to its end.
pub(crate) fn observed(mut command: Command) -> Observed {
    let output = command.output().expect("a child starts: the temporary folder must be open to other users");
    answer(&output.stdout).unwrap_or_else(|| panic!("{}: no answer: {output:?}", output.status))
}

/// What a child said among the lines of the test harness.
pub(crate) fn answer<T: DeserializeOwned>(stdout: &[u8]) -> Option<T> {
    let stdout = str::from_utf8(stdout).ok()?;
    let line = stdout.lines().find_map(|line| line.strip_prefix(ANSWER))?;
    serde_json::from_str(line).ok()
}

/// Not a test of its own: where a child begins. Without a task there is nothing to do.
#[test]
fn the_task_of_a_child() {
    match std::env::var(TASK).as_deref() {
        Ok("load") => say(&Observed::from_env()),
        Ok("race") => say(&race::run()),
        Ok(task) => panic!("{task} is no task"),
        Err(_) => {}
    }
}

fn say(answer: &impl Serialize) {
    // The harness may have left a line unfinished.
    println!("\n{ANSWER}{}", serde_json::to_string(answer).expect("an answer can be written"));
}
