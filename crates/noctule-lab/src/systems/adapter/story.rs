//! Everything about one design, for people and as a document.

use std::fmt::Write as _;

use noctule::data::ArraySet;
use noctule::document::{self, Made, share};
use noctule::system::{Checked, DesignOf};
use noctule::{Bound, Design, Error, FEASIBLE, PointProof, Proof, Sense, Stop, Trace, Work};
use serde_json::Value;

use super::claims::HANDED_IN;
use super::rows::{mismatch, turned};
use super::tables::Tables;
use crate::single::{Arrays, SingleError, Source, Story};

/// A point with a larger residual is not called stationary.
const NEARLY_STATIONARY: f64 = 1e-4;

/// Variables that somebody else designed, evaluated; their feasibility is what the witness says.
pub(super) fn handed_in<T: Tables>(
    instance: &T::Instance,
    variables: &Arrays,
) -> Result<DesignOf<T>, SingleError> {
    let set = variables.take("design", T::VARIABLE_FIELDS)?;
    let evaluated = |set: ArraySet| -> Result<(T::Variables, T::Metrics), Error> {
        let variables = T::variables(&set, instance)?;
        let metrics = T::evaluate(instance, &variables)?;
        Ok((variables, metrics))
    };
    let (variables, metrics) = evaluated(set).map_err(|error| match error {
        Error::Input(error) => {
            let fits = |set| evaluated(set).is_ok();
            let fields = T::VARIABLE_FIELDS;
            variables.blame(turned(error, variables, "design", fields, fits).into())
        }
        other => variables.blame(other),
    })?;
    let witness = T::check(instance, &variables)?.in_numbers();
    Ok(Design {
        warnings: T::advice(instance, &metrics),
        starts: vec![T::objective(&metrics)],
        variables,
        metrics,
        stop: Stop::Computed,
        proof: Proof::feasible(witness.violation),
        trace: Trace::off(),
        work: Work::default(),
    })
}

pub(super) fn story<T: Tables>(
    source: &Source,
    instance: &T::Instance,
    design: &mut DesignOf<T>,
    scheme: &str,
    settings: &Value,
) -> Result<Story, Error> {
    let made = Made { scheme, settings, seed: source.seed, trial: source.trial };
    let told = document::told::<T>(instance, design, made)?;
    let (design, unsound) = (&*design, &told.unsound);
    // Numbers that nobody confirms stand in the document, and are not shown as what was reached.
    let shown = unsound.is_none();
    let mut facts = if shown { T::facts(instance, design) } else { Vec::new() };
    if let Some(reason) = unsound {
        facts.push(("NUMERICALLY UNSOUND".to_owned(), reason.clone()));
    }
    let unit = T::objective_unit(instance);
    facts.extend(common_facts::<T>(&told.witness, design, unit, (scheme, settings)));
    let infeasible = design.proof.infeasible.is_some();
    let title = match (unsound, infeasible) {
        (Some(_), _) => format!("numerically unsound (scheme {scheme})"),
        (None, true) => format!("infeasible (scheme {scheme})"),
        (None, false) => scheme.to_owned(),
    };
    Ok(Story {
        title: format!("{title}: {}", T::headline(instance)),
        facts,
        tables: if shown { T::tables(instance, design) } else { Vec::new() },
        warnings: told.warnings,
        trace: design.trace.clone(),
        infeasible,
        violation: told.witness.violation,
        meets_requirements: told.meets_requirements,
        unsound: told.unsound,
        document: Value::Object(told.document),
        arrays: told.variables,
        instance: told.instance,
    })
}

