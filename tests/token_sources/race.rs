//! Several processes, each with several threads, that all find no token and may generate one.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Barrier};
use std::thread;

use ray_auth::source::TokenSource;
use ray_auth_testing::logs::LogCapture;
use serde::{Deserialize, Serialize};

use crate::child;

const PROCESSES: usize = 8;
const THREADS: usize = 4;
const READY: &str = "ready";

/// What the threads of one process got.
#[derive(Serialize, Deserialize)]
pub(crate) struct Share {
    /// How many of them created the file.
    generated: usize,
    /// The fingerprint of each one's token.
    fingerprints: Vec<String>,
    /// All that was logged.
    logged: Vec<String>,
}

/// One process's part: says that it is ready, and starts when its input ends.
pub(crate) fn run() -> Share {
    // The widest rights a new file could get, if they were left to the mask.
    rustix::process::umask(rustix::fs::Mode::empty());
    let logs = LogCapture::global().expect("nobody else captures logs");
    println!("\n{READY}");
    std::io::stdin().read_to_end(&mut Vec::new()).expect("the input ends");

    let start = Arc::new(Barrier::new(THREADS));
    let load = |start: Arc<Barrier>| {
        move || {
            let source = TokenSource::from_env().expect("no variable is wrong");
            start.wait();
            source.load_or_generate().expect("there is a token")
        }
    };
    let threads: Vec<_> = (0..THREADS).map(|_| thread::spawn(load(Arc::clone(&start)))).collect();
    let loaded: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
    for loaded in &loaded {
        logs.assert_absent("the token", loaded.tokens.primary().expose_secret());
    }
    Share {
        generated: loaded.iter().filter(|loaded| loaded.generated).count(),
        fingerprints: loaded.iter().map(|loaded| loaded.tokens.primary().fingerprint().to_string()).collect(),
        logged: logs.records().iter().map(|record| format!("{} {}", record.level, record.message)).collect(),
    }
}

#[test]
fn processes_that_start_at_once_agree_on_one_token() {
    let home = tempfile::tempdir().unwrap();
    let mut racers: Vec<_> = (0..PROCESSES).map(|_| spawn(home.path())).collect();
    let mut outputs: Vec<_> =
        racers.iter_mut().map(|racer| BufReader::new(racer.stdout.take().expect("its output is a pipe"))).collect();
    for output in &mut outputs {
        let mut lines = output.by_ref().lines();
        assert!(lines.any(|line| line.unwrap() == READY), "a process ended before it was ready");
    }
    let inputs: Vec<_> = racers.iter_mut().map(|racer| racer.stdin.take()).collect();
    drop(inputs);
    let shares: Vec<Share> = outputs.iter_mut().zip(racers).map(|(output, racer)| share(output, racer)).collect();

    assert_eq!(shares.iter().map(|share| share.generated).sum::<usize>(), 1);
    let tokens: Vec<_> = shares.iter().flat_map(|share| &share.fingerprints).collect();
    assert_eq!(tokens.len(), PROCESSES * THREADS);
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");

    let folder = home.path().join(".ray");
    let file = folder.join("auth_token");
    let logged: Vec<_> = shares.iter().flat_map(|share| &share.logged).collect();
    assert_eq!(logged, [&format!("INFO Generated new authentication token and saved to {}", file.display())]);

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
    let entries: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(entries, [file], "no temporary file is left");
}

fn spawn(home: &Path) -> Child {
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = child::command(&program, "race");
    command.env("HOME", home).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().expect("a child starts")
}

fn share(output: &mut impl Read, mut racer: Child) -> Share {
    let mut rest = Vec::new();
    output.read_to_end(&mut rest).expect("its output can be read");
    let status = racer.wait().expect("it ends");
    child::answer(&rest).unwrap_or_else(|| panic!("{status}: no answer: {}", String::from_utf8_lossy(&rest)))
}
