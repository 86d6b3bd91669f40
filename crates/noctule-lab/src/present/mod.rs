//! From tables to what people look at: the figures and the report, as plain data.
//!
//! [`noctule_figure`] and [`crate::report`] know how to draw; here it is decided what. Nothing is
//! computed that is not in the summary or in the samples.

mod figures;
pub mod format;
mod pages;
mod pictures;

use crate::claim::measure;
use crate::experiment::FigureKind;
use crate::fold::Wanted;
use crate::plan::Plan;
use crate::presentation::Presentation;
use crate::system::{BEAMPATTERN, MARKED_DIRECTIONS};

pub use figures::{figures, from_summary};
pub use pages::{point_cells, report, shown_groups, shown_metrics, with_unit};
pub use pictures::figure as picture;

/// What figures and claims need beyond the summary.
pub fn wanted(plan: &Plan, presentation: &Presentation) -> Wanted {
    let mut wanted = Wanted::default();
    for claim in &presentation.claims {
        wanted.metrics.extend(measure::needed(plan, &claim.ours));
    }
    let metric = |name: &str| plan.metrics.iter().position(|known| known == name);
    for figure in &presentation.figures {
        for name in [&figure.x, &figure.y, &figure.value] {
            let series = name
                .strip_prefix("series.")
                .and_then(|name| plan.series.iter().position(|known| known == name));
            if let Some(series) = series {
                let kept = if figure.kind == FigureKind::Cdf {
                    &mut wanted.values
                } else {
                    &mut wanted.means
                };
                kept.insert(series);
                if presentation.series[series].steps {
                    wanted.ends.insert(series);
                }
            }
        }
        if figure.kind == FigureKind::Beampattern {
            let series = |name: &str| plan.series.iter().position(|known| known == name);
            wanted.means.extend([BEAMPATTERN, MARKED_DIRECTIONS].into_iter().filter_map(series));
        }
        let samples = match figure.kind {
            FigureKind::Cdf => metric(&figure.x),
            FigureKind::PairedDifference => metric(&figure.y),
            _ => None,
        };
        if let Some(metric) = samples {
            let reference = figures::reference(plan, figure);
            for scheme in figures::schemes(plan, figure).into_iter().chain(reference) {
                let points = measure::points(plan, &figure.at);
                wanted.metrics.extend(points.into_iter().map(|point| (metric, scheme, point)));
            }
        }
    }
    wanted
}
