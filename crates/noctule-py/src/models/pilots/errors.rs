//! Effective gains, what is observed of them, and the error of their estimate.

use noctule_num::{C64, CMat};
use noctule_phy::pilot_estimation::{EffectiveGains, Uplink};
use pyo3::prelude::*;

use crate::arrays::{
    Held, Range, not_negative, number, positive, real, refuse_size, result, same_length,
};
use crate::errors::{numerics, refuse};
use crate::models::pilots::gains::gram_of;
use crate::models::rows_of;

/// What access points know after the uplink, and the fractions of power they spend.
struct Spent<'py> {
    uplink: Uplink,
    users: usize,
    fractions: Held<'py, f64>,
}

/// What describes it, as Python hands it over.
struct Given<'a, 'py> {
    gains: &'a Bound<'py, PyAny>,
    fractions: &'a Bound<'py, PyAny>,
    uplink_energy: Option<f64>,
    uplink_gram: Option<&'a Bound<'py, PyAny>>,
    estimate_gains: Option<&'a Bound<'py, PyAny>>,
}

impl<'py> Spent<'py> {
    fn new(given: &Given<'_, 'py>) -> PyResult<Self> {
        let gains = real(given.gains, "gains", &["ap", "user"])?;
        let (aps, users) = (gains.shape()[0], gains.shape()[1]);
        not_negative(gains.slice()?, "gains")?;
        let fractions = real(given.fractions, "fractions", &["ap", "user"])?;
        same_length("fractions", "ap", fractions.shape()[0], aps, "gains")?;
        same_length("fractions", "user", fractions.shape()[1], users, "gains")?;
        not_negative(fractions.slice()?, "fractions")?;
        refuse_size("gains", &[aps, users, users, 4])?;
        let uplink = match (given.estimate_gains, given.uplink_energy, given.uplink_gram) {
            (Some(estimates), None, None) => {
                let held = real(estimates, "estimate_gains", &["ap", "user"])?;
                same_length("estimate_gains", "ap", held.shape()[0], aps, "gains")?;
                same_length("estimate_gains", "user", held.shape()[1], users, "gains")?;
                not_negative(held.slice()?, "estimate_gains")?;
                Uplink::orthogonal(gains.slice()?, held.slice()?, users)
            }
            (None, Some(energy), gram) => {
                positive(energy, "uplink_energy")?;
                let gram = gram_of(gram, "uplink_gram", users)?;
                Uplink::new(gains.slice()?, users, energy, &gram)
            }
            _ => {
                let found = "none, or both";
                let allowed = "`uplink_energy` (with `uplink_gram`), or `estimate_gains`";
                let what = "the estimates of the uplink are not clear";
                return Err(refuse(what, "uplink_energy, estimate_gains", found, allowed));
            }
        };
        Ok(Self { uplink, users, fractions })
    }

    fn effective(&self) -> PyResult<Vec<EffectiveGains>> {
        let fractions = self.fractions.slice()?;
        Ok((0..self.users).map(|k| self.uplink.effective_gains(k, fractions)).collect())
    }
}

fn known(value: Option<&Bound<'_, PyAny>>, energy: f64, users: usize) -> PyResult<(f64, CMat)> {
    let energy = number(energy, "downlink_energy", Range::NotNegative)?;
    Ok((energy, gram_of(value, "downlink_gram", users)?))
}

/// Moments of the effective gains that users see through conjugate beamforming.
///
/// ``a_kj = Σ_m √(x_mj/γ_mj) g_mk ĝ*_mj``: what user k receives of the pilot of user j. Exact for any
/// Gram matrix of the uplink pilots (docs/errata.md#pilots-e1).
///
/// Parameters
/// ----------
/// gains : ArrayLike
///     Channel gains β, shape [ap, user].
/// fractions : ArrayLike
///     Fractions x of each access point's pilot power, shape [ap, user].
/// uplink_energy : float | None
///     Energy s_u of an uplink pilot over the noise density.
/// uplink_gram : ArrayLike | None
///     Gram matrix ``φ_iᴴ φ_j`` of the uplink pilots, shape [user, user]; orthogonal where absent.
/// estimate_gains : ArrayLike | None
///     γ of shape [ap, user] instead of an energy, for orthogonal uplink pilots.
///
/// Returns
/// -------
/// tuple[ComplexArray, ComplexArray]
///     Means of a_kj of shape [user, user], and covariances of a_ki and a_kj of shape
///     [user, user, user].
///
/// Examples
/// --------
/// >>> mean, covariance = effective_gains([[1.0]], [[1.0]], uplink_energy=1.0)
/// >>> np.round(mean.real ** 2, 9), covariance.real
/// (array([[0.5]]), array([[[1.]]]))
#[pyfunction]
#[pyo3(signature = (gains, fractions, uplink_energy=None, uplink_gram=None,
                    estimate_gains=None))]
pub(crate) fn effective_gains<'py>(
    py: Python<'py>,
    gains: &Bound<'py, PyAny>,
    fractions: &Bound<'py, PyAny>,
    uplink_energy: Option<f64>,
    uplink_gram: Option<&Bound<'py, PyAny>>,
    estimate_gains: Option<&Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let given = Given { gains, fractions, uplink_energy, uplink_gram, estimate_gains };
    let spent = Spent::new(&given)?;
    let (all, users) = (spent.effective()?, spent.users);
    let mean: Vec<C64> = all.iter().flat_map(|one| one.mean.clone()).collect();
    let covariance: Vec<C64> = all.iter().flat_map(|one| rows_of(&one.covariance)).collect();
    let shape = [users, users, users];
    Ok((result(py, mean, &shape[1..])?, result(py, covariance, &shape)?))
}

