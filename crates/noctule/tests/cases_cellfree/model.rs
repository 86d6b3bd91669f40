//! Statistics, rates, patterns and single steps against independent numbers.

use noctule::cellfree::association::{Clustering, pair_targets, pilot_groups};
use noctule::cellfree::baselines::block_update;
use noctule::cellfree::model::{quadratic_transform, signal_terms};
use noctule::cellfree::sensing::best_pattern;
use noctule::cellfree::{Beams, Requirement, evaluate, verify};
use noctule::{C64, CMat, Interrupt};
use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_phy::aggregated::{AggregatedScene, Covariance, Estimator, estimate};
use noctule_phy::beampattern::{
    PatternError, angle_from_broadside, grid, lags_of, pattern, steering,
};
use noctule_phy::geometry::Point;
use noctule_phy::path_loss::log_distance;

use crate::reference::{Fields, matrix, numbers, pairs};
use crate::{close, distance, groups, instance, near, near_real};

pub(crate) fn gains(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let rel = case.inside("tol").number("rel");
    let beta: Vec<f64> = inputs
        .numbers("d_km")
        .iter()
        .map(|d| log_distance(128.1, 37.6, 1000.0 * d).sqrt())
        .collect();
    near_real(&beta, &expected.numbers("beta"), rel, "beta");
    let (aps, targets) = (inputs.points("ap"), inputs.points("tg"));
    let (n, spacing) = (inputs.count("N"), inputs.number("spacing"));
    let printed = expected.table("doa_printed");
    let doa = expected.table("doa");
    let vectors: Vec<Vec<Vec<C64>>> = expected
        .take("steering")
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_array().unwrap().iter().map(pairs).collect())
        .collect();
    for (t, target) in targets.iter().enumerate() {
        for (m, ap) in aps.iter().enumerate() {
            let offset = [target.x_m - ap.x_m, target.y_m - ap.y_m];
            let angle = angle_from_broadside(offset, 0.0);
            close(angle, doa[t][m], rel, "doa");
            // Equation (4) as printed loses the sign of x and leaves the grid.
            close((-offset[1] / offset[0].hypot(offset[1])).acos(), printed[t][m], rel, "printed");
            near(&steering(n, spacing, angle), &vectors[t][m], rel.max(1e-12), "steering");
        }
    }
    inputs.finish();
    expected.finish();
}

pub(crate) fn association(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let mut tol = case.inside("tol");
    tol.remark("exact");
    let rel = tol.number("rel");
    let users = inputs.points("iu");
    let (aps, targets) = (inputs.points("ap"), inputs.points("tg"));
    for (pilots, value) in expected.inside("clusters").left {
        let found = pilot_groups(&users, pilots.parse().unwrap(), Clustering::Farthest);
        assert_eq!(found, groups(&value), "{pilots} pilots");
    }
    let pairing = pair_targets(&targets, &aps).unwrap();
    let wanted: Vec<usize> =
        expected.numbers("pair_ap_of_target").iter().map(|x| *x as usize).collect();
    assert_eq!(pairing, wanted);
    let total: f64 = pairing.iter().zip(&targets).map(|(&m, t)| t.distance_m(aps[m])).sum();
    close(total / 1000.0, expected.number("total_distance"), rel, "total distance");
    inputs.finish();
    expected.finish();
    tol.finish();
}

pub(crate) fn statistics(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let rel = case.inside("tol").number("rel");
    let (aps, n) = (inputs.count("M"), inputs.count("N"));
    let (users, targets) = (inputs.count("K"), inputs.count("T"));
    let spacing = inputs.number("spacing");
    let angles = inputs.table("theta_tm_rad");
    let scene = AggregatedScene {
        antennas: n,
        direct: inputs.table("b_ua"),
        target_ap: inputs.table("b_ta"),
        user_target: inputs.table("b_ut"),
        steering: angles
            .iter()
            .map(|row| row.iter().map(|angle| steering(n, spacing, *angle)).collect())
            .collect(),
        reflection: vec![inputs.number("alpha"); targets],
        target_ap_variance: inputs.number("sig2_TA"),
        user_target_variance: inputs.number("sig2_UT"),
        steering_variance: inputs.number("chi2"),
    };
    assert_eq!((scene.aps(), scene.direct.len()), (aps, users));
    let phi = scene.channel_covariances();
    let estimates = estimate(
        &phi,
        &inputs.groups("clusters"),
        inputs.number("pp_times_tau"),
        Estimator::PerAccessPoint,
    )
    .unwrap();
    let (phis, filters) = (expected.matrices("Phi"), expected.matrices("C"));
    let thetas = expected.matrices("Theta");
    let smallest = expected.numbers("min_eig_Theta");
    for k in 0..users {
        near(phi[k].dense().as_slice(), phis[k].as_slice(), rel, "Phi");
        let blocks = estimates[k].filter_blocks().unwrap().to_vec();
        let filter = Covariance::block_diagonal(blocks).dense();
        near(filter.as_slice(), filters[k].as_slice(), rel, "C");
        let theta = estimates[k].error.dense();
        near(theta.as_slice(), thetas[k].as_slice(), rel, "Theta");
        let mut eigen = HermitianEigen::new(aps * n);
        eigen.compute(&theta).unwrap();
        close(eigen.min(), smallest[k], rel, "smallest eigenvalue");
    }
    inputs.finish();
    expected.finish();
}

