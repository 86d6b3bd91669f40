//! Formulas as people write them in a text, as MathML: every browser renders it, without code or fonts from elsewhere.
//!
//! A block ` ```text formula ` has a formula a line. `_k`, `_{j≠k}` and raised letters (`⁻¹`, `ᴴ`, `^{1/2}`) belong to
//! what stands before them, `√(…)` is a root; three blanks begin a new column, and a column without signs is words.

use std::fmt::Write as _;

use crate::markdown::escaped;

/// Names that are upright and are followed by what they are applied to.
const FUNCTIONS: [&str; 11] =
    ["cos", "det", "exp", "Im", "ln", "log", "max", "min", "Re", "sin", "tr"];
/// Raised letters, and what they are when they are not.
const RAISED: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᴴᵀⁿᵐ";
const LOWERED: &str = "0123456789−+HTnm";
/// What makes a column a formula.
const SIGNS: &str = "=≤≥⪰<>+·/|[]()√Σ−…∈";
const OPEN: &str = "([{";
const CLOSE: &str = ")]}";

/// A block of formulas.
pub(crate) fn block(text: &str) -> String {
    let mut rows = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let cells = columns(line).into_iter().map(cell);
        let _ = writeln!(rows, "<mtr>{}</mtr>", cells.collect::<String>());
    }
    format!(
        "<div class=\"formula\" tabindex=\"0\"><math display=\"block\" alttext=\"{}\"><mtable>\n{rows}</mtable></math></div>\n",
        escaped(text.trim()).replace('\n', " ")
    )
}

