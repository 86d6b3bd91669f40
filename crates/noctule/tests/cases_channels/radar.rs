//! Fisher matrices, bounds and gradients of radar scenes, and designs over a band.

use noctule::beamforming::band::{BandSettings, design_band};
use noctule::{C64, CMat, Interrupt};
use noctule_phy::channels::array::UniformArray;
use noctule_phy::channels::objective::{Achieved, BandObjective, BoundWeights};
use noctule_phy::channels::ofdm::Grid;
use noctule_phy::channels::radar::{Bounds, Field, Kind, OfdmRadar, Scene, Target, Unknown};

use crate::reference::Fields;
use crate::world::{close, close_number, close_reals, columns, flat, scale, shape, stack};

fn flag_or(fields: &mut Fields, key: &str, other: bool) -> bool {
    if fields.has(key) { fields.flag(key) } else { other }
}

fn target(mut fields: Fields) -> Target {
    let reflection = fields.numbers("reflection");
    let target = Target {
        azimuth_rad: fields.number("azimuth_rad"),
        polar_rad: fields.number("polar_rad"),
        range_m: fields.has("range_m").then(|| fields.number("range_m")),
        delay_s: fields.number("delay_s"),
        doppler_hz: fields.number("doppler_hz"),
        reflection: C64::new(reflection[0], reflection[1]),
    };
    fields.finish();
    target
}

fn scene(i: &mut Fields) -> Scene {
    let spacing = i.number("spacing_wavelengths");
    let normalisation = scale(i);
    let near = i.has("near_field").then(|| i.take("near_field")).filter(|near| !near.is_null());
    let near = near.map(|near| {
        let mut near = Fields::new("near_field", near);
        let found = (near.flag("centred"), near.number("amplitude_exponent"));
        near.finish();
        found
    });
    let side = |array: UniformArray| {
        let array = array.spaced([spacing; 2]).scaled(normalisation);
        if near.is_some_and(|near| near.0) { array.centred() } else { array }
    };
    let (transmit, receive) = (side(shape(i, "tx_h_v")), side(shape(i, "rx_h_v")));
    let mut unknown = i.inside("unknown");
    let kinds = Unknown {
        polar: flag_or(&mut unknown, "polar", true),
        range: flag_or(&mut unknown, "range", false),
        delay: unknown.flag("delay"),
        doppler: unknown.flag("doppler"),
    };
    unknown.finish();
    Scene {
        transmit,
        receive,
        grid: Grid {
            carrier_hz: i.number("carrier_hz"),
            subcarriers: i.count("subcarriers"),
            spacing_hz: i.number("subcarrier_spacing_hz"),
            symbols: i.count("symbols"),
            symbol_period_s: i.number("symbol_period_s"),
        },
        field: near.map_or(Field::Far, |near| Field::Near { amplitude_exponent: near.1 }),
        squint: i.flag("beam_squint"),
        unknown: kinds,
        targets: i.list("targets").into_iter().map(target).collect(),
        sensing_noise: i.number("sensing_noise"),
    }
}

/// A missing weight is one.
fn weights(i: &mut Fields) -> BoundWeights {
    let mut own = i.inside("bound_weights");
    let mut of = |key: &str| if own.has(key) { own.number(key) } else { 1.0 };
    let weights = BoundWeights {
        azimuth_per_rad2: of("azimuth_per_rad2"),
        polar_per_rad2: of("polar_per_rad2"),
        range_per_m2: of("range_per_m2"),
        delay_range_per_m2: of("delay_range_per_m2"),
        speed_per_m2_s2: of("speed_per_m2_s2"),
        reflection: of("reflection"),
    };
    own.finish();
    weights
}

/// Users, weights and targets of a case.
struct Problem {
    radar: OfdmRadar,
    channels: Vec<CMat>,
    noise: Vec<f64>,
    errors: Vec<CMat>,
    rate_weight: f64,
    bound_weight: f64,
    bound_weights: BoundWeights,
}

impl Problem {
    fn read(i: &mut Fields) -> Self {
        let scene = scene(i);
        let radar = OfdmRadar::new(scene).unwrap_or_else(|error| panic!("{error}"));
        Self {
            channels: i.take("H").as_array().unwrap().iter().map(columns).collect(),
            noise: i.numbers("user_noise"),
            errors: if i.has("C_error") { stack(&i.take("C_error")) } else { Vec::new() },
            rate_weight: i.number("rate_weight"),
            bound_weight: i.number("crb_weight"),
            bound_weights: weights(i),
            radar,
        }
    }

    fn objective(&self) -> BandObjective<'_> {
        BandObjective {
            radar: Some(&self.radar),
            channels: &self.channels,
            noise: &self.noise,
            errors: &self.errors,
            rate_weight: self.rate_weight,
            bound_weight: self.bound_weight,
            bound_weights: self.bound_weights,
        }
    }
}

fn named(parameters: &[(Kind, usize)]) -> serde_json::Value {
    parameters.iter().map(|(kind, target)| serde_json::json!([kind.name(), target])).collect()
}

