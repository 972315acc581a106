//! Who decides about a credential: the cluster's shared secret, or a verifier of your own.
//!
//! A [`Verify`] looks at one [`Call`] and answers now, or later when it has to ask somebody. The
//! [`Keyring`] is the verifier for the shared secret and always answers at once. A verifier that asks a backend answers
//! [`Rejection::Unavailable`] when the backend fails: that is not the caller's fault, and must not be remembered.
//!
//! ```
//! use ray_auth::verify::{Call, Identity, Verdict, Verify};
//! use ray_auth::Rejection;
//!
//! /// Lets in whoever presents the name of a known user. (An example, not a good idea.)
//! struct KnownUsers;
//!
//! impl Verify for KnownUsers {
//!     fn verify(&self, call: Call<'_>) -> Verdict {
//!         match call.credential().token() {
//!             b"ada" => Verdict::Now(Ok(Identity::user("ada"))),
//!             _ => Verdict::Now(Err(Rejection::WrongToken)),
//!         }
//!     }
//! }
//! ```

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::credential::{Credential, Form};
use crate::keyring::{Key, Keyring, Revocation, Snapshot};
use crate::reject::Rejection;
use crate::token::{Label, Session};

/// Decides whether a call may go on.
pub trait Verify: Send + Sync + 'static {
    /// Judges one call. Must not block.
    fn verify(&self, call: Call<'_>) -> Verdict;
}

/// What a [`Verify`] judges.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    credential: Credential<'a>,
    path: &'a str,
    client_addr: Option<SocketAddr>,
    timeout: Option<Duration>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        credential: Credential<'a>,
        path: &'a str,
        client_addr: Option<SocketAddr>,
        timeout: Option<Duration>,
    ) -> Self {
        Self { credential, path, client_addr, timeout }
    }

    /// What the caller presented.
    #[must_use]
    pub fn credential(&self) -> Credential<'a> {
        self.credential
    }

    /// The path of the request, for gRPC `/package.Service/Method`, as the layer sees it.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// Where the call comes from, if the server knows.
    #[must_use]
    pub fn client_addr(&self) -> Option<SocketAddr> {
        self.client_addr
    }

    /// How long the caller waits for the whole call, if it said so (`grpc-timeout`).
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }
}

/// An answer that comes later.
pub type Pending = Pin<Box<dyn Future<Output = Result<Identity, Rejection>> + Send>>;

/// A verifier's answer.
pub enum Verdict {
    /// Decided.
    Now(Result<Identity, Rejection>),
    /// Decided when the future is done. It is dropped when the caller goes away, so work that others wait for, too,
    /// belongs into a task of its own.
    Later(Pending),
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(decided) => f.debug_tuple("Now").field(decided).finish(),
            Self::Later(_) => f.write_str("Later(..)"),
        }
    }
}

/// Who a verified call comes from.
///
/// In a request's extensions only after the call was accepted, and only when the layer was told to put it there with
/// [`with_identity`](crate::RequireTokenLayer::with_identity).
#[derive(Clone)]
pub struct Identity(Kind);

#[derive(Clone)]
enum Kind {
    SharedSecret {
        label: Label,
        generation: u64,
        /// What ends the call when the token is retired, whoever else had a say in letting it in.
        revocation: Option<Revocation>,
    },
    User(Arc<User>),
}

/// Somebody that a verifier knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct User {
    name: Box<str>,
    uid: Option<Box<str>>,
    groups: Vec<Box<str>>,
}

impl Identity {
    /// A user that a [`Verify`] of yours knows by name.
    #[must_use]
    pub fn user(name: impl Into<String>) -> Self {
        Self(Kind::User(Arc::new(User { name: name.into().into(), ..User::default() })))
    }

    /// Adds what the verifier calls the user besides the name. Does nothing for a holder of the shared secret.
    #[must_use]
    pub fn with_uid(mut self, uid: impl Into<String>) -> Self {
        if let Kind::User(user) = &mut self.0 {
            Arc::make_mut(user).uid = Some(uid.into().into());
        }
        self
    }

    /// Adds the groups that the user belongs to. Does nothing for a holder of the shared secret.
    #[must_use]
    pub fn with_groups<T: Into<String>>(mut self, groups: impl IntoIterator<Item = T>) -> Self {
        if let Kind::User(user) = &mut self.0 {
            Arc::make_mut(user).groups = groups.into_iter().map(|group| group.into().into()).collect();
        }
        self
    }

    /// A holder of the shared secret, by the token that let the call in.
    #[inline]
    pub(crate) fn holder(key: &Key, snapshot: &Snapshot) -> Self {
        Self(Kind::SharedSecret { label: key.label(), generation: snapshot.generation(), revocation: None })
    }

