//! The best beampattern of one array: convex, solved in a factor of low rank, and proven.
//!
//! `E(Z)` is a convex quadratic on the spectraplex `{Z ⪰ 0, tr Z = 1}`. With `Z = V Vᴴ` and `V` of a
//! few columns on the unit sphere it is climbed by L-BFGS in rounds of rising accuracy; after every
//! round the Frank–Wolfe gap ([`noctule_optim::spectraplex`]) bounds the optimum from below with one
//! eigenvalue. The gap is of first order in the gradient, so a loose round proves little. Should it
//! stay open at a stationary point, the eigenvector of the smallest eigenvalue joins `V` as a further
//! column: the rank is raised only then.

use noctule_num::linalg::HermitianEigen;
use noctule_num::{C64, CMat, InputError};
use noctule_optim::spectraplex::frank_wolfe_bound;
use noctule_optim::{
    Bound, Interrupt, Lbfgs, Manifold, Objective, Stop, StopRule, StopRules, Trace, Work,
};
use noctule_phy::beampattern::{
    PatternError, add_lags, add_toeplitz_product, steering, toeplitz_gradient,
};

use crate::Error;

/// Columns of the first factor.
const FIRST_RANK: usize = 1;
/// Columns at most. Optima of one array have a few: what more columns would gain is left in the gap.
const LAST_RANK: usize = 6;
/// Amplitude of a column that joins a factor of norm one.
const LEAVING: f64 = 1e-2;
/// Rounds of rising accuracy at one rank,
const ROUNDS: u32 = 6;
/// each to this share of the residual of the one before.
const TIGHTER: f64 = 0.2;
/// Evaluations of a round.
const EVALUATIONS: u64 = 20_000;
/// Pairs of steps and gradients that L-BFGS keeps,
const MEMORY: usize = 15;
/// and for arrays of more elements than the first number: the form is ill-conditioned for them, and
/// pairs are cheap beside it.
const LONG_ARRAY: (usize, usize) = (24, 40);

/// The best pattern of one array.
#[derive(Clone, Debug)]
pub struct BestPattern {
    /// `V` with `Z = V Vᴴ` and `tr Z = 1`.
    pub factor: CMat,
    /// E(Z).
    pub error: f64,
    /// The scale η.
    pub scale: f64,
    /// What proves it.
    pub bound: Option<Bound>,
    /// The lags at which it is proven: what [`error_from_below`] needs.
    pub lags: Vec<f64>,
    /// Residual of the last round.
    pub residual: f64,
    /// Why it stopped: [`Stop::Converged`] when the gap is closed.
    pub stop: Stop,
    /// What it cost.
    pub work: Work,
}

impl BestPattern {
    /// What no pattern can undercut.
    pub fn certified(&self) -> f64 {
        self.bound.as_ref().map_or(0.0, |bound| bound.value.max(0.0))
    }
}

struct Climb<'a> {
    pattern: &'a PatternError,
    unit: f64,
    lags: Vec<f64>,
    by_lags: Vec<f64>,
    toeplitz: Vec<C64>,
}

impl<'a> Climb<'a> {
    fn new(pattern: &'a PatternError) -> Self {
        Self {
            pattern,
            unit: 1.0,
            lags: vec![0.0; pattern.lags()],
            by_lags: vec![0.0; pattern.lags()],
            toeplitz: vec![C64::ZERO; pattern.elements()],
        }
    }

    fn error(&mut self, x: &[C64]) -> f64 {
        self.lags.fill(0.0);
        add_lags(x, self.pattern.elements(), &mut self.lags);
        let value = self.pattern.error_and_gradient(&self.lags, &mut self.by_lags);
        toeplitz_gradient(&self.by_lags, &mut self.toeplitz);
        value
    }

