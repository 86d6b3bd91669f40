//! Many designs in one call, on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use noctule_optim::Interrupt;

use super::design::design_from;
use super::{BeamformingDesign, Instance, Settings};
use crate::{Error, Run};

/// What became of one instance of a batch, and which one.
type Told = (usize, Result<BeamformingDesign, Error>);

/// [`design`](super::design()) for every instance, in their order, on `threads` threads (`None`: one a core).
///
/// Every design has the bytes that it has alone, whatever the number of threads; instances are taken one
/// by one, so that a long one holds up nobody. Each is a design or the error of that instance, at its place.
/// After `interrupt` is raised, instances that were not begun come back as interrupted climbs
/// of their first start.
///
/// ```
/// use noctule::Interrupt;
/// use noctule::beamforming::{Scenario, Settings, design_batch};
///
/// let scenario = Scenario { users: 2, ..Scenario::paper() };
/// let drops = (0..4).map(|trial| scenario.realize(1, trial)).collect::<Result<Vec<_>, _>>()?;
/// let designs = design_batch(&drops, &Settings::default(), None, &Interrupt::new());
/// let designs = designs.into_iter().collect::<Result<Vec<_>, _>>()?;
/// assert!(designs.iter().all(|design| design.metrics.objective.is_some()));
/// # Ok::<(), noctule::Error>(())
/// ```
pub fn design_batch(
    instances: &[Instance],
    settings: &Settings,
    threads: Option<usize>,
    interrupt: &Interrupt,
) -> Vec<Result<BeamformingDesign, Error>> {
    let one = |index: usize| design_from(&instances[index], settings, &Run::new(interrupt));
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.unwrap_or_else(cores).min(instances.len());
    if threads <= 1 {
        return (0..instances.len()).map(one).collect();
    }
    let (next, told) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(instances.len())));
    let work = || {
        let mut own: Vec<Told> = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= instances.len() {
                break;
            }
            own.push((index, one(index)));
        }
        // A lock is poisoned only where a design has panicked, which the scope passes on.
        if let Ok(mut told) = told.lock() {
            told.extend(own);
        }
    };
    std::thread::scope(|scope| {
        // The calling thread works too.
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut told = told.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    told.sort_by_key(|(index, _)| *index);
    told.into_iter().map(|(_, design)| design).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::beamforming::{Scenario, design};

    #[test]
    fn designs_of_a_batch_are_those_of_single_calls() {
        let scenario = |users| Scenario { users, ..Scenario::paper() };
        // No users, one, and several; the sizes of the problems differ.
        let drops: Vec<Instance> =
            [2, 0, 4, 1, 3].map(|users| scenario(users).realize(8, users as u64).unwrap()).to_vec();
        let settings = Settings::default();
        let never = Interrupt::new();
        for threads in [None, Some(1), Some(3), Some(64)] {
            let batch = design_batch(&drops, &settings, threads, &never);
            assert_eq!(batch.len(), drops.len());
            for (drop, found) in drops.iter().zip(batch) {
                assert_eq!(found.unwrap(), design(drop, &settings).unwrap(), "{threads:?}");
            }
        }
        assert!(design_batch(&[], &settings, None, &never).is_empty());
        assert_eq!(design_batch(&drops[..1], &settings, None, &never).len(), 1);
    }

    #[test]
    fn an_error_stays_at_its_place() {
        let plain = Scenario { users: 2, ..Scenario::paper() }.realize(1, 0).unwrap();
        let settings = Settings { starts: Some(0), ..Settings::default() };
        let found = design_batch(&[plain.clone(), plain], &settings, Some(2), &Interrupt::new());
        assert!(found.len() == 2 && found.iter().all(Result::is_err));
    }
}
