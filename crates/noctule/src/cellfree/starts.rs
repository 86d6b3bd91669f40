//! Where methods start.

use noctule_num::linalg::{Cholesky, Op, product};
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_num::{C64, CMat};

use super::{Beams, Instance, SYSTEM};
use crate::Error;

/// A sensing beam with less power than this is silent.
const SILENT: f64 = 1e-6;
/// Amplitude of what a silent beam gets of the best pattern.
const OF_THE_PATTERN: f64 = 0.1;
/// Amplitude of a direction of its own: small, since it points nowhere in particular.
const OF_ITS_OWN: f64 = 0.01;
/// Turn from one entry of such a direction to the next, radians: no fraction of a circle, so that no
/// two of them are orthogonal by accident.
const TURN: f64 = 2.4;
/// Power of the estimate over that of the noise added to it, where a start is perturbed.
const OVER_NOISE: f64 = 8.0;

/// A direction for every user, before powers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// `w_k = h_k`.
    Matched,
    /// Columns of `H (Hᴴ H + ε I)⁻¹`, with ε the error power and noise a user sees on average.
    Regularised,
    /// The same, each entry turned and scaled at random.
    Perturbed(u64),
}

/// The first `count` starts.
pub(super) fn default_starts(count: usize) -> impl Iterator<Item = Start> {
    (0..count).map(|index| match index {
        0 => Start::Regularised,
        1 => Start::Matched,
        _ => Start::Perturbed(index as u64 - 2),
    })
}

/// Data beams of a start, every access point at power `share` (or none where it hears nobody).
pub(super) fn data_beams(instance: &Instance, start: Start, share: f64) -> Result<CMat, Error> {
    let h = instance.scaled_channels();
    let mut w = match start {
        Start::Matched => h.clone(),
        Start::Regularised => regularised(instance, &h)?,
        Start::Perturbed(index) => {
            let base = regularised(instance, &h)?;
            let (seed, trial) = instance.draw().unwrap_or((0, 0));
            let mut rng = StreamKey::new(seed, SYSTEM, "start", index).trial(trial);
            // Columns of very different length would leave the weak users with noise alone.
            let mut w = base.clone();
            for k in 0..w.cols() {
                let norm = w.col(k).iter().map(C64::norm_sqr).sum::<f64>().sqrt();
                for z in w.col_mut(k) {
                    *z = *z / norm.max(f64::MIN_POSITIVE) * OVER_NOISE.sqrt()
                        + complex_normal(&mut rng, 1.0);
                }
            }
            w
        }
    };
    normalise_each(&mut w, instance.antennas(), share);
    Ok(w)
}

/// Scale the rows of every access point to power `share`.
pub(super) fn normalise_each(w: &mut CMat, antennas: usize, share: f64) {
    let users = w.cols();
    for ap in 0..w.rows() / antennas {
        let rows = ap * antennas..(ap + 1) * antennas;
        let power: f64 =
            (0..users).flat_map(|k| w.col(k)[rows.clone()].to_vec()).map(|z| z.norm_sqr()).sum();
        if power > 0.0 {
            let factor = (share / power).sqrt();
            for k in 0..users {
                w.col_mut(k)[rows.clone()].iter_mut().for_each(|z| *z *= factor);
            }
        }
    }
}

fn regularised(instance: &Instance, h: &CMat) -> Result<CMat, Error> {
    let users = h.cols();
    let mut gram = product(h, Op::Adjoint, h, Op::Plain);
    let n = instance.antennas();
    for k in 0..users {
        // Noise, and the estimation error at full power everywhere, a user's share of it.
        let covariance = &instance.parts().error[k];
        let spread: f64 = covariance
            .blocks
            .iter()
            .zip(&instance.parts().power_over_noise)
            .map(|(block, power)| (0..n).map(|i| block[(i, i)].re).sum::<f64>() / n as f64 * power)
            .sum();
        gram[(k, k)] += (1.0 + spread) * users as f64 / instance.aps() as f64;
    }
    let mut cholesky = Cholesky::new(users);
    cholesky.factor(&gram, "regularised Gram matrix of the channels")?;
    let mut right = CMat::identity(users);
    cholesky.solve_in_place(&mut right);
    Ok(product(h, Op::Plain, &right, Op::Plain))
}

/// Data beams at `share` of the power where something is sensed, with the sensing beams on the rest.
pub(super) fn shared(
    instance: &Instance,
    start: Start,
    share: f64,
    patterns: &[Option<CMat>],
) -> Result<Beams, Error> {
    Ok(beside(instance, data_beams(instance, start, 1.0)?, share, patterns))
}

/// Data beams at full power, at `share` of it where something is sensed, with the sensing beams on the rest.
pub(super) fn beside(
    instance: &Instance,
    mut data: CMat,
    share: f64,
    patterns: &[Option<CMat>],
) -> Beams {
    let n = instance.antennas();
    let mut sensing = vec![CMat::zeros(n, 0); instance.aps()];
    for (ap, pattern) in patterns.iter().enumerate() {
        let Some(factor) = pattern else { continue };
        for k in 0..data.cols() {
            data.col_mut(k)[ap * n..(ap + 1) * n].iter_mut().for_each(|z| *z *= share.sqrt());
        }
        let mut factor = factor.clone();
        factor.scale((1.0 - share).max(0.0).sqrt());
        sensing[ap] = factor;
    }
    Beams { data, sensing }
}

/// The same beams with some power in every sensing beam: beams of zero never leave zero. Silent ones
/// get a share of the column of `factors`, the best pattern, or where it has none left a direction of
/// their own.
pub(super) fn lively(beams: &Beams, factors: &[Option<CMat>], streams: usize) -> Beams {
    let mut out = beams.clone();
    for (ap, factor) in factors.iter().enumerate() {
        let Some(factor) = factor else { continue };
        let old = &beams.sensing[ap];
        let n = factor.rows();
        let power = |s: usize| old.col(s).iter().map(C64::norm_sqr).sum::<f64>();
        out.sensing[ap] = CMat::from_fn(n, streams, |i, s| {
            let silent = s >= old.cols() || power(s) < SILENT;
            match (silent, s < factor.cols()) {
                (false, _) => old[(i, s)],
                (true, true) => factor[(i, s)] * OF_THE_PATTERN,
                (true, false) => {
                    let phase = TURN * (i * (s + 1)) as f64 + (i * i) as f64;
                    C64::from_polar(OF_ITS_OWN / (n as f64).sqrt(), phase)
                }
            }
        });
    }
    out
}
