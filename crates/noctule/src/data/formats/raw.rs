//! Numbers as they lie in binary files, whatever their type and order of bytes.

use noctule_num::C64;

use crate::data::Entries;

/// How one real number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Floating point of 2, 4, 8 bytes (IEEE 754) or 16 (80 bits of x87, padded).
    Float(usize),
    /// Two's complement of 1, 2, 4 or 8 bytes.
    Signed(usize),
    /// 1, 2, 4 or 8 bytes; booleans are of one byte.
    Unsigned(usize),
}

impl Kind {
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Float(n) | Self::Signed(n) | Self::Unsigned(n) => n,
        }
    }

    /// Whether there is such a type.
    pub(super) const fn known(self) -> bool {
        match self {
            Self::Float(n) => matches!(n, 2 | 4 | 8 | 16),
            Self::Signed(n) | Self::Unsigned(n) => matches!(n, 1 | 2 | 4 | 8),
        }
    }
}

/// A type of entries: real, or pairs of real and imaginary part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) kind: Kind,
    pub(super) big_endian: bool,
    pub(super) complex: bool,
}

impl Layout {
    pub(super) const fn bytes(self) -> usize {
        self.kind.bytes() * if self.complex { 2 } else { 1 }
    }

    /// The entries in `bytes`, in the order of the file; what is left over is not looked at.
    pub(super) fn decode(self, bytes: &[u8]) -> Entries {
        if let Some(pairs) = self.plain(bytes) {
            return Entries::Complex(pairs);
        }
        let mut numbers = bytes
            .chunks_exact(self.kind.bytes())
            .map(|part| number(part, self.kind, self.big_endian));
        if !self.complex {
            return Entries::Real(numbers.collect());
        }
        let mut pairs = Vec::with_capacity(bytes.len() / self.bytes());
        while let (Some(re), Some(im)) = (numbers.next(), numbers.next()) {
            pairs.push(C64::new(re, im));
        }
        Entries::Complex(pairs)
    }

    /// The entries of the types that channels have: rows of them are read in every trial.
    fn plain(self, bytes: &[u8]) -> Option<Vec<C64>> {
        match (self.complex, self.big_endian, self.kind) {
            (true, false, Kind::Float(8)) => Some(pairs(bytes, f64::from_le_bytes)),
            (true, false, Kind::Float(4)) => {
                Some(pairs(bytes, |part| f64::from(f32::from_le_bytes(part))))
            }
            _ => None,
        }
    }
}

/// Pairs whose parts are `N` bytes each.
fn pairs<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<C64> {
    let (parts, _) = bytes.as_chunks::<N>();
    let (pairs, _) = parts.as_chunks::<2>();
    pairs.iter().map(|[re, im]| C64::new(number(*re), number(*im))).collect()
}

/// One number; integers above 2⁵³ are rounded as NumPy rounds them.
pub(super) fn number(bytes: &[u8], kind: Kind, big_endian: bool) -> f64 {
    // Little-endian, and longer than any of the types.
    let mut word = [0_u8; 16];
    for (slot, byte) in word.iter_mut().zip(bytes) {
        *slot = *byte;
    }
    if big_endian {
        word[..bytes.len().min(16)].reverse();
    }
    let low = u128::from_le_bytes(word) as u64;
    match kind {
        Kind::Float(2) => half(low as u16),
        Kind::Float(4) => f64::from(f32::from_bits(low as u32)),
        Kind::Float(16) => extended(u128::from_le_bytes(word)),
        Kind::Float(_) => f64::from_bits(low),
        Kind::Signed(n) => {
            let unused = 64 - 8 * n.min(8) as u32;
            (((low << unused) as i64) >> unused) as f64
        }
        Kind::Unsigned(_) => low as f64,
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction > 0.0 => f64::NAN,
        31 => f64::INFINITY,
        _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
    }
}

/// The 80 bits of x87: an explicit leading one, 15 bits of exponent.
fn extended(bits: u128) -> f64 {
    let sign = if bits >> 79 & 1 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = ((bits >> 64 & 0x7fff) as i32, bits as u64);
    sign * match exponent {
        0x7fff if fraction << 1 == 0 => f64::INFINITY,
        0x7fff => f64::NAN,
        // In two steps: a single power would overflow where the number itself does not.
        _ => {
            let power = exponent - 16383 - 63;
            fraction as f64 * 2_f64.powi(power / 2) * 2_f64.powi(power - power / 2)
        }
    }
}

/// Entries stored first index fastest, reordered last index fastest.
pub(super) fn to_c_order<T: Copy>(values: &[T], shape: &[usize]) -> Vec<T> {
    let mut index = vec![0_usize; shape.len()];
    let mut out = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        let mut flat = 0;
        for (&i, &n) in index.iter().zip(shape).rev() {
            flat = flat * n + i;
        }
        out.push(values[flat]);
        for (slot, &n) in index.iter_mut().zip(shape).rev() {
            *slot += 1;
            if *slot < n {
                break;
            }
            *slot = 0;
        }
    }
    out
}

/// [`to_c_order`] for entries of either kind.
pub(super) fn entries_to_c_order(entries: Entries, shape: &[usize]) -> Entries {
    match entries {
        Entries::Real(values) => Entries::Real(to_c_order(&values, shape)),
        Entries::Complex(values) => Entries::Complex(to_c_order(&values, shape)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "exact by design")]
    use super::*;

    #[test]
    fn halves_and_extended_numbers_are_what_numpy_says() {
        for (bits, value) in
            [(0x3c00, 1.0), (0xc100, -2.5), (0x0001, 2_f64.powi(-24)), (0x7bff, 65504.0)]
        {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7e00).is_nan() && half(0xfc00) == f64::NEG_INFINITY);
        // 1.5 and −0.1 as np.longdouble writes them
        assert_eq!(extended((0x3fff_u128 << 64) | 0xc000_0000_0000_0000), 1.5);
        let tenth = (0xbffb_u128 << 64) | 0xcccc_cccc_cccc_cccd;
        assert_eq!(extended(tenth), -0.1);
    }

    /// Whatever is read in a way of its own is read as number by number.
    #[test]
    fn pairs_are_what_their_numbers_are() {
        let bytes: Vec<u8> = (0..99).map(|k| (k * 37 % 251) as u8).collect();
        for bytes_each in [4, 8] {
            let kind = Kind::Float(bytes_each);
            let layout = Layout { kind, big_endian: false, complex: true };
            let Entries::Complex(found) = layout.decode(&bytes) else { panic!("complex") };
            assert_eq!(found.len(), 99 / layout.bytes());
            for (k, z) in found.iter().enumerate() {
                let part = |at: usize| number(&bytes[at..at + bytes_each], kind, false).to_bits();
                let at = k * layout.bytes();
                assert_eq!(z.re.to_bits(), part(at), "{bytes_each}");
                assert_eq!(z.im.to_bits(), part(at + bytes_each), "{bytes_each}");
            }
        }
    }

    #[test]
    fn signs_and_orders_of_bytes() {
        assert_eq!(number(&[0xfe, 0xff], Kind::Signed(2), false), -2.0);
        assert_eq!(number(&[0xff, 0xfe], Kind::Signed(2), true), -2.0);
        assert_eq!(number(&[0xfe, 0xff], Kind::Unsigned(2), false), 65534.0);
        assert_eq!(number(&[0x3f, 0x80, 0, 0], Kind::Float(4), true), 1.0);
    }
}
