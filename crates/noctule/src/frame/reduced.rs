//! The SINR as a function of the sensing time, in a space that does not grow with the array, and
//! what it cannot exceed over an interval of sensing times.
//!
//! Everything a user's statistics need lies in the range of `R + D`, whose numerical rank is a
//! handful for a narrow ring. With `s = 1/T_l` the sensed prior `R̂ = (R − s κ D)₊` is a function of
//! one number, and three facts turn values at the ends of an interval into bounds over it:
//!
//! * `n(s) = tr C` is `tr ψ(R − sκD)` with ψ(λ) = λ₊²/(λ₊ + 1/γ), which is convex, rises, and has
//!   its slope in [0, 1]; so `n` is convex in `s` and falls, projection included. A chord bounds it
//!   from above, end values enclose it, and end slopes enclose its slope.
//! * `m(s) = tr (G C)` for a fixed Hermitian `G` has `|m'| ≤ ‖G‖ κ‖D‖` and
//!   `|m''| ≤ 2γ ‖G‖ κ²‖D‖²` (Frobenius norms; double operator integrals, because ψ' has the
//!   Lipschitz constant 2γ). That also holds across eigenvalues that change sign.
//! * the filter `W = w(R − sκD)`, w(λ) = λ₊/(λ₊ + 1/γ), has a corner at zero and is only Lipschitz.
//!   But with `R = (R − sκD) + sκD` the physical SINR needs it in few places: `tr (R W)` is
//!   `n + sκ tr (D W)`, the power of an estimate `n + sκ tr (D W²)`, and both traces with `D` fall
//!   in `s`, being slopes of traces of convex functions; so end values enclose them. What an
//!   estimate sends towards others is `m + sκ tr (G W D W)`, and only its last part needs the
//!   Lipschitz constant 2γ‖G‖₂ κ‖D‖². Slopes are then bounded to first order only.

use noctule_num::linalg::{HermitianEigen, Op, mul, product};
use noctule_num::{CMat, InputError};
use noctule_phy::mmse::trace_of_product;

use super::model::matrices;
use super::{Instance, SinrForm};
use crate::Error;

/// Directions with less of `R + D/‖D‖` than this share of the largest are left out; measured, that
/// costs up to 10⁻¹¹ of a SINR, and bounds carry a margin of ten times as much.
const RANK_TOLERANCE: f64 = 1e-15;

/// Entries of the matrices of all pairs of users: a gibibyte.
const MOST_ENTRIES: usize = 1 << 26;

/// Arrays up to this size are not reduced: there is nothing to gain.
const SMALL_ARRAY: usize = 10;

/// One user in its own basis.
#[derive(Debug)]
struct User {
    correlation: CMat,
    shape: CMat,
    /// κ: Cramér–Rao bound times sensing time.
    kappa: f64,
    /// 1/γ, the pilot's noise for a channel of unit gain.
    noise: f64,
    power: f64,
    /// σ²/β.
    receiver_noise: f64,
    /// κ‖D‖, the speed at which the prior moves with `s`.
    speed: f64,
    /// ‖R‖₂, from the full matrix.
    strongest: f64,
    eigen: HermitianEigen,
    work: [CMat; 4],
}

/// The SINR of all users as a function of the sensing time, with everything sampled so far.
#[derive(Debug)]
pub(super) struct Reduced {
    users: Vec<User>,
    form: SinrForm,
    /// B_iᴴ R_k B_i and its norm, at `k * users + i`.
    cross: Vec<(CMat, f64)>,
    /// Samples one after the other; see [`Layout`].
    arena: Vec<f64>,
    times: Vec<f64>,
    layout: Layout,
    factorisations: u64,
}

/// Where the numbers of a sample are: for every user its SINR, `n`, `n'`, `tr (D W)`, `tr (D W²)`;
/// for every pair `m`, `m'` and `tr (G W D W)`. The last of each only for the physical form.
#[derive(Clone, Copy, Debug)]
struct Layout {
    users: usize,
}

