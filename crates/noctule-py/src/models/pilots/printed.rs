//! Formulas as the paper prints them.

use noctule::pilots::baselines::{Linearisation, printed_error as as_printed};
use noctule::pilots::interior::Normalised;
use noctule::pilots::{Allocation, PilotUse};
use pyo3::prelude::*;

use crate::arrays::{Range, not_negative, number, real, refuse_size, result, same_length};
use crate::errors::core;
use crate::models::pilots_of;

/// The errors by Eq. (18) as printed, for comparison (docs/errata.md#pilots-e1).
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``pilots``, or a dictionary of its arrays.
/// fractions : ArrayLike
///     Fractions of each access point's pilot power, shape [ap, user].
///
/// Returns
/// -------
/// FloatArray
///     Shape [user].
///
/// Examples
/// --------
/// >>> import noctule
/// >>> design = noctule.design(noctule.pilots.Scenario(), "full-power")
/// >>> worst = printed_error(design.instance, design.fractions).max()
/// >>> bool(np.isclose(worst, design.metrics.worst_error_printed))
/// True
#[pyfunction]
pub(crate) fn printed_error<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    fractions: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let instance = pilots_of(instance)?;
    let held = real(fractions, "fractions", &["ap", "user"])?;
    let allocation = Allocation {
        fractions: held.slice()?.to_vec(),
        users: held.shape()[1],
        pilots: PilotUse::Downlink,
    };
    let found = as_printed(&instance, &allocation).map_err(core)?;
    let users = [found.len()];
    result(py, found, &users)
}

/// The function ``H = t W Z − F`` of Liao et al., Algorithm 1, and its gradient.
///
/// It is as printed: with pilots that overlap, W hears other users through their own channels (docs/errata.md#pilots-e2)
/// and F lacks the interference (docs/errata.md#pilots-e1), so that its sign says less than ``gain_error`` does; with
/// orthogonal pilots it is negative exactly where the error is above the level.
///
/// Its first-order model at one point can accept another where the function itself is negative
/// (docs/errata.md#pilots-e7). All is times the downlink energy, as in the paper.
///
/// Parameters
/// ----------
/// gains : ArrayLike
///     Channel gains β, shape [ap, user].
/// estimate_gains : ArrayLike
///     γ, shape [ap, user].
/// downlink_energy : float
///     Energy s_d of the downlink pilots over the noise density.
/// fractions : ArrayLike
///     Fractions x, shape [ap, user].
/// level : float
///     The level t of the error.
/// overlap : ArrayLike | None
///     Squared products ``|ψ_iᴴ ψ_j|²`` of the pilots, shape [user, user]; zero where absent.
///
/// Returns
/// -------
/// tuple[FloatArray, FloatArray]
///     H of shape [user], and its gradient by the fractions of shape [user, ap, user].
///
/// Examples
/// --------
/// >>> value, gradient = linearisation([[1.0]], [[0.5]], 1.0, [[1.0]], 0.5)
/// >>> value, gradient.shape
/// (array([0.5]), (1, 1, 1))
#[pyfunction]
#[pyo3(signature = (gains, estimate_gains, downlink_energy, fractions, level, overlap=None))]
pub(crate) fn linearisation<'py>(
    py: Python<'py>,
    gains: &Bound<'py, PyAny>,
    estimate_gains: &Bound<'py, PyAny>,
    downlink_energy: f64,
    fractions: &Bound<'py, PyAny>,
    level: f64,
    overlap: Option<&Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let gain = table(gains, "gains", None)?;
    let shape = Some((gain.aps, gain.users));
    let estimate = table(estimate_gains, "estimate_gains", shape)?;
    let fractions = table(fractions, "fractions", shape)?;
    let (aps, users) = (gain.aps, gain.users);
    let energy = number(downlink_energy, "downlink_energy", Range::NotNegative)?;
    let level = number(level, "level", Range::NotNegative)?;
    refuse_size("gains", &[aps, users, users, 2])?;
    let scaled = |list: &[f64]| list.iter().map(|entry| energy * entry).collect();
    let model = Normalised {
        points: aps,
        users,
        gain: scaled(&gain.entries),
        estimate: scaled(&estimate.entries),
        overlap: overlap_of(overlap, users)?,
        radar: Vec::new(),
    };
    let (mut values, mut gradients) = (Vec::new(), Vec::new());
    for k in 0..users {
        let found = Linearisation::at(&model, k, &fractions.entries, level);
        values.push(found.value);
        gradients.extend((0..aps * users).map(|i| {
            let (ap, user) = (i / users, i % users);
            found.gradient[user * aps + ap]
        }));
    }
    Ok((result(py, values, &[users])?, result(py, gradients, &[users, aps, users])?))
}

/// A table [ap, user], user by user as the model has it.
struct Turned {
    aps: usize,
    users: usize,
    entries: Vec<f64>,
}

/// A table of numbers that are not negative; of the shape of `gains`, where that is known.
fn table(value: &Bound<'_, PyAny>, name: &str, shape: Option<(usize, usize)>) -> PyResult<Turned> {
    let held = real(value, name, &["ap", "user"])?;
    not_negative(held.slice()?, name)?;
    let (aps, users) = shape.unwrap_or((held.shape()[0], held.shape()[1]));
    same_length(name, "ap", held.shape()[0], aps, "gains")?;
    same_length(name, "user", held.shape()[1], users, "gains")?;
    let entries = held.slice()?;
    let turned = (0..aps * users).map(|i| entries[(i % aps) * users + i / aps]).collect();
    Ok(Turned { aps, users, entries: turned })
}

/// Squared products of the pilots of every two users, zero on the diagonal.
fn overlap_of(value: Option<&Bound<'_, PyAny>>, users: usize) -> PyResult<Vec<f64>> {
    let Some(value) = value else { return Ok(vec![0.0; users * users]) };
    let held = real(value, "overlap", &["user", "user"])?;
    same_length("overlap", "user", held.shape()[0], users, "gains")?;
    same_length("overlap", "user", held.shape()[1], users, "gains")?;
    not_negative(held.slice()?, "overlap")?;
    let mut overlap = held.slice()?.to_vec();
    (0..users).for_each(|k| overlap[k * users + k] = 0.0);
    Ok(overlap)
}
