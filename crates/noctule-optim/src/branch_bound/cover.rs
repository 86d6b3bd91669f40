//! Whether parts cover the whole.

/// A box: its lower and its upper corner.
pub type Corners = (Vec<f64>, Vec<f64>);

/// Whether boxes cover a box. Boxes that come from dividing one again and again can be taken apart
/// by cuts that no box straddles; where there is no such cut, nothing is claimed.
pub fn covers(boxes: &[Corners], whole: &Corners) -> bool {
    let mut open: Vec<(Vec<&Corners>, Corners)> = vec![(boxes.iter().collect(), whole.clone())];
    while let Some((boxes, (low, high))) = open.pop() {
        let sides = low.len();
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
