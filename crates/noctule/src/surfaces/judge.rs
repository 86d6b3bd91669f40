//! The best covariances found for given phases under the Cramér–Rao bound (16) itself.
//!
//! What a design over given phases can do is decided by three complex numbers of each surface, `z_k`,
//! `γ_k` and `γ̃_k`, so that the search of [`super::exact`] touches only the elements of the surface
//! that it moves. Covariances live in the few dimensions that user or target see; they are compared
//! there and written out once, for the winner.

use std::f64::consts::PI;
use std::rc::Rc;

use noctule_num::linalg::{Op, dot, product};
use noctule_num::{C64, CMat};
use noctule_phy::cascade::{Cascade, Illumination, SurfacePath};
use noctule_phy::centred_array::CentredArray;

use super::covariance::{CovarianceSolver, Reduced};
use super::design::Signal;
use super::model::{Link, rate};
use super::plan::beam;
use super::power::{Allocator, ROUNDING};
use crate::Error;

/// Covariances for some phases.
#[derive(Clone)]
pub(super) struct Trial {
    /// The rate in nats, or minus the relative shortfall of the bound.
    pub(super) score: f64,
    /// The illumination that was asked for.
    pub(super) required: f64,
    basis: Rc<CMat>,
    information: CMat,
    sensing: CMat,
}

impl Trial {
    /// The covariances of data and of the sensing signal, written out.
    pub(super) fn covariances(&self) -> (CMat, CMat) {
        let whole = |inner: &CMat| {
            let left = product(&self.basis, Op::Plain, inner, Op::Plain);
            product(&left, Op::Plain, &self.basis, Op::Adjoint)
        };
        (whole(&self.information), whole(&self.sensing))
    }
}

/// What user and target see of a surface: `z = qᴴv`, `γ = sᴴv` and `γ̃`.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    user: C64,
    lit: C64,
    bent: C64,
}

/// Phases, and what is seen of each surface.
#[derive(Clone)]
pub(super) struct Candidate {
    phases: Vec<Rc<Vec<C64>>>,
    seen: Vec<Seen>,
}

impl Candidate {
    /// The phases of a surface.
    pub(super) fn surface(&self, k: usize) -> &[C64] {
        &self.phases[k]
    }

    /// All phases.
    pub(super) fn phases(&self) -> Vec<Vec<C64>> {
        self.phases.iter().map(|v| v.as_ref().clone()).collect()
    }
}

/// Judges phases.
pub(super) struct Judge<'a> {
    cascade: &'a Cascade,
    link: &'a Link,
    signal: Signal,
    limit: f64,
    /// Requirements tried between none and all, and halvings after that.
    pub(super) effort: (u32, u32),
    /// Covariances judged.
    pub(super) evaluations: u64,
    /// q_k and s_k.
    pub(super) user: Vec<Vec<C64>>,
    pub(super) target: Vec<Vec<C64>>,
    solver: CovarianceSolver,
    allocator: Allocator,
}

/// What does not change with the requirement.
struct Fixed {
    basis: Rc<CMat>,
    /// The channel, and how the target is lit, in the basis.
    channel: CMat,
    light: Illumination,
    form: Form,
}

enum Form {
    /// Any covariance.
    Any(Reduced),
    /// Streams of some gains and weights, and a sensing signal.
    Streams { gains: Vec<f64>, weights: Vec<f64> },
}

