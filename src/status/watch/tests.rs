use std::fs;
use std::time::SystemTime;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use super::*;
use crate::keyring::KeyringSource;
use crate::source::TokenSource;
use crate::status::SourceReport;
use crate::token::Token;

#[test]
fn the_clones_of_a_watch_share_a_thread_and_the_last_one_ends_it() {
    let watch = UsageWatch::new(Keyring::new(Token::generate()));
    let thread = Arc::downgrade(&watch.watched);
    let clone = watch.clone();
    drop(watch);
    assert!(thread.upgrade().is_some());
    assert_eq!(clone.status().tokens().len(), 1);
    drop(clone);
    // The thread may be in the middle of a look.
    let began = Instant::now();
    while thread.upgrade().is_some() {
        assert!(began.elapsed() < Duration::from_secs(20), "the thread keeps what it watches");
        std::thread::yield_now();
    }
}

#[test]
fn a_keyring_is_followed_for_as_long_as_it_is_watched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, "abc").unwrap();
    let auth = ClusterAuth::with_keyring(Keyring::follow(TokenSource::file(&path)).unwrap());
    let watch = auth.watch_usage();
    drop(auth);
    assert!(matches!(watch.status().keyring.unwrap().source, SourceReport::Followed { .. }));
}

#[test]
fn without_authentication_there_is_nothing_to_watch() {
    let status = ClusterAuth::disabled().watch_usage().status();
    assert_eq!((status.mode, status.keyring), (AuthMode::Disabled, None));
}

#[test]
fn a_sweep_publishes_the_state_of_the_keyring_and_of_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, "abc").unwrap();
    let program = Keyring::new(Token::generate());
    program.stage(Token::generate()).unwrap();
    let followed = Keyring::follow(TokenSource::file(&path)).unwrap();
    fs::remove_file(&path).unwrap();
    let began = Instant::now();
    while !matches!(followed.status().source, KeyringSource::Followed(follow) if follow.error.is_some()) {
        assert!(began.elapsed() < Duration::from_secs(20), "the fault is not noticed");
        std::thread::yield_now();
    }
    let table: [(&str, &Keyring, &[(&str, f64)]); 2] = [
        ("changed by the program", &program, &[("ray_auth_keyring_generation", 2.0)]),
        (
            "followed, and the file is gone",
            &followed,
            &[("ray_auth_keyring_generation", 1.0), ("ray_auth_reload_failing", 1.0)],
        ),
    ];
    for (name, keyring, expected) in table {
        let recorder = DebuggingRecorder::new();
        let clock = || Now { instant: Instant::now(), system: SystemTime::UNIX_EPOCH };
        metrics::with_local_recorder(&recorder, || sweep(keyring, &mut Names::default(), clock));
        let mut gauges = Vec::new();
        for (key, _, _, value) in recorder.snapshotter().snapshot().into_vec() {
            if let DebugValue::Gauge(value) = value {
                gauges.push((key.key().name().to_owned(), value.into_inner()));
            }
        }
        let age = gauges.iter().position(|(name, _)| name == "ray_auth_reload_age_seconds");
        assert_eq!(age.is_some(), expected.len() == 2, "{name}: only a source that is followed has an age");
        if let Some(age) = age {
            assert!((0.0..60.0).contains(&gauges.remove(age).1), "{name}");
        }
        gauges.sort_by(|(one, _), (other, _)| one.cmp(other));
        let shown: Vec<(&str, f64)> = gauges.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(shown, expected, "{name}");
    }
}