impl Layout {
    const fn size(self) -> usize {
        5 * self.users + 3 * self.users * self.users
    }
    const fn trace(self) -> usize {
        self.users
    }
    const fn trace_slope(self) -> usize {
        2 * self.users
    }
    const fn filtered(self) -> usize {
        3 * self.users
    }
    const fn filtered_twice(self) -> usize {
        4 * self.users
    }
    const fn cross(self) -> usize {
        5 * self.users
    }
    const fn cross_slope(self) -> usize {
        5 * self.users + self.users * self.users
    }
    const fn cross_filtered(self) -> usize {
        5 * self.users + 2 * self.users * self.users
    }
}

/// What the SINRs cannot exceed over an interval.
#[derive(Clone, Debug, Default)]
pub(super) struct Envelope {
    /// With τ going from 0 at the shorter time to 1 at the longer one, linearly in `1/T`:
    /// SINR ≤ start + τ (end − start).
    pub(super) start: Vec<f64>,
    /// See `start`.
    pub(super) end: Vec<f64>,
    /// SINR ≤ this everywhere.
    pub(super) ceiling: Vec<f64>,
    /// SINR ≥ this everywhere.
    pub(super) floor: Vec<f64>,
}

/// An interval of values, for enclosures.
#[derive(Clone, Copy, Debug)]
struct Range {
    low: f64,
    high: f64,
}

impl Reduced {
    /// The reduced form of an instance.
    ///
    /// # Errors
    /// [`Error::Numerics`] when an eigenvalue cannot be found, which checked input excludes.
    pub(super) fn new(instance: &Instance) -> Result<Self, Error> {
        let n = instance.parts().transmit_antennas;
        let count = instance.users().len();
        let mut users = Vec::with_capacity(count);
        let mut bases = Vec::with_capacity(count);
        let mut full = Vec::with_capacity(count);
        let mut eigen = HermitianEigen::new(n);
        for (k, user) in instance.users().iter().enumerate() {
            let (correlation, shape) = matrices(instance, k);
            eigen.compute(&correlation)?;
            let strongest = eigen.max();
            let length = shape.norm();
            let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
            let both = CMat::from_fn(n, n, |i, j| correlation[(i, j)] + shape[(i, j)] * scale);
            eigen.compute(&both)?;
            let threshold = RANK_TOLERANCE * eigen.max();
            let first = eigen.values().partition_point(|&x| x <= threshold);
            let basis = if n <= SMALL_ARRAY {
                CMat::identity(n)
            } else {
                eigen.vectors().columns(first..n)
            };
            let rank = basis.cols();
            let kappa = instance.crb_seconds(k);
            let shape = inside(&basis, &shape);
            users.push(User {
                correlation: inside(&basis, &correlation),
                speed: kappa * shape.norm(),
                shape,
                kappa,
                noise: 1.0 / (user.gain * user.pilot_snr),
                power: user.power_w,
                receiver_noise: user.noise_w / user.gain,
                strongest,
                eigen: HermitianEigen::new(rank),
                work: std::array::from_fn(|_| CMat::zeros(rank, rank)),
            });
            bases.push(basis);
            full.push(correlation);
        }
        let form = instance.parts().sinr;
        let mut cross = Vec::new();
        if form != SinrForm::LowerBound {
            check_size(&bases)?;
            for r in &full {
                for basis in &bases {
                    let inner = inside(basis, r);
                    let norm = inner.norm();
                    cross.push((inner, norm));
                }
            }
        }
        Ok(Self {
            users,
            form,
            cross,
            arena: Vec::new(),
            times: Vec::new(),
            layout: Layout { users: count },
            factorisations: 2 * count as u64,
        })
    }

    /// Number of samples taken.
    pub(super) const fn samples(&self) -> usize {
        self.times.len()
    }

    /// Eigendecompositions made.
    pub(super) const fn factorisations(&self) -> u64 {
        self.factorisations
    }

    /// Sensing time of a sample in seconds.
    pub(super) fn time(&self, sample: usize) -> f64 {
        self.times[sample]
    }

    fn field(&self, sample: usize, from: usize, length: usize) -> &[f64] {
        let start = sample * self.layout.size() + from;
        &self.arena[start..start + length]
    }

    /// SINRs of a sample.
    pub(super) fn sinr(&self, sample: usize) -> &[f64] {
        self.field(sample, 0, self.layout.users)
    }

