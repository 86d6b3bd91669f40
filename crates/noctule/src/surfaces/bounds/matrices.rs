//! Hermitian matrices of a few surfaces.

use noctule_num::CMat;
use noctule_num::linalg::{Cholesky, HermitianEigen, Op, product};

/// `V diag(f) Vᴴ`.
pub(super) fn rebuilt(eigen: &HermitianEigen, f: impl Fn(f64) -> f64) -> CMat {
    let n = eigen.values().len();
    let scaled = CMat::from_fn(n, n, |i, j| eigen.vectors()[(i, j)] * f(eigen.values()[j]));
    product(&scaled, Op::Plain, eigen.vectors(), Op::Adjoint)
}

/// Eigenvalues and eigenvectors; none where an entry is not finite.
pub(super) fn decomposed(a: &CMat) -> Option<HermitianEigen> {
    let mut eigen = HermitianEigen::new(a.rows());
    eigen.compute(a).ok()?;
    Some(eigen)
}

/// The Hermitian part.
pub(super) fn hermitian(a: &CMat) -> CMat {
    CMat::from_fn(a.rows(), a.cols(), |i, j| (a[(i, j)] + a[(j, i)].conj()) * 0.5)
}

/// The inverse; none where the matrix is not positive definite.
pub(super) fn inverted(a: &CMat) -> Option<CMat> {
    let mut factor = Cholesky::new(a.rows());
    factor.factor(a, "what carries data").ok()?;
    let mut inverse = CMat::identity(a.rows());
    factor.solve_in_place(&mut inverse);
    Some(hermitian(&inverse))
}

/// The smallest `M̃ ⪰ M` with `M̃ ⪰ T`, in the metric of T: what carries no data costs nothing.
pub(super) fn lift(channel: &CMat, priced: &CMat) -> Option<CMat> {
    let metric = decomposed(&hermitian(priced))?;
    if metric.min() <= 0.0 {
        return None;
    }
    let root = rebuilt(&metric, f64::sqrt);
    let inverse = rebuilt(&metric, |x| 1.0 / x.sqrt());
    let seen =
        product(&product(&inverse, Op::Plain, channel, Op::Plain), Op::Plain, &inverse, Op::Plain);
    let eigen = decomposed(&hermitian(&seen))?;
    let added = rebuilt(&eigen, |x| (1.0 - x).max(0.0));
    let added = product(&product(&root, Op::Plain, &added, Op::Plain), Op::Plain, &root, Op::Plain);
    let added = hermitian(&added);
    let n = channel.rows();
    Some(CMat::from_fn(n, n, |i, j| channel[(i, j)] + added[(i, j)]))
}
