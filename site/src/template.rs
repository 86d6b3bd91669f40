//! What surrounds the inside of a page: head, menu, search.

use std::fmt::Write as _;

use crate::markdown::escaped;
use crate::places::{MENU, Places, way};

/// A whole page.
pub(crate) fn page(places: &Places, out: &str, title: &str, contents: &str, body: &str) -> String {
    let to = |file: &str| way(out, file);
    let mut menu = String::new();
    for (group, pages) in MENU {
        let _ = writeln!(menu, "<h2>{group}</h2>\n<ul>");
        for (source, words) in *pages {
            let target = places.out(source).unwrap_or_default();
            let here = if target == out { " aria-current=\"page\"" } else { "" };
            let _ =
                writeln!(menu, "<li><a href=\"{}\"{here}>{}</a></li>", to(target), escaped(words));
        }
        menu += "</ul>\n";
    }
    let home = out == "index.html";
    let contents = if contents.is_empty() {
        String::new()
    } else {
        format!(
            "<nav class=\"contents\" aria-label=\"On this page\"><h2>On this page</h2><ul>\n{contents}</ul></nav>\n"
        )
    };
    let body = unbroken(body);
    let (class, named) = if home {
        ("home", "noctule — design of integrated sensing and communication".to_owned())
    } else {
        ("page", format!("{} · noctule", escaped(title)))
    };
    let explorer = if home {
        format!(
            "<link rel=\"stylesheet\" href=\"{}\">\n<script type=\"module\" src=\"{}\"></script>\n",
            to("explorer/explorer.css"),
            to("explorer/explorer.js")
        )
    } else {
        String::new()
    };
    format!(
        "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>{named}</title>
<link rel=\"icon\" href=\"{icon}\" type=\"image/svg+xml\">
<link rel=\"stylesheet\" href=\"{style}\">
<script src=\"{script}\" data-root=\"{root}\"></script>
{explorer}</head>
<body class=\"{class}\">
<a class=\"skip\" href=\"#main\">Skip to the text</a>
<header>
<a class=\"brand\" href=\"{index}\">noctule</a>
<nav class=\"top\" aria-label=\"Main\"><a href=\"{index}\">Explorer</a> <a href=\"{first}\">Tutorial</a> <a href=\"{contents_page}\">Documentation</a> <a href=\"{gallery}\">Gallery</a></nav>
<div class=\"search\" role=\"search\"><input id=\"search\" type=\"search\" placeholder=\"Search\" aria-label=\"Search the documentation\" autocomplete=\"off\" aria-controls=\"found\"><div id=\"found\" role=\"region\" aria-label=\"Search results\" hidden></div></div>
<button id=\"theme\" type=\"button\" aria-label=\"light or dark\">◐</button>
</header>
<div class=\"columns\">
<nav class=\"menu\" aria-label=\"Pages\"><details><summary>All pages</summary>
{menu}</details></nav>
<main id=\"main\">
{body}
</main>
{contents}</div>
<footer>noctule is free software under the MIT or the Apache 2.0 license. This site loads nothing from elsewhere.</footer>
</body>
</html>
",
        icon = to("assets/bat.svg"),
        style = to("assets/site.css"),
        script = to("assets/site.js"),
        root = to(""),
        index = to("index.html"),
        first = to("tutorials-beamforming.html"),
        contents_page = to("contents.html"),
        gallery = to("gallery.html"),
    )
}

/// Cells of tables that hold a number, or one with its unit, are not broken at its sign.
fn unbroken(body: &str) -> String {
    let is_number = |cell: &str| {
        let digit = |c: char| c.is_ascii_digit();
        let short = cell.chars().count() <= 24 && !cell.contains('<');
        short
            && cell.trim_start_matches(['+', '-', '−', '±', '≤', '≥', '<', ' ']).starts_with(digit)
    };
    let mut out = String::with_capacity(body.len());
    let mut parts = body.split("<td>");
    out += parts.next().unwrap_or_default();
    for part in parts {
        let cell = part.split("</td>").next().unwrap_or_default();
        out += if is_number(cell) { "<td class=\"number\">" } else { "<td>" };
        out += part;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::unbroken;

    #[test]
    fn numbers_stay_in_one_line() {
        let told =
            unbroken("<tr><td>-7.1e-10</td><td>one place, 8 surfaces</td><td>+3 %</td></tr>");
        let cells = "<tr><td class=\"number\">-7.1e-10</td><td>one place, 8 surfaces</td><td class=\"number\">+3 %</td></tr>";
        assert_eq!(told, cells);
        assert_eq!(unbroken("no table"), "no table");
        assert_eq!(unbroken("<td></td>"), "<td></td>");
    }
}
