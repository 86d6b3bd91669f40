//! Cases of optima: what a design must reach, and what it must prove.

use crate::reference::Fields;
use noctule::pilots::baselines::{full_power, least_power_printed, no_downlink, theta_conic};
use noctule::pilots::design::least_power_to_locate;
use noctule::pilots::{
    CrbLimit, FullPower, Instance, LeastPowerSettings, Parts, Scenario, Sensing, Settings,
    best_crb, design, evaluate, least_power, verify,
};
use noctule::system::NoSettings;
use noctule::{Certify, Run};
use noctule_phy::geometry::Point;
use noctule_phy::multistatic::LIGHT_M_S;
use noctule_phy::units::{db_from_linear, linear_from_db};
use serde_json::Value;

use crate::{Check, allocation, bare, close, close_all, gram_of_squares, information};

/// Kinds 05, 06 and 14: the smallest worst error with its certificate.
pub(crate) fn optimum(c: &mut Check) {
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
    let settings = Settings { certify: Certify::YES, ..Settings::default() };
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
    let conic = theta_conic(&instance, &NoSettings {}, &Run::default()).unwrap();
    close("θ-iteration by cones", conic.metrics.worst_error, value, 1e-5);
    // The example of the case is no better than ours, and as good as it says.
    let example = allocation(&c.e.table("example_x"));
    let theirs = evaluate(&instance, &example).unwrap().worst_error;
    assert!(theirs >= value * (1.0 - 1e-6) && theirs <= upper * (1.0 + 1e-4), "{theirs} {value}");
    let equal = full_power(&instance, &FullPower::default(), &Run::default()).unwrap();
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

pub(crate) fn best_limit(c: &mut Check) {
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
    let best = best_crb(&instance, &NoSettings {}, &Run::default()).unwrap();
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

pub(crate) fn radar_power(c: &mut Check) {
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

pub(crate) fn minimum_power(c: &mut Check) {
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
        search: Settings { certify: Certify::YES, ..Settings::default() },
    };
    let found = least_power(&instance, &settings, &Run::default()).unwrap();
    let total = found.metrics.power_fraction * beta.len() as f64;
    assert!(total <= c.e.number("best_known_total") * (1.0 + c.t.number("rel")), "{total}");
    assert!(found.metrics.worst_error <= target * (1.0 + 1e-6));
    assert!(verify(&instance, &found.variables).unwrap().violation <= 1e-6);
    assert!(c.e.number("spread") < 1e-3);
    let bound = found.proof.bound.as_ref().unwrap();
    assert!(bound.gap_rel <= 1e-3, "{bound:?}");
}

pub(crate) fn end_to_end(c: &mut Check) {
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
    let silent = no_downlink(&instance, &NoSettings {}, &Run::default()).unwrap().metrics;
    close_all("no DL", &silent.error, &c.e.numbers("no_dl_error"), rel);
    close_all("rate, no DL", &silent.rate_bps, &c.e.numbers("rate_no_dl_bps"), rel);
    // Decibels of the first gain, there and back.
    let first = instance.parts().channel_gain[0];
    close("decibels", linear_from_db(db_from_linear(first)), first, 1e-12);
}
