//! An objective of one's own in a few lines: proportional fairness of the users, and the bound of
//! one angle instead of the trace over everything.
//!
//! ```text
//! maximise  Σ_k ln R_k  −  weight · CRB(azimuth of target 0)    subject to  ‖W‖² = P
//! ```
//!
//! Run it with `cargo run --release -p noctule --example own_objective`. The same in Python:
//! `examples/own_objective.py`.
#![allow(clippy::print_stdout, reason = "an example that shows its numbers")]

use noctule::beamforming::{self, Beams, Instance, Scenario};
use noctule::{C64, CMat, Interrupt, Trace};
use noctule_optim::{Lbfgs, Manifold, Objective, StopRules, check_gradient};
use noctule_phy::gradients::{CrbTrace, receptions, weighted_rate};
use noctule_phy::rates::Reception;

/// Minus the objective, to be minimised, and its gradient.
struct Fairness<'a> {
    instance: &'a Instance,
    crb: CrbTrace,
    crb_weights: Vec<f64>,
    by_rate: Vec<C64>,
}

impl Objective for Fairness<'_> {
    fn eval(&mut self, w: &[C64], gradient: &mut [C64]) -> f64 {
        let parts = self.instance.parts();
        let (n, h) = (self.instance.antennas(), parts.channels.as_slice());
        let rates: Vec<f64> =
            receptions(n, h, w, &parts.user_noise_w).iter().map(Reception::rate_nats).collect();
        // Σ ln R_k has the gradient of Σ R_k/R_k with the denominators held.
        let inverse: Vec<f64> = rates.iter().map(|rate| 1.0 / rate).collect();
        weighted_rate(n, h, w, &parts.user_noise_w, &inverse, &mut self.by_rate);
        let Some(bound) = self.crb.eval(w, &self.crb_weights, gradient) else {
            return f64::INFINITY; // no information about some target: outside the domain
        };
        gradient.iter_mut().zip(&self.by_rate).for_each(|(g, by_rate)| *g -= by_rate);
        bound - rates.iter().map(|rate| rate.ln()).sum::<f64>()
    }
}

fn main() -> Result<(), noctule::Error> {
    let instance = Scenario::default().realize(/* seed */ 1, /* trial */ 0)?;
    let parts = instance.parts();

    // The start: our design for the sum rate.
    let sum_rate = beamforming::design(&instance, &beamforming::Settings::default())?;
    let mut w = sum_rate.variables.matrix.clone().into_vec();

    let reflections: Vec<C64> = instance.targets().iter().map(|t| t.reflection).collect();
    let mut weights = vec![0.0; 4 * reflections.len()];
    weights[0] = 10.0; // per squared radian, on the azimuth of target 0 alone
    let mut objective = Fairness {
        instance: &instance,
        crb: CrbTrace::new(
            instance.transmit_steering(),
            instance.receive_steering(),
            &reflections,
            instance.information(),
        ),
        crb_weights: weights,
        by_rate: vec![C64::ZERO; w.len()],
    };

    // Beams of total power P are a sphere. A wrong gradient would show here first.
    let sphere = Manifold::spheres(1, w.len(), parts.power_w.sqrt());
    let direction: Vec<C64> = (0..w.len()).map(|i| C64::new(1.0, i as f64 / 50.0)).collect();
    assert!(check_gradient(&mut objective, &sphere, &w, &direction).passed);
    let run = Lbfgs::new(sphere).minimise(
        &mut objective,
        &mut w,
        &StopRules::default(),
        &Interrupt::new(),
        &mut Trace::off(),
    );

    let matrix = CMat::from_columns(instance.antennas(), w.len() / instance.antennas(), w)?;
    let fair = beamforming::evaluate(
        &instance,
        &Beams { matrix, users: instance.users(), subcarriers: 1 },
    )?;
    println!(
        "stopped: {} after {} evaluations, residual {:.1e}",
        run.stop, run.work.evaluations, run.residual
    );
    for (name, metrics) in [("sum rate", &sum_rate.metrics), ("fairness", &fair)] {
        let rates: Vec<String> = metrics.rate_bps_hz.iter().map(|r| format!("{r:5.2}")).collect();
        let azimuth = metrics.targets.as_ref().map_or(f64::NAN, |t| t[0].azimuth_rcrb_deg);
        println!("{name}: rates {} bit/s/Hz, azimuth 0 to {azimuth:.2}°", rates.join(" "));
    }
    Ok(())
}
