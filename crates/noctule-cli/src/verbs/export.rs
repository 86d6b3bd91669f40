//! `noctule export`: records in another format.

use std::path::{Path, PathBuf};

use crate::exit::{Done, Failure};

#[cfg(feature = "parquet")]
pub(crate) fn run(given: &Path, out: Option<PathBuf>, json: bool) -> Result<Done, Failure> {
    use noctule_lab::export;
    use noctule_lab::run::Store;

    let (store, _) = Store::open(&super::folder(given)?)?;
    let path = out.unwrap_or_else(|| store.dir().join("records.parquet"));
    let rows = export::parquet(&store, &path)?;
    if json {
        let document =
            serde_json::json!({ "format": "noctule-export/1", "file": path, "rows": rows });
        super::print_json(&document)?;
    } else {
        super::print(&format!("{rows} rows in {}", path.display()))?;
    }
    Ok(Done::Done)
}

#[cfg(not(feature = "parquet"))]
pub(crate) fn run(_given: &Path, _out: Option<PathBuf>, _json: bool) -> Result<Done, Failure> {
    let what = "this build writes no Parquet";
    let allowed = "a build with the feature `parquet`";
    let error = noctule_num::InputError::new(what, "export", "a build without", allowed);
    Err(error
        .hint(
            "cargo install --path crates/noctule-cli --features parquet; in Python \
             Records.to_parquet does the same with pyarrow or polars",
        )
        .into())
}
