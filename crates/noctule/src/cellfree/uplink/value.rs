//! F with all its first and second derivatives.

use noctule_num::linalg::{Cholesky, Op, mul, real_dot};
use noctule_num::{C64, CMat};

/// F at a point, in the Gram matrices `G_m` of the channels. With `d_m` the noise of an access point,
/// price and errors, `G = Σ G_m/d_m` and `Λ` the powers, `C = Hᴴ B⁻¹ H = G (I + ΛG)⁻¹`.
pub(super) struct Value {
    pub(super) users: usize,
    pub(super) aps: usize,
    grams: Vec<CMat>,
    /// θ of every access point and user.
    spread: Vec<f64>,
    /// −Σ ln(1 − λ_k C_kk).
    pub(super) value: f64,
    /// By powers, then by prices.
    pub(super) gradient: Vec<f64>,
    /// In rows.
    pub(super) hessian: Vec<f64>,
    /// `1 − λ_k C_kk`: one over one and the SINR.
    pub(super) missed: Vec<f64>,
    /// `d_m`.
    pub(super) noise: Vec<f64>,
    /// C.
    pub(super) seen: CMat,
    /// `(I + ΛG)⁻¹`: with the channels over `d_m` it makes `B⁻¹ H`.
    pub(super) mixing: CMat,
    /// Power of `B⁻¹ h_k` at every access point.
    pub(super) share: Vec<f64>,
    cholesky: Cholesky,
    gram: CMat,
    inverse: CMat,
    dual: CMat,
    weighted: CMat,
    /// `C diag(λ/missed) C`.
    squared: CMat,
    scratch: CMat,
    /// `G_m (I + ΛG)⁻¹ / d_m²`, and `Λ½ E Λ½` times it.
    at: Vec<CMat>,
    dual_at: Vec<CMat>,
    by_level: Vec<f64>,
    mixed: Vec<f64>,
    priced: Vec<f64>,
    chained: Vec<f64>,
}

impl Value {
    pub(super) fn new(grams: Vec<CMat>, spread: Vec<f64>) -> Self {
        let (aps, users) = (grams.len(), grams.first().map_or(0, CMat::cols));
        let (square, all) = (CMat::zeros(users, users), users + aps);
        Self {
            users,
            aps,
            spread,
            value: f64::NAN,
            gradient: vec![0.0; all],
            hessian: vec![0.0; all * all],
            missed: vec![0.0; users],
            noise: vec![0.0; aps],
            seen: square.clone(),
            mixing: square.clone(),
            share: vec![0.0; aps * users],
            cholesky: Cholesky::new(users),
            gram: square.clone(),
            inverse: square.clone(),
            dual: square.clone(),
            weighted: square.clone(),
            squared: square.clone(),
            scratch: square.clone(),
            at: vec![square.clone(); aps],
            dual_at: vec![square; aps],
            by_level: vec![0.0; all * users],
            mixed: vec![0.0; users * aps],
            priced: vec![0.0; aps * aps],
            chained: vec![0.0; users * aps],
            grams,
        }
    }

    /// θ of a user at an access point.
    pub(super) fn spread(&self, ap: usize, user: usize) -> f64 {
        self.spread[ap * self.users + user]
    }

    /// Users whose SINR is below a limit send nothing.
    pub(super) fn silence(&self, powers: &mut [f64], limit: f64) {
        for (power, missed) in powers.iter_mut().zip(&self.missed) {
            if *power > 0.0 && 1.0 - missed < limit {
                *power = 0.0;
            }
        }
    }

    /// Evaluate everything; none outside the domain, or where rounding has left it.
    pub(super) fn at(&mut self, powers: &[f64], prices: &[f64]) -> Option<f64> {
        self.receive(powers, prices)?;
        self.spread_out();
        self.differentiate(powers);
        self.mix(powers);
        self.differentiate_twice();
        let sound = self.value.is_finite() && self.hessian.iter().all(|h| h.is_finite());
        sound.then_some(self.value)
    }

    /// Value, `C` and `(I + ΛG)⁻¹`.
    fn receive(&mut self, powers: &[f64], prices: &[f64]) -> Option<()> {
        let users = self.users;
        self.gram.as_mut_slice().fill(C64::ZERO);
        for (ap, gram) in self.grams.iter().enumerate() {
            let spread = &self.spread[ap * users..(ap + 1) * users];
            let noise = prices[ap] + spread.iter().zip(powers).map(|(s, p)| s * p).sum::<f64>();
            if !(noise > 0.0 && noise.is_finite()) {
                return None;
            }
            self.noise[ap] = noise;
            let sum = self.gram.as_mut_slice().iter_mut();
            sum.zip(gram.as_slice()).for_each(|(sum, g)| *sum += g / noise);
        }
        for j in 0..users {
            for i in 0..users {
                let root = (powers[i] * powers[j]).sqrt();
                let own = if i == j { 1.0 } else { 0.0 };
                self.scratch[(i, j)] = self.gram[(i, j)] * root + own;
            }
        }
        self.cholesky.factor(&self.scratch, "what users send, over the noise").ok()?;
        self.inverse.as_mut_slice().fill(C64::ZERO);
        (0..users).for_each(|k| self.inverse[(k, k)] = C64::ONE);
        self.cholesky.solve_in_place(&mut self.inverse);
        self.value = 0.0;
        for k in 0..users {
            self.missed[k] = self.inverse[(k, k)].re;
            self.value -= self.missed[k].ln();
        }
        for j in 0..users {
            for i in 0..users {
                self.dual[(i, j)] = self.inverse[(i, j)] * (powers[i] * powers[j]).sqrt();
            }
        }
        mul(&mut self.mixing, false, -1.0, &self.dual, Op::Plain, &self.gram, Op::Plain);
        (0..users).for_each(|k| self.mixing[(k, k)] += C64::ONE);
        mul(&mut self.seen, false, 1.0, &self.gram, Op::Plain, &self.mixing, Op::Plain);
        Some(())
    }

