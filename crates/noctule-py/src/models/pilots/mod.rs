//! `noctule.pilots`: path loss, estimates from pilots in both directions, localisation by delays.

mod errors;
mod gains;
mod position;
mod printed;

use pyo3::prelude::*;

#[pymodule]
pub(crate) mod pilots {
    #[pymodule_export]
    use crate::models::pilots::errors::effective_gains;
    #[pymodule_export]
    use crate::models::pilots::errors::gain_error;
    #[pymodule_export]
    use crate::models::pilots::errors::observations;
    #[pymodule_export]
    use crate::models::pilots::gains::estimate_gains;
    #[pymodule_export]
    use crate::models::pilots::gains::symbol_energy;
    #[pymodule_export]
    use crate::models::pilots::gains::three_slope_gain_db;
    #[pymodule_export]
    use crate::models::pilots::position::clock_bound;
    #[pymodule_export]
    use crate::models::pilots::position::delay_information;
    #[pymodule_export]
    use crate::models::pilots::position::echo_gains;
    #[pymodule_export]
    use crate::models::pilots::position::least_power_to_locate;
    #[pymodule_export]
    use crate::models::pilots::position::locate;
    #[pymodule_export]
    use crate::models::pilots::position::position_crb;
    #[pymodule_export]
    use crate::models::pilots::printed::linearisation;
    #[pymodule_export]
    use crate::models::pilots::printed::printed_error;
}
