//! The split of the paper against its printed formulas.

use noctule_num::rng::{StreamKey, complex_normal};

use super::*;
use crate::cellfree::baselines::{MajorisationSettings, majorisation};
use crate::cellfree::model::Roles;
use crate::cellfree::{EstimatorKind, RequirementSpec, Scenario};
use crate::system::Run;

fn drop(reflection_gain_db: f64, power_over_noise_db: f64) -> Instance {
    Scenario {
        aps: 3,
        antennas: 4,
        users: 3,
        targets: 2,
        pilot_symbols: 2,
        reflection_gain_db,
        power_over_noise_db,
        estimator: EstimatorKind::Joint,
        requirement: RequirementSpec::ErrorOverBest(1.5),
        ..Scenario::default()
    }
    .realize(3, 0)
    .unwrap()
}

fn random(instance: &Instance, entity: u64) -> Beams {
    let mut rng = StreamKey::new(1, "test", "split", entity).trial(0);
    let mut beams = Beams::silent(instance);
    let rows = beams.data.rows();
    beams.data = CMat::from_fn(rows, instance.users(), |_, _| complex_normal(&mut rng, 0.05));
    beams
}

/// `C_k` (43) as printed, the first `w` conjugated: with `left = right` its value.
fn printed(instance: &Instance, user: usize, left: &Beams, right: &Beams) -> f64 {
    let (aps, n) = (instance.aps(), instance.antennas());
    let theta = instance.parts().error[user].dense();
    let p = &instance.parts().power_over_noise;
    let mut sum = 0.0;
    for k in 0..instance.users() {
        let (a, b) = (left.data.col(k), right.data.col(k));
        for m in 0..aps {
            for other in m + 1..aps {
                let seen = |w: &[C64]| -> Vec<C64> {
                    (0..n)
                        .map(|j| {
                            let at = |i: usize| theta[(m * n + i, other * n + j)].conj();
                            (0..n).map(|i| at(i) * w[m * n + i]).sum()
                        })
                        .collect()
                };
                sum += p[m] * real_dot(&seen(a), &seen(b));
                let rows = other * n..(other + 1) * n;
                sum += p[other] * real_dot(&a[rows.clone()], &b[rows]);
            }
        }
    }
    sum
}

fn step(instance: &Instance, at: &Beams, split: Split) -> Step {
    let model = Model::new(instance, Roles::Sensing(1));
    let dim = model.dim();
    let mut step = Step::new(model, 1.0, &vec![C64::ZERO; dim]);
    step.prepare(instance, at, split).unwrap();
    step
}

/// With the split, `B_k − C̃_k` stands for `A_k`: the surrogates differ by `Σ |g_k|² (C_k − C̃_k)`.
#[test]
fn the_split_is_the_printed_one() {
    let instance = drop(115.0, 60.0);
    let (at, here) = (random(&instance, 0), random(&instance, 1));
    let transform = quadratic_transform(&instance, &at).unwrap();
    let (plain, split) =
        (step(&instance, &at, Split::None), step(&instance, &at, Split::AsPrinted));
    let x = plain.model.point(&here);
    let found = split.surrogate(&x, None) - plain.surrogate(&x, None);
    let mut expected = 0.0;
    for k in 0..instance.users() {
        // C̃ (53) is C at the last beams and twice the real part of the first-order change.
        let tangent = 2.0 * printed(&instance, k, &at, &here) - printed(&instance, k, &at, &at);
        let value = printed(&instance, k, &here, &here);
        expected += transform.g[k].norm_sqr() * (value - tangent);
    }
    assert!(expected > 0.0 && (found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
    // Its gradient is the numeric one.
    let mut gradient = vec![C64::ZERO; x.len()];
    split.surrogate(&x, Some(&mut gradient));
    for at in [0, 5, 9, 17] {
        let h = 1e-6;
        let moved = |by: f64| {
            let mut x = x.clone();
            x[at] += C64::from(by);
            split.surrogate(&x, None)
        };
        let numeric = (moved(h) - moved(-h)) / (2.0 * h);
        let far = (gradient[at].re - numeric).abs();
        assert!(far < 1e-5 * (1.0 + numeric.abs()), "{} {numeric}", gradient[at].re);
    }
}

/// `docs/errata.md#cellfree-e5`: the first access point moves, the others do not.
#[test]
fn the_split_freezes_all_but_the_first() {
    let instance = drop(0.0, 125.0);
    let run = |split, max_steps| {
        let settings = MajorisationSettings { split, max_steps, ..Default::default() };
        majorisation(&instance, &settings, &Run::default()).unwrap()
    };
    let (plain, split) = (run(Split::None, 8), run(Split::AsPrinted, 8));
    let (rate, held) = (plain.metrics.sum_rate_bps_hz, split.metrics.sum_rate_bps_hz);
    assert!(rate > held, "{rate} {held}");
    let (before, after) = (run(Split::AsPrinted, 1), run(Split::AsPrinted, 2));
    let moved = |ap: usize| -> f64 {
        (0..3)
            .flat_map(|k| (ap * 4..(ap + 1) * 4).map(move |i| (i, k)))
            .map(|at| (before.variables.data[at] - after.variables.data[at]).norm_sqr())
            .sum::<f64>()
            .sqrt()
    };
    let all = [moved(0), moved(1), moved(2)];
    assert!(all[1].max(all[2]) < 1e-3 * all[0], "{all:?}");
}
