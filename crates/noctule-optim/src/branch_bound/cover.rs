//! Whether parts cover the whole.

/// A box: its lower and its upper corner.
pub type Corners = (Vec<f64>, Vec<f64>);

/// How far inside the corners of the whole, relative to their size, boxes may end: whoever checks has
/// computed them again, on another processor perhaps, whose sums of products round otherwise.
const ROUNDING: f64 = 1e-12;

/// The whole without what rounding may add to it on either side.
fn certain((low, high): &Corners) -> Corners {
    let inner = |(a, b): (&f64, &f64)| {
        let slack = ROUNDING * a.abs().max(b.abs());
        if b - a > 4.0 * slack { (a + slack, b - slack) } else { (*a, *b) }
    };
    low.iter().zip(high).map(inner).unzip()
}

/// The boxes that meet a whole without width in some sides. Of two boxes that share the face in
/// which it lies, the lower one is enough: with both, the cuts of one would run through the other.
fn at_the_point<'a>(boxes: &'a [Corners], (low, high): &Corners) -> Vec<&'a Corners> {
    let mut kept: Vec<&Corners> = boxes.iter().collect();
    for k in (0..low.len()).filter(|&k| low[k] >= high[k]) {
        let holds = |b: &&Corners| b.0[k] <= high[k] && low[k] <= b.1[k];
        kept.retain(holds);
        let below: Vec<&Corners> = kept.iter().filter(|b| b.0[k] < high[k]).copied().collect();
        if !below.is_empty() {
            kept = below;
        }
    }
    kept
}

/// Whether boxes cover a box, but for what rounding leaves of its corners. Boxes that come from
/// dividing one again and again can be taken apart by cuts that no box straddles; where there is no
/// such cut, nothing is claimed.
pub fn covers(boxes: &[Corners], whole: &Corners) -> bool {
    let whole = certain(whole);
    let mut open: Vec<(Vec<&Corners>, Corners)> = vec![(at_the_point(boxes, &whole), whole)];
    while let Some((mut boxes, (low, high))) = open.pop() {
        let sides = low.len();
        // A box that only touches the region covers nothing that its neighbours' closure leaves out.
        let overlaps = |b: &&Corners, k: usize| b.0[k] < high[k] && low[k] < b.1[k];
        boxes.retain(|b| (0..sides).all(|k| low[k] >= high[k] || overlaps(b, k)));
        if boxes.iter().any(|b| (0..sides).all(|k| b.0[k] <= low[k] && high[k] <= b.1[k])) {
            continue;
        }
        let clean = |k: usize, cut: f64| {
            low[k] < cut && cut < high[k] && boxes.iter().all(|b| b.1[k] <= cut || cut <= b.0[k])
        };
        let found = boxes
            .iter()
            .flat_map(|b| (0..sides).map(|k| (k, b.1[k])))
            .find(|&(k, cut)| clean(k, cut));
        let Some((k, cut)) = found else { return false };
        let (mut below, mut above) = (high.clone(), low.clone());
        below[k] = cut;
        above[k] = cut;
        let (left, right) = boxes.into_iter().partition(|b| b.1[k] <= cut);
        open.push((left, (low, below)));
        open.push((right, (above, high)));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rounding_of_another_machine_leaves_nothing_uncovered() {
        let whole = (vec![1.0, 1.0], vec![183.492_323_184_431_1, 7.0]);
        let halves =
            |top: f64| vec![(vec![1.0, 1.0], vec![3.0, 7.0]), (vec![3.0, 1.0], vec![top, 7.0])];
        assert!(covers(&halves(183.492_323_184_431_05), &whole));
        assert!(!covers(&halves(183.492_323_1), &whole));
        // a gap between boxes stays one, however small
        let gap = vec![(vec![0.0], vec![1.0]), (vec![1.0 + 1e-15], vec![2.0])];
        assert!(!covers(&gap, &(vec![0.0], vec![2.0])));
        // a whole without width
        assert!(covers(&[(vec![1.0], vec![1.0])], &(vec![1.0], vec![1.0])));
    }

    #[test]
    fn a_slice_is_covered_by_what_it_passes_through() {
        // four boxes of [0, 2]²: the left half is cut at 1, the right one at 0.5
        let boxes: Vec<Corners> = [
            ([0.0, 0.0], [1.0, 1.0]),
            ([0.0, 1.0], [1.0, 2.0]),
            ([1.0, 0.0], [2.0, 0.5]),
            ([1.0, 0.5], [2.0, 2.0]),
        ]
        .map(|(a, b)| (a.to_vec(), b.to_vec()))
        .into();
        for at in [0.0, 0.5, 1.0, 1.5, 2.0] {
            assert!(covers(&boxes, &(vec![at, 0.0], vec![at, 2.0])), "at {at}");
            assert!(covers(&boxes, &(vec![0.0, at], vec![2.0, at])), "across, at {at}");
        }
        assert!(!covers(&boxes, &(vec![2.1, 0.0], vec![2.1, 2.0])));
        // without the box that it passes through, nothing of its neighbours' helps
        assert!(!covers(&boxes[1..], &(vec![0.5, 0.0], vec![0.5, 2.0])));
        assert!(!covers(&boxes[..3], &(vec![1.5, 0.0], vec![1.5, 2.0])));
    }
}
