//! Reference cases, computed independently of this library.
//!
//! Every file under `tests/cases/beamforming` must be listed in `SHA256SUMS`, must be read to its
//! last field, and must pass with its own tolerance. `NOCTULE_CASES=<folder>` runs further files
//! of the same format (without the list).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod reference;

use noctule::beamforming::baselines::{
    Algorithm1Settings, FromStart, SensingSettings, algorithm1, project_power, sensing_only,
    stationarity,
};
use noctule::beamforming::certificate::{of_box, of_cooperation};
use noctule::beamforming::cooperation::sato;
use noctule::beamforming::design::climb;
use noctule::beamforming::global::enclose;
use noctule::beamforming::model::{Model, Space, fisher, objective_unit};
use noctule::beamforming::{
    Beams, Instance, Parts, PowerConstraint, Settings, Target, design, evaluate, verify,
};
use noctule::{C64, CMat, Certify, Error, Interrupt, Run};
use noctule_num::linalg::{HermitianEigen, orthonormal_basis};
use noctule_phy::arrays::{Normalisation, PlanarArray};
use noctule_phy::fisher::target_space;
use serde_json::Value;

use reference::{Fields, numbers};

/// Number of files in the repository; a lost file must not go unnoticed.
const FILES: usize = 17;

#[test]
fn the_list_matches_the_files() {
    reference::the_list_matches_the_files("beamforming", FILES);
}

#[test]
fn every_case_passes() {
    reference::every_case("beamforming", FILES, |name, document| {
        let mut case = Fields::new(name, document);
        let kind = case.text("kind");
        match kind.as_str() {
            "steering" => steering(&mut case),
            "evaluate" => evaluation(&mut case),
            "optimise" => optimisation(&mut case),
            "sensing_only" => sensing(&mut case),
            "alg1_trace" => algorithm1_trace(&mut case),
            "per_antenna" => per_antenna(&mut case),
            "reduction" => reduction(&mut case),
            "edge" => edge(&mut case),
            "global_bound_beamforming" => global_bound(&mut case),
            other => reference::unknown(other, &KINDS),
        }
        case.finish();
    });
}

const KINDS: [&str; 9] = [
    "steering",
    "evaluate",
    "optimise",
    "sensing_only",
    "alg1_trace",
    "per_antenna",
    "reduction",
    "edge",
    "global_bound_beamforming",
];

fn array(fields: &mut Fields, key: &str, normalisation: Normalisation) -> PlanarArray {
    let sides = fields.numbers(key);
    PlanarArray { horizontal: sides[0] as usize, vertical: sides[1] as usize, normalisation }
}

fn normalisation(fields: &mut Fields, key: &str) -> Normalisation {
    fields.remark("kron_order");
    if fields.take(key).as_bool().unwrap() {
        Normalisation::UnitNorm
    } else {
        Normalisation::UnitModulus
    }
}

/// The parts of an instance from the inputs of a case.
fn parts(inputs: &mut Fields) -> Parts {
    let normalisation = normalisation(inputs, "normalised_steering");
    let transmit_array = array(inputs, "tx_shape", normalisation);
    let receive_array = array(inputs, "rx_shape", normalisation);
    let channels = if inputs.has("H") {
        inputs.matrix("H")
    } else {
        CMat::zeros(transmit_array.elements(), 0)
    };
    let (azimuths, polars) = (inputs.numbers("theta"), inputs.numbers("phi"));
    let reflections = inputs.complex("alpha");
    let targets = (0..azimuths.len())
        .map(|m| Target {
            azimuth_rad: azimuths[m],
            polar_rad: polars[m],
            reflection: reflections[m],
        })
        .collect();
    let user_noise_w =
        if inputs.has("noise_comm") { inputs.numbers("noise_comm") } else { Vec::new() };
    let weight = |inputs: &mut Fields, key: &str, default: f64| {
        if inputs.has(key) { inputs.number(key) } else { default }
    };
    let users = channels.cols();
    let streams = if inputs.has("Ns") { inputs.number("Ns") as usize } else { 3 * azimuths.len() };
    if inputs.has("K") {
        assert_eq!(inputs.number("K") as usize, users);
    }
    Parts {
        transmit_array,
        receive_array,
        channels,
        targets,
        power_w: inputs.number("Pt"),
        user_noise_w,
        sensing_noise_w: inputs.number("noise_sensing"),
        snapshots: inputs.number("L") as u32,
        sensing_streams: streams,
        rate_weight_per_nat: weight(inputs, "delta_c", 0.0),
        crb_weight: weight(inputs, "delta_s", 1.0),
        power_constraint: PowerConstraint::Total,
    }
}

