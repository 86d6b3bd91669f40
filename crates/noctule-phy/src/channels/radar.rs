//! Fisher matrices of targets seen by a multi-antenna OFDM radar: wideband, with squint, in the
//! near field.
//!
//! # Model
//!
//! On subcarrier n and symbol ℓ of a [`Grid`](super::ofdm::Grid) the array receives
//! ```math
//! y_{n\ell} = \sum_m \alpha_m e^{-j2\pi\delta_n\tau_m + j2\pi\nu_m t_\ell}\, b_{m,n} a_{m,n}^H x_{n\ell} + \mathcal{CN}(0, \sigma^2 I),\qquad
//! R_n = W_n W_n^H
//! ```
//! with τ = 2r/c and ν = 2v/λ, v > 0 approaching. The parameters are, each a block over targets,
//! `[θ, φ, (r), (cτ/2), (v), Re α, Im α]`: azimuth and polar angle in radians, the range of curved wave
//! fronts in metres, the delay as a range in metres, the Doppler shift as a speed in m/s
//! ([`Kind`]). Known delays and Doppler shifts still enter: they tell targets apart. A target in the
//! near field has the delay 2r/c; its α contains `e^{−j2kr}` and the path loss, so that r acts on
//! responses alone until range and delay are linked.
//!
//! # What is computed
//!
//! With `S_n = [B, Ḃ_θ, …]`, `T_n = [A, Ȧ_θ, …]` each derivative is `S_n C_i T_nᴴ` times a factor of
//! delay and Doppler shift, and with `Z_n = T_nᴴ R_n T_n`, `Λ_n = diag(e^{−j2πδ_nτ})`
//! ```math
//! F_{ij} = \kappa\,\mathrm{Re}\{ j^{(p_i-p_j)+(q_j-q_i)}\, Q_{q_i+q_j}(\nu_{m'}-\nu_m)
//! \sum_n (2\pi\delta_n)^{p_i+p_j}\,\mathrm{tr}(C_i^H S_n^H S_n C_j\,\Lambda_n Z_n\Lambda_n^H)\},\qquad \kappa = 2/\sigma^2
//! ```
//! (p, q) = (1, 0) for delays, (0, 1) for Doppler shifts, else zero; Q are sums over symbols
//! ([`doppler_sums`](super::ofdm::Grid::doppler_sums)). Without squint only three moments `X^{(p)} = Σ(2πδ)^p Λ T^H R_n T Λᴴ`
//! enter. The expected `R_n` is used: with N·L realised symbols a Fisher matrix differs by
//! O(1/√(NL)). One subcarrier with equal Doppler shifts is [`crate::fisher`].

mod bounds;
mod form;
mod map;
mod scene;

use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_num::{C64, CMat, InputError};

use crate::fisher::SINGULAR_GEOMETRY;
use map::Map;

pub use bounds::{Bounds, Linked, link};
pub use form::FisherForm;
pub use scene::{Field, Kind, Scene, Target, Unknown};

/// The Fisher matrices of a scene as a function of the beams.
///
/// Beams are `beams[subcarrier][stream][antenna]`, one after the other; matrices of parameters are
/// row by row, in the units of [`Kind`].
#[derive(Clone, Debug)]
pub struct OfdmRadar {
    scene: Scene,
    parameters: Vec<(Kind, usize)>,
    map: Map,
    /// Smallest over largest eigenvalue of what the scene shows, whatever is sent.
    conditioning: f64,
}

impl OfdmRadar {
    /// Of a scene.
    ///
    /// # Errors
    /// Delays on one subcarrier, Doppler shifts in one symbol, and everything else that no beams
    /// tell apart: the Fisher matrix for `R_n = I` and reflections of magnitude one, scaled to a unit
    /// diagonal, has eigenvalues further apart than 10¹². Numbers that are not finite, targets on an
    /// element.
    pub fn new(scene: Scene) -> Result<Self, InputError> {
        Self::knowing(scene, &[])
    }

    /// Of a scene of which some parameters are known, though others of their kind are not.
    ///
    /// # Errors
    /// As [`OfdmRadar::new`].
    pub fn knowing(scene: Scene, known: &[(Kind, usize)]) -> Result<Self, InputError> {
        scene.check()?;
        let m = scene.targets.len();
        let all = scene.kinds().into_iter().flat_map(|kind| (0..m).map(move |t| (kind, t)));
        let parameters: Vec<(Kind, usize)> = all.filter(|p| !known.contains(p)).collect();
        let map = Map::new(&scene, &parameters, false)?;
        let conditioning = observability(&scene, &parameters)?;
        Ok(Self { scene, parameters, map, conditioning })
    }

    /// The scene.
    pub const fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Parameters in order: what, and of which target.
    pub fn parameters(&self) -> &[(Kind, usize)] {
        &self.parameters
    }

    /// Smallest over largest eigenvalue of the scaled Fisher matrix at `R_n = I`: how well the scene
    /// tells its parameters apart, whatever is sent.
    pub const fn conditioning(&self) -> f64 {
        self.conditioning
    }

    /// The Fisher matrix, row by row.
    ///
    /// # Panics
    /// When the beams do not fill subcarriers and antennas.
    pub fn fisher(&self, beams: &[C64]) -> Vec<f64> {
        self.map.fisher(&self.map.moments(&self.map.coordinates(beams)))
    }

    /// `T_n`, the transmit responses and their derivatives on subcarrier n: antennas × s·M.
    ///
    /// # Panics
    /// When there is no such subcarrier.
    pub fn transmit_space(&self, n: usize) -> &CMat {
        self.map.transmit_space(n)
    }

    /// The Fisher matrix as a function of coordinates, for whoever evaluates it often.
    pub fn form(&self) -> FisherForm {
        FisherForm::of(&self.map)
    }

