//! The clustered delay lines of 3GPP TR 38.901, profiles A to E (Section 7.7.1).
//!
//! # Model
//!
//! A profile lists clusters with delays (in units of the delay spread), powers (dB) and angles; in D
//! and E the first entry is a line of sight. From it, in this order:
//!
//! 1. powers are made linear; with a wanted factor K, `P_c ← P_c (P₀/ΣP_c)/10^{K/10}`; then all are
//!    divided by `P₀ + ΣP_c`;
//! 2. delays are multiplied by the wanted delay spread (a wanted K does not rescale them: see
//!    [`Rays::taps`] for the spread that results);
//! 3. each cluster has twenty rays at `AOD + c_ASD α_m` and `ZOD + c_ZSD α_m`;
//! 4. angles may be moved to a mean μ' and a spread AS': with the power-weighted circular moments
//!    `S = Σ w e^{jx}/Σw`, `μ = arg S`, `AS = √(−2 ln|S|)` over all rays and the line of sight,
//!    `x ← μ' + (AS'/AS) wrap(x − μ)`, wrapped to [−π, π); polar angles are folded to [0, π];
//! 5. the channel is
//! ```math
//! h(\delta) = \sqrt{N\beta}\Big[\sum_{c,m} \sqrt{P_c/20}\; e^{j\Phi_{cm} + j2\pi\delta\tau_c}\, a(\theta_{cm}, \phi_{c,\pi_c(m)}) + \sqrt{P_0}\, e^{j\Phi_0}\, a(\theta_0, \phi_0)\Big]
//! ```
//! with uniform phases and a random coupling π_c of azimuths with polar angles. `E‖h‖² = Nβ`, unless
//! elements have a pattern of their own ([`super::element_pattern`]).
//!
//! The report's azimuth φ is our θ and its zenith θ our φ: the Greek letters swap, the angles do
//! not. That the moments of step 4 include the line of sight and the offsets is our reading.
//!
//! Left out: polarisation, the arrival side (one isotropic receive antenna), Doppler, blockage,
//! oxygen, spatial consistency, drawn large-scale parameters, loss into buildings.

mod kept;
mod tables;

use noctule_num::{C64, CMat, InputError};

use super::antennas::Antennas;
use super::array::{Polar, Ray};
use super::clustered::{Band, over_band};
use super::element_pattern::{amplitude, wrap_angle};
use super::taps::TapProfile;

/// Rays of a cluster.
pub const RAYS: usize = 20;

/// One of the five profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// No line of sight, wide.
    A,
    /// No line of sight.
    B,
    /// No line of sight, narrower.
    C,
    /// With a line of sight.
    D,
    /// With a stronger line of sight.
    E,
}

/// The numbers of a profile as the report prints them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Table {
    /// Whether the first entry is a line of sight.
    pub line_of_sight: bool,
    /// c_ASD in degrees.
    pub azimuth_departure_deg: f64,
    /// c_ASA in degrees.
    pub azimuth_arrival_deg: f64,
    /// c_ZSD in degrees.
    pub polar_departure_deg: f64,
    /// c_ZSA in degrees.
    pub polar_arrival_deg: f64,
    /// Delay in units of the delay spread, power in dB, and AOD, AOA, ZOD, ZOA in degrees.
    pub clusters: &'static [[f64; 6]],
}

/// Power-weighted circular mean and spread of angles, in radians.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// μ = arg S.
    pub mean_rad: f64,
    /// AS = √(−2 ln|S|).
    pub spread_rad: f64,
}

/// Where angles are moved to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AngleTarget {
    /// μ' in radians.
    pub mean_rad: f64,
    /// AS' in radians; `None` keeps the spread: a shift.
    pub spread_rad: Option<f64>,
}

