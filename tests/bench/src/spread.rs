//! What several rounds say about one figure: the least, the median and the greatest.

use std::time::Duration;

/// Three values of one figure over the rounds.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub(crate) struct Spread {
    /// The least of the rounds.
    pub(crate) min: f64,
    /// The middle one; the mean of the middle two where the rounds are even.
    pub(crate) median: f64,
    /// The greatest of the rounds.
    pub(crate) max: f64,
}

impl Spread {
    /// Sums the rounds up; `None` without any.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let upper = *values.get(middle)?;
        let lower = if values.len().is_multiple_of(2) { values[middle - 1] } else { upper };
        Some(Self { min: *values.first()?, median: f64::midpoint(lower, upper), max: *values.last()? })
    }
}

/// Returns the value at `share` (0.0..=1.0) of `times` by nearest rank, in milliseconds; `None` of nothing.
pub(crate) fn percentile_ms(times: &mut [Duration], share: f64) -> Option<f64> {
    times.sort_unstable();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank within the slice")]
    let rank = (share * times.len() as f64).ceil() as usize;
    times.get(rank.saturating_sub(1)).map(|time| time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_the_rounds() {
        for (rounds, expected) in [
            (vec![], None),
            (vec![4.0], Some((4.0, 4.0, 4.0))),
            (vec![3.0, 1.0], Some((1.0, 2.0, 3.0))),
            (vec![9.0, 1.0, 2.0], Some((1.0, 2.0, 9.0))),
        ] {
            let spread = Spread::of(rounds);
            assert_eq!(spread.map(|spread| (spread.min, spread.median, spread.max)), expected);
        }
    }

    #[test]
    fn a_percentile_is_a_value_that_was_seen() {
        let mut times: Vec<_> = (1..=100).rev().map(Duration::from_millis).collect();

        for (share, expected) in [(0.0, 1.0), (0.5, 50.0), (0.99, 99.0), (1.0, 100.0)] {
            let found = percentile_ms(&mut times, share);
            assert!(found.is_some_and(|found| (found - expected).abs() < 1e-9), "{share}: {found:?}");
        }
        assert_eq!(percentile_ms(&mut [], 0.5), None);
    }
}
