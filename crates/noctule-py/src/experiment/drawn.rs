//! Figures of a run as data.

use std::path::PathBuf;

use noctule_figure::{Axis, Beam, Figure, Group, Kind, Line, PlotPoint, Scale, Scene, Spot};
use noctule_lab::run::Store;
use noctule_lab::{fold, present};
use pyo3::prelude::*;
use serde_json::{Value, json};

use crate::errors;

/// The figures of a complete run as data, in the words of the report: the text of a JSON list.
#[pyfunction]
pub(crate) fn figures(py: Python<'_>, folder: PathBuf) -> PyResult<String> {
    let built = py.detach(|| {
        let (store, presentation) = Store::open(&folder)?;
        let wanted = present::wanted(store.plan(), &presentation);
        let folded = fold::fold(&store, &wanted)?;
        let figures = present::figures(store.plan(), &presentation, &folded);
        folded.kept.check()?;
        Ok(figures)
    });
    let figures: Vec<Figure> = built.map_err(errors::lab)?;
    Ok(json!(figures.iter().map(figure_json).collect::<Vec<_>>()).to_string())
}

/// A figure in the words of `noctule.plot`.
pub(crate) fn figure_json(figure: &Figure) -> Value {
    let axis = |axis: &Axis| {
        json!({ "label": axis.label, "unit": axis.unit, "names": axis.names,
        "log": axis.scale == Scale::Log })
    };
    let lines = |lines: &[Line]| -> Value {
        lines
            .iter()
            .map(|line| {
                let column = |of: fn(&PlotPoint) -> Option<f64>| -> Vec<Option<f64>> {
                    line.points.iter().map(of).collect()
                };
                json!({
                    "label": line.label,
                    "x": column(|point| Some(point.x)),
                    "y": column(|point| Some(point.y)),
                    "low": column(|point| point.low),
                    "high": column(|point| point.high),
                    "absent": line.absent.iter().map(|a| json!([a.x, a.count, a.of])).collect::<Vec<_>>(),
                    "reference": line.reference,
                    "place": line.place,
                })
            })
            .collect()
    };
    let (kind, lines, heat) = match &figure.kind {
        Kind::Lines(found) => ("lines", lines(found), Value::Null),
        Kind::Cdf(found) => ("cdf", lines(found), Value::Null),
        Kind::Scene(found) => ("scene", json!([]), scene(found)),
        Kind::Heat(heat) => (
            "heat",
            json!([]),
            json!({ "x": heat.x, "y": heat.y, "values": heat.value, "marks": heat.marks, "label": heat.label,
                "unit": heat.unit, "log": heat.scale == Scale::Log }),
        ),
    };
    json!({ "id": figure.id, "title": figure.title, "x": axis(&figure.x), "y": axis(&figure.y),
        "kind": kind, "lines": lines, "heat": heat })
}

/// Who stands where, and where beams go.
fn scene(scene: &Scene) -> Value {
    let spot = |spot: &Spot| json!([spot.name, spot.x, spot.y]);
    let group = |group: &Group| json!({ "label": group.label, "spots": group.spots.iter().map(spot).collect::<Vec<_>>() });
    let beam =
        |beam: &Beam| json!([beam.from.0, beam.from.1, beam.towards_deg, beam.share, beam.group]);
    json!({ "groups": scene.groups.iter().map(group).collect::<Vec<_>>(),
        "beams": scene.beams.iter().map(beam).collect::<Vec<_>>() })
}
