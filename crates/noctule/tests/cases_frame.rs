//! Reference cases of the frame system, computed independently of this library.
//!
//! Every file under `tests/cases/frame` must be listed in `SHA256SUMS`, must be read to its last
//! field, and must pass with its own tolerance. `NOCTULE_CASES=<folder>` runs further files of the
//! same format (without the list).
//!
//! The reference has no rule that a pilot must fit whole into its block, so the cases run with
//! `whole_pilots` off; with it on, a plan must never be better.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod reference;

use noctule::frame::baselines::{even_split, every_block, random_blocks, single_update};
use noctule::frame::model::Statistics;
use noctule::frame::placement::{Pattern, Placer, even_division};
use noctule::frame::{
    ErrorShape, FrameDesign, Instance, Parts, Placement, Plan, Settings, SinrForm, User, design,
    evaluate, verify,
};
use noctule::{CMat, Run};
use noctule_phy::aging;
use noctule_phy::angle_crb::matched_bracket;
use noctule_phy::one_ring::{OneRing, PhaseReference, PowerAngleSpectrum, UniformLine};
use reference::Fields;

/// Number of files in the repository; a lost file must not go unnoticed.
const FILES: usize = 5;

#[test]
fn the_list_matches_the_files() {
    reference::the_list_matches_the_files("frame", FILES);
}

#[test]
fn every_case_passes() {
    reference::every_case("frame", FILES, |name, document| {
        let mut case = Fields::new(name, document);
        case.take("description");
        case.take("how");
        // The files carry no kind; their fields tell it.
        if case.has("Phi") {
            allocation(&mut case);
        } else if case.has("Gamma") {
            feasibility(&mut case);
        } else if case.has("input") && case.has("cases") {
            optimum(&mut case);
        } else if case.has("input") {
            statistics(&mut case);
        } else if case.has("cases") {
            matrices(&mut case);
        } else {
            let fields: Vec<&str> = case.left.keys().map(String::as_str).collect();
            let found = format!("with the fields {}", fields.join(", "));
            let kinds = ["allocation", "feasibility", "optimum", "statistics", "matrices"];
            reference::unknown(&found, &kinds);
        }
        case.finish();
    });
}

/// `rel` relative to the largest magnitude of the reference, or `abs`.
#[derive(Clone, Copy)]
struct Tolerance {
    rel: f64,
    abs: f64,
}

impl Tolerance {
    fn read(case: &mut Fields) -> Self {
        let mut tolerance = case.inside("tolerance");
        let mut optional = |key: &str| if tolerance.has(key) { tolerance.number(key) } else { 0.0 };
        let found = Self { rel: optional("rel"), abs: optional("abs") };
        tolerance.finish();
        found
    }

    fn check(self, what: &str, ours: &[f64], reference: &[f64]) {
        assert_eq!(ours.len(), reference.len(), "{what}");
        let size = reference.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        for (x, y) in ours.iter().zip(reference) {
            let room = (self.rel * size).max(self.abs);
            assert!((x - y).abs() <= room, "{what}: {x} instead of {y} (room {room:e})");
        }
    }

    fn check_matrix(self, what: &str, ours: &CMat, reference: &CMat) {
        assert_eq!((ours.rows(), ours.cols()), (reference.rows(), reference.cols()), "{what}");
        let room = (self.rel * reference.max_abs()).max(self.abs);
        for (x, y) in ours.as_slice().iter().zip(reference.as_slice()) {
            assert!((x - y).norm() <= room, "{what}: {x} instead of {y}");
        }
    }
}

fn reference_of(name: &str) -> PhaseReference {
    match name {
        "first" => PhaseReference::First,
        "center" | "centre" => PhaseReference::Centre,
        other => panic!("unknown reference {other}"),
    }
}

