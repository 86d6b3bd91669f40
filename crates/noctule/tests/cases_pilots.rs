//! Reference cases of `pilots`, computed independently of this library.
//!
//! Every file under `tests/cases/pilots` must be listed in `SHA256SUMS`, must be read to its last
//! field, and must pass with its own tolerance. `NOCTULE_CASES=<folder>` runs further files of the
//! same kinds (their names begin with `p` and a number; without the list). Every file that cannot be
//! read or does not pass is named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod reference;

use noctule::pilots::baselines::{
    Linearisation, Share, full_power, least_power_printed, no_downlink, printed_error, theta_conic,
};
use noctule::pilots::design::least_power_to_locate;
use noctule::pilots::interior::Normalised;
use noctule::pilots::{
    Allocation, CrbLimit, Instance, LeastPowerSettings, Parts, PilotUse, Scenario, Sensing,
    Settings, best_crb, design, evaluate, least_power, verify,
};
use noctule::{C64, CMat, Interrupt};
use noctule_phy::geometry::Point;
use noctule_phy::multistatic::{
    Information, LIGHT_M_S, Paths, Radar, common_offset, synchronised, transmitter_offsets,
};
use noctule_phy::path_loss::three_slope::ThreeSlope;
use noctule_phy::units::{db_from_linear, linear_from_db};
use serde_json::Value;

use reference::Fields;

/// Number of files in the repository; a lost file must not go unnoticed.
const FILES: usize = 17;

#[test]
fn the_list_matches_the_files() {
    reference::the_list_matches_the_files("pilots", FILES);
}

#[test]
fn every_case_passes() {
    reference::every_case("pilots", FILES, case);
}

/// The kinds, the first three letters of a case's name.
const KINDS: [&str; 14] = [
    "p01", "p02", "p03", "p04", "p05", "p06", "p07", "p08", "p09", "p10", "p11", "p12", "p13",
    "p14",
];

fn case(name: &str, document: Value) {
    let told = document["name"].as_str().unwrap_or(name).to_owned();
    let kind = told.get(..3).unwrap_or(&told).to_owned();
    if !KINDS.contains(&kind.as_str()) {
        reference::unknown(&told, &KINDS);
    }
    let mut case = Fields::new(&told, document);
    for remark in ["name", "paper", "description", "how_obtained"] {
        case.text(remark);
    }
    let mut check =
        Check { i: case.inside("inputs"), e: case.inside("expected"), t: case.inside("tolerance") };
    case.finish();
    match kind.as_str() {
        "p01" => path_loss(&mut check),
        "p02" => gain_statistics(&mut check),
        "p03" => normalised_error(&mut check),
        "p04" => crb(&mut check),
        "p05" | "p06" | "p14" => optimum(&mut check),
        "p07" => best_limit(&mut check),
        "p08" => linearisation(&mut check),
        "p09" => radar_power(&mut check),
        "p10" => end_to_end(&mut check),
        "p11" => weighted_ranges(&mut check),
        "p12" => offsets(&mut check),
        "p13" => minimum_power(&mut check),
        other => reference::unknown(other, &KINDS),
    }
    for fields in [check.i, check.e, check.t] {
        fields.finish();
    }
}

#[test]
fn a_file_of_no_kind_and_a_field_nobody_reads_are_named() {
    let words = |document: Value| {
        let run = std::panic::AssertUnwindSafe(|| case("mine", document));
        reference::words(&*std::panic::catch_unwind(run).unwrap_err())
    };
    let unknown = words(serde_json::json!({ "description": "not named p and a number" }));
    assert!(unknown.contains("`mine`") && unknown.contains("p01, p02"), "{unknown}");
    let unread = words(serde_json::json!({
        "name": "p01_mine", "paper": "", "description": "", "how_obtained": "", "inputs": {},
        "expected": {}, "tolerance": {}, "remarks": 1
    }));
    assert!(unread.contains("p01_mine") && unread.contains("remarks"), "{unread}");
}

struct Check {
    i: Fields,
    e: Fields,
    t: Fields,
}

impl Fields {
    fn flat(&mut self, key: &str) -> Vec<f64> {
        self.table(key).concat()
    }

    fn points(&mut self, key: &str) -> Vec<Point> {
        self.table(key).iter().map(|p| Point::new(p[0], p[1])).collect()
    }
}

