//! `cargo xtask bench`: what designs cost, in one committed table that no clock decides about.
//!
//! The example `counter` of the library runs kernels of every system. Counts of evaluations and
//! factorisations are compared in `cargo xtask test` ([`check`]) with the build of the tests; instructions, where
//! valgrind is there to count them, and times are of a release build, which has no assertions, and are written only.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tools::{self, PROFILE};

/// The page with the table, between two marks.
const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- bench: begin -->\n";
const END: &str = "<!-- bench: end -->";
/// What a count may differ by, relative: other processors fuse other products.
const TOLERANCE: f64 = 0.02;
/// What is not known.
const ABSENT: &str = "–";

/// A row of the table; texts as they stand there.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    kernel: String,
    designs: u64,
    /// Of all designs together.
    evaluations: u64,
    factorisations: u64,
    /// Of one design, thousands.
    instructions: String,
    /// Of one design, over that of the product, and in microseconds.
    time: [String; 2],
}

/// `cargo xtask bench [--check | --counts]`.
pub(crate) fn run(options: &[String], root: &Path) -> Result<(), String> {
    match options {
        [] => renew(&measured(root)?, root),
        [option] if option == "--check" => check(root),
        [option] if option == "--counts" => renew(&recounted(root)?, root),
        _ => Err("`bench` takes --check or --counts".to_owned()),
    }
}

/// Compare the counts of the build with the committed table.
pub(crate) fn check(root: &Path) -> Result<(), String> {
    let committed = committed(root)?;
    agree(&committed, &counted(root)?)?;
    eprintln!("xtask: the counts of {} kernels are as committed", committed.len());
    Ok(())
}

/// The program that counts. With the profile of tests its dependencies are compiled already; assertions in them, which
/// small products have the most of, would falsify times and instructions.
fn program(root: &Path, profile: &str) -> Result<PathBuf, String> {
    let arguments = ["build", "--workspace", "--profile", profile, "--example", "counter"];
    tools::cargo(root, &arguments, &[], "the program that counts does not build")?;
    tools::beside_in(profile, "examples/counter")
}

fn counted(root: &Path) -> Result<Vec<Row>, String> {
    rows(&output(&program(root, PROFILE)?, &[])?)
}

/// The committed table with the counts of today.
fn recounted(root: &Path) -> Result<Vec<Row>, String> {
    let committed = committed(root)?;
    let mut now = counted(root)?;
    for row in &mut now {
        if let Some(old) = committed.iter().find(|old| old.kernel == row.kernel) {
            (row.instructions, row.time) = (old.instructions.clone(), old.time.clone());
        }
    }
    Ok(now)
}

/// Everything, times and instructions too.
fn measured(root: &Path) -> Result<Vec<Row>, String> {
    let program = program(root, "release")?;
    let mut rows = rows(&output(&program, &["--time"])?)?;
    let simulator = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if simulator.is_err() {
        eprintln!("xtask: valgrind is not here: the table is without instructions");
        return Ok(rows);
    }
    for row in &mut rows {
        eprintln!("xtask: counting instructions of {}", row.kernel);
        let all = instructions(&program, &row.kernel)? as f64;
        row.instructions = three_digits(all / 1000.0 / row.designs as f64);
    }
    Ok(rows)
}

/// Instructions of one call of a kernel.
fn instructions(program: &Path, kernel: &str) -> Result<u64, String> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=*counted*"])
        .arg(program)
        .args(["--once", kernel])
        .output();
    let output = output.map_err(|error| format!("valgrind could not be started: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let number = said.lines().find_map(|line| line.split_once("Collected :"));
    let number = number.and_then(|(_, number)| number.trim().parse().ok());
    number.filter(|count| *count > 0).ok_or_else(|| {
        format!("valgrind counted nothing of {kernel}: {}", said.lines().last().unwrap_or_default())
    })
}

fn output(program: &PathBuf, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cannot start {}: {error}", program.display()))?;
    tools::succeeded(Ok(output.status), &program.display().to_string())?;
    String::from_utf8(output.stdout).map_err(|_| "the counts are not UTF-8".to_owned())
}

/// The lines that the program prints.
fn rows(text: &str) -> Result<Vec<Row>, String> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let (counts, times) = cells.get(1..4).map(|counts| (counts, cells.get(4..6)))?;
        let [designs, evaluations, factorisations] = [0, 1, 2].map(|i| counts[i].parse().ok());
        let time = match times {
            Some([ratio, micros]) => {
                [three_digits(ratio.parse().ok()?), three_digits(micros.parse().ok()?)]
            }
            _ => [ABSENT.to_owned(), ABSENT.to_owned()],
        };
        Some(Row {
            kernel: cells[0].to_owned(),
            designs: designs?,
            evaluations: evaluations?,
            factorisations: factorisations?,
            instructions: ABSENT.to_owned(),
            time,
        })
    };
    text.lines()
        .map(|line| row(line).ok_or_else(|| format!("`{line}` is no line of counts")))
        .collect()
}

/// A ratio in at least three digits, none of them after the point where there are more before it.
fn three_digits(ratio: f64) -> String {
    let decimals = if ratio < 9.995 { 2 } else { usize::from(ratio < 99.95) };
    format!("{ratio:.decimals$}")
}

const HEAD: &str = "\
| kernel | designs | evaluations | factorisations | instructions a design, thousands | time a design, P | time a design, µs |
|---|---|---|---|---|---|---|
";