impl Fixed {
    fn new(form: Form, basis: CMat, channel: &CMat, light: &Illumination) -> Self {
        let inside =
            |x: &[C64]| -> Vec<C64> { (0..basis.cols()).map(|j| dot(basis.col(j), x)).collect() };
        Self {
            channel: product(channel, Op::Plain, &basis, Op::Plain),
            light: Illumination { response: inside(&light.response), slope: inside(&light.slope) },
            form,
            basis: Rc::new(basis),
        }
    }
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        cascade: &'a Cascade,
        link: &'a Link,
        signal: Signal,
        limit: f64,
        effort: (u32, u32),
    ) -> Self {
        let paths = &cascade.paths;
        Self {
            cascade,
            link,
            signal,
            limit,
            effort,
            evaluations: 0,
            user: paths.iter().map(SurfacePath::user_vector).collect(),
            target: paths.iter().map(SurfacePath::target_vector).collect(),
            solver: CovarianceSolver::new(),
            allocator: Allocator::new(paths.len()),
        }
    }

    /// Phases as a candidate.
    pub(super) fn candidate(&self, phases: &[Vec<C64>]) -> Candidate {
        Candidate {
            seen: phases.iter().enumerate().map(|(k, v)| self.see(k, v)).collect(),
            phases: phases.iter().map(|v| Rc::new(v.clone())).collect(),
        }
    }

    /// A candidate with other phases on one surface.
    pub(super) fn moved(&self, from: &Candidate, k: usize, phases: Vec<C64>) -> Candidate {
        let mut moved = from.clone();
        moved.seen[k] = self.see(k, &phases);
        moved.phases[k] = Rc::new(phases);
        moved
    }

    fn see(&self, k: usize, phases: &[C64]) -> Seen {
        let mut seen = Seen::default();
        let middle = (phases.len() as f64 - 1.0) / 2.0;
        for (i, (v, (q, s))) in
            phases.iter().zip(self.user[k].iter().zip(&self.target[k])).enumerate()
        {
            let lit = s.conj() * v;
            seen.user += q.conj() * v;
            seen.lit += lit;
            seen.bent += lit * (i as f64 - middle);
        }
        seen.bent *= C64::new(0.0, -PI);
        seen
    }

    /// The best covariances found for given phases.
    pub(super) fn judge(&mut self, candidate: &Candidate) -> Result<Trial, Error> {
        let lit: Vec<(C64, C64)> = candidate.seen.iter().map(|s| (s.lit, s.bent)).collect();
        let amplitudes: Vec<C64> = candidate.seen.iter().map(|s| s.user).collect();
        let light = self.cascade.illumination_of(&lit);
        let channel = self.cascade.channel_of(&amplitudes);
        let norm: f64 = light.response.iter().map(C64::norm_sqr).sum();
        let fixed = match self.signal {
            Signal::Covariance => self.facing(&light.response, &channel, &light)?,
            Signal::Dedicated => self.streams(candidate, &channel, &light),
        };
        let free = self.lit(&fixed, norm, 0.0)?;
        if free.score >= 0.0 {
            return Ok(free);
        }
        let top = self.link.required.min(self.link.power * norm);
        let mut best = self.scan(&free, |this, share| this.lit(&fixed, norm, share * top))?;
        if self.signal == Signal::Covariance && norm > 0.0 {
            let c = dot(&light.response, &light.slope) / norm;
            let bend: Vec<C64> =
                light.slope.iter().zip(&light.response).map(|(s, g)| s - g * c).collect();
            let change: f64 = bend.iter().map(C64::norm_sqr).sum();
            if change > 1e-12 * norm {
                let fixed = self.facing(&bend, &channel, &light)?;
                let most = self.link.power * change;
                let bent = |this: &mut Self, share: f64| {
                    let trial = this.lit(&fixed, change, share * most)?;
                    Ok(Trial { required: 0.0, ..trial })
                };
                let other = self.scan(&free, bent)?;
                if other.score > best.score {
                    best = other;
                }
            }
        }
        Ok(best)
    }

    /// Covariances that are to send power in a direction.
    fn facing(
        &self,
        direction: &[C64],
        channel: &CMat,
        light: &Illumination,
    ) -> Result<Fixed, Error> {
        let reduced = Reduced::new(channel, self.cascade.user_noise_w, direction)?;
        let basis = reduced.basis().clone();
        Ok(Fixed::new(Form::Any(reduced), basis, channel, light))
    }

    fn streams(&self, candidate: &Candidate, channel: &CMat, light: &Illumination) -> Fixed {
        let cascade = self.cascade;
        let seen = || candidate.seen.iter().enumerate();
        let gains = seen().map(|(k, seen)| cascade.stream_gain(k) * seen.user.norm_sqr()).collect();
        let weights =
            seen().map(|(k, seen)| cascade.sensing_weight(k) * seen.lit.norm_sqr()).collect();
        let array = CentredArray::new(cascade.transmit_antennas);
        let unit = 1.0 / (cascade.transmit_antennas as f64).sqrt();
        let columns: Vec<Vec<C64>> =
            cascade.paths.iter().map(|path| array.response(path.base_departure)).collect();
        let basis =
            CMat::from_fn(cascade.transmit_antennas, columns.len(), |i, k| columns[k][i] * unit);
        Fixed::new(Form::Streams { gains, weights }, basis, channel, light)
    }

    /// The least share with which the bound is kept, as far as a grid and halving tell.
    fn scan(
        &mut self,
        free: &Trial,
        mut at: impl FnMut(&mut Self, f64) -> Result<Trial, Error>,
    ) -> Result<Trial, Error> {
        let (grid, halvings) = self.effort;
        let mut best = free.clone();
        for i in 1..=grid {
            let high = f64::from(i) / f64::from(grid);
            let trial = at(self, high)?;
            let met = trial.score >= 0.0;
            if trial.score > best.score {
                best = trial;
            }
            if !met {
                continue;
            }
            let (mut low, mut high) = (f64::from(i - 1) / f64::from(grid), high);
            for _ in 0..halvings {
                let middle = 0.5 * (low + high);
                let trial = at(self, middle)?;
                if trial.score >= 0.0 {
                    high = middle;
                    if trial.score > best.score {
                        best = trial;
                    }
                } else {
                    low = middle;
                }
            }
            break;
        }
        Ok(best)
    }

    /// The highest rate with `required` power in a direction whose squared norm is given.
    fn lit(&mut self, fixed: &Fixed, norm: f64, required: f64) -> Result<Trial, Error> {
        self.evaluations += 1;
        let power = self.link.power;
        let n = fixed.basis.cols();
        let nothing = CMat::zeros(n, n);
        let (information, sensing) = match &fixed.form {
            Form::Any(reduced) => {
                let share =
                    if norm > 0.0 { (required / (power * norm)).clamp(0.0, 1.0) } else { 0.0 };
                let spectrum = &reduced.spectrum;
                let dual = self.solver.solve(&spectrum.gains, &spectrum.overlaps, power, share);
                (reduced.inner(&dual, power, required)?, nothing)
            }
            Form::Streams { gains, weights } => {
                match self.allocator.allocate(gains, weights, power, required) {
                    None => (nothing, beam(&fixed.light.response, power)),
                    Some(found) => {
                        let powers = self.allocator.powers();
                        let diagonal = |i, j| if i == j { C64::from(powers[i]) } else { C64::ZERO };
                        let sensing = beam(&fixed.light.response, found.sensing_power);
                        (CMat::from_fn(n, n, diagonal), sensing)
                    }
                }
            }
        };
        let total = CMat::from_fn(n, n, |i, j| information[(i, j)] + sensing[(i, j)]);
        let crb = self.cascade.crb(fixed.light.powers(&total));
        let score = if crb <= self.limit * (1.0 + ROUNDING) {
            rate(&fixed.channel, &information, self.cascade.user_noise_w)?
        } else {
            self.limit / crb - 1.0
        };
        Ok(Trial { score, required, basis: fixed.basis.clone(), information, sensing })
    }
}
