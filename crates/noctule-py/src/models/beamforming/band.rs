//! `noctule.beamforming`: beams over a band.

use noctule::beamforming::band::{FisherOver, fisher_over};
use noctule::beamforming::{Beams, Instance, SYSTEM};
use noctule_num::CMat;
use noctule_phy::channels::design_rate::Users;
use noctule_phy::fisher::FisherInverse;
use pyo3::prelude::*;

use crate::arrays::{complex, result, same_length};
use crate::errors::{NumericalError, core, refuse};
use crate::models::instance_arrays;

fn instance_of(value: &Bound<'_, PyAny>) -> PyResult<Instance> {
    Instance::from_arrays(instance_arrays(value, SYSTEM)?, None).map_err(core)
}

fn given(
    instance: &Bound<'_, PyAny>,
    band_beams: &Bound<'_, PyAny>,
) -> PyResult<(Instance, Beams)> {
    let instance = instance_of(instance)?;
    let held = complex(band_beams, "band_beams", &["subcarrier", "stream", "antenna"])?;
    let [subcarriers, streams, antennas] = held.shape()[..] else {
        return Err(refuse(
            "not beams",
            "band_beams",
            "another shape".to_owned(),
            "three dimensions",
        ));
    };
    same_length("band_beams", "antenna", antennas, instance.antennas(), "the instance")?;
    let matrix = CMat::from_columns(antennas, subcarriers * streams, held.slice()?.to_vec());
    let matrix = matrix.map_err(|error| core(error.into()))?;
    let beams = Beams { matrix, users: instance.users(), subcarriers };
    beams.check(&instance).map_err(core)?;
    Ok((instance, beams))
}

fn fisher(instance: &Bound<'_, PyAny>, band_beams: &Bound<'_, PyAny>) -> PyResult<FisherOver> {
    let (instance, beams) = given(instance, band_beams)?;
    fisher_over(&instance, &beams).map_err(core)
}

/// Names of the parameters of a band's Fisher matrix, in order.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``beamforming`` with ``ofdm``, or a dictionary of its arrays.
///
/// Returns
/// -------
/// list[str]
///     Kind with its unit and target, as ``delay_range_m[0]``: the range that the delay tells. ``range_m`` is that of
///     the curvature of waves, or of both where they are linked.
///
/// Examples
/// --------
/// >>> import noctule
/// >>> band = noctule.Instance(scenario={"ofdm": {"subcarriers": 4}})
/// >>> band_parameters(band)[:2], len(band_parameters(band))
/// (['azimuth_rad[0]', 'azimuth_rad[1]'], 12)
#[pyfunction]
pub(crate) fn band_parameters(instance: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let instance = instance_of(instance)?;
    let users = instance.users();
    let subcarriers = instance.band().map_or(1, noctule::beamforming::Band::subcarriers);
    let matrix = CMat::zeros(instance.antennas(), users.max(1) * subcarriers);
    let found = fisher_over(&instance, &Beams { matrix, users, subcarriers }).map_err(core)?;
    Ok(found.0.iter().map(|(kind, target)| format!("{}[{target}]", kind.name())).collect())
}

/// Fisher matrix of the targets of a band, of all symbols and subcarriers.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``beamforming`` with ``ofdm``, or a dictionary of its arrays.
/// band_beams : ArrayLike
///     Complex beams in √W, shape [subcarrier, stream, antenna], users first.
///
/// Returns
/// -------
/// FloatArray
///     Shape [parameter, parameter], in radians, metres, m/s and reflections, in the order of
///     :func:`band_parameters`.
///
/// Examples
/// --------
/// >>> import noctule
/// >>> band = noctule.Instance(scenario={"ofdm": {"subcarriers": 4}})
/// >>> F = band_fisher_matrix(band, np.tile(np.eye(16), (4, 1, 1)))
/// >>> F.shape, bool(np.allclose(F, F.T))
/// ((12, 12), True)
#[pyfunction]
pub(crate) fn band_fisher_matrix<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    band_beams: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let (parameters, fisher) = fisher(instance, band_beams)?;
    result(py, fisher, &[parameters.len(), parameters.len()])
}

/// Cramér–Rao bounds of the targets of a band.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``beamforming`` with ``ofdm``, or a dictionary of its arrays.
/// band_beams : ArrayLike
///     Complex beams in √W, shape [subcarrier, stream, antenna], users first.
///
/// Returns
/// -------
/// FloatArray
///     Shape [parameter], squared units of :func:`band_parameters`: no unbiased estimator has a smaller
///     variance.
///
/// Raises
/// ------
/// NumericalError
///     Where the Fisher matrix is singular.
///
/// Examples
/// --------
/// >>> import noctule
/// >>> band = noctule.Instance(scenario={"ofdm": {"subcarriers": 4}})
/// >>> bounds = band_crb(band, np.tile(np.eye(16), (4, 1, 1)))
/// >>> bool((bounds > 0).all())
/// True
#[pyfunction]
pub(crate) fn band_crb<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    band_beams: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let (parameters, fisher) = fisher(instance, band_beams)?;
    let n = parameters.len();
    let mut inverse = vec![0.0; n * n];
    if FisherInverse::new(n).invert(&fisher, &mut inverse).is_none() {
        let what =
            "the Fisher matrix is singular: the beams are too few, or some target is not lit";
        return Err(NumericalError::new_err(what));
    }
    result(py, (0..n).map(|i| inverse[i * n + i]).collect(), &[n])
}

/// Rates of all users on every subcarrier.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``beamforming`` with ``ofdm``, or a dictionary of its arrays.
/// band_beams : ArrayLike
///     Complex beams in √W, shape [subcarrier, stream, antenna], users first.
/// known : bool
///     Rates on the channels as they are; else, where the instance has estimates, those that hold for certain.
///
/// Returns
/// -------
/// FloatArray
///     Shape [subcarrier, user], in nat/s/Hz.
///
/// Examples
/// --------
/// >>> import noctule
/// >>> design = noctule.Instance(scenario={"ofdm": {"subcarriers": 4}}).design()
/// >>> rates = band_rates(design.instance, design["band_beams"])
/// >>> bool(np.isclose(rates.mean(axis=0).sum(), design.metrics.sum_rate_nats))
/// True
#[pyfunction]
#[pyo3(signature = (instance, band_beams, known=false))]
pub(crate) fn band_rates<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    band_beams: &Bound<'py, PyAny>,
    known: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let (instance, beams) = given(instance, band_beams)?;
    let Some(band) = instance.band() else {
        let what = "this is of beams over a band, and the instance has one frequency";
        return Err(refuse(
            what,
            "instance",
            "one frequency".to_owned(),
            "an instance with `ofdm`",
        ));
    };
    let noise = &instance.parts().user_noise_w;
    let mut rates = Vec::new();
    for n in 0..band.subcarriers() {
        let (channels, errors) = match known {
            true => (&band.channels[n], &[][..]),
            false => (
                &band.known_channels()[n],
                band.estimates.as_ref().map_or(&[][..], |estimates| &estimates.errors[..]),
            ),
        };
        rates.extend(Users { channels, noise, errors }.rates_nats(&beams.of_subcarrier(n)));
    }
    result(py, rates, &[band.subcarriers(), instance.users()])
}
