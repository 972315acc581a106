//! The cluster while it rotates: events in the order of their time, each of which changes one node or the operator.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use fastrand::Rng;

use super::operator::{Next, Operator};
use super::settings::{Detection, Settings};
use super::timeline::{Timeline, Version};
use super::traffic::Traffic;

/// No rotation takes as long; one that does is a mistake of the settings.
const END: Duration = Duration::from_secs(48 * 3_600);

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A kubelet's watch tells it of a version of the Secret.
    Told(usize, Version),
    /// A kubelet syncs its pod.
    Sync(usize),
    /// A process takes a file over, if it is still the one of that start.
    Take(usize, u32, Version),
    /// A process ends …
    Down(usize),
    /// … and starts.
    Up(usize),
    /// The operator does what it has to do next.
    Operator,
}

/// One node: its kubelet, its volume, and the process that follows the file there.
struct Node {
    /// What the kubelet's cache has, and since when.
    cached: (Version, Duration),
    mounted: Version,
    /// What the process holds; none while it is down.
    held: Option<Version>,
    starts: u32,
    has_events: bool,
    timeline: Timeline,
}

/// A cluster in the middle of a rotation.
pub(crate) struct Cluster<'a> {
    settings: &'a Settings,
    rng: Rng,
    now: Duration,
    queue: BinaryHeap<Reverse<(Duration, u64, Event)>>,
    queued: u64,
    nodes: Vec<Node>,
    secret: Version,
    operator: Operator,
    /// Nodes that are away, or will be.
    down: usize,
    traffic: Traffic,
    reloads: u64,
    restarted: u64,
}

/// What came of a rotation.
pub(crate) struct Course {
    pub(crate) timelines: Vec<Timeline>,
    pub(crate) operator: Operator,
    pub(crate) traffic: Traffic,
    pub(crate) reloads: u64,
    pub(crate) restarted: u64,
    /// When all was done.
    pub(crate) end: Duration,
}

impl<'a> Cluster<'a> {
    /// A cluster at rest, whose operator is about to begin.
    pub(crate) fn new(settings: &'a Settings, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let nodes = (0..settings.nodes)
            .map(|_| Node {
                cached: (Version::Before, Duration::ZERO),
                mounted: Version::Before,
                held: Some(Version::Before),
                starts: 0,
                has_events: rng.f64() >= settings.reload.without_events,
                timeline: Timeline::new(),
            })
            .collect();
        let mut cluster = Self {
            settings,
            rng,
            now: Duration::ZERO,
            queue: BinaryHeap::new(),
            queued: 0,
            nodes,
            secret: Version::Before,
            operator: Operator::new(),
            down: 0,
            traffic: Traffic::default(),
            reloads: 0,
            restarted: 0,
        };
        cluster.begin();
        cluster
    }

    fn begin(&mut self) {
        // Before the first change each node is anywhere between two syncs.
        for node in 0..self.nodes.len() {
            let first = self.settings.sync.longest().mul_f64(self.rng.f64());
            self.at(first, Event::Sync(node));
        }
        self.plan_restarts(Version::Before);
        self.at(Duration::ZERO, Event::Operator);
    }

    /// Which nodes go away, if it is from now on that they do.
    fn plan_restarts(&mut self, now: Version) {
        let Some(restarts) = self.settings.restarts.filter(|restarts| restarts.from == now) else { return };
        let mut nodes: Vec<_> = (0..self.nodes.len()).collect();
        self.rng.shuffle(&mut nodes);
        nodes.truncate((restarts.nodes as usize).min(nodes.len() / 2).max(1));
        self.down = nodes.len();
        for node in nodes {
            let down = restarts.at.draw(&mut self.rng);
            self.soon(down, Event::Down(node));
            let up = down + restarts.down.draw(&mut self.rng);
            self.soon(up, Event::Up(node));
        }
    }

    fn at(&mut self, time: Duration, event: Event) {
        self.queued += 1;
        self.queue.push(Reverse((time, self.queued, event)));
    }