fn matrices(case: &mut Fields) {
    let tolerance = Tolerance::read(case);
    for mut one in case.list("cases") {
        let antennas = one.count("Lt");
        // The same number once more.
        one.take("L");
        let line = UniformLine::new(antennas, reference_of(&one.text("reference")));
        let angle_rad = one.number("theta_rad");
        let ring = OneRing {
            line,
            angle_rad,
            spread_rad: one.number("spread_rad"),
            spectrum: PowerAngleSpectrum::Uniform,
        };
        let spread = ring.integrate();
        let slope = line.steering(angle_rad).1;
        let sight = CMat::from_fn(antennas, antennas, |i, j| slope[i] * slope[j].conj());
        let mut expected = one.inside("expected");
        tolerance.check_matrix("R", &spread.correlation, &expected.matrix("R"));
        tolerance.check_matrix("D one-ring", &spread.derivative, &expected.matrix("D_one_ring"));
        tolerance.check_matrix("D los", &sight, &expected.matrix("D_los"));
        let bracket = matched_bracket(angle_rad, one.count("Lr"));
        tolerance.check("bracket", &[bracket], &[expected.number("crb_bracket")]);
        expected.finish();
        one.finish();
    }
}

/// Parts from a case's input, with a limit for every user in the unit of the bound, rad².
fn parts(input: &mut Fields, limit: f64) -> Parts {
    let (angles, gains) = (input.numbers("theta_rad"), input.numbers("beta"));
    let (powers, pilots) = (input.numbers("p_W"), input.numbers("gamma_e"));
    let spread_rad = input.number("spread_rad");
    let (noise_w, echo_snr) = (input.number("sigma_c2_W"), input.number("eta_per_symbol"));
    let users: Vec<User> = (0..angles.len())
        .map(|k| User {
            angle_rad: angles[k],
            spread_rad,
            gain: gains[k],
            power_w: powers[k],
            noise_w,
            pilot_snr: pilots[k],
            echo_snr,
            crb_limit_rad2: limit,
        })
        .collect();
    let (blocks, offset) = (input.count("N"), input.count("rho_exponent_shift"));
    let (base, doppler) = (input.number("rho1"), input.number("fdTb"));
    let sequence = match input.text("aging").as_str() {
        "geom" | "geometric" => aging::geometric(base, blocks, offset),
        "jakes" => aging::jakes(doppler, blocks, offset),
        other => panic!("unknown aging {other}"),
    };
    Parts {
        aging: vec![sequence; users.len()],
        users,
        transmit_antennas: input.count("Lt"),
        receive_antennas: input.count("Lr"),
        symbol_time_s: input.number("Ts_s"),
        block_symbols: input.count("Mb"),
        pilot_symbols: input.count("Mm"),
        crb_scale: input.number("crb_scale"),
        spectrum: PowerAngleSpectrum::Uniform,
        reference: reference_of(&input.text("steering_reference")),
        error_shape: match input.text("R_r_shape").as_str() {
            "los" => ErrorShape::Los,
            "los-unit" => ErrorShape::LosUnit,
            "one-ring" => ErrorShape::OneRing,
            other => panic!("unknown shape {other}"),
        },
        sinr: match input.text("sinr").as_str() {
            "22" => SinrForm::UseAndForget,
            "28" => SinrForm::LowerBound,
            "physical" => SinrForm::Physical,
            other => panic!("unknown SINR {other}"),
        },
        project_prior: input.flag("psd_projection"),
        whole_pilots: false,
    }
}

