//! What a document claims of beams, checked again.

use noctule_num::CMat;
use noctule_num::linalg::{Cholesky, Op, product};
use noctule_optim::{Bound, Certificate, Proof, Sense, Stop};

use super::extended_scheme::{EXTENDED_TARGET, extended_target_of};
use super::{Beams, Instance, Metrics, band, certificate, goal, objective_unit, residual};
use crate::Error;
use crate::claims::{
    Again, Bounded, Checks, Compared, Ends, Residual, Said, Verdict, move_last_digits,
    residual_with_rounding, stored_member,
};

type Document<'a> = Said<'a, Instance, Beams, Metrics, Ends>;

/// How claims are checked.
pub const CLAIMS: Checks<Instance, Beams, Metrics, Ends> = Checks {
    added: &["prices", "fewest", "echo"],
    restored: |metrics, stored| {
        metrics.prices = stored_member(stored, "prices");
        metrics.echo = stored_member(stored, "echo");
    },
    bounded,
    bound: bound_again,
    residual: residual_again,
    infeasible: infeasible_again,
    stop: stop_again,
};

fn bounded(said: &Document<'_>, bound: &Bound) -> Option<Bounded> {
    if said.instance.band().is_some() {
        return band::bounded(said, bound);
    }
    if let Some(problem) = said.instance.problem() {
        return goal::bounded(problem, said.metrics);
    }
    if is_extended(said, bound) {
        let reached = extended_objective(said)?;
        return Some(Bounded { reached, sense: Sense::Upper, unit: 1.0 });
    }
    // Multipliers of sensing alone come without boxes, users or a dual channel.
    let sensing = bound.numbers.len() == 1 && bound.numbers.contains_key("y");
    let weight = said.instance.parts().crb_weight;
    let reached = match bound.problem {
        None => said.metrics.objective?,
        Some(_) if sensing => -weight * said.metrics.crb_trace_mixed?,
        Some(_) => return None,
    };
    let unit = if sensing { 0.0 } else { objective_unit(said.instance) };
    Some(Bounded { reached, sense: Sense::Upper, unit })
}

/// Whether a bound is that of the extended target, and no other one.
fn is_extended(said: &Document<'_>, bound: &Bound) -> bool {
    said.scheme == EXTENDED_TARGET && bound.problem.is_some()
}

/// The sum rate in nats less ρ tr R⁻¹, R = W Wᴴ in watts.
fn extended_objective(said: &Document<'_>) -> Option<f64> {
    let (w, weight) = (&said.variables.matrix, said.setting("weight_nat_w")?);
    let n = w.rows();
    let mut inverse = CMat::identity(n);
    let mut cholesky = Cholesky::new(n);
    cholesky.factor(&product(w, Op::Plain, w, Op::Adjoint), "covariance of what is sent").ok()?;
    cholesky.solve_in_place(&mut inverse);
    let trace: f64 = (0..n).map(|i| inverse[(i, i)].re).sum();
    Some(said.metrics.sum_rate_nats - weight * trace)
}

fn bound_again(said: &Document<'_>, bound: &Bound) -> Result<Again, Error> {
    if is_extended(said, bound) {
        if bound.numbers.is_empty() || bound.numbers.contains_key("left_out") {
            return Ok(Again::not_checkable("its boxes were too many to be kept"));
        }
        let weight = said.setting("weight_nat_w").unwrap_or(f64::NAN);
        return Ok(Again::Proven(
            extended_target_of(said.instance, weight)?.again(&bound.numbers)?,
        ));
    }
    if let Some(own) = said.instance.band() {
        return band::bound_again(said, own, bound);
    }
    if let Some(problem) = said.instance.problem() {
        return goal::bound_again(said, problem, bound);
    }
    Ok(match certificate::again(said.instance, bound)? {
        Some(value) => Again::Proven(value),
        None => Again::not_checkable("its boxes were too many to be kept"),
    })
}

fn residual_again(said: &Document<'_>) -> Result<Option<Residual>, Error> {
    if said.instance.problem().is_some() {
        return Ok(None);
    }
    if residual(said.instance, said.variables)?.is_none() {
        return Ok(None);
    }
    // At high ratios of signal to noise the interference that is left is a difference of large numbers.
    let of = |beams: &Beams| Ok(residual(said.instance, beams)?.unwrap_or(f64::INFINITY));
    let moved = |beams: &mut Beams, pattern| move_last_digits(beams.matrix.as_mut_slice(), pattern);
    residual_with_rounding(said.variables, of, moved).map(Some)
}

fn stop_again(said: &Document<'_>, stop: Stop, proof: &Proof) -> Verdict {
    if let Some(problem) = said.instance.problem()
        && said.claims != Some(Ends::ClosedForm)
    {
        if let Some(own) = said.instance.band() {
            let checked = band::stop_again(said.instance, own, problem, (stop, proof));
            return checked.unwrap_or_else(|error| Verdict::Refuted(error.to_string()));
        }
        return goal::stop_again(problem, stop, proof);
    }
    said.ended(said.claims.unwrap_or(Ends::OwnRule), stop, proof)
}

fn infeasible_again(
    said: &Document<'_>,
    certificate: &Certificate,
    compared: &mut Vec<Compared>,
) -> Result<Verdict, Error> {
    if let (Some(problem), Some(own)) = (said.instance.problem(), said.instance.band()) {
        return band::infeasible_again(said, (own, problem), certificate, compared);
    }
    if let Some(problem) = said.instance.problem() {
        return goal::infeasible_again(said, problem, certificate, compared);
    }
    Ok(Verdict::Refuted("nothing is required of beams but their power".to_owned()))
}
