//! Reference cases, computed independently of this library.
//!
//! Every file under `tests/cases/cellfree` must be listed in `SHA256SUMS`, must be read to its last
//! field, and must pass with its own tolerance. `NOCTULE_CASES=<folder>` runs further files of the
//! same format (without the list).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod reference;

use noctule::cellfree::association::{Clustering, pair_targets, pilot_groups};
use noctule::cellfree::baselines::{
    BlockSettings, Leftover, LinearSettings, Order, Scaling, block_ascent, block_update, mrt,
    sensing_only, sweep, zero_forcing,
};
use noctule::cellfree::bound::rate_bound_of;
use noctule::cellfree::model::{quadratic_transform, signal_terms};
use noctule::cellfree::sensing::{best_pattern, certificate};
use noctule::cellfree::{
    Beams, Instance, Parts, Requirement, Settings, boundary, design, evaluate, verify,
};
use noctule::{C64, CMat, Interrupt};
use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_phy::aggregated::{AggregatedScene, Covariance, Estimator, estimate};
use noctule_phy::beampattern::{
    PatternError, angle_from_broadside, grid, lags_of, pattern, steering,
};
use noctule_phy::geometry::Point;
use noctule_phy::path_loss::log_distance;
use serde_json::Value;

use reference::{Fields, matrix, numbers, pairs};

/// Number of files in the repository; a lost file must not go unnoticed.
const FILES: usize = 14;

#[test]
fn the_list_matches_the_files() {
    reference::the_list_matches_the_files("cellfree", FILES);
}

#[test]
fn every_case_passes() {
    reference::every_case("cellfree", FILES, |name, document| {
        let kind = kind(&document);
        let mut case = Fields::new(name, document);
        for remark in ["what", "conv", "how", "kind", "notes", "obtained"] {
            case.remark(remark);
        }
        match kind {
            "gains" => gains(&mut case),
            "association" => association(&mut case),
            "statistics" => statistics(&mut case),
            "statistics from places" => statistics_from_places(&mut case),
            "rates" => rates(&mut case),
            "patterns" => patterns(&mut case),
            "updates" => updates(&mut case),
            "p2" => communication(&mut case),
            "p3" => region(&mut case),
            "baselines" => baselines(&mut case),
            "edge" => edge(&mut case),
            "p1 certificate" => p1_certificate(&mut case),
            "bound" => global_bound(&mut case),
            _ => {
                let fields: Vec<&str> = case.left.keys().map(String::as_str).collect();
                let mut kinds = KINDS.map(|(.., kind)| kind).to_vec();
                kinds.extend(["updates", "patterns", "p1 certificate", "bound"]);
                reference::unknown(&format!("with the fields {}", fields.join(", ")), &kinds)
            }
        }
        case.finish();
    });
}

/// A field that tells what a case is about.
const KINDS: [(&str, &str, &str); 9] = [
    ("expected", "doa", "gains"),
    ("expected", "clusters", "association"),
    ("inputs", "b_ua", "statistics"),
    ("inputs", "p_db", "statistics from places"),
    ("expected", "f3", "rates"),
    ("expected", "R_mrt_start", "p2"),
    ("expected", "points", "p3"),
    ("expected", "mrt", "baselines"),
    ("inputs", "P", "edge"),
];

/// The kind of a case; most files do not name it, but their fields do.
fn kind(document: &Value) -> &'static str {
    let has = |part: &str, key: &str| document[part].get(key).is_some();
    match document["kind"].as_str() {
        Some("p1_certificate") => return "p1 certificate",
        Some(kind) if kind.starts_with("global_bound_cellfree") => return "bound",
        _ => {}
    }
    match document["cases"].get(0) {
        Some(first) if first.get("Q").is_some() => return "updates",
        Some(_) => return "patterns",
        None => {}
    }
    for (part, key, kind) in KINDS {
        if has(part, key) {
            return kind;
        }
    }
    "unknown"
}

impl Fields {
    /// Points in kilometres.
    fn points(&mut self, key: &str) -> Vec<Point> {
        self.table(key).iter().map(|p| Point::new(1000.0 * p[0], 1000.0 * p[1])).collect()
    }

    fn matrices(&mut self, key: &str) -> Vec<CMat> {
        self.take(key).as_array().unwrap().iter().map(matrix).collect()
    }

    fn groups(&mut self, key: &str) -> Vec<Vec<usize>> {
        groups(&self.take(key))
    }
}