fn close(name: &str, found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs() / expected.abs().max(f64::MIN_POSITIVE);
    assert!(error <= relative, "{name}: {found} instead of {expected}, {error:e} off");
}

fn close_all(name: &str, found: &[f64], expected: &[f64], relative: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (f, e) in found.iter().zip(expected) {
        close(name, *f, *e, relative);
    }
}

fn close_complex(name: &str, found: &[C64], expected: &[C64], relative: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).norm() <= relative * e.norm(), "{name}: {f} instead of {e}");
    }
}

/// Parts without radar, with given γ or none.
fn bare(users: usize, channel_gain: Vec<f64>, estimate_gain: Option<Vec<f64>>, sd: f64) -> Parts {
    Parts {
        users,
        channel_gain,
        estimate_gain,
        uplink_energy: 1.0,
        downlink_energy: sd,
        uplink_gram: CMat::identity(users),
        downlink_gram: CMat::identity(users),
        sensing: None,
        crb_limit_m2: None,
        bandwidth_hz: 2e7,
        array_gain: 1.0,
        data_power: 1.0,
    }
}

/// Pilots with the squared products `c`: a real Gram, which is one for the sizes that occur.
fn gram_of_squares(c: &[Vec<f64>]) -> CMat {
    CMat::from_fn(c.len(), c.len(), |i, j| C64::from(if i == j { 1.0 } else { c[i][j].sqrt() }))
}

fn allocation(x: &[Vec<f64>]) -> Allocation {
    Allocation { fractions: x.concat(), users: x[0].len(), pilots: PilotUse::Downlink }
}

fn information(i: &mut Fields) -> Sensing {
    let (a, b, c) = (i.flat("ra"), i.flat("rb"), i.flat("rc"));
    let all = (0..a.len()).map(|n| Information { xx: a[n], yy: b[n], xy: c[n] });
    Sensing::Known(all.collect())
}

fn path_loss(c: &mut Check) {
    let model = ThreeSlope {
        frequency_hz: 1e6 * c.i.number("f_mhz"),
        access_point_height_m: c.i.number("h_ap"),
        user_height_m: c.i.number("h_u"),
        near_m: c.i.number("d0"),
        far_m: c.i.number("d1"),
    };
    let db = c.t.number("abs_db");
    for (d, expected) in c.i.numbers("distance_m").iter().zip(c.e.numbers("gain_db")) {
        assert!((model.gain_db(*d) - expected).abs() <= db, "{d} m");
    }
    assert!((model.reference_loss_db() - c.e.number("L_db")).abs() <= db);
    let scenario = Scenario {
        pilot_power_mw: 1e3 * c.i.number("p_tx_w"),
        noise_dbm_hz: c.i.number("n0_dbm_hz"),
        bandwidth_mhz: 1e-6 * c.i.number("bw_hz"),
        ..Scenario::paper()
    };
    close("rho", scenario.symbol_energy(), c.e.number("rho"), c.t.number("rel"));
}

fn gain_statistics(c: &mut Check) {
    let (beta, x) = (c.i.table("beta"), c.i.table("x"));
    let users = beta[0].len();
    let parts = Parts {
        uplink_energy: c.i.number("su"),
        uplink_gram: c.i.matrix("G_ul"),
        downlink_gram: c.i.matrix("G_dl"),
        ..bare(users, beta.concat(), None, c.i.number("sd"))
    };
    let (energy, gram) = (parts.downlink_energy, parts.downlink_gram.clone());
    let instance = Instance::new(parts).unwrap();
    let rel = c.t.number("rel");
    close_all("gamma", instance.estimate_gain(), &c.e.flat("gamma"), rel);
    let uplink = instance.uplink();
    let fractions = x.concat();
    let gains: Vec<_> = (0..users).map(|k| uplink.effective_gains(k, &fractions)).collect();
    let seen: Vec<_> = gains.iter().map(|g| g.observation(energy, &gram)).collect();
    let real = |of: &dyn Fn(usize) -> f64| (0..users).map(of).collect::<Vec<f64>>();
    let means: Vec<C64> = gains.iter().map(|g| g.mean[g.user]).collect();
    close_complex("mean", &means, &c.e.complex("mean"), rel);
    close_all("F", &real(&|k| gains[k].own_variance()), &c.e.numbers("F"), rel);
    close_all("Ea2", &real(&|k| gains[k].own_power()), &c.e.numbers("Ea2"), rel);
    let mean_y: Vec<C64> = seen.iter().map(|s| s.mean).collect();
    close_complex("mean_y", &mean_y, &c.e.complex("mean_y"), rel);
    close_all("var_y", &real(&|k| seen[k].variance), &c.e.numbers("var_y"), rel);
    let cov: Vec<C64> = seen.iter().map(|s| s.covariance).collect();
    close_complex("cov_ay", &cov, &c.e.complex("cov_ay"), rel);
    let scalar = real(&|k| gains[k].scalar_error(energy, &gram));
    close_all("lmmse_scalar", &scalar, &c.e.numbers("lmmse_scalar"), rel);
    let vector = real(&|k| gains[k].vector_error(energy, &gram).unwrap());
    close_all("lmmse_full", &vector, &c.e.numbers("lmmse_full"), rel);
    // The witness has formulas of its own.
    let x = allocation(&x);
    let metrics = evaluate(&instance, &x).unwrap();
    assert!(verify(&instance, &x).unwrap().mismatch(metrics.worst_error) < 1e-8);
}