    /// Take a sample at a sensing time; its number.
    pub(super) fn sample(&mut self, time: f64) -> Result<usize, Error> {
        let number = self.times.len();
        let size = self.layout.size();
        self.times.push(time);
        self.arena.resize((number + 1) * size, 0.0);
        let out = &mut self.arena[number * size..];
        let count = self.users.len();
        self.factorisations += count as u64;
        let physical = self.form == SinrForm::Physical;
        for (i, user) in self.users.iter_mut().enumerate() {
            user.fill(1.0 / time, i, &self.cross, physical, out, self.layout)?;
        }
        let layout = self.layout;
        // Power of an estimate, and what of it goes in a direction: as believed, or as it is.
        let power = |out: &[f64], i: usize, user: &User| {
            out[layout.trace() + i] + user.kappa / time * out[layout.filtered_twice() + i]
        };
        let total: f64 = self.users.iter().map(|user| user.power).sum();
        for (k, user) in self.users.iter().enumerate() {
            let own = power(out, k, user);
            let (signal, received) = if self.form == SinrForm::LowerBound {
                (own, user.strongest * total)
            } else {
                let mut received = 0.0;
                for (i, other) in self.users.iter().enumerate() {
                    let (pair, power) = (k * count + i, power(out, i, other));
                    let towards = out[layout.cross() + pair]
                        + other.kappa / time * out[layout.cross_filtered() + pair];
                    let share = if power > 0.0 { towards / power } else { user.strongest };
                    received += other.power * share;
                }
                let inner =
                    out[layout.trace() + k] + user.kappa / time * out[layout.filtered() + k];
                (if !physical { own } else { ratio(inner * inner, own, 0.0) }, received)
            };
            out[k] = user.power * signal / (received + user.receiver_noise);
        }
        Ok(number)
    }

    /// Bounds on the SINRs for all sensing times between two samples, `short` before `long`.
    pub(super) fn envelope(&self, short: usize, long: usize, out: &mut Envelope) {
        let count = self.users.len();
        for field in [&mut out.start, &mut out.end, &mut out.ceiling, &mut out.floor] {
            field.clear();
            field.resize(count, 0.0);
        }
        let width = (1.0 / self.times[short] - 1.0 / self.times[long]).max(0.0);
        match self.form {
            SinrForm::LowerBound => {
                out.start.copy_from_slice(self.sinr(short));
                out.end.copy_from_slice(self.sinr(long));
                out.ceiling.copy_from_slice(self.sinr(long));
                out.floor.copy_from_slice(self.sinr(short));
            }
            SinrForm::UseAndForget => {
                for k in 0..count {
                    self.believed_envelope(k, short, long, width, out);
                }
            }
            SinrForm::Physical => {
                for k in 0..count {
                    self.physical_envelope(k, short, long, width, out);
                }
            }
        }
    }

    /// SINR of user `k` under Eq. (22): `c = p n_k / (Σ_i p_i m_ki / n_i + σ²/β)`.
    fn believed_envelope(
        &self,
        k: usize,
        short: usize,
        long: usize,
        width: f64,
        out: &mut Envelope,
    ) {
        let (count, layout) = (self.users.len(), self.layout);
        let at = |sample: usize, from: usize, index: usize| self.field(sample, from + index, 1)[0];
        // Of a trace and of minus its slope: convex, falling in s.
        let trace = |i: usize| Range {
            low: at(short, layout.trace(), i),
            high: at(long, layout.trace(), i),
        };
        let fall = |i: usize| Range {
            low: -at(short, layout.trace_slope(), i),
            high: -at(long, layout.trace_slope(), i),
        };
        let user = &self.users[k];
        let mut received = Range { low: user.receiver_noise, high: user.receiver_noise };
        let mut rise = 0.0; // of what is received, with s
        for (i, other) in self.users.iter().enumerate() {
            let index = k * count + i;
            let value = self.enclose(index, i, short, long, width);
            let (n, fall) = (trace(i), fall(i));
            let slope = self.enclose_slope(index, i, short, long, width);
            received.low += other.power * ratio(value.low, n.high, 0.0);
            received.high +=
                other.power * ratio(value.high, n.low, user.strongest).min(user.strongest);
            let by_value = if slope > 0.0 { slope / n.low } else { slope / n.high };
            rise += other.power * (by_value + value.high * fall.high / (n.low * n.low));
        }
        let (own, own_fall) = (trace(k), fall(k));
        let now = self.sinr(short)[k];
        let ceiling = user.power * own.high / received.low;
        let floor = (user.power * own.low / received.high).min(now);
        // −c'/c = −n'/n + received'/received
        let relative = own_fall.high / own.low
            + if rise > 0.0 { rise / received.low } else { rise / received.high };
        let slope = if relative > 0.0 { ceiling * relative } else { floor * relative };
        self.put(k, short, width * slope, ceiling, floor, out);
    }

