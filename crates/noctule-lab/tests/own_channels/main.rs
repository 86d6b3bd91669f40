//! Experiments on channels of one's own.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod band;
mod said;
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use noctule::data::{Array, ArraySet};
use noctule::{C64, Interrupt};
use noctule_lab::builtin::Named;
use noctule_lab::experiment::ScenarioFile;
use noctule_lab::fold::Wanted;
use noctule_lab::run::{RunOptions, Shard, Silent};
use noctule_lab::{Opened, Request, Study, fold, systems};

/// A number that looks random, of a place in an array.
fn entry(place: usize) -> C64 {
    let turn = |k: usize| ((place * 7919 + k) % 1009) as f64 / 1009.0 - 0.5;
    C64::new(turn(1), turn(504))
}

fn channels(shape: &[usize]) -> Array {
    let count = shape.iter().product();
    Array::complex(shape.to_vec(), (0..count).map(entry).collect())
}

fn write(path: &Path, name: &str, array: &Array) {
    let mut set = ArraySet::new();
    set.insert(name, array.clone());
    fs::write(path, set.to_npz().unwrap()).unwrap();
}

const HEAD: &str = "format = \"noctule-experiment/1\"\nsystem = \"beamforming\"\n";
const SMALL: &str = "transmit_array = { horizontal = 2, vertical = 2 }\nusers = 2\n";

/// A study of two schemes on `[scenario.channel]`.
fn study(trials: u64, channel: &str, rest: &str) -> String {
    format!(
        "{HEAD}trials = {trials}\n[scenario]\n{SMALL}[scenario.channel]\nkind = \"file\"\n{channel}\n{rest}\n\
         [[scheme]]\nname = \"rzf\"\n[[scheme]]\nname = \"mrt\"\n"
    )
}

type Tables = BTreeMap<String, String>;

fn opened(dir: &Path, text: &str, out: &str) -> Result<Opened<'static>, noctule_num::InputError> {
    let file = dir.join("study.toml").display().to_string();
    let source = Named { text: text.to_owned(), file, id: "study".to_owned() };
    let request = Request { out: Some(dir.join(out)), ..Request::default() };
    Study::open(&source, request, leaked())
}

fn leaked() -> &'static noctule_lab::Registry<'static> {
    static REGISTRY: std::sync::OnceLock<noctule_lab::Registry<'static>> =
        std::sync::OnceLock::new();
    REGISTRY.get_or_init(systems::registry)
}

fn run(dir: &Path, text: &str, out: &str, threads: usize, shards: u64) -> Tables {
    let opened = opened(dir, text, out).unwrap_or_else(|error| panic!("{error}"));
    let store = opened.store(|_| ()).unwrap();
    for index in 0..shards {
        let shard = Shard { index, count: shards };
        let options = RunOptions { threads: Some(threads), shard, ..RunOptions::default() };
        opened.study.run(&store, &options, &Silent, &Interrupt::new()).unwrap();
    }
    fold::fold(&store, &Wanted::default()).unwrap();
    ["plan.json", "records.csv", "summary.csv"]
        .map(|name| (name.to_owned(), fs::read_to_string(store.dir().join(name)).unwrap()))
        .into()
}

