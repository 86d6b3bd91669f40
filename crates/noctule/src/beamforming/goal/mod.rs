//! Goals and requirements instead of weights: from the words of a scenario to designs with proofs.
//!
//! A problem is a goal, what is required, and a world of arrays, users and targets. The [words](Goal) are those of
//! scenario files; a [`Problem`] is the same in SI units beside the arrays of an
//! [`Instance`](crate::beamforming::Instance), and travels with it. What is solved, bounded and priced is
//! [`requirements`](crate::beamforming::requirements).
//!
//! | goal | value | proven |
//! |---|---|---|
//! | `sum-rate` | Σ v ln(1 + SINR) in nats | an interval, where a bound is asked for |
//! | `max-min-rate` | min ln(1 + SINR)/v in nats | the optimum |
//! | `proportional-fair` | Σ v ln ln(1 + SINR) | nothing: local |
//! | `min-crb` | the metric, squared radians of angles | the optimum |
//! | `max-sensing` | the metric: a power, a ratio, nats | the optimum |
//! | `min-power` | the power in watts | the optimum |
//!
//! The objective of a design is the value, with a minus where it is made small. What is around users and
//! targets ([`Surroundings`]): a template, clutter, limits of groups of antennas, stations, angles and channels
//! that are not known exactly.

mod around;
mod arrays;
mod asked;
mod built;
mod certificate;
mod dual;
mod ends;
mod evaluate;
mod measure;
mod problem;
mod scenario;
mod scene;
mod scene_arrays;
mod solve;
mod story;
mod surroundings;
mod words;

pub use evaluate::{GoalMetrics, Prices};
pub use measure::Unit;
pub use problem::{Case, Problem};
pub use scene::{AngleLaw, ClutterSource, Over, PowerGroup, Stations, Template, Uncertain};
pub use surroundings::{Groups, Node, Nodes, Surroundings, Towards, Wanted};
pub use words::{Elements, Goal, Limit, Measure, Parameter, Relative, Require, Unknown};

pub(super) use arrays::{FIELDS, read, shapes, write};
pub(super) use certificate::{NO_POWER_W, infeasible_again, lowered};
pub(super) use dual::{bound_again, bounded, stop_again};
pub(super) use ends::{rate_end, sensing_end, total_power};
pub(super) use evaluate::evaluate;
pub(super) use problem::{check, fits};
pub(super) use scene::planar;
pub(super) use scene_arrays::FIELDS as AROUND;
pub(super) use solve::{design_for, sensing_alone, violation};
pub(super) use story::{asked, facts, prices_said, said, tables};
