//! Moments of channels, by simulation: within four standard errors of what quadrature, closed forms
//! or another simulation give.

use noctule::{C64, CMat};
use noctule_num::linalg::{Cholesky, HermitianEigen, Op, dot, product};
use noctule_num::rng::uniform;
use noctule_num::stats::Running;
use noctule_phy::channels::array::UniformArray;
use noctule_phy::channels::cdl::{AngleTarget, DelayLine, Profile};
use noctule_phy::channels::cell::Cell;
use noctule_phy::channels::clustered::{Band, Clusters, laplacian};
use noctule_phy::channels::design_rate::Users;
use noctule_phy::channels::draws::UserStreams;
use noctule_phy::channels::frame::Frame;
use noctule_phy::channels::large_scale::Scenario;
use noctule_phy::channels::rician::Rician;
use noctule_phy::channels::scattering::{Scattering, Spectrum, correlate, hermitian_root};
use std::f64::consts::FRAC_PI_2;

use crate::effort::effort;
use crate::reference::Fields;

pub(crate) fn statistics(_: &mut Fields, e: &mut Fields) {
    for mut check in e.list("checks") {
        let (name, setting) = (check.text("name"), check.text("setting"));
        let (mean, sd) = (check.number("mean"), check.number("sd_per_draw"));
        let se = if check.has("reference_se") { check.number("reference_se") } else { 0.0 };
        let found = sample(&name, &setting);
        let n = found.count() as f64;
        let off = (found.mean().unwrap() - mean).abs();
        let allowed = 4.0 * (sd * sd / n + se * se).sqrt();
        println!(
            "  {name}: {:.5} against {mean:.5}, {:.2} of 1",
            found.mean().unwrap(),
            off / allowed
        );
        assert!(off <= allowed, "{setting}: {:?} instead of {mean}", found.mean());
        check.finish();
    }
}

fn streams(trial: u64, user: u64) -> UserStreams<'static> {
    UserStreams { seed: 11, system: "test", trial, user }
}

/// The number after `key`.
fn after(setting: &str, key: &str) -> f64 {
    let rest = setting.split_once(key).unwrap_or_else(|| panic!("no `{key}` in: {setting}")).1;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || "+-.e".contains(c)));
    let digits = &rest[..end.unwrap_or(rest.len())];
    digits
        .trim_end_matches('.')
        .parse()
        .unwrap_or_else(|_| panic!("no number after {key}: {setting}"))
}

fn norm_sqr(h: &[C64]) -> f64 {
    h.iter().map(C64::norm_sqr).sum()
}

/// So many draws, times the effort.
fn over(count: u64, mut draw: impl FnMut(u64) -> f64) -> Running {
    let mut running = Running::default();
    (0..count * effort::<u64>()).for_each(|trial| running.push(draw(trial)));
    running
}

fn sample(name: &str, setting: &str) -> Running {
    let antennas = || after(setting, "N=") as usize;
    let rayleigh = |trial: u64, n: usize| streams(trial, 0).scatter(n, 1).into_vec();
    match name {
        "norm" => over(4000, |t| norm_sqr(&rayleigh(t, antennas())) / antennas() as f64),
        "mrt-capacity" => over(4000, |t| (10.0 * norm_sqr(&rayleigh(t, antennas()))).ln_1p()),
        "rice-capacity" => over(4000, |t| (10.0 * rice(t, setting)).ln_1p()),
        "rice-variance" => over(4000, |t| (rice(t, setting) - 1.0).powi(2)),
        "correlated-norm" | "correlated-top" => correlated(name == "correlated-top", setting),
        "laplacian-variance" | "laplacian-absolute" => {
            assert!(
                setting == "|x|, same" || setting.contains("standard deviation 0.2"),
                "{setting}"
            );
            let mut rng = streams(0, 0).stream("laplacian");
            let absolute = name == "laplacian-absolute";
            over(20_000, |_| {
                let x = laplacian(uniform(&mut rng, 0.0, 1.0), 0.2);
                if absolute { x.abs() } else { x * x }
            })
        }
        "los-fraction" => sights(setting),
        "cdl-norm" => over(4000, |t| norm_sqr(&delay_line(t, 0, &one_antenna(), setting, None))),
        "rzf-sum-rate" => {
            let count = if setting.contains("correlated") { 300 } else { 1000 };
            over(count, |trial| zero_forcing(trial, setting))
        }
        other => panic!("unknown statistic `{other}`"),
    }
}

fn one_antenna() -> UniformArray {
    UniformArray::new(1, 1)
}

/// |h|² of one antenna.
fn rice(trial: u64, setting: &str) -> f64 {
    let k_factor = 10_f64.powf(after(setting, "K=") / 10.0);
    assert!(setting.contains("N=1,"), "{setting}");
    let own = streams(trial, 0);
    let user = Rician {
        k_factor,
        path_gain: 1.0,
        line_of_sight: &[C64::ONE],
        phase_rad: own.line_of_sight_phase_rad(),
    };
    norm_sqr(&user.channel(own.scatter(1, 1).col(0)))
}

fn correlated(top: bool, setting: &str) -> Running {
    assert!(
        setting.starts_with("same")
            || setting.contains("8x1, azimuth 0.5 rad, polar 90 deg, Gaussian 10 deg"),
        "{setting}"
    );
    let user = gaussian(0.5, 10.0, 0.0);
    let covariance = user.covariance_of(&UniformArray::new(8, 1));
    let root = hermitian_root(&covariance).unwrap();
    let mut eigen = HermitianEigen::new(8);
    eigen.compute(&covariance).unwrap();
    over(4000, |trial| {
        let h = correlate(&root, streams(trial, 0).scatter(8, 1).col(0));
        if top { dot(eigen.vectors().col(7), &h).norm_sqr() / 8.0 } else { norm_sqr(&h) / 8.0 }
    })
}