    /// SINR of user `k` in its physical form, `p t² / u / (Σ_i p_i z_ki / u_i + σ²/β)` with
    /// `t = n + sκ tr (D W)`, `u = n + sκ tr (D W²)`, `z = m + sκ tr (G W D W)`.
    fn physical_envelope(
        &self,
        k: usize,
        short: usize,
        long: usize,
        width: f64,
        out: &mut Envelope,
    ) {
        let (count, layout) = (self.users.len(), self.layout);
        let at = |sample: usize, from: usize, index: usize| self.field(sample, from + index, 1)[0];
        let s = Range { low: 1.0 / self.times[long], high: 1.0 / self.times[short] };
        let falling =
            |from: usize, i: usize| Range { low: at(short, from, i), high: at(long, from, i) };
        // n + sκ·(a trace that falls), a bound on its slope from above and on minus it.
        let sum = |i: usize, from: usize, steepest: f64| {
            let kappa = self.users[i].kappa;
            let (n, d) = (falling(layout.trace(), i), falling(from, i));
            let fall = Range {
                low: -at(short, layout.trace_slope(), i),
                high: -at(long, layout.trace_slope(), i),
            };
            let value = Range {
                low: n.low + s.low * kappa * d.low,
                high: n.high + s.high * kappa * d.high,
            };
            let rise = kappa * d.high - fall.low;
            let drop = fall.high - kappa * d.low + s.high * kappa * steepest;
            (value, rise, drop, d)
        };
        let steepest = |i: usize, factor: f64| {
            let user = &self.users[i];
            factor * user.speed * user.speed / (user.kappa * user.noise)
        };
        let user = &self.users[k];
        let mut received = Range { low: user.receiver_noise, high: user.receiver_noise };
        let mut rise = 0.0;
        for (i, other) in self.users.iter().enumerate() {
            let index = k * count + i;
            // w² has slopes up to 8/27 γ.
            let (power, _, drop, d) = sum(i, layout.filtered_twice(), steepest(i, 8.0 / 27.0));
            let kappa = other.kappa;
            let m = self.enclose(index, i, short, long, width);
            let slope = self.enclose_slope(index, i, short, long, width);
            let lipschitz = 2.0 * user.strongest * steepest(i, 1.0);
            let (x, y) = (
                at(short, layout.cross_filtered(), index),
                at(long, layout.cross_filtered(), index),
            );
            let reach = (0.5 * (lipschitz * width - (x - y).abs())).max(0.0);
            let e = Range {
                low: (x.min(y) - reach).max(0.0),
                high: (x.max(y) + reach).min(user.strongest * d.high),
            };
            let towards = Range {
                low: m.low + s.low * kappa * e.low,
                high: m.high + s.high * kappa * e.high,
            };
            let most = ratio(towards.high, power.low, f64::INFINITY).min(user.strongest);
            received.low += other.power * ratio(towards.low, power.high, 0.0);
            received.high += other.power * most;
            let climb = slope + kappa * e.high + s.high * kappa * lipschitz;
            rise += other.power * (climb.max(0.0) + most * drop.max(0.0)) / power.low;
        }
        let (own, own_rise, _, _) = sum(k, layout.filtered_twice(), steepest(k, 8.0 / 27.0));
        let (inner, _, inner_drop, _) = sum(k, layout.filtered(), steepest(k, 1.0));
        // Cauchy–Schwarz: the signal is at most tr R = 1.
        let most = ratio(inner.high * inner.high, own.low, 1.0).min(1.0);
        let least = ratio(inner.low * inner.low, own.high, 0.0);
        let now = self.sinr(short)[k];
        let ceiling = (user.power * most / received.low).max(now);
        let floor = (user.power * least / received.high).min(now);
        let own_part = if own_rise > 0.0 { own_rise / own.low } else { own_rise / own.high };
        let relative = 2.0 * inner_drop.max(0.0) / inner.low + own_part + rise / received.low;
        let slope = if relative > 0.0 { ceiling * relative } else { floor * relative };
        self.put(k, short, width * slope, ceiling, floor, out);
    }

