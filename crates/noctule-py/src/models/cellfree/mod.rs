//! `noctule.cellfree`: places, statistics of aggregated channels, rates, beampatterns.

mod geometry;
mod patterns;
mod rates;
mod statistics;

use pyo3::prelude::*;

#[pymodule]
pub(crate) mod cellfree {
    #[pymodule_export]
    use crate::models::cellfree::geometry::angle_from_broadside;
    #[pymodule_export]
    use crate::models::cellfree::geometry::pair_targets;
    #[pymodule_export]
    use crate::models::cellfree::geometry::pilot_groups;
    #[pymodule_export]
    use crate::models::cellfree::geometry::steering;
    #[pymodule_export]
    use crate::models::cellfree::patterns::beampattern;
    #[pymodule_export]
    use crate::models::cellfree::patterns::best_pattern;
    #[pymodule_export]
    use crate::models::cellfree::patterns::pattern_bound;
    #[pymodule_export]
    use crate::models::cellfree::patterns::pattern_error;
    #[pymodule_export]
    use crate::models::cellfree::rates::block_update;
    #[pymodule_export]
    use crate::models::cellfree::rates::quadratic_transform;
    #[pymodule_export]
    use crate::models::cellfree::rates::signal_terms;
    #[pymodule_export]
    use crate::models::cellfree::rates::sinr;
    #[pymodule_export]
    use crate::models::cellfree::statistics::channel_covariances;
    #[pymodule_export]
    use crate::models::cellfree::statistics::channel_statistics;
    #[pymodule_export]
    use crate::models::cellfree::statistics::estimate_channels;
}
