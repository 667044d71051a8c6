//! A small generator (Marsaglia's xorshift64): the same numbers in every run.

/// Rolls numbers.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Begins with a seed; 0 would only ever roll 0 and is taken as 1.
    pub fn new(seed: u64) -> Dice {
        Dice(seed.max(1))
    }

    /// Rolls a number below the bound; below 1 only 0 is.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % (bound.max(1) as u64)) as usize
    }
}
