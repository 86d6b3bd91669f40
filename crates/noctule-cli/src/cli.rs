//! The grammar of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use noctule_lab::single::PictureKind;

use crate::help;

mod bench;

pub(crate) use bench::Bench;

/// Design and study integrated sensing-and-communication systems.
///
/// Without a verb, runs the default experiment.
#[derive(Debug, Parser)]
#[command(
    name = "noctule",
    version,
    after_help = help::NOCTULE,
    after_long_help = help::NOCTULE,
    propagate_version = true,
    max_term_width = 90
)]
pub(crate) struct Cli {
    /// Write one JSON document to stdout instead of tables and messages.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run an experiment, or resume it, and write tables, figures, verdicts and a report.
    #[command(after_long_help = help::RUN)]
    Run(Run),
    /// Design one instance and tell the full story: what it achieves and what is proven.
    #[command(after_long_help = help::DESIGN)]
    Design(Design),
    /// Evaluate beams that somebody else designed, as if they were a design of ours.
    #[command(after_long_help = help::EVALUATE)]
    Evaluate(Evaluate),
    /// Recompute what a design document claims, from its instance and variables alone.
    #[command(after_long_help = help::VERIFY)]
    Verify {
        /// A document written by `noctule design --out design.json`; with `--proof` also a file written by
        /// `noctule design --proof proof.json`.
        document: PathBuf,
        /// Check the bound alone, by a checker that shares nothing with the solvers and bounds its own
        /// rounding.
        #[arg(long)]
        proof: bool,
    },
    /// Let all schemes of a system design the same instances: evaluations, time, ratios.
    #[command(after_long_help = help::BENCH)]
    Bench(Bench),
    /// List the experiments and systems that come with noctule.
    #[command(after_long_help = help::LIST)]
    List {
        /// Only the names of the experiments, one a line.
        #[arg(long)]
        ids: bool,
    },
    /// Print an experiment file, to start one's own from.
    #[command(after_long_help = help::SHOW)]
    Show(Named),
    /// Check an experiment file without running it.
    #[command(after_long_help = help::CHECK)]
    Check(Named),
    /// Say how much of a run is there.
    #[command(after_long_help = help::STATUS)]
    Status(Status),
    /// Fold the chunks of a run that was split into shards, or runs with different seeds into one.
    #[command(after_long_help = help::MERGE)]
    Merge(Merge),
    /// Prepare a run for a Slurm cluster: its folder, and scripts for an array and a merge.
    #[command(after_long_help = help::SLURM)]
    Slurm(Slurm),
    /// Write the records of a run in another format: Parquet, for programs that read columns.
    #[command(after_long_help = help::EXPORT)]
    Export {
        /// The folder of a complete run, or the name of its experiment.
        folder: PathBuf,
        /// The file [default: records.parquet in the folder].
        #[arg(long, short, value_name = "FILE.parquet")]
        out: Option<PathBuf>,
    },
    /// Draw figures and judge claims of an experiment again from the tables of its results.
    #[command(after_long_help = help::REDRAW)]
    Redraw {
        /// The path of an experiment file, or the name of a built-in experiment.
        experiment: String,
        /// The folder with `summary.csv`: of a run, or what documents keep of one.
        folder: PathBuf,
    },
    /// Print what a system takes and gives, or the grammar of a file format.
    #[command(after_long_help = help::SCHEMA)]
    Schema(Schema),
    /// Print a completion script for a shell.
    #[command(after_long_help = help::COMPLETIONS)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print a manual page.
    #[command(after_long_help = help::MAN)]
    Man {
        /// The verb; the whole command when left out.
        verb: Option<String>,
    },
}

/// An experiment.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The path of an experiment file, or the name of a built-in experiment (see `noctule list`).
    pub(crate) experiment: String,
}

/// The folder of a run.
#[derive(Debug, Args)]
pub(crate) struct Folder {
    /// The folder of the results, or the name of an experiment (then results/<name>).
    pub(crate) folder: PathBuf,
}

/// Where runs stand.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Folders of runs, folders with runs somewhere below them, or names of experiments (then
    /// results/<name>).
    #[arg(value_name = "FOLDER", required = true)]
    pub(crate) folders: Vec<PathBuf>,

    /// Read every chunk and every result, and compare digests; code 3 where anything is damaged.
    #[arg(long)]
    pub(crate) check: bool,
}

/// What is put together.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// The folder of a run that was split, or the name of its experiment; with --out several
    /// complete runs that differ in nothing but seed and number of trials.
    #[arg(value_name = "FOLDER", required = true)]
    pub(crate) folders: Vec<PathBuf>,

    /// Where the results of several runs go, as those of one with all their trials.
    #[arg(long, short, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

/// Prepare a run for Slurm.
#[derive(Debug, Args)]
pub(crate) struct Slurm {
    /// The path of an experiment file, the name of a built-in experiment, or the folder of a run.
    pub(crate) experiment: String,

    /// Where results go [default: results/<experiment>, with what is changed here appended].
    #[arg(long, short, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Another number of trials.
    #[arg(long, value_name = "N")]
    pub(crate) trials: Option<u64>,

    /// Another seed.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// The size that the experiment's [ci] table states.
    #[arg(long)]
    pub(crate) ci: bool,

