//! What curves and surfaces have in common: colours, axes, limits, the words of an empty frame.

use super::words::{escape, number};
use crate::clean::empty_words;
use crate::scale::{Label, Span, Ticks};
use crate::style::{COLOURS, REFERENCE_COLOUR};
use crate::{Axis, Figure, Scale};

pub(super) fn colour_definitions() -> String {
    let named = COLOURS.iter().enumerate().map(|(k, c)| (format!("noctule{}", k + 1), *c));
    let all = named.chain([("noctulereference".to_owned(), REFERENCE_COLOUR)]);
    all.map(|(name, c)| format!("\\definecolor{{{name}}}{{HTML}}{{{}}}\n", &c[1..])).collect()
}

/// The name of a colour in the TeX.
pub(super) fn colour_name(colour: &str) -> String {
    let known = COLOURS.iter().position(|c| *c == colour);
    known.map_or_else(|| "noctulereference".to_owned(), |k| format!("noctule{}", k + 1))
}

/// A caption of more characters than this is set in lines.
const LONG_CAPTION: usize = 40;

pub(super) fn common_options(figure: &Figure) -> Vec<String> {
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
pub(super) fn limits((x, y): (&Span, &Span), sweep: &[f64]) -> Vec<String> {
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

/// The words in an empty frame.
pub(super) fn no_data(figure: &Figure) -> String {
    no_words(empty_words(figure))
}

/// These words in the middle of a frame.
pub(super) fn no_words(words: &str) -> String {
    format!("\\node at (rel axis cs:0.5,0.5) {{\\footnotesize {words}}};\n")
}
