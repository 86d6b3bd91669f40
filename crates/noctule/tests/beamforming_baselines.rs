//! The baselines: what each promises, and that none beats our method once its end point is among
//! the starts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use noctule::beamforming::baselines::{
    Algorithm1Settings, ClimbSettings, FpSgdaSettings, FromStart, SensingSettings, StartName,
    WmmseSdrSettings, WmmseSettings, algorithm1, barzilai_borwein, conjugate_gradient, fp_sgda,
    mrt, projected_gradient, rzf, sensing_only, wmmse, wmmse_sdr, wmmse_sdr_with_gaps, zf,
};
use noctule::beamforming::bound::sum_capacity_bound_nats;
use noctule::beamforming::design::{climb, default_starts, fitted, start_beams};
use noctule::beamforming::{
    ArrayShape, BeamformingDesign, Instance, Parts, PowerConstraint, Scenario, Settings, design,
    verify,
};
use noctule::system::NoSettings;
use noctule::{CMat, Error, Interrupt, Run, Stop};

fn scenario(users: usize, rows: usize) -> Scenario {
    Scenario {
        users,
        transmit_array: ArrayShape { horizontal: 4, vertical: rows },
        receive_array: ArrayShape { horizontal: 5, vertical: rows },
        ..Scenario::paper()
    }
}

/// Every baseline that climbs the weighted sum, from the same start.
fn climbers(instance: &Instance, start: StartName) -> Vec<(&'static str, BeamformingDesign)> {
    fn from<S>(start: StartName, own: S) -> FromStart<S> {
        FromStart { start, ..FromStart::from(own) }
    }
    let run = Run::default();
    let climb = from(start, ClimbSettings::default());
    let first = Algorithm1Settings { tolerance: 1e-9, ..Algorithm1Settings::default() };
    let first = from(start, first);
    let sdr = WmmseSdrSettings { max_programs: 30, ..WmmseSdrSettings::default() };
    let sdr = from(start, sdr);
    let fp = from(start, FpSgdaSettings::default());
    vec![
        ("projected gradient", projected_gradient(instance, &climb, &run).unwrap()),
        ("Barzilai–Borwein", barzilai_borwein(instance, &climb, &run).unwrap()),
        ("conjugate gradient", conjugate_gradient(instance, &climb, &run).unwrap()),
        ("Algorithm 1", algorithm1(instance, &first, &run).unwrap()),
        ("FP-SGDA", fp_sgda(instance, &fp, &run).unwrap()),
        ("WMMSE-SDR", wmmse_sdr(instance, &sdr, &run).unwrap()),
    ]
}

/// Every baseline that does not.
fn simple(instance: &Instance) -> Vec<(&'static str, BeamformingDesign)> {
    let (none, run) = (NoSettings {}, Run::default());
    vec![
        ("MRT", mrt(instance, &none, &run).unwrap()),
        ("RZF", rzf(instance, &none, &run).unwrap()),
        ("ZF", zf(instance, &none, &run).unwrap()),
        ("WMMSE", wmmse(instance, &WmmseSettings::default(), &run).unwrap()),
        ("sensing only", sensing_only(instance, &SensingSettings::default(), &run).unwrap()),
    ]
}

#[test]
fn every_design_is_feasible_and_confirmed_by_the_witness() {
    for trial in 0..3 {
        let instance = scenario(4, 4).realize(11, trial).unwrap();
        for (name, found) in
            climbers(&instance, StartName::Rzf).into_iter().chain(simple(&instance))
        {
            let witness = verify(&instance, &found.variables).unwrap();
            assert!(witness.violation < 1e-12, "{name}: {}", witness.violation);
            assert!(witness.mismatch(found.metrics.objective) < 1e-9, "{name}");
            let ours = design(&instance, &Settings::default()).unwrap();
            assert!(found.metrics.objective <= ours.metrics.objective.map(|x| x + 1e-6), "{name}");
        }
    }
}

