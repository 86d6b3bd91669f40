//! The convex programs of WMMSE-SDR by a conic solver, for cross-checks and timings (feature `sdp`).

use noctule_num::linalg::{HermitianEigen, Op, RealCholesky, product};
use noctule_num::{C64, CMat, NumError};
use noctule_optim::Manifold;
use noctule_optim::conic::Conic;

use super::FromStart;
use super::wmmse_sdr::{WmmseSdr, WmmseSdrSettings, ascend};
use crate::beamforming::model::{Minorant, Model};
use crate::beamforming::{BeamformingDesign, Beams, Instance};
use crate::{Error, Run};

/// [`wmmse_sdr`](super::wmmse_sdr()) with every convex program handed to Clarabel as the semidefinite program
/// ```math
/// \max\; \delta_c \sum_k \bigl[2\,\mathrm{Re}(\eta_k h_k^H w_k) - \beta_k h_k^H R h_k\bigr]
///        - \delta_s\, \mathrm{tr}\,T
/// \quad\text{s.t.}\quad
/// \begin{bmatrix} R & W_c \\ W_c^H & I \end{bmatrix} \succeq 0,\quad
/// \begin{bmatrix} \tilde F(R) & E \\ E^T & T \end{bmatrix} \succeq 0,\quad \mathrm{tr} R = 1,
/// ```
/// in the reduced, normalised space, where `F(R) = C F̃(R) Cᵀ` is whitened by the Fisher matrix `C Cᵀ`
/// of an isotropic covariance and `E = C⁻¹`. `inner_tolerance` is the solver's; `inner_evaluations`
/// is not used.
///
/// Guarantee: as [`wmmse_sdr`](super::wmmse_sdr()); the gap of every program is certified by the same
/// dual, which does not trust the solver.
///
/// # Errors
/// As [`wmmse_sdr`](super::wmmse_sdr()); [`Error::Numerics`] when the solver has no solution.
pub fn wmmse_sdr_conic(
    instance: &Instance,
    settings: &FromStart<WmmseSdrSettings>,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    wmmse_sdr_conic_with_gaps(instance, settings, run).map(|found| found.design)
}

/// [`wmmse_sdr_conic`] with the certified gap of every convex program.
///
/// # Errors
/// As [`wmmse_sdr_conic`].
pub fn wmmse_sdr_conic_with_gaps(
    instance: &Instance,
    settings: &FromStart<WmmseSdrSettings>,
    run: &Run<'_, Beams>,
) -> Result<WmmseSdr, Error> {
    ascend(instance, settings, run, |model, minorant, point| {
        let (data, covariance) = solve(model, minorant, settings.own.inner_tolerance)?;
        write_factors(&data, &covariance, point)?;
        Ok(0)
    })
}

/// Where the real variables of a program are: data beams, covariance, and `T`.
struct Layout {
    rank: usize,
    users: usize,
    parameters: usize,
}

impl Layout {
    const fn beam(&self, i: usize, user: usize) -> usize {
        2 * (user * self.rank + i)
    }

    /// A diagonal entry of R.
    const fn power(&self, i: usize) -> usize {
        2 * self.rank * self.users + i
    }

    /// The real part of `R_ij`, `i < j`; the imaginary one is next.
    const fn pair(&self, i: usize, j: usize) -> usize {
        self.power(self.rank) + 2 * (j * (j - 1) / 2 + i)
    }

    /// `T_ij`, `i ≤ j`.
    const fn bound(&self, i: usize, j: usize) -> usize {
        2 * self.rank * self.users + self.rank * self.rank + j * (j + 1) / 2 + i
    }

    const fn variables(&self) -> usize {
        self.bound(0, self.parameters)
    }

