//! Patience with an end: what is awaited has a name and a deadline, so that a test fails instead of hanging.

use std::future::Future;
use std::time::{Duration, Instant};

/// Between two looks at first; then twice as long each time.
const PAUSE: Duration = Duration::from_millis(5);
/// Between two looks at most.
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// Looks again and again, for things that tell nobody when they happen, until `look` returns something.
///
/// # Panics
/// It does not within `limit`.
pub async fn eventually<T>(what: &str, limit: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    let mut pause = PAUSE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Waits for something that tells when it happens.
///
/// # Panics
/// It does not within `limit`.
pub async fn within<T>(what: &str, limit: Duration, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(limit, future).await {
        Ok(done) => done,
        Err(_) => panic!("{what}: not within {limit:?}"),
    }
}
