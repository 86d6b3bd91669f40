//! The report of a run: one HTML page that carries everything with it.
//!
//! [`html`] takes a [`ReportData`] — plain text, numbers already formatted by whoever knows their
//! meaning — and returns a page without scripts, fonts, images or links that need a network: it can
//! be mailed, archived beside the data, printed, and read in ten years.

mod inline;
mod page;
#[cfg(test)]
mod tests;

pub use noctule::system::{Align, Table};

/// Everything the report says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReportData {
    /// The heading.
    pub title: String,
    /// The experiment file, verbatim.
    pub experiment_text: String,
    /// The figures in order: a caption, and an SVG document as [`noctule_figure::Figure::svg`] makes
    /// it (inlined as it is, so it must come from there).
    pub figures: Vec<(String, String)>,
    /// A few sentences about the study; an empty line begins a paragraph.
    pub text: String,
    /// The tables in order.
    pub tables: Vec<Table>,
    /// What is said of these numbers, beside them.
    pub claims: Vec<ClaimRow>,
    /// What is proven, per scheme.
    pub proven: Vec<ProvenRow>,
    /// Where the numbers come from: name and value (version, seed, hash of the plan, ...).
    pub provenance: Vec<(String, String)>,
    /// The commands that make the run again.
    pub rerun: Vec<String>,
}

/// What a comparison with a paper came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Within the tolerance, and known well enough to say so.
    Agrees,
    /// Outside the tolerance in value; the trend the paper describes is there.
    TrendOnly,
    /// Outside the tolerance.
    Disagrees,
    /// Too few trials to say.
    Inconclusive,
    /// Not computed in this run.
    NotRun,
}

/// One claim, of a paper or of ours, and what was found.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimRow {
    /// The claim in words.
    pub text: String,
    /// Whether it is about our own numbers, and no verdict on a paper.
    pub is_ours: bool,
    /// The number that is said, with its unit.
    pub paper: String,
    /// Ours, with its standard error.
    pub ours: String,
    /// How far apart the two may be.
    pub tolerance: String,
    /// What the comparison came to.
    pub verdict: Verdict,
    /// What the experiment's author expects it to come to.
    pub expected: Verdict,
    /// Why, if there is something to say.
    pub note: String,
    /// The erratum that explains a disagreement: its words and where it is.
    pub erratum: Option<(String, String)>,
}

/// What is proven about the designs of one scheme.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProvenRow {
    /// The scheme.
    pub scheme: String,
    /// The kind of point its designs are: global, stationary, feasible, ...
    pub point: String,
    /// How that was established.
    pub method: String,
    /// The largest residual over all designs, formatted; empty if there is none.
    pub worst_residual: String,
    /// The largest gap between value and bound over all designs, formatted; empty if there is none.
    pub worst_gap: String,
    /// How many designs there are.
    pub designs: usize,
    /// How many instances were found infeasible.
    pub infeasible: usize,
    /// How many the independent witness does not confirm.
    pub unsound: usize,
    /// How many failed numerically.
    pub failed: usize,
    /// How many were planned and not run.
    pub not_run: usize,
}

/// The page.
pub fn html(report: &ReportData) -> String {
    page::write(report)
}
