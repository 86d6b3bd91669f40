//! The sensing-only optimum, with its proof.

use noctule_num::linalg::{HermitianEigen, orthonormal_basis, real_dot};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::spectraplex::frank_wolfe_bound;
use noctule_optim::{
    Bound, Interrupt, Lbfgs, Manifold, Objective, Proof, Sense, StopRule, StopRules, Trace,
};
use noctule_phy::fisher::target_space;

use crate::beamforming::model::{Model, Space, evaluate};
use crate::beamforming::{BeamformingDesign, Beams, Instance, PowerConstraint, advice, proof_of};
use crate::{Design, Error};

/// The smallest tr F⁻¹ any transmission reaches, users ignored, with a proof.
///
/// In the transmit covariance `R` the problem is convex, and `3M` streams in the target space
/// reach every `R` that matters; so the factored problem is climbed and its answer certified by
/// the Frank–Wolfe gap (one eigenvalue). With `streams` below `3M` the bound still holds, but
/// need not be met (`docs/errata.md#beamforming-e16`).
///
/// The design's objective is that of `instance`, rates included (they are zero: no beam carries
/// data); the bound in `proof` is on `−δ_s tr F⁻¹`, which is all that is maximised here. Where the
/// instance weighs rates too, that is another problem: the bound is labelled so
/// ([`Bound::problem`]), and the point is called feasible, no more.
///
/// # Errors
/// [`Error::Input`] when the bound has no weight, there are no targets, or power is limited per
/// antenna.
pub fn sensing_only(
    instance: &Instance,
    streams: Option<usize>,
    tolerance: f64,
    interrupt: &Interrupt,
) -> Result<BeamformingDesign, Error> {
    let refuse = |what: &str, place: &str, found: &str, allowed: &str| {
        Err(Error::Input(InputError::new(what, place, found, allowed)))
    };
    if instance.parts().crb_weight <= 0.0 || instance.targets().is_empty() {
        return refuse(
            "there is nothing to sense",
            "crb_weight",
            "no weight or no targets",
            "both",
        );
    }
    if instance.parts().power_constraint != PowerConstraint::Total {
        return refuse(
            "the sensing-only optimum is proven under total power only",
            "power_constraint",
            "per-antenna",
            "total",
        );
    }
    let streams = streams.unwrap_or(3 * instance.targets().len());
    if !(1..=4096).contains(&streams) {
        let found = streams.to_string();
        return refuse("not a number of beams", "streams", &found, "1 to 4096");
    }
    let sensing = instance.with_weights(0.0, instance.parts().crb_weight)?;
    let mut model = Model::with_streams(&sensing, Space::Reduced, streams)?;
    let basis = orthonormal_basis(&target_space(instance.transmit_steering()), 1e-10)?;
    // Equal power in every direction of the target space; with fewer streams than directions,
    // each stream takes several with phases that keep them apart.
    let start = CMat::from_fn(instance.antennas(), streams, |i, j| {
        (0..basis.cols())
            .filter(|d| d % streams == j || basis.cols() <= j)
            .map(|d| basis[(i, d)] * C64::from_polar(1.0, 1.7 * (d * (j + 1)) as f64))
            .sum()
    });
    let mut point = model.point(&start);
    let mut solver = Lbfgs::new(Manifold::sphere(model.dim()));
    solver.manifold().normalise(&mut point);
    let rules = StopRules::from(StopRule::Residual(tolerance))
        | StopRule::Progress { tolerance: 1e-15, window: 40 }
        | StopRule::Evaluations(20_000);
    let mut trace = Trace::with_room(1000);
    let run = solver.minimise(&mut model, &mut point, &rules, interrupt, &mut trace);
    let energy = instance.information() * instance.parts().power_w;
    let bound = certify_sensing(&mut model, &point, energy)?;
    let sensing_beams = model.beams(&point, 0).matrix;
    let silent = CMat::zeros(instance.antennas(), instance.users());
    let beams =
        Beams { matrix: CMat::hstack(&[&silent, &sensing_beams])?, users: instance.users() };
    let metrics = evaluate(instance, &beams)?;
    let mut work = run.work;
    work.factorisations += 1;
    let mut warnings = advice(instance, &metrics);
    let whole = instance.users() == 0 || instance.parts().rate_weight_per_nat <= 0.0;
    let (proof, bound) = if whole || !run.residual.is_finite() {
        (proof_of(run.residual), bound)
    } else {
        warnings.push(format!(
            "optimal for the bound alone, to a residual of {:.1e}; the rates were not looked at",
            run.residual
        ));
        (Proof::feasible(0.0), bound.map(|bound| bound.of_problem("sensing only, users ignored")))
    };
    Ok(Design {
        warnings,
        variables: beams,
        metrics,
        stop: run.stop,
        proof: proof.with_bound(bound),
        trace,
        work,
        starts: vec![Some(-run.value * model.unit()).filter(|value| value.is_finite())],
    })
}

/// The Frank–Wolfe bound at a point of a model without users, as an upper bound on the maximised
/// objective.
fn certify_sensing(model: &mut Model, point: &[C64], energy: f64) -> Result<Option<Bound>, Error> {
    let mut gradient = vec![C64::ZERO; point.len()];
    let value = model.eval(point, &mut gradient);
    if !value.is_finite() {
        return Ok(None);
    }
    // ⟨∇_R f, R⟩ = Re tr(∇_R f V Vᴴ) = Re⟨∇_V f, V⟩ / 2
    let inner = real_dot(&gradient, point) / 2.0;
    // Back from the normalised problem: what `certificate::of_sensing` needs.
    let y: Vec<f64> = model.fisher_inverse().iter().map(|y| y / energy).collect();
    let mut descent = model.curvature();
    descent.scale(-1.0);
    let mut eigen = HermitianEigen::new(model.rank());
    let error = model.relative_error();
    let Some(lower) = frank_wolfe_bound(value, &descent, inner, 1.0, error, &mut eigen)? else {
        return Ok(None);
    };
    // Of one sign, so the gap is relative to the objective itself.
    let unit = model.unit();
    let bound = Bound::new(-value * unit, -lower.value * unit, Sense::Upper, lower.method, 0.0);
    Ok(bound.map(|bound| bound.with_numbers([("y".to_owned(), y)].into())))
}
