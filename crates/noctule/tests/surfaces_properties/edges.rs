//! Closed forms at their edges, large surfaces, what is refused, estimators.

use noctule::surfaces::baselines::{
    SiteSettings, TimeSwitchingSettings, communication_only, max_eigenmode, sensing_only,
    time_switching,
};
use noctule::surfaces::echo::EchoBench;
use noctule::surfaces::{
    Deployment, Elements, Instance, Link, Parts, Scenario, Settings, dedicated_signal, design_from,
    verify,
};
use noctule::{Error, Run};
use noctule_phy::cascade::Place;
use noctule_phy::geometry::Point;

use crate::common::{all, close, random_deployment, scene};

/// Baselines at their closed forms, and infeasible requirements with their certificate.
#[test]
fn baselines_and_what_is_out_of_reach() {
    let run = Run::default();
    let instance = scene(4, 200, None, 0.5);
    let link = Link::new(&instance, &instance.cascade(&[0, 1, 2, 3]));
    let sensing = sensing_only(&instance, &SiteSettings::default(), &run).unwrap();
    assert!(close(sensing.metrics.illumination, link.reachable(), 1e-12));
    assert!(sensing.metrics.rate_nats.abs() < 1e-12);
    let communication = communication_only(&instance, &SiteSettings::default(), &run).unwrap();
    let free = instance.with_crb_limit(None).unwrap();
    let best = design_from(&free, &all(), &run).unwrap();
    assert!(close(communication.metrics.rate_nats, best.metrics.rate_nats, 1e-12));
    let eigenmode = max_eigenmode(&instance, &SiteSettings::default(), &run).unwrap();
    assert!(eigenmode.metrics.illumination <= sensing.metrics.illumination);
    let switched = time_switching(&instance, &TimeSwitchingSettings::default(), &run).unwrap();
    assert!(verify(&instance, &switched.variables).unwrap().violation < 1e-9);
    let out = scene(4, 200, None, 1.01);
    for scheme in [design_from, dedicated_signal] {
        let design = scheme(&out, &all(), &run).unwrap();
        let certificate = design.proof.infeasible.unwrap();
        assert!(certificate.required > certificate.reachable);
        assert!(close(design.metrics.illumination, certificate.reachable, 1e-12));
    }
    // the edge itself is feasible
    let edge = scene(4, 200, None, 1.0);
    let design = design_from(&edge, &all(), &run).unwrap();
    assert!(design.proof.infeasible.is_none());
    assert!(verify(&edge, &design.variables).unwrap().violation < 1e-9);
}

/// A hundred thousand elements.
#[test]
fn many_elements_cost_in_proportion() {
    let run = Run::default();
    for target in [None, Some([90.0, 25.0])] {
        let instance = scene(8, 100_000, target, 0.4);
        let design = design_from(&instance, &all(), &run).unwrap();
        let violation = verify(&instance, &design.variables).unwrap().violation;
        assert!(violation < 1e-9, "{violation:e}");
    }
}

/// Instances and deployments survive their arrays.
#[test]
fn arrays_round_trip() {
    let instance = scene(3, 60, Some([90.0, 25.0]), 0.4);
    let back = Instance::from_arrays(instance.to_arrays(), None).unwrap();
    assert_eq!(back.parts(), instance.parts());
    let deployment = random_deployment(&instance, 3);
    let document = serde_json::json!(deployment);
    let mut document = document.as_object().unwrap().clone();
    document.insert("format".into(), "noctule-design/1".into());
    let back = Deployment::from_document(&document.into(), &instance).unwrap();
    assert_eq!(back, deployment);
    // new sites over a base: axes and elements of the old ones do not linger
    let mut set = noctule::data::ArraySet::new();
    set.insert(
        "site_m",
        noctule::data::Array {
            shape: vec![2, 2],
            entries: noctule::data::Entries::Real(vec![40.0, 5.0, 60.0, -7.0]),
        },
    );
    let moved = Instance::from_arrays(set, Some(&instance)).unwrap();
    assert_eq!(moved.sites(), 2);
}

/// One wrong thing at a time, said with its place.
#[test]
fn bad_parts_are_refused() {
    let refused = |change: fn(&mut Parts)| {
        let mut parts = scene(3, 60, None, 0.4).parts().clone();
        change(&mut parts);
        match Instance::new(parts).unwrap_err() {
            Error::Input(error) => error.place,
            other => panic!("{other}"),
        }
    };
    assert_eq!(refused(|p| p.power_w = 0.0), "power_w");
    assert_eq!(refused(|p| p.user_noise_w = f64::NAN), "user_noise_w");
    assert_eq!(refused(|p| p.crb_limit = Some(-1.0)), "crb_limit");
    assert_eq!(refused(|p| p.sensors = 1), "sensors");
    assert_eq!(refused(|p| p.sites.clear()), "site_m");
    assert_eq!(refused(|p| p.elements = Elements::Shared(0)), "shared_elements");
    assert_eq!(refused(|p| p.elements = Elements::Each(vec![1, 2])), "elements");
    assert_eq!(refused(|p| p.elements = Elements::Each(vec![1, 0, 2])), "elements[1]");
    assert_eq!(refused(|p| p.target = p.sites[1].position), "site_m[1], target_m");
    assert_eq!(refused(|p| p.sites[2].axis = [1.0, 1.0]), "site_axis[2]");
    assert_eq!(refused(|p| p.sites[1] = p.sites[0]), "site_m[0], site_m[1]");
    assert_eq!(refused(|p| p.base = Place::new(Point::new(f64::NAN, 0.0), 90.0)), "base_m");
}

