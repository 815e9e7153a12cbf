//! A generator of our own: the same numbers for a seed for ever, on every machine.

/// SplitMix64 (Steele, Lea, Flood 2014). Small, fast and good enough to choose accidents with.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        // Seeds are counted from 0: mixed once, so that neighbours have nothing in common.
        let mut random = Self(seed ^ 0x5EED_BA21_57E2_0001);
        random.next();
        random
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to below `n`; 0 for `n` = 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.next() % n as u64) as usize }
    }

    /// Both ends included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// True in so many cases of a thousand.
    pub(super) fn permille(&mut self, n: u64) -> bool {
        self.next() % 1000 < n
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        if of.is_empty() { None } else { Some(&of[self.below(of.len())]) }
    }
}

#[test]
fn a_seed_gives_the_same_numbers_for_ever() {
    let mut random = Random::new(1);
    let drawn: Vec<u64> = (0..4).map(|_| random.between(0, 999)).collect();
    assert_eq!(drawn, FIRST_OF_SEED_1);
}

#[cfg(test)]
const FIRST_OF_SEED_1: [u64; 4] = [234, 202, 663, 880];
