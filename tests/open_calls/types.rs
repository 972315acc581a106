//! What users of the layer's types may rely on.

use std::future::Ready;
use std::mem::size_of;

use http::{Request, Response};
use ray_auth::require::RequireToken;
use ray_auth::require::close::{CallBody, CloseOnRevoke, CloseOnRevokeLayer, Closed, ResponseFuture};
use ray_auth::verify::AnyVerifier;

fn is<T: Send + Sync + Clone + std::fmt::Debug>() {}
fn is_sent<T: Send + std::fmt::Debug>() {}

#[test]
fn public_types_are_what_they_are_documented_to_be() {
    type Inner =
        tower::util::BoxCloneSyncService<Request<CallBody<String>>, Response<String>, std::convert::Infallible>;
    is::<CloseOnRevokeLayer>();
    is::<CloseOnRevokeLayer<AnyVerifier>>();
    is::<Closed>();
    fn is_service<T: Send + Sync + Clone>() {}
    is_service::<CloseOnRevoke<Inner>>();
    is_service::<CloseOnRevoke<Inner, AnyVerifier>>();
    is_sent::<CallBody<String>>();
    is_sent::<ResponseFuture<Ready<()>>>();
    fn is_error<T: std::error::Error + Copy + Eq + Send + Sync>() {}
    is_error::<Closed>();
}

#[test]
fn a_service_is_the_inner_one_and_a_pointer_and_what_it_adds_to_a_call_stays_small() {
    let word = size_of::<usize>();
    assert_eq!(size_of::<CloseOnRevoke<()>>(), word);
    assert_eq!(size_of::<CloseOnRevoke<(), AnyVerifier>>(), word);
    assert_eq!(size_of::<RequireToken<()>>(), word, "as the layer that leaves open calls alone");
    let (body, future) = (size_of::<CallBody<()>>(), size_of::<ResponseFuture<Ready<()>>>());
    println!("a body {body} bytes, a future {future} bytes");
    assert!(body <= 24 * word && future <= 24 * word, "{body}, {future}");
}
