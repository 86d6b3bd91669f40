//! Theorem 2 by its optimality conditions, and at its edges.

use super::*;
use proptest::prelude::*;

proptest! {
    /// The conditions of Karush, Kuhn and Tucker, with multipliers read off the allocation: no
    /// small exchange of power between streams and sensing signal helps and stays feasible.
    #[test]
    fn no_feasible_exchange_helps(
        gains in prop::collection::vec(-2.0..3.0_f64, 2..9),
        weights in prop::collection::vec(-3.0..1.0_f64, 8),
        share in 0.0..1.0_f64,
    ) {
        let gains: Vec<f64> = gains.iter().map(|e| 10_f64.powf(*e)).collect();
        let weights: Vec<f64> =
            weights[..gains.len()].iter().map(|e| 10_f64.powf(*e)).collect();
        let total: f64 = weights.iter().sum();
        let required = share * total;
        let mut allocator = Allocator::new(8);
        let found = allocator.allocate(&gains, &weights, 1.0, required).unwrap();
        let mut all = allocator.powers().to_vec();
        all.push(found.sensing_power);
        let mut sensing = weights.clone();
        sensing.push(total);
        prop_assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-10);
        prop_assert!(all.iter().all(|p| *p >= 0.0));
        prop_assert!(sum_product(&sensing, &all) >= required * (1.0 - 1e-11));
        // weak duality, with the sum written out: nothing feasible is above, and the prices
        // of the allocation close the gap
        let bound = dual_bound(&gains, &weights, 1.0, required, found.prices);
        prop_assert!(bound >= found.rate_nats - 1e-12 * found.rate_nats.max(1.0));
        prop_assert!(bound <= found.rate_nats + 1e-9 * found.rate_nats.max(1e-3),
            "{:?} {}", found, bound);
        let rate = |p: &[f64]| -> f64 {
            gains.iter().zip(p).map(|(g, p)| (g * p).ln_1p()).sum()
        };
        // exchanges among three directions keep power and requirement: solve for two of them
        let n = all.len();
        for i in 0..n {
            for j in 0..n {
                for k in 0..n {
                    if i == j || j == k || i == k || (sensing[i] - sensing[j]).abs() < 1e-9 {
                        continue;
                    }
                    let step = 1e-4 * all[k];
                    // take `step` from k, give x to i and step − x to j with the same sensing
                    let x = step * (sensing[k] - sensing[j]) / (sensing[i] - sensing[j]);
                    let mut moved = all.clone();
                    moved[k] -= step;
                    moved[i] += x;
                    moved[j] += step - x;
                    if moved.iter().all(|p| *p >= 0.0) {
                        prop_assert!(rate(&moved) <= found.rate_nats + 1e-9,
                            "{:?} {} {} {}", found, i, j, k);
                    }
                }
            }
        }
    }
}

#[test]
fn edges() {
    let mut allocator = Allocator::default();
    // the whole power is needed for sensing
    let all = allocator.allocate(&[3.0, 4.0], &[1.0, 2.0], 2.0, 6.0).unwrap();
    assert!(all.case == Case::I && all.rate_nats.abs() < 1e-9);
    assert!((all.sensing_power - 2.0).abs() < 1e-9);
    assert_eq!(allocator.allocate(&[3.0, 4.0], &[1.0, 2.0], 2.0, 6.001), None);
    // one path carries all sensing: a sensing signal is as good as its stream
    let one = allocator.allocate(&[3.0, 4.0], &[1.0, 0.0], 1.0, 0.9).unwrap();
    assert_eq!(one.case, Case::III);
    assert!((allocator.powers()[0] - 0.9).abs() < 1e-9);
    // a stream without gain
    let dead = allocator.allocate(&[0.0, 4.0], &[1.0, 0.5], 1.0, 1.2).unwrap();
    assert!(dead.case == Case::I && allocator.powers()[0].abs() < 1e-15);
    let none = allocator.allocate(&[0.0, 0.0], &[1.0, 0.5], 1.0, 1.2).unwrap();
    assert!(none.rate_nats.abs() < 1e-15 && none.sensing_power >= 0.8);
    // no requirement, no weights
    let free = allocator.allocate(&[1.0, 1.0], &[0.0, 0.0], 1.0, 0.0).unwrap();
    assert_eq!(free.case, Case::II);
    // the stream that lights the target hardly carries data, or none that counts
    for gain in [1e-12, 1e-18, 1e-25, 1e-100, 1e-200, 1e-310] {
        let (gains, weights) = ([gain, 1.0], [1.0, 0.0]);
        let found = allocator.allocate(&gains, &weights, 1.0, 0.5).unwrap();
        let p = allocator.powers();
        assert!(p[0] + found.sensing_power >= 0.5 * (1.0 - 1e-11), "{gain} {found:?} {p:?}");
        assert!(p[0] + p[1] + found.sensing_power <= 1.0 + 1e-11);
        assert!((found.rate_nats - 1.5_f64.ln()).abs() < 1e-11, "{gain} {found:?}");
        let bound = dual_bound(&gains, &weights, 1.0, 0.5, found.prices);
        assert!(bound >= found.rate_nats - 1e-12, "{gain} {bound}");
    }
    let single = allocator.allocate(&[50.0], &[2.0], 1.0, 1.9).unwrap();
    assert!((single.rate_nats - 51_f64.ln()).abs() < 1e-12);
}
