//! Loops over vectors, as wide as the processor's registers.
//!
//! Programs are compiled for the oldest processors of their kind; what is called here is compiled a second
//! time, for x86-64 with AVX2, and chosen when it runs. Nothing is fused and the order of every sum is that of
//! the plain loop, so that both give the same bytes (a test), and so does every other kind of processor.

use crate::C64;

/// Run a closure that was compiled for the widest registers there are.
///
/// Only what the compiler inlines into it is: functions it calls should be `#[inline(always)]`.
#[inline]
pub fn wide<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(work);
    }
    work()
}

/// Work that is made of [`Loops`], which do the same in every width, to the bit.
pub trait Wide {
    /// What comes of it.
    type Output;

    /// Do it, `#[inline(always)]`, with the loops of a width.
    fn with<L: Loops>(self, loops: L) -> Self::Output;
}

/// Loops over complex vectors, for [`Wide`] work of many short ones: the width is chosen once for all.
pub trait Loops: Copy {
    /// `y += a x` with a complex factor.
    fn axpy(self, a: C64, x: &[C64], y: &mut [C64]);

    /// `y += a x` of real numbers.
    fn real_axpy(self, a: f64, x: &[f64], y: &mut [f64]);
}

/// Do work with the widest registers there are.
#[inline]
pub fn widest<W: Wide>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(
            #[inline(always)]
            || work.with(x86::Registers(simd)),
        );
    }
    work.with(plain::Numbers)
}

/// Real and imaginary parts in turn, as complex numbers.
///
/// # Panics
/// When there is an odd number of them.
pub fn as_complex_mut(parts: &mut [f64]) -> &mut [C64] {
    pulp::bytemuck::cast_slice_mut(parts)
}

/// Re Σ conj(aᵢ) bᵢ: the inner product of complex vectors taken as real ones.
pub fn real_dot(a: &[C64], b: &[C64]) -> f64 {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return x86::real_dot(simd, a, b);
    }
    plain::real_dot(a, b)
}

/// `y += a x`.
pub fn axpy(a: f64, x: &[C64], y: &mut [C64]) {
    wide(
        #[inline(always)]
        || plain::axpy(a, x, y),
    );
}

/// `y += a x` with a complex factor.
pub fn complex_axpy(a: C64, x: &[C64], y: &mut [C64]) {
    struct One<'a>(C64, &'a [C64], &'a mut [C64]);
    impl Wide for One<'_> {
        type Output = ();

        #[inline(always)]
        fn with<L: Loops>(self, loops: L) {
            loops.axpy(self.0, self.1, self.2);
        }
    }
    widest(One(a, x, y));
}

/// `y += a x`, and then [`real_dot`] of `z` and `y`, in one pass.
pub fn axpy_dot(a: f64, x: &[C64], y: &mut [C64], z: &[C64]) -> f64 {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return x86::axpy_dot(simd, a, x, y, z);
    }
    plain::axpy(a, x, y);
    plain::real_dot(z, y)
}

/// Entries whose products are summed side by side.
const LANES: usize = 4;

/// The loops as they are written down.
mod plain {
    use super::{LANES, Loops};
    use crate::C64;

    /// One number after the other.
    #[derive(Clone, Copy)]
    pub(super) struct Numbers;

    impl Loops for Numbers {
        #[inline(always)]
        fn axpy(self, a: C64, x: &[C64], y: &mut [C64]) {
            for (y, x) in y.iter_mut().zip(x) {
                *y += x * a;
            }
        }

        #[inline(always)]
        fn real_axpy(self, a: f64, x: &[f64], y: &mut [f64]) {
            for (y, x) in y.iter_mut().zip(x) {
                *y += x * a;
            }
        }
    }

