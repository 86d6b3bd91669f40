use super::*;
use noctule_phy::arrays::PlanarArray;
use noctule_phy::channels::array::UniformArray;

const ARRAY: PlanarArray = PlanarArray::new(4, 2);
const SEEN: UniformArray = UniformArray::new(4, 2);

fn read(text: &str) -> Channel {
    serde_json::from_str(text).unwrap()
}

fn every_kind() -> Vec<Channel> {
    ["correlated", "rician", "clustered", "cdl", "geometry"]
        .map(|kind| read(&format!("{{\"kind\": \"{kind}\"}}")))
        .to_vec()
}

#[test]
fn a_kind_alone_is_a_channel_and_round_trips() {
    for channel in every_kind() {
        channel.validate().unwrap();
        let text = serde_json::to_string(&channel).unwrap();
        assert_eq!(read(&text), channel);
        let drawn = channel.draw(1, 2, &SEEN, 3).unwrap();
        assert_eq!((drawn.rows(), drawn.cols()), (8, 3));
        assert!(drawn.check_finite("channels").is_ok() && drawn.norm_sqr() > 0.0);
        // The channels of two users are the first two of three.
        assert_eq!(channel.draw(1, 2, &SEEN, 2).unwrap().as_slice(), &drawn.as_slice()[..16]);
    }
    assert!(read("{\"kind\": \"rayleigh\"}").is_rayleigh() && Channel::default().is_rayleigh());
}

#[test]
fn the_default_draws_what_it_always_did() {
    let drawn = Channel::default().draw(4, 9, &UniformArray::new(4, 4), 3).unwrap();
    assert_eq!(drawn, noctule_phy::fading::rayleigh(4, "beamforming", 9, 16, 3));
}

