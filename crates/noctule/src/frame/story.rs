//! One design of `frame`, told in full.

use super::{FrameDesign, Instance, Placement, Plan};
use crate::system::{Table, counted};

/// The instance in one line.
pub(super) fn headline(instance: &Instance) -> String {
    let parts = instance.parts();
    format!(
        "{}, {} + {}, {} of {}, pilots of {}",
        counted(parts.users.len(), "user"),
        parts.transmit_antennas,
        counted(parts.receive_antennas, "antenna"),
        counted(instance.blocks(), "block"),
        counted(parts.block_symbols, "symbol"),
        parts.pilot_symbols
    )
}

/// The blocks of every update; nothing where they are random.
pub(super) fn counts(plan: &Plan) -> &[usize] {
    match &plan.placement {
        Placement::Blocks(counts) => counts,
        Placement::Random { .. } => &[],
    }
}

/// Most blocks that share one estimate.
pub(super) fn longest(plan: &Plan) -> Option<f64> {
    counts(plan).iter().max().map(|&count| count as f64)
}

/// Counts in words: `2 × 5, 6 × 4`.
fn runs(counts: &[usize]) -> String {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for &count in counts {
        match out.last_mut() {
            Some((times, last)) if *last == count => *times += 1,
            _ => out.push((1, count)),
        }
    }
    let words: Vec<String> =
        out.iter().map(|(times, count)| format!("{times} × {count}")).collect();
    words.join(", ")
}

/// What people want to know first.
pub(super) fn facts(instance: &Instance, design: &FrameDesign) -> Vec<(String, String)> {
    let metrics = &design.metrics;
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value));
    fact(
        "sum rate",
        format!(
            "{:.6} bit/s/Hz on average, {:.6e} bit/Hz a frame",
            metrics.sum_rate_bps_hz, metrics.frame_bits_per_hz
        ),
    );
    fact(
        "sensing",
        format!(
            "{:.3} µs, {:.4} blocks; {:.4} are needed",
            metrics.sensing_time_s * 1e6,
            metrics.sensing_blocks,
            metrics.needed_sensing_blocks
        ),
    );
    fact(
        "updates",
        match &design.variables.placement {
            Placement::Blocks(counts) => {
                format!("{}, of so many blocks: {}", counts.len(), runs(counts))
            }
            Placement::Random { updates } => {
                format!("{updates}, blocks divided at random; rates are expectations")
            }
        },
    );
    fact("overhead", format!("{:.2} % of the frame", 100.0 * metrics.overhead));
    fact(
        "requirements",
        format!(
            "bound at most {:.6} of its limit, over {}",
            metrics.worst_crb_ratio,
            counted(instance.users().len(), "user")
        ),
    );
    if let Some(block) = metrics.simulated {
        fact(
            "simulated block",
            format!(
                "{} after the update: {:.4} bit/s/Hz in closed form, {:.4} simulated ({:.1} \
                 standard errors off at most), {:.4} for users that know their gains",
                counted(block.age, "block"),
                block.closed_form_bps_hz,
                block.simulated_bps_hz,
                block.worst_standard_errors,
                block.informed_bps_hz
            ),
        );
    }
    facts
}

/// Users, and blocks by age.
pub(super) fn tables(instance: &Instance, design: &FrameDesign) -> Vec<Table> {
    let metrics = &design.metrics;
    let users = (0..instance.users().len())
        .map(|k| {
            let user = &instance.users()[k];
            vec![
                k.to_string(),
                format!("{:.2}", user.angle_rad.to_degrees()),
                format!("{:.5}", user.crb_limit_rad2.sqrt().to_degrees()),
                format!("{:.5}", metrics.angle_rcrb_deg[k]),
                format!("{:.4}", metrics.captured[k]),
                format!("{:.5}", metrics.sinr[k]),
                format!("{:.5}", metrics.rate_bps_hz[k]),
            ]
        })
        .collect();
    let used = longest(&design.variables).map_or(12, |n| n as usize).max(1);
    let blocks = metrics
        .block_rate_bps_hz
        .iter()
        .take(used.min(24))
        .enumerate()
        .map(|(n, rate)| vec![n.to_string(), format!("{rate:.6}")])
        .collect();
    vec![
        Table::numbers(
            "Users",
            &["user", "angle °", "root limit °", "root-CRB °", "captured", "SINR", "bit/s/Hz"],
            users,
        ),
        Table::numbers(
            "Sum rate of a block by its age",
            &["blocks since update", "bit/s/Hz"],
            blocks,
        ),
    ]
}
