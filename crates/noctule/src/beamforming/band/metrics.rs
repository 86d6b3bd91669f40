//! What beams achieve over a band, at full size.

use noctule_num::linalg::real_dot;
use noctule_num::{C64, CMat, InputError};
use noctule_phy::channels::design_rate::Users;
use noctule_phy::channels::radar::{Bounds, Kind};
use noctule_phy::units::nats_to_bits;
use serde::Serialize;

use super::Band;
use crate::Error;
use crate::beamforming::{Beams, Instance, Metrics, TargetMetrics};

/// What beams achieve subcarrier by subcarrier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BandMetrics {
    /// Rates in bit/s/Hz, `[subcarrier][user]`.
    pub rate_bps_hz: Vec<Vec<f64>>,
    /// Power of every subcarrier in watts.
    pub power_w: Vec<f64>,
    /// Sum over users and subcarriers in bit/s.
    pub sum_rate_bps: f64,
    /// Sum rate on the channels as they are, where beams were designed for estimates, in bit/s/Hz: mean over
    /// the band.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub true_sum_rate_bps_hz: Option<f64>,
    /// The weighted sum of bounds that the objective counts; absent where the Fisher matrix is singular.
    pub weighted_bound: Option<f64>,
}

/// What `beams` achieve in an instance over `band`, and the bounds of all parameters that are counted.
///
/// # Errors
/// When the beams have another shape than the instance asks for.
pub(in crate::beamforming) fn evaluate_over(
    instance: &Instance,
    band: &Band,
    beams: &Beams,
) -> Result<(Metrics, Option<Vec<f64>>), Error> {
    beams.check(instance)?;
    let parts = instance.parts();
    let (n, users, streams) = (band.subcarriers(), instance.users(), beams.streams());
    let mut rates = Vec::with_capacity(n);
    let mut power_w = Vec::with_capacity(n);
    let mut stream_power_w = vec![0.0; streams];
    let mut actual = 0.0;
    for (k, channels) in band.known_channels().iter().enumerate() {
        let own = beams.of_subcarrier(k);
        let seen = Users { channels, noise: &parts.user_noise_w, errors: band.errors() };
        rates.push(seen.rates_nats(&own));
        if band.estimates.is_some() {
            let seen =
                Users { channels: &band.channels[k], noise: &parts.user_noise_w, errors: &[] };
            actual += seen.rates_nats(&own).iter().sum::<f64>() / n as f64;
        }
        for (stream, power) in stream_power_w.iter_mut().enumerate() {
            *power += real_dot(own.col(stream), own.col(stream));
        }
        power_w.push(own.norm_sqr());
    }
    let mean = |user: usize| rates.iter().map(|r| r[user]).sum::<f64>() / n as f64;
    let means: Vec<f64> = (0..users).map(mean).collect();
    let sum_rate_nats = means.iter().fold(0.0, |sum, rate| sum + rate);
    let bounds = bounds_of(instance, band, &beams.matrix)?;
    let weighted = bounds.as_ref().map(|b| b.weighted_trace(|kind| band.weights.of(kind)));
    let sensing = if parts.crb_weight > 0.0 {
        weighted.map(|trace| trace * parts.crb_weight)
    } else {
        Some(0.0)
    };
    let bits = |rates: &[f64]| rates.iter().map(|rate| nats_to_bits(*rate)).collect::<Vec<_>>();
    let variances = bounds.as_ref().map(Bounds::variances);
    let metrics = Metrics {
        objective: sensing.map(|sensing| parts.rate_weight_per_nat * sum_rate_nats - sensing),
        sum_rate_bps_hz: nats_to_bits(sum_rate_nats),
        sum_rate_nats,
        sinr: means.iter().map(|rate| rate.exp_m1()).collect(),
        rate_bps_hz: bits(&means),
        crb_trace_mixed: bounds.as_ref().map(|b| b.variances().iter().sum()),
        targets: bounds.map(|bounds| targets(&bounds, instance.targets().len())),
        power_w: power_w.iter().sum(),
        stream_power_w,
        goal: None,
        prices: None,
        fewest: None,
        below_threshold: Vec::new(),
        echo: None,
        band: Some(BandMetrics {
            sum_rate_bps: nats_to_bits(sum_rate_nats) * n as f64 * band.grid.spacing_hz,
            rate_bps_hz: rates.iter().map(|rates| bits(rates)).collect(),
            power_w,
            true_sum_rate_bps_hz: band.estimates.as_ref().map(|_| nats_to_bits(actual)),
            weighted_bound: weighted,
        }),
    };
    Ok((metrics, variances))
}