fn groups(value: &Value) -> Vec<Vec<usize>> {
    let list = |v: &Value| numbers(v).into_iter().map(|x| x as usize).collect();
    value.as_array().unwrap().iter().map(list).collect()
}

fn distance(a: &[C64], b: &[C64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max)
}

/// max |x − y| / max |y|.
#[track_caller]
fn near(found: &[C64], expected: &[C64], rel: f64, what: &str) {
    let scale = expected.iter().map(|z| z.norm()).fold(f64::MIN_POSITIVE, f64::max);
    let far = distance(found, expected) / scale;
    assert!(far <= rel, "{what}: {far:e} > {rel:e}");
}

#[track_caller]
fn near_real(found: &[f64], expected: &[f64], rel: f64, what: &str) {
    let wrap = |x: &[f64]| x.iter().map(|x| C64::from(*x)).collect::<Vec<_>>();
    near(&wrap(found), &wrap(expected), rel, what);
}

#[track_caller]
fn close(found: f64, expected: f64, rel: f64, what: &str) {
    near_real(&[found], &[expected], rel, what);
}

fn gains(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let rel = case.inside("tol").number("rel");
    let beta: Vec<f64> = inputs
        .numbers("d_km")
        .iter()
        .map(|d| log_distance(128.1, 37.6, 1000.0 * d).sqrt())
        .collect();
    near_real(&beta, &expected.numbers("beta"), rel, "beta");
    let (aps, targets) = (inputs.points("ap"), inputs.points("tg"));
    let (n, spacing) = (inputs.count("N"), inputs.number("spacing"));
    let printed = expected.table("doa_printed");
    let doa = expected.table("doa");
    let vectors: Vec<Vec<Vec<C64>>> = expected
        .take("steering")
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_array().unwrap().iter().map(pairs).collect())
        .collect();
    for (t, target) in targets.iter().enumerate() {
        for (m, ap) in aps.iter().enumerate() {
            let offset = [target.x_m - ap.x_m, target.y_m - ap.y_m];
            let angle = angle_from_broadside(offset, 0.0);
            close(angle, doa[t][m], rel, "doa");
            // Equation (4) as printed loses the sign of x and leaves the grid.
            close((-offset[1] / offset[0].hypot(offset[1])).acos(), printed[t][m], rel, "printed");
            near(&steering(n, spacing, angle), &vectors[t][m], rel.max(1e-12), "steering");
        }
    }
    inputs.finish();
    expected.finish();
}

fn association(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let mut tol = case.inside("tol");
    tol.remark("exact");
    let rel = tol.number("rel");
    let users = inputs.points("iu");
    let (aps, targets) = (inputs.points("ap"), inputs.points("tg"));
    for (pilots, value) in expected.inside("clusters").left {
        let found = pilot_groups(&users, pilots.parse().unwrap(), Clustering::Farthest);
        assert_eq!(found, groups(&value), "{pilots} pilots");
    }
    let pairing = pair_targets(&targets, &aps).unwrap();
    let wanted: Vec<usize> =
        expected.numbers("pair_ap_of_target").iter().map(|x| *x as usize).collect();
    assert_eq!(pairing, wanted);
    let total: f64 = pairing.iter().zip(&targets).map(|(&m, t)| t.distance_m(aps[m])).sum();
    close(total / 1000.0, expected.number("total_distance"), rel, "total distance");
    inputs.finish();
    expected.finish();
    tol.finish();
}

