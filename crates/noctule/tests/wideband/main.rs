//! Beams over a band: limits, symmetries, and a witness that shares no formula.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod antennas;
mod edges;
mod goals;
mod knowledge;
mod near;
mod said;

use noctule::beamforming::band::{each_alone, same_beams};
use noctule::beamforming::baselines::{
    SharingSettings, WmmseSettings, mrt, rzf, sharing, wmmse, zf,
};
use noctule::beamforming::{
    ArrayShape, BandModel, BandSpace, Beams, DrawnTargets, Instance, Ofdm, Scenario, Settings,
    TargetSpec, Targets, design, evaluate, verify,
};
use noctule::system::System;
use noctule::{C64, CMat, Error, Run, Stop};
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_optim::objective::check_gradient;
use noctule_optim::{Manifold, Objective};
use proptest::prelude::*;

fn ofdm(subcarriers: usize) -> Ofdm {
    Ofdm { subcarriers, spacing_khz: 2000.0, ..Ofdm::default() }
}

fn moving(users: usize, count: usize, ofdm: Ofdm) -> Scenario {
    let law = DrawnTargets {
        count,
        polar_deg: [40.0, 100.0],
        range_m: Some([5.0, 60.0]),
        velocity_m_s: Some([-40.0, 40.0]),
        ..DrawnTargets::default()
    };
    Scenario { users, targets: Targets::Drawn(law), ofdm: Some(ofdm), ..Scenario::default() }
}

fn random_beams(instance: &Instance, seed: u64) -> Beams {
    let subcarriers = instance.band().map_or(1, |band| band.grid.subcarriers);
    let mut rng = StreamKey::new(seed, "test", "band-beams", 0).trial(0);
    let columns = instance.streams() * subcarriers;
    let matrix = CMat::from_fn(instance.antennas(), columns, |_, _| complex_normal(&mut rng, 1e-5));
    Beams { matrix, users: instance.users(), subcarriers }
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1e-300)
}

/// Whether two instances are the same problem; arrays do not hold what a scenario was warned of.
fn same(a: &Instance, b: &Instance) -> bool {
    (a.parts(), a.band(), a.problem(), a.draw()) == (b.parts(), b.band(), b.problem(), b.draw())
}

/// The default scenario with everything of its targets known that one frequency does not see.
fn one() -> Scenario {
    let mut scenario =
        Scenario { ofdm: Some(Ofdm { subcarriers: 1, ..ofdm(1) }), ..Scenario::default() };
    (scenario.unknown.range, scenario.unknown.velocity) = (false, false);
    scenario
}