#[test]
fn what_makes_no_sense_is_refused_by_its_field() {
    for (text, place) in [
        (r#"{"kind": "rician", "k_factor_db": 1e9}"#, "channel.k_factor_db"),
        (r#"{"kind": "rician", "users_deg": [[0, 90], [500, 90]]}"#, "channel.users_deg[1]"),
        (r#"{"kind": "correlated", "azimuth_deg": [5, 1]}"#, "channel.azimuth_deg"),
        (r#"{"kind": "correlated", "polar_std_deg": -1}"#, "channel.polar_std_deg"),
        (r#"{"kind": "clustered", "rays": 0}"#, "channel.rays"),
        (r#"{"kind": "cdl", "profile": "A", "k_factor_db": 3}"#, "channel.k_factor_db"),
        (r#"{"kind": "geometry", "radius_m": [0, 10]}"#, "channel.radius_m"),
        (
            r#"{"kind": "geometry", "scenario": "uma", "user_height_m": 20}"#,
            "channel.user_height_m",
        ),
        (
            r#"{"kind": "geometry", "scenario": "inf-dh", "user_height_m": 7}"#,
            "channel.user_height_m",
        ),
        (r#"{"kind": "clustered", "powers": [1, 2]}"#, "channel.powers"),
        (r#"{"kind": "clustered", "clusters": 2, "powers": [0, 0]}"#, "channel.powers"),
        (
            r#"{"kind": "clustered", "clusters": 1, "powers": [1], "decaying": true}"#,
            "channel.powers",
        ),
        (r#"{"kind": "clustered", "k_factor_db": 301}"#, "channel.k_factor_db"),
        (r#"{"kind": "cdl", "polar_spread_deg": 3}"#, "channel.polar_spread_deg"),
        (r#"{"kind": "cdl", "polar_deg": [100, 90]}"#, "channel.polar_deg"),
        (r#"{"kind": "geometry", "polar_std_deg": -1}"#, "channel.polar_std_deg"),
        (r#"{"kind": "file", "path": "h.npz", "transmitter": 1}"#, "channel.transmitter"),
        (r#"{"kind": "file", "path": "h.npz", "symbol": 1}"#, "channel.symbol"),
        (r#"{"kind": "file", "path": "h.npz", "tool": "quadriga", "symbol": 1}"#, "channel.symbol"),
    ] {
        assert_eq!(read(text).validate().unwrap_err().place, place, "{text}");
    }
    for text in [
        r#"{"kind": "rayleigh", "azimuth_deg": [0, 1]}"#,
        r#"{"kind": "rician", "k_db": 3}"#,
        r#"{"kind": "ricean"}"#,
    ] {
        assert!(serde_json::from_str::<Channel>(text).is_err(), "{text}");
    }
}

#[test]
fn the_ends_of_k_are_exact() {
    let draw = |text: &str| read(text).draw(1, 2, &SEEN, 2).unwrap();
    let fading = draw(r#"{"kind": "rayleigh"}"#);
    assert_eq!(draw(r#"{"kind": "rician", "k_factor_db": -300}"#), fading);
    let sight = draw(r#"{"kind": "rician", "k_factor_db": 300}"#);
    for user in 0..2 {
        let power: f64 = sight.col(user).iter().map(noctule_num::C64::norm_sqr).sum();
        assert!((power - 8.0).abs() < 1e-13);
        let first = sight.col(user)[0].norm();
        assert!(sight.col(user).iter().all(|h| (h.norm() - first).abs() < 1e-15));
    }
    // A cluster of all the power under an overwhelming line of sight is that line of sight.
    let text = r#"{"kind": "clustered", "clusters": 1, "powers": [4], "k_factor_db": 300}"#;
    let alone = draw(text);
    assert!(alone.as_slice().iter().all(|h| (h.norm() - 1.0).abs() < 1e-13));
}

/// Powers of clusters are ratios: a cluster of none is one less.
#[test]
fn given_powers_of_clusters_are_ratios() {
    let draw = |powers: &str| {
        let text = format!(r#"{{"kind": "clustered", "clusters": 3, "powers": {powers}}}"#);
        read(&text).draw(1, 0, &SEEN, 1).unwrap()
    };
    assert_eq!(draw("[1, 1, 2]"), draw("[2, 2, 4]"));
    assert_ne!(draw("[1, 1, 2]"), draw("[1, 2, 1]"));
    let equal = read(r#"{"kind": "clustered"}"#).draw(1, 0, &SEEN, 1).unwrap();
    assert_eq!(draw("[5, 5, 5]"), equal);
}

/// Without a line of sight a user of a cell receives what is named.
#[test]
fn the_part_without_line_of_sight_is_named() {
    let draw = |more: &str| {
        let text = format!(r#"{{"kind": "geometry", "radius_m": [140, 150]{more}}}"#);
        read(&text).draw(3, 0, &SEEN, 12).unwrap()
    };
    let plain = draw("");
    assert_eq!(draw(r#", "nlos": "scatter""#), plain);
    for word in ["clustered", "cdl-a", "cdl-b", "cdl-c"] {
        let other = draw(&format!(r#", "nlos": "{word}""#));
        let same = (0..12).filter(|&user| other.col(user) == plain.col(user)).count();
        assert!((1..12).contains(&same), "{word}: {same} users with a line of sight");
    }
    let wide = draw(r#", "azimuth_std_deg": 10, "polar_std_deg": 5, "spectrum": "laplacian""#);
    assert_ne!(wide, draw(r#", "azimuth_std_deg": 10"#));
}

#[test]
fn a_cell_brings_its_noise_and_its_warnings() {
    let cell = read(r#"{"kind": "geometry"}"#);
    assert!((noise_dbm(&cell) + 86.975).abs() < 1e-3);
    assert!(cell.warnings(ARRAY).is_empty());
    let close = read(r#"{"kind": "geometry", "radius_m": [5, 100]}"#);
    assert_eq!(close.warnings(ARRAY).len(), 1);
    assert!((noise_dbm(&read(r#"{"kind": "rician"}"#)) - 3.0).abs() < 1e-12);
    let high = |rest: &str| {
        let own = read(&format!(r#"{{"kind": "geometry", {rest}}}"#)).warnings(ARRAY);
        own.iter().filter(|text| text.contains("height of")).count()
    };
    assert_eq!(high(r#""scenario": "uma""#), 1);
    assert_eq!(high(r#""scenario": "uma", "base_height_m": 25"#), 0);
    assert_eq!(high(r#""base_height_m": 12"#), 1);
    assert_eq!(high(r#""scenario": "inf-sl", "base_height_m": 3"#), 0);
}

/// A spread that nothing would look at is refused.
#[test]
fn a_polar_spread_needs_one_of_the_azimuth() {
    for kind in ["rician", "geometry"] {
        let alone = read(&format!(r#"{{"kind": "{kind}", "polar_std_deg": 20}}"#));
        assert_eq!(alone.validate().unwrap_err().place, "channel.polar_std_deg");
        let both =
            read(&format!(r#"{{"kind": "{kind}", "polar_std_deg": 20, "azimuth_std_deg": 0}}"#));
        assert!(both.validate().is_ok());
    }
}

/// The noise of users whose scenario says 3 dBm.
fn noise_dbm(channel: &Channel) -> f64 {
    noctule_phy::units::dbm_from_w(channel.user_noise_w(3.0, None))
}

#[test]
fn a_scenario_leaves_out_what_was_always_so() {
    let usual = serde_json::to_string(&Scenario::default()).unwrap();
    assert!(!usual.contains("channel"), "{usual}");
    let said = Scenario { channel: Some(Channel::default()), ..Scenario::default() };
    assert_eq!(serde_json::to_string(&said).unwrap(), usual);
    let (said, usual) = (said.realize(4, 9).unwrap(), Scenario::default().realize(4, 9).unwrap());
    assert_eq!(said.channels(), usual.channels());
}

#[test]
fn every_kind_makes_a_scene_that_can_be_designed() {
    for channel in every_kind() {
        let power_dbm = if matches!(channel, Channel::Geometry { .. }) { 40.0 } else { 10.0 };
        let scenario = Scenario { channel: Some(channel), power_dbm, ..Scenario::default() };
        let text = serde_json::to_string(&scenario).unwrap();
        assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap(), scenario);
        let instance = scenario.realize(1, 0).unwrap();
        let settings = crate::beamforming::Settings { starts: Some(1), ..Default::default() };
        let design = crate::beamforming::design(&instance, &settings).unwrap();
        let rate = design.metrics.sum_rate_nats;
        assert!(rate.is_finite() && rate > 0.1, "{scenario:?}: {rate}");
    }
}

/// Users in known directions: a line of sight alone is the steering vector up to a phase, and who moves
/// changes no other channel.
#[test]
fn users_stand_where_it_is_said() {
    let toward = |directions: &str| {
        read(&format!(r#"{{"kind": "rician", "k_factor_db": 300, "users_deg": {directions}}}"#))
    };
    let drawn = toward("[[-20, 80], [35, 100]]").draw(1, 0, &SEEN, 2).unwrap();
    for (user, (azimuth, polar)) in [(-20_f64, 80_f64), (35.0, 100.0)].into_iter().enumerate() {
        let (azimuth, polar) = (azimuth.to_radians(), polar.to_radians());
        let element = |n: usize| {
            let (y, z) = ((n / 2) as f64, (n % 2) as f64);
            let path = y * azimuth.sin() * polar.sin() + z * polar.cos();
            let (sin, cos) = (std::f64::consts::PI * path).sin_cos();
            noctule_num::C64::new(cos, -sin)
        };
        // one phase for the whole channel, whatever the sign of the axes
        let (plain, turned): (noctule_num::C64, noctule_num::C64) =
            drawn.col(user).iter().enumerate().fold(Default::default(), |(a, b), (n, h)| {
                (a + h * element(n), b + h * element(n).conj())
            });
        let coherent = plain.norm().max(turned.norm());
        assert!((coherent - 8.0).abs() < 1e-9, "user {user}: {coherent}");
    }
    let moved = toward("[[-20, 80], [-50, 95]]").draw(1, 0, &SEEN, 2).unwrap();
    assert_eq!(moved.col(0), drawn.col(0));
    assert_ne!(moved.col(1), drawn.col(1));
    let scattered = r#"{"kind": "rician", "k_factor_db": -300, "users_deg": [[5, 90], [6, 90]]}"#;
    let anywhere = r#"{"kind": "rician", "k_factor_db": -300}"#;
    let draw = |text: &str| read(text).draw(1, 0, &SEEN, 2).unwrap();
    assert_eq!(draw(scattered), draw(anywhere), "directions move the line of sight alone");
}

#[test]
fn as_many_directions_as_users() {
    let scenario = |users: usize, rest: &str| -> Scenario {
        serde_json::from_str(&format!(
            r#"{{"users": {users}, "channel": {{"kind": "rician", "users_deg": [[5, 90], [6, 90]]}}{rest}}}"#
        ))
        .unwrap()
    };
    assert!(scenario(2, "").realize(1, 0).is_ok());
    let error = scenario(3, "").validate().unwrap_err();
    assert_eq!(error.place, "channel.users_deg");
}
