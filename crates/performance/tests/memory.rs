//! What the layers take in memory, counted, against what the model of `ray-auth-performance scale` says: row by row, by
//! the names in its output. So neither changes without the other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use alloc_tracker::{Allocator, Session};
use http::{Request, Response};
use ray_auth::{AddTokenLayer, Keyring, RequireTokenLayer, Token, TokenSet};
use tower_layer::Layer;
use tower_service::Service;

#[global_allocator]
static ALLOCATOR: Allocator<std::alloc::System> = Allocator::system();

/// How far a count may be from the model: other compilers lay structures out otherwise.
const TOLERANCE: f64 = 0.05;

type Waiting = Pin<Box<dyn Future<Output = Result<Response<String>, Infallible>>>>;

/// A handler that never answers, and notes how large the body of its request is.
#[derive(Clone, Copy)]
struct Handler<'a>(&'a AtomicU64);

impl<B> Service<Request<B>> for Handler<'_> {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Waiting;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Waiting {
        self.0.store(size_of::<B>() as u64, Ordering::Relaxed);
        Box::pin(pending())
    }
}

/// Bytes that the calling thread allocates. Nothing is freed by what is counted here, so all of it is kept.
fn counted<T>(make: impl FnOnce() -> T) -> (u64, T) {
    let session = Session::new();
    let operation = session.operation("counted");
    let made = {
        let _span = operation.measure_thread();
        make()
    };
    (operation.total_bytes_allocated(), made)
}

fn keyring(tokens: &[Token]) -> Keyring {
    let mut set = TokenSet::new(tokens[0].clone());
    for token in &tokens[1..] {
        set = set.add_accepted(token.clone()).unwrap();
    }
    Keyring::with_tokens(set)
}

/// What one call adds to the same call without a layer: in its future, in its request's body, and on the heap.
fn call<S>(service: impl FnOnce(Handler<'static>) -> S, token: &Token) -> u64
where
    S: Service<Request<String>>,
{
    static BODY: AtomicU64 = AtomicU64::new(0);
    let mut service = service(Handler(&BODY));
    let credential = format!("Bearer {}", token.expose_secret());
    let request = || Request::post("/a.B/C").header("authorization", &credential).body(String::new()).unwrap();
    // The first call of a thread is dealt its counters.
    drop(service.call(request()));
    let request = request();
    let (heap, future) = counted(|| {
        let future = service.call(request);
        let size = size_of_val(&future);
        let mut future = pin!(future);
        for _ in 0..2 {
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        size
    });
    heap + future as u64 - size_of::<Waiting>() as u64 + BODY.load(Ordering::Relaxed) - size_of::<String>() as u64
}

/// Every row, counted.
fn count() -> BTreeMap<String, u64> {
    let mut rows = BTreeMap::new();
    for count in [1, 3, 8] {
        let (tokens, made) = counted(|| std::array::from_fn::<_, 8, _>(|_| Token::generate()));
        let (bytes, kept) = counted(|| keyring(&made[..count]));
        // From the fifth accepted token on the list was moved, and what it was moved from is free again.
        let list = size_of::<Token>() as u64;
        let moved = if count > 5 { 4 * list } else { 0 };
        rows.insert(format!("keyring of {count} tokens"), bytes - moved + tokens / 8 * count as u64);
        drop(kept);
    }
    let token = Token::generate();
    let keyring = Keyring::new(token.clone());
    let mut row = |what: &str, bytes: u64| assert!(rows.insert(what.to_owned(), bytes).is_none(), "{what}");
    let (bytes, client) = counted(|| AddTokenLayer::new(keyring.clone()).layer(()));
    row("client layer", bytes);
    row("clone of the client's service", counted(|| client.clone()).0);
    // The first of a process makes what all share that refuse.
    drop(RequireTokenLayer::new(keyring.clone()));
    let (bytes, server) = counted(|| RequireTokenLayer::new(keyring.clone()).layer(()));
    row("server layer", bytes);
    row("clone of the server's service", counted(|| server.clone()).0);
    let (bytes, closing) = counted(|| RequireTokenLayer::new(keyring.clone()).close_on_revoke().layer(()));
    row("server layer that closes", bytes);
    row("clone of the server's service that closes", counted(|| closing.clone()).0);
    row("call that is sent", call(|handler| AddTokenLayer::new(keyring.clone()).layer(handler), &token));
    let plain = RequireTokenLayer::new(keyring);
    row("call that waits for its handler", call(|handler| plain.layer(handler), &token));
    let closing = plain.close_on_revoke();
    row("call that waits for its handler, closing", call(|handler| closing.layer(handler), &token));
    rows
}

/// What the program says of the same, of a small cluster.
fn modelled() -> BTreeMap<String, u64> {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let case = |case: &str| {
        format!(r#"{{"case": "{case}", "instructions": 300, "budget": null, "aim": null, "peer": false}}"#)
    };
    let cases = ["attach/keyring", "accept/1 token", "accept/3 tokens"].map(case).join(", ");
    let instructions = file("instructions.json", &format!(r#"{{"rows": [{cases}], "comparison": []}}"#));
    let sender = |sender: &str| {
        let zeros = r#""client_instructions": 0, "server_instructions": 0"#;
        format!(r#"{{"sender": "{sender}", "headers_bytes": 40, {zeros}}}"#)
    };
    let senders = ["tonic, no token", "tonic, never indexed"].map(sender).join(", ");
    let wire = file("wire.json", &format!(r#"{{"rows": [{senders}]}}"#));
    let saved = folder.path().join("scale.json");
    let mut program = Command::new(env!("CARGO_BIN_EXE_ray-auth-performance"));
    program.args(["scale", "--nodes", "10", "--calls", "1000", "--json"]);
    let output = program
        .args(["--instructions".as_ref(), instructions.as_os_str(), "--wire".as_ref(), wire.as_os_str()])
        .args(["--save".as_ref(), saved.as_os_str()])
        .output()
        .unwrap();
    // Its exit code judges times, which are not those of a quiet machine here.
    let text = String::from_utf8(output.stdout).unwrap();
    let scale: serde_json::Value = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error} in {text:?}, and {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(text, std::fs::read_to_string(saved).unwrap(), "what is saved is what is printed");
    let rows = scale["memory"].as_array().unwrap();
    rows.iter().map(|row| (row["what"].as_str().unwrap().to_owned(), row["bytes"].as_u64().unwrap())).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn what_the_model_says_of_memory_is_what_is_counted() {
    let (modelled, counted) = (modelled(), count());
    assert_eq!(modelled.keys().collect::<Vec<_>>(), counted.keys().collect::<Vec<_>>());
    for (what, bytes) in &counted {
        let model = modelled[what];
        println!("{what}: {bytes} counted, {model} modelled");
        assert!(bytes.abs_diff(model) as f64 <= TOLERANCE * model as f64, "{what}: {bytes} counted, {model} modelled");
    }
}
