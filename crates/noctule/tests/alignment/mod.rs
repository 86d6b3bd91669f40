//! Whether a channel lies along a steering vector, in the convention of docs/conventions.md.

use noctule::C64;

/// |aᴴb| over the norms: one for vectors in one direction.
pub(crate) fn cosine(a: &[C64], b: &[C64]) -> f64 {
    let norm = |x: &[C64]| x.iter().map(C64::norm_sqr).sum::<f64>().sqrt();
    a.iter().zip(b).map(|(a, b)| a.conj() * b).sum::<C64>().norm() / (norm(a) * norm(b))
}

/// a(θ, φ) as docs/conventions.md has it.
pub(crate) fn steering(horizontal: usize, vertical: usize, azimuth: f64, polar: f64) -> Vec<C64> {
    let (h, v) = (azimuth.sin() * polar.sin(), polar.cos());
    (0..horizontal * vertical)
        .map(|n| (n / vertical) as f64 * h + (n % vertical) as f64 * v)
        .map(|turns| C64::from_polar(1.0, std::f64::consts::PI * turns))
        .collect()
}
