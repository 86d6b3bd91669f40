//! The long help of every verb: examples, files, exit codes.
//!
//! Lines are broken by hand at 78 columns, so that they read well on a terminal of 80. A test
//! parses every example.

mod runs;

pub(crate) use runs::{EXPORT, MERGE, RUN, SLURM, STATUS};

pub(crate) const NOCTULE: &str = "\
Examples:
  noctule                               run the default experiment
  noctule list                          what there is to run
  noctule show region > mine.toml       a copy to start from
  noctule run mine.toml                 table, figures, report
  noctule design                        one instance, the full story
  noctule help run                      everything about a verb

Streams:
  Data goes to stdout; prose, progress and errors go to stderr. --json puts one
  JSON document on stdout, also for errors.

Exit codes:
   0  done
   1  numerics broke, or the system refused
   2  usage or bad input
   3  merge incomplete, or results damaged
   4  the design problem is infeasible
   5  a claim contradicts what its author expects
  75  stopped cleanly; running again resumes";

pub(crate) const DESIGN: &str = "\
Designs one instance with one scheme and shows objective, metrics per user and
target, why the method stopped and what is proven. The upper bound on the
optimum is computed too; --set scheme.certify=false does without (not for
frame, whose search is its proof).

The instance is drawn from a scenario (a system's default or a scenario file),
or made of arrays of your own (.json, .npz, .npy, .mat, .csv). Arrays that
hold only a part, such as the channels, take the rest from --scenario. --array
NAME=FILE hands in single arrays, coordinates in a .csv for instance.

A variable, field or cell of a .mat, .npz or .json is picked by name:
FILE:H, FILE:chan.H, FILE:cell{2}. Options behind a semicolon say how a
foreign array is to be understood:
  axes=antenna,user       which axis is which; symbol=0 takes one entry
  conjugate               its signal is y = h x, not y = h* x
  array=8x4               elements horizontal x vertical, for the next two
  fastest=horizontal      its horizontal index runs fastest (here: vertical)
  mirror=vertical         that index counts the other way; horizontal, both
  tool=sionna             all this for sionna, deepmimo, quadriga, 5g-toolbox
  heading, decimal=comma  tables (.csv): a first line of names, decimal commas

Examples:
  noctule design
  noctule design --set scenario.users=6 --set scheme.starts=8
  noctule design -s scenario.goal.kind=min-crb -s scenario.require.sinr_db=10
  noctule design mine.toml --seed 7 --trial 3
  noctule design channels.npz --scenario default
  noctule design beamforming --array channels=channels.npy
  noctule design --array 'channels=H.mat:chan.H;axes=antenna,user'
  noctule design --scheme rzf --out design.json
  noctule design --trace-plot trace.svg
  noctule design cellfree --plot pattern.svg
  noctule design pilots --plot powers.svg --plot-kind scene

Pictures (--plot):
  beamforming   pattern, map     what the beams send, targets marked
                scene            the directions of targets and beams
  cellfree      pattern          what every sensing access point sends
                scene            who stands where; arrows are shares of power
  pilots        scene            who stands where; arrows are shares of power
  surfaces      scene, pattern   sites and their shares; what the base sends
  frame         timeline         sensing, updates, and the rate of every block

Files written:
  --trace-plot X.svg how the best run went
  --plot X.svg       the design in a picture
  --out NAME.json    the whole story with its instance (noctule-design/1)
  --out NAME.mat     the same for MATLAB, variables and metrics beside it
  --out NAME.npz     the variables alone: `beams` [stream, antenna]

Exit codes:
   0  there is a design
   1  numerics broke, or the independent witness does not confirm the design
   2  usage, or something in the scenario or arrays, and nothing is written; or
      there is no proof for --proof, and everything else is written
   4  the requirements are proven to be infeasible
   5  the design misses a requirement, and nothing is proven of why";

pub(crate) const EVALUATE: &str = "\
Evaluates variables of your own exactly as a design of ours would be, and checks
the constraints with the independent witness.

Examples:
  noctule design --out design.json
  noctule evaluate --beams design.json
  noctule evaluate channels.npz --scenario default --beams mine.npy
  noctule evaluate --beams 'W.mat:W;axes=antenna,stream'

Files written:
  --out, as for noctule design

Exit codes:
   0  evaluated, and every requirement is met
   1  numerics broke, or the independent witness does not confirm the numbers
   2  usage, or something in the files; nothing is written
   5  evaluated, but a requirement is missed: too much power, for instance";

pub(crate) const VERIFY: &str = "\
Checks every claim of a design document, or names it as not checkable: metrics
and constraints from dense definitions that share no formula with the method,
gaps by their arithmetic, residuals, bounds and certificates from the variables
and multipliers in the file. Numbers must agree and constraints hold to 1e-6
relative; one claim that is refuted and the document is not confirmed.

With --proof the bound alone is checked, by a separate program that shares
nothing with the solvers and bounds its own rounding.

Examples:
  noctule design --out design.json
  noctule verify design.json
  noctule verify design.json --json
  noctule verify --proof proof.json

Files written:
  none

Exit codes:
   0  the document is confirmed, or its bound proven
   1  numerics broke
   2  the file is not a design document, or --proof cannot check it
   5  the document is not confirmed, or its bound not proven";

pub(crate) const BENCH: &str = "\
Draws instances of a scenario and lets every scheme design each of them, on one
thread, in this one process. Objectives are compared with the best that any
scheme reached on the same instance. Evaluations up to there come from the
traces, times follow in proportion; where a scheme has no trace, both are those
of the whole design. A scheme that never comes so close has not reached it: the
share that has is shown, and nothing is averaged over the others.

Examples:
  noctule bench beamforming
  noctule bench beamforming --trials 50 --within 1e-4,1e-6
  noctule bench -s scenario.transmit_array.vertical=16
  noctule bench --scheme balanced --scheme rzf -s scheme.balanced.starts=8
  noctule bench mine.toml --json
  noctule bench pilots --against mine.py --limit 10 --out verdicts.jsonl

With --against the 1000 frozen instances (or those of one system) go to a
program of yours, one process each: it reads a question on its input, the
instance among it as JSON, and writes its variables to its output, as
`noctule evaluate` takes them: {\"beams\": …}. They are evaluated here, by
metrics and witness; what the program says of its own design is not read.
Every instance has a verdict: the gap to a bound that is proven, a requirement
that is missed, no design, a crash, out of time. Ctrl-C ends with what is done.

Files written:
  none, or with --out a verdict a line

Exit codes:
   0  compared
   1  nothing could be designed
   2  usage, or something in the scenario or settings
   5  a design beyond a bound that is proven
  75  interrupted: the table is of what was done";

pub(crate) const LIST: &str = "\
Examples:
  noctule list
  noctule list --ids                    for scripts: one name a line
  noctule list --json

Files written:
  none

Exit codes:
   0  always";

pub(crate) const SHOW: &str = "\
Prints an experiment file exactly as it is. A copy under another name is the
same run: its plan has the same hash until something that decides numbers is
changed.

Examples:
  noctule show beamforming/region > mine.toml

Files written:
  none

Exit codes:
   0  printed
   2  there is no such experiment";

pub(crate) const CHECK: &str = "\
Reads an experiment file, checks every point with the system, and says how large
the run is. Complaints name file, line and column, what was found, what is
allowed, and the nearest thing that was probably meant.

Examples:
  noctule check mine.toml
  noctule check beamforming/region --json

Files written:
  none

Exit codes:
   0  the file is accepted
   2  it is not";

pub(crate) const REDRAW: &str = "\
Draws figures and judges claims without computing anything: after a change of
words or ranges in the experiment file, or by a noctule that draws better.
Numbers of claims are those of <DIR>/claims.json as long as they are measured
in the same way, else of the summary. What needs the samples of a run
(distributions, series, paired differences, other numbers) is left as it is
and named.

Examples:
  noctule redraw mine.toml results/mine
  noctule redraw beamforming/fig6 docs/results/beamforming/fig6

Files written:
  <DIR>/figures/<id>.svg, .tex, .dat   for the folder of a run
  <DIR>/<id>.svg                       for any other folder with a summary.csv
  <DIR>/claims.json                    if it is there, and all numbers are
  <DIR>/manifest.json                  the digests of these, if it is there

Exit codes:
   0  drawn and judged
   2  the experiment is refused, or the summary is not of this experiment
   3  drawn, but claims need the samples of a run: claims.json is as it was
   5  a claim contradicts what its author expects";

pub(crate) const SCHEMA: &str = "\
For a system: the default scenario, its JSON schema, the schemes with their
settings, the metrics and the series. For a file format, `experiment` or
`scenario`: the JSON schema of the file, for editors and other programs.

Examples:
  noctule schema beamforming
  noctule schema experiment > experiment.schema.json
  noctule schema scenario

Files written:
  none

Exit codes:
   0  printed
   2  there is no such system or format";

pub(crate) const COMPLETIONS: &str = "\
Prints a script that completes verbs and options on the tab key.

Examples:
  noctule completions bash > ~/.local/share/bash-completion/completions/noctule
  noctule completions zsh > ~/.zfunc/_noctule
  noctule completions fish > ~/.config/fish/completions/noctule.fish

Files written:
  none

Exit codes:
   0  printed
   2  the shell is not known";

pub(crate) const MAN: &str = "\
Prints a manual page in roff: of the whole command, or of one verb.

Examples:
  noctule man > noctule.1
  noctule man run > noctule-run.1

Files written:
  none

Exit codes:
   0  printed
   2  there is no such verb";

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use crate::cli::Cli;

    #[test]
    fn every_verb_has_examples_files_and_exit_codes() {
        for verb in Cli::command().get_subcommands().filter(|verb| verb.get_name() != "help") {
            let help = verb.get_after_long_help().unwrap_or_else(|| panic!("{}", verb.get_name()));
            let text = help.to_string();
            for part in ["Examples:\n", "\nFiles written", "\nExit codes:\n"] {
                assert!(text.contains(part), "{} lacks {part:?}", verb.get_name());
            }
        }
    }

    #[test]
    fn examples_parse_and_lines_are_short() {
        let mut examples = 0;
        let command = Cli::command();
        let helps = command.get_subcommands().map(|verb| verb.get_after_long_help());
        for help in helps.chain([command.get_after_long_help()]).flatten() {
            let text = help.to_string();
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{line}");
                let Some(example) = line.strip_prefix("  noctule") else { continue };
                // Behind two spaces stands a remark; behind `>` the shell's business.
                let example = example.split("   ").next().unwrap_or("");
                let example = example.split('>').next().unwrap_or("");
                let words = std::iter::once("noctule").chain(example.split_whitespace());
                match Cli::try_parse_from(words) {
                    Ok(_) => {}
                    Err(error) if !error.use_stderr() => {}
                    Err(error) => panic!("{line}: {error}"),
                }
                examples += 1;
            }
        }
        assert!(examples > 25, "{examples}");
    }

    /// Commands of the guide for clusters, with numbers in the place of what schedulers fill in.
    #[test]
    fn recipes_of_the_guide_parse() {
        let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cluster.md");
        let text = std::fs::read_to_string(guide).unwrap();
        let filled = [
            ("\"$PBS_ARRAY_INDEX/16\"", "0/16"),
            ("\"$((LSB_JOBINDEX - 1))/16\"", "0/16"),
            ("\"$((SGE_TASK_ID - 1))/16\"", "0/16"),
            ("\"${SLURM_CPUS_PER_TASK:-1}\"", "1"),
            ("{wildcards.i}", "0"),
            ("{}", "0"),
        ];
        let (mut commands, mut shards) = (0, 0);
        for line in text.split("```").skip(1).step_by(2).flat_map(str::lines) {
            let mut line = line.to_owned();
            for (from, to) in filled {
                line = line.replace(from, to);
            }
            let Some(at) = line.find("noctule ").filter(|_| !line.contains("import")) else {
                continue;
            };
            let command = line[at..].split(" ::: ").next().unwrap_or("");
            let command = command.split(['"', '#']).next().unwrap_or("").trim();
            let cli = Cli::try_parse_from(command.split_whitespace());
            let cli = cli.unwrap_or_else(|error| panic!("{command}: {error}"));
            if let Some(crate::cli::Verb::Run(run)) = cli.verb
                && let Some(shard) = run.shard
            {
                assert!(shard.parse::<noctule_lab::run::Part>().is_ok(), "{command}");
                shards += 1;
            }
            commands += 1;
        }
        assert!(commands >= 7 && shards >= 4, "{commands} commands, {shards} shards");
    }
}
