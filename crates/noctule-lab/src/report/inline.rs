//! Putting an SVG document into a page.
//!
//! Figures of this crate have no ids; those of others may, and ids are shared by all of a page. So
//! they are prefixed here, together with what refers to them.

/// What stands before an id, or before a reference to one.
/// (Not every `="#`: most of those are colours.)
const MARKS: [&str; 6] = [" id=\"", " id='", "href=\"#", "href='#", "url(#", "labelledby=\""];

/// The `svg` element of a document, every id in it prefixed.
pub(super) fn inline_svg(document: &str, prefix: &str) -> String {
    // What precedes the element (XML declaration, document type) has no place in a page.
    let svg = document.find("<svg").map_or("", |start| &document[start..]);
    let mut out = String::with_capacity(svg.len());
    let mut rest = svg;
    loop {
        // The first mark from here on; the text before it is copied as it is.
        let found = MARKS.iter().filter_map(|mark| rest.find(mark).map(|at| at + mark.len())).min();
        let Some(end) = found else { break };
        out.push_str(&rest[..end]);
        out.push_str(prefix);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}
