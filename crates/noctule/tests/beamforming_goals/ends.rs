//! The ends of a frontier, limits relative to the best, and what is done with simple means.

use noctule::beamforming::baselines::{
    DataBeams, SharingSettings, one_user, one_user_beam, sharing,
};
use noctule::beamforming::goal::{Elements, Goal, Measure, Parameter, Relative, Require, Unknown};
use noctule::beamforming::{Beamforming, BeamformingDesign, Instance, Scenario, Settings, design};
use noctule::{C64, Run, System};
use noctule_num::linalg::{dot, real_dot};
use noctule_num::rng::{StreamKey, complex_normal};

use super::crb;

fn value(design: &BeamformingDesign) -> f64 {
    design.metrics.goal.as_ref().unwrap().value.unwrap()
}

/// Everything that is required is met.
fn kept(design: &BeamformingDesign) -> bool {
    design.metrics.goal.as_ref().unwrap().violation.is_some_and(|missed| missed <= 1e-9)
}

fn best_use(instance: &Instance, design: &BeamformingDesign) -> f64 {
    let row = Beamforming::METRICS.iter().find(|m| m.info.name == "best_use_bps_hz").unwrap();
    row.of(instance, design).unwrap()
}

fn rates(factor: f64) -> Scenario {
    Scenario {
        goal: Goal::MaxMinRate { user_weights: None },
        require: Require {
            over_best: vec![Relative { metric: Measure::Angles, factor }],
            ..Require::default()
        },
        ..Scenario::default()
    }
}

#[test]
fn a_limit_over_the_best_is_what_sensing_alone_reaches_times_the_factor() {
    let free = Scenario { goal: Goal::MinCrb { metric: Measure::Angles }, ..Scenario::default() };
    let alone = Beamforming::scheme("sensing-only").unwrap();
    let alone = alone.design(&free.realize(1, 0).unwrap(), &Run::default()).unwrap();
    let smallest = alone.metrics.goal.as_ref().unwrap().value.unwrap();
    for factor in [1.0, 1.5, 20.0] {
        let instance = rates(factor).realize(1, 0).unwrap();
        let limit = instance.problem().unwrap().limits[0].limit;
        assert!((limit / (smallest * factor * factor) - 1.0).abs() < 1e-6, "{factor}");
    }
    // nothing else is required of a least power
    let power = Scenario { goal: Goal::MinPower, ..rates(1.5) };
    let found = design(&power.realize(1, 0).unwrap(), &Settings::default()).unwrap();
    // a bound falls as the power grows: by 1.5² less
    let share = found.metrics.power_w / power.realize(1, 0).unwrap().parts().power_w;
    assert!((share * 2.25 - 1.0).abs() < 1e-5, "{share}");
}

#[test]
fn factors_that_make_no_sense_are_refused_at_their_place() {
    let wrong = |metric: Measure, factor: f64, place: &str| {
        let over_best = vec![Relative { metric, factor }];
        let require = Require { over_best, ..Require::default() };
        let error = Scenario { require, ..rates(2.0) }.realize(1, 0).unwrap_err();
        let error = error.as_input().expect("a complaint about input");
        assert!(error.place.starts_with(place) && !error.allowed.is_empty(), "{error}");
    };
    for factor in [0.99, 0.0, -1.0, f64::NAN, f64::INFINITY] {
        wrong(Measure::Angles, factor, "require.over_best[0].factor");
    }
    for metric in
        [Measure::LogDet, Measure::SensingSnr { target: Some(0) }, Measure::MutualInformation]
    {
        wrong(metric, 2.0, "require.over_best[0].metric");
    }
    let parameter = Parameter::Azimuth;
    wrong(Measure::Parameter { target: 7, parameter }, 2.0, "require.over_best[0].metric");
}

#[test]
fn the_ends_are_ends() {
    let run = Run::default();
    let shared = |factor: f64, data: DataBeams| {
        let instance = rates(factor).realize(1, 0).unwrap();
        let settings = SharingSettings { data, off_users: false };
        let found = sharing(&instance, &settings, &run).unwrap();
        let ours = design(&instance, &Settings::default()).unwrap();
        (best_use(&instance, &found), value(&ours) / std::f64::consts::LN_2, found, ours)
    };
    let seen =
        |design: &BeamformingDesign| design.metrics.goal.as_ref().unwrap().limited[0].unwrap();
    // with a limit that costs nothing both ends of the frontier are the same design
    let (theirs, ours, end, free) = shared(50.0, DataBeams::BestRate);
    assert!((theirs / ours - 1.0).abs() < 5e-6, "{theirs} {ours}");
    // of all beams with that rate these see best
    assert!(seen(&end) <= seen(&free) * (1.0 + 1e-6), "{} {}", seen(&end), seen(&free));
    for data in [DataBeams::Zf, DataBeams::Rzf, DataBeams::Mrt, DataBeams::BestRate] {
        let (theirs, ours, found, _) = shared(1.2, data);
        assert!(kept(&found), "{data:?}: {:?}", found.metrics.goal);
        assert!(theirs <= ours, "{data:?} is ahead: {theirs} {ours}");
    }
}

