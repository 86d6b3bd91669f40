//! Figures: differences, ratios, words, and drawing again.

use noctule_lab::presentation::Presentation;
use noctule_lab::redraw;

use super::*;

const FIGURES: &str = r#"
[[figure]]
id = "difference"
kind = "paired-difference"
relative_to = "exact"
x = "scenario.offset"
y = "cost"
at = { "scenario.power_dbm" = 0 }
[[figure]]
id = "ratio"
relative_to = "exact"
x = "scenario.offset"
y = "cost"
at = { "scenario.power_dbm" = 0 }
[[figure]]
id = "rare"
x = "scenario.offset"
y = "rare"
schemes = ["rough"]
[[figure]]
id = "spread"
kind = "cdf"
x = "cost"
"#;

/// The columns of a figure's table.
fn table(folder: &std::path::Path, id: &str) -> Vec<Vec<f64>> {
    let text = fs::read_to_string(folder.join(format!("figures/{id}.dat"))).unwrap();
    let row = |line: &str| line.split(',').map(|cell| cell.parse().unwrap()).collect();
    text.lines().skip(1).map(row).collect()
}

#[test]
fn a_paired_difference_is_as_exact_as_its_pairs_and_a_ratio_is_that_of_the_means() {
    let (folder, results) = results(&format!("{BODY}{FIGURES}"), &Changes::default(), 2);
    // The rough scheme is 1.5 off a parabola: 2.25 above in every trial, whatever the noise.
    let rows = table(folder.path(), "difference");
    assert_eq!(rows.len(), 4);
    for row in &rows {
        assert!((row[1] - 2.25).abs() < 1e-12 && (row[3] - row[2]).abs() < 1e-12, "{row:?}");
    }
    // Four points at power 0 are the even ones of a grid whose second sweep is power.
    let mean = |scheme: usize, point: usize| {
        results.folded.groups[8 * scheme + point].metrics[0].unwrap().mean
    };
    for (k, row) in table(folder.path(), "ratio").iter().enumerate() {
        assert!((row[1] - mean(1, 2 * k) / mean(0, 2 * k)).abs() < 1e-12, "{row:?}");
    }
    let svg =
        |id: &str| fs::read_to_string(folder.path().join(format!("figures/{id}.svg"))).unwrap();
    assert!(
        svg("difference").contains("Cost, less Exact")
            && svg("ratio").contains("Cost over that of Exact")
    );
    // Absent in every second trial of 400: said above the frame, as far as there is room.
    assert!(svg("rare").contains(">200<"), "{}", svg("rare"));
}

/// A metric that half of the trials have is drawn, with crosses that count the others; where all of them
/// are asked for it is not, and the caption says so.
#[test]
fn what_not_all_trials_have_is_marked_or_left_out() {
    let figures = r#"
[[figure]]
id = "half"
x = "scenario.offset"
y = "rare"
schemes = ["rough"]
at = { "scenario.power_dbm" = 0 }
[[figure]]
id = "whole"
complete = true
x = "scenario.offset"
y = "rare"
schemes = ["rough"]
at = { "scenario.power_dbm" = 0 }
[[figure]]
id = "pairs"
x = "scenario.offset"
y = "cost"
at = { "scenario.power_dbm" = 0 }
"#;
    let (folder, _) = results(&format!("{BODY}{figures}"), &Changes::default(), 2);
    let svg =
        |id: &str| fs::read_to_string(folder.path().join(format!("figures/{id}.svg"))).unwrap();
    assert!(svg("half").contains(">200<") && !svg("half").contains("no data"));
    let whole = svg("whole");
    assert!(whole.contains("no data") && !whole.contains(">no value<"), "{whole}");
    assert!(
        whole.contains("Nothing is drawn where trials have no value: Rough at 0 to 3"),
        "{whole}"
    );
    assert!(!svg("pairs").contains("Nothing is drawn"));
    let refused = format!(
        "{HEAD}{BODY}[[figure]]\nid = \"f\"\nkind = \"cdf\"\nx = \"cost\"\ncomplete = true\n"
    );
    let registry = support::registry();
    let error = Experiment::parse(&refused, "study.toml", "study", &registry);
    assert!(error.unwrap_err().to_string().contains("`complete` has no meaning here"));
}

