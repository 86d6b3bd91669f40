//! Worlds, metrics and requirements as files write them.

use noctule::CMat;
use noctule::beamforming::requirements::{
    Cap, Metric, Part, PowerLimit, Requirements, SensingStreams, Target, Unknown, World, parameters,
};
use noctule_phy::arrays::Normalisation;
use noctule_phy::elements::ElementArray;

use crate::reference::{Fields, matrix};

pub(crate) fn positions(fields: &mut Fields, key: &str) -> Vec<[f64; 3]> {
    fields.table(key).iter().map(|p| [p[0], p[1], p[2]]).collect()
}

pub(crate) fn world(fields: &mut Fields) -> World {
    let scale = if fields.flag("unit_norm_steering") {
        Normalisation::UnitNorm
    } else {
        Normalisation::UnitModulus
    };
    let array = |positions: Vec<[f64; 3]>| ElementArray::new(positions).scaled(scale);
    let transmit = array(positions(fields, "tx_positions"));
    let receive = array(positions(fields, "rx_positions"));
    let (azimuth, polar) = (fields.numbers("azimuth"), fields.numbers("polar"));
    let alpha = fields.complex("alpha");
    let unknown: Vec<Vec<String>> = serde_json::from_value(fields.take("unknown")).unwrap();
    let targets = (0..azimuth.len())
        .map(|m| {
            let has = |name: &str| unknown[m].iter().any(|u| u == name);
            for name in &unknown[m] {
                assert!(["azimuth", "polar", "re", "im"].contains(&name.as_str()), "{name}");
            }
            Target {
                azimuth_rad: azimuth[m],
                polar_rad: polar[m],
                reflection: alpha[m],
                unknown: Unknown {
                    azimuth: has("azimuth"),
                    polar: has("polar"),
                    re: has("re"),
                    im: has("im"),
                },
            }
        })
        .collect();
    let noise_w = fields.numbers("noise");
    let h = fields.take("H");
    let channels =
        if noise_w.is_empty() { CMat::zeros(transmit.elements(), 0) } else { matrix(&h) };
    let streams = match fields.text("sensing_streams").as_str() {
        "cancelled" => SensingStreams::Cancelled,
        "interfering" => SensingStreams::Interfering,
        other => panic!("{}: sensing streams `{other}`", fields.name),
    };
    let error_covariances = if fields.has("error_covariance") {
        fields.take("error_covariance").as_array().unwrap().iter().map(matrix).collect()
    } else {
        Vec::new()
    };
    World {
        transmit,
        receive,
        targets,
        alternatives: Vec::new(),
        snapshots: fields.number("snapshots"),
        sensing_noise_w: fields.number("sensing_noise"),
        channels,
        noise_w,
        error_covariances,
        streams,
    }
}

/// A metric, or what a cap caps.
pub(crate) fn metric(fields: &mut Fields, world: &World) -> Metric {
    let kind = fields.text("kind");
    if fields.has("weight_order") {
        let order: Vec<String> = serde_json::from_value(fields.take("weight_order")).unwrap();
        let ours: Vec<String> = parameters(&world.targets)
            .iter()
            .map(|p| format!("{}_{}", p.kind.name(), p.target))
            .collect();
        assert_eq!(order, ours, "{}", fields.name);
    }
    match kind.as_str() {
        "trace" => Metric::trace(fields.numbers("weights")),
        "max_target_trace" => Metric::Largest(
            fields
                .table("weights")
                .into_iter()
                .map(|weights| vec![Part { scene: 0, share: 1.0, weights }])
                .collect(),
        ),
        "maxeig" => Metric::LargestEigenvalue(fields.numbers("weights")),
        "logdet" => Metric::LogDet(fields.numbers("weights")),
        "extended" => Metric::Extended { factor: fields.number("factor") },
        "illumination_at_least" => {
            Metric::Illumination { target: fields.count("target"), factor: 1.0 }
        }
        "sensing_snr_at_least" => {
            let target = fields.count("target");
            Metric::Illumination { target, factor: snr_factor(world, target) }
        }
        "mutual_information_at_least" | "mutual_information" => Metric::MutualInformation {
            receivers: fields.number("nr"),
            snr: world.snapshots / world.sensing_noise_w,
            covariance: fields.matrix("response_covariance"),
        },
        "beampattern" | "pattern" => {
            let (angles, mask) = (fields.numbers("pattern_angles"), fields.numbers("pattern_mask"));
            let towards = angles.iter().map(|a| (*a, std::f64::consts::FRAC_PI_2));
            let array = world.transmit.clone().scaled(Normalisation::UnitModulus);
            Metric::Pattern(array.steering(towards).response, mask)
        }
        other => panic!("{}: metric `{other}`", fields.name),
    }
}

pub(crate) fn snr_factor(world: &World, target: usize) -> f64 {
    let one = &world.targets[target];
    let seen = world.receive.steering([(one.azimuth_rad, one.polar_rad)]);
    world.snapshots / world.sensing_noise_w * one.reflection.norm_sqr() * seen.response.norm_sqr()
}

pub(crate) fn caps(fields: &mut Fields, world: &World) -> Vec<Cap> {
    if !fields.has("caps") {
        return Vec::new();
    }
    fields
        .list("caps")
        .into_iter()
        .map(|mut cap| {
            let metric = metric(&mut cap, world);
            let limit = cap.number("cap");
            cap.finish();
            Cap { metric, limit }
        })
        .collect()
}

pub(crate) fn required(fields: &mut Fields, world: &World) -> Requirements {
    let total = fields.number("power");
    let power = if fields.has("power_per_antenna") {
        PowerLimit::PerAntenna(fields.numbers("power_per_antenna"))
    } else {
        PowerLimit::Total(total)
    };
    let sinr = if fields.has("sinr_min") {
        fields.numbers("sinr_min")
    } else {
        vec![0.0; world.noise_w.len()]
    };
    Requirements { sinr, caps: caps(fields, world), power }
}
