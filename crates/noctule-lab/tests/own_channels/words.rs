//! Studies over the channel words of every system: each runs, and each word is a world of its own.

use super::*;

/// Every design of a study, by point: the ending, and one metric.
fn designs(
    system: &str,
    scenario: &str,
    sweep: (&str, &str),
    scheme: &str,
    metric: &str,
) -> Vec<Vec<f64>> {
    let folder = tempfile::tempdir().unwrap();
    let (path, values) = sweep;
    let text = format!(
        "format = \"noctule-experiment/1\"\nsystem = \"{system}\"\ntrials = 3\n[scenario]\n{scenario}\n\
         [[sweep]]\npath = \"{path}\"\nvalues = [{values}]\n[[scheme]]\nname = \"{scheme}\"\n\
         [[figure]]\nid = \"one\"\ntitle = \"One\"\nx = \"{path}\"\ny = \"{metric}\"\n"
    );
    let tables = run(folder.path(), &text, "out", 1, 1);
    let records = &tables["records.csv"];
    let endings = column(records, "outcome");
    assert!(endings.iter().all(|ending| ending == "designed"), "{text}\n{endings:?}");
    let points = column(records, "point");
    let count = points.iter().map(|point| point.parse::<usize>().unwrap()).max().unwrap() + 1;
    let mut found = vec![Vec::new(); count];
    for (point, value) in points.iter().zip(column(records, metric)) {
        found[point.parse::<usize>().unwrap()].push(value.parse().unwrap());
    }
    found
}

fn all_differ(values: &[Vec<f64>]) -> bool {
    (1..values.len()).all(|k| values[..k].iter().all(|other| *other != values[k]))
}

const SITE: &str = "aps = 2\nusers = 2\ntargets = 1\nantennas = 4";

#[test]
fn cell_free_links() {
    let rate = |sweep: (&str, &str), more: &str| {
        let scenario = format!("{SITE}\n{more}");
        designs("cellfree", &scenario, sweep, "rate-only", "sum_rate_bps_hz")
    };
    let kinds = "{ kind = \"rayleigh\" }, { kind = \"correlated\" }, { kind = \"rician\" }, \
                 { kind = \"geometry\" }, { kind = \"geometry\", scenario = \"inf-dh\" }";
    assert!(all_differ(&rate(("scenario.channel", kinds), "")));
    let rician = "channel = { kind = \"rician\" }";
    let k = rate(("scenario.channel.k_factor_db", "-300, 0, 20, 300"), rician);
    assert!(all_differ(&k));
    // Without a line of sight it is the independent fading that is drawn where nothing is said.
    let plain = rate(("scenario.channel", "{ kind = \"rayleigh\" }"), "");
    for (x, y) in k[0].iter().zip(&plain[0]) {
        assert!((x - y).abs() < 1e-5 * y, "{x} {y}");
    }
    let correlated = "channel = { kind = \"correlated\" }";
    assert!(all_differ(&rate(("scenario.channel.azimuth_std_deg", "0, 2, 20, 360"), correlated)));
}

#[test]
fn path_losses_of_pilots() {
    let error = |sweep: (&str, &str), scenario: &str, scheme: &str| {
        designs("pilots", scenario, sweep, scheme, "mean_error")
    };
    let cells = "\"umi\", \"uma\", \"inf-sl\", \"inf-dl\", \"inf-sh\", \"inf-dh\", \"inf-hh\"";
    let sweep = ("scenario.path_loss.cell", cells);
    assert!(all_differ(&error(sweep, "", "optimal")));
    // Whatever limit is out of reach, no design says that it is kept.
    let carriers = ("scenario.carrier_mhz", "500, 28000");
    for scheme in ["best-crb", "full-power", "algorithm-1"] {
        error(carriers, "path_loss = { cell = \"umi\" }", scheme);
    }
}

#[test]
fn surfaces_in_cells_and_with_scatter() {
    let rate = |sweep: (&str, &str), scenario: &str| {
        designs("surfaces", scenario, sweep, "full-covariance", "rate_bps_hz")
    };
    let cells =
        "{ scenario = \"uma\", carrier_ghz = 1.0 }, { scenario = \"uma\", carrier_ghz = 3.5 }";
    assert!(all_differ(&rate(("scenario.cell", cells), "")));
    let k = rate(("scenario.user_k_factor_db", "-100, 0, 10, 300"), "");
    // More scatter is less of what phases and powers count on.
    assert!(k.windows(2).all(|pair| pair[0][0] < pair[1][0]), "{k:?}");
}

/// A band takes each subcarrier of a file, or the only one for all; another number is refused before
/// anything runs.
#[test]
fn a_band_takes_the_subcarriers_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let array = channels(&[3, 2, 4, 4]);
    let noctule::data::Entries::Complex(values) = &array.entries else { panic!("complex") };
    write(&dir.join("band.npz"), "channels", &array);
    let first = values.iter().copied().step_by(4).collect();
    write(&dir.join("flat.npz"), "channels", &Array::complex(vec![3, 2, 4], first));
    let text = |channel: &str, count: usize| {
        let band = format!("[scenario.ofdm]\nsubcarriers = {count}");
        let text = study(3, channel, &band);
        text.replace("[[scheme]]\nname = \"mrt\"\n", "")
    };
    let read = |channel: &str| {
        let opened =
            opened(dir, &text(channel, 4), "band").unwrap_or_else(|e| panic!("{channel}: {e}"));
        let scenario = opened.study.plan.point(0, 0).scenario;
        let scenario: noctule::beamforming::Scenario = serde_json::from_value(scenario).unwrap();
        scenario.realize(1, 2).unwrap().band().unwrap().channels.clone()
    };
    let wide = read("path = \"band.npz\"");
    for (n, part) in wide.iter().enumerate() {
        for (user, antenna) in [(0, 0), (0, 3), (1, 2)] {
            let wanted = values[((2 * 2 + user) * 4 + antenna) * 4 + n];
            assert_eq!(part[(antenna, user)], wanted, "{n}, {user}, {antenna}");
        }
    }
    let flat = read("path = \"flat.npz\"");
    assert!(flat.len() == 4 && flat.iter().all(|part| *part == wide[0]));
    assert_eq!(read("path = \"band.npz\"\nsubcarrier = 0"), flat);
    let error = refusal(dir, &text("path = \"band.npz\"", 5));
    assert!(error.found.contains("4 subcarriers") && error.allowed.contains("1 or 5"), "{error}");
    run(dir, &text("path = \"band.npz\"", 4), "ran", 1, 1);
}
