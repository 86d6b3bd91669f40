use super::*;
use crate::rng::{StreamKey, complex_normal};

/// Scale-aware tolerance of an identity between products of order `n`.
fn tolerance(n: usize) -> f64 {
    f64::EPSILON * 32.0 * n as f64
}

fn random(rows: usize, cols: usize, entity: u64) -> CMat {
    let mut rng = StreamKey::new(7, "test", "linalg", entity).trial(0);
    CMat::from_fn(rows, cols, |_, _| complex_normal(&mut rng, 1.0))
}

fn naive(a: &CMat, b: &CMat) -> CMat {
    CMat::from_fn(a.rows(), b.cols(), |i, j| (0..a.cols()).map(|k| a[(i, k)] * b[(k, j)]).sum())
}

fn distance(a: &CMat, b: &CMat) -> f64 {
    assert_eq!((a.rows(), a.cols()), (b.rows(), b.cols()));
    a.as_slice().iter().zip(b.as_slice()).map(|(x, y)| (x - y).norm()).fold(0.0, f64::max)
}

#[test]
fn eigenvalues_at_the_ends_of_double_precision() {
    let b = random(6, 6, 3);
    let unit = product(&b, Op::Plain, &b, Op::Adjoint);
    let mut eigen = HermitianEigen::new(6);
    eigen.compute(&unit).unwrap();
    let expected = eigen.values().to_vec();
    for (exponent, precision) in [(-300, 1e-12), (-1060, 1e-2), (300, 1e-12), (1000, 1e-12)] {
        let mut scaled = unit.clone();
        // In two steps, as the power itself may not be a number.
        scaled.scale(2.0_f64.powi(exponent / 2));
        scaled.scale(2.0_f64.powi(exponent - exponent / 2));
        eigen.compute(&scaled).unwrap();
        for (found, expected) in eigen.values().iter().zip(&expected) {
            let back = found * 2.0_f64.powi(-exponent / 2) * 2.0_f64.powi(exponent / 2 - exponent);
            assert!((back - expected).abs() < precision * expected.max(1.0), "2^{exponent}");
        }
    }
    eigen.compute(&CMat::zeros(6, 6)).unwrap();
    assert!(eigen.max().abs() <= 0.0);
    HermitianEigen::new(0).compute(&CMat::zeros(0, 0)).unwrap();
}

#[test]
fn products_agree_with_loops() {
    for n in [1, 2, 5, 16, 33] {
        let (a, b) = (random(n, n + 1, 1), random(n + 1, 3, 2));
        let expected = naive(&a, &b);
        assert!(distance(&product(&a, Op::Plain, &b, Op::Plain), &expected) < tolerance(n));
        let through_adjoints = product(&a.adjoint(), Op::Adjoint, &b.adjoint(), Op::Adjoint);
        assert!(distance(&through_adjoints, &expected) < tolerance(n));
        let mut out = expected.clone();
        mul(&mut out, true, -1.0, &a, Op::Plain, &b, Op::Plain);
        assert!(out.max_abs() < tolerance(n));
    }
}

#[test]
fn eigenvectors_reconstruct() {
    for n in [1, 2, 6, 17] {
        let a = random(n, n, 3);
        let a = CMat::from_fn(n, n, |i, j| a[(i, j)] + a[(j, i)].conj());
        let mut eigen = HermitianEigen::new(n);
        eigen.compute(&a).unwrap();
        assert!(eigen.values().windows(2).all(|pair| pair[0] <= pair[1]));
        let scaled = CMat::from_fn(n, n, |i, j| eigen.vectors()[(i, j)] * eigen.values()[j]);
        let back = naive(&scaled, &eigen.vectors().adjoint());
        assert!(distance(&back, &a) < tolerance(n) * a.norm());
    }
}

#[test]
fn eigen_refuses_nan() {
    let mut a = CMat::identity(3);
    a[(2, 0)].re = f64::NAN;
    assert_eq!(
        HermitianEigen::new(3).compute(&a),
        Err(NumError::NoConvergence { what: "Hermitian eigenvalues" })
    );
}

#[test]
fn cholesky_solves() {
    for n in [1, 4, 19] {
        let b = random(n, n + 2, 4);
        let mut a = naive(&b, &b.adjoint());
        for i in 0..n {
            a[(i, i)] += 1.0;
        }
        let mut cholesky = Cholesky::new(n);
        cholesky.factor(&a, "test").unwrap();
        let rhs = random(n, 2, 5);
        let mut x = rhs.clone();
        cholesky.solve_in_place(&mut x);
        assert!(distance(&naive(&a, &x), &rhs) < tolerance(n) * a.norm());
        a[(n - 1, n - 1)] = C64::new(-1.0, 0.0);
        assert_eq!(
            cholesky.factor(&a, "test"),
            Err(NumError::NotPositiveDefinite { what: "test", pivot: n - 1 })
        );
    }
}

#[test]
fn real_inverse_is_an_inverse() {
    for n in [1, 4, 8, 12] {
        let b = random(n, n + 2, 6);
        let gram = naive(&b, &b.adjoint());
        let mut a = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                a[i * n + j] = gram[(i, j)].re;
            }
        }
        let mut cholesky = RealCholesky::new(n);
        let mut inverse = vec![0.0; n * n];
        cholesky.factor(&a).unwrap();
        cholesky.inverse(&mut inverse);
        let scale: f64 = inverse.iter().fold(0.0_f64, |m, x| m.max(x.abs())) * gram.norm();
        for i in 0..n {
            for j in 0..n {
                let sum: f64 = (0..n).map(|k| a[i * n + k] * inverse[k * n + j]).sum();
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((sum - expected).abs() < tolerance(n) * scale.max(1.0));
            }
        }
        let right: Vec<f64> = (0..n).map(|i| i as f64 - 1.5).collect();
        let mut x = right.clone();
        cholesky.solve_in_place(&mut x);
        for (i, right) in right.iter().enumerate() {
            let back: f64 = (0..n).map(|k| a[i * n + k] * x[k]).sum();
            assert!((back - right).abs() < tolerance(n) * scale.max(1.0) * n as f64);
        }
        a[0] = f64::NAN;
        assert!(cholesky.factor(&a).is_none());
    }
}

#[test]
fn basis_is_orthonormal_and_drops_null_directions() {
    let a = random(7, 3, 8);
    // The fourth column depends on the others, the fifth is zero, the scales are wild.
    let wide = CMat::from_fn(7, 5, |i, j| match j {
        3 => (a[(i, 0)] + a[(i, 1)]) * 1e9,
        4 => C64::ZERO,
        _ => a[(i, j)] * 1e-9,
    });
    let basis = orthonormal_basis(&wide, 1e-10).unwrap();
    assert_eq!(basis.cols(), 3);
    let gram = naive(&basis.adjoint(), &basis);
    assert!(distance(&gram, &CMat::identity(3)) < tolerance(7));
    let projected = naive(&basis, &naive(&basis.adjoint(), &a));
    assert!(distance(&projected, &a) < tolerance(7) * a.norm());
}