fn statistics(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let rel = case.inside("tol").number("rel");
    let (aps, n) = (inputs.count("M"), inputs.count("N"));
    let (users, targets) = (inputs.count("K"), inputs.count("T"));
    let spacing = inputs.number("spacing");
    let angles = inputs.table("theta_tm_rad");
    let scene = AggregatedScene {
        antennas: n,
        direct: inputs.table("b_ua"),
        target_ap: inputs.table("b_ta"),
        user_target: inputs.table("b_ut"),
        steering: angles
            .iter()
            .map(|row| row.iter().map(|angle| steering(n, spacing, *angle)).collect())
            .collect(),
        reflection: vec![inputs.number("alpha"); targets],
        target_ap_variance: inputs.number("sig2_TA"),
        user_target_variance: inputs.number("sig2_UT"),
        steering_variance: inputs.number("chi2"),
    };
    assert_eq!((scene.aps(), scene.direct.len()), (aps, users));
    let phi = scene.channel_covariances();
    let estimates = estimate(
        &phi,
        &inputs.groups("clusters"),
        inputs.number("pp_times_tau"),
        Estimator::PerAccessPoint,
    )
    .unwrap();
    let (phis, filters) = (expected.matrices("Phi"), expected.matrices("C"));
    let thetas = expected.matrices("Theta");
    let smallest = expected.numbers("min_eig_Theta");
    for k in 0..users {
        near(phi[k].dense().as_slice(), phis[k].as_slice(), rel, "Phi");
        let blocks = estimates[k].filter_blocks().unwrap().to_vec();
        let filter = Covariance::block_diagonal(blocks).dense();
        near(filter.as_slice(), filters[k].as_slice(), rel, "C");
        let theta = estimates[k].error.dense();
        near(theta.as_slice(), thetas[k].as_slice(), rel, "Theta");
        let mut eigen = HermitianEigen::new(aps * n);
        eigen.compute(&theta).unwrap();
        close(eigen.min(), smallest[k], rel, "smallest eigenvalue");
    }
    inputs.finish();
    expected.finish();
}

fn statistics_from_places(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let mut tol = case.inside("tol");
    let rel = tol.number("rel_block");
    tol.remark("note");
    let db = |x: f64| 10_f64.powf(x / 10.0);
    let (m, n) = (inputs.count("M"), inputs.count("N"));
    let (users, targets) = (inputs.count("K"), inputs.count("T"));
    let (aps, ius, tgs) = (inputs.points("ap"), inputs.points("iu"), inputs.points("tg"));
    assert_eq!((aps.len(), ius.len(), tgs.len()), (m, users, targets));
    let floor = 1000.0 * inputs.number("dmin_km");
    let gain = |a: &Point, b: &Point| log_distance(128.1, 37.6, a.distance_m(*b).max(floor)).sqrt();
    let spacing = if inputs.has("spacing") { inputs.number("spacing") } else { 0.5 };
    let power = db(inputs.number("p_db"));
    let energy = db(inputs.number("pp_db")) * inputs.number("tau_p");
    let table = |rows: &[Point], cols: &[Point]| -> Vec<Vec<f64>> {
        rows.iter().map(|a| cols.iter().map(|b| gain(a, b)).collect()).collect()
    };
    let scene = AggregatedScene {
        antennas: n,
        direct: table(&ius, &aps),
        target_ap: table(&tgs, &aps),
        user_target: table(&ius, &tgs),
        steering: tgs
            .iter()
            .map(|t| {
                let angle = |a: &Point| angle_from_broadside([t.x_m - a.x_m, t.y_m - a.y_m], 0.0);
                aps.iter().map(|a| steering(n, spacing, angle(a))).collect()
            })
            .collect(),
        reflection: vec![inputs.number("alpha"); targets],
        target_ap_variance: db(inputs.number("sig2_TA_db")),
        user_target_variance: db(inputs.number("sig2_UT_db")),
        steering_variance: db(inputs.number("chi2_db")),
    };
    let groups = inputs.groups("clusters");
    let phi = scene.channel_covariances();
    let estimates = estimate(&phi, &groups, energy, Estimator::PerAccessPoint).unwrap();
    let thetas = expected.matrices("Theta_scaled");
    let filters = expected.matrices("C");
    for k in 0..users {
        let mut theta = estimates[k].error.dense();
        theta.scale(power);
        let filter =
            Covariance::block_diagonal(estimates[k].filter_blocks().unwrap().to_vec()).dense();
        for (found, wanted, what) in [(&theta, &thetas[k], "Theta"), (&filter, &filters[k], "C")] {
            for ap in 0..m {
                let block = |a: &CMat| CMat::from_fn(n, n, |i, j| a[(ap * n + i, ap * n + j)]);
                let (a, b) = (block(found), block(wanted));
                let far = distance(a.as_slice(), b.as_slice()) / b.norm();
                assert!(far <= rel, "{what} of user {k} at {ap}: {far:e}");
            }
        }
    }
    inputs.finish();
    expected.finish();
    tol.finish();
}

