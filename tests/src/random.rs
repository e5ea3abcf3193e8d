//! Random moments that come again with the same seed.

use std::time::Duration;

/// Numbers of a seed: `VARANUS_TEST_SEED`, or a new one, which is printed.
pub struct Random(u64);

impl Random {
    /// Of the seed that is set, or of the clock.
    pub fn new() -> Self {
        let set = std::env::var("VARANUS_TEST_SEED").ok();
        let seed = match set {
            Some(seed) => seed.parse().expect("VARANUS_TEST_SEED is a number"),
            None => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(1, |since| since.subsec_nanos().into()),
        };
        println!("VARANUS_TEST_SEED={seed} gives these moments again");
        Self(seed)
    }

    /// The next one (SplitMix64).
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    /// A moment before a time is over.
    pub fn within(&mut self, time: Duration) -> Duration {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1);
        Duration::from_nanos(self.number() % nanos)
    }
}

impl Default for Random {
    fn default() -> Self {
        Self::new()
    }
}