fn close(name: &str, found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs() / expected.abs().max(f64::MIN_POSITIVE);
    assert!(error <= relative, "{name}: {found} instead of {expected}, {error:e} off");
}

/// Largest difference relative to the largest magnitude expected.
fn close_all(name: &str, found: &[C64], expected: &[C64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    let scale = expected.iter().map(|z| z.norm()).fold(0.0, f64::max);
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).norm() <= tolerance * scale, "{name}: {f} instead of {e}");
    }
}

fn real(values: &[f64]) -> Vec<C64> {
    values.iter().map(|x| C64::from(*x)).collect()
}

fn steering(case: &mut Fields) {
    let mut inputs = case.inside("inputs");
    let normalisation = normalisation(&mut inputs, "normalised");
    let array = array(&mut inputs, "shape", normalisation);
    let steering = array.steering([(inputs.number("theta"), inputs.number("phi"))]);
    inputs.finish();
    let mut tolerance = case.inside("tolerance");
    let absolute = tolerance.number("abs");
    tolerance.finish();
    let mut expected = case.inside("expected");
    for (key, found) in [
        ("a", &steering.response),
        ("da_dtheta", &steering.by_azimuth),
        ("da_dphi", &steering.by_polar),
    ] {
        for (f, e) in found.as_slice().iter().zip(expected.complex(key)) {
            assert!((f - e).norm() <= absolute, "{}.{key}: {f} instead of {e}", case.name);
        }
    }
    expected.finish();
    case.remark("obtained");
}

fn evaluation(case: &mut Fields) {
    let mut inputs = case.inside("inputs");
    let matrix = inputs.matrix("W");
    let mut parts = parts(&mut inputs);
    inputs.finish();
    parts.sensing_streams = matrix.cols() - parts.channels.cols();
    let instance = Instance::new(parts).unwrap();
    let beams = Beams { matrix, users: instance.users() };
    let metrics = evaluate(&instance, &beams).unwrap();
    let mut tolerance = case.inside("tolerance");
    let relative = tolerance.number("rel");
    assert_eq!(tolerance.text("relative_to"), "max abs entry");
    tolerance.finish();

    let mut expected = case.inside("expected");
    let rows = expected.take("F");
    let flat: Vec<f64> = rows.as_array().unwrap().iter().flat_map(numbers).collect();
    close_all("F", &real(&fisher(&instance, &beams).unwrap()), &real(&flat), relative);
    close("crlb_trace", metrics.crb_trace_mixed.unwrap(), expected.number("crlb_trace"), relative);
    for key in ["sinr", "xi"] {
        close_all(key, &real(&metrics.sinr), &real(&expected.numbers(key)), relative);
    }
    close("sum rate", metrics.sum_rate_nats, expected.number("sum_rate_nats"), relative);
    let objective = expected.number("objective");
    close("objective", metrics.objective.unwrap(), objective, relative);
    let witness = verify(&instance, &beams).unwrap();
    close("witness", witness.objective.unwrap(), objective, relative);

    let terms = stationarity(&instance, &beams).unwrap();
    // η_k = conj(h_kᴴ w_k)/I_k and β_k = ξ_k/(S_k + I_k), recomputed from the amplitudes.
    let (mut eta, mut beta) = (Vec::new(), Vec::new());
    for k in 0..instance.users() {
        let amplitude = |j: usize| -> C64 {
            (0..instance.antennas())
                .map(|n| instance.channels()[(n, k)].conj() * beams.matrix[(n, j)])
                .sum()
        };
        let signal = amplitude(k).norm_sqr();
        let interference = signal / metrics.sinr[k];
        eta.push(amplitude(k).conj() / interference);
        beta.push(metrics.sinr[k] / (signal + interference));
    }
    close_all("eta", &eta, &expected.complex("eta"), relative);
    close_all("beta", &real(&beta), &real(&expected.numbers("beta")), relative);
    for (key, found) in [("C1", &terms.c1), ("C0", &terms.c0), ("gradient", &terms.gradient)] {
        close_all(key, found.as_slice(), expected.matrix(key).as_slice(), relative);
    }
    expected.finish();
    case.remark("notes");
    case.remark("obtained");
}

