//! Rounding is bounded, eigenvalues are what they are, and boxes cover only what they cover.

use super::ball::{Ball, Matrix, below, inner, largest, sum};
use super::cover::covers;
use super::packed::{Packed, below_all};

#[test]
fn radii_hold_what_rounding_loses() {
    // 1/3 and its sums, in units in which the truth is a whole number.
    let third = Ball::real(1.0).over(Ball::real(3.0)).unwrap();
    let whole = sum((0..3000).map(|_| third));
    assert!(whole.lower() <= 1000.0 && 1000.0 <= whole.upper());
    assert!(whole.upper() - whole.lower() < 1e-9);
    let one = (Ball::real(7.0).ln().unwrap() - Ball::real(7.0).ln().unwrap()).upper();
    assert!((0.0..1e-14).contains(&one));
    let (turned, back) = (Ball::real(0.7).turned(), Ball::real(-0.7).turned());
    let unit = turned * back;
    assert!(unit.lower() <= 1.0 && 1.0 <= unit.upper() && unit.rad < 1e-14);
    assert!(Ball::real(1.0).over(Ball::ZERO).is_err() && Ball::ZERO.ln().is_err());
    assert!(Ball::real(-1.0).sqrt().is_err() && Ball::real(f64::NAN).ln().is_err());
}

/// A Hermitian matrix of order two with the eigenvalues 1 and 3.
fn known() -> Matrix {
    let off = Ball::exact(0.6, -0.8);
    Matrix::of(2, 2, |i, j| match (i, j) {
        (0, 1) => off,
        (1, 0) => off.conj(),
        _ => Ball::real(2.0),
    })
}

#[test]
fn eigenvalues_are_bounded_from_the_right_side_only() {
    assert!(below(3.0 + 1e-12, &known()) && !below(3.0 - 1e-15, &known()));
    assert!(!below(3.0, &known()), "what rounding could hide is not proven");
    assert!((largest(&known()).unwrap() - 3.0).abs() < 1e-12);
    // A ball holds matrices with larger eigenvalues.
    let mut wide = known();
    wide.entries[1].rad = 0.1;
    assert!(!below(3.0 + 1e-3, &wide) && below(3.0 + 0.2, &wide));
    let mut broken = known();
    broken.entries[0].re = f64::NAN;
    assert!(!below(1e300, &broken) && largest(&broken).is_err());
    broken.entries[0].re = f64::INFINITY;
    assert!(!below(1e300, &broken));
}

/// Numbers that look random, between −1 and 1.
fn noise(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as f64 / f64::from(1_u32 << 30) - 1.0
}

/// Entries are multiples of 2⁻³⁰, so that the true sum of products is a whole number of 2⁻⁶⁰.
#[test]
fn sums_of_products_are_within_their_radius_and_near_it() {
    let mut seed = 11;
    let whole = |x: f64| (x * f64::from(1_u32 << 30)) as i128;
    for n in [1, 2, 7, 64, 300] {
        let mut draw = || -> Vec<Ball> {
            (0..n).map(|_| Ball::exact(noise(&mut seed), noise(&mut seed))).collect()
        };
        let (a, b) = (draw(), draw());
        let found = inner(&a, &b);
        let (mut re, mut im) = (0_i128, 0_i128);
        for (a, b) in a.iter().zip(&b) {
            let (p, q, r, s) = (whole(a.re), whole(a.im), whole(b.re), whole(b.im));
            re += p * r + q * s;
            im += q * r - p * s;
        }
        let unit = 2.0_f64.powi(60);
        let off = |x: f64, truth: i128| ((x * unit) as i128 - truth).abs() as f64 / unit;
        let far = off(found.re, re) + off(found.im, im);
        assert!(far <= found.rad, "{n}: {far:e} of {:e}", found.rad);
        assert!(found.rad < 1e-12 * n as f64 && (found.re != 0.0 || found.im != 0.0));
        // what the entries are off by counts once for each
        let wide: Vec<Ball> = a.iter().map(|x| Ball { rad: 1e-3, ..*x }).collect();
        let wider = inner(&wide, &b).rad;
        let expected: f64 = b.iter().map(|x| 1e-3 * x.size()).sum();
        assert!(wider >= expected && wider < 1.001 * expected + 1e-11, "{wider} {expected}");
    }
}

