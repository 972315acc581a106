//! Asks running processes for their status.

use std::time::Duration;

use futures_util::future::join_all;
use ray_auth::status::{AskError, ProcessStatus, SourceReport, ask};
use ray_auth::token::{Token, TokenSet};
use ray_auth::{AddTokenLayer, Keyring};
use tower_layer::Layer;

use super::{Address, Dialled, dial};

/// How processes are asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    pub(crate) allow_plaintext: bool,
    /// For each process, in seconds.
    pub(crate) timeout: u64,
}

/// A process, and what it told.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) address: String,
    pub(crate) told: Result<ProcessStatus, Trouble>,
}

/// Why nothing is known of a process.
#[derive(Debug)]
pub(crate) struct Trouble {
    /// Whether something listens there.
    pub(crate) reachable: bool,
    /// What is wrong and how to mend it, as the end of a sentence about the process.
    pub(crate) text: String,
}

/// Asks all of them at once, without a token first. A process that does not let the primary in is asked with the other tokens, too: one that is a
/// step behind knows only those.
pub(crate) async fn ask_all(addresses: &[Address], tokens: Option<&TokenSet>, network: Network) -> Vec<Asked> {
    join_all(addresses.iter().map(async |address| {
        let mut reachable = false;
        let asking = ask_one(address, tokens, network, &mut reachable);
        let asked = tokio::time::timeout(Duration::from_secs(network.timeout), asking).await;
        let told = asked.unwrap_or_else(|_| {
            let seconds = network.timeout;
            Err(format!("did not answer within {seconds} s; check the address, or give it more time with --timeout"))
        });
        Asked { address: address.to_string(), told: told.map_err(|text| Trouble { reachable, text }) }
    }))
    .await
}

async fn ask_one(
    address: &Address,
    tokens: Option<&TokenSet>,
    network: Network,
    reachable: &mut bool,
) -> Result<ProcessStatus, String> {
    let dialled = dial(address)
        .await
        .map_err(|error| format!("cannot be reached: {error}; check the address, and that the process is up"))?;
    *reachable = true;
    let peer = dialled.peer();
    let tokens: Vec<&Token> = tokens.into_iter().flat_map(all).collect();
    if !tokens.is_empty() && !dialled.may_be_sent_tokens(network.allow_plaintext) {
        return Err(format!(
            "was not asked, since the token would travel in plaintext to {peer}; \
             add --allow-plaintext if nobody else can read the network on the way"
        ));
    }
    let channel = dialled.channel();
    let with = |token: &&Token| AddTokenLayer::new(Keyring::new((*token).clone()));
    // Without a token first: what does not ask for one is not shown one.
    for layer in std::iter::once(AddTokenLayer::disabled()).chain(tokens.iter().map(with)) {
        match ask(layer.layer(channel.clone())).await {
            Ok(status) => return Ok(without(&tokens, status)),
            Err(AskError::Refused) => {}
            Err(error) => return Err(trouble(&error, &dialled)),
        }
    }
    Err(if tokens.is_empty() {
        "requires a token, and there is none here; set RAY_AUTH_MODE=token and give this process the cluster's token"
    } else {
        "refuses our token; compare the fingerprints that `ray-auth status` shows here and on that machine, and give \
         this process the cluster's token"
    }
    .to_owned())
}

/// All tokens: the primary first, and the one that nobody sends yet last.
fn all(tokens: &TokenSet) -> impl Iterator<Item = &Token> {
    std::iter::once(tokens.primary()).chain(tokens.accepted()).chain(tokens.next())
}

/// What answers there was sent our token, so its own words are not repeated.
fn trouble(error: &AskError, dialled: &Dialled) -> String {
    match error {
        AskError::NotServed => "does not tell its status; serve the keyring service there, as `ray-auth serve` does, \
                                or give the port of a process that does"
            .to_owned(),
        AskError::Failed { .. } if !dialled.speaks_http2() && dialled.is_encrypted() => {
            "breaks off inside of TLS, as one does that refuses our certificate; look into its log".to_owned()
        }
        AskError::Failed { .. } if !dialled.speaks_http2() => {
            "does not speak gRPC; give the port of a process that tells its status, and set RAY_USE_TLS=1 here if it has \
             TLS"
            .to_owned()
        }
        AskError::Failed { code, .. } => format!("answers with status {} ({code:?}); look into its log", *code as i32),
        AskError::Malformed(what) => {
            format!("gives an answer that is no status: {what}; ask a process that runs this version of ray-auth")
        }
        _ => "cannot be asked; look into its log".to_owned(),
    }
}

/// The status without our tokens in its texts, which a process could put there when it was sent them.
fn without(tokens: &[&Token], mut status: ProcessStatus) -> ProcessStatus {
    let clean = |text: &mut String| {
        if tokens.iter().any(|token| text.contains(token.expose_secret())) {
            "not shown, since there is a token in it".clone_into(text);
        }
    };
    match status.keyring.as_mut().map(|keyring| &mut keyring.source) {
        Some(SourceReport::Static { origin, .. }) => clean(origin),
        Some(SourceReport::Followed { origin, error, .. }) => {
            clean(origin);
            error.iter_mut().for_each(clean);
        }
        _ => {}
    }
    status
}
