//! Being asked to end.

use std::io;

/// The ways in which a process is asked to end.
#[cfg(unix)]
pub(crate) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    /// None where it is to be ignored.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Takes them from now on: what comes before the first [`next`](Self::next) is not missed.
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = takes_hangup().then(|| signal(SignalKind::hangup())).transpose()?;
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())?, hangup })
    }

    /// The name of the next one.
    pub(crate) async fn next(&mut self) -> &'static str {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            _ = hangup => "SIGHUP",
        }
    }
}

/// Whether SIGHUP would end this process: `nohup` starts programs with it ignored, and to take it would undo that.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn takes_hangup() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| !ignores_hangup(&status))
}

/// What it would do cannot be asked without unsafe code: it does that.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn takes_hangup() -> bool {
    false
}

/// Reads the set of ignored signals, in hexadecimal digits, of which the lowest bit is the first signal, SIGHUP.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn ignores_hangup(status: &str) -> bool {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).is_none_or(|set| set & 1 != 0)
}

/// The ways in which a process is asked to end.
#[cfg(windows)]
pub(crate) struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    end: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
}

#[cfg(windows)]
impl Signals {
    /// Takes them from now on: what comes before the first [`next`](Self::next) is not missed.
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
        Ok(Self { interrupt: ctrl_c()?, end: ctrl_break()?, close: ctrl_close()? })
    }

    /// The name of the next one.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "ctrl-c",
            _ = self.end.recv() => "ctrl-break",
            _ = self.close.recv() => "close",
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_hangup_that_is_ignored_is_left_so() {
        let table = [
            ("Name:\tray-auth\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000001\n", false),
            ("SigIgn:\t0000000000001000\n", false),
            ("SigIgn:\t0000000000000001\n", true),
            ("SigIgn:\t0000000000001003\n", true),
            // Where it cannot be known nothing is undone.
            ("SigCgt:\t0000000000000000\n", true),
            ("SigIgn:\tmany\n", true),
            ("", true),
        ];
        for (status, expected) in table {
            assert_eq!(ignores_hangup(status), expected, "{status:?}");
        }
    }
}
