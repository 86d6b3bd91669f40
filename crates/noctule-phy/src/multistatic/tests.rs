use super::*;
use noctule_num::C64;
use noctule_num::linalg::RealCholesky;

const POINTS: [Point; 4] = [
    Point::new(0.0, 0.0),
    Point::new(120.0, 10.0),
    Point::new(30.0, 90.0),
    Point::new(100.0, 110.0),
];
const TARGET: Point = Point::new(55.0, 31.0);

fn radar() -> Radar {
    Radar { frequency_hz: 2.4e9, effective_bandwidth_hz: 2e7, cross_section_m2: 0.85 }
}

fn inverse(n: usize, matrix: &[f64]) -> Vec<f64> {
    let mut cholesky = RealCholesky::new(n);
    cholesky.factor(matrix).unwrap();
    let mut out = vec![0.0; n * n];
    cholesky.inverse(&mut out);
    out
}

/// The Fisher matrix of sampled echoes, with every derivative taken numerically: position, and
/// real and imaginary part of the reflection coefficient of every path as nuisances.
#[test]
fn the_bound_is_that_of_the_sampled_echoes() {
    let radar = radar();
    let m = POINTS.len();
    let p = [3e12, 1e12, 2e12, 5e11];
    // A signal of 64 equally strong tones, whose root-mean-square bandwidth is known exactly.
    let tones: Vec<f64> = (0..64).map(|i| (f64::from(i) - 31.5) * 1e6).collect();
    let rms = (tones.iter().map(|f| f * f).sum::<f64>() / 64.0).sqrt();
    let scale = radar.effective_bandwidth_hz / rms;
    let reflection = |path: usize| C64::from_polar(1.0, 0.7 * path as f64);
    let echoes = |theta: &[f64]| -> Vec<C64> {
        let mut out = Vec::new();
        for i in 0..m {
            for j in 0..m {
                let path = i * m + j;
                let distance = |q: Point| q.distance_m(Point::new(theta[0], theta[1]));
                let delay = (distance(POINTS[i]) + distance(POINTS[j])) / LIGHT_M_S;
                // The amplitude is held at the true position: it is part of the nuisance.
                let true_distance = |q: Point| q.distance_m(TARGET);
                let gain = radar.path_gain(true_distance(POINTS[i]), true_distance(POINTS[j]));
                let zeta = C64::new(theta[2 + 2 * path], theta[3 + 2 * path]);
                for f in &tones {
                    let phase = -2.0 * PI * f * scale * delay;
                    out.push(zeta * C64::from_polar((gain * p[i] / 64.0).sqrt(), phase));
                }
            }
        }
        out
    };
    let mut theta = vec![TARGET.x_m, TARGET.y_m];
    for path in 0..m * m {
        theta.extend([reflection(path).re, reflection(path).im]);
    }
    let n = theta.len();
    let columns: Vec<Vec<C64>> = (0..n)
        .map(|i| {
            let step = if i < 2 { 1e-3 } else { 1e-4 };
            let at = |sign: f64| {
                let mut moved = theta.clone();
                moved[i] += sign * step;
                echoes(&moved)
            };
            at(1.0).iter().zip(&at(-1.0)).map(|(a, b)| (a - b) / (2.0 * step)).collect()
        })
        .collect();
    let mut fisher = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            fisher[i * n + j] = 2.0
                * columns[i].iter().zip(&columns[j]).map(|(a, b)| (a.conj() * b).re).sum::<f64>();
        }
    }
    let inverse = inverse(n, &fisher);
    let sampled = inverse[0] + inverse[n + 1];
    let paths = Paths::new(&POINTS, TARGET, &radar).unwrap();
    let sum =
        paths.information().iter().zip(p).fold(Information::default(), |s, (r, p)| s.plus(p, *r));
    let closed = sum.crb().unwrap();
    assert!((closed / sampled - 1.0).abs() < 1e-6, "{closed} {sampled}");
}

/// Offsets as parameters of a dense Fisher matrix, against the Schur complements.
#[test]
fn offsets_as_parameters() {
    let paths = Paths::new(&POINTS, TARGET, &radar()).unwrap();
    let m = POINTS.len();
    let weights = paths.length_information(&[3e12, 1e12, 2e12, 5e11]);
    let dense = |offsets: usize, which: &dyn Fn(usize) -> usize| {
        let n = 2 + offsets;
        let mut fisher = vec![0.0; n * n];
        for (path, (&w, u)) in weights.iter().zip(paths.directions()).enumerate() {
            let mut row = vec![0.0; n];
            row[0] = -u[0];
            row[1] = -u[1];
            row[2 + which(path)] = 1.0;
            for i in 0..n {
                for j in 0..n {
                    fisher[i * n + j] += w * row[i] * row[j];
                }
            }
        }
        let inverse = inverse(n, &fisher);
        inverse[0] + inverse[n + 1]
    };
    let common = common_offset(&weights, paths.directions()).crb().unwrap();
    assert!((common / dense(1, &|_| 0) - 1.0).abs() < 1e-9);
    let each = transmitter_offsets(&weights, paths.directions(), m).crb().unwrap();
    assert!((each / dense(m, &|path| path / m) - 1.0).abs() < 1e-9);
    let none = synchronised(&weights, paths.directions()).crb().unwrap();
    assert!(none < common && common < each);
}

#[test]
fn equal_weights_make_transmitter_offsets_cost_twice_a_common_one() {
    // With equal powers w_mn is symmetric; the excess is then exactly a factor of two.
    let paths = Paths::new(&POINTS, TARGET, &radar()).unwrap();
    let weights = paths.length_information(&[1e12; 4]);
    let common = common_offset(&weights, paths.directions()).crb().unwrap();
    let each = transmitter_offsets(&weights, paths.directions(), 4).crb().unwrap();
    assert!((each / common - 2.0).abs() < 1e-9);
}

#[test]
fn singular_scenes_have_no_bound() {
    let line = [0.0, 10.0, 20.0].map(|x| Point::new(x, 0.0));
    let on_the_line = Paths::new(&line, Point::new(50.0, 0.0), &radar()).unwrap();
    let sum =
        on_the_line.information().iter().fold(Information::default(), |s, r| s.plus(1e12, *r));
    assert_eq!(sum.crb(), None, "all directions are parallel");
    assert!(
        Paths::new(&line, Point::new(10.0, 0.0), &radar()).is_none(),
        "the target stands on a point"
    );
    assert_eq!(Information::default().crb(), None);
}

#[test]
fn fluctuating_energies_cost_accuracy() {
    use noctule_num::rng::StreamKey;
    let information = Paths::new(&POINTS, TARGET, &radar()).unwrap().information();
    let p = [3e12, 1e12, 2e12, 5e11];
    let mean = information.iter().zip(p).fold(Information::default(), |s, (r, p)| s.plus(p, *r));
    let mut rng = StreamKey::new(1, "test", "fluctuation", 0).trial(0);
    let expected = expected_crb(&information, &p, 4000, &mut rng).unwrap();
    let ratio = expected / mean.crb().unwrap();
    assert!(ratio > 1.0 && ratio < 10.0, "{ratio}");
    assert_eq!(expected_crb(&information[..0], &[], 10, &mut rng), None);
}
