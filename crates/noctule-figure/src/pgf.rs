//! The figure as pgfplots: what a paper in LaTeX includes, so that the figure has its type.
//!
//! The numbers are in a table of their own, not in the TeX, so that they can be looked at, replaced
//! and compared. Limits, colours, markers, dashes and the place of the legend are those of the SVG;
//! ticks are left to pgfplots, which knows the size of its type. Needs pgfplots 1.13 or later (its
//! `fillbetween` library only for error bands).

use super::clean::{Curve, cell, curves, describe, empty_words, spans, surface_spans, sweep};
use super::scale::{Label, Span, Ticks, extent};
use super::style::{COLOURS, REFERENCE_COLOUR, Shape, Style, intervals_are_bars, marked};
use super::svg::legend_place;
use super::{Axis, Figure, Heat, Kind, Line, PlotPoint, Scale};

/// A figure in the words of pgfplots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pgf {
    /// A document that compiles by itself, to a page of the size of the figure.
    pub document: String,
    /// The picture alone, to be `\input` into a paper that loads pgfplots.
    pub body: String,
    /// The numbers: comma-separated, one line of names; a value that is not there is `nan`.
    pub table: String,
}

/// Writes the figure; `table_name` is how the TeX refers to the table.
pub(super) fn write(figure: &Figure, table_name: &str) -> Pgf {
    let (options, plots, table) = match &figure.kind {
        Kind::Lines(lines) | Kind::Cdf(lines) => lines_parts(figure, lines, table_name),
        Kind::Heat(heat) => heat_parts(figure, heat, table_name),
    };
    let mut body = format!("% {}\n% {}\n", comment(&figure.title), comment(&describe(figure)));
    body.push_str(&colour_definitions());
    body.push_str("\\begin{tikzpicture}\n\\begin{axis}[\n");
    for option in common_options(figure).iter().chain(&options) {
        body.push_str(&format!("  {option},\n"));
    }
    body.push_str(&format!("]\n{plots}\\end{{axis}}\n\\end{{tikzpicture}}\n"));
    Pgf { document: document(&body), body, table }
}

/// A document around the picture, with the column and the type of an IEEE journal.
fn document(body: &str) -> String {
    format!(
        "\\documentclass[10pt,border=2pt]{{standalone}}\n\
         \\usepackage[T1]{{fontenc}}\n\\usepackage[utf8]{{inputenc}}\n\\usepackage{{mathptmx}}\n\
         \\usepackage{{pgfplots}}\n\\usepgfplotslibrary{{fillbetween}}\n\\pgfplotsset{{compat=1.13}}\n\
         \\begin{{document}}\n% One column of an IEEE journal.\n\\setlength{{\\columnwidth}}{{252pt}}\n{body}\\end{{document}}\n"
    )
}

fn colour_definitions() -> String {
    let named = COLOURS.iter().enumerate().map(|(k, c)| (format!("noctule{}", k + 1), *c));
    let all = named.chain([("noctulereference".to_owned(), REFERENCE_COLOUR)]);
    all.map(|(name, c)| format!("\\definecolor{{{name}}}{{HTML}}{{{}}}\n", &c[1..])).collect()
}

/// The name of a colour in the TeX.
fn colour_name(colour: &str) -> String {
    let known = COLOURS.iter().position(|c| *c == colour);
    known.map_or_else(|| "noctulereference".to_owned(), |k| format!("noctule{}", k + 1))
}

/// A caption of more characters than this is set in lines.
const LONG_CAPTION: usize = 40;

