//! No login, password or token of the table of remote URIs is in any log line, of whichever crate, in no warning and in no
//! error, whatever a download comes to. Alone in its file, since the capture of logs is the process's.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "it/network.rs"]
#[allow(dead_code, reason = "the other tests use all of it")]
mod network;
#[path = "it/server.rs"]
#[allow(dead_code, reason = "the other tests use all of it")]
mod server;
#[path = "it/support.rs"]
#[allow(dead_code, reason = "the other tests use all of it")]
mod support;
#[path = "it/table.rs"]
#[allow(dead_code, reason = "the other tests use all of it")]
mod table;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ray_auth_testing::logs::LogCapture;

use network::Network;
use table::{MARKER, spellings};

#[tokio::test]
async fn nothing_that_is_logged_or_shown_holds_a_secret() {
    let logs = LogCapture::global().unwrap();
    log::set_logger(&ToTracing).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let network = Network::start().await;
    let cases = network.cases();
    assert!(cases.iter().any(|case| case.expected_warning().is_some()));
    for case in &cases {
        let name = &case.name;
        logs.clear();
        let seen = network.download(case).await;
        // What is printed of a URI is looked for, too.
        let mut shown = match &seen.ended {
            Ok(fetched) => format!("{fetched:?}"),
            Err(failed) => failed.shown(),
        };
        if let Ok(uri) = ray_auth_runtime_env::RemoteUri::parse(&case.uri) {
            shown += &format!("{uri} {uri:?} {uri:#?} {:?}", uri.user_info());
        }
        for spelling in spellings() {
            logs.assert_absent(name, &spelling);
            assert!(!shown.contains(&spelling), "{name} is shown");
        }
        if let Some(part) = case.expected_warning() {
            logs.assert_present(name, part);
        }
        if seen.ended.is_ok() {
            logs.assert_present("a line of ours", "downloaded");
        }
        if !seen.asked.is_empty() {
            logs.assert_present("a line of the HTTP client", "reqwest::connect");
        }
    }
    logs.clear();
    log::info!("authorization: Basic {}", STANDARD.encode(format!("login:{MARKER}")));
    assert!(spellings().iter().any(|spelling| logs.contains(spelling)), "what is searched would be found");
}

#[test]
fn a_secret_would_be_found_in_each_spelling() {
    let found = |text: &str| spellings().iter().any(|spelling| text.contains(spelling));
    for before in ["", "u", "u:", "u-u:"] {
        let secret = format!("{before}{MARKER}-and-more");
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        for spelt in [secret.clone(), format!("{secret:?}"), hex, STANDARD.encode(&secret)] {
            assert!(found(&format!("uri={spelt} sent")), "{spelt}");
        }
    }
    assert!(!found("https://***@a.test/package.zip"));
}

/// What crates log with `log` gets among the rest.
struct ToTracing;

impl log::Log for ToTracing {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        tracing::trace!(by = record.target(), "{}", record.args());
    }

    fn flush(&self) {}
}
