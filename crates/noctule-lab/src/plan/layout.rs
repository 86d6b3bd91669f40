//! Where chunks begin: small ones first, so that a short run can be shared out, and ever larger
//! ones, so that a long run has few files; never so large that one does not fit easily into memory.
//! The number of trials has no part in it.

/// Most points in one chunk.
pub(super) const MOST_POINTS: u64 = 8192;
/// Chunks of one step each, at the beginning.
const SINGLE: u64 = 128;
/// Chunks of two steps each that follow, then so many of four, and so on.
const ALIKE: u64 = 64;

/// The schedule of chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Units in a step: one, or those of a whole trial.
    step: u64,
    /// Chunks have at most 2^top steps.
    top: u64,
}

impl Layout {
    pub(super) fn of(chains: u64, chain_len: u64, whole_trials: bool) -> Self {
        let step = if whole_trials { chains.max(1) } else { 1 };
        let most = (MOST_POINTS / (step * chain_len).max(1)).max(1);
        Self { step, top: u64::from(most.ilog2()) }
    }

    /// Steps before a chunk.
    fn before(self, chunk: u64) -> u64 {
        let Some(later) = chunk.checked_sub(SINGLE) else { return chunk };
        let (groups, rest) = (later / ALIKE, later % ALIKE);
        // Group g = 1, 2, … has chunks of 2^min(g, top) steps.
        let growing = groups.min(self.top);
        let grown = (2 << growing) - 2 + ((groups - growing) << self.top);
        SINGLE + ALIKE * grown + (rest << (groups + 1).min(self.top))
    }

    pub(super) fn chunk(self, chunk: u64) -> std::ops::Range<u64> {
        self.before(chunk) * self.step..self.before(chunk + 1) * self.step
    }

    /// How many chunks hold so many units.
    pub(super) fn chunks(self, units: u64) -> u64 {
        let steps = units.div_ceil(self.step);
        let (mut low, mut high) = (0, steps);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.before(middle) < steps { low = middle + 1 } else { high = middle }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_follow_one_another_and_grow() {
        for (chains, length, whole) in [(1, 1, false), (9, 3, false), (7, 1, true), (5, 9000, true)]
        {
            let layout = Layout::of(chains, length, whole);
            let mut end = 0;
            let mut size = 0;
            for chunk in 0..3000 {
                let units = layout.chunk(chunk);
                assert_eq!(units.start, end, "{layout:?} {chunk}");
                let new = units.end - units.start;
                assert!(new >= size && new.is_multiple_of(layout.step), "{layout:?} {chunk}");
                assert!(new * length <= MOST_POINTS || new == layout.step);
                assert_eq!(layout.chunks(units.start + 1), chunk + 1);
                assert_eq!(layout.chunks(units.end), chunk + 1);
                (end, size) = (units.end, new);
            }
        }
        let million = Layout::of(1, 1, false).chunks(1_000_000);
        assert!((128..1000).contains(&million), "{million}");
        assert_eq!(Layout::of(1, 1, false).chunks(0), 0);
    }
}