/// A profile and what is made of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DelayLine {
    /// The profile.
    pub profile: Profile,
    /// The wanted delay spread in seconds.
    pub delay_spread_s: f64,
    /// The wanted K of the line of sight in dB; `None` keeps the profile's. Only D and E have one.
    pub k_factor_db: Option<f64>,
    /// Where azimuths are moved to.
    pub azimuth: Option<AngleTarget>,
    /// Where polar angles are moved to.
    pub polar: Option<AngleTarget>,
}

/// Rays of a delay line.
#[derive(Clone, Debug, PartialEq)]
pub struct Rays {
    /// P_c of the clusters, the line of sight not among them.
    pub powers: Vec<f64>,
    /// P₀, zero without a line of sight.
    pub line_of_sight_power: f64,
    /// τ_c in seconds; the line of sight is at zero.
    pub delays_s: Vec<f64>,
    /// θ_cm in radians, twenty a cluster.
    pub azimuths_rad: Vec<[f64; RAYS]>,
    /// φ_cm in radians, twenty a cluster, before the coupling.
    pub polars_rad: Vec<[f64; RAYS]>,
    /// (θ₀, φ₀) of the line of sight in radians.
    pub line_of_sight_rad: (f64, f64),
}

/// What is random in a channel of a delay line.
#[derive(Clone, Debug, PartialEq)]
pub struct Randomness {
    /// Φ_cm in radians.
    pub phases_rad: Vec<[f64; RAYS]>,
    /// π_c(m): the polar ray that azimuth ray m meets.
    pub coupling: Vec<[usize; RAYS]>,
    /// Φ₀ in radians.
    pub line_of_sight_phase_rad: f64,
}

impl Profile {
    /// All five.
    pub const ALL: [Self; 5] = [Self::A, Self::B, Self::C, Self::D, Self::E];

    /// Its numbers.
    pub const fn table(self) -> &'static Table {
        match self {
            Self::A => &tables::A,
            Self::B => &tables::B,
            Self::C => &tables::C,
            Self::D => &tables::D,
            Self::E => &tables::E,
        }
    }

    /// Its letter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E",
        }
    }
}

/// α_m: the offset of ray m in units of the cluster's spread, positive and negative in turn
/// (Table 7.5-3).
pub const fn ray_offset(ray: usize) -> f64 {
    let size = tables::OFFSETS[ray / 2];
    if ray.is_multiple_of(2) { size } else { -size }
}

fn rays_of(centre_deg: f64, spread_deg: f64) -> [f64; RAYS] {
    std::array::from_fn(|m| (centre_deg + spread_deg * ray_offset(m)).to_radians())
}

impl DelayLine {
    /// The profile as printed, at a delay spread.
    pub const fn new(profile: Profile, delay_spread_s: f64) -> Self {
        Self { profile, delay_spread_s, k_factor_db: None, azimuth: None, polar: None }
    }

    /// P₀ and P_c, of sum one.
    fn powers(&self) -> Result<(f64, Vec<f64>), InputError> {
        let table = self.profile.table();
        let linear = |row: &[f64; 6]| 10_f64.powf(row[1] / 10.0);
        let mut powers: Vec<f64> = table.clusters.iter().map(linear).collect();
        let sight = if table.line_of_sight { powers.remove(0) } else { 0.0 };
        if let Some(k_db) = self.k_factor_db {
            if !table.line_of_sight {
                return Err(no_sight(self.profile, k_db));
            }
            if !k_db.is_finite() {
                let allowed = "a number of decibels";
                return Err(InputError::new(
                    "K is not finite",
                    "k_factor_db",
                    k_db.to_string(),
                    allowed,
                ));
            }
            let factor = sight / powers.iter().sum::<f64>() / 10_f64.powf(k_db / 10.0);
            powers.iter_mut().for_each(|p| *p *= factor);
        }
        let total = sight + powers.iter().sum::<f64>();
        powers.iter_mut().for_each(|p| *p /= total);
        Ok((sight / total, powers))
    }

