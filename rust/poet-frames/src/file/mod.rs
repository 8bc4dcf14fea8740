//! Profiles, and counts made against them, as files: one row each, so that one file holds a column
//! or all columns of a frame.
//!
//! A file is an Arrow IPC file (Feather version 2) that any Arrow reader opens. Its schema names the
//! format, `poet.profiles` or `poet.counts`, and the `format_version`; a newer version is refused.
//! The columns are listed in `profiles.rs` and `counts.rs`; columns behind these are left unread.
//! The same rows give the same bytes. A file takes 5 kB and a row about 150 bytes; to that, a
//! distinct number adds 16 bytes, a category its text and 16 bytes, and a cell of counts 12 bytes.
//!
//! **Any bytes give what could have been written or an error.** What is read is held against
//! everything that [`Profile::fit`] and [`Profile::count`] keep to, and each row against a hash of
//! its content. What is read takes memory in proportion to the file's length, at most about three
//! times as much.

mod columns;
mod counts;
mod error;
mod hash;
mod ipc;
mod parts;
mod profiles;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use counts::{ReadCounts, counts_from_bytes, counts_to_bytes};
pub use error::FileError;
pub use hash::hex;
pub use profiles::{profiles_from_bytes, profiles_to_bytes};

use crate::profile::Profile;

/// The version of both formats.
pub const VERSION: u64 = 1;

/// A profile and, where it has one, the name of its column.
pub type Named = (Option<String>, Profile);

/// The profiles in a file.
///
/// # Errors
///
/// [`FileError::Unreadable`], and as [`profiles_from_bytes`].
pub fn profiles_from_path(path: &Path) -> Result<Vec<Named>, FileError> {
    profiles_from_bytes(&read(path)?)
}

/// The counts in a file that were made against these profiles.
///
/// # Errors
///
/// [`FileError::Unreadable`], and as [`counts_from_bytes`].
pub fn counts_from_path(path: &Path, profiles: &[&Profile]) -> Result<Vec<ReadCounts>, FileError> {
    counts_from_bytes(&read(path)?, profiles)
}

fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).map_err(|error| FileError::Unreadable {
        what: format!("{}: {error}", path.display()),
    })
}
