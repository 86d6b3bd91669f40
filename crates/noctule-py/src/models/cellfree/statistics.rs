//! Of `noctule.cellfree`: statistics of aggregated channels and of their estimates.

use std::collections::BTreeMap;

use noctule_num::{C64, CMat};
use noctule_phy::aggregated::{AggregatedScene, Covariance, Estimator, estimate};
use pyo3::prelude::*;

use crate::arrays::{Range, complex, number, positive, real, refuse_size, result, same_length};
use crate::errors::{numerics, refuse};
use crate::models::{check_hermitian, check_semidefinite, rows_of};

/// A real table, row by row.
fn table(
    value: &Bound<'_, PyAny>,
    name: &str,
    dimensions: [(&str, Option<usize>); 2],
) -> PyResult<Vec<Vec<f64>>> {
    let held = real(value, name, &[dimensions[0].0, dimensions[1].0])?;
    for (found, (dimension, expected)) in held.shape().iter().zip(dimensions) {
        same_length(name, dimension, *found, expected.unwrap_or(*found), "the other arrays")?;
    }
    let columns = held.shape()[1];
    let rows = held.shape()[0];
    let entries = held.slice()?;
    Ok((0..rows).map(|i| entries[i * columns..(i + 1) * columns].to_vec()).collect())
}

/// What describes a scene, as Python hands it over.
struct Given<'a, 'py> {
    direct: &'a Bound<'py, PyAny>,
    target_ap: &'a Bound<'py, PyAny>,
    user_target: &'a Bound<'py, PyAny>,
    steering: &'a Bound<'py, PyAny>,
    reflection: &'a Bound<'py, PyAny>,
    variances: [(&'static str, f64); 3],
}

impl Given<'_, '_> {
    fn scene(&self) -> PyResult<AggregatedScene> {
        let direct = table(self.direct, "direct", [("user", None), ("ap", None)])?;
        let steering = complex(self.steering, "steering", &["target", "ap", "antenna"])?;
        let (targets, aps, n) = (steering.shape()[0], steering.shape()[1], steering.shape()[2]);
        same_length("direct", "ap", direct.first().map_or(aps, Vec::len), aps, "steering")?;
        let target = ("target", Some(targets));
        let target_ap = table(self.target_ap, "target_ap", [target, ("ap", Some(aps))])?;
        let users = ("user", Some(direct.len()));
        let user_target = table(self.user_target, "user_target", [users, target])?;
        let reflection = real(self.reflection, "reflection", &["target"])?;
        same_length("reflection", "target", reflection.shape()[0], targets, "steering")?;
        if aps == 0 || n == 0 {
            let (found, allowed) = (format!("{aps} × {n}"), "one antenna or more");
            return Err(refuse("there are no antennas", "steering", found, allowed));
        }
        // Four matrices for each user, and those of the linear algebra.
        refuse_size("direct, steering", &[direct.len(), aps * n, aps * n, 6])?;
        for (name, variance) in self.variances {
            number(variance, name, Range::NotNegative)?;
        }
        let entries = steering.slice()?;
        let vector = |t: usize, m: usize| entries[(t * aps + m) * n..][..n].to_vec();
        Ok(AggregatedScene {
            antennas: n,
            direct,
            target_ap,
            user_target,
            steering: (0..targets).map(|t| (0..aps).map(|m| vector(t, m)).collect()).collect(),
            reflection: reflection.slice()?.to_vec(),
            target_ap_variance: self.variances[0].1,
            user_target_variance: self.variances[1].1,
            steering_variance: self.variances[2].1,
        })
    }
}

/// Matrices of all users, shape [user, ap, antenna, ap, antenna].
fn stacked<'py>(
    py: Python<'py>,
    matrices: impl Iterator<Item = CMat>,
    shape: [usize; 3],
) -> PyResult<Bound<'py, PyAny>> {
    let entries: Vec<C64> = matrices.flat_map(|matrix| rows_of(&matrix)).collect();
    let [users, aps, n] = shape;
    result(py, entries, &[users, aps, n, aps, n])
}

/// Which users share a pilot: equal numbers, in the order of their first users.
fn groups_of(value: &Bound<'_, PyAny>, users: usize) -> PyResult<Vec<Vec<usize>>> {
    let held = real(value, "pilot_group", &["user"])?;
    same_length("pilot_group", "user", held.shape()[0], users, "the channels")?;
    let mut groups: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (user, group) in held.slice()?.iter().enumerate() {
        if group.fract() != 0.0 || group.abs() > 1e15 {
            let allowed = "whole numbers: equal ones share a pilot";
            let what = "a pilot group is not a number of a group";
            return Err(refuse(what, "pilot_group", group.to_string(), allowed));
        }
        groups.entry(*group as i64).or_default().push(user);
    }
    Ok(groups.into_values().collect())
}

