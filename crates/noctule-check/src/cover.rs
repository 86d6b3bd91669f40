//! Whether boxes cover a box.

type Box<'a> = (&'a [f64], &'a [f64]);

/// Whether boxes cover the region from `low` to `high`. A region that is not inside one box is cut along a face of one
/// that runs through it, where the fewest others are cut too, and both parts must be covered; where no face runs through
/// it, no box reaches into it.
pub(crate) fn covers(boxes: &[Box<'_>], low: Vec<f64>, high: Vec<f64>) -> bool {
    let mut open = vec![(boxes.to_vec(), low, high)];
    while let Some((mut boxes, low, high)) = open.pop() {
        let sides = 0..low.len();
        // A box that only touches the region covers nothing that its neighbours' closure leaves out.
        boxes.retain(|b| {
            let overlaps = |k: usize| b.0[k] < high[k] && low[k] < b.1[k];
            sides.clone().all(|k| low[k] >= high[k] || overlaps(k))
        });
        let holds = |b: &Box<'_>| sides.clone().all(|k| b.0[k] <= low[k] && high[k] <= b.1[k]);
        if boxes.iter().any(holds) {
            continue;
        }
        let Some((_, k, cut)) = sides
            .clone()
            .filter_map(|k| face(&boxes, k, (low[k], high[k])).map(|(score, cut)| (score, k, cut)))
            .min_by_key(|(score, ..)| *score)
        else {
            return false;
        };
        let (mut below, mut above) = (high.clone(), low.clone());
        (below[k], above[k]) = (cut, cut);
        let left = boxes.iter().filter(|b| b.0[k] < cut).copied().collect();
        let right = boxes.iter().filter(|b| b.1[k] > cut).copied().collect();
        open.push((left, low, below));
        open.push((right, above, high));
    }
    true
}

/// How many boxes a cut goes through, and how many are on its fuller side.
type Score = (usize, usize);

/// The face across side `k` that cuts the fewest boxes, and of those the one that parts them most evenly.
fn face(boxes: &[Box<'_>], k: usize, (low, high): (f64, f64)) -> Option<(Score, f64)> {
    let sorted = |of: fn(&Box<'_>, usize) -> f64| {
        let mut list: Vec<f64> = boxes.iter().map(|b| of(b, k)).collect();
        list.sort_by(f64::total_cmp);
        list
    };
    let (starts, ends) = (sorted(|b, k| b.0[k]), sorted(|b, k| b.1[k]));
    let score = |x: f64| {
        let below = starts.partition_point(|start| *start < x);
        let above = ends.len() - ends.partition_point(|end| *end <= x);
        ((below + above).saturating_sub(boxes.len()), below.max(above))
    };
    let inside = starts.iter().chain(&ends).filter(|x| low < **x && **x < high);
    inside.map(|x| (score(*x), *x)).min_by_key(|(score, _)| *score)
}
