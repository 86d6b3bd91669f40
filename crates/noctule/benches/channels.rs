//! What drawing a channel of 64 antennas takes: the least of many trials of eight users, a user. Least
//! times bear other work on the machine, which the means of criterion do not.
//!
//! `cargo bench -p noctule --bench channels`
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use noctule::beamforming::Channel;
use noctule_phy::channels::array::UniformArray;

const USERS: u32 = 8;
const TRIALS: u64 = 1000;

fn main() {
    let array = UniformArray::new(8, 8);
    for text in [
        r#"{"kind": "rayleigh"}"#,
        r#"{"kind": "correlated", "azimuth_deg": [10, 10]}"#,
        r#"{"kind": "rician"}"#,
        r#"{"kind": "clustered"}"#,
        r#"{"kind": "cdl", "profile": "A"}"#,
        r#"{"kind": "cdl", "profile": "A", "polar_deg": [85, 95]}"#,
        r#"{"kind": "cdl", "profile": "A", "element_pattern": true}"#,
        r#"{"kind": "cdl", "profile": "D"}"#,
        r#"{"kind": "geometry", "nlos": "cdl-a"}"#,
    ] {
        let channel: Channel = serde_json::from_str(text).unwrap();
        let mut least = Duration::MAX;
        for trial in 0..TRIALS {
            let begun = Instant::now();
            black_box(channel.draw(1, trial, &array, USERS as usize).unwrap());
            least = least.min(begun.elapsed());
        }
        let micros = (least / USERS).as_secs_f64() * 1e6;
        println!("{micros:7.2} µs a user  {text}");
    }
}
