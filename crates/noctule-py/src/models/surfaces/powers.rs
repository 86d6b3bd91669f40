//! Of `noctule.surfaces`: powers of streams, trade-offs of surfaces, thresholds.

use noctule::surfaces::covariance::CovarianceSolver;
use noctule::surfaces::curve::Curve;
use noctule::surfaces::power::{Allocator, Case};
use noctule_phy::cascade::{Cascade, PathWeights, SurfacePath, element_threshold as threshold};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{
    Held, Range, not_negative, number, positive, real, refuse_count, result, result_number,
    same_length,
};
use crate::errors::refuse;

/// Gains and weights of the same number of streams, neither negative.
fn streams<'py>(
    gains: &Bound<'py, PyAny>,
    weights: &Bound<'py, PyAny>,
    power_w: f64,
    required: f64,
) -> PyResult<(Held<'py, f64>, Held<'py, f64>)> {
    let gains = real(gains, "gains", &["stream"])?;
    let weights = real(weights, "weights", &["stream"])?;
    same_length("weights", "stream", weights.shape()[0], gains.shape()[0], "gains")?;
    if gains.shape()[0] == 0 {
        return Err(refuse("there are no streams", "gains", "0 streams", "1 or more"));
    }
    not_negative(gains.slice()?, "gains")?;
    not_negative(weights.slice()?, "weights")?;
    positive(power_w, "power_w")?;
    number(required, "required", Range::NotNegative)?;
    Ok((gains, weights))
}

/// Optimal powers of independent streams and of a dedicated sensing signal, Theorem 2.
///
/// Maximises ``Σ ln(1 + g_k p_k)`` over ``w·p + p_s Σ w ≥ required`` and ``Σ p + p_s ≤ power``, exactly.
///
/// Parameters
/// ----------
/// gains : ArrayLike
///     g, shape [stream].
/// weights : ArrayLike
///     w, shape [stream].
/// power_w : float
///     Power in watts.
/// required : float
///     Required illumination Γ.
///
/// Returns
/// -------
/// dict[str, Any] | None
///     ``case`` (``I``, ``II`` or ``III``), ``rate_nats``, ``powers`` of shape [stream],
///     ``sensing_power``; None where no powers meet the requirement.
///
/// Examples
/// --------
/// >>> found = allocate([1.0, 1.0], [1.0, 1.0], 2.0, 1.0)
/// >>> found["case"], found["powers"]
/// ('II', array([1., 1.]))
#[pyfunction]
pub(crate) fn allocate<'py>(
    py: Python<'py>,
    gains: &Bound<'py, PyAny>,
    weights: &Bound<'py, PyAny>,
    power_w: f64,
    required: f64,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let (gains, weights) = streams(gains, weights, power_w, required)?;
    let mut allocator = Allocator::new(gains.shape()[0]);
    let found = allocator.allocate(gains.slice()?, weights.slice()?, power_w, required);
    let Some(found) = found else { return Ok(None) };
    let case = match found.case {
        Case::I => "I",
        Case::II => "II",
        Case::III => "III",
    };
    let dict = PyDict::new(py);
    dict.set_item("case", case)?;
    dict.set_item("rate_nats", result_number(found.rate_nats)?)?;
    dict.set_item("powers", result(py, allocator.powers().to_vec(), gains.shape())?)?;
    dict.set_item("sensing_power", result_number(found.sensing_power)?)?;
    Ok(Some(dict))
}

/// The rate of the best covariance of any form for given phases and orthogonal paths.
///
/// Never below :func:`allocate`'s (docs/errata.md#surfaces-e2).
///
/// Parameters
/// ----------
/// gains : ArrayLike
///     g, shape [stream].
/// weights : ArrayLike
///     w, shape [stream].
/// power_w : float
///     Power in watts.
/// required : float
///     Required illumination Γ.
///
/// Returns
/// -------
/// float | None
///     In nat/s/Hz; None where no covariance meets the requirement.
///
/// Examples
/// --------
/// >>> best = full_covariance_rate([3.0, 1.0], [1.0, 2.0], 2.0, 4.0)
/// >>> best >= allocate([3.0, 1.0], [1.0, 2.0], 2.0, 4.0)["rate_nats"]
/// True
#[pyfunction]
pub(crate) fn full_covariance_rate(
    gains: &Bound<'_, PyAny>,
    weights: &Bound<'_, PyAny>,
    power_w: f64,
    required: f64,
) -> PyResult<Option<f64>> {
    let (gains, weights) = streams(gains, weights, power_w, required)?;
    let (gains, weights) = (gains.slice()?, weights.slice()?);
    let total: f64 = weights.iter().sum();
    let share = if required > 0.0 { required / (power_w * total) } else { 0.0 };
    // Rounding of the two numbers themselves, as in `allocate`.
    if share.is_nan() || share > 1.0 + 1e-12 {
        return Ok(None);
    }
    let part = |w: &f64| if total > 0.0 { w / total } else { 0.0 };
    let overlaps: Vec<f64> = gains.iter().zip(weights).map(|(d, w)| d * part(w)).collect();
    let found = CovarianceSolver::new().solve(gains, &overlaps, power_w, share.min(1.0));
    result_number(found.rate_nats).map(Some)
}

