//! What beams achieve, term by term; steering, the reduced space, and scenes that cannot be sensed.

use noctule::beamforming::baselines::stationarity;
use noctule::beamforming::model::{Model, Space, fisher};
use noctule::beamforming::{Beams, Instance, Parts, evaluate, verify};
use noctule::{C64, CMat, Error};
use noctule_num::linalg::{HermitianEigen, orthonormal_basis};
use noctule_phy::fisher::target_space;

use crate::inputs::{array, close, close_all, normalisation, parts, real};
use crate::reference::{Fields, numbers};

pub(crate) fn steering(case: &mut Fields) {
    let mut inputs = case.inside("inputs");
    let normalisation = normalisation(&mut inputs, "normalised");
    let array = array(&mut inputs, "shape", normalisation);
    let steering = array.steering([(inputs.number("theta"), inputs.number("phi"))]);
    inputs.finish();
    let mut tolerance = case.inside("tolerance");
    let absolute = tolerance.number("abs");
    tolerance.finish();
    let mut expected = case.inside("expected");
    for (key, found) in [
        ("a", &steering.response),
        ("da_dtheta", &steering.by_azimuth),
        ("da_dphi", &steering.by_polar),
    ] {
        for (f, e) in found.as_slice().iter().zip(expected.complex(key)) {
            assert!((f - e).norm() <= absolute, "{}.{key}: {f} instead of {e}", case.name);
        }
    }
    expected.finish();
    case.remark("obtained");
}

pub(crate) fn evaluation(case: &mut Fields) {
    let mut inputs = case.inside("inputs");
    let matrix = inputs.matrix("W");
    let mut parts = parts(&mut inputs);
    inputs.finish();
    parts.sensing_streams = matrix.cols() - parts.channels.cols();
    let instance = Instance::new(parts).unwrap();
    let beams = Beams { matrix, users: instance.users(), subcarriers: 1 };
    let metrics = evaluate(&instance, &beams).unwrap();
    let mut tolerance = case.inside("tolerance");
    let relative = tolerance.number("rel");
    assert_eq!(tolerance.text("relative_to"), "max abs entry");
    tolerance.finish();

    let mut expected = case.inside("expected");
    let rows = expected.take("F");
    let flat: Vec<f64> = rows.as_array().unwrap().iter().flat_map(numbers).collect();
    close_all("F", &real(&fisher(&instance, &beams).unwrap()), &real(&flat), relative);
    close("crlb_trace", metrics.crb_trace_mixed.unwrap(), expected.number("crlb_trace"), relative);
    for key in ["sinr", "xi"] {
        close_all(key, &real(&metrics.sinr), &real(&expected.numbers(key)), relative);
    }
    close("sum rate", metrics.sum_rate_nats, expected.number("sum_rate_nats"), relative);
    let objective = expected.number("objective");
    close("objective", metrics.objective.unwrap(), objective, relative);
    let witness = verify(&instance, &beams).unwrap();
    close("witness", witness.objective.unwrap(), objective, relative);

    let terms = stationarity(&instance, &beams).unwrap();
    // η_k = conj(h_kᴴ w_k)/I_k and β_k = ξ_k/(S_k + I_k), recomputed from the amplitudes.
    let (mut eta, mut beta) = (Vec::new(), Vec::new());
    for k in 0..instance.users() {
        let amplitude = |j: usize| -> C64 {
            (0..instance.antennas())
                .map(|n| instance.channels()[(n, k)].conj() * beams.matrix[(n, j)])
                .sum()
        };
        let signal = amplitude(k).norm_sqr();
        let interference = signal / metrics.sinr[k];
        eta.push(amplitude(k).conj() / interference);
        beta.push(metrics.sinr[k] / (signal + interference));
    }
    close_all("eta", &eta, &expected.complex("eta"), relative);
    close_all("beta", &real(&beta), &real(&expected.numbers("beta")), relative);
    for (key, found) in [("C1", &terms.c1), ("C0", &terms.c0), ("gradient", &terms.gradient)] {
        close_all(key, found.as_slice(), expected.matrix(key).as_slice(), relative);
    }
    expected.finish();
    case.remark("notes");
    case.remark("obtained");
}

pub(crate) fn reduction(case: &mut Fields) {
    let mut inputs = case.inside("inputs");
    let instance = Instance::new(parts(&mut inputs)).unwrap();
    inputs.finish();
    let mut expected = case.inside("expected");
    let columns =
        CMat::hstack(&[instance.channels(), &target_space(instance.transmit_steering())]).unwrap();
    assert_eq!(columns.cols(), expected.number("columns") as usize);
    let basis = orthonormal_basis(&columns, 1e-10).unwrap();
    assert_eq!(basis.cols(), expected.number("rank") as usize);
    let model = Model::new(&instance, Space::Reduced).unwrap();
    assert_eq!(model.rank(), expected.number("reduced_dim") as usize);
    expected.finish();
    let mut tolerance = case.inside("tolerance");
    assert!(tolerance.take("exact").as_bool().unwrap());
    tolerance.finish();
    case.remark("notes");
    case.remark("obtained");
}

pub(crate) fn edge(case: &mut Fields) {
    let mut inputs = case.inside("inputs");
    let mut parts = parts(&mut inputs);
    inputs.finish();
    let steering = |parts: &Parts| {
        parts.transmit_array.steering(parts.targets.iter().map(|t| (t.azimuth_rad, t.polar_rad)))
    };
    let error = Instance::new(parts.clone()).unwrap_err();
    let Error::Unobservable { targets, conditioning, .. } = &error else { panic!("{error}") };
    assert!(*conditioning < 1e-12 && !targets.is_empty(), "{error}");
    let sentence = error.to_string();
    let mut expected = case.inside("expected");
    if expected.has("second_singular_value_of_A") {
        assert!(expected.number("second_singular_value_of_A") < 1e-15);
        let a = steering(&parts).response;
        assert_eq!(orthonormal_basis(&a, 1e-10).unwrap().cols(), 1);
        assert_eq!(targets, &[0, 1]);
        assert!(sentence.contains("mirror"), "{sentence}");
    }
    if expected.has("fim_rank_at_R_identity") {
        // The Fisher matrix at R = I, evaluated without the refusal.
        parts.crb_weight = 0.0;
        parts.rate_weight_per_nat = 1.0;
        parts.channels = CMat::from_fn(parts.transmit_array.elements(), 1, |_, _| C64::ONE);
        parts.user_noise_w = vec![1.0];
        let instance = Instance::new(parts).unwrap();
        let beams = Beams { matrix: CMat::identity(instance.antennas()), users: 1, subcarriers: 1 };
        let fisher = fisher(&instance, &beams).unwrap();
        let n = fisher.len().isqrt();
        let matrix = CMat::from_fn(n, n, |i, j| C64::from(fisher[i * n + j]));
        let mut eigen = HermitianEigen::new(n);
        eigen.compute(&matrix).unwrap();
        let rank = eigen.values().iter().filter(|v| **v > 1e-12 * eigen.max()).count();
        assert_eq!(rank, expected.number("fim_rank_at_R_identity") as usize);
        let metrics = evaluate(&instance, &beams).unwrap();
        assert_eq!(metrics.crb_trace_mixed, None, "never a finite number");
        assert_eq!(verify(&instance, &beams).unwrap().crb_trace_mixed, None);
    }
    expected.text("behaviour");
    expected.finish();
    case.remark("obtained");
}
