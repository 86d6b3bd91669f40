//! A program that designs: one process an instance, a question on its input, an answer on its output.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use noctule::Interrupt;
use noctule_num::InputError;
use serde_json::Value;

use super::Verdict;

/// What an answer may have at most, in bytes: a thousand times the largest design of the benchmark.
const MOST_BYTES: u64 = 64 << 20;
/// How often a running program is looked at.
const GLANCE: Duration = Duration::from_millis(3);
/// How long its output may take to arrive after its end: a child of its own may hold it open.
const LATE: Duration = Duration::from_millis(500);

/// A program and the time that it has for an instance.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    limit: Duration,
}

/// An answer, or what to say of the program.
type Answer = Result<Value, Verdict>;

impl Program {
    /// A program by its path; one in `.py` is run by `python3`.
    ///
    /// # Errors
    /// A file that is not there, and a time that is none.
    pub fn new(path: &Path, limit_s: f64) -> Result<Self, InputError> {
        if !(limit_s > 0.0 && limit_s <= 1e6) {
            let found = limit_s.to_string();
            return Err(InputError::new("this is no time", "--limit", found, "seconds up to 10⁶"));
        }
        if !path.is_file() {
            let found = path.display().to_string();
            let error = InputError::new(
                "there is no such program",
                "--against",
                found,
                "a file that can be run",
            );
            return Err(error.hint("a program of PATH is named by where it is: `which mine`"));
        }
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        Ok(Self { path, limit: Duration::from_secs_f64(limit_s) })
    }

    fn command(&self) -> Command {
        let python = self.path.extension().is_some_and(|ending| ending == "py");
        let mut command = Command::new(if python { Path::new("python3") } else { &self.path });
        if python {
            command.arg(&self.path);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // a group of its own, so that it ends with all that it started
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }

    /// Ask once; `None` where the interrupt was raised meanwhile.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub(super) fn asked(
        &self,
        question: &str,
        interrupt: &Interrupt,
    ) -> Result<Option<Answer>, InputError> {
        if interrupt.is_raised() {
            return Ok(None);
        }
        let mut child = self.command().spawn().map_err(|error| {
            let found = format!("{}: {error}", self.path.display());
            InputError::new(
                "the program cannot be started",
                "--against",
                found,
                "a file that can be run",
            )
        })?;
        let question = question.as_bytes().to_vec();
        if let Some(mut input) = child.stdin.take() {
            // a program that does not read must not hold us up
            std::thread::spawn(move || {
                let _ = input.write_all(&question);
            });
        }
        let output = child.stdout.take().map(collected);
        let complaints = child.stderr.take().map(collected);
        let begin = Instant::now();
        let status = loop {
            if let Ok(Some(status)) = child.try_wait() {
                break status;
            }
            if interrupt.is_raised() {
                end(&mut child);
                return Ok(None);
            }
            if begin.elapsed() > self.limit {
                end(&mut child);
                return Ok(Some(Err(Verdict::TimedOut)));
            }
            std::thread::sleep(GLANCE);
        };
        let text = |from: Option<Receiver<Vec<u8>>>| {
            from.and_then(|from| from.recv_timeout(LATE).ok()).unwrap_or_default()
        };
        let (output, complaints) = (text(output), text(complaints));
        if !status.success() {
            let said = String::from_utf8_lossy(&complaints);
            let last = said.lines().rev().find(|line| !line.trim().is_empty());
            let why = last
                .map_or_else(|| status.to_string(), |line| line.trim().chars().take(300).collect());
            return Ok(Some(Err(Verdict::Crashed { why })));
        }
        Ok(Some(answer(&output)))
    }
}

fn answer(output: &[u8]) -> Answer {
    let no = |why: String| Verdict::NoDesign { why };
    if output.len() as u64 > MOST_BYTES {
        return Err(no(format!("the answer has more than {MOST_BYTES} bytes")));
    }
    if output.iter().all(u8::is_ascii_whitespace) {
        return Err(no("the program wrote no answer".to_owned()));
    }
    // as Python writes them, and no JSON: refused by name
    serde_json::from_slice(output).map_err(|error| {
        let text = String::from_utf8_lossy(output);
        let named = ["NaN", "Infinity"].into_iter().find(|word| text.contains(word));
        let what = named.map_or_else(String::new, |word| format!("; it has {word} in it"));
        no(format!("the answer is no JSON: {error}{what}"))
    })
}

/// All of a stream, read by a thread of its own, so that none fills while another is read.
fn collected(stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.take(MOST_BYTES + 1).read_to_end(&mut bytes);
        let _ = send.send(bytes);
    });
    receive
}

/// End a program that runs, on Unix with its children (those that made a group of their own go on).
fn end(child: &mut Child) {
    // nobody has waited for the child: its number is its own, and that of its group
    #[cfg(unix)]
    let _ = rustix::process::kill_process_group(
        rustix::process::Pid::from_child(child),
        rustix::process::Signal::KILL,
    );
    let _ = child.kill();
    let _ = child.wait();
}
