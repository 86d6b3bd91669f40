use super::*;
use noctule_num::rng::{StreamKey, complex_normal};

/// A Gram of pilots in `length` dimensions, drawn, with columns of unit norm.
fn pilots(seed: u64, length: usize, users: usize) -> (CMat, CMat) {
    let mut rng = StreamKey::new(seed, "test", "pilots", 0).trial(0);
    let mut sequences = CMat::from_fn(length, users, |_, _| complex_normal(&mut rng, 1.0));
    for k in 0..users {
        let norm = sequences.col(k).iter().map(C64::norm_sqr).sum::<f64>().sqrt();
        sequences.col_mut(k).iter_mut().for_each(|z| *z /= norm);
    }
    let gram = CMat::from_fn(users, users, |k, j| {
        sequences.col(k).iter().zip(sequences.col(j)).map(|(a, b)| a.conj() * b).sum()
    });
    (sequences, gram)
}

const USERS: usize = 3;
const GAINS: [f64; 12] = [1.0, 0.2, 0.05, 0.3, 0.8, 0.1, 0.02, 0.5, 0.9, 0.4, 0.03, 0.25];
const FRACTIONS: [f64; 12] = [0.5, 0.3, 0.2, 0.1, 0.6, 0.2, 0.3, 0.3, 0.4, 0.7, 0.05, 0.1];

/// The signal model itself, drawn, against every closed-form moment.
#[test]
fn moments_of_the_signal_model() {
    let (uplink_energy, downlink_energy) = (6.0, 9.0);
    let (up, up_gram) = pilots(1, 4, USERS);
    let (down, down_gram) = pilots(2, 3, USERS);
    let m = GAINS.len() / USERS;
    let uplink = Uplink::new(&GAINS, USERS, uplink_energy, &up_gram);
    let c = scales(&GAINS, USERS, uplink_energy, &up_gram);
    let user = 1;
    let closed = uplink.effective_gains(user, &FRACTIONS);
    let seen = closed.observation(downlink_energy, &down_gram);
    let mut rng = StreamKey::new(5, "test", "signal", 0).trial(0);
    let draws = 40_000;
    let mut gains = vec![Vec::with_capacity(draws); USERS];
    let mut outputs = Vec::with_capacity(draws);
    let mut power = 0.0;
    for _ in 0..draws {
        let mut a = [C64::ZERO; USERS];
        for ap in 0..m {
            let g: Vec<C64> =
                (0..USERS).map(|k| complex_normal(&mut rng, GAINS[ap * USERS + k])).collect();
            let heard: Vec<C64> = (0..up.rows())
                .map(|t| {
                    (0..USERS).map(|k| up[(t, k)] * g[k]).sum::<C64>() * uplink_energy.sqrt()
                        + complex_normal(&mut rng, 1.0)
                })
                .collect();
            for j in 0..USERS {
                let index = ap * USERS + j;
                let correlated: C64 = up.col(j).iter().zip(&heard).map(|(p, y)| p.conj() * y).sum();
                let estimate = correlated * c[index];
                if index == 4 {
                    power += estimate.norm_sqr() / draws as f64;
                }
                let amplitude = (FRACTIONS[index] / uplink.estimate_gains()[index]).sqrt();
                a[j] += g[user] * estimate.conj() * amplitude;
            }
        }
        let y: C64 = (0..down.rows())
            .map(|t| {
                let signal: C64 = (0..USERS).map(|j| down[(t, j)] * a[j]).sum();
                down[(t, user)].conj()
                    * (signal * downlink_energy.sqrt() + complex_normal(&mut rng, 1.0))
            })
            .sum();
        for j in 0..USERS {
            gains[j].push(a[j]);
        }
        outputs.push(y);
    }
    let n = draws as f64;
    let mean = |x: &[C64]| x.iter().sum::<C64>() / n;
    let covariance = |x: &[C64], y: &[C64]| {
        let (mx, my) = (mean(x), mean(y));
        x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my).conj()).sum::<C64>() / n
    };
    // About six standard errors; kurtosis of products of Gaussians included by measurement.
    let close = |name: &str, found: C64, expected: C64, scale: f64| {
        let off = (found - expected).norm() / scale;
        assert!(off < 10.0 / n.sqrt(), "{name}: {found} instead of {expected}, off by {off}");
    };
    assert!((power / uplink.estimate_gains()[4] - 1.0).abs() < 6.0 / n.sqrt());
    for j in 0..USERS {
        let spread = closed.covariance[(j, j)].re.sqrt();
        close("mean", mean(&gains[j]), closed.mean[j], spread);
        for i in 0..USERS {
            let scale = (closed.covariance[(i, i)].re * closed.covariance[(j, j)].re).sqrt();
            close("covariance", covariance(&gains[i], &gains[j]), closed.covariance[(i, j)], scale);
        }
    }
    close("E y", mean(&outputs), seen.mean, seen.variance.sqrt());
    close("V y", covariance(&outputs, &outputs), C64::from(seen.variance), seen.variance);
    let scale = (closed.own_variance() * seen.variance).sqrt();
    close("Cov(a, y)", covariance(&gains[user], &outputs), seen.covariance, scale);
    // The error of the estimate that these moments make.
    let error = (0..draws)
        .map(|i| {
            let estimate =
                closed.mean[user] + seen.covariance / seen.variance * (outputs[i] - seen.mean);
            (gains[user][i] - estimate).norm_sqr()
        })
        .sum::<f64>()
        / n;
    let expected = closed.scalar_error(downlink_energy, &down_gram);
    assert!((error / expected - 1.0).abs() < 10.0 / n.sqrt(), "{error} {expected}");
}

