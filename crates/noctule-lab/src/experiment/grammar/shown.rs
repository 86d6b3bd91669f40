//! The description of figures and claims: what is seen in the results.

use super::Absent::{Default, Refused, Words};
use super::Kind::{
    Flag, Name, Number, Open, Tables, Text, TextOrTable, TextOrTexts, Texts, Values, Word,
};
use super::tables::key;
use super::{Absent, Kind, Sign, Table};
use crate::experiment::Stat;

const SCALES: &[&str] = &["linear", "log"];
/// Kinds of a claim, in the order of the variants of `ClaimKind`.
pub const CLAIM_KINDS: &[&str] = &[
    "value",
    "difference",
    "ratio",
    "percent",
    "crossing",
    "argmax",
    "first_where",
    "share",
    "slope",
    "function",
];
const ALL_SCHEMES: Absent = Words("all schemes");
const ANY_POINT: Absent = Words("nothing is held");

/// `[[figure]]`.
pub static FIGURE: Table = Table {
    what: "a figure",
    header: "[[figure]]",
    summary: "One figure. `lines` draws a statistic along a sweep, or one metric against another; \
              `beampattern` draws what designs send against direction, if the file says \
              `keep = [\"beampattern\"]` (a mean over the trials; in dB unless `y_scale` is linear); \
              `paired-difference` draws how much a metric is above that of another scheme in the \
              same trials; `cdf` draws how a metric is distributed over the trials; `heat` draws a surface, \
              one figure for each scheme. Every sweep is an axis, held by `at`, or tells lines \
              apart (`series`).",
    one_of: &[],
    keys: &[
        key("id", Name, Refused, "The stem of its files. Unique in the experiment.", "\"rate\""),
        key(
            "title",
            Text,
            Words("the experiment's title"),
            "One line for the caption.",
            "\"Rate against power\"",
        ),
        key(
            "kind",
            Word(&["lines", "paired-difference", "cdf", "heat", "beampattern"]),
            Default("\"lines\""),
            "What kind of figure.",
            "\"cdf\"",
        ),
        key(
            "x",
            Text,
            Words("refused, but for a `beampattern`, which has none"),
            "`lines`: a sweep, or a metric (then one metric against another). \
             `paired-difference`: a sweep. `cdf`: a metric or `series.<name>`. `heat`: a sweep. Where a series is drawn: `x`, `i` or `j`.",
            "\"scenario.power_dbm\"",
        ),
        key(
            "y",
            Text,
            Words("refused, but for a `cdf` and a `beampattern`, which have none"),
            "`lines`: a metric or `series.<name>`. `paired-difference`: a metric. `heat`: a sweep, \
             or an index of a series.",
            "\"sum_rate_bps_hz\"",
        ),
        key(
            "value",
            Text,
            Words("refused for a `heat`; others have none"),
            "`heat`: the metric or `series.<name>` that colours the surface.",
            "\"sum_rate_bps_hz\"",
        ),
        key(
            "stat",
            Word(&Stat::WORDS),
            Default("\"mean\""),
            "The statistic over the trials. `rms` is the root of the mean of squares, `root_mean` \
             the root of the mean: the RMSE of a metric that is a squared error.",
            "\"median\"",
        ),
        key(
            "series",
            TextOrTexts,
            Words("`scheme` and every sweep that is free"),
            "What tells lines apart: `scheme` and paths of sweeps.",
            "[\"scheme\", \"scenario.users\"]",
        ),
        key(
            "schemes",
            Texts,
            ALL_SCHEMES,
            "The ids of the schemes that are drawn.",
            "[\"balanced\", \"rzf\"]",
        ),
        key(
            "relative_to",
            Text,
            Words("refused for a `paired-difference`; for `lines`, the numbers themselves"),
            "The id of the scheme that others are compared with at the same point. \
             `paired-difference`: its metric is taken from theirs trial by trial, and the error is \
             that of the mean difference. `lines`: their statistic is divided by its, without a band.",
            "\"balanced\"",
        ),
        key(
            "at",
            Open,
            ANY_POINT,
            "Where other sweeps are held: a path, and one of the values the sweep takes.",
            "{ \"scenario.users\" = 4 }",
        ),
        key(
            "scale",
            Word(SCALES),
            Default("\"linear\""),
            "The scale of what is measured: of `y`, and of the colours of a `heat`.",
            "\"log\"",
        ),
        key(
            "x_scale",
            Word(SCALES),
            Default("\"linear\""),
            "The scale of the horizontal axis.",
            "\"log\"",
        ),
        key(
            "y_scale",
            Word(SCALES),
            Words("`scale`"),
            "The scale of the vertical axis.",
            "\"log\"",
        ),
        key("value_scale", Word(SCALES), Words("`scale`"), "The scale of the colours.", "\"log\""),
        key(
            "x_label",
            Text,
            Words("the words of `x`"),
            "Words for the horizontal axis, without the unit.",
            "\"Transmit power\"",
        ),
        key(
            "y_label",
            Text,
            Words("the words of `y`"),
            "Words for the vertical axis, without the unit.",
            "\"Rate\"",
        ),
        key(
            "x_names",
            Texts,
            Words("numbers"),
            "Words at the places 0, 1, 2, … where `x` is an index of a series.",
            "[\"strong user\", \"weak user\"]",
        ),
        key("y_names", Texts, Words("numbers"), "The same of `y`.", "[\"AP 1\", \"AP 2\"]"),
        key(
            "band",
            Word(&["standard_error", "quartiles", "spread", "none"]),
            Default("\"standard_error\""),
            "What is drawn around lines: one standard error of the mean to both sides, from \
             quartile to quartile, from the 5 % to the 95 % quantile, or nothing.",
            "\"quartiles\"",
        ),
        key(
            "bound",
            Text,
            Words("`band`"),
            "`lines` of a metric: another one, to whose statistic a bar goes from every point, in the place of a \
             band. Of a metric of what is proven: how much better any design could be.",
            "\"rate_bound_bps_hz\"",
        ),
        key(
            "complete",
            Flag,
            Default("false"),
            "Whether lines have only points at which every trial has a value. Otherwise a point needs it \
             of half of the trials at least, and crosses above the frame count the trials that have none. \
             Where there are no crosses (here, and in a study of one trial), lines end, and the caption \
             says where.",
            "true",
        ),
        key(
            "curves",
            Texts,
            Words("all, numbered"),
            "`beampattern`: names for the first patterns of a design in their order; only those \
             that have one are drawn.",
            "[\"AP 1\", \"AP 2\"]",
        ),
        key(
            "printed",
            Tables(&PRINTED),
            Words("none"),
            "`lines`: numbers that somebody else printed, drawn as marks of their own.",
            "[{ label = \"Table I\", source = \"row 3\", x = [16, 32], y = [10.95, 15.07] }]",
        ),
    ],
};

