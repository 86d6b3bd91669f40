//! `noctule.frame`: correlation, aging, angle bounds, estimates from a sensed prior, rates.

use std::f64::consts::{PI, TAU};

use noctule::frame::model::Statistics;
use noctule::frame::placement::{Pattern, Placer};
use noctule::frame::{Instance, Placement, Plan, SinrForm, evaluate};
use noctule_num::{C64, CMat};
use noctule_phy::angle_crb::{angle_crb_rad2, matched_bracket};
use noctule_phy::mmse::SensedEstimate;
use noctule_phy::one_ring::{OneRing, PhaseReference, PowerAngleSpectrum, Spread, UniformLine};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::{hermitian, instance_arrays, rows_of, word};
use crate::arrays::{
    Range, count_from, number, positive, real, refuse_count, refuse_size, result, result_number,
    same_length,
};
use crate::errors::{core, numerics, refuse};

const SPECTRA: &[(&str, PowerAngleSpectrum)] = &[
    ("uniform", PowerAngleSpectrum::Uniform),
    ("gaussian", PowerAngleSpectrum::Gaussian),
    ("laplacian", PowerAngleSpectrum::Laplacian),
    ("raised-cosine", PowerAngleSpectrum::RaisedCosine),
];
const REFERENCES: &[(&str, PhaseReference)] =
    &[("first", PhaseReference::First), ("centre", PhaseReference::Centre)];
const FORMS: &[(&str, SinrForm)] = &[
    ("use-and-forget", SinrForm::UseAndForget),
    ("lower-bound", SinrForm::LowerBound),
    ("physical", SinrForm::Physical),
];

/// Correlation and its derivative.
fn spread_of(
    elements: f64,
    angle_rad: f64,
    spread_rad: f64,
    spectrum: &str,
    reference: PhaseReference,
) -> PyResult<(usize, Spread)> {
    let elements = refuse_count(elements, "elements", 4096)?;
    refuse_size("elements", &[elements, elements, 6])?;
    number(angle_rad, "angle_rad", Range::Within(-TAU, TAU))?;
    number(spread_rad, "spread_rad", Range::Within(0.0, PI))?;
    let line = UniformLine::new(elements, reference);
    let ring =
        OneRing { line, angle_rad, spread_rad, spectrum: word("spectrum", spectrum, SPECTRA)? };
    Ok((elements, ring.integrate()))
}

/// What a sensed prior makes of an estimate.
fn sensed(
    correlation: &Bound<'_, PyAny>,
    sensing_error: &Bound<'_, PyAny>,
    pilot_snr: f64,
    project: bool,
) -> PyResult<SensedEstimate> {
    let correlation = hermitian(correlation, "correlation", "antenna")?;
    let error = hermitian(sensing_error, "sensing_error", "antenna")?;
    same_length("sensing_error", "antenna", error.rows(), correlation.rows(), "correlation")?;
    let trace: f64 = (0..correlation.rows()).map(|i| correlation[(i, i)].re).sum();
    if (trace - 1.0).abs() > 1e-6 {
        let (what, allowed) = ("the trace is not one", "a correlation whose trace is one");
        return Err(refuse(what, "correlation", format!("a trace of {trace}"), allowed));
    }
    positive(pilot_snr, "pilot_snr")?;
    SensedEstimate::new(&correlation, &error, pilot_snr, project).map_err(numerics)
}

/// An instance, and a sensing time that is positive.
fn frame_of(instance: &Bound<'_, PyAny>) -> PyResult<Instance> {
    Instance::from_arrays(instance_arrays(instance, "frame")?, None).map_err(core)
}

fn statistics_of(instance: &Instance, sensing_time_s: f64) -> PyResult<Statistics> {
    positive(sensing_time_s, "sensing_time_s")?;
    Statistics::new(instance, sensing_time_s).map_err(core)
}

#[pymodule]
pub(crate) mod frame {
    #[allow(clippy::wildcard_imports)]
    use super::*;

