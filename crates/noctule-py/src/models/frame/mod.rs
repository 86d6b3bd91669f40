//! `noctule.frame`: correlation, aging, angle bounds, estimates from a sensed prior, rates.

mod estimates;
mod rates;
mod ring;

use pyo3::prelude::*;

#[pymodule]
pub(crate) mod frame {
    #[pymodule_export]
    use crate::models::frame::estimates::aging;
    #[pymodule_export]
    use crate::models::frame::estimates::estimate_trace;
    #[pymodule_export]
    use crate::models::frame::estimates::sensed_estimate;
    #[pymodule_export]
    use crate::models::frame::rates::best_division;
    #[pymodule_export]
    use crate::models::frame::rates::shortest_sensing_s;
    #[pymodule_export]
    use crate::models::frame::rates::sinr;
    #[pymodule_export]
    use crate::models::frame::rates::statistics;
    #[pymodule_export]
    use crate::models::frame::rates::throughput;
    #[pymodule_export]
    use crate::models::frame::ring::angle_crb;
    #[pymodule_export]
    use crate::models::frame::ring::one_ring;
    #[pymodule_export]
    use crate::models::frame::ring::one_ring_slope;
    #[pymodule_export]
    use crate::models::frame::ring::steering;
}
