//! Random channels.

use noctule_num::CMat;
use noctule_num::rng::{StreamKey, complex_normal};

/// Independent Rayleigh fading: entries CN(0, 1), antennas × users.
///
/// Every user draws from a stream of its own, so that the channels of four users are the first
/// four of eight; the antennas of a user are drawn in order, so that a larger array extends a
/// smaller one.
pub fn rayleigh(seed: u64, system: &str, trial: u64, antennas: usize, users: usize) -> CMat {
    let mut channels = CMat::zeros(antennas, users);
    for user in 0..users {
        let mut rng = StreamKey::new(seed, system, "channel", user as u64).trial(trial);
        channels.col_mut(user).fill_with(|| complex_normal(&mut rng, 1.0));
    }
    channels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_users_and_antennas_are_a_part_of_more() {
        let large = rayleigh(1, "test", 5, 8, 6);
        let small = rayleigh(1, "test", 5, 4, 3);
        for user in 0..3 {
            assert_eq!(small.col(user), &large.col(user)[..4]);
        }
        assert_ne!(rayleigh(1, "test", 6, 4, 3), small);
        assert_ne!(rayleigh(2, "test", 5, 4, 3), small);
    }

    #[test]
    fn unit_mean_gain() {
        let gain = rayleigh(3, "test", 0, 200, 200).norm_sqr() / 40_000.0;
        assert!((gain - 1.0).abs() < 5.0 / 200.0, "{gain}");
    }
}
