//! Moments as people write them.

use rustls::pki_types::UnixTime;

/// The moment in UTC, as `2031-05-09 07:03:01 UTC`.
pub(super) fn date(moment: UnixTime) -> String {
    let seconds = moment.as_secs();
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", time / 3_600, time / 60 % 60, time % 60)
}

/// Year, month and day of a number of days since 1970, by the calendar whose year begins in March: then leap days come
/// last, and the months before them always have the same lengths.
fn civil(days: u64) -> (u64, u64, u64) {
    // Of 400 years, which always have as many days. The first of them begins on the first of March of the year 0.
    let days = days.saturating_add(719_468);
    let (cycle, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (cycle * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_moment_is_written_as_people_do() {
        let table = [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (1_709_251_199, "2024-02-29 23:59:59 UTC"),
            (1_735_689_599, "2024-12-31 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (253_402_300_799, "9999-12-31 23:59:59 UTC"),
        ];
        for (seconds, expected) in table {
            assert_eq!(date(UnixTime::since_unix_epoch(Duration::from_secs(seconds))), expected);
        }
        assert!(
            !date(UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX))).is_empty(),
            "whatever a certificate says"
        );
    }
}
