use std::panic::{AssertUnwindSafe, catch_unwind};

use tracing::{debug, error, info, trace, trace_span, warn};

use super::*;

/// A way of logging a secret, and its name.
type Leak = (&'static str, fn(&str));

/// Runs code with a capture of its own.
fn captured(code: impl FnOnce()) -> LogCapture {
    let logs = LogCapture::new();
    let guard = logs.scoped();
    code();
    drop(guard);
    logs
}

fn panic_text(code: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(code)).unwrap_err();
    payload.downcast_ref::<String>().unwrap().clone()
}

#[derive(Debug)]
struct Wrapper(std::io::Error);

impl std::fmt::Display for Wrapper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

impl std::error::Error for Wrapper {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn every_level_and_every_place_is_searched() {
    let secret = "hunter2-hunter2";
    let leaks: [Leak; 13] = [
        ("trace message", |secret| trace!("{secret}")),
        ("debug message", |secret| debug!("{secret}")),
        ("info message", |secret| info!("{secret}")),
        ("warn message", |secret| warn!("{secret}")),
        ("error message", |secret| error!("{secret}")),
        ("text field", |secret| trace!(value = secret, "m")),
        ("debug field", |secret| trace!(value = ?Some(secret), "m")),
        ("byte list", |secret| trace!(value = ?secret.as_bytes(), "m")),
        ("hex", |secret| trace!("{}", secret.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())),
        ("span name's field", |secret| drop(trace_span!("s", value = secret))),
        ("span recorded later", |secret| {
            let span = trace_span!("s", value = tracing::field::Empty);
            span.record("value", secret);
        }),
        ("error value", |secret| {
            let error = Wrapper(std::io::Error::other(secret.to_owned()));
            trace!(error = &error as &dyn std::error::Error, "m");
        }),
        ("event in a span", |secret| trace_span!("s").in_scope(|| trace!("{secret}"))),
    ];
    for (name, leak) in leaks {
        let logs = captured(|| leak(secret));
        assert!(logs.contains(secret), "{name}");
        assert!(!logs.contains("hunter3"), "{name}");
    }
}

#[test]
fn bytes_that_are_no_text_are_found_as_debug_shows_them() {
    let secret = b"a\0\xffb";
    assert!(captured(|| info!("{}", secret.escape_ascii())).contains(secret));
    assert!(captured(|| info!(?secret)).contains(secret));
    assert!(captured(|| info!(value = ?"a\"b")).contains("a\"b"));
}

#[test]
fn a_failed_search_names_the_secret_and_never_shows_it() {
    let logs = captured(|| info!(target: "refusals", "the token is hunter2"));
    let text = panic_text(|| logs.assert_absent("the server's token", "hunter2"));
    assert!(text.starts_with("the server's token was logged, in Event INFO refusals at "), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    for shown in [format!("{logs:?}"), format!("{:?}", logs.records())] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn absence_and_presence() {
    let logs = captured(|| info!("ready"));
    logs.assert_absent("the token", "hunter2");
    logs.assert_absent("the empty token", "");
    logs.assert_present("readiness", "ready");
    let text = panic_text(|| logs.assert_present("the refusal", "refused"));
    assert_eq!(text, "the refusal was not logged, in 1 records");
}

#[test]
fn records_keep_their_parts() {
    let logs = captured(|| {
        info!(target: "refusals", reason = "missing", count = 3, "refused");
        info!("elsewhere");
    });
    let refusals = logs.events_at("refusals");
    assert_eq!(refusals.len(), 1);
    assert_eq!((refusals[0].level, refusals[0].message.as_str()), (tracing::Level::INFO, "refused"));
    assert_eq!((refusals[0].field("reason"), refusals[0].field("count")), (Some("missing"), Some("3")));
    assert_eq!(logs.text().lines().count(), 2);
    logs.clear();
    assert!(logs.is_empty());
}

#[test]
fn a_scope_ends_and_the_process_capture_sees_other_threads() {
    let scoped = captured(|| info!("inside"));
    info!("after the scope");
    scoped.assert_absent("what came later", "after the scope");

    let global = LogCapture::global().unwrap();
    std::thread::spawn(|| info!("from another thread")).join().unwrap();
    global.assert_present("the other thread", "from another thread");
    // The second call is the same capture, not another one.
    LogCapture::global().unwrap().assert_present("the other thread", "from another thread");
}
