//! Statistics over the trials, and the scales they are drawn on.

use noctule_num::stats::Summary;
use serde::{Deserialize, Serialize};

/// A statistic of a metric over the trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the words are their own documentation")]
pub enum Stat {
    Mean,
    Median,
    Q05,
    Q25,
    Q75,
    Q95,
    Min,
    Max,
    /// √ of the mean of squares.
    Rms,
    /// √ of the mean: the RMSE of a metric that is a squared error.
    RootMean,
}

impl Stat {
    /// The words of a file, in the order of [`Stat::ALL`].
    pub const WORDS: [&'static str; 10] =
        ["mean", "median", "q05", "q25", "q75", "q95", "min", "max", "rms", "root_mean"];
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Mean,
        Self::Median,
        Self::Q05,
        Self::Q25,
        Self::Q75,
        Self::Q95,
        Self::Min,
        Self::Max,
        Self::Rms,
        Self::RootMean,
    ];

    /// The word of a file.
    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().position(|stat| *stat == self);
        Self::WORDS[found.unwrap_or(0)]
    }

    pub(super) fn of_word(word: &str) -> Self {
        let found = Self::WORDS.iter().position(|known| *known == word);
        Self::ALL[found.unwrap_or(0)]
    }

    /// The statistic; the root of a negative mean is absent.
    pub fn of(self, summary: &Summary) -> Option<f64> {
        let mean = summary.mean;
        let value = match self {
            Self::Mean => mean,
            Self::Median => summary.median,
            Self::Q05 => summary.q05,
            Self::Q25 => summary.q25,
            Self::Q75 => summary.q75,
            Self::Q95 => summary.q95,
            Self::Min => summary.min,
            Self::Max => summary.max,
            Self::Rms => {
                let n = summary.count as f64;
                let variance = summary.standard_error.map_or(0.0, |error| error * error * n);
                (mean * mean + variance * (n - 1.0) / n).sqrt()
            }
            Self::RootMean => mean.sqrt(),
        };
        value.is_finite().then_some(value)
    }

    /// The same statistic of bare samples.
    pub fn of_samples(self, samples: &[f64]) -> Option<f64> {
        match self {
            Self::Mean => {
                (!samples.is_empty()).then(|| samples.iter().sum::<f64>() / samples.len() as f64)
            }
            _ => self.of(&Summary::of(samples)?),
        }
    }
}

/// Linear or logarithmic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScaleWord {
    /// In proportion.
    #[default]
    Linear,
    /// In proportion to the logarithm.
    Log,
}
