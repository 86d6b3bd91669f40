//! Numbers and text as TeX takes them.

use crate::symbols::{Level, Piece, pieces, stretches};

/// A number as pgfplots and every reader of tables understand it, with all its digits.
pub(super) fn number(value: f64) -> String {
    let plain = value == 0.0 || (1e-4..1e7).contains(&value.abs());
    if plain { format!("{value}") } else { format!("{value:e}") }
}

/// Text within a TeX comment: on one line.
pub(super) fn comment(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text as LaTeX sets it: its special characters, and the signs engineers use, become commands;
/// symbols are set in mathematics.
pub(super) fn escape(text: &str) -> String {
    let text = comment(text);
    let one = |(words, symbol): (&str, bool)| match symbol {
        false => escape_words(words),
        true => format!(
            "${}$",
            pieces(&format!("${words}$")).iter().map(symbol_part).collect::<String>()
        ),
    };
    stretches(&text).into_iter().map(one).collect()
}

/// A part of a symbol within mathematics.
fn symbol_part(piece: &Piece) -> String {
    let command = |c: char| {
        let known = SIGNS.iter().find(|(sign, _)| *sign == c);
        known.map_or_else(|| c.to_string(), |(_, command)| format!("{command} "))
    };
    let text: String = piece.text.chars().map(command).collect();
    match piece.level {
        Level::Line => text,
        Level::Low => format!("_{{\\mathrm{{{}}}}}", text.trim_end()),
        Level::High => format!("^{{\\mathrm{{{}}}}}", text.trim_end()),
    }
}

fn escape_words(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
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
const SIGNS: [(char, &str); 38] = [
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
    ('ζ', "\\zeta"),
    ('η', "\\eta"),
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
