//! What must hold for any frame: agreement with brute force, invariances, monotonicity, edges,
//! simulations, and damaged input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod common;
mod edges;
mod loops;

use noctule::frame::baselines::{even_split, every_block, grid, random_blocks, single_update};
use noctule::frame::model::Statistics;
use noctule::frame::placement::Pattern;
use noctule::frame::search::search;
use noctule::frame::simulate::{PilotPath, simulate};
use noctule::frame::{
    Aging, CrbLimit, FrameDesign, GridSettings, Instance, Parts, Placement, Plan, Scenario,
    Settings, SinrForm, UserSpec, Users, design, evaluate, surface, verify,
};
use noctule::{Certify, Error, Run};

use crate::common::{fitted, random_scenario, value};

/// The search against brute force on a grid of 1 µs with exact placement, which shares neither
/// bounds nor the reduced space. Two hundred scenarios here; a thousand with
/// `NOCTULE_FRAME_SCENARIOS=1000`.
#[test]
fn no_grid_beats_the_search_and_no_bound_is_beaten() {
    let count: u64 =
        std::env::var("NOCTULE_FRAME_SCENARIOS").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let settings = Settings { certify: Certify::YES.within(1e-7), ..Settings::default() };
    let (mut infeasible, mut open, mut above, mut most, mut gap) = (0, 0, 0.0_f64, 0, 0.0_f64);
    for case in 0..count {
        let scenario = random_scenario(case);
        let instance = scenario.realize(7, case).unwrap();
        let best = design(&instance, &settings).unwrap();
        let brute = grid(&instance, &GridSettings::default(), &Run::default()).unwrap();
        assert_eq!(best.proof.infeasible.is_some(), brute.proof.infeasible.is_some(), "{case}");
        if best.proof.infeasible.is_some() {
            infeasible += 1;
            continue;
        }
        let (ours, theirs) = (value(&best), value(&brute));
        let unit = ours.abs().max(1e-9);
        let bound = best.proof.bound.as_ref().unwrap();
        let upper = bound.value * instance.blocks() as f64 * instance.block_time_s();
        assert!(ours >= theirs - 1e-7 * unit, "{case}: {ours} below {theirs}: {scenario:?}");
        assert!(upper >= theirs - 1e-12 * unit, "{case}: {bound:?} {theirs}: {scenario:?}");
        assert!(ours <= upper + 1e-12 * unit, "{case}");
        if !best.proof.is_global(1.01e-7) {
            open += 1;
            println!(
                "{case}: gap {:.1e} after {} samples, {:?}, {:?}, pilot {:.0} dB, rate {ours:.2e}, times {} {}",
                bound.gap_rel,
                best.work.evaluations,
                scenario.sinr,
                scenario.error_shape,
                scenario.pilot_snr_db,
                best.metrics.sensing_blocks,
                scenario.blocks
            );
        }
        gap = gap.max(bound.gap_rel);
        above = above.max((ours - theirs) / unit);
        most = most.max(best.work.evaluations);
        let witness = verify(&instance, &best.variables).unwrap();
        assert!(witness.violation <= 1e-9, "{case}: {}", witness.violation);
        let mismatch = witness.mismatch(best.metrics.sum_rate_bps_hz);
        assert!(mismatch < 1e-9, "{case}: {mismatch:e} {scenario:?}");
    }
    println!(
        "{count} scenarios: {infeasible} infeasible, {open} with an open gap (largest {gap:.1e}), \
         search above the grid by at most {above:.1e}, at most {most} samples"
    );
    assert!(infeasible < count / 2 && open * 12 <= count as usize);
}

#[test]
fn block_boundaries_are_not_enough() {
    // Fig. 5: four blocks for M = 1, 7, 8, but 3.589 blocks for M = 20.
    let instance = fitted(0.5).realize(1, 0).unwrap();
    for (updates, blocks) in [(1, 4.0), (7, 4.0), (8, 4.0), (20, 3.589)] {
        let settings = Settings { updates: Some(updates), ..Settings::default() };
        let best = design(&instance, &settings).unwrap();
        assert!(
            (best.metrics.sensing_blocks - blocks).abs() < 5e-3,
            "{updates}: {}",
            best.metrics.sensing_blocks
        );
        assert!(best.proof.is_global(1e-8));
        if updates == 20 {
            let four = [4.0 * instance.block_time_s()];
            let there = surface(&instance, &four, 20).unwrap().frame_bits_per_hz[0][19];
            let gain = value(&best) / there - 1.0;
            assert!((gain - 0.00084).abs() < 2e-5, "{gain}");
        }
    }
}

