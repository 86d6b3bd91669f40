//! Cases of formulas: gains, errors, bounds, estimators.

use noctule::pilots::baselines::{Linearisation, printed_error};
use noctule::pilots::interior::Normalised;
use noctule::pilots::{Allocation, Instance, Parts, PilotUse, Scenario, evaluate, verify};
use noctule::{C64, CMat};
use noctule_phy::geometry::Point;
use noctule_phy::multistatic::{
    Information, LIGHT_M_S, Paths, Radar, common_offset, synchronised, transmitter_offsets,
};
use noctule_phy::path_loss::three_slope::ThreeSlope;

use crate::{Check, allocation, bare, close, close_all, close_complex, gram_of_squares};

pub(crate) fn path_loss(c: &mut Check) {
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

pub(crate) fn gain_statistics(c: &mut Check) {
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

pub(crate) fn normalised_error(c: &mut Check) {
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

pub(crate) fn crb(c: &mut Check) {
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

pub(crate) fn linearisation(c: &mut Check) {
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

pub(crate) fn weighted_ranges(c: &mut Check) {
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

pub(crate) fn offsets(c: &mut Check) {
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
