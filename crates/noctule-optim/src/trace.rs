//! How a run went, iteration by iteration.

use serde::{Deserialize, Serialize};

use crate::Work;

/// One iteration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceRow {
    /// Iteration; zero is the start.
    pub iteration: u64,
    /// Evaluations made so far.
    pub evaluations: u64,
    /// Value of the objective that is minimised.
    pub value: f64,
    /// Residual of stationarity.
    pub residual: f64,
    /// Length of the step that led here, on the manifold.
    pub step: f64,
}

impl TraceRow {
    /// The row of a point that was reached with so much work.
    pub const fn at(work: &Work, value: f64, residual: f64, step: f64) -> Self {
        let Work { iterations: iteration, evaluations, .. } = *work;
        Self { iteration, evaluations, value, residual, step }
    }
}

/// The rows of a run. Room for them is made once; rows beyond it are counted, not kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    rows: Vec<TraceRow>,
    room: usize,
    dropped: u64,
}

impl Trace {
    /// Keep nothing.
    pub const fn off() -> Self {
        Self { rows: Vec::new(), room: 0, dropped: 0 }
    }

    /// Keep up to `room` rows.
    pub fn with_room(room: usize) -> Self {
        Self { rows: Vec::with_capacity(room), room, dropped: 0 }
    }

    /// The rows kept.
    pub fn rows(&self) -> &[TraceRow] {
        &self.rows
    }

    /// Number of rows that found no room.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Record a row, if there is room.
    pub fn push(&mut self, row: TraceRow) {
        if self.rows.len() < self.room {
            self.rows.push(row);
        } else {
            self.dropped += 1;
        }
    }
}