#[test]
fn values_of_a_sweep_have_names() {
    let named =
        BODY.replace("values = [0, 20]", "values = [0, 20]\nnames = [\"weak\", \"strong\"]");
    let figure =
        "[[figure]]\nid = \"f\"\nx = \"scenario.offset\"\ny = \"cost\"\nschemes = [\"exact\"]\n";
    let (folder, _) = results(&format!("{named}{figure}"), &Changes::default(), 1);
    let svg = fs::read_to_string(folder.path().join("figures/f.svg")).unwrap();
    assert!(svg.contains(">weak<") && svg.contains(">strong<"), "{svg}");
    let wrong = format!("{HEAD}{}", named.replace(", \"strong\"", ""));
    let registry = support::registry();
    let error = Experiment::parse(&wrong, "study.toml", "study", &registry);
    assert!(error.unwrap_err().to_string().contains("these are 1 names"));
}

/// Two schemes at three values: five names for six curves, colours for the values.
#[test]
fn pairs_of_schemes_and_values_are_named_by_both() {
    let body = BODY.replace("values = [0, 20]", "values = [0, 10, 20]");
    let figure = "[[figure]]\nid = \"f\"\nx = \"scenario.offset\"\ny = \"cost\"\n";
    let (folder, _) = results(&format!("{body}{figure}"), &Changes::default(), 1);
    let svg = fs::read_to_string(folder.path().join("figures/f.svg")).unwrap();
    for name in [">Exact<", ">Rough<", "= 0 dBm<", "= 10 dBm<", "= 20 dBm<"] {
        assert_eq!(svg.matches(name).count(), 1, "{name}: {svg}");
    }
    assert!(svg.contains("6 curves: Exact, "), "{svg}");
    let tex = fs::read_to_string(folder.path().join("figures/f.tex")).unwrap();
    assert_eq!(tex.matches("addlegendimage").count() - tex.matches("empty legend").count(), 5);
    assert_eq!(tex.matches("forget plot").count(), 6, "{tex}");
}

#[test]
fn figures_are_drawn_again_from_the_summary_alone() {
    let registry = support::registry();
    let file = format!("{HEAD}{BODY}{FIGURES}");
    let experiment = Experiment::parse(&file, "study.toml", "study", &registry).unwrap();
    let study = Study::new(&experiment, &file, &registry).unwrap();
    let (folder, _) = results(&format!("{BODY}{FIGURES}"), &Changes::default(), 2);
    let dir = folder.path();
    let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    let names = [
        "figures/ratio.svg",
        "figures/ratio.tex",
        "figures/rare.dat",
        "manifest.json",
        "figures/spread.svg",
    ];
    let before = names.map(read);
    fs::write(dir.join("figures/ratio.svg"), "").unwrap();
    for _ in 0..2 {
        let redrawn = redraw(&study.plan, &study.presentation, dir).unwrap();
        assert_eq!(redrawn.left, ["difference", "spread"]);
        assert_eq!(redrawn.files.len(), 7, "two figures of three files, and the claims");
        assert_eq!(names.map(read), before);
    }
    // Where documents keep a run: the picture beside the summary, its digest in the manifest.
    let kept = tempfile::tempdir().unwrap();
    for name in ["summary.csv", "manifest.json"] {
        fs::copy(dir.join(name), kept.path().join(name)).unwrap();
    }
    let mut renamed = study.presentation.clone();
    renamed.sweeps[0].label = "Place".into();
    let redrawn = redraw(&study.plan, &renamed, kept.path()).unwrap();
    assert_eq!(redrawn.files, [kept.path().join("ratio.svg"), kept.path().join("rare.svg")]);
    let svg = fs::read_to_string(kept.path().join("ratio.svg")).unwrap();
    assert!(svg.contains(">Place<"));
    let manifest = fs::read_to_string(kept.path().join("manifest.json")).unwrap();
    assert!(manifest.contains(&noctule_lab::canonical::sha256(svg.as_bytes())));
    // The summary of another experiment is refused, not drawn in part.
    let other = file.replace("values = [0, 1, 2, 3]", "values = [0, 1, 2, 5]");
    let experiment = Experiment::parse(&other, "study.toml", "study", &registry).unwrap();
    let study = Study::new(&experiment, &other, &registry).unwrap();
    let error = redraw(&study.plan, &study.presentation, dir).unwrap_err().to_string();
    assert!(error.contains("the experiment has no such point"), "{error}");
    let more = file.replace(
        "[[scheme]]\nname = \"rough\"",
        "[[scheme]]\nname = \"warm\"\n[[scheme]]\nname = \"rough\"",
    );
    let experiment = Experiment::parse(&more, "study.toml", "study", &registry).unwrap();
    let study = Study::new(&experiment, &more, &registry).unwrap();
    let error = redraw(&study.plan, &study.presentation, dir).unwrap_err().to_string();
    assert!(error.contains("there is no cost of warm at point 0"), "{error}");
}