fn common_options(figure: &Figure) -> Vec<String> {
    let mut options: Vec<String> = [
        "height=0.72\\columnwidth",
        "label style={font=\\footnotesize}",
        "tick label style={font=\\footnotesize}",
        "tick style={black}",
        "legend style={font=\\scriptsize, row sep=-1pt, /tikz/every even column/.append style={column sep=4pt}}",
        "legend cell align=left",
    ]
    .map(str::to_owned)
    .into();
    // What pgfplots sets aside for numbers and one line of words is a little less than they take.
    let long = |axis: &Axis| axis.caption().chars().count() > LONG_CAPTION;
    let width = if long(&figure.y) { "0.83" } else { "0.93" };
    options.push(format!("width={width}\\columnwidth"));
    for (name, axis) in [("x", &figure.x), ("y", &figure.y)] {
        let caption = axis.caption();
        options.push(format!("{name}label={{{}}}", escape(&caption)));
        if long(axis) {
            options
                .push(format!("{name}label style={{align=center, text width=0.6\\columnwidth}}"));
        }
        if axis.scale == Scale::Log {
            options.push(format!("{name}mode=log"));
        }
    }
    options
}

/// Limits as options; with ticks, where a logarithmic axis has none at decades (pgfplots would
/// write broken exponents there).
fn limits((x, y): (&Span, &Span), sweep: &[f64]) -> Vec<String> {
    let mut options = Vec::new();
    for (name, span, sweep) in [("x", x, sweep), ("y", y, &[][..])] {
        options.push(format!("{name}min={}, {name}max={}", limit(span.low), limit(span.high)));
        let ticks = Ticks::new(span, 6, sweep);
        let labelled: Vec<_> =
            ticks.ticks.iter().filter_map(|t| Some((t.at, t.label.as_ref()?))).collect();
        let decades =
            labelled.iter().all(|(_, label)| label.text == "10" && !label.raised.is_empty());
        if span.scale == Scale::Log && !decades && ticks.factor.is_none() {
            let at: Vec<String> = labelled.iter().map(|(at, _)| number(*at)).collect();
            let words: Vec<String> = labelled.iter().map(|(_, label)| tick_words(label)).collect();
            options.push(format!(
                "{name}tick={{{}}}, {name}ticklabels={{{}}}",
                at.join(","),
                words.join(",")
            ));
        }
    }
    options
}

/// A limit without the digits that its computation left behind.
fn limit(value: f64) -> String {
    number(format!("{value:.11e}").parse().unwrap_or(value))
}

/// A tick's label as LaTeX.
fn tick_words(label: &Label) -> String {
    let plain = |text: &str| text.replace('−', "-").replace('×', "\\times ");
    let raised = plain(&label.raised);
    let raised = if raised.is_empty() { raised } else { format!("^{{{raised}}}") };
    format!("${}{raised}$", plain(&label.text))
}

/// Options, plots and table of curves.
fn lines_parts(figure: &Figure, lines: &[Line], table_name: &str) -> (Vec<String>, String, String) {
    let (mut curves, _) = curves(figure, lines);
    let (x, y) = spans(figure, &curves);
    let mut options = limits((&x, &y), &sweep(figure, &curves));
    options.push("grid=major, major grid style={black!15, very thin}".to_owned());
    options.push(match legend_place(figure, &curves) {
        Ok(corner) => {
            let (across, up) = corner.at;
            let (across, up) = (0.02 + 0.96 * across, 0.025 + 0.95 * up);
            format!("legend style={{at={{({across},{up})}}, anchor={}}}", corner.name)
        }
        Err(columns) => {
            format!("legend columns={columns}, legend style={{at={{(0.5,1.03)}}, anchor=south}}")
        }
    });
    let steps = matches!(figure.kind, Kind::Cdf(_));
    if steps {
        curves.iter_mut().for_each(|curve| begin_at_zero(curve, x.high));
    }
    let columns = Columns::new(&curves);
    let most = curves.iter().map(|c| c.points.len()).max().unwrap_or(0);
    let plot = |(k, curve)| {
        let look = Look { steps, bars: intervals_are_bars(most), number: (k, curves.len()) };
        curve_plots(curve, &columns, &look, table_name)
    };
    let mut plots: String = curves.iter().enumerate().map(plot).collect();
    if curves.is_empty() {
        plots.push_str(&no_data(figure));
    }
    (options, plots, columns.table(&curves, &y))
}