fn normalised_error(c: &mut Check) {
    let (beta, gamma, x) = (c.i.table("beta"), c.i.table("gamma"), c.i.table("x"));
    let (sd, squares, rel) = (c.i.number("sd"), c.i.table("c"), c.t.number("rel"));
    let users = beta[0].len();
    let x = allocation(&x);
    let parts = Parts {
        downlink_gram: gram_of_squares(&squares),
        ..bare(users, beta.concat(), Some(gamma.concat()), sd)
    };
    let instance = Instance::new(parts.clone()).unwrap();
    close_all("exact", &evaluate(&instance, &x).unwrap().error, &c.e.numbers("exact"), rel);
    let printed = printed_error(&instance, &x).unwrap();
    close_all("printed", &printed, &c.e.numbers("printed_eq18"), rel);
    let silent = Allocation { pilots: PilotUse::UplinkOnly, ..x.clone() };
    close_all("no DL", &evaluate(&instance, &silent).unwrap().error, &c.e.numbers("no_dl"), rel);
    let clean = Instance::new(Parts { downlink_gram: CMat::identity(users), ..parts }).unwrap();
    let orthogonal = evaluate(&clean, &x).unwrap().error;
    close_all("orthogonal", &orthogonal, &c.e.numbers("exact_orthogonal"), rel);
}

fn crb(c: &mut Check) {
    let (points, users) = (c.i.points("ap"), c.i.points("ue"));
    let radar = Radar {
        frequency_hz: c.i.number("fc"),
        effective_bandwidth_hz: c.i.number("b_eff"),
        cross_section_m2: c.i.number("rcs2"),
    };
    let rel = c.t.number("rel");
    close("speed of light", c.i.number("c0"), LIGHT_M_S, 1e-15);
    let (p, k) = (c.i.table("p"), users.len());
    let (ra, rb, rc) = (c.e.table("ra"), c.e.table("rb"), c.e.table("rc"));
    let (bounds, snr) = (c.e.numbers("crb"), c.e.table("snr_mnk0"));
    for user in 0..k {
        let paths = Paths::new(&points, users[user], &radar).unwrap();
        let mut sum = Information::default();
        for (m, r) in paths.information().iter().enumerate() {
            close("ra", r.xx, ra[m][user], rel);
            close("rb", r.yy, rb[m][user], rel);
            close("rc", r.xy, rc[m][user], rel);
            sum = sum.plus(p[m][user], *r);
        }
        let bound = sum.crb().unwrap();
        close("crb", bound, bounds[user], rel);
        // The cone of the limit is tight there.
        let (total, g) = (sum.xx + sum.yy, 2.0 / bound);
        let norm = ((sum.xx - sum.yy).powi(2) + 4.0 * sum.xy * sum.xy + g * g).sqrt();
        assert!((norm - (total - g)).abs() <= 1e-9 * total, "residual of the cone");
        if user == 0 {
            for (m, row) in snr.iter().enumerate() {
                for (n, expected) in row.iter().enumerate() {
                    let found = paths.gains()[m * points.len() + n] * p[m][0];
                    close("snr", found, *expected, rel);
                }
            }
        }
    }
}