pub(crate) fn statistics_from_places(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let mut tol = case.inside("tol");
    let rel = tol.number("rel_block");
    tol.remark("note");
    let db = |x: f64| 10_f64.powf(x / 10.0);
    let (m, n) = (inputs.count("M"), inputs.count("N"));
    let (users, targets) = (inputs.count("K"), inputs.count("T"));
    let (aps, ius, tgs) = (inputs.points("ap"), inputs.points("iu"), inputs.points("tg"));
    assert_eq!((aps.len(), ius.len(), tgs.len()), (m, users, targets));
    let floor = 1000.0 * inputs.number("dmin_km");
    let gain = |a: &Point, b: &Point| log_distance(128.1, 37.6, a.distance_m(*b).max(floor)).sqrt();
    let spacing = if inputs.has("spacing") { inputs.number("spacing") } else { 0.5 };
    let power = db(inputs.number("p_db"));
    let energy = db(inputs.number("pp_db")) * inputs.number("tau_p");
    let table = |rows: &[Point], cols: &[Point]| -> Vec<Vec<f64>> {
        rows.iter().map(|a| cols.iter().map(|b| gain(a, b)).collect()).collect()
    };
    let scene = AggregatedScene {
        antennas: n,
        direct: table(&ius, &aps),
        target_ap: table(&tgs, &aps),
        user_target: table(&ius, &tgs),
        steering: tgs
            .iter()
            .map(|t| {
                let angle = |a: &Point| angle_from_broadside([t.x_m - a.x_m, t.y_m - a.y_m], 0.0);
                aps.iter().map(|a| steering(n, spacing, angle(a))).collect()
            })
            .collect(),
        reflection: vec![inputs.number("alpha"); targets],
        target_ap_variance: db(inputs.number("sig2_TA_db")),
        user_target_variance: db(inputs.number("sig2_UT_db")),
        steering_variance: db(inputs.number("chi2_db")),
    };
    let groups = inputs.groups("clusters");
    let phi = scene.channel_covariances();
    let estimates = estimate(&phi, &groups, energy, Estimator::PerAccessPoint).unwrap();
    let thetas = expected.matrices("Theta_scaled");
    let filters = expected.matrices("C");
    for k in 0..users {
        let mut theta = estimates[k].error.dense();
        theta.scale(power);
        let filter =
            Covariance::block_diagonal(estimates[k].filter_blocks().unwrap().to_vec()).dense();
        for (found, wanted, what) in [(&theta, &thetas[k], "Theta"), (&filter, &filters[k], "C")] {
            for ap in 0..m {
                let block = |a: &CMat| CMat::from_fn(n, n, |i, j| a[(ap * n + i, ap * n + j)]);
                let (a, b) = (block(found), block(wanted));
                let far = distance(a.as_slice(), b.as_slice()) / b.norm();
                assert!(far <= rel, "{what} of user {k} at {ap}: {far:e}");
            }
        }
    }
    inputs.finish();
    expected.finish();
    tol.finish();
}

/// An instance from the arrays of a case: scaled units, so powers of one.
/// A factor of a positive semidefinite matrix.
fn factor(z: &CMat) -> CMat {
    let mut eigen = HermitianEigen::new(z.rows());
    eigen.compute(z).unwrap();
    CMat::from_fn(z.rows(), z.rows(), |i, c| {
        eigen.vectors()[(i, c)] * eigen.values()[c].max(0.0).sqrt()
    })
}

