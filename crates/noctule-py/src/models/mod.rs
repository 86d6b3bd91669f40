//! Model functions: the closed forms of the radio world and of each system, for arrays.
//!
//! A file a system, or a folder with its functions by what they speak of. A function takes arrays by [`crate::arrays::complex`] and
//! [`crate::arrays::real`], which read NumPy's memory where it lies, checks shapes with
//! [`crate::arrays::same_length`], and calls Rust. Its documentation is in the style of NumPy:
//! the types after the colons become the stub file, examples are run as doctests, equations are
//! cited with the errata that correct them.

pub(crate) mod beamforming;
pub(crate) mod cellfree;
pub(crate) mod channels;
pub(crate) mod frame;
pub(crate) mod phy;
pub(crate) mod pilots;
pub(crate) mod surfaces;

use noctule::data::ArraySet;
use noctule_num::linalg::HermitianEigen;
use noctule_num::{C64, CMat, InputError, hint};
use noctule_phy::arrays::{Normalisation, PlanarArray, Steering};
use noctule_phy::geometry::Point;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{Held, complex, real, refuse_count, refuse_size, same_length, set_of};
use crate::errors::{core, input, numerics, refuse};

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

/// A square matrix with a row or more, from C order.
pub(crate) fn square(value: &Bound<'_, PyAny>, name: &str, dimension: &str) -> PyResult<CMat> {
    let held = complex(value, name, &[dimension, dimension])?;
    let (rows, cols) = (held.shape()[0], held.shape()[1]);
    same_length(name, dimension, cols, rows, name)?;
    if rows == 0 {
        let allowed = format!("one {dimension} or more");
        return Err(refuse("the matrix is empty", name, "no rows", allowed));
    }
    let entries = held.slice()?;
    Ok(CMat::from_fn(rows, cols, |i, j| entries[i * cols + j]))
}

/// A square matrix that is its own adjoint, up to rounding.
pub(crate) fn hermitian(value: &Bound<'_, PyAny>, name: &str, dimension: &str) -> PyResult<CMat> {
    let matrix = square(value, name, dimension)?;
    check_hermitian(&matrix, name)?;
    Ok(matrix)
}

/// Refuse a matrix that is not its own adjoint, up to rounding.
pub(crate) fn check_hermitian(matrix: &CMat, name: &str) -> PyResult<()> {
    let room = 1e-8 * matrix.max_abs();
    for j in 0..matrix.cols() {
        for i in 0..=j {
            let (a, b) = (matrix[(i, j)], matrix[(j, i)]);
            if (a - b.conj()).norm() > room {
                let found = format!("{a} at [{i}, {j}], {b} at [{j}, {i}]");
                let allowed = "a matrix that equals its conjugate transpose";
                return Err(refuse("the matrix is not Hermitian", name, found, allowed));
            }
        }
    }
    Ok(())
}

/// Refuse a Hermitian matrix that is no covariance.
pub(crate) fn check_semidefinite(matrix: &CMat, name: &str) -> PyResult<()> {
    let mut eigen = HermitianEigen::new(matrix.rows());
    eigen.compute(matrix).map_err(numerics)?;
    // what rounding in files and products makes of a zero
    if eigen.min() >= -1e-9 * matrix.max_abs() * matrix.rows() as f64 {
        return Ok(());
    }
    let found = format!("an eigenvalue of {:.3e}", eigen.min());
    let allowed = "eigenvalues of zero or more";
    Err(refuse("the covariance is not positive semidefinite", name, found, allowed))
}

/// Entries of a matrix in C order: what NumPy reads.
pub(crate) fn rows_of(matrix: &CMat) -> Vec<C64> {
    let (rows, cols) = (matrix.rows(), matrix.cols());
    (0..rows * cols).map(|i| matrix[(i / cols, i % cols)]).collect()
}

/// Points of the plane, shape [place, 2].
pub(crate) fn points(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Vec<Point>> {
    let held = real(value, name, &["place", "coordinate"])?;
    same_length(name, "coordinate", held.shape()[1], 2, "the plane")?;
    Ok(held.slice()?.chunks_exact(2).map(|pair| Point::new(pair[0], pair[1])).collect())
}

/// A point of the plane.
pub(crate) fn point(value: &Bound<'_, PyAny>, name: &str) -> PyResult<Point> {
    let held = real(value, name, &["coordinate"])?;
    same_length(name, "coordinate", held.shape()[0], 2, "the plane")?;
    let pair = held.slice()?;
    Ok(Point::new(pair[0], pair[1]))
}

/// The arrays of an instance: a `noctule.Instance` of that system, or its arrays by name.
pub(crate) fn instance_arrays(value: &Bound<'_, PyAny>, system: &str) -> PyResult<ArraySet> {
    let wrong = |found: String| {
        let allowed = format!("a noctule.Instance of `{system}`, or a dictionary of its arrays");
        refuse("this is no instance", "instance", found, allowed)
    };
    let arrays = match (value.getattr("system"), value.getattr("arrays")) {
        (Ok(found), Ok(arrays)) => {
            let found = found.str()?.to_string();
            if found != system {
                return Err(wrong(format!("an instance of `{found}`")));
            }
            arrays
        }
        _ => value.clone(),
    };
    let dict = match arrays.cast::<PyDict>() {
        Ok(dict) => dict.clone(),
        Err(_) => {
            let made = value.py().get_type::<PyDict>().call1((&arrays,));
            made.map_err(|_| wrong(format!("a {}", value.get_type())))?.cast_into::<PyDict>()?
        }
    };
    set_of(&dict)
}

/// An instance of `pilots`.
pub(crate) fn pilots_of(instance: &Bound<'_, PyAny>) -> PyResult<noctule::pilots::Instance> {
    let set = instance_arrays(instance, noctule::pilots::SYSTEM)?;
    noctule::pilots::Instance::from_arrays(set, None).map_err(core)
}

/// A word among those known.
pub(crate) fn word<T: Copy>(name: &str, given: &str, known: &[(&str, T)]) -> PyResult<T> {
    let found = known.iter().find(|(word, _)| *word == given).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        let error = InputError::new("there is no such choice", name, given, hint::list(&words));
        input(&hint::with_guess(error, given, &words))
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

    /// Azimuths and polar angles.
    pub(crate) fn pairs(&self) -> PyResult<Vec<(f64, f64)>> {
        let (azimuths, polars) = (self.azimuth_rad.slice()?, self.polar_rad.slice()?);
        Ok(azimuths.iter().copied().zip(polars.iter().copied()).collect())
    }

    pub(crate) fn steering(&self, array: PlanarArray, name: &str) -> PyResult<Steering> {
        // A response and two derivatives, and what computes them.
        refuse_size(name, &[array.horizontal, array.vertical, self.len(), 4])?;
        let (azimuths, polars) = (self.azimuth_rad.slice()?, self.polar_rad.slice()?);
        Ok(array.steering(azimuths.iter().copied().zip(polars.iter().copied())))
    }
}
