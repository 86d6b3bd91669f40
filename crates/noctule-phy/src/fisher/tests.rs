//! Two witnesses that share nothing with the factored form but the steering vectors (which have
//! tests of their own): the block formulas of the literature, and numeric differentiation of the
//! received signal.

use noctule_num::linalg::{Op, product};
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_num::{C64, CMat};

use super::{MultiTargetFisher, pack_hermitian, target_space, unpack_hermitian};
use crate::arrays::{PlanarArray, Steering};

struct Scene {
    transmit_array: PlanarArray,
    receive_array: PlanarArray,
    directions: Vec<(f64, f64)>,
    reflections: Vec<C64>,
    beams: CMat,
    information: f64,
}

fn scene(targets: usize) -> Scene {
    let mut rng = StreamKey::new(11, "test", "fisher", targets as u64).trial(0);
    let transmit_array = PlanarArray::new(3, 2);
    Scene {
        transmit_array,
        receive_array: PlanarArray::new(2, 4),
        directions: (0..targets).map(|m| (0.4 * m as f64 - 0.5, 0.9 + 0.3 * m as f64)).collect(),
        reflections: (0..targets).map(|_| complex_normal(&mut rng, 1.0)).collect(),
        beams: CMat::from_fn(6, 5, |_, _| complex_normal(&mut rng, 1.0)),
        information: 60.0,
    }
}

impl Scene {
    fn factored(&self) -> Vec<f64> {
        let receive = self.receive_array.steering(self.directions.iter().copied());
        let transmit = self.transmit_array.steering(self.directions.iter().copied());
        let response = product(&target_space(&transmit), Op::Adjoint, &self.beams, Op::Plain);
        let z = product(&response, Op::Plain, &response, Op::Adjoint);
        let m = self.reflections.len();
        let mut packed = vec![0.0; 9 * m * m];
        pack_hermitian(&z, &mut packed);
        let mut fisher = vec![0.0; 16 * m * m];
        MultiTargetFisher::new(&receive, &self.reflections, self.information)
            .fisher(&packed, &mut fisher);
        fisher
    }

    /// B U Aᴴ W for perturbed parameters, straight from the definition.
    fn observation(&self, parameter: usize, by: f64) -> CMat {
        let m = self.reflections.len();
        let mut directions = self.directions.clone();
        let mut reflections = self.reflections.clone();
        match parameter / m {
            0 => directions[parameter % m].0 += by,
            1 => directions[parameter % m].1 += by,
            2 => reflections[parameter % m].re += by,
            _ => reflections[parameter % m].im += by,
        }
        let b = self.receive_array.steering(directions.iter().copied()).response;
        let a = self.transmit_array.steering(directions.iter().copied()).response;
        CMat::from_fn(b.rows(), self.beams.cols(), |r, s| {
            (0..m)
                .map(|t| {
                    let illumination: C64 =
                        (0..a.rows()).map(|n| a[(n, t)].conj() * self.beams[(n, s)]).sum();
                    b[(r, t)] * reflections[t] * illumination
                })
                .sum()
        })
    }

