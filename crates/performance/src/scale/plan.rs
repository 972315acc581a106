//! The rotations that are simulated, and the figures they are made of.

use std::time::Duration;

use anyhow::Result;
use ray_auth::source::KeyringText;
use ray_auth::{Token, TokenSet};

use super::rotation::settings::{Asking, Detection, Pace, Reload, Restarts, Settings, Spread, Sync, time_to_live};
use super::rotation::{Variant, Version};
use crate::data::scale::ConstantRow;

/// How long a process took to take over a `..data` swap, from the change on: the least, the middle and the most, in ms.
/// `interop/soak` measured it between real processes under load; its table shows it anew with every run.
pub(crate) const RELOAD_MS: [f64; 3] = [4.3, 34.4, 58.0];
/// `POLL` in `src/reload/watch.rs`, in seconds.
pub(crate) const POLL_S: f64 = 5.0;

/// `syncFrequency`, whose default is a minute
/// (<https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/>).
const SYNC_S: f64 = 60.0;
/// `workerResyncIntervalJitterFactor` in kubernetes/kubernetes, `pkg/kubelet/pod_workers.go`.
const SYNC_JITTER: f64 = 0.5;
/// Assumed: until the last of many watches has an event.
const WATCH_S: [f64; 2] = [0.01, 2.0];
/// Assumed: one node of a hundred has no file events, for want of inotify instances (128 a user by default).
const WITHOUT_EVENTS: f64 = 0.01;
/// Assumed: what a Secret is beside its data, with its managed fields, as protobuf.
const SECRET_BYTES: u64 = 700;
/// Assumed: a round trip in one data centre, in seconds.
const ROUND_TRIP_S: f64 = 0.001;
/// To connect, to be refused without a token, and to be answered with one (`crates/cli/src/commands/peer/ask.rs`).
const ROUND_TRIPS: f64 = 3.0;
/// `--timeout` of the tool, in seconds.
const ASK_TIMEOUT_S: f64 = 5.0;
/// Processes that one run of the tool asks: each has a socket, and 1,024 open files are the usual limit; and more than some
/// 6,000 addresses are too long for one argument of a program (131,072 bytes on Linux).
const ASK_BATCH: usize = 500;
/// Of the tool's own time, for one process, in seconds: it asked 200 in 57 ms. [`ask`](super::ask) checks it.
pub(crate) const ASK_S: f64 = 0.000_3;
/// To start the tool, in seconds: one process was asked in 5 to 9 ms.
const ASK_START_S: f64 = 0.01;
/// Chosen: between two rounds of asking, in seconds.
const ASK_PAUSE_S: f64 = 10.0;
/// Chosen: the longest deadline of a call, in seconds, and the time that an operator leaves for it (I3).
const LONGEST_WAIT_S: f64 = 30.0;
const HOLD_S: f64 = 60.0;
/// Of an operator who does not ask: from step to step, in seconds.
const BLIND_S: f64 = 30.0;
/// Chosen: nodes that go away in the first ten minutes, for two to five minutes each: these many, or one of so many.
const FEW_RESTARTS: u32 = 5;
const ONE_RESTART_OF: u32 = 100;
const RESTART_AT_S: [f64; 2] = [0.0, 600.0];
const RESTART_DOWN_S: [f64; 2] = [120.0, 300.0];
/// In the control: once the others are told to promote, since a node with the file of before has not staged then.
const RESTART_IN_PROMOTE_S: [f64; 2] = [0.0, 30.0];
/// In the control of I3 a call waits as long as this, and nobody waits for it, in seconds.
const LONG_WAIT_S: f64 = 600.0;

