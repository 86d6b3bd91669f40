//! What cannot be exceeded, and who claims what.

use noctule::cellfree::baselines::{BlockSettings, LinearSettings, block_ascent, mrt};
use noctule::cellfree::{
    CellFree, Instance, Requirement, RequirementSpec, Scenario, SensingSettings, Settings, design,
    rate_only, sensing_only, verify,
};
use noctule::{C64, CMat, Certify, PointProof, Run, System};
use noctule_phy::aggregated::Covariance;

use crate::common::{limited, relative, small};

#[test]
fn certified_designs_lie_below_their_bound() {
    let instance = limited(&small(), 5, 1.3);
    let settings =
        Settings { certify: Certify::YES.with_nodes(60).within(1e-2), ..Settings::default() };
    let found = design(&instance, &settings).unwrap();
    let bound = found.proof.bound.clone().unwrap();
    assert!(bound.value >= found.metrics.sum_rate_bps_hz && bound.gap_rel < 0.3);
    // More nodes never loosen it.
    let more = Settings { certify: Certify::YES.with_nodes(240).within(1e-2), ..settings };
    let tighter = design(&instance, &more).unwrap().proof.bound.unwrap();
    assert!(tighter.value <= bound.value * (1.0 + 1e-12));
}

/// Two nearly parallel users of very different strength at one access point, with an estimation error
/// far above the noise: most regions have their optimum at less than full power, which a start at the
/// design (full power, one user silent) must find.
#[test]
fn branch_and_bound_does_not_stick_at_full_power() {
    let scenario = Scenario { aps: 1, antennas: 4, users: 2, targets: 1, ..Scenario::default() };
    let mut parts = scenario.realize(1, 0).unwrap().parts().clone();
    let entries = [
        [(10.515, 8.504), (-14.773, -2.881), (9.239, 10.845), (0.491, -9.996)],
        [(96.213, 67.389), (-98.413, -64.396), (78.545, 89.534), (-48.721, -94.705)],
    ];
    parts.channels = CMat::from_fn(4, 2, |i, k| C64::new(entries[k][i].0, entries[k][i].1));
    let block = CMat::from_fn(4, 4, |i, j| C64::from(if i == j { 149.0 } else { 0.0 }));
    parts.error = vec![Covariance::block_diagonal(vec![block]); 2];
    parts.power_over_noise = vec![1.0];
    let instance = Instance::new(parts).unwrap();
    let settings = Settings { certify: Certify::YES.with_nodes(150), ..Settings::default() };
    let bound = design(&instance, &settings).unwrap().proof.bound.unwrap();
    assert!(bound.gap_rel < 0.1, "{bound:?}");
}

#[test]
fn what_cannot_be_reached_is_certified() {
    let instance = limited(&small(), 6, 0.98);
    let found = design(&instance, &Settings::default()).unwrap();
    let certificate = found.proof.infeasible.as_ref().unwrap();
    assert!(certificate.reachable > certificate.required);
    assert!(relative(certificate.reachable * 0.98, certificate.required) < 1e-5);
    assert!(relative(found.metrics.error.unwrap(), certificate.reachable) < 1e-9);
    let fast = instance.with_requirement(Requirement::MinRate(1e4)).unwrap();
    let settings = Settings { starts: 1, ..Settings::default() };
    let found = design(&fast, &settings).unwrap();
    let certificate = found.proof.infeasible.as_ref().unwrap();
    assert!(certificate.reachable < certificate.required);
    assert!(found.starts.iter().all(Option::is_none));
    let nobody = Scenario { users: 0, requirement: RequirementSpec::MinRateBpsHz(1.0), ..small() };
    let found = design(&nobody.realize(1, 0).unwrap(), &settings).unwrap();
    assert_eq!(found.proof.infeasible.unwrap().reachable, 0.0);
}