/// Kinds 05, 06 and 14: the smallest worst error with its certificate.
fn optimum(c: &mut Check) {
    let (beta, gamma) = (c.i.table("beta"), c.i.table("gamma"));
    let (sd, squares) = (c.i.number("sd"), c.i.table("c"));
    let users = beta[0].len();
    let su = c.i.has("su").then(|| c.i.number("su"));
    let sensing = c.i.has("ra").then(|| information(&mut c.i));
    let parts = Parts {
        downlink_gram: gram_of_squares(&squares),
        crb_limit_m2: c.i.has("Gamma_max").then(|| c.i.number("Gamma_max")),
        sensing,
        ..bare(users, beta.concat(), Some(gamma.concat()), sd)
    };
    if let Some(su) = su {
        // γ is what orthogonal uplink pilots of that energy leave.
        let other = Parts { estimate_gain: None, uplink_energy: su, ..parts.clone() };
        let instance = Instance::new(other).unwrap();
        close_all("gamma", instance.estimate_gain(), &gamma.concat(), 1e-9);
    }
    let instance = Instance::new(parts).unwrap();
    let settings = Settings { certify: true, ..Settings::default() };
    let found = design(&instance, &settings).unwrap();
    if c.e.has("feasible") && !c.e.flag("feasible") {
        assert!(found.proof.infeasible.is_some());
        return;
    }
    let (upper, lower) = (c.e.number("objective_upper"), c.e.number("certified_lower_bound"));
    let rel = c.t.number("objective_rel");
    let value = found.metrics.worst_error;
    assert!(value <= upper * (1.0 + rel), "{value} above {upper}");
    assert!(value >= lower * (1.0 - rel), "{value} below {lower}");
    let bound = found.proof.bound.as_ref().unwrap();
    assert!(bound.value <= upper * (1.0 + 1e-9) && bound.gap_rel <= 1e-3, "{bound:?}");
    let feasible = if c.t.has("feas_abs") { c.t.number("feas_abs") } else { 1e-6 };
    let witness = verify(&instance, &found.variables).unwrap();
    assert!(witness.violation <= feasible && witness.mismatch(value) < 1e-9);
    // Somebody else's solver arrives at the same number.
    let conic = theta_conic(&instance).unwrap();
    close("θ-iteration by cones", conic.metrics.worst_error, value, 1e-5);
    // The example of the case is no better than ours, and as good as it says.
    let example = allocation(&c.e.table("example_x"));
    let theirs = evaluate(&instance, &example).unwrap().worst_error;
    assert!(theirs >= value * (1.0 - 1e-6) && theirs <= upper * (1.0 + 1e-4), "{theirs} {value}");
    let equal = full_power(&instance, Share::Equal).unwrap();
    if c.e.has("equal_split_error") {
        let expected = c.e.number("equal_split_error");
        close("equal split", equal.metrics.worst_error, expected, 1e-8);
        let crb: Vec<f64> = equal.metrics.crb_m2.iter().map(|b| b.unwrap()).collect();
        close_all("crb of equal split", &crb, &c.e.numbers("crb_equal_split"), 1e-8);
    }
    if c.e.has("total_power_fraction") {
        let expected = c.e.number("total_power_fraction");
        close("power fraction", found.metrics.power_fraction, expected, 0.02);
    }
    if c.e.has("error_full_power") {
        let expected = c.e.number("error_full_power");
        close("full power", equal.metrics.worst_error, expected, 1e-9);
        assert!(c.e.number("grid_min") >= value * (1.0 - 1e-9));
    }
}

fn best_limit(c: &mut Check) {
    let sensing = information(&mut c.i);
    let Sensing::Known(all) = &sensing else { unreachable!() };
    let example = allocation(&c.e.table("example_x"));
    let users = example.users;
    let gains = vec![1e-12; all.len()];
    let parts = Parts {
        sensing: Some(sensing.clone()),
        ..bare(users, gains.clone(), Some(gains), c.i.number("sd"))
    };
    let instance = Instance::new(parts).unwrap();
    let (expected, rel) = (c.e.number("best_gamma"), c.t.number("rel"));
    let best = best_crb(&instance).unwrap();
    close("best limit", best.metrics.worst_crb_m2.unwrap(), expected, rel);
    assert!(best.proof.bound.as_ref().unwrap().gap_rel < 1e-6);
    assert!(evaluate(&instance, &example).unwrap().worst_crb_m2.unwrap() <= expected * (1.0 + rel));
    for pair in c.e.take("feasible_at").as_array().unwrap() {
        let limit = pair[0].as_f64().unwrap();
        let limited = instance.with_crb_limit(Some(limit)).unwrap();
        let found = design(&limited, &Settings::default()).unwrap();
        assert_eq!(found.proof.infeasible.is_none(), pair[1].as_bool().unwrap(), "{limit}");
        if let Some(certificate) = &found.proof.infeasible {
            close("reachable", certificate.reachable, expected, rel);
        }
    }
}

