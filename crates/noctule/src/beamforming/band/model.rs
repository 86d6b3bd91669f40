//! The objective that methods climb over a band: reduced, normalised, and without an allocation once it
//! is made.
//!
//! Every stationary `W_n` has its columns in `range [H_n, T_n]`: the gradient does, with one multiplier for
//! all subcarriers. So `W_n = √P Q_n V_n` with orthonormal bases of at most `K + sM` dimensions, and the
//! stacked V on the unit sphere. An evaluation forms amplitudes subcarrier by subcarrier, the rates of
//! each and three moments of all; one small Fisher matrix; and goes back over the subcarriers. Its cost
//! does not depend on the numbers of antennas, and grows like its memory with the number of
//! subcarriers. Under one power for every subcarrier alike (*same beams*) there is one V, at full size.

use noctule_num::linalg::{Op, mul, orthonormal_basis, product, real_dot};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::Objective;
use noctule_phy::channels::radar::OfdmRadar;
use noctule_phy::rates::{Reception, sum_rate_with_derivative};

use super::Band;
use super::knowledge::Estimates;
use super::sensed::Sensing;
use crate::Error;
use crate::beamforming::{Beams, Instance};

/// Singular values below this share of the largest span no direction of a basis.
const RANK_TOLERANCE: f64 = 1e-14;

/// Where the beams of subcarriers are sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandSpace {
    /// In a basis of what users and targets see, of every subcarrier.
    Reduced,
    /// At all antennas.
    Full,
    /// At all antennas, one matrix for all subcarriers.
    Same,
}

/// One subcarrier.
#[derive(Clone, Debug)]
pub(super) struct Carrier {
    /// Q_n; absent at full size.
    pub(super) basis: Option<CMat>,
    /// `Q_nᴴ [H̃_n, T_n]`.
    pub(super) space: CMat,
    pub(super) point: CMat,
    pub(super) amplitudes: CMat,
    pub(super) coefficients: CMat,
    pub(super) gradient: CMat,
    /// Noise of every user, with what the errors of its channel let through.
    noise: Vec<f64>,
}

/// The normalised objective, to be minimised: minus `δ_c · mean rate − δ_s · Σω[F⁻¹]_ii`, over its
/// unit, of the order of what a design reaches.
#[derive(Clone, Debug)]
pub struct BandModel {
    users: usize,
    streams: usize,
    power_w: f64,
    unit: f64,
    same: bool,
    /// δ_c over the unit and the number of subcarriers.
    rate_weight: f64,
    carriers: Vec<Carrier>,
    /// Where the entries of every subcarrier begin in a point, and where they end.
    begins: Vec<usize>,
    sensing: Option<Sensing>,
    errors: Vec<Spill>,
}

/// The error of a user's channel, times P/σ².
#[derive(Clone, Debug)]
pub(super) enum Spill {
    /// The same in every direction.
    Level(f64),
    /// A covariance, and room for its product with beams.
    Full(CMat, CMat),
}

impl Spill {
    /// `Σ_j v_jᴴ C v_j`.
    pub(super) fn of(&mut self, point: &CMat) -> f64 {
        match self {
            Self::Level(level) => *level * point.norm_sqr(),
            Self::Full(covariance, room) => {
                mul(room, false, 1.0, covariance, Op::Plain, point, Op::Plain);
                real_dot(room.as_slice(), point.as_slice())
            }
        }
    }

    /// `gradient += scale · C V`.
    pub(super) fn add(&self, point: &CMat, scale: f64, gradient: &mut CMat) {
        match self {
            Self::Level(level) => {
                let own = gradient.as_mut_slice().iter_mut().zip(point.as_slice());
                own.for_each(|(g, v)| *g += v * (scale * level));
            }
            Self::Full(covariance, _) => {
                mul(gradient, true, scale, covariance, Op::Plain, point, Op::Plain);
            }
        }
    }
}

