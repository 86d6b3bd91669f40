//! How a target is lit, and what comes back.

use noctule_num::{C64, CMat};

/// How the target is lit: `gᴴ x`, and its derivative by μ_T.
#[derive(Clone, Debug, PartialEq)]
pub struct Illumination {
    /// g, one entry for each transmit antenna.
    pub response: Vec<C64>,
    /// g', of which only the surface with sensors is the cause.
    pub slope: Vec<C64>,
}

/// What an illumination makes of transmit covariances: `gᴴRg`, `g'ᴴRg'` and `gᴴRg'`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EchoPowers {
    /// `gᴴ R g`, the power that lights the target.
    pub direct: f64,
    /// `g'ᴴ R g'`.
    pub slope: f64,
    /// `gᴴ R g'`.
    pub cross: C64,
}

impl std::ops::Add for EchoPowers {
    type Output = Self;
    /// Echoes of one target from several stretches of time add up their information.
    fn add(self, other: Self) -> Self {
        Self {
            direct: self.direct + other.direct,
            slope: self.slope + other.slope,
            cross: self.cross + other.cross,
        }
    }
}

impl EchoPowers {
    /// The powers over a share of the time.
    #[must_use]
    pub fn scaled(self, share: f64) -> Self {
        Self { direct: share * self.direct, slope: share * self.slope, cross: self.cross * share }
    }
}

impl Illumination {
    /// The powers under a transmit covariance.
    pub fn powers(&self, covariance: &CMat) -> EchoPowers {
        let times = |x: &[C64]| -> Vec<C64> {
            let mut out = vec![C64::ZERO; covariance.rows()];
            for (j, &entry) in x.iter().enumerate() {
                for (out, r) in out.iter_mut().zip(covariance.col(j)) {
                    *out += r * entry;
                }
            }
            out
        };
        let inner =
            |a: &[C64], b: &[C64]| -> C64 { a.iter().zip(b).map(|(x, y)| x.conj() * y).sum() };
        let lit = times(&self.response);
        let bent = times(&self.slope);
        EchoPowers {
            direct: inner(&self.response, &lit).re,
            slope: inner(&self.slope, &bent).re,
            cross: inner(&self.response, &bent),
        }
    }
}