#[test]
fn the_climbers_that_converge_meet_in_the_same_optimum() {
    for trial in 0..6 {
        let instance = scenario(2, 4).realize(12, trial).unwrap();
        let ours = design(&instance, &Settings::default()).unwrap().metrics.objective.unwrap();
        for (name, found) in climbers(&instance, StartName::Rzf) {
            let objective = found.metrics.objective.unwrap();
            let tolerance = match name {
                "FP-SGDA" => 0.05,
                "WMMSE-SDR" => 2e-3,
                _ => 2e-5,
            };
            assert!((objective - ours).abs() < tolerance, "{trial}, {name}: {objective} {ours}");
            let exact = ["projected gradient", "Barzilai–Borwein", "conjugate gradient"];
            if exact.contains(&name) {
                assert_eq!(found.stop, Stop::Converged, "{name}");
                assert!((objective - ours).abs() < 1e-8, "{name}: {objective} {ours}");
            }
        }
    }
}

#[test]
fn units_do_not_matter_to_any_baseline() {
    let instance = scenario(3, 4).realize(13, 0).unwrap();
    let parts = instance.parts().clone();
    let kilo = Instance::new(Parts {
        power_w: parts.power_w * 1e3,
        user_noise_w: parts.user_noise_w.iter().map(|n| n * 1e3).collect(),
        sensing_noise_w: parts.sensing_noise_w * 1e3,
        ..parts
    })
    .unwrap();
    let both = |instance: &Instance| {
        climbers(instance, StartName::Rzf).into_iter().chain(simple(instance)).collect::<Vec<_>>()
    };
    for ((name, a), (_, b)) in both(&instance).into_iter().zip(both(&kilo)) {
        let (a, b) = (a.metrics.objective.unwrap(), b.metrics.objective.unwrap());
        assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "{name}: {a} {b}");
    }
}

#[test]
fn wmmse_sdr_ascends_and_certifies_every_program() {
    let run = Run::default();
    for trial in 0..3 {
        let instance = scenario(4, 4).realize(14, trial).unwrap();
        let own = WmmseSdrSettings { max_programs: 40, ..WmmseSdrSettings::default() };
        let settings = FromStart::from(own).traced();
        let found = wmmse_sdr_with_gaps(&instance, &settings, &run).unwrap();
        assert_eq!(found.gaps.len() as u64, found.design.work.conic_solves);
        assert!(found.gaps.iter().all(|gap| (0.0..1e-8).contains(gap)), "{:?}", found.gaps);
        let rows = found.design.trace.rows();
        assert!(rows.windows(2).all(|w| w[1].value <= w[0].value + 1e-10), "not monotone");
        // Polished, it is where our method ends from the same start or better.
        let end = fitted(&instance, &found.design.variables).unwrap();
        let polished = climb(&instance, &Settings::default(), &[end], &run).unwrap();
        let (a, b) = (polished.metrics.objective.unwrap(), found.design.metrics.objective.unwrap());
        assert!(a >= b - 1e-9 && a - b < 1e-3, "{a} {b}");
    }
}

#[test]
fn wmmse_climbs_the_sum_rate_alone() {
    let (never, run) = (Interrupt::new(), Run::default());
    let settings = WmmseSettings { trace: true, ..WmmseSettings::default() };
    for trial in 0..4 {
        let instance = scenario(4, 4).realize(15, trial).unwrap();
        let found = wmmse(&instance, &settings, &run).unwrap();
        assert_eq!(found.stop, Stop::Converged);
        let rows = found.trace.rows();
        assert!(rows.windows(2).all(|w| w[1].value <= w[0].value + 1e-12), "not monotone");
        let rate = found.metrics.sum_rate_nats;
        assert!(rate <= sum_capacity_bound_nats(&instance, &never).unwrap());
        let rate_only = instance.with_weights(1.0, 0.0).unwrap();
        let best = design(&rate_only, &Settings::default()).unwrap().metrics.sum_rate_nats;
        assert!(rate <= best + 1e-6 && rate > 0.97 * best, "{rate} {best}");
        assert!(
            rate >= zf(&instance, &NoSettings {}, &Run::default()).unwrap().metrics.sum_rate_nats
                - 0.05
        );
    }
    let alone = scenario(1, 4).realize(15, 9).unwrap();
    let found = wmmse(&alone, &settings, &run).unwrap().metrics.sum_rate_nats;
    assert!((found - sum_capacity_bound_nats(&alone, &never).unwrap()).abs() < 1e-6);
}

