//! Counts instructions: the program runs itself under valgrind's callgrind with two numbers of calls, and the difference
//! is what the calls between them took. Unlike times, such counts repeat on a busy machine.

use std::io::{self, IsTerminal, Write, stderr};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Calls of the shorter run: what happens once has happened by then. As many digits as the longer run has, since reading
/// them takes instructions, too.
const FEW: i64 = 1_000;

/// What stands before the name of what a run under callgrind repeats, and the number of times.
const RUN: &str = "--run";

/// What counting came to.
pub(crate) enum Counted {
    /// Instructions of all counted calls of each name, in their order; [`per_call`] has those of one.
    All(Vec<i64>),
    /// There is no valgrind on this machine.
    NoValgrind,
}

/// Calls that are counted.
const CALLS: i64 = 1_000;

/// Counts what `names` take, as a program repeats them that is [`told`] to, and shows people how far it has come.
/// `options` are callgrind's.
///
/// # Errors
///
/// When a run fails.
pub(crate) fn count(names: &[String], options: &[&str]) -> io::Result<Counted> {
    match valgrind().arg("--version").output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Counted::NoValgrind),
        found => found.map(drop)?,
    }
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    // Counts do not depend on what else runs, so all processors are used.
    let work = || {
        let mut counted = Vec::new();
        while let Some((place, name)) = names.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed)) {
            counted.push((place, difference(name, options)?));
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, names.len());
        }
        Ok::<_, io::Error>(counted)
    };
    let mut counted = thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().map(|worker| worker.join().expect("nothing in it panics"));
        joined.collect::<io::Result<Vec<_>>>()
    })?
    .concat();
    counted.sort_unstable();
    Ok(Counted::All(counted.into_iter().map(|(_, count)| count).collect()))
}

/// To the nearest: what a run does once may differ by some instructions between two runs. All calls of a run are the same,
/// so a difference between calls would be there [`CALLS`] times.
pub(crate) fn per_call(count: i64) -> i64 {
    (count + CALLS / 2).div_euclid(CALLS)
}

/// What a bench comes to without valgrind: it says so, after `what` of it is missing for that, and fails in CI.
pub(crate) fn without_valgrind(what: &str) -> ExitCode {
    eprintln!("{what}: there is no valgrind here; install it, on Debian with `apt-get install valgrind`");
    if std::env::var_os("CI").is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn progress(done: usize, all: usize) {
    if stderr().is_terminal() {
        let end = if done == all { "\r\x1b[K" } else { "" };
        let _ = write!(stderr(), "\r{done} of {all}{end}");
    }
}

/// Instructions of [`CALLS`] calls.
fn difference(name: &str, options: &[&str]) -> io::Result<i64> {
    Ok(collected(name, FEW + CALLS, options)? - collected(name, FEW, options)?)
}

/// Instructions of a whole run of the program, with so many calls.
fn collected(name: &str, calls: i64, options: &[&str]) -> io::Result<i64> {
    let output = valgrind()
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(options)
        .arg(std::env::current_exe()?)
        .args([RUN, name, &calls.to_string()])
        // Nothing of the caller's environment is on the stack, or changes what is linked.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    match said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok()) {
        Some(count) if output.status.success() => Ok(count),
        _ => Err(io::Error::other(format!("{name:?} under callgrind ended with {}: {said}", output.status))),
    }
}

fn valgrind() -> Command {
    Command::new("valgrind")
}

/// What this process is told to repeat, and how often, if it was started to be counted.
pub(crate) fn told() -> Option<(String, u64)> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next()? != RUN {
        return None;
    }
    Some((arguments.next()?, arguments.next()?.parse().ok()?))
}
