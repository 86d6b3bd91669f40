//! What a file says beside its channels, and what is said of it.

use super::*;

/// The files that `files/make.py` writes.
fn given(dir: &Path) {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/own_channels/files");
    for file in fs::read_dir(files).unwrap().flatten() {
        fs::copy(file.path(), dir.join(file.file_name())).unwrap();
    }
}

fn rates(dir: &Path, channel: &str, out: &str) -> Vec<String> {
    column(&run(dir, &study(3, channel, ""), out, 1, 1)["records.csv"], "sum_rate_bps_hz")
}

fn notes(dir: &Path, channel: &str) -> Vec<String> {
    opened(dir, &study(3, channel, ""), "noted").unwrap().study.presentation.notes
}

#[test]
fn axes_that_a_file_says_are_its_axes() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    given(dir);
    write(&dir.join("wanted.npz"), "channels", &channels(&[3, 2, 4]));
    let wanted = rates(dir, "path = \"wanted.npz\"", "wanted");
    for file in ["plain.npz", "axes.npz", "list.npz", "axes.h5", "fixed.h5"] {
        let found = rates(dir, &format!("path = \"{file}\""), &format!("of-{file}"));
        assert_eq!(found, wanted, "{file}");
    }
    // Said twice they are compared.
    let twice = "path = \"axes.npz\"\naxes = \"user,antenna,trial\"";
    assert_eq!(rates(dir, twice, "twice"), wanted);
    let error = refusal(dir, &study(3, "path = \"axes.npz\"\naxes = \"antenna,user,trial\"", ""));
    assert!(error.what.contains("another order"), "{error}");
    assert!(error.place.ends_with("scenario.channel.axes"), "{error}");
    assert!(error.allowed.contains("user, antenna, trial"), "{error}");
    let error = refusal(dir, &study(3, "path = \"number.npz\"", ""));
    assert!(error.what.contains("no text") && error.place.ends_with("axes"), "{error}");
    // An array in a group, with a slash as h5py has it or with a point.
    for (k, variable) in ["scene/channels", "/scene/channels", "scene.channels"].iter().enumerate()
    {
        let text = format!("path = \"group.h5\"\nvariable = \"{variable}\"");
        assert_eq!(rates(dir, &text, &format!("in-{k}")), wanted, "{variable}");
    }
}

#[test]
fn what_a_file_holds_beside_is_not_passed_over_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    given(dir);
    write(&dir.join("wanted.npz"), "channels", &channels(&[3, 2, 4]));
    assert!(notes(dir, "path = \"wanted.npz\"").is_empty());
    let beside = notes(dir, "path = \"beside.npz\"").join("\n");
    assert!(beside.contains("`estimates`") && beside.contains("`error_covariances`"), "{beside}");
    let real = notes(dir, "path = \"real.npz\"").join("\n");
    assert!(real.contains("real numbers"), "{real}");
    let error = refusal(dir, &study(3, "path = \"two.npz\"", ""));
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("`variable`")), "{error}");
    // They stand in the report.
    let tables = run(dir, &study(3, "path = \"beside.npz\"", ""), "beside", 1, 1);
    assert_eq!(tables["records.csv"].lines().count(), 7);
    let opened = opened(dir, &study(3, "path = \"beside.npz\"", ""), "beside").unwrap();
    let store = opened.store(|_| ()).unwrap();
    noctule_lab::finish(&store, &opened.study.presentation).unwrap();
    let report = fs::read_to_string(store.dir().join("report.html")).unwrap();
    assert!(report.contains("error_covariances"), "the report says it");
}

#[test]
fn a_scenario_that_says_another_number_of_rows_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    given(dir);
    let error = refusal(dir, &study(2, "path = \"plain.npz\"\nrows = 7", ""));
    assert!(error.place.ends_with("scenario.channel.rows"), "{error}");
    assert!(error.found.contains("3 rows") && error.allowed.contains("7 rows"), "{error}");
    assert_eq!(rates(dir, "path = \"plain.npz\"\nrows = 3", "rows").len(), 6);
}

