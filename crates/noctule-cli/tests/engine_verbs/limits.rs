//! Signals at any moment, and memory at extreme sizes.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::effort::effort;
use super::{noctule, text};

/// What a command may take to end after a signal, and what a busy machine may add to it.
const PROMISED: Duration = Duration::from_millis(500);
const ALLOWANCE: Duration = Duration::from_millis(1500);

/// A draw from `0..below` that depends on the case alone.
fn draw(case: u64, what: u64, below: u64) -> u64 {
    // SplitMix64
    let mut z = (case * 16 + what + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % below
}

/// Start a command and wait until it listens to signals: before that they end any process.
fn start(dir: &Path, line: &str) -> Child {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut child =
        noctule(dir, &words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let begin = Instant::now();
    while !listens(&child)
        && child.try_wait().unwrap().is_none()
        && begin.elapsed() < Duration::from_secs(5)
    {
        sleep(Duration::from_millis(5));
    }
    child
}

/// Whether a process catches SIGUSR1, the last that it registers; where that cannot be seen, yes.
fn listens(child: &Child) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{}/status", child.id())) else {
        return true;
    };
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    caught.is_none_or(|mask| mask & (1 << 9) != 0)
}

/// Send a signal and wait: how it ended, how long that took, what it said.
fn stop(child: Child, signal: &str) -> (ExitStatus, Duration, String) {
    let begin = Instant::now();
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(sent.is_ok());
    let output = child.wait_with_output().unwrap();
    (output.status, begin.elapsed(), text(&output.stderr))
}

/// Everything that once went on for seconds, minutes or for ever.
const LONG: [&str; 12] = [
    "design frame -s scenario.transmit_antennas=1000",
    "design frame -s scenario.transmit_antennas=1024 -s scenario.receive_antennas=1024",
    "design surfaces -s scenario.echo_draws=100000",
    "design cellfree -s scenario.users=1000",
    "design cellfree -s scenario.aps=1000",
    "design cellfree -s scenario.users=1000 --scheme zero-forcing",
    "design beamforming -s scenario.users=1000",
    "design beamforming -s scenario.transmit_array={horizontal=32,vertical=32} -s scenario.users=64",
    "design pilots --scheme located -s scheme.noise_trials=100000",
    "bench pilots --trials 500",
    "check sweep.toml",
    "run beamforming/region --trials 50000 --out run",
];

/// An experiment whose check takes a while.
fn write_sweep(dir: &Path) {
    let values: Vec<String> = (0..40_000).map(|i| format!("{i}.5")).collect();
    let text = format!(
        "format = \"noctule-experiment/1\"\ntitle = \"Sweep\"\nsystem = \"beamforming\"\nseed = 1\n\
         trials = 1\n[[scheme]]\nname = \"mrt\"\n[[sweep]]\npath = \"scenario.rate_weight_per_nat\"\nvalues = [{}]\n",
        values.join(", ")
    );
    fs::write(dir.join("sweep.toml"), text).unwrap();
}

const FINISHED: &str = "{\"format\": \"noctule-design/1\", \"finished\": true}";

#[test]
fn campaign_interrupts() {
    let folder = tempfile::tempdir().unwrap();
    write_sweep(folder.path());
    let kept = folder.path().join("kept.json");
    for case in 0..5 * effort::<u64>() {
        let which = LONG[draw(case, 0, LONG.len() as u64) as usize];
        let line = match which.starts_with("design") {
            true => format!("{which} --out kept.json"),
            false => which.to_owned(),
        };
        // A document of ours: another file would not be replaced by any design.
        fs::write(&kept, FINISHED).unwrap();
        let mut child = start(folder.path(), &line);
        sleep(Duration::from_millis(draw(case, 1, 700)));
        if let Some(early) = child.try_wait().unwrap() {
            assert!(early.success(), "case {case}: {line} is no command that runs");
            continue;
        }
        let signal = ["-INT", "-TERM", "-USR1"][draw(case, 2, 3) as usize];
        let (status, took, said) = stop(child, signal);
        if status.success() {
            // It was done before the signal arrived.
            continue;
        }
        assert_eq!(status.code(), Some(75), "case {case}: {line}: {said}");
        assert!(took < PROMISED + ALLOWANCE, "case {case}: {line}: {took:?}");
        assert_eq!(fs::read(&kept).unwrap(), FINISHED.as_bytes(), "case {case}: {line}");
    }
}

#[test]
fn an_interrupted_design_is_written_only_where_there_is_none_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let line = "design pilots --scheme located -s scheme.noise_trials=100000 --out new.json";
    let child = start(folder.path(), line);
    sleep(Duration::from_millis(500));
    let (status, _, said) = stop(child, "-INT");
    assert_eq!(status.code(), Some(75), "{said}");
    if let Ok(document) = fs::read_to_string(folder.path().join("new.json")) {
        assert!(document.contains("\"stop\": \"interrupted\""), "{said}");
    }
    fs::write(folder.path().join("new.json"), FINISHED).unwrap();
    let child = start(folder.path(), line);
    sleep(Duration::from_millis(500));
    let (status, _, said) = stop(child, "-INT");
    assert_eq!(status.code(), Some(75), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("new.json")).unwrap(), FINISHED, "{said}");
}

/// The largest resident size of a process so far, in MB.
#[cfg(target_os = "linux")]
pub(super) fn peak_mb(child: &Child) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// Commands at the edge of what is allowed, and the MB that they may take in their first seconds.
#[cfg(target_os = "linux")]
const CAPS: [(&str, f64); 6] = [
    ("design cellfree -s scenario.aps=1000 --scheme mrt", 900.0),
    ("design cellfree -s scenario.aps=1000", 1200.0),
    (
        "design cellfree -s scenario.aps=1000 -s scenario.requirement.max-error=1.0 --scheme majorisation",
        400.0,
    ),
    ("design frame -s scenario.transmit_antennas=1024", 900.0),
    ("design beamforming -s scenario.users=1000 --scheme mrt", 400.0),
    ("design surfaces -s scenario.echo_draws=100000", 200.0),
];

#[cfg(target_os = "linux")]
#[test]
fn campaign_memory_caps() {
    let folder = tempfile::tempdir().unwrap();
    for case in 0..2 * effort::<u64>() {
        let (line, cap) = CAPS[(case % CAPS.len() as u64) as usize];
        let mut child = start(folder.path(), line);
        let (begin, mut peak) = (Instant::now(), 0.0_f64);
        let patience = Duration::from_millis(1000 + draw(case, 3, 1000) * effort::<u64>().min(10));
        while child.try_wait().unwrap().is_none() && begin.elapsed() < patience {
            peak = peak_mb(&child).map_or(peak, |now| now.max(peak));
            sleep(Duration::from_millis(5));
        }
        let (_, _, said) = stop(child, "-INT");
        assert!(peak < cap, "{line}: {peak:.0} MB, at most {cap} are stated; {said}");
    }
}