#[test]
fn one_factorisation_for_many_vectors_proves_what_one_for_each_does() {
    let mut seed = 7;
    for round in 0..60 {
        let n = 1 + round % 9;
        let list: Vec<Ball> =
            (0..n * n).map(|_| Ball::exact(noise(&mut seed), noise(&mut seed))).collect();
        let raw = Matrix::of(n, n, |i, j| list[i * n + j]);
        let g = Matrix::of(n, n, |i, j| (raw.at(i, j) + raw.at(j, i).conj()) * 0.5);
        let h: Vec<Vec<Ball>> = (0..3)
            .map(|_| (0..n).map(|_| Ball::exact(noise(&mut seed), noise(&mut seed))).collect())
            .collect();
        let factors = [0.5, 1e-7, 20.0];
        // what it must be above: the largest eigenvalue of all four matrices
        let lifted =
            |k: usize| Matrix::of(n, n, |i, j| g.at(i, j) + h[k][i] * h[k][j].conj() * factors[k]);
        let most =
            (0..3).map(|k| largest(&lifted(k)).unwrap()).fold(largest(&g).unwrap(), f64::max);
        let mut packed = Packed::zeros(n);
        packed.add(&Packed::of(&g), Ball::real(0.25));
        packed.add_block(0, &Packed::of(&g), Ball::real(0.75));
        packed.add_diagonal(0..n, 1.0);
        packed.add_diagonal(0..n, -1.0);
        let each: Vec<(f64, &[Ball])> = (0..3).map(|k| (factors[k], &h[k][..])).collect();
        let size = most.abs() + 1.0;
        assert!(below_all(most + 1e-9 * size, &packed, &each), "{round}");
        assert!(!below_all(most - 1e-9 * size, &packed, &each), "{round}");
        // a factor below zero takes nothing away from what is proven without it
        let none: Vec<(f64, &[Ball])> = vec![(-3.0, &h[0][..])];
        assert!(below_all(largest(&g).unwrap() + 1e-9 * size, &packed, &none));
    }
}

#[test]
fn boxes_cover_what_they_cover() {
    let boxes: [(&[f64], &[f64]); 3] =
        [(&[0.0, 0.0], &[1.0, 2.0]), (&[1.0, 0.0], &[2.0, 1.0]), (&[1.0, 1.0], &[2.0, 2.0])];
    assert!(covers(&boxes, vec![0.0, 0.0], vec![2.0, 2.0]));
    assert!(!covers(&boxes, vec![0.0, 0.0], vec![2.0, 2.1]));
    assert!(!covers(&boxes, vec![-0.1, 0.0], vec![2.0, 2.0]));
    assert!(!covers(&boxes[..2], vec![0.0, 0.0], vec![2.0, 2.0]));
    let gap: [(&[f64], &[f64]); 2] = [(&[0.0], &[1.0]), (&[1.000_000_1], &[2.0])];
    assert!(!covers(&gap, vec![0.0], vec![2.0]) && covers(&gap, vec![0.0], vec![0.9]));
    assert!(!covers(&[], vec![0.0], vec![1.0]));
    // A pinwheel has no plane to cut along that parts no box.
    let wheel: [(&[f64], &[f64]); 5] = [
        (&[0.0, 0.0], &[2.0, 1.0]),
        (&[2.0, 0.0], &[3.0, 2.0]),
        (&[1.0, 2.0], &[3.0, 3.0]),
        (&[0.0, 1.0], &[1.0, 3.0]),
        (&[1.0, 1.0], &[2.0, 2.0]),
    ];
    assert!(covers(&wheel, vec![0.0, 0.0], vec![3.0, 3.0]));
    assert!(!covers(&wheel[..4], vec![0.0, 0.0], vec![3.0, 3.0]));
    let wide: (&[f64], &[f64]) = (&[0.9, 0.9], &[2.1, 2.1]);
    let lapped = [wheel[0], wheel[1], wheel[2], wheel[3], wide];
    assert!(covers(&lapped, vec![0.0, 0.0], vec![3.0, 3.0]));
    // A box without a width lies in nobody's way, and covers nothing.
    let thin: (&[f64], &[f64]) = (&[1.0, 0.0], &[1.0, 2.0]);
    let more = [boxes[0], boxes[1], boxes[2], thin];
    assert!(covers(&more, vec![0.0, 0.0], vec![2.0, 2.0]));
    assert!(!covers(&[thin], vec![0.9, 0.0], vec![1.1, 2.0]));
}