fn column(table: &str, name: &str) -> Vec<String> {
    let mut rows = csv::ReaderBuilder::new().from_reader(table.as_bytes());
    let at = rows.headers().unwrap().iter().position(|cell| cell == name).unwrap();
    rows.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

fn refusal(dir: &Path, text: &str) -> noctule_num::InputError {
    let found = opened(dir, text, "refused").expect_err(text);
    assert!(!dir.join("refused").exists(), "nothing was begun");
    found
}

#[test]
fn trial_t_is_row_t_whatever_runs_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let array = channels(&[5, 3, 4]);
    write(&dir.join("h.npz"), "channels", &array);
    let text = study(5, "path = \"h.npz\"", "");
    let whole = run(dir, &text, "whole", 1, 1);
    assert!(run(dir, &text, "threads", 3, 1) == whole && run(dir, &text, "shards", 1, 2) == whole);
    // The same channels, handed in as arrays of an instance.
    let rates = column(&whole["records.csv"], "sum_rate_bps_hz");
    let scenario = noctule::beamforming::Scenario {
        transmit_array: noctule::beamforming::ArrayShape { horizontal: 2, vertical: 2 },
        users: 2,
        ..Default::default()
    };
    let base = scenario.realize(1, 0).unwrap();
    for trial in 0..5 {
        let noctule::data::Entries::Complex(all) = &array.entries else { panic!("complex") };
        let mut set = ArraySet::new();
        let row = all[trial * 12..trial * 12 + 8].to_vec();
        set.insert("channels", Array::complex(vec![2, 4], row));
        let instance = noctule::beamforming::Instance::from_arrays(set, Some(&base)).unwrap();
        let scheme = <noctule::beamforming::Beamforming as noctule::System>::scheme("rzf").unwrap();
        let design = scheme.design(&instance, &noctule::Run::default()).unwrap();
        let wanted = design.metrics.sum_rate_nats / std::f64::consts::LN_2;
        let found: f64 = rates[trial * 2].parse().unwrap();
        assert!((found - wanted).abs() < 1e-12, "trial {trial}: {found} {wanted}");
    }
    // Other trials are more trials of the same run, other data another run.
    assert!(whole["plan.json"].contains("\"sha256\"") && whole["plan.json"].contains("\"rows\":5"));
    write(&dir.join("h.npz"), "channels", &channels(&[5, 2, 4]));
    assert_ne!(run(dir, &text, "changed", 1, 1)["plan.json"], whole["plan.json"]);
    // From wherever it is run, and wherever the folder is.
    let other = tempfile::tempdir().unwrap();
    write(&other.path().join("h.npz"), "channels", &array);
    assert!(run(other.path(), &text, "moved", 1, 1) == whole);
}

#[test]
fn more_trials_than_rows_are_refused_or_wrapped() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(&dir.join("h.npz"), "channels", &channels(&[3, 2, 4]));
    let error = refusal(dir, &study(5, "path = \"h.npz\"", ""));
    assert!(error.what.contains("5 trials and 3 rows"), "{error}");
    assert!(error.place.contains("study.toml:9:8 scenario.channel.path"), "{error}");
    // Fewer trials than rows use the first ones.
    let few = run(dir, &study(2, "path = \"h.npz\"", ""), "few", 1, 1);
    let all = run(dir, &study(3, "path = \"h.npz\"", ""), "all", 1, 1);
    let rates = |tables: &Tables| column(&tables["records.csv"], "sum_rate_bps_hz");
    assert_eq!(rates(&few), rates(&all)[..4]);
    let wrap = "path = \"h.npz\"\ntrials_beyond_file = \"wrap\"";
    let six = run(dir, &study(6, wrap, ""), "six", 1, 1);
    assert_eq!(rates(&six)[..6], rates(&all));
    assert_eq!(rates(&six)[6..], rates(&all));
    // Six trials of three rows know no more than three.
    for (metric, (n, error)) in column(&six["summary.csv"], "metric").iter().zip(
        column(&six["summary.csv"], "n").iter().zip(column(&six["summary.csv"], "standard_error")),
    ) {
        if metric != "sum_rate_bps_hz" {
            continue;
        }
        assert_eq!(n, "3");
        let values: Vec<f64> = rates(&six).iter().map(|x| x.parse().unwrap()).collect();
        let spread = |k: usize| {
            let own: Vec<f64> = values.iter().copied().skip(k).step_by(2).collect();
            let mean = own.iter().sum::<f64>() / 6.0;
            (own.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 5.0 / 3.0).sqrt()
        };
        let error: f64 = error.parse().unwrap();
        assert!((0..2).any(|k| (error - spread(k)).abs() < 1e-12), "{error}");
    }
}