pub(crate) fn rates(case: &mut Fields) {
    let (mut inputs, mut expected) = (case.inside("inputs"), case.inside("expected"));
    let rel = case.inside("tol").number("rel");
    let instance = instance(&mut inputs, Requirement::None);
    let n = instance.antennas();
    let mut beams = Beams { data: inputs.matrix("W"), ..Beams::silent(&instance) };
    for (ap, z) in inputs.inside("Z").left {
        beams.sensing[ap.parse::<usize>().unwrap()] = factor(&matrix(&z));
    }
    let metrics = evaluate(&instance, &beams).unwrap();
    let terms = signal_terms(&instance, &beams);
    let rest: Vec<f64> = terms.iter().map(|(_, rest)| *rest).collect();
    near_real(&rest, &expected.numbers("A"), rel, "A");
    near_real(&metrics.rate_bps_hz, &expected.numbers("rates"), rel, "rates");
    let powers: Vec<f64> = metrics.aps.iter().map(|ap| ap.power).collect();
    near_real(&powers, &expected.numbers("power"), rel, "power");
    let (mut mse, mut eta) = (expected.inside("mse"), expected.inside("eta"));
    for (ap, values) in expected.inside("pattern").left {
        let index: usize = ap.parse().unwrap();
        let w = CMat::from_fn(n, instance.users(), |i, k| beams.data[(index * n + i, k)]);
        let v = &beams.sensing[index];
        let mut sum = product(&w, Op::Plain, &w, Op::Adjoint);
        let own = product(v, Op::Plain, v, Op::Adjoint);
        sum.as_mut_slice().iter_mut().zip(own.as_slice()).for_each(|(s, o)| *s += o);
        let lags = lags_of(&sum);
        let wanted = numbers(&values);
        let found: Vec<f64> = grid(wanted.len())
            .map(|angle| pattern(&lags, instance.parts().spacing, angle))
            .collect();
        near_real(&found, &wanted, rel, "pattern");
        close(metrics.aps[index].error.unwrap(), mse.number(&ap), rel, "mse");
        close(metrics.aps[index].scale.unwrap(), eta.number(&ap), rel, "eta");
    }
    close(metrics.error.unwrap(), expected.number("S"), rel, "S");
    let transform = quadratic_transform(&instance, &beams).unwrap();
    near_real(&transform.gamma, &expected.numbers("gamma"), rel, "gamma");
    near(&transform.g, &pairs(&expected.take("g")), rel, "g");
    // At its own γ and g the surrogate is the sum rate.
    close(metrics.sum_rate_bps_hz, expected.number("f3"), rel, "f3");
    let nats = transform.surrogate_nats(&instance, &beams).unwrap();
    close(nats, metrics.sum_rate_nats, rel, "surrogate");
    let witness = verify(&instance, &beams).unwrap();
    assert!(witness.mismatch(&metrics) < 1e-10);
    for fields in [inputs, expected, mse, eta] {
        fields.finish();
    }
}

pub(crate) fn patterns(case: &mut Fields) {
    let mut tol = case.inside("tol");
    let (mse_abs, pattern_abs) = (tol.number("mse_abs"), tol.number("pattern_abs"));
    let feasible = tol.number("feas");
    for (index, value) in case.take("cases").as_array().unwrap().iter().enumerate() {
        let mut one = Fields::new(&format!("{}[{index}]", case.name), value.clone());
        let n = one.count("N");
        let centre = one.number("centre_deg").to_radians();
        let width = one.number("width_deg").to_radians();
        let form = PatternError::new(n, 0.5, &[centre], width, one.count("Ngrid"));
        let found = best_pattern(&form, 0.5, &[centre], 1e-6, &Interrupt::new()).unwrap();
        for key in ["mse", "mse_cvx", "mse_bm"] {
            let wanted = one.number(key);
            assert!((found.error - wanted).abs() <= mse_abs, "{key}: {} {wanted}", found.error);
        }
        assert!((found.factor.norm_sqr() - 1.0).abs() <= feasible);
        assert!(found.bound.as_ref().unwrap().gap_rel <= 1e-6);
        close(found.scale, one.number("eta"), 1e-4, "eta");
        let normalised = found.error / found.scale.powi(2);
        close(normalised, one.number("norm_mse"), 1e-4, "normalised error");
        let lags = lags_of(&product(&found.factor, Op::Plain, &found.factor, Op::Adjoint));
        let wanted = one.numbers("pattern");
        for (angle, wanted) in grid(wanted.len()).zip(wanted) {
            assert!((pattern(&lags, 0.5, angle) - wanted).abs() <= pattern_abs);
        }
        one.finish();
    }
    tol.finish();
}

pub(crate) fn updates(case: &mut Fields) {
    let rel = case.inside("tol").number("rel");
    for (index, value) in case.take("cases").as_array().unwrap().iter().enumerate() {
        let mut one = Fields::new(&format!("{}[{index}]", case.name), value.clone());
        let (q, c) = (one.matrix("Q"), one.matrix("C"));
        let (w, mu) = block_update(&q, &c, one.number("pmax")).unwrap();
        near(w.as_slice(), one.matrix("W").as_slice(), rel, "W");
        let wanted = one.number("mu");
        assert!((mu - wanted).abs() <= rel * wanted.max(1.0), "mu {mu} {wanted}");
        let qw = product(&q, Op::Plain, &w, Op::Plain);
        let quadratic: f64 =
            w.as_slice().iter().zip(qw.as_slice()).map(|(w, q)| (w.conj() * q).re).sum();
        let linear: f64 =
            c.as_slice().iter().zip(w.as_slice()).map(|(c, w)| (c.conj() * w).re).sum();
        let value = quadratic - 2.0 * linear;
        close(value, one.number("value"), rel, "value");
        // A conic solver's answer, to its own accuracy.
        close(value, one.number("value_cvx"), 1e-6, "value of the conic solver");
        one.finish();
    }
}
