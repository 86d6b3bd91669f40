//! Steering, metrics, SINRs and the formulas of bounds.

use noctule::CMat;
use noctule::beamforming::requirements::evaluate::{
    Evaluation, Multipliers, power_proven, proven, rate_proven,
};
use noctule::beamforming::requirements::{
    Metric, Part, PowerLimit, Requirements, SensingStreams, World,
};
use noctule_phy::arrays::Normalisation;
use noctule_phy::elements::ElementArray;

use crate::world::{metric, positions, required, snr_factor, world};
use crate::{Check, close, close_matrix};

pub(crate) fn steering(check: &mut Check) {
    check.i.remark("array");
    let scale = if check.i.flag("unit_norm") {
        Normalisation::UnitNorm
    } else {
        Normalisation::UnitModulus
    };
    let array = ElementArray::new(positions(&mut check.i, "positions")).scaled(scale);
    let direction = (check.i.number("azimuth"), check.i.number("polar"));
    let found = array.steering([direction]);
    let tolerance = check.a.number("abs");
    for (key, ours) in
        [("a", found.response), ("da_azimuth", found.by_azimuth), ("da_polar", found.by_polar)]
    {
        for (a, b) in ours.as_slice().iter().zip(check.e.complex(key)) {
            assert!((a - b).norm() <= tolerance, "{key}: {a} instead of {b}");
        }
    }
}

pub(crate) fn sensing_metrics(check: &mut Check) {
    let world = world(&mut check.i);
    check.i.remark("power");
    let beams = check.i.matrix("W");
    let found = Evaluation::of(&world, &beams).unwrap();
    let relative = check.a.number("rel");
    let gradient_relative = check.a.number("gradient_rel_to_norm");
    let names: Vec<String> =
        found.parameters().iter().map(|p| format!("{}_{}", p.kind.name(), p.target)).collect();
    let expected: Vec<String> = serde_json::from_value(check.e.take("parameters")).unwrap();
    assert_eq!(names, expected);
    let n = names.len();
    for (i, (a, b)) in found.fisher().iter().zip(check.e.table("F").concat()).enumerate() {
        let size = found.fisher()[(i / n) * (n + 1)] * found.fisher()[(i % n) * (n + 1)];
        assert!((a - b).abs() <= relative * size.sqrt(), "F[{i}]: {a} instead of {b}");
    }
    let bounds = found.bounds().unwrap();
    for (i, b) in check.e.numbers("crb_diagonal").into_iter().enumerate() {
        close(&names[i], bounds[i * n + i], b, relative);
    }
    let mut degrees = check.e.inside("root_crb_deg");
    for (i, name) in names.iter().enumerate() {
        if degrees.has(name) {
            let ours = bounds[i * n + i].sqrt().to_degrees();
            close(name, ours, degrees.number(name), relative);
        }
    }
    degrees.finish();
    let angle = |name: &String| name.starts_with("azimuth") || name.starts_with("polar");
    let angles: Vec<f64> = names.iter().map(|name| f64::from(u8::from(angle(name)))).collect();
    let of_target = |m: usize| {
        let own = |name: &String| angle(name) && name.ends_with(&format!("_{m}"));
        names.iter().map(|name| f64::from(u8::from(own(name)))).collect::<Vec<f64>>()
    };
    let largest = (0..world.targets.len())
        .map(|m| vec![Part { scene: 0, share: 1.0, weights: of_target(m) }])
        .collect();
    let known = [
        ("trace_angles", Metric::trace(angles.clone())),
        ("trace_all", Metric::trace(vec![1.0; n])),
        ("maxeig_angles", Metric::LargestEigenvalue(angles.clone())),
        ("logdet_angles", Metric::LogDet(angles)),
        ("max_target_trace_angles", Metric::Largest(largest)),
    ];
    let mut values = check.e.inside("values");
    let mut gradients = check.e.inside("gradients_wrt_W");
    for (name, metric) in known {
        if values.has(name) {
            close(name, found.metric(&metric).unwrap(), values.number(name), relative);
        }
        if gradients.has(name) {
            let expected = gradients.matrix(name);
            close_matrix(
                name,
                &found.metric_gradient(&metric).unwrap(),
                &expected,
                gradient_relative,
            );
        }
    }
    for (m, expected) in values.numbers("sensing_snr").into_iter().enumerate() {
        let metric = Metric::Illumination { target: m, factor: snr_factor(&world, m) };
        close("sensing SNR", found.metric(&metric).unwrap(), expected, relative);
    }
    values.finish();
    gradients.finish();
}

