//! What a document says of beams, computed again without an optimiser.

use std::collections::BTreeMap;

use noctule_num::linalg::{HermitianEigen, real_dot};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::branch_bound::covers;
use noctule_phy::beampattern::toeplitz_gradient;
use noctule_phy::units::{bits_to_nats, nats_to_bits};

use super::bound::levels;
use super::model::{Link, Model, Roles};
use super::sensing::error_from_below;
use super::verify::covariance;
use super::{Beams, Instance, Requirement};
use crate::Error;
use crate::envelope::offset;

/// The stationarity residual that designs state, `‖grad‖·‖x‖/max(1, |f|)` of the normalised problem
/// under the powers of the access points: of the rate alone where nothing is `priced`, else of the
/// requirement at its price, which is the slope of the region's boundary in bit/s/Hz per unit of
/// the error.
///
/// # Errors
/// When the beams have another shape.
pub fn residual(instance: &Instance, beams: &Beams, slope: Option<f64>) -> Result<f64, Error> {
    beams.check(instance)?;
    let streams = beams.sensing.iter().map(CMat::cols).max().unwrap_or(0);
    let roles = match streams {
        0 => Roles::CommunicationOnly,
        streams => Roles::Sensing(streams),
    };
    let mut model = Model::new(instance, roles);
    let x = model.point(beams);
    model.forward(&x);
    let rate = model.value(Link::Rate);
    let priced = slope.map(bits_to_nats);
    let (weights, value) = match instance.requirement() {
        Requirement::MinRate(_) if streams > 0 => {
            let price = priced.filter(|slope| *slope > 0.0).map_or(0.0, f64::recip);
            ((-price, 1.0), model.error())
        }
        _ => ((-1.0, priced.unwrap_or(0.0)), rate),
    };
    let mut gradient = vec![C64::ZERO; x.len()];
    model.backward(&x, weights.0, weights.1, &mut gradient);
    let stride = model.stride();
    let mut squared = 0.0;
    for (x, gradient) in x.chunks(stride).zip(gradient.chunks(stride)) {
        let radial = real_dot(gradient, x) / real_dot(x, x);
        squared += gradient.iter().zip(x).map(|(g, x)| (g - x * radial).norm_sqr()).sum::<f64>();
    }
    Ok((squared * real_dot(&x, &x)).sqrt() / value.abs().max(1.0))
}

/// What no signals undercut, in mean beampattern error, by the `lags` of a document: those of one
/// access point that senses after the other.
///
/// # Errors
/// [`Error::Input`] for lags that do not fit the instance.
pub fn error_floor(
    instance: &Instance,
    numbers: &BTreeMap<String, Vec<f64>>,
) -> Result<f64, Error> {
    let lags = numbers.get("lags").map_or(&[][..], Vec::as_slice);
    let sensing = instance.sensing_aps();
    let each = 2 * instance.antennas() - 1;
    if sensing.is_empty() || lags.len() != sensing.len() * each {
        let needed = (sensing.len() * each).to_string();
        let what = "the length does not fit the instance";
        return Err(InputError::new(what, "lags", lags.len().to_string(), needed).into());
    }
    let mut sum = 0.0;
    for (ap, lags) in sensing.iter().zip(lags.chunks(each)) {
        if let Some(pattern) = instance.pattern(*ap) {
            sum += error_from_below(pattern, lags)?;
        }
    }
    Ok(sum / sensing.len() as f64)
}

/// Entries of dense matrices, of which a user has two: a gigabyte.
const MOST_DENSE: usize = 1 << 25;

/// What no beams exceed, in bit/s/Hz, by the multipliers of a document: one box of interference
/// levels after the other, the users in order; `None` when they were too many to be kept, or
/// the dense matrices would take more than a gigabyte. Within the
/// limit on the error that the instance requires, unless `sensed` says that nobody senses.
///
/// | name | of every box |
/// |---|---|
/// | `low`, `high` | its levels; the boxes together cover what any beams cause |
/// | `t`, `slope` | two of every user, of a plane above its rate |
/// | `chord_low`, `chord_high` | in place of `slope`, as proofs once had it: a box around it, whose chords have that slope |
/// | `price` | one of every access point's power |
/// | `lags` | of the access points that sense, where the tangent of the error is taken |
///
/// `error_price` is one number: that of the limit. Everything is dense and at full size, and holds
/// for *any* multipliers.
///
/// # Errors
/// [`Error::Input`] when lists do not fit the instance, a box is outside its chords, or the boxes
/// leave something uncovered.
pub fn rate_ceiling(
    instance: &Instance,
    numbers: &BTreeMap<String, Vec<f64>>,
    sensed: bool,
) -> Result<Option<f64>, Error> {
    let size = instance.aps() * instance.antennas();
    let entries = instance.users().saturating_mul(size.saturating_mul(size));
    if numbers.contains_key("left_out") || entries > MOST_DENSE {
        return Ok(None);
    }
    let dense = Dense::new(instance, numbers, sensed)?;
    let regions = Regions::new(&dense, numbers)?;
    let mut worst = f64::NEG_INFINITY;
    for leaf in 0..regions.count {
        let (t, prices, lags) = (regions.of(4, leaf), regions.of(5, leaf), regions.of(6, leaf));
        let planes = regions.planes(leaf);
        worst = worst.max(dense.of_box(&planes, t, prices, lags)?);
    }
    Ok(Some(nats_to_bits(worst)))
}