/// The words in an empty frame.
fn no_data(figure: &Figure) -> String {
    format!("\\node at (rel axis cs:0.5,0.5) {{\\footnotesize {}}};\n", empty_words(figure))
}

/// A distribution function begins at zero and goes on to the end of the axis.
fn begin_at_zero(curve: &mut Curve<'_>, end: f64) {
    let first = curve.present().next().map(|p| PlotPoint::from((p.x, 0.0)));
    let last = curve.present().last().map(|p| PlotPoint::from((end.max(p.x), p.y)));
    curve.points.insert(0, first);
    curve.points.push(last);
}

/// How a curve is drawn besides its style.
struct Look {
    steps: bool,
    bars: bool,
    /// Which curve of how many.
    number: (usize, usize),
}

/// The plots of one curve: its band, and itself.
fn curve_plots(curve: &Curve<'_>, columns: &Columns, look: &Look, table_name: &str) -> String {
    let k = look.number.0 + 1;
    let (x, colour) = (columns.x(k), colour_name(curve.style.colour));
    let mut out = String::new();
    let table = |y: &str, more: &str| {
        format!("table [col sep=comma, x={x}, y={y}{more}] {{{table_name}}};\n")
    };
    let interval = columns.intervals[k - 1];
    if interval && !look.bars {
        for side in ["low", "high"] {
            let name = format!("{side}{k}");
            let path = format!("draw=none, mark=none, forget plot, name path={name}");
            out.push_str(&format!("\\addplot [{path}] {}", table(&name, "")));
        }
        let fill = format!("fill={colour}, fill opacity=0.16, draw=none, forget plot");
        out.push_str(&format!("\\addplot [{fill}] fill between [of=low{k} and high{k}];\n"));
    }
    let mut options = vec![colour, "line width=0.8pt".to_owned()];
    options.extend(dashes(&curve.style));
    options.extend(marks(curve, look));
    let mut more = String::new();
    if interval && look.bars {
        options.push("error bars/y dir=both, error bars/y explicit, error bars/error bar style={solid, line width=0.5pt}".to_owned());
        more = format!(
            ", y error minus expr=\\thisrow{{y{k}}}-\\thisrow{{low{k}}}, y error plus expr=\\thisrow{{high{k}}}-\\thisrow{{y{k}}}"
        );
    }
    out.push_str(&format!("\\addplot [{}] {}", options.join(", "), table(&format!("y{k}"), &more)));
    out.push_str(&format!("\\addlegendentry{{{}}}\n", escape(curve.label)));
    out
}

fn dashes(style: &Style) -> Option<String> {
    let pair = |(k, length): (usize, &f64)| {
        format!("{} {length}pt", if k % 2 == 0 { "on" } else { "off" })
    };
    let pattern: Vec<String> = style.dashes.iter().enumerate().map(pair).collect();
    (!pattern.is_empty()).then(|| format!("dash pattern={}", pattern.join(" ")))
}

/// Options for the markers of a curve, and for its steps.
fn marks(curve: &Curve<'_>, look: &Look) -> Vec<String> {
    let mut options = Vec::new();
    if look.steps {
        options.push("const plot".to_owned());
    }
    let points = curve.points.len();
    if curve.points.iter().any(Option::is_none) {
        options.push("unbounded coords=jump".to_owned());
    }
    let Some((shape, filled)) = curve.style.marker else {
        // A single point has no line to be seen by.
        options.push(
            if points > 1 { "mark=none" } else { "only marks, mark=*, mark size=1pt" }.to_owned(),
        );
        return options;
    };
    let (mark, turn) = match shape {
        Shape::Circle => ("*", ""),
        Shape::Square => ("square*", ""),
        Shape::Triangle => ("triangle*", ""),
        Shape::Down => ("triangle*", ", rotate=180"),
        Shape::Diamond => ("diamond*", ""),
        Shape::Cross => ("x", ""),
        Shape::Plus => ("+", ""),
        Shape::Star => ("asterisk", ""),
    };
    // An open marker is filled with white, so that no line shows through it.
    let fill = if filled { "" } else { ", fill=white" };
    options.push(format!(
        "mark={mark}, mark size=2pt, mark options={{solid, line width=0.7pt{fill}{turn}}}"
    ));
    let (every, first) = marked(points, look.number.0, look.number.1);
    if every > 1 {
        options.push(format!("mark repeat={every}, mark phase={}", first % every + 1));
    }
    options
}

