//! Beams in closed form: matched filters and zero forcing.

use noctule_num::linalg::{Cholesky, HermitianEigen, Op, product};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::{Interrupt, Stop, Trace, Work};
use serde::{Deserialize, Serialize};

use crate::cellfree::model::evaluate;
use crate::cellfree::patterns::best_patterns;
use crate::cellfree::requirement::{advice, ignored, judged_by, missed};
use crate::cellfree::settings::PATTERN_GAP;
use crate::cellfree::starts::normalise_each;
use crate::cellfree::{Beams, CellFreeDesign, Instance};
use crate::system::{Run, Setting};
use crate::{Design, Error, FEASIBLE};

/// Smallest over largest eigenvalue of the Gram matrix, of columns of unit norm, from which on no
/// digits of an inverse are left.
const DEPENDENT: f64 = 1e-13;

/// How closed-form beams are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// Beams of unit norm, then one scale for all access points: the strongest has power one.
    #[default]
    Common,
    /// Every access point at full power, its beams in proportion as they come.
    PerAccessPoint,
}

/// What access points that sense do with the power that data leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Leftover {
    /// The best beampattern.
    #[default]
    BestPattern,
    /// The same in all directions of the signal space, `I/N`.
    Isotropic,
    /// Nothing: powers stay below one.
    Unused,
}

/// Settings of closed-form beams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LinearSettings {
    /// How beams are scaled.
    pub scaling: Scaling,
    /// What happens to the power that is left.
    pub leftover: Leftover,
}

impl Setting for LinearSettings {
    fn validate(&self) -> Result<(), InputError> {
        Ok(())
    }
}

/// Matched filters, `w_k ∝ ĥ_k`.
///
/// # Errors
/// [`Error::Numerics`] when the best pattern cannot be found.
pub fn mrt(
    instance: &Instance,
    settings: &LinearSettings,
    run: &Run<'_, Beams>,
) -> Result<CellFreeDesign, Error> {
    closed_form(instance, instance.scaled_channels(), settings, &run.interrupt)
}

/// Zero forcing over all access points together, `W ∝ H (Hᴴ H)⁻¹`. Zero forcing at each access point
/// by itself does not exist here: users that share a pilot have parallel estimates at every access
/// point. (The paper names zero forcing and says no more: `docs/errata.md#cellfree-e15`.)
///
/// # Errors
/// [`Error::Input`] when the channel estimates are linearly dependent (more users than antennas, or
/// equal estimates).
pub fn zero_forcing(
    instance: &Instance,
    settings: &LinearSettings,
    run: &Run<'_, Beams>,
) -> Result<CellFreeDesign, Error> {
    let h = instance.scaled_channels();
    if h.cols() > h.rows() {
        return Err(dependent(format!("{} users for {} antennas", h.cols(), h.rows())));
    }
    let norms: Vec<f64> =
        (0..h.cols()).map(|k| h.col(k).iter().map(C64::norm_sqr).sum::<f64>().sqrt()).collect();
    let unit =
        CMat::from_fn(h.rows(), h.cols(), |i, k| h[(i, k)] / norms[k].max(f64::MIN_POSITIVE));
    let gram = product(&unit, Op::Adjoint, &unit, Op::Plain);
    let mut eigen = HermitianEigen::new(h.cols());
    eigen.compute(&gram)?;
    if h.cols() > 0 && eigen.min() <= DEPENDENT * eigen.max() {
        return Err(dependent(format!(
            "smallest over largest eigenvalue {:.1e}",
            eigen.min() / eigen.max()
        )));
    }
    closed_form(instance, pseudo_inverse(&unit, &gram)?, settings, &run.interrupt)
}

