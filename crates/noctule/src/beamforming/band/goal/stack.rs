//! Beams of all subcarriers on one sphere: what users receive, what the radar sees, and how both change.

use noctule_num::linalg::{Op, mul, product};
use noctule_num::{C64, CMat};
use noctule_phy::channels::radar::{FisherForm, OfdmRadar};
use noctule_phy::fisher::FisherInverse;

use crate::Error;
use crate::beamforming::band::model::{BandSpace, Carrier, Spill, columns, spills};
use crate::beamforming::band::{Band, Estimates};
use crate::beamforming::{Beams, Instance};

/// Beams in the span of what users and targets see, subcarrier by subcarrier, over the root of the power.
#[derive(Clone, Debug)]
pub(super) struct Stack {
    pub(super) users: usize,
    pub(super) streams: usize,
    pub(super) power_w: f64,
    pub(super) carriers: Vec<Carrier>,
    begins: Vec<usize>,
    pub(super) seen: Option<Seen>,
    errors: Vec<Spill>,
    /// What users receive of their own stream, and of everything else with noise one: `[subcarrier][user]`.
    pub(super) signal: Vec<f64>,
    pub(super) interference: Vec<f64>,
}

/// The Fisher matrix of all subcarriers.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    form: FisherForm,
    /// Where the parameters of the form went, where ranges are linked.
    into: Option<Vec<usize>>,
    whole: Vec<f64>,
    /// Parameters that are counted.
    pub(super) counted: usize,
    /// F at the moments, of beams over the root of the power.
    pub(super) fisher: Vec<f64>,
    /// F⁻¹.
    pub(super) inverse: Vec<f64>,
    inverter: FisherInverse,
    dual: CMat,
}

impl Seen {
    fn new(radar: &OfdmRadar, band: &Band) -> Self {
        let form = radar.form();
        let (all, order) = (form.parameters(), form.order());
        let (counted, into) = band.counted(radar);
        let n = counted.len();
        Self {
            into,
            whole: vec![0.0; all * all],
            counted: n,
            fisher: vec![0.0; n * n],
            inverse: vec![0.0; n * n],
            inverter: FisherInverse::new(n),
            dual: CMat::zeros(order, order),
            form,
        }
    }

    /// F of the moments.
    fn sum_up(&mut self) {
        let n = self.counted;
        let Some(into) = &self.into else { return self.form.fisher(&mut self.fisher) };
        self.form.fisher(&mut self.whole);
        self.fisher.fill(0.0);
        for (row, i) in self.whole.chunks_exact(into.len()).zip(into) {
            row.iter().zip(into).for_each(|(f, j)| self.fisher[i * n + j] += f);
        }
    }

    /// Whether there is an inverse.
    fn invert(&mut self) -> bool {
        let found = self.inverter.invert(&self.fisher, &mut self.inverse);
        found.is_some() && self.inverse.iter().all(|x| x.is_finite())
    }

    /// K_n with `tr(ΦF) = Σ_n Re tr(K_n y_n y_nᴴ)`, subcarrier by subcarrier.
    pub(super) fn set_dual(&mut self, phi: &[f64]) {
        let n = self.counted;
        let Some(into) = &self.into else { return self.form.set_dual(phi) };
        for (row, i) in self.whole.chunks_exact_mut(into.len()).zip(into) {
            row.iter_mut().zip(into).for_each(|(f, j)| *f = phi[i * n + j]);
        }
        self.form.set_dual(&self.whole);
    }

    /// K_n of the Φ that was set.
    pub(super) fn dual(&mut self, n: usize) -> &CMat {
        self.form.dual(n, &mut self.dual);
        &self.dual
    }

    /// `F⁻¹ diag(w) F⁻¹`.
    pub(super) fn outer(&self, weights: &[f64], scale: f64, out: &mut [f64]) {
        outer(&self.inverse, weights, scale, out);
    }
}

/// `out += scale · F⁻¹ diag(w) F⁻¹`.
pub(super) fn outer(inverse: &[f64], weights: &[f64], scale: f64, out: &mut [f64]) {
    let n = weights.len();
    for (k, weight) in weights.iter().enumerate().filter(|(_, w)| **w > 0.0) {
        let row = &inverse[k * n..(k + 1) * n];
        for (i, x) in row.iter().enumerate() {
            let left = scale * weight * x;
            let own = out[i * n..(i + 1) * n].iter_mut().zip(row);
            own.for_each(|(out, y)| *out += left * y);
        }
    }
}

