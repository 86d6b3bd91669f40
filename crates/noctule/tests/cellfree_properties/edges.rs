//! Files, refusals, sizes at their ends, and work.

use noctule::cellfree::baselines::{
    LinearSettings, MajorisationSettings, majorisation, zero_forcing,
};
use noctule::cellfree::{
    Beams, EstimatorKind, FixedPlaces, Instance, Layout, Places, Requirement, RequirementSpec,
    Scenario, SensingSettings, Settings, design, evaluate, sensing_only, verify,
};
use noctule::data::{Array, ArraySet};
use noctule::{C64, Certify, Error, Run};

use crate::common::{limited, random_beams, relative, small};

#[test]
fn instances_and_beams_survive_their_files() {
    let instance = limited(&small(), 7, 1.3);
    let arrays = instance.to_arrays();
    let back = Instance::from_arrays(arrays.clone(), None).unwrap();
    assert_eq!(back.to_arrays(), arrays);
    assert_eq!(back.requirement(), instance.requirement());
    let beams = random_beams(&instance, 1);
    let again = Beams::from_arrays(&beams.to_arrays()).unwrap();
    assert_eq!(again.data, beams.data);
    let (a, b) = (evaluate(&instance, &beams).unwrap(), evaluate(&back, &again).unwrap());
    assert!(relative(a.sum_rate_bps_hz, b.sum_rate_bps_hz) < 1e-12);
    // Dense covariances say the same.
    let mut dense = arrays;
    let order = instance.aps() * instance.antennas();
    let mut entries = Vec::new();
    for covariance in &instance.parts().error {
        let matrix = covariance.dense();
        entries.extend((0..order * order).map(|at| matrix[(at / order, at % order)]));
    }
    let (aps, n) = (instance.aps(), instance.antennas());
    let mut set = ArraySet::new();
    set.insert("error_covariance", Array::complex(vec![instance.users(), aps, n, aps, n], entries));
    let other = Instance::from_arrays(set, Some(&instance)).unwrap();
    let c = evaluate(&other, &beams).unwrap();
    assert!(relative(a.sum_rate_bps_hz, c.sum_rate_bps_hz) < 1e-9);
    dense.insert("power_over_noise", Array::list(vec![1.0, -1.0, 1.0]));
    let error = Instance::from_arrays(dense, None).unwrap_err();
    assert!(error.to_string().contains("power_over_noise[1]"), "{error}");
}

#[test]
fn bad_input_is_named() {
    let named = |scenario: Scenario, word: &str| match scenario.realize(1, 0) {
        Err(Error::Input(error)) => assert!(error.place.contains(word), "{error}"),
        other => panic!("{word}: {other:?}"),
    };
    named(Scenario { targets: 4, ..small() }, "targets");
    named(Scenario { antennas: 0, ..small() }, "antennas");
    named(Scenario { window_deg: f64::NAN, ..small() }, "window_deg");
    named(Scenario { grid_points: 5, ..small() }, "grid_points");
    named(Scenario { coherence_symbols: 1, ..small() }, "pilot_symbols");
    named(Scenario { area_km: -1.0, ..small() }, "area_km");
    let nothing = Scenario { targets: 0, requirement: RequirementSpec::MaxError(1.0), ..small() };
    named(nothing, "targets");
    let instance = small().realize(1, 0).unwrap();
    assert!(instance.with_requirement(Requirement::MaxError(f64::NAN)).is_err());
    let mut beams = Beams::silent(&instance);
    beams.data[(0, 0)] = C64::new(f64::NAN, 0.0);
    assert!(evaluate(&instance, &beams).is_err() && verify(&instance, &beams).is_err());
    for settings in [
        Settings { starts: 0, ..Settings::default() },
        Settings { tolerance: 0.0, ..Settings::default() },
        Settings { max_evaluations: 0, ..Settings::default() },
        Settings { sensing_beams: 0, ..Settings::default() },
    ] {
        assert!(design(&instance, &settings).is_err());
    }
}

#[test]
fn shared_pilots_make_local_zero_forcing_impossible() {
    // One access point, two users on one pilot: parallel estimates.
    let scenario = Scenario { aps: 1, users: 2, targets: 0, pilot_symbols: 1, ..small() };
    let instance = scenario.realize(1, 0).unwrap();
    let error = zero_forcing(&instance, &LinearSettings::default(), &Run::default()).unwrap_err();
    assert!(error.to_string().contains("linearly dependent"), "{error}");
}

#[test]
fn edges_of_size() {
    let settings = Settings { starts: 1, ..Settings::default() };
    for scenario in [
        Scenario { users: 0, ..small() },
        Scenario { antennas: 1, ..small() },
        Scenario { aps: 2, users: 1, ..small() },
        Scenario { pilot_symbols: 10, ..small() },
        Scenario { layout: Layout::Cellular, ..small() },
        Scenario { estimator: EstimatorKind::Joint, reflection_gain_db: 110.0, ..small() },
        // Everything on one spot: distances count as the smallest of the model.
        Scenario {
            places: Places::Fixed(FixedPlaces {
                aps_km: vec![[0.5, 0.5]; 2],
                users_km: vec![[0.5, 0.5]],
                targets_km: vec![[0.5, 0.5]],
            }),
            ..small()
        },
    ] {
        let instance = limited(&scenario, 0, 1.3);
        let found = design(&instance, &settings).unwrap();
        let witness = verify(&instance, &found.variables).unwrap();
        assert!(witness.mismatch(&found.metrics) < 1e-9, "{scenario:?}");
        assert!(witness.violation < 1e-6, "{scenario:?}: {witness:?}");
        let powers = found.metrics.aps.iter().flat_map(|ap| [ap.power, ap.data_power]);
        assert!(powers.into_iter().all(f64::is_sign_positive), "{scenario:?}");
    }
    let here = limited(
        &Scenario {
            places: Places::Fixed(FixedPlaces {
                aps_km: vec![[0.5, 0.5]; 2],
                users_km: vec![[0.5, 0.5]],
                targets_km: vec![[0.5, 0.5]],
            }),
            ..small()
        },
        0,
        1.3,
    );
    assert!(here.warnings().iter().any(|w| w.contains("distances below")));
}