/// An instance from the arrays of a case: scaled units, so powers of one.
fn instance(inputs: &mut Fields, requirement: Requirement) -> Instance {
    let (aps, n, users) = (inputs.count("M"), inputs.count("N"), inputs.count("K"));
    let h = inputs.matrix("h");
    let thetas = inputs.matrices(if inputs.has("Th") { "Th" } else { "Theta" });
    let angles = inputs.inside(if inputs.has("theta_rad") { "theta_rad" } else { "theta" });
    inputs.remark("grid");
    let mut targets_rad = vec![Vec::new(); aps];
    for (ap, angle) in angles.left {
        targets_rad[ap.parse::<usize>().unwrap()].push(angle.as_f64().unwrap());
    }
    assert_eq!((h.rows(), h.cols()), (users, aps * n));
    Instance::new(Parts {
        antennas: n,
        channels: CMat::from_fn(aps * n, users, |i, k| h[(k, i)]),
        error: thetas.iter().map(|t| Covariance::from_dense(t, n).unwrap()).collect(),
        power_over_noise: vec![1.0; aps],
        targets_rad,
        window_rad: inputs.number("dtheta_deg").to_radians(),
        grid_points: inputs.count("Ngrid"),
        spacing: inputs.number("spacing"),
        requirement,
        payload_symbols: 1.0,
    })
    .unwrap()
}

/// A factor of a positive semidefinite matrix.
fn factor(z: &CMat) -> CMat {
    let mut eigen = HermitianEigen::new(z.rows());
    eigen.compute(z).unwrap();
    CMat::from_fn(z.rows(), z.rows(), |i, c| {
        eigen.vectors()[(i, c)] * eigen.values()[c].max(0.0).sqrt()
    })
}

fn rates(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let rel = case.inside("tol").number("rel");
    let instance = instance(&mut inputs, Requirement::None);
    let n = instance.antennas();
    let mut beams = Beams { data: inputs.matrix("W"), ..Beams::silent(&instance) };
    for (ap, z) in inputs.inside("Z").left {
        beams.sensing[ap.parse::<usize>().unwrap()] = factor(&matrix(&z));
    }
    let metrics = evaluate(&instance, &beams).unwrap();
    let terms = signal_terms(&instance, &beams);
    let rest: Vec<f64> = terms.iter().map(|(_, rest)| *rest).collect();
    near_real(&rest, &expected.numbers("A"), rel, "A");
    near_real(&metrics.rate_bps_hz, &expected.numbers("rates"), rel, "rates");
    let powers: Vec<f64> = metrics.aps.iter().map(|ap| ap.power).collect();
    near_real(&powers, &expected.numbers("power"), rel, "power");
    let (mut mse, mut eta) = (expected.inside("mse"), expected.inside("eta"));
    for (ap, values) in expected.inside("pattern").left {
        let index: usize = ap.parse().unwrap();
        let w = CMat::from_fn(n, instance.users(), |i, k| beams.data[(index * n + i, k)]);
        let v = &beams.sensing[index];
        let mut sum = product(&w, Op::Plain, &w, Op::Adjoint);
        let own = product(v, Op::Plain, v, Op::Adjoint);
        sum.as_mut_slice().iter_mut().zip(own.as_slice()).for_each(|(s, o)| *s += o);
        let lags = lags_of(&sum);
        let wanted = numbers(&values);
        let found: Vec<f64> = grid(wanted.len())
            .map(|angle| pattern(&lags, instance.parts().spacing, angle))
            .collect();
        near_real(&found, &wanted, rel, "pattern");
        close(metrics.aps[index].error.unwrap(), mse.number(&ap), rel, "mse");
        close(metrics.aps[index].scale.unwrap(), eta.number(&ap), rel, "eta");
    }
    close(metrics.error.unwrap(), expected.number("S"), rel, "S");
    let transform = quadratic_transform(&instance, &beams).unwrap();
    near_real(&transform.gamma, &expected.numbers("gamma"), rel, "gamma");
    near(&transform.g, &pairs(&expected.take("g")), rel, "g");
    // At its own γ and g the surrogate is the sum rate.
    close(metrics.sum_rate_bps_hz, expected.number("f3"), rel, "f3");
    let nats = transform.surrogate_nats(&instance, &beams).unwrap();
    close(nats, metrics.sum_rate_nats, rel, "surrogate");
    let witness = verify(&instance, &beams).unwrap();
    assert!(witness.mismatch(&metrics) < 1e-10);
    for fields in [inputs, expected, mse, eta] {
        fields.finish();
    }
}

