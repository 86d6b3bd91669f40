//! A program handed to the solver, and its answer read.

use noctule_num::InputError;

#[cfg(feature = "conic")]
use self::solver::answer;
use super::{Answer, Conic};

/// Whether this build can solve conic programs (feature `conic`).
pub const AVAILABLE: bool = cfg!(feature = "conic");

impl Conic {
    /// Solve to `tolerance` in gap and feasibility.
    ///
    /// # Errors
    /// [`InputError`] when the solver refuses the program, which means a number in it is not finite
    /// or a variable does not exist; and in a build without the solver ([`AVAILABLE`]).
    pub fn solve(&self, tolerance: f64) -> Result<Answer, InputError> {
        answer(self, tolerance)
    }
}

#[cfg(not(feature = "conic"))]
fn answer(_: &Conic, _: f64) -> Result<Answer, InputError> {
    let what = "conic programs are not solved by this build";
    Err(InputError::new(what, "program", "no solver", "a build with the feature `conic`"))
}

#[cfg(feature = "conic")]
mod solver {
    use clarabel::algebra::CscMatrix;
    use clarabel::solver::{
        DefaultSettings, DefaultSettingsBuilder, DefaultSolution, DefaultSolver, IPSolver,
        SolverStatus, SupportedConeT,
    };
    use noctule_num::InputError;

    use crate::conic::{Answer, Conic, Ending, Rows};

    fn refuse(found: impl Into<String>) -> InputError {
        let allowed = "finite numbers on existing variables";
        InputError::new("the conic program cannot be solved", "program", found, allowed)
    }

    pub(super) fn answer(program: &Conic, tolerance: f64) -> Result<Answer, InputError> {
        let columns = program.objective.len();
        let (a, b) = constraints(program)?;
        if !b.iter().chain(&program.objective).all(|x| x.is_finite()) {
            return Err(refuse("a constant that is not finite"));
        }
        let p = CscMatrix::<f64>::zeros((columns, columns));
        let settings = settings(tolerance)?;
        let cones = cones(program);
        let mut solver = DefaultSolver::new(&p, &program.objective, &a, &b, &cones, settings)
            .map_err(|error| refuse(error.to_string()))?;
        solver.solve();
        Ok(read(solver.solution))
    }

    /// The rows of all cones under each other, as the solver has them: A x + s = b with s in the
    /// cone.
    fn constraints(program: &Conic) -> Result<(CscMatrix<f64>, Vec<f64>), InputError> {
        let columns = program.objective.len();
        let lists: &[&Rows] = &[
            &program.equal,
            &program.nonnegative,
            &program.cones,
            #[cfg(feature = "sdp")]
            &program.semidefinite,
        ];
        let (mut i, mut j, mut v, mut b) = (vec![], vec![], vec![], vec![]);
        for rows in lists {
            let first = b.len();
            for &(row, column, value) in &rows.entries {
                if column >= columns || !value.is_finite() {
                    return Err(refuse(format!("{value} on variable {column} of {columns}")));
                }
                i.push(first + row);
                j.push(column);
                v.push(-value);
            }
            b.extend_from_slice(&rows.constants);
        }
        Ok((CscMatrix::new_from_triplets(b.len(), columns, i, j, v), b))
    }

    fn cones(program: &Conic) -> Vec<SupportedConeT<f64>> {
        let mut cones = Vec::with_capacity(2 + program.cone_sizes.len());
        if !program.equal.constants.is_empty() {
            cones.push(SupportedConeT::ZeroConeT(program.equal.constants.len()));
        }
        if !program.nonnegative.constants.is_empty() {
            cones.push(SupportedConeT::NonnegativeConeT(program.nonnegative.constants.len()));
        }
        cones.extend(program.cone_sizes.iter().map(|&n| SupportedConeT::SecondOrderConeT(n)));
        #[cfg(feature = "sdp")]
        cones.extend(program.orders.iter().map(|&n| SupportedConeT::PSDTriangleConeT(n)));
        cones
    }