    /// What every access point has to do with it.
    fn spread_out(&mut self) {
        let users = self.users;
        for ap in 0..self.aps {
            let over = self.noise[ap].powi(-2);
            let (at, gram) = (&mut self.at[ap], &self.grams[ap]);
            mul(at, false, over, gram, Op::Plain, &self.mixing, Op::Plain);
            let dual_at = &mut self.dual_at[ap];
            mul(dual_at, false, 1.0, &self.dual, Op::Plain, &self.at[ap], Op::Plain);
            for k in 0..users {
                self.share[ap * users + k] = real_dot(self.mixing.col(k), self.at[ap].col(k));
            }
        }
    }

    /// `by_level` is the derivative of `λ_k C_kk`, a row for each variable.
    fn differentiate(&mut self, powers: &[f64]) {
        let users = self.users;
        for j in 0..users + self.aps {
            let mut sum = 0.0;
            for (k, &power) in powers.iter().enumerate() {
                let by = if j < users {
                    let spread: f64 = (0..self.aps)
                        .map(|ap| self.spread(ap, j) * self.share[ap * users + k])
                        .sum();
                    // The user's own: C − λ C² is C times what is missed.
                    let coherent = match j == k {
                        true => self.seen[(k, k)].re * self.missed[k],
                        false => -power * self.seen[(k, j)].norm_sqr(),
                    };
                    coherent - power * spread
                } else {
                    -power * self.share[(j - users) * users + k]
                };
                self.by_level[j * users + k] = by;
                sum += by / self.missed[k];
            }
            self.gradient[j] = sum;
        }
    }

    fn differentiate_twice(&mut self) {
        let (users, aps, all) = (self.users, self.aps, self.users + self.aps);
        // By the noise of an access point and, through the errors, by a power.
        for j in 0..users {
            for ap in 0..aps {
                let through: f64 = (0..aps)
                    .map(|other| self.spread(other, j) * self.priced[other * aps + ap])
                    .sum();
                self.chained[j * aps + ap] = through;
            }
        }
        for i in 0..all {
            for j in 0..=i {
                let mut sum = 0.0;
                for k in 0..users {
                    let (a, b) = (self.by_level[i * users + k], self.by_level[j * users + k]);
                    sum += a * b / self.missed[k].powi(2);
                }
                sum += self.bent(i, j);
                // λ_k C_kk is of a power by itself, too.
                sum += self.of_own(i, j) + self.of_own(j, i);
                self.hessian[i * all + j] = sum;
                self.hessian[j * all + i] = sum;
            }
        }
    }

    /// Sums over users, each weighted by λ over what is missed: second derivatives of C.
    fn mix(&mut self, powers: &[f64]) {
        let (users, aps) = (self.users, self.aps);
        for (k, &power) in powers.iter().enumerate() {
            let weight = power / self.missed[k];
            let to = self.weighted.col_mut(k).iter_mut();
            to.enumerate().for_each(|(i, w)| *w = self.seen[(k, i)].conj() * weight);
        }
        // `weighted` is `C diag(w)`; its adjoint `diag(w) C`.
        mul(&mut self.squared, false, 1.0, &self.seen, Op::Plain, &self.weighted, Op::Adjoint);
        for ap in 0..aps {
            mul(
                &mut self.scratch,
                false,
                1.0,
                &self.at[ap],
                Op::Plain,
                &self.weighted,
                Op::Adjoint,
            );
            for j in 0..users {
                let along = real_dot(self.mixing.col(j), self.scratch.col(j));
                self.mixed[j * aps + ap] = 2.0 * along;
            }
            for other in 0..=ap {
                let mut sum = 0.0;
                for (k, &power) in powers.iter().enumerate() {
                    let weight = 2.0 * power / self.missed[k];
                    sum -= weight * real_dot(self.at[ap].col(k), self.dual_at[other].col(k));
                    if other == ap {
                        sum += weight * self.share[ap * users + k] / self.noise[ap];
                    }
                }
                self.priced[ap * aps + other] = sum;
                self.priced[other * aps + ap] = sum;
            }
        }
    }

    /// `Σ_k λ_k/missed_k ∂²C_kk`.
    fn bent(&self, i: usize, j: usize) -> f64 {
        let (users, aps) = (self.users, self.aps);
        let (user, other) = (i < users, j < users);
        match (user, other) {
            (true, true) => {
                let coherent = 2.0 * (self.seen[(i, j)] * self.squared[(j, i)]).re;
                let spread = |ap: usize| {
                    self.spread(ap, i) * (self.mixed[j * aps + ap] + self.chained[j * aps + ap])
                        + self.spread(ap, j) * self.mixed[i * aps + ap]
                };
                coherent + (0..aps).map(spread).sum::<f64>()
            }
            (false, true) => self.mixed[j * aps + i - users] + self.chained[j * aps + i - users],
            (true, false) => self.mixed[i * aps + j - users] + self.chained[i * aps + j - users],
            (false, false) => self.priced[(i - users) * aps + j - users],
        }
    }

    /// `∂C_ii / missed_i` by variable j.
    fn of_own(&self, i: usize, j: usize) -> f64 {
        let users = self.users;
        if i >= users {
            return 0.0;
        }
        let share = |ap: usize| self.share[ap * users + i];
        let by = match j < users {
            true => {
                let spread: f64 = (0..self.aps).map(|ap| self.spread(ap, j) * share(ap)).sum();
                self.seen[(i, j)].norm_sqr() + spread
            }
            false => share(j - users),
        };
        -by / self.missed[i]
    }
}
