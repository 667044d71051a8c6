//! Dice that fall the same way for the same seed. The seed is printed, and `HOOKGATE_TEST_SEED` sets it.

use std::ops::Range;

/// Returns `HOOKGATE_TEST_SCALE`, by which long stories are made longer, such as over night; 1 without it.
///
/// # Panics
/// It is no whole number.
pub fn scale() -> u64 {
    let given = std::env::var("HOOKGATE_TEST_SCALE").ok();
    given.map_or(1, |text| text.parse().expect("HOOKGATE_TEST_SCALE is a whole number"))
}

/// A source of chance: SplitMix64 (Steele, Lea and Flood, 2014), good enough to choose moments.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Takes the seed of the environment, else `seed`, and prints it for the one who has to repeat the run.
    pub fn of(story: &str, seed: u64) -> Dice {
        let given = std::env::var("HOOKGATE_TEST_SEED").ok();
        let seed = given.map_or(seed, |text| text.parse().expect("HOOKGATE_TEST_SEED is a whole number"));
        println!("{story}: seed {seed}; HOOKGATE_TEST_SEED={seed} repeats it");
        Dice(seed)
    }

    /// Returns dice of their own for a part of the story, so that its rolls do not depend on the others.
    pub fn part(&self, number: u64) -> Dice {
        let mut dice = Dice(self.0 ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93));
        dice.roll();
        dice
    }

    /// Returns 64 random bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number of the range, which is not empty.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.roll() % (range.end - range.start)
    }

    /// Tells whether one of `of` equal chances came true.
    pub fn one_in(&mut self, of: u64) -> bool {
        self.roll().is_multiple_of(of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_the_same_way() {
        let mut one = Dice(7);
        let mut two = one.clone();

        let rolls: Vec<u64> = (0..100).map(|_| one.within(5..9)).collect();

        assert!(rolls.iter().all(|roll| (5..9).contains(roll)));
        assert_eq!(rolls, (0..100).map(|_| two.within(5..9)).collect::<Vec<_>>());
        assert_ne!(Dice(7).part(1).roll(), Dice(7).part(2).roll());
    }

    #[test]
    fn the_first_numbers_are_those_of_the_reference() {
        // SplitMix64's reference implementation with the seed 1234567.
        let mut dice = Dice(1_234_567);

        assert_eq!([dice.roll(), dice.roll()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }
}
