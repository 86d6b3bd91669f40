//! Symbols among words: what stands between two dollar signs, as in `Users $K$` or `weight $δ_c$`.
//!
//! A symbol is written as in TeX, without spaces: letters are set in italics, `_` and `^` set what
//! follows (one letter, or a group in braces) lower or higher and upright. Dollar signs that enclose
//! anything else are dollar signs.

/// A stretch of text that is set in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) italic: bool,
    pub(crate) level: Level,
}

/// Where a piece stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Line,
    Low,
    High,
}

/// A text without the marks of its symbols, for those who do not see it: `Users K`, `weight δ_c`.
pub fn plain(text: &str) -> String {
    let one = |(words, symbol): (&str, bool)| match symbol {
        false => words.to_owned(),
        true => words.chars().filter(|c| !matches!(c, '{' | '}')).collect(),
    };
    stretches(text).into_iter().map(one).collect()
}

/// A text as pieces.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    for (words, symbol) in stretches(text) {
        if symbol {
            out.extend(symbol_pieces(words));
        } else if !words.is_empty() {
            out.push(Piece { text: words.to_owned(), italic: false, level: Level::Line });
        }
    }
    out
}

/// A text in stretches that are words (`false`) or the inside of a symbol (`true`).
pub(crate) fn stretches(text: &str) -> Vec<(&str, bool)> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(open) = rest[from..].find('$').map(|k| k + from) {
        let inner = &rest[open + 1..];
        match inner.find('$').map(|close| &inner[..close]) {
            Some(symbol) if is_symbol(symbol) => {
                out.push((&rest[..open], false));
                out.push((symbol, true));
                rest = &inner[symbol.len() + 1..];
                from = 0;
            }
            _ => from = open + 1,
        }
    }
    out.push((rest, false));
    out.retain(|(words, _)| !words.is_empty());
    out
}

/// Whether this is a symbol: it begins with a letter, and is made of what symbols are made of.
fn is_symbol(text: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '^' | '{' | '}' | ',' | '/');
    text.starts_with(char::is_alphabetic) && text.chars().all(part)
}

fn symbol_pieces(symbol: &str) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut rest = symbol.chars().peekable();
    while let Some(c) = rest.next() {
        let level = match c {
            '_' => Level::Low,
            '^' => Level::High,
            '{' | '}' => continue,
            c => {
                let greek_capital = ('Α'..='Ω').contains(&c);
                let italic = c.is_alphabetic() && !greek_capital;
                match out.last_mut() {
                    Some(last) if last.level == Level::Line && last.italic == italic => {
                        last.text.push(c);
                    }
                    _ => out.push(Piece { text: c.to_string(), italic, level: Level::Line }),
                }
                continue;
            }
        };
        let text: String = if rest.next_if_eq(&'{').is_some() {
            rest.by_ref().take_while(|c| *c != '}').filter(|c| *c != '{').collect()
        } else {
            rest.next().into_iter().collect()
        };
        out.push(Piece { text, italic: false, level });
    }
    out
}
