//! Random streams that depend on what is drawn, never on when or where.
//!
//! A stream is named by (seed, system, purpose, entity, trial): the channel of user 3 in trial 17
//! is the same whether four users are simulated or eight, on one thread or on sixty-four, today
//! or after a restart. The generator is ChaCha8; its key is a SHA-256 digest of the name, the
//! trial selects one of its 2⁶⁴ streams. Normal numbers are drawn by the ziggurat of
//! `rand_distr`, whose version is pinned: the first values are a test.
//!
//! ```
//! use noctule_num::rng::{StreamKey, complex_normal};
//! let key = StreamKey::new(1, "beamforming", "channel", 3);
//! let mut rng = key.trial(17);
//! let h = complex_normal(&mut rng, 1.0);
//! assert_eq!(h, complex_normal(&mut key.trial(17), 1.0));
//! assert_ne!(h, complex_normal(&mut key.trial(18), 1.0));
//! ```

pub use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

use crate::{C64, sha256};

/// The name of a family of streams, one for each trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamKey([u8; 32]);

impl StreamKey {
    /// The streams of `entity` (user, target, access point, start) for one `purpose` (channel,
    /// position, noise) of one `system` under one `seed`.
    pub fn new(seed: u64, system: &str, purpose: &str, entity: u64) -> Self {
        let mut name = Vec::new();
        // Each part with its length, so that no two names share a byte string.
        for part in ["noctule-rng/1", system, purpose] {
            name.extend((part.len() as u64).to_le_bytes());
            name.extend(part.as_bytes());
        }
        name.extend(seed.to_le_bytes());
        name.extend(entity.to_le_bytes());
        Self(sha256::digest(&name))
    }

    /// The stream of one trial, from its beginning.
    pub fn trial(&self, trial: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::from_seed(self.0);
        rng.set_stream(trial);
        rng
    }
}

/// A standard normal number.
pub fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// A circularly symmetric complex normal number CN(0, `variance`): real and imaginary parts are
/// independent with variance `variance / 2` each.
pub fn complex_normal(rng: &mut ChaCha8Rng, variance: f64) -> C64 {
    let scale = (variance / 2.0).sqrt();
    let re = normal(rng);
    let im = normal(rng);
    C64::new(re * scale, im * scale)
}

/// A number uniform in `[low, high)`.
pub fn uniform(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The first numbers of one stream. Should they ever change, every published result does.
    const PINNED: [f64; 16] = [
        0.47866101885229956,
        0.7946085049255583,
        0.4033290111940068,
        -0.20200656227858768,
        -1.8567459344817314,
        0.9153797028397112,
        -0.2531731441718016,
        -0.9766798741495154,
        -1.0260380690532138,
        -0.20310665613342713,
        1.1128869129462458,
        0.6367446608717409,
        0.6958467808893211,
        -0.13401432264778831,
        -1.1851756181290227,
        -0.06972974291067152,
    ];

    #[test]
    fn names_do_not_collide() {
        let mut seen = BTreeSet::new();
        for (system, purpose) in [("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", "")] {
            for entity in 0..3 {
                for seed in 0..3 {
                    assert!(seen.insert(StreamKey::new(seed, system, purpose, entity).0));
                }
            }
        }
    }

    #[test]
    fn the_sampler_is_pinned() {
        let mut rng = StreamKey::new(1, "beamforming", "channel", 0).trial(0);
        for expected in PINNED {
            assert_eq!(normal(&mut rng).to_bits(), f64::to_bits(expected));
        }
    }

    /// Two crates have the same generator: whichever is used, the numbers stay.
    #[test]
    fn the_generator_is_that_of_the_crate_rand_chacha() {
        use rand::{Rng as _, SeedableRng as _};
        let key = StreamKey::new(7, "test", "generator", 2);
        for trial in [0, 1, 17, u64::from(u32::MAX) + 3, u64::MAX] {
            let mut ours = key.trial(trial);
            let mut theirs = rand_chacha::ChaCha8Rng::from_seed(key.0);
            theirs.set_stream(trial);
            // 64 and 32 bits in turn, over the seams of blocks and of buffers.
            for index in 0..700 {
                assert_eq!(ours.next_u64(), theirs.next_u64(), "{trial} {index}");
                if index % 3 == 0 {
                    assert_eq!(ours.next_u32(), theirs.next_u32(), "{trial} {index}");
                }
            }
        }
    }

    #[test]
    fn moments_of_complex_normals() {
        let mut rng = StreamKey::new(3, "test", "moments", 0).trial(0);
        let n = 200_000;
        let (mut mean, mut power, mut pseudo) = (C64::ZERO, 0.0, C64::ZERO);
        for _ in 0..n {
            let z = complex_normal(&mut rng, 2.0);
            mean += z;
            power += z.norm_sqr();
            pseudo += z * z;
        }
        let n = f64::from(n);
        // Five standard errors of each mean: √(2/n), 2/√n, 2/√n.
        assert!((mean / n).norm() < 5.0 * (2.0 / n).sqrt());
        assert!((power / n - 2.0).abs() < 5.0 * 2.0 / n.sqrt());
        assert!((pseudo / n).norm() < 5.0 * 2.0 / n.sqrt());
    }

    #[test]
    fn uniform_stays_inside() {
        let mut rng = StreamKey::new(3, "test", "uniform", 0).trial(1);
        assert!((0..1000).map(|_| uniform(&mut rng, -2.0, 3.0)).all(|x| (-2.0..3.0).contains(&x)));
    }
}
