//! Bounds computed again from dual values at the beams of a design: no search, no iteration.

use noctule_num::linalg::{Op, product};
use noctule_num::{C64, CMat, InputError};

use super::certificate::{Dual, MetricBound};
use super::groups::Groups;
use super::max_min_bound;
use super::metric::Metric;
use super::minorant::Minorant;
use super::multipliers::capped;
use super::program::Cap;
use super::required::{DualValues, Requirements, Standing};
use super::uplink::{hopeless, least_power};
use super::world::{Space, World};
use crate::Error;

/// What no beams that meet the requirements have less of than this of a metric (of a gain: more), by dual
/// values and the minorants at `beams`; none where they prove nothing.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn metric_bound(
    world: &World,
    metric: &Metric,
    required: &Requirements,
    beams: &CMat,
    values: &DualValues,
) -> Result<Option<f64>, Error> {
    world.check()?;
    required.check(world)?;
    metric.check(world)?;
    let members = metric.members();
    let groups = required.power.groups();
    fits("nu", &values.nu, groups.as_ref().map_or(0, Groups::count))?;
    fits("shares", &values.shares, members.len())?;
    let case = At::of(world, required, Some(metric), beams, values)?;
    let mut minorant = Minorant::nothing(case.space.dim());
    let sum: f64 = values.shares.iter().sum();
    for (member, share) in members.iter().zip(&values.shares) {
        let Some(one) = case.minorant(member) else { return Ok(None) };
        minorant.add(share / sum, &one);
    }
    let dual = case.dual(minorant, case.floored());
    let degree = metric.is_degree_minus_one();
    let exact = required.shapes_pattern(Some(metric));
    let found = match &groups {
        None => {
            let power = (required.power.total(), exact);
            dual.metric_bound(&case.space, &required.sinr, power, degree)
        }
        Some(groups) => dual.group_bound(&case.space, &required.sinr, groups, &values.nu, degree).0,
    };
    Ok(match found {
        MetricBound::AtLeast(bound) => {
            Some(metric.made_small(bound)).filter(|bound| bound.is_finite())
        }
        MetricBound::Infeasible => None,
    })
}

/// The power in watts that no beams that meet the requirements fall below.
///
/// # Errors
/// As [`metric_bound`].
pub fn power_bound(
    world: &World,
    required: &Requirements,
    beams: &CMat,
    values: &DualValues,
) -> Result<f64, Error> {
    world.check()?;
    required.check(world)?;
    let case = At::of(world, required, None, beams, values)?;
    let dual = case.dual(Minorant::nothing(case.space.dim()), case.floored());
    let groups = required.power.groups();
    fits("nu", &values.nu, groups.as_ref().map_or(0, Groups::count))?;
    let groups = groups.as_ref().map(|groups| (groups, values.nu.as_slice()));
    Ok(dual.power_bound(&case.space, &required.sinr, groups))
}

/// What the limits of all groups of antennas have to be multiplied by, at least, for everything else to be
/// met; above one nothing meets it.
///
/// # Errors
/// As [`metric_bound`]; when the power is not limited by groups.
pub fn factor_bound(
    world: &World,
    required: &Requirements,
    beams: &CMat,
    values: &DualValues,
) -> Result<f64, Error> {
    world.check()?;
    required.check(world)?;
    let Some(groups) = required.power.groups() else {
        let allowed = "limits of antennas or groups";
        return Err(InputError::new("no groups are limited", "power", "a total", allowed).into());
    };
    fits("nu", &values.nu, groups.count())?;
    let case = At::of(world, required, None, beams, values)?;
    let dual = case.dual(Minorant::nothing(case.space.dim()), case.floored());
    Ok(dual.factor_bound(&case.space, &required.sinr, &groups, &values.nu))
}

/// What no worst rate in nats over its weight exceeds; `reached` is that of the beams.
///
/// # Errors
/// As [`metric_bound`].
pub fn worst_rate_bound(
    world: &World,
    weights: &[f64],
    required: &Requirements,
    beams: &CMat,
    values: &DualValues,
) -> Result<Option<f64>, Error> {
    world.check()?;
    required.check(world)?;
    super::checks::rate_weights(weights, world)?;
    let case = At::of(world, required, None, beams, values)?;
    let floored = weights.iter().zip(case.floored()).map(|(v, floor)| *v > 0.0 || floor).collect();
    let dual = case.dual(Minorant::nothing(case.space.dim()), floored);
    let reached = max_min_bound::worst_rate(&case.standing.heard, weights);
    let groups = required.power.groups();
    fits("nu", &values.nu, groups.as_ref().map_or(0, Groups::count))?;
    let spent = max_min_bound::Spent::of(&required.power, groups.as_ref(), &values.nu);
    Ok(max_min_bound::bound(&case.space, (weights, &required.sinr), &spent, reached, &dual))
}

