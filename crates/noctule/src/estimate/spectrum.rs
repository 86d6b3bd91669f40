//! What an array sees in all directions of a grid at once.

use std::f64::consts::{PI, TAU};

use noctule_num::C64;

/// `a(x)ᴴ v` of a centred array at the spatial frequencies `x_i = −1 + 2i/points`; `points` is a power
/// of two and no smaller than the array.
///
/// With the phases of the first frequency taken out this is a discrete Fourier transform: it costs
/// O(points log points) where the definition costs O(points · elements).
pub(crate) fn spectrum(v: &[C64], points: usize) -> Vec<C64> {
    debug_assert!(points.is_power_of_two() && points >= v.len(), "the grid holds the array");
    let middle = (v.len() as f64 - 1.0) / 2.0;
    let mut out = vec![C64::ZERO; points];
    for (n, (out, v)) in out.iter_mut().zip(v).enumerate() {
        *out = v * C64::from_polar(1.0, PI * (n as f64 - middle));
    }
    transform(&mut out);
    for (i, out) in out.iter_mut().enumerate() {
        *out *= C64::from_polar(1.0, TAU * (i as f64 * middle / points as f64).fract());
    }
    out
}

/// The discrete Fourier transform `Σ_n x_n e^{−j2πin/N}` in place, N a power of two: decimation in
/// time, twiddle factors from a table.
fn transform(x: &mut [C64]) {
    let count = x.len();
    let shift = usize::BITS - count.trailing_zeros();
    if count < 2 {
        return;
    }
    for i in 0..count {
        let j = i.reverse_bits() >> shift;
        if i < j {
            x.swap(i, j);
        }
    }
    let turns: Vec<C64> =
        (0..count / 2).map(|k| C64::from_polar(1.0, -TAU * k as f64 / count as f64)).collect();
    let mut half = 1;
    while half < count {
        let stride = count / (2 * half);
        for block in x.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                let turned = *b * turns[k * stride];
                (*a, *b) = (*a + turned, *a - turned);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::linalg::dot;
    use noctule_num::rng::{StreamKey, complex_normal};
    use noctule_phy::centred_array::CentredArray;

    #[test]
    fn the_grid_is_what_responses_see() {
        let mut rng = StreamKey::new(1, "test", "spectrum", 0).trial(0);
        for (elements, points) in [(1, 1), (1, 8), (2, 2), (7, 64), (8, 8), (33, 512), (100, 128)] {
            let v: Vec<C64> = (0..elements).map(|_| complex_normal(&mut rng, 1.0)).collect();
            let array = CentredArray::new(elements);
            for (i, found) in spectrum(&v, points).into_iter().enumerate() {
                let x = -1.0 + 2.0 * i as f64 / points as f64;
                let expected = dot(&array.response(x), &v);
                assert!((found - expected).norm() < 1e-11, "{elements} {points} {i}");
            }
        }
    }
}
