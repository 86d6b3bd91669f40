//! Estimates in place of channels: their statistics, and designs for them.

use super::*;
use noctule::beamforming::Knowledge;
use noctule::beamforming::band::perfect_knowledge;

fn estimated(knowledge: Knowledge) -> Scenario {
    let mut scenario = moving(3, 1, ofdm(4));
    scenario.knowledge = Some(knowledge);
    scenario
}

/// With ever better pilots estimates are the channels; with shared pilots and age they are not.
#[test]
fn estimates_tend_to_the_channels() {
    let known = estimated(Knowledge { pilot_snr_db: 120.0, ..Knowledge::default() });
    let instance = known.realize(3, 0).unwrap();
    let band = instance.band().unwrap();
    for (h, estimate) in band.channels.iter().zip(band.known_channels()) {
        let apart = h.as_slice().iter().zip(estimate.as_slice()).map(|(a, b)| (a - b).norm());
        assert!(apart.fold(0.0, f64::max) < 1e-5);
    }
    let shared = Knowledge { pilots: Some(1), age_correlation: 0.9, ..Knowledge::default() };
    // γ = 10, three users on a pilot: C = (1 − ρ²/3.1) I
    let instance = estimated(shared).realize(3, 0).unwrap();
    for error in instance.band().unwrap().errors() {
        for i in 0..error.rows() {
            for j in 0..error.cols() {
                let exact = if i == j { 1.0 - 0.81 / 3.1 } else { 0.0 };
                assert!((error[(i, j)] - exact).norm() < 1e-12);
            }
        }
    }
}

/// The error of the estimates has the covariance that beams are designed for: means over trials.
#[test]
fn errors_have_their_covariance() {
    let correlated = noctule::beamforming::Channel::Correlated {
        azimuth_deg: [10.0, 10.0],
        polar_deg: [90.0, 90.0],
        azimuth_std_deg: 15.0,
        polar_std_deg: 5.0,
        spectrum: noctule::beamforming::Spread::Gaussian,
    };
    let mut scenario =
        estimated(Knowledge { pilots: Some(2), age_correlation: 0.8, pilot_snr_db: 0.0 });
    scenario.channel = Some(correlated);
    scenario.transmit_array = ArrayShape { horizontal: 3, vertical: 1 };
    let trials = 600;
    let (mut sum, mut exact) = (CMat::zeros(3, 3), CMat::zeros(3, 3));
    let mut cross = 0.0;
    for trial in 0..trials {
        let instance = scenario.realize(8, trial).unwrap();
        let band = instance.band().unwrap();
        exact = band.errors()[0].clone();
        for (h, estimate) in band.channels.iter().zip(band.known_channels()) {
            let e: Vec<C64> = h.col(0).iter().zip(estimate.col(0)).map(|(h, x)| h - x).collect();
            for i in 0..3 {
                cross += (e[i] * estimate[(i, 0)].conj()).re / (12 * trials) as f64;
                for j in 0..3 {
                    sum[(i, j)] += e[i] * e[j].conj() / (4 * trials) as f64;
                }
            }
        }
    }
    // some 600 independent draws of entries below one: five standard errors
    let apart = sum.as_slice().iter().zip(exact.as_slice()).map(|(a, b)| (a - b).norm());
    assert!(apart.fold(0.0, f64::max) < 5.0 / (trials as f64).sqrt(), "{sum:?} {exact:?}");
    // an estimate tells nothing of its error
    assert!(cross.abs() < 3.0 / (trials as f64).sqrt(), "{cross}");
}

#[test]
fn designs_for_estimates_are_stationary_and_confirmed() {
    let correlated = noctule::beamforming::Channel::Correlated {
        azimuth_deg: [-40.0, 40.0],
        polar_deg: [80.0, 100.0],
        azimuth_std_deg: 10.0,
        polar_std_deg: 5.0,
        spectrum: noctule::beamforming::Spread::Gaussian,
    };
    let none = &noctule::system::NoSettings {};
    for channel in [None, Some(correlated)] {
        let isotropic = channel.is_none();
        let mut scenario = estimated(Knowledge { pilots: Some(2), ..Knowledge::default() });
        scenario.channel = channel;
        for space in [BandSpace::Reduced, BandSpace::Full, BandSpace::Same] {
            let (instance, mut model) = model_of(&scenario, space);
            let sphere = Manifold::sphere(model.dim());
            let mut point = random_point(model.dim(), 0);
            sphere.normalise(&mut point);
            let found = check_gradient(&mut model, &sphere, &point, &random_point(point.len(), 1));
            assert!(found.passed, "{space:?}: {found:?}");
            let mut gradient = point.clone();
            let value = -model.eval(&point, &mut gradient) * model.unit();
            let beams = model.beams(&point, instance.users()).unwrap();
            let metrics = evaluate(&instance, &beams).unwrap();
            assert!(close(metrics.objective.unwrap(), value, 1e-9), "{space:?}");
            let witness = verify(&instance, &beams).unwrap();
            assert!(close(metrics.objective.unwrap(), witness.objective.unwrap(), 1e-8));
        }
        let instance = scenario.realize(2, 0).unwrap();
        let again = Instance::from_arrays(instance.to_arrays(), None).unwrap().drawn_as(2, 0);
        assert!(same(&again, &instance));
        let settings = Settings::default();
        let ours = design(&instance, &settings).unwrap();
        assert_eq!(ours.stop, Stop::Converged, "isotropic {isotropic}");
        let perfect = perfect_knowledge(&instance, &settings, &Run::default()).unwrap();
        let simple = rzf(&instance, none, &Run::default()).unwrap();
        for other in [&perfect, &simple] {
            assert!(other.metrics.objective.unwrap() <= ours.metrics.objective.unwrap());
        }
        let truth = |design: &noctule::beamforming::BeamformingDesign| {
            design.metrics.band.as_ref().unwrap().true_sum_rate_bps_hz.unwrap()
        };
        assert!(truth(&perfect) > truth(&ours));
    }
}

