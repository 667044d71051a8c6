//! The hours that hold dedupe keys, and the filter before them.

use super::*;

const SOURCE: NameId = NameId(7);
const NOON: Millis = Millis(1_795_003_200_000);

fn key(n: u64) -> [u8; 16] {
    let digest = hookgate_core::word::Digest::of(&n.to_be_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&digest.as_bytes()[..16]);
    key
}

fn hours_later(hours: i64) -> Millis {
    Millis(NOON.0 + hours * 3_600_000)
}

#[test]
fn a_written_key_is_always_sought_within_its_window() {
    let mut buckets = Buckets::new([], NOON);
    let keys: Vec<_> = (0..100_000).map(key).collect();
    buckets.wrote(keys.iter().map(|key| (SOURCE, key)));

    buckets.turn(hours_later(5));

    let since = buckets.hour().before(24);
    assert!(keys.iter().all(|key| buckets.may_hold(since, SOURCE, key)));
    assert!(!buckets.may_hold(buckets.hour().before(4), SOURCE, &keys[0]), "outside of the window");
}

#[test]
fn hardly_any_new_key_is_sought() {
    let mut buckets = Buckets::new([], NOON);
    let keys: Vec<_> = (0..100_000).map(key).collect();
    buckets.wrote(keys.iter().map(|key| (SOURCE, key)));

    let sought = (200_000..300_000).filter(|n| buckets.may_hold(buckets.hour(), SOURCE, &key(*n))).count();

    assert!(sought < 600, "{sought} of 100,000");
}

#[test]
fn a_bucket_found_at_start_is_always_looked_into() {
    let buckets = Buckets::new([Hour::of(NOON).before(3)], NOON);

    assert!(buckets.may_hold(buckets.hour().before(24), SOURCE, &key(1)));
    assert!(!buckets.may_hold(buckets.hour().before(2), SOURCE, &key(1)));
}

#[test]
fn a_filter_that_was_dropped_for_room_means_looking() {
    let mut buckets = Buckets::new([], NOON);
    buckets.wrote([(SOURCE, &key(1))]);
    buckets.turn(hours_later(1));

    buckets.forget_one_filter();

    assert!(buckets.may_hold(buckets.hour().before(1), SOURCE, &key(2)));
    assert!(!buckets.may_hold(buckets.hour(), SOURCE, &key(2)));
}

#[test]
fn a_clock_that_steps_back_returns_to_the_bucket_it_left() {
    let mut buckets = Buckets::new([], NOON);
    buckets.wrote([(SOURCE, &key(1))]);

    buckets.turn(hours_later(2));
    buckets.turn(NOON);

    assert_eq!(buckets.hour(), Hour::of(NOON));
    assert!(buckets.may_hold(buckets.hour(), SOURCE, &key(1)));
    assert_eq!(buckets.json(), format!("[{},{}]", Hour::of(NOON).0, Hour::of(NOON).0 + 2));
}