/// `[[figure.printed]]`.
pub static PRINTED: Table = Table {
    what: "a printed series",
    header: "[[figure.printed]]",
    summary: "Numbers that a paper prints, as marks among the curves. They are compared with nothing: \
              that is what claims are for.",
    one_of: &[],
    keys: &[
        key("label", Text, Refused, "Its name in the legend.", "\"Algorithm 1, Table I\""),
        key(
            "source",
            Text,
            Refused,
            "Where the numbers stand; said in the caption.",
            "\"Table I, row 3\"",
        ),
        key("x", Values, Refused, "Where, in the unit of the axis.", "[16, 32]"),
        key("y", Values, Refused, "The numbers, as many as places.", "[10.95, 15.07]"),
        key(
            "scheme",
            Text,
            Words("black marks"),
            "The id of the scheme whose colour the marks have.",
            "\"algorithm-1\"",
        ),
    ],
};

/// `range` of a claim.
pub static RANGE: Table = Table {
    what: "`range`",
    header: "[claim.range]",
    summary: "The numbers that agree, ends included; one end may be left open.",
    one_of: &[],
    keys: &[
        key("from", Number(Sign::Any), Words("no end"), "The smallest that agrees.", "0.0"),
        key("to", Number(Sign::Any), Words("no end"), "The largest that agrees.", "5.0"),
    ],
};

