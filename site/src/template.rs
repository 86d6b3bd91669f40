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