pub(crate) fn radar(i: &mut Fields, e: &mut Fields) {
    let problem = Problem::read(i);
    let beams = flat(&i.take("W"));
    let mut gradient = vec![C64::ZERO; beams.len()];
    let found = problem.objective().eval(&beams, &mut gradient).expect("a bound");
    assert_eq!(named(problem.radar.parameters()), e.take("parameters"));
    let fisher = problem.radar.fisher(&beams);
    let wanted = e.table("F").concat();
    let n = problem.radar.parameters().len();
    let scaled = |f: &[f64]| -> Vec<f64> {
        let unit = |k: usize| (wanted[k / n * (n + 1)] * wanted[k % n * (n + 1)]).sqrt();
        f.iter().enumerate().map(|(k, x)| x / unit(k)).collect()
    };
    close_reals("F", &scaled(&fisher), &scaled(&wanted), 1e-9);
    close("gradient", &gradient, &flat(&e.take("gradient")), 1e-9);
    values(&found, e);
    let energy = problem.radar.echo_energy(&beams);
    close_number("echo energy", energy, e.number("echo_energy"), 1e-9);
    if e.has("moments_X") {
        let moments = problem.radar.moments(&beams).expect("no squint");
        for (found, wanted) in moments.iter().zip(stack(&e.take("moments_X"))) {
            close("X", found.as_slice(), wanted.as_slice(), 1e-9);
        }
    }
    bounds(found.bounds.as_ref().expect("targets"), problem.radar.scene(), e);
}

fn values(found: &Achieved, e: &mut Fields) {
    let bounds = found.bounds.as_ref().expect("targets").variances();
    for (found, wanted) in bounds.iter().zip(e.numbers("crb")) {
        close_number("bound", *found, wanted, 1e-7);
    }
    close_number("weighted trace", found.weighted_trace, e.number("weighted_trace"), 1e-7);
    close_reals("rates", &found.rates_nats.concat(), &e.table("rates_nats").concat(), 1e-10);
    close_number("mean rate", found.mean_rate_nats, e.number("mean_rate_nats"), 1e-10);
    close_number("objective", found.objective, e.number("objective"), 1e-7);
}

fn bounds(found: &Bounds, scene: &Scene, e: &mut Fields) {
    if e.has("position_bound_m2") {
        let position = found.position_m2(scene).expect("ranges");
        close_reals("position", &position, &e.numbers("position_bound_m2"), 1e-7);
    }
    if e.has("linked") {
        let (mut wanted, linked) = (e.inside("linked"), found.linked().expect("a pair to link"));
        assert_eq!(named(&linked.parameters), wanted.take("parameters"));
        for (found, wanted) in linked.variances().iter().zip(wanted.numbers("crb")) {
            close_number("linked", *found, wanted, 1e-7);
        }
        if wanted.has("position_bound_m2") {
            let position = linked.position_m2(scene).expect("ranges");
            close_reals("position", &position, &wanted.numbers("position_bound_m2"), 1e-7);
        }
        wanted.finish();
    }
}

pub(crate) fn optimise(i: &mut Fields, e: &mut Fields) {
    let problem = Problem::read(i);
    let settings = BandSettings {
        power_w: i.number("power"),
        sensing_streams: i.count("sensing_streams"),
        ..BandSettings::default()
    };
    let found = design_band(&problem.objective(), &settings, &Interrupt::new()).unwrap();
    let best = e.number("objective_best_known");
    let tolerance = 1e-6 * best.abs().max(1.0);
    let value = found.achieved.objective;
    println!(
        "  {value} against {best}, starts {:?}, {} evaluations, residual {:.1e}",
        found.from_starts, found.run.work.evaluations, found.run.residual
    );
    assert!(value >= best - tolerance, "{value} below {best}");
    let sent: f64 = found.beams.iter().map(C64::norm_sqr).sum();
    close_number("power", sent, settings.power_w, 1e-12);
    let each = found.beams.len() / problem.channels.len();
    let powers: Vec<f64> =
        found.beams.chunks_exact(each).map(|w| w.iter().map(C64::norm_sqr).sum()).collect();
    let wanted = (
        e.numbers("power_per_subcarrier"),
        e.number("mu"),
        e.number("mean_rate_nats"),
        e.numbers("crb"),
    );
    if value <= best + tolerance {
        close_reals("powers", &powers, &wanted.0, 1e-3);
        close_number("μ", found.multiplier, wanted.1, 1e-3);
        close_number("rate", found.achieved.mean_rate_nats, wanted.2, 1e-3);
        let bounds = found.achieved.bounds.as_ref().expect("targets").variances();
        for (found, wanted) in bounds.iter().zip(&wanted.3) {
            close_number("bound", *found, *wanted, 1e-3);
        }
    }
    // How their optimum was found says nothing about ours.
    e.remark("starts");
    e.remark("fraction_within_1e_6");
}
