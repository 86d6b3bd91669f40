//! Surfaces: their cells, their colour bar, the names on them.

use super::options::{limits, no_data};
use super::words::{escape, number};
use crate::clean::{cell, surface_spans};
use crate::scale::extent;
use crate::{Figure, Heat, Scale};

/// Options, plots and table of a surface.
pub(super) fn heat_parts(
    figure: &Figure,
    heat: &Heat,
    table_name: &str,
) -> (Vec<String>, String, String) {
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
    let Some(extent) = extent(values.into_iter()) else {
        return (options, no_data(figure), table);
    };
    let usable = |(low, high): &(f64, f64)| {
        low < high && heat.scale.admits(*low) && heat.scale.admits(*high)
    };
    let asked = heat.range.filter(usable).map(|(low, high)| (shown(low), shown(high)));
    let (low, high) = asked.unwrap_or(extent);
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
