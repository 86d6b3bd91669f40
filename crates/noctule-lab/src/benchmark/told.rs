//! Verdicts by form: how many, and how far from the optimum.

use serde::Serialize;

use super::{Judged, Verdict};

/// The verdicts of the instances of one form.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// System and form.
    pub form: String,
    /// Instances.
    pub instances: usize,
    /// Designs that meet every requirement.
    pub designs: usize,
    /// Of these within a thousandth of the bound.
    pub within_a_thousandth: usize,
    /// Median of their gaps.
    pub median_gap: Option<f64>,
    /// The largest of their gaps.
    pub worst_gap: Option<f64>,
    /// Designs that miss a requirement.
    pub infeasible: usize,
    /// Answers that are no design, crashes, and programs that did not end in time.
    pub failed: usize,
    /// Designs beyond a bound that is proven: something is wrong, with us or with the program.
    pub beyond_bound: usize,
    /// Median of the seconds of the program.
    pub median_seconds: Option<f64>,
}

impl Summary {
    /// A row a form, in the order of the instances.
    pub fn all(judged: &[Judged]) -> Vec<Self> {
        let mut forms: Vec<&str> = Vec::new();
        for one in judged {
            if !forms.contains(&one.form.as_str()) {
                forms.push(&one.form);
            }
        }
        forms.into_iter().map(|form| Self::of(form, judged)).collect()
    }

    fn of(form: &str, judged: &[Judged]) -> Self {
        let own: Vec<&Judged> = judged.iter().filter(|one| one.form == form).collect();
        let gap = |one: &&Judged| match one.verdict {
            Verdict::Judged { gap, .. } => Some(gap.max(0.0)),
            _ => None,
        };
        let gaps: Vec<f64> = own.iter().filter_map(gap).collect();
        let count = |is: fn(&Verdict) -> bool| own.iter().filter(|one| is(&one.verdict)).count();
        Self {
            form: form.to_owned(),
            instances: own.len(),
            designs: gaps.len(),
            within_a_thousandth: gaps.iter().filter(|gap| **gap <= 1e-3).count(),
            median_gap: median(gaps.clone()),
            worst_gap: gaps.into_iter().reduce(f64::max),
            infeasible: count(|v| matches!(v, Verdict::Infeasible { .. })),
            failed: count(|v| {
                matches!(v, Verdict::NoDesign { .. } | Verdict::Crashed { .. } | Verdict::TimedOut)
            }),
            beyond_bound: count(|v| matches!(v, Verdict::BeyondBound { .. })),
            median_seconds: median(own.iter().map(|one| one.seconds).collect()),
        }
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}
