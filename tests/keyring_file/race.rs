//! Several processes that rotate one file at once, and processes that are killed while they do.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout};
use std::sync::atomic::{AtomicBool, Ordering};

use ray_auth::keyring::Step;
use ray_auth::keyring_file::{Changed, KeyringFile, KeyringFileError};
use ray_auth::token::TokenSet;
use ray_auth::{Token, TokenSource};

use crate::{Home, child, mode, names};

const PROCESSES: usize = 8;
const ROUNDS: usize = 12;
const READY: &str = "ready";
const CHANGED: &str = "changed";

/// A change that was made: the tokens before and after, by fingerprint and role.
type Change = (String, String);

/// One process's part: says that it is ready, starts when its input ends, and tells every change that it made.
pub(crate) fn run(file: &KeyringFile) -> Vec<Change> {
    println!("\n{READY}");
    std::io::stdin().read_to_end(&mut Vec::new()).expect("the input ends");
    let mut changes = Vec::new();
    for _ in 0..ROUNDS {
        for step in [file.stage_generated(), file.promote(None), file.retire(None)] {
            changes.extend(change(step));
            println!("{CHANGED}");
        }
    }
    changes
}

/// What a step changed. Out of turn it is refused, and nothing else may go wrong.
fn change(step: Result<Changed, KeyringFileError>) -> Option<Change> {
    match step {
        Ok(changed) => {
            let before = changed.before.expect("there was a file");
            (changed.step == Step::Done).then(|| (shape(&before), shape(&changed.tokens)))
        }
        Err(KeyringFileError::Refused { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

/// A set's tokens by role, as `primary next accepted…`.
fn shape(tokens: &TokenSet) -> String {
    let name = |token: &Token| token.fingerprint().to_string();
    let accepted: Vec<_> = tokens.accepted().iter().map(name).collect();
    format!("{} {} {}", name(tokens.primary()), tokens.next().map(name).unwrap_or_default(), accepted.join(","))
}

fn shape_of_file(home: &Home) -> String {
    shape(&TokenSource::file(&home.token).load().unwrap().tokens)
}

/// Says that it is over when it is dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Racer {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Racer {
    /// A process that is ready.
    fn new(home: &Home) -> Self {
        let mut child = child::racer(&home.token).spawn().expect("a child starts");
        let mut output = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        assert!(lines_until(&mut output, READY), "a process ended before it was ready");
        Self { child, output }
    }

    fn start(&mut self) {
        drop(self.child.stdin.take());
    }
}

fn lines_until(output: &mut impl BufRead, wanted: &str) -> bool {
    output.lines().any(|line| line.is_ok_and(|line| line == wanted))
}

#[test]
fn of_processes_that_change_a_file_at_once_none_undoes_anothers_change() {
    let home = Home::new("the-first-token-of-the-whole-race\n");
    let start = shape_of_file(&home);
    let mut racers: Vec<_> = (0..PROCESSES).map(|_| Racer::new(&home)).collect();
    racers.iter_mut().for_each(Racer::start);

    let over = AtomicBool::new(false);
    let changes: Vec<Change> = std::thread::scope(|scope| {
        // Whoever reads meanwhile finds a whole file each time.
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !over.load(Ordering::Relaxed) {
                shape_of_file(&home);
                reads += 1;
            }
            reads
        });
        // Also when a process failed: or else this waits for the reader.
        let running = Over(&over);
        let changes = racers.into_iter().flat_map(|mut racer| {
            let mut rest = Vec::new();
            racer.output.read_to_end(&mut rest).expect("its output can be read");
            let status = racer.child.wait().expect("it ends");
            let changes: Option<Vec<Change>> = child::answer(&rest);
            changes.unwrap_or_else(|| panic!("{status}: no answer: {}", String::from_utf8_lossy(&rest)))
        });
        let changes = changes.collect();
        drop(running);
        assert!(reader.join().unwrap() > 0);
        changes
    });

    // Each state comes once, since its tokens are random: so the changes must be one chain from the first to the last.
    let count = changes.len();
    assert!(count >= 3, "{count} changes are no race");
    let mut after: BTreeMap<String, String> = changes.into_iter().collect();
    assert_eq!(after.len(), count, "two processes changed the same state");
    let mut state = start;
    while let Some(next) = after.remove(&state) {
        state = next;
    }
    assert!(after.is_empty(), "{} changes were undone", after.len());
    assert_eq!(state, shape_of_file(&home));
    assert_eq!(
        (mode(&home.token), names(home.folder.path())),
        (0o600, vec!["token".to_owned(), "token.lock".to_owned()])
    );
}

#[test]
fn a_process_that_is_killed_leaves_a_whole_file_and_no_lock() {
    let home = Home::new("the-first-token-of-the-whole-race\n");
    for kill_after in [1, 2, 3, 5, 8] {
        let mut racer = Racer::new(&home);
        racer.start();
        for _ in 0..kill_after {
            assert!(lines_until(&mut racer.output, CHANGED));
        }
        racer.child.kill().unwrap();
        racer.child.wait().unwrap();
        shape_of_file(&home);
        // What it may have left behind, for certain.
        std::fs::File::create(home.folder.path().join(".token.killed.new")).unwrap().write_all(b"half").unwrap();
        let file = KeyringFile::new(&home.token);
        file.abort().unwrap();
        assert!(file.retire(None).is_ok());
        assert_eq!(names(home.folder.path()), ["token", "token.lock"]);
    }
}
