//! The rate term of the model, whatever stands in its place.

use noctule_num::CMat;
use noctule_phy::rates::{Reception, sum_rate_with_derivative};

use super::Model;
use crate::beamforming::rate_term::{Chord, Plane, RateTerm};

impl Model {
    /// `(Z + S)⁻¹` of cooperating users at the point evaluated last.
    pub(in crate::beamforming) fn received_inverse(&self) -> CMat {
        match &self.rate {
            RateTerm::Together(cooperation) => cooperation.inverse(),
            _ => CMat::identity(self.users),
        }
    }

    /// The rate of user `k`, and noise and power of all streams but its own, at the point evaluated last.
    pub(in crate::beamforming) fn reception(&self, user: usize) -> (f64, f64) {
        let reception = Reception::of(user, &self.amplitudes, 1.0);
        (reception.rate_nats(), reception.interference)
    }

    /// Whether user `k` is at the edge of its envelope at the point evaluated last.
    pub(in crate::beamforming) fn is_edge(&self, user: usize) -> bool {
        let reception = Reception::of(user, &self.amplitudes, 1.0);
        let edge = |chord: &Chord| chord.is_edge(reception.signal, reception.interference);
        self.rate.chord(user).is_some_and(edge)
    }

    /// Let one plane stand for the envelope of user `k` ([`Chord::with_plane`]).
    pub(in crate::beamforming) fn hold(&mut self, user: usize, share: f64) {
        if let RateTerm::Chords(chords) = &mut self.rate
            && let Some(chord) = chords.get_mut(user)
        {
            *chord = chord.with_plane(share);
        }
    }

    /// The plane above the rates of user `k` at the point evaluated last, where envelopes stand for rates.
    pub(in crate::beamforming) fn plane(&self, user: usize) -> Option<Plane> {
        let chord = self.rate.chord(user)?;
        let reception = Reception::of(user, &self.amplitudes, 1.0);
        Some(chord.at(reception.signal, reception.interference))
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
                    let plane = chord.at(reception.signal, reception.interference);
                    total += plane.value;
                    for stream in 0..self.streams {
                        let spared = if stream == user { 0.0 } else { plane.slope };
                        let weight = self.rate_weight * (plane.received - spared);
                        out[(user, stream)] += amplitudes[(user, stream)] * weight;
                    }
                }
                Some(total)
            }
        }
    }
}
