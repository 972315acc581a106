//! Somebody who has no business here.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use http::header::{AUTHORIZATION, COOKIE};
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue};
use ray_auth::{Rejection, Token};
use serde::Serialize;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use super::Problem;
use super::cluster::Cluster;
use super::doors::Door;

/// A refusal that takes longer is none.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The one method that is open to all, so that probes can ask.
const HEALTH_CHECK: &str = "/grpc.health.v1.Health/Check";

/// How many of those that went wrong are told.
const TOLD: usize = 5;

/// One way to try.
struct Attempt {
    name: &'static str,
    /// Why it must be refused.
    reason: Rejection,
    header: Option<(HeaderName, HeaderValue)>,
}

/// What a way came to, at all doors.
#[derive(Debug, Serialize)]
pub(super) struct Tried {
    pub(super) name: &'static str,
    pub(super) attempts: u64,
    pub(super) refused: u64,
    #[serde(skip)]
    reason: &'static str,
}

/// What the whole visit came to.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) processes: usize,
    pub(super) doors: usize,
    pub(super) tried: Vec<Tried>,
    /// What the servers counted themselves, by reason.
    pub(super) counted: BTreeMap<&'static str, u64>,
    pub(super) problems: Vec<Problem>,
}

/// Tries everything at every door; and, so that a refusal means something, the right token at every door, too.
pub(super) async fn visit(cluster: &Cluster, old: &Token, new: &Token) -> Result<Visit, Problem> {
    let doors = cluster.doors();
    let mut channels = BTreeMap::new();
    for address in doors.iter().map(|door| door.address).collect::<BTreeSet<_>>() {
        channels.insert(address, connect(address).await.map_err(|error| error.to_string())?);
    }
    let mut problems = Vec::new();
    let mut tried = Vec::new();
    for attempt in attempts(old, new) {
        let mut row = Tried { name: attempt.name, attempts: 0, refused: 0, reason: attempt.reason.label() };
        for (door, status) in knock_everywhere(&doors, &channels, attempt.header.as_ref()).await {
            row.attempts += 1;
            if is_refusal(&status) {
                row.refused += 1;
            } else {
                problems.push(format!("{} {} with {}: {}", door.server, door.path, attempt.name, shown(&status)));
            }
        }
        tried.push(row);
    }
    let counted = cluster.refused().counts();
    if counted != expected(&tried) {
        problems.push(format!("the servers counted {counted:?} refusals instead of {:?}", expected(&tried)));
    }
    for (address, channel) in &channels {
        let status = knock(channel, HEALTH_CHECK, None).await;
        if code(&status) != Code::Ok {
            problems.push(format!("the health of {address} without a token: {}", shown(&status)));
        }
    }
    let holder = header(AUTHORIZATION, &format!("Bearer {}", new.expose_secret()));
    for (door, status) in knock_everywhere(&doors, &channels, Some(&holder)).await {
        if !is_let_in(door, &status) {
            problems.push(format!("{} {} with the token: {}", door.server, door.path, shown(&status)));
        }
    }
    problems.truncate(TOLD);
    Ok(Visit { processes: cluster.size(), doors: doors.len(), tried, counted, problems })
}

/// All ways to try. `new` is the token in force.
fn attempts(old: &Token, new: &Token) -> Vec<Attempt> {
    let secret = new.expose_secret();
    let (first, rest) = secret.split_at(1);
    let another_first = if first == "0" { "1" } else { "0" };
    let authorization = |value: &str| Some(header(AUTHORIZATION, value));
    let attempt = |name, reason, header| Attempt { name, reason, header };
    vec![
        attempt("no token", Rejection::Missing, None),
        attempt(
            "the token in x-ray-authorization",
            Rejection::Missing,
            Some(header(HeaderName::from_static("x-ray-authorization"), &format!("Bearer {secret}"))),
        ),
        attempt("the token in a cookie", Rejection::Missing, Some(header(COOKIE, &format!("ray-auth={secret}")))),
        attempt("the scheme Basic", Rejection::Malformed, authorization(&format!("Basic {secret}"))),
        attempt("the scheme in lower case", Rejection::Malformed, authorization(&format!("bearer {secret}"))),
        attempt("the scheme alone", Rejection::Malformed, authorization("Bearer ")),
        attempt(
            "a random token",
            Rejection::WrongToken,
            authorization(&format!("Bearer {}", Token::generate().expose_secret())),
        ),
        attempt("one digit changed", Rejection::WrongToken, authorization(&format!("Bearer {another_first}{rest}"))),
        attempt("one digit added", Rejection::WrongToken, authorization(&format!("Bearer {secret}0"))),
        attempt(
            "the token that was replaced",
            Rejection::WrongToken,
            authorization(&format!("Bearer {}", old.expose_secret())),
        ),
    ]
}

fn header(name: HeaderName, value: &str) -> (HeaderName, HeaderValue) {
    let mut value = HeaderValue::from_str(value).expect("a token is printable ASCII");
    value.set_sensitive(true);
    (name, value)
}

async fn connect(address: SocketAddr) -> Result<Channel, tonic::transport::Error> {
    Endpoint::from_shared(format!("http://{address}"))?.connect().await
}

/// Knocks at all doors at once.
async fn knock_everywhere<'a>(
    doors: &'a [Door],
    channels: &BTreeMap<SocketAddr, Channel>,
    header: Option<&(HeaderName, HeaderValue)>,
) -> Vec<(&'a Door, Result<(), Status>)> {
    let knocks = doors.iter().map(async |door| (door, knock(&channels[&door.address], door.path, header).await));
    join_all(knocks).await
}

/// An empty message to a path, with a header.
async fn knock(
    channel: &Channel,
    path: &'static str,
    header: Option<&(HeaderName, HeaderValue)>,
) -> Result<(), Status> {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut request = Request::new(());
    if let Some((name, value)) = header {
        request.metadata_mut().as_mut().insert(name, value.clone());
    }
    let answer = client.unary(request, PathAndQuery::from_static(path), ProstCodec::<(), ()>::default());
    match tokio::time::timeout(TIMEOUT, answer).await {
        Ok(answer) => answer.map(|_| ()),
        Err(_) => Err(Status::deadline_exceeded("no answer")),
    }
}

/// Whether it is the refusal that Ray's clients know, and says nothing more.
fn is_refusal(status: &Result<(), Status>) -> bool {
    let Err(status) = status else { return false };
    status.code() == Code::Unauthenticated && status.message() == Rejection::WrongToken.grpc_message()
}

/// Whether somebody answered who saw the token: the method, or who says that there is none.
fn is_let_in(door: &Door, status: &Result<(), Status>) -> bool {
    match code(status) {
        Code::Unimplemented => !door.exists,
        Code::Unauthenticated | Code::Unavailable | Code::DeadlineExceeded => false,
        // What the method says about an empty message is not asked here.
        _ => door.exists,
    }
}

fn code(status: &Result<(), Status>) -> Code {
    status.as_ref().map_or_else(Status::code, |()| Code::Ok)
}

fn shown(status: &Result<(), Status>) -> String {
    match status {
        Ok(()) => "was let in".to_owned(),
        Err(status) => format!("status {} {}", status.code() as i32, status.message()),
    }
}

/// What the servers must have counted, when nothing but the intruder was refused.
fn expected(tried: &[Tried]) -> BTreeMap<&'static str, u64> {
    let mut sums = BTreeMap::new();
    for row in tried {
        *sums.entry(row.reason).or_default() += row.attempts;
    }
    sums
}
