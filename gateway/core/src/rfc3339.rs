//! Times as RFC 3339 writes them, for signatures whose time is written so.

use crate::http_date::{days_since_1970, digits};
use crate::word::Millis;

/// Reads `2021-03-25T05:09:27Z`, with a fraction of seconds or an offset such as `+01:00` if there is one.
/// A fraction counts to the millisecond. Anything else is none.
pub(crate) fn parse(text: &str) -> Option<Millis> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let mut date = date.split('-');
    let (year, month, day) = (digits(date.next()?, 4)?, digits(date.next()?, 2)?, digits(date.next()?, 2)?);
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = rest.split_at(zone_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut clock = clock.split(':');
    let (hour, minute, second) =
        (digits(clock.next()?, 2)?, digits(clock.next()?, 2)?, digits(clock.next()?, 2)?);
    let ends = date.next().is_none() && clock.next().is_none();
    let within = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !(ends && within) {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3.3}").parse().ok()?;
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(Millis((seconds - offset_seconds(zone)?) * 1_000 + millis))
}

fn offset_seconds(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_3339_read() {
        // Section 5.8.
        assert_eq!(parse("1985-04-12T23:20:50.52Z"), Some(Millis(482_196_050_520)));
        assert_eq!(parse("1996-12-19T16:39:57-08:00"), Some(Millis(851_042_397_000)));
        assert_eq!(parse("1937-01-01T12:00:27.87+00:20"), Some(Millis(-1_041_337_172_130)));
        assert_eq!(parse("1970-01-01t00:00:00z"), Some(Millis(0)));
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "1985-04-12",
            "1985-04-12T23:20:50",
            "1985-13-12T23:20:50Z",
            "1985-04-12T24:20:50Z",
            "1985-04-12T23:20:50.Z",
            "1985-04-12T23:20:50.5xZ",
            "1985-04-12T23:20:50+0100",
            "1985-04-12T23:20:50+25:00",
            "85-04-12T23:20:50Z",
            "1985-04-12T23:20:50Z+01:00",
            "1985-04-12Té",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