fn linearisation(c: &mut Check) {
    let by_user = |rows: &[Vec<f64>]| -> Vec<f64> {
        (0..rows[0].len()).flat_map(|k| rows.iter().map(move |row| row[k])).collect()
    };
    let (beta, gamma, sd) = (c.i.table("beta"), c.i.table("gamma"), c.i.number("sd"));
    let (x0, x1, t) = (by_user(&c.i.table("x0")), by_user(&c.i.table("x1")), c.i.number("t"));
    let (points, users) = (beta.len(), beta[0].len());
    let model = Normalised {
        points,
        users,
        gain: by_user(&beta).iter().map(|b| sd * b).collect(),
        estimate: by_user(&gamma).iter().map(|g| sd * g).collect(),
        overlap: vec![0.0; users * users],
        radar: Vec::new(),
    };
    let rel = c.t.number("rel");
    let linear = Linearisation::at(&model, 0, &x0, t);
    close("H", linear.value, c.e.number("H_x0"), rel);
    close_all("gradient", &linear.gradient, &by_user(&c.e.table("grad_x0")), rel);
    let predicted = linear.predict(&x0, &x1);
    close("model", predicted, c.e.number("Hlin_x1"), rel);
    let exact = Linearisation::exact(&model, 0, &x1, t);
    close("H", exact, c.e.number("H_x1"), rel);
    assert_eq!(predicted >= 0.0, c.e.flag("model_accepts"));
    assert_eq!(exact >= 0.0, c.e.flag("truly_ok"));
}

fn radar_power(c: &mut Check) {
    let sensing = information(&mut c.i);
    let Sensing::Known(all) = &sensing else { unreachable!() };
    let users = c.e.take("per_user");
    let users = users.as_array().unwrap();
    let gains = vec![1e-12; all.len()];
    let parts = Parts {
        crb_limit_m2: Some(c.i.number("Gamma_max")),
        sensing: Some(sensing.clone()),
        ..bare(users.len(), gains.clone(), Some(gains), c.i.number("sd"))
    };
    let instance = Instance::new(parts).unwrap();
    let rel = c.t.number("rel");
    for (k, expected) in users.iter().enumerate() {
        let mut expected = Fields::new("per_user", expected.clone());
        let exact = least_power_to_locate(&instance, k).unwrap();
        close("exact", exact, expected.number("min_power_exact"), rel);
        let printed = least_power_printed(&instance, k).unwrap();
        match expected.take("min_power_printed30") {
            Value::Null => assert_eq!(printed, None),
            value => close("printed", printed.unwrap(), value.as_f64().unwrap(), rel),
        }
        expected.finish();
    }
}

fn end_to_end(c: &mut Check) {
    let mut p = c.i.inside("params");
    assert_eq!(p.text("distance"), "2-D");
    close("speed of light", p.number("c0"), LIGHT_M_S, 1e-15);
    let position = |p: &Point| [p.x_m, p.y_m];
    let (uplink, downlink) = (c.i.number("tau_u"), c.i.number("tau_d"));
    let mut scenario = Scenario {
        access_points: noctule::pilots::AccessPoints::Fixed(
            c.i.points("ap").iter().map(position).collect(),
        ),
        users: noctule::pilots::Users::Fixed(c.i.points("ue").iter().map(position).collect()),
        carrier_mhz: 1e-6 * p.number("fc"),
        bandwidth_mhz: 1e-6 * p.number("bw"),
        effective_bandwidth_mhz: 1e-6 * p.number("b_eff"),
        pilot_power_mw: 1e3 * p.number("p_tx"),
        noise_dbm_hz: p.number("n0_dbm_hz"),
        pilot_symbols: uplink + downlink,
        downlink_share: downlink / (uplink + downlink),
        cross_section_m2: p.number("rcs2"),
        crb_limit: CrbLimit::M2(p.number("gamma_max")),
        data_power: c.i.number("P_d"),
        ..Scenario::paper()
    };
    scenario.path_loss.access_point_height_m = p.number("h_ap");
    scenario.path_loss.user_height_m = p.number("h_u");
    scenario.path_loss.near_m = p.number("d0");
    scenario.path_loss.far_m = p.number("d1");
    p.finish();
    let instance = scenario.realize(1, 0).unwrap();
    let rel = c.t.number("rel");
    close_all("beta", &instance.parts().channel_gain, &c.e.flat("beta"), rel);
    close_all("gamma", instance.estimate_gain(), &c.e.flat("gamma"), rel);
    let x = allocation(&c.i.table("x"));
    let metrics = evaluate(&instance, &x).unwrap();
    close_all("error", &metrics.error, &c.e.numbers("error"), rel);
    let crb: Vec<f64> = metrics.crb_m2.iter().map(|b| b.unwrap()).collect();
    close_all("crb", &crb, &c.e.numbers("crb"), rel);
    let snr: Vec<f64> = metrics.echo_snr.iter().map(|b| b.unwrap()).collect();
    close_all("snr", &snr, &c.e.numbers("radar_snr_sum"), rel);
    close_all("rate", &metrics.rate_bps, &c.e.numbers("rate_bps"), rel);
    let silent = no_downlink(&instance).unwrap().metrics;
    close_all("no DL", &silent.error, &c.e.numbers("no_dl_error"), rel);
    close_all("rate, no DL", &silent.rate_bps, &c.e.numbers("rate_no_dl_bps"), rel);
    // Decibels of the first gain, there and back.
    let first = instance.parts().channel_gain[0];
    close("decibels", linear_from_db(db_from_linear(first)), first, 1e-12);
}

