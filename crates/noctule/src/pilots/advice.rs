//! What a careful colleague would say of an allocation.

use super::{Instance, Metrics};

/// Below this sum of signal-to-noise ratios (17 dB) delays of different paths cannot be told from
/// noise.
const WEAK_ECHOES: f64 = 50.0;

/// What is worth saying about a design.
pub fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
    let mut sentences = instance.notes().to_vec();
    if !instance.is_decoupled() {
        sentences.push(
            "pilots are correlated in both directions: the errors shown are exact, the design is \
             the best that a local search on them found, and nothing is proven of the optimum"
                .to_owned(),
        );
    } else if !instance.is_modelled_exactly() {
        sentences.push(
            "downlink pilots overlap and some channels have no estimate: the errors shown are \
             exact, the design is the best that a local search on them found, and nothing is \
             proven of the optimum"
                .to_owned(),
        );
    }
    let weak = |snr: &&f64| **snr > 0.0 && **snr < WEAK_ECHOES;
    let weak = metrics.echo_snr.iter().flatten().filter(weak).count();
    if weak > 0 {
        sentences.push(format!(
            "the echoes of {weak} of {} users sum to less than 17 dB: without a prior on the \
             position real estimators do not reach the bound there",
            instance.users()
        ));
    }
    sentences
}
