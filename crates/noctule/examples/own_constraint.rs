//! A constraint of one's own in a few lines, and its price: the largest sum rate under a limit on
//! the trace of the Cramér–Rao bound, instead of a weighted sum of the two.
//!
//! ```text
//! maximise  Σ_k R_k    subject to  CRB trace ≤ limit,  ‖W‖² = P
//! ```
//!
//! Run it with `cargo run --release -p noctule --example own_constraint`. The same in Python:
//! `examples/own_constraint.py`.
#![allow(clippy::print_stdout, reason = "an example that shows its numbers")]

use noctule::beamforming::{self, Instance, Scenario};
use noctule::{C64, Interrupt, Trace};
use noctule_optim::augmented_lagrangian::AugmentedSettings;
use noctule_optim::{AugmentedLagrangian, Constrained, Manifold};
use noctule_phy::gradients::{CrbTrace, weighted_rate};

/// Minus the sum rate, with one constraint: the trace over its limit, less one.
struct Limited<'a> {
    instance: &'a Instance,
    crb: CrbTrace,
    ones: Vec<f64>,
    limit: f64,
    by_rate: Vec<C64>,
    by_bound: Vec<C64>,
}

impl Constrained for Limited<'_> {
    fn constraints(&self) -> usize {
        1
    }

    fn values(&mut self, w: &[C64], constraints: &mut [f64]) -> f64 {
        let parts = self.instance.parts();
        let (n, h) = (self.instance.antennas(), parts.channels.as_slice());
        let users = &self.ones[..self.instance.users()];
        let rate = weighted_rate(n, h, w, &parts.user_noise_w, users, &mut self.by_rate);
        let parameters = &self.ones[..4 * self.instance.targets().len()];
        let Some(trace) = self.crb.eval(w, parameters, &mut self.by_bound) else {
            return f64::INFINITY; // no information about some target: outside the domain
        };
        constraints[0] = trace / self.limit - 1.0;
        -rate
    }

    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]) {
        let price = weights[0] / self.limit;
        for ((g, rate), bound) in gradient.iter_mut().zip(&self.by_rate).zip(&self.by_bound) {
            *g = bound * price - rate;
        }
    }
}

fn main() -> Result<(), noctule::Error> {
    let instance = Scenario::default().realize(/* seed */ 1, /* trial */ 0)?;
    let weighted = beamforming::design(&instance, &beamforming::Settings::default())?;
    let mut w = weighted.variables.matrix.clone().into_vec();
    let trace = weighted.metrics.crb_trace_mixed.unwrap_or(f64::NAN);

    let reflections: Vec<C64> = instance.targets().iter().map(|t| t.reflection).collect();
    let mut problem = Limited {
        instance: &instance,
        crb: CrbTrace::new(
            instance.transmit_steering(),
            instance.receive_steering(),
            &reflections,
            instance.information(),
        ),
        ones: vec![1.0; instance.users().max(4 * reflections.len())],
        limit: 0.7 * trace,
        by_rate: vec![C64::ZERO; w.len()],
        by_bound: vec![C64::ZERO; w.len()],
    };
    // Beams of total power P are a sphere.
    let sphere = Manifold::spheres(1, w.len(), instance.parts().power_w.sqrt());
    let run = AugmentedLagrangian::new(sphere, AugmentedSettings::default()).minimise(
        &mut problem,
        &mut w,
        &[0.0],
        &Interrupt::new(),
        &mut Trace::off(),
    );
    println!(
        "stopped: {} after {} evaluations, violation {:.0e}",
        run.stop, run.work.evaluations, run.violation
    );
    let rate = weighted.metrics.sum_rate_nats;
    println!("weighted sum: {rate:.4} nat/s/Hz at a trace of {trace:.4}");
    println!("limit:        {:.4} nat/s/Hz at a trace of {:.4}", -run.value, problem.limit);
    println!("price:        {:.4} nat/s/Hz per relative change of the limit", run.multipliers[0]);
    Ok(())
}
