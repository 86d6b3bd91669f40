//! The figure as pgfplots: what a paper in LaTeX includes, so that the figure has its type.
//!
//! The numbers are in a table of their own, not in the TeX, so that they can be looked at, replaced
//! and compared. Limits, colours, markers, dashes and the place of the legend are those of the SVG;
//! ticks are left to pgfplots, which knows the size of its type. Needs pgfplots 1.13 or later (its
//! `fillbetween` library only for error bands).

mod curves;
mod heat;
mod options;
mod scene;
mod words;

use super::clean::describe;
use super::scene::linear;
use super::{Figure, Kind};
use curves::lines_parts;
use heat::heat_parts;
use options::{colour_definitions, common_options};
use scene::scene_parts;
use words::comment;

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
    let on_a_map;
    let figure = if let Kind::Scene(_) = figure.kind {
        on_a_map = Figure { x: linear(&figure.x), y: linear(&figure.y), ..figure.clone() };
        &on_a_map
    } else {
        figure
    };
    let (options, plots, table) = match &figure.kind {
        Kind::Lines(lines) | Kind::Cdf(lines) => lines_parts(figure, lines, table_name),
        Kind::Scene(scene) => scene_parts(scene),
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
