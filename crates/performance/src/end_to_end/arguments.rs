//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::address::Named;
use super::serve;

/// Measures calls over loopback, with the layers of both sides and without.
///
/// Exit codes: 0 measured, 1 a call failed or a server did not start, 2 bad usage.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(super) role: Option<Role>,
    #[command(flatten)]
    pub(super) options: Options,
}

/// What the driver starts.
#[derive(Debug, Subcommand)]
pub(super) enum Role {
    /// One server of a measurement.
    #[command(hide = true)]
    Serve(serve::Arguments),
}

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Calls that are under way at once.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 256], value_parser = clap::value_parser!(u32).range(1..=i64::from(serve::MAX_STREAMS)))]
    pub(super) in_flight: Vec<u32>,
    /// Connections that share them; numbers above that of the calls are left out.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64], value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(super) connections: Vec<u32>,
    /// Kinds of call.
    #[arg(long, value_delimiter = ',', default_values_t = [Kind::Unary, Kind::Streaming])]
    pub(super) kind: Vec<Kind>,
    /// Pairs of windows for each load [default: 15; 40 for 64 calls in flight, which has a budget].
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    pub(super) pairs: Option<u32>,
    /// Milliseconds for which one arm is called before it is the other's turn.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    window_ms: u64,
    /// Also measures another server on loopback, which requires no token, and ours beside it.
    #[arg(long, value_name = "NAME=ADDRESS")]
    pub(super) beside: Vec<Named>,
    /// The same for one that requires the token in RAY_AUTH_TOKEN; with the name of one without, it is compared with that.
    #[arg(long, value_name = "NAME=ADDRESS")]
    pub(super) beside_token: Vec<Named>,
    /// Prints JSON instead of tables.
    #[arg(long)]
    pub(super) json: bool,
    /// Also writes the JSON to a file.
    #[arg(long, value_name = "FILE")]
    pub(super) save: Option<PathBuf>,
}

impl Options {
    pub(super) fn window(&self) -> Duration {
        Duration::from_millis(self.window_ms)
    }
}

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// One message each way.
    Unary,
    /// One message each way, on a stream of its own in both directions.
    Streaming,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unary => "unary",
            Self::Streaming => "streaming",
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use clap::error::ErrorKind;

    use super::*;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn parse(arguments: &[&str]) -> Result<Arguments, clap::Error> {
        Program::try_parse_from([&["program"], arguments].concat()).map(|program| program.arguments)
    }

    #[test]
    fn without_arguments_every_load_is_measured() {
        let Arguments { role, options } = parse(&[]).unwrap();
        assert!(role.is_none());
        assert_eq!(
            (options.in_flight.as_slice(), options.connections.as_slice()),
            (&[1, 16, 64, 256][..], &[1, 8, 64][..])
        );
        assert_eq!(options.kind, [Kind::Unary, Kind::Streaming]);
        assert_eq!((options.pairs, options.window()), (None, Duration::from_millis(200)));
        assert!(
            options.beside.is_empty() && options.beside_token.is_empty() && !options.json && options.save.is_none()
        );
    }

    #[test]
    fn lists_are_separated_by_commas_and_servers_are_repeated() {
        let line = ["--in-flight=2,4", "--kind", "unary", "--beside", "a=127.0.0.1:1", "--beside", "b=[::1]:2"];
        let options = parse(&line).unwrap().options;
        assert_eq!((options.in_flight, options.kind), (vec![2, 4], vec![Kind::Unary]));
        let names: Vec<_> = options.beside.iter().map(|named| named.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn what_would_take_without_end_or_measure_nothing_is_refused() {
        for line in [
            ["--in-flight", "0"],
            ["--in-flight", "1025"],
            ["--connections", "0"],
            ["--connections", "257"],
            ["--pairs", "1"],
            ["--pairs", "1001"],
            ["--window-ms", "0"],
            ["--window-ms", "10001"],
            ["--beside", "a=192.0.2.1:1"],
        ] {
            let refused = parse(&line).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ValueValidation, "{line:?}");
            assert_eq!(refused.exit_code(), 2, "{line:?}");
        }
    }
}
