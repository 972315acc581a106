//! The decision which credential goes with one request: a plain function of the URI and of what there is to offer.

use http::HeaderValue;
use ray_auth::Token;

use super::{CredentialError, CredentialKind, CredentialWarning, header};
use crate::netrc::Netrc;
use crate::uri::{RemoteUri, Scheme, UserInfo};

/// What a process has to offer, at one moment.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) netrc: Option<Netrc>,
    pub(super) bearer: Option<Token>,
    pub(super) allow_plaintext: bool,
}

/// What goes with a request, and what is to be said about it.
#[derive(Clone, Debug, Default)]
pub(super) struct Choice {
    pub(super) credential: Option<(CredentialKind, HeaderValue)>,
    pub(super) warning: Option<CredentialWarning>,
}

impl Choice {
    fn of(kind: CredentialKind, value: HeaderValue) -> Self {
        Self { credential: Some((kind, value)), warning: None }
    }
}

impl Offer {
    /// For the origin that was asked for: the most specific credential there is.
    pub(super) fn at_home(&self, user_info: Option<&UserInfo>, uri: &RemoteUri) -> Result<Choice, CredentialError> {
        if let Some(user_info) = user_info.filter(|info| !is_empty(info)) {
            return self.of_user_info(user_info, uri);
        }
        let entry = self.netrc.as_ref().zip(uri.host()).and_then(|(netrc, host)| netrc.machine(host));
        if let Some((login, password)) = entry.and_then(|entry| entry.credential()) {
            self.permit(CredentialKind::NetrcMachine, uri)?;
            let value = header::basic(login.expose_secret(), password.expose_secret());
            return Ok(Choice::of(CredentialKind::NetrcMachine, value));
        }
        if let Some(bearer) = &self.bearer {
            self.permit(CredentialKind::Bearer, uri)?;
            return Ok(Choice::of(CredentialKind::Bearer, header::bearer(bearer)));
        }
        // An entry for this host without a credential says that there is none: then not the default one either. That one is
        // meant for nobody in particular, so it is no reason to refuse a request in the clear: it just does not go along.
        let default = self.netrc.as_ref().filter(|_| entry.is_none()).and_then(Netrc::default_entry);
        let Some((login, password)) = default.and_then(|entry| entry.credential()) else {
            return Ok(Choice::default());
        };
        if uri.scheme() != Scheme::Https {
            let warning = uri.origin().map(|origin| CredentialWarning::PlaintextDefault { origin: origin.clone() });
            return Ok(Choice { credential: None, warning });
        }
        let value = header::basic(login.expose_secret(), password.expose_secret());
        Ok(Choice::of(CredentialKind::NetrcDefault, value))
    }

    /// For any other origin: what the netrc file names it for, over https. Nothing that was meant for somebody else.
    pub(super) fn elsewhere(&self, uri: &RemoteUri) -> Choice {
        let host = uri.host().filter(|_| uri.scheme() == Scheme::Https);
        let entry = self.netrc.as_ref().zip(host).and_then(|(netrc, host)| netrc.machine(host));
        entry.and_then(|entry| entry.credential()).map_or_else(Choice::default, |(login, password)| {
            Choice::of(CredentialKind::NetrcMachine, header::basic(login.expose_secret(), password.expose_secret()))
        })
    }

    fn of_user_info(&self, user_info: &UserInfo, uri: &RemoteUri) -> Result<Choice, CredentialError> {
        let user = user_info.expose_user();
        let Some(password) = user_info.expose_password() else {
            // Never another login's password (CVE-2026-8926).
            let netrc = self.netrc.as_ref().zip(uri.host());
            let entry = netrc.and_then(|(netrc, host)| netrc.machine_with_login(host, user));
            if let Some((login, password)) = entry.and_then(|entry| entry.credential()) {
                self.permit(CredentialKind::NetrcMachine, uri)?;
                let value = header::basic(login.expose_secret(), password.expose_secret());
                return Ok(Choice::of(CredentialKind::NetrcMachine, value));
            }
            return Ok(Self::as_given(user, "", uri));
        };
        Ok(Self::as_given(user, password, uri))
    }

    /// What the URI says goes where the URI says, in the clear too: it was in the clear before it came here.
    fn as_given(user: &str, password: &str, uri: &RemoteUri) -> Choice {
        let exposed = uri.origin().filter(|_| uri.scheme() != Scheme::Https && !uri.is_loopback());
        let warning = exposed.map(|origin| CredentialWarning::PlaintextUserInfo { origin: origin.clone() });
        Choice { warning, ..Choice::of(CredentialKind::UserInfo, header::basic(user, password)) }
    }

    /// Over https, or where the user says so. What is meant for one host goes to this machine, too.
    fn permit(&self, kind: CredentialKind, uri: &RemoteUri) -> Result<(), CredentialError> {
        let stays_here = kind == CredentialKind::NetrcMachine && uri.is_loopback();
        match uri.origin() {
            Some(origin) if uri.scheme() != Scheme::Https && !stays_here && !self.allow_plaintext => {
                Err(CredentialError::Plaintext { kind, origin: origin.clone() })
            }
            Some(_) => Ok(()),
            None => Err(CredentialError::NotHttp { scheme: uri.scheme() }),
        }
    }
}

/// `https://@host/` and `https://:@host/`: nobody, rather than somebody without a name. Ray has it so, too.
fn is_empty(user_info: &UserInfo) -> bool {
    user_info.expose_user().is_empty() && user_info.expose_password().is_none_or(str::is_empty)
}