fn gaussian(azimuth_rad: f64, azimuth_deg: f64, polar_deg: f64) -> Scattering {
    Scattering {
        azimuth_rad,
        polar_rad: FRAC_PI_2,
        azimuth_std_rad: azimuth_deg.to_radians(),
        polar_std_rad: polar_deg.to_radians(),
        spectrum: Spectrum::Gaussian,
    }
}

fn sights(setting: &str) -> Running {
    assert!(setting.contains("UMi, users uniform over the annulus 20 to 150 m"), "{setting}");
    let cell = Cell {
        scenario: Scenario::UrbanMicro,
        frame: Frame { position_m: [0.0, 0.0, 10.0], ..Frame::default() },
        carrier_hz: 28e9,
        user_height_m: 1.5,
        radius_m: [20.0, 150.0],
        sector_rad: [-1.0, 1.0],
        clutter: None,
    };
    over(10_000, |trial| {
        let user = cell.user(&streams(trial, 0).user_numbers()).unwrap();
        f64::from(u8::from(user.line_of_sight))
    })
}

fn delay_line(
    trial: u64,
    user: u64,
    array: &UniformArray,
    setting: &str,
    azimuth: Option<f64>,
) -> Vec<C64> {
    let letter = setting.split_once("CDL-").expect("a profile").1;
    let of = |profile: &Profile| letter.starts_with(profile.name());
    let profile = Profile::ALL.into_iter().find(of).unwrap_or_else(|| panic!("{setting}"));
    let azimuth = azimuth.map(|mean_rad| AngleTarget { mean_rad, spread_rad: None });
    let rays = DelayLine { azimuth, ..DelayLine::new(profile, 1e-7) }.rays().unwrap();
    let random = streams(trial, user).delay_line(rays.powers.len());
    rays.channel(array, 1.0, &random, &Band::narrow(28e9), false).into_vec()
}

/// The sum rate of regularised zero forcing, in nats.
fn zero_forcing(trial: u64, setting: &str) -> f64 {
    let prefix = "4x4 array, 4 users, azimuth uniform +-60 deg, P/sigma^2 = 10, equal power: ";
    let model = setting.strip_prefix(prefix).unwrap_or_else(|| panic!("{setting}"));
    let (users, snr) = (4_usize, 10.0);
    let mut h = CMat::zeros(16, users);
    for user in 0..users {
        h.col_mut(user).copy_from_slice(&channel(trial, user as u64, model));
    }
    let mut gram = product(&h, Op::Adjoint, &h, Op::Plain);
    for k in 0..users {
        gram[(k, k)] += users as f64 / snr;
    }
    let mut inverse = CMat::identity(users);
    let mut factor = Cholesky::new(users);
    factor.factor(&gram, "regularised Gram").unwrap();
    factor.solve_in_place(&mut inverse);
    let mut beams = product(&h, Op::Plain, &inverse, Op::Plain);
    for k in 0..users {
        let scale = (snr / users as f64 / norm_sqr(beams.col(k))).sqrt();
        beams.col_mut(k).iter_mut().for_each(|w| *w *= scale);
    }
    Users { channels: &h, noise: &[1.0; 4], errors: &[] }.rates_nats(&beams).iter().sum()
}

fn channel(trial: u64, user: u64, model: &str) -> Vec<C64> {
    let (array, own) = (UniformArray::new(4, 4), streams(trial, user));
    let wide = 60_f64.to_radians();
    let (azimuth, _) = own.direction([-wide, wide], [FRAC_PI_2; 2]);
    let scatter = || own.scatter(16, 1).into_vec();
    match model {
        "i.i.d. Rayleigh" => scatter(),
        "correlated, Gaussian 10 deg azimuth, 5 deg polar about (user azimuth, 90 deg)" => {
            let root = hermitian_root(&gaussian(azimuth, 10.0, 5.0).covariance_of(&array)).unwrap();
            correlate(&root, &scatter())
        }
        "Rician, K = 6 dB, LoS at (user azimuth, 90 deg), i.i.d. scatter" => Rician {
            k_factor: 10_f64.powf(0.6),
            path_gain: 1.0,
            line_of_sight: &array.far_response(azimuth, FRAC_PI_2, 1.0),
            phase_rad: own.line_of_sight_phase_rad(),
        }
        .channel(&scatter()),
        "clustered, 3 clusters of 8 rays, equal powers, centres uniform in azimuth +-60 and polar \
         75..105 deg, Laplacian 5 and 3 deg" => clustered(&own, &array),
        model if model.starts_with("CDL-") => {
            assert!(
                model.ends_with("all azimuths shifted so that the table mean is the user azimuth")
            );
            delay_line(trial, user, &array, model, Some(azimuth))
        }
        other => panic!("unknown model `{other}`"),
    }
}

fn clustered(own: &UserStreams<'_>, array: &UniformArray) -> Vec<C64> {
    let numbers = own.clusters(3, 8);
    let degrees = |x: f64| x.to_radians();
    let centres: Vec<(f64, f64)> = numbers
        .iter()
        .map(|c| (degrees(-60.0 + 120.0 * c.azimuth), degrees(75.0 + 30.0 * c.polar)))
        .collect();
    let rays: Vec<_> = numbers.into_iter().map(|c| c.rays).collect();
    let stds = (degrees(5.0), degrees(3.0));
    let clusters = Clusters::around(&centres, stds, &rays, vec![0.0; 3], &[1.0; 3]);
    let gains = own.ray_gains(3, 8);
    clusters.channel(array, 1.0, &gains, &Band::narrow(28e9)).into_vec()
}
