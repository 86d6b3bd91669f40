//! Curves: their plots, their markers, their table.

use std::collections::BTreeSet;

use super::options::{colour_name, limits, no_data};
use super::words::{escape, number};
use crate::clean::{Curve, curves, named, spans, sweep};
use crate::scale::Span;
use crate::style::{Shape, Style, intervals_are_bars, marked};
use crate::svg::{Naming, naming};
use crate::{Figure, Kind, Line, PlotPoint, Scale};

/// Options, plots and table of curves.
pub(super) fn lines_parts(
    figure: &Figure,
    lines: &[Line],
    table_name: &str,
) -> (Vec<String>, String, String) {
    let (mut curves, _) = curves(figure, lines);
    let (x, y) = spans(figure, &curves);
    let mut options = limits((&x, &y), &sweep(figure, &curves));
    options.push("grid=major, major grid style={black!15, very thin}".to_owned());
    let naming = naming(figure, &curves);
    let rows = curves.iter().filter(|curve| !curve.absent.is_empty()).count();
    options.extend(legend_options(&naming, rows));
    if naming == Naming::Ends || rows > 0 {
        // What stands beside the frame is not cut off.
        options.push("clip mode=individual".to_owned());
    }
    if !figure.x.names.is_empty() {
        options.push(kinds(&figure.x.names));
    }
    let steps = matches!(figure.kind, Kind::Cdf(_));
    if steps {
        curves.iter_mut().for_each(|curve| begin_at_zero(curve, x.high));
    }
    let columns = Columns::new(&curves);
    let most = curves.iter().map(|c| c.points.len()).max().unwrap_or(0);
    let plot = |(k, curve): (usize, &Curve<'_>)| {
        let look = Look {
            steps,
            bars: intervals_are_bars(most),
            apart: !figure.x.names.is_empty(),
            named: naming != Naming::Ends && curve.factors.is_none(),
            number: (k, curves.len()),
        };
        curve_plots(curve, &columns, &look, table_name)
    };
    let mut plots: String = curves.iter().enumerate().map(plot).collect();
    if naming == Naming::Ends {
        plots.push_str(&ends(&curves));
    } else {
        plots.push_str(&pairs(&curves, &naming));
    }
    plots.push_str(&absent(&curves, &y));
    if curves.iter().all(|curve| curve.points.is_empty()) {
        plots.push_str(&no_data(figure));
    }
    (options, plots, columns.table(&curves, &y))
}