/// Work is counted, not timed: a change that doubles it must be noticed.
#[test]
fn work_stays_within_its_budget() {
    let settings = Settings::default();
    let (mut rate, mut limit, mut pattern) = (0, 0, 0);
    for trial in 0..3 {
        let instance = limited(&Scenario::default(), trial, 1.3);
        limit += design(&instance, &settings).unwrap().work.evaluations;
        pattern += sensing_only(&instance, &SensingSettings::default(), &Run::default())
            .unwrap()
            .work
            .evaluations;
        let free = instance.with_requirement(Requirement::None).unwrap();
        rate += design(&free, &settings).unwrap().work.evaluations;
    }
    assert!(rate <= 12_000, "largest rate: {rate}");
    assert!(limit <= 15_000, "rate under an error: {limit}");
    assert!(pattern <= 4_000, "best patterns: {pattern}");
}

#[test]
fn many_access_points_run() {
    let scenario = Scenario { aps: 64, antennas: 4, targets: 8, users: 8, ..Scenario::default() };
    let instance = limited(&scenario, 0, 1.3);
    let settings = Settings { starts: 1, tolerance: 1e-4, ..Settings::default() };
    let found = design(&instance, &settings).unwrap();
    assert!(
        found.metrics.error.unwrap()
            <= match instance.requirement() {
                Requirement::MaxError(limit) => limit,
                _ => 0.0,
            }
    );
}

/// At high power a climb can end beside a limit that the best beampatterns keep, or beside a rate that
/// is in reach without sensing: what other problems' beams meet is met.
#[test]
fn what_other_problems_beams_meet_is_met() {
    let loud = Scenario {
        aps: 3,
        users: 4,
        antennas: 6,
        power_over_noise_db: 155.0,
        requirement: RequirementSpec::ErrorOverBest(1.05),
        ..Scenario::default()
    };
    for trial in 0..4 {
        let instance = loud.realize(2, trial).unwrap();
        let found = design(&instance, &Settings::default()).unwrap();
        let witness = verify(&instance, &found.variables).unwrap();
        assert!(witness.violation <= 1e-6, "trial {trial}: {:e}", witness.violation);
        assert!(found.metrics.sum_rate_bps_hz > 0.0);
    }
    let free = Scenario { requirement: RequirementSpec::MaxError(1e11), ..loud };
    for trial in 0..4 {
        let instance = free.realize(2, trial).unwrap();
        let reached = design(&instance, &Settings::default()).unwrap().metrics.sum_rate_bps_hz;
        let required = instance.with_requirement(Requirement::MinRate(0.99 * reached)).unwrap();
        let found = design(&required, &Settings::default()).unwrap();
        let rate = found.metrics.sum_rate_bps_hz;
        assert!(rate >= 0.99 * reached * (1.0 - 1e-6), "trial {trial}: {rate} of {reached}");
    }
    // A rate out of reach has no price.
    let instance = free.realize(2, 0).unwrap().with_requirement(Requirement::MinRate(1e3)).unwrap();
    let missed = design(&instance, &Settings::default()).unwrap();
    assert_eq!(missed.metrics.slope, None);
}

/// Where every climb ends beside the limit, the best beampatterns with what they leave to data had an eighth
/// of the rate that steps of majorisation reach.
#[test]
fn where_climbs_miss_the_limit_steps_raise_the_rate() {
    let loud = Scenario {
        aps: 4,
        users: 9,
        antennas: 8,
        power_over_noise_db: 170.0,
        requirement: RequirementSpec::ErrorOverBest(1.05),
        ..Scenario::default()
    };
    let instance = loud.realize(5, 776).unwrap();
    let settings = Settings { certify: Certify::No, ..Settings::default() };
    let found = design(&instance, &settings).unwrap();
    let steps = majorisation(&instance, &MajorisationSettings::default(), &Run::default()).unwrap();
    let (rate, other) = (found.metrics.sum_rate_bps_hz, steps.metrics.sum_rate_bps_hz);
    assert!(other > 50.0, "{other}");
    assert!(rate >= other * (1.0 - 1e-6), "{rate} of {other}");
    assert!(verify(&instance, &found.variables).unwrap().violation <= 1e-6);
}

/// Channels of nobody are an empty list in JSON, which lost the antennas: the document could not be verified.
#[test]
fn an_instance_without_users_keeps_its_antennas() {
    let instance = Scenario { users: 0, ..small() }.realize(1, 0).unwrap();
    let text = instance.to_json().to_string();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nobody.json");
    std::fs::write(&path, text).unwrap();
    let again = Instance::read(&path, None).unwrap();
    assert_eq!((again.antennas(), again.users()), (small().antennas, 0));
    assert_eq!(again.to_arrays(), instance.to_arrays());
    // users bring their own number, over a base that has none; another one beside them is refused
    let mut heard = small().realize(1, 0).unwrap().to_arrays();
    let same = Instance::from_arrays(heard.clone(), Some(&instance)).unwrap();
    assert_eq!(same.users(), small().users);
    heard.insert("antennas", Array::number(9.0));
    assert!(Instance::from_arrays(heard, None).is_err());
}
