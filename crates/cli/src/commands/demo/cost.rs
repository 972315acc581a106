//! What the layers cost: the same call to two servers in turn, one with them and one without.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::{ClusterAuth, Keyring, Token};
use ray_auth_gcs::Server;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::codegen::StdError;
use tonic::transport::{Channel, Endpoint};
use tower_layer::{Identity, Layer};

use super::Problem;

/// Pairs of calls, at most, and at least.
const PAIRS: RangeInclusive<u64> = 100..=4_000;

/// Pairs that are not counted: connections and caches warm up.
const WARM_UP: u64 = 100;

/// Time for all pairs, at most.
const TIME: Duration = Duration::from_secs(2);

/// What was measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Cost {
    pub(super) pairs: usize,
    /// Median of one call with the layers of client and server, in microseconds.
    pub(super) with_layers_us: f64,
    /// The same without.
    pub(super) without_layers_us: f64,
    /// With, divided by without.
    pub(super) ratio: f64,
}

/// Measures. A run that makes fewer calls measures fewer.
pub(super) async fn measure(calls: Option<u64>) -> Result<Cost, Problem> {
    let wanted = calls.unwrap_or(*PAIRS.end()).clamp(*PAIRS.start(), *PAIRS.end());
    let auth = ClusterAuth::with_keyring(Keyring::new(Token::generate()));
    let stop = CancellationToken::new();
    let [guarded, open] = [server().await?, server().await?];
    let guarded_channel = channel(&guarded).await?;
    let open_channel = channel(&open).await?;
    let measured = async {
        let result = pairs(auth.add_token().layer(guarded_channel), open_channel, wanted).await;
        stop.cancel();
        result
    };
    let (guarded, open, measured) = tokio::join!(
        guarded.serve(auth.require_token(), stop.cancelled()),
        open.serve(Identity::new(), stop.cancelled()),
        measured
    );
    guarded.and(open).map_err(|error| error.to_string())?;
    measured
}

async fn server() -> Result<Server, Problem> {
    Server::builder().echo().bind((Ipv4Addr::LOCALHOST, 0).into()).await.map_err(|error| error.to_string())
}

async fn channel(server: &Server) -> Result<Channel, Problem> {
    let endpoint =
        Endpoint::from_shared(format!("http://{}", server.local_addr())).map_err(|error| error.to_string())?;
    Ok(endpoint.connect_lazy())
}

async fn pairs<S>(guarded: S, open: Channel, pairs: u64) -> Result<Cost, Problem>
where
    S: GrpcService<Body, ResponseBody = Body>,
    S::Error: Into<StdError>,
{
    let mut guarded = EchoClient::new(guarded);
    let mut open = EchoClient::new(open);
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let until = Instant::now() + TIME;
    for pair in 0..pairs + WARM_UP {
        let (one, other);
        // Who goes first changes, so that neither always finds the machine as the other left it.
        if pair.is_multiple_of(2) {
            one = call(&mut guarded).await?;
            other = call(&mut open).await?;
        } else {
            other = call(&mut open).await?;
            one = call(&mut guarded).await?;
        }
        if pair >= WARM_UP {
            with.push(one);
            without.push(other);
            if Instant::now() >= until {
                break;
            }
        }
    }
    let pairs = with.len();
    let (with, without) = (median(with), median(without));
    Ok(Cost {
        pairs,
        with_layers_us: rounded(with.as_secs_f64() * 1e6, 10.0),
        without_layers_us: rounded(without.as_secs_f64() * 1e6, 10.0),
        ratio: rounded(with.as_secs_f64() / without.as_secs_f64(), 1_000.0),
    })
}

async fn call<S>(client: &mut EchoClient<S>) -> Result<Duration, Problem>
where
    S: GrpcService<Body, ResponseBody = Body>,
    S::Error: Into<StdError>,
{
    let message = EchoMessage { payload: vec![0; 64].into() };
    let began = Instant::now();
    client.unary(message).await.map_err(|error| error.to_string())?;
    Ok(began.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// More digits would say nothing.
fn rounded(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts
}
