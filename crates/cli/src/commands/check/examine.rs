//! The order of the questions, and what the answers come to.

use std::fmt::{Display, Write as _};

use ray_auth::token::TokenSet;
use serde::Serialize;

use super::answer::Answer;
use super::ask::{Credential, Question};
use crate::commands::peer::Address;

/// Our token, or why none is sent.
#[derive(Debug)]
pub(super) enum Ours {
    Token { tokens: TokenSet, origin: String },
    None(String),
}

/// What is known of the server. What is not known is none.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    address: String,
    pub(super) reachable: bool,
    enforced: Option<bool>,
    accepted: Option<bool>,
    cluster_id: Option<String>,
    pub(super) problem: Option<String>,
}

impl Report {
    pub(super) fn new(address: &Address) -> Self {
        Self {
            address: address.to_string(),
            reachable: false,
            enforced: None,
            accepted: None,
            cluster_id: None,
            problem: None,
        }
    }

    pub(super) fn not_reachable(&mut self, error: &dyn Display) {
        self.problem =
            Some(format!("cannot connect to {}: {error}; check the address, and that the server is up", self.address));
    }

    pub(super) fn time_ran_out(&mut self, seconds: u64) {
        let what = if self.reachable { "takes the connection and did not answer" } else { "did not answer" };
        self.problem = Some(format!(
            "{} {what} within {seconds} s; check the address, or give it more time with --timeout",
            self.address
        ));
    }

    /// Whether the token is required, and ours is the right one.
    pub(super) fn is_good(&self) -> bool {
        self.enforced == Some(true) && self.accepted == Some(true)
    }

    /// The report for people.
    pub(super) fn lines(&self) -> String {
        let yes_no = |known: Option<bool>| known.map_or("unknown", |yes| if yes { "yes" } else { "no" });
        let mut text = String::new();
        for (name, value) in [
            ("address", self.address.as_str()),
            ("reachable", yes_no(Some(self.reachable))),
            ("enforced", yes_no(self.enforced)),
            ("accepted", yes_no(self.accepted)),
            ("cluster", self.cluster_id.as_deref().unwrap_or("unknown")),
        ] {
            // A `String` takes whatever is written to it.
            let _ = writeln!(text, "{name:<9} {value}");
        }
        text
    }

    fn open(&mut self, cluster_id: Option<impl Display>, how: &str) {
        self.enforced = Some(false);
        self.cluster_id = cluster_id.map(|id| id.to_string());
        self.problem = Some(format!(
            "{} lets callers in {how}, and was not sent our token; start it with RAY_AUTH_MODE=token and the cluster's token",
            self.address
        ));
    }

    fn other(&mut self, text: &str) {
        self.problem = Some(format!("{} could not be asked: {text}", self.address));
    }
}

/// Asks, and notes what is known after each answer, so that it is there when time runs out.
pub(super) async fn examine(mut ask: impl AsyncFnMut(Question, Credential) -> Answer, ours: Ours, report: &mut Report) {
    let mut question = Question::ClusterId;
    let mut first = ask(question, Credential::None).await;
    if first == Answer::UnknownMethod {
        // Ray's servers look for the method before they look for the token: a node does not know this one.
        question = Question::AgentPids;
        first = ask(question, Credential::None).await;
    }
    match first {
        Answer::Refused => {}
        Answer::Answered(id) => return report.open(id, "without a token"),
        Answer::UnknownMethod => {
            return report
                .other("it has the services of neither a GCS nor a node; give the port of one, by default 6379");
        }
        Answer::Other(text) => return report.other(&text),
    }
    match ask(question, Credential::Random).await {
        Answer::Refused => report.enforced = Some(true),
        Answer::Answered(id) => return report.open(id, "with any token"),
        Answer::UnknownMethod => return report.open(None::<String>, "with any token"),
        Answer::Other(text) => return report.other(&text),
    }
    let (tokens, origin) = match ours {
        Ours::Token { tokens, origin } => (tokens, origin),
        Ours::None(why) => {
            report.problem = Some(format!("{} requires a token, and ours was not sent: {why}", report.address));
            return;
        }
    };
    match ask(question, Credential::Ours(tokens)).await {
        Answer::Answered(id) => {
            report.accepted = Some(true);
            report.cluster_id = id.map(|id| id.to_string());
        }
        // What is unknown only to callers with our token was looked for after the token was accepted.
        Answer::UnknownMethod => report.accepted = Some(true),
        Answer::Refused => {
            report.accepted = Some(false);
            report.problem = Some(format!(
                "{} refuses our token, from {origin}; compare the fingerprints that `ray-auth status` shows here and \
                 on that machine, and give this process the cluster's token",
                report.address
            ));
        }
        Answer::Other(text) => report.other(&text),
    }
}

#[cfg(test)]
mod tests;
