//! Goals of beamforming with floors on SINRs and a limit on the total power. What is linear in the covariances of the streams is
//! bounded by eigenvalues: a floor `S_k/γ_k ≥ I_k` with a price λ_k adds `λ_k(S_k/γ_k − I_k)`, which is not negative.

use serde_json::Value;

use crate::ball::{Ball, Matrix, below, sum};
use crate::beamforming::{Scene, plain};
use crate::fisher::inverse;
use crate::response::steering;
use crate::{Outcome, Read, Refused, unproven};

/// What instances hold beside those of the weighted sum.
const BESIDE: &str = "goal goal_metric sinr_floor";
/// Lists of limits that are not known here.
const BEYOND: [&str; 3] = ["inverses", "nu", "rho"];

/// Goals that are checked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    SumRate,
    WorstRate,
    LeastBounds,
    LeastPower,
    MostSensing,
}

impl Goal {
    pub(crate) fn of(goal: &Value) -> Outcome<Self> {
        match goal.as_f64() {
            Some(1.0) => Ok(Self::SumRate),
            Some(2.0) => Ok(Self::WorstRate),
            Some(4.0) => Ok(Self::LeastBounds),
            Some(5.0) => Ok(Self::LeastPower),
            Some(6.0) => Ok(Self::MostSensing),
            _ => Err(Refused::NotHere(format!("bounds of the goal {goal}"))),
        }
    }

    pub(crate) fn is_of_rates(self) -> bool {
        matches!(self, Self::SumRate | Self::WorstRate)
    }

    /// Whether a bound of the goal is one from above, and of what.
    pub(crate) fn sense(self, sense: &Value) -> Outcome<(bool, &'static str)> {
        Ok(match (self, sense.as_str()) {
            (Self::SumRate, Some("upper")) => (true, "sum rate in nat/s/Hz"),
            (Self::WorstRate, Some("upper")) => (true, "smallest rate in nat/s/Hz"),
            (Self::LeastBounds, Some("lower")) => (false, "weighted Cramér–Rao bounds"),
            (Self::LeastPower, Some("lower")) => (false, "power in watts"),
            (Self::MostSensing, Some("upper")) => (true, "smallest gain of a target"),
            _ => return unproven("the sense of the bound is not one of its goal"),
        })
    }

    pub(crate) fn check(self, read: &Read<'_>, value: f64) -> Outcome<usize> {
        plain(read, BESIDE)?;
        if let Some(beyond) = BEYOND.iter().find(|name| read.has(name)) {
            return Err(Refused::NotHere(format!("bounds with '{beyond}'")));
        }
        let floors = read.array("sinr_floor")?;
        let scene = Scene::read(read)?;
        if floors.len() != scene.users() || floors.iter().any(|floor| *floor < 0.0) {
            return unproven("'sinr_floor' does not fit");
        }
        match self {
            Self::SumRate => {
                read.lists_are(if read.has("lambda") {
                    &["chord_high", "chord_low", "high", "lambda", "low", "t"]
                } else {
                    &["chord_high", "chord_low", "high", "low", "t"]
                })?;
                scene.of_rates(floors).boxes(read, value)
            }
            Self::WorstRate => {
                lists(read, &scene, &["sharpness"])?;
                // with all SINRs above this one there would be no more power
                let level = Ball::real(value).exp() - 1.0.into();
                let level = level.lower();
                if level.is_nan() || level <= 0.0 || scene.users() == 0 {
                    return unproven("a rate that is not positive");
                }
                let users = scene.users();
                let power = scene.power;
                spends(&scene.of_rates(vec![level; users]), read, power)
            }
            Self::LeastBounds => bounds(read, floors, value),
            Self::LeastPower => {
                lists(read, &scene, &["sharpness"])?;
                if value <= 0.0 { Ok(1) } else { spends(&scene.of_rates(floors), read, value) }
            }
            Self::MostSensing => sensing(scene, floors, read, value),
        }
    }
}

/// These lists and no others, beside prices of floors where there are users: an empty list is not written.
fn lists(read: &Read<'_>, scene: &Scene, names: &[&str]) -> Outcome<()> {
    let prices: &[&str] = if scene.users() > 0 { &["lambda"] } else { &[] };
    read.lists_are(&[prices, names].concat())
}

/// Prices of the floors.
fn prices(read: &Read<'_>, scene: &Scene) -> Outcome<Vec<f64>> {
    if scene.users() == 0 { Ok(vec![]) } else { read.list("lambda", scene.users()) }
}

/// Whether floors on SINRs take so much power: `Σ_k λ_k(S_k/γ_k − I_k) ≥ 0` is at most the largest eigenvalue of its matrices
/// times the power, less Σλ.
fn spends(scene: &Scene, read: &Read<'_>, power: f64) -> Outcome<usize> {
    let lambda = prices(read, scene)?;
    let none = Matrix::of(scene.h.cols, scene.h.cols, |_, _| Ball::ZERO);
    let (matrices, price) = priced(scene, &lambda, &none)?;
    let top = price.over(power.into())?.lower();
    if top.is_nan() || top <= 0.0 {
        return unproven("no floor has a price");
    }
    if matrices.iter().all(|matrix| below(top, matrix)) {
        return Ok(matrices.len());
    }
    unproven("a matrix is not proven to be positive semidefinite")
}

