//! The long help of what runs, splits and merges experiments.

pub(crate) const RUN: &str = "\
A run computes every trial of every scheme at every point of the sweeps and
folds them into tables, figures and verdicts. Results do not depend on the
number of threads, on shards, or on how often a run was stopped and resumed.

What is there already is never computed twice: the same command resumes a run
that was stopped by Ctrl-C, a kill or a power cut, and only draws anew what is
complete. More trials extend a run, fewer take a part of it. A folder that holds
another run is refused; --fresh moves it aside, and nothing is ever deleted. A
folder that holds something else is refused too, unless --force.

Examples:
  noctule run                           the default experiment
  noctule run beamforming/region --trials 20
  noctule run mine.toml --out results/first
  noctule run mine.toml --ci            a small size, in seconds
  noctule run mine.toml --shard 0/3     one of three parts, then: noctule merge
  noctule run results/first             go on with the plan that is there
  noctule run mine.toml --fail-fast     stop at the first design that fails
  noctule run mine.toml --json          summary and verdicts as JSON

Files written to results/<experiment>/, or the folder of --out:
  report.html        figures, tables, verdicts, what is proven, how to rerun
  figures/*.svg      figures for the web; *.tex and *.dat for LaTeX (pgfplots)
  records.csv        one line for each trial, scheme and point
  series.csv         values that are not one number: per user, per target
  summary.csv        mean, standard error, quantiles, counts
  claims.json        the verdict on every claim
  manifest.json      seed, version, build, digests
  timings.csv        how long things took; the only file with times
  plan.json, presentation.json, chunks/
                     what a resume, status and merge need

Exit codes:
   0  done, and every claim is as its author expects
   1  every design failed, a design failed with --fail-fast, or the system
      refused
   2  usage, or something in the experiment file; nothing is written
   3  chunks are missing or damaged
   5  a claim contradicts what its author expects
  75  stopped cleanly by a signal; running again resumes. A second signal
      stops at once, and even then nothing that was written is lost";

pub(crate) const STATUS: &str = "\
Counts the chunks of runs and checks the digest of each. A folder that is no run
stands for the runs below it. Of a run of 16 MB or more that is complete and has
been folded, sizes are compared instead, and that is said; --check reads every
chunk and every result in any case.

Examples:
  noctule status beamforming/region     the folder results/beamforming/region
  noctule status results                all runs below results/, a line each
  noctule status results/first results/second --json
  noctule status results --check        every byte, by its digest

Files written:
  none

Exit codes:
   0  said, whether runs are complete or not (--json: the key `complete`)
   1  a folder cannot be read
   2  a folder holds no run
   3  the plan is damaged (of several, its line says so, and the code is 0);
      with --check: anything is";

pub(crate) const MERGE: &str = "\
Puts the parts of a run together that `noctule run --shard i/N` computed into
one folder, perhaps on several machines with a shared or copied folder, and
writes the same files as an unsplit run, byte for byte. A merge that is stopped
or killed loses nothing: call it again.

With several folders and --out it pools complete runs that differ in seed and
number of trials alone: their trials are counted on, in the order of the seeds,
and tables, verdicts, figures and report are those of all of them. A seed that
is there twice is refused, because it would count the same draws twice.

Examples:
  noctule run mine.toml --out results/first --shard 0/2
  noctule run mine.toml --out results/first --shard 1/2
  noctule merge results/first
  noctule merge results/seed-1 results/seed-2 --out results/both

Files written:
  as for noctule run; with --out also pooled.json, which says of what

Exit codes:
   0  merged, and every claim is as its author expects
   2  a folder holds no run, or runs do not go together
   3  chunks are missing, damaged, or contradict each other
   5  a claim contradicts what its author expects";

pub(crate) const SLURM: &str = "\
Plans a run, opens its folder, and writes scripts beside the plan: an array of
jobs of which each computes a part, and a merge. Nothing is submitted; the last
line says how.

An element that is killed, or stopped before its time limit, is queued again and
goes on from its chunks. The merge waits for the array however it ends, and says
with code 3 what is missing; submit.sh again computes just that. Elements take
the plan from the folder: later changes of the experiment file do not matter.

Called again for the same folder, what is not said stays as it was said before.
A script that was changed meanwhile is renamed to <name>.old, never replaced.

Examples:
  noctule slurm mine.toml --shards 64 --time 02:00:00
  noctule slurm mine.toml --out results/big --trials 1000000 --at-once 32
  noctule slurm mine.toml --cores 8 --sbatch=--partition=long

Files written to <DIR>/slurm/:
  array.sbatch, merge.sbatch   the two jobs, to be read and changed
  submit.sh                    submits both, the merge behind the array
  array.json                   how the array is numbered
  written.json                 the options, and digests of the scripts
  logs/                        what jobs print

Exit codes:
   0  prepared
   1  the folder cannot be written
   2  usage, or something in the experiment file";

pub(crate) const EXPORT: &str = "\
Writes records.csv as Parquet, with types and compressed, from the chunks of a
complete run. One line reads it: pandas.read_parquet, polars.read_parquet,
parquetread of MATLAB, arrow::read_parquet of R. Part of builds with the feature
`parquet`; in Python, Records.to_parquet does the same with pyarrow or polars.

Examples:
  noctule export results/first
  noctule export results/first --out first.parquet

Files written:
  records.parquet in the folder, or the file of --out

Exit codes:
   0  written
   1  the file cannot be written
   2  there is no run, or this build has no Parquet
   3  chunks are missing or damaged";
