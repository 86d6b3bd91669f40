//! Figures and verdicts again, from tables that are there: a new caption, a better picture, other words
//! or another range of a claim need no new run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::canonical::sha256;
use crate::claim;
use crate::error::LabError;
use crate::files;
use crate::fold::{self, Folded, Samples};
use crate::plan::Plan;
use crate::present;
use crate::presentation::Presentation;

/// The longest table that is read.
const MOST: u64 = 1 << 30;

/// What was drawn again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redrawn {
    /// The files written.
    pub files: Vec<PathBuf>,
    /// The ids of figures that need samples, which a summary does not have; their files are as
    /// they were.
    pub left: Vec<String>,
    /// The claims whose numbers are not there, each with why. Where there is one, `claims.json` is as it
    /// was.
    pub not_judged: Vec<String>,
    /// Whether a verdict is another than its experiment expects.
    pub contradicted: bool,
}

/// Draw the figures of an experiment from the `summary.csv` of its results, judge its claims by the
/// numbers that `claims.json` and the summary have, and renew digests in `manifest.json` where there is one.
///
/// A folder with `figures` in it is that of a run: SVG, TeX and table go there. Any other is taken
/// for what documents keep of a run, and the SVG goes beside the summary.
///
/// # Errors
/// When there is no summary, when it is that of another experiment, or when the file system refuses.
pub fn redraw(plan: &Plan, presentation: &Presentation, dir: &Path) -> Result<Redrawn, LabError> {
    let text = files::read_text(&dir.join("summary.csv"), MOST, "a summary")?;
    let folded = Folded {
        groups: fold::groups_of(plan, &text)?,
        trials: 0,
        seeds: vec![plan.seed],
        build: String::new(),
        cpus: BTreeSet::new(),
        digests: BTreeMap::new(),
        kept: Samples::default(),
    };
    let mut drawn = presentation.clone();
    drawn.figures.retain(present::from_summary);
    let left = presentation.figures.iter().filter(|spec| !present::from_summary(spec));
    let mut redrawn =
        Redrawn { left: left.map(|spec| spec.id.clone()).collect(), ..Redrawn::default() };
    let (of_run, mut digests) = (dir.join("figures").is_dir(), BTreeMap::new());
    for figure in present::figures(plan, &drawn, &folded) {
        let pgf = figure.pgf(&format!("{}.dat", figure.id));
        let texts = [("svg", figure.svg()), ("tex", pgf.document), ("dat", pgf.table)];
        for (ending, text) in texts {
            let name = format!("{}.{ending}", figure.id);
            if of_run || ending == "svg" {
                let path = if of_run { dir.join("figures").join(&name) } else { dir.join(&name) };
                files::write(&path, text.as_bytes())?;
                redrawn.files.push(path);
            }
            digests.insert(format!("figures/{name}"), sha256(text.as_bytes()));
        }
    }
    judge(plan, presentation, &folded, dir, &mut redrawn, &mut digests)?;
    renew_manifest(&dir.join("manifest.json"), &digests)?;
    Ok(redrawn)
}

/// The claims again, all or none, if the folder has some.
fn judge(
    plan: &Plan,
    presentation: &Presentation,
    folded: &Folded,
    dir: &Path,
    redrawn: &mut Redrawn,
    digests: &mut BTreeMap<String, String>,
) -> Result<(), LabError> {
    const NAME: &str = "claims.json";
    let path = dir.join(NAME);
    if !path.exists() {
        return Ok(());
    }
    let text = files::read_text(&path, MOST, "claims")?;
    let committed: Value =
        serde_json::from_str(&text).map_err(|error| LabError::corrupt(&path, error.to_string()))?;
    match claim::judge_again(plan, presentation, &folded.groups, &committed) {
        Err(open) => redrawn.not_judged = open,
        Ok(judged) => {
            let text = claim::json(&judged);
            files::write(&path, text.as_bytes())?;
            digests.insert(NAME.to_owned(), sha256(text.as_bytes()));
            redrawn.files.push(path);
            redrawn.contradicted = judged.iter().any(claim::Judged::contradicts);
        }
    }
    Ok(())
}

/// The digests of what was drawn, in the manifest if there is one.
fn renew_manifest(path: &Path, digests: &BTreeMap<String, String>) -> Result<(), LabError> {
    if !path.exists() {
        return Ok(());
    }
    let text = files::read_text(path, MOST, "a manifest")?;
    let mut manifest: Value =
        serde_json::from_str(&text).map_err(|error| LabError::corrupt(path, error.to_string()))?;
    let Some(known) = manifest.get_mut("files_sha256").and_then(Value::as_object_mut) else {
        return Err(LabError::corrupt(path, "it has no `files_sha256`"));
    };
    for (name, digest) in digests {
        known.insert(name.clone(), Value::String(digest.clone()));
    }
    let text = serde_json::to_string_pretty(&manifest).unwrap_or_default() + "\n";
    files::write(path, text.as_bytes())
}
