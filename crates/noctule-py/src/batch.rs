//! Many designs at once, on all cores.

use std::sync::atomic::{AtomicU64, Ordering};

use noctule_lab::single::{SingleError, Story};
use pyo3::prelude::*;
use rayon::prelude::*;

use crate::arrays::whole;
use crate::errors;
use crate::interrupt::interruptible;
use crate::single::{Problem, Told, raised, settings};

/// More threads than this are a mistake.
const MOST_THREADS: u64 = 4096;

/// Design every problem with the same scheme and settings.
///
/// Returns one entry per problem, in order: a design, or the exception it would have raised.
/// `progress(done, total)` is called from the calling thread, several times a second.
#[pyfunction]
#[pyo3(signature = (problems, scheme, settings=None, certify=false, threads=None, progress=None))]
pub(crate) fn design_batch(
    py: Python<'_>,
    problems: Vec<Py<Problem>>,
    scheme: &str,
    settings: Option<&Bound<'_, PyAny>>,
    certify: bool,
    threads: Option<&Bound<'_, PyAny>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Vec<Py<PyAny>>> {
    let Some(first) = problems.first() else { return Ok(Vec::new()) };
    let system = first.get().system;
    let settings = self::settings(system, scheme, settings, certify)?;
    let sources: Vec<_> = problems
        .iter()
        .enumerate()
        .map(|(index, problem)| {
            let problem = problem.get();
            if problem.system.id() == system.id() {
                return Ok(&problem.source);
            }
            let allowed = format!("instances of `{}`, as the first", system.id());
            let place = format!("instances[{index}]");
            Err(errors::refuse("the systems differ", &place, problem.system.id(), allowed))
        })
        .collect::<PyResult<_>>()?;
    let pool = pool(threads_of(threads)?)?;
    let (done, total) = (AtomicU64::new(0), sources.len() as u64);
    let work = |interrupt: &noctule::Interrupt| -> Vec<Option<Result<Story, SingleError>>> {
        pool.install(|| {
            sources
                .par_iter()
                .with_max_len(1)
                .map(|source| {
                    if interrupt.is_raised() {
                        return None;
                    }
                    let story = system.design(source, scheme, &settings, interrupt);
                    done.fetch_add(1, Ordering::Relaxed);
                    Some(story)
                })
                .collect()
        })
    };
    let tick = |py: Python<'_>| match &progress {
        Some(progress) => progress.call1(py, (done.load(Ordering::Relaxed), total)).map(|_| ()),
        None => Ok(()),
    };
    let stories = interruptible(py, work, tick)?;
    stories
        .into_iter()
        .flatten()
        .map(|story| match story {
            Ok(story) => Ok(Py::new(py, Told::new(story))?.into_any()),
            Err(error) => Ok(raised(error).into_value(py).into_any()),
        })
        .collect()
}

/// A number of threads, where one is asked for.
pub(crate) fn threads_of(threads: Option<&Bound<'_, PyAny>>) -> PyResult<Option<usize>> {
    let Some(given) = threads else { return Ok(None) };
    match whole(given, "threads")? {
        0 => Err(errors::refuse("there is no thread to work", "threads", "0", "1 or more")),
        threads if threads <= MOST_THREADS => Ok(Some(threads as usize)),
        threads => {
            let allowed = format!("1 to {MOST_THREADS}");
            Err(errors::refuse(
                "there are too many threads",
                "threads",
                threads.to_string(),
                allowed,
            ))
        }
    }
}

/// As many threads as asked for, or one per core.
fn pool(threads: Option<usize>) -> PyResult<rayon::ThreadPool> {
    let threads = threads.unwrap_or(0);
    rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(8 << 20).build().map_err(
        |error| errors::refuse("threads cannot be started", "threads", error.to_string(), "fewer"),
    )
}