    /// The lower bound at `x`.
    fn bound(&mut self, x: &[C64], eigen: &mut HermitianEigen) -> Result<Option<Bound>, Error> {
        let value = self.error(x);
        let t = &self.toeplitz;
        let n = t.len();
        let gradient = CMat::from_fn(n, n, |i, j| if i >= j { t[i - j] } else { t[j - i].conj() });
        // E is homogeneous of degree two: ⟨∇E, Z⟩ = 2 E.
        Ok(frank_wolfe_bound(value, &gradient, 2.0 * value, 1.0, 0.0, eigen)?)
    }
}

impl Objective for Climb<'_> {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        let value = self.error(x);
        gradient.fill(C64::ZERO);
        // Of V Vᴴ by the entries of V: twice ∇E V.
        add_toeplitz_product(&self.toeplitz, 2.0 / self.unit, x, gradient);
        value / self.unit
    }
}

/// The lower bound that any factor proves (`bounds` of E at `V Vᴴ / tr`): E and the bound.
///
/// # Errors
/// When an entry is not finite.
pub fn certificate(pattern: &PatternError, factor: &CMat) -> Result<Option<(f64, Bound)>, Error> {
    let mut climb = Climb::new(pattern);
    let value = climb.error(factor.as_slice());
    let bound = climb.bound(factor.as_slice(), &mut HermitianEigen::new(pattern.elements()))?;
    Ok(bound.map(|bound| (value, bound)))
}

/// What no covariance of trace one undercuts, by the tangent of E at any `lags`:
/// `E(Z) ≥ −E(l) + λ_min(T(∇E(l)))`, as E is a convex form of degree two in the lags and they are
/// linear in Z.
///
/// # Errors
/// [`Error::Input`] when the length does not fit; [`Error::Numerics`] for an eigenvalue that cannot
/// be found.
pub fn error_from_below(pattern: &PatternError, lags: &[f64]) -> Result<f64, Error> {
    if lags.len() != pattern.lags() {
        let (found, needed) = (lags.len().to_string(), pattern.lags().to_string());
        let what = "the length does not fit the instance";
        return Err(InputError::new(what, "lags", found, needed).into());
    }
    let mut by_lags = vec![0.0; pattern.lags()];
    let mut t = vec![C64::ZERO; pattern.elements()];
    let value = pattern.error_and_gradient(lags, &mut by_lags);
    toeplitz_gradient(&by_lags, &mut t);
    let n = t.len();
    let gradient = CMat::from_fn(n, n, |i, j| if i >= j { t[i - j] } else { t[j - i].conj() });
    let mut eigen = HermitianEigen::new(n);
    eigen.compute(&gradient)?;
    Ok((eigen.min() - value).max(0.0))
}

/// The best pattern for `pattern`, whose window lies around `towards_rad`, to a relative gap of
/// `gap`.
///
/// # Errors
/// [`Error::Numerics`] when an eigenvalue cannot be found, which finite data do not cause.
pub fn best_pattern(
    pattern: &PatternError,
    spacing: f64,
    towards_rad: &[f64],
    gap: f64,
    interrupt: &Interrupt,
) -> Result<BestPattern, Error> {
    let n = pattern.elements();
    let mut rank = FIRST_RANK.min(n).max(1);
    let mut x = start(n, rank, spacing, towards_rad);
    let mut search = Search::new(pattern, gap);
    let stop = loop {
        let stop = search.climb(&mut x, rank, interrupt)?;
        if matches!(stop, Stop::Converged | Stop::Interrupted) || rank >= n.min(LAST_RANK) {
            break stop;
        }
        // Stationary, but not optimal in the larger space: leave along the eigenvector.
        rank += 1;
        x.extend(search.eigen.vectors().col(0).iter().map(|z| z * LEAVING));
    };
    search.finish(x, rank, stop)
}

/// The climb of one pattern, and the best that is proven of it so far.
struct Search<'a> {
    climb: Climb<'a>,
    gap: f64,
    eigen: HermitianEigen,
    work: Work,
    best: Option<Bound>,
    /// The lags of the best bound.
    lags: Vec<f64>,
    residual: f64,
    /// Why the last climb ended.
    stop: Stop,
}