    /// The same, with what ends the call.
    fn held(key: &Key, snapshot: &Snapshot) -> Self {
        let revocation = Some(key.revocation().clone());
        Self(Kind::SharedSecret { label: key.label(), generation: snapshot.generation(), revocation })
    }

    /// The user's name; none for a holder of the shared secret.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Kind::SharedSecret { .. } => None,
            Kind::User(user) => Some(&user.name),
        }
    }

    /// What the verifier calls the user besides the name, if it does.
    #[must_use]
    pub fn uid(&self) -> Option<&str> {
        match &self.0 {
            Kind::SharedSecret { .. } => None,
            Kind::User(user) => user.uid.as_deref(),
        }
    }

    /// The user's groups; none for a holder of the shared secret.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        let groups = match &self.0 {
            Kind::SharedSecret { .. } => &[][..],
            Kind::User(user) => &user.groups[..],
        };
        groups.iter().map(|group| &**group)
    }

    /// Which shared token let the call in; none for a user.
    #[must_use]
    pub fn token(&self) -> Option<Label> {
        match self.0 {
            Kind::SharedSecret { label, .. } => Some(label),
            Kind::User(_) => None,
        }
    }

    /// The keyring's generation the call was judged by; none for a user.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        match self.0 {
            Kind::SharedSecret { generation, .. } => Some(generation),
            Kind::User(_) => None,
        }
    }

    /// What ends the call, for the layer that lets it in.
    #[inline]
    pub(crate) fn take_revocation(&mut self) -> Option<Revocation> {
        match &mut self.0 {
            Kind::SharedSecret { revocation, .. } => revocation.take(),
            Kind::User(_) => None,
        }
    }
}

/// Who it is counts, and not how the layer learns that a token was retired.
impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::User(user), Kind::User(other)) => user == other,
            _ => (self.name(), self.token(), self.generation()) == (other.name(), other.token(), other.generation()),
        }
    }
}

impl Eq for Identity {}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::SharedSecret { label, generation, .. } => {
                f.debug_struct("SharedSecret").field("label", label).field("generation", generation).finish()
            }
            Kind::User(user) => f
                .debug_struct("User")
                .field("name", &user.name)
                .field("uid", &user.uid)
                .field("groups", &user.groups)
                .finish(),
        }
    }
}

impl Keyring {
    /// Whether the credential is one of the accepted tokens, and if it is, what `grant` makes of that token and the
    /// snapshot it is from; counts the call for the token that let it in.
    #[inline]
    pub(crate) fn accept<T>(
        &self,
        credential: Credential<'_>,
        grant: impl FnOnce(&Key, &Snapshot) -> T,
    ) -> Result<T, Rejection> {
        let snapshot = self.snapshot();
        let key = match credential.form() {
            Form::Cookie => accept_cookie(&snapshot, credential.token()),
            Form::Authorization | Form::XRayAuthorization => snapshot.accept(credential.token()),
        };
        Ok(grant(key.ok_or(Rejection::WrongToken)?, &snapshot))
    }
}

/// A cookie holds a session value, or the token itself, as Ray sets it.
#[cold]
fn accept_cookie<'k>(snapshot: &'k Snapshot, cookie: &[u8]) -> Option<&'k Key> {
    // By a clock before 1970 every session is over.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(u64::MAX, |since| since.as_secs());
    let session = Session::parse(cookie).and_then(|session| snapshot.accept_session(session, now));
    session.or_else(|| snapshot.accept(cookie))
}

impl Verify for Keyring {
    fn verify(&self, call: Call<'_>) -> Verdict {
        Verdict::Now(self.accept(call.credential(), Identity::held))
    }
}

/// A verifier whose kind is decided when the process starts: what [`ClusterAuth`](crate::ClusterAuth) puts into its
/// server layer.
#[derive(Clone)]
pub struct AnyVerifier(pub(crate) AnyKind);

#[derive(Clone)]
pub(crate) enum AnyKind {
    /// Authentication is disabled: every call passes unseen.
    PassThrough,
    /// The shared secret.
    Keyring(Keyring),
    /// Somebody else decides.
    Other(Arc<dyn Verify>),
    /// Nobody can decide: every call is refused as [`Rejection::Unavailable`].
    Nobody,
}

impl AnyVerifier {
    /// A verifier of your own.
    #[must_use]
    pub fn new(verifier: impl Verify) -> Self {
        Self(AnyKind::Other(Arc::new(verifier)))
    }
}

impl From<Keyring> for AnyVerifier {
    fn from(keyring: Keyring) -> Self {
        Self(AnyKind::Keyring(keyring))
    }
}

impl fmt::Debug for AnyVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            AnyKind::PassThrough => "AnyVerifier(pass-through)",
            AnyKind::Keyring(_) => "AnyVerifier(keyring)",
            AnyKind::Other(_) => "AnyVerifier(other)",
            AnyKind::Nobody => "AnyVerifier(nobody)",
        })
    }
}