/// The lists of a proof, one region after the other: `low`, `high`, `slope` or `chord_low`, `chord_high`, `t`,
/// `price`, `lags`.
struct Regions<'a> {
    lists: [(&'a [f64], usize); 7],
    count: usize,
    /// Whether slopes are those of chords.
    chords: bool,
}

impl<'a> Regions<'a> {
    /// Refuses lists that do not fit, boxes outside their chords, and what is left uncovered.
    fn new(dense: &Dense<'_>, numbers: &'a BTreeMap<String, Vec<f64>>) -> Result<Self, Error> {
        let (users, aps) = (dense.instance.users(), dense.instance.aps());
        let lags = match dense.price > 0.0 {
            true => dense.sensing.len() * (2 * dense.instance.antennas() - 1),
            false => 0,
        };
        let list = |name: &str| numbers.get(name).map_or(&[][..], Vec::as_slice);
        let count = list("price").len() / aps;
        let chords = !numbers.contains_key("slope");
        let names = [
            ("low", users),
            ("high", users),
            if chords { ("chord_low", users) } else { ("slope", users) },
            ("chord_high", if chords { users } else { 0 }),
            ("t", users),
            ("price", aps),
            ("lags", lags),
        ];
        for (name, each) in names {
            let (found, needed) = (list(name).len(), count * each);
            if found != needed || list(name).iter().any(|x| !x.is_finite()) {
                let needed = format!("{needed} finite numbers");
                let what = "the length does not fit the instance";
                return Err(InputError::new(what, name, found.to_string(), needed).into());
            }
        }
        let regions = Self { lists: names.map(|(name, each)| (list(name), each)), count, chords };
        regions.check(dense.instance)?;
        Ok(regions)
    }

    /// A list of one region.
    fn of(&self, list: usize, leaf: usize) -> &'a [f64] {
        let (numbers, each) = self.lists[list];
        &numbers[leaf * each..(leaf + 1) * each]
    }

    /// `(λ, o)` of every user's plane above its rate in a region.
    fn planes(&self, leaf: usize) -> Vec<(f64, f64)> {
        let [low, high, from, to, t] = [0, 1, 2, 3, 4].map(|list| self.of(list, leaf));
        let plane = |k: usize| {
            if !self.chords {
                return (from[k], offset(low[k], high[k], t[k], from[k]));
            }
            let width = to[k] - from[k];
            let slope = if width > 0.0 { (width / from[k]).ln_1p() / width } else { 1.0 / from[k] };
            (slope, slope * from[k] - from[k].ln())
        };
        (0..low.len()).map(plane).collect()
    }

    fn check(&self, instance: &Instance) -> Result<(), Error> {
        let mut boxes = Vec::with_capacity(self.count);
        for leaf in 0..self.count {
            let [low, high, from, to, t] = [0, 1, 2, 3, 4].map(|list| self.of(list, leaf));
            let inside = |k: usize| !self.chords || from[k] <= low[k] && high[k] <= to[k];
            let sound = |k: usize| 0.0 < low[k] && low[k] <= high[k] && t[k] > 0.0 && from[k] > 0.0;
            if !(0..low.len()).all(|k| inside(k) && sound(k)) {
                let what = "a box is not inside the one whose chords prove it";
                let found = format!("box {leaf}");
                return Err(InputError::new(what, "chord_low", found, "a box around it").into());
            }
            boxes.push((low.to_vec(), high.to_vec()));
        }
        let model = Model::new(instance, Roles::CommunicationOnly);
        if self.count > 0 && covers(&boxes, &levels(instance, &model)) {
            return Ok(());
        }
        let what = "the boxes leave something uncovered";
        let (found, allowed) = (format!("{} boxes", self.count), "boxes that cover all levels");
        Err(InputError::new(what, "low, high", found, allowed).into())
    }
}