#[test]
fn limits_of_zero_have_finite_numbers() {
    let instance = limited(&small(), 6, 1.3);
    let silent = instance.with_requirement(Requirement::MaxError(0.0)).unwrap();
    let found = design(&silent, &Settings::default()).unwrap();
    assert!(found.proof.infeasible.is_some());
    assert_eq!(found.proof.point, PointProof::None);
    let any = instance.with_requirement(Requirement::MinRate(0.0)).unwrap();
    let found = design(&any, &Settings::default()).unwrap();
    assert!(matches!(found.proof.point, PointProof::Stationary { residual } if residual < 1e-3));
    let best = sensing_only(&instance, &SensingSettings::default(), &Run::default()).unwrap();
    assert!(relative(found.metrics.error.unwrap(), best.metrics.error.unwrap()) < 1e-9);
}

#[test]
fn schemes_that_miss_the_requirement_do_not_claim_it() {
    let instance = limited(&small(), 6, 1.01);
    let once = Settings { starts: 1, ..Settings::default() };
    for found in [
        block_ascent(&instance, &BlockSettings::default(), &Run::default()).unwrap(),
        rate_only(&instance, &once, &Run::default()).unwrap(),
        mrt(&instance, &LinearSettings::default(), &Run::default()).unwrap(),
    ] {
        assert!(verify(&instance, &found.variables).unwrap().violation > 1e-6);
        assert_eq!(found.proof.point, PointProof::None);
        assert!(found.warnings.iter().any(|w| w.contains("missed")), "{:?}", found.warnings);
    }
}

/// A drop whose largest rate leaves 15 % of the power of one access point unused, with an error that
/// meets a limit of three times the smallest, and one required rate that it meets as well: under a
/// requirement all power has to be used, and the objective is the error where a rate is required.
/// Whoever ignores that is told so, and the witness has nothing to add.
#[test]
fn power_that_is_left_unused_under_a_requirement_is_missed() {
    let of = |requirement| Scenario { aps: 4, requirement, ..Scenario::default() };
    let settings = Settings { starts: 2, ..Settings::default() };
    for (requirement, rate) in
        [(RequirementSpec::ErrorOverBest(3.0), false), (RequirementSpec::MinRateBpsHz(35.0), true)]
    {
        let instance = of(requirement).realize(1, 1).unwrap();
        let found = rate_only(&instance, &settings, &Run::default()).unwrap();
        let checked = CellFree::check(&instance, &found.variables).unwrap();
        assert!((0.15..0.16).contains(&checked.violation), "{}", checked.violation);
        let objection = checked.objection(Some(found.metrics.objective), &found.proof, []);
        assert_eq!(objection, None);
        assert_eq!(found.proof.point, PointProof::None);
        assert!(found.warnings.iter().any(|w| w.contains("missed")), "{:?}", found.warnings);
        let required = match instance.requirement() {
            Requirement::MinRate(rate) => found.metrics.sum_rate_bps_hz >= rate,
            Requirement::MaxError(limit) => found.metrics.error.unwrap() <= limit,
            Requirement::None => false,
        };
        assert!(required, "only the power is missed here");
        let objective =
            if rate { found.metrics.error.unwrap() } else { found.metrics.sum_rate_bps_hz };
        assert!(relative(found.metrics.objective, objective) < 1e-15);
        // The same beams without a requirement are a stationary point of what they were made for.
        let free = instance.with_requirement(Requirement::None).unwrap();
        assert!(CellFree::check(&free, &found.variables).unwrap().violation < 1e-9);
    }
    // Data beams alone, refined one access point after the other: whatever is met, all that the
    // witness finds is said.
    let instance = of(RequirementSpec::ErrorOverBest(3.0)).realize(1, 1).unwrap();
    let found = block_ascent(&instance, &BlockSettings::default(), &Run::default()).unwrap();
    let checked = CellFree::check(&instance, &found.variables).unwrap();
    assert_eq!(checked.objection(Some(found.metrics.objective), &found.proof, []), None);
}

/// A bound that is asked for without regions is that of the first.
#[test]
fn no_regions_are_one_region() {
    let instance = limited(&small(), 5, 1.3);
    let bound = |nodes: u64| {
        let certify = Certify::YES.with_nodes(nodes);
        let settings = Settings { starts: 1, certify, ..Settings::default() };
        design(&instance, &settings).unwrap().proof.bound.unwrap().value
    };
    assert_eq!(bound(0), bound(1));
}