#[test]
fn knowledge_that_makes_no_sense_is_refused() {
    let refused = |knowledge: Knowledge| refusal(&estimated(knowledge));
    let usual = Knowledge::default();
    assert!(refused(Knowledge { age_correlation: 1.1, ..usual }).starts_with("knowledge.age"));
    assert!(refused(Knowledge { pilots: Some(0), ..usual }).starts_with("knowledge.pilots"));
    assert!(refused(Knowledge { pilot_snr_db: f64::NAN, ..usual }).starts_with("knowledge.pilot"));
    let mut squint = estimated(usual);
    squint.ofdm.as_mut().unwrap().squint = true;
    assert!(refusal(&squint).starts_with("ofdm.squint"));
    let plain = moving(2, 1, ofdm(2)).realize(1, 0).unwrap();
    assert!(perfect_knowledge(&plain, &Settings::default(), &Run::default()).is_err());
}

/// Without a frame one frequency is estimated: a band of one subcarrier whose ranges and velocities are known.
#[test]
fn one_frequency_is_estimated_as_one_subcarrier() {
    let usual = Knowledge { pilot_snr_db: 5.0, ..Knowledge::default() };
    let bare = Scenario { knowledge: Some(usual), ..Scenario::default() };
    let mut framed = Scenario { ofdm: Some(Ofdm { taps: Some(1), ..ofdm(1) }), ..bare.clone() };
    (framed.unknown.range, framed.unknown.velocity) = (false, false);
    let (a, b) = (bare.realize(2, 1).unwrap(), framed.realize(2, 1).unwrap());
    let plain = Scenario::default().realize(2, 1).unwrap();
    assert_eq!(a.channels(), plain.channels());
    let known = |instance: &Instance| instance.band().unwrap().known_channels().to_vec();
    assert_eq!(known(&a), known(&b));
    let (a, b) =
        (design(&a, &Settings::default()).unwrap(), design(&b, &Settings::default()).unwrap());
    assert!(close(a.metrics.objective.unwrap(), b.metrics.objective.unwrap(), 1e-12));
    // with ever better pilots the problem is that of known channels
    let sure = Knowledge { pilot_snr_db: 120.0, ..usual };
    let sure = Scenario { knowledge: Some(sure), ..Scenario::default() }.realize(2, 1).unwrap();
    let best = design(&plain, &Settings::default()).unwrap().metrics.objective.unwrap();
    let sure = design(&sure, &Settings::default()).unwrap();
    assert!(close(sure.metrics.objective.unwrap(), best, 1e-6));
}

/// A record has what holds for certain, what is true, and what knowledge would be worth.
#[test]
fn records_have_the_rate_of_perfect_knowledge() {
    let metric = noctule::beamforming::Beamforming::METRICS;
    let metric = metric.iter().find(|m| m.info.name == "perfect_rate_bps_hz").unwrap();
    let mut sums = [0.0; 3];
    for trial in 0..4 {
        let mut scenario = estimated(Knowledge::default());
        scenario.crb_weight = 0.0;
        let instance = scenario.realize(4, trial).unwrap();
        let ours = design(&instance, &Settings::default()).unwrap();
        let perfect = metric.of(&instance, &ours).unwrap();
        let own = perfect_knowledge(&instance, &Settings::default(), &Run::default()).unwrap();
        let own = own.metrics.band.unwrap().true_sum_rate_bps_hz.unwrap();
        assert!(close(perfect, own, 1e-9));
        let band = ours.metrics.band.as_ref().unwrap();
        let found = [ours.metrics.sum_rate_bps_hz, band.true_sum_rate_bps_hz.unwrap(), perfect];
        sums.iter_mut().zip(found).for_each(|(sum, x)| *sum += x);
    }
    assert!(sums[0] < sums[1] && sums[1] < sums[2], "{sums:?}");
}
