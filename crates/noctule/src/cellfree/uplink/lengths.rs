//! The lengths of the downlink's beams.

use super::value::Value;

/// Squared lengths `q` of the beams `√q_k B⁻¹ h_k` with the SINRs of the uplink, at the point evaluated
/// last. Zero for users that send nothing; none where the equations have no positive solution.
pub(super) fn of(value: &Value, powers: &[f64]) -> Option<Vec<f64>> {
    let users = value.users;
    let served: Vec<usize> = (0..users).filter(|&k| powers[k] > 0.0).collect();
    let n = served.len();
    // A row for each served user: its signal over its SINR is interference, errors and noise.
    let mut rows: Vec<f64> = Vec::with_capacity(n * n);
    for &k in &served {
        for &j in &served {
            let heard = value.seen[(k, j)].norm_sqr();
            let errors: f64 =
                (0..value.aps).map(|ap| value.spread(ap, k) * value.share[ap * users + j]).sum();
            let missed = value.missed[k];
            let signal = heard * missed / (1.0 - missed);
            rows.push(if k == j { signal - errors } else { -heard - errors });
        }
    }
    let mut solved = vec![1.0; n];
    eliminate(&mut rows, &mut solved)?;
    let mut out = vec![0.0; users];
    for (&k, &length) in served.iter().zip(&solved) {
        if !(length > 0.0 && length.is_finite()) {
            return None;
        }
        out[k] = length;
    }
    Some(out)
}

/// Gauss without pivots, which M-matrices do not need; none where this is none.
fn eliminate(rows: &mut [f64], right: &mut [f64]) -> Option<()> {
    let n = right.len();
    for pivot in 0..n {
        let own = rows[pivot * n + pivot];
        if own.is_nan() || own <= 0.0 {
            return None;
        }
        for i in pivot + 1..n {
            let factor = rows[i * n + pivot] / own;
            for j in pivot..n {
                rows[i * n + j] -= factor * rows[pivot * n + j];
            }
            right[i] -= factor * right[pivot];
        }
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|j| rows[i * n + j] * right[j]).sum();
        right[i] = (right[i] - known) / rows[i * n + i];
    }
    Some(())
}