#[test]
fn more_observations_never_hurt_and_noise_alone_teaches_nothing() {
    let (_, up) = pilots(3, 4, USERS);
    let (_, down) = pilots(4, 4, USERS);
    let gains = Uplink::new(&GAINS, USERS, 20.0, &up).effective_gains(0, &FRACTIONS);
    for energy in [0.0, 0.1, 10.0, 1e4] {
        let scalar = gains.scalar_error(energy, &down);
        let vector = gains.vector_error(energy, &down).unwrap();
        assert!(vector <= scalar * (1.0 + 1e-9) && scalar <= gains.own_variance() * (1.0 + 1e-12));
    }
    assert!((gains.scalar_error(0.0, &down) / gains.own_variance() - 1.0).abs() < 1e-12);
}

#[test]
fn orthogonal_pilots_give_the_published_formulas() {
    let gram = CMat::identity(USERS);
    let uplink = Uplink::new(&GAINS, USERS, 6.0, &gram);
    let short = Uplink::orthogonal(&GAINS, uplink.estimate_gains(), USERS);
    for k in 0..USERS {
        let (long, short) =
            (uplink.effective_gains(k, &FRACTIONS), short.effective_gains(k, &FRACTIONS));
        let f: f64 = (0..4).map(|m| GAINS[m * USERS + k] * FRACTIONS[m * USERS + k]).sum();
        let z: f64 = (0..4)
            .map(|m| (FRACTIONS[m * USERS + k] * uplink.estimate_gains()[m * USERS + k]).sqrt())
            .sum();
        for gains in [&long, &short] {
            assert!((gains.own_variance() / f - 1.0).abs() < 1e-12);
            assert!((gains.mean[k].re / z - 1.0).abs() < 1e-12 && gains.mean[k].im.abs() < 1e-15);
            let expected = f / (1.0 + 9.0 * f);
            assert!((gains.scalar_error(9.0, &gram) / expected - 1.0).abs() < 1e-12);
            assert!((gains.vector_error(9.0, &gram).unwrap() / expected - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn identical_downlink_pilots_have_a_singular_gram() {
    let ones = CMat::from_fn(USERS, USERS, |_, _| C64::ONE);
    let gains =
        Uplink::new(&GAINS, USERS, 6.0, &CMat::identity(USERS)).effective_gains(2, &FRACTIONS);
    let (scalar, vector) =
        (gains.scalar_error(50.0, &ones), gains.vector_error(50.0, &ones).unwrap());
    assert!((scalar / vector - 1.0).abs() < 1e-9, "there is one observation only");
}