/// A problem at beams, with dual values.
struct At<'a> {
    space: Space,
    standing: Standing,
    required: &'a Requirements,
    values: &'a DualValues,
}

impl<'a> At<'a> {
    fn of(
        world: &World,
        required: &'a Requirements,
        metric: Option<&Metric>,
        beams: &CMat,
        values: &'a DualValues,
    ) -> Result<Self, Error> {
        let members: usize = required.caps.iter().map(|cap| cap.metric.members().len()).sum();
        fits("lambda", &values.lambda, world.noise_w.len())?;
        fits("rho", &values.rho, members)?;
        let space = Space::of_any_beams(world, required.whole(metric))?;
        let standing = standing(world, &space, beams)?;
        Ok(Self { space, standing, required, values })
    }

    fn minorant(&self, metric: &Metric) -> Option<Minorant> {
        // beyond that every power of a ratio is 0 or 1
        let sharpness = self.values.sharpness.clamp(1, 1 << 20) as i32;
        self.standing.sensed.minorant(&self.space, metric, sharpness)
    }

    /// The users with a floor.
    fn floored(&self) -> Vec<bool> {
        self.required.sinr.iter().map(|floor| *floor > 0.0).collect()
    }

    fn dual(&self, metric: Minorant, floored: Vec<bool>) -> Dual {
        let members: Vec<Cap> = self
            .required
            .caps
            .iter()
            .flat_map(|cap| {
                let limit = cap.limit;
                cap.metric.members().into_iter().map(move |metric| Cap { metric, limit })
            })
            .collect();
        let caps = capped(&members, &self.values.rho, self.required, |m| self.minorant(m));
        // a λ without a floor has no N of its own and proves nothing
        let kept = self.values.lambda.iter().zip(floored);
        let lambda = kept.map(|(l, floored)| if floored { *l } else { 0.0 }).collect();
        Dual { lambda, metric, caps }
    }
}

/// Where beams of the antennas stand.
pub(super) fn standing(world: &World, space: &Space, beams: &CMat) -> Result<Standing, Error> {
    let (n, users) = (world.transmit.elements(), world.noise_w.len());
    if beams.rows() != n || beams.cols() < users {
        let found = format!("{} × {}", beams.rows(), beams.cols());
        let allowed = format!("{n} × {users} or more: antennas × streams, users first");
        return Err(InputError::new("beams do not fit", "beams", found, allowed).into());
    }
    if !beams.as_slice().iter().all(|z: &C64| z.is_finite()) {
        let what = "an entry is not a finite number";
        return Err(InputError::new(what, "beams", "not finite", "finite numbers").into());
    }
    let w = product(&space.basis, Op::Adjoint, beams, Op::Plain);
    Ok(Standing::of(space, &w))
}

fn fits(place: &str, values: &[f64], count: usize) -> Result<(), InputError> {
    if values.len() != count {
        let found = values.len().to_string();
        let what = "another number of multipliers";
        return Err(InputError::new(what, place, found, count.to_string()));
    }
    match values.iter().position(|value| !(*value >= 0.0 && value.is_finite())) {
        None => Ok(()),
        Some(i) => {
            let place = format!("{place}[{i}]");
            let found = values[i].to_string();
            Err(InputError::new("no multiplier", place, found, "zero or positive"))
        }
    }
}

/// What one unit more of each requirement costs, by dual values at beams.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitPrices {
    /// Of the linear SINR of each user.
    pub sinr: Vec<f64>,
    /// Of the limit of each cap.
    pub caps: Vec<f64>,
    /// Of each watt, one number or one a group of antennas; none for a least power without groups.
    pub power: Vec<f64>,
}

/// What a metric, or the least power where there is none, rises by for one unit more of each
/// requirement: the derivatives of the optimum.
///
/// # Errors
/// As [`metric_bound`].
pub fn prices(
    world: &World,
    metric: Option<&Metric>,
    required: &Requirements,
    beams: &CMat,
    values: &DualValues,
) -> Result<UnitPrices, Error> {
    world.check()?;
    required.check(world)?;
    let case = At::of(world, required, metric, beams, values)?;
    let price = |k: usize| {
        let floor = required.sinr[k];
        let interference = case.standing.heard.interference[k];
        if floor > 0.0 { values.lambda[k] * interference / floor } else { 0.0 }
    };
    let mut rho = values.rho.iter();
    let mut cap = |cap: &Cap| {
        let sum: f64 = rho.by_ref().take(cap.metric.members().len()).sum();
        if cap.metric.is_gain() { sum } else { -sum }
    };
    // of a gain: of minus it, so far
    let sign = if metric.is_some_and(Metric::is_gain) { -1.0 } else { 1.0 };
    let power = match metric {
        None => values.nu.iter().map(|nu| -nu).collect(),
        Some(metric) => case.power_prices(metric),
    };
    Ok(UnitPrices {
        sinr: (0..case.space.users()).map(|k| sign * price(k)).collect(),
        caps: required.caps.iter().map(|c| sign * cap(c)).collect(),
        power: power.into_iter().map(|price: f64| sign * price).collect(),
    })
}

