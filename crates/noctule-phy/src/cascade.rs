//! Cascades: base station → reflecting surface → user or target, over several surfaces at once.
//!
//! ```text
//!                    ┌────────────┐ surface k: N_k elements with phases v_k, |v_kn| = 1
//!             ▄▄▄▄▄▄▄▄▄▄▄▄ ... ▄▄▄▄▄▄▄▄▄▄▄▄
//!     μ_BI,A ╱          ╲ μ_IU,D         ╲ μ_IT,D
//!           ╱            ╲                ╲
//!   ▌▌▌▌ base          ▌▌▌ user             ▲ target ──▶ sensors beside surface 0
//! ```
//!
//! Every link is a line of sight and every array a [centred line](crate::centred_array). Surface k
//! reflects with the phases `v_k`, and the whole channel to the user is
//! ```math
//! H = \sum_k \rho_{BI,k}\rho_{IU,k}\,(q_k^H v_k)\; a_U(\mu_{IU,k})\, a_B^H(\mu_{BI,k}),\qquad
//! q_k^H v_k = \sum_n \overline{b_n(\mu_{IU,k})}\, v_{kn}\, b_n(\mu_{BI,k}).
//! ```
//! The target is lit by `gᴴ x` with `gᴴ = Σ_k ρ_BI,k r_k (s_kᴴ v_k) a_Bᴴ(μ_BI,k)`, and the echo is
//! seen by N_r sensors beside surface 0: `y = β̃ a_s(μ_T) gᴴ x + n`. Its unknowns are the spatial
//! frequency μ_T of the target as seen from surface 0, which enters both `a_s` and the response of
//! surface 0 in `g`, and the complex reflection.
//!
//! `r_k` is how strongly surface k reaches the target beside the strongest, see [`PathWeights`].
//!
//! The model is that of G. Chen, Q. Wu, S. Lu, M. Hua and W. Chen, *Multi-IRS Aided ISAC System:
//! Multi-Path Exploitation Versus Reduction*; equation numbers are theirs.

mod echo;
mod laws;
mod path;

use noctule_num::{C64, CMat};

pub use echo::{EchoPowers, Illumination};
pub use laws::{ElementThreshold, crb_of_equal_surfaces, element_threshold, site_on_rays};
pub use path::{PathLoss, Place, SurfacePath};

use crate::centred_array::CentredArray;

/// How strongly each surface reaches the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PathWeights {
    /// Every path with its own loss: `r_k = ρ_IT,k / max_j ρ_IT,j`.
    #[default]
    Exact,
    /// Every path with the loss of the strongest, `r_k = 1`: equation (17) as printed. Bounds come
    /// out too small (`docs/errata.md#surfaces-e3`).
    Max,
}

/// All cascades of a deployment, with the arrays at their ends. The first path is that of the
/// surface with sensors.
#[derive(Clone, Debug, PartialEq)]
pub struct Cascade {
    /// Antennas M_t of the base station.
    pub transmit_antennas: usize,
    /// Antennas M_r of the user.
    pub user_antennas: usize,
    /// Sensors N_r beside the first surface.
    pub sensors: usize,
    /// Snapshots T.
    pub snapshots: u32,
    /// Noise power σ² of each user antenna in watts.
    pub user_noise_w: f64,
    /// Noise power σ_s² of each sensor in watts.
    pub sensing_noise_w: f64,
    /// |β|², the target's reflection as a power gain.
    pub reflection_gain: f64,
    /// How strongly each surface reaches the target.
    pub weights: PathWeights,
    /// The paths; the first is that of the surface with sensors.
    pub paths: Vec<SurfacePath>,
}

impl Cascade {
    /// The largest power gain from a surface to the target, max_k ρ²_IT,k.
    pub fn strongest_target_gain(&self) -> f64 {
        self.paths.iter().map(|path| path.target_gain).fold(0.0, f64::max)
    }

    /// `r_k = ρ_IT,k / max ρ_IT`, or one under [`PathWeights::Max`].
    pub fn relative_amplitude(&self, k: usize) -> f64 {
        match self.weights {
            PathWeights::Max => 1.0,
            PathWeights::Exact => (self.paths[k].target_gain / self.strongest_target_gain()).sqrt(),
        }
    }

    /// `|β̃|² = |β|² ρ²_TS max_k ρ²_IT,k`; the sensors share the distance of the first surface (17).
    pub fn echo_gain(&self) -> f64 {
        let first = self.paths.first().map_or(0.0, |path| path.target_gain);
        self.reflection_gain * first * self.strongest_target_gain()
    }

    /// `c₀ = σ_s² / (2 T |β̃|² ‖ȧ_s‖²)`: a bound of ε needs `gᴴRg ≥ c₀/ε` (21), (29b).
    pub fn bound_constant(&self) -> f64 {
        let slope = CentredArray::new(self.sensors).slope_energy();
        self.sensing_noise_w / (2.0 * f64::from(self.snapshots) * self.echo_gain() * slope)
    }