/// At once or one after the other: the second is computed here from its definition.
#[test]
fn shares_of_time_are_told_where_they_are_better() {
    let instance = rates(1.3).realize(3, 1).unwrap();
    let settings = SharingSettings { data: DataBeams::Rzf, off_users: false };
    let found = sharing(&instance, &settings, &Run::default()).unwrap();
    let users = instance.users();
    let w = &found.variables.matrix;
    let sensing: f64 = (users..w.cols()).map(|s| real_dot(w.col(s), w.col(s))).sum();
    let time = 1.0 - sensing / instance.parts().power_w;
    let rate = |k: usize| {
        let h = instance.channels().col(k);
        let gain = |j: usize| dot(h, w.col(j)).norm_sqr() / time;
        let others: f64 = (0..users).filter(|j| *j != k).map(gain).sum();
        time * (1.0 + gain(k) / (instance.parts().user_noise_w[k] + others)).log2()
    };
    let alternating = (0..users).map(rate).fold(f64::INFINITY, f64::min);
    let at_once = value(&found) / std::f64::consts::LN_2;
    let told = best_use(&instance, &found);
    assert!((told / alternating.max(at_once) - 1.0).abs() < 1e-9, "{told} {alternating} {at_once}");
}

#[test]
fn the_rest_of_the_power_goes_to_sensing_under_floors() {
    let instance = crb(8.0).realize(1, 0).unwrap();
    let best = value(&design(&instance, &Settings::default()).unwrap());
    let mut seen = Vec::new();
    for (data, off_users) in [(DataBeams::Zf, true), (DataBeams::Zf, false), (DataBeams::Rzf, true)]
    {
        let found =
            sharing(&instance, &SharingSettings { data, off_users }, &Run::default()).unwrap();
        assert!(kept(&found), "{:?}", found.metrics.goal);
        assert!((found.metrics.power_w / instance.parts().power_w - 1.0).abs() < 1e-6);
        assert!(value(&found) >= best * (1.0 - 1e-9));
        seen.push(value(&found));
    }
    let plain = Beamforming::scheme("zf").unwrap().design(&instance, &Run::default()).unwrap();
    assert!(seen[0] < value(&plain), "the rest of the power is worth something");
    // a floor that zero forcing cannot give
    let instance = crb(16.0).realize(1, 0).unwrap();
    let found = sharing(&instance, &SharingSettings::default(), &Run::default()).unwrap();
    assert!(Beamforming::unmet(&found).is_some() || value(&found).is_finite());
}

fn one_target(sinr_db: f64, sensing_streams: usize) -> Scenario {
    let centred = |elements| Some(Elements::Linear { elements, spacing: 0.5, centred: true });
    let mut scenario = Scenario {
        transmit_elements: centred(16),
        receive_elements: centred(20),
        users: 1,
        unknown: Unknown { polar: false, ..Unknown::ALL },
        power_dbm: 30.0,
        user_noise_dbm: 0.0,
        sensing_noise_dbm: 0.0,
        sensing_streams: Some(sensing_streams),
        goal: Goal::MinCrb { metric: Measure::Angles },
        require: Require { sinr_db: Some(sinr_db), ..Require::default() },
        ..Scenario::default()
    };
    let target = noctule::beamforming::TargetSpec {
        azimuth_deg: 0.0,
        polar_deg: 90.0,
        // α = 1 for steering vectors of unit modulus
        reflection: [(16.0_f64 * 20.0).sqrt(), 0.0],
        unknown: None,
        range_m: None,
        velocity_m_s: None,
    };
    scenario.targets = noctule::beamforming::Targets::Fixed(vec![target]);
    scenario
}

#[test]
fn one_user_and_one_target_are_solved_in_closed_form() {
    let mut helped = 0;
    for (trial, sinr_db) in [(0, 10.0), (1, 30.0), (2, 38.0), (3, 40.0), (4, 40.5)] {
        let instance = one_target(sinr_db, 0).realize(1, trial).unwrap();
        let Ok(closed) = one_user(&instance) else { continue };
        assert!(kept(&closed), "{:?}", closed.metrics.goal);
        let ours = value(&design(&instance, &Settings::default()).unwrap());
        assert!((value(&closed) / ours - 1.0).abs() < 1e-6, "{trial}: {ours}");
        // a stream of its own can only help
        let instance = one_target(sinr_db, 16).realize(1, trial).unwrap();
        let streams = design(&instance, &Settings::default()).unwrap();
        if streams.proof.is_global(1e-5) {
            assert!(value(&streams) <= ours * (1.0 + 1e-5), "{trial}");
            helped += 1;
        }
    }
    assert!(helped >= 3, "{helped} designs with streams are proven");
    // σ²/(2L|α|²‖ḃ‖²P‖a‖²) where the user costs nothing: 7.218e-4 degrees
    let instance = one_target(0.0, 0).realize(1, 0).unwrap();
    let root = one_user(&instance).unwrap().metrics.goal.unwrap().shown.unwrap();
    assert!((root - 7.218e-4).abs() < 5e-8, "{root}");
    let refused = one_user(&one_target(60.0, 0).realize(1, 0).unwrap()).unwrap_err();
    assert!(refused.to_string().contains("no beam gives the user that SNR"));
}

