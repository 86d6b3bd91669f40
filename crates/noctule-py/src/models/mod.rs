//! Model functions: the closed forms of the radio world and of each system, for arrays.
//!
//! One file a system. A function takes arrays by [`crate::arrays::complex`] and
//! [`crate::arrays::real`], which read NumPy's memory where it lies, checks shapes with
//! [`crate::arrays::same_length`], and calls Rust. Its documentation is in the style of NumPy:
//! the types after the colons become the stub file, examples are run as doctests, equations are
//! cited with the errata that correct them.

pub(crate) mod beamforming;
pub(crate) mod cellfree;
pub(crate) mod frame;
pub(crate) mod phy;
pub(crate) mod pilots;
pub(crate) mod surfaces;

use noctule_phy::arrays::{Normalisation, PlanarArray, Steering};
use pyo3::prelude::*;

use crate::arrays::{Held, real, refuse_count, same_length};

/// A planar array from `[horizontal, vertical]`.
pub(crate) fn planar(
    shape: &Bound<'_, PyAny>,
    name: &str,
    unit_modulus: bool,
) -> PyResult<PlanarArray> {
    let sides = real(shape, name, &["side"])?;
    let sides = sides.slice()?;
    same_length(name, "side", sides.len(), 2, "[horizontal, vertical]")?;
    let normalisation =
        if unit_modulus { Normalisation::UnitModulus } else { Normalisation::UnitNorm };
    Ok(PlanarArray {
        horizontal: refuse_count(sides[0], name, 4096)?,
        vertical: refuse_count(sides[1], name, 4096)?,
        normalisation,
    })
}

/// Directions from arrays of azimuths and polar angles.
pub(crate) struct Directions<'py> {
    azimuth_rad: Held<'py, f64>,
    polar_rad: Held<'py, f64>,
}

impl<'py> Directions<'py> {
    pub(crate) fn new(
        azimuth_rad: &Bound<'py, PyAny>,
        polar_rad: &Bound<'py, PyAny>,
    ) -> PyResult<Self> {
        let azimuth_rad = real(azimuth_rad, "azimuth_rad", &["direction"])?;
        let polar_rad = real(polar_rad, "polar_rad", &["direction"])?;
        let (count, expected) = (polar_rad.shape()[0], azimuth_rad.shape()[0]);
        same_length("polar_rad", "direction", count, expected, "azimuth_rad")?;
        Ok(Self { azimuth_rad, polar_rad })
    }

    pub(crate) fn len(&self) -> usize {
        self.azimuth_rad.shape()[0]
    }

    pub(crate) fn steering(&self, array: PlanarArray) -> PyResult<Steering> {
        let (azimuths, polars) = (self.azimuth_rad.slice()?, self.polar_rad.slice()?);
        Ok(array.steering(azimuths.iter().copied().zip(polars.iter().copied())))
    }
}