/// The rotations for a cluster of this size. Nothing measured goes into them, so a seed takes the same ones everywhere.
///
/// # Errors
///
/// When a keyring has no text.
pub(crate) fn variants(nodes: u32, calls: u32) -> Result<Vec<Variant>> {
    let [least, median, most] = RELOAD_MS.map(|millis| Duration::from_secs_f64(millis / 1_000.0));
    let pause = Duration::from_secs_f64(ASK_PAUSE_S);
    let hold = Duration::from_secs_f64(HOLD_S);
    let watch = Settings {
        nodes,
        detection: Detection::Watch(spread(WATCH_S)),
        sync: Sync {
            period: Duration::from_secs_f64(SYNC_S),
            jitter: SYNC_JITTER,
            tick: Duration::from_secs(1),
            apply: spread([0.0, 0.2]),
        },
        reload: Reload { least, median, most, without_events: WITHOUT_EVENTS, poll: Duration::from_secs_f64(POLL_S) },
        restarts: None,
        pace: Pace::Confirmed { pause, hold },
        asking: Asking {
            batch: ASK_BATCH,
            start: Duration::from_secs_f64(ASK_START_S),
            each: Duration::from_secs_f64(ASK_S),
            round_trips: Duration::from_secs_f64(ROUND_TRIP_S * ROUND_TRIPS),
            timeout: Duration::from_secs_f64(ASK_TIMEOUT_S),
        },
        longest_wait: Duration::from_secs_f64(LONGEST_WAIT_S),
        calls,
        secret_bytes: secret_bytes()?,
    };
    let away = |nodes| Restarts {
        nodes,
        at: spread(RESTART_AT_S),
        from: Version::Before,
        down: spread(RESTART_DOWN_S),
        with_current: true,
    };
    let few = Some(away(FEW_RESTARTS));
    let many = Some(away(nodes / ONE_RESTART_OF));
    let old = Some(Restarts {
        at: spread(RESTART_IN_PROMOTE_S),
        from: Version::Promoted,
        with_current: false,
        ..away(FEW_RESTARTS)
    });
    let long = Duration::from_secs_f64(LONG_WAIT_S);
    let holds = |name, settings| Variant { name, must_hold: true, settings };
    let control = |name, settings| Variant { name, must_hold: false, settings };
    Ok(vec![
        holds("Watch", watch),
        holds("Cache", Settings { detection: Detection::Cache(time_to_live(nodes)), ..watch }),
        holds("Get", Settings { detection: Detection::Get, ..watch }),
        holds("Watch, 5 nodes go away", Settings { restarts: few, ..watch }),
        holds("Watch, 1% of the nodes go away", Settings { restarts: many, ..watch }),
        control("control: nobody waits", Settings { pace: Pace::Blind(Duration::from_secs_f64(BLIND_S)), ..watch }),
        control(
            "control: no time for calls that wait (I3)",
            Settings { pace: Pace::Confirmed { pause, hold: Duration::ZERO }, longest_wait: long, ..watch },
        ),
        control("control: nodes start with an old file (I4)", Settings { restarts: old, ..watch }),
    ])
}

fn spread([from, to]: [f64; 2]) -> Spread {
    Spread(Duration::from_secs_f64(from), Duration::from_secs_f64(to))
}

/// The Secret's size before the rotation and after each step: the keyring and, beside it, the primary for Ray's containers
/// (docs/rotation.md, "Kubernetes and KubeRay").
fn secret_bytes() -> Result<[u64; 4]> {
    let (old, new) = (Token::generate(), Token::generate());
    let steps = [
        TokenSet::new(old.clone()),
        TokenSet::new(old.clone()).with_next(new.clone())?,
        TokenSet::new(new.clone()).add_accepted(old)?,
        TokenSet::new(new),
    ];
    let mut bytes = [0; 4];
    for (bytes, tokens) in bytes.iter_mut().zip(&steps) {
        let keyring = KeyringText::render(tokens)?.len() + tokens.primary().expose_secret().len();
        *bytes = SECRET_BYTES + keyring as u64;
    }
    Ok(bytes)
}

/// The figures, for the report.
pub(crate) fn constants(nodes: u32) -> Vec<ConstantRow> {
    let [least, median, most] = RELOAD_MS;
    let soak = "measured by interop/soak, ..data swap";
    let kubelet = "Kubernetes: kubelet";
    let assumed = "assumed";
    let chosen = "chosen";
    let rows = [
        ("pod sync, period", SYNC_S, "s", kubelet),
        ("pod sync, longest period", SYNC_S * (1.0 + SYNC_JITTER), "s", kubelet),
        ("watch, last event after", WATCH_S[1], "s", assumed),
        ("cache, time to live", time_to_live(nodes).as_secs_f64(), "s", "Kubernetes: TTL controller, by nodes"),
        ("volume written after", 0.2, "s", "Kubernetes: kubelet's volume manager, at most"),
        ("reload, least", least, "ms", soak),
        ("reload, median", median, "ms", soak),
        ("reload, most", most, "ms", soak),
        ("nodes without file events", WITHOUT_EVENTS, "part", assumed),
        ("poll of a node without file events", POLL_S, "s", "src/reload/watch.rs"),
        ("Secret beside its data", SECRET_BYTES as f64, "bytes", assumed),
        ("round trip", ROUND_TRIP_S * 1_000.0, "ms", assumed),
        ("processes asked by one run of the tool", ASK_BATCH as f64, "processes", chosen),
        ("time to ask one process", ASK_S * 1_000.0, "ms", "measured: `ray-auth status` of 200 processes"),
        ("pause between rounds of asking", ASK_PAUSE_S, "s", chosen),
        ("longest wait of a call", LONGEST_WAIT_S, "s", chosen),
        ("time left for it before retire", HOLD_S, "s", chosen),
        ("steps of an operator who does not ask", BLIND_S, "s", chosen),
    ];
    rows.map(|(name, value, unit, source)| ConstantRow {
        name: name.to_owned(),
        value,
        unit: unit.to_owned(),
        source: source.to_owned(),
    })
    .into()
}
