//! `cargo xtask validate`: the attack campaigns at depth.
//!
//! A campaign is a seeded property test whose name begins with `campaign_`: kills, damaged files,
//! mutated inputs, extreme fields, contradictory documents, interrupts, memory. In `cargo xtask
//! test` each takes a short slice; here the variable `NOCTULE_EFFORT` multiplies its cases. The
//! cases depend on the effort and on nothing else, so that a failure repeats.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::tools::{self, PROFILE, succeeded};

/// How many times the short slice. About ten minutes on two cores.
const EFFORT: u32 = 20;

/// What a campaign's name begins with.
const CAMPAIGN: &str = "campaign_";

/// Run the campaigns whose names contain one of these words, or all of them.
pub(crate) fn run(options: &[String], root: &Path) -> Result<(), String> {
    let (effort, words) = parse(options)?;
    tools::build(root)?;
    let begin = Instant::now();
    let filters: Vec<String> = if words.is_empty() { vec![CAMPAIGN.to_owned()] } else { words };
    eprintln!("xtask: campaigns at {effort} times the slice of `test`");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--workspace", "--profile", PROFILE, "--tests", "--no-fail-fast", "--"])
        .args(&filters)
        .env("NOCTULE_EFFORT", effort.to_string())
        .current_dir(root)
        .status();
    succeeded(status, "the campaigns")?;
    eprintln!("xtask: all campaigns held, {}", minutes(begin.elapsed()));
    Ok(())
}

/// `--effort N`, and words; each word gets the common beginning if it lacks it.
fn parse(options: &[String]) -> Result<(u32, Vec<String>), String> {
    let mut effort = EFFORT;
    let mut words = Vec::new();
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        if option == "--effort" {
            let number = rest.next().and_then(|text| text.parse().ok()).filter(|n| *n > 0);
            effort = number.ok_or("`--effort` takes a whole number from 1")?;
        } else if option.starts_with('-') {
            return Err(format!("`validate` has no option `{option}`"));
        } else if option.starts_with(CAMPAIGN) {
            words.push(option.clone());
        } else {
            words.push(format!("{CAMPAIGN}{option}"));
        }
    }
    Ok((effort, words))
}

fn minutes(time: Duration) -> String {
    format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn options_are_an_effort_and_words() {
        assert_eq!(parse(&[]), Ok((EFFORT, vec![])));
        let (effort, names) = parse(&words("--effort 3 kills campaign_memory")).unwrap();
        assert_eq!((effort, names), (3, words("campaign_kills campaign_memory")));
        for wrong in ["--effort", "--effort 0", "--effort x", "--fast"] {
            assert!(parse(&words(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_minutes() {
        assert_eq!(minutes(Duration::from_secs(605)), "10 min 05 s");
    }
}
