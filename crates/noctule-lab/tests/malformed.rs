//! What is said about files that are wrong. The text is the product: review it as such.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod support;

use std::fmt::Write as _;

use noctule_lab::Study;
use noctule_lab::experiment::{Experiment, ScenarioFile};
use noctule_num::InputError;
use support::{HEAD, STUDY};

const EXACT: &str = "[[scheme]]\nname = \"exact\"\n";

/// Name and body of each case; a body that starts with `!` is the whole file.
fn cases() -> Vec<(&'static str, String)> {
    let scheme = |text: &str| format!("{text}\n{EXACT}");
    vec![
        ("empty file", "!".into()),
        ("not toml", "!format = \"noctule-experiment/1\nsystem = 3".into()),
        ("another format", "!format = \"noctule-experiment/2\"\n".into()),
        ("no system", "!format = \"noctule-experiment/1\"\n".into()),
        ("misspelt system", "!format = \"noctule-experiment/1\"\nsystem = \"quadratik\"\n".into()),
        ("unknown key", scheme("trails = 4")),
        ("trials is text", scheme("trials = \"many\"")),
        ("no trials at all", scheme("trials = 0")),
        ("too many trials", scheme("trials = 99999999999")),
        ("integer beyond 64 bits", scheme("seed = 99999999999999999999999")),
        ("negative seed", scheme("seed = -1")),
        ("no scheme", "trials = 3\n".into()),
        ("scheme is not a list", "scheme = 3\n".into()),
        ("misspelt scheme", "[[scheme]]\nname = \"exat\"\n".into()),
        ("two schemes of one id", format!("{EXACT}{EXACT}")),
        ("id that is no file name", "[[scheme]]\nid = \"../up\"\nname = \"exact\"\n".into()),
        ("unknown setting", "[[scheme]]\nname = \"rough\"\nsettings = { strat = 1 }\n".into()),
        (
            "setting of another kind",
            "[[scheme]]\nname = \"rough\"\nsettings = { max_steps = 2.5 }\n".into(),
        ),
        ("key without its unit", format!("{EXACT}[scenario]\npower = 3\n")),
        ("number that is text", format!("{EXACT}[scenario]\npower_dbm = \"30 dBm\"\n")),
        ("not a number", format!("{EXACT}[scenario]\npower_dbm = nan\n")),
        (
            "key of an element",
            format!("{EXACT}[[scenario.targets]]\npolar_deg = 1\nazimut_deg = 2\n"),
        ),
        ("refused by the system", format!("{EXACT}[scenario]\nnoise = -1\n")),
        (
            "refused at a sweep",
            format!("{EXACT}[[sweep]]\npath = \"scenario.noise\"\nvalues = [1, -2]\n"),
        ),
        (
            "refused setting",
            "[[scheme]]\nname = \"rough\"\n[scheme.settings]\nstart = 200\n".into(),
        ),
        ("sweep without root", format!("{EXACT}[[sweep]]\npath = \"power_dbm\"\nvalues = [1]\n")),
        (
            "sweep of nothing",
            format!("{EXACT}[[sweep]]\npath = \"scenario.powr_dbm\"\nvalues = [1]\n"),
        ),
        (
            "sweep of a setting nobody has",
            format!("{EXACT}[[sweep]]\npath = \"scheme.start\"\nvalues = [1]\n"),
        ),
        ("sweep without values", format!("{EXACT}[[sweep]]\npath = \"scenario.noise\"\n")),
        ("empty sweep", format!("{EXACT}[[sweep]]\npath = \"scenario.noise\"\nvalues = []\n")),
        (
            "value twice",
            format!("{EXACT}[[sweep]]\npath = \"scenario.noise\"\nvalues = [1, 1.0]\n"),
        ),
        (
            "logspace from zero",
            format!(
                "{EXACT}[[sweep]]\npath = \"scenario.noise\"\nlogspace = {{ start = 0, stop = 1, count = 3 }}\n"
            ),
        ),
        (
            "huge count",
            format!(
                "{EXACT}[[sweep]]\npath = \"scenario.noise\"\nlinspace = {{ start = 0, stop = 1, count = 9000000000 }}\n"
            ),
        ),
        (
            "too many points",
            format!(
                "{EXACT}[[sweep]]\npath = \"scenario.noise\"\nlinspace = {{ start = 0, stop = 1, count = 1000 }}\n[[sweep]]\npath = \"scenario.offset\"\nlinspace = {{ start = 0, stop = 1, count = 1000 }}\n"
            ),
        ),
        (
            "same sweep twice",
            format!(
                "{EXACT}[[sweep]]\npath = \"scenario.noise\"\nvalues = [1]\n[[sweep]]\npath = \"scenario.noise\"\nvalues = [2]\n"
            ),
        ),
        (
            "same setting twice, of one scheme and of all",
            "[[scheme]]\nname = \"rough\"\n[[sweep]]\npath = \"scheme.max_steps\"\nvalues = [1]\n[[sweep]]\npath = \"scheme.rough.max_steps\"\nvalues = [2]\n".into(),
        ),
        (
            "figure of nothing",
            format!("{EXACT}[[figure]]\nid = \"f\"\nx = \"power_dbm\"\ny = \"rate\"\n"),
        ),
        (
            "figure axis without root",
            format!("{STUDY}[[figure]]\nid = \"f\"\nx = \"power_dbm\"\ny = \"cost\"\n"),
        ),
        (
            "figure with an open sweep",
            format!(
                "{STUDY}[[figure]]\nid = \"f\"\nx = \"scenario.power_dbm\"\ny = \"cost\"\nseries = \"scheme\"\n"
            ),
        ),
        (
            "claim without tolerance",
            format!(
                "{EXACT}[[claim]]\ntext = \"t\"\npaper = 1\nours = {{ kind = \"value\", metric = \"cost\" }}\n"
            ),
        ),
        (
            "claim at no value",
            format!(
                "{STUDY}[[claim]]\ntext = \"t\"\npaper = 1\ntol = 1\nours = {{ kind = \"value\", metric = \"cost\", scheme = \"exact\", at = {{ \"scenario.power_dbm\" = 5 }} }}\n"
            ),
        ),
        (
            "claim that cannot agree and says not why",
            format!(
                "{STUDY}[[claim]]\ntext = \"t\"\npaper = 1\ntol = 1\nexpect = \"disagrees\"\nours = {{ kind = \"value\", metric = \"cost\", scheme = \"exact\" }}\n"
            ),
        ),
        (
            "precision without trials",
            format!("{EXACT}[precision]\nmetric = \"cost\"\nstandard_error = 1\n"),
        ),
    ]
}

