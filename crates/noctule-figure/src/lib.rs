//! Figures for papers: plain data in, text out.
//!
//! A [`Figure`] is what a person would say about a plot before drawing it: the two axes with their
//! units, and either lines, distribution functions, a surface or a map. Nothing in it knows where the
//! numbers come from, and nothing that draws it asks for more. Two writers turn it into text:
//!
//! - [`Figure::svg`] draws it, at the width of one IEEE column, for reports and web pages;
//! - [`Figure::pgf`] writes a pgfplots document and the table it reads, for LaTeX papers whose
//!   figures must carry the paper's own fonts.
//!
//! ```text
//!             ┌ clean: drop NaN, and ≤ 0 on log axes; count what was dropped
//!   Figure ───┤
//!             ├ svg: range → ticks → frame → bands → lines → markers → legend
//!             └ pgf: the same lines as a table, the same choices as pgfplots options
//! ```
//!
//! Both are functions of the figure alone: the same figure gives the same bytes, on every machine
//! that draws the same numbers. Values that cannot be drawn (NaN, infinities, zero on a logarithmic
//! axis) are left out and counted in the description of the figure; a figure without any value left
//! is still a figure, and says "no data". No input panics.
//!
//! Words may hold symbols, between dollar signs and as in TeX: `Users $K$`, `$δ_c$ = 1`.
//!
//! ```
//! use noctule_figure::{Axis, Figure, Kind, Line, PlotPoint};
//!
//! let rate = Line::new("proposed", [(0.0, 1.2), (10.0, 4.1), (20.0, 7.3)].map(PlotPoint::from));
//! let figure = Figure {
//!     id: "rate".into(),
//!     title: "Sum rate against transmit power".into(),
//!     x: Axis::linear("Transmit power", "dBm"),
//!     y: Axis::linear("Sum rate", "bit/s/Hz"),
//!     kind: Kind::Lines(vec![rate]),
//! };
//! assert!(figure.svg().starts_with("<svg"));
//! assert!(figure.pgf("rate.dat").document.contains(r"\begin{axis}"));
//! ```

mod clean;
pub mod pgf;
mod scale;
mod scene;
mod style;
mod svg;
mod symbols;
#[cfg(test)]
mod tests;

pub use scene::{Beam, Group, Scene, Spot};
pub use svg::escape;
pub use symbols::plain;

/// A figure: what is drawn, and against what.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// A short name, the stem of the figure's files.
    pub id: String,
    /// What the figure shows, in one line; not drawn (a caption belongs below a figure), but given
    /// to screen readers and written as a comment into the TeX file.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn.
    pub kind: Kind,
}

/// One axis: its words, its unit and how values are placed on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The words, without the unit.
    pub label: String,
    /// The unit, drawn in parentheses behind the words; empty for a pure number.
    pub unit: String,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// The limits, if the author wants them fixed; otherwise they follow the data. Limits that
    /// cannot be used (not finite, equal, or not positive on a logarithmic axis) are ignored.
    pub range: Option<(f64, f64)>,
    /// Whether the values along a horizontal axis came out rather than being chosen: chosen ones
    /// make good ticks.
    pub measured: bool,
    /// Whether only whole numbers mean something, even where means of them lie between: then no tick
    /// does. Axes on which every value is whole need not say so.
    pub whole: bool,
    /// The words at the places 0, 1, 2, … of a horizontal axis of kinds instead of numbers; then
    /// nothing joins the points.
    pub names: Vec<String>,
}

impl Axis {
    /// A linear axis that follows the data.
    pub fn linear(label: impl Into<String>, unit: impl Into<String>) -> Self {
        let (label, unit) = (label.into(), unit.into());
        let names = Vec::new();
        Self {
            label,
            unit,
            scale: Scale::Linear,
            range: None,
            measured: false,
            whole: false,
            names,
        }
    }

    /// A logarithmic axis that follows the data.
    pub fn log(label: impl Into<String>, unit: impl Into<String>) -> Self {
        Self { scale: Scale::Log, ..Self::linear(label, unit) }
    }

    /// The words with the unit in parentheses, as drawn along the axis.
    pub fn caption(&self) -> String {
        caption(&self.label, &self.unit)
    }
}

/// `label (unit)`, without empty parentheses.
fn caption(label: &str, unit: &str) -> String {
    if unit.is_empty() { label.to_owned() } else { format!("{label} ({unit})") }
}

/// Beyond this a value has no place in a figure.
const LARGEST: f64 = 1e300;

/// How values are placed on an axis or on a colour bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// In proportion to the value.
    #[default]
    Linear,
    /// In proportion to its logarithm; values that are not positive have no place.
    Log,
}

impl Scale {
    /// Whether a value has a place on this scale: it is a number, of a size below 1e300 (so that
    /// the distance between two of them is a number too), and above 1e-300 on a logarithmic one.
    pub fn admits(self, value: f64) -> bool {
        value.abs() <= LARGEST && (self == Scale::Linear || value >= 1.0 / LARGEST)
    }
}

/// What a figure shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Values against a swept quantity, joined by straight lines.
    Lines(Vec<Line>),
    /// Distribution functions: steps between 0 and 1. [`empirical_cdf`] makes the points.
    Cdf(Vec<Line>),
    /// A surface over two quantities, shown by colour.
    Heat(Heat),
    /// A map of one scale: who stands where, and where beams go. Its axes are linear.
    Scene(Scene),
}

