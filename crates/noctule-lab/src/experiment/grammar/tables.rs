//! The description of every table.

use super::super::{FORMAT, MAX_POINTS, MAX_TRIALS};
use super::Absent::{Default, Refused, Words};
use super::Kind::{Count, Flag, Name, Number, Open, Tables, Text, Texts, Values, Word};
use super::{Absent, Key, Kind, Sign, Table};

pub use super::shown::{CLAIM, CLAIM_KINDS, FIGURE, OURS, PRINTED, RANGE, VERSUS};

pub(super) const fn key(
    name: &'static str,
    kind: Kind,
    absent: Absent,
    meaning: &'static str,
    example: &'static str,
) -> Key {
    Key { name, kind, absent, meaning, example }
}

/// A whole experiment file.
pub static EXPERIMENT: Table = Table {
    what: "an experiment",
    header: "",
    summary: "The keys at the top of the file. They stand before the first table.",
    one_of: &[],
    keys: &[
        key(
            "format",
            Word(&[FORMAT]),
            Refused,
            "The format and its version. A file written for a newer noctule is refused by name.",
            "\"noctule-experiment/1\"",
        ),
        key(
            "title",
            Text,
            Words("the name of the file"),
            "One line: the heading of the report.",
            "\"Sum rate against transmit power\"",
        ),
        key(
            "text",
            Text,
            Default("\"\""),
            "A few sentences for readers of the file: the question, and where it comes from.",
            "\"Figure 3 of the paper, with its noise corrected.\"",
        ),
        key(
            "system",
            Text,
            Refused,
            "The system that is studied; `noctule list` names them.",
            "\"beamforming\"",
        ),
        key(
            "seed",
            Count(0, i64::MAX as u64),
            Default("1"),
            "The seed of all draws. Trial `t` of a seed draws the same instance for every scheme \
             and every point of a sweep, so that comparisons are paired.",
            "7",
        ),
        key(
            "trials",
            Count(1, MAX_TRIALS),
            Words("one evaluation without standard errors"),
            "How many instances are drawn at every point. Leave it out for a deterministic study.",
            "200",
        ),
        key(
            "precision",
            Kind::Table(&PRECISION),
            Words("all trials are run"),
            "When to stop before all `trials` are run.",
            "{ metric = \"sum_rate_bps_hz\", standard_error = 0.02 }",
        ),
        key(
            "keep",
            Texts,
            Words("nothing more is recorded"),
            "Series to record that are large, and so are not unless they are asked for. Systems with \
             arrays have `beampattern` (what every design sends against direction, which figures of \
             that kind draw) and `marked_directions` (of targets and surfaces). It is part of the plan.",
            "[\"beampattern\"]",
        ),
        key(
            "scenario",
            Open,
            Words("the system's default scenario"),
            "What differs from the system's default scenario. Its keys are the system's: \
             `noctule schema beamforming` prints them with defaults and units. Keys that are not \
             written keep their defaults, also inside tables; an element of a list is written whole.",
            "{ users = 6, power_dbm = 20.0 }",
        ),
        key(
            "sweep",
            Tables(&SWEEP),
            Words("one point"),
            "What varies. Several sweeps make a grid; the last one runs fastest.",
            "[{ path = \"scenario.users\", values = [2, 4, 8] }]",
        ),
        key(
            "scheme",
            Tables(&SCHEME),
            Refused,
            "What is compared, at least one.",
            "[{ name = \"balanced\" }, { name = \"rzf\" }]",
        ),
        key(
            "ci",
            Kind::Table(&CI),
            Words("the defaults of its keys"),
            "The small size at which `noctule run --ci` runs.",
            "{ trials = 4, points = 2 }",
        ),
        key(
            "figure",
            Tables(&FIGURE),
            Words("no figures"),
            "What is drawn: `figures/<id>.svg` for the web and reports, `<id>.tex` and `<id>.dat` \
             for LaTeX.",
            "[{ id = \"rate\", x = \"scenario.users\", y = \"sum_rate_bps_hz\" }]",
        ),
        key(
            "claim",
            Tables(&CLAIM),
            Words("no claims"),
            "What somebody says about these numbers, and whether it holds.",
            "[{ text = \"over 9 bit/s/Hz\", paper = 9, tol = 1, ours = { kind = \"value\", metric \
             = \"sum_rate_bps_hz\", scheme = \"rzf\" } }]",
        ),
    ],
};

