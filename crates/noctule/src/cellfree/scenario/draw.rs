//! From parameters to one concrete problem: places, channels, pilots, estimates.

use noctule_num::rng::{StreamKey, complex_normal, normal, uniform};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::Interrupt;
use noctule_phy::aggregated::{AggregatedScene, Covariance, Estimate, Estimator, estimate};
use noctule_phy::beampattern::{angle_from_broadside, steering};
use noctule_phy::geometry::Point;
use noctule_phy::path_loss::log_distance;
use noctule_phy::units::linear_from_db;

use super::fading::Fading;
use super::{EstimatorKind, Layout, Orientation, Places, PowerRule, RequirementSpec, Scenario};
use crate::Error;
use crate::cellfree::SYSTEM;
use crate::cellfree::association::{pair_targets, pilot_groups};
use crate::cellfree::instance::checks::{MOST_APS, MOST_TARGETS};
use crate::cellfree::instance::{Instance, Parts, Requirement, Sites};
use crate::cellfree::patterns::{best_patterns, error_floor};
use crate::cellfree::settings::PATTERN_GAP;

/// Loss at one kilometre and per decade, dB.
const LOSS_DB: (f64, f64) = (128.1, 37.6);

/// Places, and what follows from them.
pub(super) struct Site {
    places: Sites,
    pub(super) scene: AggregatedScene,
    /// Directions of the targets that each access point senses.
    targets_rad: Vec<Vec<f64>>,
    /// Distances that were shorter than the path loss model knows.
    floored: usize,
    /// Length and direction of the way from every access point to every user.
    pub(super) ways: Vec<Vec<(f64, f64)>>,
}

/// A number for every pair of places.
fn table(
    rows: &[Point],
    cols: &[Point],
    gain: &mut impl FnMut(Point, Point) -> f64,
) -> Vec<Vec<f64>> {
    rows.iter().map(|row| cols.iter().map(|col| gain(*row, *col)).collect()).collect()
}

impl Scenario {
    /// The concrete problem of one trial: places, channels, pilots, estimates.
    ///
    /// Depends on `(seed, trial)` and on the fields that shape the draw; every access point, user and
    /// target has a stream of its own, so that fewer of them are the first of more. Powers, windows and
    /// requirements do not enter.
    ///
    /// # Errors
    /// [`Error::Input`] when a field makes no sense.
    pub fn realize(&self, seed: u64, trial: u64) -> Result<Instance, Error> {
        self.validate()?;
        let mut site = self.site(seed, trial)?;
        let fading = self.fading(&mut site.scene, &site.ways, (seed, trial))?;
        let groups = pilot_groups(&site.places.users, self.pilot_symbols, self.clustering);
        let energy = linear_from_db(self.pilot_over_noise_db) * self.pilot_symbols as f64;
        let covariances = match &fading {
            Some(fading) => fading.covariances(&site.scene),
            None => site.scene.channel_covariances(),
        };
        let estimator = match self.estimator {
            EstimatorKind::PerAccessPoint => Estimator::PerAccessPoint,
            EstimatorKind::Joint => Estimator::Joint,
        };
        let estimates = estimate(&covariances, &groups, energy, estimator)?;
        // Without users and targets the scene does not know of its access points.
        let channels = match site.places.users.is_empty() {
            true => CMat::zeros(site.places.aps.len() * self.antennas_each(), 0),
            false => {
                let h = draw_channels(&site.scene, fading.as_ref(), seed, trial);
                observe(&h, &groups, energy, &estimates, seed, trial)?
            }
        };
        let mut error: Vec<Covariance> = estimates.into_iter().map(|e| e.error).collect();
        if fading.is_some() {
            error =
                error.into_iter().map(Covariance::without_rounding).collect::<Result<_, _>>()?;
        }
        let sensing: Vec<bool> =
            site.targets_rad.iter().map(|targets| !targets.is_empty()).collect();
        let parts = Parts {
            antennas: self.antennas_each(),
            channels,
            error,
            power_over_noise: self.powers(&sensing),
            targets_rad: site.targets_rad,
            window_rad: self.window_deg.to_radians(),
            grid_points: self.grid_points,
            spacing: self.spacing_wavelengths,
            requirement: Requirement::None,
            payload_symbols: (self.coherence_symbols - self.pilot_symbols) as f64,
        };
        let mut instance = Instance::new(parts)?.drawn_as(seed, trial).at_sites(site.places);
        self.warn(&mut instance, site.floored);
        for warning in self.fading_warnings(&site.ways) {
            instance.warn(warning);
        }
        let requirement = self.required(&instance)?;
        instance.with_requirement(requirement)
    }