#[test]
fn diagnostics() {
    let registry = support::registry();
    let mut text = String::new();
    for (name, body) in cases() {
        let file = body.strip_prefix('!').map_or_else(|| format!("{HEAD}{body}"), str::to_owned);
        let error = Experiment::parse(&file, "study.toml", "study", &registry)
            .and_then(|experiment| Study::new(&experiment, &file, &registry))
            .expect_err(name);
        assert!(error.place.starts_with("study.toml"), "{name}: {}", error.place);
        writeln!(text, "── {name}\n{error}\n").unwrap();
    }
    insta::assert_snapshot!(text);
}

/// A complaint helps only if it says what, where, what was found and what is allowed.
fn assert_helps(error: &InputError, text: &str) {
    let parts = [&error.what, &error.place, &error.found, &error.allowed];
    assert!(parts.iter().all(|part| !part.trim().is_empty()), "{error:?} for\n{text}");
    assert!(error.place.starts_with("f.toml"), "{error:?} for\n{text}");
}

#[test]
fn no_experiment_file_panics() {
    let whole = format!(
        "{HEAD}{STUDY}[[figure]]\nid = \"f\"\nx = \"scenario.power_dbm\"\ny = \"cost\"\n[precision]\nmetric = \"cost\"\nstandard_error = 0.1\n[[claim]]\ntext = \"t\"\npaper = 1\ntol = 1\nours = {{ kind = \"crossing\", metric = \"cost\", scheme = \"rough\", versus = \"exact\", along = \"scenario.power_dbm\", at = {{ \"scenario.offset\" = 1 }} }}\n"
    );
    let registry = support::registry();
    for text in support::mutate::text(&whole, 1, 20_000) {
        match Experiment::parse(&text, "f.toml", "f", &registry) {
            Ok(experiment) => {
                assert!(experiment.grid_len() <= noctule_lab::experiment::MAX_POINTS);
            }
            Err(error) => assert_helps(&error, &text),
        }
    }
}

#[test]
fn no_experiment_of_a_real_system_panics() {
    let registry = noctule_lab::systems::registry();
    for text in support::mutate::text(noctule_lab::builtin::ALL[0].text, 4, 1_500) {
        let study = Experiment::parse(&text, "f.toml", "f", &registry)
            .and_then(|experiment| Study::new(&experiment, &text, &registry));
        if let Err(error) = study {
            assert_helps(&error, &text);
        }
    }
}

const SCENARIO: &str = "format = \"noctule-scenario/1\"
title = \"A scene\"
system = \"beamforming\"
[scenario]
users = 6
power_dbm = 20
sensing_noise_dbm = -30.0
targets = { fixed = [{ azimuth_deg = 10, polar_deg = 20, reflection = [0.1, 0.0] }] }
";

#[test]
fn no_scenario_file_panics() {
    let registry = noctule_lab::systems::registry();
    ScenarioFile::parse(SCENARIO, "f.toml", &registry).unwrap_or_else(|error| panic!("{error}"));
    for text in support::mutate::text(SCENARIO, 2, 20_000) {
        if let Err(error) = ScenarioFile::parse(&text, "f.toml", &registry) {
            assert_helps(&error, &text);
        }
    }
}