#[test]
fn transmitters_and_symbols_of_a_program_are_chosen_by_key() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    given(dir);
    let sionna = "path = \"sionna.npz\"\ntool = \"sionna\"";
    let error = refusal(dir, &study(3, sionna, ""));
    assert!(error.what.contains("several transmitters"), "{error}");
    assert!(error.place.ends_with("scenario.channel.transmitter"), "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("`transmitter = 0`")));
    let first = format!("{sionna}\ntransmitter = 0");
    let said = notes(dir, &first).join("\n");
    assert!(said.contains("`symbol = 0` says it is so"), "{said}");
    assert!(notes(dir, &format!("{first}\nsymbol = 0")).is_empty());
    let error = refusal(dir, &study(3, &format!("{sionna}\ntransmitter = 2"), ""));
    assert!(error.place.ends_with("scenario.channel.transmitter"), "{error}");
    let error = refusal(dir, &study(3, &format!("{first}\nsymbol = 2"), ""));
    assert!(error.place.ends_with("scenario.channel.symbol"), "{error}");
    // The second transmitter is twice the first, the second symbol three times.
    let of = |more: &str| {
        let text = format!("path = \"sionna.npz\"\ntool = \"sionna\"{more}");
        let text = study(1, &text, "");
        let read = opened(dir, &text, "of").unwrap();
        let scenario = read.study.plan.point(0, 0).scenario;
        let scenario: noctule::beamforming::Scenario = serde_json::from_value(scenario).unwrap();
        scenario.realize(1, 0).unwrap().channels()[(0, 0)]
    };
    let base = of("\ntransmitter = 0\nsymbol = 0");
    assert!((of("\ntransmitter = 1\nsymbol = 0") - base * 2.0).norm() < 1e-14);
    assert!((of("\ntransmitter = 1\nsymbol = 1") - base * 6.0).norm() < 1e-14);
    // DeepMIMO's divisor is called what the key is called.
    write(&dir.join("d.npz"), "h", &channels(&[2, 1, 4, 1]));
    let said = notes(dir, "path = \"d.npz\"\ntool = \"deepmimo\"\ntrials_beyond_file = \"wrap\"");
    assert!(said.join("\n").contains("`total_subcarriers` undoes it"), "{said:?}");
}

#[test]
fn results_are_drawn_again_without_the_file_of_channels() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    given(dir);
    let figure = "[[sweep]]\npath = \"scenario.power_dbm\"\nvalues = [0.0, 10.0]\n\
                  [[figure]]\nid = \"rate\"\ntitle = \"Rate\"\nx = \"scenario.power_dbm\"\n\
                  y = \"sum_rate_bps_hz\"\n";
    let text = study(3, "path = \"plain.npz\"", figure);
    run(dir, &text, "drawn", 1, 1);
    let opened = opened(dir, &text, "drawn").unwrap();
    let store = opened.store(|_| ()).unwrap();
    noctule_lab::finish(&store, &opened.study.presentation).unwrap();
    let svg = store.dir().join("figures/rate.svg");
    let before = fs::read(&svg).unwrap();
    fs::remove_file(&svg).unwrap();
    fs::remove_file(dir.join("plain.npz")).unwrap();
    let file = dir.join("study.toml").display().to_string();
    let source = Named { text, file, id: "study".to_owned() };
    let (plan, presentation) = noctule_lab::drawable(&source, leaked()).unwrap();
    let drawn = noctule_lab::redraw(&plan, &presentation, store.dir()).unwrap();
    assert!(!drawn.files.is_empty());
    assert_eq!(fs::read(&svg).unwrap(), before);
}

#[test]
fn formulas_outside_their_ranges_are_named_before_a_study_runs() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let text = format!(
        "{HEAD}trials = 2\n[scenario]\n{SMALL}power_dbm = 40.0\n[scenario.channel]\nkind = \"geometry\"\n\
         carrier_ghz = 200\n[[sweep]]\npath = \"scenario.channel.radius_m\"\n\
         values = [[20, 150], [5, 8000]]\n[[scheme]]\nname = \"rzf\"\n"
    );
    let said = opened(dir, &text, "out").unwrap().study.presentation.notes;
    assert_eq!(said.len(), 3, "{said:?}");
    for words in ["200 GHz", "5 m is outside", "8000 m is outside"] {
        assert!(said.iter().any(|note| note.contains(words)), "{words}: {said:?}");
    }
    let fine = text.replace("carrier_ghz = 200\n", "").replace("[5, 8000]", "[30, 100]");
    assert!(opened(dir, &fine, "out").unwrap().study.presentation.notes.is_empty());
}