/// Filters and error covariances of all users.
fn estimated<'py>(
    py: Python<'py>,
    covariances: &[Covariance],
    groups: &[Vec<usize>],
    energy: f64,
    joint: bool,
    shape: [usize; 3],
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    positive(energy, "pilot_energy")?;
    let estimator = if joint { Estimator::Joint } else { Estimator::PerAccessPoint };
    let found = estimate(covariances, groups, energy, estimator).map_err(numerics)?;
    let order = shape[1] * shape[2];
    let filters = found.iter().map(|one| {
        let mut unit = vec![C64::ZERO; order];
        let mut columns = Vec::with_capacity(order);
        for j in 0..order {
            unit[j] = C64::ONE;
            columns.push(one.apply(&unit));
            unit[j] = C64::ZERO;
        }
        CMat::from_fn(order, order, |i, j| columns[j][i])
    });
    let errors = found.iter().map(|one| one.error.dense());
    Ok((stacked(py, filters, shape)?, stacked(py, errors, shape)?))
}

/// Covariances ``Φ_k = E h_k h_kᴴ`` of channels with reflections off roughly known targets.
///
/// ``h_km = β_km g + Σ_t α_t β_kt β_tm g_kt a(θ_tm)`` with random amplitudes and steering vectors
/// (Mao et al., Proposition 1). Gains are amplitudes, not powers.
///
/// Parameters
/// ----------
/// direct : ArrayLike
///     Amplitude gains of the direct paths, shape [user, ap].
/// target_ap : ArrayLike
///     Mean amplitude gains between targets and access points, shape [target, ap].
/// user_target : ArrayLike
///     Mean amplitude gains between users and targets, shape [user, target].
/// steering : ArrayLike
///     Steering vectors from access points to targets, shape [target, ap, antenna].
/// reflection : ArrayLike
///     Reflection coefficients α of the targets, real, shape [target].
/// target_ap_variance : float
///     Variance of the gains between targets and access points.
/// user_target_variance : float
///     Variance of the gains between users and targets.
/// steering_variance : float
///     Variance χ² of every entry of a steering vector.
///
/// Returns
/// -------
/// ComplexArray
///     Shape [user, ap, antenna, ap, antenna]: an instance's ``channel_covariance``.
///
/// Examples
/// --------
/// >>> scene = ([[1.0]], [[0.5]], [[0.2]], np.ones((1, 1, 2)), [0.8], 0.0, 0.0, 0.0)
/// >>> np.round(channel_covariances(*scene)[0, 0, :, 0, :].real, 6)
/// array([[1.0064, 0.0064],
///        [0.0064, 1.0064]])
#[pyfunction]
#[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
pub(crate) fn channel_covariances<'py>(
    py: Python<'py>,
    direct: &Bound<'py, PyAny>,
    target_ap: &Bound<'py, PyAny>,
    user_target: &Bound<'py, PyAny>,
    steering: &Bound<'py, PyAny>,
    reflection: &Bound<'py, PyAny>,
    target_ap_variance: f64,
    user_target_variance: f64,
    steering_variance: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let variances = [
        ("target_ap_variance", target_ap_variance),
        ("user_target_variance", user_target_variance),
        ("steering_variance", steering_variance),
    ];
    let given = Given { direct, target_ap, user_target, steering, reflection, variances };
    let scene = given.scene()?;
    let shape = [scene.direct.len(), scene.aps(), scene.antennas];
    stacked(py, scene.channel_covariances().iter().map(Covariance::dense), shape)
}

/// Statistics of aggregated channels and of their estimates from shared pilots.
///
/// Covariances Φ, filters C of the estimates ``ĥ = C y`` with ``y = √E Σ h + n``, and covariances Θ of
/// the errors (Mao et al., Propositions 1 to 3).
///
/// Parameters
/// ----------
/// direct : ArrayLike
///     Amplitude gains of the direct paths, shape [user, ap].
/// target_ap : ArrayLike
///     Mean amplitude gains between targets and access points, shape [target, ap].
/// user_target : ArrayLike
///     Mean amplitude gains between users and targets, shape [user, target].
/// steering : ArrayLike
///     Steering vectors from access points to targets, shape [target, ap, antenna].
/// reflection : ArrayLike
///     Reflection coefficients α of the targets, real, shape [target].
/// target_ap_variance : float
///     Variance of the gains between targets and access points.
/// user_target_variance : float
///     Variance of the gains between users and targets.
/// steering_variance : float
///     Variance χ² of every entry of a steering vector.
/// pilot_group : ArrayLike
///     Which users share a pilot: equal whole numbers, shape [user].
/// pilot_energy : float
///     Energy E of a pilot over the noise.
/// joint : bool
///     Whether all access points estimate together; otherwise each from what it received.
///
/// Returns
/// -------
/// tuple[ComplexArray, ComplexArray, ComplexArray]
///     Φ, C and Θ, each of shape [user, ap, antenna, ap, antenna].
///
/// Examples
/// --------
/// >>> scene = ([[1.0]], [[0.5]], [[0.2]], np.ones((1, 1, 2)), [0.0], 0.0, 0.0, 0.0)
/// >>> covariance, filters, errors = channel_statistics(*scene, [0], 3.0)
/// >>> np.round(errors[0, 0, :, 0, :].real, 12)  # 1/(1 + 3) of each entry's power
/// array([[0.25, 0.  ],
///        [0.  , 0.25]])
#[pyfunction]
#[pyo3(signature = (direct, target_ap, user_target, steering, reflection, target_ap_variance,
                    user_target_variance, steering_variance, pilot_group, pilot_energy,
                    joint=false))]
