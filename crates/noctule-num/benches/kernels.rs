//! The calibration kernel, and our small real Cholesky beside the library's.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use noctule_num::CMat;
use noctule_num::linalg::{Cholesky, HermitianEigen, Op, RealCholesky, mul};
use noctule_num::rng::{StreamKey, complex_normal};

fn random(n: usize) -> CMat {
    let mut rng = StreamKey::new(1, "bench", "matrix", n as u64).trial(0);
    CMat::from_fn(n, n, |_, _| complex_normal(&mut rng, 1.0))
}

fn calibration(criterion: &mut Criterion) {
    let (a, b, mut c) = (random(16), random(16), CMat::zeros(16, 16));
    criterion.bench_function("calibration/product-16", |bencher| {
        bencher.iter(|| mul(&mut c, false, 1.0, black_box(&a), Op::Plain, &b, Op::Plain));
    });
}

fn cholesky(criterion: &mut Criterion) {
    for n in [4, 8, 12, 16] {
        let entry = |i: usize, j: usize| if i == j { 4.0 } else { 0.3 };
        let ours: Vec<f64> = (0..n * n).map(|k| entry(k / n, k % n)).collect();
        let mut workspace = RealCholesky::new(n);
        let mut inverse = vec![0.0; n * n];
        criterion.bench_function(&format!("real-inverse/ours/{n}"), |bencher| {
            bencher.iter(|| {
                if workspace.factor(black_box(&ours)).is_some() {
                    workspace.inverse(&mut inverse);
                }
            });
        });
        let theirs = faer::Mat::from_fn(n, n, entry);
        let mut factor = theirs.clone();
        let mut out = theirs.clone();
        use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
        use faer::linalg::cholesky::llt;
        let mut buffer = MemBuffer::new(StackReq::any_of(&[
            llt::factor::cholesky_in_place_scratch::<f64>(n, faer::Par::Seq, Default::default()),
            llt::inverse::inverse_scratch::<f64>(n, faer::Par::Seq),
        ]));
        criterion.bench_function(&format!("real-inverse/faer/{n}"), |bencher| {
            bencher.iter(|| {
                factor.copy_from(black_box(&theirs));
                let stack = MemStack::new(&mut buffer);
                let done = llt::factor::cholesky_in_place(
                    factor.as_mut(),
                    Default::default(),
                    faer::Par::Seq,
                    stack,
                    Default::default(),
                );
                if done.is_ok() {
                    let stack = MemStack::new(&mut buffer);
                    llt::inverse::inverse(out.as_mut(), factor.as_ref(), faer::Par::Seq, stack);
                }
            });
        });
    }
}

fn complex(criterion: &mut Criterion) {
    let g = random(10);
    let a = CMat::from_fn(10, 10, |i, j| {
        (0..10).map(|k| g[(i, k)] * g[(j, k)].conj()).sum::<noctule_num::C64>()
    });
    let mut eigen = HermitianEigen::new(10);
    criterion.bench_function("hermitian-eigen/10", |bencher| {
        bencher.iter(|| eigen.compute(black_box(&a)));
    });
    let mut cholesky = Cholesky::new(10);
    criterion.bench_function("cholesky/10", |bencher| {
        bencher.iter(|| cholesky.factor(black_box(&a), "bench"));
    });
}

criterion_group!(benches, calibration, cholesky, complex);
criterion_main!(benches);
