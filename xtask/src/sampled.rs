//! Rows of the full runs, a few of each experiment, computed again and compared with what was committed.
//!
//! A run is made of chunks that do not depend on each other, and `noctule run --shard` computes any one of
//! them by itself. Which are sampled is decided by the name of the experiment: anywhere in the run, not at
//! its beginning as in the short runs.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::first_trials::{self, FIRST_TRIALS};
use crate::tools::{self, results};

/// The sampled rows, beside the results.
const ROWS: &str = "sampled-rows.csv";
/// Chunks of each experiment.
const CHUNKS: u64 = 2;

/// The sampled rows of a complete run in `from`, written beside the results.
pub(crate) fn keep(id: &str, from: &Path, root: &Path) -> Result<(), String> {
    let kept = results(root, id);
    let rows = rows(id, from, &kept)?;
    let to = kept.join(ROWS);
    fs::write(&to, rows).map_err(|error| format!("cannot write {}: {error}", to.display()))
}

/// Compute the sampled rows of an experiment again: `write` commits them, otherwise they are compared.
pub(crate) fn again(id: &str, noctule: &Path, root: &Path, write: bool) -> Result<(), String> {
    let kept = results(root, id);
    let out = root.join("target").join("reproduce").join("sampled").join(id);
    if out.exists() {
        fs::remove_dir_all(&out)
            .map_err(|error| format!("cannot remove {}: {error}", out.display()))?;
    }
    let all = chunks(&kept)?;
    for chunk in chosen(id, all) {
        let shard = format!("{chunk}/{all}");
        let mut command = Command::new(noctule);
        command.args(["run", id, "--shard", &shard, "--out"]).arg(&out).current_dir(root);
        tools::succeeded(command.status(), &format!("shard {shard} of experiment `{id}`"))?;
    }
    if write {
        return keep(id, &out, root);
    }
    let path = kept.join(ROWS);
    let committed = fs::read_to_string(&path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let compared = first_trials::agree(&committed, &rows(id, &out, &kept)?);
    let exceptions = compared.map_err(|error| format!("{} differs: {error}", path.display()))?;
    if let Some(exceptions) = exceptions {
        eprintln!("xtask: {id} differs in a few rows from what was committed, {exceptions}");
    }
    Ok(())
}

/// The rows of the chosen chunks in a folder of a run, as a table with the names of the metrics.
fn rows(id: &str, run: &Path, kept: &Path) -> Result<String, String> {
    let read = |path: &Path| {
        fs::read_to_string(path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))
    };
    let first = read(&kept.join(FIRST_TRIALS))?;
    let names = metrics(first.lines().next().unwrap_or_default());
    let mut table = format!("chunk,unit,point,outcome,{}\n", names.join(","));
    for chunk in chosen(id, chunks(kept)?) {
        let alone = run.join("chunks").join(format!("c{chunk:06}.jsonl"));
        let text = if alone.is_file() { read(&alone)? } else { packed(run, chunk)? };
        for line in text.lines().filter(|line| line.starts_with("{\"u\":")) {
            let row =
                row(line).ok_or_else(|| format!("a row of chunk {chunk} of `{id}` is odd"))?;
            table += &format!("{chunk},{row}\n");
        }
    }
    Ok(table)
}

/// A chunk of a run that has packed its chunks: one after the other, each with its heading.
fn packed(run: &Path, chunk: u64) -> Result<String, String> {
    let packs = run.join("chunks").join("packs");
    let listed = fs::read_dir(&packs).map_err(|error| format!("{}: {error}", packs.display()))?;
    for pack in listed.flatten() {
        let text = fs::read_to_string(pack.path())
            .map_err(|error| format!("{} cannot be read: {error}", pack.path().display()))?;
        if let Some(found) = within(&text, chunk) {
            return Ok(found);
        }
    }
    Err(format!("there is no chunk {chunk} in {}", run.display()))
}

