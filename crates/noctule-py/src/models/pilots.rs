//! `noctule.pilots`: path loss, estimates from pilots in both directions, localisation by delays.

use noctule::pilots::baselines::{Linearisation, printed_error as as_printed};
use noctule::pilots::interior::Normalised;
use noctule::pilots::{Allocation, PilotUse, Scenario};
use noctule_num::{C64, CMat};
use noctule_phy::path_loss::three_slope::ThreeSlope;
use noctule_phy::pilot_estimation::{self, EffectiveGains, Uplink};
use pyo3::prelude::*;

use super::{hermitian, pilots_of, rows_of};
use crate::arrays::{
    Held, Range, not_negative, number, positive, real, refuse_size, result, result_number,
    same_length,
};
use crate::errors::{core, numerics, refuse};

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

/// A Gram matrix of pilots; absent, pilots are orthogonal.
fn gram_of(value: Option<&Bound<'_, PyAny>>, name: &str, users: usize) -> PyResult<CMat> {
    let Some(value) = value else { return Ok(CMat::identity(users)) };
    let gram = hermitian(value, name, "user")?;
    same_length(name, "user", gram.rows(), users, "gains")?;
    Ok(gram)
}

fn known(value: Option<&Bound<'_, PyAny>>, energy: f64, users: usize) -> PyResult<(f64, CMat)> {
    let energy = number(energy, "downlink_energy", Range::NotNegative)?;
    Ok((energy, gram_of(value, "downlink_gram", users)?))
}

#[pymodule]
pub(crate) mod pilots {
    #[allow(clippy::wildcard_imports)]
    use super::*;

    #[pymodule_export]
    use super::super::pilots_position::clock_bound;
    #[pymodule_export]
    use super::super::pilots_position::delay_information;
    #[pymodule_export]
    use super::super::pilots_position::echo_gains;
    #[pymodule_export]
    use super::super::pilots_position::least_power_to_locate;
    #[pymodule_export]
    use super::super::pilots_position::locate;
    #[pymodule_export]
    use super::super::pilots_position::position_crb;

