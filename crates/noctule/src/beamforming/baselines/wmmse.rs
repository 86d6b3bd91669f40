//! Communication only: the weighted MMSE method.

use noctule_num::linalg::{Cholesky, Op, mul, product};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::{Manifold, Objective, Proof, Stop, Trace, TraceRow, Work};
use noctule_phy::rates::Reception;
use serde::{Deserialize, Serialize};

use super::climbs::{residual, start_point, total_power_only, trace};
use crate::beamforming::band::by_subcarrier;
use crate::beamforming::model::{Model, Space, evaluate};
use crate::beamforming::settings::positive;
use crate::beamforming::starts::regularised_zero_forcing;
use crate::beamforming::stationarity::proof_of;
use crate::beamforming::{BeamformingDesign, Beams, Instance, advice};
use crate::system::Setting;
use crate::{Design, Error, Run};

/// Settings of [`wmmse`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct WmmseSettings {
    /// Stop when the residual of the sum rate is at most this.
    pub tolerance: f64,
    /// Iterations at most.
    pub max_iterations: u64,
    /// Whether its trace is kept, which makes records long.
    pub trace: bool,
}

impl Default for WmmseSettings {
    fn default() -> Self {
        Self { tolerance: 1e-6, max_iterations: 5000, trace: false }
    }
}

impl Setting for WmmseSettings {
    fn validate(&self) -> Result<(), InputError> {
        positive("tolerance", self.tolerance)
    }
}

/// The largest sum rate that the weighted MMSE method finds from regularised zero forcing, targets
/// ignored.
///
/// Q. Shi, M. Razaviyayn, Z.-Q. Luo and C. He (IEEE Trans. Signal Process. 59, 2011), with the noise
/// of every user scaled by the power used, so that every step is a closed form and the power
/// constraint is met by scaling at the end. With receivers `u_k = y_kk/T_k` and weights
/// `v_k = 1 + γ_k`,
/// ```math
/// W \leftarrow \Bigl(\sum_k v_k|u_k|^2 (h_k h_k^H + \sigma_k^2/P\, I)\Bigr)^{-1} [\,v_k u_k h_k\,]
/// ```
/// Guarantee: monotone in the sum rate; a stationary point *of the sum rate* when `stop` says it
/// converged. Where the instance weighs the bound too, that is another problem: `proof` then says
/// no more than feasible, and a warning carries the residual.
///
/// # Errors
/// [`Error::Input`] without users, under per-antenna power or for settings out of range.
pub fn wmmse(
    instance: &Instance,
    settings: &WmmseSettings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    total_power_only(instance)?;
    settings.validate()?;
    if instance.band().is_some() {
        return by_subcarrier(instance, |own| wmmse(own, settings, &Run::new(&run.interrupt)));
    }
    let users = instance.users();
    if users == 0 {
        let error = InputError::new("there are no users", "channels", "0 users", "1 or more");
        return Err(error.into());
    }
    let weight = Some(instance.parts().rate_weight_per_nat).filter(|w| *w > 0.0).unwrap_or(1.0);
    let rate_only = instance.with_weights(weight, 0.0)?;
    let mut model = Model::with_streams(&rate_only, Space::Reduced, users)?;
    let sphere = Manifold::sphere(model.dim());
    let mut point = start_point(&model, &regularised_zero_forcing(instance)?);
    let mut round = Round::new(model.space().clone());
    let mut gradient = vec![C64::ZERO; point.len()];
    let mut tangent = gradient.clone();
    let mut trace = trace(settings.trace, settings.max_iterations);
    let mut work = Work::default();
    let (stop, residual) = loop {
        let value = model.eval(&point, &mut gradient);
        work.evaluations += 1;
        let residual = residual(&point, &gradient, value, &mut tangent);
        trace.push(TraceRow::at(&work, value, residual, 0.0));
        if run.interrupt.is_raised() {
            break (Stop::Interrupted, residual);
        }
        if residual <= settings.tolerance {
            break (Stop::Converged, residual);
        }
        if work.iterations >= settings.max_iterations {
            break (Stop::IterationLimit, residual);
        }
        round.improve(&mut point)?;
        work.factorisations += 1;
        sphere.normalise(&mut point);
        work.iterations += 1;
    };
    let data = model.beams(&point, users).matrix;
    finish(instance, &data, (stop, residual), trace, work)
}

/// The design with these data beams and silent sensing beams.
fn finish(
    instance: &Instance,
    data: &CMat,
    (stop, residual): (Stop, f64),
    trace: Trace,
    work: Work,
) -> Result<BeamformingDesign, Error> {
    let silent = CMat::zeros(instance.antennas(), instance.parts().sensing_streams);
    let beams =
        Beams { matrix: CMat::hstack(&[data, &silent])?, users: instance.users(), subcarriers: 1 };
    let metrics = evaluate(instance, &beams)?;
    let mut warnings = advice(instance, &metrics);
    // Without a weight on the bound the sum rate is the instance's objective, and silent sensing
    // beams are stationary.
    let whole = instance.parts().crb_weight <= 0.0;
    if !whole && residual.is_finite() {
        warnings.push(format!(
            "stationary for the sum rate alone, to a residual of {residual:.1e}; the weighted \
             objective was not looked at"
        ));
    }
    Ok(Design {
        warnings,
        starts: vec![metrics.objective],
        variables: beams,
        metrics,
        stop,
        proof: if whole { proof_of(residual) } else { Proof::feasible(0.0) },
        trace,
        work,
    })
}

/// One round of the method in the normalised, reduced space.
struct Round {
    /// The channels over √(noise/P), rank × users.
    channels: CMat,
    weighted: CMat,
    matrix: CMat,
    cholesky: Cholesky,
}

impl Round {
    fn new(channels: CMat) -> Self {
        let (rank, users) = (channels.rows(), channels.cols());
        Self {
            weighted: CMat::zeros(rank, users),
            matrix: CMat::zeros(rank, rank),
            cholesky: Cholesky::new(rank),
            channels,
        }
    }

    /// New beams in place of `point`, of any norm.
    fn improve(&mut self, point: &mut [C64]) -> Result<(), Error> {
        let users = self.channels.cols();
        let beams = CMat::from_columns(self.channels.rows(), users, point.to_vec())?;
        let amplitudes = product(&self.channels, Op::Adjoint, &beams, Op::Plain);
        let mut right = self.channels.clone();
        let mut noise = 0.0;
        for user in 0..users {
            let reception = Reception::of(user, &amplitudes, 1.0);
            let receiver = amplitudes[(user, user)] / (reception.signal + reception.interference);
            let weight = 1.0 + reception.sinr();
            let share = weight * receiver.norm_sqr();
            noise += share;
            let column = self.weighted.col_mut(user).iter_mut().zip(self.channels.col(user));
            column.for_each(|(w, h)| *w = h * share.sqrt());
            right.col_mut(user).iter_mut().for_each(|h| *h *= receiver * weight);
        }
        if noise <= 0.0 {
            // Nobody is served; there is nothing to improve.
            return Ok(());
        }
        let weighted = &self.weighted;
        mul(&mut self.matrix, false, 1.0, weighted, Op::Plain, weighted, Op::Adjoint);
        for i in 0..self.matrix.rows() {
            self.matrix[(i, i)] += C64::from(noise);
        }
        self.cholesky.factor(&self.matrix, "the matrix of the weighted MMSE step")?;
        self.cholesky.solve_in_place(&mut right);
        point.copy_from_slice(right.as_slice());
        Ok(())
    }
}
