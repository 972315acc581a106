//! The soak: real processes that call each other without pause while their token is rotated, while their files are
//! broken, and while they are killed.
//!
//! `ray-auth-soak drive` is the driver. It starts five processes of `ray-auth-soak node`, a GCS-equivalent and four
//! nodes, each of which follows a keyring file of its own and calls every other in all four kinds of call. It takes each
//! step of a rotation on each file, at random moments and in random order, and begins the next when every process
//! reports the last. The table at the end is what came of it; the exit code is 1 unless nothing failed.

//!
//! Linux only: the processes have addresses of loopback beyond the first.

#[cfg(target_os = "linux")]
mod driver;
#[cfg(target_os = "linux")]
mod kind;
#[cfg(target_os = "linux")]
mod node;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
mod put;
#[cfg(target_os = "linux")]
mod wire;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    program::run()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("error: the soak runs on Linux only; run it there");
    ExitCode::FAILURE
}