impl BandModel {
    /// The objective of an instance with `streams` streams on every subcarrier.
    ///
    /// # Errors
    /// When the decomposition of a basis fails, which finite data do not make it.
    pub fn new(
        instance: &Instance,
        band: &Band,
        space: BandSpace,
        streams: usize,
    ) -> Result<Self, Error> {
        let parts = instance.parts();
        // What has no weight is left out: it costs nothing and constrains nothing.
        let users = if parts.rate_weight_per_nat > 0.0 { instance.users() } else { 0 };
        let radar = if parts.crb_weight > 0.0 { Some(band.radar(parts)?) } else { None };
        let unit = unit_of(instance, band);
        let isotropic =
            band.estimates.as_ref().map_or_else(|| Some(Vec::new()), Estimates::isotropic);
        // Where errors have directions, beams are not confined to what is seen.
        let space = match (space, &isotropic) {
            (BandSpace::Reduced, None) => BandSpace::Full,
            (space, _) => space,
        };
        let errors = spills(instance, band, isotropic, users, streams);
        let (n, power) = (band.subcarriers(), parts.power_w);
        let mut carriers = Vec::with_capacity(n);
        for k in 0..n {
            let columns = columns(instance, band, radar.as_ref(), (k, users))?;
            carriers.push(Carrier::new(columns, space, (streams, users))?);
        }
        let mut begins = vec![0];
        for carrier in &carriers {
            begins.push(begins[begins.len() - 1] + carrier.point.as_slice().len());
        }
        Ok(Self {
            users,
            streams,
            power_w: power,
            unit,
            same: space == BandSpace::Same,
            rate_weight: parts.rate_weight_per_nat / (unit * n as f64),
            carriers,
            begins,
            sensing: radar
                .map(|radar| Sensing::new(&radar, band, parts.crb_weight / (unit * power))),
            errors,
        })
    }

    /// Number of complex variables.
    pub fn dim(&self) -> usize {
        if self.same { self.begins[1] } else { self.begins[self.carriers.len()] }
    }

    /// The unit of the objective.
    pub const fn unit(&self) -> f64 {
        self.unit
    }

    /// The beams of a normalised point, antennas × (subcarriers · streams).
    ///
    /// # Errors
    /// When the point has another length.
    pub fn beams(&self, v: &[C64], users: usize) -> Result<Beams, Error> {
        if v.len() != self.dim() {
            let (found, allowed) = (v.len().to_string(), self.dim().to_string());
            return Err(InputError::new("another length", "point", found, allowed).into());
        }
        let n = self.carriers.len();
        let share = if self.same { 1.0 / n as f64 } else { 1.0 };
        let mut columns = Vec::with_capacity(n);
        for (k, carrier) in self.carriers.iter().enumerate() {
            let own = self.place(k);
            let rows = carrier.point.rows();
            let point = CMat::from_columns(rows, self.streams, v[own.0..own.1].to_vec())?;
            let mut wide = match &carrier.basis {
                Some(basis) => product(basis, Op::Plain, &point, Op::Plain),
                None => point,
            };
            wide.scale((self.power_w * share).sqrt());
            columns.push(wide);
        }
        let matrix = CMat::hstack(&columns.iter().collect::<Vec<_>>())?;
        Ok(Beams { matrix, users, subcarriers: n })
    }

    /// The normalised point of full-size beams; the part outside the space is lost. Of beams that are the
    /// same everywhere, those of the first subcarrier.
    ///
    /// # Panics
    /// When the beams have another shape.
    pub fn point(&self, beams: &CMat) -> Vec<C64> {
        let n = self.carriers.len();
        let mut out = vec![C64::ZERO; self.dim()];
        let last = if self.same { 1 } else { n };
        let share = if self.same { n as f64 } else { 1.0 };
        for k in 0..last {
            let own = beams.columns(k * self.streams..(k + 1) * self.streams);
            let mut point = match &self.carriers[k].basis {
                Some(basis) => product(basis, Op::Adjoint, &own, Op::Plain),
                None => own,
            };
            point.scale((share / self.power_w).sqrt());
            let (begin, end) = self.place(k);
            out[begin..end].copy_from_slice(point.as_slice());
        }
        out
    }

