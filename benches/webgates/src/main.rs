//! What webgates-tonic's static token costs per call: its gate around the service that does nothing, counted as
//! `cargo bench --bench instructions` counts the others.
//!
//! `cargo run --release --manifest-path benches/webgates/Cargo.toml` prints one object with the rows. Its gate lets in by one
//! fixed token, compared by `subtle`, and answers a wrong one with PERMISSION_DENIED.

#[expect(dead_code, reason = "the library's benches have more use for it")]
#[path = "../../support/callgrind.rs"]
mod callgrind;
#[path = "../../support/no_op.rs"]
mod no_op;
#[expect(dead_code, reason = "the library's benches have more use for it")]
#[path = "../../support/request.rs"]
mod request;

use std::hint::black_box;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use callgrind::{Counted, per_call};
use http::{Request, Response};
use no_op::NoOp;
use request::{Maker, Sent, USUAL, token};
use serde_json::json;
use tonic::body::Body;
use tower::{Layer, Service};
use webgates::accounts::Account;
use webgates::codecs::jwt::{JsonWebToken, JwtClaims};
use webgates::groups::Group;
use webgates::roles::Role;
use webgates_tonic::gate::Gate;

/// Each with the requests it is sent.
const CASES: [(&str, Sent); 4] = [
    ("no-op/accept", Sent::WithToken(USUAL)),
    ("no-op/refuse", Sent::WithWrongToken),
    ("accept/webgates-tonic, subtle", Sent::WithToken(USUAL)),
    ("refuse/webgates-tonic, subtle", Sent::WithWrongToken),
];

fn main() -> ExitCode {
    if let Some((name, calls)) = callgrind::told() {
        repeat(&name, calls);
        return ExitCode::SUCCESS;
    }
    let counts = match callgrind::count(&CASES.map(|(name, _)| name.to_owned()), &[]) {
        Ok(Counted::All(counts)) => counts,
        Ok(Counted::NoValgrind) => return fail("there is no valgrind here; install it"),
        Err(error) => return fail(&error.to_string()),
    };
    let rows = [(2, 0), (3, 1)].map(|(case, base): (usize, usize)| {
        let instructions = per_call(counts[case] - counts[base]);
        json!({ "case": CASES[case].0, "instructions": instructions, "budget": null, "aim": null, "peer": true })
    });
    println!("{}", json!({ "rows": rows, "comparison": [] }));
    ExitCode::SUCCESS
}

fn repeat(name: &str, calls: u64) {
    let Some((_, sent)) = CASES.into_iter().find(|(known, _)| *known == name) else { return };
    let maker = Maker::new(sent);
    if name.starts_with("no-op") {
        return (0..calls).for_each(|_| call(&mut NoOp, maker.make()));
    }
    let codec = Arc::new(JsonWebToken::<JwtClaims<Account<Role, Group>>>::default());
    let gate = Gate::bearer("issuer", codec).with_static_token(token(USUAL).expose_secret());
    let mut service = gate.layer(NoOp);
    (0..calls).for_each(|_| call(&mut service, maker.make()));
}

fn call<S>(service: &mut S, request: Request<Body>)
where
    S: Service<Request<Body>, Response = Response<Body>, Error: std::fmt::Debug>,
{
    let answer = pin!(service.call(request));
    let Poll::Ready(answer) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("a layer around a service that answers at once answers at once");
    };
    drop(black_box(answer.expect("nothing fails")));
}

fn fail(what: &str) -> ExitCode {
    eprintln!("error: {what}");
    ExitCode::FAILURE
}