fn optimisation(case: &mut Fields) {
    let mut inputs = case.inside("inputs");
    let instance = Instance::new(parts(&mut inputs)).unwrap();
    inputs.finish();
    let mut expected = case.inside("expected");
    let best_known = expected.number("objective_best_known");
    let tolerance = match case.text("accept").as_str() {
        "1e-8 relative" => 1e-8 * best_known.abs(),
        "1e-6 relative" => 1e-6 * best_known.abs(),
        rule => {
            assert!(rule.starts_with("objective >= objective_best_known - 1e-5*max(1,|.|)"));
            1e-5 * best_known.abs().max(1.0)
        }
    };
    let settings =
        Settings { tolerance: 1e-8, certify: Certify::YES.with_nodes(0), ..Settings::default() };
    let design = design(&instance, &settings).unwrap();
    let objective = design.metrics.objective.unwrap();
    assert!(objective >= best_known - tolerance, "{}: {objective} {best_known}", case.name);
    let power = instance.parts().power_w;
    assert!((design.metrics.power_w - power).abs() <= 1e-9 * power, "{}", case.name);
    let terms = stationarity(&instance, &design.variables).unwrap();
    assert!(terms.residual <= 1e-4, "{}: residual {:e}", case.name, terms.residual);
    let witness = verify(&instance, &design.variables).unwrap();
    assert!(witness.mismatch(design.metrics.objective) < 1e-9 && witness.violation < 1e-12);
    let bound = design.proof.bound.as_ref().unwrap();
    assert!(bound.value >= best_known - 1e-9, "{}: bound {}", case.name, bound.value);

    // What the objective does not fix is compared where it meets its rule from below too.
    let same = (objective - best_known).abs() <= tolerance;
    let mut compare = |key: &str, found: f64| {
        if expected.has(key) {
            let value = expected.number(key);
            if same {
                close(&format!("{}.{key}", case.name), found, value, 1e-6);
            }
        }
    };
    compare("sum_rate_nats", design.metrics.sum_rate_nats);
    compare("crlb_trace", design.metrics.crb_trace_mixed.unwrap_or(f64::NAN));
    compare("mu", terms.multiplier);
    if expected.has("powers") {
        for (k, power) in expected.numbers("powers").into_iter().enumerate() {
            let found = design.metrics.stream_power_w[k];
            let scale = instance.parts().power_w;
            assert!((found - power).abs() <= 1e-6 * scale, "{}: power {k}: {found}", case.name);
        }
    }
    expected.remark("worst_local_optimum");
    expected.remark("fraction_of_random_starts_within_1e_5");
    expected.finish();
    case.remark("kkt_residual_of_reference");
    case.remark("obtained");
}

fn sensing(case: &mut Fields) {
    let mut inputs = case.inside("inputs");
    let instance = Instance::new(parts(&mut inputs)).unwrap();
    inputs.finish();
    let mut expected = case.inside("expected");
    let global = expected.number("crlb_trace_global");
    let settings = SensingSettings { streams: None, tolerance: 1e-9 };
    let full = sensing_only(&instance, &settings, &Run::default()).unwrap();
    let trace = full.metrics.crb_trace_mixed.unwrap();
    close(&case.name, trace, global, 1e-6);
    close("conic solver", trace, expected.number("sdp_value"), 1e-6);
    assert!(full.proof.is_global(1e-6), "{:?}", full.proof);
    let bound = full.proof.bound.as_ref().unwrap();
    assert!(-bound.value <= global * (1.0 + 1e-9), "a bound that cuts off the optimum");

    let mut by_streams = expected.inside("best_by_Ns");
    let mut smallest = usize::MAX;
    for streams in 1..=3 * instance.targets().len() {
        if !by_streams.has(&streams.to_string()) {
            continue;
        }
        let best = by_streams.number(&streams.to_string());
        // Fewer streams are not convex: the best of several starts.
        let found = (0..6)
            .map(|start| limited_streams(&instance, streams, start))
            .fold(f64::INFINITY, f64::min);
        close(&format!("{} with {streams} streams", case.name), found, best, 1e-5);
        if (found - global).abs() <= 1e-7 * global {
            smallest = smallest.min(streams);
        }
    }
    by_streams.finish();
    assert_eq!(smallest, expected.number("smallest_Ns_within_1e_7") as usize);
    expected.finish();
    case.remark("accept");
    case.remark("sdp_relative_gap");
    case.remark("obtained");
}