impl Stack {
    /// Of an instance with `users` of its users, and so many streams on every subcarrier.
    pub(super) fn new(
        instance: &Instance,
        band: &Band,
        radar: Option<&OfdmRadar>,
        (users, streams): (usize, usize),
    ) -> Result<Self, Error> {
        let isotropic =
            band.estimates.as_ref().map_or_else(|| Some(Vec::new()), Estimates::isotropic);
        // Where errors have directions, beams are not confined to what is seen.
        let space =
            if isotropic.is_none() && users > 0 { BandSpace::Full } else { BandSpace::Reduced };
        let errors = spills(instance, band, isotropic, users, streams);
        let n = band.subcarriers();
        let mut carriers = Vec::with_capacity(n);
        let mut begins = vec![0];
        for k in 0..n {
            let columns = columns(instance, band, radar, (k, users))?;
            let carrier = Carrier::new(columns, space, (streams, users))?;
            begins.push(begins[k] + carrier.point.as_slice().len());
            carriers.push(carrier);
        }
        Ok(Self {
            users,
            streams,
            power_w: instance.parts().power_w,
            carriers,
            begins,
            seen: radar.map(|radar| Seen::new(radar, band)),
            errors,
            signal: vec![0.0; n * users],
            interference: vec![1.0; n * users],
        })
    }

    /// Number of subcarriers.
    pub(super) const fn subcarriers(&self) -> usize {
        self.carriers.len()
    }

    /// Number of complex variables.
    pub(super) fn dim(&self) -> usize {
        self.begins[self.carriers.len()]
    }

    /// Where the entries of a subcarrier are.
    pub(super) fn place(&self, n: usize) -> std::ops::Range<usize> {
        self.begins[n]..self.begins[n + 1]
    }

    /// Look at beams; whether the Fisher matrix, where there is one, has an inverse.
    pub(super) fn look(&mut self, v: &[C64]) -> bool {
        let users = self.users;
        if let Some(seen) = &mut self.seen {
            seen.form.clear();
        }
        for n in 0..self.carriers.len() {
            let place = self.place(n);
            let carrier = &mut self.carriers[n];
            carrier.point.as_mut_slice().copy_from_slice(&v[place]);
            let amplitudes = &mut carrier.amplitudes;
            mul(amplitudes, false, 1.0, &carrier.space, Op::Adjoint, &carrier.point, Op::Plain);
            for k in 0..users {
                let error = self.errors.get_mut(k).map_or(0.0, |error| error.of(&carrier.point));
                let power = |s: usize| carrier.amplitudes[(k, s)].norm_sqr();
                let others: f64 = (0..self.streams).filter(|s| *s != k).map(power).sum();
                self.signal[n * users + k] = power(k);
                self.interference[n * users + k] = 1.0 + error + others;
            }
            if let Some(seen) = &mut self.seen {
                seen.form.add(n, &carrier.amplitudes, users);
            }
        }
        self.seen.as_mut().is_none_or(|seen| {
            seen.sum_up();
            seen.invert()
        })
    }

    /// A bound at what was looked at: `Σ w [F⁻¹]_ii`.
    pub(super) fn bound(&self, weights: &[f64]) -> f64 {
        let Some(seen) = &self.seen else { return f64::INFINITY };
        let n = seen.counted;
        (0..n).map(|i| weights[i] * seen.inverse[i * n + i]).sum::<f64>() / self.power_w
    }

