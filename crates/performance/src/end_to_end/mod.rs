//! Calls over loopback, with the layers of both sides and without: how many a second, how long each takes, and what the
//! server's processor does for it.
//!
//! The driver is the client. It starts servers as processes of their own and gives each arm a window in turn, A B B A, so
//! that whatever else the machine does meets both. Each side has one thread, on a processor of its own: it is the cost of a
//! call that is measured, and not how the work spreads over a machine. Nothing leaves loopback.

mod address;
mod arguments;
mod beside;
mod call;
mod conditions;
mod failure;
mod latencies;
mod loads;
mod processor;
mod record;
mod rounds;
mod serve;
mod server;
mod side;
mod table;
mod window;

use std::process::ExitCode;

pub(crate) use self::arguments::Arguments;
use self::arguments::{Options, Role};
use self::conditions::Conditions;
use self::failure::Failure;
use self::table::Table;
use crate::data::end_to_end::EndToEnd;
use crate::output;
use crate::progress::Progress;

/// Measures, or is one of the servers.
pub(crate) fn run(arguments: Arguments) -> ExitCode {
    let ended = match arguments.role {
        Some(Role::Serve(arguments)) => on_runtime(serve::run(arguments)),
        None => on_runtime(measure(arguments.options)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}

async fn measure(options: Options) -> Result<(), Failure> {
    let save = options.save.as_deref();
    output::check_folder(save).map_err(|error| Failure::usage(error.to_string()))?;
    let credentials = beside::credentials(&options)?;
    let loads = loads::all(&options);
    let progress = Progress::new(loads::windows(&loads) + beside::windows(&options));
    let conditions = Conditions::new(options.window(), progress)?;
    let measured = EndToEnd {
        loads: loads::measure(&loads, &conditions).await?,
        beside_ray: beside::measure(&options, credentials, &conditions).await?,
    };
    conditions.progress.end();
    Ok(output::tell(&measured, &Table(&measured), options.json, save)?)
}

/// One thread, and none that is waited for in the end: one that reads from stdin cannot be told to stop.
fn on_runtime(run: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(anyhow::Error::from)?;
    let ended = runtime.block_on(run);
    runtime.shutdown_background();
    ended
}
