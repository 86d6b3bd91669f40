//! The rate replaced by a concave minorant, which leaves a convex program: WMMSE-SDR.

use noctule_num::{C64, CMat};
use noctule_phy::rates::Reception;

use super::Model;

/// A lower bound on the sum rate that is concave in the data beams and the covariance, and tight
/// where it was made:
/// `Σ ln(1+γ_k) ≥ constant + Σ 2 Re(η_k h_kᴴ w_k) − β_k (h_kᴴ R h_k + 1)`.
#[derive(Clone, Debug)]
pub(in crate::beamforming) struct Minorant {
    constant: f64,
    /// η, one a user.
    pub(in crate::beamforming) eta: Vec<C64>,
    /// β, one a user.
    pub(in crate::beamforming) beta: Vec<f64>,
}

impl Model {
    /// What the rates look like from the point evaluated last.
    pub(in crate::beamforming) fn minorant(&self) -> Minorant {
        let mut minorant = Minorant { constant: 0.0, eta: Vec::new(), beta: Vec::new() };
        for user in 0..self.users {
            let reception = Reception::of(user, &self.amplitudes, 1.0);
            minorant.constant += reception.rate_nats() - reception.sinr();
            minorant.eta.push(self.amplitudes[(user, user)].conj() / reception.interference);
            minorant.beta.push(reception.beta());
        }
        minorant
    }

    /// As [`Objective::eval`], with the sum rate replaced by a minorant of it.
    pub(in crate::beamforming) fn eval_minorised(
        &mut self,
        minorant: &Minorant,
        v: &[C64],
        gradient: &mut [C64],
    ) -> f64 {
        self.look(v);
        let mut rate = minorant.constant;
        for user in 0..self.users {
            let (eta, beta) = (minorant.eta[user], minorant.beta[user]);
            let mut received = 1.0;
            for stream in 0..self.streams {
                let amplitude = self.amplitudes[(user, stream)];
                received += amplitude.norm_sqr();
                self.coefficients[(user, stream)] = -amplitude * (self.rate_weight * beta);
            }
            self.coefficients[(user, user)] += eta.conj() * self.rate_weight;
            rate += 2.0 * (eta * self.amplitudes[(user, user)]).re - beta * received;
        }
        let Some(sensing) = self.add_sensing() else { return f64::INFINITY };
        self.write_gradient(gradient);
        sensing - self.rate_weight * rate
    }

    /// `C₁ = δ_c H̃ diag(η*)`, rank × users, and `C₀`, of the minorised problem at the point
    /// evaluated last.
    pub(in crate::beamforming) fn minorised_terms(&self, minorant: &Minorant) -> (CMat, CMat) {
        let mut c1 = self.space.columns(0..self.users);
        for (user, eta) in minorant.eta.iter().enumerate() {
            c1.col_mut(user).iter_mut().for_each(|h| *h *= eta.conj() * self.rate_weight);
        }
        let mut middle = self.middle();
        for (user, beta) in minorant.beta.iter().enumerate() {
            middle[(user, user)] = C64::from(-self.rate_weight * beta);
        }
        (c1, self.dressed(middle))
    }
}