fn statistics(case: &mut Fields) {
    let tolerance = Tolerance::read(case);
    let mut input = case.inside("input");
    let (time, n) = (input.number("Tl_s"), input.count("n"));
    let instance = Instance::new(parts(&mut input, 1.0)).unwrap();
    input.finish();
    let gains: Vec<f64> = instance.users().iter().map(|user| user.gain).collect();
    let statistics = Statistics::new(&instance, time).unwrap();
    let scaled = |of: &dyn Fn(usize) -> f64| -> Vec<f64> {
        (0..gains.len()).map(|k| gains[k] * of(k)).collect()
    };
    let mut expected = case.inside("expected");
    tolerance.check("crb", &statistics.crb_rad2, &expected.numbers("crb"));
    let smallest = scaled(&|k| statistics.estimates[k].smallest_eigenvalue);
    // The smallest eigenvalue of a prior that needs no projection is rounding.
    let rounding = Tolerance { abs: 1e-14 * gains[0], ..tolerance };
    rounding.check("eigenvalue", &smallest, &expected.numbers("min_eig_before_projection"));
    let mut prior = statistics.estimates[0].prior();
    prior.scale(gains[0]);
    tolerance.check_matrix("prior", &prior, &expected.matrix("Rhat_0"));
    let captured = scaled(&|k| statistics.estimates[k].estimate_trace);
    tolerance.check("tr C_h", &captured, &expected.numbers("trCh"));
    let inverse = scaled(&|k| {
        let user = &instance.users()[k];
        statistics.estimates[k].estimate_trace_by_inverse(user.gain * user.pilot_snr).unwrap()
    });
    tolerance.check("tr C_h by (29)", &inverse, &captured);
    let lost = scaled(&|k| statistics.estimates[k].error_trace);
    tolerance.check("tr C_e", &lost, &expected.numbers("trCe"));
    for (form, name) in [
        (SinrForm::UseAndForget, "sinr22"),
        (SinrForm::LowerBound, "sinr28"),
        (SinrForm::Physical, "sinr_physical"),
    ] {
        let fresh = statistics.sinr(&instance, form).unwrap();
        let aged: Vec<f64> = fresh
            .iter()
            .zip(&instance.parts().aging)
            .map(|(c, rho)| c * rho[n - 1].powi(2))
            .collect();
        tolerance.check(name, &aged, &expected.numbers(name));
    }
    expected.finish();
}

fn allocation(case: &mut Fields) {
    let tolerance = Tolerance::read(case);
    let efficiency = case.numbers("Phi");
    let mut placer = Placer::new(efficiency.len());
    for mut one in case.list("cases") {
        let (blocks, updates) = (one.count("Nt"), one.count("M"));
        let best = one.number("expected_best");
        let value = placer.value(&efficiency, 0.0, blocks, Pattern::Updates(updates));
        tolerance.check("best", &[value], &[best]);
        let mut counts: Vec<usize> =
            one.numbers("expected_counts").iter().map(|&n| n as usize).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let ours = placer.division(&efficiency, 0.0, blocks, Pattern::Updates(updates));
        let worth = |counts: &[usize]| -> f64 {
            counts.iter().map(|&n| efficiency[..n].iter().sum::<f64>()).sum()
        };
        tolerance.check("worth of our division", &[worth(&ours)], &[best]);
        tolerance.check("worth of their division", &[worth(&counts)], &[best]);
        if efficiency.windows(2).all(|pair| pair[1] < pair[0]) {
            assert_eq!(ours, even_division(blocks, updates));
            assert_eq!(ours, counts);
        }
        one.finish();
    }
}

fn feasibility(case: &mut Fields) {
    let tolerance = Tolerance::read(case);
    let limit = case.number("Gamma");
    let mut input = case.inside("input");
    let instance = Instance::new(parts(&mut input, limit)).unwrap();
    input.finish();
    let mut expected = case.inside("expected");
    let shortest = expected.number("Tmin_s");
    tolerance.check("T_min", &[instance.shortest_sensing_s()], &[shortest]);
    let feasible = expected.flag("feasible");
    expected.finish();
    let found = design(&instance, &Settings::default()).unwrap();
    assert_eq!(found.proof.infeasible.is_none(), feasible);
    if let Some(certificate) = found.proof.infeasible {
        tolerance.check("required", &[certificate.required], &[shortest]);
        assert!(certificate.reachable <= certificate.required * (1.0 + 1e-9));
        assert!(found.metrics.worst_crb_ratio >= 1.0 - 1e-9);
    }
}