/// The columns of the table of curves.
struct Columns {
    /// Whether all curves have the same x in every row, and so share the column.
    shared: bool,
    /// Which curves have intervals.
    intervals: Vec<bool>,
}

impl Columns {
    fn new(curves: &[Curve<'_>]) -> Self {
        let xs = |curve: &Curve<'_>| -> Vec<Option<f64>> {
            curve.points.iter().map(|p| p.map(|p| p.x)).collect()
        };
        let first = curves.first().map(xs);
        let shared =
            curves.iter().all(|c| c.points.iter().all(Option::is_some) && Some(xs(c)) == first);
        let intervals = curves.iter().map(|c| c.present().any(|p| p.low.is_some())).collect();
        Self { shared, intervals }
    }

    /// The name of the x of curve `k`, counted from one.
    fn x(&self, k: usize) -> String {
        if self.shared { "x".to_owned() } else { format!("x{k}") }
    }

    fn table(&self, curves: &[Curve<'_>], y: &Span) -> String {
        let rows = curves.iter().map(|c| c.points.len()).max().unwrap_or(0);
        let mut names = Vec::new();
        for (k, interval) in self.intervals.iter().enumerate().map(|(k, i)| (k + 1, *i)) {
            if !self.shared || k == 1 {
                names.push(self.x(k));
            }
            names.push(format!("y{k}"));
            if interval {
                names.extend([format!("low{k}"), format!("high{k}")]);
            }
        }
        let mut out = format!("{}\n", names.join(","));
        for row in 0..rows {
            let mut cells = Vec::new();
            for (k, curve) in curves.iter().enumerate() {
                let point = curve.points.get(row).copied().flatten();
                let mut put =
                    |v: Option<f64>| cells.push(v.map_or_else(|| "nan".to_owned(), number));
                if !self.shared || k == 0 {
                    put(point.map(|p| p.x));
                }
                put(point.map(|p| p.y));
                if self.intervals[k] {
                    // An interval open below ends at the frame; one that is not there has no width.
                    let floor = |v: f64| if y.scale == Scale::Log { v.max(y.low) } else { v };
                    put(point.map(|p| floor(p.low.unwrap_or(p.y))));
                    put(point.map(|p| p.high.unwrap_or(p.y)));
                }
            }
            out.push_str(&format!("{}\n", cells.join(",")));
        }
        out
    }
}

/// Options, plots and table of a surface.
fn heat_parts(figure: &Figure, heat: &Heat, table_name: &str) -> (Vec<String>, String, String) {
    let log = heat.scale == Scale::Log;
    let shown = |v: f64| if log { v.log10() } else { v };
    let mut table = "x,y,value\n".to_owned();
    let mut values = Vec::new();
    for (j, y) in heat.y.iter().enumerate() {
        for (i, x) in heat.x.iter().enumerate() {
            let value = cell(heat, i, j).map(shown);
            values.extend(value);
            let value = value.map_or_else(|| "nan".to_owned(), number);
            table.push_str(&format!("{},{},{value}\n", number(*x), number(*y)));
        }
    }
    let (across, up) = surface_spans(figure, heat);
    let mut options = limits((&across, &up), &[]);
    let Some((low, high)) = extent(values.into_iter()) else {
        return (options, no_data(figure), table);
    };
    options.push("axis on top, tick align=outside, tick pos=left".to_owned());
    // The colour bar stands beside the frame: both together fill the column.
    options.push("width=0.74\\columnwidth, colorbar, colormap/viridis".to_owned());
    options.push(format!("point meta min={}, point meta max={}", number(low), number(high)));
    options.push(format!("colorbar style={{{}}}", bar_style(heat, (low, high))));
    let mut plots = format!(
        "\\addplot [matrix plot*, mesh/cols={}, point meta=explicit] table [col sep=comma, x=x, y=y, meta=value] {{{table_name}}};\n",
        heat.x.len()
    );
    for (x, y, name) in heat.marks.iter().filter(|m| across.contains(m.0) && up.contains(m.1)) {
        let side = if across.place(*x) < 0.75 { "right, xshift=3pt" } else { "left, xshift=-3pt" };
        let (x, y, name) = (number(*x), number(*y), escape(name));
        plots.push_str(&format!(
            "\\addplot [only marks, mark=x, black, thick] coordinates {{({x},{y})}};\n"
        ));
        plots
            .push_str(&format!("\\node [{side}, {NAME_STYLE}] at (axis cs:{x},{y}) {{{name}}};\n"));
    }
    (options, plots, table)
}

/// How the name of a marked place is set: legible on every colour.
const NAME_STYLE: &str =
    "font=\\scriptsize, fill=white, fill opacity=0.7, text opacity=1, inner sep=1pt";

/// Options of the colour bar. pgfplots colours by the value itself, so that a logarithmic scale is
/// made by hand: the table holds exponents, and the ticks say what they are exponents of.
fn bar_style(heat: &Heat, (low, high): (f64, f64)) -> String {
    let mut style = format!(
        "width=7pt, xshift=-5pt, ylabel={{{}}}, label style={{font=\\footnotesize}}, tick label style={{font=\\footnotesize}}",
        escape(&heat.caption())
    );
    if heat.scale == Scale::Log {
        style.push_str(", yticklabel={$10^{\\pgfmathprintnumber{\\tick}}$}");
        if high.floor() - low.ceil() >= 1.0 {
            style.push_str(", ytick distance=1");
        }
    }
    style
}

/// A number as pgfplots and every reader of tables understand it, with all its digits.
fn number(value: f64) -> String {
    let plain = value == 0.0 || (1e-4..1e7).contains(&value.abs());
    if plain { format!("{value}") } else { format!("{value:e}") }
}

/// Text within a TeX comment: on one line.
fn comment(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text as LaTeX sets it: its special characters, and the signs engineers use, become commands.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in comment(text).chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            '<' | '>' => out.extend(['$', c, '$']),
            c => match SIGNS.iter().find(|(sign, _)| *sign == c) {
                Some((_, command)) => out.push_str(&format!("${command}$")),
                None => out.push(c),
            },
        }
    }
    out
}

