//! The best covariances found for given phases under the Cramér–Rao bound (16) itself.
//!
//! What a design over given phases can do is decided by three complex numbers of each surface, `z_k`,
//! `γ_k` and `γ̃_k`, so that the search of [`super::search`] touches only the elements of the surface
//! that it moves. Covariances live in the few dimensions that user or target see; they are compared
//! there and written out once, for the winner.

use std::f64::consts::PI;
use std::rc::Rc;

use noctule_num::linalg::{Op, dot, product};
use noctule_num::{C64, CMat};
use noctule_phy::cascade::{Cascade, Illumination, SurfacePath};
use noctule_phy::centred_array::CentredArray;

use crate::Error;
use crate::surfaces::covariance::{CovarianceSolver, Reduced};
use crate::surfaces::model::{Link, UNLIT, most_light, rate};
use crate::surfaces::power::{Allocator, ROUNDING};
use crate::surfaces::reach::Reach;
use crate::surfaces::settings::Signal;
use crate::surfaces::settle::beam;

/// ‖g'‖² beside ‖g‖² below which g' has no direction of its own but rounding.
const UNBENT: f64 = 1e-12;

/// Covariances for some phases.
#[derive(Clone)]
pub(in crate::surfaces) struct Trial {
    /// The rate, or the share of the information that the bound asks for.
    pub(in crate::surfaces) reach: Reach,
    /// The illumination that was asked for.
    pub(in crate::surfaces) required: f64,
    basis: Rc<CMat>,
    information: CMat,
    sensing: CMat,
}

impl Trial {
    /// The covariances of data and of the sensing signal, written out.
    pub(in crate::surfaces) fn covariances(&self) -> (CMat, CMat) {
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
pub(in crate::surfaces) struct Candidate {
    phases: Vec<Rc<Vec<C64>>>,
    seen: Vec<Seen>,
}

impl Candidate {
    /// The phases of a surface.
    pub(in crate::surfaces) fn surface(&self, k: usize) -> &[C64] {
        &self.phases[k]
    }

    /// All phases.
    pub(in crate::surfaces) fn phases(&self) -> Vec<Vec<C64>> {
        self.phases.iter().map(|v| v.as_ref().clone()).collect()
    }
}

/// How closely the least requirement that keeps the bound is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::surfaces) struct Effort {
    /// Requirements tried between none and all.
    pub(in crate::surfaces) grid: u32,
    /// Halvings between the last that breaks the bound and the first that keeps it.
    pub(in crate::surfaces) halvings: u32,
}

impl Effort {
    /// Enough to order deployments.
    pub(in crate::surfaces) const QUICK: Self = Self { grid: 3, halvings: 2 };
    /// Enough to tell one step of a search from another.
    pub(in crate::surfaces) const SEARCH: Self = Self { grid: 6, halvings: 6 };
    /// The requirement to 4·10⁻¹¹ of all of it: for the phases that won.
    pub(in crate::surfaces) const FINAL: Self = Self { grid: 24, halvings: 30 };
    /// To rounding, where there are no phases to choose.
    pub(in crate::surfaces) const WHOLE: Self = Self { grid: 24, halvings: 40 };
}

/// Judges phases.
pub(in crate::surfaces) struct Judge<'a> {
    cascade: &'a Cascade,
    link: &'a Link,
    signal: Signal,
    limit: f64,
    /// Illumination up to which a target is not lit.
    dark: f64,
    pub(in crate::surfaces) effort: Effort,
    /// Covariances judged.
    pub(in crate::surfaces) evaluations: u64,
    /// q_k and s_k.
    pub(in crate::surfaces) user: Vec<Vec<C64>>,
    pub(in crate::surfaces) target: Vec<Vec<C64>>,
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
    pub(in crate::surfaces) fn new(
        cascade: &'a Cascade,
        link: &'a Link,
        signal: Signal,
        limit: f64,
        effort: Effort,
    ) -> Self {
        let paths = &cascade.paths;
        Self {
            cascade,
            link,
            signal,
            limit,
            dark: UNLIT * link.power * most_light(cascade),
            effort,
            evaluations: 0,
            user: paths.iter().map(SurfacePath::user_vector).collect(),
            target: paths.iter().map(SurfacePath::target_vector).collect(),
            solver: CovarianceSolver::new(),
            allocator: Allocator::new(paths.len()),
        }
    }

    /// Phases as a candidate.
    pub(in crate::surfaces) fn candidate(&self, phases: &[Vec<C64>]) -> Candidate {
        Candidate {
            seen: phases.iter().enumerate().map(|(k, v)| self.see(k, v)).collect(),
            phases: phases.iter().map(|v| Rc::new(v.clone())).collect(),
        }
    }