    /// The line from the SINR now with `climb` over the interval, or the ceiling, whichever is of
    /// more use.
    fn put(
        &self,
        k: usize,
        short: usize,
        climb: f64,
        ceiling: f64,
        floor: f64,
        out: &mut Envelope,
    ) {
        let now = self.sinr(short)[k];
        let ceiling = if ceiling.is_finite() { ceiling.max(now) } else { f64::INFINITY };
        let line = climb <= 3.0 * (ceiling - now);
        (out.start[k], out.end[k]) =
            if line { (now, (now + climb).max(0.0)) } else { (ceiling, ceiling) };
        out.ceiling[k] = ceiling;
        out.floor[k] = if floor.is_finite() { floor.max(0.0) } else { 0.0 };
    }

    /// `tr (G C_i)` over the interval, from its ends and the bounds on its derivatives.
    fn enclose(&self, index: usize, i: usize, short: usize, long: usize, width: f64) -> Range {
        let layout = self.layout;
        let x = self.field(short, layout.cross() + index, 1)[0];
        let y = self.field(long, layout.cross() + index, 1)[0];
        let (first, second) = self.speeds(index, i);
        let reach = (0.5 * first * width - 0.5 * (x - y).abs()).min(second * width * width / 8.0);
        let reach = reach.max(0.0);
        Range { low: (x.min(y) - reach).max(0.0), high: x.max(y) + reach }
    }

    /// The largest slope of `tr (G C_i)` over the interval.
    fn enclose_slope(&self, index: usize, i: usize, short: usize, long: usize, width: f64) -> f64 {
        let from = self.layout.cross_slope() + index;
        let (x, y) = (self.field(short, from, 1)[0], self.field(long, from, 1)[0]);
        let (first, second) = self.speeds(index, i);
        (x.min(y) + second * width).min(first)
    }

    /// Bounds on the first two derivatives of `tr (G C_i)`.
    fn speeds(&self, index: usize, i: usize) -> (f64, f64) {
        let (norm, speed) = (self.cross[index].1, self.users[i].speed);
        (norm * speed, 2.0 * norm * speed * speed / self.users[i].noise)
    }
}

/// Refuse what would take gigabytes: every user's correlation in the basis of every other.
fn check_size(bases: &[CMat]) -> Result<(), InputError> {
    let entries = bases.len() * bases.iter().map(|basis| basis.cols().pow(2)).sum::<usize>();
    if entries <= MOST_ENTRIES {
        return Ok(());
    }
    let found = format!("{entries} entries (users² · rank²)");
    let what = "the matrices of all pairs of users are too large together";
    Err(InputError::new(what, "users", found, format!("up to {MOST_ENTRIES}"))
        .hint("fewer users or antennas, a narrower spread, or `sinr = \"lower-bound\"`"))
}

/// `a / b`, or what it cannot exceed (fall below) where `b` is zero.
fn ratio(a: f64, b: f64, otherwise: f64) -> f64 {
    if b > 0.0 { a / b } else { otherwise }
}

/// `Bᴴ A B`.
fn inside(basis: &CMat, a: &CMat) -> CMat {
    product(basis, Op::Adjoint, &product(a, Op::Plain, basis, Op::Plain), Op::Plain)
}

impl User {
    fn decompose(&mut self, s: f64) -> Result<(), Error> {
        let moved = s * self.kappa;
        let prior = &mut self.work[0];
        let both = self.correlation.as_slice().iter().zip(self.shape.as_slice());
        for (out, (r, d)) in prior.as_mut_slice().iter_mut().zip(both) {
            *out = r - d * moved;
        }
        Ok(self.eigen.compute(prior)?)
    }