/// Signs that classic LaTeX has only in mathematics.
const SIGNS: [(char, &str); 36] = [
    ('−', "-"),
    ('×', "\\times"),
    ('·', "\\cdot"),
    ('±', "\\pm"),
    ('≤', "\\le"),
    ('≥', "\\ge"),
    ('≈', "\\approx"),
    ('∞', "\\infty"),
    ('→', "\\to"),
    ('√', "\\surd"),
    ('‖', "\\|"),
    ('°', "^\\circ"),
    ('²', "^2"),
    ('³', "^3"),
    ('⁻', "^-"),
    ('¹', "^1"),
    ('µ', "\\mu"),
    ('μ', "\\mu"),
    ('α', "\\alpha"),
    ('β', "\\beta"),
    ('γ', "\\gamma"),
    ('δ', "\\delta"),
    ('ε', "\\varepsilon"),
    ('θ', "\\theta"),
    ('κ', "\\kappa"),
    ('λ', "\\lambda"),
    ('π', "\\pi"),
    ('ρ', "\\rho"),
    ('σ', "\\sigma"),
    ('τ', "\\tau"),
    ('φ', "\\varphi"),
    ('ω', "\\omega"),
    ('Γ', "\\Gamma"),
    ('Δ', "\\Delta"),
    ('Σ', "\\Sigma"),
    ('Ω', "\\Omega"),
];
