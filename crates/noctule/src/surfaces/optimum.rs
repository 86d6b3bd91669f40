//! The best sites, phases and covariances of a signal, with what is proven about them.

use noctule_num::{C64, CMat};
use noctule_optim::{Bound, Certificate, Interrupt, PointProof, Proof, Sense, Stop, Trace};
use noctule_phy::cascade::SurfacePath;
use noctule_phy::units::{db_from_linear, nats_to_bits};

use super::advice::advice;
use super::bounds::bound::{Proven, Question, bound};
use super::chosen::{Candidate, Chosen, no_deployment};
use super::exact::Asked;
use super::exact::search::choose_exact;
use super::model::measured;
use super::phases::light::align_light;
use super::phases::overlapping::{is_small, turn_parts};
use super::power::ROUNDING;
use super::price::limit_price;
use super::requirement::{violation, within_reach};
use super::select;
use super::settings::{Requirement, Settings, Signal};
use super::settle::{beam, settle};
use super::shifters::quantised;
use super::{Deployment, Instance, Metrics, SurfacesDesign};
use crate::{Design, Error, FEASIBLE};

/// The best design of a signal, without echoes.
///
/// # Errors
/// [`Error::Input`] for settings out of range; broken numerics.
pub(super) fn optimum(
    instance: &Instance,
    signal: Signal,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<SurfacesDesign, Error> {
    settings.validate()?;
    let question = Question { instance, signal, settings, interrupt };
    let mut chosen = chosen(question)?;
    let mut best = Candidate::new(instance, &mut chosen, signal)?;
    // The exact bound has a search of its own, which made the deployment already; small surfaces are
    // turned in every deployment.
    if best.plan.searched && best.plan.built.is_none() && !is_small(&best.plan) {
        turn_parts(&best.cascade, &best.link, &mut best.plan)?;
    }
    if !best.plan.reach.is_met() {
        return out_of_reach(instance, &chosen, &best, settings);
    }
    let proven = bound(question, &chosen, &mut best)?;
    proven_design(question, &chosen, &best, proven)
}

/// The sites, by a search under the bound itself where that is required.
fn chosen(question: Question<'_>) -> Result<Chosen, Error> {
    let Question { instance, signal, settings, interrupt } = question;
    let select = settings.select;
    let limit = instance.parts().crb_limit;
    match limit.filter(|_| settings.requirement == Requirement::ExactBound) {
        Some(limit) => choose_exact(Asked { instance, signal, select, limit, interrupt }),
        None => select::choose(instance, signal, select, interrupt),
    }
}

/// The best candidate written out, with what is proven of it.
fn proven_design(
    question: Question<'_>,
    chosen: &Chosen,
    best: &Candidate,
    proven: Proven,
) -> Result<SurfacesDesign, Error> {
    let Question { instance, signal, settings, .. } = question;
    let Candidate { sites, cascade, link, plan } = best;
    let mut built = settle(sites, cascade, link, signal, plan)?;
    built.requirement = settings.requirement;
    let (deployment, quantisation) = quantised(instance, cascade, signal, settings, built, plan)?;
    let limit_price = limit_price(instance, (cascade, link), signal, &deployment)?;
    let metrics = Metrics { limit_price, ..measured(instance, &deployment)? };
    let mut warnings: Vec<String> = chosen.advice().into_iter().collect();
    warnings.extend(quantisation);
    warnings.extend(advice(instance, &metrics));
    if !plan.points.is_empty() && metrics.streams == 0 {
        warnings.push("no stream carries data".to_owned());
    }
    let violation = violation(instance, &metrics, deployment.requirement);
    let mut stop = if chosen.interrupted { Stop::Interrupted } else { proven.stop };
    if violation > FEASIBLE {
        if stop != Stop::Interrupted {
            stop = Stop::Stalled;
        }
        warnings.push(format!(
            "the requirement is missed by {:.2} %, and it is not proven that it must be",
            100.0 * violation
        ));
    }
    let bound = proven.upper.and_then(|(value, method)| {
        let bound = Bound::new(metrics.rate_bps_hz, value, Sense::Upper, method, 0.0);
        bound.map(|bound| bound.with_numbers(proven.numbers))
    });
    let mut work = plan.work;
    work += proven.work;
    Ok(Design {
        // a start that misses the requirement has no rate
        starts: plan.starts.iter().map(|reach| reach.rate().map(nats_to_bits)).collect(),
        variables: deployment,
        metrics,
        stop,
        proof: Proof { point: PointProof::Feasible { violation }, bound, infeasible: None },
        trace: Trace::off(),
        work,
        warnings,
    })
}

/// The requirement is not met: the design that comes nearest and, where no deployment among which
/// was chosen can meet it, the proof.
fn out_of_reach(
    instance: &Instance,
    chosen: &Chosen,
    best: &Candidate,
    settings: &Settings,
) -> Result<SurfacesDesign, Error> {
    let Nearest { deployment, metrics, violation } = nearest(instance, best, settings.requirement)?;
    let (required, reachable) = within_reach(instance, settings.select, settings.requirement)?;
    let proven = required > reachable * (1.0 + ROUNDING);
    let certificate = certificate(instance, settings.requirement, required, reachable);
    let mut warnings: Vec<String> = chosen.advice().into_iter().collect();
    if !proven {
        warnings.push(if violation > FEASIBLE {
            "the requirement was not met, and it is not proven that it cannot be".to_owned()
        } else {
            "the requirement was met with all power on the target alone: a search for a rate beside \
             it found nothing"
                .to_owned()
        });
    }
    warnings.extend(advice(instance, &metrics));
    Ok(Design {
        starts: Vec::new(),
        variables: deployment,
        metrics,
        stop: match (proven, chosen.interrupted) {
            (true, _) => Stop::Computed,
            (false, true) => Stop::Interrupted,
            (false, false) => Stop::Stalled,
        },
        proof: Proof {
            point: PointProof::Feasible { violation },
            bound: None,
            infeasible: proven.then_some(certificate),
        },
        trace: Trace::off(),
        work: best.plan.work,
        warnings,
    })
}

/// What the search found, or all power towards the target: whichever misses the requirement by less.
fn nearest(
    instance: &Instance,
    best: &Candidate,
    requirement: Requirement,
) -> Result<Nearest, Error> {
    let Candidate { sites, cascade, link, plan } = best;
    let mut phases: Vec<Vec<C64>> = cascade.paths.iter().map(SurfacePath::target_vector).collect();
    align_light(cascade, &mut phases);
    let all_on = |phases: Vec<Vec<C64>>| {
        let light = cascade.illumination(&phases).response;
        let zero = CMat::zeros(light.len(), light.len());
        Deployment::steady(sites.clone(), phases, zero, beam(&light, link.power))
    };
    let found = plan.built.clone().or_else(|| plan.searched.then(|| all_on(plan.phases.clone())));
    let mut nearest: Option<Nearest> = None;
    for mut deployment in found.into_iter().chain([all_on(phases)]) {
        deployment.requirement = requirement;
        let metrics = measured(instance, &deployment)?;
        let violation = violation(instance, &metrics, requirement);
        if nearest.as_ref().is_none_or(|nearest| violation < nearest.violation) {
            nearest = Some(Nearest { deployment, metrics, violation });
        }
    }
    nearest.ok_or_else(no_deployment)
}

/// A deployment and by how much it misses the requirement.
struct Nearest {
    deployment: Deployment,
    metrics: Metrics,
    violation: f64,
}

fn certificate(
    instance: &Instance,
    requirement: Requirement,
    required: f64,
    reachable: f64,
) -> Certificate {
    let limit = instance.parts().crb_limit.map_or(0.0, db_from_linear);
    let decibels = limit + db_from_linear(required / reachable);
    let what = match requirement {
        Requirement::ExactBound => "Cramér–Rao bound",
        Requirement::Illumination => "bound (21)",
    };
    let statement = format!(
        "a {what} of {limit:.2} dB is required; whatever is transmitted over these sites, it is at \
         least {decibels:.2} dB"
    );
    Certificate::new("closed-form", statement, required, reachable)
}
