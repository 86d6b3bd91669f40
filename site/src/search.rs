//! An index of words, for a search without a server.

use std::collections::BTreeMap;

use serde_json::json;

use crate::markdown::Section;

/// Words that are in every section.
const COMMON: &[&str] = &[
    "the", "of", "and", "to", "is", "in", "that", "it", "are", "with", "for", "as", "by", "on",
    "or", "an", "be", "at", "its", "from", "this", "which", "not",
];
/// Letters of a section that are shown.
const SHOWN: usize = 150;
/// Words that people look for, and the page on which they are answered.
const ASKED: &[(&str, &str)] = &[
    ("slurm", "cluster.html"),
    ("matlab", "files.html"),
    ("rician", "channels.html"),
    ("infeasible", "which-problem.html"),
    ("errata", "errata.html"),
    ("steering", "conventions.html"),
    ("cvxpy", "python.html"),
    ("resume", "first-study.html"),
    ("squint", "wideband.html"),
    ("tutorial", "tutorials-beamforming.html"),
    ("minimize", "api-optim.html"),
    ("wheel", "packaging-readme.html"),
];
/// What a word in a heading counts.
const HEADING: u32 = 12;

/// Sections and, by word, where it stands and how often.
#[derive(Debug, Default)]
pub(crate) struct Index {
    sections: Vec<[String; 4]>,
    /// Words of each section: in a long one a word means less.
    sizes: Vec<usize>,
    words: BTreeMap<String, BTreeMap<usize, u32>>,
}

/// The words of a text, in lower case. Chinese has no spaces between its words: there, any two characters that
/// follow each other are one.
fn words(text: &str) -> impl Iterator<Item = String> {
    let lower = text.to_lowercase();
    let parts: Vec<String> = lower
        .split(|c: char| !c.is_alphanumeric())
        .flat_map(|run| {
            let letters: Vec<char> = run.chars().collect();
            if letters.iter().any(|c| ('\u{3400}'..='\u{9fff}').contains(c)) {
                letters.windows(2).map(|pair| pair.iter().collect()).collect()
            } else {
                vec![run.to_owned()]
            }
        })
        .filter(|word: &String| {
            (2..=30).contains(&word.chars().count()) && !COMMON.contains(&word.as_str())
        })
        .collect();
    parts.into_iter()
}

impl Index {
    /// Add a page.
    pub(crate) fn add(&mut self, out: &str, title: &str, sections: &[Section]) {
        for section in sections.iter().filter(|s| !s.heading.is_empty() || !s.text.is_empty()) {
            let number = self.sections.len();
            let anchor = if section.anchor.is_empty() {
                out.to_owned()
            } else {
                format!("{out}#{}", section.anchor)
            };
            let shown: String = section.text.chars().take(SHOWN).collect();
            self.sections.push([anchor, title.to_owned(), section.heading.clone(), shown]);
            self.sizes.push(words(&section.text).count());
            for (text, weight) in [(&section.heading, HEADING), (&section.text, 1)] {
                for word in words(text) {
                    *self.words.entry(word).or_default().entry(number).or_default() += weight;
                }
            }
        }
    }

    /// That every word that people look for leads to its page.
    pub(crate) fn check(&self) -> Result<(), String> {
        let leads = |(word, page): &(&str, &str)| {
            let places = self.words.get(*word);
            places.is_some_and(|found| {
                found.keys().any(|at| self.sections[*at][0].split('#').next() == Some(*page))
            })
        };
        match ASKED.iter().find(|asked| !leads(asked)) {
            None => Ok(()),
            Some((word, page)) => Err(format!("the search for `{word}` does not find {page}")),
        }
    }

    /// As JSON: sections and their sizes, words in order, and for each word its sections and counts.
    pub(crate) fn json(&self) -> String {
        let places: Vec<Vec<u32>> = self
            .words
            .values()
            .map(|found| found.iter().flat_map(|(at, n)| [*at as u32, (*n).min(60)]).collect())
            .collect();
        let words: Vec<&String> = self.words.keys().collect();
        let (sections, sizes) = (&self.sections, &self.sizes);
        json!({ "sections": sections, "sizes": sizes, "words": words, "places": places })
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_words_are_pairs_of_characters() {
        let found: Vec<String> = words("下行信道 H.npy").collect();
        assert_eq!(found, ["下行", "行信", "信道", "npy"]);
    }

    #[test]
    fn a_heading_counts_more_than_the_text() {
        let mut index = Index::default();
        let section = |heading: &str, text: &str| Section {
            anchor: heading.to_lowercase(),
            heading: heading.to_owned(),
            text: text.to_owned(),
        };
        index.add("a.html", "A", &[section("Beams", "of users"), section("Users", "have beams")]);
        assert_eq!(index.words["beams"].get(&0), Some(&HEADING));
        assert_eq!(index.words["beams"].get(&1), Some(&1));
        assert!(!index.words.contains_key("of"));
        assert!(index.json().contains("a.html#beams"));
        assert!(index.check().unwrap_err().contains("slurm"));
    }
}