pub(crate) fn sinr(check: &mut Check) {
    let world = world(&mut check.i);
    check.i.remark("power");
    let found = Evaluation::of(&world, &check.i.matrix("W")).unwrap();
    let relative = check.a.number("rel");
    let users = world.noise_w.len();
    let signal = check.e.numbers("signal_over_noise");
    let interference = check.e.numbers("interference_plus_noise_over_noise");
    let (sinr, rates) = (check.e.numbers("sinr"), check.e.numbers("rates_nats"));
    for k in 0..users {
        close("S", found.signal(k), signal[k], relative);
        close("I", found.interference(k), interference[k], relative);
        close("SINR", found.sinr(k), sinr[k], relative);
        close("rate", found.sinr(k).ln_1p(), rates[k], relative);
    }
    let gradient = found.rate_gradient(&vec![1.0; users]);
    let expected = check.e.matrix("sum_rate_gradient_wrt_W");
    close_matrix("gradient", &gradient, &expected, check.a.number("gradient_rel_to_norm"));
}

pub(crate) fn extended(check: &mut Check) {
    let transmit = ElementArray::new(positions(&mut check.i, "tx_positions"));
    let receivers = check.i.number("nr");
    let (snapshots, noise) = (check.i.number("snapshots"), check.i.number("sensing_noise"));
    let world = World {
        receive: transmit.clone(),
        channels: CMat::zeros(transmit.elements(), 0),
        transmit,
        targets: Vec::new(),
        alternatives: Vec::new(),
        snapshots,
        sensing_noise_w: noise,
        noise_w: Vec::new(),
        error_covariances: Vec::new(),
        streams: SensingStreams::Interfering,
    };
    let found = Evaluation::of(&world, &check.i.matrix("W")).unwrap();
    let covariance = check.i.matrix("response_covariance");
    let (angles, mask) = (check.i.numbers("pattern_angles"), check.i.numbers("pattern_mask"));
    check.i.remark("pattern_steering");
    let pattern = Metric::Pattern(
        world
            .transmit
            .clone()
            .scaled(Normalisation::UnitModulus)
            .steering(angles.iter().map(|a| (*a, std::f64::consts::FRAC_PI_2)))
            .response,
        mask,
    );
    let relative = check.a.number("rel");
    let gradient_relative = check.a.number("gradient_rel_to_norm");
    for (metric, value, gradient) in [
        (
            Metric::Extended { factor: noise * receivers / snapshots },
            "extended_crb",
            "extended_gradient",
        ),
        (
            Metric::MutualInformation { receivers, snr: snapshots / noise, covariance },
            "mutual_information_nats",
            "mutual_information_gradient",
        ),
        (pattern, "pattern_error", "pattern_gradient"),
    ] {
        close(value, found.metric(&metric).unwrap(), check.e.number(value), relative);
        let expected = check.e.matrix(gradient);
        close_matrix(
            gradient,
            &found.metric_gradient(&metric).unwrap(),
            &expected,
            gradient_relative,
        );
    }
    check.e.remark("pattern_eta");
}

pub(crate) fn formulas(check: &mut Check) {
    let world = world(&mut check.i);
    let mut fields = check.i.inside("metric");
    let Metric::Trace(parts) = metric(&mut fields, &world) else { panic!("a trace") };
    fields.finish();
    let weights = parts[0].weights.clone();
    let required = required(&mut check.i, &world);
    let multipliers =
        Multipliers { y: check.i.table("Y"), lambda: check.i.numbers("lambda_"), nu: Vec::new() };
    let relative = check.a.number("rel");
    check.a.remark("note");
    let found = proven(&world, &weights, &required, &multipliers).unwrap();
    for (key, value) in [
        ("beta", found.beta),
        ("B_frobenius", found.norm),
        ("mu", found.multiplier),
        ("bound_plain", found.plain),
        ("bound_scaled", found.scaled),
    ] {
        close(key, value, check.e.number(key), relative);
    }
    let per_antenna = Requirements {
        power: PowerLimit::PerAntenna(check.i.numbers("power_per_antenna_for_nu")),
        ..required.clone()
    };
    let multipliers = Multipliers { nu: check.i.numbers("nu"), ..multipliers };
    let found = proven(&world, &weights, &per_antenna, &multipliers).unwrap();
    close("tau", found.multiplier, check.e.number("tau"), relative);
    close("per antenna", found.plain, check.e.number("bound_per_antenna_plain"), relative);
    check.i.remark("caps_minorant_at");
    let n = world.transmit.elements();
    let mut at = CMat::identity(n);
    at.scale(required.power.total() / n as f64);
    let rho = check.i.numbers("rho");
    let lambda = check.i.numbers("lambda_power");
    let (s, numerator, bound) = power_proven(&world, &required, &lambda, &rho, &at).unwrap();
    close("s", s, check.e.number("power_s"), relative);
    close("numerator", numerator, check.e.number("power_numerator"), relative);
    close("power", bound, check.e.number("power_bound"), relative);
    let (low, high) = (check.i.numbers("rate_box_lo"), check.i.numbers("rate_box_hi"));
    let (t, v) = (check.i.numbers("rate_t"), check.i.numbers("rate_weights"));
    let bound = rate_proven(&world, &required, &v, (&low, &high), &t, &rho, &at).unwrap();
    close("rate", bound, check.e.number("rate_upper_bound"), relative);
}
