//! What the operator learns about refusals: counts and log lines, both bounded whatever peers send.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Instant;

use http::Extensions;
use metrics::Counter;
use tonic::transport::server::TcpConnectInfo;

use super::throttle::Throttle;
use crate::peer_text::PeerText;
use crate::reject::Rejection;

/// The target of all log lines about refused calls.
pub const LOG_TARGET: &str = "ray_auth::refused";

/// The label of methods that were not named when the layer was built.
const OTHER: &str = "other";

/// Counts refusals by reason and method, and logs them.
pub(crate) struct Refusals {
    methods: HashMap<Box<str>, Counters>,
    other: Counters,
    throttles: [Throttle; Rejection::ALL.len()],
}

/// One method's counters, by reason. The handles are resolved at first use, which must come after the program installed
/// its metrics recorder.
type Counters = [OnceLock<Counter>; Rejection::ALL.len()];

impl Refusals {
    /// Counts refusals under these paths by name.
    pub(super) fn new(paths: impl IntoIterator<Item = String>) -> Self {
        Rejection::prepare_answers();
        let methods = paths.into_iter().map(|path| (path.into_boxed_str(), Counters::default())).collect();
        Self { methods, other: Counters::default(), throttles: Default::default() }
    }

    /// What calls of this path are counted under.
    pub(super) fn method(&self, path: &str) -> &str {
        self.methods.get_key_value(path).map_or(OTHER, |(method, _)| method)
    }

    /// Counts and logs one refusal. `path` is the request's, if it is known.
    pub(crate) fn record(&self, rejection: Rejection, path: Option<&str>, extensions: &Extensions) {
        self.count(rejection, path);
        if tracing::enabled!(target: LOG_TARGET, tracing::Level::WARN) {
            self.log(rejection, path, extensions);
        }
    }

    fn count(&self, rejection: Rejection, path: Option<&str>) {
        let known = path.and_then(|path| self.methods.get_key_value(path));
        let (method, counters) = known.map_or((OTHER, &self.other), |(method, counters)| (method, counters));
        let counter = counters[rejection.index()].get_or_init(|| {
            metrics::counter!("ray_auth_refused_total", "reason" => rejection.label(), "method" => method.to_owned())
        });
        counter.increment(1);
    }

    fn log(&self, rejection: Rejection, path: Option<&str>, extensions: &Extensions) {
        let admitted = self.throttles[rejection.index()].admit(Instant::now());
        if admitted.suppressed > 0 {
            log_suppressed(rejection, admitted.suppressed);
        }
        if admitted.event {
            tracing::warn!(
                target: LOG_TARGET,
                reason = rejection.label(),
                rpc.method = path.map(|path| tracing::field::display(PeerText(path))),
                client.addr = client_addr(extensions).map(tracing::field::display),
                "call refused"
            );
        }
    }
}

/// Counts them all as those of other methods.
impl Default for Refusals {
    fn default() -> Self {
        Self::new([])
    }
}

impl Drop for Refusals {
    fn drop(&mut self) {
        for (rejection, throttle) in Rejection::ALL.into_iter().zip(&mut self.throttles) {
            let suppressed = throttle.rest();
            if suppressed > 0 {
                log_suppressed(rejection, suppressed);
            }
        }
    }
}

impl fmt::Debug for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusals").field("methods", &self.methods.len()).finish_non_exhaustive()
    }
}

fn log_suppressed(rejection: Rejection, suppressed: u64) {
    tracing::warn!(target: LOG_TARGET, reason = rejection.label(), suppressed, "calls refused and not logged one by one");
}

/// Where the call came from, if the server told.
pub(crate) fn client_addr(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get::<TcpConnectInfo>()?.remote_addr()
}