fn patterns(case: &mut Fields) {
    let mut tol = case.inside("tol");
    let (mse_abs, pattern_abs) = (tol.number("mse_abs"), tol.number("pattern_abs"));
    let feasible = tol.number("feas");
    for (index, value) in case.take("cases").as_array().unwrap().iter().enumerate() {
        let mut one = Fields::new(&format!("{}[{index}]", case.name), value.clone());
        let n = one.count("N");
        let centre = one.number("centre_deg").to_radians();
        let width = one.number("width_deg").to_radians();
        let form = PatternError::new(n, 0.5, &[centre], width, one.count("Ngrid"));
        let found = best_pattern(&form, 0.5, &[centre], 1e-6, &Interrupt::new()).unwrap();
        for key in ["mse", "mse_cvx", "mse_bm"] {
            let wanted = one.number(key);
            assert!((found.error - wanted).abs() <= mse_abs, "{key}: {} {wanted}", found.error);
        }
        assert!((found.factor.norm_sqr() - 1.0).abs() <= feasible);
        assert!(found.bound.as_ref().unwrap().gap_rel <= 1e-6);
        close(found.scale, one.number("eta"), 1e-4, "eta");
        let normalised = found.error / found.scale.powi(2);
        close(normalised, one.number("norm_mse"), 1e-4, "normalised error");
        let lags = lags_of(&product(&found.factor, Op::Plain, &found.factor, Op::Adjoint));
        let wanted = one.numbers("pattern");
        for (angle, wanted) in grid(wanted.len()).zip(wanted) {
            assert!((pattern(&lags, 0.5, angle) - wanted).abs() <= pattern_abs);
        }
        one.finish();
    }
    tol.finish();
}

fn updates(case: &mut Fields) {
    let rel = case.inside("tol").number("rel");
    for (index, value) in case.take("cases").as_array().unwrap().iter().enumerate() {
        let mut one = Fields::new(&format!("{}[{index}]", case.name), value.clone());
        let (q, c) = (one.matrix("Q"), one.matrix("C"));
        let (w, mu) = block_update(&q, &c, one.number("pmax")).unwrap();
        near(w.as_slice(), one.matrix("W").as_slice(), rel, "W");
        let wanted = one.number("mu");
        assert!((mu - wanted).abs() <= rel * wanted.max(1.0), "mu {mu} {wanted}");
        let qw = product(&q, Op::Plain, &w, Op::Plain);
        let quadratic: f64 =
            w.as_slice().iter().zip(qw.as_slice()).map(|(w, q)| (w.conj() * q).re).sum();
        let linear: f64 =
            c.as_slice().iter().zip(w.as_slice()).map(|(c, w)| (c.conj() * w).re).sum();
        let value = quadratic - 2.0 * linear;
        close(value, one.number("value"), rel, "value");
        // A conic solver's answer, to its own accuracy.
        close(value, one.number("value_cvx"), 1e-6, "value of the conic solver");
        one.finish();
    }
}

fn communication(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let mut tol = case.inside("tol");
    let (sweep_rel, rate_rel) = (tol.number("sweep_rel"), tol.number("R_rel"));
    tol.remark("rule");
    case.remark("start");
    let instance = instance(&mut inputs, Requirement::None);
    let matched = LinearSettings { scaling: Scaling::PerAccessPoint, leftover: Leftover::Unused };
    let start = mrt(&instance, &matched).unwrap();
    close(start.metrics.sum_rate_bps_hz, expected.number("R_mrt_start"), sweep_rel, "start");
    let mut beams = start.variables;
    sweep(&instance, &mut beams, Order::GaussSeidel).unwrap();
    let after = evaluate(&instance, &beams).unwrap().sum_rate_bps_hz;
    close(after, expected.number("R_after_1_GaussSeidel_sweep"), sweep_rel, "one sweep");
    let settings = BlockSettings { trace_rows: 5000, ..BlockSettings::default() };
    let ascent = block_ascent(&instance, &settings, &Interrupt::new()).unwrap();
    let reached = expected.number("R_bcd");
    assert!(ascent.metrics.sum_rate_bps_hz >= reached * (1.0 - rate_rel));
    let rising = ascent.trace.rows().windows(2).all(|w| w[1].value <= w[0].value + 1e-12);
    assert!(rising, "block ascent must be monotone");
    let found = design(&instance, &Settings::default()).unwrap();
    let best = expected.number("R_best_of_starts");
    println!("  P2: {} against {best}", found.metrics.sum_rate_bps_hz);
    assert!(found.metrics.sum_rate_bps_hz >= best * (1.0 - rate_rel));
    let all = expected.numbers("all_starts");
    assert!(all.iter().all(|r| *r <= best * (1.0 + 1e-9)));
    let witness = verify(&instance, &found.variables).unwrap();
    assert!(witness.violation < 1e-12 && witness.mismatch(&found.metrics) < 1e-10);
    for fields in [inputs, expected, tol] {
        fields.finish();
    }
}

