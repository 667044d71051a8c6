//! Durations, sizes and rates as people write them: a whole number and a unit.

use std::num::NonZeroU32;
use std::time::Duration;

/// Help for a text that is no duration.
pub(crate) const DURATION_HELP: &str = "write a whole number and one of ms, s, m, h, d, such as \"30s\"";
/// Help for a text that is no size.
pub(crate) const SIZE_HELP: &str = "write a whole number and one of B, KiB, MiB, GiB, such as \"32MiB\"";

/// Help for a text that is no rate.
pub(crate) const RATE_HELP: &str =
    "write a whole number, at least 1, and one of /s, /m, /h, such as \"50/s\"";

const RATE_UNITS_SECONDS: [(&str, u64); 3] = [("/s", 1), ("/m", 60), ("/h", 3_600)];
const DURATION_UNITS_MS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZE_UNITS_BYTES: [(&str, u64); 7] = [
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// Reads a duration such as `30s`, or none.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    amount(text, &DURATION_UNITS_MS).map(Duration::from_millis)
}

/// Reads a number of bytes such as `32MiB`, or none.
pub(crate) fn size(text: &str) -> Option<usize> {
    amount(text, &SIZE_UNITS_BYTES).and_then(|bytes| usize::try_from(bytes).ok())
}

/// Reads a rate such as `50/s` as so many in a period, or none.
pub(crate) fn rate(text: &str) -> Option<(NonZeroU32, Duration)> {
    let (unit, seconds) = RATE_UNITS_SECONDS.iter().find(|(unit, _)| text.ends_with(unit))?;
    let number = text.strip_suffix(unit)?.trim_end();
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let count = number.parse().ok().filter(|_| digits).and_then(NonZeroU32::new)?;
    Some((count, Duration::from_secs(*seconds)))
}

/// Writes a number of bytes in its largest exact binary unit.
pub(crate) fn size_text(bytes: usize) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{}{name}", bytes / unit),
        None => format!("{bytes}B"),
    }
}

fn amount(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(split);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        let cases = [
            ("50ms", 50),
            ("0s", 0),
            ("15 s", 15_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
            ("7d", 604_800_000),
        ];
        for (text, millis) in cases {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "5x",
            "-5s",
            "1.5s",
            "5S",
            "5s ",
            "99999999999999999999s",
            "18446744073709551615d",
            "٣s",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_have_a_number_and_a_unit() {
        for (text, bytes) in [("0B", 0), ("25MiB", 25 << 20), ("64 KiB", 64 << 10), ("1MB", 1_000_000)] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "25", "25mib", "MiB", "-1B"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn rates_have_a_number_and_a_period() {
        for (text, count, seconds) in [("50/s", 50, 1), ("1/h", 1, 3_600), ("10 /m", 10, 60)] {
            let expected = NonZeroU32::new(count).map(|count| (count, Duration::from_secs(seconds)));
            assert_eq!(rate(text), expected, "{text}");
        }
        for text in ["", "50", "/s", "0/s", "-1/s", "+1/s", "1.5/s", "50/d", "50 / s", "4294967296/s"] {
            assert_eq!(rate(text), None, "{text}");
        }
    }

    #[test]
    fn a_size_reads_in_its_largest_exact_unit() {
        for (bytes, text) in [(0, "0B"), (1_000, "1000B"), (65_536, "64KiB"), (25 << 20, "25MiB")] {
            assert_eq!(size_text(bytes), text);
        }
    }
}
