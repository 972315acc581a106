//! This program once more, as a child with a user, a mask, limits or mounts of its own.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use ray_auth::Token;
use ray_auth::keyring::Step;
use ray_auth::keyring_file::{KeyringFile, KeyringFileError};
use rustix::fs::Mode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{chmod, names, race};

/// Tells a child what to do, to which file, and under which mask.
const TASK: &str = "RAY_AUTH_TEST_TASK";
const FILE: &str = "RAY_AUTH_TEST_FILE";
const MASK: &str = "RAY_AUTH_TEST_MASK";

/// Begins the line in which a child answers.
const ANSWER: &str = "answer: ";

/// What became of staging a token in a child.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Staged {
    /// `Done`, or the name of the error.
    pub(crate) result: String,
    /// The error in words.
    pub(crate) error: Option<String>,
    /// The file's text afterwards.
    pub(crate) text: String,
    /// What is in the folder afterwards.
    pub(crate) names: Vec<String>,
}

/// How the child is to be.
#[derive(Default)]
pub(crate) struct As<'a> {
    pub(crate) user: Option<u32>,
    pub(crate) mask: Option<u32>,
    /// What a shell does first; `$FILE` is the file, `$FOLDER` the one it is in. When it fails there is no answer.
    pub(crate) setup: Option<&'a str>,
    /// Whether it gets mounts of its own, which `setup` can change.
    pub(crate) mounts: bool,
}

impl As<'_> {
    /// Stages a token called `new` in the child; `None` when it could not be as it should.
    pub(crate) fn stage(&self, file: &Path) -> Option<Staged> {
        let output = self.command(file, "stage").output().expect("a child starts");
        let answer = answer(&output.stdout);
        assert!(answer.is_some() || self.setup.is_some(), "{}: no answer: {output:?}", output.status);
        answer
    }

    fn command(&self, file: &Path, task: &str) -> Command {
        let mut program = std::env::current_exe().expect("this program has a path");
        if self.user.is_some() {
            // The build folder may be closed to others.
            let copy = file.with_extension("program");
            fs::copy(&program, &copy).expect("a copy of this program");
            chmod(&copy, 0o755);
            program = copy;
        }
        let start: &[&str] = if self.mounts { &["unshare", "--map-root-user", "--mount"] } else { &[] };
        let setup = self.setup.unwrap_or("true");
        let script = format!("{setup} && exec \"$0\" \"$@\"");
        let mut words = start.iter().copied().chain(["sh", "-c", &script]);
        let mut command = Command::new(words.next().expect("there is a shell"));
        command.args(words).arg(&program).args(["--exact", "child::the_task_of_a_child", "--nocapture"]);
        command.env(TASK, task).env("FILE", file).env(FILE, file);
        command.env("FOLDER", file.parent().expect("a file is in a folder"));
        command.env(MASK, format!("{:o}", self.mask.unwrap_or(0o022)));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }
}

/// A child that takes part in the race for a file.
pub(crate) fn racer(file: &Path) -> Command {
    let mut command = As::default().command(file, "race");
    command.stdin(Stdio::piped());
    command
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
    let Ok(task) = std::env::var(TASK) else { return };
    let file = std::env::var(FILE).expect("a task has a file");
    let mask = std::env::var(MASK).expect("a task has a mask");
    rustix::process::umask(Mode::from_raw_mode(u32::from_str_radix(&mask, 8).expect("a mask is a number")));
    match task.as_str() {
        "stage" => say(&staged(Path::new(&file))),
        "race" => say(&race::run(&KeyringFile::new(file))),
        task => panic!("{task} is no task"),
    }
}

fn staged(file: &Path) -> Staged {
    let staged = KeyringFile::new(file).stage(Token::parse("new").expect("a token"));
    let (result, error) = match staged.map(|changed| changed.step) {
        Ok(Step::Done) => ("Done".to_owned(), None),
        Ok(Step::AlreadyDone) => ("AlreadyDone".to_owned(), None),
        Err(error) => (name(&error), Some(error.to_string())),
    };
    let text = fs::read_to_string(file).unwrap_or_default();
    Staged { result, error, text, names: names(file.parent().expect("a file is in a folder")) }
}

/// The name of an error's variant.
pub(crate) fn name(error: &KeyringFileError) -> String {
    format!("{error:?}").split([' ', '(']).next().unwrap_or_default().to_owned()
}

fn say(answer: &impl Serialize) {
    // The harness may have left a line unfinished.
    println!("\n{ANSWER}{}", serde_json::to_string(answer).expect("an answer can be written"));
}