    fn soon(&mut self, after: Duration, event: Event) {
        self.at(self.now + after, event);
    }

    /// Lets everything happen until the operator is done and every node has taken all.
    pub(crate) fn run(mut self) -> Course {
        while let Some(Reverse((time, _, event))) = self.queue.pop() {
            self.now = time;
            match event {
                Event::Told(node, version) => self.tell(node, version),
                Event::Sync(node) => self.sync(node),
                Event::Take(node, start, version) => self.take(node, start, version),
                Event::Down(node) => {
                    self.nodes[node].held = None;
                    self.nodes[node].timeline.push(time, None);
                }
                Event::Up(node) => self.start(node),
                Event::Operator => self.operate(),
            }
            if self.is_done() || time > END {
                break;
            }
        }
        Course {
            timelines: self.nodes.into_iter().map(|node| node.timeline).collect(),
            operator: self.operator,
            traffic: self.traffic,
            reloads: self.reloads,
            restarted: self.restarted,
            end: self.now,
        }
    }

    fn is_done(&self) -> bool {
        let all = || self.nodes.iter().all(|node| node.held == Some(Version::Retired));
        self.operator.is_done() && self.down == 0 && all()
    }

    fn tell(&mut self, node: usize, version: Version) {
        let bytes = self.settings.secret_bytes[version.index()];
        self.traffic.message(self.now, bytes);
        let cached = &mut self.nodes[node].cached;
        *cached = (cached.0.max(version), self.now);
    }

    /// The kubelet asks the API server.
    fn fetch(&mut self, node: usize) {
        self.traffic.request(self.now, self.settings.secret_bytes[self.secret.index()]);
        self.nodes[node].cached = (self.secret, self.now);
    }

    fn sync(&mut self, node: usize) {
        match self.settings.detection {
            Detection::Watch(_) => {}
            Detection::Cache(alive) if self.now.saturating_sub(self.nodes[node].cached.1) < alive => {}
            Detection::Cache(_) | Detection::Get => self.fetch(node),
        }
        let Node { cached: (cached, _), mounted, starts, has_events, .. } = self.nodes[node];
        if cached > mounted {
            self.nodes[node].mounted = cached;
            let applied = self.settings.sync.apply.draw(&mut self.rng);
            let reloaded = self.settings.reload.draw(has_events, &mut self.rng);
            self.soon(applied + reloaded, Event::Take(node, starts, cached));
        }
        let next = self.settings.sync.next(&mut self.rng);
        self.soon(next, Event::Sync(node));
    }

    fn take(&mut self, node: usize, start: u32, version: Version) {
        let now = self.now;
        let node = &mut self.nodes[node];
        if node.starts == start && node.held.is_some_and(|held| held < version) {
            node.held = Some(version);
            node.timeline.push(now, node.held);
            self.reloads += 1;
        }
    }

    fn start(&mut self, node: usize) {
        let with_current = self.settings.restarts.is_none_or(|restarts| restarts.with_current);
        if with_current {
            // Another pod: its kubelet asks for the Secret before it starts the process.
            self.fetch(node);
        }
        let now = self.now;
        let secret = self.secret;
        let node = &mut self.nodes[node];
        node.mounted = if with_current { secret } else { Version::Before };
        node.starts += 1;
        node.held = Some(node.mounted);
        node.timeline.push(now, node.held);
        self.down -= 1;
        self.restarted += 1;
    }

    fn operate(&mut self) {
        let held = |node: usize| self.nodes[node].held;
        let now = self.now;
        match self.operator.next(now, self.settings, held) {
            Next::Write(version, next) => {
                self.secret = version;
                self.plan_restarts(version);
                if let Detection::Watch(delay) = self.settings.detection {
                    for node in 0..self.nodes.len() {
                        let told = delay.draw(&mut self.rng);
                        self.soon(told, Event::Told(node, version));
                    }
                }
                self.soon(next, Event::Operator);
            }
            Next::Again(next) => self.soon(next, Event::Operator),
            Next::Done => {}
        }
    }
}
