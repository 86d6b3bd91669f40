//! Requirements instead of weights: the best accuracy with 10 dB for every user, the best worst rate
//! with every azimuth known to one degree, the least power for both. With prices and proofs.
//!
//! A [`World`] is a base station with arrays of any shape, users and targets, of which any subset of
//! azimuth, polar angle and reflection is unknown. A [`Metric`] says what of sensing is measured, and
//! [`Requirements`] hold floors on the users' SINRs, caps on metrics, and the power there is.
//!
//! | problem | function | what is proven |
//! |---|---|---|
//! | the best metric under floors and caps | [`best_metric`] | the global optimum: a bound from dual values |
//! | the least power under floors and caps | [`least_power_for`] | the same |
//! | the least factor on the limits of all antennas, or groups | [`least_factor_for`] | the same |
//! | the best worst rate under caps | [`best_worst_rate`] | the same |
//! | the best (weighted, or proportionally fair) rate under caps | [`best_rate`] | stationary; the best of several starts |
//! | the same with an interval | [`best_rate_within`] | what no beams exceed, by branch and bound |
//! | the best metric at nearly the best rate | [`best_metric_at_rate`] | stationary |
//! | given beams beside what is required | [`judged`] | – |
//! | a bound, or prices, from dual values at beams | [`metric_bound`], [`power_bound`], [`factor_bound`], [`worst_rate_bound`], [`rate_bound`], [`prices`], [`worst_rate_prices`] | again, without a search |
//! | why floors are out of reach | [`floors_cost`], [`floors_in_reach`] | the largest common factor |
//!
//! # Model
//!
//! Beams W hold one stream a user, then sensing streams; `R = WWᴴ`. With channels over the root of their
//! noise, `SINR_k = |h_kᴴw_k|²/(1 + Σ_j |h_kᴴw_j|² + c‖h_kᴴW_s‖² + tr C_kR)` where c is 1 for sensing streams
//! that interfere and 0 for [cancelled](SensingStreams) ones, and `C_k` is the covariance of the error of
//! the channel, if it is an estimate. The Fisher matrix is linear in R ([`fisher`]); every metric has a
//! *minorant* `m(R) ≥ β − ⟨B, R⟩` that is tight at the present R ([`metric`]).
//!
//! # Why the optimum is global
//!
//! With one covariance a user and one for sensing, floors and caps are convex; and any relaxed
//! solution gives beams `w_k = X_kh_k/√(h_kᴴX_kh_k)` of the same metric with SINRs that are no lower, so
//! that nothing is lost. Weighted sums of bounds and least powers are solved by an interior method in the space
//! of channels and responses, a dozen steps of Newton's method whatever the array; other problems, users without a floor and
//! spaces of more than forty directions have their beams searched for in factored form by an augmented Lagrangian on a
//! sphere. That either found the optimum is not assumed but proven, by eigenvalues of a few matrices made of
//! the multipliers. Where no beams meet the requirements, the same matrices prove that
//! ([`Infeasible`]). "Not found" is never reported as infeasible.
//!
//! Multipliers are *prices*: what the metric, or the power, rises by for one more unit asked.
//!
//! ```
//! use noctule::beamforming::requirements::{
//!     Metric, PowerLimit, Requirements, SensingStreams, Target, Unknown, World, best_metric,
//! };
//! use noctule::{C64, CMat, Interrupt};
//! use noctule_phy::elements::ElementArray;
//!
//! // a linear array of eight elements; one target whose azimuth and reflection are unknown
//! let unknown = Unknown { polar: false, ..Unknown::ALL };
//! let polar_rad = std::f64::consts::FRAC_PI_2;
//! let world = World {
//!     transmit: ElementArray::linear(8, 0.5),
//!     receive: ElementArray::linear(10, 0.5),
//!     targets: vec![Target { azimuth_rad: 0.2, polar_rad, reflection: C64::new(0.3, 0.2), unknown }],
//!     alternatives: Vec::new(),
//!     snapshots: 30.0,
//!     sensing_noise_w: 1.0,
//!     channels: CMat::from_fn(8, 1, |n, _| C64::from_polar(1.0, 0.9 * n as f64)),
//!     noise_w: vec![1.0],
//!     error_covariances: Vec::new(),
//!     streams: SensingStreams::Interfering,
//! };
//! let required =
//!     Requirements { sinr: vec![10.0], caps: Vec::new(), power: PowerLimit::Total(10.0) };
//! // the bound on the azimuth, with the reflection as a nuisance
//! let metric = Metric::trace([1.0, 0.0, 0.0]);
//! let found = best_metric(&world, &metric, &required, &Interrupt::new())?;
//! assert!(found.sinr[0] >= 10.0 && found.bound.is_some_and(|bound| found.value <= bound * (1.0 + 1e-5)));
//! println!("{:.4} degrees", found.value.sqrt().to_degrees());
//! # Ok::<(), noctule::Error>(())
//! ```
//!
//! # Limits
//!
//! Scenario files, the command line and Python reach these functions through goals
//! ([`goal`](crate::beamforming::goal)). A beampattern error shrinks with the power, so that it goes with what
//! spends all of a total power: [`best_metric`] and [`best_rate`], not a least power or a worst rate. A near-tight floor is met
//! ever more exactly, since what it is missed by costs as much of the power that is left; the least power
//! of floors beyond 40 dB takes many steps of a fixed point.

mod again;
mod best_metric;
mod border;
mod certificate;
mod chart;
mod checks;
mod convex;
mod descent;
pub mod evaluate;
pub mod fisher;
mod groups;
mod impossible;
mod interior;
mod interval;
mod judged;
mod least;
mod least_steps;
mod link;
mod matrices;
mod max_min;
mod max_min_bound;
mod max_min_closed;
pub mod metric;
mod minorant;
mod multipliers;
mod nnls;
mod node_bound;
mod priced;
mod program;
mod rate;
mod reach;
mod refined;
mod required;
mod sensed;
mod spend;
mod starts;
mod tight;
mod uplink;
mod world;

pub use again::{
    UnitPrices, factor_bound, floors_cost, floors_in_reach, metric_bound, power_bound, prices,
    worst_rate_bound, worst_rate_prices,
};
pub use best_metric::{best_metric, best_metric_from};
pub use fisher::{Target, Unknown, parameters};
pub use groups::PowerLimit;
pub use interval::{Interval, best_rate_within, best_rate_within_from};
pub use judged::{Judged, judged};
pub use least::{least_factor_for, least_power_for, least_power_from};
pub use max_min::{best_worst_rate, best_worst_rate_from};
pub use metric::{Metric, Part};
pub use node_bound::rate_bound;
pub use program::Cap;
pub use rate::{best_metric_at_rate, best_rate, best_rate_from};
pub use required::{DualValues, Found, Infeasible, Requirements};
pub use starts::{Begin, streams_of_use};
pub use world::{SensingStreams, World};