/// `[[sweep]]`.
pub static SWEEP: Table = Table {
    what: "a sweep",
    header: "[[sweep]]",
    summary: "One value that varies. A sweep says its values in exactly one of three ways: \
              `values`, `linspace` or `logspace`. No value may occur twice, no two sweeps may set \
              the same value, and schemes times points may not exceed 100 000.",
    one_of: &["values", "linspace", "logspace"],
    keys: &[
        key(
            "path",
            Text,
            Refused,
            "What varies: `scenario.<key>`, a setting of every scheme that has it \
             (`scheme.<setting>`), or of one scheme (`scheme.<id>.<setting>`). Paths reach into \
             tables and lists: `scenario.targets.fixed[0].polar_deg`; `--set` takes the same; a \
             table as a value is laid over the one that is there, whose other keys stay.",
            "\"scenario.power_dbm\"",
        ),
        key(
            "values",
            Values,
            Words("`linspace` or `logspace`"),
            "The values one by one, of the kind the default has.",
            "[2, 4, 8]",
        ),
        key(
            "linspace",
            Kind::Table(&LINSPACE),
            Words("`values` or `logspace`"),
            "Values in equal steps, ends included.",
            "{ start = 0, stop = 30, count = 7 }",
        ),
        key(
            "logspace",
            Kind::Table(&LOGSPACE),
            Words("`values` or `linspace`"),
            "Values in equal factors, ends included.",
            "{ start = 1e-3, stop = 1e2, count = 11 }",
        ),
        key(
            "chain",
            Flag,
            Default("false"),
            "Whether the points run in order, each starting from the design before it. Needed \
             where a boundary is traced; otherwise points are independent.",
            "true",
        ),
        key(
            "label",
            Text,
            Words("words made of the path"),
            "Words for axes and tables.",
            "\"Transmit power\"",
        ),
        key(
            "unit",
            Text,
            Words("the unit in the path's ending"),
            "The unit for axes and tables.",
            "\"dBm\"",
        ),
        key(
            "symbol",
            Text,
            Words("the symbol of the field, where the system knows one"),
            "How papers write it, as in TeX and without dollar signs: axes read `Users K`, curves \
             `K = 4`. Empty for none.",
            "\"N_t\"",
        ),
        key(
            "times",
            Number(Sign::Any),
            Words("the value itself"),
            "How many times the value the number is that figures show: 4 where the sweep is over \
             the columns of an array with rows of four, -1 for the inverse of a value in dB.",
            "4",
        ),
        key(
            "names",
            Texts,
            Words("the values as they are written"),
            "What figures call the values, one name for each: for values that are words or tables.",
            "[\"no clutter\", \"with clutter\"]",
        ),
    ],
};

/// `linspace` of a sweep.
pub static LINSPACE: Table = Table {
    what: "a linspace",
    header: "linspace",
    summary: "Values in equal steps.",
    one_of: &[],
    keys: &[
        key("start", Number(Sign::Any), Refused, "The first value.", "0"),
        key("stop", Number(Sign::Any), Refused, "The last value.", "30"),
        key("count", Count(2, MAX_POINTS as u64), Refused, "How many values.", "7"),
    ],
};

/// `logspace` of a sweep.
pub static LOGSPACE: Table = Table {
    what: "a logspace",
    header: "logspace",
    summary: "Values in equal factors. `start` and `stop` are the values themselves, not exponents.",
    one_of: &[],
    keys: &[
        key("start", Number(Sign::Positive), Refused, "The first value.", "1e-3"),
        key("stop", Number(Sign::Positive), Refused, "The last value.", "1e2"),
        key("count", Count(2, MAX_POINTS as u64), Refused, "How many values.", "11"),
    ],
};

/// `[[scheme]]`.
pub static SCHEME: Table = Table {
    what: "a scheme",
    header: "[[scheme]]",
    summary: "One way to design. The same scheme may take part several times under different ids, \
              with different settings.",
    one_of: &[],
    keys: &[
        key(
            "id",
            Name,
            Words("`name`"),
            "The scheme's key in records, figures and claims: letters, digits, `-`, `_`, `.`. \
             Unique in the experiment; not `scheme`.",
            "\"balanced-8\"",
        ),
        key(
            "name",
            Text,
            Refused,
            "The system's name for the scheme; `noctule schema beamforming` lists them.",
            "\"balanced\"",
        ),
        key(
            "label",
            Text,
            Words("the system's words"),
            "Words for legends and tables.",
            "\"Balanced, 8 starts\"",
        ),
        key(
            "settings",
            Open,
            Words("the scheme's defaults"),
            "What differs from the default settings of the scheme.",
            "{ starts = 8 }",
        ),
    ],
};

/// `[precision]`.
pub static PRECISION: Table = Table {
    what: "`precision`",
    header: "[precision]",
    summary: "Stop before all trials are run, once every point of every scheme is known well \
              enough. `trials` is then the largest number. The decision depends on results \
              only, so that a run that was stopped and resumed ends with the same trials.",
    one_of: &[],
    keys: &[
        key("metric", Text, Refused, "The metric that must be known.", "\"sum_rate_bps_hz\""),
        key(
            "standard_error",
            Number(Sign::Positive),
            Refused,
            "The standard error that is good enough, in the unit of the metric.",
            "0.02",
        ),
        key(
            "round_trials",
            Count(2, MAX_TRIALS),
            Words("a twentieth of `trials`, 20 to 100 000"),
            "Decide after about so many trials, again and again.",
            "50",
        ),
    ],
};

/// `[ci]`.
pub static CI: Table = Table {
    what: "`ci`",
    header: "[ci]",
    summary: "The small size at which `noctule run --ci` runs the experiment: enough to see that \
              everything works, in seconds.",
    one_of: &[],
    keys: &[
        key("trials", Count(1, MAX_TRIALS), Default("2"), "Trials, at most.", "4"),
        key(
            "points",
            Count(1, MAX_POINTS as u64),
            Default("2"),
            "Values kept of every sweep, ends included.",
            "3",
        ),
        key(
            "max_seconds",
            Number(Sign::Positive),
            Default("30.0"),
            "Seconds it may take before `run --ci` warns.",
            "20",
        ),
    ],
};

/// A scenario file: the input of `noctule design`.
pub static SCENARIO_FILE: Table = Table {
    what: "a scenario file",
    header: "",
    summary: "The scenario of a single instance, for `noctule design mine.toml`.",
    one_of: &[],
    keys: &[
        key(
            "format",
            Word(&["noctule-scenario/1"]),
            Refused,
            "The format and its version.",
            "\"noctule-scenario/1\"",
        ),
        key("title", Text, Default("\"\""), "For readers of the file.", "\"Our laboratory\""),
        key("system", Text, Refused, "The system.", "\"beamforming\""),
        key(
            "scenario",
            Open,
            Words("the system's default scenario"),
            "What differs from the system's default scenario, as in an experiment.",
            "{ users = 6, power_dbm = 20.0 }",
        ),
    ],
};
