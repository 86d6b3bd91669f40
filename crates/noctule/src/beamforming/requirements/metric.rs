//! Sensing metrics, each with its minorant: the pair (β, B) with `m(R) ≥ β − ⟨B, R⟩` for every
//! covariance, tight at the present one. Gradients and certificates need nothing else.

use noctule_num::CMat;

/// One scene in a sum: which (0 the targets, then the alternatives), its share, and the weights of
/// its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The scene: 0 for the targets, i for the i-th of the alternatives.
    pub scene: usize,
    /// Its share in the sum.
    pub share: f64,
    /// Weights of the parameters' bounds, in their order.
    pub weights: Vec<f64>,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Metric {
    /// `tr EᵀF⁻¹E`: weighted sum of Cramér–Rao bounds, summed over scenes.
    Trace(Vec<Part>),
    /// The largest of several traces.
    Largest(Vec<Vec<Part>>),
    /// λ₁(EᵀF⁻¹E).
    LargestEigenvalue(Vec<f64>),
    /// log det(EᵀF⁻¹E) of the parameters with weight.
    LogDet(Vec<f64>),
    /// `ϱ tr R⁻¹`: an extended target whose response matrix is unknown.
    Extended {
        /// ϱ = σ_s² N_r / L.
        factor: f64,
    },
    /// `aᴴRa` towards a target: asked to be at least something.
    Illumination {
        /// The target.
        target: usize,
        /// What the power is multiplied by: one, or `(L/σ_s²)|α|²‖b‖²` for a sensing SNR.
        factor: f64,
    },
    /// `N_r log det(1 + (L/σ_s²) ΣR)` in nats: asked to be at least something.
    MutualInformation {
        /// Receive elements N_r.
        receivers: f64,
        /// L/σ_s².
        snr: f64,
        /// `Σ = E[gᴴg]` for a row g of the response, antennas × antennas.
        covariance: CMat,
    },
    /// Beampattern error `min_η mean_n (η d_n − a_nᴴRa_n)²` against a template d: steering vectors of the
    /// grid (antennas × angles), and d.
    Pattern(CMat, Vec<f64>),
}

impl Metric {
    /// A weighted sum of bounds for the targets.
    pub fn trace(weights: impl Into<Vec<f64>>) -> Self {
        Self::Trace(vec![Part { scene: 0, share: 1.0, weights: weights.into() }])
    }

    /// Whether more power always lowers it in proportion.
    pub(super) const fn is_degree_minus_one(&self) -> bool {
        matches!(
            self,
            Self::Trace(_) | Self::Largest(_) | Self::LargestEigenvalue(_) | Self::Extended { .. }
        )
    }

    /// Whether it is asked to be large.
    pub(super) const fn is_gain(&self) -> bool {
        matches!(self, Self::Illumination { .. } | Self::MutualInformation { .. })
    }

    /// Whether it needs every direction of the array.
    pub(super) const fn needs_all(&self) -> bool {
        matches!(self, Self::Extended { .. } | Self::MutualInformation { .. } | Self::Pattern(..))
    }

    /// The metrics of which it is the largest: itself, or the members.
    pub(super) fn members(&self) -> Vec<Self> {
        match self {
            Self::Largest(members) => members.iter().cloned().map(Self::Trace).collect(),
            one => vec![one.clone()],
        }
    }
}
