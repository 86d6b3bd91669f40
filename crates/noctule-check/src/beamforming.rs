//! Beams: `Σ w ln(T_k/I_k) − δ tr F⁻¹` made linear in the covariances. On a box of interference levels
//! `ln T − ln I ≤ tT − ln t − 1 + o − λI`, everywhere `tr F⁻¹ ≥ 2 tr Y − tr YFY`, and `⟨G, R⟩` within a power P is at
//! most P times the largest eigenvalue of G.

use crate::ball::{Ball, Matrix, UP, below, cholesky, sum};
use crate::cover::covers;
use crate::planes::{chord, envelope, pair};
use crate::response::steering;
use crate::{Outcome, Read, Refused, unproven};

/// What an instance may hold for its proof to be of the kind that is checked here.
const PLAIN: &str = "azimuth_rad channels crb_weight format per_antenna_power polar_rad power_w rate_weight_per_nat \
    receive_shape reflection sensing_noise_w sensing_streams snapshots system transmit_shape unit_modulus_steering user_noise_w";

pub(crate) fn check(read: &Read<'_>, value: f64) -> Outcome<usize> {
    plain(read, "")?;
    if let Some(weight) = read.extended {
        read.lists_are(&["high", "low", "slope", "t", "y"])?;
        return Scene::beside_extended(read, weight)?.boxes(read, value);
    }
    let scene = Scene::read(read)?;
    // Rates count as nothing only where they have no weight, nobody has one, or the claim says so.
    let rated = scene.weight > 0.0 && scene.users() > 0;
    let rates = match (&read.names()[..], read.senses_only) {
        (["y"], alone) if alone || !rated => Ball::ZERO,
        (["capacity", "y"], false) if rated => scene.capacity(read)?,
        (["capacity", "y"], false) => Ball::ZERO,
        (["q", "y", "z"], false) => return scene.cooperation(read, value),
        (["high", "low", "slope", "t", "y"], false)
        | (["chord_high", "chord_low", "high", "low", "t", "y"], false) => {
            return scene.boxes(read, value);
        }
        _ => return unproven("its lists are not those of a proof of its problem"),
    };
    let (constant, slope) = scene.sensing(&read.list("y", scene.order().pow(2))?);
    scene.within(value, rates - constant, [slope].iter())?;
    Ok(1)
}

/// Refuse by name what an instance holds beyond what is known here.
pub(crate) fn plain(read: &Read<'_>, more: &str) -> Outcome<()> {
    let fields = read.instance.as_object().into_iter().flatten();
    let known = |name: &str| PLAIN.split(' ').chain(more.split(' ')).any(|known| known == name);
    match fields.into_iter().find(|(name, _)| !known(name)) {
        Some((beyond, _)) => Err(Refused::NotHere(format!("instances with '{beyond}'"))),
        None => Ok(()),
    }
}

/// Station, users and targets.
pub(crate) struct Scene {
    /// `h_k/σ_k`, a row each.
    pub(crate) h: Matrix,
    pub(crate) power: f64,
    pub(crate) weight: f64,
    /// SINRs that are required; none where nothing is.
    pub(crate) floors: Vec<f64>,
    /// δκ, and δ.
    pub(crate) sensing: (Ball, f64),
    /// a and its derivatives along azimuth and polar angle of every target, a column each.
    pub(crate) space: Matrix,
    /// Of every pair of parameters, `D_iᴴD_j` between the columns of the space.
    pub(crate) grams: Vec<Matrix>,
    /// ρ, where `ρ tr R⁻¹` of an extended target is in the place of the bounds of parameters.
    extended: Option<f64>,
}

impl Scene {
    pub(crate) fn read(read: &Read<'_>) -> Outcome<Self> {
        Self::weighing(read, read.number("crb_weight")?)
    }

