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
    /// `tr Eᵀ(Σ_q p_q F_q + J)⁻¹E`, the Bayesian bound over scenes with shares p and a prior of information J.
    Bayesian {
        /// Scenes (0 the targets, then the alternatives) and their shares.
        scenes: Vec<(usize, f64)>,
        /// The diagonal of J.
        prior: Vec<f64>,
        /// Weights of the parameters' bounds.
        weights: Vec<f64>,
    },
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
    /// `f Σ_i a_iᴴRa_i` of any columns a (antennas × columns): asked to be at least something.
    Gain {
        /// The columns.
        columns: CMat,
        /// f.
        factor: f64,
    },
    /// The smallest of several illuminations or gains: asked to be at least something.
    Weakest(Vec<Metric>),
    /// `Σ_n p_n R_nn` with a weight an antenna: a limit on power.
    Power(Vec<f64>),
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
    pub const fn is_gain(&self) -> bool {
        matches!(
            self,
            Self::Illumination { .. }
                | Self::Gain { .. }
                | Self::Weakest(_)
                | Self::MutualInformation { .. }
        )
    }

    /// What the search makes small: the logarithm of what is positive (a gain: minus that), log det
    /// itself, a beampattern error over `unit`, as it may be zero.
    pub(super) fn scaled(&self, value: f64, unit: f64) -> f64 {
        match self {
            Self::LogDet(_) => value,
            Self::Pattern(..) => value / unit,
            gain if gain.is_gain() => -value.ln(),
            _ => value.ln(),
        }
    }

    /// The derivative of [`Metric::scaled`] by the metric (of a gain g: by −g).
    pub(super) fn slope(&self, value: f64, unit: f64) -> f64 {
        match self {
            Self::LogDet(_) => 1.0,
            Self::Pattern(..) => 1.0 / unit,
            _ => 1.0 / value,
        }
    }

    /// A value of the usual size where the metric may be zero: of a beampattern, the mean of its square
    /// where the power goes everywhere; one for all others.
    pub(super) fn usual(&self, power: f64) -> f64 {
        let Self::Pattern(grid, _) = self else { return 1.0 };
        let lit = |n: usize| {
            let norm: f64 = grid.col(n).iter().map(noctule_num::C64::norm_sqr).sum();
            (norm * power / grid.rows() as f64).powi(2)
        };
        let count = grid.cols().max(1) as f64;
        (0..grid.cols()).map(lit).sum::<f64>() / count
    }

    /// The value as what is made small: minus a gain.
    pub(super) fn made_small(&self, value: f64) -> f64 {
        if self.is_gain() { -value } else { value }
    }

    /// Whether it needs every direction of the array.
    pub(super) fn needs_all(&self) -> bool {
        match self {
            Self::Weakest(members) => members.iter().any(Self::needs_all),
            other => matches!(
                other,
                Self::Extended { .. }
                    | Self::MutualInformation { .. }
                    | Self::Pattern(..)
                    | Self::Gain { .. }
                    | Self::Power(_)
            ),
        }
    }

    /// Whether streams in every direction may be of use.
    pub(super) const fn wants_streams(&self) -> bool {
        matches!(self, Self::Extended { .. } | Self::MutualInformation { .. } | Self::Pattern(..))
    }

    /// The columns whose weighted sensing power it is made of: what streams may be sent along.
    pub(super) fn columns(&self) -> Vec<&CMat> {
        match self {
            Self::Gain { columns, .. } => vec![columns],
            Self::Weakest(members) => members.iter().flat_map(Self::columns).collect(),
            _ => Vec::new(),
        }
    }

    /// The metrics of which it is the largest: itself, or the members.
    pub(super) fn members(&self) -> Vec<Self> {
        match self {
            Self::Largest(members) => members.iter().cloned().map(Self::Trace).collect(),
            Self::Weakest(members) => members.clone(),
            one => vec![one.clone()],
        }
    }
}