#[test]
fn zero_forcing_leaves_no_interference() {
    let instance = scenario(4, 4).realize(16, 0).unwrap();
    let found = zf(&instance, &NoSettings {}, &Run::default()).unwrap();
    let (h, w) = (instance.channels(), &found.variables.matrix);
    for user in 0..4 {
        let power = |stream: usize| -> f64 {
            let amplitude: noctule::C64 =
                h.col(user).iter().zip(w.col(stream)).map(|(h, w)| h.conj() * w).sum();
            amplitude.norm_sqr()
        };
        let others: f64 = (0..w.cols()).filter(|&s| s != user).map(power).sum();
        assert!(others < 1e-20 * power(user).max(1.0), "user {user} hears {others}");
    }
    assert!((found.metrics.power_w / instance.parts().power_w - 1.0).abs() < 1e-12);
    let crowded = Scenario { users: 17, ..scenario(4, 4) }.realize(16, 0).unwrap();
    let Err(Error::Input(error)) = zf(&crowded, &NoSettings {}, &Run::default()) else {
        panic!("more users than antennas")
    };
    assert_eq!(error.place, "channels");
}

#[test]
fn what_a_method_cannot_do_is_refused() {
    let per_antenna =
        Scenario { power_constraint: PowerConstraint::PerAntenna, ..Scenario::paper() };
    let instance = per_antenna.realize(1, 0).unwrap();
    let run = Run::default();
    let place = |found: Result<BeamformingDesign, Error>| match found {
        Err(Error::Input(error)) => error.place,
        other => panic!("{other:?}"),
    };
    let climb = FromStart::<ClimbSettings>::default();
    assert_eq!(place(projected_gradient(&instance, &climb, &run)), "power_constraint");
    assert_eq!(place(wmmse_sdr(&instance, &FromStart::default(), &run)), "power_constraint");
    let total = Scenario::paper().realize(1, 0).unwrap();
    let fp = FpSgdaSettings { step: 0.0, ..FpSgdaSettings::default() };
    assert_eq!(place(fp_sgda(&total, &FromStart::from(fp), &run)), "step");
    let narrow = FromStart::at(CMat::zeros(16, 3), ClimbSettings::default());
    assert_eq!(place(projected_gradient(&total, &narrow, &run)), "beams");
    let silent = Scenario { users: 0, ..Scenario::paper() }.realize(1, 0).unwrap();
    assert_eq!(place(wmmse(&silent, &WmmseSettings::default(), &run)), "channels");
}

/// With the end points of all baselines among the starts, none of them is better. Without, our
/// best of four starts falls behind on the share of instances stated here, by at most this.
#[test]
fn no_baseline_is_better_once_its_end_point_is_a_start() {
    let run = Run::default();
    let settings = Settings::default();
    let (mut behind, mut worst, mut all) = (0, 0.0_f64, 0);
    for (users, trials) in [(2, 4), (4, 6), (8, 6)] {
        for trial in 0..trials {
            let instance = scenario(users, 4).realize(17, trial).unwrap();
            let mut rivals = climbers(&instance, StartName::Rzf);
            rivals.extend(climbers(&instance, StartName::Mrt));
            rivals.extend(simple(&instance));
            let alone = design(&instance, &settings).unwrap().metrics.objective.unwrap();
            let mut starts: Vec<_> = default_starts(settings.count(&instance))
                .into_iter()
                .map(|start| start_beams(&instance, start).unwrap())
                .collect();
            starts.extend(rivals.iter().map(|(_, r)| fitted(&instance, &r.variables).unwrap()));
            let joint = climb(&instance, &settings, &starts, &run).unwrap();
            let joint = joint.metrics.objective.unwrap();
            for (name, rival) in &rivals {
                let rival = rival.metrics.objective.unwrap();
                assert!(rival <= joint + 1e-9 * joint.abs().max(1.0), "{name}: {rival} {joint}");
            }
            let best = rivals.iter().filter_map(|(_, r)| r.metrics.objective).fold(alone, f64::max);
            all += 1;
            behind += i32::from(best > alone + 1e-5);
            worst = worst.max(best - alone);
        }
    }
    println!("behind on {behind} of {all}, by at most {worst:.4}");
    assert!(behind <= 3 && worst < 0.1, "behind on {behind} of {all}, by at most {worst}");
}