/// What the worst rate in nats over its weight rises by for one unit more of each requirement, by dual values at
/// beams; none where no rate costs power, so that none can be bought.
///
/// # Errors
/// As [`metric_bound`].
pub fn worst_rate_prices(
    world: &World,
    weights: &[f64],
    required: &Requirements,
    beams: &CMat,
    values: &DualValues,
) -> Result<Option<UnitPrices>, Error> {
    world.check()?;
    required.check(world)?;
    super::checks::rate_weights(weights, world)?;
    let case = At::of(world, required, None, beams, values)?;
    let heard = &case.standing.heard;
    let t = max_min_bound::worst_rate(heard, weights);
    let mut rise = 0.0;
    let mut floors = vec![0.0; case.space.users()];
    for (k, price) in floors.iter_mut().enumerate() {
        let (asked, floor) = ((weights[k] * t).exp_m1(), required.sinr[k]);
        let cost = values.lambda[k] * heard.interference[k];
        if weights[k] > 0.0 && asked >= floor * (1.0 - RISES) {
            rise += cost * weights[k] * (1.0 + asked) / asked;
        } else if floor > 0.0 {
            *price = cost / floor;
        }
    }
    let per = 1.0 / rise;
    if !(rise > 0.0 && per.is_finite()) {
        return Ok(None);
    }
    // the least power for t, or the least factor on all limits, is what there is: dt = −dp / (∂p/∂t)
    let mut rho = values.rho.iter();
    let mut cap = |cap: &Cap| {
        let sum: f64 = rho.by_ref().take(cap.metric.members().len()).sum();
        if cap.metric.is_gain() { -sum * per } else { sum * per }
    };
    let power = match required.power.groups() {
        None => vec![per],
        Some(_) => values.nu.iter().map(|nu| nu * per).collect(),
    };
    Ok(Some(UnitPrices {
        sinr: floors.into_iter().map(|price| -price * per).collect(),
        caps: required.caps.iter().map(&mut cap).collect(),
        power,
    }))
}

/// A user whose floor is above what the worst rate asks of it by less than this, relative, rises with that rate.
const RISES: f64 = 1e-6;

impl At<'_> {
    fn power_prices(&self, metric: &Metric) -> Vec<f64> {
        let (space, floors) = (&self.space, &self.required.sinr);
        let mut minorant = Minorant::nothing(space.dim());
        let sum: f64 = self.values.shares.iter().sum();
        for (member, share) in metric.members().iter().zip(&self.values.shares) {
            let Some(one) = self.minorant(member) else { return Vec::new() };
            minorant.add(share / sum, &one);
        }
        let dual = self.dual(minorant, self.floored());
        let Some(groups) = self.required.power.groups() else {
            let exact = self.required.shapes_pattern(Some(metric));
            return vec![-dual.multiplier(space, floors, exact)];
        };
        let degree = metric.is_degree_minus_one();
        let tau = dual.group_bound(space, floors, &groups, &self.values.nu, degree).1;
        self.values.nu.iter().map(|nu| -(nu + tau).max(0.0)).collect()
    }
}

/// The power in watts that the SINR floors alone cost at least; infinite where none meets them.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn floors_cost(world: &World, required: &Requirements) -> Result<f64, Error> {
    world.check()?;
    required.check(world)?;
    let space = Space::new(world, required.whole(None))?;
    if hopeless(&space, &required.sinr).is_some() {
        return Ok(f64::INFINITY);
    }
    Ok(least_power(&space, &required.sinr, f64::INFINITY).bound)
}

/// The largest factor up to one by which all floors can be multiplied within the power, and beams that meet
/// them: the least power of floors rises with them, and bisection ends where it is what there is.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn floors_in_reach(world: &World, required: &Requirements) -> Result<(f64, CMat), Error> {
    world.check()?;
    required.check(world)?;
    let space = Space::new(world, required.whole(None))?;
    let power = required.most_power();
    let at = |factor: f64| {
        let floors: Vec<f64> = required.sinr.iter().map(|floor| floor * factor).collect();
        if hopeless(&space, &floors).is_some() {
            return None;
        }
        let found = least_power(&space, &floors, power);
        found.beams.filter(|beams| beams.norm_sqr() <= power)
    };
    let (mut low, mut high) = (-300.0_f64, 0.0_f64);
    let mut beams = CMat::zeros(space.dim(), space.users());
    let factor = |db: f64| 10.0_f64.powf(db / 10.0);
    // to a ten-billionth of a decibel
    while high - low > 1e-10 {
        let middle = 0.5 * (low + high);
        match at(factor(middle)) {
            Some(found) => (low, beams) = (middle, found),
            None => high = middle,
        }
    }
    Ok((factor(low), space.lifted(&beams)))
}