#[test]
fn what_does_not_fit_is_refused_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let at = |name: &str| dir.join(name);
    write(&at("good.npz"), "channels", &channels(&[3, 2, 4]));
    write(&at("band.npz"), "channels", &channels(&[3, 2, 4, 2]));
    write(&at("flat.npz"), "channels", &channels(&[24]));
    write(&at("empty.npz"), "channels", &channels(&[3, 0, 4]));
    let mut nan = channels(&[3, 2, 4]);
    let mut zero = nan.clone();
    if let noctule::data::Entries::Complex(values) = &mut nan.entries {
        values[8 + 4 + 2].im = f64::NAN;
    }
    if let noctule::data::Entries::Complex(values) = &mut zero.entries {
        values[16..20].fill(C64::ZERO);
    }
    write(&at("nan.npz"), "channels", &nan);
    write(&at("zero.npz"), "channels", &zero);
    fs::write(at("torn.npy"), &b"\x93NUMPY\x01\x00v\x00"[..]).unwrap();
    fs::create_dir(at("folder.npz")).unwrap();
    fs::write(at("h.txt"), "1 2 3").unwrap();
    for (channel, words) in [
        ("path = \"absent.npz\"", "there is no such file"),
        ("path = \"folder.npz\"", "not a file"),
        ("path = \"h.txt\"", "ending"),
        ("path = \"torn.npy\"", ".npy"),
        ("path = \"\"", "no file of channels"),
        ("path = \"good.npz\"\nvariable = \"H\"", "no array of that name"),
        ("path = \"flat.npz\"", "wrong number of axes"),
        ("path = \"empty.npz\"", "no entries"),
        ("path = \"good.npz\"\naxes = \"trial,user\"", "axes cannot be read"),
        ("path = \"good.npz\"\naxes = \"trial,antenna,user\"", "too few users|another array"),
        ("path = \"band.npz\"", "another number of subcarriers"),
        ("path = \"band.npz\"\nsubcarrier = 2", "no such subcarrier"),
        ("path = \"nan.npz\"", "channels[1, 1, 2]"),
        ("path = \"zero.npz\"", "channels[2, 0]"),
        ("path = \"good.npz\"\nsha256 = \"abc\"", "not the one"),
        ("path = \"good.npz\"\ntool = \"sionna\"", "wrong number of dimensions"),
        ("path = \"good.npz\"\ntool = \"quadriga\"\naxes = \"user,antenna\"", "axes of a tool"),
        ("path = \"good.npz\"\ntotal_subcarriers = 4", "only DeepMIMO"),
        ("path = \"good.npz\"\nelement_order = [0, 1]", "scenario.channel.element_order"),
        ("path = \"good.npz\"\nelement_order = [0, 1, 1, 2]", "names one of them twice"),
        ("path = \"good.npz\"\nelement_order = [0, 1, 2, 4]", "the index 4"),
        ("path = \"good.npz\"\nreceive_antennas = \"users\"", "only imports"),
        ("path = \"good.npz\"\ndirection_check = { azimuth_deg = 10 }", "line of sight"),
        ("path = \"good.npz\"\ndirection_check = { azimuth_deg = 10, trial = 3 }", "no such row"),
    ] {
        let error = refusal(dir, &study(3, channel, "")).to_string();
        assert!(words.split('|').any(|words| error.contains(words)), "{channel}: {error}");
    }
    let more = study(3, "path = \"good.npz\"", "").replace("users = 2", "users = 3");
    assert!(refusal(dir, &more).what.contains("too few users"));
    let wider = study(3, "path = \"good.npz\"", "").replace("horizontal = 2", "horizontal = 4");
    assert!(refusal(dir, &wider).what.contains("another array"));
    let part = "[[sweep]]\npath = \"scenario.channel.path\"\nvalues = [\"good.npz\", \"zero.npz\"]";
    let error = refusal(dir, &study(3, "path = \"good.npz\"", part));
    assert!(error.what.contains("a part of"), "{error}");
    // What is kept, or taken, is kept or taken.
    run(dir, &study(3, "path = \"zero.npz\"\nzero_users = \"keep\"", ""), "kept", 1, 1);
    run(dir, &study(3, "path = \"band.npz\"\nsubcarrier = 1", ""), "band", 1, 1);
}

