//! A frozen benchmark: instances of all systems as numbers, each with what is proven of its optimum.
//!
//! An instance is what `noctule design` takes as arrays; beside it stand the metric that is compared, whether it is made
//! large or small, what our design reaches, and the bound that no design passes, with the scheme and the settings by which
//! `noctule design INSTANCE --proof FILE` proves it again. [`run`](run()) hands instances to any program and judges what
//! it designs by the evaluation and the witness of the system: what a program says of itself counts for nothing.

use noctule::data::ArraySet;
use noctule::{FEASIBLE, Interrupt};
use noctule_num::{InputError, hint};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::single::{Arrays, Single, Source};
use crate::systems;

mod program;
mod told;

pub use program::Program;
pub use told::Summary;

/// The instances of all systems, one JSON object a line.
const LINES: &str = include_str!("../benchmark/instances.jsonl");

/// Beyond a bound by more than this, relative, is no rounding.
const ROUNDING: f64 = 1e-7;
/// What a requirement missed by one relative is worth at most, relative to the metric. Requirements may be
/// missed by a millionth, which carries a design past a bound that holds for those that miss nothing; an
/// elasticity of one is usual, and next to what is in reach it is large.
const DEAREST: f64 = 1e3;

/// One instance with what is proven of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frozen {
    /// System, form and number.
    pub id: String,
    /// The system.
    pub system: String,
    /// What is asked, in a word.
    pub form: String,
    /// The metric that is compared, a path in the metrics of a document.
    pub metric: String,
    /// `maximise` or `minimise`.
    pub sense: String,
    /// What our design reaches.
    pub reached: f64,
    /// No design is better.
    pub bound: f64,
    /// What rounding may cost the bound, contained in it.
    pub margin: f64,
    /// How the bound is proven.
    pub method: String,
    /// The scheme that proves it.
    pub scheme: String,
    /// Settings of that scheme which differ from its defaults, by path.
    pub settings: Value,
    /// The instance, as its system reads it.
    pub instance: Value,
}

/// What became of one instance.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// A design that meets every requirement.
    Judged {
        /// The metric, by our evaluation.
        value: f64,
        /// How far it is from the bound at most, relative to it; negative where requirements that it misses
        /// by less than what is forgiven carry it beyond.
        gap: f64,
        /// How far it is ahead of what was reached when the benchmark was frozen, relative.
        ahead: f64,
    },
    /// Better than what is proven to be best: either the bound or the evaluation is wrong.
    BeyondBound {
        /// The metric, by our evaluation.
        value: f64,
        /// By how much it passes the bound, relative.
        by: f64,
    },
    /// It misses a requirement.
    Infeasible {
        /// By how much, relative to the limit.
        violation: f64,
    },
    /// Its numbers are no design of this instance.
    NoDesign {
        /// Why.
        why: String,
    },
    /// The program ended with an error.
    Crashed {
        /// The last line that it wrote to its error output, or how it ended.
        why: String,
    },
    /// The program did not end in time.
    TimedOut,
}

/// An instance and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// The instance.
    pub id: String,
    /// Its form, with the system.
    pub form: String,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Seconds that the program took.
    pub seconds: f64,
}

/// The lines of a system, each an instance as JSON.
///
/// # Errors
/// A system that has none.
pub fn lines(system: &str) -> Result<Vec<&'static str>, InputError> {
    let begins = format!("\"id\":\"{system}/");
    let found: Vec<&str> = LINES.lines().filter(|line| line.contains(&begins)).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let names: Vec<&str> = systems::singles().iter().map(|system| system.id()).collect();
    Err(InputError::new("there is no benchmark of it", "SYSTEM", system, hint::list(&names)))
}

/// All instances of a system, or of all.
///
/// # Errors
/// A system that has none.
pub fn instances(system: Option<&str>) -> Result<Vec<Frozen>, InputError> {
    let all = match system {
        Some(system) => lines(system)?,
        None => LINES.lines().collect(),
    };
    let one = |(number, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| {
            let place = format!("instances.jsonl:{}", number + 1);
            InputError::new("this is no instance", place, error.to_string(), "a whole line")
        })
    };
    all.into_iter().enumerate().map(one).collect()
}

