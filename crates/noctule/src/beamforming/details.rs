//! What only beams can be drawn by while a scene moves: the pattern of each, the sky, ellipses of errors.

use std::f64::consts::PI;

use noctule_num::linalg::real_dot;
use noctule_num::{C64, CMat};
use noctule_phy::arrays::PlanarArray;
use noctule_phy::fisher::FisherInverse;
use serde_json::{Value, json};

use super::metrics::fisher;
use super::{Beams, Instance};
use crate::pictures::steps;

/// Directions of the pattern of a beam.
const CUT: usize = 181;
/// Directions of the sky: azimuths, polar angles.
const SKY: [usize; 2] = [61, 31];
/// A beam below this share of the power is not drawn.
const NONE: f64 = 1e-4;

/// Patterns, sky and ellipses; null of stations, which have no common pattern.
pub(super) fn details(instance: &Instance, beams: &Beams) -> Value {
    if instance.problem().is_some_and(|problem| problem.around.towards.is_some()) {
        return Value::Null;
    }
    json!({
        "angles_deg": steps(-90.0, 90.0, CUT),
        "beams": patterns(instance, beams),
        "sky": sky(instance, beams),
        "ellipses": ellipses(instance, beams),
    })
}

/// A power over that of one antenna in decibels, two decimals: what a picture can show.
fn decibels(power: f64) -> f64 {
    (1000.0 * power.max(1e-6).log10()).round() / 100.0
}

/// The power of every beam towards azimuths at one polar angle, `[beam][azimuth]` in radians, over what all beams
/// together would send there from a single element: column by column of the array first, which all azimuths share, and
/// no sine but one a direction. What [`gain`](super::picture::gain) says of one direction, at a quarter of its price.
fn sent(array: PlanarArray, beams: &CMat, polar: f64, azimuths: &[f64]) -> Vec<Vec<f64>> {
    let total = beams.norm_sqr();
    let column: Vec<C64> =
        (0..array.vertical).map(|v| C64::from_polar(1.0, PI * polar.cos() * v as f64)).collect();
    let rows = |j: usize| -> Vec<C64> {
        let row = |part: &[C64]| part.iter().zip(&column).map(|(w, a)| w.conj() * a).sum();
        beams.col(j).chunks_exact(array.vertical).map(row).collect()
    };
    let rows: Vec<Vec<C64>> = (0..beams.cols()).map(rows).collect();
    let turn = |azimuth: &f64| C64::from_polar(1.0, PI * azimuth.sin() * polar.sin());
    let turns: Vec<C64> = azimuths.iter().map(turn).collect();
    let power = |rows: &[C64], turn: &C64| {
        let heard = rows.iter().rev().fold(C64::ZERO, |sum, row| sum * turn + row);
        if total > 0.0 { heard.norm_sqr() / total } else { 0.0 }
    };
    rows.iter().map(|rows| turns.iter().map(|turn| power(rows, turn)).collect()).collect()
}

/// The pattern of every beam with power: what it adds to that of all together, in dB.
fn patterns(instance: &Instance, beams: &Beams) -> Vec<Value> {
    let level = std::f64::consts::FRAC_PI_2;
    let polar = instance.targets().first().map_or(level, |target| target.polar_rad);
    let azimuths: Vec<f64> = steps(-90.0, 90.0, CUT).into_iter().map(f64::to_radians).collect();
    let total = beams.matrix.norm_sqr();
    let sent = sent(instance.parts().transmit_array, &beams.matrix, polar, &azimuths);
    let one = |(j, sent): (usize, Vec<f64>)| {
        let share = real_dot(beams.matrix.col(j), beams.matrix.col(j)) / total;
        (share > NONE).then(|| {
            let heard: Vec<f64> = sent.into_iter().map(decibels).collect();
            json!({ "user": (j < beams.users).then_some(j), "share": share, "gain_db": heard })
        })
    };
    sent.into_iter().enumerate().filter_map(one).collect()
}

/// What all beams send over azimuth, fastest, and polar angle, in dB.
fn sky(instance: &Instance, beams: &Beams) -> Value {
    let (azimuth_deg, polar_deg) = (steps(-90.0, 90.0, SKY[0]), steps(30.0, 150.0, SKY[1]));
    let azimuths: Vec<f64> = azimuth_deg.iter().map(|azimuth| azimuth.to_radians()).collect();
    let row = |polar: &f64| {
        let array = instance.parts().transmit_array;
        let sent = sent(array, &beams.matrix, polar.to_radians(), &azimuths);
        let all = |k: usize| decibels(sent.iter().map(|beam| beam[k]).sum());
        (0..azimuths.len()).map(all).collect::<Vec<f64>>()
    };
    let gain_db: Vec<f64> = polar_deg.iter().flat_map(row).collect();
    json!({ "azimuth_deg": azimuth_deg, "polar_deg": polar_deg, "gain_db": gain_db })
}

