//! Small real matrices by textbook methods, for the witness alone.

use std::f64::consts::TAU;

use noctule_num::C64;

use crate::beamforming::{Instance, Target};

/// Rows of a real matrix.
pub(super) type Matrix = Vec<Vec<f64>>;
/// The inverse of one.
pub(super) type Inverse = Matrix;

/// The response of an array towards a target; the transmit array where `sends`.
pub(super) fn response(instance: &Instance, one: &Target, sends: bool) -> Vec<C64> {
    let positions = positions(instance, sends);
    let scale = match instance.unit_modulus_steering() {
        true => 1.0,
        false => 1.0 / (positions.len() as f64).sqrt(),
    };
    let (azimuth, polar) = (one.azimuth_rad, one.polar_rad);
    let towards = [azimuth.cos() * polar.sin(), azimuth.sin() * polar.sin(), polar.cos()];
    let phase = |p: &[f64; 3]| TAU * (p[0] * towards[0] + p[1] * towards[1] + p[2] * towards[2]);
    positions.iter().map(|p| (C64::new(0.0, 1.0) * phase(p)).exp() * scale).collect()
}

/// Positions of the elements in wavelengths: as given, or half a wavelength apart in the plane x = 0.
fn positions(instance: &Instance, sends: bool) -> Vec<[f64; 3]> {
    let (shapes, parts) = (instance.shapes(), instance.parts());
    let (own, planar) = match sends {
        true => (&shapes.transmit, parts.transmit_array),
        false => (&shapes.receive, parts.receive_array),
    };
    if let Some(own) = own {
        return own.positions.clone();
    }
    let mut out = Vec::new();
    for h in 0..planar.horizontal {
        for v in 0..planar.vertical {
            out.push([0.0, h as f64 / 2.0, v as f64 / 2.0]);
        }
    }
    out
}

/// A complex Hermitian matrix as the real symmetric one of twice its size, which has every eigenvalue
/// twice.
pub(super) fn doubled(n: usize, entry: impl Fn(usize, usize) -> C64) -> Matrix {
    let mut out = vec![vec![0.0; 2 * n]; 2 * n];
    for i in 0..n {
        for j in 0..n {
            let z = entry(i, j);
            (out[i][j], out[n + i][n + j]) = (z.re, z.re);
            (out[i][n + j], out[n + i][j]) = (-z.im, z.im);
        }
    }
    out
}

/// A⁻¹ of a positive definite matrix by Gauss–Jordan elimination with the diagonal scaled to one;
/// `None` where it is singular to working precision.
pub(super) fn inverse_of(mut a: Matrix) -> Option<Inverse> {
    let n = a.len();
    let scale: Vec<f64> = (0..n).map(|i| a[i][i].sqrt()).collect();
    for i in 0..n {
        for j in 0..n {
            a[i][j] /= scale[i] * scale[j];
        }
        let mut unit = vec![0.0; n];
        unit[i] = 1.0;
        a[i].extend(unit);
    }
    for pivot in 0..n {
        let best = (pivot..n).max_by(|&i, &j| a[i][pivot].abs().total_cmp(&a[j][pivot].abs()))?;
        a.swap(pivot, best);
        let value = a[pivot][pivot];
        // Pivots of a unit-diagonal matrix below this mean bounds of 10¹² and more.
        if value.is_nan() || value.abs() < 1e-12 {
            return None;
        }
        a[pivot].iter_mut().for_each(|x| *x /= value);
        let row = a[pivot].clone();
        for (i, other) in a.iter_mut().enumerate() {
            if i != pivot {
                let factor = other[pivot];
                other.iter_mut().zip(&row).for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    // as a whole bounds count as regular up to 10¹² times those of each parameter alone
    if (0..n).any(|i| a[i][n + i].is_nan() || a[i][n + i] > 1e12) {
        return None;
    }
    let entry = |i: usize, j: usize| a[i][n + j] / (scale[i] * scale[j]);
    let out: Matrix = (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect();
    let finite = out.iter().flatten().all(|x| x.is_finite());
    finite.then_some(out)
}

/// What rounding may have moved the diagonal of F⁻¹ by, where entry ij of F is known to `unit · √(F_ii F_jj)`: of
/// first order `|δ[F⁻¹]_ii| ≤ unit · (Σ_j |[F⁻¹]_ij| √F_jj)²`.
pub(super) fn blurred(fisher: &Matrix, inverse: &Inverse, unit: f64) -> Vec<f64> {
    let roots: Vec<f64> = (0..fisher.len()).map(|i| fisher[i][i].sqrt()).collect();
    let reach = |row: &Vec<f64>| row.iter().zip(&roots).map(|(x, r)| x.abs() * r).sum::<f64>();
    inverse.iter().map(|row| unit * reach(row).powi(2)).collect()
}

/// Whether F is within a factor of ten of what counts as singular, bounds of 10¹² where it has a unit diagonal, so
/// that another way of computing it may find that it is, or is not.
pub(super) fn on_the_edge(fisher: &Matrix, inverse: &Inverse) -> bool {
    (0..fisher.len()).any(|i| fisher[i][i] * inverse[i][i] > 1e11)
}

/// log det of a positive definite matrix by elimination.
pub(super) fn determinant(mut a: Matrix) -> f64 {
    let n = a.len();
    let mut sum = 0.0;
    for i in 0..n {
        sum += a[i][i].ln();
        let row = a[i].clone();
        for other in a.iter_mut().skip(i + 1) {
            let factor = other[i] / row[i];
            other.iter_mut().zip(&row).for_each(|(x, y)| *x -= factor * y);
        }
    }
    sum
}

/// Eigenvalues of a symmetric matrix by Jacobi's rotations.
pub(super) fn eigenvalues(mut a: Matrix) -> Vec<f64> {
    let n = a.len();
    for _ in 0..60 {
        let off: f64 =
            (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j].powi(2)).sum();
        let diagonal: f64 = (0..n).map(|i| a[i][i].powi(2)).sum();
        if off <= 1e-30 * diagonal {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = 0.5 * (2.0 * a[p][q]).atan2(a[q][q] - a[p][p]);
                let (s, c) = theta.sin_cos();
                for row in &mut a {
                    let (x, y) = (row[p], row[q]);
                    (row[p], row[q]) = (c * x - s * y, s * x + c * y);
                }
                let (upper, lower) = a.split_at_mut(q);
                for (x, y) in upper[p].iter_mut().zip(&mut lower[0]) {
                    (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                }
            }
        }
    }
    (0..n).map(|i| a[i][i]).collect()
}
