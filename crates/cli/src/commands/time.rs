//! Spans of time, as people write and read them.

use std::time::Duration;

/// The units, the largest first, with their seconds.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads a number and a unit: `30s`, `5m`, `2h` or `1d`.
pub(crate) fn parse(text: &str) -> Result<Duration, &'static str> {
    const WRONG: &str = "not a span of time; write a whole number above 0 and a unit, like 30s, 5m, 2h or 1d";
    let unit = text.chars().next_back().ok_or(WRONG)?;
    let (_, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or(WRONG)?;
    let digits = &text[..text.len() - unit.len_utf8()];
    let digits = Some(digits).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit())).ok_or(WRONG)?;
    let number = digits.parse().ok().filter(|number: &u64| *number > 0).ok_or(WRONG)?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or(WRONG)
}

/// Shows the two largest units that are not zero: `0s`, `59s`, `1m 5s`, `3d`.
pub(crate) fn show(time: Duration) -> String {
    let mut rest = time.as_secs();
    let mut parts = UNITS.into_iter().map(|(name, seconds)| {
        let number = rest / seconds;
        rest %= seconds;
        (number, name)
    });
    let Some(first) = parts.by_ref().find(|(number, _)| *number > 0) else { return "0s".to_owned() };
    let second = parts.next().filter(|(number, _)| *number > 0);
    let texts: Vec<_> = [Some(first), second].into_iter().flatten().map(|(n, unit)| format!("{n}{unit}")).collect();
    texts.join(" ")
}

/// The same, rounded up to the next second: a time to wait.
pub(crate) fn show_rest(time: Duration) -> String {
    show(time.saturating_add(Duration::from_millis(999)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        let table = [
            ("30s", Some(30)),
            ("5m", Some(300)),
            ("2h", Some(7_200)),
            ("1d", Some(86_400)),
            ("007s", Some(7)),
            ("0s", None),
            ("0", None),
            ("30", None),
            ("s", None),
            ("", None),
            ("-1s", None),
            ("+1s", None),
            (" 1s", None),
            ("1 s", None),
            ("1.5h", None),
            ("1h30m", None),
            ("1S", None),
            ("1ms", None),
            ("5µ", None),
            ("٣s", None),
            ("99999999999999999999s", None),
            ("18446744073709551615d", None),
        ];
        for (text, seconds) in table {
            assert_eq!(parse(text).ok(), seconds.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn a_span_is_shown_by_its_two_largest_units() {
        let table = [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (65, "1m 5s"),
            (3_599, "59m 59s"),
            (3_605, "1h"),
            (5_400, "1h 30m"),
            (86_400 * 3 + 7_200, "3d 2h"),
            (u64::MAX, "213503982334601d 7h"),
        ];
        for (seconds, shown) in table {
            assert_eq!(show(Duration::from_secs(seconds)), shown);
        }
        assert_eq!(show(Duration::from_millis(999)), "0s");
    }
}
