//! Rates under caps, and the trade-off.

use noctule::Interrupt;
use noctule::beamforming::requirements::{
    Cap, Requirements, best_metric, best_metric_at_rate, best_rate, best_rate_within,
    best_worst_rate,
};

use crate::world::{metric, required, world};
use crate::{Check, close, told};

pub(crate) fn rate(check: &mut Check, proportional: bool) {
    let world = world(&mut check.i);
    let required = required(&mut check.i, &world);
    let weights = check.i.numbers("rate_weights");
    let starts = check.a.count("starts_allowed");
    let found =
        best_rate(&world, &weights, proportional, &required, starts, &Interrupt::new()).unwrap();
    told(&check.i.name, &found);
    let best = check.e.number("best_known");
    assert!(found.value >= best - 1e-5 * best.abs().max(1.0), "{} of {best}", found.value);
    if check.e.has("certified_upper_bound") {
        assert!(found.value <= check.e.number("certified_upper_bound"), "{}", found.value);
    }
    assert!(found.violation <= check.a.number("violation_rel"), "{}", found.violation);
    for remark in ["starts", "root_bound", "nodes"] {
        check.e.remark(remark);
    }
    for remark in ["value_at_least", "value_at_most"] {
        check.a.remark(remark);
    }
}

pub(crate) fn max_min(check: &mut Check) {
    let world = world(&mut check.i);
    let weights = check.i.numbers("rate_weights");
    let required = required(&mut check.i, &world);
    let found = best_worst_rate(&world, &weights, &required, &Interrupt::new()).unwrap();
    told(&check.i.name, &found);
    let t = check.e.number("t_nats");
    close("t", found.value, t, check.a.number("t_rel"));
    let bound = found.bound.expect("a bound");
    // the reference meets its floors to 1e-7 only
    assert!(bound >= t * (1.0 - 1e-7), "{bound} below {t}");
    let gap = check.a.number("bound_gap_rel");
    assert!(bound - found.value <= gap * t, "{bound} above {}", found.value);
    check.e.remark("certified_upper_bound");
    check.a.remark("meaning");
}

pub(crate) fn frontier(check: &mut Check) {
    let world = world(&mut check.i);
    let mut fields = check.i.inside("metric");
    let metric = metric(&mut fields, &world);
    fields.finish();
    let weights = check.i.numbers("rate_weights");
    let free = required(&mut check.i, &world);
    let interrupt = Interrupt::new();
    let relative = check.a.number("crb_rel");
    let alone = best_metric(&world, &metric, &free, &interrupt).unwrap();
    told("sensing end", &alone);
    close("sensing end", alone.value, check.e.number("sensing_end_crb"), relative);
    close("its bound", alone.bound.unwrap(), check.e.number("sensing_end_bound"), relative);
    let end = best_rate_within(&world, &weights, &free, 4, (1e-4, 200), &interrupt).unwrap();
    told("rate end", &end.found);
    let most = check.e.number("rate_end_nats");
    assert!(end.found.value >= most * (1.0 - 1e-4) && end.bound >= most * (1.0 - 1e-9));
    assert!(end.found.value <= check.e.number("rate_end_upper_bound"));
    assert!(end.bound <= end.found.value * (1.0 + 2e-4), "{} {}", end.bound, end.nodes);
    let least = end.found.value * (1.0 - 1e-6);
    let found =
        best_metric_at_rate(&world, &metric, &weights, least, &free, &end.found.beams, &interrupt)
            .unwrap();
    told("its metric", &found);
    let tolerance = check.a.number("rate_end_crb_rel");
    close("rate end", found.value, check.e.number("rate_end_crb"), tolerance);
    for mut point in check.e.list("points") {
        let cap = Cap { metric: metric.clone(), limit: point.number("cap") };
        let required = Requirements { caps: vec![cap], ..free.clone() };
        let found =
            best_rate_within(&world, &weights, &required, 4, (2e-4, 300), &interrupt).unwrap();
        told(&point.name, &found.found);
        println!("    {} {} nodes, root {}", found.bound, found.nodes, found.root);
        let (rate, bound) = (point.number("sum_rate_nats"), point.number("upper_bound"));
        assert!(found.found.value >= rate * (1.0 - 1e-4), "{} of {rate}", found.found.value);
        assert!(found.found.value <= bound && found.bound >= rate * (1.0 - 1e-9));
        point.finish();
    }
    check.a.remark("rate_at_least");
    check.a.remark("rate_at_most");
}