#[test]
fn concavity_fails_where_errors_are_large() {
    // E9: below one block of sensing the rate of the fitted set is not concave in the time.
    let instance = fitted(0.5).realize(1, 0).unwrap();
    let block = instance.block_time_s();
    let convex = |low: f64, high: f64| {
        let times: Vec<f64> =
            (0..40).map(|i| (low + (high - low) * f64::from(i) / 39.0) * block).collect();
        let rates = surface(&instance, &times, 7).unwrap().frame_bits_per_hz;
        let rate: Vec<f64> = rates.iter().map(|row| row[6]).collect();
        rate.windows(3).filter(|w| w[0] + w[2] - 2.0 * w[1] > 1e-12).count()
    };
    assert!(convex(0.03, 0.99) > 0);
    assert_eq!(convex(2.01, 2.99), 0);
}

#[test]
fn jakes_defeats_the_even_split() {
    // E7: N_t = 30, M = 3, J0 = 0.98 at one block.
    let doppler_blocks = 0.283_548_3 / std::f64::consts::TAU;
    let speed_kmh = doppler_blocks / 70e-6 * 299_792_458.0 / 28e9 * 3.6;
    let scenario = Scenario {
        blocks: 31,
        aging: Aging::Jakes { speed_kmh, carrier_ghz: 28.0 },
        crb_limit: CrbLimit::Deg2(0.8),
        ..Scenario::default()
    };
    let instance = scenario.realize(1, 0).unwrap();
    assert!((instance.parts().aging[0][1] - 0.98).abs() < 1e-5);
    let settings = Settings { updates: Some(3), ..Settings::default() };
    let best = design(&instance, &settings).unwrap();
    let even = even_split(&instance, &settings, &Run::default()).unwrap();
    let gain = value(&best) / value(&even) - 1.0;
    println!("free placement {:?} gains {:.2} %", best.variables.placement, 100.0 * gain);
    assert!(gain > 0.02, "{gain}");
    assert!(best.proof.is_global(1e-8) && even.proof.is_global(1e-8));
}

#[test]
fn baselines_are_never_better() {
    for case in 100..130 {
        let instance = random_scenario(case).realize(7, case).unwrap();
        let settings = Settings::default();
        let run = Run::default();
        let best = design(&instance, &settings).unwrap();
        if best.proof.infeasible.is_some() {
            continue;
        }
        let room = 1e-8 * value(&best).abs() + 1e-15;
        for scheme in [single_update, every_block, even_split, random_blocks] {
            let other = scheme(&instance, &settings, &run).unwrap();
            assert!(value(&other) <= value(&best) + room, "{case}");
            let witness = verify(&instance, &other.variables).unwrap();
            assert!(
                witness.mismatch(other.metrics.sum_rate_bps_hz) < 1e-9 && witness.violation < 1e-9
            );
        }
        let one = search(&instance, Pattern::Updates(1), &settings, &run).unwrap();
        let single = single_update(&instance, &settings, &run).unwrap();
        assert!((value(&one) - value(&single)).abs() <= room);
    }
}

#[test]
fn looser_requirements_and_less_noise_never_hurt() {
    for sinr in SinrForm::ALL {
        let rate = |limit: f64, noise_dbm: f64| {
            let crb_limit = CrbLimit::Deg2(limit);
            let scenario = Scenario { crb_limit, noise_dbm, sinr, ..Scenario::default() };
            value(&design(&scenario.realize(1, 0).unwrap(), &Settings::default()).unwrap())
        };
        let limits = [0.03, 0.05, 0.08, 0.2, 0.5, 3.0];
        for pair in limits.windows(2) {
            assert!(rate(pair[1], -74.0) >= rate(pair[0], -74.0) * (1.0 - 1e-9));
        }
        for pair in [-60.0, -74.0, -84.0, -104.0].windows(2) {
            assert!(rate(0.1, pair[1]) >= rate(0.1, pair[0]) * (1.0 - 1e-9));
        }
    }
}

#[test]
fn users_may_be_named_in_any_order_and_units_do_not_matter() {
    for case in 200..215 {
        let scenario = random_scenario(case);
        let instance = scenario.realize(7, case).unwrap();
        let base = design(&instance, &Settings::default()).unwrap();
        let changed = |change: &dyn Fn(&mut Parts)| {
            let mut parts = instance.parts().clone();
            change(&mut parts);
            design(&Instance::new(parts).unwrap(), &Settings::default()).unwrap()
        };
        let same = |other: &FrameDesign, factor: f64, what: &str| {
            let room = 3e-9 * value(&base).abs() + 1e-15;
            assert!((value(other) / factor - value(&base)).abs() <= room, "{case} {what}");
            assert_eq!(other.proof.infeasible.is_some(), base.proof.infeasible.is_some());
        };
        same(
            &changed(&|p| {
                p.users.reverse();
                p.aging.reverse();
            }),
            1.0,
            "order",
        );
        same(
            &changed(&|p| {
                p.users.iter_mut().for_each(|u| {
                    u.power_w *= 1e3;
                    u.noise_w *= 1e3;
                });
            }),
            1.0,
            "milliwatts",
        );
        same(
            &changed(&|p| {
                p.users.iter_mut().for_each(|u| {
                    u.gain *= 1e10;
                    u.noise_w *= 1e10;
                    u.pilot_snr /= 1e10;
                });
            }),
            1.0,
            "gain",
        );
        // A second is a second: ten times longer symbols carry ten times the bits per hertz.
        same(&changed(&|p| p.symbol_time_s *= 10.0), 10.0, "time");
        // The factor on the bound is a factor on the echo.
        same(
            &changed(&|p| {
                p.crb_scale *= 7.0;
                p.users.iter_mut().for_each(|u| u.echo_snr *= 7.0);
            }),
            1.0,
            "scale",
        );
    }
}

