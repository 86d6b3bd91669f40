use super::*;
use crate::fading::rayleigh;

fn streams(user: u64) -> UserStreams<'static> {
    UserStreams { seed: 1, system: "beamforming", trial: 2, user }
}

#[test]
fn one_tap_of_scatter_is_rayleigh_bit_for_bit() {
    let channels = rayleigh(1, "beamforming", 2, 5, 3);
    for user in 0..3 {
        assert_eq!(streams(user as u64).scatter(5, 1).col(0), channels.col(user));
        // The first tap of several is the flat channel.
        assert_eq!(streams(user as u64).scatter(5, 3).col(0), channels.col(user));
    }
}

/// The numbers of every purpose in the order in which they leave its stream, from the stream
/// itself.
#[test]
fn numbers_are_drawn_in_the_stated_order() {
    let own = streams(4);
    let key = |purpose: &str| StreamKey::new(1, "beamforming", purpose, 4).trial(2);
    let mut rng = key("direction");
    let (u, v) = (uniform(&mut rng, 0.0, 1.0), uniform(&mut rng, 0.0, 1.0));
    let (azimuth, polar) = own.direction([-1.0, 1.0], [1.0, 2.0]);
    assert!((azimuth - (2.0 * u - 1.0)).abs() < 1e-15 && (polar - (1.0 + v)).abs() < 1e-15);

    let (mut rng, found) = (key("clusters"), own.clusters(3, 2));
    for cluster in found {
        let mut next = || uniform(&mut rng, 0.0, 1.0);
        assert_eq!((cluster.azimuth, cluster.polar, cluster.delay), (next(), next(), next()));
        assert_eq!(cluster.power.to_bits(), normal(&mut rng).to_bits());
        let mut next = || uniform(&mut rng, 0.0, 1.0);
        for ray in cluster.rays {
            assert_eq!(ray, (next(), next()));
        }
    }

    let mut rng = key("channel");
    let gains = own.ray_gains(2, 3);
    assert!(gains.iter().flatten().all(|g| *g == complex_normal(&mut rng, 1.0)));

    let line = own.delay_line(2);
    let (mut phases, mut swaps) = (key("channel"), key("coupling"));
    for (found, coupling) in line.phases_rad.iter().zip(&line.coupling) {
        for phase in found {
            assert_eq!(phase.to_bits(), (TAU * uniform(&mut phases, 0.0, 1.0)).to_bits());
        }
        let mut order: Vec<usize> = (0..20).collect();
        for m in (1..20).rev() {
            let j = (uniform(&mut swaps, 0.0, 1.0) * (m + 1) as f64).floor() as usize;
            order.swap(m, j);
        }
        assert_eq!(order, coupling);
        order.sort_unstable();
        assert_eq!(order, (0..20).collect::<Vec<_>>());
    }
    let sight = TAU * uniform(&mut key("los-phase"), 0.0, 1.0);
    assert_eq!(line.line_of_sight_phase_rad.to_bits(), sight.to_bits());

    let (mut place, found) = (key("position"), own.user_numbers());
    let expected = (uniform(&mut place, 0.0, 1.0), uniform(&mut place, 0.0, 1.0));
    assert_eq!((found.radius, found.bearing), expected);
    assert_eq!(found.line_of_sight.to_bits(), uniform(&mut key("los"), 0.0, 1.0).to_bits());
    assert_eq!(found.shadowing.to_bits(), normal(&mut key("shadowing")).to_bits());
    assert_eq!(own.k_factor_number().to_bits(), normal(&mut key("k-factor")).to_bits());

    let mut rng = key("pilot-noise");
    let noise = own.pilot_noise(2, 3);
    assert!(noise.as_slice().iter().all(|n| *n == complex_normal(&mut rng, 1.0)));
}

/// The first numbers of every purpose. Should they ever change, every published result does.
#[test]
fn the_first_numbers_are_pinned() {
    let own = streams(0);
    let first = |purpose: &str| uniform(&mut own.stream(purpose), 0.0, 1.0);
    for (purpose, expected) in PINNED {
        assert_eq!(
            first(purpose).to_bits(),
            f64::to_bits(expected),
            "{purpose}: {:?}",
            first(purpose)
        );
    }
    assert_eq!(own.delay_line(1).coupling[0], COUPLING);
}

const PINNED: [(&str, f64); 10] = [
    ("direction", 0.7162346688226018),
    ("channel", 0.20762906453289098),
    ("los-phase", 0.7298326663673578),
    ("clusters", 0.7693490525367394),
    ("coupling", 0.9709564012527269),
    ("position", 0.6319836290073572),
    ("los", 0.2613842488447935),
    ("shadowing", 0.6523760165682754),
    ("k-factor", 0.718967335626809),
    ("pilot-noise", 0.9546351105259815),
];

const COUPLING: [usize; RAYS] =
    [6, 18, 3, 5, 1, 12, 14, 0, 15, 13, 10, 16, 17, 2, 11, 7, 4, 9, 8, 19];