    /// The places of a trial and the gains and directions between them.
    pub(super) fn site(&self, seed: u64, trial: u64) -> Result<Site, InputError> {
        let mut places = self.places(seed, trial);
        let n = self.antennas_each();
        let (pairing, axes) = self.pair(&places);
        let mut floored = 0;
        // Amplitudes: roots of gains. The order of the tables is that of the count.
        let mut gain = |a: Point, b: Point| -> f64 {
            let distance = a.distance_m(b);
            floored += usize::from(distance < self.min_distance_m);
            log_distance(LOSS_DB.0, LOSS_DB.1, distance.max(self.min_distance_m)).sqrt()
        };
        let towards = |to: Point, ap: usize| {
            let from = places.aps[ap];
            angle_from_broadside([to.x_m - from.x_m, to.y_m - from.y_m], axes[ap])
        };
        let direction = |t: usize, ap: usize| towards(places.targets[t], ap);
        let way = |user: &Point, ap: usize| (places.aps[ap].distance_m(*user), towards(*user, ap));
        let ways = |user: &Point| (0..places.aps.len()).map(|ap| way(user, ap)).collect();
        let ways: Vec<Vec<(f64, f64)>> = places.users.iter().map(ways).collect();
        let (aps, targets) = (places.aps.len(), places.targets.len());
        let steered = |t: usize, ap: usize| steering(n, self.spacing_wavelengths, direction(t, ap));
        let mut scene = AggregatedScene {
            antennas: n,
            direct: table(&places.users, &places.aps, &mut gain),
            target_ap: table(&places.targets, &places.aps, &mut gain),
            user_target: table(&places.users, &places.targets, &mut gain),
            steering: (0..targets).map(|t| (0..aps).map(|ap| steered(t, ap)).collect()).collect(),
            reflection: vec![
                self.reflection * linear_from_db(self.reflection_gain_db).sqrt();
                targets
            ],
            target_ap_variance: linear_from_db(self.target_ap_variance_db),
            user_target_variance: linear_from_db(self.user_target_variance_db),
            steering_variance: linear_from_db(self.steering_variance_db),
        };
        self.lose_to_targets(&mut scene, &places)?;
        let mut targets_rad = vec![Vec::new(); aps];
        for (t, &ap) in pairing.iter().enumerate() {
            targets_rad[ap].push(direction(t, ap));
        }
        places.sensed_by = pairing;
        Ok(Site { places, scene, targets_rad, floored, ways })
    }

    /// The ways to and from targets are in line of sight, with the path loss of a geometry where there
    /// is one.
    fn lose_to_targets(
        &self,
        scene: &mut AggregatedScene,
        places: &Sites,
    ) -> Result<(), InputError> {
        let Some(links) = &self.channel else { return Ok(()) };
        let refused = |error: InputError| error.inside("channel");
        for (gains, from, to) in [
            (&mut scene.target_ap, &places.targets, &places.aps),
            (&mut scene.user_target, &places.users, &places.targets),
        ] {
            for (gains, from) in gains.iter_mut().zip(from) {
                for (gain, to) in gains.iter_mut().zip(to) {
                    let distance = from.distance_m(*to).max(self.min_distance_m);
                    if let Some(found) = links.sight_gain(distance).map_err(refused)? {
                        *gain = found.sqrt();
                    }
                }
            }
        }
        Ok(())
    }

    /// What a careful colleague would say of the parameters of this draw.
    fn warn(&self, instance: &mut Instance, floored: usize) {
        if floored > 0 {
            instance.warn(format!(
                "{floored} distances below {} m count as that: the path loss model ends there",
                self.min_distance_m
            ));
        }
        if self.pilot_symbols == self.coherence_symbols {
            instance.warn(format!(
                "all {} symbols of a coherence block are pilots: rates are those of symbols that \
                 carry data, and there are none",
                self.coherence_symbols
            ));
        }
    }

    /// The requirement as a number.
    fn required(&self, instance: &Instance) -> Result<Requirement, Error> {
        Ok(match self.meant()? {
            RequirementSpec::None => Requirement::None,
            RequirementSpec::MaxError(limit) => Requirement::MaxError(limit),
            RequirementSpec::MinRateBpsHz(rate) => Requirement::MinRate(rate),
            RequirementSpec::ErrorOverBest(factor) => {
                let patterns = best_patterns(instance, PATTERN_GAP, &Interrupt::new())?;
                Requirement::MaxError(factor * error_floor(&patterns).0)
            }
        })
    }

    fn places(&self, seed: u64, trial: u64) -> Sites {
        let fixed = |list: &[[f64; 2]]| -> Vec<Point> {
            list.iter().map(|[x, y]| Point::new(1000.0 * x, 1000.0 * y)).collect()
        };
        let side = 1000.0 * self.area_km;
        let draw = |purpose: &str, count: usize| -> Vec<Point> {
            (0..count)
                .map(|index| {
                    let key = StreamKey::new(seed, SYSTEM, purpose, index as u64);
                    let mut rng = key.trial(trial);
                    // Shares of the side: a larger square is the same picture, enlarged.
                    let x = uniform(&mut rng, 0.0, 1.0);
                    let y = uniform(&mut rng, 0.0, 1.0);
                    Point::new(side * x, side * y)
                })
                .collect()
        };
        match (&self.places, self.layout) {
            (Places::Fixed(places), layout) => Sites {
                aps: match layout {
                    Layout::CellFree => fixed(&places.aps_km),
                    Layout::Cellular => vec![Point::new(0.5 * side, 0.5 * side)],
                },
                users: fixed(&places.users_km),
                targets: fixed(&places.targets_km),
                sensed_by: Vec::new(),
            },
            (Places::Drawn, layout) => Sites {
                aps: match layout {
                    Layout::CellFree => draw("ap", self.aps),
                    Layout::Cellular => vec![Point::new(0.5 * side, 0.5 * side)],
                },
                users: draw("user", self.users),
                targets: draw("target", self.targets),
                sensed_by: Vec::new(),
            },
        }
    }

