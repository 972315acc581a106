//! `ray-auth fetch`: downloads a package with the credentials of this environment.

mod digest;
mod progress;
mod report;
mod resolve;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use ray_auth::source::FileError;
use ray_auth_runtime_env::RemoteUri;
use ray_auth_runtime_env::credentials::Credentials;
use ray_auth_runtime_env::download::{Downloader, SetupError};
use ray_auth_runtime_env::netrc::NetrcSource;

use self::digest::Sha256;
use self::progress::Bar;
use self::report::{Done, Problem};
use self::resolve::Resolve;
use crate::commands::runtime;
use crate::commands::signals::Signals;
use crate::exit::{Exit, Failure};
use crate::output;

/// What is logged if nothing else is said. That it is tried again is said without it, beside the bar.
pub(crate) const LOGGED: &str =
    "warn,ray_auth_runtime_env::download=error,ray_auth_runtime_env::download::attempt=warn";

/// Arguments of `fetch`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to download, http or https; `-` reads it from stdin, where nobody else sees it.
    uri: String,
    /// The file to write. One that is there is replaced when all of it has come.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Keep it only if it has this SHA-256, in hexadecimal digits.
    #[arg(long, value_name = "DIGEST")]
    sha256: Option<Sha256>,
    /// The largest file to take, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 10 << 30)]
    max_bytes: u64,
    /// Time for all of it, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// The longest that the server may be silent, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    idle_timeout: u64,
    /// How often to try, where trying again may help.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    attempts: u32,
    /// Send netrc entries and the bearer token even where others on the network could read them.
    #[arg(long)]
    allow_plaintext: bool,
    /// Refuse a netrc file that others can read or write.
    #[arg(long)]
    strict: bool,
    /// Trust the certificates in this file, too, in PEM form.
    #[arg(long, value_name = "FILE")]
    ca_cert: Vec<PathBuf>,
    /// Connect to this address for this host; its port counts where the URI has none. No effect through a proxy.
    #[arg(long, value_name = "HOST=ADDRESS")]
    resolve: Vec<Resolve>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Downloads, and prints what came.
///
/// # Errors
///
/// When the URI or the configuration makes no sense, and when it could not be downloaded.
pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let uri = read_uri(&args.uri);
    let done = match &uri {
        Ok(uri) => fetch(args, uri),
        Err(problem) => Err(problem.clone()),
    };
    match done {
        Ok(done) => {
            if args.json {
                output::json(&done)?;
            } else {
                output::answer(done.line())?;
            }
            Ok(Exit::Done)
        }
        Err(problem) => {
            if args.json {
                output::json(&problem.of(uri.ok().as_ref()))?;
            }
            Err(problem.into())
        }
    }
}

fn read_uri(argument: &str) -> Result<RemoteUri, Problem> {
    if argument != "-" {
        let uri = RemoteUri::parse(argument).map_err(Problem::bad_uri)?;
        // Signatures stand in the query, which ends where a fragment begins.
        let holds = if uri.user_info().is_some() {
            Some("credentials")
        } else {
            argument.split('#').next().is_some_and(|text| text.contains('?')).then_some("what may be credentials")
        };
        if let Some(what) = holds {
            output::tell(format!(
                "warning: everybody on this machine can read a command line, and this one holds {what}; \
                 give `-` and write the URI to stdin\n",
            ));
        }
        return Ok(uri);
    }
    let text = ray_auth::source::read_text(io::stdin().lock()).map_err(|error| match error {
        FileError::TooLarge => Problem::bad_uri("the URI on stdin is longer than 64 KiB; write the URI alone"),
        error => Problem::bad_uri(format_args!("the URI on stdin {error}")),
    })?;
    let text = std::str::from_utf8(&text).map_err(|_| Problem::bad_uri("the URI on stdin is not UTF-8; encode it"))?;
    RemoteUri::parse(text.trim()).map_err(Problem::bad_uri)
}

fn fetch(args: &Args, uri: &RemoteUri) -> Result<Done, Problem> {
    if args.output.as_os_str() == "-" {
        return Err(Problem::bad_output("`-` is no file; name one, such as ./-"));
    }
    let downloader = downloader(args)?;
    runtime::run(async {
        let mut signals = Signals::new().map_err(|error| {
            Failure::new(
                Exit::No,
                format_args!("cannot wait for signals: {error}; start it where signals are delivered"),
            )
        })?;
        let bar = Bar::start();
        let download = downloader.download(uri).on_progress(|progress| bar.show(progress));
        let download = match args.sha256 {
            Some(Sha256(digest)) => download.expect_sha256(digest),
            None => download,
        };
        let fetched = tokio::select! {
            fetched = download.to(&args.output) => fetched.map_err(Problem::from),
            signal = signals.next() => Err(Problem::interrupted(signal, &args.output)),
        };
        bar.end();
        Ok(fetched.map(|fetched| Done::new(uri, &args.output, &fetched)))
    })
    .unwrap_or_else(|failure| Err(failure.into()))
}

fn downloader(args: &Args) -> Result<Downloader, SetupError> {
    let mut credentials = Credentials::from_env()?;
    if args.strict {
        credentials = credentials.with_netrc(NetrcSource::from_env().strict());
    }
    if args.allow_plaintext {
        credentials = credentials.dangerously_allow_plaintext();
    }
    let builder = Downloader::builder()
        .credentials(credentials)
        .max_len(args.max_bytes)
        .timeout(Duration::from_secs(args.timeout))
        .idle_timeout(Duration::from_secs(args.idle_timeout))
        .attempts(args.attempts, Duration::from_secs(1))
        .proxies_from_env();
    let builder = args.ca_cert.iter().try_fold(builder, |builder, file| builder.add_certificates(file))?;
    let resolved = args.resolve.iter();
    resolved.fold(builder, |builder, resolve| builder.add_address(&resolve.host, resolve.address)).build()
}
