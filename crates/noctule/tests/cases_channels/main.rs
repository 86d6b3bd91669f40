//! Reference cases of channels, wideband radar and imperfect knowledge, computed independently of
//! this library.
//!
//! Every file under `tests/cases/channels` must be listed in `SHA256SUMS`, must be read to its last
//! field, and must pass with its own tolerance. `NOCTULE_CASES=<folder>` runs further files of the
//! same kinds. Every file that cannot be read or does not pass is named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "../alignment/mod.rs"]
mod alignment;
mod arrays;
mod delay_lines;
mod edges;
#[path = "../effort/mod.rs"]
mod effort;
mod fading;
mod files;
mod import;
mod knowledge;
mod large_scale;
mod radar;
#[path = "../reference/mod.rs"]
mod reference;
mod statistics;
mod world;

use reference::Fields;
use serde_json::Value;

/// Number of files in the repository; a lost file must not go unnoticed.
const FILES: usize = 25;

#[test]
fn the_list_matches_the_files() {
    reference::the_list_matches_the_files("channels", FILES);
}

#[test]
fn every_case_passes() {
    reference::every_case("channels", FILES, case);
}

/// The moments of every model and of a whole pipeline, from more draws the more effort is asked for.
#[test]
fn campaign_moments_of_every_channel_model() {
    let text = include_str!("../cases/channels/statistics.json");
    case("statistics", serde_json::from_str(text).unwrap());
}

/// What reads a kind.
type Reader = fn(&mut Fields, &mut Fields);

const KINDS: [(&str, Reader); 17] = [
    ("steering-far", arrays::far),
    ("steering-near", arrays::near),
    ("covariance", fading::covariance),
    ("rician", fading::rician),
    ("clustered", fading::clustered),
    ("cdl", delay_lines::channel),
    ("cdl-statistics", delay_lines::statistics),
    ("path-loss", large_scale::path_loss),
    ("geometry", large_scale::geometry),
    ("imperfect-csi", knowledge::imperfect),
    ("waterfill", knowledge::water_filling),
    ("radar", radar::radar),
    ("optimise", radar::optimise),
    ("own-file", files::own_file),
    ("import", import::import_of_every_tool),
    ("edges", edges::edges),
    ("statistics", statistics::statistics),
];

fn case(name: &str, document: Value) {
    let mut fields = Fields::new(name, document);
    let kind = fields.text("kind");
    if kind == "data" {
        delay_lines::tables(&mut fields);
        return fields.finish();
    }
    let Some((_, reader)) = KINDS.iter().find(|known| known.0 == kind) else {
        let mut kinds = KINDS.map(|known| known.0).to_vec();
        kinds.push("data");
        reference::unknown(&kind, &kinds)
    };
    fields.remark("note");
    fields.remark("tolerance");
    let mut inputs = fields.inside("inputs");
    let mut expected = fields.inside("expected");
    fields.finish();
    reader(&mut inputs, &mut expected);
    inputs.finish();
    expected.finish();
}
