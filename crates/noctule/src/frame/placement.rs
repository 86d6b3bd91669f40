//! Where the updates sit: the best division of a frame's data blocks among channel updates.
//!
//! A block that lies `n − 1` blocks after its update carries Φ_n bit/s/Hz. An update with `N_m`
//! blocks carries `S(N_m) = Φ_1 + … + Φ_{N_m}` per block time and costs the time of a pilot in its
//! first block. When Φ never rises, `S` is concave and dividing evenly is best (an exchange
//! argument); when it does rise — as under Jakes' law — only dynamic programming is exact
//! (`docs/errata.md#frame-e7`).

/// How updates are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Any number of updates anywhere: exact.
    Free,
    /// Exactly so many updates, anywhere: exact.
    Updates(usize),
    /// Any number of updates, blocks divided as evenly as possible.
    Even,
    /// Exactly so many updates, divided as evenly as possible.
    EvenUpdates(usize),
    /// One update at the start of the frame.
    Single,
    /// An update in every block.
    Every,
}

impl Pattern {
    /// Fewest data blocks this pattern needs.
    pub const fn fewest_blocks(self) -> usize {
        match self {
            Self::Updates(m) | Self::EvenUpdates(m) => m,
            _ => 1,
        }
    }
}

/// Workspace for frames of up to a fixed number of blocks.
#[derive(Clone, Debug)]
pub struct Placer {
    /// S(n), from S(0) = 0.
    sums: Vec<f64>,
    best: Vec<f64>,
    last: Vec<usize>,
    /// Lengths of updates that no division into shorter ones replaces.
    whole: Vec<usize>,
    /// Rows of the table for a fixed number of updates.
    row: Vec<f64>,
    choice: Vec<u32>,
}

impl Placer {
    /// Room for `blocks` data blocks.
    pub fn new(blocks: usize) -> Self {
        Self {
            sums: vec![0.0; blocks + 1],
            best: vec![0.0; blocks + 1],
            last: vec![0; blocks + 1],
            whole: Vec::with_capacity(blocks),
            row: vec![0.0; blocks + 1],
            choice: Vec::new(),
        }
    }

    fn load(&mut self, efficiency: &[f64], blocks: usize) -> bool {
        let mut monotone = true;
        let mut sum = 0.0;
        for n in 0..blocks {
            sum += efficiency[n];
            self.sums[n + 1] = sum;
            monotone &= n == 0 || efficiency[n] <= efficiency[n - 1];
        }
        monotone
    }

    /// The largest `Σ_m S(N_m) − cost·M` over divisions of `blocks` blocks that follow `pattern`,
    /// where `cost` is the time of a pilot in blocks times Φ_1. Fewer blocks than the pattern
    /// needs give −∞. `efficiency[n − 1]` is Φ_n.
    pub fn value(&mut self, efficiency: &[f64], cost: f64, blocks: usize, pattern: Pattern) -> f64 {
        if blocks < pattern.fewest_blocks() {
            return f64::NEG_INFINITY;
        }
        let monotone = self.load(efficiency, blocks);
        match pattern {
            Pattern::Free if !monotone => {
                self.free(cost, blocks);
                self.best[blocks]
            }
            Pattern::Updates(m) if !monotone => self.fixed(blocks, m) - cost * m as f64,
            Pattern::Free | Pattern::Even => (1..=blocks)
                .map(|m| self.even(blocks, m) - cost * m as f64)
                .fold(f64::NEG_INFINITY, f64::max),
            Pattern::Updates(m) | Pattern::EvenUpdates(m) => self.even(blocks, m) - cost * m as f64,
            Pattern::Single => self.sums[blocks] - cost,
            Pattern::Every => (self.sums[1] - cost) * blocks as f64,
        }
    }

    /// The division that [`Placer::value`] values, longest updates first.
    pub fn division(
        &mut self,
        efficiency: &[f64],
        cost: f64,
        blocks: usize,
        pattern: Pattern,
    ) -> Vec<usize> {
        if blocks < pattern.fewest_blocks() {
            return Vec::new();
        }
        let monotone = self.load(efficiency, blocks);
        let mut counts = match pattern {
            Pattern::Free if !monotone => {
                self.free(cost, blocks);
                let mut counts = Vec::new();
                let mut left = blocks;
                while left > 0 {
                    counts.push(self.last[left]);
                    left -= self.last[left];
                }
                counts
            }
            Pattern::Updates(m) if !monotone => {
                self.fixed(blocks, m);
                let mut counts = Vec::new();
                let mut left = blocks;
                for updates in (1..=m).rev() {
                    let taken = self.choice[(updates - 1) * (blocks + 1) + left] as usize;
                    counts.push(taken);
                    left -= taken;
                }
                counts
            }
            Pattern::Free | Pattern::Even => {
                let mut found = (f64::NEG_INFINITY, 1);
                for m in 1..=blocks {
                    let value = self.even(blocks, m) - cost * m as f64;
                    if value > found.0 {
                        found = (value, m);
                    }
                }
                even_division(blocks, found.1)
            }
            Pattern::Updates(m) | Pattern::EvenUpdates(m) => even_division(blocks, m),
            Pattern::Single => vec![blocks],
            Pattern::Every => vec![1; blocks],
        };
        counts.sort_unstable_by(|a, b| b.cmp(a));
        counts
    }

