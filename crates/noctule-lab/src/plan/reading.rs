//! Reading plans, which somebody may have edited.

use std::path::Path;

use noctule_num::InputError;
use serde_json::Value;

use super::shape::Shape;
use super::{FORMAT, MAX_BYTES, MAX_CHUNKS, Plan, PlanSweep};
use crate::error::LabError;
use crate::experiment::{MAX_POINTS, MAX_TRIALS};
use crate::files::{self, Unread};

impl Plan {
    /// Read a plan back.
    ///
    /// # Errors
    /// When there is none, or it is damaged, or of another version.
    pub fn read(path: &Path) -> Result<Self, LabError> {
        let bytes = files::read(path, MAX_BYTES).map_err(|unread| match unread {
            Unread::Io(error) => LabError::io("read", path)(error),
            Unread::NoFile(found) => LabError::corrupt(path, format!("it is {found}")),
            Unread::TooLarge(bytes) => LabError::corrupt(path, format!("it has {bytes} bytes")),
        })?;
        Self::parse(&bytes, path)
    }

    /// Read a plan from its text; `path` is what it is called in complaints.
    ///
    /// # Errors
    /// As [`Plan::read`].
    pub fn parse(text: &[u8], path: &Path) -> Result<Self, LabError> {
        let value: Value = serde_json::from_slice(text)
            .map_err(|error| LabError::corrupt(path, error.to_string()))?;
        let format = value.get("format").and_then(Value::as_str).unwrap_or("nothing").to_owned();
        if format != FORMAT {
            let place = path.display().to_string();
            let what = "this is not a plan we can read";
            let error = InputError::new(what, place, &format, FORMAT);
            return Err(match format.as_str() {
                "noctule-plan/1" => error.hint(
                    "an earlier noctule wrote it: read the run with that one, or start over with \
                     --fresh (fresh=True), which moves it aside",
                ),
                _ => error,
            }
            .into());
        }
        let plan: Self = serde_json::from_value(value)
            .map_err(|error| LabError::corrupt(path, error.to_string()))?;
        plan.checked().map_err(|reason| LabError::corrupt(path, reason))
    }

    /// A plan that somebody edited may not lead us out of bounds.
    fn checked(mut self) -> Result<Self, &'static str> {
        let schemes = self.schemes.len();
        let points = self.sweeps.iter().map(|sweep| sweep.values.len());
        let points = points.fold(schemes, usize::saturating_mul);
        let inside = |sweep: &PlanSweep| sweep.schemes.iter().flatten().all(|s| *s < schemes);
        if points == 0 || points > MAX_POINTS || !self.sweeps.iter().all(inside) {
            return Err("its sweeps refer to points that do not exist");
        }
        if !(1..=MAX_TRIALS).contains(&self.trials) {
            return Err("its number of trials is impossible");
        }
        let precision = self.precision.as_ref();
        if precision.is_some_and(|p| p.metric >= self.metrics.len() || p.round_trials == 0) {
            return Err("its precision refers to a metric that does not exist");
        }
        self.shape = Shape::of(&self);
        if self.chunks() > MAX_CHUNKS {
            return Err("its size is impossible");
        }
        Ok(self)
    }
}