fn region(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let mut tol = case.inside("tol");
    let (floor_abs, rate_rel) = (tol.number("S_min_abs"), tol.number("R_rel"));
    let feasible = tol.number("S_feas");
    tol.remark("rule");
    let free = instance(&mut inputs, Requirement::None);
    let best = sensing_only(&free, &Settings::default(), &Interrupt::new()).unwrap();
    let floor = expected.number("S_min");
    assert!((best.metrics.error.unwrap() - floor).abs() <= floor_abs);
    let fast = design(&free, &Settings::default()).unwrap();
    let wanted = expected.number("R_P2");
    assert!(fast.metrics.sum_rate_bps_hz >= wanted * (1.0 - rate_rel));
    let error = expected.number("S_of_P2");
    if fast.metrics.sum_rate_bps_hz <= wanted * (1.0 + 1e-6) {
        close(fast.metrics.error.unwrap(), error, 1e-3, "S of P2");
    }
    let mut limits = Vec::new();
    for (index, point) in expected.take("points").as_array().unwrap().iter().enumerate() {
        let mut point = Fields::new(&format!("{}.points[{index}]", case.name), point.clone());
        let limit = point.number("delta");
        limits.push(limit);
        let here = free.with_requirement(Requirement::MaxError(limit)).unwrap();
        let found = design(&here, &Settings::default()).unwrap();
        let rate = found.metrics.sum_rate_bps_hz;
        let wanted = point.number("R");
        println!("  P3: {rate} against {wanted}, {:?}", found.work);
        assert!(rate >= wanted * (1.0 - rate_rel), "{rate} {wanted}");
        assert!(found.metrics.error.unwrap() <= limit * (1.0 + feasible));
        let (slope, known) = (found.metrics.slope.unwrap(), point.number("dR_dS"));
        if rate <= wanted * (1.0 + 1e-6) {
            close(slope, known, 1e-3, "slope");
        }
        assert!(point.number("S") <= limit * (1.0 + feasible));
        assert!(point.numbers("starts").iter().all(|r| *r <= wanted * (1.0 + 1e-9)));
        let witness = verify(&here, &found.variables).unwrap();
        assert!(witness.violation < 1e-6 && witness.mismatch(&found.metrics) < 1e-10);
        point.finish();
    }
    let chain = boundary(&free, &limits, &Settings::default(), &Interrupt::new()).unwrap();
    for (point, limit) in chain.iter().zip(&limits) {
        let here = free.with_requirement(Requirement::MaxError(*limit)).unwrap();
        let alone = design(&here, &Settings::default()).unwrap();
        close(
            point.design.metrics.sum_rate_bps_hz,
            alone.metrics.sum_rate_bps_hz,
            rate_rel,
            "chain and single point",
        );
    }
    let impossible = expected.number("infeasible_delta");
    let here = free.with_requirement(Requirement::MaxError(impossible)).unwrap();
    let certificate = design(&here, &Settings::default()).unwrap().proof.infeasible.unwrap();
    assert!((certificate.reachable - floor).abs() <= floor_abs);
    for fields in [inputs, expected, tol] {
        fields.finish();
    }
}

fn baselines(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let mut tol = case.inside("tol");
    let (rel, leak) = (tol.number("rel"), tol.number("zf_leak"));
    let instance = instance(&mut inputs, Requirement::None);
    let settings = LinearSettings { scaling: Scaling::Common, leftover: Leftover::Isotropic };
    let channels = instance.scaled_channels();
    for name in ["mrt", "zf"] {
        let mut wanted = expected.inside(name);
        let found = match name {
            "mrt" => mrt(&instance, &settings).unwrap(),
            _ => zero_forcing(&instance, &settings).unwrap(),
        };
        let w = &found.variables.data;
        near(w.as_slice(), wanted.matrix("W").as_slice(), rel, name);
        close(found.metrics.sum_rate_bps_hz, wanted.number("R"), rel, "R");
        close(found.metrics.error.unwrap(), wanted.number("S"), rel, "S");
        let through = product(&channels, Op::Adjoint, w, Op::Plain);
        let mut worst = 0.0_f64;
        for k in 0..instance.users() {
            for j in (0..instance.users()).filter(|&j| j != k) {
                worst = worst.max(through[(k, j)].norm());
            }
        }
        let known = wanted.number("leak");
        if name == "zf" {
            assert!(worst <= leak && known <= leak);
        } else {
            close(worst, known, rel, "leak");
        }
        wanted.finish();
    }
    for fields in [inputs, expected, tol] {
        fields.finish();
    }
}

