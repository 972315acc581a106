//! Counts instructions: the program runs itself under valgrind's callgrind with two numbers of calls, and the difference
//! is what the calls between them took. Unlike times, such counts repeat on a busy machine.

use std::io;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

/// Calls of the shorter run: what happens once has happened by then.
const FEW: u64 = 200;

/// Calls of the longer run beyond those.
const MORE: u64 = 1_000;

/// What stands before the name of what a run under callgrind repeats, and the number of times.
pub const RUN: &str = "--run";

/// Instructions of one call of each of `names`, in their order. `progress` is told how many are done.
///
/// # Errors
///
/// When valgrind is not there, or a run fails.
pub fn count(names: &[String], progress: impl Fn(usize) + Sync) -> io::Result<Vec<i64>> {
    let queue = Mutex::new((0, 0));
    let counted = Mutex::new(vec![0; names.len()]);
    let failed = Mutex::new(None);
    let next = || {
        let mut queue = queue.lock().expect("nothing panics while it is held");
        let position = queue.0;
        queue.0 += 1;
        (position < names.len() && failed.lock().expect("as above").is_none()).then_some(position)
    };
    let work = || {
        while let Some(position) = next() {
            match count_one(&names[position]) {
                Ok(count) => {
                    counted.lock().expect("as above")[position] = count;
                    let done = {
                        let mut queue = queue.lock().expect("as above");
                        queue.1 += 1;
                        queue.1
                    };
                    progress(done);
                }
                Err(error) => *failed.lock().expect("as above") = Some(error),
            }
        }
    };
    thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        (0..workers).for_each(|_| drop(scope.spawn(work)));
    });
    match failed.into_inner().expect("as above") {
        Some(error) => Err(error),
        None => Ok(counted.into_inner().expect("as above")),
    }
}

fn count_one(name: &str) -> io::Result<i64> {
    let calls = i64::try_from(MORE).expect("it is small");
    let difference = collected(name, FEW + MORE)? - collected(name, FEW)?;
    // To the nearest: what a run does once may differ by some instructions between the two.
    Ok((difference + calls / 2).div_euclid(calls))
}

/// Instructions of a whole run.
fn collected(name: &str, calls: u64) -> io::Result<i64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([RUN, name, &calls.to_string()])
        // Nothing of the caller's environment is on the stack, or changes what is linked.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    match count {
        Some(count) if output.status.success() => Ok(count),
        _ => Err(io::Error::other(format!("{name:?} under callgrind ended with {}: {said}", output.status))),
    }
}
