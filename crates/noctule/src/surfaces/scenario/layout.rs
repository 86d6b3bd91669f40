//! Where the candidate sites are.

use noctule_num::InputError;
use noctule_phy::cascade::site_on_rays;
use noctule_phy::geometry::Point;
use serde::{Deserialize, Serialize};

use super::Scenario;
use crate::data::{ArraySet, Entries};
use crate::surfaces::instance::MOST_SITES;

/// Candidate sites of surfaces. Generated ones satisfy Proposition 1 and need upright arrays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Sites on the perpendicular bisector of base station and user: spatial frequencies ±1/M_r,
    /// ±3/M_r, … below one at both ends, nearest first: M_r sites, one fewer for odd M_r. Needs two or
    /// more antennas at the user and M_t to be a multiple of M_r.
    Bisector,
    /// Eight sites off the bisector, for M_t = 32 and M_r = 8.
    Skew,
    /// Rays given by their spatial frequencies `[base, user]`.
    Rays(Vec<[f64; 2]>),
    /// Coordinates in metres.
    Sites(Vec<[f64; 2]>),
}

/// Spatial frequencies of the skew layout, 32 μ_B and 8 μ_U.
const SKEW: [[f64; 2]; 8] = [
    [-7.0, -1.0],
    [5.0, 1.0],
    [-11.0, -3.0],
    [9.0, 3.0],
    [-15.0, -5.0],
    [13.0, 5.0],
    [17.0, 7.0],
    [-19.0, -7.0],
];

/// The antennas that the skew layout is for.
const SKEW_ANTENNAS: (usize, usize) = (32, 8);

/// What is said of a layout that the arrays cannot tell apart.
const MISFIT: &str = "the layout does not fit the arrays";

impl Scenario {
    /// The candidate sites in metres, the one with the sensors first.
    ///
    /// # Errors
    /// When a layout does not fit the arrays, or rays do not meet.
    pub fn site_positions(&self) -> Result<Vec<Point>, InputError> {
        let sites = match &self.layout {
            Layout::Sites(sites) => {
                in_number("layout.sites", sites.len())?;
                sites.iter().map(|&site| site.into()).collect()
            }
            Layout::Bisector => self.on_rays(&self.bisector()?)?,
            Layout::Skew => self.on_rays(&self.skew()?)?,
            Layout::Rays(rays) => {
                in_number("layout.rays", rays.len())?;
                self.on_rays(rays)?
            }
        };
        self.cut(sites)
    }

    /// The same with the sites of `site_m`, where that may be a list of sites: rays that would not meet without it
    /// are nobody's concern.
    pub(in crate::surfaces) fn with_sites_of(mut self, arrays: &ArraySet) -> Self {
        let Some(array) = arrays.get("site_m") else { return self };
        if let Entries::Real(entries) = &array.entries
            && let [1..=MOST_SITES, 2] = array.shape[..]
            && entries.iter().all(|x| x.is_finite())
        {
            let sites = entries.chunks_exact(2).map(|at| [at[0], at[1]]).collect();
            (self.layout, self.first_sites) = (Layout::Sites(sites), None);
        }
        self
    }

    /// Rays on the perpendicular bisector: x at both ends, ±1/M, ±3/M, … below one.
    fn bisector(&self) -> Result<Vec<[f64; 2]>, InputError> {
        let m = self.user_antennas;
        if m < 2 {
            let allowed = "at least 2 for the bisector: one antenna does not tell sites apart";
            return Err(InputError::new(MISFIT, "user_antennas", m.to_string(), allowed));
        }
        if !self.transmit_antennas.is_multiple_of(m) {
            let found = format!("bisector with {} and {m} antennas", self.transmit_antennas);
            let allowed = "transmit antennas in a multiple of the user's, so that the sites are \
                           orthogonal at both ends";
            return Err(InputError::new(MISFIT, "layout", found, allowed));
        }
        let ray = |i: usize| {
            let x = (2 * (i / 2) + 1) as f64 / m as f64;
            let x = if i.is_multiple_of(2) { x } else { -x };
            [x, x]
        };
        let count = (0..).take_while(|i| 2 * (i / 2) + 1 < m).count();
        Ok((0..count.min(MOST_SITES)).map(ray).collect())
    }

    fn skew(&self) -> Result<Vec<[f64; 2]>, InputError> {
        let (base, user) = (self.transmit_antennas, self.user_antennas);
        if (base, user) != SKEW_ANTENNAS {
            let found = format!("skew with {base} and {user} antennas");
            let allowed = "32 transmit antennas and 8 at the user";
            return Err(InputError::new(MISFIT, "layout", found, allowed));
        }
        Ok(SKEW.iter().map(|[b, u]| [b / 32.0, u / 8.0]).collect())
    }

    /// Where rays from base station and user meet.
    fn on_rays(&self, rays: &[[f64; 2]]) -> Result<Vec<Point>, InputError> {
        let (base, user): (Point, Point) = (self.base_m.into(), self.user_m.into());
        if base.distance_m(user) < 1e-3 {
            return Err(InputError::new(
                "the user stands on the base station",
                "user_m",
                format!("{:?}, the place of `base_m`", self.user_m),
                "at least a millimetre away: rays from both must meet between them",
            ));
        }
        let axes = [self.base_axis_deg, self.user_axis_deg];
        if !axes.iter().all(|a| (a - 90.0).abs() < 1e-9) {
            return Err(InputError::new(
                "rays need upright arrays",
                "base_axis_deg, user_axis_deg",
                format!("{}, {}", self.base_axis_deg, self.user_axis_deg),
                "90 for both",
            )
            .hint("give the sites by their coordinates: `layout = { sites = [[x, y], …] }`"));
        }
        let meet = |(i, &[b, u]): (usize, &[f64; 2])| {
            site_on_rays(base, user, b, u).ok_or_else(|| {
                InputError::new(
                    "the rays do not meet",
                    format!("layout[{i}]"),
                    format!("spatial frequencies {b} and {u}"),
                    "rays that meet between base station and user, the user to the right",
                )
                .hint("give the sites by their coordinates: `layout = { sites = [[x, y], …] }`")
            })
        };
        rays.iter().enumerate().map(meet).collect()
    }

    /// The first so many sites.
    fn cut(&self, mut sites: Vec<Point>) -> Result<Vec<Point>, InputError> {
        if let Some(first) = self.first_sites {
            if first > sites.len() {
                let allowed = format!("1 to {}, the sites of the layout", sites.len());
                let what = "there are not so many sites";
                return Err(InputError::new(what, "first_sites", first.to_string(), allowed));
            }
            sites.truncate(first);
        }
        Ok(sites)
    }
}

fn in_number(place: &str, found: usize) -> Result<(), InputError> {
    if (1..=MOST_SITES).contains(&found) {
        return Ok(());
    }
    let what = "the number of sites is out of range";
    Err(InputError::new(what, place, found.to_string(), format!("1 to {MOST_SITES}")))
}
