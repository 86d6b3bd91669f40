//! Bounds against brute force: the smallest instances of every system, everything that may be designed on a grid, each
//! point of it judged by the witness of the system or by a formula written out here. No point passes the bound, and
//! the best comes near the design.
//!
//! Ten instances each with every change of the code, two hundred in `cargo xtask validate`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod beamforming;
mod cellfree;
#[path = "../effort/mod.rs"]
mod effort;
mod frame;
mod pilots;
mod surfaces;

/// Instances of every system.
fn instances() -> u64 {
    10 * effort::effort::<u64>().min(20)
}

/// `steps + 1` numbers from zero to one.
fn shares(steps: u32) -> impl Iterator<Item = f64> + Clone {
    (0..=steps).map(move |i| f64::from(i) / f64::from(steps))
}

/// `steps` phases.
fn turns(steps: u32) -> impl Iterator<Item = f64> + Clone {
    (0..steps).map(move |i| std::f64::consts::TAU * f64::from(i) / f64::from(steps))
}

/// Unit vectors of two entries, the first of them real: `(cos a, sin a e^{jb})`.
fn directions(steps: u32) -> Vec<[noctule::C64; 2]> {
    let mut out = Vec::new();
    for share in shares(steps) {
        let a = 0.5 * std::f64::consts::PI * share;
        // the ends have one phase
        let count = if share == 0.0 { 1 } else { 2 * steps };
        for b in turns(count) {
            out.push([noctule::C64::from(a.cos()), noctule::C64::from_polar(a.sin(), b)]);
        }
    }
    out
}
