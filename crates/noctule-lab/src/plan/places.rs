//! Where data of one's own lie: no property of a run, which knows them by their digest.

use serde_json::Value;

use super::Plan;

impl Plan {
    /// This plan with the paths of another wherever both speak of the same data, so that a run goes on
    /// when its files were moved, and shards of machines with other folders are those of one run.
    pub(crate) fn with_paths_of(&self, other: &Self) -> Self {
        let mut plan = self.clone();
        if plan.data.is_none() {
            return plan;
        }
        moved(&mut plan.scenario, &other.scenario);
        for (mine, theirs) in plan.sweeps.iter_mut().zip(&other.sweeps) {
            let values = mine.values.iter_mut().zip(&theirs.values);
            values.for_each(|(mine, theirs)| moved(mine, theirs));
        }
        plan
    }
}

fn moved(mine: &mut Value, theirs: &Value) {
    let (Value::Object(mine), Value::Object(theirs)) = (mine, theirs) else { return };
    let known = mine.get("sha256").is_some_and(|digest| theirs.get("sha256") == Some(digest));
    if let Some(path) = theirs.get("path").filter(|_| known) {
        mine.insert("path".to_owned(), path.clone());
    }
    for (key, value) in mine.iter_mut() {
        if let Some(other) = theirs.get(key) {
            moved(value, other);
        }
    }
}
