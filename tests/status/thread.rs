//! What the watch does by itself, and that it ends.

use std::convert::Infallible;
use std::fs;

use http::{Request, Response};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use ray_auth::status::UsageWatch;
use ray_auth::{Keyring, RequireTokenLayer, Token};
use tower::{Layer, ServiceExt, service_fn};

use super::support::until;

/// Runs this test in a process of its own, since threads and the metrics recorder are the process's. True in there.
fn is_alone(test: &str) -> bool {
    if std::env::var_os("RAY_AUTH_TEST_ALONE").is_some() {
        return true;
    }
    let alone = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("RAY_AUTH_TEST_ALONE", "1")
        .status();
    assert!(alone.unwrap().success());
    false
}

/// What was published since the last time of a metric with these labels.
fn published(snapshotter: &Snapshotter, metric: &str, labels: &[&str]) -> Option<f64> {
    snapshotter.snapshot().into_vec().into_iter().find_map(|(key, _, _, value)| {
        let key = key.key();
        let same = key.name() == metric && key.labels().map(metrics::Label::value).eq(labels.iter().copied());
        let value = match value {
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Counter(value) => f64::from(u32::try_from(value).unwrap()),
            DebugValue::Histogram(_) => panic!("{metric} is a histogram"),
        };
        same.then_some(value).filter(|value| *value > 0.0)
    })
}

#[test]
fn uses_are_published_without_anybody_asking() {
    if !is_alone("thread::uses_are_published_without_anybody_asking") {
        return;
    }
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install().unwrap();
    let token = Token::generate();
    let label = token.fingerprint().to_string();
    let keyring = Keyring::new(token.clone());
    let watch = UsageWatch::new(keyring.clone());
    until("the generation", || published(&snapshotter, "ray_auth_keyring_generation", &[]) == Some(1.0));

    let service = RequireTokenLayer::new(keyring)
        .layer(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(()))));
    let call = Request::get("/a.B/C").header("authorization", format!("Bearer {}", token.expose_secret()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(service.oneshot(call.body(()).unwrap())).unwrap();
    until("the count", || published(&snapshotter, "ray_auth_token_accepted_total", &[&label, "primary"]) == Some(1.0));
    until("the last use", || published(&snapshotter, "ray_auth_token_last_seen_seconds", &[&label]).is_some());
    drop(watch);
}

#[cfg(target_os = "linux")]
#[test]
fn the_thread_ends_with_the_last_clone() {
    if !is_alone("thread::the_thread_ends_with_the_last_clone") {
        return;
    }
    let threads = || {
        let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
        let names = tasks.map(|task| fs::read_to_string(task.path().join("comm")));
        names.filter(|name| name.as_ref().is_ok_and(|name| name.trim() == "ray-auth-usage")).count()
    };
    let keyring = Keyring::new(Token::generate());
    assert_eq!(threads(), 0, "by default nothing watches");
    let watches: Vec<UsageWatch> = (0..3).map(|_| UsageWatch::new(keyring.clone())).collect();
    until("threads start", || threads() == 3);
    let clone = watches[0].clone();
    drop(watches);
    until("a clone keeps watching", || threads() == 1);
    assert_eq!(clone.status().tokens().len(), 1);
    drop(clone);
    until("threads end", || threads() == 0);
}
