//! `noctule.surfaces`: arrays by spatial frequency, cascades over surfaces, bounds, powers.

mod geometry;
mod links;
mod powers;

use pyo3::prelude::*;

#[pymodule]
pub(crate) mod surfaces {
    #[pymodule_export]
    use crate::models::surfaces::geometry::array_pattern;
    #[pymodule_export]
    use crate::models::surfaces::geometry::centred_steering;
    #[pymodule_export]
    use crate::models::surfaces::geometry::surface_path;
    #[pymodule_export]
    use crate::models::surfaces::links::aligned_phases;
    #[pymodule_export]
    use crate::models::surfaces::links::channel;
    #[pymodule_export]
    use crate::models::surfaces::links::crb;
    #[pymodule_export]
    use crate::models::surfaces::links::illumination;
    #[pymodule_export]
    use crate::models::surfaces::links::link;
    #[pymodule_export]
    use crate::models::surfaces::powers::allocate;
    #[pymodule_export]
    use crate::models::surfaces::powers::element_threshold;
    #[pymodule_export]
    use crate::models::surfaces::powers::full_covariance_rate;
    #[pymodule_export]
    use crate::models::surfaces::powers::trade_off;
}