fn optimum(case: &mut Fields) {
    let mut tolerance = case.inside("tolerance");
    let rate = Tolerance { rel: tolerance.number("rate_rel"), abs: 0.0 };
    let time_room = tolerance.number("Tl_abs_s");
    tolerance.take("note");
    tolerance.finish();
    let input = case.take("input");
    for mut one in case.list("cases") {
        let limit = one.number("Gamma");
        let parts = {
            let mut input = Fields::new("input", input.clone());
            let parts = parts(&mut input, limit);
            input.finish();
            parts
        };
        let instance = Instance::new(parts.clone()).unwrap();
        let settings = Settings::default();
        let best = design(&instance, &settings).unwrap();
        let mut expected = one.inside("expected");
        type Scheme =
            fn(&Instance, &Settings, &Run<'_, Plan>) -> Result<FrameDesign, noctule::Error>;
        let schemes: [(&str, Scheme); 4] = [
            ("PROP", |i, s, _| design(i, s)),
            ("SSU", single_update),
            ("FSU", every_block),
            ("RBA", random_blocks),
        ];
        for (name, scheme) in schemes {
            let mut theirs = expected.inside(name);
            let (value, time, updates) =
                (theirs.number("rate"), theirs.number("Tl_s"), theirs.count("M"));
            theirs.finish();
            let ours = scheme(&instance, &settings, &Run::default()).unwrap();
            rate.check(name, &[ours.metrics.frame_bits_per_hz], &[value]);
            let same = (ours.variables.sensing_time_s - time).abs() <= time_room
                && ours.variables.placement.updates() == updates;
            println!("{name} at {limit}: {value:.6e}{}", if same { "" } else { " (another plan)" });
            // Their time and number of updates must make their rate: another plan is a tie.
            let free = matches!(name, "PROP" | "RBA");
            let fixed = Settings {
                sensing_blocks: Some(time / instance.block_time_s()),
                updates: free.then_some(updates),
                ..Settings::default()
            };
            let theirs = scheme(&instance, &fixed, &Run::default()).unwrap();
            assert_eq!(theirs.variables.placement.updates(), updates, "{name} at {limit}");
            rate.check(
                &format!("{name}: their plan"),
                &[theirs.metrics.frame_bits_per_hz],
                &[value],
            );
            let witness = verify(&instance, &ours.variables).unwrap();
            assert!(witness.violation == 0.0);
            assert!(witness.mismatch(ours.metrics.sum_rate_bps_hz) < 1e-9);
        }
        expected.finish();
        let grid = one.number("grid_rate_1us");
        let value = best.metrics.frame_bits_per_hz;
        assert!(value >= grid * (1.0 - 1e-9), "{value} below the grid's {grid}");
        let bound = best.proof.bound.as_ref().unwrap();
        let frame = instance.blocks() as f64 * instance.block_time_s();
        assert!(bound.value * frame >= grid && best.proof.is_global(1e-8), "{bound:?}");
        let even = even_split(&instance, &settings, &Run::default()).unwrap();
        assert!(even.metrics.frame_bits_per_hz <= value * (1.0 + 1e-9));
        // Their plan, evaluated by us, is not better; and whole pilots never help.
        let Placement::Blocks(_) = &best.variables.placement else { panic!("no blocks") };
        let again = evaluate(&instance, &Plan { ..best.variables.clone() }).unwrap();
        assert!((again.frame_bits_per_hz - value).abs() <= 1e-15 * value);
        let strict = Instance::new(Parts { whole_pilots: true, ..parts }).unwrap();
        let strict = design(&strict, &settings).unwrap();
        if strict.proof.infeasible.is_none() {
            assert!(strict.metrics.frame_bits_per_hz <= value * (1.0 + 1e-9));
        }
        one.finish();
    }
}
