//! Convex designs, what is out of reach, closed forms.

use noctule::Interrupt;
use noctule::beamforming::requirements::evaluate::Evaluation;
use noctule::beamforming::requirements::{
    Infeasible, Metric, Part, PowerLimit, Requirements, Target, best_metric, best_rate,
    least_power_for, parameters,
};

use crate::world::{metric, required, world};
use crate::{Check, close, told};

pub(crate) fn min_metric(check: &mut Check) {
    let world = world(&mut check.i);
    let mut fields = check.i.inside("metric");
    let metric = metric(&mut fields, &world);
    fields.finish();
    let required = required(&mut check.i, &world);
    let found = best_metric(&world, &metric, &required, &Interrupt::new()).unwrap();
    told(&check.i.name, &found);
    let value = check.e.number("value");
    let relative = check.a.number("value_rel");
    let absolute = if matches!(metric, Metric::LogDet(_)) { 1.0 } else { value.abs() };
    assert!((found.value - value).abs() <= relative * absolute, "{} of {value}", found.value);
    let bound = found.bound.expect("a bound");
    check.a.remark("bound_at_most");
    assert!(bound <= value + 1e-7 * absolute.min(1.0), "{bound} above {value}");
    let gap = check.a.number("bound_gap_rel");
    assert!(found.value - bound <= gap * absolute, "gap {} {bound}", found.value);
    let violation = check.a.number("sinr_violation_rel");
    for (sinr, floor) in found.sinr.iter().zip(&required.sinr) {
        assert!(*sinr >= floor * (1.0 - violation), "{sinr} of {floor}");
    }
    assert!(found.violation <= violation, "{}", found.violation);
    let price = check.a.number("price_rel");
    let expected = check.e.numbers("price_per_sinr");
    let largest = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    for (ours, theirs) in found.price_per_sinr.iter().zip(&expected) {
        let error = (ours - theirs).abs();
        assert!(error <= price * theirs.abs() || error <= 1e-4 * largest, "{ours} of {theirs}");
    }
    if check.e.has("price_per_cap") {
        let expected = check.e.numbers("price_per_cap");
        let largest = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        for (ours, theirs) in found.price_per_cap.iter().zip(&expected) {
            let error = (ours - theirs).abs();
            assert!(error <= price * theirs.abs() || error <= 1e-4 * largest, "{ours} of {theirs}");
        }
    }
    if check.e.has("price_per_power") {
        close("price of power", found.price_per_power[0], check.e.number("price_per_power"), price);
    }
    for remark in [
        "certified_lower_bound",
        "cvxpy_clarabel",
        "sinr",
        "multipliers_lambda",
        "rank_of_R",
        "value_if_interfering",
        "bound_if_interfering",
        "rho",
        "nu",
    ] {
        check.e.remark(remark);
    }
    check.a.remark("price_abs_rel_to_largest");
}

pub(crate) fn min_power(check: &mut Check) {
    let world = world(&mut check.i);
    let required = required(&mut check.i, &world);
    let found = least_power_for(&world, &required, &Interrupt::new()).unwrap();
    told(&check.i.name, &found);
    let power = check.e.number("power");
    close("power", found.value, power, check.a.number("power_rel"));
    let bound = found.bound.expect("a bound");
    assert!(bound <= power * (1.0 + 1e-7), "{bound} above {power}");
    assert!(found.value - bound <= check.a.number("bound_gap_rel") * power, "gap {bound}");
    assert!(found.violation <= check.a.number("violation_rel"), "{}", found.violation);
    let price = check.a.number("price_rel");
    let small = check.a.number("price_abs_rel_to_largest");
    for (key, ours) in
        [("price_per_sinr", &found.price_per_sinr), ("price_per_cap", &found.price_per_cap)]
    {
        let expected = check.e.numbers(key);
        let largest = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        for (ours, theirs) in ours.iter().zip(&expected) {
            let error = (ours - theirs).abs();
            assert!(
                error <= price * theirs.abs() || error <= small * largest,
                "{key}: {ours} of {theirs}"
            );
        }
    }
    for remark in ["certified_lower_bound", "cvxpy_clarabel", "lambda_", "rho", "nu", "sinr"] {
        check.e.remark(remark);
    }
}

