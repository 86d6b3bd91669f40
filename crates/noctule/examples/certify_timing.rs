//! What a certificate costs: time, boxes and what is left open, over draws of the paper's scene.
//!
//! ```text
//! cargo run --release --example certify_timing -- USERS ROWS COLUMNS DRAWS GAP BOXES
//! ```
//! With no columns it is an extended target instead: channels of that many rows are drawn, 30 dB, ρ = 0.1, and the
//! time holds six climbs as well. Otherwise the design comes first (default starts); times are of the search alone, the median and the largest
//! of all draws.

#![allow(clippy::print_stdout, reason = "an example that shows its numbers")]

use std::time::Instant;

use noctule::Interrupt;
use noctule::beamforming::extended::ExtendedTarget;
use noctule::beamforming::global::enclose;
use noctule::beamforming::{ArrayShape, Scenario, Settings, design};
use noctule_num::CMat;
use noctule_num::rng::{StreamKey, complex_normal};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<f64> =
        std::env::args().skip(1).map(|a| a.parse()).collect::<Result<_, _>>()?;
    let [users, rows, columns, draws, gap, boxes] = numbers[..] else {
        return Err("USERS ROWS COLUMNS DRAWS GAP BOXES".into());
    };
    let scenario = Scenario {
        users: users as usize,
        transmit_array: ArrayShape { horizontal: rows as usize, vertical: columns as usize },
        ..Scenario::paper()
    };
    let (mut seconds, mut nodes, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
    for trial in 0..draws as u64 {
        if columns == 0.0 {
            let mut rng = StreamKey::new(7, "example", "extended", 0).trial(trial);
            let h =
                CMat::from_fn(rows as usize, users as usize, |_, _| complex_normal(&mut rng, 1.0));
            let target = ExtendedTarget::new(h, 1e3, 0.1)?;
            let begun = Instant::now();
            let solved = target.solve(6, (boxes as u64, gap), &Interrupt::new())?;
            seconds.push(begun.elapsed().as_secs_f64());
            nodes.push(solved.nodes as f64);
            gaps.push(solved.bound.map_or(f64::INFINITY, |bound| bound.gap_rel));
            continue;
        }
        let instance = scenario.realize(1, trial)?;
        let found = design(&instance, &Settings::default())?;
        let begun = Instant::now();
        let interval = enclose(&instance, &found.variables, boxes as u64, gap, &Interrupt::new())?;
        seconds.push(begun.elapsed().as_secs_f64());
        nodes.push(interval.nodes as f64);
        gaps.push(interval.bound.map_or(f64::INFINITY, |bound| bound.gap_rel));
    }
    println!("{users} users, {rows} × {columns} antennas, {draws} draws, gap {gap:e}:");
    for (name, list) in [("seconds", &mut seconds), ("boxes", &mut nodes), ("gap", &mut gaps)] {
        list.sort_by(f64::total_cmp);
        println!(
            "  {name}: median {:.3e}, most {:.3e}",
            list[list.len() / 2],
            list[list.len() - 1]
        );
    }
    Ok(())
}