/// The bounds of all unknown parameters; `None` without any, and where the Fisher matrix is singular.
fn bounds_of(instance: &Instance, band: &Band, beams: &CMat) -> Result<Option<Bounds>, Error> {
    if instance.targets().is_empty() {
        return Ok(None);
    }
    // Without a weight on it nobody has asked whether the scene can be seen.
    let radar = match band.radar(instance.parts()) {
        Ok(radar) => radar,
        Err(_) if instance.parts().crb_weight <= 0.0 || instance.problem().is_some() => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    if radar.parameters().is_empty() {
        return Ok(None);
    }
    let beams: &[C64] = beams.as_slice();
    Ok(radar.bounds(&radar.fisher(beams)).map(|bounds| band.told(bounds)))
}

/// Parameters that are counted, in order, and their Fisher matrix row by row.
pub type FisherOver = (Vec<(Kind, usize)>, Vec<f64>);

/// The Fisher matrix of beams over a band, in radians, metres and m/s; one range of a target where that of its
/// curvature is linked to that of its delay.
///
/// # Errors
/// When the instance has no band, the beams another shape, or no beams tell the targets apart.
pub fn fisher_over(instance: &Instance, beams: &Beams) -> Result<FisherOver, Error> {
    let Some(band) = instance.band() else {
        let what = "this is of beams over a band, and the instance has one frequency";
        let allowed = "an instance with `ofdm`";
        return Err(InputError::new(what, "instance", "one frequency", allowed).into());
    };
    beams.check(instance)?;
    let radar = band.radar(instance.parts())?;
    let whole = radar.fisher(beams.matrix.as_slice());
    let (kept, into) = band.counted(&radar);
    let Some(into) = into else { return Ok((kept, whole)) };
    let n = kept.len();
    let mut fisher = vec![0.0; n * n];
    for (row, i) in whole.chunks_exact(into.len()).zip(&into) {
        row.iter().zip(&into).for_each(|(f, j)| fisher[i * n + j] += f);
    }
    Ok((kept, fisher))
}

/// Root bounds of every target; what is known has none.
fn targets(bounds: &Bounds, count: usize) -> Vec<TargetMetrics> {
    let variances = bounds.variances();
    let all = || bounds.parameters.iter().zip(&variances);
    let of = |kind: Kind, m: usize| {
        all().find(|(parameter, _)| **parameter == (kind, m)).map(|(_, variance)| *variance)
    };
    let target = |m: usize| {
        let angle = |kind| of(kind, m).unwrap_or(0.0).sqrt().to_degrees();
        let parts = [Kind::ReflectionRe, Kind::ReflectionIm];
        TargetMetrics {
            azimuth_rcrb_deg: angle(Kind::Azimuth),
            polar_rcrb_deg: angle(Kind::Polar),
            reflection_rcrb: parts.iter().filter_map(|kind| of(*kind, m)).sum::<f64>().sqrt(),
            // one that is linked, or of one subcarrier, is the range itself
            range_rcrb_m: of(Kind::DelayRange, m).or_else(|| of(Kind::Range, m)).map(f64::sqrt),
            curvature_rcrb_m: of(Kind::DelayRange, m)
                .and_then(|_| of(Kind::Range, m))
                .map(f64::sqrt),
            velocity_rcrb_m_s: of(Kind::Speed, m).map(f64::sqrt),
        }
    };
    (0..count).map(target).collect()
}