    /// The same with a weight of the bounds of its own.
    pub(crate) fn weighing(read: &Read<'_>, delta: f64) -> Outcome<Self> {
        let noise = read.array("user_noise_w")?;
        let (users, channels) = (noise.len(), read.array("channels")?);
        let shape = |side: &str| read.array(&format!("{side}_shape"));
        let (send, receive) = (shape("transmit")?, shape("receive")?);
        let sides = |list: &[f64]| {
            list.len() == 2 && list.iter().all(|n| (1.0..=1e6).contains(n) && n.fract() <= 0.0)
        };
        if !sides(&send) || !sides(&receive) {
            return unproven("an array has no two sides");
        }
        let antennas = send.iter().product::<f64>() as usize;
        if channels.len() != 2 * users * antennas || noise.iter().any(|x| *x <= 0.0) {
            return unproven("channels, noise and antennas do not fit");
        }
        let over: Vec<Ball> =
            noise.iter().map(|x| Ball::real(*x).sqrt()).collect::<Outcome<_>>()?;
        let mut h = Matrix::of(users, antennas, |k, n| pair(&channels, k * antennas + n));
        for (at, entry) in h.entries.iter_mut().enumerate() {
            *entry = entry.over(over[at / antennas])?;
        }
        let power = read.number("power_w")?;
        let weight = read.number("rate_weight_per_nat")?;
        if delta < 0.0 || power <= 0.0 || weight < 0.0 {
            return unproven("weights and power are not positive");
        }
        let angles = (read.array("azimuth_rad")?, read.array("polar_rad")?);
        let targets = if delta > 0.0 { angles.0.len() } else { 0 };
        let unit = read.instance["unit_modulus_steering"].as_f64().unwrap_or(0.0) > 0.0;
        let reflection = read.array("reflection")?;
        if angles.1.len() < targets || reflection.len() < 2 * targets {
            return unproven("the targets' lists do not fit");
        }
        // D_j = Σ_c r_jc t_cᴴ: azimuths, polar angles, real and imaginary parts, over columns c of the space.
        let mut columns = Vec::new();
        let mut derivatives = vec![Vec::new(); 4 * targets];
        for m in 0..targets {
            let (at, alpha) = ((angles.0[m], angles.1[m]), pair(&reflection, m));
            let [a, by_azimuth, by_polar] = steering(at, &send, unit)?;
            columns.extend([a, by_azimuth, by_polar]);
            let [b, b_azimuth, b_polar] = steering(at, &receive, unit)?;
            let times = |v: &[Ball], z: Ball| v.iter().map(|x| *x * z).collect::<Vec<_>>();
            derivatives[m] = vec![(3 * m, times(&b_azimuth, alpha)), (3 * m + 1, times(&b, alpha))];
            derivatives[targets + m] =
                vec![(3 * m, times(&b_polar, alpha)), (3 * m + 2, times(&b, alpha))];
            derivatives[2 * targets + m] = vec![(3 * m, b.clone())];
            derivatives[3 * targets + m] = vec![(3 * m, times(&b, Ball::exact(0.0, 1.0)))];
        }
        let space = Matrix::of(antennas, 3 * targets, |n, c| columns[c][n]);
        let mut grams = Vec::new();
        for left in &derivatives {
            for right in &derivatives {
                let mut gram = Matrix::of(3 * targets, 3 * targets, |_, _| Ball::ZERO);
                for (c, r) in left {
                    for (d, s) in right {
                        gram.entries[c * 3 * targets + d] =
                            sum(r.iter().zip(s).map(|(r, s)| r.conj() * *s));
                    }
                }
                grams.push(gram);
            }
        }
        let kappa = (Ball::real(2.0) * read.number("snapshots")?)
            .over(read.number("sensing_noise_w")?.into())?;
        let sensing = (kappa * delta, delta);
        Ok(Self { h, power, weight, floors: Vec::new(), sensing, space, grams, extended: None })
    }

    /// The same for rates alone, under floors on SINRs.
    pub(crate) fn of_rates(self, floors: Vec<f64>) -> Self {
        let space = Matrix::of(self.h.cols, 0, |_, _| Ball::ZERO);
        Self { weight: 1.0, floors, sensing: (Ball::ZERO, 0.0), space, grams: Vec::new(), ..self }
    }

