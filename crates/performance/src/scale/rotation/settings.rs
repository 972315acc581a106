//! What a simulated cluster is like, and how its operator rotates.

use std::time::Duration;

use fastrand::Rng;

use super::timeline::Version;

/// A time by chance, evenly between two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread(pub(crate) Duration, pub(crate) Duration);

impl Spread {
    pub(crate) fn draw(self, rng: &mut Rng) -> Duration {
        self.0 + self.1.saturating_sub(self.0).mul_f64(rng.f64())
    }
}

/// How a kubelet learns that a Secret changed: `configMapAndSecretChangeDetectionStrategy` of its configuration.
///
/// From <https://kubernetes.io/docs/concepts/configuration/secret/#mounted-secrets-are-updated-automatically>: a change is
/// in the volume after at most the kubelet's sync period and the delay of its cache, which is that of the watch, the time
/// to live, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Detection {
    /// The default since Kubernetes 1.12 (<https://github.com/kubernetes/kubernetes/pull/64752>): a watch of each Secret
    /// that a pod of the node mounts. It fills a cache; the volume is written at the pod's next sync.
    Watch(Spread),
    /// `Cache`: asked for at a pod's sync when what is held is older than this. Kubelets that register a pod anew at each
    /// sync ask each time, as with [`Get`](Self::Get); this is what the documentation promises.
    Cache(Duration),
    /// Asked for at each sync of a pod.
    Get,
}

/// The time to live by which kubelets cache, by the number of nodes: what the controller manager writes to each node as
/// `node.alpha.kubernetes.io/ttl` (kubernetes/kubernetes, `pkg/controller/ttl/ttl_controller.go`, for a cluster that grew).
pub(crate) fn time_to_live(nodes: u32) -> Duration {
    Duration::from_secs(match nodes {
        0..=100 => 0,
        101..=500 => 15,
        501..=1_000 => 30,
        1_001..=2_000 => 60,
        _ => 300,
    })
}

/// From a pod's sync to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sync {
    /// `syncFrequency` of the kubelet's configuration.
    pub(crate) period: Duration,
    /// How much longer it may be by chance, as a part of the period (kubernetes/kubernetes, `pkg/kubelet/pod_workers.go`,
    /// `workerResyncIntervalJitterFactor`).
    pub(crate) jitter: f64,
    /// How often the kubelet looks for pods whose time has come (`pkg/kubelet/kubelet.go`, `syncTicker`).
    pub(crate) tick: Duration,
    /// From the sync to the volume: two loops of the volume manager, each of 100 ms (`pkg/kubelet/volumemanager`,
    /// `desiredStateOfWorldPopulatorLoopSleepPeriod` and `reconcilerLoopSleepPeriod`).
    pub(crate) apply: Spread,
}

impl Sync {
    pub(crate) fn next(&self, rng: &mut Rng) -> Duration {
        self.period.mul_f64(1.0 + self.jitter * rng.f64()) + self.tick.mul_f64(rng.f64())
    }

    /// The longest of all.
    pub(crate) fn longest(&self) -> Duration {
        self.period.mul_f64(1.0 + self.jitter) + self.tick
    }
}

/// From a change of the volume to the call that uses it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reload {
    pub(crate) least: Duration,
    pub(crate) median: Duration,
    pub(crate) most: Duration,
    /// The part of the nodes that get no file events, and notice by looking.
    pub(crate) without_events: f64,
    /// How often those look: `POLL` in `src/reload/watch.rs`, a fifth more or less.
    pub(crate) poll: Duration,
}

impl Reload {
    /// By file events: as far as the least, the middle and the most tell, and evenly between them.
    fn by_event(&self, rng: &mut Rng) -> Duration {
        let part = rng.f64();
        if part < 0.5 {
            Spread(self.least, self.median).draw_at(part * 2.0)
        } else {
            Spread(self.median, self.most).draw_at(part * 2.0 - 1.0)
        }
    }

    pub(crate) fn draw(&self, has_events: bool, rng: &mut Rng) -> Duration {
        let event = self.by_event(rng);
        // A look finds a file as a look after an event does, at a moment of its own.
        if has_events { event } else { event + self.poll.mul_f64((0.8 + 0.4 * rng.f64()) * rng.f64()) }
    }
}

impl Spread {
    fn draw_at(self, part: f64) -> Duration {
        self.0 + self.1.saturating_sub(self.0).mul_f64(part)
    }
}