    /// Σ S(N_m) of the even division into `m` parts.
    fn even(&self, blocks: usize, m: usize) -> f64 {
        let (short, longer) = (blocks / m, blocks % m);
        (m - longer) as f64 * self.sums[short]
            + if longer > 0 { longer as f64 * self.sums[short + 1] } else { 0.0 }
    }

    /// `best[n] = max_j best[n − j] + S(j) − cost` for all n up to `blocks`.
    ///
    /// An update whose `n` blocks are worth no more than those of several is never needed, whatever
    /// stands beside it: only the lengths that are not so are tried, `O(blocks · lengths)`. They end a
    /// few blocks after the best one, unless a pilot is dear.
    fn free(&mut self, cost: f64, blocks: usize) {
        self.best[0] = 0.0;
        self.whole.clear();
        for n in 1..=blocks {
            let mut found = (f64::NEG_INFINITY, n);
            for &j in &self.whole {
                let value = self.best[n - j] + self.sums[j];
                if value > found.0 {
                    found = (value, j);
                }
            }
            if self.sums[n] > found.0 {
                found = (self.sums[n], n);
                self.whole.push(n);
            }
            (self.best[n], self.last[n]) = (found.0 - cost, found.1);
        }
    }

    /// Σ S(N_m) of the best division into exactly `m` parts: `O(blocks² m)`.
    fn fixed(&mut self, blocks: usize, m: usize) -> f64 {
        let width = blocks + 1;
        self.choice.clear();
        self.choice.resize(m * width, 0);
        self.best[..width].fill(f64::NEG_INFINITY);
        self.best[0] = 0.0;
        for updates in 1..=m {
            self.row[..width].fill(f64::NEG_INFINITY);
            for n in updates..=blocks {
                for j in 1..=n + 1 - updates {
                    let value = self.best[n - j] + self.sums[j];
                    if value > self.row[n] {
                        self.row[n] = value;
                        self.choice[(updates - 1) * width + n] = j as u32;
                    }
                }
            }
            std::mem::swap(&mut self.best, &mut self.row);
        }
        self.best[blocks]
    }

    /// Σ S(N_m) of the best division of `blocks` into 1, 2, …, `most` parts, in one pass.
    pub fn by_updates(&mut self, efficiency: &[f64], blocks: usize, most: usize) -> Vec<f64> {
        let most = most.min(blocks);
        if self.load(efficiency, blocks) {
            return (1..=most).map(|m| self.even(blocks, m)).collect();
        }
        let width = blocks + 1;
        self.best[..width].fill(f64::NEG_INFINITY);
        self.best[0] = 0.0;
        let mut out = Vec::with_capacity(most);
        for updates in 1..=most {
            self.row[..width].fill(f64::NEG_INFINITY);
            for n in updates..=blocks {
                for j in 1..=n + 1 - updates {
                    self.row[n] = self.row[n].max(self.best[n - j] + self.sums[j]);
                }
            }
            std::mem::swap(&mut self.best, &mut self.row);
            out.push(self.best[blocks]);
        }
        out
    }
}

/// `blocks` divided into `m` parts as evenly as possible, longer ones first.
pub fn even_division(blocks: usize, m: usize) -> Vec<usize> {
    (0..m).map(|part| blocks / m + usize::from(part < blocks % m)).collect()
}