/// `H (Hᴴ H)⁻¹` of columns of unit norm and their Gram matrix.
fn pseudo_inverse(unit: &CMat, gram: &CMat) -> Result<CMat, Error> {
    let users = unit.cols();
    let mut cholesky = Cholesky::new(users);
    cholesky.factor(gram, "Gram matrix of the channels")?;
    let mut right = CMat::identity(users);
    cholesky.solve_in_place(&mut right);
    let mut w = product(unit, Op::Plain, &right, Op::Plain);
    // One step of refinement: nulls to rounding also when the Gram matrix is badly conditioned.
    let off = product(unit, Op::Adjoint, &w, Op::Plain);
    let mut rest =
        CMat::from_fn(users, users, |i, j| C64::from(if i == j { 1.0 } else { 0.0 }) - off[(i, j)]);
    cholesky.solve_in_place(&mut rest);
    let correction = product(unit, Op::Plain, &rest, Op::Plain);
    w.as_mut_slice().iter_mut().zip(correction.as_slice()).for_each(|(w, c)| *w += c);
    Ok(w)
}

fn dependent(found: String) -> Error {
    InputError::new(
        "the channel estimates are linearly dependent: zero forcing does not exist",
        "channels",
        found,
        "independent estimates, at most as many users as antennas in all",
    )
    .hint("users that share a pilot have parallel estimates at every access point")
    .into()
}

/// Directions with powers and sensing signals.
fn closed_form(
    instance: &Instance,
    mut w: CMat,
    settings: &LinearSettings,
    interrupt: &Interrupt,
) -> Result<CellFreeDesign, Error> {
    match settings.scaling {
        Scaling::PerAccessPoint => normalise_each(&mut w, instance.antennas(), 1.0),
        Scaling::Common => scale_together(&mut w, instance),
    }
    let mut beams = Beams { data: w, ..Beams::silent(instance) };
    fill(&mut beams, instance, settings.leftover, interrupt)?;
    let metrics = evaluate(instance, &beams)?;
    let violation = missed(instance, &metrics);
    let mut warnings = Vec::new();
    if violation > FEASIBLE {
        warnings.push(ignored(violation));
    }
    warnings.extend(advice(instance, &metrics));
    let starts = vec![Some(metrics.objective)];
    Ok(Design {
        variables: beams,
        metrics,
        stop: Stop::Computed,
        proof: judged_by(violation),
        trace: Trace::off(),
        work: Work::default(),
        starts,
        warnings,
    })
}

/// Columns of unit norm, then one scale at which the strongest access point has power one.
fn scale_together(w: &mut CMat, instance: &Instance) {
    let n = instance.antennas();
    for k in 0..w.cols() {
        let norm = w.col(k).iter().map(C64::norm_sqr).sum::<f64>().sqrt();
        if norm > 0.0 {
            w.col_mut(k).iter_mut().for_each(|z| *z /= norm);
        }
    }
    let power = |ap: usize| -> f64 {
        (0..w.cols()).flat_map(|k| &w.col(k)[ap * n..(ap + 1) * n]).map(C64::norm_sqr).sum()
    };
    let strongest = (0..instance.aps()).map(power).fold(0.0, f64::max);
    if strongest > 0.0 {
        w.scale(1.0 / strongest.sqrt());
    }
}

/// Sensing signals on the power that data leave, where something is sensed.
fn fill(
    beams: &mut Beams,
    instance: &Instance,
    leftover: Leftover,
    interrupt: &Interrupt,
) -> Result<(), Error> {
    let n = instance.antennas();
    let patterns = match leftover {
        Leftover::BestPattern => best_patterns(instance, PATTERN_GAP, interrupt)?,
        _ => vec![None; instance.aps()],
    };
    for ap in instance.sensing_aps() {
        let left = (1.0 - beams.data_power(ap)).max(0.0);
        beams.sensing[ap] = match (leftover, &patterns[ap]) {
            (Leftover::BestPattern, Some(pattern)) => {
                let mut factor = pattern.factor.clone();
                factor.scale(left.sqrt());
                factor
            }
            (Leftover::Isotropic, _) => {
                let mut factor = CMat::identity(n);
                factor.scale((left / n as f64).sqrt());
                factor
            }
            _ => CMat::zeros(n, 0),
        };
    }
    Ok(())
}
