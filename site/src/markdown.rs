//! Markdown as the inside of a page.

use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html,
};

use crate::places::{Page, Places};
use crate::{formula, latex};

/// A part of a page under a heading, for the search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Section {
    /// The anchor; empty of what stands before the first heading.
    pub(crate) anchor: String,
    /// The words of the heading.
    pub(crate) heading: String,
    /// The words below it.
    pub(crate) text: String,
}

/// A page.
#[derive(Debug)]
pub(crate) struct Made {
    /// The first heading.
    pub(crate) title: String,
    /// Links to the headings of the second level, as a list.
    pub(crate) contents: String,
    /// The page.
    pub(crate) body: String,
    /// Its parts.
    pub(crate) sections: Vec<Section>,
}

/// The anchor of a heading, as code hosts make it: lower case, blanks as hyphens, without marks.
pub(crate) fn slug(heading: &str) -> String {
    let letter = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c),
        _ => None,
    };
    heading.trim().to_lowercase().chars().filter_map(letter).collect()
}

/// Text where HTML wants it.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The words of a heading, from its events.
fn words(events: &[Event<'_>]) -> String {
    let text = |event: &Event<'_>| match event {
        Event::Text(text) | Event::Code(text) => text.to_string(),
        Event::SoftBreak => " ".to_owned(),
        _ => String::new(),
    };
    events.iter().map(text).collect()
}

/// From the text of formulas to MathML.
type Setter = fn(&str) -> Result<String, String>;

/// What sets a block of code that is one of formulas: its language is `text formula`, or `math` for LaTeX.
fn setter(event: &Event<'_>) -> Option<Setter> {
    let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) = event else { return None };
    match &**language {
        "text formula" => Some(|text| Ok(formula::block(text))),
        "math" => Some(latex::block),
        _ => None,
    }
}

/// A page while its events go by.
struct Maker<'a, 't> {
    places: &'a mut Places,
    page: &'a Page,
    text: &'t str,
    out: Vec<Event<'t>>,
    title: String,
    contents: String,
    sections: Vec<Section>,
    anchors: Vec<String>,
}

impl<'t> Maker<'_, 't> {
    fn html(&mut self, text: String) {
        self.out.push(Event::Html(CowStr::from(text)));
    }

    /// A heading with its anchor, and a part of the page for the search.
    fn heading(&mut self, level: HeadingLevel, inside: &[Event<'t>]) {
        let heading = words(inside);
        let base = slug(&heading);
        let before = self.anchors.iter().filter(|one| **one == base).count();
        self.anchors.push(base.clone());
        let anchor = if before > 0 { format!("{base}-{before}") } else { base };
        // An anchor of the text's own has the name already.
        let own = self.text.contains(&format!("id=\"{anchor}\""));
        let id = if own { String::new() } else { format!(" id=\"{anchor}\"") };
        if self.title.is_empty() {
            self.title.clone_from(&heading);
        }
        if level == HeadingLevel::H2 {
            let words = escaped(&heading);
            self.contents += &format!("<li><a href=\"#{anchor}\">{words}</a></li>\n");
        }
        self.html(format!("<{level}{id}>"));
        self.out.extend(inside.iter().cloned());
        let here = "aria-label=\"link to this section\"";
        self.html(format!(" <a class=\"anchor\" href=\"#{anchor}\" {here}>#</a></{level}>\n"));
        self.sections.push(Section { anchor, heading, text: String::new() });
    }

    /// Any other event: links lead to pages, wide tables scroll.
    fn take(&mut self, event: Event<'t>) -> Result<(), String> {
        match event {
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = CowStr::from(self.places.link(self.page, &dest_url)?);
                self.out.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                let dest_url = CowStr::from(self.places.link(self.page, &dest_url)?);
                self.out.push(Event::Start(Tag::Image { link_type, dest_url, title, id }));
            }
            Event::Start(Tag::Table(_)) => {
                self.html("<div class=\"wide\" tabindex=\"0\">".to_owned());
                self.out.push(event);
            }
            Event::End(TagEnd::Table) => {
                self.out.push(event);
                self.html("</div>\n".to_owned());
            }
            event => {
                if let Event::Text(text) | Event::Code(text) = &event
                    && let Some(section) = self.sections.last_mut()
                {
                    section.text.push_str(text);
                    section.text.push(' ');
                }
                self.out.push(event);
            }
        }
        Ok(())
    }
}

/// The page of a Markdown file.
pub(crate) fn page(places: &mut Places, page: &Page, text: &str) -> Result<Made, String> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    let events: Vec<Event<'_>> = Parser::new_ext(text, options).collect();
    let mut maker = Maker {
        places,
        page,
        text,
        out: Vec::with_capacity(events.len()),
        title: String::new(),
        contents: String::new(),
        sections: vec![Section::default()],
        anchors: Vec::new(),
    };
    let mut rest = events.as_slice();
    while let Some((event, tail)) = rest.split_first() {
        rest = tail;
        if let Event::Start(Tag::Heading { level, .. }) = event {
            let end = |event: &Event<'_>| matches!(event, Event::End(TagEnd::Heading(_)));
            let end = tail.iter().position(end).unwrap_or(tail.len() - 1);
            maker.heading(*level, &tail[..end]);
            rest = &tail[end + 1..];
        } else if let Some(set) = setter(event) {
            let end = tail.iter().position(|event| matches!(event, Event::End(TagEnd::CodeBlock)));
            let end = end.unwrap_or(tail.len() - 1);
            let set =
                set(&words(&tail[..end])).map_err(|what| format!("{}: {what}", page.source))?;
            maker.html(set);
            rest = &tail[end + 1..];
        } else {
            maker.take(event.clone())?;
        }
    }
    let Maker { out, title, contents, sections, .. } = maker;
    let mut body = String::new();
    html::push_html(&mut body, out.into_iter());
    Ok(Made { title, contents, body, sections })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_the_anchors_of_code_hosts() {
        assert_eq!(slug("What is *proven*, and how?"), "what-is-proven-and-how");
        assert_eq!(slug("A `code_word` — twice"), "a-code_word--twice");
    }
}
