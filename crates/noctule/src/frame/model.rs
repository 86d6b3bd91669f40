//! The closed forms: what a plan achieves, computed at full size from covariance matrices.
//!
//! [`evaluate`] is the definition that every scheme's metrics come from. The search works with the
//! same formulas in a reduced space (`reduced.rs`).

use noctule_num::CMat;
use noctule_num::interrupt::poll;
use noctule_num::linalg::HermitianEigen;
use noctule_phy::mmse::{SensedEstimate, trace_of_product};
use noctule_phy::units::bits_to_nats;
use serde::{Deserialize, Serialize};

use super::placement::random_division;
use super::prior::Prior;
use super::{Instance, Placement, Plan, SinrForm};
use crate::Error;

/// What a plan achieves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metrics {
    /// Bits per hertz that one frame carries to all users together: the number that is maximised,
    /// Eq. (24) of the paper, in s · bit/s/Hz. The expectation where the placement is random. Where
    /// sensing and pilots take more than the frame carries, it is zero.
    pub frame_bits_per_hz: f64,
    /// The same over the duration of the frame: the average sum rate in bit/s/Hz.
    pub sum_rate_bps_hz: f64,
    /// The average sum rate in nat/s/Hz.
    pub sum_rate_nats: f64,
    /// Sensing time in seconds.
    pub sensing_time_s: f64,
    /// Sensing time in blocks.
    pub sensing_blocks: f64,
    /// Sensing time in blocks that the requirements need, whether the frame has room or not.
    pub needed_sensing_blocks: f64,
    /// Channel updates M in the frame.
    pub updates: usize,
    /// Share of the frame that goes to sensing and pilots.
    pub overhead: f64,
    /// Largest Cramér–Rao bound over its limit; at most one when all requirements hold.
    pub worst_crb_ratio: f64,
    /// Root-Cramér–Rao bound of every user's angle in degrees.
    pub angle_rcrb_deg: Vec<f64>,
    /// tr C / gain of every user: the share of its channel that an estimate captures, as believed.
    pub captured: Vec<f64>,
    /// SINR of every user without aging, linear.
    pub sinr: Vec<f64>,
    /// Average rate of every user over the frame in bit/s/Hz; zero for a user to whom the frame
    /// carries less than sensing and pilots take.
    pub rate_bps_hz: Vec<f64>,
    /// Φ_n: sum rate of a block in bit/s/Hz, by its distance from the update.
    pub block_rate_bps_hz: Vec<f64>,
    /// One block as a simulation saw it, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<SimulatedBlock>,
}

/// One block of a plan, in closed form and as a simulation saw it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimulatedBlock {
    /// Distance from the update: 0 is the block of the estimate.
    pub age: usize,
    /// Sum rate by the closed form that belongs to the pilot's path, in bit/s/Hz.
    pub closed_form_bps_hz: f64,
    /// Sum rate with the use-and-forget SINRs that were seen, in bit/s/Hz.
    pub simulated_bps_hz: f64,
    /// Sum rate of users that know their effective gains, in bit/s/Hz.
    pub informed_bps_hz: f64,
    /// Largest distance between closed form and simulation over users, in standard errors.
    pub worst_standard_errors: f64,
}

/// Statistics of all users after some sensing time, at full size.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// R of every user, of unit trace.
    pub correlation: Vec<CMat>,
    /// What the sensed prior makes of every user's estimate, normalised by its gain.
    pub estimates: Vec<SensedEstimate>,
    /// Cramér–Rao bound of every user's angle in rad².
    pub crb_rad2: Vec<f64>,
}

impl Statistics {
    /// After `sensing_time_s` seconds of sensing.
    ///
    /// # Errors
    /// [`Error::Numerics`] when an unprojected prior makes an estimator singular.
    pub fn new(instance: &Instance, sensing_time_s: f64) -> Result<Self, Error> {
        Self::of(instance, &Prior::all(instance), sensing_time_s)
    }

