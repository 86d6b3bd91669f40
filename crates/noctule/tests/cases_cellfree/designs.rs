//! Designs, bounds and baselines against independent numbers.

use noctule::cellfree::baselines::{
    BlockSettings, Leftover, LinearSettings, Order, Scaling, block_ascent, mrt, sweep, zero_forcing,
};
use noctule::cellfree::bound::rate_bound_of;
use noctule::cellfree::sensing::{best_pattern, certificate};
use noctule::cellfree::{
    Requirement, SensingSettings, Settings, boundary, design, evaluate, sensing_only, verify,
};
use noctule::{Certify, Interrupt, Run};
use noctule_num::linalg::{Op, product};
use noctule_phy::beampattern::PatternError;
use serde_json::Value;

use crate::reference::Fields;
use crate::{close, instance, near};

pub(crate) fn communication(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let mut tol = case.inside("tol");
    let (sweep_rel, rate_rel) = (tol.number("sweep_rel"), tol.number("R_rel"));
    tol.remark("rule");
    case.remark("start");
    let instance = instance(&mut inputs, Requirement::None);
    let matched = LinearSettings { scaling: Scaling::PerAccessPoint, leftover: Leftover::Unused };
    let start = mrt(&instance, &matched, &Run::default()).unwrap();
    close(start.metrics.sum_rate_bps_hz, expected.number("R_mrt_start"), sweep_rel, "start");
    let mut beams = start.variables;
    sweep(&instance, &mut beams, Order::GaussSeidel).unwrap();
    let after = evaluate(&instance, &beams).unwrap().sum_rate_bps_hz;
    close(after, expected.number("R_after_1_GaussSeidel_sweep"), sweep_rel, "one sweep");
    let settings = BlockSettings { trace_rows: 5000, ..BlockSettings::default() };
    let ascent = block_ascent(&instance, &settings, &Run::default()).unwrap();
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

pub(crate) fn region(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let mut tol = case.inside("tol");
    let (floor_abs, rate_rel) = (tol.number("S_min_abs"), tol.number("R_rel"));
    let feasible = tol.number("S_feas");
    tol.remark("rule");
    let free = instance(&mut inputs, Requirement::None);
    let best = sensing_only(&free, &SensingSettings::default(), &Run::default()).unwrap();
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
    let chain = boundary(&free, &limits, &Settings::default(), &Run::default()).unwrap();
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

pub(crate) fn baselines(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let mut tol = case.inside("tol");
    let (rel, leak) = (tol.number("rel"), tol.number("zf_leak"));
    let instance = instance(&mut inputs, Requirement::None);
    let settings = LinearSettings { scaling: Scaling::Common, leftover: Leftover::Isotropic };
    let channels = instance.scaled_channels();
    for name in ["mrt", "zf"] {
        let mut wanted = expected.inside(name);
        let found = match name {
            "mrt" => mrt(&instance, &settings, &Run::default()).unwrap(),
            _ => zero_forcing(&instance, &settings, &Run::default()).unwrap(),
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

pub(crate) fn edge(case: &mut Fields) {
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

pub(crate) fn p1_certificate(case: &mut Fields) {
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

pub(crate) fn global_bound(case: &mut Fields) {
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
    let certify = Certify::YES.within(gap);
    let settings =
        Settings { certify: certify.with_nodes((20.0 * nodes) as u64), ..Settings::default() };
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
    let start = mrt(&instance, &LinearSettings::default(), &Run::default()).unwrap();
    let few = Settings { certify: certify.with_nodes(1), ..settings };
    let loose = rate_bound_of(&instance, &few, &start.variables, None, &Interrupt::new()).unwrap();
    assert!(loose.upper_nats / std::f64::consts::LN_2 >= lower - 1e-6);
    inputs.finish();
    expected.finish();
}