    /// Rays as steps 1 to 3 give them.
    fn unmoved(&self) -> Result<Rays, InputError> {
        let table = self.profile.table();
        let (line_of_sight_power, powers) = self.powers()?;
        let (sight, clusters) = table.clusters.split_at(usize::from(table.line_of_sight));
        let at = |k: usize| sight.first().map_or(0.0, |row| row[k].to_radians());
        let spread = |k: usize, width: f64| {
            clusters.iter().map(|row| rays_of(row[k], width)).collect::<Vec<_>>()
        };
        Ok(Rays {
            delays_s: clusters.iter().map(|row| row[0] * self.delay_spread_s).collect(),
            azimuths_rad: spread(2, table.azimuth_departure_deg),
            polars_rad: spread(4, table.polar_departure_deg),
            line_of_sight_rad: (at(2), at(4)),
            line_of_sight_power,
            powers,
        })
    }

    /// Rays as steps 1 to 4 give them.
    ///
    /// # Errors
    /// A factor K asked of a profile without line of sight, or one that is not finite.
    pub fn rays(&self) -> Result<Rays, InputError> {
        let kept = kept::unmoved(self)?;
        let mut rays = kept.rays.clone();
        if let Some(target) = self.azimuth {
            let sight = &mut rays.line_of_sight_rad.0;
            move_to(&mut rays.azimuths_rad, sight, kept.azimuth, target);
        }
        if let Some(target) = self.polar {
            move_to(&mut rays.polars_rad, &mut rays.line_of_sight_rad.1, kept.polar, target);
        }
        let fold = |angle: &mut f64| *angle = wrap_angle(*angle).abs();
        rays.polars_rad.iter_mut().flatten().for_each(fold);
        fold(&mut rays.line_of_sight_rad.1);
        Ok(rays)
    }
}

fn no_sight(profile: Profile, k_db: f64) -> InputError {
    InputError::new(
        format!("profile {} has no line of sight to scale", profile.name()),
        "k_factor_db",
        format!("{k_db} dB"),
        "no K for the profiles A, B and C",
    )
    .hint("the profiles D and E have a line of sight")
}

/// `x ← μ' + (AS'/AS) wrap(x − μ)`, wrapped.
fn move_to(rays: &mut [[f64; RAYS]], sight: &mut f64, now: Moments, target: AngleTarget) {
    let ratio = target.spread_rad.map_or(1.0, |spread| spread / now.spread_rad);
    for x in rays.iter_mut().flatten().chain([sight]) {
        *x = wrap_angle(target.mean_rad + ratio * wrap_angle(*x - now.mean_rad));
    }
}

impl Rays {
    fn moments(&self, rays: &[[f64; RAYS]], sight: f64) -> Moments {
        let mut sum = C64::from_polar(self.line_of_sight_power, sight);
        for (rays, power) in rays.iter().zip(&self.powers) {
            sum += rays.iter().map(|&x| C64::cis(x)).sum::<C64>() * (power / RAYS as f64);
        }
        let total = self.line_of_sight_power + self.powers.iter().sum::<f64>();
        let s = sum / total;
        // |S| of equal angles may be above one by rounding.
        Moments { mean_rad: s.arg(), spread_rad: (-2.0 * s.norm().ln()).max(0.0).sqrt() }
    }

    /// Mean and spread of the azimuths, the line of sight among them.
    pub fn azimuth_moments(&self) -> Moments {
        self.moments(&self.azimuths_rad, self.line_of_sight_rad.0)
    }

    /// Mean and spread of the polar angles, the line of sight among them.
    pub fn polar_moments(&self) -> Moments {
        self.moments(&self.polars_rad, self.line_of_sight_rad.1)
    }

    /// Delays and powers, the line of sight first where there is one: their true delay spread
    /// differs from the wanted one by what the tables round, and by a changed K.
    pub fn taps(&self) -> TapProfile {
        let sight = (self.line_of_sight_power > 0.0).then_some((0.0, self.line_of_sight_power));
        let clusters = self.delays_s.iter().copied().zip(self.powers.iter().copied());
        let (delays, powers): (Vec<f64>, Vec<f64>) = sight.into_iter().chain(clusters).unzip();
        TapProfile::new(delays, &powers)
    }

