//! How much of a channel's power comes late.

use super::super::rician::shares;
use super::super::taps::TapProfile;
use super::{ClusterLaw, ClusterPowers, Delays, Model, NoSight};
use crate::channels::cdl::DelayLine;
use crate::channels::clustered::PowerDecay;

/// The share of a profile's power that comes after a time.
fn of_taps(taps: &TapProfile, after_s: f64) -> f64 {
    let all = taps.delays_s.iter().zip(&taps.powers);
    all.filter(|(tau, _)| **tau > after_s).map(|(_, p)| p).sum()
}

/// The mean share of clusters whose delays are drawn, counted from zero and not from the first of them:
/// powers that fall with delays weigh those of the density `e^{−τ/(rσ)}` to `e^{−τ/σ}`.
fn of_clusters(law: &ClusterLaw, spread_s: f64, after_s: f64) -> f64 {
    let decay_s = match law.powers {
        ClusterPowers::Drawn(_) => spread_s,
        ClusterPowers::Equal | ClusterPowers::Given(_) => {
            PowerDecay::default().delay_ratio * spread_s
        }
    };
    if decay_s > 0.0 { (-after_s / decay_s).exp() } else { 0.0 }
}

impl Model {
    /// The share of the mean power of a user's channel whose delay is above `after_s`, of the users of a cell
    /// those without line of sight. About, where delays are drawn.
    pub fn share_after(&self, delays: &Delays, after_s: f64) -> f64 {
        let beside = |k_factor: f64| shares(k_factor).1.powi(2);
        let line = |line: DelayLine| {
            let own = DelayLine { delay_spread_s: delays.spread_s, ..line };
            own.rays().map_or(0.0, |rays| of_taps(&rays.taps(), after_s))
        };
        let (taps, spread_s) = (&delays.taps, delays.spread_s);
        match self {
            Self::Rayleigh | Self::Correlated { .. } => of_taps(taps, after_s),
            Self::Rician { k_factor, .. } => beside(*k_factor) * of_taps(taps, after_s),
            Self::Clustered { law, k_factor } => {
                beside(*k_factor) * of_clusters(law, spread_s, after_s)
            }
            Self::DelayLine { line: own, .. } => line(*own),
            Self::Cell { no_sight, .. } => match no_sight {
                NoSight::Scatter => of_taps(taps, after_s),
                NoSight::Clustered(law) => of_clusters(law, spread_s, after_s),
                NoSight::DelayLine(profile) => line(DelayLine::new(*profile, spread_s)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::cdl::Profile;
    use crate::channels::draws::UserStreams;
    use crate::channels::model::wide::clusters_of;
    use crate::channels::model::{Directions, Scatter};

    const SEEN: Directions = Directions { azimuth_rad: [-1.0, 1.0], polar_rad: [1.0, 2.0] };

    #[test]
    fn what_is_late_is_counted() {
        let delays = Delays {
            taps: TapProfile::new(vec![0.0, 1e-7, 3e-7], &[6.0, 3.0, 1.0]),
            spread_s: 1e-7,
        };
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(close(Model::Rayleigh.share_after(&delays, 2e-7), 0.1));
        assert!(close(Model::Rayleigh.share_after(&delays, 3e-7), 0.0));
        let rician =
            |k_factor| Model::Rician { k_factor, directions: SEEN, scatter: Scatter::Independent };
        assert!(close(rician(3.0).share_after(&delays, 0.5e-7), 0.1));
        assert!(close(rician(f64::INFINITY).share_after(&delays, 0.0), 0.0));
        // Profile A ends at 9.6586 spreads with −29.7 dB.
        let line = DelayLine::new(Profile::A, 0.0);
        let line = Model::DelayLine { line, azimuth_rad: None, polar_rad: None, pattern: false };
        assert!(line.share_after(&delays, 9.65e-7) > 1e-5);
        assert!(line.share_after(&delays, 9.66e-7) <= 0.0);
    }

    /// Of many draws, with delays from the first cluster on: what is said is not less, and of the same size.
    #[test]
    fn drawn_clusters_have_about_their_mean_share() {
        for powers in [
            ClusterPowers::Equal,
            ClusterPowers::Drawn(PowerDecay { shadowing_db: 0.0, ..PowerDecay::default() }),
        ] {
            let law =
                ClusterLaw { rays: 1, clusters: 30, centres: SEEN, stds_rad: (0.0, 0.0), powers };
            let (mut late, trials) = (0.0, 400);
            for trial in 0..trials {
                let streams = UserStreams { seed: 1, system: "test", trial, user: 0 };
                let clusters = clusters_of(&law, &streams, 1e-7);
                late +=
                    of_taps(&TapProfile::new(clusters.delays_s.clone(), &clusters.powers), 2e-7)
                        / trials as f64;
            }
            let delays = Delays { taps: TapProfile::flat(), spread_s: 1e-7 };
            let said = Model::Clustered { law, k_factor: 0.0 }.share_after(&delays, 2e-7);
            assert!((0.8..1.05).contains(&(late / said)), "{late} {said}");
        }
    }
}