/// The lines of a chunk within a pack: from its heading to the next.
fn within(pack: &str, chunk: u64) -> Option<String> {
    let is_heading = |line: &str| line.starts_with("{\"format\":\"noctule-chunk/");
    let wanted = format!("\"chunk\":{chunk},");
    let from = pack.lines().skip_while(|line| !(is_heading(line) && line.contains(&wanted)));
    let lines: Vec<&str> = from
        .enumerate()
        .take_while(|(k, line)| *k == 0 || !is_heading(line))
        .map(|(_, l)| l)
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The names of the metrics in the header of records: between `evaluations` and `reason`.
fn metrics(header: &str) -> Vec<&str> {
    let after = header.split(',').skip_while(|name| *name != "evaluations").skip(1);
    after.take_while(|name| *name != "reason").collect()
}

/// Unit, point, outcome and metrics of a row of a chunk; an absent metric is an empty cell.
fn row(line: &str) -> Option<String> {
    let after = |key: &str, end: &[char]| {
        let start = line.find(key)? + key.len();
        let length = line[start..].find(end)?;
        line.get(start..start + length)
    };
    let (unit, point) = (after("\"u\":", &[',', '}'])?, after("\"p\":", &[',', '}'])?);
    let outcome = after("\"o\":\"", &['"'])?;
    // Where there is no design there are no metrics.
    let metrics = after("\"m\":[", &[']']).unwrap_or_default().replace("null", "");
    Some(format!("{unit},{point},{outcome},{metrics}"))
}

/// How many chunks the committed run has.
fn chunks(kept: &Path) -> Result<u64, String> {
    let path = kept.join("manifest.json");
    let text = fs::read_to_string(&path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let number = text.split_once("\"chunks\":").map(|(_, rest)| rest.trim_start());
    let digits = number.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    digits
        .and_then(|digits| digits.parse().ok())
        .filter(|chunks| *chunks > 0)
        .ok_or_else(|| format!("{} does not say how many chunks there are", path.display()))
}

/// The chunks that are sampled: evenly apart, the first by the name of the experiment.
fn chosen(id: &str, chunks: u64) -> Vec<u64> {
    // FNV-1a: any fixed function of the name would do.
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let count = CHUNKS.min(chunks);
    let mut chosen: Vec<u64> =
        (0..count).map(|k| (hash % chunks + k * (chunks / count)) % chunks).collect();
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_chosen_by_name_and_within() {
        for chunks in [1, 2, 3, 386] {
            let some = chosen("frame/fig3", chunks);
            assert_eq!(some.len() as u64, CHUNKS.min(chunks));
            assert!(some.iter().all(|chunk| *chunk < chunks), "{some:?}");
            assert_eq!(some, chosen("frame/fig3", chunks));
        }
        assert_ne!(chosen("frame/fig3", 386), chosen("frame/fig4", 386));
    }

    #[test]
    fn a_chunk_is_found_in_a_pack() {
        let heading =
            |k: u64| format!("{{\"format\":\"noctule-chunk/2\",\"chunk\":{k},\"units\":1}}\n");
        let pack = [1, 12, 2].map(|k| heading(k) + &format!("{{\"u\":{k},\"p\":0}}\n")).concat();
        for chunk in [1, 12, 2] {
            let found = within(&pack, chunk).unwrap();
            assert_eq!(found.lines().nth(1), Some(&*format!("{{\"u\":{chunk},\"p\":0}}")));
            assert_eq!(found.lines().count(), 2);
        }
        assert_eq!(within(&pack, 3), None);
    }

    #[test]
    fn rows_are_taken_apart() {
        let line = r#"{"u":3,"p":1,"o":"designed","g":{"b":0.5},"m":[1.5,null,2.0],"z":[[0,0,0,null,1.0]]}"#;
        assert_eq!(row(line).unwrap(), "3,1,designed,1.5,,2.0");
        assert_eq!(row(r#"{"u":3,"p":0,"o":"failed"}"#).unwrap(), "3,0,failed,");
        assert!(row(r#"{"rows":1}"#).is_none());
        assert_eq!(metrics("scheme,evaluations,rate,error,reason"), ["rate", "error"]);
    }
}
