//! A user in the near field: the line of sight of a spherical wave.
//!
//! ```math
//! h(\delta) = \sqrt{N\beta}\, e^{j\psi + j2\pi\delta r/c}\, a(p; f_c + \delta)
//! ```
//! with the transmit response `a` to a spherical wave ([`UniformArray::near`]). With the geometric
//! phase `ψ = k₀ r` and squint the entries are `e^{+jk d_n}`: the conjugates of the physical ones.
//! Without squint only the common delay r/c varies over the band. With amplitudes of free space
//! `‖h‖²` is not exactly `Nβ`.

use std::f64::consts::TAU;

use noctule_num::{C64, CMat, InputError};

use super::antennas::Antennas as _;
use super::array::{Place, Side, UniformArray, Wave};
use super::clustered::Band;
use super::ofdm::LIGHT_M_S;

/// ψ of a line of sight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    /// A number of radians, such as a uniform one.
    Given(f64),
    /// `k₀ r` at the carrier.
    Geometric,
}

/// The channel over a band, antennas × subcarriers.
///
/// # Errors
/// A place at range zero or on an element.
pub fn channel(
    array: &UniformArray,
    place: Place,
    path_gain: f64,
    (phase, amplitude_exponent): (Phase, f64),
    band: &Band<'_>,
) -> Result<CMat, InputError> {
    let wavelength_m = LIGHT_M_S / band.carrier_hz;
    let psi = match phase {
        Phase::Given(phase) => phase,
        Phase::Geometric => TAU / wavelength_m * place.range_m,
    };
    let scale = (array.elements() as f64 * path_gain).sqrt() * array.to_unit_norm();
    let mut out = CMat::zeros(array.elements(), band.offsets_hz.len());
    for (n, &offset) in band.offsets_hz.iter().enumerate() {
        let wave = Wave { wavelength_m, frequency_ratio: band.ratio(offset), amplitude_exponent };
        let a = array.near(Side::Transmit, place, &wave)?.response;
        let turn = C64::from_polar(scale, psi + TAU * offset * place.range_m / LIGHT_M_S);
        out.col_mut(n).iter_mut().zip(a).for_each(|(h, a)| *h = a * turn);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_the_geometric_phase_entries_are_phases_of_distances() {
        let array = UniformArray::new(3, 2).centred();
        let place = Place { azimuth_rad: 0.4, polar_rad: 1.3, range_m: 0.5 };
        let offsets = [-1e8, 0.0, 1e8];
        let band = Band { carrier_hz: 28e9, offsets_hz: &offsets, squint: true };
        let h = channel(&array, place, 2.0, (Phase::Geometric, 0.0), &band).unwrap();
        let p = crate::channels::frame::point_of(place);
        for (n, offset) in offsets.iter().enumerate() {
            for (k, element) in array.offsets().enumerate() {
                let [y, z] = element.map(|x| -x * LIGHT_M_S / 28e9);
                let d = (p[0] * p[0] + (p[1] - y).powi(2) + (p[2] - z).powi(2)).sqrt();
                let exact = C64::from_polar(2.0_f64.sqrt(), TAU * (28e9 + offset) / LIGHT_M_S * d);
                assert!((h[(k, n)] - exact).norm() < 1e-10);
            }
        }
        assert!((h.norm_sqr() / 3.0 - 12.0).abs() < 1e-12);
    }

    #[test]
    fn far_away_it_is_the_line_of_sight_of_a_direction() {
        let array = UniformArray::new(3, 2);
        let place = Place { azimuth_rad: 0.4, polar_rad: 1.3, range_m: 1e6 };
        let h = channel(&array, place, 1.0, (Phase::Given(0.7), 1.0), &Band::narrow(28e9)).unwrap();
        let a = array.far_response(0.4, 1.3, 1.0);
        for (h, a) in h.as_slice().iter().zip(a) {
            assert!((h - a * C64::from_polar(6.0_f64.sqrt(), 0.7)).norm() < 1e-6);
        }
    }
}