/// No beam of the same power has more towards the target at the SNR that is asked.
#[test]
fn the_closed_form_is_the_best_of_beams_that_are_drawn() {
    let mut rng = StreamKey::new(5, "test", "one-user", 0).trial(0);
    let mut vector =
        |n: usize| -> Vec<C64> { (0..n).map(|_| complex_normal(&mut rng, 1.0)).collect() };
    let (h, a) = (vector(4), vector(4));
    let (power, floor) = (2.0, 1.9 * real_dot(&h, &h));
    let beam = one_user_beam(&h, &a, floor, power).unwrap();
    assert!((real_dot(&beam, &beam) - power).abs() < 1e-12);
    assert!((dot(&h, &beam).norm_sqr() / floor - 1.0).abs() < 1e-12);
    let best = dot(&a, &beam).norm_sqr();
    for _ in 0..20_000 {
        // near the direction of the user, or the floor is missed
        let other = vector(4);
        let mut w: Vec<C64> = h.iter().zip(&other).map(|(h, z)| h + z * 0.3).collect();
        let scale = (power / real_dot(&w, &w)).sqrt();
        w.iter_mut().for_each(|z| *z *= scale);
        if dot(&h, &w).norm_sqr() >= floor {
            assert!(dot(&a, &w).norm_sqr() <= best * (1.0 + 1e-12));
        }
    }
    assert!(one_user_beam(&h, &a, 2.1 * real_dot(&h, &h), power).is_none());
}

/// As many users as antennas, up to 120 dB: no worse than zero forcing, whose worst rate is had from the inverse of
/// HᴴH, and no better than what is lost to its noise. A descent ended 7 bit/s/Hz below it, after a million evaluations.
#[test]
fn worst_rates_at_high_ratios_are_those_of_zero_forcing() {
    let mut scenario = Scenario {
        users: 8,
        goal: Goal::MaxMinRate { user_weights: None },
        require: Require { azimuth_deg: Some(5.0), ..Require::default() },
        ..Scenario::default()
    };
    scenario.transmit_array.horizontal = 2;
    for user_noise_dbm in [-40.0, -60.0, -70.0, -80.0, -90.0, -110.0] {
        let instance = Scenario { user_noise_dbm, ..scenario.clone() }.realize(1, 0).unwrap();
        let parts = instance.parts();
        let h = &parts.channels;
        let users = h.cols();
        // σ²(HᴴH)⁻¹ by elimination
        let mut rows: Vec<Vec<C64>> = (0..users)
            .map(|i| {
                let gram = (0..users).map(|j| dot(h.col(i), h.col(j)));
                gram.chain((0..users).map(|j| C64::from(f64::from(u8::from(i == j))))).collect()
            })
            .collect();
        for i in 0..users {
            let pivot = rows[i][i];
            rows[i].iter_mut().for_each(|x| *x /= pivot);
            let row = rows[i].clone();
            for (_, other) in rows.iter_mut().enumerate().filter(|(j, _)| *j != i) {
                let factor = other[i];
                other.iter_mut().zip(&row).for_each(|(x, y)| *x -= factor * y);
            }
        }
        let cost: f64 = (0..users).map(|k| rows[k][users + k].re * parts.user_noise_w[k]).sum();
        let forced = (parts.power_w / cost).ln_1p();
        let found = design(&instance, &Settings::default()).unwrap();
        let reached = value(&found);
        assert!(kept(&found), "{user_noise_dbm}");
        let gained = reached - forced;
        println!("{user_noise_dbm} dBm: {reached} nat, {gained:e} above zero forcing");
        assert!(
            (-1e-8..20.0 * (-forced).exp() + 1e-6).contains(&gained),
            "{user_noise_dbm}: {gained}"
        );
        let work = found.work.evaluations;
        assert!(work < 2000, "{user_noise_dbm}: {work} evaluations");
        // what rounding hides of the bound is said, and grows with the ratio
        if let Some(bound) = &found.proof.bound {
            assert!(bound.gap_rel < 3e-12 * forced.exp() + 1e-5, "{user_noise_dbm}: {bound:?}");
        } else {
            assert!(user_noise_dbm < -100.0, "{user_noise_dbm}: no bound");
        }
    }
}