    /// Where the entries of a subcarrier are.
    fn place(&self, k: usize) -> (usize, usize) {
        if self.same { (0, self.begins[1]) } else { (self.begins[k], self.begins[k + 1]) }
    }

    /// Rates and moments at a point; the sum of the rates, weighted.
    fn look(&mut self, v: &[C64]) -> f64 {
        let share = if self.same { 1.0 / (self.carriers.len() as f64).sqrt() } else { 1.0 };
        if let Some(sensing) = &mut self.sensing {
            sensing.form.clear();
        }
        let mut rate = 0.0;
        for k in 0..self.carriers.len() {
            let (begin, end) = self.place(k);
            let carrier = &mut self.carriers[k];
            carrier.point.as_mut_slice().copy_from_slice(&v[begin..end]);
            let amplitudes = &mut carrier.amplitudes;
            mul(amplitudes, false, share, &carrier.space, Op::Adjoint, &carrier.point, Op::Plain);
            carrier.coefficients.as_mut_slice().fill(C64::ZERO);
            for (noise, error) in carrier.noise.iter_mut().zip(&mut self.errors) {
                *noise = 1.0 + share * share * error.of(&carrier.point);
            }
            rate += sum_rate_with_derivative(
                &carrier.amplitudes,
                &carrier.noise,
                self.rate_weight,
                &mut carrier.coefficients,
            );
            if let Some(sensing) = &mut self.sensing {
                sensing.form.add(k, &carrier.amplitudes, self.users);
            }
        }
        self.rate_weight * rate
    }
}

impl Objective for BandModel {
    fn eval(&mut self, v: &[C64], gradient: &mut [C64]) -> f64 {
        let rate = self.look(v);
        let mut bound = 0.0;
        if let Some(sensing) = &mut self.sensing {
            let Some(value) = sensing.value() else { return f64::INFINITY };
            bound = value;
        }
        if self.same {
            gradient.fill(C64::ZERO);
        }
        let share = if self.same { 1.0 / (self.carriers.len() as f64).sqrt() } else { 1.0 };
        for k in 0..self.carriers.len() {
            let (begin, end) = self.place(k);
            let carrier = &mut self.carriers[k];
            if let Some(sensing) = &mut self.sensing {
                let (seen, out) = (&carrier.amplitudes, &mut carrier.coefficients);
                sensing.add(k, self.users, seen, out);
            }
            let (space, coefficients) = (&carrier.space, &carrier.coefficients);
            let out = &mut carrier.gradient;
            mul(out, false, -2.0 * share, space, Op::Plain, coefficients, Op::Plain);
            for (user, error) in self.errors.iter().enumerate() {
                let heard = Reception::of(user, &carrier.amplitudes, carrier.noise[user]);
                let scale = 2.0 * self.rate_weight * heard.beta() * share * share;
                error.add(&carrier.point, scale, &mut carrier.gradient);
            }
            let own = gradient[begin..end].iter_mut().zip(carrier.gradient.as_slice());
            if self.same {
                own.for_each(|(g, part)| *g += part);
            } else {
                own.for_each(|(g, part)| *g = *part);
            }
        }
        bound - rate
    }
}

