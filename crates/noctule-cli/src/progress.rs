//! Progress on stderr: a bar on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use noctule_lab::run::{Progress, Step};

/// How often a line is written where there is no terminal.
const QUIET: Duration = Duration::from_secs(10);

/// What is over before this shows no spinner.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often a spinner or the clock of a bar moves on.
const TURN: Duration = Duration::from_millis(200);

/// Shows how far a run is.
#[derive(Debug)]
pub(crate) struct Watcher {
    bar: ProgressBar,
    on_terminal: bool,
    begun: OnceLock<(Instant, u64, u64)>,
    last: Mutex<Instant>,
    done: AtomicU64,
    failed: AtomicU64,
    unsound: AtomicU64,
    infeasible: AtomicU64,
}

impl Watcher {
    pub(crate) fn new() -> Self {
        let on_terminal = std::io::stderr().is_terminal();
        let target =
            if on_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let template = "{bar:32} {pos}/{len} · {elapsed} · {per_sec} · {eta} left{msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸ "));
        }
        if on_terminal {
            // One step may take long: the clock shows that something happens.
            bar.enable_steady_tick(TURN);
        }
        Self {
            bar,
            on_terminal,
            begun: OnceLock::new(),
            last: Mutex::new(Instant::now()),
            done: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            unsound: AtomicU64::new(0),
            infeasible: AtomicU64::new(0),
        }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// ` · 3 failed · 2 unsound · 1 infeasible`.
    fn troubles(&self) -> String {
        let [failed, unsound, infeasible] = [&self.failed, &self.unsound, &self.infeasible]
            .map(|count| count.load(Ordering::Relaxed));
        let part = |count: u64, word: &str| {
            if count > 0 { format!(" · {count} {word}") } else { String::new() }
        };
        part(failed, "failed") + &part(unsound, "unsound") + &part(infeasible, "infeasible")
    }

    fn line(&self) {
        let Some((start, total, before)) = self.begun.get() else { return };
        let done = self.done.load(Ordering::Relaxed);
        let seconds = start.elapsed().as_secs_f64();
        let rate = done as f64 / seconds.max(1e-9);
        let left = (total - before).saturating_sub(done) as f64 / rate.max(1e-9);
        say(&format!(
            "{}/{total} · {rate:.3}/s · {} left{}",
            before + done,
            indicatif::HumanDuration(Duration::from_secs_f64(left.min(1e9))),
            self.troubles(),
        ));
    }
}

/// Shows on a terminal that something happens where nothing can be counted. Elsewhere, and for
/// what is over soon, it shows nothing.
#[derive(Debug)]
pub(crate) struct Spinner {
    doing: Option<&'static str>,
    begun: Instant,
}

/// When the spinner was last drawn, while it stands on the terminal.
static DRAWN: Mutex<Option<Instant>> = Mutex::new(None);

impl Spinner {
    pub(crate) fn new(doing: Option<&'static str>) -> Self {
        let doing = doing.filter(|_| std::io::stderr().is_terminal());
        Self { doing, begun: Instant::now() }
    }

    /// Draw it again where it is time to.
    pub(crate) fn turn(&self) {
        let elapsed = self.begun.elapsed();
        let Some(doing) = self.doing.filter(|_| elapsed >= PATIENCE) else { return };
        let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.is_some_and(|last| last.elapsed() < TURN) {
            return;
        }
        const FRAMES: [char; 4] = ['⠋', '⠸', '⠴', '⠇'];
        let frame = FRAMES[(elapsed.as_millis() / TURN.as_millis()) as usize % FRAMES.len()];
        let seconds = elapsed.as_secs();
        let _ = write!(std::io::stderr(), "\r\x1b[2K{frame} {doing} · {seconds} s · Ctrl-C stops");
        *drawn = Some(Instant::now());
    }

    /// Make room for something else to be printed.
    pub(crate) fn clear() {
        let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.take().is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}

/// Counts steps of something that has no chunks.
#[derive(Debug)]
pub(crate) struct Ticker(Watcher);

impl Ticker {
    pub(crate) fn new(total: u64) -> Self {
        let watcher = Watcher::new();
        watcher.begin(total, 0);
        Self(watcher)
    }

    pub(crate) fn tick(&self) {
        self.0.unit(Step::default());
    }

    pub(crate) fn finish(&self) {
        self.0.finish();
    }
}

/// One line of prose. A closed stderr is no reason to stop.
pub(crate) fn say(text: &str) {
    Spinner::clear();
    let _ = writeln!(std::io::stderr(), "{text}");
}

impl Progress for Watcher {
    fn begin(&self, total: u64, done: u64) {
        let _ = self.begun.set((Instant::now(), total, done));
        self.bar.set_length(total);
        self.bar.set_position(done);
        self.bar.reset_eta();
    }

    fn unit(&self, step: Step) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.bar.inc(1);
        if step.failed + step.unsound + step.infeasible > 0 {
            self.unsound.fetch_add(step.unsound, Ordering::Relaxed);
            self.failed.fetch_add(step.failed, Ordering::Relaxed);
            self.infeasible.fetch_add(step.infeasible, Ordering::Relaxed);
            if self.on_terminal {
                self.bar.set_message(self.troubles());
            }
        }
        if !self.on_terminal
            && let Ok(mut last) = self.last.try_lock()
            && last.elapsed() >= QUIET
        {
            *last = Instant::now();
            self.line();
        }
    }

    fn healed(&self, path: &Path) {
        self.bar.suspend(|| {
            let packed = path.parent().is_some_and(|folder| folder.ends_with("packs"));
            let (what, then) = match packed {
                true => ("a damaged pack of chunks", "what is whole in it is kept, the rest"),
                false => ("a damaged chunk", "it"),
            };
            say(&format!("{what} was moved to {}; {then} is computed again", path.display()));
        });
    }
}
