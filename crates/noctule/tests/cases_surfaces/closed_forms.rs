//! Closed forms: allocations, covariances, curves, geometry, bounds.

use noctule::surfaces::covariance::CovarianceSolver;
use noctule::surfaces::curve::Curve;
use noctule::surfaces::power::{Allocator, Case};
use noctule::{C64, CMat};
use noctule_phy::cascade::{Cascade, PathWeights, element_threshold};

use crate::reference::Fields;
use crate::{LN_2, cascade, close, complex, instance};

pub(crate) fn theorem2(case: &mut Fields) {
    let mut tolerance = case.inside("tolerance");
    let (rate, power, covariance) = (
        tolerance.number("rate_rel"),
        tolerance.number("p_abs"),
        tolerance.number("rate_full_covariance_rel"),
    );
    tolerance.finish();
    for mut one in case.list("cases") {
        let (g, w) = (one.numbers("g"), one.numbers("w"));
        let (p, gamma) = (one.number("P"), one.number("Gamma"));
        let mut expected = one.inside("expected");
        let mut allocator = Allocator::new(g.len());
        let found = allocator.allocate(&g, &w, p, gamma);
        let name = one.name.clone();
        let case = expected.text("case");
        match found {
            None => assert_eq!(case, "infeasible", "{name}"),
            Some(found) => {
                let word = match found.case {
                    Case::I => "I",
                    Case::II => "II",
                    Case::III => "III",
                };
                assert_eq!(word, case, "{name}");
                close(&name, found.rate_nats / LN_2, expected.number("rate"), rate);
                for (a, b) in allocator.powers().iter().zip(expected.numbers("p")) {
                    assert!((a - b).abs() <= power, "{name}: {a} {b}");
                }
                assert!((found.sensing_power - expected.number("ps")).abs() <= power, "{name}");
                if expected.has("rate_full_covariance") {
                    let full = full_rate(&g, &w, p, gamma);
                    close(&name, full, expected.number("rate_full_covariance"), covariance);
                    assert!(full >= found.rate_nats / LN_2 * (1.0 - 1e-12), "{name}");
                }
            }
        }
        expected.finish();
        one.finish();
    }
}

fn full_rate(d: &[f64], w: &[f64], power: f64, required: f64) -> f64 {
    let total: f64 = w.iter().sum();
    let overlaps: Vec<f64> = d.iter().zip(w).map(|(d, w)| d * w / total).collect();
    CovarianceSolver::new().solve(d, &overlaps, power, required / (power * total)).rate_nats / LN_2
}

pub(crate) fn inner(case: &mut Fields) {
    let mut tolerance = case.inside("tolerance");
    let relative = tolerance.number("relative");
    tolerance.finish();
    if case.has("fullcov") {
        for mut one in case.list("fullcov") {
            let (d, w) = (one.numbers("d"), one.numbers("w"));
            let found = full_rate(&d, &w, one.number("P"), one.number("Gamma"));
            close(&one.name.clone(), found, one.number("expected_rate"), relative);
            one.finish();
        }
    }
    if case.has("curve") {
        for mut one in case.list("curve") {
            let curve = Curve::new(one.number("N") as usize, one.number("delta"));
            let (alpha, psi) = (one.number("alpha"), one.number("psi"));
            let point = curve.point(alpha, psi);
            let name = one.name.clone();
            close(&name, curve.support(alpha, psi), one.number("support"), relative);
            close(&name, point.user, one.number("abs_z"), relative);
            close(&name, point.target, one.number("abs_y"), relative);
            one.finish();
        }
    }
}

pub(crate) fn geometry(case: &mut Fields) {
    let cascade = cascade(&instance(case));
    let mut tolerance = case.inside("tolerance");
    // both are absolute for the numbers of this file
    let (relative, absolute) = (tolerance.number("rel"), tolerance.number("abs"));
    tolerance.finish();
    let mut expected = case.inside("expected");
    let mut column = |key: &str, of: fn(&noctule_phy::cascade::SurfacePath) -> f64| {
        for (path, expected) in cascade.paths.iter().zip(expected.numbers(key)) {
            let off = (of(path) - expected).abs();
            assert!(off <= absolute + relative * expected.abs(), "{key}: {off:e}");
        }
    };
    column("rho_BI2", |p| p.base_gain);
    column("rho_IU2", |p| p.user_gain);
    column("rho_IT2", |p| p.target_gain);
    column("mu_BI_D", |p| p.base_departure);
    column("mu_BI_A", |p| p.surface_arrival);
    column("mu_IU_D", |p| p.user_departure);
    column("mu_IU_A", |p| p.user_arrival);
    let (base, _) = cascade.coherence();
    assert!((base - expected.number("VhV_offdiag_max")).abs() <= 1e-10);
    expected.finish();
}