    /// Line of sight over all clusters, as a ratio: zero without one.
    pub fn k_factor(&self) -> f64 {
        self.line_of_sight_power / self.powers.iter().sum::<f64>()
    }

    /// The channel over a band, antennas × subcarriers; `pattern` weighs rays by the pattern of
    /// [`super::element_pattern`].
    ///
    /// # Panics
    /// When there is not one set of phases and one coupling for every cluster, or a coupling names
    /// a ray beyond the twentieth.
    pub fn channel(
        &self,
        array: &dyn Antennas,
        path_gain: f64,
        random: &Randomness,
        band: &Band<'_>,
        pattern: bool,
    ) -> CMat {
        let clusters = self.powers.len();
        assert!(
            [random.phases_rad.len(), random.coupling.len()] == [clusters; 2],
            "a set a cluster"
        );
        let scale = (array.elements() as f64 * path_gain).sqrt() * array.to_unit_norm();
        let ray = |root: f64, phase: f64, azimuth_rad: f64, polar: Polar| {
            let own = if pattern { amplitude(azimuth_rad, polar.angle_rad) } else { 1.0 };
            Ray { azimuth_rad, polar, weight: C64::from_polar(scale * root * own, phase) }
        };
        // Users whose polar angles are the profile's see them alike; with squint every frequency does not.
        let polars = (!band.squint).then(|| kept::polars(array, &self.polars_rad));
        // The line of sight is one more cluster of a single ray, at delay zero.
        let mut delays = self.delays_s.clone();
        delays.push(0.0);
        over_band(array.elements(), &delays, band, |c, ratio, out| {
            if c == clusters {
                let (power, phase) = (self.line_of_sight_power, random.line_of_sight_phase_rad);
                if power > 0.0 {
                    let (azimuth, polar) = self.line_of_sight_rad;
                    let sight = ray(power.sqrt(), phase, azimuth, array.polar(polar, ratio));
                    array.add_rays(&[sight], ratio, out);
                }
                return;
            }
            let root = (self.powers[c] / RAYS as f64).sqrt();
            let rays: [Ray; RAYS] = std::array::from_fn(|m| {
                let met = random.coupling[c][m];
                let polar = match &polars {
                    Some(polars) => polars[c][met],
                    None => array.polar(self.polars_rad[c][met], ratio),
                };
                ray(root, random.phases_rad[c][m], self.azimuths_rad[c][m], polar)
            });
            array.add_rays(&rays, ratio, out);
        })
    }

    /// `Nβ [Σ (P_c/20) a aᴴ + P₀ a aᴴ]`: the covariance given the coupling, for elements without
    /// pattern.
    ///
    /// # Panics
    /// When there is not one coupling for every cluster.
    pub fn covariance(
        &self,
        array: &dyn Antennas,
        path_gain: f64,
        coupling: &[[usize; RAYS]],
    ) -> CMat {
        assert_eq!(coupling.len(), self.powers.len(), "a coupling for every cluster");
        let n = array.elements();
        let scale = n as f64 * path_gain * array.to_unit_norm().powi(2);
        let mut out = CMat::zeros(n, n);
        let mut add = |power: f64, azimuth: f64, polar: f64| {
            let a = array.far_response(azimuth, polar, 1.0);
            for (m, second) in a.iter().enumerate() {
                let factor = second.conj() * (scale * power);
                out.col_mut(m).iter_mut().zip(&a).for_each(|(r, first)| *r += first * factor);
            }
        };
        for (c, power) in self.powers.iter().enumerate() {
            for (azimuth, met) in self.azimuths_rad[c].iter().zip(coupling[c]) {
                add(power / RAYS as f64, *azimuth, self.polars_rad[c][met]);
            }
        }
        if self.line_of_sight_power > 0.0 {
            add(self.line_of_sight_power, self.line_of_sight_rad.0, self.line_of_sight_rad.1);
        }
        out
    }
}

#[cfg(test)]
mod tests;