/// The names of kinds and values where curves are pairs of them: images of their own, kinds in rows of
/// their own. Curves that are no pairs name themselves, before them.
fn pairs(curves: &[Curve<'_>], naming: &Naming) -> String {
    let (named, kinds) = named(curves);
    let columns = match naming {
        Naming::Inside { columns, .. } | Naming::Above(columns) => (*columns).max(1),
        Naming::None | Naming::Ends => return String::new(),
    };
    let distinct: BTreeSet<usize> =
        curves.iter().filter_map(|curve| Some(curve.factors?.value.0)).collect();
    let empty = "\\addlegendimage{empty legend}\\addlegendentry{}\n";
    let mut out = String::new();
    for (k, name) in named.iter().take(kinds + distinct.len()).enumerate() {
        if k == kinds {
            out.push_str(&empty.repeat((columns - kinds % columns) % columns));
        }
        let mut options = vec![colour_name(name.style.colour), "line width=0.8pt".to_owned()];
        options.extend(dashes(&name.style));
        options.extend(name.style.marker.map(mark));
        out.push_str(&format!("\\addlegendimage{{{}}}\n", options.join(", ")));
        out.push_str(&format!("\\addlegendentry{{{}}}\n", escape(name.words)));
    }
    out
}

/// Where the legend stands, over so many rows of marks above the frame.
fn legend_options(naming: &Naming, rows: usize) -> Option<String> {
    match naming {
        Naming::None | Naming::Ends => None,
        Naming::Inside { at: (across, up), anchor, columns } => {
            let columns =
                if *columns > 1 { format!("legend columns={columns}, ") } else { String::new() };
            let at = format!("at={{({across:.3},{up:.3})}}, anchor={anchor}");
            Some(format!("{columns}legend style={{{at}}}"))
        }
        Naming::Above(columns) => {
            let up = 1.03 + 0.055 * rows as f64;
            let at = format!("at={{(0.5,{up:.3})}}, anchor=south");
            Some(format!("legend columns={columns}, legend style={{{at}}}"))
        }
    }
}

/// The words along an axis of kinds.
fn kinds(names: &[String]) -> String {
    let at: Vec<String> = (0..names.len()).map(|k| k.to_string()).collect();
    let words: Vec<String> = names.iter().map(|name| format!("{{{}}}", escape(name))).collect();
    let style = "xticklabel style={align=center, text width=0.9\\columnwidth/";
    let style = format!("{style}{}}}", names.len().max(1));
    format!("xtick={{{}}}, xticklabels={{{}}}, {style}", at.join(","), words.join(","))
}

/// The name of every curve beside its end.
fn ends(curves: &[Curve<'_>]) -> String {
    let one = |curve: &Curve<'_>| {
        let last = curve.present().last()?;
        let (x, y) = (number(last.x), number(last.y));
        let style =
            format!("right, xshift=3pt, font=\\scriptsize, {}", colour_name(curve.style.colour));
        let place = format!("{{axis cs:{x},{y}}} -| {{rel axis cs:1,0}}");
        Some(format!("\\node [{style}] at ({place}) {{{}}};\n", escape(curve.label)))
    };
    curves.iter().filter_map(one).collect()
}

/// The rows of trials without a value, above the frame; the first curve highest.
fn absent(curves: &[Curve<'_>], y: &Span) -> String {
    let with: Vec<_> = curves.iter().filter(|curve| !curve.absent.is_empty()).collect();
    let mut out = String::new();
    for (row, curve) in with.iter().rev().enumerate() {
        let colour = colour_name(curve.style.colour);
        let up = 4.0 + 7.0 * row as f64;
        for absent in &curve.absent {
            let (x, low) = (number(absent.x), number(y.low));
            let place = format!("{{axis cs:{x},{low}}} |- {{rel axis cs:0,1}}");
            let words = match absent.of {
                1 => "$\\times$".to_owned(),
                of => format!("$\\times$\\,{}/{of}", absent.count),
            };
            let style = format!("{colour}, font=\\tiny, inner sep=0pt, yshift={up}pt");
            out.push_str(&format!("\\node [{style}] at ({place}) {{{words}}};\n"));
        }
    }
    out
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
    /// Whether points stand alone: the axis has kinds and not numbers.
    apart: bool,
    /// Whether it is in the legend.
    named: bool,
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
    if curve.factors.is_some() {
        // It is named by its kind and its value.
        options.push("forget plot".to_owned());
    }
    let mut more = String::new();
    if interval && look.bars {
        options.push("error bars/y dir=both, error bars/y explicit, error bars/error bar style={solid, line width=0.5pt}".to_owned());
        more = format!(
            ", y error minus expr=\\thisrow{{y{k}}}-\\thisrow{{low{k}}}, y error plus expr=\\thisrow{{high{k}}}-\\thisrow{{y{k}}}"
        );
    }
    out.push_str(&format!("\\addplot [{}] {}", options.join(", "), table(&format!("y{k}"), &more)));
    if look.named {
        out.push_str(&format!("\\addlegendentry{{{}}}\n", escape(curve.label)));
    }
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
    if look.apart {
        let (k, count) = look.number;
        let aside = 16.0 * ((k as f64 + 0.5) / count as f64 - 0.5);
        options.push(format!("only marks, xshift={aside:.1}pt"));
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
    if !curve.style.joined {
        let name = mark_name(shape).0;
        options.push(format!(
            "only marks, mark={name}, mark size=3.2pt, mark options={{line width=1pt}}"
        ));
        return options;
    }
    options.push(mark((shape, filled)));
    let (every, first) = marked(points, look.number.0, look.number.1);
    if every > 1 {
        options.push(format!("mark repeat={every}, mark phase={}", first % every + 1));
    }
    options
}

/// A marker in the words of pgfplots, and how it is turned.
fn mark_name(shape: Shape) -> (&'static str, &'static str) {
    match shape {
        Shape::Circle => ("*", ""),
        Shape::Square => ("square*", ""),
        Shape::Triangle => ("triangle*", ""),
        Shape::Down => ("triangle*", ", rotate=180"),
        Shape::Diamond => ("diamond*", ""),
        Shape::Cross => ("x", ""),
        Shape::Plus => ("+", ""),
        Shape::Star => ("asterisk", ""),
    }
}

/// The options of a marker; an open one is filled with white, so that no line shows through it.
fn mark((shape, filled): (Shape, bool)) -> String {
    let (name, turn) = mark_name(shape);
    let fill = if filled { "" } else { ", fill=white" };
    format!("mark={name}, mark size=2pt, mark options={{solid, line width=0.7pt{fill}{turn}}}")
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
                    let floor = |v: f64| {
                        if y.scale == Scale::Log { v.max(y.low) } else { v }
                    };
                    put(point.map(|p| floor(p.low.unwrap_or(p.y))));
                    put(point.map(|p| p.high.unwrap_or(p.y)));
                }
            }
            out.push_str(&format!("{}\n", cells.join(",")));
        }
        out
    }
}
