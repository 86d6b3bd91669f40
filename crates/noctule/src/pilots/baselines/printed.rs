//! Formulas as the paper prints them, where a comparison needs them.

use noctule_num::InputError;
use noctule_optim::conic::{Conic, Ending};

use crate::Error;
use crate::pilots::interior::Normalised;
use crate::pilots::model::printed_ratio;
use crate::pilots::{Allocation, Instance};

/// The errors by Eq. (18) and (28) as printed: without the interference in the numerator, and with
/// the channels of the other users in the denominator (`docs/errata.md#pilots-e1`,
/// `docs/errata.md#pilots-e2`).
///
/// # Errors
/// When the allocation does not fit.
pub fn printed_error(instance: &Instance, allocation: &Allocation) -> Result<Vec<f64>, Error> {
    allocation.check(instance)?;
    let model = instance.normalised();
    let x = allocation.blocks();
    Ok((0..model.users).map(|k| printed_ratio(&model, k, &x).1).collect())
}

/// Row m of constraint (30), element-wise: `(r_a + r_b)_m − Γ Σ_n (r_a,m r_b,n − r_c,m r_c,n) p_n`,
/// which must not be positive. Coefficients of `x` and the constant, in units of the constant.
pub(super) fn printed_row(model: &Normalised, k: usize, m: usize, limit: f64) -> Vec<f64> {
    let radar = &model.radar[model.block(k)];
    let own = radar[m];
    let constant = own.xx + own.yy;
    radar.iter().map(|r| limit * (own.xx * r.yy - own.xy * r.xy) / constant).collect()
}

/// Whether an allocation meets (30) element-wise for all users: sufficient for the limit on
/// positions, not necessary (`docs/errata.md#pilots-e6`).
///
/// # Errors
/// When the allocation does not fit, or there is no limit.
pub fn printed_holds(instance: &Instance, allocation: &Allocation) -> Result<bool, Error> {
    allocation.check(instance)?;
    let limit = limit(instance)?;
    let model = instance.normalised();
    let x = allocation.blocks();
    Ok((0..model.users).all(|k| {
        (0..model.points).all(|m| {
            let row = printed_row(&model, k, m, limit);
            let sum: f64 = row.iter().zip(&x[model.block(k)]).map(|(r, x)| r * x).sum();
            sum >= 1.0 - 1e-9
        })
    }))
}

/// The sum of powers with which one user alone meets (30) element-wise: a linear program. `None`
/// when it is infeasible.
///
/// # Errors
/// When there is no limit.
pub fn least_power_printed(instance: &Instance, user: usize) -> Result<Option<f64>, Error> {
    let limit = limit(instance)?;
    let model = instance.normalised();
    let mut program = Conic::new(model.points);
    for m in 0..model.points {
        program.minimise(m, 1.0);
        program.nonnegative(&[(m, 1.0)], 0.0);
        program.nonnegative(&[(m, -1.0)], 1.0);
        let row = printed_row(&model, user, m, limit);
        let terms: Vec<(usize, f64)> = row.into_iter().enumerate().collect();
        program.nonnegative(&terms, -1.0);
    }
    let answer = program.solve(1e-9)?;
    match answer.ending {
        Ending::Solved | Ending::AlmostSolved => Ok(Some(answer.objective)),
        Ending::Infeasible => Ok(None),
        Ending::Unbounded | Ending::Unknown => Err(InputError::new(
            "the linear program was not solved",
            "crb_limit_m2",
            "numbers beyond the solver",
            "a limit near what is in reach",
        )
        .into()),
    }
}

pub(super) fn limit(instance: &Instance) -> Result<f64, Error> {
    instance.parts().crb_limit_m2.ok_or_else(|| {
        let what = "there is no limit on positions";
        InputError::new(what, "crb_limit_m2", "nothing", "a limit in m²").into()
    })
}
