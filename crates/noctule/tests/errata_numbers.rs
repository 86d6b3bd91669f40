//! The numbers of `docs/errata.md` that no experiment and no other test computes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::f64::consts::PI;

use noctule::beamforming::{self, ArrayShape, Beams};
use noctule::cellfree::association::{Clustering, pilot_groups};
use noctule::frame::{self, Aging, ErrorShape, Placement, Plan, Reference, SinrForm};
use noctule::pilots::{self, Allocation, PilotUse, Sensing};
use noctule::{C64, CMat};
use noctule_num::rng::{ChaCha8Rng, StreamKey, complex_normal, uniform};
use noctule_phy::geometry::Point;
use noctule_phy::multistatic::{
    Paths, common_offset, expected_crb, synchronised, transmitter_offsets,
};
use noctule_phy::one_ring::{PhaseReference, UniformLine};

fn stream(purpose: &str) -> ChaCha8Rng {
    StreamKey::new(1, "errata", purpose, 0).trial(0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sum rate of parallel channels of these gains under water-filling of a total power.
fn water_filling(gains: &[f64], power: f64) -> f64 {
    let mut inverse: Vec<f64> = gains.iter().map(|g| 1.0 / g).collect();
    inverse.sort_by(f64::total_cmp);
    let level = (1..=inverse.len())
        .map(|n| (power + inverse[..n].iter().sum::<f64>()) / n as f64)
        .enumerate()
        .filter(|(n, level)| *level > inverse[*n])
        .last()
        .unwrap()
        .1;
    inverse.iter().map(|i| (level / i).max(1.0).ln()).sum()
}

/// beamforming-e1: without interference and without sensing, four users at the printed numbers of
/// antennas have less than Table I prints for Algorithm 1 with sensing.
#[test]
fn users_alone_do_not_reach_the_rates_of_table_one() {
    let mut rng = stream("table-one");
    let printed = [10.95, 15.07, 18.25, 21.04, 23.61];
    for (i, (antennas, expected)) in
        [(8, 11.96), (16, 14.75), (32, 17.50), (64, 20.29), (128, 23.07)].into_iter().enumerate()
    {
        let rates: Vec<f64> = (0..4000)
            .map(|_| {
                let gains: Vec<f64> = (0..4)
                    .map(|_| {
                        (0..antennas).map(|_| complex_normal(&mut rng, 1.0).norm_sqr()).sum::<f64>()
                    })
                    .collect();
                water_filling(&gains, 10.0)
            })
            .collect();
        let bound = mean(&rates);
        let spread = mean(&rates.iter().map(|r| (r - bound).powi(2)).collect::<Vec<_>>()).sqrt();
        println!(
            "{antennas} antennas: {bound:.3}, standard error of 100 channels {:.3}",
            spread / 10.0
        );
        assert!((bound - expected).abs() < 0.04, "{antennas}: {bound}");
        // Six standard errors of the paper's hundred channels.
        assert_eq!(printed[i] > bound + 0.6 * spread, antennas > 8, "{antennas}: {bound} {spread}");
    }
}

/// beamforming-e3: the same number of antennas in two orientations.
#[test]
fn the_orientation_of_the_arrays_matters() {
    let objective = |horizontal: [usize; 2], vertical: [usize; 2]| {
        let scenario = beamforming::Scenario {
            transmit_array: ArrayShape { horizontal: horizontal[0], vertical: vertical[0] },
            receive_array: ArrayShape { horizontal: horizontal[1], vertical: vertical[1] },
            ..beamforming::Scenario::paper()
        };
        let values: Vec<f64> = (0..10)
            .map(|trial| {
                let instance = scenario.realize(1, trial).unwrap();
                let design =
                    beamforming::design(&instance, &beamforming::Settings::default()).unwrap();
                design.metrics.objective.unwrap()
            })
            .collect();
        mean(&values)
    };
    let (upright, lying) = (objective([4, 5], [8, 8]), objective([8, 10], [4, 4]));
    println!("4 x 8 with 5 x 8: {upright:.2}; 8 x 4 with 10 x 4: {lying:.2}");
    assert!((upright - 2.63).abs() < 0.05 && (lying - 1.25).abs() < 0.05, "{upright} {lying}");
}

/// beamforming-e13: two orthogonal targets, f = −Σ cᵢ/xᵢ with xᵢ = |wᵢ|² and Σ xᵢ = 1. One step of
/// Algorithm 1 with the shift λ = max cᵢ/xᵢ² times a factor.
#[test]
fn the_printed_shift_is_marginal() {
    let c: [f64; 2] = [1.0, 3.0];
    // The optimum has xᵢ proportional to √cᵢ.
    let best = c[0].sqrt() / (c[0].sqrt() + c[1].sqrt());
    let run = |factor: f64, steps: usize| {
        let mut x: [f64; 2] = [0.5, 0.5];
        for _ in 0..steps {
            let slope = [c[0] / (x[0] * x[0]), c[1] / (x[1] * x[1])];
            let shift = factor * slope[0].max(slope[1]);
            let w = [(slope[0] + shift) * x[0].sqrt(), (slope[1] + shift) * x[1].sqrt()];
            let norm = w[0] * w[0] + w[1] * w[1];
            x = [w[0] * w[0] / norm, w[1] * w[1] / norm];
        }
        (x[0] - best).abs()
    };
    for factor in [1.0, 1.5, 2.0] {
        println!("{factor}: {:.1e} after 20, {:.1e} after 200", run(factor, 20), run(factor, 200));
    }
    assert!(run(1.0, 200) > 1e-3 && run(1.0, 20) > 5e-3);
    assert!(run(1.5, 200) < 1e-12 && run(2.0, 200) < 1e-12);
}

/// beamforming-e32: by how much random symbols raise the bound over its value at W Wᴴ.
#[test]
fn random_symbols_cost_accuracy() {
    let instance = beamforming::Scenario::paper().realize(1, 0).unwrap();
    let mut rng = stream("symbols");
    let w = CMat::from_fn(16, 10, |_, _| complex_normal(&mut rng, 0.01 / 160.0));
    let bound = |matrix: CMat| {
        let beams = Beams { matrix, users: 4, subcarriers: 1 };
        beamforming::evaluate(&instance, &beams).unwrap().crb_trace_mixed.unwrap()
    };
    let expected = bound(w.clone());
    for (slots, rise, draws) in [(30_usize, 0.033, 1500), (64, 0.018, 1500)] {
        let values: Vec<f64> = (0..draws)
            .map(|_| {
                let symbols =
                    CMat::from_fn(10, slots, |_, _| complex_normal(&mut rng, 1.0 / slots as f64));
                // W S / √L: its product with its own adjoint is the sample covariance.
                bound(CMat::from_fn(16, slots, |i, l| {
                    (0..10).map(|s| w[(i, s)] * symbols[(s, l)]).sum::<C64>()
                })) / expected
                    - 1.0
            })
            .collect();
        println!("{slots} slots: {:.4}", mean(&values));
        assert!((mean(&values) - rise).abs() < 0.004, "{slots}: {}", mean(&values));
    }
}

/// frame-e2: the trace of a′a′ᴴ for eight antennas at 20°, by where the phase is zero.
#[test]
fn the_sensing_error_depends_on_the_reference() {
    let trace = |reference| -> f64 {
        let (_, slope) = UniformLine::new(8, reference).steering(20_f64.to_radians());
        slope.iter().map(C64::norm_sqr).sum()
    };
    let (first, centre) = (trace(PhaseReference::First), trace(PhaseReference::Centre));
    assert!((first - 152.5).abs() < 0.05 && (centre - 45.8).abs() < 0.05, "{first} {centre}");
}

/// frame-e3: in the fitted set the printed SINR, whose pilot travels through the estimate, against
/// the one whose pilot travels through the channel.
#[test]
fn the_printed_path_of_the_pilot_costs_a_few_per_cent() {
    let rate = |sinr, blocks: f64| {
        let scenario = frame::Scenario {
            noise_dbm: -73.99,
            pilot_snr_db: 0.0,
            echo_snr_db: 10.0 * 5.237_696_455_881_893e-4_f64.log10(),
            crb_limit: frame::CrbLimit::Rad2(0.5),
            aging: Aging::Geometric { correlation: 0.98_f64.sqrt() },
            aging_offset: 1,
            error_shape: ErrorShape::LosUnit,
            phase_reference: Reference::First,
            whole_pilots: false,
            sinr,
            ..frame::Scenario::default()
        };
        let instance = scenario.realize(1, 0).unwrap();
        let plan = Plan {
            sensing_time_s: blocks * instance.block_time_s(),
            placement: Placement::Blocks(vec![35 - blocks as usize]),
        };
        frame::evaluate(&instance, &plan).unwrap().frame_bits_per_hz
    };
    let lower: Vec<f64> = [2.0, 4.0, 8.0, 12.0]
        .map(|blocks| 1.0 - rate(SinrForm::UseAndForget, blocks) / rate(SinrForm::Physical, blocks))
        .to_vec();
    println!("lower by {lower:?}");
    assert!((lower[1] - 0.104).abs() < 0.002 && (lower[3] - 0.037).abs() < 0.002, "{lower:?}");
}

/// frame-e14: if the requirement 0.5 takes more than three blocks, 0.05 takes more than thirty of
/// 35, and no number of updates gains 11.3 % over a single one in what is left. With Φₙ ≥ ρ²⁽ⁿ⁻¹⁾Φ₁
/// (log(1 + ax) ≥ a log(1 + x)) a single update carries at least the sum of those; any design at
/// most its data time at Φ₁. Both lose the same part of the block in which sensing ends.
#[test]
fn two_statements_on_the_sensing_time_contradict_each_other() {
    let pilot = 9.0 / 70.0;
    let mut largest = 0.0_f64;
    for blocks in 1..=5_i32 {
        for part in 0..100 {
            let rest = f64::from(part) / 100.0;
            let single: f64 = (0..blocks).map(|n| 0.98_f64.powi(2 * n)).sum::<f64>() - pilot - rest;
            if single <= 0.0 {
                continue;
            }
            let best = f64::from(blocks) - 2.0 * pilot - rest;
            largest = largest.max(best / single - 1.0);
        }
    }
    assert!(largest < 0.073, "{largest}");
}

/// The published setting with other energies and bandwidth, `share` of twenty symbols downlink.
fn road(share: f64, power_mw: f64, bandwidth_mhz: f64) -> pilots::Scenario {
    pilots::Scenario {
        downlink_share: share,
        pilot_power_mw: power_mw,
        effective_bandwidth_mhz: bandwidth_mhz,
        crb_limit: pilots::CrbLimit::None,
        ..pilots::Scenario::paper()
    }
}

fn equal_shares(instance: &pilots::Instance, pilots: PilotUse) -> pilots::Metrics {
    let users = instance.users();
    let fractions = vec![1.0 / users as f64; 8 * users];
    pilots::evaluate(instance, &Allocation { fractions, users, pilots }).unwrap()
}

/// pilots-e7: one user, two access points, s_dβ = s_dγ = 1 and t = 0.2, from (½, ½) to (1, 0).
#[test]
fn the_linearised_constraint_holds_where_the_constraint_fails() {
    let h = |x: [f64; 2]| {
        let f = x[0] + x[1];
        let z = (x[0].sqrt() + x[1].sqrt()).powi(2) + f;
        0.2 * (1.0 + f) * z - f
    };
    let (from, to) = ([0.5, 0.5], [1.0, 0.0]);
    let slope = |i: usize| {
        let (mut up, mut down) = (from, from);
        up[i] += 1e-6;
        down[i] -= 1e-6;
        (h(up) - h(down)) / 2e-6
    };
    let linear = h(from) + slope(0) * (to[0] - from[0]) + slope(1) * (to[1] - from[1]);
    assert!((linear - 0.2).abs() < 1e-8 && (h(to) + 0.2).abs() < 1e-12, "{linear} {}", h(to));
}

/// pilots-e9 and pilots-e13: what fluctuating energies and unknown clocks cost, full power.
#[test]
fn energies_that_fluctuate_and_unknown_clocks_cost_accuracy() {
    let (mut fluctuating, mut common, mut each) = (vec![], vec![], vec![]);
    let mut rng = stream("energies");
    for trial in 0..50 {
        let instance = road(0.5, 200.0, 20.0).realize(1, trial).unwrap();
        let Some(Sensing::Placed { points, users, radar }) = &instance.parts().sensing else {
            unreachable!()
        };
        for user in users {
            let paths = Paths::new(points, *user, radar).unwrap();
            let energies = vec![instance.parts().downlink_energy / 2.0; points.len()];
            let weights = paths.length_information(&energies);
            let bound = synchronised(&weights, paths.directions()).crb().unwrap();
            common.push(common_offset(&weights, paths.directions()).crb().unwrap() / bound);
            let offsets = transmitter_offsets(&weights, paths.directions(), points.len());
            each.push(offsets.crb().unwrap() / bound);
            if trial < 20 {
                let information = paths.information();
                let expected = expected_crb(&information, &energies, 2000, &mut rng).unwrap();
                fluctuating.push(expected / bound);
            }
        }
    }
    let (fluctuating, common, each) = (mean(&fluctuating), median(common), median(each));
    println!("{fluctuating:.3} {common:.3} {each:.3}");
    assert!((fluctuating - 1.36).abs() < 0.06, "{fluctuating}");
    assert!((common - 1.20).abs() < 0.06 && (each - 2.4).abs() < 0.5, "{common} {each}");
}

/// pilots-e10: mean bounds of equal shares with the effective bandwidth of a flat spectrum.
#[test]
fn a_flat_spectrum_does_not_reach_one_square_metre() {
    for (share, expected) in [(0.2, 10.8), (0.5, 4.33), (0.8, 2.71)] {
        let scenario = road(share, 200.0, 20.0 / 12_f64.sqrt());
        let bounds: Vec<f64> = (0..100)
            .map(|trial| {
                let instance = scenario.realize(1, trial).unwrap();
                equal_shares(&instance, PilotUse::Downlink).mean_crb_m2.unwrap()
            })
            .collect();
        println!("share {share}: {:.2} m²", mean(&bounds));
        assert!((mean(&bounds) / expected - 1.0).abs() < 0.12, "{share}: {}", mean(&bounds));
    }
}

/// pilots-e18: orders of magnitude that downlink pilots gain at 5:5, and the bound on positions, against a height that the
/// paper does not print.
#[test]
fn the_height_of_access_points_decides_the_gain_of_downlink_pilots() {
    let at = |height: f64| {
        let mut scenario = road(0.5, 200.0, 20.0);
        scenario.path_loss.access_point_height_m = height;
        let (mut none, mut full, mut bound) = (vec![], vec![], vec![]);
        for trial in 0..60 {
            let instance = scenario.realize(1, trial).unwrap();
            let here = equal_shares(&instance, PilotUse::Downlink);
            full.push(here.worst_error);
            bound.push(here.mean_crb_m2.unwrap());
            none.push(equal_shares(&instance, PilotUse::UplinkOnly).worst_error);
        }
        ((mean(&none) / mean(&full)).log10(), mean(&bound))
    };
    let bound = at(15.0).1;
    for (height, orders) in [(2.0, 1.51), (3.0, 1.76), (5.0, 2.07), (15.0, 2.74)] {
        let (gain, here) = at(height);
        println!("{height} m: {gain:.2} orders, {here:.3} m²");
        assert!((gain - orders).abs() < 0.1, "{height} m: {gain}");
        assert!((here - bound).abs() < 1e-9 && here < 1.0, "{height} m: {here} {bound}");
    }
}

/// surfaces-e4: a far first surface and a second one near the target, at spatial frequencies that
/// satisfy (14); printed path model, equal split of the elements.
#[test]
fn a_second_surface_can_lower_the_bound() {
    let site = |at_base: f64, at_user: f64| {
        let (b, u) = (at_base.asin().tan(), at_user.asin().tan());
        let x = 100.0 * u / (b + u);
        [x, x * b]
    };
    let (near_base, near_user) = (site(0.196, 0.05), site(-0.054, -0.95));
    let loss = |from: [f64; 2], to: [f64; 2]| {
        1.0 / ((from[0] - to[0]).powi(2) + (from[1] - to[1]).powi(2))
    };
    let (base, target) = ([0.0, 0.0], [100.0, 0.0]);
    // 1/CRB is proportional to max ρ_IT² · Σ ρ_BI² N_k², (17) in (25).
    let one = loss(near_base, target) * loss(base, near_base);
    let two = loss(near_base, target).max(loss(near_user, target))
        * (loss(base, near_base) + loss(base, near_user))
        / 4.0;
    let fall_db = 10.0 * (two / one).log10();
    assert!((fall_db - 17.28).abs() < 0.01, "{near_base:?} {near_user:?}: {fall_db} dB");
}

/// The path loss (1) as a power gain, distances in kilometres and 10 m at least.
fn power_gain(a: [f64; 2], b: [f64; 2]) -> f64 {
    let d = ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt().max(0.01);
    10_f64.powf(-(128.1 + 37.6 * d.log10()) / 10.0)
}

/// cellfree-e9, cellfree-e10 and cellfree-e16: the setting of Table I.
#[test]
fn table_one_has_faint_reflections_and_uneven_clusters() {
    let mut rng = stream("table-i");
    let mut place = || [uniform(&mut rng, 0.0, 2.0), uniform(&mut rng, 0.0, 2.0)];
    let (mut below, mut sizes) = (vec![], std::collections::BTreeMap::new());
    for _ in 0..40 {
        let aps: Vec<[f64; 2]> = (0..6).map(|_| place()).collect();
        let users: Vec<[f64; 2]> = (0..9).map(|_| place()).collect();
        let targets: Vec<[f64; 2]> = (0..3).map(|_| place()).collect();
        for ap in &aps {
            for user in &users {
                let reflected: f64 = targets
                    .iter()
                    .map(|t| 0.64 * power_gain(*user, *t) * power_gain(*t, *ap))
                    .sum();
                below.push(10.0 * (reflected / power_gain(*user, *ap)).log10());
            }
        }
        let points: Vec<Point> = users.iter().map(|u| Point::new(1e3 * u[0], 1e3 * u[1])).collect();
        let groups = pilot_groups(&points, 5, Clustering::Farthest);
        let mut size: Vec<usize> = groups.iter().map(Vec::len).collect();
        size.sort_unstable();
        *sizes.entry(size).or_insert(0) += 1;
    }
    let largest = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let typical = median(below);
    println!("reflections: {typical:.0} dB, at most {largest:.0} dB; {sizes:?}");
    assert!(typical < -105.0 && typical > -120.0 && largest < -50.0, "{typical} {largest}");
    assert!(sizes.keys().any(|size| size[0] == 1 && size[4] >= 3), "{sizes:?}");
    // |dβ/dd| = 1.88 β/d turns a standard deviation of −80 dB into metres.
    let metres = |km: f64| 1e-8 * 1e3 * km / (1.88 * power_gain([0.0, 0.0], [km, 0.0]).sqrt());
    assert!((metres(0.1) - 0.018).abs() < 5e-4 && (metres(2.0) - 100.0).abs() < 1.0);
}

/// frame-e8: Jakes' law against powers of its first value.
#[test]
fn powers_of_the_first_value_are_not_jakes_law() {
    // J0(x) = 0.98
    let doppler_blocks = 0.283_548_3 / (2.0 * PI);
    let law = noctule_phy::aging::jakes(doppler_blocks, 6, 0);
    assert!((law[1] - 0.98).abs() < 1e-5 && (law[5].powi(2) - 0.31).abs() < 0.01, "{law:?}");
    assert!((0.98_f64.powi(10) - 0.82).abs() < 0.005);
}