    /// A candidate with other phases on one surface.
    pub(in crate::surfaces) fn moved(
        &self,
        from: &Candidate,
        k: usize,
        phases: Vec<C64>,
    ) -> Candidate {
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
        // conj(s_n) is e^{−jπnμ_T} up to a constant: its derivative by μ_T is −jπn times itself
        seen.bent *= C64::new(0.0, -PI);
        seen
    }

    /// The best covariances found for given phases.
    pub(in crate::surfaces) fn judge(&mut self, candidate: &Candidate) -> Result<Trial, Error> {
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
        if free.reach.is_met() {
            return Ok(free);
        }
        let top = self.link.required.min(self.link.power * norm);
        let mut best = self.scan(&free, |this, share| this.lit(&fixed, norm, share * top))?;
        if self.signal == Signal::Covariance
            && norm > 0.0
            && let Some(other) = self.bent(&free, &channel, &light, norm)?
            && other.reach > best.reach
        {
            best = other;
        }
        Ok(best)
    }

    /// The best covariances that send power where the illumination changes instead: in the part of g'
    /// that is orthogonal to g, `g' − (gᴴg'/‖g‖²) g`. The rest of g' counts for nothing, since the
    /// unknown reflection takes up any multiple of g, the c of `min_c (g'−cg)ᴴR(g'−cg)`. `None`
    /// where that part is rounding.
    fn bent(
        &mut self,
        free: &Trial,
        channel: &CMat,
        light: &Illumination,
        norm: f64,
    ) -> Result<Option<Trial>, Error> {
        let c = dot(&light.response, &light.slope) / norm;
        let bend: Vec<C64> =
            light.slope.iter().zip(&light.response).map(|(s, g)| s - g * c).collect();
        let change: f64 = bend.iter().map(C64::norm_sqr).sum();
        let turns = change > UNBENT * norm;
        if !turns {
            return Ok(None);
        }
        let fixed = self.facing(&bend, channel, light)?;
        let most = self.link.power * change;
        let at = |this: &mut Self, share: f64| {
            let trial = this.lit(&fixed, change, share * most)?;
            // power in this direction is no illumination
            Ok(Trial { required: 0.0, ..trial })
        };
        self.scan(free, at).map(Some)
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
        let Effort { grid, halvings } = self.effort;
        let mut best = free.clone();
        for i in 1..=grid {
            let high = f64::from(i) / f64::from(grid);
            let trial = at(self, high)?;
            let met = trial.reach.is_met();
            if trial.reach > best.reach {
                best = trial;
            }
            if !met {
                continue;
            }
            let (mut low, mut high) = (f64::from(i - 1) / f64::from(grid), high);
            for _ in 0..halvings {
                let middle = 0.5 * (low + high);
                let trial = at(self, middle)?;
                if trial.reach.is_met() {
                    high = middle;
                    if trial.reach > best.reach {
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
        let n = fixed.basis.cols();
        let (information, sensing) = match &fixed.form {
            Form::Any(reduced) => (self.any(reduced, norm, required)?, CMat::zeros(n, n)),
            Form::Streams { gains, weights } => {
                self.powers(&fixed.light, (gains, weights), required)
            }
        };
        let total = CMat::from_fn(n, n, |i, j| information[(i, j)] + sensing[(i, j)]);
        let powers = fixed.light.powers(&total);
        // what only rounding lights tells nothing of its place
        let crb = if powers.direct > self.dark { self.cascade.crb(powers) } else { f64::INFINITY };
        let reach = if crb <= self.limit * (1.0 + ROUNDING) {
            Reach::Rate(rate(&fixed.channel, &information, self.cascade.user_noise_w)?)
        } else {
            Reach::Short(self.limit / crb)
        };
        Ok(Trial { reach, required, basis: fixed.basis.clone(), information, sensing })
    }

    /// The best covariance that sends `required` power in the direction of `reduced`.
    fn any(&mut self, reduced: &Reduced, norm: f64, required: f64) -> Result<CMat, Error> {
        let power = self.link.power;
        let share = if norm > 0.0 { (required / (power * norm)).clamp(0.0, 1.0) } else { 0.0 };
        let spectrum = &reduced.spectrum;
        let dual = self.solver.solve(&spectrum.gains, &spectrum.overlaps, power, share);
        reduced.inner(&dual, power, required)
    }

    /// The best powers of streams, which are the basis, and of a sensing signal towards the target; all
    /// power there where no powers light it enough.
    fn powers(
        &mut self,
        light: &Illumination,
        (gains, weights): (&[f64], &[f64]),
        required: f64,
    ) -> (CMat, CMat) {
        let n = light.response.len();
        let power = self.link.power;
        let Some(found) = self.allocator.allocate(gains, weights, power, required) else {
            return (CMat::zeros(n, n), beam(&light.response, power));
        };
        let powers = self.allocator.powers();
        let diagonal = |i, j| if i == j { C64::from(powers[i]) } else { C64::ZERO };
        let sensing = beam(&light.response, found.sensing_power);
        (CMat::from_fn(n, n, diagonal), sensing)
    }
}
