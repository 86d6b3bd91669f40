//! Where data of one's own lie: no property of a run, which knows them by their digest.

use serde_json::Value;

use super::Plan;
use crate::experiment::Experiment;

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

    /// Whether this plan is what `bare` comes to, in which nobody could look at the data: the same apart
    /// from what they are.
    pub(crate) fn is_of(&self, bare: &Self) -> bool {
        self.data.is_some() && self.without_data().text() == bare.without_data().text()
    }

    /// An experiment of this plan, with its data as they were.
    pub(crate) fn attached_to(&self, experiment: &Experiment) -> Experiment {
        let mut experiment = experiment.clone();
        experiment.scenario.clone_from(&self.scenario);
        for (sweep, planned) in experiment.sweeps.iter_mut().zip(&self.sweeps) {
            for (value, planned) in sweep.values.iter_mut().zip(&planned.values) {
                value.value.clone_from(planned);
            }
        }
        experiment
    }

    fn without_data(&self) -> Self {
        let mut plan = Self { data: None, ..self.clone() };
        forget(&mut plan.scenario);
        plan.sweeps.iter_mut().flat_map(|sweep| &mut sweep.values).for_each(forget);
        plan
    }
}

/// Take away what was found out about data.
fn forget(value: &mut Value) {
    let Value::Object(members) = value else { return };
    if members.contains_key("path") {
        members.retain(|key, _| key != "sha256" && key != "rows");
    }
    members.values_mut().for_each(forget);
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