/// The bounds of both angles of every target together, `[azimuth², azimuth·polar, polar²]` in squared
/// degrees: no unbiased estimator has a smaller covariance. Null where the Fisher matrix is singular.
fn ellipses(instance: &Instance, beams: &Beams) -> Option<Vec<[f64; 3]>> {
    let targets = instance.targets().len();
    let n = 4 * targets;
    let fisher = fisher(instance, beams)?;
    // What is known is no parameter.
    let known = |i: usize| {
        let unknown = instance.problem().map(|problem| problem.unknown[i % targets]);
        unknown.is_some_and(|u| match i / targets {
            0 => !u.azimuth,
            1 => !u.polar,
            _ => !u.reflection,
        })
    };
    let kept: Vec<usize> = (0..n).filter(|i| !known(*i)).collect();
    let m = kept.len();
    let row = |i: &usize| kept.iter().map(|j| fisher[i * n + j]).collect::<Vec<f64>>();
    let part: Vec<f64> = kept.iter().flat_map(row).collect();
    let mut inverse = vec![0.0; m * m];
    FisherInverse::new(m).invert(&part, &mut inverse)?;
    let entry = |i: usize, j: usize| {
        let at = |i: usize| kept.iter().position(|k| *k == i);
        let value = at(i).zip(at(j)).map_or(0.0, |(i, j)| inverse[i * m + j]);
        value * 1_f64.to_degrees().powi(2)
    };
    let ellipse = |t: usize| [entry(t, t), entry(t, targets + t), entry(targets + t, targets + t)];
    Some((0..targets).map(ellipse).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beamforming::goal::{Goal, Require, Unknown};
    use crate::beamforming::picture::gain;
    use crate::beamforming::{Scenario, Settings, design};

    /// Powers from the rows of the array are those of whole steering vectors.
    #[test]
    fn what_is_sent_is_the_gain_of_every_direction() {
        let entry =
            |i: usize, j: usize| C64::new((7 * i + 3 * j) as f64 % 5.0 - 2.0, (i * j) as f64 % 3.0);
        for (horizontal, vertical) in [(4, 4), (8, 2), (1, 5), (6, 1)] {
            let array = PlanarArray::new(horizontal, vertical);
            let beams = CMat::from_fn(horizontal * vertical, 3, entry);
            let azimuths = [-1.5, -0.4, 0.0, 0.9, 1.57];
            for polar in [0.3, 1.2, std::f64::consts::FRAC_PI_2, 2.9] {
                let sent = sent(array, &beams, polar, &azimuths);
                let all = gain(array, &beams, azimuths.map(|azimuth| (azimuth, polar)));
                for (k, all) in all.iter().enumerate() {
                    let sum: f64 = sent.iter().map(|beam| beam[k]).sum();
                    assert!((sum - all).abs() < 1e-12 * (1.0 + all), "{sum} and {all}");
                }
            }
        }
        assert_eq!(sent(PlanarArray::new(2, 1), &CMat::zeros(2, 1), 1.0, &[0.0]), [[0.0]]);
    }

    /// The diagonals are the bounds of the metrics, and each ellipse is one; all beams together send
    /// what the picture of all says.
    #[test]
    fn ellipses_and_patterns_are_those_of_the_design() {
        let known = Scenario {
            goal: Goal::MinCrb { metric: Default::default() },
            require: Require { sinr_db: Some(3.0), ..Require::default() },
            unknown: Unknown { polar: false, ..Unknown::ALL },
            ..Scenario::default()
        };
        for scenario in [Scenario::default(), known] {
            let instance = scenario.realize(1, 0).expect("a scene");
            let settings = Settings { starts: Some(1), ..Settings::default() };
            let design = design(&instance, &settings).expect("a design");
            let found = ellipses(&instance, &design.variables).expect("a regular Fisher matrix");
            let targets = design.metrics.targets.as_ref().expect("bounds");
            for ([aa, ap, pp], target) in found.iter().zip(targets) {
                assert!((aa.sqrt() - target.azimuth_rcrb_deg).abs() < 1e-9 * aa.sqrt());
                assert!((pp.sqrt() - target.polar_rcrb_deg).abs() < 1e-9);
                assert!(aa * pp - ap * ap >= 0.0, "a covariance");
            }
            let told = details(&instance, &design.variables);
            let beams = told["beams"].as_array().expect("beams");
            let polar = instance.targets()[0].polar_rad;
            let at = CUT / 3;
            let azimuth = steps(-90.0, 90.0, CUT)[at].to_radians();
            let array = instance.parts().transmit_array;
            let all = gain(array, &design.variables.matrix, [(azimuth, polar)])[0];
            let power = |beam: &Value| 10_f64.powf(beam["gain_db"][at].as_f64().unwrap() / 10.0);
            let sum: f64 = beams.iter().map(power).sum();
            assert!((sum - all).abs() < 2e-3 * all.max(1.0), "{sum} and {all}");
            let sky = told["sky"]["gain_db"].as_array().expect("a sky");
            assert_eq!(sky.len(), SKY[0] * SKY[1]);
        }
    }
}