    /// Three-slope path gain with COST-Hata constants, in dB (Ngo et al., Eq. (52) and (53)).
    ///
    /// Parameters
    /// ----------
    /// distance_m : float
    ///     Distance in metres.
    /// frequency_hz : float
    ///     Carrier frequency in hertz.
    /// access_point_height_m : float
    ///     Height of the access point in metres.
    /// user_height_m : float
    ///     Height of the user in metres.
    ///
    /// Returns
    /// -------
    /// float
    ///     Gain in dB, negative.
    ///
    /// Examples
    /// --------
    /// >>> round(three_slope_gain_db(1000.0, frequency_hz=1.9e9), 1)
    /// -140.7
    #[pyfunction]
    #[pyo3(signature = (distance_m, frequency_hz=2.4e9, access_point_height_m=15.0,
                        user_height_m=1.65))]
    fn three_slope_gain_db(
        distance_m: f64,
        frequency_hz: f64,
        access_point_height_m: f64,
        user_height_m: f64,
    ) -> PyResult<f64> {
        for (name, value) in [
            ("distance_m", distance_m),
            ("frequency_hz", frequency_hz),
            ("access_point_height_m", access_point_height_m),
            ("user_height_m", user_height_m),
        ] {
            positive(value, name)?;
        }
        let model = ThreeSlope {
            frequency_hz,
            access_point_height_m,
            user_height_m,
            ..ThreeSlope::default()
        };
        result_number(model.gain_db(distance_m))
    }

    /// Mean power of the channel estimates from uplink pilots, ``γ_mk = c_mk √s β_mk``.
    ///
    /// Parameters
    /// ----------
    /// gains : ArrayLike
    ///     Channel gains β, shape [ap, user], relative to the noise.
    /// energy : float
    ///     Pilot energy s over the noise.
    /// gram : ArrayLike
    ///     Gram matrix ``φ_iᴴ φ_j`` of the pilots, shape [user, user].
    ///
    /// Returns
    /// -------
    /// FloatArray
    ///     Shape [ap, user].
    ///
    /// Examples
    /// --------
    /// >>> estimate_gains([[1.0, 3.0]], 1.0, np.eye(2))
    /// array([[0.5 , 2.25]])
    #[pyfunction]
    fn estimate_gains<'py>(
        py: Python<'py>,
        gains: &Bound<'py, PyAny>,
        energy: f64,
        gram: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let gains = real(gains, "gains", &["ap", "user"])?;
        let users = gains.shape()[1];
        let gram = gram_of(Some(gram), "gram", users)?;
        positive(energy, "energy")?;
        not_negative(gains.slice()?, "gains")?;
        let found = pilot_estimation::estimate_gains(gains.slice()?, users, energy, &gram);
        result(py, found, gains.shape())
    }

    /// Energy of a pilot symbol over the noise density.
    ///
    /// Parameters
    /// ----------
    /// power_w : float
    ///     Transmit power in watts.
    /// noise_dbm_hz : float
    ///     Noise power density in dBm/Hz.
    /// bandwidth_hz : float
    ///     Bandwidth in hertz.
    ///
    /// Returns
    /// -------
    /// float
    ///     Linear ratio.
    ///
    /// Examples
    /// --------
    /// >>> round(float(10 * np.log10(symbol_energy(1.0, -174.0, 1e6))), 9)
    /// 144.0
    #[pyfunction]
    fn symbol_energy(power_w: f64, noise_dbm_hz: f64, bandwidth_hz: f64) -> PyResult<f64> {
        let scenario = Scenario {
            pilot_power_mw: 1e3 * number(power_w, "power_w", Range::Positive)?,
            noise_dbm_hz: number(noise_dbm_hz, "noise_dbm_hz", Range::Within(-300.0, 300.0))?,
            bandwidth_mhz: 1e-6 * number(bandwidth_hz, "bandwidth_hz", Range::Positive)?,
            ..Scenario::default()
        };
        result_number(scenario.symbol_energy())
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
    fn effective_gains<'py>(
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
    fn observations<'py>(
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
    fn gain_error<'py>(
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
    fn printed_error<'py>(
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
    fn linearisation<'py>(
        py: Python<'py>,
        gains: &Bound<'py, PyAny>,
        estimate_gains: &Bound<'py, PyAny>,
        downlink_energy: f64,
        fractions: &Bound<'py, PyAny>,
        level: f64,
        overlap: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let mut tables = Vec::new();
        for (value, name) in
            [(gains, "gains"), (estimate_gains, "estimate_gains"), (fractions, "fractions")]
        {
            let held = real(value, name, &["ap", "user"])?;
            not_negative(held.slice()?, name)?;
            tables.push((held, name));
        }
        let (aps, users) = (tables[0].0.shape()[0], tables[0].0.shape()[1]);
        // User by user, as the model has it.
        let mut turned = Vec::new();
        for (held, name) in &tables {
            same_length(name, "ap", held.shape()[0], aps, "gains")?;
            same_length(name, "user", held.shape()[1], users, "gains")?;
            let entries = held.slice()?;
            let all = (0..aps * users).map(|i| entries[(i % aps) * users + i / aps]);
            turned.push(all.collect::<Vec<f64>>());
        }
        let energy = number(downlink_energy, "downlink_energy", Range::NotNegative)?;
        let level = number(level, "level", Range::NotNegative)?;
        refuse_size("gains", &[aps, users, users, 2])?;
        let scaled = |list: &[f64]| list.iter().map(|entry| energy * entry).collect();
        let mut model = Normalised {
            points: aps,
            users,
            gain: scaled(&turned[0]),
            estimate: scaled(&turned[1]),
            overlap: vec![0.0; users * users],
            radar: Vec::new(),
        };
        if let Some(overlap) = overlap {
            let held = real(overlap, "overlap", &["user", "user"])?;
            same_length("overlap", "user", held.shape()[0], users, "gains")?;
            same_length("overlap", "user", held.shape()[1], users, "gains")?;
            not_negative(held.slice()?, "overlap")?;
            model.overlap.copy_from_slice(held.slice()?);
            (0..users).for_each(|k| model.overlap[k * users + k] = 0.0);
        }
        let (mut values, mut gradients) = (Vec::new(), Vec::new());
        for k in 0..users {
            let found = Linearisation::at(&model, k, &turned[2], level);
            values.push(found.value);
            gradients.extend((0..aps * users).map(|i| {
                let (ap, user) = (i / users, i % users);
                found.gradient[user * aps + ap]
            }));
        }
        Ok((result(py, values, &[users])?, result(py, gradients, &[users, aps, users])?))
    }
}
