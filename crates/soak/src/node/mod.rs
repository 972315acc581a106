//! One process of the cluster: a server behind the token, and callers of all other processes.
//!
//! It is configured as any process on this library: by Ray's environment variables. The driver talks to it on stdin and
//! stdout, see [`wire`](crate::wire), and when stdin ends it ends, so it does not outlive the driver, however that ends.

mod call;
mod callee;
mod caller;
mod counter;

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use http::Request;
use ray_auth::ClusterAuth;
use ray_auth::require::Exempt;
use ray_auth::require::close::CallBody;
use ray_auth_gcs::{Gcs, NodeManager, Server, ServerError};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;
use tonic::body::Body;
use tower::ServiceBuilder;
use tracing_subscriber::filter::LevelFilter;

use self::caller::Callers;
use crate::wire::{GCS, Order, Place, Said};

/// One process of the cluster.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which one it is; 0 is the GCS.
    #[arg(long)]
    place: Place,
    /// Where it listens.
    #[arg(long)]
    listen: SocketAddr,
    /// Whether calls that are open end when the token is retired that let them in.
    #[arg(long)]
    close_on_revoke: bool,
    /// What its choices depend on.
    #[arg(long)]
    seed: u64,
}

/// Serves and calls until stdin ends.
///
/// # Errors
///
/// When it has no token, when it cannot listen, and when an order makes no sense.
pub(crate) async fn run(arguments: Arguments) -> Result<()> {
    tracing_subscriber::fmt().with_max_level(LevelFilter::WARN).with_writer(std::io::stderr).with_ansi(false).init();
    let auth = ClusterAuth::from_env()?;
    let server = Server::builder().node_manager(NodeManager::new()).echo().add_service(auth.status_service());
    let server = if arguments.place == GCS { server.gcs(&Gcs::builder().build()?) } else { server };
    let server = server.bind(arguments.listen).await?;
    say(&Said::Listening(server.local_addr()));
    let serving = serve(server, &auth, arguments.close_on_revoke);
    let (sender, orders) = mpsc::channel(1);
    tokio::select! {
        served = serving => Ok(served?),
        obeyed = obey(&auth, arguments.seed, orders) => obeyed,
        // Also while an order is carried out: nobody waits for that any more.
        heard = hear(sender) => heard,
    }
}

/// Serves without end.
async fn serve(server: Server, auth: &ClusterAuth, close_on_revoke: bool) -> Result<(), ServerError> {
    let layer = auth.require_token().exempt(Exempt::grpc_health());
    if close_on_revoke {
        // The services take the one type of body that tonic has.
        let same_body = |request: Request<CallBody<Body>>| request.map(Body::new);
        let layer = ServiceBuilder::new().layer(layer.close_on_revoke()).map_request(same_body);
        server.serve(layer, std::future::pending()).await
    } else {
        server.serve(layer, std::future::pending()).await
    }
}

/// Hears the driver until it says no more.
async fn hear(orders: mpsc::Sender<Order>) -> Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        orders.send(serde_json::from_str(&line).with_context(|| format!("{line:?} is no order"))?).await?;
    }
    Ok(())
}

/// Does what the driver says.
async fn obey(auth: &ClusterAuth, seed: u64, mut orders: mpsc::Receiver<Order>) -> Result<()> {
    let mut callers = None;
    while let Some(order) = orders.recv().await {
        let said = match (order, &mut callers) {
            (Order::Call(peers), None) => {
                callers = Some(Callers::start(auth, peers, seed)?);
                Said::Done
            }
            (order, Some(callers)) => carry_out(order, callers).await?,
            (order, None) => bail!("{order:?} before there are callers"),
        };
        say(&said);
    }
    Ok(())
}

async fn carry_out(order: Order, callers: &mut Callers) -> Result<Said> {
    match order {
        Order::Call(_) => bail!("there are callers already"),
        Order::Down(place) => callers.callee(place)?.goes_down(),
        Order::Noticed(place) => callers.noticed(place).await?,
        Order::Up(place) => callers.callee(place)?.is_up(),
        Order::Settle => callers.settle().await,
        Order::Count => return Ok(Said::Counted(callers.count())),
        Order::Stop => callers.stop().await?,
    }
    Ok(Said::Done)
}

/// Says one line to the driver. When nobody listens the process is about to end.
fn say(said: &Said) {
    use std::io::Write;
    if let Ok(line) = serde_json::to_string(said) {
        let mut stdout = std::io::stdout().lock();
        let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    }
}