    /// The same from what does not change with the sensing time.
    pub(super) fn of(
        instance: &Instance,
        priors: &[Prior],
        sensing_time_s: f64,
    ) -> Result<Self, Error> {
        let mut out = Self { correlation: Vec::new(), estimates: Vec::new(), crb_rad2: Vec::new() };
        for (k, (user, prior)) in instance.users().iter().zip(priors).enumerate() {
            poll()?;
            let crb = instance.crb_seconds(k) / sensing_time_s;
            let project = instance.parts().project_prior;
            out.estimates.push(prior.estimate(crb, user.gain * user.pilot_snr, project)?);
            out.correlation.push(prior.correlation.clone());
            out.crb_rad2.push(crb);
        }
        Ok(out)
    }

    /// SINR of every user without aging; a block whose channel has correlation ρ with its estimate
    /// has ρ² times as much.
    ///
    /// # Errors
    /// [`Error::Numerics`] when an eigenvalue cannot be found, which finite input excludes.
    pub fn sinr(&self, instance: &Instance, form: SinrForm) -> Result<Vec<f64>, Error> {
        match form {
            SinrForm::LowerBound => self.lower_bound(instance),
            SinrForm::UseAndForget => {
                let beams: Vec<(&CMat, f64)> =
                    self.estimates.iter().map(|e| (&e.estimate, e.estimate_trace)).collect();
                let signal: Vec<f64> = beams.iter().map(|beam| beam.1).collect();
                self.mrt(instance, &beams, &signal)
            }
            SinrForm::Physical => {
                let actual: Vec<(CMat, f64)> = self
                    .estimates
                    .iter()
                    .zip(&self.correlation)
                    .zip(instance.users())
                    .map(|((e, r), user)| e.actual(r, user.gain * user.pilot_snr))
                    .collect();
                let beams: Vec<(&CMat, f64)> =
                    actual.iter().map(|(covariance, _)| (covariance, trace(covariance))).collect();
                let signal: Vec<f64> = actual
                    .iter()
                    .zip(&beams)
                    .map(
                        |((_, inner), beam)| {
                            if beam.1 > 0.0 { inner * inner / beam.1 } else { 0.0 }
                        },
                    )
                    .collect();
                self.mrt(instance, &beams, &signal)
            }
        }
    }

    /// Eq. (22) and its physical form: signal over what all beams send towards the user. A user
    /// whose estimate is nothing has no signal and disturbs others by the limit ‖R‖
    /// (`docs/errata.md#frame-e15`).
    fn mrt(
        &self,
        instance: &Instance,
        beams: &[(&CMat, f64)],
        signal: &[f64],
    ) -> Result<Vec<f64>, Error> {
        let users = instance.users();
        let mut out = Vec::with_capacity(users.len());
        for (k, user) in users.iter().enumerate() {
            let r = &self.correlation[k];
            let mut received = user.noise_w / user.gain;
            for (other, (covariance, power)) in users.iter().zip(beams) {
                let share = if *power > 0.0 {
                    trace_of_product(r, covariance) / power
                } else {
                    largest_eigenvalue(r)?
                };
                received += other.power_w * share;
            }
            out.push(user.power_w * signal[k] / received);
        }
        Ok(out)
    }

    /// Eq. (28): all power arrives along the strongest direction.
    fn lower_bound(&self, instance: &Instance) -> Result<Vec<f64>, Error> {
        let total: f64 = instance.users().iter().map(|user| user.power_w).sum();
        let mut out = Vec::new();
        for (k, user) in instance.users().iter().enumerate() {
            let strongest = largest_eigenvalue(&self.correlation[k])?;
            let received = strongest * total + user.noise_w / user.gain;
            out.push(user.power_w * self.estimates[k].estimate_trace / received);
        }
        Ok(out)
    }
}

fn trace(a: &CMat) -> f64 {
    (0..a.rows()).map(|i| a[(i, i)].re).sum()
}

fn largest_eigenvalue(a: &CMat) -> Result<f64, Error> {
    let mut eigen = HermitianEigen::new(a.rows());
    eigen.compute(a)?;
    Ok(eigen.max())
}