    /// The squared gain of each data stream over the noise for a unit of |qᴴv|²:
    /// `a_k = M_r M_t ρ²_BI ρ²_IU / σ²`.
    pub fn stream_gain(&self, k: usize) -> f64 {
        let path = &self.paths[k];
        (self.transmit_antennas * self.user_antennas) as f64 * path.base_gain * path.user_gain
            / self.user_noise_w
    }

    /// The sensing weight of each path for a unit of |sᴴv|²: `b_k = M_t ρ²_BI r_k²`.
    pub fn sensing_weight(&self, k: usize) -> f64 {
        let relative = self.relative_amplitude(k);
        self.transmit_antennas as f64 * self.paths[k].base_gain * relative * relative
    }

    /// The channel to the user, user antennas × transmit antennas.
    pub fn channel(&self, phases: &[Vec<C64>]) -> CMat {
        let paths = self.paths.iter().zip(phases);
        let amplitudes: Vec<C64> = paths.map(|(path, v)| path.user_amplitude(v)).collect();
        self.channel_of(&amplitudes)
    }

    /// The channel for the amplitudes `q_kᴴ v_k` of the paths.
    pub fn channel_of(&self, amplitudes: &[C64]) -> CMat {
        let mut channel = CMat::zeros(self.user_antennas, self.transmit_antennas);
        for (path, amplitude) in self.paths.iter().zip(amplitudes) {
            let amplitude = amplitude * (path.base_gain * path.user_gain).sqrt();
            let user = CentredArray::new(self.user_antennas).response(path.user_arrival);
            let base = CentredArray::new(self.transmit_antennas).response(path.base_departure);
            for (j, b) in base.iter().enumerate() {
                let factor = amplitude * b.conj();
                for (entry, u) in channel.col_mut(j).iter_mut().zip(&user) {
                    *entry += u * factor;
                }
            }
        }
        channel
    }

    /// How phases light the target.
    pub fn illumination(&self, phases: &[Vec<C64>]) -> Illumination {
        let paths = self.paths.iter().zip(phases);
        let lit: Vec<(C64, C64)> = paths.map(|(path, v)| path.illumination(v)).collect();
        self.illumination_of(&lit)
    }

    /// How the target is lit for `γ_k` and `γ̃_k` of the paths, see [`SurfacePath::illumination`].
    pub fn illumination_of(&self, lit: &[(C64, C64)]) -> Illumination {
        let mut response = vec![C64::ZERO; self.transmit_antennas];
        let mut slope = response.clone();
        for (k, (path, (lit, bent))) in self.paths.iter().zip(lit).enumerate() {
            let amplitude = path.base_gain.sqrt() * self.relative_amplitude(k);
            let base = CentredArray::new(self.transmit_antennas).response(path.base_departure);
            for (i, b) in base.iter().enumerate() {
                response[i] += b * lit.conj() * amplitude;
                if k == 0 {
                    slope[i] += b * bent.conj() * amplitude;
                }
            }
        }
        Illumination { response, slope }
    }

    /// The Cramér–Rao bound of μ_T (16) from echo powers; +∞ where the target is not lit.
    ///
    /// `σ_s² / (2T|β̃|² [‖ȧ_s‖² gᴴRg + N_r (g'ᴴRg' − |gᴴRg'|²/gᴴRg)])`: with the phase reference of
    /// the sensors in their middle, the traces of (16) take this form.
    pub fn crb(&self, powers: EchoPowers) -> f64 {
        if powers.direct <= 0.0 {
            return f64::INFINITY;
        }
        let slope = CentredArray::new(self.sensors).slope_energy();
        let bend = (powers.slope - powers.cross.norm_sqr() / powers.direct).max(0.0);
        let information = slope * powers.direct + self.sensors as f64 * bend;
        self.sensing_noise_w / (2.0 * f64::from(self.snapshots) * self.echo_gain() * information)
    }

    /// The upper bound (21) of the Cramér–Rao bound, equal to it where the surface with sensors is
    /// aligned to the target; +∞ where the target is not lit.
    pub fn crb_aligned(&self, powers: EchoPowers) -> f64 {
        if powers.direct > 0.0 { self.bound_constant() / powers.direct } else { f64::INFINITY }
    }

    /// Largest overlap of two paths at the base station and at the user, `|a(μ_k)ᴴ a(μ_i)| / M`:
    /// zero where the sites satisfy Proposition 1 (14).
    pub fn coherence(&self) -> (f64, f64) {
        let (mut base, mut user) = (0.0_f64, 0.0_f64);
        for (k, a) in self.paths.iter().enumerate() {
            for b in &self.paths[..k] {
                let overlap = |elements: usize, difference: f64| {
                    CentredArray::new(elements).pattern(difference).abs() / elements as f64
                };
                let departure = a.base_departure - b.base_departure;
                base = base.max(overlap(self.transmit_antennas, departure));
                user = user.max(overlap(self.user_antennas, a.user_arrival - b.user_arrival));
            }
        }
        (base, user)
    }
}

#[cfg(test)]
mod tests;
