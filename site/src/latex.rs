//! The part of LaTeX that the pages of Rust's modules write formulas in, as MathML. What is not known is refused: a page with
//! half a formula is worse than none.

use crate::markdown::escaped;

/// Commands that are a sign.
const SIGNS: [(&str, &str); 44] = [
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("varepsilon", "ε"),
    ("epsilon", "ε"),
    ("theta", "θ"),
    ("kappa", "κ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("phi", "φ"),
    ("varphi", "φ"),
    ("psi", "ψ"),
    ("omega", "ω"),
    ("Gamma", "Γ"),
    ("Delta", "Δ"),
    ("Theta", "Θ"),
    ("Phi", "Φ"),
    ("Psi", "Ψ"),
    ("Omega", "Ω"),
    ("Sigma", "Σ"),
    ("le", "≤"),
    ("ge", "≥"),
    ("ne", "≠"),
    ("in", "∈"),
    ("forall", "∀"),
    ("partial", "∂"),
    ("times", "×"),
    ("cdot", "·"),
    ("to", "→"),
    ("dots", "…"),
    ("ldots", "…"),
    ("otimes", "⊗"),
    ("succeq", "⪰"),
    ("lfloor", "⌊"),
    ("rfloor", "⌋"),
    ("infty", "∞"),
    ("approx", "≈"),
    ("odot", "⊙"),
];
/// Commands that are a name, upright; limits stand below the first two.
const NAMES: [&str; 8] = ["max", "min", "ln", "log", "det", "exp", "cos", "sin"];
const SPACES: [(&str, &str); 6] = [
    ("qquad", "2em"),
    ("quad", "1em"),
    (";", "0.28em"),
    (",", "0.17em"),
    (" ", "0.3em"),
    ("!", "0em"),
];

/// A formula that stands by itself.
pub(crate) fn block(text: &str) -> Result<String, String> {
    let mut reader = Reader { rest: text.trim() };
    let row =
        reader.row(None).map_err(|what| format!("{what} in the formula `{}`", text.trim()))?;
    let said = escaped(text.trim()).replace('\n', " ");
    let math = format!("<math display=\"block\" alttext=\"{said}\"><mrow>{row}</mrow></math>");
    Ok(format!("<div class=\"formula\" tabindex=\"0\">{math}</div>\n"))
}

struct Reader<'t> {
    rest: &'t str,
}

/// What scripts are set to.
struct Atom {
    shown: String,
    /// Scripts stand below and above, and not beside.
    limits: bool,
}

fn plain(shown: String) -> Atom {
    Atom { shown, limits: false }
}

