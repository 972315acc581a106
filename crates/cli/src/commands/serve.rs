//! `ray-auth serve`: an in-memory equivalent of the GCS behind the server layer.

use std::net::SocketAddr;

use http::Request;
use ray_auth::auth::AuthError;
use ray_auth::require::Exempt;
use ray_auth::require::close::CallBody;
use ray_auth::{AuthMode, ClusterAuth};
use ray_auth_gcs::{Gcs, Server, ServerError};
use ray_auth_kubernetes::Verifier;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::ServiceBuilder;

use crate::commands::runtime;
use crate::commands::signals::Signals;
use crate::exit::{Exit, Failure};
use crate::output;

/// Arguments of `serve`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:6379", value_parser = address)]
    listen: SocketAddr,
    /// Make a token, and write it to ~/.ray/auth_token, if there is none anywhere.
    #[arg(long)]
    generate: bool,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "not an address to listen at; write it like 127.0.0.1:6379 or [::1]:6379")
}

/// Serves until it is told to stop.
///
/// # Errors
///
/// When the configuration is not usable, or the address cannot be listened at.
pub(crate) fn run(args: Args) -> Result<Exit, Failure> {
    let verifier = verifier()?;
    let auth = auth(args.generate)?;
    runtime::run(serve(args.listen, auth, verifier))
}

/// Who judges callers in the keyring's place, in Kubernetes mode.
fn verifier() -> Result<Option<Verifier>, Failure> {
    let mode = AuthMode::from_env().map_err(|error| Failure::new(Exit::BadInput, error))?;
    let verifier = (mode == AuthMode::Kubernetes).then(Verifier::from_env).transpose();
    verifier.map_err(|error| Failure::new(Exit::BadInput, error))
}

fn auth(generate: bool) -> Result<ClusterAuth, Failure> {
    let bad_input = |error: AuthError| Failure::new(Exit::BadInput, error);
    let builder = ClusterAuth::builder();
    let builder = if generate { builder.generate_if_missing() } else { builder };
    builder.from_env().map_err(bad_input)
}

async fn serve(listen: SocketAddr, auth: ClusterAuth, verifier: Option<Verifier>) -> Result<Exit, Failure> {
    // Before anybody can know the address, so that a signal that follows at once is not missed.
    let mut signals = Signals::new().map_err(|error| {
        Failure::new(Exit::No, format_args!("cannot wait for signals: {error}; start it where signals are delivered"))
    })?;
    let gcs = Gcs::builder()
        .build()
        .map_err(|error| Failure::new(Exit::No, format_args!("cannot make an empty cluster: {error}")))?;
    let mut builder = Server::builder().gcs(&gcs).keyring_status(&auth);
    if let Some(tls) = auth.tls() {
        builder = builder.tls(tls.clone());
    }
    let server = builder.bind(listen).await.map_err(failure)?;
    let address = server.local_addr();
    if auth.mode() == AuthMode::Disabled {
        output::tell(format!(
            "warning: authentication is disabled: whoever reaches {address} can read and change this cluster; \
             set RAY_AUTH_MODE=token to change that\n"
        ));
    } else if auth.tls().is_none() && !address.ip().is_loopback() {
        output::tell(format!(
            "warning: {address} can be reached from other machines, and tokens come there in plaintext; \
             set RAY_USE_TLS=1, or listen at 127.0.0.1 unless nobody else can read that network\n"
        ));
    }
    let layer = verifier.map_or_else(|| auth.require_token(), |verifier| auth.require(verifier));
    let layer = ServiceBuilder::new()
        .layer(layer.exempt(Exempt::grpc_health()).close_on_revoke())
        // The server's services take one kind of body.
        .map_request(|request: Request<CallBody<Body>>| request.map(Body::new));
    // A server whose starter does not read is as good as any.
    if output::answer(format!("listening on {address}\n")).is_err() {
        tracing::warn!(target: "ray_auth::serve", %address, "listening, and stdout takes no text");
    }
    tracing::info!(target: "ray_auth::serve", %address, cluster.id = %gcs.cluster_id(), "serving; SIGTERM or ctrl-c ends it");
    let stop = CancellationToken::new();
    let serving = server.serve(layer, stop.clone().cancelled_owned());
    let impatience = async {
        let signal = signals.next().await;
        tracing::info!(target: "ray_auth::serve", signal, "shutting down: open calls may finish, and a second signal cuts them off");
        stop.cancel();
        signals.next().await
    };
    tokio::select! {
        served = serving => served.map_err(failure).map(|()| Exit::Done),
        signal = impatience => {
            tracing::warn!(target: "ray_auth::serve", signal, "open calls were cut off");
            Ok(Exit::No)
        }
    }
}

fn failure(error: ServerError) -> Failure {
    match error {
        ServerError::Bind { address, source } => Failure::new(
            Exit::No,
            format_args!(
                "cannot listen at {address}: {source}; \
                 choose another address with --listen, or end the program that has it"
            ),
        ),
        error => Failure::new(Exit::No, error),
    }
}