impl<'a> Search<'a> {
    fn new(pattern: &'a PatternError, gap: f64) -> Self {
        Self {
            climb: Climb::new(pattern),
            gap,
            eigen: HermitianEigen::new(pattern.elements()),
            work: Work::default(),
            best: None,
            lags: vec![0.0; pattern.lags()],
            residual: f64::INFINITY,
            stop: Stop::Stalled,
        }
    }

    /// Rounds of rising accuracy at one rank, until the gap is closed or a climb gets no further.
    fn climb(&mut self, x: &mut [C64], rank: usize, interrupt: &Interrupt) -> Result<Stop, Error> {
        let n = self.climb.pattern.elements();
        let memory = if n > LONG_ARRAY.0 { LONG_ARRAY.1 } else { MEMORY };
        let mut solver = Lbfgs::with_memory(Manifold::sphere(n * rank), memory);
        solver.manifold().normalise(x);
        // Values near one: the tolerances are those of a problem without units.
        self.climb.unit = self.climb.error(x).max(f64::MIN_POSITIVE);
        // The gap is of first order in the gradient: a looser round would prove nothing.
        let mut tolerance = self.gap.max(1e-9);
        for _ in 0..ROUNDS {
            let rules = StopRules::from(StopRule::Residual(tolerance))
                | StopRule::Progress { tolerance: 1e-16, window: 60 }
                | StopRule::Evaluations(EVALUATIONS);
            let run = solver.minimise(&mut self.climb, x, &rules, interrupt, &mut Trace::off());
            self.work += run.work;
            self.residual = run.residual;
            if self.certify(x)? {
                self.stop = Stop::Converged;
                break;
            }
            if matches!(run.stop, Stop::Stalled | Stop::Interrupted | Stop::EvaluationLimit) {
                self.stop = run.stop;
                break;
            }
            tolerance *= TIGHTER;
        }
        Ok(self.stop)
    }

    /// Note what `x` proves; whether the gap is closed.
    fn certify(&mut self, x: &[C64]) -> Result<bool, Error> {
        let bound = self.climb.bound(x, &mut self.eigen)?;
        self.work.factorisations += 1;
        let Some(bound) = bound else { return Ok(false) };
        let closed = bound.gap_rel <= self.gap;
        if self.best.as_ref().is_none_or(|best| bound.value > best.value) {
            self.best = Some(bound);
            self.lags.clone_from(&self.climb.lags);
        }
        Ok(closed)
    }

    /// The pattern of a factor, with the best bound on it.
    fn finish(mut self, x: Vec<C64>, rank: usize, stop: Stop) -> Result<BestPattern, Error> {
        let pattern = self.climb.pattern;
        let error = self.climb.error(&x);
        let scale = pattern.scale(&self.climb.lags);
        let bound = self.best.and_then(|best| {
            Bound::new(error, best.value, noctule_optim::Sense::Lower, best.method, 0.0)
        });
        let factor = CMat::from_columns(pattern.elements(), rank, x)?;
        let Self { lags, residual, work, .. } = self;
        Ok(BestPattern { factor, error, scale, bound, lags, residual, stop, work })
    }
}

/// Tapered beams towards the targets, a little apart.
fn start(n: usize, rank: usize, spacing: f64, towards_rad: &[f64]) -> Vec<C64> {
    let mut x = vec![C64::ZERO; n * rank];
    for (index, &angle) in towards_rad.iter().enumerate() {
        let clamped = angle.clamp(-1.5, 1.5);
        for (c, column) in x.chunks_exact_mut(n).enumerate() {
            let aside = (c as f64 - 0.5 * (rank - 1) as f64) * 0.5 / n as f64;
            let turn = C64::from_polar(1.0, 2.1 * (index * rank + c) as f64);
            for (i, (entry, a)) in
                column.iter_mut().zip(steering(n, spacing, clamped + aside)).enumerate()
            {
                let taper =
                    0.54 - 0.46 * (std::f64::consts::TAU * (i as f64 + 0.5) / n as f64).cos();
                *entry += a * turn * taper;
            }
        }
    }
    x
}