/// Moments of what users observe of their own downlink pilots.
///
/// ``y_k = √s_d Σ_j (ψ_kᴴψ_j) a_kj + n``.
///
/// Parameters
/// ----------
/// gains : ArrayLike
///     Channel gains β, shape [ap, user].
/// fractions : ArrayLike
///     Fractions x of each access point's pilot power, shape [ap, user].
/// downlink_energy : float
///     Energy s_d of the downlink pilots of an access point over the noise density.
/// downlink_gram : ArrayLike | None
///     Gram matrix ``ψ_iᴴ ψ_j`` of the downlink pilots, shape [user, user]; orthogonal where absent.
/// uplink_energy : float | None
///     Energy s_u of an uplink pilot over the noise density.
/// uplink_gram : ArrayLike | None
///     Gram matrix ``φ_iᴴ φ_j`` of the uplink pilots, shape [user, user]; orthogonal where absent.
/// estimate_gains : ArrayLike | None
///     γ of shape [ap, user] instead of an energy, for orthogonal uplink pilots.
///
/// Returns
/// -------
/// tuple[ComplexArray, FloatArray, ComplexArray]
///     Mean of y_k, its variance, and its covariance with a_kk, each of shape [user].
///
/// Examples
/// --------
/// >>> mean, variance, cross = observations([[1.0]], [[1.0]], 2.0, uplink_energy=1.0)
/// >>> variance, bool(np.isclose(cross[0], np.sqrt(2)))
/// (array([3.]), True)
#[pyfunction]
#[pyo3(signature = (gains, fractions, downlink_energy, downlink_gram=None, uplink_energy=None,
                    uplink_gram=None, estimate_gains=None))]
#[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
pub(crate) fn observations<'py>(
    py: Python<'py>,
    gains: &Bound<'py, PyAny>,
    fractions: &Bound<'py, PyAny>,
    downlink_energy: f64,
    downlink_gram: Option<&Bound<'py, PyAny>>,
    uplink_energy: Option<f64>,
    uplink_gram: Option<&Bound<'py, PyAny>>,
    estimate_gains: Option<&Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let given = Given { gains, fractions, uplink_energy, uplink_gram, estimate_gains };
    let spent = Spent::new(&given)?;
    let (energy, gram) = known(downlink_gram, downlink_energy, spent.users)?;
    let all = spent.effective()?;
    let seen: Vec<_> = all.iter().map(|one| one.observation(energy, &gram)).collect();
    let users = [spent.users];
    Ok((
        result(py, seen.iter().map(|one| one.mean).collect::<Vec<C64>>(), &users)?,
        result(py, seen.iter().map(|one| one.variance).collect::<Vec<f64>>(), &users)?,
        result(py, seen.iter().map(|one| one.covariance).collect::<Vec<C64>>(), &users)?,
    ))
}

/// Error variance of the users' estimates of their effective gains: the objective of designs.
///
/// Linear estimates from the own pilot's correlator, or from the correlators with all pilots.
///
/// Parameters
/// ----------
/// gains : ArrayLike
///     Channel gains β, shape [ap, user].
/// fractions : ArrayLike
///     Fractions x of each access point's pilot power, shape [ap, user].
/// downlink_energy : float
///     Energy s_d of the downlink pilots of an access point over the noise density; 0 without.
/// downlink_gram : ArrayLike | None
///     Gram matrix ``ψ_iᴴ ψ_j`` of the downlink pilots, shape [user, user]; orthogonal where absent.
/// uplink_energy : float | None
///     Energy s_u of an uplink pilot over the noise density.
/// uplink_gram : ArrayLike | None
///     Gram matrix ``φ_iᴴ φ_j`` of the uplink pilots, shape [user, user]; orthogonal where absent.
/// estimate_gains : ArrayLike | None
///     γ of shape [ap, user] instead of an energy, for orthogonal uplink pilots.
/// all_pilots : bool
///     Whether users correlate with all pilots and combine them.
/// normalised : bool
///     Whether errors are relative to the mean power of the gain, as in designs.
///
/// Returns
/// -------
/// FloatArray
///     Shape [user].
///
/// Examples
/// --------
/// >>> gain_error([[1.0]], [[1.0]], 1.0, uplink_energy=1.0, normalised=False)
/// array([0.5])
#[pyfunction]
#[pyo3(signature = (gains, fractions, downlink_energy, downlink_gram=None, uplink_energy=None,
                    uplink_gram=None, estimate_gains=None, all_pilots=false,
                    normalised=true))]
#[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
pub(crate) fn gain_error<'py>(
    py: Python<'py>,
    gains: &Bound<'py, PyAny>,
    fractions: &Bound<'py, PyAny>,
    downlink_energy: f64,
    downlink_gram: Option<&Bound<'py, PyAny>>,
    uplink_energy: Option<f64>,
    uplink_gram: Option<&Bound<'py, PyAny>>,
    estimate_gains: Option<&Bound<'py, PyAny>>,
    all_pilots: bool,
    normalised: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let given = Given { gains, fractions, uplink_energy, uplink_gram, estimate_gains };
    let spent = Spent::new(&given)?;
    let (energy, gram) = known(downlink_gram, downlink_energy, spent.users)?;
    let mut found = Vec::with_capacity(spent.users);
    for one in spent.effective()? {
        let error = match all_pilots {
            true => one.vector_error(energy, &gram).map_err(numerics)?,
            false => one.scalar_error(energy, &gram),
        };
        let power = one.own_power();
        found.push(match (normalised, power > 0.0) {
            (false, _) => error,
            (true, true) => error / power,
            // Nothing is sent to this user: nothing is known of a gain that is zero.
            (true, false) => 1.0,
        });
    }
    result(py, found, &[spent.users])
}