/// `[[claim]]`.
pub static CLAIM: Table = Table {
    what: "a claim",
    header: "[[claim]]",
    summary: "What a paper (or a colleague) says, and which of our numbers speaks to it. It \
              *agrees* if our number is within `tol` of theirs and its standard error is at most a \
              third of `tol`; with too few trials it is *inconclusive*. Where the paper gives no \
              number, `range` says what would agree instead of `paper` and `tol`: our number must \
              then be inside by two standard errors. A claim that contradicts what its author \
              expects ends the command with code 5.",
    one_of: &["paper", "range"],
    keys: &[
        key(
            "id",
            Name,
            Words("`claim-1`, `claim-2`, …"),
            "Unique in the experiment.",
            "\"gain-at-20-dbm\"",
        ),
        key(
            "text",
            Text,
            Refused,
            "The claim in words, with where it stands in the paper.",
            "\"Section V: 2 bit/s/Hz more than zero forcing\"",
        ),
        key("paper", Number(Sign::Any), Words("`range`"), "The number the paper gives.", "2.0"),
        key(
            "range",
            Kind::Table(&RANGE),
            Words("`paper`"),
            "What agrees where the paper shows a sign or an order and no number.",
            "{ from = 0.0 }",
        ),
        key("unit", Text, Default("\"\""), "Its unit.", "\"bit/s/Hz\""),
        key(
            "ours",
            Kind::Table(&OURS),
            Refused,
            "How our number is computed.",
            "{ kind = \"value\", metric = \"sum_rate_bps_hz\", scheme = \"rzf\" }",
        ),
        key(
            "tol",
            Number(Sign::NotNegative),
            Words("none; needed with `paper`"),
            "The largest difference from `paper` that still agrees.",
            "0.3",
        ),
        key(
            "expect",
            Word(&["agrees", "trend_only", "disagrees"]),
            Default("\"agrees\""),
            "What we expect, knowing the errata: the number, its sign only, or something else.",
            "\"trend_only\"",
        ),
        key(
            "erratum",
            Text,
            Words("none; refused unless `expect` is `agrees`"),
            "The anchor in the errata that says why it does not agree.",
            "\"beamforming-e8\"",
        ),
    ],
};

/// `ours` of a claim.
pub static OURS: Table = Table {
    what: "`ours`",
    header: "ours",
    summary: "Which of our numbers speaks to a claim. A is the selection by `metric`, `stat`, \
              `scheme` and `at`; B is what `versus` changes of it. Every sweep must be held by \
              `at` or followed by `along`.\n\n\
              | kind | our number |\n|---|---|\n\
              | `value` | A |\n\
              | `difference` | A − B, trial by trial where the statistic is a mean |\n\
              | `ratio` | A / B |\n\
              | `percent` | 100 · (A / B − 1) |\n\
              | `crossing` | where along a sweep A and B cross, or A crosses a level |\n\
              | `argmax` | where along a sweep A is largest |\n\
              | `first_where` | the first value of a sweep at which A is above, or below, a level |\n\
              | `share` | the share of trials, 0 to 1, in which A exceeds B, or a level |\n\
              | `slope` | the least-squares slope of A along a sweep |\n\
              | `function` | a function of the system, by its `name` |",
    one_of: &[],
    keys: &[
        key("kind", Word(CLAIM_KINDS), Refused, "What is computed.", "\"difference\""),
        key("metric", Text, Refused, "The metric.", "\"sum_rate_bps_hz\""),
        key("stat", Word(&Stat::WORDS), Default("\"mean\""), "The statistic.", "\"median\""),
        key(
            "scheme",
            Text,
            Words("the only scheme; refused where there are several"),
            "The id of the scheme.",
            "\"balanced\"",
        ),
        key("at", Open, ANY_POINT, "Where sweeps are held.", "{ \"scenario.power_dbm\" = 20 }"),
        key(
            "versus",
            TextOrTable(&VERSUS),
            Words("nothing to compare with"),
            "B: the id of another scheme, or a table with whatever differs from A. Needed by \
             `difference`, `ratio` and `percent`; `crossing` and `share` take it or a level.",
            "\"rzf\"",
        ),
        key(
            "along",
            Text,
            Words("the only sweep that is not held, or the chain"),
            "The sweep that `crossing`, `argmax`, `first_where` and `slope` follow.",
            "\"scenario.power_dbm\"",
        ),
        key("above", Number(Sign::Any), Words("no level"), "The level A is to exceed.", "10"),
        key("below", Number(Sign::Any), Words("no level"), "The level A is to stay below.", "0.1"),
        key(
            "name",
            Text,
            Words("none; refused for a `function`"),
            "The name of a function of the system.",
            "\"gain\"",
        ),
    ],
};

/// `versus` of a claim, written as a table.
pub static VERSUS: Table = Table {
    what: "`versus`",
    header: "versus",
    summary: "What differs from A; what is not written is as in A.",
    one_of: &[],
    keys: &[
        key("metric", Text, Words("as in A"), "The metric.", "\"sum_rate_bps_hz\""),
        key("stat", Word(&Stat::WORDS), Words("as in A"), "The statistic.", "\"median\""),
        key("scheme", Text, Words("as in A"), "The id of the scheme.", "\"rzf\""),
        key("at", Open, Words("as in A"), "Where sweeps are held.", "{ \"scenario.users\" = 8 }"),
    ],
};