fn edge(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let abs = case.inside("tol").number("abs");
    assert_eq!(inputs.take("P"), Value::from("zeros"));
    let n = inputs.count("N");
    // A target the printed angle puts beyond the grid.
    let form = PatternError::new(n, 0.5, &[2.2], 0.1, inputs.count("Ngrid"));
    assert_eq!(form.inside(), 0);
    let found = best_pattern(&form, 0.5, &[2.2], 1e-6, &Interrupt::new()).unwrap();
    for key in ["mse", "mse_cvx"] {
        let wanted = expected.number(key);
        assert!((found.error - wanted).abs() <= abs, "{} {wanted}", found.error);
    }
    inputs.finish();
    expected.finish();
}

fn p1_certificate(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let rel = case.inside("tolerance").number("rel");
    case.remark("accept");
    let n = inputs.count("N");
    let (angle, spacing) = (inputs.number("theta"), inputs.number("spacing"));
    let width = inputs.number("width_deg").to_radians();
    let form = PatternError::new(n, spacing, &[angle], width, inputs.count("Ngrid"));
    let v = inputs.matrix("V");
    let (error, bound) = certificate(&form, &v).unwrap().unwrap();
    close(error, expected.number("E_of_V"), rel, "E");
    close(bound.value, expected.number("lower_bound_of_V"), rel, "lower bound");
    // λmin = bound − E + ⟨G, Z⟩, and ⟨G, Z⟩ = 2 E: E is homogeneous of degree two.
    close(bound.value + error, expected.number("lmin"), rel, "smallest eigenvalue");
    let (lower, upper) = (expected.number("E_star_lower"), expected.number("E_star_upper"));
    let found = best_pattern(&form, spacing, &[angle], 1e-6, &Interrupt::new()).unwrap();
    assert!(found.error >= lower - 1e-9 && found.error <= upper * (1.0 + 1e-6));
    assert!(found.certified() <= upper && found.bound.as_ref().unwrap().gap_rel <= 1e-6);
    inputs.finish();
    expected.finish();
}

fn global_bound(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    for remark in ["accept", "closed"] {
        case.remark(remark);
    }
    let gap = case.number("eps");
    let nodes = case.number("nodes");
    let requirement = match inputs.take("delta").as_f64() {
        Some(limit) => Requirement::MaxError(limit),
        None => Requirement::None,
    };
    let instance = instance(&mut inputs, requirement);
    let settings =
        Settings { certify_nodes: (20.0 * nodes) as u64, certify_gap: gap, ..Settings::default() };
    let found = design(&instance, &settings).unwrap();
    let (lower, upper) = (expected.number("rate_lower"), expected.number("rate_upper"));
    let rate = found.metrics.sum_rate_bps_hz;
    let bound = found.proof.bound.clone().unwrap();
    println!(
        "  {rate} in [{lower}, {upper}], bound {} ({}, {nodes} known)",
        bound.value, bound.method
    );
    assert!(rate <= upper * (1.0 + 1e-6) && rate >= lower - 1e-3);
    assert!(bound.value >= lower - 1e-6 && found.proof.is_global(gap * (1.0 + 1e-9)));
    if expected.has("sato_no_theta") {
        // A bound for any scheme without estimation errors: above ours, which knows of them.
        assert!(expected.number("sato_no_theta") >= rate);
    }
    // Certifying other beams bounds the same optimum.
    let start = mrt(&instance, &LinearSettings::default()).unwrap();
    let few = Settings { certify_nodes: 1, ..settings };
    let loose = rate_bound_of(&instance, &few, &start.variables, None, &Interrupt::new()).unwrap();
    assert!(loose.upper_nats / std::f64::consts::LN_2 >= lower - 1e-6);
    inputs.finish();
    expected.finish();
}
