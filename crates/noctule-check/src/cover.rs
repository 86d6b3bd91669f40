//! Whether boxes cover a box.

/// Whether boxes cover the region from `low` to `high`. Boxes that come from cutting again and again are taken apart by
/// planes that none of them crosses; where there is no such plane, nothing is claimed.
pub(crate) fn covers(boxes: &[(&[f64], &[f64])], low: Vec<f64>, high: Vec<f64>) -> bool {
    let mut open = vec![(boxes.to_vec(), low, high)];
    while let Some((mut boxes, low, high)) = open.pop() {
        let sides = 0..low.len();
        // A box that only touches the region covers nothing that its neighbours' closure leaves out.
        boxes.retain(|b| {
            let overlaps = |k: usize| b.0[k] < high[k] && low[k] < b.1[k];
            sides.clone().all(|k| low[k] >= high[k] || overlaps(k))
        });
        let holds =
            |b: &(&[f64], &[f64])| sides.clone().all(|k| b.0[k] <= low[k] && high[k] <= b.1[k]);
        if boxes.iter().any(holds) {
            continue;
        }
        let Some((k, cut)) = sides
            .clone()
            .filter_map(|k| clean(&boxes, k, (low[k], high[k])))
            .max_by_key(|c| c.2)
            .map(|c| (c.0, c.1))
        else {
            return false;
        };
        let (mut below, mut above) = (high.clone(), low.clone());
        (below[k], above[k]) = (cut, cut);
        let (left, right) = boxes.into_iter().partition(|b| b.1[k] <= cut);
        open.push((left, low, below));
        open.push((right, above, high));
    }
    true
}

/// The plane across side `k` that no box crosses and that parts the boxes most evenly, with how many the smaller part has.
fn clean(
    boxes: &[(&[f64], &[f64])],
    k: usize,
    (low, high): (f64, f64),
) -> Option<(usize, f64, usize)> {
    let mut spans: Vec<(f64, f64)> = boxes.iter().map(|b| (b.0[k], b.1[k])).collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut reach, mut best) = (f64::NEG_INFINITY, None::<(usize, f64, usize)>);
    for (before, span) in spans.iter().enumerate() {
        let even = before.min(spans.len() - before);
        if span.0 >= reach && low < span.0 && span.0 < high && best.is_none_or(|b| even > b.2) {
            best = Some((k, span.0, even));
        }
        reach = reach.max(span.1);
    }
    best
}