pub(crate) fn infeasible_sinr(check: &mut Check) {
    let world = world(&mut check.i);
    let required = required(&mut check.i, &world);
    let metric = Metric::trace(
        parameters(&world.targets)
            .iter()
            .map(|p| f64::from(u8::from(p.kind.name() == "azimuth")))
            .collect::<Vec<f64>>(),
    );
    let found = best_metric(&world, &metric, &required, &Interrupt::new()).unwrap();
    assert!(!check.e.flag("feasible"));
    let least = check.e.number("least_power");
    let tolerance = check.a.number("least_power_rel");
    match found.infeasible {
        Some(Infeasible::Floors { power_w }) => close("least power", power_w, least, tolerance),
        other => panic!("{other:?}"),
    }
    for remark in ["lambda_", "least_power_over_budget"] {
        check.e.remark(remark);
    }
    check.a.remark("require");
}

pub(crate) fn infeasible_cap(check: &mut Check) {
    let world = world(&mut check.i);
    let required = required(&mut check.i, &world);
    let found =
        best_rate(&world, &vec![1.0; world.noise_w.len()], false, &required, 2, &Interrupt::new())
            .unwrap();
    assert!(!check.e.flag("feasible"));
    let least = check.e.number("least_reachable");
    let tolerance = check.a.number("least_reachable_rel");
    match found.infeasible {
        Some(Infeasible::Cap { cap: 0, reachable, bound }) => {
            close("reachable", reachable, least, tolerance);
            close("bound", bound, check.e.number("certified_lower_bound"), tolerance);
        }
        other => panic!("{other:?}"),
    }
    let least_power = check.e.number("least_power");
    let alone = least_power_for(&world, &required, &Interrupt::new()).unwrap();
    close("least power", alone.value, least_power, 1e-5);
    check.a.remark("require");
}

pub(crate) fn robust(check: &mut Check) {
    let mut world = world(&mut check.i);
    let offsets = check.i.numbers("azimuth_offsets");
    let shares = check.i.numbers("quadrature_weights");
    let mut fields = check.i.inside("metric");
    let Metric::Trace(parts) = metric(&mut fields, &world) else { panic!("a trace") };
    fields.finish();
    let weights = parts[0].weights.clone();
    let required = required(&mut check.i, &world);
    world.alternatives = offsets
        .iter()
        .map(|offset| {
            let turned = |t: &Target| Target { azimuth_rad: t.azimuth_rad + offset, ..*t };
            world.targets.iter().map(turned).collect()
        })
        .collect();
    let part = |scene: usize, share: f64| Part { scene, share, weights: weights.clone() };
    let expected =
        Metric::Trace(shares.iter().enumerate().map(|(q, share)| part(q + 1, *share)).collect());
    let worst = Metric::Largest((1..=offsets.len()).map(|q| vec![part(q, 1.0)]).collect());
    let relative = check.a.number("value_rel");
    for (metric, key, bound) in [
        (expected, "expected_crb", "expected_crb_bound"),
        (worst.clone(), "worst_crb", "worst_crb_bound"),
    ] {
        let found = best_metric(&world, &metric, &required, &Interrupt::new()).unwrap();
        told(key, &found);
        close(key, found.value, check.e.number(key), relative);
        close(bound, found.bound.unwrap(), check.e.number(bound), relative);
    }
    let nominal =
        best_metric(&world, &Metric::trace(weights), &required, &Interrupt::new()).unwrap();
    let evaluated = Evaluation::of(&world, &nominal.beams).unwrap();
    close(
        "nominal",
        evaluated.metric(&worst).unwrap(),
        check.e.number("nominal_design_worst"),
        relative,
    );
}

pub(crate) fn single_user(check: &mut Check) {
    let world = world(&mut check.i);
    let power = check.i.number("power");
    let with = check.a.number("crb_with_streams_rel");
    let extended_relative = check.a.number("extended_rel");
    check.a.remark("crb_no_streams_rel");
    let factor = world.sensing_noise_w * world.receive.elements() as f64 / world.snapshots;
    for mut row in check.e.list("rows") {
        let sinr = vec![10.0_f64.powf(row.number("sinr_db") / 10.0)];
        let required = Requirements { sinr, caps: Vec::new(), power: PowerLimit::Total(power) };
        let found =
            best_metric(&world, &Metric::trace(vec![1.0, 0.0, 0.0]), &required, &Interrupt::new())
                .unwrap();
        told(&row.name, &found);
        close("with streams", found.value, row.number("crb_with_streams"), with);
        let found = best_metric(&world, &Metric::Extended { factor }, &required, &Interrupt::new())
            .unwrap();
        told("extended", &found);
        close("extended", found.value, row.number("extended_crb"), extended_relative);
        for remark in [
            "crb_no_streams",
            "root_crb_deg_no_streams",
            "solver_no_streams",
            "certified_lower_bound_with_streams",
        ] {
            row.remark(remark);
        }
        row.finish();
    }
    check.e.remark("free_below_sinr_db");
    check.e.remark("infeasible_above_sinr_db");
}
