//! What may go where, for arbitrary offers and arbitrary chains of redirects.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use ray_auth::Token;

use super::choice::Offer;
use super::{
    AuthorizedRequest, CredentialError, CredentialKind, CredentialWarning, Credentials, MAX_REDIRECTS, RedirectError,
};
use crate::RemoteUri;
use crate::netrc::{Netrc, NetrcError};
use crate::redact::Redactor;
use crate::uri::{Origin, Scheme};

const HOSTS: [&str; 4] = ["a.test", "b.test", "localhost", "127.0.0.1"];

/// One place: a scheme, a host of the table, and whether the port is another one than usual.
type Place = (bool, usize, bool);

/// What there is to offer: user information, which hosts have a netrc entry, whether theirs are empty, and the rest.
#[derive(Clone, Debug)]
struct Situation {
    user_info: Option<&'static str>,
    machines: [bool; 4],
    empty_machines: bool,
    default: bool,
    bearer: bool,
    allow_plaintext: bool,
    first: Place,
    then: Vec<Place>,
}

fn situations() -> impl Strategy<Value = Situation> {
    let user_info = prop::option::of(prop::sample::select(vec!["", "u", "u:from-uri", ":from-uri", "u:"]));
    let place = || (any::<bool>(), 0..HOSTS.len(), any::<bool>());
    let flags = (any::<[bool; 4]>(), prop::bool::weighted(0.2), any::<bool>(), any::<bool>(), any::<bool>());
    (user_info, flags, place(), prop::collection::vec(place(), 0..6)).prop_map(
        |(user_info, (machines, empty_machines, default, bearer, allow_plaintext), first, then)| Situation {
            user_info,
            machines,
            empty_machines,
            default,
            bearer,
            allow_plaintext,
            first,
            then,
        },
    )
}

fn text((https, host, other_port): Place, user_info: Option<&str>) -> String {
    let (scheme, user_info) =
        (if https { "https" } else { "http" }, user_info.map(|text| format!("{text}@")).unwrap_or_default());
    format!("{scheme}://{user_info}{}{}/p.zip", HOSTS[host], if other_port { ":8443" } else { "" })
}

impl Situation {
    fn offer(&self) -> Offer {
        let mut netrc = String::new();
        for (host, _) in HOSTS.iter().zip(self.machines).filter(|(_, named)| *named) {
            let login = if self.empty_machines { String::new() } else { format!("login l password for-{host}") };
            netrc.push_str(&format!("machine {host} {login}\n"));
        }
        if self.default {
            netrc.push_str("default login d password by-default\n");
        }
        Offer {
            netrc: Some(Netrc::parse(netrc.as_bytes()).unwrap()),
            bearer: self.bearer.then(|| Token::parse("the-bearer").unwrap()),
            allow_plaintext: self.allow_plaintext,
        }
    }

    fn first(&self) -> Result<AuthorizedRequest, CredentialError> {
        let uri = RemoteUri::parse(&text(self.first, self.user_info)).unwrap();
        AuthorizedRequest::first(self.offer(), &uri, Vec::new())
    }
}

/// What the header says, decoded.
fn sent(request: &AuthorizedRequest) -> Option<String> {
    let value = request.authorization()?;
    assert!(value.is_sensitive());
    let text = value.to_str().unwrap();
    Some(match text.strip_prefix("Basic ") {
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap(),
        None => text.to_owned(),
    })
}

