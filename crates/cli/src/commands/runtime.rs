//! The runtime that asynchronous commands run on.

use std::future::Future;

use crate::exit::{Exit, Failure};

/// Runs a command to its end. What it leaves behind, such as a look-up of a name that takes its time, is not waited for.
///
/// # Errors
///
/// The command's own, and when there can be no runtime.
pub(crate) fn run<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Failure::new(Exit::No, format_args!("cannot start threads: {error}; give this user more threads or memory"))
    })?;
    let ended = runtime.block_on(command);
    runtime.shutdown_background();
    ended
}
