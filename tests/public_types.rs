//! What users of the public types may rely on: which are Send, Sync, Clone and Debug, and how large the futures and
//! services are that stand in every call.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::future::{Ready, pending};
use std::mem::size_of;

use http::{Request, Response};
use ray_auth::attach::{AddToken, IndexedError, OriginError};
use ray_auth::auth::{AuthError, ClusterAuthBuilder, PlaintextError, PlaintextPolicy};
use ray_auth::credential::{Credential, Form};
use ray_auth::http::{HostError, Http, Login, LoginFuture, TrustedOriginError};
use ray_auth::interceptor::{AddTokenInterceptor, RequireTokenInterceptor};
use ray_auth::keyring::{KeyringError, KeyringStatus, Role, Step, TokenStatus};
use ray_auth::mode::ModeError;
use ray_auth::require::{Exempt, ExemptError, Exempted, Grpc, RequireToken, ResponseFuture};
use ray_auth::source::{FileWarning, Loaded, Origin, SourceError, TokenSource};
use ray_auth::token::{Fingerprint, Label, TokenError, TokenSet, TokenSetError};
use ray_auth::verify::{AnyVerifier, Call, Identity, Verdict};
use ray_auth::{AddTokenLayer, AuthMode, ClusterAuth, Keyring, Rejection, RequireTokenLayer, Token};

/// Fails to compile for a type that lacks one of the named traits.
macro_rules! assert_traits {
    ($($type:ty: $($bound:path),+;)+) => {
        $({
            fn check<T: $($bound +)+ ?Sized>() {}
            check::<$type>();
        })+
    };
}

type Inner = tower::util::BoxCloneSyncService<Request<()>, Response<()>, std::convert::Infallible>;

#[test]
fn public_types_are_send_sync_clone_and_debug_as_documented() {
    use std::fmt::Debug;
    assert_traits! {
        Token: Send, Sync, Clone, Debug;
        TokenSet: Send, Sync, Clone, Debug;
        Fingerprint: Send, Sync, Copy, Debug, Eq, std::hash::Hash, std::fmt::Display;
        Label: Send, Sync, Copy, Debug, Eq, std::hash::Hash, std::fmt::Display;
        Keyring: Send, Sync, Clone, Debug;
        KeyringStatus: Send, Sync, Clone, Debug, Eq;
        TokenStatus: Send, Sync, Clone, Debug, Eq;
        Role: Send, Sync, Copy, Debug, Eq;
        Step: Send, Sync, Copy, Debug, Eq;
        TokenSource: Send, Sync, Clone, Debug, std::fmt::Display;
        Loaded: Send, Sync, Clone, Debug;
        Origin: Send, Sync, Clone, Debug, std::fmt::Display;
        FileWarning: Send, Sync, Clone, Debug, std::fmt::Display;
        AuthMode: Send, Sync, Copy, Debug, Eq, std::fmt::Display;
        ClusterAuth: Send, Sync, Clone, Debug;
        ClusterAuthBuilder: Send, Sync, Clone, Debug;
        PlaintextPolicy: Send, Sync, Copy, Debug, Eq;
        AddTokenLayer: Send, Sync, Clone, Debug;
        AddToken<Inner>: Send, Sync, Clone;
        RequireTokenLayer: Send, Sync, Clone, Debug;
        RequireTokenLayer<AnyVerifier>: Send, Sync, Clone, Debug;
        RequireToken<Inner>: Send, Sync, Clone;
        RequireToken<Inner, AnyVerifier>: Send, Sync, Clone;
        Exempt: Send, Sync, Clone, Debug, Eq;
        Exempted: Send, Sync, Copy, Debug, Eq;
        AnyVerifier: Send, Sync, Clone, Debug;
        Identity: Send, Sync, Clone, Debug, Eq;
        Verdict: Send, Debug;
        Call<'_>: Send, Sync, Copy, Debug;
        Credential<'_>: Send, Sync, Copy, Debug;
        Form: Send, Sync, Copy, Debug, Eq, std::hash::Hash;
        Grpc: Send, Sync, Copy, Debug;
        Http: Send, Sync, Clone, Debug;
        Login: Send, Sync, Clone, Debug;
        LoginFuture: Send, Unpin, Debug;
        RequireTokenLayer<Keyring, Http>: Send, Sync, Clone, Debug;
        RequireToken<Inner, AnyVerifier, Http>: Send, Sync, Clone;
        Rejection: Send, Sync, Copy, Debug, Eq, std::hash::Hash, std::error::Error;
        AddTokenInterceptor: Send, Sync, Clone, Debug;
        RequireTokenInterceptor: Send, Sync, Clone, Debug;
        ResponseFuture<Ready<()>>: Send, Unpin, Debug;
    }
    #[cfg(feature = "tls")]
    assert_traits! {
        ray_auth::tls::Tls: Send, Sync, Clone, Debug;
        ray_auth::tls::TlsFiles: Send, Sync, Clone, Debug, Eq, std::fmt::Display;
        ray_auth::tls::TlsFile: Send, Sync, Clone, Debug, Eq, std::fmt::Display;
        ray_auth::tls::TlsRole: Send, Sync, Copy, Debug, Eq;
        ray_auth::tls::TlsStatus: Send, Sync, Clone, Debug, Eq;
        ray_auth::tls::TlsConnector: Send, Sync, Clone, Debug;
        ray_auth::tls::TlsListener: Send, Sync, Unpin, Debug;
        ray_auth::tls::TlsStream<tokio::net::TcpStream>: Send, Sync, Unpin, Debug;
    }
}

