//! The layers of this crate.

use std::io;

use metrics_util::debugging::DebuggingRecorder;
use ray_auth::token::TokenSet;
use ray_auth::verify::AnyVerifier;
use ray_auth::{AddTokenLayer, Exempt, Keyring, RequireTokenLayer};
use tower::Layer;

use super::case::{Budget, Call, Case, Over, to};
use super::no_op::NoOp;
use super::request::{Length, Sent, USUAL, numbered, token};

/// The cases. The budgets are the project's own: what a layer that is compared in constant time, can be changed while it
/// is used, and counts, must not exceed.
pub(crate) fn cases() -> Vec<Case> {
    let right = Sent::WithToken(USUAL);
    let nothing = Budget::allocations(0);
    let mut cases = vec![
        Case::ours("attach/keyring", Sent::ByClient, Budget::new(300, 275, 0), attach),
        Case::ours("attach/keyring, caller's value kept", Sent::ByClientWithOwn, nothing, attach),
    ];
    for tokens in 1..=TokenSet::MAX_TOKENS {
        let budget = match tokens {
            1 => Budget::new(400, 360, 0),
            3 => Budget::new(520, 460, 0),
            8 => Budget::new(830, 750, 0),
            _ => nothing,
        };
        let s = if tokens == 1 { "" } else { "s" };
        cases.push(Case::ours(format!("accept/{tokens} token{s}"), right, budget, accept).with_tokens(tokens));
    }
    cases.extend([
        Case::ours("accept/1 token, any verifier", right, Budget::new(460, 430, 0), accept_any),
        Case::ours("accept/1 token, closing on revoke", right, Budget::default(), accept_and_close),
        Case::ours("accept/1 token, handler told", right, Budget::allocations(1), accept_and_tell),
        // More than the 300 that were hoped for: nearly all of it is what any value in a request's extensions costs, as
        // the case of the same group that does nothing else shows.
        Case::ours("identity/tell the handler", right, Budget::new(330, 250, 1), accept_and_tell).over(Over::Accept),
        Case::ours("refuse/wrong token", Sent::WithWrongToken, Budget::new(1_750, 1_500, 4), refuse),
        Case::ours("refuse/missing", Sent::WithoutToken, Budget::new(1_750, 1_500, 4), refuse),
        Case::ours("refuse/wrong token, any verifier", Sent::WithWrongToken, Budget::allocations(4), refuse_any),
        Case::ours("refuse/wrong token, recorder and subscriber", Sent::WithWrongToken, Budget::default(), refuse_seen),
    ]);
    for length in [16, 32, 64, 128, 256, 1_024, 4_096] {
        cases.push(Case::ours(format!("length/{length}"), Sent::WithToken(length), nothing, accept));
    }
    cases
}

/// The usual server: what telling the handler is counted from.
pub(crate) fn accept_one() -> Case {
    Case::ours("accept/1 token", Sent::WithToken(USUAL), Budget::default(), accept)
}

fn attach(_: &Case) -> Call {
    to(AddTokenLayer::new(keyring(1, USUAL)).layer(NoOp))
}

fn accept(case: &Case) -> Call {
    let Sent::WithToken(length) = case.sent else { panic!("an accepted call has a token") };
    to(server(case.tokens, length).layer(NoOp))
}

fn accept_any(_: &Case) -> Call {
    to(any().layer(NoOp))
}

fn accept_and_close(_: &Case) -> Call {
    to(server(1, USUAL).close_on_revoke().layer(NoOp))
}

fn accept_and_tell(_: &Case) -> Call {
    to(server(1, USUAL).with_identity().layer(NoOp))
}

fn refuse(_: &Case) -> Call {
    to(server(1, USUAL).layer(NoOp))
}

fn refuse_any(_: &Case) -> Call {
    to(any().layer(NoOp))
}

/// With a metrics recorder, and a subscriber that writes what it is told to nowhere. Of a flood it is told 20 a second, so
/// what is measured is mostly a refusal beyond those.
fn refuse_seen(case: &Case) -> Call {
    let recorder: &'static _ = Box::leak(Box::new(DebuggingRecorder::new()));
    let counting = metrics::set_default_local_recorder(recorder);
    let logging = tracing::subscriber::set_default(tracing_subscriber::fmt().with_writer(io::sink).finish());
    let mut call = refuse(case);
    Box::new(move |request| {
        let _ = (&counting, &logging);
        call(request);
    })
}

/// A server as operators run it: with the health exemption, which costs nothing until a call is refused.
fn server(tokens: usize, length: Length) -> RequireTokenLayer {
    RequireTokenLayer::new(keyring(tokens, length)).exempt(Exempt::grpc_health())
}

/// The same behind a verifier whose kind is known only when the process runs.
fn any() -> RequireTokenLayer<AnyVerifier> {
    RequireTokenLayer::new(AnyVerifier::from(keyring(1, USUAL))).exempt(Exempt::grpc_health())
}

/// A keyring of `count` tokens, the last of which is what requests carry; it makes no difference which.
fn keyring(count: usize, length: Length) -> Keyring {
    let place = |number: usize| if number + 1 == count { token(length) } else { numbered(number + 1, length) };
    let mut tokens = TokenSet::new(place(0));
    for number in 1..count {
        tokens = tokens.add_accepted(place(number)).expect("a set holds eight");
    }
    Keyring::with_tokens(tokens)
}
