//! What changes of a keyring come to when they happen one after the other, in every order: what they may come to at once.

use std::collections::BTreeSet;

use crate::Keyring;
use crate::keyring::{KeyringError, Step, rules};
use crate::token::{Token, TokenSet};

/// One change of a keyring.
#[derive(Clone)]
pub enum Change {
    /// A new token is accepted.
    Stage(Token),
    /// The staged token is sent.
    Promote,
    /// The old tokens leave.
    Retire,
    /// The source that is followed has other tokens.
    Reload(TokenSet),
}

/// What every thread's changes came to, in its order, and the state they left behind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome {
    /// By thread and change.
    pub results: Vec<Vec<String>>,
    /// Generation and tokens.
    pub state: String,
}

impl Change {
    /// Changes the keyring; gives what it came to.
    pub fn apply(&self, keyring: &Keyring) -> String {
        named(match self {
            Self::Stage(token) => keyring.stage(token.clone()),
            Self::Promote => keyring.promote(),
            Self::Retire => keyring.retire(),
            Self::Reload(tokens) => {
                keyring.reload(tokens.clone());
                return "reloaded".to_owned();
            }
        })
    }

    fn rule(&self, tokens: &TokenSet) -> (String, Option<TokenSet>) {
        let changed = match self {
            Self::Stage(token) => rules::stage(tokens, token),
            Self::Promote => rules::promote(tokens),
            Self::Retire => rules::retire(tokens, |_| true),
            Self::Reload(new) => return ("reloaded".to_owned(), rules::dangerous_replace(tokens, new)),
        };
        let step = changed.as_ref().map(|set| if set.is_some() { Step::Done } else { Step::AlreadyDone });
        (named(step.map_err(Clone::clone)), changed.ok().flatten())
    }
}

impl Outcome {
    /// The state of a keyring after these results.
    #[must_use]
    pub fn of(keyring: &Keyring, results: Vec<Vec<String>>) -> Self {
        Self { results, state: state(keyring.generation(), &keyring.tokens()) }
    }
}

/// All that these threads' changes can come to, from these tokens, if each change is whole.
#[must_use]
pub fn serial_outcomes(first: &TokenSet, threads: &[Vec<Change>]) -> BTreeSet<Outcome> {
    let mut outcomes = BTreeSet::new();
    explore(1, first, threads, &mut vec![Vec::new(); threads.len()], &mut outcomes);
    outcomes
}

fn explore(
    generation: u64,
    tokens: &TokenSet,
    threads: &[Vec<Change>],
    results: &mut Vec<Vec<String>>,
    outcomes: &mut BTreeSet<Outcome>,
) {
    let mut over = true;
    for (thread, changes) in threads.iter().enumerate() {
        let Some(change) = changes.get(results[thread].len()) else { continue };
        over = false;
        let (result, changed) = change.rule(tokens);
        results[thread].push(result);
        match changed {
            Some(changed) => explore(generation + 1, &changed, threads, results, outcomes),
            None => explore(generation, tokens, threads, results, outcomes),
        }
        results[thread].pop();
    }
    if over {
        outcomes.insert(Outcome { results: results.clone(), state: state(generation, tokens) });
    }
}

fn named(step: Result<Step, KeyringError>) -> String {
    format!("{step:?}")
}

fn state(generation: u64, tokens: &TokenSet) -> String {
    let next = tokens.next().map_or("-", |next| next.expose_secret());
    let accepted: Vec<_> = tokens.accepted().iter().map(Token::expose_secret).collect();
    format!("{generation}: {} {next} {accepted:?}", tokens.primary().expose_secret())
}