#[test]
fn errors_can_cross_threads_and_be_boxed() {
    use std::error::Error;
    assert_traits! {
        TokenError: Error, Send, Sync;
        TokenSetError: Error, Send, Sync;
        KeyringError: Error, Send, Sync;
        ModeError: Error, Send, Sync;
        SourceError: Error, Send, Sync;
        AuthError: Error, Send, Sync;
        PlaintextError: Error, Send, Sync;
        ExemptError: Error, Send, Sync;
        HostError: Error, Send, Sync;
        OriginError: Error, Send, Sync;
        TrustedOriginError: Error, Send, Sync;
        IndexedError: Error, Send, Sync;
    }
    #[cfg(feature = "tls")]
    assert_traits! {
        ray_auth::tls::TlsError: Error, Send, Sync, Clone, Eq;
        ray_auth::tls::TlsConnectError: Error, Send, Sync;
        ray_auth::tls::HandshakeError: Error, Send, Sync, Clone, Eq;
    }
    #[cfg(feature = "connect")]
    assert_traits! {
        ray_auth::auth::ConnectError: Error, Send, Sync;
        ray_auth::auth::AuthChannel: Send, Sync, Clone, std::fmt::Debug;
    }
}

/// A future of no size, so that what is measured is the layers' own.
async fn unit() -> Result<Response<()>, std::convert::Infallible> {
    pending().await
}

fn size_of_future<F: Future>(_: &F) -> usize {
    size_of::<ResponseFuture<F>>()
}

#[test]
fn what_stands_in_every_call_stays_small() {
    let word = size_of::<usize>();
    // A service is copied for each request: the inner one and a pointer, or a pointer, the origin and a mark.
    assert_eq!(size_of::<RequireToken<()>>(), word);
    assert_eq!(size_of::<RequireToken<(), AnyVerifier>>(), word);
    assert_eq!(size_of::<AddToken<()>>(), 3 * word);
    // The client layer adds no future. The server layer's is a refusal or the inner future, whichever is larger.
    assert_eq!(size_of_future(&unit()), size_of::<Response<()>>());
    let large = async {
        let buffer = vec![[0_u64; 128]; 1];
        let kept = buffer[0];
        pending::<()>().await;
        std::hint::black_box(&kept);
        unit().await
    };
    assert!(size_of_future(&large) <= size_of_val(&large) + word);
}
