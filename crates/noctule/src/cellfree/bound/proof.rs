//! What branch and bound keeps of its regions, so that its bound can be computed again without it.

use std::collections::BTreeMap;
use std::rc::Rc;

/// So many numbers are handed out as a proof; more would be a file of their own.
const MOST_NUMBERS: usize = 1_000_000;

/// What proves the bound of a region: multipliers, which prove something of any region.
#[derive(Clone, Debug)]
pub(super) struct Proven {
    pub(super) t: Vec<f64>,
    pub(super) slope: Vec<f64>,
    pub(super) prices: Vec<f64>,
    pub(super) lags: Vec<f64>,
    pub(super) bound: f64,
}

/// A box that was not divided further, and what proves its bound.
pub(super) type Leaf = (Vec<f64>, Vec<f64>, Option<Rc<Proven>>);

/// The multipliers of all leaves; `left_out` where one is not bounded or there are too many.
pub(super) fn numbers(leaves: &[Leaf], price: f64) -> BTreeMap<String, Vec<f64>> {
    let proven: Option<Vec<&Proven>> = leaves.iter().map(|leaf| leaf.2.as_deref()).collect();
    let size = |p: &&Proven| 4 * p.t.len() + p.prices.len() + p.lags.len();
    let fits = |all: &Vec<&Proven>| all.iter().map(size).sum::<usize>() <= MOST_NUMBERS;
    let Some(proven) = proven.filter(fits) else {
        return [("left_out".to_owned(), vec![leaves.len() as f64])].into();
    };
    let list = |of: &dyn Fn(&Proven) -> &[f64]| -> Vec<f64> {
        proven.iter().flat_map(|proven| of(proven).iter().copied()).collect()
    };
    [
        ("low", leaves.iter().flat_map(|leaf| leaf.0.iter().copied()).collect()),
        ("high", leaves.iter().flat_map(|leaf| leaf.1.iter().copied()).collect()),
        ("slope", list(&|proven| &proven.slope)),
        ("t", list(&|proven| &proven.t)),
        ("price", list(&|proven| &proven.prices)),
        ("lags", list(&|proven| &proven.lags)),
        ("error_price", vec![price]),
    ]
    .map(|(name, list)| (name.to_owned(), list))
    .into()
}