    /// Spatial correlation of a user in a ring of scatterers, ``R = ∫ S(ϑ) a(ϑ) aᴴ(ϑ) dϑ``, tr R = 1.
    ///
    /// ``a[i] = exp(−jπ ι_i sin ϑ)/√L`` on a half-wavelength line (the one-ring model of the frame
    /// paper, Eq. (2), normalised to unit trace).
    ///
    /// Parameters
    /// ----------
    /// elements : int
    ///     Number of antennas L.
    /// angle_rad : float
    ///     Angle of the user from broadside in radians.
    /// spread_rad : float
    ///     Single-sided angular spread in radians; zero is a line of sight.
    /// spectrum : str
    ///     ``uniform``, ``gaussian``, ``laplacian`` or ``raised-cosine``.
    ///
    /// Returns
    /// -------
    /// ComplexArray
    ///     Shape [antenna, antenna].
    ///
    /// Examples
    /// --------
    /// >>> R = one_ring(8, 0.3, 0.1)
    /// >>> bool(np.isclose(np.trace(R).real, 1)), bool(np.allclose(R, R.conj().T))
    /// (True, True)
    #[pyfunction]
    #[pyo3(signature = (elements, angle_rad, spread_rad, spectrum="uniform"))]
    fn one_ring<'py>(
        py: Python<'py>,
        elements: f64,
        angle_rad: f64,
        spread_rad: f64,
        spectrum: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let first = PhaseReference::First;
        let (n, found) = spread_of(elements, angle_rad, spread_rad, spectrum, first)?;
        result(py, rows_of(&found.correlation), &[n, n])
    }

    /// Average over the ring of the outer products of the slopes, ``∫ S(ϑ) a'(ϑ) a'ᴴ(ϑ) dϑ``.
    ///
    /// Times the variance of a sensed angle in rad² it is the covariance of the channel error that
    /// sensing leaves, to first order. With the slope of :func:`steering` at the user's angle instead,
    /// ``a' a'ᴴ`` is the form the paper prints.
    ///
    /// Parameters
    /// ----------
    /// elements : int
    ///     Number of antennas L.
    /// angle_rad : float
    ///     Angle of the user from broadside in radians.
    /// spread_rad : float
    ///     Single-sided angular spread in radians.
    /// spectrum : str
    ///     ``uniform``, ``gaussian``, ``laplacian`` or ``raised-cosine``.
    /// reference : str
    ///     Element of phase zero: ``first`` or ``centre``.
    ///
    /// Returns
    /// -------
    /// ComplexArray
    ///     Shape [antenna, antenna].
    ///
    /// Examples
    /// --------
    /// >>> D = one_ring_slope(8, 0.3, 0.0)
    /// >>> _, slope = steering(8, [0.3])
    /// >>> bool(np.allclose(D, np.outer(slope[0], slope[0].conj())))
    /// True
    #[pyfunction]
    #[pyo3(signature = (elements, angle_rad, spread_rad, spectrum="uniform", reference="first"))]
    fn one_ring_slope<'py>(
        py: Python<'py>,
        elements: f64,
        angle_rad: f64,
        spread_rad: f64,
        spectrum: &str,
        reference: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let reference = word("reference", reference, REFERENCES)?;
        let (n, found) = spread_of(elements, angle_rad, spread_rad, spectrum, reference)?;
        result(py, rows_of(&found.derivative), &[n, n])
    }

    /// Steering vectors ``a[i] = exp(−jπ ι_i sin ϑ)/√L`` of a half-wavelength line, and their slopes.
    ///
    /// Parameters
    /// ----------
    /// elements : int
    ///     Number of antennas L.
    /// angle_rad : ArrayLike
    ///     Angles from broadside in radians, shape [direction].
    /// reference : str
    ///     Element of phase zero: ``first`` or ``centre``.
    ///
    /// Returns
    /// -------
    /// tuple[ComplexArray, ComplexArray]
    ///     ``a`` and ``da/dϑ`` per radian, each of shape [direction, antenna].
    ///
    /// Examples
    /// --------
    /// >>> a, slope = steering(4, [0.0])
    /// >>> np.allclose(a, 0.5), slope.shape
    /// (True, (1, 4))
    #[pyfunction]
    #[pyo3(signature = (elements, angle_rad, reference="first"))]
    fn steering<'py>(
        py: Python<'py>,
        elements: f64,
        angle_rad: &Bound<'py, PyAny>,
        reference: &str,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let elements = refuse_count(elements, "elements", 1 << 20)?;
        let line = UniformLine::new(elements, word("reference", reference, REFERENCES)?);
        let angles = real(angle_rad, "angle_rad", &["direction"])?;
        refuse_size("elements", &[elements, angles.shape()[0], 4])?;
        let (mut response, mut slopes) = (Vec::<C64>::new(), Vec::<C64>::new());
        for angle in angles.slice()? {
            let (a, slope) = line.steering(*angle);
            response.extend(a);
            slopes.extend(slope);
        }
        let shape = [angles.shape()[0], elements];
        Ok((result(py, response, &shape)?, result(py, slopes, &shape)?))
    }

    /// Cramér–Rao bound of a user's angle under its own matched beam, in rad².
    ///
    /// ``1 / (2 m η B)`` with ``B = π² cos²θ (L_r² − 1)/12`` (docs/errata.md#frame-e2).
    ///
    /// Parameters
    /// ----------
    /// samples : float
    ///     Samples m of the echo.
    /// echo_snr : float
    ///     Signal-to-noise ratio η of one sample, linear.
    /// angle_rad : float
    ///     Angle from broadside in radians.
    /// receive_elements : int
    ///     Receive antennas L_r.
    ///
    /// Returns
    /// -------
    /// float
    ///     Bound in rad².
    ///
    /// Examples
    /// --------
    /// >>> round(angle_crb(100, 1.0, 0.0, 16) * 1e5, 3)
    /// 2.384
    #[pyfunction]
    fn angle_crb(
        samples: f64,
        echo_snr: f64,
        angle_rad: f64,
        receive_elements: f64,
    ) -> PyResult<f64> {
        positive(samples, "samples")?;
        positive(echo_snr, "echo_snr")?;
        number(angle_rad, "angle_rad", Range::Within(-TAU, TAU))?;
        // One antenna sees no angle.
        let elements = count_from(receive_elements, "receive_elements", 2, 1 << 20)?;
        result_number(angle_crb_rad2(samples, echo_snr, matched_bracket(angle_rad, elements)))
    }

    /// Correlation of a channel with itself some blocks later.
    ///
    /// Parameters
    /// ----------
    /// blocks : int
    ///     Number of blocks, the first is that of the estimate.
    /// base : float | None
    ///     Geometric aging ``base^lag``, from 0 to 1.
    /// doppler_blocks : float | None
    ///     Jakes' aging ``J₀(2π · doppler_blocks · lag)``: Doppler frequency times block duration.
    /// offset : int
    ///     Blocks added to the lag (docs/errata.md#frame-e8).
    ///
    /// Returns
    /// -------
    /// FloatArray
    ///     Shape [block].
    ///
    /// Examples
    /// --------
    /// >>> aging(3, base=0.5)
    /// array([1.  , 0.5 , 0.25])
    #[pyfunction]
    #[pyo3(signature = (blocks, base=None, doppler_blocks=None, offset=0.0),
           text_signature = "(blocks, base=None, doppler_blocks=None, offset=0)")]
    fn aging<'py>(
        py: Python<'py>,
        blocks: f64,
        base: Option<f64>,
        doppler_blocks: Option<f64>,
        offset: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let blocks = refuse_count(blocks, "blocks", 1 << 20)?;
        let offset = count_from(offset, "offset", 0, 1 << 20)?;
        let found = match (base, doppler_blocks) {
            (Some(base), None) => {
                let base = number(base, "base", Range::Within(0.0, 1.0))?;
                noctule_phy::aging::geometric(base, blocks, offset)
            }
            (None, Some(doppler)) => {
                let doppler = number(doppler, "doppler_blocks", Range::NotNegative)?;
                noctule_phy::aging::jakes(doppler, blocks, offset)
            }
            _ => {
                let (found, allowed) = ("none or both", "one of the two");
                return Err(refuse(
                    "the law of aging is not clear",
                    "base, doppler_blocks",
                    found,
                    allowed,
                ));
            }
        };
        result(py, found, &[blocks])
    }

    /// Trace of the covariance of a channel estimate whose prior was sensed, relative to the gain.
    ///
    /// Prior ``(R − E)₊``, filter ``W = R̂(R̂ + I/γ)⁻¹``, covariance ``W R̂`` (docs/errata.md#frame-e3).
    ///
    /// Parameters
    /// ----------
    /// correlation : ArrayLike
    ///     R, Hermitian and of unit trace, shape [antenna, antenna].
    /// sensing_error : ArrayLike
    ///     Covariance E of what sensing leaves unknown, Hermitian, shape [antenna, antenna].
    /// pilot_snr : float
    ///     Signal-to-noise ratio γ of the pilot per unit of gain, linear.
    /// project : bool
    ///     Whether negative eigenvalues of R − E are set to zero.
    ///
    /// Returns
    /// -------
    /// float
    ///     tr C, between 0 and the trace of the prior; that is 1 at most for an E that is a
    ///     covariance.
    ///
    /// Examples
    /// --------
    /// >>> round(estimate_trace(np.eye(4) / 4, np.zeros((4, 4)), 4.0), 12)
    /// 0.5
    #[pyfunction]
    #[pyo3(signature = (correlation, sensing_error, pilot_snr, project=true))]
    fn estimate_trace(
        correlation: &Bound<'_, PyAny>,
        sensing_error: &Bound<'_, PyAny>,
        pilot_snr: f64,
        project: bool,
    ) -> PyResult<f64> {
        result_number(sensed(correlation, sensing_error, pilot_snr, project)?.estimate_trace)
    }

    /// What a sensed prior makes of a channel estimate, relative to the gain.
    ///
    /// Prior ``R̂ = (R − E)₊``, filter ``W = R̂(R̂ + I/γ)⁻¹``, covariance of the estimate ``W R̂``
    /// (docs/errata.md#frame-e3).
    ///
    /// Parameters
    /// ----------
    /// correlation : ArrayLike
    ///     R, Hermitian and of unit trace, shape [antenna, antenna].
    /// sensing_error : ArrayLike
    ///     Covariance E of what sensing leaves unknown, Hermitian, shape [antenna, antenna].
    /// pilot_snr : float
    ///     Signal-to-noise ratio γ of the pilot per unit of gain, linear.
    /// project : bool
    ///     Whether negative eigenvalues of R − E are set to zero.
    ///
    /// Returns
    /// -------
    /// dict[str, Any]
    ///     ``prior``, ``filter``, ``estimate`` of shape [antenna, antenna]; ``estimate_trace``,
    ///     ``error_trace``; ``smallest_eigenvalue`` of R − E before it is projected.
    ///
    /// Examples
    /// --------
    /// >>> found = sensed_estimate(np.eye(4) / 4, np.zeros((4, 4)), 4.0)
    /// >>> round(found["estimate_trace"], 12), round(found["error_trace"], 12)
    /// (0.5, 0.5)
    #[pyfunction]
    #[pyo3(signature = (correlation, sensing_error, pilot_snr, project=true))]
    fn sensed_estimate<'py>(
        py: Python<'py>,
        correlation: &Bound<'py, PyAny>,
        sensing_error: &Bound<'py, PyAny>,
        pilot_snr: f64,
        project: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let found = sensed(correlation, sensing_error, pilot_snr, project)?;
        let dict = PyDict::new(py);
        let matrices: [(&str, &CMat); 3] =
            [("prior", &found.prior), ("filter", &found.filter), ("estimate", &found.estimate)];
        for (name, matrix) in matrices {
            let shape = [matrix.rows(), matrix.cols()];
            dict.set_item(name, result(py, rows_of(matrix), &shape)?)?;
        }
        for (name, value) in [
            ("estimate_trace", found.estimate_trace),
            ("error_trace", found.error_trace),
            ("smallest_eigenvalue", found.smallest_eigenvalue),
        ] {
            dict.set_item(name, result_number(value)?)?;
        }
        Ok(dict)
    }

    /// Statistics of all users' estimates after some sensing time, relative to their gains.
    ///
    /// Parameters
    /// ----------
    /// instance : Any
    ///     An instance of ``frame``, or a dictionary of its arrays.
    /// sensing_time_s : float
    ///     Sensing time in seconds.
    ///
    /// Returns
    /// -------
    /// dict[str, FloatArray]
    ///     ``crb_rad2`` (bounds of the angles), ``estimate_trace``, ``error_trace``,
    ///     ``smallest_eigenvalue`` (of the priors before they are projected), each of shape [user].
    ///
    /// Examples
    /// --------
    /// >>> import noctule
    /// >>> instance = noctule.frame.Scenario().realize()
    /// >>> short, long = (statistics(instance, time)["crb_rad2"] for time in (1e-4, 2e-4))
    /// >>> bool(np.allclose(short, 2 * long))
    /// True
    #[pyfunction]
    fn statistics<'py>(
        py: Python<'py>,
        instance: &Bound<'py, PyAny>,
        sensing_time_s: f64,
    ) -> PyResult<Bound<'py, PyDict>> {
        let found = statistics_of(&frame_of(instance)?, sensing_time_s)?;
        let users = [found.estimates.len()];
        let of = |value: fn(&SensedEstimate) -> f64| found.estimates.iter().map(value).collect();
        let dict = PyDict::new(py);
        let columns: [(&str, Vec<f64>); 4] = [
            ("crb_rad2", found.crb_rad2.clone()),
            ("estimate_trace", of(|e| e.estimate_trace)),
            ("error_trace", of(|e| e.error_trace)),
            ("smallest_eigenvalue", of(|e| e.smallest_eigenvalue)),
        ];
        for (name, column) in columns {
            dict.set_item(name, result(py, column, &users)?)?;
        }
        Ok(dict)
    }

    /// Signal-to-interference-plus-noise ratio of every user in the block of its estimate.
    ///
    /// A block whose channel has correlation ρ with the estimate has ρ² times as much.
    ///
    /// Parameters
    /// ----------
    /// instance : Any
    ///     An instance of ``frame``, or a dictionary of its arrays.
    /// sensing_time_s : float
    ///     Sensing time in seconds.
    /// form : str
    ///     ``use-and-forget`` (22), ``lower-bound`` (28) or ``physical`` (a filter made for another
    ///     channel than the pilot travels through).
    ///
    /// Returns
    /// -------
    /// FloatArray
    ///     Linear ratios, shape [user].
    ///
    /// Examples
    /// --------
    /// >>> import noctule
    /// >>> instance = noctule.frame.Scenario().realize()
    /// >>> bool((sinr(instance, 1e-3, "lower-bound") <= sinr(instance, 1e-3)).all())
    /// True
    #[pyfunction]
    #[pyo3(signature = (instance, sensing_time_s, form="use-and-forget"))]
    fn sinr<'py>(
        py: Python<'py>,
        instance: &Bound<'py, PyAny>,
        sensing_time_s: f64,
        form: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let instance = frame_of(instance)?;
        let form = word("form", form, FORMS)?;
        let statistics = statistics_of(&instance, sensing_time_s)?;
        let found = statistics.sinr(&instance, form).map_err(core)?;
        let users = [found.len()];
        result(py, found, &users)
    }

    /// What a frame carries, Eq. (24).
    ///
    /// Parameters
    /// ----------
    /// instance : Any
    ///     An instance of ``frame``, or a dictionary of its arrays.
    /// sensing_time_s : float
    ///     Sensing time in seconds.
    /// blocks_per_update : ArrayLike
    ///     Blocks of every channel update, shape [update]; each starts with a pilot.
    ///
    /// Returns
    /// -------
    /// tuple[float, FloatArray]
    ///     Bits per hertz that one frame carries to all users, and the average rate of every user
    ///     in bit/s/Hz, shape [user].
    ///
    /// Examples
    /// --------
    /// >>> import noctule
    /// >>> design = noctule.design(noctule.frame.Scenario())
    /// >>> bits, rates = throughput(design.instance, design.sensing_time_s,
    /// ...                          design.blocks_per_update)
    /// >>> bool(np.isclose(bits, design.metrics.frame_bits_per_hz))
    /// True
    #[pyfunction]
    fn throughput<'py>(
        py: Python<'py>,
        instance: &Bound<'py, PyAny>,
        sensing_time_s: f64,
        blocks_per_update: &Bound<'py, PyAny>,
    ) -> PyResult<(f64, Bound<'py, PyAny>)> {
        let instance = frame_of(instance)?;
        let held = real(blocks_per_update, "blocks_per_update", &["update"])?;
        let counts = held.slice()?.iter();
        let counts = counts.map(|count| refuse_count(*count, "blocks_per_update", 1 << 20));
        let plan = Plan {
            sensing_time_s: number(sensing_time_s, "sensing_time_s", Range::Positive)?,
            placement: Placement::Blocks(counts.collect::<PyResult<_>>()?),
        };
        let found = evaluate(&instance, &plan).map_err(core)?;
        let users = [found.rate_bps_hz.len()];
        Ok((result_number(found.frame_bits_per_hz)?, result(py, found.rate_bps_hz, &users)?))
    }

    /// The shortest sensing time that meets all limits on angles.
    ///
    /// Parameters
    /// ----------
    /// instance : Any
    ///     An instance of ``frame``, or a dictionary of its arrays.
    ///
    /// Returns
    /// -------
    /// float
    ///     Seconds, whether the frame has room for them or not.
    ///
    /// Examples
    /// --------
    /// >>> import noctule
    /// >>> instance = noctule.frame.Scenario().realize()
    /// >>> time = shortest_sensing_s(instance)
    /// >>> worst = (statistics(instance, time)["crb_rad2"] / instance["crb_limit_rad2"]).max()
    /// >>> bool(np.isclose(worst, 1))
    /// True
    #[pyfunction]
    fn shortest_sensing_s(instance: &Bound<'_, PyAny>) -> PyResult<f64> {
        result_number(frame_of(instance)?.shortest_sensing_s())
    }

    /// The best division of blocks among channel updates, exactly.
    ///
    /// Maximises ``Σ_m Σ_{n ≤ N_m} Φ_n`` over divisions ``Σ_m N_m = blocks`` into so many updates.
    ///
    /// Parameters
    /// ----------
    /// efficiency : ArrayLike
    ///     Φ_n, the worth of the n-th block of an update, shape [block].
    /// blocks : int
    ///     Blocks to divide, at most as many as there are efficiencies, and 1024.
    /// updates : int
    ///     Number of updates.
    ///
    /// Returns
    /// -------
    /// tuple[float, list[int]]
    ///     The worth, and the blocks of each update, longest first.
    ///
    /// Examples
    /// --------
    /// >>> best_division([3.0, 2.0, 1.0, 0.5], 4, 2)
    /// (10.0, [2, 2])
    #[pyfunction]
    fn best_division(
        efficiency: &Bound<'_, PyAny>,
        blocks: f64,
        updates: f64,
    ) -> PyResult<(f64, Vec<usize>)> {
        let held = real(efficiency, "efficiency", &["block"])?;
        let blocks = refuse_count(blocks, "blocks", held.shape()[0].min(1 << 10))?;
        let updates = refuse_count(updates, "updates", blocks)?;
        let mut placer = Placer::new(blocks);
        let pattern = Pattern::Updates(updates);
        let value = placer.value(held.slice()?, 0.0, blocks, pattern);
        Ok((result_number(value)?, placer.division(held.slice()?, 0.0, blocks, pattern)))
    }
}
