//! Options of `noctule bench`.

use std::path::PathBuf;

use clap::Args;

/// Compare schemes.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// The name of a system for its default scenario, or a scenario (.toml)
    /// [default: beamforming].
    #[arg(value_name = "SYSTEM|SCENARIO")]
    pub(crate) given: Option<String>,

    /// Who takes part; repeat for more, the one that others are measured against first
    /// [default: what the system proposes].
    #[arg(long, value_name = "NAME")]
    pub(crate) scheme: Vec<String>,

    /// Instances.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) trials: u64,

    /// Repetitions of every design, of which the fastest counts.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) repeat: u32,

    /// Seed of what is drawn.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Relative distances from the best known objective.
    #[arg(long, value_name = "X", value_delimiter = ',', default_values_t = [1e-2, 1e-4, 1e-6])]
    pub(crate) within: Vec<f64>,

    /// Change a value: scenario.users=6, scheme.balanced.starts=8; repeat for more.
    #[arg(long, short = 's', value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,

    /// Hand the frozen instances to a program of one's own (.py by python3) and judge its designs; SYSTEM takes those
    /// of one system.
    #[arg(long, value_name = "PROGRAM", conflicts_with_all = ["scheme", "trials", "repeat", "seed", "within", "set"])]
    pub(crate) against: Option<PathBuf>,

    /// Seconds that the program has for an instance.
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, requires = "against")]
    pub(crate) limit: f64,

    /// Only instances whose name begins so, such as pilots/two-users/00.
    #[arg(long, value_name = "PREFIX", requires = "against")]
    pub(crate) only: Option<String>,

    /// Keep a verdict a line, each when it is there.
    #[arg(long, short, value_name = "FILE.jsonl", requires = "against")]
    pub(crate) out: Option<PathBuf>,

    /// Replace a file that noctule did not write.
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}
