//! Parameters of a base station, candidate sites, a user and a target.

mod layout;
mod require;

use noctule_num::InputError;
use noctule_num::input::{in_count, in_range};
use noctule_phy::cascade::{PathLoss, PathWeights, Place};
use noctule_phy::channels::rician::shares;
use noctule_phy::units;
use serde::{Deserialize, Serialize};

use super::instance::{Elements, Instance, MOST_ANTENNAS, MOST_ELEMENTS, MOST_SITES, Parts};
use crate::Error;
use crate::links::{SightLoss, k_ratio};

pub use self::layout::Layout;
pub use self::require::Require;

/// Simulated echoes at most.
const MOST_DRAWS: usize = 1_000_000;

/// A base station, candidate sites of reflecting surfaces, a user and a target that the base
/// station cannot see.
///
/// The default is the setting behind the published figures of G. Chen et al.: 32 transmit antennas,
/// 8 at the user, 8 sensors, 256 snapshots, 30 dBm, user and target 100 m away, eight sites. The
/// coordinates of the sites are not printed; the default `bisector` layout is our choice
/// (`docs/errata.md#surfaces-e12`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Antennas of the base station M_t.
    pub transmit_antennas: usize,
    /// Antennas of the user M_r.
    pub user_antennas: usize,
    /// Sensors N_r beside the first surface.
    pub sensors: usize,
    /// Position of the base station in metres.
    pub base_m: [f64; 2],
    /// Position of the user in metres.
    pub user_m: [f64; 2],
    /// Position of the target in metres; `null` puts it where the user is.
    pub target_m: Option<[f64; 2]>,
    /// Direction of the base station's array, degrees from the first axis.
    pub base_axis_deg: f64,
    /// Direction of the user's array, degrees from the first axis.
    pub user_axis_deg: f64,
    /// Direction of every surface, degrees from the first axis.
    pub surface_axis_deg: f64,
    /// Candidate sites.
    pub layout: Layout,
    /// Use only the first so many sites. `null` means all.
    pub first_sites: Option<usize>,
    /// Elements: of K surfaces each gets ⌊elements/K⌋.
    pub elements: usize,
    /// Snapshots T.
    pub snapshots: u32,
    /// Transmit power in dBm.
    pub power_dbm: f64,
    /// Noise power of each user antenna in dBm.
    pub user_noise_dbm: f64,
    /// Noise power of each sensor in dBm.
    pub sensing_noise_dbm: f64,
    /// Power gain of a path of one metre, in dB.
    pub reference_gain_db: f64,
    /// Exponent of the path loss.
    pub path_loss_exponent: f64,
    /// Path loss of a cell, in place of `reference_gain_db` and `path_loss_exponent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<SightLoss>,
    /// Line of sight over scatter between surfaces and user, in dB; `null` is a line of sight alone.
    /// Phases and powers then count on the line of sight, and the rate is a bound from below of the
    /// ergodic one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_k_factor_db: Option<f64>,
    /// Reflection |β|² of the target as a power gain in dB.
    pub reflection_gain_db: f64,
    /// How strongly each surface reaches the target.
    pub path_weights: PathModel,
    /// Largest Cramér–Rao bound of the target's spatial frequency, in dB (10 log₁₀, the frequency has
    /// no unit). `null` for no requirement.
    pub crb_limit_db: Option<f64>,
    /// The same in the words of every system; left out, `crb_limit_db` is what counts.
    #[serde(skip_serializing_if = "Require::is_nothing")]
    pub require: Require,
    /// Simulated echoes on which estimators are tried, in every trial; 0 for none.
    pub echo_draws: u64,
}

/// How strongly each surface reaches the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PathModel {
    /// Every path with its own loss.
    #[default]
    Exact,
    /// Every path with the loss of the strongest, as printed (17).
    Max,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            transmit_antennas: 32,
            user_antennas: 8,
            sensors: 8,
            base_m: [0.0, 0.0],
            user_m: [100.0, 0.0],
            target_m: None,
            base_axis_deg: 90.0,
            user_axis_deg: 90.0,
            surface_axis_deg: 0.0,
            layout: Layout::Bisector,
            first_sites: None,
            elements: 840,
            snapshots: 256,
            power_dbm: 30.0,
            user_noise_dbm: -80.0,
            sensing_noise_dbm: -110.0,
            reference_gain_db: -40.0,
            path_loss_exponent: 2.0,
            cell: None,
            user_k_factor_db: None,
            reflection_gain_db: 0.0,
            path_weights: PathModel::Exact,
            crb_limit_db: Some(-32.0),
            require: Require::default(),
            echo_draws: 0,
        }
    }
}

