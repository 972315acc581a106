//! Each case of the table in which Ray and curl were observed: what our own download sends to whom, and what the decision
//! alone says, without a network.

use std::collections::BTreeSet;

use ray_auth_runtime_env::RemoteUri;
use ray_auth_runtime_env::credentials::CredentialWarning;
use ray_auth_runtime_env::download::FetchError;
use tempfile::TempDir;

use crate::network::{Failed, Network, PACKAGE};
use crate::server::readable;
use crate::table::{Case, ROWS, Sent, spellings};

#[test]
fn every_row_has_a_case_and_every_case_a_name_of_its_own() {
    let cases = Case::all(1, 2);
    let rows: BTreeSet<_> = cases.iter().map(|case| case.row).collect();
    assert_eq!(rows, (1..=ROWS).collect());
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len());
}

#[tokio::test]
async fn every_case_is_downloaded_as_the_table_says() {
    let network = Network::start().await;
    for case in network.cases() {
        let name = &case.name;
        let seen = network.download(&case).await;

        let sent: Vec<_> = seen.asked.iter().map(|asked| asked.as_in_table()).collect();
        assert_eq!(sent, case.expected(), "{name}");
        let failed = seen.ended.as_ref().err();
        assert_eq!(failed.map(Failed::as_str), case.expected_error(), "{name}: {:?}", failed.map(Failed::shown));
        match &seen.ended {
            Ok(fetched) => {
                assert_eq!((fetched.redirects + 1, fetched.attempts), (sent.len(), 1), "{name}");
                assert_eq!(fetched.sent.is_some(), !sent[0].authorization.is_empty(), "{name}");
                assert_eq!(seen.left, ["package.zip"], "{name}");
                assert_eq!(seen.content.as_deref(), Some(PACKAGE), "{name}");
            }
            Err(_) => assert_eq!(seen.left, [""; 0], "{name}"),
        }
    }
}

#[tokio::test]
async fn no_credential_is_in_a_request_line_or_in_another_header() {
    let network = Network::start().await;
    for case in network.cases() {
        for asked in network.download(&case).await.asked {
            // What the server itself puts into a query is for it to see again.
            let target = asked.target.replace("?sig=s3cr3t", "");
            let others = asked.headers.iter().filter(|(name, _)| name != "authorization");
            let told: Vec<&String> =
                others.flat_map(|(name, value)| [name, value]).chain([&asked.host, &target]).collect();
            let is_secret = |text: &&String| spellings().iter().any(|spelling| text.contains(spelling));
            assert!(!told.iter().any(is_secret), "{}: {told:?}", case.name);
        }
    }
}

#[test]
fn every_case_is_decided_as_the_table_says() {
    for case in Case::all(1, 2) {
        let name = &case.name;
        let decided = decide(&case);
        assert_eq!(decided.sent, case.expected(), "{name}");
        assert_eq!(decided.error, case.expected_error(), "{name}");
        let warnings: Vec<_> = decided.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings.len(), usize::from(case.expected_warning().is_some()), "{name}: {warnings:?}");
        assert!(case.expected_warning().is_none_or(|part| warnings[0].contains(part)), "{name}: {warnings:?}");
    }
}

/// What is sent, when servers answer as the table says.
#[derive(Default)]
struct Decided {
    sent: Vec<Sent>,
    error: Option<&'static str>,
    warnings: Vec<CredentialWarning>,
}

fn decide(case: &Case) -> Decided {
    let mut decided = Decided::default();
    decided.error = follow(case, &mut decided).err().map(|failed| failed.as_str());
    decided
}

fn follow(case: &Case, decided: &mut Decided) -> Result<(), Failed> {
    let folder = TempDir::new().unwrap();
    let uri = RemoteUri::parse(&case.uri).map_err(Failed::Uri)?;
    let credentials = case.credentials(folder.path()).map_err(Failed::Credentials)?;
    let mut request = credentials.begin(&uri).map_err(|error| Failed::Fetch(error.into()))?;
    decided.warnings = request.warnings().cloned().collect();
    loop {
        let at = request.uri().expose_request_uri().to_owned();
        let header = request.authorization().map(|value| readable(value.to_str().unwrap()));
        let location = case.redirect(&at).map(|(_, location)| location.to_owned());
        decided.sent.push(Sent { at, authorization: header.into_iter().collect() });
        let Some(location) = location else { return Ok(()) };
        request = request.redirect(location.as_bytes()).map_err(|error| Failed::Fetch(FetchError::from(error)))?;
    }
}