    #[inline(always)]
    pub(super) fn axpy(a: f64, x: &[C64], y: &mut [C64]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += x * a;
        }
    }

    pub(super) fn real_dot(a: &[C64], b: &[C64]) -> f64 {
        // Partial sums let the compiler use vector registers; the order is fixed, so the result is too.
        let mut sums = [0.0_f64; LANES];
        let mut chunks_a = a.chunks_exact(LANES);
        let mut chunks_b = b.chunks_exact(LANES);
        for (x, y) in (&mut chunks_a).zip(&mut chunks_b) {
            for lane in 0..LANES {
                sums[lane] += x[lane].re * y[lane].re + x[lane].im * y[lane].im;
            }
        }
        joined(sums, chunks_a.remainder(), chunks_b.remainder())
    }

    /// The partial sums, and what is left of both vectors.
    #[inline(always)]
    pub(super) fn joined(sums: [f64; LANES], a: &[C64], b: &[C64]) -> f64 {
        let rest: f64 = a.iter().zip(b).map(|(x, y)| x.re * y.re + x.im * y.im).sum();
        (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::__m256d;

    use pulp::bytemuck::{cast_slice, cast_slice_mut};
    use pulp::x86::V3;
    use pulp::{as_arrays, as_arrays_mut, cast};

    use super::{LANES, Loops, plain};
    use crate::C64;

    /// Registers of four numbers: two complex ones.
    #[derive(Clone, Copy)]
    pub(super) struct Registers(pub(super) V3);

    impl Loops for Registers {
        #[inline(always)]
        fn axpy(self, a: C64, x: &[C64], y: &mut [C64]) {
            let avx = self.0.avx;
            let entries = x.len().min(y.len());
            let end = entries - entries % 2;
            let (pairs_x, _) = as_arrays::<4, f64>(cast_slice(&x[..end]));
            let (pairs_y, _) = as_arrays_mut::<4, f64>(cast_slice_mut(&mut y[..end]));
            let (re, im): (__m256d, __m256d) = (cast([a.re; 4]), cast([a.im; 4]));
            for (x, y) in pairs_x.iter().zip(pairs_y) {
                let turned: __m256d = cast([x[1], x[0], x[3], x[2]]);
                let (x, old): (__m256d, __m256d) = (cast(*x), cast(*y));
                let product =
                    avx._mm256_addsub_pd(avx._mm256_mul_pd(x, re), avx._mm256_mul_pd(turned, im));
                *y = cast(avx._mm256_add_pd(old, product));
            }
            plain::Numbers.axpy(a, &x[end..entries], &mut y[end..entries]);
        }

        #[inline(always)]
        fn real_axpy(self, a: f64, x: &[f64], y: &mut [f64]) {
            let avx = self.0.avx;
            let entries = x.len().min(y.len());
            let end = entries - entries % 4;
            let (fours_x, _) = as_arrays::<4, f64>(&x[..end]);
            let (fours_y, _) = as_arrays_mut::<4, f64>(&mut y[..end]);
            let by = cast([a; 4]);
            for (x, y) in fours_x.iter().zip(fours_y) {
                let product = avx._mm256_mul_pd(cast(*x), by);
                *y = cast(avx._mm256_add_pd(cast(*y), product));
            }
            plain::Numbers.real_axpy(a, &x[end..entries], &mut y[end..entries]);
        }
    }

    /// Real numbers of as many entries as there are lanes.
    const REALS: usize = 2 * LANES;

    pub(super) fn real_dot(simd: V3, a: &[C64], b: &[C64]) -> f64 {
        let entries = a.len().min(b.len());
        let (a, b) = (&a[..entries], &b[..entries]);
        simd.vectorize(
            #[inline(always)]
            || {
                let (chunks_a, _) = as_arrays::<REALS, f64>(cast_slice(a));
                let (chunks_b, _) = as_arrays::<REALS, f64>(cast_slice(b));
                let mut sums = cast([0.0_f64; LANES]);
                for (x, y) in chunks_a.iter().zip(chunks_b) {
                    sums = simd.avx._mm256_add_pd(sums, products(simd, cast(*x), cast(*y)));
                }
                let end = entries - entries % LANES;
                plain::joined(in_order(sums), &a[end..], &b[end..])
            },
        )
    }

    pub(super) fn axpy_dot(simd: V3, a: f64, x: &[C64], y: &mut [C64], z: &[C64]) -> f64 {
        let entries = x.len().min(y.len()).min(z.len());
        let (x, y, z) = (&x[..entries], &mut y[..entries], &z[..entries]);
        simd.vectorize(
            #[inline(always)]
            || {
                let (chunks_x, _) = as_arrays::<REALS, f64>(cast_slice(x));
                let (chunks_z, _) = as_arrays::<REALS, f64>(cast_slice(z));
                let (chunks_y, _) = as_arrays_mut::<REALS, f64>(cast_slice_mut(y));
                let by = cast([a; LANES]);
                let mut sums = cast([0.0_f64; LANES]);
                for ((x, y), z) in chunks_x.iter().zip(chunks_y).zip(chunks_z) {
                    // Halves by name and not in loops: what is stored in parts and read as a whole waits.
                    let ([x0, x1], [y0, y1]): ([__m256d; 2], [__m256d; 2]) = (cast(*x), cast(*y));
                    let y0 = simd.avx._mm256_add_pd(y0, simd.avx._mm256_mul_pd(x0, by));
                    let y1 = simd.avx._mm256_add_pd(y1, simd.avx._mm256_mul_pd(x1, by));
                    *y = cast([y0, y1]);
                    sums = simd.avx._mm256_add_pd(sums, products(simd, cast(*z), [y0, y1]));
                }
                let end = entries - entries % LANES;
                plain::axpy(a, &x[end..], &mut y[end..]);
                plain::joined(in_order(sums), &z[end..], &y[end..])
            },
        )
    }

    /// Re conj(x) y of four entries, in the order of the horizontal sum: 0, 2, 1, 3.
    #[inline(always)]
    fn products(simd: V3, x: [__m256d; 2], y: [__m256d; 2]) -> __m256d {
        let low = simd.avx._mm256_mul_pd(x[0], y[0]);
        let high = simd.avx._mm256_mul_pd(x[1], y[1]);
        simd.avx._mm256_hadd_pd(low, high)
    }

    #[inline(always)]
    fn in_order(sums: __m256d) -> [f64; LANES] {
        let [first, third, second, fourth] = cast::<__m256d, [f64; LANES]>(sums);
        [first, second, third, fourth]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{StreamKey, complex_normal};

    fn random(entries: usize, entity: u64) -> Vec<C64> {
        let mut rng = StreamKey::new(1, "test", "vector", entity).trial(entries as u64);
        (0..entries)
            .map(|i| complex_normal(&mut rng, 1.0) * 10_f64.powi(i as i32 % 9 - 4))
            .collect()
    }

    /// The bytes of the plain loops, whatever this processor has.
    #[test]
    fn every_width_gives_the_same_bytes() {
        for entries in (0..40).chain([100, 257]) {
            let [x, y, z] = [1, 2, 3].map(|entity| random(entries, entity));
            let expected = plain::real_dot(&x, &y);
            assert_eq!(real_dot(&x, &y).to_bits(), expected.to_bits(), "{entries}");
            let (mut plainly, mut widely, mut fused) = (y.clone(), y.clone(), y);
            plain::axpy(0.3, &x, &mut plainly);
            axpy(0.3, &x, &mut widely);
            assert_eq!(widely, plainly, "{entries}");
            let product = axpy_dot(0.3, &x, &mut fused, &z);
            assert_eq!(fused, plainly, "{entries}");
            assert_eq!(product.to_bits(), plain::real_dot(&z, &plainly).to_bits(), "{entries}");
        }
    }

    /// Both kinds of loops on the same numbers.
    #[derive(Clone, Copy)]
    struct Both<'a>(C64, &'a [C64], &'a [C64]);

    impl Wide for Both<'_> {
        type Output = (Vec<C64>, Vec<f64>);

        #[inline(always)]
        fn with<L: Loops>(self, loops: L) -> Self::Output {
            let Both(a, x, y) = self;
            let real = |list: &[C64]| -> Vec<f64> { list.iter().map(|z| z.re).collect() };
            let (mut complex, mut numbers) = (y.to_vec(), real(y));
            loops.axpy(a, x, &mut complex);
            loops.real_axpy(a.re, &real(x), &mut numbers);
            (complex, numbers)
        }
    }

    #[test]
    fn short_loops_of_every_width_give_the_same_bytes() {
        for entries in 0..20 {
            for (longer, a) in [(0, C64::new(0.3, -0.7)), (1, C64::new(-0.0, 1.0)), (3, C64::I)] {
                let (x, y) = (random(entries + longer, 1), random(entries, 2));
                let both = Both(a, &x, &y);
                let (widely, plainly) = (widest(both), both.with(plain::Numbers));
                let bits = |(complex, real): &(Vec<C64>, Vec<f64>)| -> Vec<u64> {
                    let parts = complex.iter().flat_map(|z| [z.re, z.im]);
                    parts.chain(real.iter().copied()).map(f64::to_bits).collect()
                };
                assert_eq!(bits(&widely), bits(&plainly), "{entries} {longer}");
            }
        }
    }

    #[test]
    fn the_shorter_vector_decides() {
        let (long, short) = (random(23, 1), random(14, 2));
        let expected = real_dot(&long[..14], &short);
        assert_eq!(real_dot(&long, &short).to_bits(), expected.to_bits());
        assert_eq!(real_dot(&short, &long).to_bits(), expected.to_bits());
    }

    #[test]
    fn what_is_not_finite_stays_so() {
        for (at, value) in [(0, f64::NAN), (5, f64::INFINITY), (8, f64::NAN)] {
            let mut x = random(9, 1);
            x[at] = C64::new(1.0, value);
            assert!(!real_dot(&x, &random(9, 2)).is_finite(), "{at}");
        }
    }
}