    /// Number of parts, each an element of the array [default: as before in this folder, or 16].
    #[arg(long, value_name = "N",
        value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) shards: Option<u64>,

    /// Elements that run at the same time, at most [default: as before in this folder, or as many as
    /// the cluster takes].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) at_once: Option<u64>,

    /// Time limit of an element; a minute before, it stops cleanly and is queued again [default: as
    /// before in this folder, or 04:00:00].
    #[arg(long, value_name = "[D-]HH:MM:SS")]
    pub(crate) time: Option<String>,

    /// Cores of an element; it runs as many threads [default: as before in this folder, or 1].
    #[arg(long, value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) cores: Option<u16>,

    /// Any other option of sbatch, for array and merge: --sbatch=--partition=long; repeat for more
    /// [default: those given before in this folder].
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    pub(crate) sbatch: Vec<String>,
}

/// What is described.
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// A system, or a file format (experiment, scenario); all systems when left out.
    #[arg(value_name = "SYSTEM|FORMAT")]
    pub(crate) name: Option<String>,
}

/// Run an experiment.
#[derive(Debug, Args, Default)]
pub(crate) struct Run {
    /// The path of an experiment file, the name of a built-in experiment (see `noctule list`), or
    /// the folder of a run, to go on with the plan that is there.
    pub(crate) experiment: Option<String>,

    /// Where results go [default: results/<experiment>, with what is changed here appended].
    #[arg(long, short, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// Another number of trials.
    #[arg(long, value_name = "N")]
    pub(crate) trials: Option<u64>,

    /// Another seed.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// The size that the experiment's [ci] table states.
    #[arg(long)]
    pub(crate) ci: bool,

    /// Threads [default: one per core].
    #[arg(long, short = 'j', value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,

    /// Compute part i of N only, and leave folding to `noctule merge`; in an element of a Slurm
    /// array: slurm/N, or slurm where `noctule slurm` has prepared the run.
    #[arg(long, value_name = "i/N")]
    pub(crate) shard: Option<String>,

    /// Stop at the first design that fails, or has failed in an earlier call, with code 1 and the
    /// reason.
    #[arg(long, overrides_with = "keep_going")]
    pub(crate) fail_fast: bool,

    /// Keep failures as rows of the results and go on, as is the default.
    #[arg(long, overrides_with = "fail_fast")]
    pub(crate) keep_going: bool,

    /// Start over: move what the folder holds to <DIR>.old first (.old.2, .old.3 where there is one).
    #[arg(long, conflicts_with = "shard")]
    pub(crate) fresh: bool,

    /// Write into a folder that holds something else than a run; files that are in the way are kept
    /// as <NAME>.old.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Which instance is meant.
#[derive(Debug, Args)]
pub(crate) struct Instance {
    /// A scenario (.toml), arrays (.json, .npz, .npy, .mat, .csv), or the name of a system for its
    /// default scenario [default: beamforming].
    #[arg(value_name = "SCENARIO|ARRAYS")]
    pub(crate) given: Option<String>,

    /// What is given beside it, to be answered with a sentence.
    #[arg(hide = true)]
    pub(crate) more: Vec<String>,

    /// Where everything comes from that a file of arrays does not have: a scenario file, or
    /// `default`.
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<String>,

    /// The system that arrays belong to, where they do not say.
    #[arg(long, value_name = "NAME")]
    pub(crate) system: Option<String>,

    /// An array of your own from a .csv, .npy, .npz, .mat or .json file: site_m=sites.csv,
    /// 'channels=H.mat:chan.H; axes=antenna,user'; repeat for more (`noctule schema <system>`
    /// lists them, `noctule help design` the options of readers).
    #[arg(long, short = 'a', value_name = "NAME=FILE[:MEMBER][; OPTION]")]
    pub(crate) array: Vec<String>,

    /// Seed of what is drawn.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Trial of what is drawn: the same instance as this trial of an experiment with this seed.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) trial: u64,

    /// Change a value: scenario.users=6, scheme.starts=8; repeat for more.
    #[arg(long, short = 's', value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
}

/// Design one instance.
#[derive(Debug, Args)]
pub(crate) struct Design {
    #[command(flatten)]
    pub(crate) instance: Instance,

    /// The scheme (see `noctule schema`) [default: the first of the system].
    #[arg(long, value_name = "NAME")]
    pub(crate) scheme: Option<String>,

    /// Draw how the best run went: residual and distance from its best value against evaluations.
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) trace_plot: Option<PathBuf>,

    /// Draw the design: who stands where and where beams go, the pattern of what is sent, or a frame.
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) plot: Option<PathBuf>,

    /// What is drawn: scene (places and beams), pattern (a cut), map (azimuth and polar angle),
    /// timeline (the parts of a frame) [default: the first that the system has].
    #[arg(long, value_name = "KIND", requires = "plot", value_parser = PictureKind::WORDS)]
    pub(crate) plot_kind: Option<String>,

    /// Keep the result: .json or .mat for the whole story with its instance, .npz for the
    /// variables.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// Keep what proves the bound, with the instance: all boxes and multipliers, for `noctule verify
    /// --proof` and `examples/check_proof.py`.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) proof: Option<PathBuf>,

    /// Replace a file that noctule did not write.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Evaluate variables.
#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    #[command(flatten)]
    pub(crate) instance: Instance,

    /// The variables: for beamforming an array `beams` of shape [stream, antenna], data streams
    /// first, in .npz, .npy, .mat, .csv or a design document; `noctule schema <system>` says what
    /// they are.
    #[arg(long, visible_alias = "beams", value_name = "FILE[:MEMBER][; OPTION]")]
    pub(crate) variables: String,

    /// Keep the result: .json or .mat for the whole story with its instance, .npz for the
    /// variables.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// Replace a file that noctule did not write.
    #[arg(long)]
    pub(crate) force: bool,
}
