//! Report-only mode: what would be refused is counted and let in, for a while.
//!
//! For the day on which a running cluster is to require a token for the first time: put [`ReportOnly`] on the server
//! layer of every process, find out from its counts which callers have no token yet, mend them, and then enforce. While
//! it lasts the layer protects **nothing**. It has an end, a date at most 30 days away, after which the layer enforces by
//! itself, also when the process was restarted meanwhile; a warning a minute and the gauge `ray_auth_report_only`, which
//! counts the permissions in force, say that it is on.
//!
//! Name the methods with [`count_methods`](crate::RequireTokenLayer::count_methods), or all are counted as `other`.
//!
//! A call that would be refused is let in without an [`Identity`](crate::verify::Identity) and marked
//! [`Exempted`](super::Exempted); no open call is ended; and it is counted in
//! `ray_auth_would_refuse_total` (labels `reason` and `method`, as for refusals) and by method and peer in
//! [`ReportOnly::report`]. A call with an accepted token is let in as always.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use http::{Request, Response};
//! use ray_auth::require::ReportOnly;
//! use ray_auth::{Keyring, RequireTokenLayer, Token};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let friday = SystemTime::now() + Duration::from_secs(3 * 24 * 3600);
//! let report_only = ReportOnly::until(friday)?;
//! let layer = RequireTokenLayer::new(Keyring::new(Token::generate())).dangerous_report_only(report_only.clone());
//! let service = layer.layer(service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new("hello"))));
//!
//! let let_in = service.oneshot(Request::post("/a.B/C").body(())?).await?;
//! assert_eq!(*let_in.body(), "hello");
//! assert_eq!(report_only.report().callers[0].calls, 1);
//! # Ok(())
//! # }
//! ```

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use crate::reject::Rejection;

/// How often the log says that nothing is enforced.
const REMINDER: Duration = Duration::from_secs(60);
/// The longest time before the end.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);
/// Callers that are counted apart; peers can make up more.
const COUNTED: usize = 4_096;
/// Callers that are reported apart.
const REPORTED: usize = 256;

/// Permission to let in what would be refused, until it ends. Clones share the counts. See the [module](self).
#[derive(Clone)]
pub struct ReportOnly {
    shared: Arc<Shared>,
}

struct Shared {
    /// The end by the system's clock, and by one that nobody can set back: whichever comes first.
    ends: SystemTime,
    ends_at_the_latest: Instant,
    counts: Mutex<Counts>,
    /// Ends the reminders when dropped.
    _reminder: Sender<()>,
}

#[derive(Default)]
struct Counts {
    callers: HashMap<(Box<str>, Option<IpAddr>), u64>,
    other: u64,
}

/// What would have been refused so far.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The callers with the most such calls, at most 256, the largest first.
    pub callers: Vec<Caller>,
    /// Calls of all others.
    pub other: u64,
    /// How long this goes on; zero when the layer enforces again.
    pub left: Duration,
}

/// Calls of one method from one peer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// The method, if the layer counts it by name, else `other`.
    pub method: String,
    /// The peer's address, if the server knows it.
    pub peer: Option<IpAddr>,
    /// How many of its calls would have been refused.
    pub calls: u64,
}

/// Why there is no report-only mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("report-only mode must end later than now and within 30 days; choose a date between")]
pub struct ReportOnlyError(());

impl ReportOnly {
    /// Begins now and ends at `end`; then the layer enforces by itself. Take a date that is written down somewhere, not one
    /// that moves with each start of the process.
    ///
    /// # Errors
    ///
    /// [`ReportOnlyError`] for a date that is past, or more than 30 days away.
    pub fn until(end: SystemTime) -> Result<Self, ReportOnlyError> {
        let time = end.duration_since(SystemTime::now()).map_err(|_| ReportOnlyError(()))?;
        if time.is_zero() || time > LONGEST {
            return Err(ReportOnlyError(()));
        }
        let (reminder, ended) = channel::<()>();
        let latest = Instant::now() + time;
        let shared = Shared { ends: end, ends_at_the_latest: latest, counts: Mutex::default(), _reminder: reminder };
        let shared = Arc::new(shared);
        let weak = Arc::downgrade(&shared);
        let remind = move || {
            let gauge = Gauge::raise();
            while let Some(left) = remind(&weak) {
                // Not later than the end, so that the gauge tells the truth.
                let pause = REMINDER.min(left).max(Duration::from_millis(1));
                if ended.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            drop(gauge);
        };
        if let Err(error) = std::thread::Builder::new().name("ray-auth-report".to_owned()).spawn(remind) {
            tracing::warn!(target: super::LOG_TARGET, %error, "no thread to remind of report-only mode every minute");
        }
        Ok(Self { shared })
    }

    /// Whether it lasts still.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.shared.left().is_zero()
    }

    /// What would have been refused so far, by method and peer.
    #[must_use]
    pub fn report(&self) -> Report {
        self.shared.report()
    }

    /// Notes a call that would be refused. False when the time is over: then it is to be refused.
    pub(super) fn lets_in(&self, rejection: Rejection, method: &str, peer: Option<IpAddr>) -> bool {
        if !self.is_on() {
            return false;
        }
        metrics::counter!("ray_auth_would_refuse_total", "reason" => rejection.label(), "method" => method.to_owned())
            .increment(1);
        let mut counts = self.shared.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let room = counts.callers.len() < COUNTED;
        match counts.callers.get_mut(&(Box::from(method), peer)) {
            Some(calls) => *calls += 1,
            None if room => drop(counts.callers.insert((Box::from(method), peer), 1)),
            None => counts.other += 1,
        }
        true
    }
}

impl Shared {
    fn left(&self) -> Duration {
        let by_date = self.ends.duration_since(SystemTime::now()).unwrap_or_default();
        by_date.min(self.ends_at_the_latest.saturating_duration_since(Instant::now()))
    }

    fn report(&self) -> Report {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let caller = |((method, peer), calls): (&(Box<str>, Option<IpAddr>), &u64)| Caller {
            method: method.to_string(),
            peer: *peer,
            calls: *calls,
        };
        let mut callers: Vec<Caller> = counts.callers.iter().map(caller).collect();
        let other = counts.other;
        drop(counts);
        callers.sort_by(|one, two| two.calls.cmp(&one.calls).then_with(|| one.peer.cmp(&two.peer)));
        let beyond: u64 = callers.iter().skip(REPORTED).map(|caller| caller.calls).sum();
        callers.truncate(REPORTED);
        Report { callers, other: other + beyond, left: self.left() }
    }
}

/// Says that nothing is enforced, and how long that goes on; none when there is nothing more to say.
fn remind(shared: &Weak<Shared>) -> Option<Duration> {
    let report = shared.upgrade()?.report();
    let calls = report.other + report.callers.iter().map(|caller| caller.calls).sum::<u64>();
    if report.left.is_zero() {
        tracing::warn!(target: super::LOG_TARGET, calls, "report-only mode has ended: the token is enforced");
        return None;
    }
    tracing::warn!(
        target: super::LOG_TARGET,
        calls,
        seconds_left = report.left.as_secs(),
        "report-only mode: NOTHING is enforced, calls without the token are let in"
    );
    Some(report.left)
}

/// Counts one permission in the gauge, until it is dropped.
struct Gauge;

impl Gauge {
    fn raise() -> Self {
        metrics::gauge!("ray_auth_report_only").increment(1.0);
        Self
    }
}

impl Drop for Gauge {
    fn drop(&mut self) {
        metrics::gauge!("ray_auth_report_only").decrement(1.0);
    }
}

impl fmt::Debug for ReportOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportOnly").field("left", &self.shared.left()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
