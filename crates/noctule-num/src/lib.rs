//! The ground floor of noctule: what every other crate computes with.
//!
//! * [`CMat`], a thin dense complex matrix, and [`linalg`], the few dense kernels noctule needs
//!   (product, Hermitian eigenvalues, Cholesky, singular vectors), wrapped around `faer` without
//!   generics and with scratch that is reused — so that `faer` is compiled once, and an inner loop
//!   allocates nothing;
//! * [`vector`], loops over vectors as wide as the processor's registers;
//! * [`rng`], random streams that depend on what is drawn and never on when or where;
//! * [`quadrature`] and [`special`], integrals over an interval and the functions `std` lacks;
//! * [`stats`], means with standard errors and quantiles;
//! * [`Interrupt`], with which long work is asked to stop;
//! * [`InputError`], what is said to someone who handed in something we cannot use.
//!
//! Nothing here knows of radio or of optimisation.

mod error;
pub mod hint;
pub mod input;
pub mod interrupt;
pub mod linalg;
mod log_det;
mod mat;
pub mod quadrature;
pub mod rng;
pub mod sha256;
pub mod special;
mod spelling;
pub mod stats;
pub mod vector;

pub use error::NumError;
pub use input::InputError;
pub use interrupt::Interrupt;
pub use log_det::log_det_one_plus;
pub use mat::CMat;
pub use num_complex::Complex64 as C64;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