impl Scenario {
    /// Refuse parameters that make no sense; [`Scenario::realize`] calls it.
    ///
    /// # Errors
    /// [`InputError`] naming the field.
    pub fn validate(&self) -> Result<(), InputError> {
        for (name, value, low, high) in [
            ("transmit_antennas", self.transmit_antennas, 1, MOST_ANTENNAS),
            ("user_antennas", self.user_antennas, 1, MOST_ANTENNAS),
            ("sensors", self.sensors, 2, MOST_ANTENNAS),
            ("elements", self.elements, 1, MOST_ELEMENTS),
            ("snapshots", self.snapshots as usize, 1, u32::MAX as usize),
            ("first_sites", self.first_sites.unwrap_or(1), 1, MOST_SITES),
            ("echo_draws", usize::try_from(self.echo_draws).unwrap_or(usize::MAX), 0, MOST_DRAWS),
        ] {
            in_count(name, value, low, high)?;
        }
        for (name, value, low, high, unit) in [
            ("power_dbm", self.power_dbm, -200.0, 200.0, "dBm"),
            ("user_noise_dbm", self.user_noise_dbm, -300.0, 200.0, "dBm"),
            ("sensing_noise_dbm", self.sensing_noise_dbm, -300.0, 200.0, "dBm"),
            ("reference_gain_db", self.reference_gain_db, -200.0, 100.0, "dB"),
            ("path_loss_exponent", self.path_loss_exponent, 0.0, 20.0, ""),
            ("user_k_factor_db", self.user_k_factor_db.unwrap_or(0.0), -100.0, 300.0, "dB"),
            ("reflection_gain_db", self.reflection_gain_db, -200.0, 200.0, "dB"),
            ("crb_limit_db", self.meant_limit_db()?.unwrap_or(0.0), -300.0, 300.0, "dB"),
            ("base_axis_deg", self.base_axis_deg, -360.0, 360.0, "degrees"),
            ("user_axis_deg", self.user_axis_deg, -360.0, 360.0, "degrees"),
            ("surface_axis_deg", self.surface_axis_deg, -360.0, 360.0, "degrees"),
        ] {
            in_range(name, value, low, high, unit)?;
        }
        self.cell.as_ref().map_or(Ok(()), SightLoss::validate)?;
        let points = [("base_m", self.base_m), ("user_m", self.user_m)];
        for (name, point) in points.into_iter().chain(self.target_m.map(|p| ("target_m", p))) {
            if !point.iter().all(|x| x.abs() <= 1e9) {
                let found = format!("{point:?}");
                let what = "the place is out of range";
                return Err(InputError::new(what, name, found, "coordinates within ±10⁹ m"));
            }
        }
        self.site_positions().map(|_| ())
    }

    /// The concrete problem. Nothing of it is random: seed and trial name the noise of simulated
    /// echoes.
    ///
    /// # Errors
    /// [`Error::Input`] when a field makes no sense.
    pub fn realize(&self, seed: u64, trial: u64) -> Result<Instance, Error> {
        self.validate()?;
        let sites = self.site_positions()?.into_iter();
        Instance::new(Parts {
            base: Place::new(self.base_m.into(), self.base_axis_deg),
            user: Place::new(self.user_m.into(), self.user_axis_deg),
            target: self.target_m.unwrap_or(self.user_m).into(),
            sites: sites.map(|site| Place::new(site, self.surface_axis_deg)).collect(),
            elements: Elements::Shared(self.elements),
            transmit_antennas: self.transmit_antennas,
            user_antennas: self.user_antennas,
            sensors: self.sensors,
            snapshots: self.snapshots,
            power_w: units::w_from_dbm(self.power_dbm),
            user_noise_w: units::w_from_dbm(self.user_noise_dbm) / self.sight_share(),
            sensing_noise_w: units::w_from_dbm(self.sensing_noise_dbm),
            loss: self.loss(),
            reflection_gain: units::linear_from_db(self.reflection_gain_db),
            weights: match self.path_weights {
                PathModel::Exact => PathWeights::Exact,
                PathModel::Max => PathWeights::Max,
            },
            crb_limit: self.meant_limit_db()?.map(units::linear_from_db),
        })
        .map(|instance| instance.with_echoes(self.echo_draws, seed, trial))
        .map_err(as_of_the_scenario)
    }
}