/// tr F⁻¹ reached with a limited number of streams from one random start.
fn limited_streams(instance: &Instance, streams: usize, start: u64) -> f64 {
    let parts = Parts { sensing_streams: streams, ..instance.parts().clone() };
    let limited = Instance::new(parts).unwrap();
    let mut rng = noctule_num::rng::StreamKey::new(1, "test", "streams", start).trial(0);
    let start = CMat::from_fn(limited.antennas(), streams, |_, _| {
        noctule_num::rng::complex_normal(&mut rng, 1.0)
    });
    let settings = Settings { tolerance: 1e-9, ..Settings::default() };
    let design = climb(&limited, &settings, &[start], &Run::default()).unwrap();
    design.metrics.crb_trace_mixed.unwrap_or(f64::INFINITY)
}

fn algorithm1_trace(case: &mut Fields) {
    let mut inputs = case.inside("inputs");
    let start = inputs.matrix("W0");
    let iterations = inputs.number("iterations") as u64;
    let mut parts = parts(&mut inputs);
    inputs.finish();
    parts.sensing_streams = start.cols() - parts.channels.cols();
    let instance = Instance::new(parts).unwrap();
    let mut tolerance = case.inside("tolerance");
    let relative = tolerance.number("rel");
    tolerance.finish();
    // At full size: a start outside the reduced space would take another path.
    let settings = Algorithm1Settings {
        reduced: false,
        shift_factor: 1.0,
        tolerance: -1.0,
        max_iterations: iterations,
    };
    let settings = FromStart::at(start, settings).traced();
    let design = algorithm1(&instance, &settings, &Run::default()).unwrap();
    let mut expected = case.inside("expected");
    let history = expected.numbers("objective_history");
    let unit = objective_unit(&instance);
    let found: Vec<f64> = design.trace.rows().iter().map(|row| -row.value * unit).collect();
    close_all("history", &real(&found), &real(&history), relative);
    let last = expected.matrix("W_final");
    close_all("W_final", design.variables.matrix.as_slice(), last.as_slice(), relative);
    expected.finish();
    case.remark("notes");
    case.remark("obtained");
}

fn per_antenna(case: &mut Fields) {
    let mut inputs = case.inside("inputs");
    let x = inputs.matrix("X");
    let mut parts = parts(&mut inputs);
    inputs.finish();
    parts.power_constraint = PowerConstraint::PerAntenna;
    let instance = Instance::new(parts).unwrap();
    let mut expected = case.inside("expected");
    let projected = project_power(&instance, x);
    close_all(
        "projection",
        projected.as_slice(),
        expected.matrix("projection_of_X").as_slice(),
        1e-12,
    );
    let best_known = expected.number("objective_best_known");
    expected.finish();
    assert!(case.text("accept").contains("best_known - 1e-5"));
    let settings = Settings { tolerance: 1e-8, starts: Some(8), ..Settings::default() };
    let design = design(&instance, &settings).unwrap();
    let objective = design.metrics.objective.unwrap();
    assert!(objective >= best_known - 1e-5, "{}: {objective} {best_known}", case.name);
    let witness = verify(&instance, &design.variables).unwrap();
    assert!(witness.violation < 1e-12, "{:e}", witness.violation);
    assert!(stationarity(&instance, &design.variables).unwrap().residual < 1e-4);
    case.remark("obtained");
}

