use super::super::tests::{beams, far, near};
use super::super::{Kind, OfdmRadar, Scene};
use noctule_num::linalg::{Op, product};
use noctule_num::{C64, CMat};

/// Coordinates of every subcarrier, below one row that is not theirs.
fn coordinates(radar: &OfdmRadar, w: &[C64]) -> Vec<CMat> {
    let (antennas, n) = (radar.scene().transmit.elements(), radar.scene().grid.subcarriers);
    let each = w.len() / n;
    let of = |k: usize| {
        let own = w[k * each..(k + 1) * each].to_vec();
        let own = CMat::from_columns(antennas, each / antennas, own).unwrap();
        let y = product(radar.transmit_space(k), Op::Adjoint, &own, Op::Plain);
        CMat::from_fn(y.rows() + 1, y.cols(), |i, j| if i == 0 { C64::I } else { y[(i - 1, j)] })
    };
    (0..n).map(of).collect()
}

fn scenes() -> Vec<Scene> {
    let mut squint = far();
    squint.squint = true;
    let mut angles = far();
    (angles.unknown.delay, angles.unknown.doppler) = (false, false);
    vec![far(), squint, angles, near(1.0, true), near(0.0, false)]
}

#[test]
fn it_is_the_fisher_matrix_and_its_adjoint() {
    for scene in scenes() {
        let radar = OfdmRadar::new(scene.clone()).unwrap();
        let w = beams(&scene, 3);
        let mut form = radar.form();
        let (n, order) = (form.parameters(), form.order());
        for _ in 0..2 {
            // clearing leaves nothing behind
            form.clear();
            coordinates(&radar, &w).iter().enumerate().for_each(|(k, y)| form.add(k, y, 1));
        }
        let (mut found, exact) = (vec![0.0; n * n], radar.fisher(&w));
        form.fisher(&mut found);
        for i in 0..n {
            for j in 0..n {
                let size = (exact[i * n + i] * exact[j * n + j]).sqrt();
                assert!((found[i * n + j] - exact[i * n + j]).abs() < 1e-12 * size, "{i} {j}");
            }
        }
        let phi: Vec<f64> = (0..n * n).map(|k| 1.0 / (1.0 + (k / n + k % n) as f64)).collect();
        let mut exact = vec![C64::ZERO; w.len()];
        radar.add_gradient(&phi, &w, 1.0, &mut exact);
        form.set_dual(&phi);
        let (mut k, each) = (CMat::zeros(order, order), w.len() / scene.grid.subcarriers);
        let size = exact.iter().map(|g| g.norm()).fold(0.0, f64::max);
        for (at, y) in coordinates(&radar, &w).iter().enumerate() {
            form.dual(at, &mut k);
            let y = CMat::from_fn(order, y.cols(), |i, j| y[(i + 1, j)] * 2.0);
            let back = product(&k, Op::Plain, &y, Op::Plain);
            let found = product(radar.transmit_space(at), Op::Plain, &back, Op::Plain);
            for (f, e) in found.as_slice().iter().zip(&exact[at * each..]) {
                assert!((f - e).norm() < 1e-11 * size);
            }
        }
    }
}

/// What is known has no row: the rest of the matrix is the same.
#[test]
fn knowing_a_parameter_leaves_its_row_and_column_out() {
    let (scene, w) = (far(), beams(&far(), 3));
    let all = OfdmRadar::new(scene.clone()).unwrap();
    let known = [(Kind::DelayRange, 1), (Kind::ReflectionIm, 0), (Kind::Polar, 1)];
    let fewer = OfdmRadar::knowing(scene, &known).unwrap();
    let (n, m) = (all.parameters().len(), fewer.parameters().len());
    assert_eq!(m + 3, n);
    let at = |p| all.parameters().iter().position(|own| own == p).unwrap();
    let (whole, part) = (all.fisher(&w), fewer.fisher(&w));
    for (i, p) in fewer.parameters().iter().enumerate() {
        for (j, q) in fewer.parameters().iter().enumerate() {
            assert_eq!(part[i * m + j].to_bits(), whole[at(p) * n + at(q)].to_bits());
        }
    }
    let (bounds, fewer) = (all.bounds(&whole).unwrap(), fewer.bounds(&part).unwrap());
    // Knowing more never hurts.
    let variance = |p| bounds.variances()[at(p)];
    let lower = fewer.parameters.iter().zip(fewer.variances());
    lower.for_each(|(p, v)| assert!(v <= variance(p) * (1.0 + 1e-12)));
}

#[test]
fn only_targets_whose_range_is_unknown_too_are_linked() {
    let (scene, w) = (near(1.0, true), beams(&near(1.0, true), 3));
    let radar = OfdmRadar::knowing(scene, &[(Kind::Range, 1)]).unwrap();
    let linked = radar.bounds(&radar.fisher(&w)).unwrap().linked().unwrap();
    let delays: Vec<_> = linked.parameters.iter().filter(|p| p.0 == Kind::DelayRange).collect();
    assert_eq!(delays, [&(Kind::DelayRange, 1)]);
}
