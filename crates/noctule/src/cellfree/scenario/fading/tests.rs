use super::super::draw::draw_channels;
use super::*;
use crate::cellfree::scenario::{EstimatorKind, FixedPlaces, Places};

fn scenario(channel: &str) -> Scenario {
    let places = Places::Fixed(FixedPlaces {
        aps_km: vec![[0.0, 0.0], [0.4, 0.1]],
        users_km: vec![[0.2, 0.3], [0.1, -0.2]],
        targets_km: vec![[0.3, 0.3]],
    });
    let channel = Some(serde_json::from_str(channel).unwrap());
    Scenario { places, antennas: 4, channel, ..Scenario::default() }
}

const KINDS: [&str; 4] = [
    r#"{"kind": "correlated", "azimuth_std_deg": 15}"#,
    r#"{"kind": "rician", "k_factor_db": 3}"#,
    r#"{"kind": "rician", "k_factor_db": 6, "azimuth_std_deg": 10, "spectrum": "laplacian"}"#,
    r#"{"kind": "geometry"}"#,
];

#[test]
fn independent_fading_is_what_it_was() {
    let usual = Scenario { channel: None, ..scenario(KINDS[0]) };
    let said = scenario(r#"{"kind": "rayleigh"}"#);
    let (x, y) = (usual.realize(3, 4).unwrap(), said.realize(3, 4).unwrap());
    assert_eq!(x.parts().channels, y.parts().channels);
    assert_eq!(serde_json::to_string(&usual).unwrap(), serde_json::to_string(&said).unwrap());
    // No line of sight and no correlation: the same numbers, up to the root that is not taken.
    let least = scenario(r#"{"kind": "rician", "k_factor_db": -300}"#).realize(3, 4).unwrap();
    let off = least.parts().channels.as_slice().iter().zip(x.parts().channels.as_slice());
    let scale = x.parts().channels.norm_sqr().sqrt();
    assert!(off.map(|(a, b)| (a - b).norm()).fold(0.0, f64::max) < 1e-12 * scale);
}

/// What is drawn has the covariance that estimates are made for: sample covariances of n draws lie
/// within tr R/√n of it.
#[test]
fn drawn_links_have_the_covariance_that_is_estimated_with() {
    for kind in &KINDS[..3] {
        let scenario = scenario(kind);
        let mut site = scenario.site(5, 0).unwrap();
        let fading = scenario.fading(&mut site.scene, &site.ways, (5, 0)).unwrap().unwrap();
        let wanted = fading.covariances(&site.scene);
        let count = 6000;
        for (user, wanted) in wanted.iter().enumerate() {
            let wanted = wanted.dense();
            let mut sum = CMat::zeros(8, 8);
            for trial in 0..count {
                let fading = Fading { laws: fading.laws.clone(), draw: (5, trial) };
                let h = draw_channels(&site.scene, Some(&fading), 5, trial);
                let h = h.col(user);
                for (j, second) in h.iter().enumerate() {
                    let second = second.conj() / count as f64;
                    sum.col_mut(j).iter_mut().zip(h).for_each(|(s, first)| *s += first * second);
                }
            }
            let off = (0..64).map(|k| (sum.as_slice()[k] - wanted.as_slice()[k]).norm_sqr());
            let trace: f64 = (0..8).map(|i| wanted[(i, i)].re).sum();
            let off = off.sum::<f64>().sqrt() / trace;
            assert!(off < 1.5 / (count as f64).sqrt(), "{kind}: {off}");
            // another model has another covariance
            let plain = site.scene.channel_covariances()[user].dense();
            let apart = (0..64).map(|k| (plain.as_slice()[k] - wanted.as_slice()[k]).norm_sqr());
            assert!(apart.sum::<f64>().sqrt() / trace > 0.1, "{kind}");
        }
    }
}

/// The error of estimates is the one that instances carry, whatever the links: E‖h − ĥ‖² = tr Θ.
#[test]
fn errors_of_estimates_are_those_that_instances_carry() {
    for kind in KINDS {
        let scenario = Scenario { pilot_over_noise_db: 105.0, pilot_symbols: 1, ..scenario(kind) };
        let (mut ratio, mut square, count) = (0.0, 0.0, 800);
        for trial in 0..count {
            let instance = scenario.realize(9, trial).unwrap();
            let mut site = scenario.site(9, trial).unwrap();
            let fading = scenario.fading(&mut site.scene, &site.ways, (9, trial)).unwrap();
            let h = draw_channels(&site.scene, fading.as_ref(), 9, trial);
            let error = &instance.parts().error[0];
            let wanted: f64 = (0..8).map(|i| error.dense()[(i, i)].re).sum();
            let found: f64 =
                (0..8).map(|i| (h[(i, 0)] - instance.parts().channels[(i, 0)]).norm_sqr()).sum();
            ratio += found / wanted;
            square += (found / wanted).powi(2);
        }
        let mean = ratio / count as f64;
        let deviation = (square / count as f64 - mean * mean).sqrt() / (count as f64).sqrt();
        assert!((mean - 1.0).abs() < 4.0 * deviation, "{kind}: {mean} ± {deviation}");
    }
}

/// A line of sight alone has a covariance of rank one, and its error is one too: rounding does not make
/// drops of it that are refused.
#[test]
fn a_line_of_sight_alone_can_be_estimated() {
    for (antennas, estimator) in
        [(1, EstimatorKind::Joint), (4, EstimatorKind::PerAccessPoint), (4, EstimatorKind::Joint)]
    {
        let channel = r#"{"kind": "rician", "k_factor_db": 300}"#;
        let scenario = Scenario { places: Places::Drawn, antennas, estimator, ..scenario(channel) };
        for trial in 0..40 {
            let found = scenario.realize(1, trial);
            assert!(found.is_ok(), "{antennas} antennas, drop {trial}: {:?}", found.err());
        }
    }
}

#[test]
fn designs_on_other_links_are_believed() {
    for kind in KINDS {
        let instance = scenario(kind).realize(1, 0).unwrap();
        let scheme = &<crate::cellfree::CellFree as crate::System>::SCHEMES[0];
        let design = scheme.design(&instance, &crate::Run::default()).unwrap();
        let checked =
            <crate::cellfree::CellFree as crate::System>::check(&instance, &design.variables);
        let told =
            <crate::cellfree::CellFree as crate::System>::objective(&design.metrics).unwrap();
        let found = checked.unwrap().objective.unwrap();
        assert!(told > 0.1 && (told - found).abs() < 1e-9 * told, "{kind}: {told} {found}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_and_what_is_far_is_said() {
    for (channel, place) in [
        (r#"{"kind": "correlated", "azimuth_std_deg": -1}"#, "channel.azimuth_std_deg"),
        (r#"{"kind": "rician", "k_factor_db": 301}"#, "channel.k_factor_db"),
        (r#"{"kind": "geometry", "carrier_ghz": 0}"#, "channel.carrier_ghz"),
        (
            r#"{"kind": "geometry", "scenario": "uma", "user_height_m": 20}"#,
            "channel.user_height_m",
        ),
        (
            r#"{"kind": "geometry", "scenario": "inf-sh", "user_height_m": 8}"#,
            "channel.user_height_m",
        ),
    ] {
        assert_eq!(scenario(channel).validate().unwrap_err().place, place, "{channel}");
    }
    let said = scenario(r#"{"kind": "geometry", "carrier_ghz": 200}"#).realize(1, 0).unwrap();
    assert!(said.warnings().iter().any(|warning| warning.contains("200 GHz")), "a warning");
    assert!(scenario(KINDS[3]).realize(1, 0).unwrap().warnings().is_empty());
}
