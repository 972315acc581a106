//! The caller's time, which sending once more does not extend.

use std::time::Instant;

use http::{HeaderMap, HeaderName, HeaderValue};

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// The most that a `grpc-timeout` may count of its unit: eight digits.
const MAX_COUNT: u128 = 99_999_999;

/// The units of `grpc-timeout`, each with its nanoseconds, the smallest first.
const UNITS: [(char, u128); 6] = [
    ('n', 1),
    ('u', 1_000),
    ('m', 1_000_000),
    ('S', 1_000_000_000),
    ('M', 60 * 1_000_000_000),
    ('H', 3_600 * 1_000_000_000),
];

/// How much time a caller gave, and since when it runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    since: Instant,
    nanos: u128,
}

impl Deadline {
    /// The caller's, if there is one. The clock is read only then. What is no `grpc-timeout` is left to the server.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let nanos = parse(headers.get(GRPC_TIMEOUT)?)?;
        Some(Self { since: Instant::now(), nanos })
    }

    /// Puts what is left at `now` into `headers`; when nothing is, the least there is, so that the call ends as late calls
    /// do.
    pub(super) fn put_rest(&self, headers: &mut HeaderMap, now: Instant) {
        let spent = now.saturating_duration_since(self.since).as_nanos();
        headers.insert(GRPC_TIMEOUT, format(self.nanos.saturating_sub(spent).max(1)));
    }
}

fn parse(value: &HeaderValue) -> Option<u128> {
    let (digits, unit) = value.to_str().ok()?.split_at_checked(value.len().checked_sub(1)?)?;
    let (_, nanos) = UNITS.into_iter().find(|(letter, _)| unit.starts_with(*letter))?;
    let plain = matches!(digits.len(), 1..=8) && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse::<u128>().ok())?.map(|count| count * nanos)
}

/// As exact as eight digits can be, and never more.
fn format(nanos: u128) -> HeaderValue {
    let fitting = UNITS.into_iter().find(|(_, unit)| nanos / unit <= MAX_COUNT);
    let (letter, count) = fitting.map_or(('H', MAX_COUNT), |(letter, unit)| (letter, nanos / unit));
    HeaderValue::try_from(format!("{count}{letter}")).expect("digits and a letter are a header value")
}

#[cfg(test)]
mod tests;