impl Scenario {
    fn loss(&self) -> PathLoss {
        let own = (self.reference_gain_db, self.path_loss_exponent);
        let (gain_db, exponent) = self.cell.as_ref().map_or(own, SightLoss::law);
        PathLoss { reference_gain: units::linear_from_db(gain_db), exponent }
    }

    /// The share of the power between surfaces and user that comes in line of sight, K/(K+1). A smaller
    /// share is a larger noise: `log det(I + HQHᴴ)` is plurisubharmonic in H, so that its mean over
    /// zero-mean scatter of any phase is not below its value at the mean.
    fn sight_share(&self) -> f64 {
        let k = self.user_k_factor_db.map_or(f64::INFINITY, k_ratio);
        shares(k).0.powi(2)
    }
}

/// A refusal of the instance with the key of the scenario that its array comes from.
fn as_of_the_scenario(error: Error) -> Error {
    match error {
        Error::Input(error) if error.place == "shared_elements" => {
            Error::Input(InputError { place: "elements".to_owned(), ..error })
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Array, ArraySet, Entries};
    use crate::links::CellKind;

    #[test]
    fn the_default_round_trips_and_is_orthogonal() {
        let scenario = Scenario::default();
        let text = serde_json::to_string(&scenario).unwrap();
        assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap(), scenario);
        for layout in [Layout::Bisector, Layout::Skew] {
            let instance = Scenario { layout, ..Scenario::default() }.realize(1, 0).unwrap();
            let sites: Vec<usize> = (0..8).collect();
            let (base, user) = instance.cascade(&sites).coherence();
            assert!(base < 1e-13 && user < 1e-13, "{base:e} {user:e}");
            let paths = instance.cascade(&sites).paths;
            assert!(paths.iter().all(|p| p.base_gain <= paths[0].base_gain * (1.0 + 1e-12)));
        }
    }

    #[test]
    fn a_cell_is_its_power_law_and_scatter_is_noise() {
        let base = Scenario::default();
        let cell = Some(SightLoss { scenario: CellKind::Umi, carrier_ghz: 28.0 });
        let told = Scenario { cell, ..base.clone() };
        let (reference_gain_db, path_loss_exponent) = (-(32.4 + 20.0 * 28_f64.log10()), 2.1);
        let meant = Scenario { reference_gain_db, path_loss_exponent, ..base.clone() };
        assert_eq!(told.realize(1, 0).unwrap(), meant.realize(1, 0).unwrap());
        let text = serde_json::to_string(&base).unwrap();
        assert!(!text.contains("cell") && !text.contains("k_factor"), "{text}");
        // As much scatter as line of sight: half the signal, or twice the noise.
        let half = Scenario { user_k_factor_db: Some(0.0), ..base.clone() };
        let user_noise_dbm = base.user_noise_dbm + 10.0 * 2_f64.log10();
        let loud = Scenario { user_noise_dbm, ..base.clone() };
        let noise = |s: &Scenario| s.realize(1, 0).unwrap().parts().user_noise_w;
        assert!((noise(&half) / noise(&loud) - 1.0).abs() < 1e-12);
        let alone = Scenario { user_k_factor_db: Some(300.0), ..base.clone() };
        assert_eq!(noise(&alone).to_bits(), noise(&base).to_bits());
    }

    /// The rate with the mean of a channel is not above the mean of the rate, whatever the covariance of
    /// what is sent: the bound that `user_k_factor_db` stands on.
    #[test]
    fn scatter_does_not_lower_the_mean_rate() {
        use noctule_num::rng::{StreamKey, complex_normal};
        use noctule_num::{C64, CMat};
        let rate = |h: &CMat, q: &CMat| {
            // log det (I + H Q Qᴴ Hᴴ) of two antennas
            let x = noctule_num::linalg::product(
                h,
                noctule_num::linalg::Op::Plain,
                q,
                noctule_num::linalg::Op::Plain,
            );
            let gram = |i: usize, j: usize| -> C64 {
                (0..x.cols()).map(|c| x[(i, c)] * x[(j, c)].conj()).sum()
            };
            let det = (gram(0, 0).re + 1.0) * (gram(1, 1).re + 1.0) - gram(0, 1).norm_sqr();
            det.ln()
        };
        let mut rng = StreamKey::new(7, "test", "scatter", 0).trial(0);
        for power in [0.1, 1.0, 10.0] {
            let mean = CMat::from_fn(2, 3, |_, _| complex_normal(&mut rng, 1.0));
            let q = CMat::from_fn(3, 2, |_, _| complex_normal(&mut rng, power));
            let (mut sum, mut square, count) = (0.0, 0.0, 4000);
            for _ in 0..count {
                let h = CMat::from_fn(2, 3, |i, j| mean[(i, j)] + complex_normal(&mut rng, 0.5));
                let own = rate(&h, &q);
                sum += own;
                square += own * own;
            }
            let average = sum / f64::from(count);
            let error = ((square / f64::from(count) - average.powi(2)) / f64::from(count)).sqrt();
            let bound = rate(&mean, &q);
            assert!(average + 4.0 * error > bound, "{average} {bound}");
        }
    }

    #[test]
    fn one_wrong_field_at_a_time() {
        let wrong = |change: fn(&mut Scenario)| {
            let mut scenario = Scenario::default();
            change(&mut scenario);
            match scenario.realize(1, 0).unwrap_err() {
                Error::Input(error) => error.place,
                other => panic!("{other}"),
            }
        };
        assert_eq!(wrong(|s| s.sensors = 1), "sensors");
        assert_eq!(wrong(|s| s.power_dbm = f64::NAN), "power_dbm");
        assert_eq!(wrong(|s| s.user_k_factor_db = Some(301.0)), "user_k_factor_db");
        let cell = |carrier_ghz| Some(SightLoss { scenario: CellKind::Umi, carrier_ghz });
        assert_eq!(
            Scenario { cell: cell(0.0), ..Scenario::default() }.validate().unwrap_err().place,
            "cell.carrier_ghz"
        );
        assert_eq!(wrong(|s| s.crb_limit_db = Some(f64::INFINITY)), "crb_limit_db");
        assert_eq!(wrong(|s| s.transmit_antennas = 12), "layout");
        assert_eq!(wrong(|s| s.user_antennas = 1), "user_antennas");
        assert_eq!(wrong(|s| s.first_sites = Some(9)), "first_sites");
        assert_eq!(wrong(|s| s.base_axis_deg = 80.0), "base_axis_deg, user_axis_deg");
        assert_eq!(wrong(|s| s.layout = Layout::Sites(Vec::new())), "layout.sites");
        assert_eq!(wrong(|s| s.layout = Layout::Rays(vec![[0.1, -0.1]])), "layout[0]");
        assert_eq!(
            wrong(|s| s.layout = Layout::Sites(vec![[10.0, 1.0], [100.0, 0.0]])),
            "site_m[1], user_m"
        );
        assert_eq!(wrong(|s| s.elements = 0), "elements");
        assert_eq!(wrong(|s| s.user_m = s.base_m), "user_m");
        assert_eq!(wrong(|s| s.target_m = Some([f64::NAN, 0.0])), "target_m");
    }

    /// Rays of the default layout that do not meet are no concern of who gives sites of their own.
    #[test]
    fn sites_of_ones_own_need_no_layout() {
        let scenario =
            Scenario { user_m: [30.0, 25.0], first_sites: Some(3), ..Scenario::default() };
        assert!(scenario.realize(1, 0).is_err());
        let sites = |shape: Vec<usize>, entries: Vec<f64>| {
            let mut set = ArraySet::default();
            set.insert("site_m", Array { shape, entries: Entries::Real(entries) });
            scenario.clone().with_sites_of(&set)
        };
        let own = sites(vec![2, 2], vec![20.0, 10.0, 5.0, 15.0]);
        assert_eq!(own.layout, Layout::Sites(vec![[20.0, 10.0], [5.0, 15.0]]));
        assert_eq!(own.realize(1, 0).unwrap().sites(), 2);
        // what is no list of sites is refused where arrays are read
        assert_eq!(sites(vec![2, 3], vec![1.0; 6]), scenario);
        assert_eq!(sites(vec![1, 2], vec![f64::NAN, 1.0]), scenario);
        assert_eq!(sites(vec![0, 2], Vec::new()), scenario);
    }
}