/// A matrix with prices of floors, for the stream of every user and for those of sensing; and Σλ.
fn priced(scene: &Scene, lambda: &[f64], shared: &Matrix) -> Outcome<(Vec<Matrix>, Ball)> {
    let users = scene.users();
    let (mut heard, mut own) = (vec![Ball::ZERO; users], vec![Ball::ZERO; users]);
    let price = scene.floored(lambda, &mut heard, &mut own)?;
    let mut shared = shared.clone();
    for (k, factor) in heard.iter().enumerate() {
        scene.add(&mut shared, k, *factor);
    }
    let of_user = |(k, factor): (usize, &Ball)| {
        let mut matrix = shared.clone();
        scene.add(&mut matrix, k, *factor);
        matrix
    };
    let mut matrices: Vec<Matrix> = own.iter().enumerate().map(of_user).collect();
    matrices.push(shared);
    Ok((matrices, price))
}

/// Bounds of parameters with weights: `(F⁻¹)_ii ≥ 2Y_ii − (YFY)_ii` for any Y, here about F⁻¹ of the beams of the document.
fn bounds(read: &Read<'_>, floors: Vec<f64>, value: f64) -> Outcome<usize> {
    let metric = read.array("goal_metric")?;
    let each = match metric[..] {
        [0.0, ..] => [1.0, 1.0, 0.0],
        [1.0, _, azimuth, polar, reflection, ..] => [azimuth, polar, reflection],
        _ => return Err(Refused::NotHere("bounds of other metrics than sums".to_owned())),
    };
    let scene = Scene::weighing(read, 1.0)?;
    lists(read, &scene, &["shares", "sharpness"])?;
    let targets = scene.order() / 4;
    if targets == 0 || each.iter().any(|weight| *weight < 0.0) {
        return unproven("no bounds are weighed");
    }
    let weights: Vec<f64> = (0..4 * targets).map(|i| each[(i / targets).min(2)]).collect();
    let Some(y) = inverse(&scene, &read.beams()?) else {
        return unproven("the beams have no Fisher matrix that can be inverted");
    };
    let (trace, shared) = scene.sensing_of(&y, &weights);
    let scene = scene.of_rates(floors);
    let lambda = prices(read, &scene)?;
    let (matrices, price) = priced(&scene, &lambda, &shared)?;
    // 2 tr YW − ⟨B, R⟩ ≥ value for all R
    scene.within(-value, -(trace + price), matrices.iter())?;
    Ok(matrices.len())
}

/// The smallest gain of a target is at most any mean of gains, `c_m a_mᴴRa_m`.
fn sensing(scene: Scene, floors: Vec<f64>, read: &Read<'_>, value: f64) -> Outcome<usize> {
    lists(read, &scene, &["shares", "sharpness"])?;
    let metric = read.array("goal_metric")?;
    let counts_snr = match (metric.first().copied(), metric.get(1).copied()) {
        (Some(8.0), Some(-1.0)) => false,
        (Some(9.0), Some(-1.0)) => true,
        _ => {
            let others = "bounds of other metrics than the least gain";
            return Err(Refused::NotHere(others.to_owned()));
        }
    };
    let (azimuth, polar) = (read.array("azimuth_rad")?, read.array("polar_rad")?);
    let (reflection, receive) = (read.array("reflection")?, read.array("receive_shape")?);
    let targets = azimuth.len();
    if targets == 0 || polar.len() != targets || reflection.len() != 2 * targets {
        return unproven("the targets' lists do not fit");
    }
    let shares = read.list("shares", targets)?;
    let total = sum(shares.iter().map(|share| Ball::real(*share)));
    if shares.iter().any(|share| *share < 0.0) {
        return unproven("a share is negative");
    }
    let send = read.array("transmit_shape")?;
    let unit = read.instance["unit_modulus_steering"].as_f64().unwrap_or(0.0) > 0.0;
    let n = scene.h.cols;
    let mut shared = Matrix::of(n, n, |_, _| Ball::ZERO);
    for m in 0..targets {
        let at = (azimuth[m], polar[m]);
        let a = &steering(at, &send, unit)?[0];
        let b = &steering(at, &receive, unit)?[0];
        let alpha = Ball::exact(reflection[2 * m], reflection[2 * m + 1]).square();
        let snr =
            (alpha * read.positive("snapshots")?).over(read.positive("sensing_noise_w")?.into())?;
        let gain = snr * sum(b.iter().map(|x| x.square()));
        let factor = if counts_snr { gain } else { Ball::real(1.0) };
        let factor = (factor * shares[m]).over(total)?;
        shared = shared.plus(&Matrix::of(n, n, |i, j| a[i] * a[j].conj() * factor));
    }
    let scene = scene.of_rates(floors);
    let lambda = prices(read, &scene)?;
    let (matrices, price) = priced(&scene, &lambda, &shared)?;
    scene.within(value, -price, matrices.iter())?;
    Ok(matrices.len())
}
