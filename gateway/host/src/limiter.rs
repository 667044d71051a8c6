//! Counts what one call's memories and tables hold together, and refuses what is too much.

use wasmtime::ResourceLimiter;

/// Bytes of one table element on every 64-bit machine.
const TABLE_ELEMENT_BYTES: usize = 8;

/// The bound of one call, and what it came to.
#[derive(Debug)]
pub(crate) struct Limiter {
    bytes_max: usize,
    bytes: usize,
    refused: bool,
    grew: bool,
}

impl Limiter {
    /// Makes a limiter for one call.
    pub(crate) fn new(bytes_max: usize) -> Limiter {
        Limiter { bytes_max, bytes: 0, refused: false, grew: false }
    }

    /// Tells whether something was refused. The guest itself sees only that it got no memory, and traps in
    /// whatever way its language does.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    /// Tells whether a memory grew beyond what it began with.
    pub(crate) fn grew(&self) -> bool {
        self.grew
    }

    /// Returns what all memories and tables hold together, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the bound, in bytes.
    pub(crate) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    fn grant(&mut self, more: usize) -> bool {
        match self.bytes.checked_add(more) {
            Some(bytes) if bytes <= self.bytes_max => {
                self.bytes = bytes;
                true
            }
            Some(_) | None => {
                self.refused = true;
                false
            }
        }
    }
}

impl ResourceLimiter for Limiter {
    /// Asked for every memory when it begins (from 0), and before it grows.
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.grew |= current > 0 && desired > current;
        Ok(self.grant(desired.saturating_sub(current)))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grant(desired.saturating_sub(current).saturating_mul(TABLE_ELEMENT_BYTES)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_holds_over_all_memories_and_tables_together() {
        let mut limiter = Limiter::new(1000);

        assert!(limiter.memory_growing(0, 600, None).expect("never an error"));
        assert!(limiter.table_growing(0, 50, None).expect("never an error"));
        assert!(!limiter.refused() && !limiter.grew());
        assert!(!limiter.memory_growing(0, 1, None).expect("never an error"));

        assert!(limiter.refused());
    }

    #[test]
    fn what_does_not_fit_an_integer_is_refused() {
        let mut limiter = Limiter::new(usize::MAX);

        assert!(limiter.memory_growing(0, 8, None).expect("never an error"));
        assert!(!limiter.table_growing(0, usize::MAX, None).expect("never an error"));
    }

    #[test]
    fn growth_is_seen_and_a_beginning_is_not_growth() {
        let mut limiter = Limiter::new(1000);

        assert!(limiter.memory_growing(0, 100, None).expect("never an error"));
        assert!(!limiter.grew());
        assert!(limiter.memory_growing(100, 200, None).expect("never an error"));

        assert!(limiter.grew());
    }
}
