//! The best cell of a staircase under prices: `h_k` of [`super::certify`].
//!
//! A range of cells is bounded by its corner, so that the maximum over thousands of cells is found by
//! descending a tree that needs no tables.

/// One surface, scaled.
pub(super) struct Surface {
    /// a_k P and b_k P/Γ.
    pub(super) gain: f64,
    pub(super) weight: f64,
    /// The largest |z|² and |y|² of each cell, ascending and descending.
    pub(super) user: Vec<f64>,
    pub(super) target: Vec<f64>,
}

/// The best of a range: value, cell, power.
#[derive(Clone, Copy)]
pub(super) struct Best {
    pub(super) value: f64,
    pub(super) cell: usize,
    pub(super) power: f64,
}

/// Prices and the state of the sensing signal, for one evaluation.
#[derive(Clone, Copy)]
pub(super) struct Prices {
    /// μ and λ.
    pub(super) sensing: f64,
    pub(super) power: f64,
    /// Power p_s of the sensing signal.
    pub(super) signal: f64,
    /// Most power a stream may have.
    pub(super) cap: f64,
}

impl Surface {
    /// The value of a corner and its best power.
    fn corner(&self, user: f64, target: f64, at: Prices) -> (f64, f64) {
        let sensed = at.sensing * self.weight * target;
        // a watt costs λ and earns μ b Y: at a profit it is spent without limit but the cap
        let cost = at.power - sensed;
        let gain = self.gain * user;
        let p = if cost <= 0.0 {
            at.cap
        } else if gain > cost {
            (1.0 / cost - 1.0 / gain).min(at.cap)
        } else {
            0.0
        };
        ((gain * p).ln_1p() - cost * p + sensed * at.signal, p)
    }

    pub(super) fn cell(&self, cell: usize, at: Prices) -> Best {
        let (value, power) = self.corner(self.user[cell], self.target[cell], at);
        Best { value, cell, power }
    }

    /// The best cell of a range; `guess` is where it may be.
    pub(super) fn best(
        &self,
        (low, high): (usize, usize),
        guess: usize,
        at: Prices,
        count: &mut u64,
    ) -> Best {
        let mut best = self.cell(guess.clamp(low, high), at);
        self.descend(low, high, at, &mut best, count);
        best
    }

    fn descend(&self, low: usize, high: usize, at: Prices, best: &mut Best, count: &mut u64) {
        *count += 1;
        if high - low < 3 {
            for cell in low..=high {
                let found = self.cell(cell, at);
                if found.value > best.value {
                    *best = found;
                }
            }
            return;
        }
        // |z|² ascends and |y|² descends: the corner of a half has the last |z|² and the first |y|²
        let middle = usize::midpoint(low, high);
        let left = self.corner(self.user[middle], self.target[low], at).0;
        let right = self.corner(self.user[high], self.target[middle + 1], at).0;
        let halves = [(left, low, middle), (right, middle + 1, high)];
        let order = if left >= right { [0, 1] } else { [1, 0] };
        for half in order {
            let (value, low, high) = halves[half];
            if value > best.value {
                self.descend(low, high, at, best, count);
            }
        }
    }
}
