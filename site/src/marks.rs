//! What a Markdown file says to the tests that run its blocks, and not to its readers: comments before blocks, and
//! the lines that Rust hides.

/// Whether a line begins a comment for the tests.
fn begins(line: &str) -> bool {
    ["<!-- not run:", "<!-- file:", "<!-- first:"].iter().any(|mark| line.starts_with(mark))
}

/// The text without them.
pub(crate) fn left_out(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut fence: Option<&str> = None;
    let mut comment = false;
    for line in text.lines() {
        if let Some(language) = fence.or_else(|| line.strip_prefix("```")) {
            let end = fence.is_some() && line.starts_with("```");
            fence = if end { None } else { Some(language) };
            let hidden = language.starts_with("rust") && (line == "#" || line.starts_with("# "));
            if hidden {
                continue;
            }
        } else if comment || begins(line) {
            comment = !line.trim_end().ends_with("-->");
            continue;
        }
        shown.push_str(line);
        shown.push('\n');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::left_out;

    #[test]
    fn marks_and_hidden_lines_are_not_shown() {
        let text = "a\n<!-- first:\nx = 1\n-->\n<!-- file: b.toml -->\n```toml\n# a comment\n```\n\
                    ```rust\n# use a::b;\nlet c = 1;\n#[cfg(test)]\n```\n<!-- kept -->\n";
        let shown =
            "a\n```toml\n# a comment\n```\n```rust\nlet c = 1;\n#[cfg(test)]\n```\n<!-- kept -->\n";
        assert_eq!(left_out(text), shown);
        assert_eq!(
            left_out("```text\n<!-- file: x -->\n```\n"),
            "```text\n<!-- file: x -->\n```\n"
        );
    }
}
