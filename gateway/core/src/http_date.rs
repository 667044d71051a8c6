//! Dates as HTTP writes them (RFC 9110, 5.6.7, IMF-fixdate), for `Retry-After` and nothing else.

use crate::word::Millis;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`. The two obsolete forms, and anything else, are none.
pub(crate) fn parse(text: &str) -> Option<Millis> {
    let (_, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let day: i64 = digits(parts.next()?, 2)?;
    let month = MONTHS.iter().position(|name| Some(*name) == parts.clone().next())?;
    let year: i64 = digits(parts.nth(1)?, 4)?;
    let mut clock = parts.next()?.split(':');
    let (hour, minute, second) =
        (digits(clock.next()?, 2)?, digits(clock.next()?, 2)?, digits(clock.next()?, 2)?);
    let ends = clock.next().is_none() && parts.next() == Some("GMT") && parts.next().is_none();
    let within = (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !(ends && within) {
        return None;
    }
    let days = days_since_1970(year, i64::try_from(month).ok()? + 1, day);
    Some(Millis((days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000))
}

pub(crate) fn digits(text: &str, count: usize) -> Option<i64> {
    let all = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar: the year is taken to begin in March, so
/// that the leap day is its last, and 400 years are 146,097 days.
pub(crate) fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_9110_reads() {
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Millis(784_111_777_000)));
        assert_eq!(parse("Thu, 01 Jan 1970 00:00:00 GMT"), Some(Millis(0)));
        assert_eq!(parse("Thu, 29 Feb 2024 12:00:00 GMT"), Some(Millis(1_709_208_000_000)));
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT x",
            "Sun, +6 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
