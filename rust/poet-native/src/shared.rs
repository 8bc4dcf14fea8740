//! Objects that several Python threads may use at once: one at a time, the others wait.

use std::sync::{Mutex, PoisonError, TryLockError};

use pyo3::prelude::*;

/// Runs `work` with the object locked. Waits without the GIL, which the holder of the lock may need
/// to finish.
pub fn with<'py, T: Send, R>(
    py: Python<'py>,
    object: &Mutex<T>,
    work: impl FnOnce(Python<'py>, &mut T) -> R,
) -> R {
    loop {
        match object.try_lock() {
            Ok(mut inner) => return work(py, &mut inner),
            Err(TryLockError::Poisoned(poisoned)) => return work(py, &mut poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                py.detach(|| drop(object.lock().unwrap_or_else(PoisonError::into_inner)));
            }
        }
    }
}