/// Results that are complete need no file any more: they are answered and written again, from the
/// experiment or the folder, in other words too. What is left to compute needs it.
#[test]
fn a_complete_run_is_answered_without_its_file_of_channels() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    given(dir);
    let sweep = "[[sweep]]\npath = \"scenario.channel\"\nvalues = [{ kind = \"rayleigh\" }, \
                 { kind = \"file\", path = \"beside.npz\" }]\n";
    let swept = format!("{HEAD}trials = 2\n[scenario]\n{SMALL}{sweep}[[scheme]]\nname = \"rzf\"\n");
    for (text, out) in [(study(3, "path = \"beside.npz\"", ""), "one"), (swept, "two")] {
        let whole = run(dir, &text, out, 1, 1);
        let before = opened(dir, &text, out).unwrap().study.presentation;
        fs::rename(dir.join("beside.npz"), dir.join("aside.npz")).unwrap();
        assert!(run(dir, &text, out, 1, 1) == whole, "{out}");
        let after = opened(dir, &text, out).unwrap().study.presentation;
        assert_eq!(after, before, "{out}");
        let (resumed, store) = Study::resume(&dir.join(out), leaked()).unwrap();
        let options = RunOptions::default();
        let report = resumed.run(&store, &options, &Silent, &Interrupt::new()).unwrap();
        assert_eq!((report.computed, report.reused), (0, report.chunks));
        assert!(resumed.ready().is_err());
        noctule_lab::finish(&store, &resumed.presentation).unwrap();
        // Another title is another presentation of the same numbers.
        let titled = text.replace("trials =", "title = \"Mine\"\ntrials =");
        assert!(run(dir, &titled, out, 1, 1) == whole, "{out}");
        // More trials, another power, another folder, or everything anew need the file.
        let (more, other) = (text.replace("trials = ", "trials = 1"), "power_dbm = 3\nusers = 2");
        for text in [more, text.replace("users = 2", other)] {
            let error = opened(dir, &text, out).unwrap_err();
            assert!(error.what.contains("no such file"), "{out}: {error}");
        }
        assert!(opened(dir, &text, "elsewhere").is_err());
        let file = dir.join("study.toml").display().to_string();
        let source = Named { text: text.clone(), file, id: "study".to_owned() };
        let anew = Request { out: Some(dir.join(out)), fresh: true, ..Request::default() };
        assert!(Study::open(&source, anew, leaked()).is_err());
        // So does a chunk that is missing; nothing is written in its place.
        for file in fs::read_dir(dir.join(out).join("chunks")).unwrap().flatten() {
            let _ = fs::remove_file(file.path());
        }
        let _ = fs::remove_dir_all(dir.join(out).join("chunks/packs"));
        let (resumed, store) = Study::resume(&dir.join(out), leaked()).unwrap();
        let error = resumed.run(&store, &options, &Silent, &Interrupt::new()).unwrap_err();
        assert!(error.is_input() && error.to_string().contains("no such file"), "{error}");
        fs::rename(dir.join("aside.npz"), dir.join("beside.npz")).unwrap();
        assert!(run(dir, &text, out, 1, 1)["records.csv"] == whole["records.csv"], "{out}");
    }
}

/// The same bytes under another name, or elsewhere, are the same run.
#[test]
fn a_run_goes_on_when_its_file_was_moved() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    given(dir);
    let whole = run(dir, &study(3, "path = \"plain.npz\"", ""), "moved", 1, 1);
    fs::create_dir(dir.join("aside")).unwrap();
    fs::rename(dir.join("plain.npz"), dir.join("aside/else.npz")).unwrap();
    let elsewhere = dir.join("aside/else.npz").display().to_string();
    for path in ["aside/else.npz", elsewhere.as_str()] {
        let text = study(3, &format!("path = \"{path}\""), "");
        assert!(run(dir, &text, "moved", 1, 1) == whole, "{path}");
    }
    // Half of it here and half of it there.
    let text = study(3, "path = \"aside/else.npz\"", "");
    assert!(run(dir, &text, "halves", 1, 2)["records.csv"] == whole["records.csv"]);
    // Another seed of it goes with the first, whatever each calls the file.
    let other = text.replace("trials = 3", "seed = 2\ntrials = 3");
    run(dir, &other, "second", 1, 1);
    let pooled = [dir.join("moved"), dir.join("second")];
    let (store, ..) = noctule_lab::pool::pool(&pooled, &dir.join("pooled")).unwrap();
    assert_eq!(store.plan().trials, 6);
    // Other bytes of the same name are another run.
    write(&dir.join("plain.npz"), "channels", &channels(&[4, 2, 4]));
    let other = opened(dir, &study(3, "path = \"plain.npz\"", ""), "moved").unwrap();
    assert!(other.store(|_| ()).is_err());
}
