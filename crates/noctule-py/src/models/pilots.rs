//! `noctule.pilots`: path loss, estimates from uplink pilots, localisation by delays.

use noctule_num::CMat;
use noctule_phy::geometry::Point;
use noctule_phy::multistatic::{Information, Paths, Radar};
use noctule_phy::path_loss::three_slope::ThreeSlope;
use noctule_phy::pilot_estimation;
use pyo3::prelude::*;

use crate::arrays::{complex, positive, real, same_length, shaped};
use crate::errors::{NumericalError, refuse};

#[pymodule]
pub(crate) mod pilots {
    #[allow(clippy::wildcard_imports)]
    use super::*;

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
        Ok(model.gain_db(distance_m))
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
        let gram = complex(gram, "gram", &["user", "user"])?;
        let users = gains.shape()[1];
        same_length("gram", "user", gram.shape()[0], users, "gains")?;
        same_length("gram", "user", gram.shape()[1], users, "gains")?;
        positive(energy, "energy")?;
        if gains.slice()?.iter().any(|gain| *gain < 0.0) {
            let allowed = "numbers of 0 or more";
            return Err(refuse("a gain is negative", "gains", "a negative number", allowed));
        }
        let entries = gram.slice()?;
        let gram = CMat::from_fn(users, users, |i, j| entries[i * users + j]);
        let found = pilot_estimation::estimate_gains(gains.slice()?, users, energy, &gram);
        shaped(py, found, gains.shape())
    }

    /// What each access point's echoes know of a target's position, per unit of power.
    ///
    /// ``R_m = Σ_n w_mn u_mn u_mnᵀ`` in 1/m²; the information of powers p is ``Σ_m p_m R_m``.
    ///
    /// Parameters
    /// ----------
    /// positions_m : ArrayLike
    ///     Access points, shape [ap, 2], in metres.
    /// target_m : ArrayLike
    ///     Target, shape [2], in metres; not at an access point.
    /// frequency_hz : float
    ///     Carrier frequency in hertz.
    /// effective_bandwidth_hz : float
    ///     Root-mean-square bandwidth in hertz.
    /// cross_section_m2 : float
    ///     Radar cross-section in m².
    ///
    /// Returns
    /// -------
    /// FloatArray
    ///     Shape [ap, 2, 2].
    ///
    /// Examples
    /// --------
    /// >>> R = delay_information([[0, 0], [100, 0]], [30, 40], 2.4e9, 1e6)
    /// >>> R.shape, bool(np.allclose(R, R.transpose(0, 2, 1)))
    /// ((2, 2, 2), True)
    #[pyfunction]
    #[pyo3(signature = (positions_m, target_m, frequency_hz, effective_bandwidth_hz,
                        cross_section_m2=1.0))]
    fn delay_information<'py>(
        py: Python<'py>,
        positions_m: &Bound<'py, PyAny>,
        target_m: &Bound<'py, PyAny>,
        frequency_hz: f64,
        effective_bandwidth_hz: f64,
        cross_section_m2: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let places = real(positions_m, "positions_m", &["ap", "coordinate"])?;
        let target = real(target_m, "target_m", &["coordinate"])?;
        same_length("positions_m", "coordinate", places.shape()[1], 2, "the plane")?;
        same_length("target_m", "coordinate", target.shape()[0], 2, "the plane")?;
        for (name, value) in [
            ("frequency_hz", frequency_hz),
            ("effective_bandwidth_hz", effective_bandwidth_hz),
            ("cross_section_m2", cross_section_m2),
        ] {
            positive(value, name)?;
        }
        let point = |pair: &[f64]| Point::new(pair[0], pair[1]);
        let points: Vec<Point> = places.slice()?.chunks_exact(2).map(point).collect();
        let radar = Radar { frequency_hz, effective_bandwidth_hz, cross_section_m2 };
        let paths = Paths::new(&points, point(target.slice()?), &radar).ok_or_else(|| {
            let found = "the position of an access point";
            refuse("the target has no direction", "target_m", found, "another position")
        })?;
        let found: Vec<f64> =
            paths.information().iter().flat_map(|r| [r.xx, r.xy, r.xy, r.yy]).collect();
        shaped(py, found, &[points.len(), 2, 2])
    }

    /// Bound on the mean squared error of a position, ``tr (Σ_m p_m R_m)⁻¹`` in m².
    ///
    /// Parameters
    /// ----------
    /// information : ArrayLike
    ///     R, shape [ap, 2, 2], from :func:`delay_information`.
    /// powers : ArrayLike
    ///     Energies over the noise density, shape [ap].
    ///
    /// Returns
    /// -------
    /// float
    ///     Bound in m².
    ///
    /// Raises
    /// ------
    /// NumericalError
    ///     Where the position cannot be told.
    ///
    /// Examples
    /// --------
    /// >>> position_crb([[[2, 0], [0, 4]]], [1.0])
    /// 0.75
    #[pyfunction]
    fn position_crb(information: &Bound<'_, PyAny>, powers: &Bound<'_, PyAny>) -> PyResult<f64> {
        let r = real(information, "information", &["ap", "row", "column"])?;
        let p = real(powers, "powers", &["ap"])?;
        same_length("powers", "ap", p.shape()[0], r.shape()[0], "information")?;
        same_length("information", "row", r.shape()[1], 2, "the plane")?;
        same_length("information", "column", r.shape()[2], 2, "the plane")?;
        let total = r
            .slice()?
            .chunks_exact(4)
            .zip(p.slice()?)
            .fold(Information::default(), |sum, (r, p)| {
                sum.plus(*p, Information { xx: r[0], yy: r[3], xy: 0.5 * (r[1] + r[2]) })
            });
        total.crb().ok_or_else(|| {
            NumericalError::new_err("the information is singular: the position cannot be told")
        })
    }
}
