//! Conic programs: one thin, well-scaled door to [Clarabel](https://clarabel.org).
//!
//! Linear and second-order-cone programs over real variables,
//! ```math
//! \min\; q^T x \quad\text{s.t.}\quad a_i^T x + b_i \ge 0,\ \ a_j^T x + b_j = 0,\ \
//! \|(c_2^T x + d_2, \dots)\| \le c_1^T x + d_1 .
//! ```
//! A row is divided by its largest coefficient and a cone by the largest of all its rows, so that a
//! solver's absolute tolerances mean the same for every constraint; what scale the *variables* have
//! is for the caller to choose, and matters more. Presolve is off: it saves nothing on programs of
//! this size. Every status is read: what is not solved is not a solution.
//!
//! Programs are stated in every build, and solved in those with the feature `conic` ([`AVAILABLE`]):
//! the solver brings thirty-five crates, which only baselines and cross-checks need.
//!
//! Semidefinite cones need BLAS and LAPACK: they are behind the feature `sdp`, which links the
//! system's OpenBLAS, and which only cross-checks and timings use.
//!
//! ```
//! use noctule_optim::conic::{Conic, Ending};
//! // The point of the unit disc that is farthest up and right.
//! let mut program = Conic::new(2);
//! program.minimise(0, -1.0);
//! program.minimise(1, -1.0);
//! program.second_order(&[(&[], 1.0), (&[(0, 1.0)], 0.0), (&[(1, 1.0)], 0.0)]);
//! let answer = program.solve(1e-9)?;
//! assert_eq!(answer.ending, Ending::Solved);
//! assert!((answer.x[0] - 0.5_f64.sqrt()).abs() < 1e-6);
//! # Ok::<(), noctule_num::InputError>(())
//! ```

mod solve;

pub use solve::AVAILABLE;

/// An affine expression: coefficients by variable, and a constant.
pub type Affine<'a> = (&'a [(usize, f64)], f64);

/// A program under construction. Rows are kept in three lists, because the solver wants equal cones
/// together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conic {
    objective: Vec<f64>,
    equal: Rows,
    nonnegative: Rows,
    cones: Rows,
    cone_sizes: Vec<usize>,
    #[cfg(feature = "sdp")]
    semidefinite: Rows,
    #[cfg(feature = "sdp")]
    orders: Vec<usize>,
}

/// Rows `a·x + b`, as triplets.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rows {
    entries: Vec<(usize, usize, f64)>,
    constants: Vec<f64>,
}

impl Rows {
    fn push(&mut self, (terms, constant): Affine<'_>, scale: f64) {
        let row = self.constants.len();
        self.entries.extend(terms.iter().map(|&(column, value)| (row, column, value * scale)));
        self.constants.push(constant * scale);
    }
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Solved to the tolerance.
    Solved,
    /// Solved to the solver's reduced tolerance (a thousand times looser, about).
    AlmostSolved,
    /// There is no feasible point; the solver has a certificate.
    Infeasible,
    /// The objective has no lower bound; the solver has a certificate.
    Unbounded,
    /// Iterations were spent, or numerics broke: nothing is known.
    Unknown,
}

/// The answer of the solver.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// How it ended. Only with [`Ending::Solved`] and [`Ending::AlmostSolved`] is `x` a solution.
    pub ending: Ending,
    /// The variables.
    pub x: Vec<f64>,
    /// Objective at `x`.
    pub objective: f64,
    /// Objective of the dual: a lower bound up to the solver's tolerance.
    pub dual_objective: f64,
    /// Interior-point iterations.
    pub iterations: u32,
}

impl Answer {
    /// Whether `x` is a solution, to whatever tolerance.
    pub const fn has_solution(&self) -> bool {
        matches!(self.ending, Ending::Solved | Ending::AlmostSolved)
    }
}

/// Largest magnitude among coefficients and constant; one where all are zero.
fn largest(rows: &[Affine<'_>]) -> f64 {
    let entries = rows.iter().flat_map(|(terms, constant)| {
        terms.iter().map(|(_, value)| value.abs()).chain(std::iter::once(constant.abs()))
    });
    let largest = entries.fold(0.0, f64::max);
    if largest > 0.0 { largest } else { 1.0 }
}

impl Conic {
    /// A program in `variables` variables without objective or constraints.
    pub fn new(variables: usize) -> Self {
        Self { objective: vec![0.0; variables], ..Self::default() }
    }

    /// Number of variables.
    pub fn variables(&self) -> usize {
        self.objective.len()
    }

    /// Add `coefficient · x[variable]` to the objective.
    ///
    /// # Panics
    /// When there is no such variable.
    pub fn minimise(&mut self, variable: usize, coefficient: f64) {
        self.objective[variable] += coefficient;
    }

    /// Require `terms · x + constant ≥ 0`.
    pub fn nonnegative(&mut self, terms: &[(usize, f64)], constant: f64) {
        let row = (terms, constant);
        self.nonnegative.push(row, 1.0 / largest(&[row]));
    }

    /// Require `terms · x + constant = 0`.
    pub fn equal(&mut self, terms: &[(usize, f64)], constant: f64) {
        let row = (terms, constant);
        self.equal.push(row, 1.0 / largest(&[row]));
    }

    /// Require that the first row is at least the Euclidean norm of the others.
    pub fn second_order(&mut self, rows: &[Affine<'_>]) {
        let scale = 1.0 / largest(rows);
        for row in rows {
            self.cones.push(*row, scale);
        }
        self.cone_sizes.push(rows.len());
    }

    /// Require `terms · x` of the first two rows to be non-negative with a product of at least the
    /// square of the third: `u v ≥ w²`.
    pub fn rotated(&mut self, u: Affine<'_>, v: Affine<'_>, w: Affine<'_>) {
        let combine = |sign: f64| -> (Vec<(usize, f64)>, f64) {
            let mut terms: Vec<(usize, f64)> = u.0.to_vec();
            terms.extend(v.0.iter().map(|&(column, value)| (column, sign * value)));
            (terms, u.1 + sign * v.1)
        };
        let (sum, difference) = (combine(1.0), combine(-1.0));
        let double: Vec<(usize, f64)> = w.0.iter().map(|&(column, x)| (column, 2.0 * x)).collect();
        self.second_order(&[(&sum.0, sum.1), (&difference.0, difference.1), (&double, 2.0 * w.1)]);
    }

    /// Require a symmetric matrix of order `order` to be positive semidefinite; `entry(i, j)` with
    /// `i ≤ j` gives its entries, coefficients by variable and a constant.
    #[cfg(feature = "sdp")]
    pub fn semidefinite(
        &mut self,
        order: usize,
        entry: impl Fn(usize, usize) -> (Vec<(usize, f64)>, f64),
    ) {
        // The solver takes the upper triangle column by column, entries beside the diagonal times
        // √2, so that the inner product of two vectors is that of the matrices.
        let triangle: Vec<(Vec<(usize, f64)>, f64)> = (0..order)
            .flat_map(|j| (0..=j).map(move |i| (i, j)))
            .map(|(i, j)| entry(i, j))
            .collect();
        let rows: Vec<Affine<'_>> = triangle.iter().map(|(terms, b)| (&terms[..], *b)).collect();
        let scale = 1.0 / largest(&rows);
        let mut rows = rows.into_iter();
        for j in 0..order {
            for (i, row) in (0..=j).zip(&mut rows) {
                let off = if i == j { 1.0 } else { std::f64::consts::SQRT_2 };
                self.semidefinite.push(row, scale * off);
            }
        }
        self.orders.push(order);
    }
}