impl<'t> Reader<'t> {
    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn run(&mut self, fits: impl Fn(char) -> bool) -> &'t str {
        self.take(self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len()))
    }

    fn row(&mut self, end: Option<char>) -> Result<String, String> {
        let mut out = String::new();
        loop {
            self.run(char::is_whitespace);
            let Some(next) = self.rest.chars().next() else { break };
            if Some(next) == end {
                self.take(1);
                return Ok(out);
            }
            let atom = self.atom()?;
            out += &self.scripts(atom)?;
        }
        end.map_or(Ok(out), |end| Err(format!("no `{end}`")))
    }

    fn atom(&mut self) -> Result<Atom, String> {
        self.run(char::is_whitespace);
        let next = self.rest.chars().next().ok_or("nothing where something belongs")?;
        if next.is_ascii_digit() {
            return Ok(plain(format!("<mn>{}</mn>", self.run(|c| c.is_ascii_digit() || c == '.'))));
        }
        let one = self.take(next.len_utf8());
        Ok(match next {
            '{' => plain(format!("<mrow>{}</mrow>", self.row(Some('}'))?)),
            '\\' => return self.command(),
            '}' => return Err("a `}` too many".to_owned()),
            next if next.is_alphabetic() => plain(format!("<mi>{one}</mi>")),
            '-' => plain("<mo>−</mo>".to_owned()),
            _ => plain(format!("<mo stretchy=\"false\">{}</mo>", escaped(one))),
        })
    }

    fn command(&mut self) -> Result<Atom, String> {
        let mut name = self.run(|c| c.is_ascii_alphabetic());
        if name.is_empty() {
            name = self.take(self.rest.chars().next().map_or(0, char::len_utf8));
        }
        if let Some((_, sign)) = SIGNS.iter().find(|(known, _)| *known == name) {
            let letter = sign.chars().all(char::is_alphabetic);
            let kind = if letter { "mi" } else { "mo" };
            return Ok(plain(format!("<{kind}>{sign}</{kind}>")));
        }
        if let Some((_, width)) = SPACES.iter().find(|(known, _)| *known == name) {
            return Ok(plain(format!("<mspace width=\"{width}\"/>")));
        }
        if NAMES.contains(&name) {
            let limits = matches!(name, "max" | "min");
            return Ok(Atom { shown: format!("<mi>{name}</mi>"), limits });
        }
        match name {
            "sum" => Ok(Atom { shown: "<mo>∑</mo>".to_owned(), limits: true }),
            "frac" => {
                let (over, under) = (self.atom()?.shown, self.atom()?.shown);
                Ok(plain(format!("<mfrac>{over}{under}</mfrac>")))
            }
            "sqrt" => Ok(plain(format!("<msqrt>{}</msqrt>", self.atom()?.shown))),
            "hat" | "tilde" => {
                let mark = if name == "hat" { "^" } else { "~" };
                let under = self.atom()?.shown;
                Ok(plain(format!("<mover accent=\"true\">{under}<mo>{mark}</mo></mover>")))
            }
            "mathrm" | "text" => {
                self.take(usize::from(self.rest.starts_with('{')));
                let inside = self.run(|c| c != '}');
                self.take(usize::from(!self.rest.is_empty()));
                let kind = if name == "text" { "mtext" } else { "mi" };
                let upright = if name == "text" { "" } else { " mathvariant=\"normal\"" };
                Ok(plain(format!("<{kind}{upright}>{}</{kind}>", escaped(inside))))
            }
            "big" | "Big" | "bigl" | "bigr" => self.atom(),
            other => Err(format!("`\\{other}` is not known")),
        }
    }

    fn scripts(&mut self, atom: Atom) -> Result<String, String> {
        let (mut below, mut above) = (None, None);
        loop {
            let place = match self.rest.chars().next() {
                Some('_') => &mut below,
                Some('^') => &mut above,
                _ => break,
            };
            self.take(1);
            *place = Some(self.atom()?.shown);
        }
        let (under, over, both) = if atom.limits {
            ("munder", "mover", "munderover")
        } else {
            ("msub", "msup", "msubsup")
        };
        let base = atom.shown;
        Ok(match (below, above) {
            (None, None) => base,
            (Some(below), None) => format!("<{under}>{base}{below}</{under}>"),
            (None, Some(above)) => format!("<{over}>{base}{above}</{over}>"),
            (Some(below), Some(above)) => format!("<{both}>{base}{below}{above}</{both}>"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Result<String, String> {
        Reader { rest: text }.row(None)
    }

    #[test]
    fn fractions_scripts_and_limits() {
        assert_eq!(
            row("\\sigma_k^2").unwrap(),
            "<msubsup><mi>σ</mi><mi>k</mi><mn>2</mn></msubsup>"
        );
        let made = row("\\frac{|h_k^H w|^2}{x}").unwrap();
        assert!(made.starts_with("<mfrac><mrow><mo stretchy=\"false\">|</mo><msubsup>"), "{made}");
        assert!(row("\\max_{x \\ge 0} y").unwrap().starts_with("<munder><mi>max</mi><mrow>"));
        assert!(row("\\sum_{m=1}^M a").unwrap().starts_with("<munderover><mo>∑</mo>"));
        assert_eq!(row("\\mathrm{tr} F").unwrap(), "<mi mathvariant=\"normal\">tr</mi><mi>F</mi>");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (text, word) in [("\\begin{x}", "begin"), ("{a", "}"), ("a}", "}"), ("x_", "nothing")] {
            assert!(row(text).unwrap_err().contains(word), "{text}");
        }
    }
}
