//! Methods of noctule, without any radio: optimisation on complex manifolds, rules for stopping,
//! and proofs.
//!
//! * [`manifold`] — the complex sphere, products of spheres, the complex circle, as one type;
//! * [`objective`] — what a method minimises, and a public check of its gradient by the slope of
//!   its Taylor error;
//! * [`lbfgs`] — Riemannian L-BFGS with a line search that survives domain failures;
//! * [`gradient`] — conjugate gradients and steepest descent with the same line search;
//! * [`stop`] — rules for stopping as values, each of which knows whether it means convergence;
//! * [`mod@multi_start`] — the best of several starts, and the spread of the local optima found;
//! * [`spectraplex`] — the Frank–Wolfe gap, which turns a stationary point of a convex problem
//!   over covariance matrices into a proof with one eigenvalue;
//! * [`conic`] — linear and second-order-cone programs through one well-scaled door;
//! * [`mod@branch_bound`] — best-first branch and bound: an interval around a global optimum at any
//!   time;
//! * [`augmented_lagrangian`] — inequality constraints on a manifold, with prices;
//! * [`assignment`], [`clustering`] — who works with whom;
//! * [`scalar`], [`mod@water_filling`] — searches in one dimension, power over parallel channels;
//! * [`Stop`], [`Proof`], [`Work`], [`Trace`] — why a method stopped, what is proven, what it
//!   cost, how it went.
//!
//! # Minimising on the sphere
//!
//! ```
//! use noctule_num::{C64, CMat, linalg};
//! use noctule_optim::{Lbfgs, Interrupt, Manifold, Objective, StopRules, Trace};
//!
//! /// The Rayleigh quotient xᴴ A x, whose minimum on the unit sphere is the smallest eigenvalue.
//! struct Rayleigh(CMat);
//! impl Objective for Rayleigh {
//!     fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
//!         for i in 0..x.len() {
//!             gradient[i] = (0..x.len()).map(|j| self.0[(i, j)] * x[j]).sum::<C64>() * 2.0;
//!         }
//!         linalg::real_dot(x, gradient) / 2.0
//!     }
//! }
//!
//! let a = CMat::from_fn(3, 3, |i, j| C64::from(if i == j { [3.0, 1.0, 2.0][i] } else { 0.0 }));
//! let mut x = vec![C64::new(0.6, 0.0), C64::new(0.0, 0.6), C64::new(0.52915026221291817, 0.0)];
//! let mut solver = Lbfgs::new(Manifold::sphere(3));
//! let run = solver.minimise(&mut Rayleigh(a), &mut x, &StopRules::default(), &Interrupt::new(), &mut Trace::off());
//! assert!((run.value - 1.0).abs() < 1e-10);
//! assert!(run.stop == noctule_optim::Stop::Converged);
//! ```

pub mod assignment;
pub mod augmented_lagrangian;
pub mod branch_bound;
pub mod clustering;
pub mod conic;
mod descent;
pub mod gradient;
pub mod lbfgs;
pub mod manifold;
mod method;
pub mod multi_start;
pub mod objective;
pub mod scalar;
pub mod spectraplex;
mod status;
pub mod stop;
mod trace;
pub mod water_filling;
mod work;

pub use augmented_lagrangian::{AugmentedLagrangian, Constrained};
pub use descent::Run;
pub use gradient::{BarzilaiBorwein, ConjugateGradient, SteepestDescent};
pub use lbfgs::Lbfgs;
pub use manifold::Manifold;
pub use method::Method;
pub use multi_start::{MultiStart, multi_start};
pub use noctule_num::Interrupt;
pub use objective::{Objective, Shape, TaylorCheck, check_gradient};
pub use status::{Bound, Certificate, PointProof, Proof, Sense, Stop};
pub use stop::{StopRule, StopRules};
pub use trace::{Trace, TraceRow};
pub use water_filling::water_filling;
pub use work::Work;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