    /// The same for the sum rate in nats less `ρ tr R⁻¹`.
    fn beside_extended(read: &Read<'_>, weight: f64) -> Outcome<Self> {
        // what the claim is not about counts as absent, whatever stands there
        let mut instance = read.instance.clone();
        for name in ["azimuth_rad", "polar_rad", "reflection"] {
            instance[name] = serde_json::json!([]);
        }
        for name in ["crb_weight", "rate_weight_per_nat", "snapshots", "sensing_noise_w"] {
            instance[name] = serde_json::json!(1.0);
        }
        let scene = Self::weighing(&Read { instance: &instance, ..*read }, 0.0)?;
        if scene.users() == 0 {
            return unproven("nobody has a rate");
        }
        Ok(Self { extended: Some(weight), ..scene.of_rates(Vec::new()) })
    }

    pub(crate) fn users(&self) -> usize {
        self.h.rows
    }

    /// Parameters of the targets.
    pub(crate) fn order(&self) -> usize {
        self.space.cols / 3 * 4
    }

    /// Numbers of Y.
    fn multipliers(&self) -> usize {
        if self.extended.is_some() { 2 * self.h.cols.pow(2) } else { self.order().pow(2) }
    }

    /// `2δ tr Y`, and `δ B(Y)` with `tr YFY = ⟨B(Y), R⟩`, of the symmetric part of Y; of an extended target `2ρ tr Y`
    /// and `ρ Y²` of the Hermitian part: `tr R⁻¹ ≥ 2 tr Y − tr YRY`.
    fn sensing(&self, y: &[f64]) -> (Ball, Matrix) {
        let Some(weight) = self.extended else {
            return self.sensing_of(y, &vec![1.0; self.order()]);
        };
        let n = self.h.cols;
        let y = Matrix::of(n, n, |i, j| {
            let (a, b) = (pair(y, i * n + j), pair(y, j * n + i));
            Ball::exact(0.5 * (a.re + b.re), 0.5 * (a.im - b.im))
        });
        let trace = sum((0..n).map(|i| y.at(i, i))) * (2.0 * weight);
        (trace, y.times_adjoint(&y).scaled(weight.into()))
    }

    /// The same where the bounds of parameters have weights: `tr YWFY` in place of `tr YFY`.
    pub(crate) fn sensing_of(&self, y: &[f64], weights: &[f64]) -> (Ball, Matrix) {
        let (n, c) = (self.order(), self.space.cols);
        let y = Matrix::of(n, n, |i, j| Ball::real(0.5 * (y[i * n + j] + y[j * n + i])));
        let weighted = Matrix::of(n, n, |i, j| y.at(i, j) * weights[j]);
        let squared = weighted.times_adjoint(&y);
        let mut middle = Matrix::of(c, c, |_, _| Ball::ZERO);
        for (factor, gram) in squared.entries.iter().zip(&self.grams) {
            for (entry, x) in middle.entries.iter_mut().zip(&gram.entries) {
                if x.size() + x.rad > 0.0 {
                    *entry = *entry + *x * *factor;
                }
            }
        }
        let trace = sum((0..n).map(|i| weighted.at(i, i))) * (2.0 * self.sensing.1);
        (trace, self.spread(&self.space, &middle).scaled(self.sensing.0))
    }

    /// `Z M Zᴴ`.
    fn spread(&self, z: &Matrix, middle: &Matrix) -> Matrix {
        let back = Matrix::of(middle.cols, middle.rows, |i, j| middle.at(j, i).conj());
        z.times_adjoint(&back).times_adjoint(z)
    }