#[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
pub(crate) fn channel_statistics<'py>(
    py: Python<'py>,
    direct: &Bound<'py, PyAny>,
    target_ap: &Bound<'py, PyAny>,
    user_target: &Bound<'py, PyAny>,
    steering: &Bound<'py, PyAny>,
    reflection: &Bound<'py, PyAny>,
    target_ap_variance: f64,
    user_target_variance: f64,
    steering_variance: f64,
    pilot_group: &Bound<'py, PyAny>,
    pilot_energy: f64,
    joint: bool,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let variances = [
        ("target_ap_variance", target_ap_variance),
        ("user_target_variance", user_target_variance),
        ("steering_variance", steering_variance),
    ];
    let given = Given { direct, target_ap, user_target, steering, reflection, variances };
    let scene = given.scene()?;
    let shape = [scene.direct.len(), scene.aps(), scene.antennas];
    let groups = groups_of(pilot_group, shape[0])?;
    let all = scene.channel_covariances();
    let (filters, errors) = estimated(py, &all, &groups, pilot_energy, joint, shape)?;
    Ok((stacked(py, all.iter().map(Covariance::dense), shape)?, filters, errors))
}

/// Filters and error covariances of estimates of channels with covariances of your own.
///
/// Parameters
/// ----------
/// channel_covariance : ArrayLike
///     Φ, Hermitian for each user, shape [user, ap, antenna, ap, antenna].
/// pilot_group : ArrayLike
///     Which users share a pilot: equal whole numbers, shape [user].
/// pilot_energy : float
///     Energy E of a pilot over the noise.
/// joint : bool
///     Whether all access points estimate together; otherwise each from what it received.
///
/// Returns
/// -------
/// tuple[ComplexArray, ComplexArray]
///     C and Θ, each of shape [user, ap, antenna, ap, antenna].
///
/// Examples
/// --------
/// >>> identity = np.eye(4).reshape(1, 2, 2, 2, 2)
/// >>> filters, errors = estimate_channels(identity, [0], 1.0)
/// >>> bool(np.allclose(errors, identity / 2))
/// True
#[pyfunction]
#[pyo3(signature = (channel_covariance, pilot_group, pilot_energy, joint=false))]
pub(crate) fn estimate_channels<'py>(
    py: Python<'py>,
    channel_covariance: &Bound<'py, PyAny>,
    pilot_group: &Bound<'py, PyAny>,
    pilot_energy: f64,
    joint: bool,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let name = "channel_covariance";
    let held = complex(channel_covariance, name, &["user", "ap", "antenna", "ap", "antenna"])?;
    let lengths = held.shape();
    let shape = [lengths[0], lengths[1], lengths[2]];
    same_length(name, "ap", lengths[3], lengths[1], name)?;
    same_length(name, "antenna", lengths[4], lengths[2], name)?;
    let n = shape[1] * shape[2];
    if n == 0 {
        let allowed = "one antenna or more";
        return Err(refuse("there are no antennas", name, "0 antennas", allowed));
    }
    refuse_size(name, &[shape[0], n, n, 6])?;
    let entries = held.slice()?;
    let all = (0..shape[0])
        .map(|user| {
            let dense = CMat::from_fn(n, n, |i, j| entries[(user * n + i) * n + j]);
            let place = format!("{name}[{user}]");
            check_hermitian(&dense, &place)?;
            check_semidefinite(&dense, &place)?;
            Covariance::from_dense(&dense, shape[2]).map_err(numerics)
        })
        .collect::<PyResult<Vec<_>>>()?;
    let groups = groups_of(pilot_group, shape[0])?;
    estimated(py, &all, &groups, pilot_energy, joint, shape)
}