/// Who may be sent this, whatever the rules say in detail.
fn assert_meant_for(sent: &str, request: &AuthorizedRequest, situation: &Situation, at_home: bool) {
    let uri = request.uri();
    let https = uri.scheme() == Scheme::Https;
    if let Some(host) = sent.strip_prefix("l:for-") {
        assert_eq!(uri.host(), Some(host), "somebody else's entry");
        assert!(https || at_home && (situation.allow_plaintext || uri.is_loopback()), "in the clear");
        assert_eq!(request.kind(), Some(CredentialKind::NetrcMachine));
        return;
    }
    assert!(at_home, "{sent} is only for who was asked for");
    match sent {
        "Bearer the-bearer" => {
            assert!(https || situation.allow_plaintext, "in the clear");
            assert_eq!(request.kind(), Some(CredentialKind::Bearer));
        }
        "d:by-default" => {
            assert!(https, "in the clear");
            assert_eq!(request.kind(), Some(CredentialKind::NetrcDefault));
        }
        _ => {
            let with_colon = situation.user_info.map(|given| format!("{given}:"));
            assert!([situation.user_info, with_colon.as_deref()].contains(&Some(sent)), "{sent} comes from nowhere");
            assert_eq!(request.kind(), Some(CredentialKind::UserInfo));
        }
    }
}