#[test]
fn however_the_file_is_laid_out_the_channels_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let array = channels(&[4, 2, 4]);
    let noctule::data::Entries::Complex(values) = &array.entries else { panic!("complex") };
    write(&dir.join("a.npz"), "channels", &array);
    write(&dir.join("b.npz"), "anything", &array);
    // [antenna, trial, user], and conjugated
    let turned = (0..32).map(|k| values[(k / 2 % 4) * 8 + (k % 2) * 4 + k / 8].conj()).collect();
    write(&dir.join("c.npz"), "H", &Array::complex(vec![4, 4, 2], turned));
    let mut set = ArraySet::new();
    set.insert("channels", array.clone());
    fs::write(dir.join("d.mat"), set.to_mat("none")).unwrap();
    let scaled = values.iter().map(|z| z * 3e-6).collect();
    write(&dir.join("e.npz"), "channels", &Array::complex(vec![4, 2, 4], scaled));
    let records = |channel: &str| {
        let name = channel.len().to_string() + &channel[8..9];
        column(&run(dir, &study(4, channel, ""), &name, 1, 1)["records.csv"], "sum_rate_bps_hz")
    };
    let wanted = records("path = \"a.npz\"");
    assert_eq!(records("path = \"b.npz\""), wanted);
    assert_eq!(
        records("path = \"c.npz\"\naxes = \"antenna,trial,user\"\nconjugate = true"),
        wanted
    );
    assert_eq!(records("path = \"d.mat\""), wanted);
    // rows first where ours have columns first: read row by row, or whole
    let swapped = (0..32).map(|k| values[k / 4 * 4 + [0, 2, 1, 3][k % 4]]).collect();
    write(&dir.join("f.npz"), "channels", &Array::complex(vec![4, 2, 4], swapped));
    let order = "element_order = [0, 2, 1, 3]";
    assert_ne!(records("path = \"f.npz\""), wanted);
    assert_eq!(records(&format!("path = \"f.npz\"\n{order}")), wanted);
    let axes = "axes = \"trial,user,antenna\"";
    assert_eq!(records(&format!("path = \"f.npz\"\n{axes}\n{order}")), wanted);
    let unit = records("path = \"a.npz\"\nchannel_scale = \"unit-mean\"");
    let same = records("path = \"e.npz\"\nchannel_scale = \"unit-mean\"");
    for (x, y) in unit.iter().zip(&same) {
        let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
        assert!((x - y).abs() < 1e-9 && x.to_string() != wanted[0]);
    }
}

#[test]
fn a_sweep_compares_what_is_drawn_with_what_was_measured() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(&dir.join("h.npz"), "channels", &channels(&[2, 2, 4]));
    let sweep = "[[sweep]]\npath = \"scenario.channel\"\nvalues = [{ kind = \"rayleigh\" }, \
                 { kind = \"file\", path = \"h.npz\", trials_beyond_file = \"wrap\" }]\n";
    let text = format!("{HEAD}trials = 8\n[scenario]\n{SMALL}{sweep}[[scheme]]\nname = \"rzf\"\n");
    let tables = run(dir, &text, "both", 1, 1);
    let counts: Vec<(String, String)> = column(&tables["summary.csv"], "point")
        .into_iter()
        .zip(column(&tables["summary.csv"], "n"))
        .collect();
    assert!(
        counts.contains(&("0".into(), "8".into())) && counts.contains(&("1".into(), "2".into()))
    );
    let rates = column(&tables["records.csv"], "sum_rate_bps_hz");
    let at = |point: &str| -> Vec<String> {
        let points = column(&tables["records.csv"], "point");
        rates.iter().zip(points).filter(|(_, p)| p == point).map(|(r, _)| r.clone()).collect()
    };
    assert_eq!(at("1")[..2], at("1")[2..4]);
    assert_ne!(at("0")[..2], at("0")[2..4]);
    // Too few rows of one value are refused at its place.
    let error = refusal(dir, &text.replace(", trials_beyond_file = \"wrap\"", ""));
    assert!(error.what.contains("8 trials and 2 rows"), "{error}");
}

#[test]
fn a_scenario_file_names_its_channels_from_where_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(&dir.join("h.npz"), "channels", &channels(&[2, 2, 4]));
    let text = format!(
        "format = \"noctule-scenario/1\"\nsystem = \"beamforming\"\n[scenario]\n{SMALL}\
         [scenario.channel]\nkind = \"file\"\npath = \"h.npz\"\n"
    );
    let file = dir.join("mine.toml").display().to_string();
    let read = |text: &str| {
        ScenarioFile::parse(text, &file, leaked()).and_then(|read| read.attached(&file, leaked()))
    };
    let read = (read(&text).unwrap(), read(&text.replace("h.npz", "other.npz")));
    let (read, missing) = read;
    let scenario: noctule::beamforming::Scenario = serde_json::from_value(read.scenario).unwrap();
    let instance = scenario.realize(1, 1).unwrap();
    assert_eq!(instance.channels()[(0, 0)], entry(8));
    let error = scenario.realize(1, 2).unwrap_err().to_string();
    assert!(error.contains("no row for trial 2") && error.contains("wrap"), "{error}");
    let error = missing.unwrap_err();
    assert!(error.place.contains("mine.toml:"), "{error}");
}

