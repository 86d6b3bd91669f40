//! `noctule.cellfree`: places, statistics of aggregated channels, rates, beampatterns.

use noctule::cellfree::association::{Clustering, pair_targets as pairs, pilot_groups as grouped};
use noctule::cellfree::baselines::block_update as update;
use noctule::cellfree::sensing::{best_pattern as best, certificate};
use noctule::cellfree::{Beams, Instance, evaluate, model};
use noctule::data::ArraySet;
use noctule_num::{C64, CMat};
use noctule_phy::beampattern::{
    PatternError, angle_from_broadside as from_broadside, lags_of, pattern as pattern_at,
    steering as steered,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::{hermitian, instance_arrays, points, rows_of, word};
use crate::arrays::{
    Range, complex, number, positive, real, refuse_count, refuse_size, result, result_number,
    same_length, set_of,
};
use crate::errors::{core, numerics, refuse};
use crate::interrupt::interruptible;

/// Most antennas of an array whose best pattern is searched.
const MOST_ELEMENTS: usize = 512;

/// An instance, and beams for it.
fn situation(
    instance: &Bound<'_, PyAny>,
    data: &Bound<'_, PyAny>,
    sensing: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Instance, Beams)> {
    let set = instance_arrays(instance, "cellfree")?;
    let instance = Instance::from_arrays(set, None).map_err(core)?;
    let arrays = PyDict::new(data.py());
    arrays.set_item("data_beams", data)?;
    if let Some(sensing) = sensing {
        arrays.set_item("sensing_beams", sensing)?;
    }
    let set: ArraySet = set_of(&arrays)?;
    let beams = Beams::from_arrays(&set).map_err(core)?;
    beams.check(&instance).map_err(core)?;
    Ok((instance, beams))
}

/// The error of a pattern as a form of the lags.
fn form_of(
    elements: usize,
    targets_rad: &Bound<'_, PyAny>,
    width_rad: f64,
    points: f64,
    spacing: f64,
) -> PyResult<(PatternError, Vec<f64>)> {
    let targets = real(targets_rad, "targets_rad", &["target"])?;
    positive(width_rad, "width_rad")?;
    positive(spacing, "spacing")?;
    let points = refuse_count(points, "points", 1 << 20)?;
    refuse_size("elements", &[2 * elements, 2 * elements, 2])?;
    let targets = targets.slice()?.to_vec();
    Ok((PatternError::new(elements, spacing, &targets, width_rad, points), targets))
}

#[pymodule]
#[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
pub(crate) mod cellfree {
    #[allow(clippy::wildcard_imports)]
    use super::*;

    #[pymodule_export]
    use super::super::cellfree_statistics::channel_covariances;
    #[pymodule_export]
    use super::super::cellfree_statistics::channel_statistics;
    #[pymodule_export]
    use super::super::cellfree_statistics::estimate_channels;

    /// Angles from the broadside of each access point's array towards each target.
    ///
    /// The arcsine of the share of the distance that lies along the array (Mao et al., Eq. (4),
    /// corrected in docs/errata.md#cellfree-e1); front and back cannot be told apart.
    ///
    /// Parameters
    /// ----------
    /// aps_m : ArrayLike
    ///     Access points, shape [ap, 2], in metres.
    /// targets_m : ArrayLike
    ///     Targets, shape [target, 2], in metres.
    /// axis_rad : float
    ///     Direction of all arrays, in radians from the first axis.
    ///
    /// Returns
    /// -------
    /// FloatArray
    ///     Radians, shape [target, ap].
    ///
    /// Examples
    /// --------
    /// >>> angles = angle_from_broadside([[0, 0]], [[0, 10], [10, 10]])
    /// >>> np.round(np.degrees(angles[:, 0]), 9)
    /// array([ 0., 45.])
    #[pyfunction]
    #[pyo3(signature = (aps_m, targets_m, axis_rad=0.0))]
    fn angle_from_broadside<'py>(
        py: Python<'py>,
        aps_m: &Bound<'py, PyAny>,
        targets_m: &Bound<'py, PyAny>,
        axis_rad: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (aps, targets) = (points(aps_m, "aps_m")?, points(targets_m, "targets_m")?);
        number(axis_rad, "axis_rad", Range::Finite)?;
        refuse_size("aps_m, targets_m", &[aps.len(), targets.len()])?;
        let angle = |t: &noctule_phy::geometry::Point, m: &noctule_phy::geometry::Point| {
            from_broadside([t.x_m - m.x_m, t.y_m - m.y_m], axis_rad)
        };
        let found: Vec<f64> =
            targets.iter().flat_map(|t| aps.iter().map(move |m| angle(t, m))).collect();
        result(py, found, &[targets.len(), aps.len()])
    }

    /// Steering vectors ``a[n] = exp(j2π · spacing · n sin θ)`` of a linear array.
    ///
    /// Parameters
    /// ----------
    /// elements : int
    ///     Number of antennas.
    /// angle_rad : ArrayLike
    ///     Angles from broadside in radians, shape [direction].
    /// spacing : float
    ///     Distance of elements in wavelengths.
    ///
    /// Returns
    /// -------
    /// ComplexArray
    ///     Entries of magnitude one, shape [direction, antenna].
    ///
    /// Examples
    /// --------
    /// >>> np.round(steering(3, [np.pi / 6]), 12)
    /// array([[ 1.+0.j,  0.+1.j, -1.+0.j]])
    #[pyfunction]
    #[pyo3(signature = (elements, angle_rad, spacing=0.5))]
    fn steering<'py>(
        py: Python<'py>,
        elements: f64,
        angle_rad: &Bound<'py, PyAny>,
        spacing: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let elements = refuse_count(elements, "elements", 1 << 20)?;
        positive(spacing, "spacing")?;
        let angles = real(angle_rad, "angle_rad", &["direction"])?;
        refuse_size("elements", &[elements, angles.shape()[0], 2])?;
        let found: Vec<C64> =
            angles.slice()?.iter().flat_map(|angle| steered(elements, spacing, *angle)).collect();
        result(py, found, &[angles.shape()[0], elements])
    }

    /// Groups of users that share a pilot: users far from each other (Mao et al., Algorithm 1).
    ///
    /// Parameters
    /// ----------
    /// users_m : ArrayLike
    ///     Users, shape [user, 2], in metres.
    /// pilots : int
    ///     Number of pilots.
    /// rule : str
    ///     ``farthest`` merges the pair farthest apart, ``balanced`` keeps groups of equal size.
    ///
    /// Returns
    /// -------
    /// list[list[int]]
    ///     Users of each group, counted from zero.
    ///
    /// Examples
    /// --------
    /// >>> pilot_groups([[0, 0], [1, 0], [100, 0]], 2)
    /// [[0, 2], [1]]
    #[pyfunction]
    #[pyo3(signature = (users_m, pilots, rule="farthest"))]
    fn pilot_groups(
        users_m: &Bound<'_, PyAny>,
        pilots: f64,
        rule: &str,
    ) -> PyResult<Vec<Vec<usize>>> {
        let users = points(users_m, "users_m")?;
        let pilots = refuse_count(pilots, "pilots", 1 << 20)?;
        refuse_size("users_m", &[users.len(), users.len()])?;
        let rules = [("farthest", Clustering::Farthest), ("balanced", Clustering::Balanced)];
        Ok(grouped(&users, pilots, word("rule", rule, &rules)?))
    }

    /// The access point that senses each target: at most one target each, smallest total distance.
    ///
    /// Parameters
    /// ----------
    /// targets_m : ArrayLike
    ///     Targets, shape [target, 2], in metres.
    /// aps_m : ArrayLike
    ///     Access points, shape [ap, 2], in metres.
    ///
    /// Returns
    /// -------
    /// list[int]
    ///     An access point for each target, counted from zero.
    ///
    /// Examples
    /// --------
    /// >>> pair_targets([[90, 0], [10, 0]], [[0, 0], [100, 0]])
    /// [1, 0]
    #[pyfunction]
    fn pair_targets(
        targets_m: &Bound<'_, PyAny>,
        aps_m: &Bound<'_, PyAny>,
    ) -> PyResult<Vec<usize>> {
        let (targets, aps) = (points(targets_m, "targets_m")?, points(aps_m, "aps_m")?);
        refuse_size("targets_m, aps_m", &[targets.len(), aps.len()])?;
        pairs(&targets, &aps).ok_or_else(|| {
            let found = format!("{} targets", targets.len());
            let allowed = format!("{} at most, one for each access point", aps.len());
            refuse("there are more targets than access points", "targets_m", found, allowed)
        })
    }

    /// Signal power and everything else that users receive, over the noise.
    ///
    /// ``|ĥᴴw|²`` and ``A_k`` with estimation errors and sensing signals (Mao et al., Eq. (18),
    /// corrected in docs/errata.md#cellfree-e2).
    ///
    /// Parameters
    /// ----------
    /// instance : Any
    ///     An instance of ``cellfree``, or a dictionary of its arrays.
    /// data_beams : ArrayLike
    ///     Beams of the users as shares of power, shape [user, ap, antenna].
    /// sensing_beams : ArrayLike | None
    ///     Beams of the sensing signals, shape [stream, ap, antenna].
    ///
    /// Returns
    /// -------
    /// tuple[FloatArray, FloatArray]
    ///     Signal and interference with noise, each of shape [user].
    ///
    /// Examples
    /// --------
    /// >>> import noctule
    /// >>> instance = noctule.cellfree.Scenario().realize()
    /// >>> signal, rest = signal_terms(instance, np.zeros_like(instance["channels"]))
    /// >>> bool((signal == 0).all() and (rest == 1).all())
    /// True
    #[pyfunction]
    #[pyo3(signature = (instance, data_beams, sensing_beams=None))]
    fn signal_terms<'py>(
        py: Python<'py>,
        instance: &Bound<'py, PyAny>,
        data_beams: &Bound<'py, PyAny>,
        sensing_beams: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let (instance, beams) = situation(instance, data_beams, sensing_beams)?;
        let (signal, rest): (Vec<f64>, Vec<f64>) =
            model::signal_terms(&instance, &beams).into_iter().unzip();
        let users = [signal.len()];
        Ok((result(py, signal, &users)?, result(py, rest, &users)?))
    }

    /// Signal-to-interference-plus-noise ratios of the users, estimation errors included.
    ///
    /// Parameters
    /// ----------
    /// instance : Any
    ///     An instance of ``cellfree``, or a dictionary of its arrays.
    /// data_beams : ArrayLike
    ///     Beams of the users as shares of power, shape [user, ap, antenna].
    /// sensing_beams : ArrayLike | None
    ///     Beams of the sensing signals, shape [stream, ap, antenna].
    ///
    /// Returns
    /// -------
    /// FloatArray
    ///     Linear ratios, shape [user]; the rate of a user is log₂(1 + ratio) in bit/s/Hz.
    ///
    /// Examples
    /// --------
    /// >>> import noctule
    /// >>> design = noctule.design(noctule.cellfree.Scenario(), "mrt")
    /// >>> ratios = sinr(design.instance, design.data_beams, design.variables.get("sensing_beams"))
    /// >>> bool(np.isclose(np.log2(1 + ratios).sum(), design.metrics.sum_rate_bps_hz))
    /// True
    #[pyfunction]
    #[pyo3(signature = (instance, data_beams, sensing_beams=None))]
    fn sinr<'py>(
        py: Python<'py>,
        instance: &Bound<'py, PyAny>,
        data_beams: &Bound<'py, PyAny>,
        sensing_beams: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (instance, beams) = situation(instance, data_beams, sensing_beams)?;
        let metrics = evaluate(&instance, &beams).map_err(core)?;
        let users = [metrics.sinr.len()];
        result(py, metrics.sinr, &users)
    }

    /// Auxiliary variables of the quadratic transform at given beams.
    ///
    /// ``γ_k`` and ``g_k`` with which the surrogate ``Σ ln(1+γ) − γ + 2√(1+γ) Re(g* s) − |g|²(A + |s|²)`` in nats
    /// touches the sum rate (Mao et al., Eqs. (38) to (40)).
    ///
    /// Parameters
    /// ----------
    /// instance : Any
    ///     An instance of ``cellfree``, or a dictionary of its arrays.
    /// data_beams : ArrayLike
    ///     Beams of the users as shares of power, shape [user, ap, antenna].
    /// sensing_beams : ArrayLike | None
    ///     Beams of the sensing signals, shape [stream, ap, antenna].
    ///
    /// Returns
    /// -------
    /// tuple[FloatArray, ComplexArray]
    ///     γ and g, each of shape [user].
    ///
    /// Examples
    /// --------
    /// >>> import noctule
    /// >>> design = noctule.design(noctule.cellfree.Scenario(), "mrt")
    /// >>> gamma, g = quadratic_transform(design.instance, design.data_beams)
    /// >>> signal, rest = signal_terms(design.instance, design.data_beams)
    /// >>> bool(np.allclose(gamma, signal / rest)), bool(np.allclose(
    /// ...     abs(g) ** 2, (1 + gamma) * signal / (signal + rest) ** 2))
    /// (True, True)
    #[pyfunction]
    #[pyo3(signature = (instance, data_beams, sensing_beams=None))]
    fn quadratic_transform<'py>(
        py: Python<'py>,
        instance: &Bound<'py, PyAny>,
        data_beams: &Bound<'py, PyAny>,
        sensing_beams: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let (instance, beams) = situation(instance, data_beams, sensing_beams)?;
        let found = model::quadratic_transform(&instance, &beams).map_err(core)?;
        let users = [found.gamma.len()];
        Ok((result(py, found.gamma, &users)?, result(py, found.g, &users)?))
    }

    /// The minimum of ``tr WᴴQW − 2 Re tr CᴴW`` over ``‖W‖² ≤ power``: one step of block ascent.
    ///
    /// Parameters
    /// ----------
    /// quadratic : ArrayLike
    ///     Q, Hermitian and positive semidefinite, shape [antenna, antenna].
    /// linear : ArrayLike
    ///     C, shape [antenna, user].
    /// power : float
    ///     Largest squared Frobenius norm.
    ///
    /// Returns
    /// -------
    /// tuple[ComplexArray, float]
    ///     W of shape [antenna, user], and the price μ of power.
    ///
    /// Examples
    /// --------
    /// >>> W, price = block_update(np.eye(2), [[3.0], [4.0]], 1.0)
    /// >>> np.round(W.real.T, 9), round(price, 9)
    /// (array([[0.6, 0.8]]), 4.0)
    #[pyfunction]
    fn block_update<'py>(
        py: Python<'py>,
        quadratic: &Bound<'py, PyAny>,
        linear: &Bound<'py, PyAny>,
        power: f64,
    ) -> PyResult<(Bound<'py, PyAny>, f64)> {
        let q = hermitian(quadratic, "quadratic", "antenna")?;
        let held = complex(linear, "linear", &["antenna", "user"])?;
        same_length("linear", "antenna", held.shape()[0], q.rows(), "quadratic")?;
        positive(power, "power")?;
        let (entries, users) = (held.slice()?, held.shape()[1]);
        let c = CMat::from_fn(q.rows(), users, |i, k| entries[i * users + k]);
        let (w, price) = update(&q, &c, power).map_err(core)?;
        Ok((result(py, rows_of(&w), held.shape())?, result_number(price)?))
    }

    /// Power ``aᴴ(θ) R a(θ)`` that beams of covariance R send towards each angle.
    ///
    /// ``a[n] = exp(j2π · spacing · n sin θ)``, entries of magnitude one.
    ///
    /// Parameters
    /// ----------
    /// covariance : ArrayLike
    ///     Hermitian R in watts, shape [antenna, antenna].
    /// angle_rad : ArrayLike
    ///     Angles from broadside in radians, shape [direction].
    /// spacing : float
    ///     Distance of elements in wavelengths.
    ///
    /// Returns
    /// -------
    /// FloatArray
    ///     Watts, shape [direction].
    ///
    /// Examples
    /// --------
    /// >>> beampattern(np.eye(4) / 4, [0.0, 0.5])
    /// array([1., 1.])
    #[pyfunction]
    #[pyo3(signature = (covariance, angle_rad, spacing=0.5))]
    fn beampattern<'py>(
        py: Python<'py>,
        covariance: &Bound<'py, PyAny>,
        angle_rad: &Bound<'py, PyAny>,
        spacing: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let lags = lags_of(&hermitian(covariance, "covariance", "antenna")?);
        let angles = real(angle_rad, "angle_rad", &["direction"])?;
        positive(spacing, "spacing")?;
        let found: Vec<f64> =
            angles.slice()?.iter().map(|angle| pattern_at(&lags, spacing, *angle)).collect();
        result(py, found, angles.shape())
    }

    /// Mean squared distance of a beampattern from the nearest multiple of an ideal one.
    ///
    /// The ideal pattern is one within half a width of some target and zero elsewhere, on a grid of
    /// angles over the half circle; the multiple is the best one.
    ///
    /// Parameters
    /// ----------
    /// covariance : ArrayLike
    ///     Hermitian R in watts, shape [antenna, antenna].
    /// targets_rad : ArrayLike
    ///     Angles of the targets from broadside in radians, shape [target].
    /// width_rad : float
    ///     Full width of each window in radians.
    /// points : int
    ///     Angles of the grid.
    /// spacing : float
    ///     Distance of elements in wavelengths.
    ///
    /// Returns
    /// -------
    /// tuple[float, float]
    ///     The error in W², and the multiple in watts.
    ///
    /// Examples
    /// --------
    /// >>> error, scale = pattern_error(np.eye(2) / 2, [0.0], 4.0)
    /// >>> round(abs(error), 12), round(scale, 12)
    /// (0.0, 1.0)
    #[pyfunction]
    #[pyo3(signature = (covariance, targets_rad, width_rad, points=181.0, spacing=0.5),
           text_signature = "(covariance, targets_rad, width_rad, points=181, spacing=0.5)")]
    fn pattern_error(
        covariance: &Bound<'_, PyAny>,
        targets_rad: &Bound<'_, PyAny>,
        width_rad: f64,
        points: f64,
        spacing: f64,
    ) -> PyResult<(f64, f64)> {
        let covariance = hermitian(covariance, "covariance", "antenna")?;
        let (form, _) = form_of(covariance.rows(), targets_rad, width_rad, points, spacing)?;
        let lags = lags_of(&covariance);
        Ok((result_number(form.error(&lags))?, result_number(form.scale(&lags))?))
    }

    /// A number that no pattern of power one can undercut, proven by any given beams.
    ///
    /// Parameters
    /// ----------
    /// beams : ArrayLike
    ///     Beams whose covariance is the point of tangency, shape [stream, antenna].
    /// targets_rad : ArrayLike
    ///     Angles of the targets from broadside in radians, shape [target].
    /// width_rad : float
    ///     Full width of each window in radians.
    /// points : int
    ///     Angles of the grid.
    /// spacing : float
    ///     Distance of elements in wavelengths.
    ///
    /// Returns
    /// -------
    /// tuple[float, float]
    ///     The error of the beams, and a lower bound of the error of all patterns of power one.
    ///
    /// Examples
    /// --------
    /// >>> beams, least, _, _ = best_pattern(8, [0.0], 0.3)
    /// >>> error, bound = pattern_bound(beams, [0.0], 0.3)
    /// >>> bool(bound <= least and np.isclose(bound, error, rtol=1e-5))
    /// True
    #[pyfunction]
    #[pyo3(signature = (beams, targets_rad, width_rad, points=181.0, spacing=0.5),
           text_signature = "(beams, targets_rad, width_rad, points=181, spacing=0.5)")]
    fn pattern_bound(
        beams: &Bound<'_, PyAny>,
        targets_rad: &Bound<'_, PyAny>,
        width_rad: f64,
        points: f64,
        spacing: f64,
    ) -> PyResult<(f64, f64)> {
        let held = complex(beams, "beams", &["stream", "antenna"])?;
        let (streams, n) = (held.shape()[0], held.shape()[1]);
        let n = refuse_count(n as f64, "beams", MOST_ELEMENTS)?;
        let (form, _) = form_of(n, targets_rad, width_rad, points, spacing)?;
        let factor = CMat::from_columns(n, streams, held.slice()?.to_vec()).map_err(numerics)?;
        let found = certificate(&form, &factor).map_err(core)?;
        let (error, bound) = found.ok_or_else(|| {
            numerics("the bound is not finite: the beams leave the range of double precision")
        })?;
        Ok((result_number(error)?, result_number(bound.value)?))
    }

    /// The beampattern of power one nearest to an ideal one, with a proof.
    ///
    /// Problem P1 of Mao et al., solved over factors of the covariance to a proven gap.
    ///
    /// Parameters
    /// ----------
    /// elements : int
    ///     Number of antennas, at most 512.
    /// targets_rad : ArrayLike
    ///     Angles of the targets from broadside in radians, shape [target].
    /// width_rad : float
    ///     Full width of each window in radians.
    /// points : int
    ///     Angles of the grid.
    /// spacing : float
    ///     Distance of elements in wavelengths.
    /// gap : float
    ///     Relative gap at which it stops.
    ///
    /// Returns
    /// -------
    /// tuple[ComplexArray, float, float, float]
    ///     Beams of shape [stream, antenna], their error, the multiple of the ideal pattern, and a
    ///     lower bound of the error that is proven.
    ///
    /// Examples
    /// --------
    /// >>> beams, error, scale, bound = best_pattern(8, [0.0], np.radians(10))
    /// >>> bool(bound <= error <= bound * (1 + 1e-5)), bool(np.isclose(np.linalg.norm(beams), 1))
    /// (True, True)
    #[pyfunction]
    #[pyo3(signature = (elements, targets_rad, width_rad, points=181.0, spacing=0.5, gap=1e-6),
           text_signature = "(elements, targets_rad, width_rad, points=181, spacing=0.5, gap=1e-06)")]
    fn best_pattern<'py>(
        py: Python<'py>,
        elements: f64,
        targets_rad: &Bound<'py, PyAny>,
        width_rad: f64,
        points: f64,
        spacing: f64,
        gap: f64,
    ) -> PyResult<(Bound<'py, PyAny>, f64, f64, f64)> {
        let elements = refuse_count(elements, "elements", MOST_ELEMENTS)?;
        let gap = number(gap, "gap", Range::Within(1e-9, 1.0))?;
        let (form, targets) = form_of(elements, targets_rad, width_rad, points, spacing)?;
        let work = |interrupt: &noctule::Interrupt| best(&form, spacing, &targets, gap, interrupt);
        let found = interruptible(py, work, |_| Ok(()))?.map_err(core)?;
        let shape = [found.factor.cols(), elements];
        // Columns after each other are beams after each other.
        let beams = result(py, found.factor.as_slice().to_vec(), &shape)?;
        Ok((beams, result_number(found.error)?, result_number(found.scale)?, found.certified()))
    }
}