fn written(rows: &[Row]) -> String {
    let mut text = HEAD.to_owned();
    for row in rows {
        let Row { kernel, designs, evaluations, factorisations, instructions, time } = row;
        let counts = format!("{designs} | {evaluations} | {factorisations}");
        // writing to a string does not fail
        let _ = writeln!(text, "| {kernel} | {counts} | {instructions} | {} |", time.join(" | "));
    }
    text
}

fn read(table: &str) -> Result<Vec<Row>, String> {
    let lines = table.strip_prefix(HEAD).ok_or_else(|| format!("{PAGE}: another head of table"))?;
    let row = |line: &str| {
        let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let cells: Vec<&str> = inner.split(" | ").collect();
        let [kernel, designs, evaluations, factorisations, instructions, ratio, micros] = cells[..]
        else {
            return None;
        };
        Some(Row {
            kernel: kernel.to_owned(),
            designs: designs.parse().ok()?,
            evaluations: evaluations.parse().ok()?,
            factorisations: factorisations.parse().ok()?,
            instructions: instructions.to_owned(),
            time: [ratio.to_owned(), micros.to_owned()],
        })
    };
    lines
        .lines()
        .map(|line| row(line).ok_or_else(|| format!("{PAGE}: `{line}` is no row of the table")))
        .collect()
}

/// The page before the table, the table, and what follows.
fn parts(page: &str) -> Result<[&str; 3], String> {
    let lacks = |mark: &str| format!("{PAGE} lacks the mark {}", mark.trim());
    let begin = page.find(BEGIN).ok_or_else(|| lacks(BEGIN))? + BEGIN.len();
    let length = page[begin..].find(END).ok_or_else(|| lacks(END))?;
    Ok([&page[..begin], &page[begin..begin + length], &page[begin + length..]])
}

fn page(root: &Path) -> Result<String, String> {
    fs::read_to_string(root.join(PAGE)).map_err(|error| format!("{PAGE} cannot be read: {error}"))
}

fn committed(root: &Path) -> Result<Vec<Row>, String> {
    read(parts(&page(root)?)?[1])
}

fn renew(rows: &[Row], root: &Path) -> Result<(), String> {
    let page = page(root)?;
    let [before, _, after] = parts(&page)?;
    let renewed = format!("{before}{}{after}", written(rows));
    fs::write(root.join(PAGE), renewed).map_err(|error| format!("cannot write {PAGE}: {error}"))
}

/// Whether the counts of today are the committed ones; a line for each that is not.
fn agree(committed: &[Row], now: &[Row]) -> Result<(), String> {
    let mut wrong = Vec::new();
    for row in now {
        let Some(old) = committed.iter().find(|old| old.kernel == row.kernel) else {
            wrong.push(format!("{} is not in the table", row.kernel));
            continue;
        };
        for (what, old, new) in [
            ("designs", old.designs, row.designs),
            ("evaluations", old.evaluations, row.evaluations),
            ("factorisations", old.factorisations, row.factorisations),
        ] {
            if old.abs_diff(new) as f64 > TOLERANCE * old as f64 {
                wrong.push(format!("{}: {old} {what} were committed, {new} now", row.kernel));
            }
        }
    }
    let gone = |old: &&Row| !now.iter().any(|row| row.kernel == old.kernel);
    wrong.extend(committed.iter().filter(gone).map(|old| format!("{} is gone", old.kernel)));
    if wrong.is_empty() {
        return Ok(());
    }
    let advice = "where this is meant, renew the table with `cargo xtask bench`, or its counts with --counts";
    Err(format!("{}; {advice}", wrong.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<Row> {
        let lines = [
            "product\t1\t0\t0\t1\t0.62",
            "a/one\t20\t1000\t3\t123.44\t76.5",
            "b/two\t1\t51\t0\t9.999\t6.2",
        ];
        rows(&lines.join("\n")).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let table = table();
        assert_eq!(table[1].time, ["123", "76.5"]);
        assert_eq!(table[2].time, ["10.0", "6.20"]);
        let page = format!("words\n{BEGIN}{}{END}\nmore\n", written(&table));
        let [before, middle, after] = parts(&page).unwrap();
        assert_eq!(read(middle).unwrap(), table);
        assert_eq!(format!("{before}{middle}{after}"), page);
        assert!(parts("words").unwrap_err().contains("lacks the mark"));
        assert!(read(&middle.replace("1000", "many")).unwrap_err().contains("no row"));
        assert!(rows("a/one\t20\t1000").unwrap_err().contains("no line of counts"));
    }

    #[test]
    fn two_percent_are_forgiven_and_no_more() {
        let committed = table();
        let with = |evaluations: u64| {
            let mut now = table();
            now[1].evaluations = evaluations;
            agree(&committed, &now)
        };
        for (evaluations, fine) in
            [(1000, true), (1020, true), (980, true), (1021, false), (979, false)]
        {
            assert_eq!(with(evaluations).is_ok(), fine, "{evaluations}");
        }
        assert!(
            with(1100).unwrap_err().contains("a/one: 1000 evaluations were committed, 1100 now")
        );
        // nothing was counted of the product, so nothing is forgiven
        let mut now = table();
        now[0].factorisations = 1;
        assert!(agree(&committed, &now).unwrap_err().contains("product: 0 factorisations"));
    }

    #[test]
    fn kernels_neither_vanish_nor_appear_unseen() {
        let all = table();
        assert!(agree(&all, &all[..2]).unwrap_err().contains("b/two is gone"));
        assert!(agree(&all[..2], &all).unwrap_err().contains("b/two is not in the table"));
    }
}