    /// The access point of every target, and the axis of every array.
    fn pair(&self, places: &Sites) -> (Vec<usize>, Vec<f64>) {
        let pairing = match self.layout {
            Layout::Cellular => vec![0; places.targets.len()],
            Layout::CellFree => pair_targets(&places.targets, &places.aps).unwrap_or_default(),
        };
        let common = match self.orientation {
            Orientation::TurnedDeg(angle) => angle.to_radians(),
            _ => 0.0,
        };
        let mut axes = vec![common; places.aps.len()];
        if self.orientation == Orientation::TowardsTarget && self.layout == Layout::CellFree {
            for (t, &ap) in pairing.iter().enumerate() {
                let (from, to) = (places.aps[ap], places.targets[t]);
                if let Some([x, y]) = from.direction(to) {
                    // A quarter turn from the line of sight: the target at broadside.
                    axes[ap] = y.atan2(x) - std::f64::consts::FRAC_PI_2;
                }
            }
        }
        (pairing, axes)
    }

    fn powers(&self, sensing: &[bool]) -> Vec<f64> {
        let full = linear_from_db(self.power_over_noise_db);
        let others = sensing.iter().filter(|s| !**s).count();
        let left = (6.0 - (sensing.len() - others) as f64).max(1e-3 * others as f64);
        sensing
            .iter()
            .map(|&senses| match self.power_rule {
                PowerRule::SharedRest if !senses => full * left / others as f64,
                _ => full,
            })
            .collect()
    }
}

/// Channels of the model, one column for each user.
pub(super) fn draw_channels(
    scene: &AggregatedScene,
    fading: Option<&Fading>,
    seed: u64,
    trial: u64,
) -> CMat {
    let (aps, n, targets) = (scene.aps(), scene.antennas, scene.reflection.len());
    let stream = |purpose: &str, entity: usize| {
        StreamKey::new(seed, SYSTEM, purpose, entity as u64).trial(trial)
    };
    // One draw for each target and access point, seen by all users.
    let reflected: Vec<Vec<C64>> = (0..targets)
        .map(|t| {
            let mut out = Vec::with_capacity(aps * n);
            for ap in 0..aps {
                let mut rng = stream("target-ap", t * MOST_APS + ap);
                let beta =
                    scene.target_ap[t][ap] + scene.target_ap_variance.sqrt() * normal(&mut rng);
                for a in &scene.steering[t][ap] {
                    out.push((a + complex_normal(&mut rng, scene.steering_variance)) * beta);
                }
            }
            out
        })
        .collect();
    let mut channels = CMat::zeros(aps * n, scene.direct.len());
    for k in 0..scene.direct.len() {
        let column = channels.col_mut(k);
        for ap in 0..aps {
            let mut rng = stream("user-ap", k * MOST_APS + ap);
            let part = &mut column[ap * n..(ap + 1) * n];
            part.fill_with(|| complex_normal(&mut rng, 1.0));
            match fading {
                Some(fading) => part.copy_from_slice(&fading.link(k, ap, part.to_vec())),
                None => part.iter_mut().for_each(|z| *z *= scene.direct[k][ap]),
            }
        }
        for (t, reflected) in reflected.iter().enumerate() {
            let mut rng = stream("user-target", k * MOST_TARGETS + t);
            let beta =
                scene.user_target[k][t] + scene.user_target_variance.sqrt() * normal(&mut rng);
            let arriving = complex_normal(&mut rng, 1.0) * beta * scene.reflection[t];
            column.iter_mut().zip(reflected).for_each(|(z, r)| *z += r * arriving);
        }
    }
    channels
}

/// What the access points make of the pilots.
fn observe(
    h: &CMat,
    groups: &[Vec<usize>],
    energy: f64,
    estimates: &[Estimate],
    seed: u64,
    trial: u64,
) -> Result<CMat, Error> {
    let mut out = CMat::zeros(h.rows(), h.cols());
    for (pilot, group) in groups.iter().enumerate() {
        let mut rng = StreamKey::new(seed, SYSTEM, "pilot-noise", pilot as u64).trial(trial);
        let y: Vec<C64> = (0..h.rows())
            .map(|i| {
                let sum: C64 = group.iter().map(|&k| h[(i, k)]).sum();
                sum * energy.sqrt() + complex_normal(&mut rng, 1.0)
            })
            .collect();
        for &k in group {
            out.col_mut(k).copy_from_slice(&estimates[k].apply(&y));
        }
    }
    Ok(out)
}
