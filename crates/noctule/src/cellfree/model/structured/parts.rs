//! What of the error covariances matters.

use noctule_num::CMat;
use noctule_num::linalg::real_dot;

use crate::cellfree::Instance;

/// What is left out of a user's covariance may change its rate by at most this many nats: factors
/// that carry less, and the part of blocks that is not a multiple of the identity. Reflections twice
/// weakened by path loss are a thousand times below it.
const NEGLIGIBLE: f64 = 1e-8;

/// Covariance blocks of one access point, for all users.
#[derive(Clone, Debug)]
pub(super) enum Blocks {
    /// Multiples of the identity.
    Scalar(Vec<f64>),
    Dense(Vec<CMat>),
}

/// Channels and those factors of the error covariances that matter, scaled by the powers.
pub(super) fn directions(instance: &Instance, neglected: &mut f64) -> (CMat, Vec<usize>, Vec<f64>) {
    let n = instance.antennas();
    let channels = instance.scaled_channels();
    let mut columns = channels.as_slice().to_vec();
    let mut owner: Vec<usize> = (0..instance.users()).collect();
    let mut weight = vec![1.0; instance.users()];
    for (k, covariance) in instance.parts().error.iter().enumerate() {
        let factors = instance.scaled(&covariance.factors);
        let kept = kept_factors(&factors, &covariance.weights, n, neglected);
        for c in kept {
            columns.extend_from_slice(factors.col(c));
            owner.push(k);
            weight.push(covariance.weights[c]);
        }
    }
    let count = owner.len();
    let matrix = CMat::from_columns(channels.rows(), count, columns).unwrap_or(channels);
    (matrix, owner, weight)
}

/// Which factors of a user matter. The weakest are left out while half of what may be neglected lasts.
fn kept_factors(factors: &CMat, weights: &[f64], n: usize, neglected: &mut f64) -> Vec<usize> {
    // What a factor can add to the interference of its user.
    let mut reach: Vec<(f64, usize)> = (0..factors.cols())
        .map(|c| {
            let norms = factors.col(c).chunks_exact(n).map(|u| real_dot(u, u).sqrt());
            (weights[c].abs() * norms.sum::<f64>().powi(2), c)
        })
        .collect();
    reach.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut left = 0.5 * NEGLIGIBLE;
    let mut kept: Vec<usize> = Vec::new();
    for (reach, c) in reach {
        if reach <= left {
            left -= reach;
            *neglected += reach;
        } else {
            kept.push(c);
        }
    }
    kept.sort_unstable();
    kept
}

/// The blocks of an access point for all users. The other half of what may be neglected, shared by the
/// access points, makes multiples of the identity of them.
pub(super) fn blocks(instance: &Instance, ap: usize, neglected: &mut f64) -> Blocks {
    let power = instance.parts().power_over_noise[ap];
    let each = 0.5 * NEGLIGIBLE / instance.aps() as f64;
    let all = instance.parts().error.iter().map(|covariance| &covariance.blocks[ap]);
    let near: Vec<(f64, f64)> = all
        .clone()
        .map(|block| {
            let (away, mean) = away_from_identity(block);
            (away * power, mean * power)
        })
        .collect();
    if near.iter().all(|(away, _)| *away <= each) {
        *neglected += near.iter().map(|(away, _)| away).sum::<f64>();
        return Blocks::Scalar(near.into_iter().map(|(_, mean)| mean).collect());
    }
    Blocks::Dense(
        all.map(|block| {
            let mut block = block.clone();
            block.scale(power);
            block
        })
        .collect(),
    )
}

/// The Frobenius norm of the part of a matrix that is not a multiple of the identity, and that
/// multiple.
fn away_from_identity(block: &CMat) -> (f64, f64) {
    let n = block.rows();
    let mean = (0..n).map(|i| block[(i, i)].re).sum::<f64>() / n as f64;
    let mut away = 0.0;
    for j in 0..n {
        for i in 0..n {
            let target = if i == j { mean } else { 0.0 };
            away += (block[(i, j)] - target).norm_sqr();
        }
    }
    (away.sqrt(), mean)
}
