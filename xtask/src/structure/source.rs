//! One Rust source as text: what is code, what is test, how long its functions are.

/// Code with comments, strings and character literals blanked out; line breaks stay.
pub(super) fn bare(text: &str) -> String {
    blanked(text, true)
}

/// Code with comments and character literals blanked out; strings and line breaks stay.
pub(super) fn without_comments(text: &str) -> String {
    blanked(text, false)
}

fn blanked(text: &str, strings: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = match (chars[i], chars.get(i + 1)) {
            ('/', Some('/')) => line_end(&chars, i),
            ('/', Some('*')) => block_end(&chars, i),
            ('"', _) => string_end(&chars, i + 1),
            ('r', Some('"' | '#')) if !word_before(&chars, i) => raw_end(&chars, i),
            ('\'', _) => char_end(&chars, i),
            _ => i + 1,
        };
        let kept = !strings && matches!(chars[i], '"' | 'r');
        if kept {
            out.extend(&chars[i..end]);
        } else if end == i + 1 && chars[i] != '"' {
            out.push(chars[i]);
        } else {
            out.extend(chars[i..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        }
        i = end;
    }
    out
}

fn word_before(chars: &[char], i: usize) -> bool {
    i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_')
}

fn line_end(chars: &[char], from: usize) -> usize {
    (from..chars.len()).find(|i| chars[*i] == '\n').unwrap_or(chars.len())
}

fn block_end(chars: &[char], from: usize) -> usize {
    let (mut depth, mut i) = (0, from);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) if depth == 1 => return i + 2,
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
    }
    chars.len()
}

fn string_end(chars: &[char], from: usize) -> usize {
    let mut i = from;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// The end of `r"…"` or `r#"…"#`; of the letter alone where it is none (`r#type`, `r` before a name).
fn raw_end(chars: &[char], from: usize) -> usize {
    let marks = chars[from + 1..].iter().take_while(|c| **c == '#').count();
    let open = from + 1 + marks;
    if chars.get(open) != Some(&'"') {
        return from + 1;
    }
    let closes = |i: usize| {
        chars[i] == '"' && chars[i + 1..].iter().take_while(|c| **c == '#').count() >= marks
    };
    (open + 1..chars.len()).find(|i| closes(*i)).map_or(chars.len(), |i| i + 1 + marks)
}

/// The end of a character literal; of the mark alone where it begins a lifetime.
fn char_end(chars: &[char], from: usize) -> usize {
    if chars.get(from + 1) == Some(&'\\') {
        let rest = from + 3..chars.len();
        return rest.into_iter().find(|i| chars[*i] == '\'').map_or(chars.len(), |i| i + 1);
    }
    if chars.get(from + 2) == Some(&'\'') { from + 3 } else { from + 1 }
}

/// What is left of bare code when every item under `#[cfg(test)]` is blanked out.
pub(super) fn without_tests(bare: &str) -> String {
    let mut rest = bare.to_owned();
    while let Some(at) = rest.find("#[cfg(test)]") {
        let end = item_end(&rest, at);
        let blank: String =
            rest[at..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        rest.replace_range(at..end, &blank);
    }
    rest
}

/// The end of the item that begins at or after `from`: its closing brace, or a semicolon before any.
fn item_end(text: &str, from: usize) -> usize {
    let mut depth = 0;
    for (i, c) in text[from..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return from + i + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return from + i + 1,
            _ => {}
        }
    }
    text.len()
}

/// The lengths in lines of all functions with a body, in the order of their beginnings.
pub(super) fn function_lengths(code: &str) -> Vec<usize> {
    let mut lengths = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        // A semicolon inside brackets (`[f64; 3]`) does not end a declaration.
        let mut nested = 0;
        let body = code[at..].char_indices().find(|(_, c)| {
            match c {
                '(' | '[' => nested += 1,
                ')' | ']' => nested -= 1,
                _ => {}
            }
            nested == 0 && matches!(c, '{' | ';')
        });
        if let Some((offset, '{')) = body {
            let end = item_end(code, at + offset);
            lengths.push(code[at..end].lines().count());
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blanked_and_lines_stay() {
        let text = "let a = \"fn { \\\" x\"; // fn y() {\nlet b = r#\"}\"#; /* { /* } */ */ 'x' '{' '\\'' &'a str\n";
        let code = bare(text);
        assert_eq!(code.lines().count(), 2);
        assert!(!code.contains(['{', '}']), "{code}");
        assert!(code.contains("&'a str") && code.contains("let b"), "{code}");
    }

    #[test]
    fn tests_do_not_count() {
        let text = "fn a() {\n 1\n}\n#[cfg(test)]\nmod tests {\n fn b() { {} }\n}\nfn c() -> [f64; 3] { x }\n";
        assert_eq!(function_lengths(&without_tests(&bare(text))), [3, 1]);
    }

    #[test]
    fn declarations_and_pointers_have_no_length() {
        assert_eq!(function_lengths("trait T { fn a(&self); }\ntype F = fn (u8) -> u8;"), [0; 0]);
    }
}