    /// `X^{(p)}` for p = 0, 1, 2 of a scene without squint, with δ in rad/s.
    ///
    /// # Panics
    /// As [`OfdmRadar::fisher`].
    pub fn moments(&self, beams: &[C64]) -> Option<[CMat; 3]> {
        let mut groups = self.map.moments(&self.map.coordinates(beams));
        (groups.len() == 1).then(|| groups.swap_remove(0))
    }

    /// `gradient += scale · ∂ tr(ΦF)/∂W` for a symmetric Φ, with `df = Re tr(GᴴdW)`.
    ///
    /// # Panics
    /// When sizes differ.
    pub fn add_gradient(&self, phi: &[f64], beams: &[C64], scale: f64, gradient: &mut [C64]) {
        self.map.add_gradient(phi, beams, scale, gradient);
    }

    /// `Σ_n Σ_ℓ E‖noise-free y‖²`.
    ///
    /// # Panics
    /// As [`OfdmRadar::fisher`].
    pub fn echo_energy(&self, beams: &[C64]) -> f64 {
        self.map.echo_energy(&self.scene, &self.map.moments(&self.map.coordinates(beams)))
    }

    /// Bounds from a Fisher matrix; `None` where it is singular or not finite.
    ///
    /// # Panics
    /// When the matrix has another size.
    pub fn bounds(&self, fisher: &[f64]) -> Option<Bounds> {
        Bounds::new(&self.parameters, fisher)
    }
}

/// Smallest over largest eigenvalue of the scaled Fisher matrix at `R_n = I`.
fn observability(scene: &Scene, parameters: &[(Kind, usize)]) -> Result<f64, InputError> {
    let n = parameters.len();
    if n == 0 {
        return Ok(1.0);
    }
    let map = Map::new(scene, parameters, true)?;
    let fisher = map.fisher(&map.moments(&map.full_coordinates()));
    let largest = |kind: Kind| {
        let of = |i: &usize| parameters[*i].0 == kind;
        (0..n).filter(of).map(|i| fisher[i * n + i]).fold(0.0, f64::max)
    };
    for (i, &(kind, target)) in parameters.iter().enumerate() {
        let information = fisher[i * n + i];
        // An angle at which the array does not turn leaves rounding behind, not a zero.
        let reflection = largest(Kind::ReflectionRe);
        let angle = matches!(kind, Kind::Azimuth | Kind::Polar);
        let dark = if angle { 1e-24 * reflection } else { 0.0 };
        if !(information > dark && information.is_finite()) {
            let what = format!("{} of target {target} is unobservable", kind.name());
            return Err(InputError::new(
                what,
                format!("targets[{target}]"),
                "no information, whatever is sent",
                "arrays and a frame that see it",
            ));
        }
    }
    one_row_sees_one_angle(scene, parameters)?;
    let scaled = CMat::from_fn(n, n, |i, j| {
        C64::from(fisher[i * n + j] / (fisher[i * n + i] * fisher[j * n + j]).sqrt())
    });
    let mut eigen = HermitianEigen::new(n);
    eigen.compute(&scaled).map_err(|error| {
        InputError::new(
            "the scene has no Fisher matrix",
            "targets",
            error.to_string(),
            "finite numbers",
        )
    })?;
    let ratio = (eigen.min() / eigen.max()).max(0.0);
    if ratio < SINGULAR_GEOMETRY {
        return Err(apart(parameters, eigen.vectors().col(0), ratio));
    }
    Ok(ratio)
}

/// Refuse both angles of a target that two arrays of one row see: they turn with sin θ sin φ alone.
fn one_row_sees_one_angle(scene: &Scene, parameters: &[(Kind, usize)]) -> Result<(), InputError> {
    if scene.transmit.vertical > 1 || scene.receive.vertical > 1 {
        return Ok(());
    }
    let unknown = |kind: Kind, m: usize| parameters.contains(&(kind, m));
    let both = |m: &usize| unknown(Kind::Azimuth, *m) && unknown(Kind::Polar, *m);
    let Some(target) = (0..scene.targets.len()).find(both) else { return Ok(()) };
    let what = format!(
        "two linear arrays see one angle: azimuth and polar angle of target {target} are not told apart"
    );
    let (place, found) =
        (format!("targets[{target}]"), "both are unknown, both arrays are one row");
    let error = InputError::new(what, place, found, "one of them known, or rows above each other");
    Err(error.hint("`unknown.polar = false` says that the polar angle is known"))
}

/// What is said of parameters that no beams tell apart: the targets that share in the weakest
/// direction.
fn apart(parameters: &[(Kind, usize)], weakest: &[C64], ratio: f64) -> InputError {
    let mut shares: std::collections::BTreeMap<usize, f64> = std::collections::BTreeMap::new();
    for ((_, target), v) in parameters.iter().zip(weakest) {
        *shares.entry(*target).or_default() += v.norm_sqr();
    }
    let named: Vec<String> =
        shares.iter().filter(|share| *share.1 > 0.01).map(|share| share.0.to_string()).collect();
    let whose = match &named[..] {
        [one] => format!("target {one}"),
        _ => format!("the targets {}", named.join(" and ")),
    };
    InputError::new(
        format!("no beams tell the parameters of {whose} apart"),
        "targets",
        format!("eigenvalues {ratio:.1e} apart"),
        format!("at least {SINGULAR_GEOMETRY:e}"),
    )
    .hint("equal directions need delays or Doppler shifts that differ enough")
}

/// `aᴴ b`.
fn gram(a: &CMat) -> CMat {
    product(a, Op::Adjoint, a, Op::Plain)
}

#[cfg(test)]
mod tests;
