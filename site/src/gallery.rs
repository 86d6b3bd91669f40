//! All experiments with their figures and verdicts.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::markdown::{Section, escaped};
use crate::places::{Places, way};
use crate::search::Index;
use crate::{entries, read, template, write};

/// An experiment.
struct Experiment {
    system: String,
    id: String,
    title: String,
    text: String,
    figures: Vec<String>,
    tables: Vec<String>,
    claims: Vec<Value>,
    trials: u64,
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The value of a key of text at the beginning of an experiment file.
fn said(file: &str, key: &str) -> String {
    let Some(at) = file.find(&format!("\n{key} = ")) else { return String::new() };
    let rest = &file[at + key.len() + 4..];
    let (rest, quotes) = match rest.strip_prefix("\"\"\"") {
        Some(rest) => (rest, "\"\"\""),
        None => (rest.trim_start_matches('"'), "\""),
    };
    rest.split(quotes).next().unwrap_or_default().trim().to_owned()
}

fn experiment(root: &Path, folder: &Path, system: &str) -> Result<Experiment, String> {
    let id = name(folder);
    let file = root.join(format!("crates/noctule-lab/experiments/{system}/{id}.toml"));
    let file = format!("\n{}", read(&file)?);
    let files: Vec<String> = entries(folder)?.iter().map(|path| name(path)).collect();
    let of = |ending: &str| files.iter().filter(|f| f.ends_with(ending)).cloned().collect();
    let json = |file: &str| -> Result<Value, String> {
        let path = folder.join(file);
        let text = if path.exists() { read(&path)? } else { return Ok(Value::Null) };
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    };
    let claims = json("claims.json")?["claims"].as_array().cloned().unwrap_or_default();
    let trials = json("manifest.json")?["trials"].as_u64().unwrap_or(0);
    let (title, text) = (said(&file, "title"), said(&file, "text"));
    let (figures, mut tables): (Vec<String>, Vec<String>) = (of(".svg"), of(".csv"));
    tables.extend(of(".json"));
    Ok(Experiment { system: system.to_owned(), id, title, text, figures, tables, claims, trials })
}

/// A number of a claim in a table.
fn number(value: &Value) -> String {
    value.as_f64().map_or_else(String::new, |x| match x.abs() {
        size if size != 0.0 && !(1e-3..1e5).contains(&size) => format!("{x:.3e}"),
        _ => format!("{x:.4}").trim_end_matches('0').trim_end_matches('.').to_owned(),
    })
}

/// A text as HTML, in which what stands between backticks is code.
fn with_code(text: &str) -> String {
    let parts: Vec<String> = escaped(text).split('`').map(str::to_owned).collect();
    if parts.len().is_multiple_of(2) {
        return parts.join("`"); // one has no partner
    }
    let part = |(i, part): (usize, &String)| match i % 2 {
        0 => part.clone(),
        _ => format!("<code>{part}</code>"),
    };
    parts.iter().enumerate().map(part).collect()
}

impl Experiment {
    fn out(&self) -> String {
        format!("gallery/{}/{}.html", self.system, self.id)
    }

    fn count(&self, verdict: &str) -> usize {
        self.claims.iter().filter(|claim| claim["verdict"] == verdict).count()
    }

    fn verdicts(&self) -> String {
        let mut words = String::new();
        for verdict in ["agrees", "disagrees", "open"] {
            let count = self.count(verdict);
            if count > 0 {
                let _ =
                    write!(words, "<span class=\"verdict {verdict}\">{count} {verdict}</span> ");
            }
        }
        words
    }

    fn card(&self, from: &str) -> String {
        let page = way(from, &self.out());
        let title = escaped(&self.title);
        let picture = self.figures.first().map_or_else(String::new, |figure| {
            let file = way(from, &format!("gallery/{}/{}/{figure}", self.system, self.id));
            format!("<img src=\"{file}\" alt=\"\" loading=\"lazy\" width=\"252\" height=\"180\">")
        });
        format!(
            "<li><a href=\"{page}\">{picture}<span>{title}</span></a><code>{}/{}</code> {}</li>\n",
            self.system,
            self.id,
            self.verdicts()
        )
    }

