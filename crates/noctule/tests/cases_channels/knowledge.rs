//! Imperfect knowledge of channels, and power over a band for one user.

use noctule::beamforming::band::{BandSettings, design_band};
use noctule::{C64, CMat, Interrupt};
use noctule_num::linalg::dot;
use noctule_optim::water_filling as fill;
use noctule_phy::channels::design_rate::Users;
use noctule_phy::channels::estimation::{Lmmse, aged_error, hardening_sinr, trace};
use noctule_phy::channels::objective::{BandObjective, BoundWeights};

use crate::reference::Fields;
use crate::world::{close, close_number, close_reals, columns, scattering, shape, stack};

pub(crate) fn imperfect(i: &mut Fields, e: &mut Fields) {
    let (array, snr) = (shape(i, "shape_h_v"), i.number("pilot_snr"));
    let covariances: Vec<CMat> = i
        .list("users")
        .into_iter()
        .map(|mut user| {
            let family = user.text("spectrum");
            let mut r = scattering(&mut user, "", &family).covariance_of(&array);
            r.scale(user.number("path_gain"));
            user.finish();
            r
        })
        .collect();
    let filters: Vec<Lmmse> =
        covariances.iter().map(|r| Lmmse::new(r, &[], snr).unwrap()).collect();
    let traces: Vec<f64> = filters.iter().map(|f| trace(&f.estimate)).collect();
    close_reals("estimates", &traces, &e.numbers("C_estimate_trace"), 1e-9);
    let errors: Vec<CMat> = filters.iter().map(|f| f.error.clone()).collect();
    for (found, wanted) in errors.iter().zip(stack(&e.take("C_error"))) {
        close("C", found.as_slice(), wanted.as_slice(), 1e-9);
    }
    let observations = columns(&i.take("observations"));
    let users = covariances.len();
    let mut estimates = CMat::zeros(array.elements(), users);
    for (k, filter) in filters.iter().enumerate() {
        estimates.col_mut(k).copy_from_slice(&filter.of_zero_mean(observations.col(k)));
    }
    close("ĥ", estimates.as_slice(), columns(&e.take("estimates")).as_slice(), 1e-9);
    let mut shared = e.inside("contaminated_user0_by_user1");
    let both = Lmmse::new(&covariances[0], &[&covariances[1]], snr).unwrap();
    close("shared", both.error.as_slice(), shared.matrix("C_error").as_slice(), 1e-9);
    close_number("shared", trace(&both.error), shared.number("trace_error"), 1e-9);
    shared.finish();
    let mean = i.complex("rician_mean_user0");
    let found = filters[0].of(observations.col(0), &mean, &mean);
    close("mean", &found, &e.complex("estimate_user0_with_mean"), 1e-9);
    let noise = vec![i.number("user_noise"); users];
    let (beams, known) =
        (columns(&i.take("W")), Users { channels: &estimates, noise: &noise, errors: &errors });
    let mut gradient = CMat::zeros(beams.rows(), beams.cols());
    let rates = known.add_gradient(&beams, 1.0, &mut gradient);
    close_reals("rates", &rates, &e.numbers("rates_nats"), 1e-9);
    close("gradient", gradient.as_slice(), columns(&e.take("gradient_sum_rate")).as_slice(), 1e-9);
    let own: Vec<CMat> = filters.iter().map(|f| f.estimate.clone()).collect();
    let sinr = hardening_sinr(&i.numbers("powers"), &covariances, &own, &noise);
    close_reals("hardening", &sinr, &e.numbers("uatf_sinr"), 1e-9);
    let rho = i.number("aging_rho");
    let aged = |(r, c): (&CMat, &CMat)| trace(&aged_error(r, c, rho));
    let aged: Vec<f64> = covariances.iter().zip(&errors).map(aged).collect();
    close_reals("aged", &aged, &e.numbers("aged_error_trace"), 1e-9);
}

/// The closed form, and our design of the same problem.
pub(crate) fn water_filling(i: &mut Fields, e: &mut Fields) {
    let channels: Vec<CMat> = i.take("H").as_array().unwrap().iter().map(columns).collect();
    let (noise, power) = (i.number("user_noise"), i.number("power"));
    let gains: Vec<f64> = channels.iter().map(|h| h.norm_sqr() / noise).collect();
    let mut powers = vec![0.0; gains.len()];
    let level = fill(&gains, power, &mut powers);
    let wanted = e.numbers("power_per_subcarrier");
    close_reals("powers", &powers, &wanted, 1e-8);
    close_number("level", level, e.number("level"), 1e-8);
    let rate = |powers: &[f64]| {
        let of = |(g, p): (&f64, &f64)| (g * p).ln_1p();
        gains.iter().zip(powers).map(of).sum::<f64>() / gains.len() as f64
    };
    let best = e.number("mean_rate_nats");
    close_number("rate", rate(&powers), best, 1e-8);
    let objective = BandObjective {
        radar: None,
        channels: &channels,
        noise: &[noise],
        errors: &[],
        rate_weight: 1.0,
        bound_weight: 0.0,
        bound_weights: BoundWeights::default(),
    };
    let settings = BandSettings { power_w: power, residual: 1e-10, ..BandSettings::default() };
    let design = design_band(&objective, &settings, &Interrupt::new()).unwrap();
    close_number("design", design.achieved.mean_rate_nats, best, 1e-8);
    let each = design.beams.len() / channels.len();
    for (n, h) in channels.iter().enumerate() {
        let own = &design.beams[n * each..(n + 1) * each];
        let sent = own.iter().map(C64::norm_sqr).sum::<f64>();
        assert!((sent - wanted[n]).abs() < 1e-4 * power, "subcarrier {n}: {sent} {}", wanted[n]);
        let aligned = dot(h.as_slice(), own).norm_sqr();
        assert!(aligned >= (1.0 - 1e-6) * sent * h.norm_sqr() - 1e-9, "subcarrier {n}");
    }
}
