//! One job a column on several threads, each result in its own place: any number of threads gives
//! the same result.
//!
//! Threads live for one call. A pool that outlives it would hang a process that was forked after
//! its first use, and a machine that allows no further thread still gets its result, on this one.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The results of `job(0)`, `job(1)`, … in order, on at most so many threads; 0 is one a core.
///
/// # Panics
///
/// If a job does.
pub fn each<T: Send>(jobs: usize, threads: usize, job: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let cores = || thread::available_parallelism().map_or(1, NonZero::get);
    let threads = if threads == 0 { cores() } else { threads }.min(jobs);
    if threads <= 1 {
        return (0..jobs).map(job).collect();
    }
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<T>>> = (0..jobs).map(|_| Mutex::new(None)).collect();
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(place) = results.get(index) else {
                break;
            };
            let result = job(index);
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // A thread that the machine refuses leaves its work to the others.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    let results = results
        .into_iter()
        .map(|place| place.into_inner().ok().flatten());
    results
        .map(|result| result.expect("every job ran"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_for_any_number_of_threads() {
        let expected: Vec<usize> = (0..57).map(|i| i * i).collect();
        for threads in [0, 1, 2, 8, 100] {
            assert_eq!(each(57, threads, |i| i * i), expected, "{threads} threads");
        }
        assert!(each(0, 8, |i| i).is_empty());
    }
}