fn weighted_ranges(c: &mut Check) {
    let points = c.i.points("ap");
    let (ranges, weights) = (c.i.flat("ranges_m"), c.i.flat("weights"));
    let found = noctule::estimate::bistatic_position(&points, &ranges, &weights).unwrap();
    let expected = c.e.numbers("position");
    let abs = c.t.number("position_abs_m");
    assert!((found.position.x_m - expected[0]).abs() <= abs, "{found:?}");
    assert!((found.position.y_m - expected[1]).abs() <= abs, "{found:?}");
    close("objective", found.objective, c.e.number("objective"), c.t.number("objective_rel"));
    let truth = c.e.numbers("true_position_for_info");
    assert!(found.position.distance_m(Point::new(truth[0], truth[1])) < 100.0);
}

fn offsets(c: &mut Check) {
    let points = c.i.points("ap");
    let user = c.i.numbers("ue");
    let weights = c.i.flat("weights");
    // The directions do not depend on the radar.
    let radar = Radar { frequency_hz: 1e9, effective_bandwidth_hz: 1e6, cross_section_m2: 1.0 };
    let paths = Paths::new(&points, Point::new(user[0], user[1]), &radar).unwrap();
    let rel = c.t.number("rel");
    let bound = |information: Information| information.crb().unwrap();
    let u = paths.directions();
    close("TOA", bound(synchronised(&weights, u)), c.e.number("toa"), rel);
    close("common", bound(common_offset(&weights, u)), c.e.number("common_offset"), rel);
    let each = bound(transmitter_offsets(&weights, u, points.len()));
    close("TDOA", each, c.e.number("per_tx_offset_tdoa"), rel);
}

fn minimum_power(c: &mut Check) {
    let (beta, gamma) = (c.i.table("beta"), c.i.table("gamma"));
    let limit = c.i.number("Gamma_max");
    let sensing = information(&mut c.i);
    let parts = Parts {
        crb_limit_m2: Some(limit),
        sensing: Some(sensing),
        ..bare(beta[0].len(), beta.concat(), Some(gamma.concat()), c.i.number("sd"))
    };
    let instance = Instance::new(parts).unwrap();
    let target = c.i.number("target_error");
    let settings = LeastPowerSettings {
        target_error: Some(target),
        search: Settings { certify: true, ..Settings::default() },
    };
    let found = least_power(&instance, &settings, &Interrupt::new()).unwrap();
    let total = found.metrics.power_fraction * beta.len() as f64;
    assert!(total <= c.e.number("best_known_total") * (1.0 + c.t.number("rel")), "{total}");
    assert!(found.metrics.worst_error <= target * (1.0 + 1e-6));
    assert!(verify(&instance, &found.variables).unwrap().violation <= 1e-6);
    assert!(c.e.number("spread") < 1e-3);
    let bound = found.proof.bound.as_ref().unwrap();
    assert!(bound.gap_rel <= 1e-3, "{bound:?}");
}
