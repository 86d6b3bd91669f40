//! The experiments that come with noctule.
//!
//! They are ordinary experiment files, embedded as they are: `noctule show` hands out a copy to
//! start one's own from.

use std::path::Path;

use noctule_num::{InputError, hint};

use crate::experiment::MAX_BYTES;
use crate::files;

/// An experiment that comes with noctule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its name: `<system>/<name>`, as in `experiments/`.
    pub id: &'static str,
    /// The file.
    pub text: &'static str,
}

macro_rules! built_in {
    ($($system:literal: [$($name:literal),* $(,)?]),* $(,)?) => {
        &[$($(BuiltIn {
            id: concat!($system, "/", $name),
            text: include_str!(concat!("../experiments/", $system, "/", $name, ".toml")),
        },)*)*]
    };
}

/// All of them, in the order of a list; the first is the one that `noctule` alone runs.
pub const ALL: &[BuiltIn] = built_in![
    "beamforming": [
        "frontier",
        "frontier-sum",
        "crb-threshold",
        "crb-users",
        "crb-antennas",
        "price",
        "robust",
        "channel-models",
        "channel-price",
        "one-user",
        "bandwidth",
        "frame-length",
        "squint",
        "near-far",
        "estimation",
        "region",
        "table1",
        "table1-sdr",
        "table1-no-streams",
        "table1-full-size",
        "fig2",
        "fig3",
        "fig4",
        "fig4-sensing",
        "fig5",
        "fig6",
        "fig7",
        "ascent",
        "rank",
        "per-antenna",
        "text-settings",
        "starts",
        "local-searches",
        "certified-users",
        "certified-power",
        "linearity",
        "estimators",
    ],
    "frame": [
        "fig3",
        "fig4",
        "fig5",
        "short-sensing",
        "surface",
        "lower-bound",
        "proposition-1",
        "proposition-3",
        "speed",
        "placement",
        "mixed-users",
    ],
    "pilots": [
        "fig2",
        "fig4",
        "fig5",
        "fig6",
        "fig7",
        "fig8",
        "fig9",
        "fig10a",
        "fig10b",
        "density",
        "proportion",
        "bound-attained",
        "optimum",
    ],
    "surfaces": [
        "fig3",
        "fig4",
        "fig5",
        "fig6",
        "fig7",
        "laws",
        "threshold",
        "activation",
        "second-surface",
        "path-weights",
        "apart",
        "attained-bound",
        "site-planning",
    ],
    "cellfree": [
        "fig3a",
        "fig3a-region",
        "fig3b",
        "critical-points",
        "fig4",
        "fig4-scenes",
        "fig5",
        "fig5-limits",
        "fig6",
        "fig6-algorithms",
        "clustering",
        "algorithm-2",
        "algorithm-3",
        "algorithm-3-table1",
        "cascades",
    ],
];

/// The one that `noctule` alone runs.
pub fn default() -> Option<&'static BuiltIn> {
    ALL.first()
}

/// The experiment of this name: `beamforming/region`, or `region` where that is unique.
pub fn find(name: &str) -> Result<&'static BuiltIn, InputError> {
    if let Some(found) = ALL.iter().find(|experiment| experiment.id == name) {
        return Ok(found);
    }
    let mut short = ALL.iter().filter(|experiment| experiment.id.rsplit('/').next() == Some(name));
    if let (Some(found), None) = (short.next(), short.next()) {
        return Ok(found);
    }
    let ids: Vec<&str> = ALL.iter().map(|experiment| experiment.id).collect();
    let error = InputError::new(
        "there is no such experiment, and no such file",
        "experiment",
        name,
        format!("the path of a file, or one of {}", hint::nearest(name, &ids)),
    );
    // By the whole name, or by its last part.
    let short: Vec<&str> = ids.iter().map(|id| id.rsplit('/').next().unwrap_or(id)).collect();
    let by_part =
        hint::guess(name, &short).and_then(|part| ids.iter().find(|id| id.ends_with(part)));
    Err(match hint::guess(name, &ids).or(by_part.copied()) {
        Some(id) => error.hint(format!("did you mean `{id}`?")),
        None => error,
    })
}

/// An experiment file: its text, the name for complaints, the name of the experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The file.
    pub text: String,
    /// What complaints call it.
    pub file: String,
    /// What the experiment is called.
    pub id: String,
}

/// A file, if there is one of this name, or a built-in experiment.
///
/// # Errors
/// [`InputError`] when there is neither, or the file is not text.
pub fn open(name: &str) -> Result<Named, InputError> {
    let path = Path::new(name);
    if !path.is_file() && path.extension().is_none_or(|extension| extension != "toml") {
        let built_in =
            find(name).map_err(|error| if path.is_dir() { no_run(name) } else { error })?;
        let file = format!("{}.toml", built_in.id);
        return Ok(Named { text: built_in.text.to_owned(), file, id: built_in.id.to_owned() });
    }
    let text = files::read_text(path, MAX_BYTES as u64, "an experiment file")?;
    let id = path
        .file_stem()
        .map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned());
    Ok(Named { text, file: name.to_owned(), id })
}

/// A folder was named that holds no run.
fn no_run(name: &str) -> InputError {
    let what = "this is a folder, and there is no run in it";
    let allowed = "the folder of a run, the path of an experiment file, or a name";
    let error = InputError::new(what, name, "no plan.json", allowed);
    if Path::new(name).join("chunks").is_dir() {
        return error.hint("put plan.json back from a copy: there are chunks");
    }
    error.hint("noctule run FILE --out FOLDER writes results into a folder")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Changes, Experiment};

    #[test]
    fn every_built_in_experiment_is_accepted() {
        let registry = crate::systems::registry();
        for built_in in ALL {
            let file = format!("{}.toml", built_in.id);
            let experiment = Experiment::parse(built_in.text, &file, built_in.id, &registry)
                .unwrap_or_else(|error| panic!("{error}"));
            for ci in [false, true] {
                let experiment =
                    experiment.clone().changed(&Changes { ci, ..Changes::default() }).unwrap();
                let study = crate::Study::new(&experiment, built_in.text, &registry);
                study.unwrap_or_else(|error| panic!("{error}"));
            }
        }
    }

    #[test]
    fn names_may_be_short_but_not_wrong() {
        assert_eq!(find("region"), find("beamforming/region"));
        assert!(find("regoin").unwrap_err().hint.is_some());
        let folder = tempfile::tempdir().unwrap();
        let error = open(folder.path().to_str().unwrap()).unwrap_err();
        assert!(error.what.contains("folder"), "{error}");
    }
}