pub(crate) fn threshold(case: &mut Fields) {
    let mut tolerance = case.inside("tolerance");
    let relative = tolerance.number("rel");
    tolerance.finish();
    let mut par = case.inside("par");
    let (bi, iu) = (case.numbers("rho_BI2"), case.numbers("rho_IU2"));
    let path = |(&base_gain, &user_gain): (&f64, &f64)| noctule_phy::cascade::SurfacePath {
        elements: 1,
        base_gain,
        user_gain,
        target_gain: 1.0,
        base_departure: 0.0,
        surface_arrival: 0.0,
        user_departure: 0.0,
        user_arrival: 0.0,
        target_departure: 0.0,
    };
    let power = par.number("P");
    let cascade = Cascade {
        transmit_antennas: par.number("Mt") as usize,
        user_antennas: par.number("Mr") as usize,
        sensors: par.number("Nr") as usize,
        snapshots: par.number("T") as u32,
        user_noise_w: par.number("s2"),
        sensing_noise_w: par.number("ss2"),
        reflection_gain: par.number("beta2"),
        weights: PathWeights::Max,
        paths: bi.iter().zip(&iu).map(path).collect(),
    };
    // the gains are given: the law of distance has nothing to say
    assert!(par.number("K0") > 0.0 && par.number("alpha") >= 0.0);
    par.finish();
    let gamma = case.number("Gamma");
    let found = element_threshold(&cascade, power, gamma);
    let mut expected = case.inside("expected");
    close("N", found.elements, expected.number("N_threshold"), relative);
    close("sensing", found.sensing, expected.number("radicand_sensing"), relative);
    close("streams", found.all_streams, expected.number("radicand_rank"), relative);
    expected.finish();
    // exact: case II with all streams if and only if above the threshold
    for (factor, above) in [(0.97, false), (1.03, true)] {
        let n = factor * found.elements / bi.len() as f64;
        let scale = |x: f64| x * n * n;
        let all = 0..bi.len();
        let gains: Vec<f64> = all.clone().map(|k| scale(cascade.stream_gain(k))).collect();
        let weights: Vec<f64> = all.map(|k| scale(cascade.sensing_weight(k))).collect();
        let mut allocator = Allocator::new(gains.len());
        let allocation = allocator.allocate(&gains, &weights, power, gamma);
        let all_active = allocator.powers().iter().all(|p| *p > 0.0);
        let holds = allocation.is_some_and(|a| a.case == Case::II) && all_active;
        assert_eq!(holds, above, "{factor}");
    }
}

pub(crate) fn bound(case: &mut Fields) {
    let mut tolerance = case.inside("tolerance");
    let relative = tolerance.number("rel");
    tolerance.finish();
    for mut one in case.list("cases") {
        let max = cascade(&instance(&mut one));
        let phases: Vec<Vec<C64>> = one.take("v").as_array().unwrap().iter().map(complex).collect();
        let rows: Vec<Vec<C64>> = one.take("Rx").as_array().unwrap().iter().map(complex).collect();
        let r = CMat::from_fn(rows.len(), rows.len(), |i, j| rows[i][j]);
        let exact = Cascade { weights: PathWeights::Exact, ..max.clone() };
        let mut expected = one.inside("expected");
        let powers = max.illumination(&phases).powers(&r);
        close("(16)", max.crb(powers), expected.number("crb16_max_approx"), relative);
        close("(21)", max.crb_aligned(powers), expected.number("crb21_bound"), relative);
        let powers = exact.illumination(&phases).powers(&r);
        close("exact", exact.crb(powers), expected.number("crb16_exact_path"), relative);
        expected.finish();
        one.finish();
    }
}