    fn numeric(&self) -> Vec<f64> {
        let n = 4 * self.reflections.len();
        let h = 1e-5;
        let derivatives: Vec<CMat> = (0..n)
            .map(|i| {
                let (ahead, behind) = (self.observation(i, h), self.observation(i, -h));
                CMat::from_fn(ahead.rows(), ahead.cols(), |r, s| {
                    (ahead[(r, s)] - behind[(r, s)]) / (2.0 * h)
                })
            })
            .collect();
        let mut fisher = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                fisher[i * n + j] = self.information
                    * derivatives[i]
                        .as_slice()
                        .iter()
                        .zip(derivatives[j].as_slice())
                        .map(|(x, y)| (x.conj() * y).re)
                        .sum::<f64>();
            }
        }
        fisher
    }

    /// The blocks of Eq. (9), entry by entry, assembled by (8) with the imaginary parts of the
    /// mixed blocks negated.
    fn blocks(&self) -> Vec<f64> {
        let m = self.reflections.len();
        let n = 4 * m;
        let transmit = self.transmit_array.steering(self.directions.iter().copied());
        let receive = self.receive_array.steering(self.directions.iter().copied());
        let r = product(&self.beams, Op::Plain, &self.beams, Op::Adjoint);
        // (Xᴴ R Y)_pq and (Xᴴ Y)_pq.
        let through = |x: &CMat, y: &CMat, p: usize, q: usize| -> C64 {
            let mut sum = C64::ZERO;
            for i in 0..r.rows() {
                for j in 0..r.rows() {
                    sum += x[(i, p)].conj() * r[(i, j)] * y[(j, q)];
                }
            }
            sum
        };
        let inner = |x: &CMat, y: &CMat, p: usize, q: usize| -> C64 {
            (0..x.rows()).map(|i| x[(i, p)].conj() * y[(i, q)]).sum()
        };
        let by = |steering: &Steering, axis: usize| -> CMat {
            if axis == 0 { steering.by_azimuth.clone() } else { steering.by_polar.clone() }
        };
        let (a, b) = (&transmit.response, &receive.response);
        let alpha = &self.reflections;
        // Transposed brackets: (U Xᴴ R Y Uᴴ)ᵀ_pq = α_q (Xᴴ R Y)_qp conj(α_p).
        let angle = |x: usize, y: usize, p: usize, q: usize| -> C64 {
            let (ax, ay) = (by(&transmit, x), by(&transmit, y));
            let (bx, by_) = (by(&receive, x), by(&receive, y));
            let u = alpha[q] * alpha[p].conj();
            u * (through(a, a, q, p) * inner(&bx, &by_, p, q)
                + through(a, &ax, q, p) * inner(b, &by_, p, q)
                + through(&ay, a, q, p) * inner(&bx, b, p, q)
                + through(&ay, &ax, q, p) * inner(b, b, p, q))
        };
        let mixed = |x: usize, p: usize, q: usize| -> C64 {
            let (ax, bx) = (by(&transmit, x), by(&receive, x));
            alpha[p].conj()
                * (through(a, a, q, p) * inner(&bx, b, p, q)
                    + through(a, &ax, q, p) * inner(b, b, p, q))
        };
        let reflection = |p: usize, q: usize| through(a, a, q, p) * inner(b, b, p, q);
        let mut fisher = vec![0.0; n * n];
        for i in 0..n {
            for j in i..n {
                let (p, q) = (i % m, j % m);
                let value = match (i / m, j / m) {
                    (x @ (0 | 1), y @ (0 | 1)) => angle(x, y, p, q).re,
                    (x @ (0 | 1), 2) => mixed(x, p, q).re,
                    (x @ (0 | 1), _) => -mixed(x, p, q).im,
                    (2, 3) => -reflection(p, q).im,
                    _ => reflection(p, q).re,
                };
                fisher[i * n + j] = self.information * value;
                fisher[j * n + i] = self.information * value;
            }
        }
        fisher
    }
}

fn relative_distance(a: &[f64], b: &[f64]) -> f64 {
    let scale = a.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max) / scale
}

#[test]
fn agrees_with_the_block_form() {
    for targets in 1..=3 {
        let scene = scene(targets);
        let distance = relative_distance(&scene.factored(), &scene.blocks());
        assert!(distance < 1e-13, "{targets} targets: {distance:e}");
    }
}

#[test]
fn agrees_with_numeric_differentiation() {
    for targets in 1..=3 {
        let scene = scene(targets);
        let distance = relative_distance(&scene.factored(), &scene.numeric());
        assert!(distance < 1e-8, "{targets} targets: {distance:e}");
    }
}

#[test]
fn adjoint_is_the_adjoint() {
    let m = 2;
    let scene = scene(m);
    let receive = scene.receive_array.steering(scene.directions.iter().copied());
    let map = MultiTargetFisher::new(&receive, &scene.reflections, scene.information);
    let mut rng = StreamKey::new(12, "test", "adjoint", 0).trial(0);
    let g = CMat::from_fn(6, 6, |_, _| complex_normal(&mut rng, 1.0));
    let z = CMat::from_fn(6, 6, |i, j| g[(i, j)] + g[(j, i)].conj());
    let half: Vec<f64> = (0..64).map(|_| noctule_num::rng::normal(&mut rng)).collect();
    let phi: Vec<f64> = (0..64).map(|k| half[k] + half[(k % 8) * 8 + k / 8]).collect();
    let (mut packed, mut fisher, mut k) = (vec![0.0; 36], vec![0.0; 64], vec![0.0; 36]);
    pack_hermitian(&z, &mut packed);
    map.fisher(&packed, &mut fisher);
    map.adjoint(&phi, &mut k);
    let mut dual = CMat::zeros(6, 6);
    unpack_hermitian(&k, &mut dual);
    let left: f64 = phi.iter().zip(&fisher).map(|(p, f)| p * f).sum();
    let right: f64 = (0..6)
        .flat_map(|i| (0..6).map(move |j| (i, j)))
        .map(|(i, j)| (dual[(i, j)] * z[(j, i)]).re)
        .sum();
    assert!((left - right).abs() < 1e-11 * left.abs().max(1.0), "{left} {right}");
}