fn reduction(case: &mut Fields) {
    let mut inputs = case.inside("inputs");
    let instance = Instance::new(parts(&mut inputs)).unwrap();
    inputs.finish();
    let mut expected = case.inside("expected");
    let columns =
        CMat::hstack(&[instance.channels(), &target_space(instance.transmit_steering())]).unwrap();
    assert_eq!(columns.cols(), expected.number("columns") as usize);
    let basis = orthonormal_basis(&columns, 1e-10).unwrap();
    assert_eq!(basis.cols(), expected.number("rank") as usize);
    let model = Model::new(&instance, Space::Reduced).unwrap();
    assert_eq!(model.rank(), expected.number("reduced_dim") as usize);
    expected.finish();
    let mut tolerance = case.inside("tolerance");
    assert!(tolerance.take("exact").as_bool().unwrap());
    tolerance.finish();
    case.remark("notes");
    case.remark("obtained");
}

fn global_bound(case: &mut Fields) {
    let name = case.name.clone();
    let mut inputs = case.inside("inputs");
    let mut sato_numbers = inputs.inside("sato_certificate");
    let (z, q) = (sato_numbers.matrix("Z"), sato_numbers.matrix("Q"));
    let y = flat(&sato_numbers.take("Y"));
    sato_numbers.finish();
    let leaves = if inputs.has("leaves") { inputs.take("leaves") } else { Value::Array(vec![]) };
    let instance = Instance::new(parts(&mut inputs)).unwrap();
    inputs.finish();
    assert!(case.text("accept").contains("certificate values rel 1e-9"));
    let eps = case.number("eps");
    case.number("nodes");

    let mut expected = case.inside("expected");
    let (lower, upper) = (expected.number("objective_lower"), expected.number("objective_upper"));
    let scale = lower.abs().max(1.0);
    let known = Beams { matrix: case.matrix("design_W"), users: instance.users() };
    let reached = evaluate(&instance, &known).unwrap().objective.unwrap();
    assert!((reached - lower).abs() <= 1e-6 * scale, "{name}: the design handed in is {reached}");

    // the certificates, by dense formulas
    let value = of_cooperation(&instance, &z, &q, &y).unwrap();
    close("Sato's certificate", value, expected.number("sato_certificate_value"), 1e-9);
    if expected.has("box_certificate_values") {
        let values = expected.numbers("box_certificate_values");
        let leaves: Vec<Fields> = leaves
            .as_array()
            .unwrap()
            .iter()
            .map(|leaf| Fields::new("leaf", leaf.clone()))
            .collect();
        assert_eq!(values.len(), leaves.len());
        let mut boxes = Vec::new();
        let mut largest = f64::NEG_INFINITY;
        for (mut leaf, expected) in leaves.into_iter().zip(&values) {
            let (low, high) = (leaf.numbers("lo"), leaf.numbers("hi"));
            let (t, y) = (leaf.numbers("t"), flat(&leaf.take("Y")));
            close("value beside the leaf", leaf.number("u"), *expected, 1e-9);
            leaf.finish();
            let value = of_box(&instance, &low, &high, &t, &y).unwrap();
            close("certificate of a box", value, *expected, 1e-9);
            largest = largest.max(value);
            boxes.push((low, high));
        }
        close("largest leaf", largest, expected.number("max_over_leaves"), 1e-9);
        covered(&instance, &boxes);
    }

    // our own design, bound and interval
    let settings = Settings { starts: Some(8), tolerance: 1e-8, ..Settings::default() };
    let design = design(&instance, &settings).unwrap();
    let objective = design.metrics.objective.unwrap();
    assert!(objective >= lower - 1e-5 * scale, "{name}: {objective} below {lower}");
    let (bound, _) = sato(&instance, objective, &Interrupt::new()).unwrap();
    let bound = bound.unwrap().value;
    let best = expected.number("sato_bound_minimised");
    assert!(bound >= lower - 1e-9 && bound <= best + 1e-3 * best.abs().max(1.0), "{name}: {bound}");
    let gap = eps / objective.abs().max(objective_unit(&instance));
    let found = enclose(&instance, &design.variables, 20_000, gap, &Interrupt::new()).unwrap();
    let above = found.bound.unwrap();
    println!("{name}: [{objective}, {}] in {} nodes, Sato {bound}", above.value, found.nodes);
    assert!(above.value >= lower - 1e-9 && above.gap_abs <= eps * (1.0 + 1e-9));
    assert!(objective <= upper + 1e-9 && above.value >= lower, "{name}: no intersection");
    expected.finish();
    case.remark("notes");
    case.remark("obtained");
}

