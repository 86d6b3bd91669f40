//! Statistics of samples: mean, standard error, quantiles.
//!
//! Heavy tails are the rule in this field (a Cramér–Rao bound of an unlucky drop is enormous), so a
//! mean never travels alone: [`Summary`] holds the standard error, the median and the quantiles
//! beside it. Results depend on the order of the samples in the last bits; feed them in trial order
//! and they are the same on every run.
//!
//! ```
//! use noctule_num::stats::Summary;
//! let summary = Summary::of(&[4.0, 1.0, 3.0, 2.0]).unwrap();
//! assert_eq!((summary.count, summary.mean, summary.median), (4, 2.5, 2.5));
//! assert!((summary.standard_error.unwrap() - (5.0_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-15);
//! ```

/// Mean and variance of a stream of samples, one at a time (Welford's recurrence).
///
/// ```
/// use noctule_num::stats::Running;
/// let mut running = Running::default();
/// for sample in [1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0] {
///     running.push(sample);
/// }
/// assert_eq!(running.mean(), Some(1e9 + 2.0));
/// assert_eq!(running.variance(), Some(1.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Running {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Running {
    /// Take one more sample.
    pub fn push(&mut self, sample: f64) {
        self.count += 1;
        let before = sample - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (sample - self.mean);
    }

    /// How many samples there were.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The mean, once there is a sample.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// The unbiased variance (divisor n − 1), once there are two samples.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares / (self.count - 1) as f64)
    }

    /// The standard error of the mean, √(variance / n), once there are two samples.
    pub fn standard_error(&self) -> Option<f64> {
        self.variance().map(|variance| (variance / self.count as f64).sqrt())
    }
}

/// The `p`-quantile of samples in ascending order: linear interpolation between the order
/// statistics around (n − 1)·p, which is type 7 of Hyndman and Fan, the default of NumPy and R.
///
/// `None` for no samples or `p` outside [0, 1].
///
/// ```
/// use noctule_num::stats::quantile_of_sorted;
/// assert_eq!(quantile_of_sorted(&[1.0, 2.0, 3.0, 4.0], 0.25), Some(1.75));
/// assert_eq!(quantile_of_sorted(&[], 0.5), None);
/// ```
pub fn quantile_of_sorted(sorted: &[f64], p: f64) -> Option<f64> {
    if sorted.is_empty() || !(0.0..=1.0).contains(&p) {
        return None;
    }
    let position = (sorted.len() - 1) as f64 * p;
    let below = position.floor() as usize;
    let fraction = position - below as f64;
    let low = sorted[below];
    let high = sorted[(below + 1).min(sorted.len() - 1)];
    // Not low·(1−t) + high·t: equal neighbours must give themselves.
    Some(low + fraction * (high - low))
}

/// What a table says about the samples of one metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Number of samples.
    pub count: u64,
    /// Mean.
    pub mean: f64,
    /// Standard error of the mean; absent for a single sample.
    pub standard_error: Option<f64>,
    /// Median.
    pub median: f64,
    /// 5 % quantile.
    pub q05: f64,
    /// 25 % quantile.
    pub q25: f64,
    /// 75 % quantile.
    pub q75: f64,
    /// 95 % quantile.
    pub q95: f64,
    /// Smallest sample.
    pub min: f64,
    /// Largest sample.
    pub max: f64,
}

impl Summary {
    /// Summarise samples; `None` when there are none, or when one of them is NaN.
    pub fn of(samples: &[f64]) -> Option<Self> {
        Self::of_owned(samples.to_vec())
    }

    /// Like [`Summary::of`], without a copy: the samples are sorted in place.
    pub fn of_owned(mut samples: Vec<f64>) -> Option<Self> {
        let mut running = Running::default();
        for &sample in &samples {
            running.push(sample);
        }
        if samples.iter().any(|sample| sample.is_nan()) {
            return None;
        }
        samples.sort_unstable_by(f64::total_cmp);
        let quantile = |p| quantile_of_sorted(&samples, p);
        Some(Self {
            count: running.count(),
            mean: running.mean()?,
            standard_error: running.standard_error(),
            median: quantile(0.5)?,
            q05: quantile(0.05)?,
            q25: quantile(0.25)?,
            q75: quantile(0.75)?,
            q95: quantile(0.95)?,
            min: *samples.first()?,
            max: *samples.last()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sample_has_no_standard_error() {
        let summary = Summary::of(&[7.0]).unwrap();
        assert_eq!(summary.standard_error, None);
        assert!(
            summary.q05.to_bits() == 7.0_f64.to_bits()
                && summary.max.to_bits() == summary.min.to_bits()
        );
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn quantiles_agree_with_type_seven() {
        // numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], [.05, .25, .5, .75, .95])
        let summary = Summary::of(&[3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]).unwrap();
        let found = [summary.q05, summary.q25, summary.median, summary.q75, summary.q95];
        for (found, expected) in found.into_iter().zip([1.0, 1.75, 3.5, 5.25, 7.95]) {
            assert!((found - expected).abs() < 1e-12, "{found} against {expected}");
        }
    }

    #[test]
    fn running_agrees_with_two_passes() {
        let samples: Vec<f64> = (0..1000).map(|k| f64::from(k * k % 977) * 1e-3 + 50.0).collect();
        let mean = samples.iter().sum::<f64>() / 1000.0;
        let variance = samples.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 999.0;
        let mut running = Running::default();
        samples.iter().for_each(|&x| running.push(x));
        assert!((running.mean().unwrap() - mean).abs() < 1e-12);
        assert!((running.variance().unwrap() / variance - 1.0).abs() < 1e-12);
    }
}
