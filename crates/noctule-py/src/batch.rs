//! Many designs at once, on all cores.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use noctule_lab::single::SingleError;
use pyo3::prelude::*;
use rayon::prelude::*;

use crate::arrays::whole;
use crate::errors;
use crate::interrupt::leavable;
use crate::single::{Order, Problem, settings};
use crate::told::{Keep, Told};

/// More threads than this are a mistake.
const MOST_THREADS: u64 = 4096;

/// Design every problem with the same scheme and settings.
///
/// Returns one entry per problem, in order: a design, or the exception it would have raised.
/// `keep` says how much of a design is kept. `progress(done, total)` is called from the calling thread, several times a second.
#[pyfunction]
#[pyo3(signature = (
    problems, scheme, settings=None, certify=false, threads=None, progress=None, keep="all"
))]
#[allow(clippy::too_many_arguments, reason = "the keywords of the Python function")]
pub(crate) fn design_batch(
    py: Python<'_>,
    problems: Vec<Py<Problem>>,
    scheme: &str,
    settings: Option<&Bound<'_, PyAny>>,
    certify: bool,
    threads: Option<&Bound<'_, PyAny>>,
    progress: Option<Py<PyAny>>,
    keep: &str,
) -> PyResult<Vec<Py<PyAny>>> {
    let Some(first) = problems.first() else { return Ok(Vec::new()) };
    let keep = Keep::named(keep)?;
    let system = first.get().system;
    let settings = self::settings(system, scheme, settings, certify)?;
    let orders = orders(&problems, system.id())?;
    let pool = pool(threads_of(threads)?)?;
    let (done, total) = (Arc::new(AtomicU64::new(0)), orders.len() as u64);
    let (count, scheme) = (Arc::clone(&done), scheme.to_owned());
    let work = move |interrupt: &noctule::Interrupt| -> Vec<Option<Result<Told, SingleError>>> {
        let design = |order: &Order| {
            if interrupt.is_raised() {
                return None;
            }
            let source = order.source();
            let story = system.design(&source, &scheme, &settings, interrupt);
            count.fetch_add(1, Ordering::Relaxed);
            Some(story.map(|story| Told::new(story, keep, source)))
        };
        pool.install(|| orders.par_iter().with_max_len(1).map(design).collect())
    };
    let tick = |py: Python<'_>| match &progress {
        Some(progress) => progress.call1(py, (done.load(Ordering::Relaxed), total)).map(|_| ()),
        None => Ok(()),
    };
    let told = leavable(py, work, tick)?;
    told.into_iter()
        .flatten()
        .map(|told| match told {
            Ok(told) => Ok(Py::new(py, told)?.into_any()),
            Err(error) => Ok(errors::single(error).into_value(py).into_any()),
        })
        .collect()
}

/// What is to be designed, for work on other threads: all of one system.
fn orders(problems: &[Py<Problem>], system: &str) -> PyResult<Vec<Order>> {
    let order = |(index, problem): (usize, &Py<Problem>)| {
        let problem = problem.get();
        if problem.system.id() == system {
            return Ok(problem.order());
        }
        let allowed = format!("instances of `{system}`, as the first");
        let place = format!("instances[{index}]");
        Err(errors::refuse("the systems differ", &place, problem.system.id(), allowed))
    };
    problems.iter().enumerate().map(order).collect()
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