fn flat(rows: &Value) -> Vec<f64> {
    rows.as_array().unwrap().iter().flat_map(numbers).collect()
}

/// Every cell of the grid that the boxes' sides draw into the root box lies in some box.
fn covered(instance: &Instance, boxes: &[(Vec<f64>, Vec<f64>)]) {
    let users = instance.users();
    let parts = instance.parts();
    let mut cells: Vec<Vec<f64>> = vec![Vec::new()];
    for k in 0..users {
        let h = instance.channels().col(k);
        let gain: f64 = h.iter().map(C64::norm_sqr).sum();
        let top = 1.0 + parts.power_w * gain / parts.user_noise_w[k];
        let mut cuts: Vec<f64> = boxes.iter().flat_map(|(low, high)| [low[k], high[k]]).collect();
        cuts.extend([1.0, top]);
        cuts.retain(|c| *c >= 1.0 && *c <= top);
        cuts.sort_by(f64::total_cmp);
        let middles: Vec<f64> = cuts.windows(2).map(|w| 0.5 * (w[0] + w[1])).collect();
        cells = cells
            .iter()
            .flat_map(|cell| middles.iter().map(move |m| [&cell[..], &[*m]].concat()))
            .collect();
    }
    for cell in cells {
        let inside = |(low, high): &(Vec<f64>, Vec<f64>)| {
            (0..users).all(|k| low[k] <= cell[k] && cell[k] <= high[k])
        };
        assert!(boxes.iter().any(inside), "no box holds {cell:?}");
    }
}

fn edge(case: &mut Fields) {
    let mut inputs = case.inside("inputs");
    let mut parts = parts(&mut inputs);
    inputs.finish();
    let steering = |parts: &Parts| {
        parts.transmit_array.steering(parts.targets.iter().map(|t| (t.azimuth_rad, t.polar_rad)))
    };
    let error = Instance::new(parts.clone()).unwrap_err();
    let Error::Unobservable { targets, conditioning, .. } = &error else { panic!("{error}") };
    assert!(*conditioning < 1e-12 && !targets.is_empty(), "{error}");
    let sentence = error.to_string();
    let mut expected = case.inside("expected");
    if expected.has("second_singular_value_of_A") {
        assert!(expected.number("second_singular_value_of_A") < 1e-15);
        let a = steering(&parts).response;
        assert_eq!(orthonormal_basis(&a, 1e-10).unwrap().cols(), 1);
        assert_eq!(targets, &[0, 1]);
        assert!(sentence.contains("mirror"), "{sentence}");
    }
    if expected.has("fim_rank_at_R_identity") {
        // The Fisher matrix at R = I, evaluated without the refusal.
        parts.crb_weight = 0.0;
        parts.rate_weight_per_nat = 1.0;
        parts.channels = CMat::from_fn(parts.transmit_array.elements(), 1, |_, _| C64::ONE);
        parts.user_noise_w = vec![1.0];
        let instance = Instance::new(parts).unwrap();
        let beams = Beams { matrix: CMat::identity(instance.antennas()), users: 1 };
        let fisher = fisher(&instance, &beams).unwrap();
        let n = fisher.len().isqrt();
        let matrix = CMat::from_fn(n, n, |i, j| C64::from(fisher[i * n + j]));
        let mut eigen = HermitianEigen::new(n);
        eigen.compute(&matrix).unwrap();
        let rank = eigen.values().iter().filter(|v| **v > 1e-12 * eigen.max()).count();
        assert_eq!(rank, expected.number("fim_rank_at_R_identity") as usize);
        let metrics = evaluate(&instance, &beams).unwrap();
        assert_eq!(metrics.crb_trace_mixed, None, "never a finite number");
        assert_eq!(verify(&instance, &beams).unwrap().crb_trace_mixed, None);
    }
    expected.text("behaviour");
    expected.finish();
    case.remark("obtained");
}