/// The instance as dense matrices.
struct Dense<'a> {
    instance: &'a Instance,
    /// `h_k h_kᴴ` and `h_k h_kᴴ + Θ_k`.
    own: Vec<CMat>,
    all: Vec<CMat>,
    sensing: Vec<usize>,
    limit: f64,
    price: f64,
}

impl<'a> Dense<'a> {
    fn new(
        instance: &'a Instance,
        numbers: &BTreeMap<String, Vec<f64>>,
        sensed: bool,
    ) -> Result<Self, Error> {
        let channels = instance.scaled_channels();
        let size = channels.rows();
        let (mut own, mut all) = (Vec::new(), Vec::new());
        for k in 0..instance.users() {
            let h = channels.col(k);
            let outer = CMat::from_fn(size, size, |i, j| h[i] * h[j].conj());
            let theta = covariance(instance, k);
            all.push(CMat::from_fn(size, size, |i, j| outer[(i, j)] + theta[i][j]));
            own.push(outer);
        }
        let sensing = if sensed { instance.sensing_aps() } else { Vec::new() };
        let limit = match instance.requirement() {
            Requirement::MaxError(limit) if sensed => limit,
            _ => f64::INFINITY,
        };
        let price = numbers.get("error_price").and_then(|list| list.first().copied());
        let price = price.unwrap_or(0.0);
        if !(price >= 0.0 && price.is_finite()) || price > 0.0 && limit.is_infinite() {
            let what = "not a price of the limit on the error";
            let found = price.to_string();
            return Err(InputError::new(what, "error_price", found, "from 0, with a limit").into());
        }
        Ok(Self { instance, own, all, sensing, limit, price })
    }

    /// The bound of a box in nats: the certificate of the [module page](super::bound), written out.
    fn of_box(
        &self,
        planes: &[(f64, f64)],
        t: &[f64],
        prices: &[f64],
        lags: &[f64],
    ) -> Result<f64, Error> {
        let n = self.instance.antennas();
        let size = self.instance.aps() * n;
        let mut shared = CMat::zeros(size, size);
        let mut constant = 0.0;
        let mut slopes = Vec::with_capacity(t.len());
        for (k, (&t, &(slope, offset))) in t.iter().zip(planes).enumerate() {
            constant += t - slope - t.ln() - 1.0 + offset;
            add(&mut shared, &self.all[k], t - slope);
            slopes.push(slope);
        }
        if self.price > 0.0 {
            constant += self.tangent(lags, &mut shared);
        }
        for i in 0..size {
            shared[(i, i)] -= prices[i / n];
        }
        let mut eigen = HermitianEigen::new(size);
        eigen.compute(&shared)?;
        let mut top = eigen.max();
        for (own, slope) in self.own.iter().zip(slopes) {
            let mut mine = shared.clone();
            add(&mut mine, own, slope);
            eigen.compute(&mine)?;
            top = top.max(eigen.max());
        }
        let worth = |(ap, price): (usize, &f64)| {
            let worth = price + top;
            if self.sensing.contains(&ap) { worth } else { worth.max(0.0) }
        };
        let bound = constant + prices.iter().enumerate().map(worth).sum::<f64>();
        Ok(if bound.is_nan() { f64::INFINITY } else { bound })
    }

    /// Takes `μ ∇S` at `lags` from `shared`; `μ (δ + S)`, as S is of degree two.
    fn tangent(&self, lags: &[f64], shared: &mut CMat) -> f64 {
        let n = self.instance.antennas();
        let share = 1.0 / self.sensing.len().max(1) as f64;
        let mut by_lags = vec![0.0; 2 * n - 1];
        let mut column = vec![C64::ZERO; n];
        let mut error = 0.0;
        for (ap, lags) in self.sensing.iter().zip(lags.chunks(2 * n - 1)) {
            let Some(pattern) = self.instance.pattern(*ap) else { continue };
            error += share * pattern.error_and_gradient(lags, &mut by_lags);
            toeplitz_gradient(&by_lags, &mut column);
            for j in 0..n {
                for i in 0..n {
                    let entry = if i >= j { column[i - j] } else { column[j - i].conj() };
                    shared[(ap * n + i, ap * n + j)] -= entry * (self.price * share);
                }
            }
        }
        self.price * (self.limit + error)
    }
}

fn add(to: &mut CMat, matrix: &CMat, weight: f64) {
    for j in 0..to.cols() {
        for (entry, other) in to.col_mut(j).iter_mut().zip(matrix.col(j)) {
            *entry += other * weight;
        }
    }
}
