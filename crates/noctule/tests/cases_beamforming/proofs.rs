//! Bounds by dense formulas, and our interval beside the one that is known.

use noctule::beamforming::certificate::{of_box, of_cooperation};
use noctule::beamforming::cooperation::sato;
use noctule::beamforming::global::enclose;
use noctule::beamforming::model::objective_unit;
use noctule::beamforming::{Beams, Instance, Settings, design, evaluate};
use noctule::{C64, Interrupt};
use serde_json::Value;

use crate::inputs::{close, parts};
use crate::reference::{Fields, numbers};

pub(crate) fn global_bound(case: &mut Fields) {
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
    let known = Beams { matrix: case.matrix("design_W"), users: instance.users(), subcarriers: 1 };
    let reached = evaluate(&instance, &known).unwrap().objective.unwrap();
    assert!((reached - lower).abs() <= 1e-6 * scale, "{name}: the design handed in is {reached}");

    let value = of_cooperation(&instance, &z, &q, &y).unwrap();
    close("Sato's certificate", value, expected.number("sato_certificate_value"), 1e-9);
    boxes(&instance, &leaves, &mut expected);

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

/// The certificates of the boxes of a proof, by dense formulas.
fn boxes(instance: &Instance, leaves: &Value, expected: &mut Fields) {
    if !expected.has("box_certificate_values") {
        return;
    }
    let values = expected.numbers("box_certificate_values");
    let leaves: Vec<Fields> =
        leaves.as_array().unwrap().iter().map(|leaf| Fields::new("leaf", leaf.clone())).collect();
    assert_eq!(values.len(), leaves.len());
    let mut boxes = Vec::new();
    let mut largest = f64::NEG_INFINITY;
    for (mut leaf, expected) in leaves.into_iter().zip(&values) {
        let (low, high) = (leaf.numbers("lo"), leaf.numbers("hi"));
        let (t, y) = (leaf.numbers("t"), flat(&leaf.take("Y")));
        close("value beside the leaf", leaf.number("u"), *expected, 1e-9);
        leaf.finish();
        let value = of_box(instance, &low, &high, &t, &y).unwrap();
        close("certificate of a box", value, *expected, 1e-9);
        largest = largest.max(value);
        boxes.push((low, high));
    }
    close("largest leaf", largest, expected.number("max_over_leaves"), 1e-9);
    covered(instance, &boxes);
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
