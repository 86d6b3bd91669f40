//! Heat maps.

use noctule_figure::{Axis, Figure, Heat, Kind};

use super::{Builder, scale};

/// The axis with words at its places, if there are some.
fn named(axis: Axis, names: &[String]) -> Axis {
    if names.is_empty() { axis } else { Axis { names: names.to_vec(), ..axis } }
}

impl Builder<'_> {
    /// One surface for each track, or for each point of it where the surface is a series.
    pub(super) fn heats(&self) -> Vec<Figure> {
        let mut found: Vec<(String, Heat)> = Vec::new();
        match self.series_index(&self.spec.value) {
            Some(series) => {
                for track in self.tracks() {
                    for &point in &track.points {
                        found.push((
                            track.label(),
                            self.series_surface(series, track.scheme, point),
                        ));
                    }
                }
            }
            None => {
                for track in self.tracks() {
                    let cells = track.points.iter().filter_map(|&point| {
                        let summary = self.summary(&self.spec.value, track.scheme, point);
                        let place =
                            (self.place(&self.spec.x, point)?, self.place(&self.spec.y, point)?);
                        let missing = self.missing(&self.spec.value, track.scheme, point);
                        let summary = summary.filter(|_| self.is_drawn(missing));
                        Some((place, summary.and_then(|summary| self.spec.stat.of(summary))))
                    });
                    let heat = self.heat(cells.collect());
                    found.push((track.label(), heat));
                }
            }
        }
        let many = found.len() > 1;
        if many {
            // What stands side by side is compared by colour.
            let values = || found.iter().flat_map(|(_, heat)| heat.value.iter().copied().flatten());
            let low = values().fold(f64::INFINITY, f64::min);
            let high = values().fold(f64::NEG_INFINITY, f64::max);
            for (_, heat) in &mut found {
                heat.range = (low < high).then_some((low, high));
            }
        }
        let (x_scale, y_scale) = (self.spec.x_scale, self.spec.y_scale);
        let figure = |(index, (label, mut heat)): (usize, (String, Heat))| {
            if many {
                heat.label = format!("{}, {label}", heat.label);
            }
            Figure {
                id: if many {
                    format!("{}-{}", self.spec.id, index + 1)
                } else {
                    self.spec.id.clone()
                },
                title: if many { format!("{}: {label}", self.title()) } else { self.title() },
                x: named(
                    self.axis(&self.spec.x, x_scale, self.spec.x_label.as_ref()),
                    &self.spec.x_names,
                ),
                y: named(
                    self.axis(&self.spec.y, y_scale, self.spec.y_label.as_ref()),
                    &self.spec.y_names,
                ),
                kind: Kind::Heat(heat),
            }
        };
        found.into_iter().enumerate().map(figure).collect()
    }

    fn series_surface(&self, series: usize, scheme: usize, point: usize) -> Heat {
        let cells = self.folded.kept.cells(series, scheme, point).map(|(i, j, cell)| {
            let coordinate = |axis: &str| match axis {
                "x" => cell.x.mean().unwrap_or_else(|| f64::from(i)),
                "i" => f64::from(i),
                _ => f64::from(j),
            };
            ((coordinate(&self.spec.x), coordinate(&self.spec.y)), cell.value.mean())
        });
        self.heat(cells.collect())
    }

    fn heat(&self, cells: Vec<((f64, f64), Option<f64>)>) -> Heat {
        let centres = |get: fn(&(f64, f64)) -> f64| {
            let mut centres: Vec<f64> = cells.iter().map(|(place, _)| get(place)).collect();
            centres.sort_by(f64::total_cmp);
            centres.dedup_by(|a, b| a.total_cmp(b).is_eq());
            centres
        };
        let (x, y) = (centres(|place| place.0), centres(|place| place.1));
        let mut value = vec![None; x.len() * y.len()];
        for ((cx, cy), cell) in &cells {
            let column = x.partition_point(|centre| centre < cx);
            let row = y.partition_point(|centre| centre < cy);
            value[row * x.len() + column] = *cell;
        }
        let words = self.words(&self.spec.value);
        let scale = scale(self.spec.value_scale);
        Heat {
            x,
            y,
            value,
            label: words.label,
            unit: words.unit,
            scale,
            range: None,
            marks: Vec::new(),
        }
    }
}
