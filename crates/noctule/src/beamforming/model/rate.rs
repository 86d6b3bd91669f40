//! The rate term of the model, whatever stands in its place.

use noctule_num::CMat;
use noctule_phy::rates::{Reception, sum_rate_with_derivative};

use super::Model;
use crate::beamforming::rate_term::RateTerm;

impl Model {
    /// `(Z + S)⁻¹` of cooperating users at the point evaluated last.
    pub(in crate::beamforming) fn received_inverse(&self) -> CMat {
        match &self.rate {
            RateTerm::Together(cooperation) => cooperation.inverse(),
            _ => CMat::identity(self.users),
        }
    }

    /// Noise and power of all streams but its own at user `k`, at the point evaluated last.
    pub(in crate::beamforming) fn interference(&self, user: usize) -> f64 {
        Reception::of(user, &self.amplitudes, 1.0).interference
    }

    /// δ_c λ_k: what the own stream of user `k` is spared.
    pub(in crate::beamforming) fn chord_weight(&self, user: usize) -> f64 {
        self.rate.chord(user).map_or(0.0, |chord| self.rate_weight * chord.slope)
    }

    /// The rate term, and its derivative added to the coefficients; `None` outside the domain.
    pub(super) fn add_rate(&mut self) -> Option<f64> {
        let (amplitudes, out) = (&self.amplitudes, &mut self.coefficients);
        match &mut self.rate {
            RateTerm::Separate => {
                Some(sum_rate_with_derivative(amplitudes, &self.unit_noise, self.rate_weight, out))
            }
            RateTerm::Together(cooperation) => cooperation.add(amplitudes, self.rate_weight, out),
            RateTerm::Chords(chords) => {
                let mut total = 0.0;
                for (user, chord) in chords.iter().enumerate() {
                    let reception = Reception::of(user, amplitudes, 1.0);
                    let received = reception.signal + reception.interference;
                    total += received.ln() + chord.offset - chord.slope * reception.interference;
                    for stream in 0..self.streams {
                        let spared = if stream == user { 0.0 } else { chord.slope };
                        let weight = self.rate_weight * (received.recip() - spared);
                        out[(user, stream)] += amplitudes[(user, stream)] * weight;
                    }
                }
                Some(total)
            }
        }
    }
}