    /// Everything a sample keeps of this user.
    fn fill(
        &mut self,
        s: f64,
        i: usize,
        cross: &[(CMat, f64)],
        physical: bool,
        out: &mut [f64],
        layout: Layout,
    ) -> Result<(), Error> {
        self.decompose(s)?;
        let noise = self.noise;
        let [first, second, turned, scaled] = &mut self.work;
        let (values, vectors) = (self.eigen.values(), self.eigen.vectors());
        // Dₑ = Vᴴ D V, then its Schur product with the divided differences of ψ.
        mul(scaled, false, 1.0, &self.shape, Op::Plain, vectors, Op::Plain);
        mul(turned, false, 1.0, vectors, Op::Adjoint, scaled, Op::Plain);
        let (mut value, mut slope) = (0.0, 0.0);
        for (j, &x) in values.iter().enumerate() {
            value += psi(x, noise);
            slope += divided_psi(x, x, noise) * turned[(j, j)].re;
        }
        out[layout.trace() + i] = value;
        out[layout.trace_slope() + i] = -self.kappa * slope;
        if cross.is_empty() {
            return Ok(());
        }
        if physical {
            let weight = |x: f64| x.max(0.0) / (x.max(0.0) + noise);
            let diagonal = |j: usize| turned[(j, j)].re.max(0.0);
            let weighted = |power: i32| -> f64 {
                values.iter().enumerate().map(|(j, &x)| weight(x).powi(power) * diagonal(j)).sum()
            };
            out[layout.filtered() + i] = weighted(1);
            out[layout.filtered_twice() + i] = weighted(2);
            for (j, &y) in values.iter().enumerate() {
                let outer = weight(y);
                let column = second.col_mut(j).iter_mut().zip(turned.col(j)).zip(values);
                column.for_each(|((z, d), &x)| *z = d * (outer * weight(x)));
            }
            mul(scaled, false, 1.0, vectors, Op::Plain, second, Op::Plain);
            mul(first, false, 1.0, scaled, Op::Plain, vectors, Op::Adjoint);
            for k in 0..layout.users {
                let pair = k * layout.users + i;
                out[layout.cross_filtered() + pair] =
                    trace_of_product(&cross[pair].0, first).max(0.0);
            }
        }
        for (j, &y) in values.iter().enumerate() {
            for (z, &x) in turned.col_mut(j).iter_mut().zip(values) {
                *z *= divided_psi(x, y, noise);
            }
            let weight = psi(y, noise);
            for (z, v) in scaled.col_mut(j).iter_mut().zip(vectors.col(j)) {
                *z = v * weight;
            }
        }
        mul(first, false, 1.0, scaled, Op::Plain, vectors, Op::Adjoint);
        mul(scaled, false, 1.0, vectors, Op::Plain, turned, Op::Plain);
        mul(second, false, 1.0, scaled, Op::Plain, vectors, Op::Adjoint);
        for k in 0..layout.users {
            let (g, _) = &cross[k * layout.users + i];
            out[layout.cross() + k * layout.users + i] = trace_of_product(g, first).max(0.0);
            out[layout.cross_slope() + k * layout.users + i] =
                -self.kappa * trace_of_product(g, second);
        }
        Ok(())
    }
}

/// ψ(λ) = λ₊²/(λ₊ + noise).
fn psi(x: f64, noise: f64) -> f64 {
    let x = x.max(0.0);
    x * (x / (x + noise))
}

/// (ψ(x) − ψ(y)) / (x − y), and ψ' where they meet: without cancellation.
fn divided_psi(x: f64, y: f64, noise: f64) -> f64 {
    match (x > 0.0, y > 0.0) {
        (true, true) => {
            (x / (x + noise)) * (y / (y + noise)) + noise * (x + y) / ((x + noise) * (y + noise))
        }
        (true, false) => psi(x, noise) / (x - y),
        (false, true) => psi(y, noise) / (y - x),
        (false, false) => 0.0,
    }
}

#[cfg(test)]
mod tests;
