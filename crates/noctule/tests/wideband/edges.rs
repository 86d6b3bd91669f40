//! Goals over a band at their edges: one subcarrier, powers of any size, descents that end just before what is required.

use super::goals::{asked, asking, designed, proven, sinr, smallest, sound};
use super::*;
use noctule::Certify;
use noctule::beamforming::goal::{Goal, Measure, Require};

/// On one subcarrier a rate is an SINR: what asks for it is convex, and proven as on one frequency.
#[test]
fn rates_of_one_subcarrier_are_sinrs() {
    let rate = |rate| Require { rate_bps_hz: Some(rate), ..Require::default() };
    for goal in [smallest(Measure::Angles), Goal::MinPower] {
        let narrow = Scenario { goal: goal.clone(), require: rate(3.0), ..Scenario::default() };
        let (_, a) = designed(&narrow, Certify::No);
        let wide = Scenario { goal, require: rate(3.0), ..one() };
        let (instance, b) = proven(&wide);
        let a = a.metrics.goal.unwrap().value.unwrap();
        assert!(close(a, b, 2e-5), "{a} {b}");
        assert!(instance.problem().unwrap().rate_floor.is_empty());
        // also where one frequency is estimated
        let knowledge = Some(noctule::beamforming::Knowledge {
            pilot_snr_db: 30.0,
            ..noctule::beamforming::Knowledge::default()
        });
        let unknown = Scenario::default().unknown;
        proven(&Scenario { knowledge, unknown, ofdm: None, ..wide });
    }
    // and what no power reaches has a certificate
    let wide = Scenario { goal: Goal::MinPower, require: rate(25.0), ..one() };
    let (_, refused) = designed(&wide, Certify::No);
    assert_eq!(refused.proof.infeasible.unwrap().method, "uplink-fixed-point");
}

/// Schemes of every subcarrier by itself may have other numbers of streams on each: beams stay where they belong.
#[test]
fn beams_of_every_subcarrier_stay_in_their_place() {
    for seed in [5, 12] {
        let words = Ofdm { subcarriers: 6, spacing_khz: 2000.0, ..Ofdm::default() };
        let scenario = Scenario { ofdm: Some(words), ..Scenario::default() };
        let instance = scenario.realize(seed, 0).unwrap();
        let run = Run::default();
        let shared = sharing(&instance, &SharingSettings::default(), &run).unwrap();
        assert_eq!(shared.variables.matrix.cols() % 6, 0);
        let share = instance.parts().power_w / 6.0;
        let powers = &shared.metrics.band.as_ref().unwrap().power_w;
        assert!(powers.iter().all(|power| close(*power, share, 1e-9)), "{powers:?}");
    }
}

/// Floors of rates that another goal shows to be in reach are kept.
#[test]
fn floors_in_reach_are_kept() {
    let words = Ofdm { subcarriers: 8, ..Ofdm::default() };
    let knowledge = Some(noctule::beamforming::Knowledge {
        pilots: Some(1),
        ..noctule::beamforming::Knowledge::default()
    });
    for users in [4, 5] {
        let fair = Scenario {
            users,
            knowledge,
            ofdm: Some(words.clone()),
            goal: Goal::MaxMinRate { user_weights: None },
            ..Scenario::default()
        };
        let instance = fair.realize(44, 0).unwrap();
        let settings = Settings { certify: Certify::No, ..Settings::default() };
        let best = design(&instance, &settings).unwrap().metrics.goal.unwrap().shown.unwrap();
        for goal in [
            Goal::ProportionalFair { user_weights: None },
            Goal::SumRate { user_weights: None },
            Goal::MinPower,
        ] {
            let require = Require { rate_bps_hz: Some(0.9 * best), ..Require::default() };
            let asked = Scenario { goal, require, ..fair.clone() };
            let instance = asked.realize(44, 0).unwrap();
            sound(&instance, &design(&instance, &settings).unwrap());
        }
    }
}

/// Powers, noise and weights of any size: the same problem has the same design.
#[test]
fn nothing_depends_on_the_scale() {
    let limits = || Require { range_m: Some(0.6), ..sinr(6.0) };
    let fair = Goal::ProportionalFair { user_weights: None };
    for goal in [smallest(Measure::WorstRange), Goal::MinPower, fair] {
        let scenario = asking(goal, limits(), 3);
        let (instance, design) = designed(&scenario, Certify::No);
        let value = sound(&instance, &design);
        for decibels in [-100.0, 80.0] {
            let mut other = scenario.clone();
            other.power_dbm += decibels;
            other.user_noise_dbm += decibels;
            other.sensing_noise_dbm += decibels;
            let (instance, design) = designed(&other, Certify::No);
            let own = sound(&instance, &design);
            let factor =
                if other.goal == Goal::MinPower { 10.0_f64.powf(decibels / 10.0) } else { 1.0 };
            assert!(close(own, value * factor, 1e-8), "{}: {own} {value}", other.goal.name());
        }
    }
    // a power far beyond what is needed is no other problem
    let mut scenario = asking(Goal::MinPower, limits(), 3);
    let (_, least) = proven(&scenario);
    scenario.power_dbm += 90.0;
    assert!(close(proven(&scenario).1, least, 1e-4));
    // weights of the weighted sum
    let mut scenario = moving(2, 1, ofdm(4));
    scenario.crb_weight = 300.0;
    let (_, design) = designed(&scenario, Certify::No);
    let value = design.metrics.objective.unwrap();
    for scale in [1e-12, 1e9] {
        let mut other = scenario.clone();
        other.crb_weight *= scale;
        other.rate_weight_per_nat *= scale;
        let (_, design) = designed(&other, asked());
        assert!(close(design.metrics.objective.unwrap(), scale * value, 1e-9), "{scale}");
        assert_eq!(design.stop, Stop::Converged);
        assert!(design.proof.bound.unwrap().gap_rel < 0.2);
    }
    // and of a sum of bounds
    let trace = |w: f64| Measure::Trace {
        azimuth: w,
        polar: w,
        reflection: 0.0,
        range: 1e-3 * w,
        velocity: 0.0,
        targets: None,
    };
    let (_, value) = proven(&asking(smallest(trace(1.0)), sinr(6.0), 3));
    let (_, own) = proven(&asking(smallest(trace(1e-12)), sinr(6.0), 3));
    assert!(close(own, 1e-12 * value, 1e-8), "{own} {value}");
}

/// Scenes in which a descent stops within 10⁻³ of what is required: it is then kept.
#[test]
fn what_is_missed_by_little_is_kept() {
    for (number, spacing_khz, subcarriers) in [(0_u64, 10.0, 3), (1, 400.0, 3), (2, 1.8, 2)] {
        let metric = if number == 0 { Measure::WorstAngle } else { Measure::Angles };
        let mut scenario = asking(smallest(metric), sinr(4.0), subcarriers);
        scenario.users = 3;
        scenario.power_dbm = 43.0;
        scenario.transmit_array = ArrayShape { horizontal: 2, vertical: 4 };
        if let Some(ofdm) = &mut scenario.ofdm {
            ofdm.spacing_khz = spacing_khz;
            ofdm.squint = number == 1;
        }
        let (instance, design) = designed(&scenario, Certify::No);
        sound(&instance, &design);
        let bound = design.proof.bound.as_ref().unwrap();
        assert!(bound.gap_rel < 1e-3, "{number}: {bound:?}");
    }
}