#[test]
fn a_figure_that_compares_says_with_whom() {
    let registry = support::registry();
    let refused = |figure: &str| {
        let file = format!(
            "{HEAD}{BODY}[[figure]]\nid = \"f\"\ny = \"cost\"\nx = \"scenario.offset\"\n{figure}\n"
        );
        Experiment::parse(&file, "study.toml", "study", &registry).unwrap_err().to_string()
    };
    let difference = "kind = \"paired-difference\"";
    assert!(refused(difference).contains("has no `relative_to`"));
    assert!(refused(&format!("{difference}\nrelative_to = \"exakt\"")).contains("did you mean"));
    let median = format!("{difference}\nrelative_to = \"exact\"\nstat = \"median\"");
    assert!(refused(&median).contains("it is the mean"));
    assert!(
        refused("kind = \"heat\"\nvalue = \"cost\"\nrelative_to = \"exact\"")
            .contains("along a sweep")
            || refused("kind = \"heat\"\nvalue = \"cost\"\nrelative_to = \"exact\"")
                .contains("names nothing")
    );
}

#[test]
fn axes_and_curves_carry_the_symbols_of_the_field() {
    let registry = noctule_lab::systems::registry();
    for id in ["beamforming", "cellfree", "frame", "pilots", "surfaces"] {
        let system = registry.need(id, "system").unwrap();
        let schema = system.scenario_schema();
        let schemes = system.schemes();
        let settings: Vec<_> =
            schemes.iter().filter_map(|scheme| system.default_settings(scheme.name)).collect();
        assert!(!system.symbols().is_empty());
        for symbol in system.symbols() {
            let (root, rest) = symbol.path.split_once('.').unwrap();
            let key = rest.split('.').next().unwrap();
            let known = match root {
                "scenario" => schema["properties"].get(key).is_some(),
                _ => settings.iter().any(|settings| settings.get(key).is_some()),
            };
            assert!(known, "{id} has no {}", symbol.path);
        }
    }
    let text = "format = \"noctule-experiment/1\"\nsystem = \"beamforming\"\n[[sweep]]\npath = \"scenario.users\"\nvalues = [2, 4]\n\
                [[sweep]]\npath = \"scenario.transmit_array.vertical\"\nvalues = [2, 4]\nlabel = \"Antennas\"\nsymbol = \"N_t\"\ntimes = 4\n\
                [[sweep]]\npath = \"scheme.sensing-only.streams\"\nvalues = [2, 4]\n[[scheme]]\nname = \"sensing-only\"\n";
    let experiment =
        Experiment::parse(text, "s.toml", "s", &registry).unwrap_or_else(|e| panic!("{e}"));
    let system = registry.need("beamforming", "system").unwrap();
    let words = Presentation::of(&experiment, system, text).sweeps;
    let shown: Vec<String> =
        words.iter().map(noctule_lab::presentation::Words::with_symbol).collect();
    assert_eq!(shown, ["Users $K$", "Antennas $N_t$", "Sensing streams $N_s$"]);
    assert_eq!(words[1].times, Some(4.0));
    let wrong = text.replace("times = 4", "times = 0");
    let error = Experiment::parse(&wrong, "s.toml", "s", &registry).unwrap_err().to_string();
    assert!(error.contains("`times` is zero"), "{error}");
}