impl Frozen {
    /// Whether the metric is made large.
    pub fn maximises(&self) -> bool {
        self.sense == "maximise"
    }

    /// What a program reads: the instance, what is compared, and what it may answer with.
    ///
    /// # Errors
    /// An unknown system.
    pub fn question(&self) -> Result<Value, InputError> {
        let system = systems::need(&self.system, "system")?;
        let fields: Vec<Value> = system
            .variable_fields()
            .iter()
            .map(|f| serde_json::json!({ "name": f.name, "shape": f.dimensions, "complex": f.complex, "summary": f.summary }))
            .collect();
        Ok(serde_json::json!({
            "format": "noctule-question/1",
            "id": self.id,
            "system": self.system,
            "form": self.form,
            "metric": self.metric,
            "sense": self.sense,
            "instance": self.instance,
            "variables": fields,
        }))
    }

    /// Judge variables by evaluation and witness.
    pub fn judge(&self, answer: &Value) -> Verdict {
        self.evaluated(answer).unwrap_or_else(|why| Verdict::NoDesign { why })
    }

    fn evaluated(&self, answer: &Value) -> Result<Verdict, String> {
        let system: &dyn Single = systems::need(&self.system, "system").map_err(one_line)?;
        let set = |value: &Value, kind: &str, fields| {
            ArraySet::from_value(value, kind, fields).map_err(one_line)
        };
        let mut answer = answer.clone();
        if let Some(members) = answer.as_object_mut() {
            // a program need not say what it is asked for
            members.entry("format").or_insert_with(|| Value::from("noctule-design/1"));
        }
        let source = Source {
            scenario: None,
            arrays: Some(Arrays::Set(set(&self.instance, "instance", system.instance_fields())?)),
            seed: 1,
            trial: 0,
        };
        let variables = Arrays::Set(set(&answer, "design", system.variable_fields())?);
        let story = system.evaluate(&source, &variables).map_err(one_line)?;
        if let Some(why) = story.unsound {
            return Err(why);
        }
        if !story.meets_requirements || story.violation > FEASIBLE {
            return Ok(Verdict::Infeasible { violation: story.violation });
        }
        let path = format!("/metrics/{}", self.metric);
        let value = story.document.pointer(&path).and_then(Value::as_f64);
        let value = value.ok_or_else(|| format!("{} has no value for this design", self.metric))?;
        Ok(self.standing(value, story.violation))
    }

    /// How a value stands to the bound, of a design that misses requirements by `violation`.
    fn standing(&self, value: f64, violation: f64) -> Verdict {
        let sign = if self.maximises() { 1.0 } else { -1.0 };
        let unit = self.bound.abs().max(f64::MIN_POSITIVE);
        let gap = sign * (self.bound - value) / unit;
        if gap < -ROUNDING - DEAREST * violation {
            return Verdict::BeyondBound { value, by: -gap };
        }
        Verdict::Judged { value, gap, ahead: sign * (value - self.reached) / unit }
    }
}

/// A complaint in one line: what, where, found, allowed.
fn one_line(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ")
}

/// Hand every instance to a program and judge what it designs. A program that fails has a verdict, and the next instance
/// its turn; an interrupt ends the run with what is done.
///
/// # Errors
/// A program that cannot be started at all.
pub fn run(
    program: &Program,
    instances: &[Frozen],
    interrupt: &Interrupt,
    mut done: impl FnMut(&Judged),
) -> Result<Vec<Judged>, InputError> {
    let mut all = Vec::new();
    for frozen in instances {
        let question = format!("{}\n", frozen.question()?);
        let begin = std::time::Instant::now();
        let Some(answer) = program.asked(&question, interrupt)? else { break };
        let seconds = begin.elapsed().as_secs_f64();
        let verdict = match answer {
            Ok(answer) => frozen.judge(&answer),
            Err(verdict) => verdict,
        };
        let form = format!("{}/{}", frozen.system, frozen.form);
        let judged = Judged { id: frozen.id.clone(), form, verdict, seconds };
        done(&judged);
        all.push(judged);
    }
    Ok(all)
}

#[cfg(test)]
#[path = "benchmark/tests.rs"]
mod tests;