    /// Real and imaginary part of an entry of `[[R, W], [Wᴴ, I]]`: a variable with its sign, or a
    /// constant.
    fn entry(&self, i: usize, j: usize) -> [(Vec<(usize, f64)>, f64); 2] {
        let nothing = || (Vec::new(), 0.0);
        let complex = |at: usize, sign: f64| [(vec![(at, 1.0)], 0.0), (vec![(at + 1, sign)], 0.0)];
        match (i < self.rank, j < self.rank) {
            (true, true) if i == j => [(vec![(self.power(i), 1.0)], 0.0), nothing()],
            (true, true) if i < j => complex(self.pair(i, j), 1.0),
            (true, true) => complex(self.pair(j, i), -1.0),
            (true, false) => complex(self.beam(i, j - self.rank), 1.0),
            (false, true) => complex(self.beam(j, i - self.rank), -1.0),
            (false, false) => [(Vec::new(), f64::from(u8::from(i == j))), nothing()],
        }
    }
}

/// Data beams and covariance of the optimum.
fn solve(model: &Model, minorant: &Minorant, tolerance: f64) -> Result<(CMat, CMat), Error> {
    let (rank, users, targets) = (model.rank(), minorant.eta.len(), model.targets());
    let layout = Layout { rank, users, parameters: 4 * targets };
    let mut program = Conic::new(layout.variables());
    let space = model.space();
    for user in 0..users {
        let h = space.col(user);
        let weight = model.rate_weight();
        for i in 0..rank {
            let c = minorant.eta[user] * h[i].conj() * (2.0 * weight);
            program.minimise(layout.beam(i, user), -c.re);
            program.minimise(layout.beam(i, user) + 1, c.im);
            let beta = weight * minorant.beta[user];
            program.minimise(layout.power(i), beta * h[i].norm_sqr());
            for j in i + 1..rank {
                let d = h[i].conj() * h[j] * (2.0 * beta);
                program.minimise(layout.pair(i, j), d.re);
                program.minimise(layout.pair(i, j) + 1, -d.im);
            }
        }
    }
    let trace: Vec<(usize, f64)> = (0..rank).map(|i| (layout.power(i), 1.0)).collect();
    program.equal(&trace, -1.0);
    // A Hermitian A + iB is positive semidefinite where the real [[A, −B], [B, A]] is.
    let order = rank + users;
    program.semidefinite(2 * order, |p, q| {
        let [real, imaginary] = layout.entry(p % order, q % order);
        if p / order == q / order {
            return real;
        }
        let (terms, constant) = imaginary;
        (terms.into_iter().map(|(at, sign)| (at, -sign)).collect(), -constant)
    });
    if targets > 0 {
        require_bound(model, &layout, &mut program)?;
    }
    let answer = program.solve(tolerance)?;
    if !answer.has_solution() {
        return Err(NumError::NoConvergence { what: "the semidefinite program" }.into());
    }
    let at = |k: usize| C64::new(answer.x[k], answer.x[k + 1]);
    let data = CMat::from_fn(rank, users, |i, user| at(layout.beam(i, user)));
    let covariance = CMat::from_fn(rank, rank, |i, j| match i.cmp(&j) {
        std::cmp::Ordering::Equal => C64::from(answer.x[layout.power(i)]),
        std::cmp::Ordering::Less => at(layout.pair(i, j)),
        std::cmp::Ordering::Greater => at(layout.pair(j, i)).conj(),
    });
    Ok((data, covariance))
}