#[test]
fn one_subcarrier_is_the_narrowband_problem() {
    for trial in 0..3 {
        let narrow = Scenario::default().realize(1, trial).unwrap();
        let wide = one().realize(1, trial).unwrap();
        assert_eq!(wide.channels(), narrow.channels());
        assert_eq!(wide.streams(), narrow.streams());
        let beams = random_beams(&narrow, trial);
        let (a, b) = (evaluate(&narrow, &beams).unwrap(), evaluate(&wide, &beams).unwrap());
        assert!(close(a.objective.unwrap(), b.objective.unwrap(), 1e-12));
        assert!(close(a.sum_rate_nats, b.sum_rate_nats, 1e-14));
        assert!(close(a.crb_trace_mixed.unwrap(), b.crb_trace_mixed.unwrap(), 1e-12));
        for (a, b) in a.targets.unwrap().iter().zip(&b.targets.unwrap()) {
            assert!(close(a.azimuth_rcrb_deg, b.azimuth_rcrb_deg, 1e-12));
            assert!(close(a.polar_rcrb_deg, b.polar_rcrb_deg, 1e-12));
            assert!(close(a.reflection_rcrb, b.reflection_rcrb, 1e-12));
            assert_eq!((b.range_rcrb_m, b.velocity_rcrb_m_s), (None, None));
        }
        let settings = Settings { tolerance: 1e-8, ..Settings::default() };
        let (a, b) = (design(&narrow, &settings).unwrap(), design(&wide, &settings).unwrap());
        let (a, b) = (a.metrics.objective.unwrap(), b.metrics.objective.unwrap());
        assert!(close(a, b, 1e-6), "trial {trial}: {a} {b}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Evaluation and witness agree on any beams, whatever is known of the targets.
    #[test]
    fn the_witness_agrees(
        seed in 0_u64..1000,
        users in 0_usize..4,
        subcarriers in 2_usize..6,
        flags in 0_u32..64,
    ) {
        let flag = |bit: u32| (flags >> bit) & 1 == 1;
        let words = Ofdm { squint: flag(0), centred: Some(flag(1)), ..ofdm(subcarriers) };
        let mut scenario = moving(users, 2, words);
        scenario.unknown.range = flag(2);
        scenario.unknown.velocity = flag(3);
        scenario.unknown.polar = flag(4);
        scenario.unknown.reflection = flag(5);
        scenario.snapshots = 5;
        let instance = scenario.realize(seed, 0).unwrap();
        let beams = random_beams(&instance, seed);
        let metrics = evaluate(&instance, &beams).unwrap();
        let witness = verify(&instance, &beams).unwrap();
        prop_assert!(close(metrics.sum_rate_nats, witness.sum_rate_nats, 1e-11));
        let (mine, theirs) = (metrics.objective.unwrap(), witness.objective.unwrap());
        prop_assert!(close(mine, theirs, 1e-8), "{mine} {theirs}");
        let (mine, theirs) = (metrics.crb_trace_mixed.unwrap(), witness.crb_trace_mixed.unwrap());
        prop_assert!(close(mine, theirs, 1e-8), "{mine} {theirs}");
    }

    /// Arrays bring back the same instance and the same beams, to the bit.
    #[test]
    fn arrays_go_around(seed in 0_u64..1000, subcarriers in 1_usize..5, users in 0_usize..3) {
        let mut scenario = moving(users, 2, ofdm(subcarriers));
        scenario.unknown.range = subcarriers > 1;
        let instance = scenario.realize(seed, 3).unwrap();
        let again = Instance::from_arrays(instance.to_arrays(), None).unwrap().drawn_as(seed, 3);
        prop_assert!(same(&again, &instance));
        let beams = random_beams(&instance, seed);
        let back = Beams::from_arrays(&beams.to_arrays(), users).unwrap();
        prop_assert!(back == beams);
        let text = instance.to_json().to_string();
        prop_assert!(text.contains("band_channels"));
    }
}

fn model_of(scenario: &Scenario, space: BandSpace) -> (Instance, BandModel) {
    let instance = scenario.realize(2, 0).unwrap();
    let (band, streams) = (instance.band().unwrap(), instance.streams());
    let model = BandModel::new(&instance, band, space, streams).unwrap();
    (instance, model)
}

fn random_point(dim: usize, entity: u64) -> Vec<C64> {
    let mut rng = StreamKey::new(3, "test", "band-point", entity).trial(0);
    (0..dim).map(|_| complex_normal(&mut rng, 1.0)).collect()
}

#[test]
fn the_gradient_has_the_slope_of_the_taylor_error() {
    for squint in [false, true] {
        let scenario = moving(3, 2, Ofdm { squint, ..ofdm(4) });
        for space in [BandSpace::Reduced, BandSpace::Full, BandSpace::Same] {
            let (_, mut model) = model_of(&scenario, space);
            let sphere = Manifold::sphere(model.dim());
            let mut point = random_point(model.dim(), 0);
            sphere.normalise(&mut point);
            let found = check_gradient(&mut model, &sphere, &point, &random_point(point.len(), 1));
            assert!(found.passed, "{space:?}, squint {squint}: {found:?}");
        }
    }
}

/// The model's value is the objective of its beams, in a basis and at all antennas.
#[test]
fn the_reduced_model_is_the_objective() {
    for squint in [false, true] {
        let scenario = moving(3, 2, Ofdm { squint, ..ofdm(4) });
        for space in [BandSpace::Reduced, BandSpace::Full, BandSpace::Same] {
            let (instance, mut model) = model_of(&scenario, space);
            let mut point = random_point(model.dim(), 0);
            Manifold::sphere(model.dim()).normalise(&mut point);
            let mut gradient = point.clone();
            let value = -model.eval(&point, &mut gradient) * model.unit();
            let beams = model.beams(&point, instance.users()).unwrap();
            let metrics = evaluate(&instance, &beams).unwrap();
            assert!(close(metrics.power_w, instance.parts().power_w, 1e-12));
            assert!(close(metrics.objective.unwrap(), value, 1e-9), "{space:?}");
            let back = model.point(&beams.matrix);
            let apart = back.iter().zip(&point).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max);
            assert!(apart < 1e-12, "{space:?}: {apart}");
        }
    }
}

#[test]
fn ours_is_stationary_and_no_worse_than_what_knows_less_of_the_band() {
    let none = &noctule::system::NoSettings {};
    for trial in 0..2 {
        let mut scenario = moving(3, 2, ofdm(8));
        scenario.crb_weight = 300.0;
        let instance = scenario.realize(5, trial).unwrap();
        let settings = Settings::default();
        let run = Run::default();
        let ours = design(&instance, &settings).unwrap();
        assert_eq!(ours.stop, Stop::Converged);
        let own = noctule::beamforming::residual(&instance, &ours.variables).unwrap().unwrap();
        assert!(own < 2e-6 && ours.proof.residual().unwrap() <= 1e-6, "{own}");
        let reached = ours.metrics.objective.unwrap();
        let witness = verify(&instance, &ours.variables).unwrap();
        assert!(witness.mismatch(Some(reached)) < 1e-9 && witness.violation < 1e-12);
        let others = [
            ("same-beams", same_beams(&instance, &settings, &run).unwrap()),
            ("each-alone", each_alone(&instance, &settings, &run).unwrap()),
            ("rzf", rzf(&instance, none, &run).unwrap()),
            ("zf", zf(&instance, none, &run).unwrap()),
            ("mrt", mrt(&instance, none, &run).unwrap()),
            ("wmmse", wmmse(&instance, &WmmseSettings::default(), &run).unwrap()),
            ("sharing", sharing(&instance, &SharingSettings::default(), &run).unwrap()),
        ];
        for (name, other) in others {
            let metrics = &other.metrics;
            assert!(close(metrics.power_w, instance.parts().power_w, 1e-9), "{name}");
            let value = metrics.objective.unwrap_or(f64::NEG_INFINITY);
            assert!(value <= reached, "{name}: {value} above {reached}");
            let witness = verify(&instance, &other.variables).unwrap();
            assert!(witness.mismatch(metrics.objective) < 1e-8, "{name}");
        }
    }
}

/// A wider band with the same beams tells ranges as much better, a longer symbol velocities.
#[test]
fn bounds_follow_bandwidth_and_frame_length() {
    let with = |words: Ofdm| {
        let mut scenario = moving(0, 1, Ofdm { delay_spread_ns: 0.0, ..words });
        scenario.sensing_streams = Some(16);
        scenario.realize(4, 0).unwrap()
    };
    let identity = |instance: &Instance| {
        let n = instance.band().unwrap().grid.subcarriers;
        let each = CMat::identity(instance.antennas());
        let matrix = CMat::hstack(&vec![&each; n]).unwrap();
        let beams = Beams { matrix, users: 0, subcarriers: n };
        evaluate(instance, &beams).unwrap().targets.unwrap()[0]
    };
    let words = || ofdm(8);
    let plain = identity(&with(words()));
    let wide = identity(&with(Ofdm { spacing_khz: 4000.0, symbol_us: Some(0.6), ..words() }));
    let long = identity(&with(Ofdm { symbol_us: Some(1.2), ..words() }));
    let short = identity(&with(Ofdm { symbol_us: Some(0.6), ..words() }));
    assert!(close(plain.range_rcrb_m.unwrap(), 2.0 * wide.range_rcrb_m.unwrap(), 1e-9));
    let (long, short) = (long.velocity_rcrb_m_s.unwrap(), short.velocity_rcrb_m_s.unwrap());
    assert!(close(2.0 * long, short, 1e-9));
    // One target, uniform power: the closed forms, decoupled from everything else.
    let instance = with(words());
    let parts = instance.parts();
    let (n, l) = (8.0_f64, f64::from(parts.snapshots));
    let light = 299_792_458.0;
    // W_n = I sends N_t on every subcarrier, and the response has unit norm.
    let energy = 2.0 * l * parts.targets[0].reflection.norm_sqr() / parts.sensing_noise_w;
    let pulsation = 2.0 * std::f64::consts::PI * 2.0e6;
    let delay = energy * pulsation.powi(2) * n * (n * n - 1.0) / 12.0;
    let exact = light / 2.0 / delay.sqrt();
    assert!(close(plain.range_rcrb_m.unwrap(), exact, 1e-9));
}

fn refusal(scenario: &Scenario) -> String {
    match scenario.realize(1, 0).unwrap_err() {
        Error::Input(error) => format!("{}: {}", error.place, error.what),
        other => other.to_string(),
    }
}

#[test]
fn what_no_band_shows_is_refused_by_name() {
    let with = |words: Ofdm| Scenario { ofdm: Some(words), ..Scenario::default() };
    let place = |scenario: &Scenario| refusal(scenario).split(':').next().unwrap().to_owned();
    let one = refusal(&with(ofdm(1)));
    assert_eq!(one, "unknown.range: the range of a target is unobservable on one subcarrier");
    let mut known = with(ofdm(1));
    known.unknown.range = false;
    assert!(known.realize(1, 0).is_ok());
    known.snapshots = 1;
    let found = refusal(&known);
    assert_eq!(found, "unknown.velocity: the velocity of a target is unobservable in one symbol");
    assert_eq!(place(&with(ofdm(0))), "ofdm.subcarriers");
    assert_eq!(place(&with(ofdm(1_000_000))), "ofdm.subcarriers");
    assert_eq!(place(&with(Ofdm { spacing_khz: -1.0, ..ofdm(4) })), "ofdm.spacing_khz");
    let mut huge = with(ofdm(4096));
    huge.transmit_array = ArrayShape { horizontal: 128, vertical: 128 };
    assert_eq!(place(&huge), "ofdm.subcarriers");
    let mut blind = with(ofdm(4));
    blind.targets = Targets::Fixed(Vec::new());
    assert!(matches!(blind.realize(1, 0), Err(Error::Unobservable { .. })));
    // Without a frame nothing looks at ranges and velocities.
    let target = TargetSpec {
        azimuth_deg: 10.0,
        polar_deg: 80.0,
        reflection: [0.1, 0.0],
        unknown: None,
        range_m: Some(10.0),
        velocity_m_s: None,
    };
    let still = Scenario { targets: Targets::Fixed(vec![target]), ..Scenario::default() };
    assert_eq!(place(&still), "targets.fixed[0].range_m");
}

#[test]
fn targets_beyond_the_reach_of_a_frame_are_warned_of() {
    let at = |range: f64, velocity: f64| {
        let target = TargetSpec {
            azimuth_deg: 10.0,
            polar_deg: 80.0,
            reflection: [0.1, 0.0],
            unknown: None,
            range_m: Some(range),
            velocity_m_s: Some(velocity),
        };
        let words = Ofdm { symbol_us: Some(1.0), ..ofdm(4) };
        let targets = Targets::Fixed(vec![target]);
        let scenario = Scenario { targets, ofdm: Some(words), ..Scenario::default() };
        scenario.realize(1, 0).unwrap().warnings().to_vec()
    };
    // c/(2Δf) = 75 m, λ/(4T) = 2677 m/s; the prefix of 0.5 µs is 75 m.
    assert!(at(70.0, 2000.0).iter().all(|sentence| !sentence.contains("unambiguous")));
    assert!(at(76.0, 0.0).iter().any(|sentence| sentence.contains("unambiguous range of 74.9 m")));
    assert!(at(10.0, -2700.0).iter().any(|s| s.contains("unambiguous velocity of ±2676")));
}

/// Linear arrays see one angle, whose other one must be known.
#[test]
fn linear_arrays_work_with_a_known_polar_angle() {
    let linear = ArrayShape { horizontal: 8, vertical: 1 };
    let mut scenario = moving(2, 1, ofdm(4));
    (scenario.transmit_array, scenario.receive_array) = (linear, linear);
    assert!(scenario.realize(1, 0).is_err());
    scenario.unknown.polar = false;
    let instance = scenario.realize(1, 0).unwrap();
    let found = design(&instance, &Settings::default()).unwrap();
    assert_eq!(found.stop, Stop::Converged);
    assert!(verify(&instance, &found.variables).unwrap().mismatch(found.metrics.objective) < 1e-9);
    assert!(found.metrics.targets.unwrap()[0].polar_rcrb_deg <= 0.0);
}

/// One user and no weight on bounds: matched beams, and power by water-filling.
#[test]
fn one_user_is_served_by_water_filling() {
    let mut scenario = moving(1, 1, ofdm(16));
    (scenario.crb_weight, scenario.sensing_streams) = (0.0, Some(0));
    let instance = scenario.realize(3, 0).unwrap();
    let found = design(&instance, &Settings { tolerance: 1e-9, ..Settings::default() }).unwrap();
    let (band, parts) = (instance.band().unwrap(), instance.parts());
    let gain = |h: &CMat| h.norm_sqr() / parts.user_noise_w[0];
    let gains: Vec<f64> = band.channels.iter().map(gain).collect();
    let mut powers = vec![0.0; gains.len()];
    noctule_optim::water_filling(&gains, parts.power_w, &mut powers);
    let exact = gains.iter().zip(&powers).map(|(g, p)| (g * p).ln_1p()).sum::<f64>() / 16.0;
    assert!(close(found.metrics.sum_rate_nats, exact, 1e-8));
}

/// Memory and time grow with the number of subcarriers, not with its square.
#[test]
fn a_thousand_subcarriers_are_sixteen_times_sixty_four() {
    let instance = moving(2, 1, Ofdm { spacing_khz: 120.0, ..ofdm(1024) }).realize(1, 0).unwrap();
    let found = design(&instance, &Settings { starts: Some(1), ..Settings::default() }).unwrap();
    assert_eq!(found.stop, Stop::Converged);
    assert!(found.variables.rank().unwrap() <= 16);
    assert!(verify(&instance, &found.variables).unwrap().mismatch(found.metrics.objective) < 1e-9);
}

/// Channels over a base with a band: of one frequency for every subcarrier, of a band as they are, and never
/// two that differ.
#[test]
fn channels_over_a_base_follow_its_band() {
    let base = moving(2, 1, ofdm(4)).realize(1, 0).unwrap();
    let other = moving(2, 1, ofdm(4)).realize(2, 0).unwrap();
    let only = |names: &[&str]| {
        let mut set = noctule::data::ArraySet::new();
        for name in names {
            set.insert(*name, other.to_arrays().get(name).unwrap().clone());
        }
        set
    };
    let flat = Instance::from_arrays(only(&["channels"]), Some(&base)).unwrap();
    assert!(flat.band().unwrap().channels.iter().all(|h| h == other.channels()));
    let whole = Instance::from_arrays(only(&["band_channels"]), Some(&base)).unwrap();
    assert_eq!(whole.band().unwrap().channels, other.band().unwrap().channels);
    let mut both = only(&["band_channels"]);
    both.insert("channels", base.to_arrays().get("channels").unwrap().clone());
    let error = Instance::from_arrays(both, Some(&base)).unwrap_err();
    assert!(error.to_string().contains("middle subcarrier"), "{error}");
}