/// Nodes whose process goes away for a while, once, in the course of the rotation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Restarts {
    /// How many, chosen by chance; half of all nodes at most, and one at least.
    pub(crate) nodes: u32,
    /// When, counted from the change of the Secret to this; from the beginning, if that is what was there before.
    pub(crate) at: Spread,
    pub(crate) from: Version,
    /// For how long.
    pub(crate) down: Spread,
    /// Whether the process starts with the Secret as it is then (I4), as one in a new pod does. Otherwise with the file of
    /// before the rotation, until the kubelet's next sync.
    pub(crate) with_current: bool,
}

/// How the operator goes from step to step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// Asks all processes until all report the step (I1, I2, I6), and waits before `retire` (I3).
    Confirmed {
        /// From the change to the first question, and from one round to the next.
        pause: Duration,
        /// Before `retire`.
        hold: Duration,
    },
    /// Takes the next step after a fixed time.
    Blind(Duration),
}

/// What asking takes: `ray-auth status` and `--verify` ask all that they are given at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking {
    /// Processes that one run of the tool is given: each has a socket, and 1,024 open files are the usual limit.
    pub(crate) batch: usize,
    /// To start the tool.
    pub(crate) start: Duration,
    /// Of the tool's own time, a process.
    pub(crate) each: Duration,
    /// Over the network and back: to connect, without a token, and with one.
    pub(crate) round_trips: Duration,
    /// After which a process that is down is given up.
    pub(crate) timeout: Duration,
}

impl Asking {
    /// How long one run takes.
    pub(crate) fn run(&self, processes: usize, all_up: bool) -> Duration {
        let count = u32::try_from(processes).unwrap_or(u32::MAX);
        let asking = (self.each * count).max(self.round_trips);
        self.start + if all_up { asking } else { asking.max(self.timeout) }
    }
}

/// One rotation of one cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) nodes: u32,
    pub(crate) detection: Detection,
    pub(crate) sync: Sync,
    pub(crate) reload: Reload,
    pub(crate) restarts: Option<Restarts>,
    pub(crate) pace: Pace,
    pub(crate) asking: Asking,
    /// The longest time from when a call gets its token to when it is judged: in a queue, or for want of a connection.
    pub(crate) longest_wait: Duration,
    /// How many calls are tried.
    pub(crate) calls: u32,
    /// Bytes of the Secret, as it is sent to a kubelet, before the rotation and after each step.
    pub(crate) secret_bytes: [u64; 4],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_live_grows_with_the_cluster() {
        let table = [(1, 0), (100, 0), (101, 15), (1_000, 30), (2_000, 60), (2_001, 300), (10_000, 300)];
        for (nodes, seconds) in table {
            assert_eq!(time_to_live(nodes), Duration::from_secs(seconds), "{nodes}");
        }
    }

    #[test]
    fn a_reload_is_within_its_bounds_and_half_are_before_the_median() {
        let millis = Duration::from_millis;
        let poll = Duration::from_secs(5);
        let reload = Reload { least: millis(4), median: millis(34), most: millis(58), without_events: 0.0, poll };
        let mut rng = Rng::with_seed(1);
        let drawn: Vec<_> = (0..10_000).map(|_| reload.draw(true, &mut rng)).collect();
        assert!(drawn.iter().all(|time| (reload.least..=reload.most).contains(time)));
        let early = drawn.iter().filter(|time| **time <= reload.median).count();
        assert!((4_800..=5_200).contains(&early), "{early}");
        let latest = (0..10_000).map(|_| reload.draw(false, &mut rng)).max().unwrap();
        assert!(latest > Duration::from_secs(5) && latest <= reload.most + poll.mul_f64(1.2), "{latest:?}");
    }

    #[test]
    fn asking_takes_the_tools_time_the_networks_or_the_timeout() {
        let millis = Duration::from_millis;
        let asking = Asking {
            batch: 500,
            start: millis(5),
            each: Duration::from_micros(400),
            round_trips: millis(3),
            timeout: millis(5_000),
        };
        let table = [(500, true, 205), (1, true, 8), (500, false, 5_005), (0, true, 8)];
        for (processes, all_up, expected) in table {
            assert_eq!(asking.run(processes, all_up), millis(expected), "{processes}, all up: {all_up}");
        }
    }
}