/// Far above the threshold, waveform-aware maximum likelihood attains the bound; MUSIC, which does
/// not know the waveforms, comes within what its own bound allows.
#[test]
fn maximum_likelihood_attains_the_bound() {
    let scenario = Scenario {
        first_sites: Some(2),
        elements: 80,
        target_m: Some([80.0, 30.0]),
        sensing_noise_dbm: -140.0,
        crb_limit_db: None,
        ..Scenario::default()
    };
    let instance = scenario.realize(1, 0).unwrap();
    let design = sensing_only(&instance, &SiteSettings::default(), &Run::default()).unwrap();
    let bench = EchoBench::new(&instance, &design.variables).unwrap();
    let crb = design.metrics.crb.unwrap();
    let draws = 160;
    let (mut music, mut likelihood) = (0.0, 0.0);
    for number in 0..draws {
        let errors = bench.draw(1, 0, number).unwrap();
        music += errors.music.powi(2) / crb / draws as f64;
        likelihood += errors.likelihood.powi(2) / crb / draws as f64;
    }
    println!("{} dB: MUSIC {music}, ML {likelihood}", 10.0 * bench.snr().log10());
    // five standard errors of a mean of 160 squares of normal numbers: 0.56
    assert!((0.44..1.56).contains(&likelihood), "{likelihood}");
    assert!((0.44..2.5).contains(&music), "{music}");
}

/// Damaged documents are refused or read, never a panic.
#[test]
fn damaged_documents() {
    let instance = scene(2, 8, None, 0.4);
    let text = instance.to_json().to_string();
    let mut state = 17_u64;
    let mut below = |limit: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    let scraps = ["[", "]", "1e999", "-1", "null", "\"x\"", "0", "[]", "1e308", ",", "{"];
    let fields = noctule::surfaces::instance::FIELDS;
    for _ in 0..3000 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..1 + below(3) {
            let at = below(bytes.len());
            let scrap = scraps[below(scraps.len())].as_bytes();
            let end = (at + below(6)).min(bytes.len());
            bytes.splice(at..end, scrap.iter().copied());
        }
        if let Ok(set) = noctule::data::ArraySet::from_json(&bytes, "instance", fields)
            && let Ok(instance) = Instance::from_arrays(set, None)
            && instance.sites() <= 4
            && (0..instance.sites()).map(|s| instance.elements(s, instance.sites())).sum::<usize>()
                < 1000
            && instance.parts().transmit_antennas <= 64
            && instance.parts().user_antennas <= 64
        {
            let found = design_from(&instance, &all(), &Run::default());
            if let Ok(design) = found {
                assert!(design.metrics.rate_nats.is_finite());
            }
        }
    }
}

/// The number of elements is one of what is built, not of what could be: two elements on three
/// candidate sites make at most two surfaces.
#[test]
fn fewer_elements_than_candidate_sites_build_fewer_surfaces() {
    let scenario =
        Scenario { first_sites: Some(3), elements: 2, crb_limit_db: None, ..Scenario::default() };
    let instance = scenario.realize(1, 0).unwrap();
    let run = Run::default();
    let best = design_from(&instance, &Settings::default(), &run).unwrap();
    assert!(best.variables.sites.len() <= 2 && best.metrics.elements == 2);
    assert!(verify(&instance, &best.variables).unwrap().mismatch(best.metrics.rate_nats) < 1e-9);
    let error = design_from(&instance, &all(), &run).unwrap_err();
    assert!(matches!(error, noctule::Error::Input(ref e) if e.place == "elements"), "{error}");
    // sites of one's own in place of the eight of the scenario
    let one = Scenario { elements: 1, crb_limit_db: Some(60.0), ..Scenario::default() };
    let mut set = noctule::data::ArraySet::new();
    let entries = noctule::data::Entries::Real(vec![50.0, 40.0]);
    set.insert("site_m", noctule::data::Array { shape: vec![1, 2], entries });
    let own = Instance::from_arrays(set, Some(&one.realize(1, 0).unwrap())).unwrap();
    let design = dedicated_signal(&own, &Settings::default(), &run).unwrap();
    assert!(design.metrics.elements == 1 && design.metrics.rate_bps_hz > 0.0);
}

/// Waves are plane in this model: surfaces longer than their ways are told of, the default is not.
#[test]
fn surfaces_longer_than_their_ways_carry_a_warning() {
    let warned = |elements| {
        let scenario = Scenario { elements, first_sites: Some(1), ..Scenario::default() };
        let instance = scenario.realize(1, 0).unwrap();
        let design = design_from(&instance, &all(), &Run::default()).unwrap();
        design.warnings.iter().filter(|w| w.contains("not plane")).count()
    };
    assert_eq!([warned(105), warned(4096)], [0, 1]);
}