/// Proposition 1 and its physical form against channels, pilots and beams that are drawn.
#[test]
fn simulations_confirm_the_closed_forms() {
    let scenario = Scenario {
        transmit_antennas: 6,
        angular_spread_deg: 8.0,
        users: Users::Fixed(
            [-35.0, 10.0, 20.0]
                .map(|angle_deg| UserSpec { angle_deg, ..Default::default() })
                .to_vec(),
        ),
        noise_dbm: -84.0,
        pilot_snr_db: 3.0,
        crb_limit: CrbLimit::Deg2(3.0),
        ..Scenario::default()
    };
    let instance = scenario.realize(1, 0).unwrap();
    // An unprojected prior under both paths; a projected one only for the true path.
    for (time, paths) in [
        (60.0 * 70e-6, &[PilotPath::Believed, PilotPath::True][..]),
        (0.05 * 70e-6, &[PilotPath::True][..]),
    ] {
        let statistics = Statistics::new(&instance, time).unwrap();
        for &path in paths {
            let form = match path {
                PilotPath::Believed => SinrForm::UseAndForget,
                PilotPath::True => SinrForm::Physical,
            };
            let exact = statistics.sinr(&instance, form).unwrap();
            for age in [0, 7] {
                let seen = simulate(&instance, time, age, path, 40_000, (3, 0)).unwrap();
                for (k, user) in seen.iter().enumerate() {
                    let aged = exact[k] * instance.parts().aging[k][age].powi(2);
                    let error = (user.sinr - aged) / user.sinr_standard_error;
                    assert!(error.abs() < 4.5, "{path:?} {age} {k}: {} {aged}", user.sinr);
                    // Only a bound: a user that knows its gain decodes more.
                    let bound = aged.ln_1p() / std::f64::consts::LN_2;
                    assert!(user.informed_rate_bps_hz > bound + 4.0 * user.informed_standard_error);
                }
            }
        }
    }
}

#[test]
fn a_projected_prior_is_no_covariance_to_subtract() {
    // E5: under the beliefs of the paper what is left of the channel has a negative eigenvalue.
    let mut parts = fitted(0.5).realize(1, 0).unwrap().parts().clone();
    parts.users.iter_mut().for_each(|user| user.pilot_snr *= 100.0);
    let instance = Instance::new(parts).unwrap();
    let found = simulate(&instance, 4.0 * 70e-6, 0, PilotPath::Believed, 100, (1, 0));
    assert!(matches!(found, Err(Error::Input(_))), "{found:?}");
    assert!(simulate(&instance, 4.0 * 70e-6, 0, PilotPath::True, 100, (1, 0)).is_ok());
}

#[test]
fn the_surface_is_what_plans_achieve() {
    for case in 300..312 {
        let instance = random_scenario(case).realize(7, case).unwrap();
        let block = instance.block_time_s();
        let times = [0.4 * block, block, 1.6 * block];
        let surface = surface(&instance, &times, 4).unwrap();
        for (time, row) in times.iter().zip(&surface.frame_bits_per_hz) {
            for (m, &rate) in row.iter().enumerate() {
                let data = instance.blocks() - instance.split_sensing(*time).0;
                let mut counts = vec![1; m + 1];
                counts[0] = data - m;
                let plan = Plan { sensing_time_s: *time, placement: Placement::Blocks(counts) };
                let some = evaluate(&instance, &plan).unwrap().frame_bits_per_hz;
                assert!(rate >= some - 1e-9 * some.abs(), "{case}: {rate} {some}");
            }
        }
    }
}

#[test]
fn a_design_takes_few_samples() {
    // Speed as counts: samples of five or three eigenproblems each.
    let samples = |scenario: &Scenario| {
        let instance = scenario.realize(1, 0).unwrap();
        let found = design(&instance, &Settings::default()).unwrap();
        assert!(found.proof.is_global(1e-8));
        found.work.evaluations
    };
    for limit in [0.05, 0.1, 0.5] {
        let base = Scenario { crb_limit: CrbLimit::Deg2(limit), ..Scenario::default() };
        assert!(samples(&base) <= 20, "{}", samples(&base));
        assert!(samples(&fitted(limit)) <= 60, "{}", samples(&fitted(limit)));
    }
}