/// Parts of a line with three blanks or more between them.
fn columns(line: &str) -> Vec<&str> {
    line.split("   ").map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn cell(part: &str) -> String {
    let word = |word: &str| word.chars().filter(|c| c.is_alphabetic()).count() > 2;
    let words = part.split(' ').any(|one| word(one) && !FUNCTIONS.contains(&one));
    if words && !part.contains(|c| SIGNS.contains(c)) {
        return format!("<mtd><mtext>{}</mtext></mtd>", escaped(part));
    }
    let mut reader = Reader { rest: part };
    format!("<mtd><mrow>{}</mrow></mtd>", reader.row(None))
}

/// What is left of a formula.
struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// As long as letters fit.
    fn run(&mut self, fits: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest;
        run
    }

    fn one(&mut self) -> &'t str {
        let length = self.peek().map_or(0, char::len_utf8);
        let (one, rest) = self.rest.split_at(length);
        self.rest = rest;
        one
    }

    /// A letter with the accents that follow it.
    fn letter(&mut self) -> &'t str {
        let accents = |c: char| ('\u{300}'..'\u{370}').contains(&c);
        let mut chars = self.rest.char_indices().skip(1);
        let end = chars.find(|(_, c)| !accents(*c)).map_or(self.rest.len(), |(at, _)| at);
        let (letter, rest) = self.rest.split_at(end);
        self.rest = rest;
        letter
    }

    /// Everything up to a closing bracket, which is taken too.
    fn row(&mut self, end: Option<char>) -> String {
        let mut out = String::new();
        while let Some(next) = self.peek() {
            if Some(next) == end {
                self.one();
                break;
            }
            if next == ' ' {
                let blanks = self.run(|c| c == ' ').len();
                let width = if blanks > 1 { "0.5em" } else { "0.17em" };
                let _ = write!(out, "<mspace width=\"{width}\"/>");
                continue;
            }
            let base = self.atom();
            out += &self.scripts(base);
        }
        out
    }

    /// A number, a name, a bracket with what is in it, or a sign.
    fn atom(&mut self) -> String {
        let next = self.peek().unwrap_or(' ');
        if next.is_ascii_digit() {
            return format!("<mn>{}</mn>", self.run(|c| c.is_ascii_digit() || c == '.'));
        }
        if next.is_alphabetic() {
            let latin = next.is_ascii();
            let plain = |c: char| c.is_ascii_alphabetic();
            let marked = latin && self.rest[1..].starts_with('\u{303}');
            let name = if latin && !marked { self.run(plain) } else { self.letter() };
            if name == "where" {
                return "<mtext>where</mtext>".to_owned();
            }
            // a name of several letters is upright, and a function keeps away from what follows
            let space = FUNCTIONS.contains(&name) && self.peek() != Some('(');
            let space = if space { "<mspace width=\"0.17em\"/>" } else { "" };
            return format!("<mi>{}</mi>{space}", escaped(name));
        }
        if next == '√' {
            self.one();
            let inside = match self.peek() {
                Some('(') => {
                    self.one();
                    self.row(Some(')'))
                }
                _ => {
                    let base = self.atom();
                    self.scripts(base)
                }
            };
            return format!("<msqrt><mrow>{inside}</mrow></msqrt>");
        }
        if let Some(which) = OPEN.find(next) {
            let open = self.one();
            let close = &CLOSE[which..=which];
            let inside = self.row(close.chars().next());
            let fence = |sign: &str| format!("<mo stretchy=\"false\">{sign}</mo>");
            return format!("<mrow>{}{inside}{}</mrow>", fence(open), fence(close));
        }
        let sign = self.one();
        let form = if sign == "|" { " stretchy=\"false\"" } else { "" };
        format!("<mo{form}>{}</mo>", escaped(sign))
    }

    /// What stands below and above an atom.
    fn scripts(&mut self, base: String) -> String {
        let mut below = String::new();
        if self.rest.starts_with('_') {
            self.one();
            below = self.script(|c| c.is_ascii_alphanumeric());
        }
        let mut above = String::new();
        let raised = self.run(|c| RAISED.contains(c));
        if !raised.is_empty() {
            let plain = |c: char| LOWERED.chars().nth(RAISED.chars().position(|r| r == c)?);
            let plain: String = raised.chars().filter_map(plain).collect();
            above = Reader { rest: &plain }.row(None);
        } else if self.rest.starts_with('^') {
            self.one();
            above = self.script(char::is_alphanumeric);
        }
        match (below.is_empty(), above.is_empty()) {
            (true, true) => base,
            (false, true) => format!("<msub><mrow>{base}</mrow><mrow>{below}</mrow></msub>"),
            (true, false) => format!("<msup><mrow>{base}</mrow><mrow>{above}</mrow></msup>"),
            (false, false) => {
                format!(
                    "<msubsup><mrow>{base}</mrow><mrow>{below}</mrow><mrow>{above}</mrow></msubsup>"
                )
            }
        }
    }

    /// A script: letters, or all that is in braces.
    fn script(&mut self, fits: impl Fn(char) -> bool) -> String {
        if self.peek() == Some('{') {
            self.one();
            return self.row(Some('}'));
        }
        let letters = self.run(fits);
        if letters.chars().all(|c| c.is_ascii_digit()) {
            return format!("<mn>{letters}</mn>");
        }
        // `x_mk` has two indices, `x_max` one name
        if FUNCTIONS.contains(&letters) {
            return format!("<mi>{letters}</mi>");
        }
        letters.chars().map(|letter| format!("<mi>{letter}</mi>")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> String {
        Reader { rest: text }.row(None)
    }

    #[test]
    fn scripts_belong_to_what_stands_before_them() {
        assert_eq!(
            row("σ_s²"),
            "<msubsup><mrow><mi>σ</mi></mrow><mrow><mi>s</mi></mrow><mrow><mn>2</mn></mrow></msubsup>"
        );
        assert_eq!(
            row("F⁻¹"),
            "<msup><mrow><mi>F</mi></mrow><mrow><mo>−</mo><mn>1</mn></mrow></msup>"
        );
        assert_eq!(
            row("h_kᴴ"),
            "<msubsup><mrow><mi>h</mi></mrow><mrow><mi>k</mi></mrow><mrow><mi>H</mi></mrow></msubsup>"
        );
        assert!(row("Σ_{j≠k} x").starts_with(
            "<msub><mrow><mi>Σ</mi></mrow><mrow><mi>j</mi><mo>≠</mo><mi>k</mi></mrow></msub>"
        ));
        assert!(row("(a b)ᴴ").starts_with("<msup><mrow><mrow><mo stretchy=\"false\">(</mo>"));
    }

    #[test]
    fn names_roots_and_functions() {
        assert_eq!(row("jπ"), "<mi>j</mi><mi>π</mi>");
        assert_eq!(
            row("√(2 x)"),
            "<msqrt><mrow><mn>2</mn><mspace width=\"0.17em\"/><mi>x</mi></mrow></msqrt>"
        );
        assert!(row("ln(1 + SINR_k)").contains("<msub><mrow><mi>SINR</mi></mrow>"));
    }

    #[test]
    fn columns_without_signs_are_words() {
        let text = "maximise   a < b     its power";
        assert_eq!(columns(text), ["maximise", "a < b", "its power"]);
        let made = block(text);
        assert!(made.contains("<mtd><mtext>maximise</mtext></mtd>"), "{made}");
        assert!(made.contains("<mo>&lt;</mo>"), "{made}");
        assert!(made.contains("<mtext>its power</mtext>"), "{made}");
    }

    #[test]
    fn brackets_that_do_not_close_lose_nothing() {
        for text in ["(a", "a)", "x_", "^", "√", "_{a"] {
            let made = row(text);
            let shown: String =
                made.split('<').filter_map(|tag| Some(tag.split_once('>')?.1)).collect();
            assert_eq!(shown.contains('a'), text.contains('a'), "{text}: {made}");
            let count = |what: &str| made.matches(what).count();
            assert_eq!(count("<mrow>"), count("</mrow>"), "{text}: {made}");
        }
    }
}