/// A line of sight as a program writes it: e^{+jk u·r} of elements half a wavelength apart, at
/// `(y, z)` in elements.
fn sight(azimuth_deg: f64, polar_deg: f64, places: &[(f64, f64)]) -> Vec<C64> {
    let (azimuth, polar) = (azimuth_deg.to_radians(), polar_deg.to_radians());
    let phase = |&(y, z): &(f64, f64)| {
        std::f64::consts::PI * (y * azimuth.sin() * polar.sin() + z * polar.cos())
    };
    places.iter().map(|place| C64::from_polar(1.0, phase(place))).collect()
}

#[test]
fn channels_of_other_programs_point_where_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    // Sionna: rows downwards run fastest, columns along +y; two receivers of two antennas.
    let sionna = [(0.0, 0.0), (0.0, -1.0), (1.0, 0.0), (1.0, -1.0)];
    let users = [sight(30.0, 80.0, &sionna), sight(-20.0, 95.0, &sionna)];
    let twice: Vec<C64> = users.iter().flat_map(|h| [h.clone(), h.clone()].concat()).collect();
    write(&dir.join("s.npz"), "h", &Array::complex(vec![1, 2, 2, 1, 4, 1, 1], twice));
    // DeepMIMO: y runs fastest, then z upwards.
    let deepmimo = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
    let users = [sight(30.0, 80.0, &deepmimo), sight(-20.0, 95.0, &deepmimo)].concat();
    write(&dir.join("d.npz"), "h", &Array::complex(vec![2, 1, 4, 1], users));
    let at = |azimuth: f64, user: usize| {
        let polar = if user == 0 { 80 } else { 95 };
        format!(
            "direction_check = {{ azimuth_deg = {azimuth}, polar_deg = {polar}, user = {user} }}"
        )
    };
    for tool in ["path = \"s.npz\"\ntool = \"sionna\"", "path = \"d.npz\"\ntool = \"deepmimo\""] {
        for (azimuth, user) in [(30.0, 0), (-20.0, 1)] {
            let right = study(1, &format!("{tool}\n{}", at(azimuth, user)), "");
            assert!(opened(dir, &right, "right").is_ok(), "{tool}");
            let mirrored = study(1, &format!("{tool}\n{}", at(-azimuth, user)), "");
            let error = refusal(dir, &mirrored);
            assert!(error.what.contains("line of sight"), "{tool}: {error}");
        }
    }
    // Receive antennas as users: four of them, two by two alike.
    let all = "path = \"s.npz\"\ntool = \"sionna\"\nreceive_antennas = \"users\"";
    let four = study(1, &format!("{all}\n{}", at(-20.0, 2).replace("80", "95")), "");
    let four = four.replace("users = 2", "users = 4");
    let error = opened(dir, &four, "four");
    assert!(error.is_ok(), "{error:?}");
    let five = study(1, all, "").replace("users = 2", "users = 5");
    assert!(refusal(dir, &five).what.contains("too few users"));
    // DeepMIMO's amplitudes are divided by the root of its subcarriers, which leaves directions.
    let scaled = "path = \"d.npz\"\ntool = \"deepmimo\"\ntotal_subcarriers = 64";
    run(dir, &study(1, scaled, ""), "scaled", 1, 1);
}

#[test]
fn a_file_that_is_taken_away_ends_the_run_and_poisons_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let (file, aside) = (dir.join("h.npz"), dir.join("aside.npz"));
    write(&file, "channels", &channels(&[40, 2, 4]));
    let text = study(40, "path = \"h.npz\"", "");
    let whole = run(dir, &text, "whole", 1, 1);
    let opened = opened(dir, &text, "gone").unwrap();
    let store = opened.store(|_| ()).unwrap();
    let go = || {
        let options = RunOptions { threads: Some(1), ..RunOptions::default() };
        opened.study.run(&store, &options, &Silent, &Interrupt::new())
    };
    fs::rename(&file, &aside).unwrap();
    let error = go().unwrap_err();
    assert!(error.is_input() && error.to_string().contains("scenario.channel.path"), "{error}");
    // another file of the same name is no better
    write(&file, "channels", &channels(&[41, 2, 4]));
    let error = go().unwrap_err();
    assert!(error.is_input(), "{error}");
    fs::rename(&aside, &file).unwrap();
    go().unwrap();
    fold::fold(&store, &Wanted::default()).unwrap();
    let records = fs::read_to_string(store.dir().join("records.csv")).unwrap();
    assert_eq!(records, whole["records.csv"], "nothing that failed was kept");
}
