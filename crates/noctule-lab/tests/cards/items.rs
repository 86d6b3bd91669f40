//! What a paper has, item by item, and where it went.

use serde::Deserialize;

use super::card::{Card, Experiment};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paper {
    paper: String,
    item: Vec<Item>,
}

/// A figure, table, theorem or statement of the paper.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    /// What it is.
    item: String,
    /// The experiments that stand for it.
    #[serde(default)]
    experiments: Vec<String>,
    /// How the ids of their claims on it begin; all claims where there is nothing.
    #[serde(default)]
    claims: Vec<String>,
    /// What stands in the place of an experiment: a test, a page, or that it is not done.
    #[serde(default)]
    instead: String,
    /// Why the verdict is what it is.
    why: String,
}

fn source(system: &str) -> &'static str {
    match system {
        "beamforming" => include_str!("beamforming.toml"),
        "frame" => include_str!("frame.toml"),
        "pilots" => include_str!("pilots.toml"),
        "surfaces" => include_str!("surfaces.toml"),
        _ => include_str!("cellfree.toml"),
    }
}

/// The table of a paper.
pub(crate) fn table(system: &str, experiments: &[&Experiment]) -> String {
    let paper: Paper = toml::from_str(source(system)).unwrap();
    let unlisted = experiments
        .iter()
        .find(|one| !paper.item.iter().any(|item| item.experiments.iter().any(|id| id == one.id)));
    assert!(unlisted.is_none(), "{} stands for no item", unlisted.unwrap().id);
    let mut text = format!("{}\n\n", paper.paper);
    text += &super::header(&["item", "experiment", "verdict", "why"]);
    for item in &paper.item {
        let verdict = verdict(item, experiments);
        text += &format!("| {} | {} | {verdict} | {} |\n", item.item, links(item), item.why);
    }
    text
}

fn links(item: &Item) -> String {
    let link =
        |id: &String| format!("[`{}`](#{})", id.rsplit('/').next().unwrap(), id.replace('/', "-"));
    let links: Vec<String> = item.experiments.iter().map(link).collect();
    if links.is_empty() { "–".to_owned() } else { links.join(", ") }
}

/// How the claims on an item came out.
fn verdict(item: &Item, experiments: &[&Experiment]) -> String {
    let mut cards: Vec<&Card> = Vec::new();
    for id in &item.experiments {
        let found = experiments.iter().find(|one| one.id == id);
        let found = found.unwrap_or_else(|| panic!("{}: there is no experiment {id}", item.item));
        cards.extend(found.cards.iter().filter(|card| {
            item.claims.is_empty() || item.claims.iter().any(|start| card.id().starts_with(start))
        }));
    }
    assert!(
        item.claims.is_empty() || !cards.is_empty(),
        "{}: no claim begins with {:?}",
        item.item,
        item.claims
    );
    let [_, agree, disagree, open, ours, _] = super::counts(&cards);
    let mut words = Vec::new();
    let counted =
        [(agree, "agree"), (disagree, "disagree"), (open, "inconclusive"), (ours, "of ours")];
    for (count, word) in counted {
        if count > 0 {
            words.push(format!("{count} {word}"));
        }
    }
    if !item.instead.is_empty() {
        words.push(item.instead.clone());
    }
    assert!(!words.is_empty(), "{}: neither a claim nor what stands instead", item.item);
    words.join(", ")
}