    fn settings(tolerance: f64) -> Result<DefaultSettings<f64>, InputError> {
        let mut settings = DefaultSettingsBuilder::default();
        // programs of this size are dense: there is nothing to decompose
        #[cfg(feature = "sdp")]
        settings.chordal_decomposition_enable(false);
        settings
            .verbose(false)
            .presolve_enable(false)
            .max_threads(1)
            .tol_gap_abs(tolerance)
            .tol_gap_rel(tolerance)
            .tol_feas(tolerance)
            .build()
            .map_err(|error| refuse(error.to_string()))
    }

    fn read(solution: DefaultSolution<f64>) -> Answer {
        Answer {
            ending: match solution.status {
                SolverStatus::Solved => Ending::Solved,
                SolverStatus::AlmostSolved => Ending::AlmostSolved,
                SolverStatus::PrimalInfeasible => Ending::Infeasible,
                SolverStatus::DualInfeasible => Ending::Unbounded,
                _ => Ending::Unknown,
            },
            x: solution.x,
            objective: solution.obj_val,
            dual_objective: solution.obj_val_dual,
            iterations: solution.iterations,
        }
    }
}

#[cfg(all(test, feature = "conic"))]
mod tests {
    use crate::conic::{Conic, Ending};

    #[test]
    fn a_linear_program_with_its_dual() {
        // max 3x + 2y, x + y ≤ 4, x + 3y ≤ 6, x ≤ 3, x, y ≥ 0: 11 at (3, 1).
        let mut program = Conic::new(2);
        program.minimise(0, -3.0);
        program.minimise(1, -2.0);
        program.nonnegative(&[(0, -1.0), (1, -1.0)], 4.0);
        program.nonnegative(&[(0, -1.0e6), (1, -3.0e6)], 6.0e6);
        program.nonnegative(&[(0, -1.0e-6)], 3.0e-6);
        program.nonnegative(&[(0, 1.0)], 0.0);
        program.nonnegative(&[(1, 1.0)], 0.0);
        let answer = program.solve(1e-9).unwrap();
        assert_eq!(answer.ending, Ending::Solved);
        assert!((answer.x[0] - 3.0).abs() < 1e-7 && (answer.x[1] - 1.0).abs() < 1e-7);
        assert!(
            (answer.objective + 11.0).abs() < 1e-7 && (answer.dual_objective + 11.0).abs() < 1e-7
        );
    }

    #[test]
    fn statuses_are_told_apart() {
        let mut program = Conic::new(1);
        program.minimise(0, 1.0);
        program.nonnegative(&[(0, -1.0)], 1.0);
        assert_eq!(program.solve(1e-8).unwrap().ending, Ending::Unbounded);
        program.nonnegative(&[(0, 1.0)], -2.0);
        assert_eq!(program.solve(1e-8).unwrap().ending, Ending::Infeasible);
        program.nonnegative(&[(0, f64::NAN)], 0.0);
        assert!(program.solve(1e-8).is_err());
        let mut program = Conic::new(1);
        program.equal(&[(7, 1.0)], 0.0);
        assert!(program.solve(1e-8).is_err());
    }

    #[test]
    fn rotated_cones() {
        // min u + v with u v ≥ w², w = 3: 6.
        let mut program = Conic::new(2);
        program.minimise(0, 1.0);
        program.minimise(1, 1.0);
        program.rotated((&[(0, 1.0)], 0.0), (&[(1, 1.0)], 0.0), (&[], 3.0));
        let answer = program.solve(1e-10).unwrap();
        assert!((answer.objective - 6.0).abs() < 1e-7);
    }

    #[cfg(feature = "sdp")]
    #[test]
    fn the_largest_eigenvalue() {
        // min t, tI − A ⪰ 0 for A with eigenvalues 1 ± √5 (trace 2, determinant −4) and 0.5.
        let a = [[0.0, 2.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 0.5]];
        let mut program = Conic::new(1);
        program.minimise(0, 1.0);
        program.semidefinite(3, |i, j| {
            let terms = if i == j { vec![(0, 1.0)] } else { Vec::new() };
            (terms, -a[i][j])
        });
        let answer = program.solve(1e-10).unwrap();
        assert_eq!(answer.ending, Ending::Solved);
        assert!((answer.objective - 1.0 - 5.0_f64.sqrt()).abs() < 1e-7, "{}", answer.objective);
    }
}