/// What is said of every design of every system: why it stopped, what is proven, what it cost.
fn common_facts<T: Tables>(
    witness: &Checked,
    design: &DesignOf<T>,
    unit: &str,
    (scheme, settings): (&str, &Value),
) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value));
    if let Some(certificate) = &design.proof.infeasible {
        fact("INFEASIBLE", format!("{} ({})", certificate.statement, certificate.method));
        if let Some(name) = &certificate.setting {
            let about = format!("the setting `scheme.{name}`; nothing is proven of the instance");
            fact("what cannot be met", about);
        }
        fact("what is shown", "the design that comes nearest to the requirement".to_owned());
    }
    if design.proof.infeasible.is_none() && witness.violation > FEASIBLE {
        fact("REQUIREMENT MISSED", format!("by {} of its limit", share(witness.violation)));
    }
    fact("stopped", stop_words(design.stop, scheme, settings));
    fact("proven of the point", point_words(&design.proof, FEASIBLE));
    if let Some(bound) = &design.proof.bound {
        let words = bound_words(bound, unit);
        match &bound.problem {
            None => fact("proven of the optimum", words),
            Some(problem) => fact("proven of another problem", format!("{problem}: {words}")),
        }
    }
    if design.starts.len() > 1 {
        fact("local optima", starts_words(&design.starts));
    }
    fact("work", work_words(&design.work));
    let mismatch = mismatch(witness, T::objective(&design.metrics));
    let objective = match mismatch.is_finite() {
        true => format!("off by {mismatch:.1e}"),
        false => "not confirmed".to_owned(),
    };
    fact(
        "independent witness",
        format!("objective {objective}, constraints by {:.1e}", witness.violation),
    );
    facts
}

fn bound_words(bound: &Bound, unit: &str) -> String {
    let side = match bound.sense {
        Sense::Upper => "at most",
        Sense::Lower => "at least",
    };
    format!(
        "{side} {}{unit} within what this scheme chooses from; gap {:.3e}, {:.2e} relative ({})",
        digits(bound.value),
        bound.gap_abs,
        bound.gap_rel,
        bound.method
    )
}

fn starts_words(starts: &[Option<f64>]) -> String {
    let reached = || starts.iter().copied().flatten();
    let low = reached().fold(f64::INFINITY, f64::min);
    let high = reached().fold(f64::NEG_INFINITY, f64::max);
    let count = starts.len();
    if low <= high {
        format!("{count} starts reached {} to {}", digits(low), digits(high))
    } else {
        format!("none of {count} starts reached a feasible point")
    }
}

/// Why the method stopped, and for a limit by which setting it is raised.
fn stop_words(stop: Stop, scheme: &str, settings: &Value) -> String {
    if scheme == HANDED_IN {
        return "handed in: evaluated as it is, nothing was designed".to_owned();
    }
    let counts: &[&str] = match stop {
        Stop::EvaluationLimit => &["max_evaluations", "certify.nodes"],
        Stop::IterationLimit => &["max_iterations", "max_steps", "max_sweeps", "max_programs"],
        _ => &[],
    };
    let at = |name: &str| match settings.pointer(&format!("/{}", name.replace('.', "/"))) {
        // a flag stands for a table of defaults
        None if name == "certify.nodes" && settings["certify"] == true => Some(&Value::Null),
        found => found,
    };
    let limit = counts.iter().find_map(|name| Some((name, at(name)?)));
    match limit {
        Some((name, Value::Null)) => format!("{stop}: {} (`scheme.{name}` raises it)", stop.text()),
        Some((name, value)) => format!("{stop}: {} (`scheme.{name}` is {value})", stop.text()),
        None => format!("{stop}: {}", stop.text()),
    }
}

/// Six decimals for numbers of everyday size, six digits for others: a small number is not zero.
fn digits(x: f64) -> String {
    if x.abs() >= 1e6 || (x.abs() < 1e-3 && x.abs() > 0.0) {
        format!("{x:.5e}")
    } else {
        format!("{x:.6}")
    }
}

fn work_words(work: &Work) -> String {
    let mut words = format!("{} evaluations, {} iterations", work.evaluations, work.iterations);
    if work.factorisations > 0 {
        let _ = write!(words, ", {} factorisations", work.factorisations);
    }
    if work.conic_solves > 0 {
        let _ = write!(words, ", {} cone programs", work.conic_solves);
    }
    words
}

fn point_words(proof: &Proof, allowed: f64) -> String {
    match proof.point {
        PointProof::Stationary { residual } if residual <= NEARLY_STATIONARY => {
            format!("stationary, residual {residual:.1e} (a local statement)")
        }
        PointProof::Stationary { residual } => {
            format!("feasible, but not stationary: residual {residual:.1e}")
        }
        PointProof::Feasible { violation } if violation > allowed => {
            "nothing: it misses a requirement".to_owned()
        }
        PointProof::Feasible { violation } => format!("feasible, violation {violation:.1e}"),
        PointProof::None => "nothing".to_owned(),
    }
}
