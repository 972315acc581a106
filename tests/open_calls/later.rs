//! Verifiers that ask a keyring first and somebody else after it, and a token that leaves in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Request, Response};
use ray_auth::require::close::CallBody;
use ray_auth::verify::{AnyVerifier, Call, Identity, Verdict, Verify};
use ray_auth::{Keyring, Rejection, RequireTokenLayer};
use tokio::sync::Semaphore;
use tower::{Layer, Service, ServiceExt, service_fn};

use super::support::{NEW, OLD, keyring, within};

/// Lets in who holds one of the cluster's tokens, once a backend has agreed; and `ada`, whom the backend knows itself.
struct Both {
    keyring: Keyring,
    asked: Arc<Semaphore>,
    agreed: Arc<Semaphore>,
}

impl Verify for Both {
    fn verify(&self, call: Call<'_>) -> Verdict {
        let identity = match call.credential().token() {
            b"ada" => Ok(Identity::user("ada")),
            _ => match self.keyring.verify(call) {
                Verdict::Now(judged) => judged,
                later @ Verdict::Later(_) => return later,
            },
        };
        let (asked, agreed) = (Arc::clone(&self.asked), Arc::clone(&self.agreed));
        Verdict::Later(Box::pin(async move {
            asked.add_permits(1);
            agreed.acquire().await.map_err(|_| Rejection::Unavailable)?.forget();
            identity
        }))
    }
}

fn request(token: &str) -> Request<String> {
    let request = Request::post("/ray_auth.testing.v1.Echo/Unary").header("content-type", "application/grpc");
    request.header("authorization", format!("Bearer {token}")).body(String::new()).unwrap()
}

/// A handler that counts its calls and never answers.
fn handler(
    called: &Arc<AtomicUsize>,
) -> impl Service<Request<CallBody<String>>, Response = Response<String>, Error = std::convert::Infallible, Future: Send>
+ Clone
+ Send
+ 'static {
    let called = Arc::clone(called);
    service_fn(move |_: Request<CallBody<String>>| {
        called.fetch_add(1, Ordering::SeqCst);
        std::future::pending()
    })
}

#[tokio::test]
async fn a_token_that_leaves_while_its_call_is_judged_opens_nothing() {
    for (token, opens) in [(OLD, false), (NEW, true), ("ada", true)] {
        let keyring = keyring();
        let (asked, agreed) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let verifier = Both { keyring: keyring.clone(), asked: Arc::clone(&asked), agreed: Arc::clone(&agreed) };
        let called = Arc::new(AtomicUsize::new(0));
        let layer = RequireTokenLayer::new(AnyVerifier::new(verifier)).close_on_revoke();
        let call = tokio::spawn(layer.layer(handler(&called)).oneshot(request(token)));
        within(asked.acquire()).await.unwrap().forget();
        keyring.retire().unwrap();
        agreed.add_permits(1);
        if opens {
            within(async {
                while called.load(Ordering::SeqCst) == 0 {
                    tokio::task::yield_now().await;
                }
            })
            .await;
            assert!(!call.is_finished(), "{token}");
        } else {
            let response = within(call).await.unwrap().unwrap();
            assert_eq!(response.headers()["grpc-status"], "16", "{token}");
            assert_eq!(response.extensions().get(), Some(&Rejection::WrongToken), "{token}");
            assert_eq!(called.load(Ordering::SeqCst), 0, "{token}: the handler never saw it");
        }
    }
}

#[tokio::test]
async fn a_token_that_leaves_after_both_agreed_ends_the_call() {
    let keyring = keyring();
    let (asked, agreed) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(2)));
    let verifier = Both { keyring: keyring.clone(), asked, agreed };
    let called = Arc::new(AtomicUsize::new(0));
    let service = RequireTokenLayer::new(AnyVerifier::new(verifier)).close_on_revoke().layer(handler(&called));
    let [old, ada] = [OLD, "ada"].map(|token| tokio::spawn(service.clone().oneshot(request(token))));
    within(async {
        while called.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    keyring.retire().unwrap();
    assert_eq!(within(old).await.unwrap().unwrap().headers()["grpc-status"], "16");
    assert!(!ada.is_finished(), "she came without a token of the keyring");
}
