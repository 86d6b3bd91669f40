//! Designs that do not know what angles may be.

use noctule::Run;
use noctule::beamforming::baselines::{NominalSettings, nominal};
use noctule::beamforming::goal::{Goal, Measure, Over, Uncertain};
use noctule::beamforming::{ArrayShape, BeamformingDesign, Scenario};

use super::{crb, designed, proven, sound};

/// Six antennas, two users.
fn small(goal: Goal, sinr_db: f64) -> Scenario {
    Scenario {
        transmit_array: ArrayShape { horizontal: 3, vertical: 2 },
        users: 2,
        goal,
        ..crb(sinr_db)
    }
}

/// Who designs for the angles as they are named is behind who knows what they may be, as is who designs for
/// their mean where the worst counts; and is told what of the requirements is missed.
#[test]
fn nominal_designs_are_behind_robust_ones() {
    let robust = |azimuth_deg: f64| Scenario {
        uncertain: Some(Uncertain { over: Over::Worst, azimuth_deg, ..Uncertain::default() }),
        ..small(Goal::MinCrb { metric: Measure::Angles }, 8.0)
    };
    let run = Run::default();
    let value = |design: &BeamformingDesign| design.metrics.goal.as_ref().unwrap().value.unwrap();
    let mut last = 1.0;
    for azimuth_deg in [0.1, 3.0, 8.0] {
        let (instance, best) = designed(&robust(azimuth_deg), 1);
        let best = proven(&instance, &best);
        let others = [None, Some(Over::Expected), Some(Over::Worst)].map(|over| {
            let found = nominal(&instance, &NominalSettings { over }, &run).unwrap();
            sound(&instance, &found);
            assert!(found.proof.bound.is_none() && found.metrics.prices.is_none());
            value(&found) / best
        });
        println!("{azimuth_deg}: {others:?}");
        let [named, mean, same] = others;
        assert!((same - 1.0).abs() < 1e-5, "the same way to judge is the same design");
        assert!(named >= 1.0 - 1e-6 && mean >= 1.0 - 1e-6, "{others:?}");
        last = named;
    }
    assert!(last > 1.01, "{last}");
    // a limit that the named angles keep, and what they may be does not
    let mut limited = robust(8.0);
    limited.goal = Goal::MinPower;
    limited.power_dbm = 40.0;
    limited.require.azimuth_deg = Some(2.0);
    let (instance, best) = designed(&limited, 1);
    sound(&instance, &best);
    let found = nominal(&instance, &NominalSettings::default(), &run).unwrap();
    let goal = found.metrics.goal.as_ref().unwrap();
    assert!(goal.met < goal.asked && found.proof == noctule::Proof::NONE, "{goal:?}");
    assert!(found.warnings.iter().any(|w| w.contains("not over all")), "{:?}", found.warnings);
    assert!(value(&found) < value(&best));
    // where angles are known there is nothing to be blind to
    let known = small(Goal::MinCrb { metric: Measure::Angles }, 8.0).realize(1, 1).unwrap();
    let refused = nominal(&known, &NominalSettings::default(), &run).unwrap_err().to_string();
    assert!(refused.contains("uncertain"), "{refused}");
}