/// One curve.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// Its name in the legend.
    pub label: String,
    /// Its points, in the order in which they are joined; one whose x is NaN breaks the line.
    pub points: Vec<PlotPoint>,
    /// Where trials have no value, and so are not in the points: marked above the frame.
    pub absent: Vec<Absent>,
    /// Whether it is something to compare with (a bound, a number read from a paper) and not one of
    /// the compared: drawn dashed in grey, without markers.
    pub reference: bool,
    /// Whether its points are numbers that somebody else printed: marks, larger than those of curves,
    /// with nothing to join them.
    pub printed: bool,
    /// Its place in the order of colours, markers and dashes, so that a scheme looks the same in
    /// every figure; `None` takes the place of its position in this one.
    pub place: Option<usize>,
    /// The two things it is one of, where curves are all pairs of few: its marker and dashes are those
    /// of the kind, its colour that of the value, and the legend names each once.
    pub factors: Option<Factors>,
}

/// One pair of a kind (a scheme) and a value (of a parameter), by number and name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Factors {
    /// What the marker and the dashes stand for.
    pub kind: (usize, String),
    /// What the colour stands for.
    pub value: (usize, String),
}

impl Line {
    /// One of the compared curves.
    pub fn new(label: impl Into<String>, points: impl IntoIterator<Item = PlotPoint>) -> Self {
        let points = points.into_iter().collect();
        Self { label: label.into(), points, ..Self::default() }
    }

    /// The same curve at a place of its own in the order of colours, markers and dashes.
    #[must_use]
    pub fn at(mut self, place: Option<usize>) -> Self {
        self.place = place;
        self
    }

    /// A curve to compare with.
    pub fn reference(
        label: impl Into<String>,
        points: impl IntoIterator<Item = PlotPoint>,
    ) -> Self {
        Self { reference: true, ..Self::new(label, points) }
    }

    /// Numbers that somebody else printed.
    pub fn printed(label: impl Into<String>, points: impl IntoIterator<Item = PlotPoint>) -> Self {
        Self { printed: true, ..Self::new(label, points) }
    }
}

/// Trials of a curve that have no value at a place: infeasible, failed, not run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Absent {
    /// Where.
    pub x: f64,
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
}

/// One point of a curve, with the interval it is uncertain by.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PlotPoint {
    /// Where.
    pub x: f64,
    /// How much.
    pub y: f64,
    /// Lower end of the interval (say, the mean less one standard error), not an offset.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
}

impl From<(f64, f64)> for PlotPoint {
    /// A point without an interval.
    fn from((x, y): (f64, f64)) -> Self {
        Self { x, y, low: None, high: None }
    }
}

/// A surface over a grid of cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heat {
    /// Centres of the columns, increasing.
    pub x: Vec<f64>,
    /// Centres of the rows, increasing.
    pub y: Vec<f64>,
    /// The values, row after row: the cell at `(x[i], y[j])` is `value[j * x.len() + i]`. An absent
    /// one, or one past the end of a short table, is hatched.
    pub value: Vec<Option<f64>>,
    /// What the values are, written beside the colour bar.
    pub label: String,
    /// Their unit.
    pub unit: String,
    /// How values become colours.
    pub scale: Scale,
    /// The values of the darkest and the brightest colour, where surfaces are to be compared; those
    /// of the cells otherwise.
    pub range: Option<(f64, f64)>,
    /// Places to mark (targets, users), each with its name.
    pub marks: Vec<(f64, f64, String)>,
}

impl Heat {
    /// The words beside the colour bar, with the unit in parentheses.
    pub fn caption(&self) -> String {
        caption(&self.label, &self.unit)
    }
}

/// The most points an empirical distribution function is drawn with.
///
/// A column of a journal is some 250 points of type wide: more steps than this cannot be seen, and
/// a hundred thousand of them make a file nobody can open.
pub const CDF_POINTS: usize = 400;

/// The empirical distribution function of a sample: at each point, the share of the sample at or
/// below it.
///
/// NaN is no value and is left out. An infinity is a value without a place: it counts in the share,
/// so that a scheme that fails in one trial in ten has a curve that ends at 0.9, and not one that
/// looks as if those trials had never been run. Samples of more than [`CDF_POINTS`] values are
/// thinned to that many equally spaced ranks; smallest and largest always stay.
pub fn empirical_cdf(sample: &[f64]) -> Vec<PlotPoint> {
    let mut sorted: Vec<f64> = sample.iter().copied().filter(|v| !v.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let wanted = n.min(CDF_POINTS);
    let ranks = (0..wanted).map(|k| if wanted < 2 { 0 } else { k * (n - 1) / (wanted - 1) });
    let mut points: Vec<PlotPoint> = Vec::with_capacity(wanted);
    for rank in ranks {
        let x = sorted[rank];
        // The share *at or below* x: tied values are one step, not several.
        let y = sorted.partition_point(|v| *v <= x) as f64 / n as f64;
        let repeated = points.last().is_some_and(|last| last.x.total_cmp(&x).is_eq());
        if x.is_finite() && !repeated {
            points.push(PlotPoint::from((x, y)));
        }
    }
    points
}

impl Figure {
    /// The figure as a self-contained SVG document, one IEEE column wide.
    pub fn svg(&self) -> String {
        svg::draw(self)
    }

    /// What of the data is not drawn and why, in one sentence: values that are not finite, or not
    /// positive on a logarithmic axis. `None` where all is drawn.
    pub fn left_out(&self) -> Option<String> {
        clean::left_out(self)
    }

    /// The figure as a pgfplots document and the table it reads, which the caller is to store as
    /// `table_name` beside it.
    pub fn pgf(&self, table_name: &str) -> pgf::Pgf {
        pgf::write(self, table_name)
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
