//! How many starts a design of beams needs: the table of `docs/beamforming.md`.
//!
//! For arrays of 2 to 64 antennas and up to 12 users, every draw of channels and targets is
//! designed from many starts. The best of the first few is behind where its objective is smaller
//! than the best of all by more than 10⁻⁴, relative to max(|objective|, its unit). Every start is
//! two climbs, with and without sensing beams; *one* is the single climb of `starts = 1`.
//!
//! Run it with `cargo run --release -p noctule --example starts_table` (some minutes of one core).
#![allow(clippy::print_stdout, reason = "an example that shows its numbers")]

use noctule::beamforming::design::default_count;
use noctule::beamforming::model::objective_unit;
use noctule::beamforming::{self, ArrayShape, DrawnTargets, Instance, Scenario, Settings, Targets};

/// Behind by more than this, relative, is behind.
const BEHIND: f64 = 1e-4;

/// Antennas in a row and a column, users, targets, sensing streams (three per target where
/// absent), draws, starts of the best known.
type Row = (usize, usize, usize, usize, Option<usize>, u64, usize);

const ROWS: [Row; 18] = [
    (2, 1, 2, 1, None, 60, 32),
    (2, 2, 3, 2, None, 100, 32),
    (2, 2, 4, 2, None, 60, 32),
    (2, 2, 5, 1, None, 60, 32),
    (3, 2, 3, 2, None, 100, 32),
    (3, 2, 3, 3, None, 100, 32),
    (2, 3, 8, 2, None, 40, 48),
    (3, 3, 4, 2, None, 40, 32),
    (3, 3, 6, 2, None, 40, 32),
    (3, 4, 8, 2, None, 20, 48),
    (4, 4, 4, 2, None, 40, 16),
    (4, 4, 6, 2, None, 40, 24),
    (4, 4, 8, 2, None, 40, 48),
    (4, 4, 12, 2, Some(0), 15, 64),
    (4, 4, 12, 2, None, 25, 64),
    (4, 8, 8, 2, None, 20, 32),
    (8, 8, 8, 2, None, 15, 24),
    (8, 8, 12, 2, None, 12, 32),
];

/// How far the best of one climb, of the first 2, 4 and 16 starts, and of as many as are the
/// default, lie behind the best of `many`.
fn shortfalls(instance: &Instance, many: usize) -> Result<[f64; 5], noctule::Error> {
    let settings = Settings { starts: Some(many), ..Settings::default() };
    let design = beamforming::design(instance, &settings)?;
    let best = design.metrics.objective.unwrap_or(f64::NEG_INFINITY);
    let scale = best.abs().max(objective_unit(instance));
    let values: Vec<f64> =
        design.starts.iter().map(|value| value.unwrap_or(f64::NEG_INFINITY)).collect();
    // Starts with and without sensing beams follow one another in blocks.
    let among = |count: usize| {
        let first = values.chunks(many).flat_map(|block| block.iter().take(count));
        (best - first.copied().fold(f64::NEG_INFINITY, f64::max)) / scale
    };
    let one = (best - values[0]) / scale;
    Ok([one, among(2), among(4), among(16), among(default_count(instance))])
}

fn main() -> Result<(), noctule::Error> {
    println!("| antennas | users | targets | streams | draws | one | 2 | 4 | 16 | default | of |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for (horizontal, vertical, users, count, sensing_streams, draws, many) in ROWS {
        let law = DrawnTargets { count, polar_deg: [30.0, 150.0], ..DrawnTargets::default() };
        let scenario = Scenario {
            transmit_array: ArrayShape { horizontal, vertical },
            users,
            targets: Targets::Drawn(law),
            sensing_streams,
            ..Scenario::default()
        };
        let (mut all, mut default) = (Vec::new(), 0);
        for trial in 0..draws {
            // Targets that cannot be told apart are refused, and not counted.
            let Ok(instance) = scenario.realize(/* seed */ 1, trial) else { continue };
            default = default_count(&instance);
            all.push(shortfalls(&instance, many)?);
        }
        let cells: Vec<String> = (0..5)
            .map(|column| {
                let behind = all.iter().filter(|row| row[column] > BEHIND).count();
                let worst = all.iter().map(|row| row[column]).fold(0.0, f64::max);
                if behind == 0 {
                    "–".into()
                } else {
                    format!("{behind} ({:.1} %)", 100.0 * worst)
                }
            })
            .collect();
        let (antennas, streams) = (horizontal * vertical, sensing_streams.unwrap_or(3 * count));
        let (draws, cells) = (all.len(), cells.join(" | "));
        println!(
            "| {antennas} | {users} | {count} | {streams} | {draws} | {cells}: {default} | {many} |"
        );
    }
    Ok(())
}