    /// Whether `constant + P max(0, λ)` is at most the value, for the largest eigenvalue λ of some matrices.
    pub(crate) fn within<'a>(
        &self,
        value: f64,
        constant: Ball,
        slopes: impl Iterator<Item = &'a Matrix>,
    ) -> Outcome<()> {
        let top = (Ball::real(value) - constant).over(self.power.into())?.lower();
        if top.is_nan() || top < 0.0 {
            return unproven("the constant part is above the value already");
        }
        for slope in slopes {
            if slope.rows > 0 && !below(top, slope) {
                return unproven("a matrix is not proven to be positive semidefinite");
            }
        }
        Ok(())
    }

    pub(crate) fn boxes(&self, read: &Read<'_>, value: f64) -> Outcome<usize> {
        let (users, size) = (self.users(), self.multipliers());
        let count =
            read.length("low").checked_div(users).unwrap_or_else(|| read.length("y") / size.max(1));
        let list = |name: &str| read.list(name, count * users);
        let (low, mut high, t) = (list("low")?, list("high")?, list("t")?);
        let y = read.list("y", count * size)?;
        // Proofs of earlier versions: chords of −ln I over a box around each.
        let sloped = read.has("slope");
        let (left, mut right) = if sloped {
            (list("slope")?, vec![])
        } else {
            (list("chord_low")?, list("chord_high")?)
        };
        let floored = if read.has("lambda") { users } else { 0 };
        let lambda = read.list("lambda", count * floored)?;
        let inside = |at: usize| left[at] <= low[at] && high[at] <= right[at];
        if !sloped && !(0..count * users).all(inside) {
            return unproven("a box is not inside the one whose chords prove it");
        }
        let most: Vec<f64> = (0..users).map(|k| self.most_interference(k)).collect();
        // Boxes that end at the most there is but for its rounding are proven to its end.
        for (at, end) in high.iter_mut().enumerate() {
            if *end < most[at % users] && most[at % users] * (1.0 - 1e-9) <= *end {
                *end = most[at % users];
                right.get_mut(at).into_iter().for_each(|outer| *outer = outer.max(*end));
            }
        }
        let corners: Vec<_> = (0..count)
            .map(|b| b * users..(b + 1) * users)
            .map(|at| (&low[at.clone()], &high[at]))
            .collect();
        if count == 0 || self.weight > 0.0 && !covers(&corners, vec![1.0; users], most) {
            return unproven("the boxes leave something uncovered");
        }
        for leaf in 0..count {
            let (trace, slope) = self.sensing(&y[leaf * size..(leaf + 1) * size]);
            let (mut constant, mut shared, mut own) = (-trace, slope, Vec::new());
            let mut spare = Vec::with_capacity(users);
            for k in 0..users {
                let (at, t) = (leaf * users + k, t[leaf * users + k]);
                let (slope, offset) = if sloped {
                    (left[at], envelope((low[at], high[at]), t, left[at])?)
                } else {
                    chord(left[at], right[at])?
                };
                let rest = Ball::real(t) - slope.into();
                constant = constant
                    + (rest - Ball::real(t).ln()? - 1.0.into() + offset.into()) * self.weight;
                spare.push(rest * self.weight);
                own.push(Ball::real(slope) * self.weight);
            }
            if floored > 0 {
                let prices = &lambda[leaf * users..(leaf + 1) * users];
                constant = constant - self.floored(prices, &mut spare, &mut own)?;
            }
            let n = self.h.cols;
            for (k, factor) in spare.iter().enumerate() {
                self.add(&mut shared, k, *factor);
            }
            let each =
                own.iter().enumerate().filter(|(_, weight)| weight.re > 0.0).map(|(k, weight)| {
                    let mut matrix = shared.clone();
                    self.add(&mut matrix, k, *weight);
                    matrix
                });
            // With some λ > 0 the matrix of sensing streams lies below that user's.
            let alone = own.iter().all(|weight| weight.re <= 0.0) && n > 0;
            let slopes: Vec<Matrix> = each.chain(alone.then(|| shared.clone())).collect();
            self.within(value, constant, slopes.iter())?;
        }
        Ok(count)
    }

    /// The most a user hears beside its signal: all, or what leaves it the SINR it requires.
    fn most_interference(&self, k: usize) -> f64 {
        let signal = sum((0..self.h.cols).map(|a| self.h.at(k, a).square())) * self.power;
        let most = (Ball::real(1.0) + signal).upper();
        match self.floors.get(k) {
            Some(floor) if *floor > 0.0 => {
                signal.over((*floor).into()).map_or(most, |x| most.min(x.upper().max(1.0)))
            }
            _ => most,
        }
    }

    /// Price floors on SINRs, `λ_k(S_k/γ_k − I_k) ≥ 0`: Σλ, with what users hear and what is their own changed by it.
    pub(crate) fn floored(
        &self,
        prices: &[f64],
        heard: &mut [Ball],
        own: &mut [Ball],
    ) -> Outcome<Ball> {
        for (k, price) in prices.iter().enumerate() {
            let floor = self.floors.get(k).copied().unwrap_or(0.0);
            if *price < 0.0 || *price > 0.0 && floor <= 0.0 {
                return unproven("a price of a floor that there is not");
            }
            if *price > 0.0 {
                heard[k] = heard[k] - (*price).into();
                own[k] = own[k] + Ball::real(*price) + Ball::real(*price).over(floor.into())?;
            }
        }
        Ok(sum(prices.iter().map(|price| Ball::real(*price))))
    }

    /// Add `factor · h_k h_kᴴ`.
    pub(crate) fn add(&self, matrix: &mut Matrix, k: usize, factor: Ball) {
        let n = self.h.cols;
        for i in 0..n {
            let left = self.h.at(k, i) * factor;
            for j in 0..n {
                matrix.entries[i * n + j] =
                    matrix.entries[i * n + j] + left * self.h.at(k, j).conj();
            }
        }
    }

    /// Users who cooperate, under a noise of covariance Z: `ln det(1 + Z⁻¹HᴴRH) ≤ tr Q(Z + HᴴRH) − ln det QZ − K`.
    fn cooperation(&self, read: &Read<'_>, value: f64) -> Outcome<usize> {
        let k = self.users();
        let (z, q) = (read.list("z", 2 * k * k)?, read.list("q", 2 * k * k)?);
        let hermitian = |list: &[f64]| {
            Matrix::of(k, k, |i, j| {
                let (x, y) = (pair(list, j * k + i), pair(list, i * k + j));
                Ball::exact(0.5 * (x.re + y.re), 0.5 * (x.im - y.im))
            })
        };
        let mut z = hermitian(&z);
        for i in 0..k {
            if (z.at(i, i).re - 1.0).abs() > 1e-12 {
                return unproven("Z has no ones on its diagonal");
            }
            z.entries[i * k + i] = Ball::real(1.0);
        }
        let (inside, low) = triangle(&Matrix::of(k, k, |i, j| {
            let x = z.at(i, j);
            Ball::exact(x.re * (1.0 - 1e-11), x.im * (1.0 - 1e-11))
        }))?;
        // So that ln det Z is at least that of what is inside.
        if !below(0.0, &Matrix::of(k, k, |i, j| inside.at(i, j) - z.at(i, j))) {
            return unproven("Z is not proven to be positive definite");
        }
        let (q, volume) = triangle(&hermitian(&q))?;
        let matched = sum((0..k * k).map(|at| q.entries[at] * z.at(at % k, at / k)));
        let mut constant =
            (Ball::real(matched.re) - volume - low - (k as f64).into()) * self.weight;
        constant.rad += matched.rad * self.weight * UP;
        let columns = Matrix::of(self.h.cols, k, |n, user| self.h.at(user, n));
        let (trace, sensing) = self.sensing(&read.list("y", self.order().pow(2))?);
        let slope = self.spread(&columns, &q).scaled(self.weight.into()).plus(&sensing);
        self.within(value, constant - trace, [slope].iter())?;
        Ok(1)
    }
}

/// `(L Lᴴ, ln det L Lᴴ)` of a triangle with `L Lᴴ` near a matrix; L is exact.
fn triangle(a: &Matrix) -> Outcome<(Matrix, Ball)> {
    let n = a.rows;
    let Some(l) = cholesky(a, 0.0) else { return unproven("a matrix is not positive definite") };
    let exact = Matrix::of(n, n, |i, j| Ball::exact(l[i * n + j].0, l[i * n + j].1));
    let logs: Vec<Ball> = (0..n).map(|i| exact.at(i, i).ln()).collect::<Outcome<_>>()?;
    Ok((exact.times_adjoint(&exact), sum(logs) * 2.0))
}
