//! Calls that open while their token leaves, on the real keyring and real threads. `crates/model` tries every order of a
//! few; this tries many of them.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use http::{Request, Response};
use ray_auth::require::close::CallBody;
use ray_auth::{Keyring, RequireTokenLayer};
use tower::{Layer, ServiceExt, service_fn};

use super::support::{NEW, OLD, token, within};

/// Threads that open calls, and how many each opens.
const CALLERS: usize = 4;
const ROUNDS: usize = 500;

fn request() -> Request<String> {
    let request = Request::post("/ray.rpc.InternalPubSubGcsService/GcsSubscriberPoll");
    request.header("authorization", format!("Bearer {OLD}")).body(String::new()).unwrap()
}

/// What a call came to: refused, or let in and ended.
fn open(keyring: &Keyring, runtime: &tokio::runtime::Runtime) -> bool {
    let mut opened = false;
    let service =
        RequireTokenLayer::new(keyring.clone()).close_on_revoke().layer(service_fn(|_: Request<CallBody<String>>| {
            opened = true;
            std::future::pending::<Result<Response<String>, std::convert::Infallible>>()
        }));
    // A call that lives on though its token has left hangs here.
    let response = runtime.block_on(within(service.oneshot(request()))).unwrap();
    let ended = response.extensions().get::<ray_auth::require::close::Closed>().is_some();
    let refused = response.extensions().get::<ray_auth::Rejection>().is_some();
    assert!(ended != refused && ended <= opened, "it was ended or it was refused");
    opened
}

#[test]
fn no_call_lives_on_however_its_opening_and_the_swap_meet() {
    let keyring = Keyring::new(token(NEW));
    let opened = AtomicUsize::new(0);
    let barrier = Barrier::new(CALLERS + 1);
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (keyring, barrier, opened) = (&keyring, &barrier, &opened);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                for round in 0..ROUNDS {
                    barrier.wait();
                    // Earlier or later, so that they meet in other places each time.
                    (0..(round * caller) % 64).for_each(|_| std::hint::spin_loop());
                    opened.fetch_add(usize::from(open(keyring, &runtime)), Ordering::Relaxed);
                    barrier.wait();
                }
            });
        }
        for round in 0..ROUNDS {
            // The token has left and is staged again each time.
            keyring.stage(token(OLD)).unwrap();
            barrier.wait();
            (0..(round * 7) % 256).for_each(|_| std::hint::spin_loop());
            keyring.abort().unwrap();
            barrier.wait();
        }
    });
    let opened = opened.into_inner();
    println!("{opened} of {} calls were let in before their token left", CALLERS * ROUNDS);
}