proptest! {
    #[test]
    fn every_credential_goes_to_whom_it_is_meant_for_and_nobody_else(situation in situations()) {
        let Ok(mut request) = situation.first() else { return Ok(()) };
        let home = request.uri().origin().cloned();
        let (mut at_home, mut secured) = (true, false);
        for place in std::iter::once(None).chain(situation.then.iter().map(Some)) {
            if let Some(place) = place {
                let downgrade = secured && request.uri().scheme() == Scheme::Https && !place.0;
                match request.redirect(text(*place, Some("x:y")).as_bytes()) {
                    Ok(next) => {
                        prop_assert!(!downgrade);
                        request = next;
                    }
                    Err(error) => {
                        prop_assert_eq!(matches!(error, RedirectError::Downgrade { .. }), downgrade, "{}", error);
                        return Ok(());
                    }
                }
            }
            at_home &= request.uri().origin() == home.as_ref();
            if let Some(sent) = sent(&request) {
                secured = true;
                assert_meant_for(&sent, &request, &situation, at_home);
            }
        }
    }

    #[test]
    fn over_https_the_most_specific_credential_is_sent_to_who_was_asked_for(situation in situations()) {
        let situation = Situation { first: (true, situation.first.1, situation.first.2), ..situation };
        let request = situation.first().unwrap();
        let named = situation.machines[situation.first.1];
        let entry = named && !situation.empty_machines;
        let expected = match situation.user_info.filter(|text| !text.is_empty()) {
            Some(_) => Some(CredentialKind::UserInfo),
            None if entry => Some(CredentialKind::NetrcMachine),
            None if situation.bearer => Some(CredentialKind::Bearer),
            None => (situation.default && !named).then_some(CredentialKind::NetrcDefault),
        };
        prop_assert_eq!(request.kind(), expected);
    }

    #[test]
    fn in_the_clear_is_an_error_or_a_warning_and_never_a_secret(situation in situations()) {
        let situation = Situation { first: (false, situation.first.1, situation.first.2), ..situation };
        match situation.first() {
            Ok(request) => {
                let warnings: Vec<_> = request.warnings().cloned().collect();
                let origin = request.uri().origin().unwrap().clone();
                let expected = match request.kind() {
                    Some(CredentialKind::UserInfo) if !request.uri().is_loopback() => {
                        vec![CredentialWarning::PlaintextUserInfo { origin }]
                    }
                    None if situation.default && !situation.machines[situation.first.1] => {
                        vec![CredentialWarning::PlaintextDefault { origin }]
                    }
                    _ => vec![],
                };
                prop_assert_eq!(warnings, expected);
            }
            Err(CredentialError::Plaintext { kind, origin }) => {
                prop_assert!(!situation.allow_plaintext);
                prop_assert!(matches!(kind, CredentialKind::NetrcMachine | CredentialKind::Bearer));
                prop_assert_eq!(origin.scheme(), Scheme::Http);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

#[test]
fn redirects_have_an_end() {
    let mut request = Credentials::none().begin(&RemoteUri::parse("https://a.test/0").unwrap()).unwrap();
    for hop in 1..=MAX_REDIRECTS {
        request = request.redirect(format!("/{hop}").as_bytes()).unwrap();
        assert_eq!(request.redirects(), hop);
    }
    assert_eq!(request.redirect(b"/again").unwrap_err(), RedirectError::TooMany { limit: MAX_REDIRECTS });
}

#[test]
fn a_token_is_one_word_and_an_error_does_not_repeat_it() {
    let table = [
        ("correct-horse", Ok(true)),
        (" correct-horse \n", Ok(true)),
        ("", Ok(false)),
        (" \t", Err("bad_bearer")),
        ("correct horse", Err("bad_bearer")),
        ("correct\r\nhorse: 1", Err("bad_bearer")),
        ("correct-h\u{f6}rse", Err("bad_bearer")),
    ];
    for (value, expected) in table {
        let read = Credentials::from_vars(|name| (name == super::BEARER_VARIABLE).then(|| value.into()));
        let shown = format!("{read:?} {}", read.as_ref().err().map(ToString::to_string).unwrap_or_default());
        assert!(!shown.contains("horse"), "{value:?}");
        assert_eq!(read.map(|read| read.bearer.is_some()).map_err(|error| error.as_str()), expected, "{value:?}");
    }
    let with_blank = Credentials::none().with_bearer(Token::parse("correct horse").unwrap());
    assert_eq!(with_blank.unwrap_err(), CredentialError::BearerBlank);
}

#[test]
fn what_a_process_has_to_offer_can_be_kept_out_of_its_log() {
    let folder = tempfile::TempDir::new().unwrap();
    let netrc = folder.path().join("netrc");
    std::fs::write(&netrc, "machine a.test login reader password for-a\ndefault login other password by-default\n")
        .unwrap();
    let credentials = Credentials::from_vars(|name| match name {
        super::BEARER_VARIABLE => Some("the-ticket".into()),
        super::NETRC_VARIABLE => Some(netrc.clone().into()),
        _ => None,
    });
    let credentials = credentials.unwrap();
    let (redactor, error) = credentials.hide_in(Redactor::new());
    assert_eq!(error, None);
    let pair = STANDARD.encode("reader:for-a");
    let line = format!("the-ticket for-a by-default {pair} reader");
    assert_eq!(redactor.redact(&line), "*** *** *** *** reader");

    std::fs::write(&netrc, "machine a.test password for a\n").unwrap();
    let (redactor, error) = credentials.hide_in(Redactor::new());
    assert!(matches!(error, Some(NetrcError::Malformed { .. })));
    assert_eq!(redactor.redact("the-ticket for a"), "*** for a");
}

#[test]
fn errors_say_what_where_and_how_to_mend_it() {
    let origin = |text: &str| -> Origin { RemoteUri::parse(text).unwrap().origin().unwrap().clone() };
    let plaintext = |kind| CredentialError::Plaintext { kind, origin: origin("http://a.test/p.zip") };
    let table = [
        (
            plaintext(CredentialKind::Bearer),
            "the bearer token would go to http://a.test:80 in the clear, where anybody on the way reads it; use https, or, \
             where the network is trusted, allow plaintext",
        ),
        (
            plaintext(CredentialKind::NetrcMachine),
            "the netrc entry for this host would go to http://a.test:80 in the clear, where anybody on the way reads it; \
             use https, or, where the network is trusted, allow plaintext",
        ),
        (
            CredentialError::BearerBlank,
            "RAY_RUNTIME_ENV_BEARER_TOKEN holds no usable token: there is a blank inside it; set it to the token alone, \
             without a scheme",
        ),
        (
            CredentialError::NotHttp { scheme: Scheme::S3 },
            "s3 URIs are not handled here; use the s3 client with its own credentials",
        ),
    ];
    for (error, expected) in table {
        assert_eq!(error.to_string(), expected);
    }
    let downgrade =
        RedirectError::Downgrade { from: origin("https://a.test/p.zip"), to: origin("http://b.test:81/p.zip") };
    assert_eq!(
        downgrade.to_string(),
        "https://a.test:443 redirects to http://b.test:81, in the clear, after it was sent a credential; that is what an \
         attacker would do; use the address it leads to if you trust it"
    );
}
