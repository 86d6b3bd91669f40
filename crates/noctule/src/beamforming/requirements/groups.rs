//! Limits on the power of groups of antennas: of each antenna, of panels, of stations.

use noctule_num::CMat;

/// How much power there is.
#[derive(Clone, Debug, PartialEq)]
pub enum PowerLimit {
    /// In all, in watts.
    Total(f64),
    /// Of every antenna, in watts.
    PerAntenna(Vec<f64>),
    /// Of groups of antennas.
    Groups {
        /// The group of every antenna.
        of: Vec<usize>,
        /// What each group may spend, in watts.
        limits: Vec<f64>,
    },
}

impl PowerLimit {
    /// Whether it is one limit on all power.
    pub const fn is_total(&self) -> bool {
        matches!(self, Self::Total(_))
    }

    /// In all.
    pub fn total(&self) -> f64 {
        match self {
            Self::Total(power) => *power,
            Self::PerAntenna(limits) | Self::Groups { limits, .. } => limits.iter().sum(),
        }
    }
}

/// Groups that every antenna belongs to one of, with a limit in watts each.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Groups {
    /// The group of every antenna.
    pub(super) of: Vec<usize>,
    /// What each may spend.
    pub(super) limits: Vec<f64>,
    /// Place of an antenna within its group.
    place: Vec<usize>,
    /// Antennas of the largest group.
    largest: usize,
}

impl PowerLimit {
    /// The groups, where the power is limited by such.
    pub(super) fn groups(&self) -> Option<Groups> {
        match self {
            Self::Total(_) => None,
            Self::PerAntenna(limits) => {
                Some(Groups::new((0..limits.len()).collect(), limits.clone()))
            }
            Self::Groups { of, limits } => Some(Groups::new(of.clone(), limits.clone())),
        }
    }
}

impl Groups {
    fn new(of: Vec<usize>, limits: Vec<f64>) -> Self {
        let mut sizes = vec![0; limits.len()];
        let mut place = Vec::new();
        for &group in &of {
            place.push(sizes[group]);
            sizes[group] += 1;
        }
        let largest = sizes.into_iter().max().unwrap_or(0);
        Self { of, limits, place, largest }
    }

    /// Number of groups.
    pub(super) const fn count(&self) -> usize {
        self.limits.len()
    }

    /// Entries of a block: the antennas of the largest group, and the slack.
    pub(super) const fn block(&self, streams: usize) -> usize {
        self.largest * streams + 1
    }

    /// Where the entry of an antenna in a stream stands among blocks, one a group.
    pub(super) fn entry(&self, antenna: usize, stream: usize, streams: usize) -> usize {
        self.of[antenna] * self.block(streams) + self.place[antenna] * streams + stream
    }

    /// What every group spends.
    pub(super) fn spent(&self, w: &CMat) -> Vec<f64> {
        let mut out = vec![0.0; self.count()];
        for stream in 0..w.cols() {
            for (antenna, z) in w.col(stream).iter().enumerate() {
                out[self.of[antenna]] += z.norm_sqr();
            }
        }
        out
    }

    /// The largest share of a limit that is spent.
    pub(super) fn factor(&self, w: &CMat) -> f64 {
        let spent = self.spent(w);
        spent.iter().zip(&self.limits).map(|(spent, limit)| spent / limit).fold(0.0, f64::max)
    }

    /// The rows of a group, those of the others zero.
    pub(super) fn rows(&self, group: usize, w: &CMat) -> CMat {
        let mut out = w.clone();
        for stream in 0..w.cols() {
            for (antenna, z) in out.col_mut(stream).iter_mut().enumerate() {
                if self.of[antenna] != group {
                    *z = noctule_num::C64::ZERO;
                }
            }
        }
        out
    }

    /// The identity on the antennas of a group.
    pub(super) fn projector(&self, group: usize) -> CMat {
        let n = self.of.len();
        let one = |i: usize, j: usize| f64::from(u8::from(i == j && self.of[i] == group));
        CMat::from_fn(n, n, |i, j| noctule_num::C64::from(one(i, j)))
    }

    /// Σ P_g ν_g.
    pub(super) fn price(&self, nu: &[f64]) -> f64 {
        self.limits.iter().zip(nu).map(|(limit, nu)| limit * nu).sum()
    }

    /// Subtract ν of the groups from the diagonals.
    pub(super) fn subtract(&self, nu: &[f64], matrices: &mut [CMat]) {
        for matrix in matrices {
            for (antenna, group) in self.of.iter().enumerate() {
                matrix[(antenna, antenna)] -= nu[*group];
            }
        }
    }
}
