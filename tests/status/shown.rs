//! What the public types show, and what may be done with them.

use std::fmt::Debug;

use ray_auth::proto::v1::keyring_service_server::KeyringServiceServer;
use ray_auth::status::{
    AskError, KeyringReport, KeyringStatusService, Malformed, Moment, ProcessStatus, SourceReport, TokenReport,
    UsageWatch,
};
use ray_auth::{ClusterAuth, Keyring, Token};

/// Fails to compile for a type that lacks one of the named traits.
macro_rules! assert_traits {
    ($($type:ty: $($bound:path),+;)+) => {
        $({
            fn check<T: $($bound +)+ ?Sized>() {}
            check::<$type>();
        })+
    };
}

#[test]
fn public_types_are_send_sync_clone_and_debug() {
    use std::error::Error;
    use std::fmt::Display;
    assert_traits! {
        ProcessStatus: Send, Sync, Clone, Debug, Eq;
        KeyringReport: Send, Sync, Clone, Debug, Eq;
        TokenReport: Send, Sync, Clone, Debug, Eq;
        SourceReport: Send, Sync, Clone, Debug, Eq, Display;
        Moment: Send, Sync, Copy, Debug, Eq;
        UsageWatch: Send, Sync, Clone, Debug;
        KeyringStatusService: Send, Sync, Clone, Debug;
        KeyringServiceServer<KeyringStatusService>: Send, Sync, Clone, tonic::server::NamedService;
        AskError: Error, Send, Sync, Clone, Debug, Eq;
        Malformed: Error, Send, Sync, Copy, Debug, Eq;
    }
}

#[test]
fn nothing_shows_a_token() {
    let token = Token::generate();
    let secret = token.expose_secret().to_owned();
    let auth = ClusterAuth::with_keyring(Keyring::new(token));
    let watch = auth.watch_usage();
    for (what, shown) in [
        ("the watch", format!("{watch:?}")),
        ("the status", format!("{:?}", watch.status())),
        ("the server", format!("{:?}", auth.status_service())),
        ("the service", format!("{:?}", KeyringStatusService::new(watch))),
    ] {
        assert!(!shown.is_empty() && !shown.contains(&secret[..12]), "{what}");
    }
}