/// `tr F⁻¹ ≤ tr T`, and the weight of `tr T`.
fn require_bound(model: &Model, layout: &Layout, program: &mut Conic) -> Result<(), Error> {
    let (rank, n) = (layout.rank, layout.parameters);
    let mut isotropic = CMat::identity(rank);
    isotropic.scale(1.0 / rank as f64);
    let mut cholesky = RealCholesky::new(n);
    let what = "the Fisher matrix of an isotropic covariance";
    let singular = NumError::NotPositiveDefinite { what, pivot: 0 };
    cholesky.factor(&model.fisher_of(&isotropic)).ok_or(singular)?;
    let mut inverse = vec![0.0; n * n];
    cholesky.inverse(&mut inverse);
    let whitener = cholesky.inverse_factor().to_vec();
    let scale = whitener.iter().map(|x| x * x).sum::<f64>().sqrt();
    let whitened = |covariance: &CMat| congruent(&whitener, &model.fisher_of(covariance), n);
    let mut by_variable: Vec<(usize, Vec<f64>)> = Vec::with_capacity(rank * rank);
    for j in 0..rank {
        for i in 0..=j {
            let mut unit = CMat::zeros(rank, rank);
            if i == j {
                unit[(i, i)] = C64::ONE;
                by_variable.push((layout.power(i), whitened(&unit)));
                continue;
            }
            for (part, value) in [C64::ONE, C64::I].into_iter().enumerate() {
                unit[(i, j)] = value;
                unit[(j, i)] = value.conj();
                by_variable.push((layout.pair(i, j) + part, whitened(&unit)));
            }
        }
    }
    program.semidefinite(2 * n, |p, q| {
        if q < n {
            let terms = by_variable.iter().map(|(at, f)| (*at, f[p * n + q])).collect();
            (terms, 0.0)
        } else if p < n {
            (Vec::new(), whitener[p * n + q - n] / scale)
        } else {
            (vec![(layout.bound(p - n, q - n), 1.0)], 0.0)
        }
    });
    for i in 0..n {
        program.minimise(layout.bound(i, i), model.crb_weight() * scale * scale);
    }
    Ok(())
}

/// `E F Eᵀ` for matrices of order `n`, row by row.
fn congruent(e: &[f64], f: &[f64], n: usize) -> Vec<f64> {
    let times = |a: &dyn Fn(usize, usize) -> f64, b: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
        (0..n * n).map(|at| (0..n).map(|k| a(at / n, k) * b(k, at % n)).sum()).collect()
    };
    let left = times(&|i, k| e[i * n + k], &|k, j| f[k * n + j]);
    times(&|i, k| left[i * n + k], &|k, j| e[j * n + k])
}

/// The point `[W_c, (R − W_cW_cᴴ)^{1/2}]` on the sphere.
fn write_factors(data: &CMat, covariance: &CMat, point: &mut [C64]) -> Result<(), Error> {
    let (rank, users) = (data.rows(), data.cols());
    let served = product(data, Op::Plain, data, Op::Adjoint);
    let rest = CMat::from_fn(rank, rank, |i, j| covariance[(i, j)] - served[(i, j)]);
    let mut eigen = HermitianEigen::new(rank);
    eigen.compute(&rest)?;
    point[..rank * users].copy_from_slice(data.as_slice());
    for stream in 0..rank {
        // what the solver's tolerance leaves below zero is nothing
        let amplitude = eigen.values()[stream].max(0.0).sqrt();
        let column = &mut point[(users + stream) * rank..(users + stream + 1) * rank];
        for (to, from) in column.iter_mut().zip(eigen.vectors().col(stream)) {
            *to = from * amplitude;
        }
    }
    Manifold::sphere(point.len()).normalise(point);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beamforming::Scenario;
    use crate::beamforming::baselines::wmmse_sdr_with_gaps;

    #[test]
    fn both_ways_solve_the_same_programs() {
        for (trial, scenario) in [
            Scenario::paper(),
            Scenario { users: 2, crb_weight: 0.0, ..Scenario::paper() },
            Scenario { rate_weight_per_nat: 3.0, ..Scenario::paper() },
        ]
        .into_iter()
        .enumerate()
        {
            let instance = scenario.realize(4, trial as u64).unwrap();
            let own = WmmseSdrSettings { max_programs: 6, ..WmmseSdrSettings::default() };
            let (settings, run) = (FromStart::from(own), Run::default());
            let ours = wmmse_sdr_with_gaps(&instance, &settings, &run).unwrap();
            let theirs = wmmse_sdr_conic_with_gaps(&instance, &settings, &run).unwrap();
            let objective = |found: &WmmseSdr| found.design.metrics.objective.unwrap();
            let (a, b) = (objective(&ours), objective(&theirs));
            let worst = theirs.gaps.iter().copied().fold(0.0, f64::max);
            assert!(worst < 1e-5 * a.abs().max(1.0), "{trial}: {worst} of {a}");
            assert!((a - b).abs() < 1e-4 * a.abs().max(1e-2), "{trial}: {a} {b}");
        }
    }
}
