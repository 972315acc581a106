//! Other servers under the same load as ours, with their token and without: Ray's GCS above all.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use ray_auth::{ClusterAuth, Keyring, Token};

use super::arguments::Options;
use super::call::Call;
use super::conditions::Conditions;
use super::failure::Failure;
use super::loads::{BUDGETED, pairs};
use super::rounds;
use super::server::Server;
use super::side::{Load, Side};
use crate::data::end_to_end::Beside;

/// Connections that share the calls.
const CONNECTIONS: [u32; 2] = [1, 8];

/// What our own servers are called.
const OURS: &str = "ours";

/// How a server is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// It requires no token and gets none.
    Open,
    /// It requires one and gets it.
    Token,
    /// It requires one and gets another.
    Refused,
}

/// A server that is called in one manner.
struct Contestant<'a> {
    name: &'a str,
    address: SocketAddr,
    manner: Manner,
    /// The server of ours that it is.
    ours: Option<&'a Server>,
    /// What the right token is, where one is required.
    auth: Option<&'a ClusterAuth>,
}

/// The token of the other servers; none when none of them requires one.
///
/// # Errors
///
/// When one requires a token and there is none in the environment.
pub(super) fn credentials(options: &Options) -> Result<Option<ClusterAuth>, Failure> {
    if options.beside_token.is_empty() {
        return Ok(None);
    }
    let auth = ClusterAuth::from_env().map_err(|error| Failure::usage(format!("--beside-token: {error}")))?;
    if auth.keyring().is_none() {
        return Err(Failure::usage("--beside-token without a token; set RAY_AUTH_TOKEN, and RAY_AUTH_MODE to token"));
    }
    Ok(Some(auth))
}

pub(super) fn windows(options: &Options) -> u64 {
    if !is_wanted(options) {
        return 0;
    }
    let sides = 3 + options.beside.len() + 2 * options.beside_token.len();
    let turns = rounds::windows(pairs(options, BUDGETED), u64::try_from(sides).unwrap_or(u64::MAX));
    CONNECTIONS.iter().map(|_| turns).sum()
}

fn is_wanted(options: &Options) -> bool {
    !options.beside.is_empty() || !options.beside_token.is_empty()
}

/// Measures all servers in turn, those that require a token also with a wrong one. Nothing when no other is named.
///
/// # Errors
///
/// When a call does not end as it must, or a server of ours does not start.
pub(super) async fn measure(
    options: &Options,
    credentials: Option<ClusterAuth>,
    conditions: &Conditions,
) -> Result<Vec<Beside>> {
    if !is_wanted(options) {
        return Ok(Vec::new());
    }
    let token = Token::generate();
    let (guarded, open) = (Server::with_layers(&token, conditions).await?, Server::without_layers(conditions).await?);
    let auth = ClusterAuth::with_keyring(Keyring::new(token));
    let mut contestants = Vec::new();
    for named in &options.beside {
        contestants.push(Contestant::other(&named.name, named.address, Manner::Open, None));
    }
    for named in &options.beside_token {
        for manner in [Manner::Token, Manner::Refused] {
            contestants.push(Contestant::other(&named.name, named.address, manner, credentials.as_ref()));
        }
    }
    contestants.extend([
        Contestant::ours(&open, Manner::Open, None),
        Contestant::ours(&guarded, Manner::Token, Some(&auth)),
        Contestant::ours(&guarded, Manner::Refused, Some(&auth)),
    ]);
    let mut all = Vec::new();
    for connections in CONNECTIONS {
        conditions.progress.begin(format!("servers beside each other, {BUDGETED} in flight on {connections}"));
        let rounds = pairs(options, BUDGETED);
        let load = Load { call: Call::CheckAlive, in_flight: BUDGETED, connections };
        all.extend(contest(&contestants, load, rounds, conditions).await?);
    }
    drop(contestants);
    guarded.end().await?;
    open.end().await?;
    Ok(all)
}

async fn contest(
    contestants: &[Contestant<'_>],
    load: Load,
    rounds: u32,
    conditions: &Conditions,
) -> Result<Vec<Beside>> {
    let mut sides = Vec::new();
    for contestant in contestants {
        sides.push(contestant.connect(load.connections).await?);
    }
    let records = rounds::run(&sides, load, rounds, conditions).await?;
    let shown = contestants.iter().zip(&sides).zip(&records).map(|((contestant, side), record)| Beside {
        server: side.name.clone(),
        in_flight: load.in_flight,
        connections: load.connections,
        rounds,
        arm: record.arm(),
        ratio: twin(contestants, contestant).and_then(|twin| record.ratio_to(&records[twin])),
    });
    Ok(shown.collect())
}

/// The same server without tokens, by its place.
fn twin(contestants: &[Contestant<'_>], of: &Contestant<'_>) -> Option<usize> {
    let is_twin = |other: &Contestant<'_>| other.name == of.name && other.manner == Manner::Open;
    (of.manner != Manner::Open).then(|| contestants.iter().position(is_twin)).flatten()
}

impl<'a> Contestant<'a> {
    fn other(name: &'a str, address: SocketAddr, manner: Manner, auth: Option<&'a ClusterAuth>) -> Self {
        Self { name, address, manner, ours: None, auth }
    }

    fn ours(server: &'a Server, manner: Manner, auth: Option<&'a ClusterAuth>) -> Self {
        Self { name: OURS, address: server.address, manner, ours: Some(server), auth }
    }

    fn title(&self) -> String {
        let manner = match (self.manner, self.ours) {
            (Manner::Open, Some(_)) => "without layers",
            (Manner::Token, Some(_)) => "with layers",
            (Manner::Open, None) => "disabled",
            (Manner::Token, None) => "token",
            (Manner::Refused, _) => "refused",
        };
        format!("{}, {manner}", self.name)
    }

    async fn connect(&self, connections: u32) -> Result<Side> {
        let (title, address) = (self.title(), self.address);
        let side = match self.manner {
            Manner::Open => Side::bare(title, address, connections).await?,
            Manner::Token => {
                let auth = self.auth.context("no token; set RAY_AUTH_TOKEN")?;
                Side::with_token(title, address, connections, auth).await?
            }
            Manner::Refused => {
                let wrong = ClusterAuth::with_keyring(Keyring::new(Token::generate()));
                Side::with_token(title, address, connections, &wrong).await?.refused()
            }
        };
        Ok(match self.ours {
            Some(server) => side.of(server),
            None => side,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_with_a_token_is_compared_with_the_one_of_its_name_that_has_none() {
        let address = ([127, 0, 0, 1], 1).into();
        let contestants = [
            Contestant::other("a", address, Manner::Open, None),
            Contestant::other("b", address, Manner::Open, None),
            Contestant::other("b", address, Manner::Token, None),
            Contestant::other("b", address, Manner::Refused, None),
            Contestant::other("c", address, Manner::Token, None),
        ];
        let twins: Vec<_> = contestants.iter().map(|contestant| twin(&contestants, contestant)).collect();
        assert_eq!(twins, [None, None, Some(1), Some(1), None]);
        let titles: Vec<_> = contestants.iter().map(Contestant::title).collect();
        assert_eq!(titles, ["a, disabled", "b, disabled", "b, token", "b, refused", "c, token"]);
    }
}