/// A point of the trade-off of one surface between user and target.
///
/// Phases that blend the two alignments by an angle α and a relative phase ψ.
///
/// Parameters
/// ----------
/// elements : int
///     Elements of the surface.
/// step : float
///     Phase step δ between the two alignments, in radians.
/// blend : float
///     α: 0 is all for the target, π/2 all for the user.
/// phase : float
///     ψ in radians.
///
/// Returns
/// -------
/// tuple[float, float, float]
///     |qᴴv| towards the user, |sᴴv| towards the target, and the support function h(α, ψ).
///
/// Examples
/// --------
/// >>> user, target, _ = trade_off(16, 0.3, np.pi / 2, 0.0)
/// >>> round(user, 9), target < 16
/// (16.0, True)
#[pyfunction]
pub(crate) fn trade_off(
    elements: f64,
    step: f64,
    blend: f64,
    phase: f64,
) -> PyResult<(f64, f64, f64)> {
    let elements = refuse_count(elements, "elements", 1 << 20)?;
    let finite = |value, name| number(value, name, Range::Finite);
    let (step, blend) = (finite(step, "step")?, finite(blend, "blend")?);
    let phase = finite(phase, "phase")?;
    let curve = Curve::new(elements, step);
    let point = curve.point(blend, phase);
    Ok((
        result_number(point.user)?,
        result_number(point.target)?,
        result_number(curve.support(blend, phase))?,
    ))
}

/// Numbers of elements beyond which plain water-filling also meets the requirement, Prop. 4.
///
/// For a user at the target and elements shared equally (docs/errata.md#surfaces-e9).
///
/// Parameters
/// ----------
/// base_gain : ArrayLike
///     Power gains from the base station, shape [surface].
/// user_gain : ArrayLike
///     Power gains to the user, shape [surface].
/// power_w : float
///     Power in watts.
/// required : float
///     Required illumination Γ.
/// transmit_antennas : int
///     Antennas of the base station.
/// user_antennas : int
///     Antennas of the user.
/// user_noise_w : float
///     Noise power of each user antenna in watts.
///
/// Returns
/// -------
/// tuple[float, float, float]
///     The threshold N as a real number, N² from which on every stream gets power (52), and N²
///     from which on the requirement holds (54), negative where it always does.
///
/// Examples
/// --------
/// >>> N, streams, sensing = element_threshold([1.0, 1.0], [1.0, 1.0], 1.0, 8.0, 4, 2, 1e-3)
/// >>> streams, round(N ** 2, 9) == round(sensing, 9)
/// (0.0, True)
#[pyfunction]
pub(crate) fn element_threshold(
    base_gain: &Bound<'_, PyAny>,
    user_gain: &Bound<'_, PyAny>,
    power_w: f64,
    required: f64,
    transmit_antennas: f64,
    user_antennas: f64,
    user_noise_w: f64,
) -> PyResult<(f64, f64, f64)> {
    let (base, user) = streams(base_gain, user_gain, power_w, required)?;
    positive(user_noise_w, "user_noise_w")?;
    let path = |(base_gain, user_gain): (&f64, &f64)| SurfacePath {
        elements: 1,
        base_gain: *base_gain,
        user_gain: *user_gain,
        target_gain: 1.0,
        base_departure: 0.0,
        surface_arrival: 0.0,
        user_departure: 0.0,
        user_arrival: 0.0,
        target_departure: 0.0,
    };
    let cascade = Cascade {
        transmit_antennas: refuse_count(transmit_antennas, "transmit_antennas", 1 << 20)?,
        user_antennas: refuse_count(user_antennas, "user_antennas", 1 << 20)?,
        user_noise_w,
        weights: PathWeights::Max,
        paths: base.slice()?.iter().zip(user.slice()?).map(path).collect(),
        // What sensors see is not part of it.
        sensors: 2,
        snapshots: 1,
        sensing_noise_w: 1.0,
        reflection_gain: 1.0,
    };
    let found = threshold(&cascade, power_w, required);
    Ok((
        result_number(found.elements)?,
        result_number(found.all_streams)?,
        result_number(found.sensing)?,
    ))
}