    fn page(&self, places: &Places) -> String {
        let mut body = format!("<h1>{}</h1>\n", escaped(&self.title));
        for paragraph in self.text.split("\n\n").filter(|p| !p.is_empty()) {
            let _ = writeln!(body, "<p>{}</p>", with_code(paragraph));
        }
        let _ = writeln!(
            body,
            "<pre><code>noctule run {}/{}</code></pre>\n<p>{}. <a href=\"../../gallery.html#{}\">All experiments</a></p>",
            self.system,
            self.id,
            if self.trials == 1 {
                "One trial".to_owned()
            } else {
                format!("{} trials", self.trials)
            },
            self.system
        );
        for figure in &self.figures {
            let words = figure.trim_end_matches(".svg").replace(['-', '_'], " ");
            let _ = writeln!(
                body,
                "<figure><img src=\"{}/{figure}\" alt=\"Figure {}: {}\"><figcaption>{}</figcaption></figure>",
                self.id,
                escaped(&words),
                escaped(&self.title),
                escaped(&words)
            );
        }
        if !self.claims.is_empty() {
            body += "<h2 id=\"claims\">What is said, and what is found</h2>\n<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>Claim</th><th>There</th><th>Here</th><th>±</th><th>Unit</th><th>Verdict</th></tr></thead><tbody>\n";
            for claim in &self.claims {
                let text = |key: &str| escaped(claim[key].as_str().unwrap_or_default());
                let verdict = text("verdict");
                let erratum = claim["erratum"].as_str().map_or_else(String::new, |anchor| {
                    let errata = places.out("docs/errata.md").unwrap_or_default();
                    format!(" <a href=\"../../{errata}#{anchor}\">why</a>")
                });
                let _ = writeln!(
                    body,
                    "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td><span class=\"verdict {verdict}\">{verdict}</span>{erratum}</td></tr>",
                    text("text"),
                    number(&claim["paper"]),
                    number(&claim["ours"]),
                    number(&claim["standard_error"]),
                    text("unit"),
                );
            }
            body += "</tbody></table></div>\n";
        }
        body += "<h2 id=\"files\">Files</h2>\n<ul>\n";
        for file in &self.tables {
            let _ = writeln!(body, "<li><a href=\"{}/{file}\">{file}</a></li>", self.id);
        }
        body + "</ul>\n"
    }
}

/// The gallery and a page of each experiment.
pub(crate) fn build(
    places: &mut Places,
    index: &mut Index,
    root: &Path,
    out: &Path,
) -> Result<(), String> {
    let results = root.join("docs/results");
    let mut body = "<h1>Gallery</h1>\n<p>Every experiment that comes with noctule, at full size, with the verdict on \
                    each claim of the papers. All of them run again with one command.</p>\n"
        .to_owned();
    let mut contents = String::new();
    for folder in entries(&results)?.iter().filter(|path| path.is_dir()) {
        let system = name(folder);
        let _ = writeln!(contents, "<li><a href=\"#{system}\">{system}</a></li>");
        let _ = writeln!(body, "<h2 id=\"{system}\">{system}</h2>\n<ul class=\"gallery\">");
        for folder in entries(folder)?.iter().filter(|path| path.is_dir()) {
            let one = experiment(root, folder, &system)?;
            body += &one.card("gallery.html");
            let shown = template::page(places, &one.out(), &one.title, "", &one.page(places));
            write(&out.join(one.out()), shown)?;
            let home = out.join(format!("gallery/{}/{}", one.system, one.id));
            for file in one.figures.iter().chain(&one.tables) {
                let bytes = fs::read(folder.join(file)).map_err(|e| format!("{file}: {e}"))?;
                write(&home.join(file), bytes)?;
            }
            let section = Section {
                heading: one.title.clone(),
                text: format!("{system} {} {}", one.id, one.text),
                ..Section::default()
            };
            index.add(&one.out(), "Gallery", &[section]);
        }
        body += "</ul>\n";
    }
    let shown = template::page(places, "gallery.html", "Gallery", &contents, &body);
    write(&out.join("gallery.html"), shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(with_code("as `a<b` is"), "as <code>a&lt;b</code> is");
        assert_eq!(with_code("one ` alone"), "one ` alone");
        assert_eq!(with_code("`x`"), "<code>x</code>");
    }

    #[test]
    fn titles_and_texts_are_read() {
        let file = "\nformat = \"x\"\ntitle = \"One\"\ntext = \"\"\"\nTwo\nthree\n\"\"\"\n";
        assert_eq!((said(file, "title"), said(file, "text")), ("One".into(), "Two\nthree".into()));
        assert_eq!(said(file, "other"), "");
    }

    #[test]
    fn numbers_are_short() {
        let shown = [0.25, 1.0, 1e-7, 0.0, 123_456.7].map(|x| number(&Value::from(x)));
        assert_eq!(shown, ["0.25", "1", "1.000e-7", "0", "1.235e5"]);
        assert_eq!(number(&Value::Null), "");
    }
}
