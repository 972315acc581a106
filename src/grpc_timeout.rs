//! The time that a gRPC caller gives a call: `grpc-timeout`.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header's name.
pub(crate) const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

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

/// What a call's headers give it, if they do.
pub(crate) fn of(headers: &HeaderMap) -> Option<Duration> {
    let nanos = parse(headers.get(GRPC_TIMEOUT)?)?;
    let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    Some(Duration::new(u64::try_from(seconds).ok()?, u32::try_from(rest).ok()?))
}

/// A value in nanoseconds.
pub(crate) fn parse(value: &HeaderValue) -> Option<u128> {
    let (digits, unit) = value.to_str().ok()?.split_at_checked(value.len().checked_sub(1)?)?;
    let (_, nanos) = UNITS.into_iter().find(|(letter, _)| unit.starts_with(*letter))?;
    let plain = matches!(digits.len(), 1..=8) && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse::<u128>().ok())?.map(|count| count * nanos)
}

/// Nanoseconds as a value: as exact as eight digits can be, and never more.
pub(crate) fn format(nanos: u128) -> HeaderValue {
    let fitting = UNITS.into_iter().find(|(_, unit)| nanos / unit <= MAX_COUNT);
    let (letter, count) = fitting.map_or(('H', MAX_COUNT), |(letter, unit)| (letter, nanos / unit));
    HeaderValue::try_from(format!("{count}{letter}")).expect("digits and a letter are a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_read_in_every_unit() {
        let table = [
            ("1n", Some(Duration::from_nanos(1))),
            ("250u", Some(Duration::from_micros(250))),
            ("1500m", Some(Duration::from_millis(1_500))),
            ("30S", Some(Duration::from_secs(30))),
            ("2M", Some(Duration::from_secs(120))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3_600))),
            ("0S", Some(Duration::ZERO)),
            ("", None),
            ("1", None),
            ("1s", None),
            ("-1S", None),
        ];
        for (text, expected) in table {
            let headers = HeaderMap::from_iter([(GRPC_TIMEOUT, HeaderValue::from_static(text))]);
            assert_eq!(of(&headers), expected, "{text:?}");
        }
        assert_eq!(of(&HeaderMap::new()), None);
    }
}