    /// The gradient of what changes by `Σ by_signal dS + by_interference dI − tr(Φ dF)/P` at what was looked at.
    pub(super) fn gradient(
        &mut self,
        by_signal: &[f64],
        by_interference: &[f64],
        phi: Option<&[f64]>,
        gradient: &mut [C64],
    ) {
        let (users, power) = (self.users, self.power_w);
        if let (Some(seen), Some(phi)) = (&mut self.seen, phi) {
            seen.set_dual(phi);
        }
        for n in 0..self.carriers.len() {
            let place = self.place(n);
            let carrier = &mut self.carriers[n];
            carrier.coefficients.as_mut_slice().fill(C64::ZERO);
            for s in 0..self.streams {
                for k in 0..users {
                    let by = if s == k { by_signal } else { by_interference };
                    let amplitude = carrier.amplitudes[(k, s)];
                    carrier.coefficients[(k, s)] = amplitude * (2.0 * by[n * users + k]);
                }
            }
            if let (Some(seen), Some(_)) = (&mut self.seen, phi) {
                let dual = seen.dual(n);
                let order = dual.rows();
                for s in 0..self.streams {
                    let own = &carrier.amplitudes.col(s)[users..users + order];
                    let out = &mut carrier.coefficients.col_mut(s)[users..users + order];
                    for (b, amplitude) in own.iter().enumerate() {
                        let factor = amplitude * (-2.0 / power);
                        out.iter_mut().zip(dual.col(b)).for_each(|(c, k)| *c += k * factor);
                    }
                }
            }
            let (space, coefficients) = (&carrier.space, &carrier.coefficients);
            let out = &mut carrier.gradient;
            mul(out, false, 1.0, space, Op::Plain, coefficients, Op::Plain);
            for (k, error) in self.errors.iter().enumerate() {
                let scale = 2.0 * by_interference[n * users + k];
                error.add(&carrier.point, scale, &mut carrier.gradient);
            }
            gradient[place].copy_from_slice(carrier.gradient.as_slice());
        }
    }

    /// The matrix C_k of a user's errors over its noise in a subcarrier's coordinates, and the level of it outside of
    /// them; nothing where channels are known.
    pub(super) fn error(&self, k: usize) -> Option<Blur<'_>> {
        self.errors.get(k).map(|error| match error {
            Spill::Level(level) => Blur::Level(*level),
            Spill::Full(covariance, _) => Blur::Full(covariance),
        })
    }

    /// `out += scale · C_k V` of a subcarrier's beams.
    pub(super) fn spread(&self, k: usize, point: &CMat, scale: f64, out: &mut CMat) {
        if let Some(error) = self.errors.get(k) {
            error.add(point, scale, out);
        }
    }

    /// Full-size beams of a point that is `scale` times one on the sphere.
    pub(super) fn beams(&self, v: &[C64], scale: f64, users: usize) -> Result<Beams, Error> {
        let n = self.carriers.len();
        let mut columns = Vec::with_capacity(n);
        for (k, carrier) in self.carriers.iter().enumerate() {
            let rows = carrier.point.rows();
            let point = CMat::from_columns(rows, self.streams, v[self.place(k)].to_vec())?;
            let mut wide = match &carrier.basis {
                Some(basis) => product(basis, Op::Plain, &point, Op::Plain),
                None => point,
            };
            wide.scale(self.power_w.sqrt() * scale);
            if users > self.users {
                // users that are ignored
                let silent = CMat::zeros(wide.rows(), users - self.users);
                wide = CMat::hstack(&[&silent, &wide])?;
            }
            columns.push(wide);
        }
        let matrix = CMat::hstack(&columns.iter().collect::<Vec<_>>())?;
        Ok(Beams { matrix, users, subcarriers: n })
    }

    /// The point of full-size beams with as many streams, over the root of the power; what is outside of the
    /// space is lost.
    pub(super) fn point(&self, beams: &CMat) -> Vec<C64> {
        let mut out = vec![C64::ZERO; self.dim()];
        for (k, carrier) in self.carriers.iter().enumerate() {
            let own = beams.columns(k * self.streams..(k + 1) * self.streams);
            let mut point = match &carrier.basis {
                Some(basis) => product(basis, Op::Adjoint, &own, Op::Plain),
                None => own,
            };
            point.scale(1.0 / self.power_w.sqrt());
            out[self.place(k)].copy_from_slice(point.as_slice());
        }
        out
    }

    /// F where every direction of every subcarrier is sent along: what no part of a unit of power exceeds.
    pub(super) fn most_information(&mut self) -> Vec<f64> {
        let users = self.users;
        let Some(seen) = &mut self.seen else { return Vec::new() };
        seen.form.clear();
        for (n, carrier) in self.carriers.iter().enumerate() {
            seen.form.add(n, &carrier.space.clone().adjoint(), users);
        }
        let kept = seen.fisher.clone();
        seen.sum_up();
        std::mem::replace(&mut seen.fisher, kept)
    }
}

/// The error of a channel.
#[derive(Clone, Copy, Debug)]
pub(super) enum Blur<'a> {
    /// The same in every direction.
    Level(f64),
    /// A covariance, at all antennas.
    Full(&'a CMat),
}