/// Expected number of updates with at least `n` blocks, for `n = 1, …, blocks`, when `blocks` are
/// divided into `m` parts by a division drawn uniformly among all.
///
/// `E = m · C(blocks − n, m − 1) / C(blocks − 1, m − 1)`, as a running product.
pub fn random_division(blocks: usize, m: usize) -> Vec<f64> {
    let mut out = Vec::with_capacity(blocks);
    let mut expected = m as f64;
    for n in 1..=blocks {
        out.push(expected);
        // C(blocks − n − 1, m − 1) / C(blocks − n, m − 1)
        let (all, free) = (blocks - n, (blocks - n + 1).saturating_sub(m));
        expected *= if all == 0 { 0.0 } else { free as f64 / all as f64 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{StreamKey, uniform};

    /// All divisions of `blocks` into `m` ordered parts.
    fn divisions(blocks: usize, m: usize) -> Vec<Vec<usize>> {
        if m == 1 {
            return vec![vec![blocks]];
        }
        (1..=blocks + 1 - m)
            .flat_map(|first| {
                divisions(blocks - first, m - 1).into_iter().map(move |mut rest| {
                    rest.insert(0, first);
                    rest
                })
            })
            .collect()
    }

    fn worth(efficiency: &[f64], division: &[usize]) -> f64 {
        division.iter().map(|&n| efficiency[..n].iter().sum::<f64>()).sum()
    }

    #[test]
    fn every_pattern_is_what_enumeration_finds() {
        let mut rng = StreamKey::new(1, "test", "placement", 0).trial(0);
        let mut placer = Placer::new(11);
        for case in 0..60 {
            let mut efficiency: Vec<f64> = (0..11).map(|_| uniform(&mut rng, 0.0, 1.0)).collect();
            if case % 3 == 0 {
                efficiency.sort_by(|a, b| b.total_cmp(a));
            }
            let (blocks, cost) = (1 + case % 11, uniform(&mut rng, 0.0, 0.4));
            let mut overall = f64::NEG_INFINITY;
            let by_updates = placer.by_updates(&efficiency, blocks, blocks);
            for m in 1..=blocks {
                let best = divisions(blocks, m)
                    .iter()
                    .map(|division| worth(&efficiency, division))
                    .fold(f64::NEG_INFINITY, f64::max);
                overall = overall.max(best - cost * m as f64);
                let found = placer.value(&efficiency, cost, blocks, Pattern::Updates(m));
                assert!((found - (best - cost * m as f64)).abs() < 1e-12);
                assert!((by_updates[m - 1] - best).abs() < 1e-12);
                let division = placer.division(&efficiency, cost, blocks, Pattern::Updates(m));
                assert_eq!((division.len(), division.iter().sum::<usize>()), (m, blocks));
                assert!((worth(&efficiency, &division) - best).abs() < 1e-12);
                if case % 3 == 0 {
                    let even = placer.value(&efficiency, 0.0, blocks, Pattern::EvenUpdates(m));
                    assert!((even - best).abs() < 1e-12, "an even split is best");
                }
            }
            let found = placer.value(&efficiency, cost, blocks, Pattern::Free);
            assert!((found - overall).abs() < 1e-12);
            let division = placer.division(&efficiency, cost, blocks, Pattern::Free);
            let value = worth(&efficiency, &division) - cost * division.len() as f64;
            assert!((value - overall).abs() < 1e-12 && division.iter().sum::<usize>() == blocks);
        }
    }

    #[test]
    fn expected_counts_are_the_mean_over_all_divisions() {
        for (blocks, m) in [(1, 1), (7, 1), (7, 7), (9, 4), (12, 3)] {
            let all = divisions(blocks, m);
            let expected = random_division(blocks, m);
            for n in 1..=blocks {
                let mean = all.iter().flatten().filter(|&&part| part >= n).count() as f64
                    / all.len() as f64;
                assert!((expected[n - 1] - mean).abs() < 1e-13, "{blocks} {m} {n}");
            }
        }
    }

    #[test]
    fn rising_efficiency_defeats_the_even_split() {
        // A clear example: a block long after its update is the best one.
        let efficiency = [1.0, 0.1, 0.1, 2.0];
        let mut placer = Placer::new(6);
        assert_eq!(
            placer.division(&efficiency_of(&efficiency), 0.0, 6, Pattern::Updates(3)),
            [4, 1, 1]
        );
        assert_eq!(
            placer.division(&efficiency_of(&efficiency), 0.0, 6, Pattern::EvenUpdates(3)),
            [2, 2, 2]
        );
    }

    fn efficiency_of(first: &[f64]) -> Vec<f64> {
        let mut all = first.to_vec();
        all.resize(6, 0.0);
        all
    }

    #[test]
    fn too_few_blocks_are_no_plan() {
        let mut placer = Placer::new(4);
        let value = placer.value(&[1.0; 4], 0.1, 2, Pattern::Updates(3));
        assert!(value.is_infinite() && value < 0.0);
        assert!(placer.division(&[1.0; 4], 0.1, 2, Pattern::EvenUpdates(3)).is_empty());
    }
}
