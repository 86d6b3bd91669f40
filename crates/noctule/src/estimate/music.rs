//! MUSIC: multiple signal classification of one source.

use noctule_num::linalg::{HermitianEigen, Op, dot, product};
use noctule_num::{C64, CMat};
use noctule_optim::scalar::brent;
use noctule_phy::centred_array::CentredArray;

use crate::Error;

/// The spatial frequency in `[−1, 1]` of one source from echoes, sensors × snapshots.
///
/// The direction whose response lies furthest in the signal subspace, the leading eigenvector of the
/// sample covariance: a grid of eight points for each beam, then Brent's method. MUSIC does not know
/// the waveforms; with independent Gaussian ones its own bound is larger than that of known
/// waveforms by the factor `1 + 1/(N_r SNR)`.
///
/// # Errors
/// When the echoes are not finite.
pub fn music_frequency(echoes: &CMat) -> Result<f64, Error> {
    let covariance = product(echoes, Op::Plain, echoes, Op::Adjoint);
    let mut eigen = HermitianEigen::new(covariance.rows());
    eigen.compute(&covariance)?;
    let signal: Vec<C64> = eigen.vectors().col(covariance.rows() - 1).to_vec();
    let array = CentredArray::new(signal.len());
    let inside = |x: f64| dot(&array.response(x), &signal).norm_sqr();
    Ok(peak(8 * signal.len(), inside))
}

/// The argument of the largest value of a function of period 2: a grid, then Brent's method.
pub(crate) fn peak(grid: usize, f: impl Fn(f64) -> f64) -> f64 {
    let step = 2.0 / grid as f64;
    let mut best = (f64::NEG_INFINITY, 0.0);
    for i in 0..grid {
        let x = -1.0 + step * i as f64;
        let value = f(x);
        if value > best.0 {
            best = (value, x);
        }
    }
    refined(best.1, step, f)
}

/// The argument of the largest value next to a point of a grid.
pub(crate) fn refined(x: f64, step: f64, f: impl Fn(f64) -> f64) -> f64 {
    brent(x - step, x + step, 1e-9, |x| -f(x)).x
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{StreamKey, complex_normal};
    use noctule_phy::centred_array::wrap;

    #[test]
    fn a_source_without_noise_is_found() {
        let mut rng = StreamKey::new(1, "test", "music", 0).trial(0);
        for truth in [-0.999, -0.3, 0.0, 0.123, 0.97] {
            let a = CentredArray::new(8).response(truth);
            let s: Vec<C64> = (0..20).map(|_| complex_normal(&mut rng, 1.0)).collect();
            let echoes = CMat::from_fn(8, 20, |i, t| a[i] * s[t]);
            let found = music_frequency(&echoes).unwrap();
            assert!(wrap(found - truth).abs() < 1e-6, "{truth} {found}");
        }
    }
}