/// Φ_n in bit/s/Hz for `n = 1, …`, from the SINR without aging.
pub(super) fn block_rates(instance: &Instance, sinr: &[f64], into: &mut [f64]) {
    for (n, rate) in into.iter_mut().enumerate() {
        // One logarithm of a product Π (1 + γ), kept as what it has above one, so that small SINRs
        // keep their digits; split before it can overflow.
        let (mut above, mut nats) = (0.0_f64, 0.0);
        for (sequence, c) in instance.parts().aging.iter().zip(sinr) {
            let gamma = sequence[n] * sequence[n] * c;
            above += gamma + above * gamma;
            if above > 1e150 {
                nats += above.ln_1p();
                above = 0.0;
            }
        }
        *rate = (nats + above.ln_1p()) / std::f64::consts::LN_2;
    }
}

/// How many blocks lie `n − 1` blocks after their update, for `n = 1, …`.
fn block_counts(placement: &Placement, blocks: usize) -> Vec<f64> {
    match placement {
        Placement::Blocks(counts) => {
            let longest = counts.iter().copied().max().unwrap_or(0);
            (1..=longest)
                .map(|n| counts.iter().filter(|&&count| count >= n).count() as f64)
                .collect()
        }
        Placement::Random { updates } => random_division(blocks, *updates),
    }
}

/// What `plan` achieves in `instance`.
///
/// Requirements are not enforced: a plan that senses too little has a `worst_crb_ratio` above one.
///
/// # Errors
/// When the plan does not fit the frame, or an unprojected prior makes an estimator singular.
pub fn evaluate(instance: &Instance, plan: &Plan) -> Result<Metrics, Error> {
    evaluate_with(instance, &Prior::all(instance), plan)
}

/// The same, of users whose priors are known.
pub(super) fn evaluate_with(
    instance: &Instance,
    priors: &[Prior],
    plan: &Plan,
) -> Result<Metrics, Error> {
    plan.check(instance)?;
    let statistics = Statistics::of(instance, priors, plan.sensing_time_s)?;
    let sinr = statistics.sinr(instance, instance.parts().sinr)?;
    let (whole, rest) = instance.split_sensing(plan.sensing_time_s);
    let (block, pilot) = (instance.block_time_s(), instance.pilot_time_s());
    let updates = plan.placement.updates();
    let lost = updates as f64 * pilot + rest;
    let counts = block_counts(&plan.placement, instance.blocks() - whole);
    let frame = instance.blocks() as f64 * block;
    let rate_of = |user: usize| {
        let rate = |n: usize| {
            let rho = instance.parts().aging[user][n];
            (rho * rho * sinr[user]).ln_1p() / std::f64::consts::LN_2
        };
        let carried: f64 = counts.iter().enumerate().map(|(n, count)| count * rate(n)).sum();
        block * carried - lost * rate(0)
    };
    let bits: Vec<f64> = (0..sinr.len()).map(rate_of).collect();
    // Adding to +0 also turns −0 into 0.
    let nothing_at_least = |bits: f64| bits.max(0.0) + 0.0;
    let total = nothing_at_least(bits.iter().sum());
    let mut block_rate_bps_hz = vec![0.0; instance.blocks()];
    block_rates(instance, &sinr, &mut block_rate_bps_hz);
    let ratios =
        statistics.crb_rad2.iter().zip(instance.users()).map(|(crb, u)| crb / u.crb_limit_rad2);
    Ok(Metrics {
        frame_bits_per_hz: total,
        sum_rate_bps_hz: total / frame,
        sum_rate_nats: bits_to_nats(total / frame),
        sensing_time_s: plan.sensing_time_s,
        sensing_blocks: plan.sensing_time_s / block,
        needed_sensing_blocks: instance.shortest_sensing_s() / block,
        updates,
        overhead: (plan.sensing_time_s + updates as f64 * pilot) / frame,
        worst_crb_ratio: ratios.fold(0.0, f64::max),
        angle_rcrb_deg: statistics.crb_rad2.iter().map(|crb| crb.sqrt().to_degrees()).collect(),
        captured: statistics.estimates.iter().map(|e| e.estimate_trace).collect(),
        sinr,
        rate_bps_hz: bits.iter().map(|bits| nothing_at_least(bits / frame)).collect(),
        block_rate_bps_hz,
        simulated: None,
    })
}