impl Carrier {
    pub(super) fn new(
        columns: CMat,
        space: BandSpace,
        (streams, users): (usize, usize),
    ) -> Result<Self, Error> {
        let (basis, space) = match space {
            BandSpace::Full | BandSpace::Same => (None, columns),
            BandSpace::Reduced => {
                let basis = orthonormal_basis(&columns, RANK_TOLERANCE)?;
                let space = product(&basis, Op::Adjoint, &columns, Op::Plain);
                (Some(basis), space)
            }
        };
        let (rank, rows) = (space.rows(), space.cols());
        Ok(Self {
            point: CMat::zeros(rank, streams),
            gradient: CMat::zeros(rank, streams),
            amplitudes: CMat::zeros(rows, streams),
            coefficients: CMat::zeros(rows, streams),
            basis,
            space,
            noise: vec![1.0; users],
        })
    }
}

/// The errors of the users' channels, normalised; none where channels are known.
pub(super) fn spills(
    instance: &Instance,
    band: &Band,
    isotropic: Option<Vec<f64>>,
    users: usize,
    streams: usize,
) -> Vec<Spill> {
    let Some(estimates) = &band.estimates else { return Vec::new() };
    let scale = |user: usize| instance.parts().power_w / instance.parts().user_noise_w[user];
    (0..users)
        .map(|user| match &isotropic {
            Some(levels) => Spill::Level(levels[user] * scale(user)),
            None => {
                let mut error = estimates.errors[user].clone();
                error.scale(scale(user));
                Spill::Full(error, CMat::zeros(instance.antennas(), streams))
            }
        })
        .collect()
}

/// `[H̃_n, T_n]` at full size: channels by `√P/σ_k`; coordinates of targets are of beams over √P, which
/// [`Sensing::weight`] has.
pub(super) fn columns(
    instance: &Instance,
    band: &Band,
    radar: Option<&OfdmRadar>,
    (n, users): (usize, usize),
) -> Result<CMat, Error> {
    let parts = instance.parts();
    let mut channels = band.known_channels()[n].columns(0..users);
    for user in 0..users {
        let scale = (parts.power_w / parts.user_noise_w[user]).sqrt();
        channels.col_mut(user).iter_mut().for_each(|h| *h *= scale);
    }
    Ok(match radar {
        Some(radar) => CMat::hstack(&[&channels, radar.transmit_space(n)])?,
        None => channels,
    })
}

/// The size of an objective that counts as one: `δ_c · (mean rate without interference at equal power) +
/// δ_s · (the bound with equal power on every response and derivative)`. As of one subcarrier
/// ([`objective_unit`](crate::beamforming::objective_unit)), which it is for one.
pub(in crate::beamforming) fn unit_of(instance: &Instance, band: &Band) -> f64 {
    let parts = instance.parts();
    let n = band.subcarriers() as f64;
    let mut unit = 0.0;
    let mut add = |term: f64| unit += if term.is_finite() { term } else { 0.0 };
    if parts.rate_weight_per_nat > 0.0 {
        let share = parts.power_w / (n * instance.users().max(1) as f64);
        for channels in band.known_channels() {
            for (user, noise) in parts.user_noise_w.iter().enumerate() {
                let h = channels.col(user);
                add(parts.rate_weight_per_nat / n * (real_dot(h, h) * share / noise).ln_1p());
            }
        }
    }
    if parts.crb_weight > 0.0
        && let Ok(radar) = band.radar(parts)
    {
        let mut beams = Vec::new();
        for k in 0..band.subcarriers() {
            let space = radar.transmit_space(k);
            for stream in 0..space.cols() {
                let column = space.col(stream);
                let norm = real_dot(column, column).sqrt();
                let scale = (parts.power_w / (n * space.cols() as f64)).sqrt() / norm;
                beams.extend(column.iter().map(|z| if norm > 0.0 { z * scale } else { C64::ZERO }));
            }
        }
        let bounds = radar.bounds(&radar.fisher(&beams)).map(|bounds| band.told(bounds));
        let trace = bounds.map_or(0.0, |b| b.weighted_trace(|kind| band.weights.of(kind)));
        add(parts.crb_weight * trace);
    }
    if unit > 0.0 && unit.is_finite() { unit } else { 1.0 }
}
