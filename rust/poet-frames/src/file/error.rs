//! Why a file cannot be read or written.

use std::error::Error;
use std::fmt;

/// Why a file cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileError {
    /// The bytes are no Arrow IPC file, or one that something else wrote.
    Foreign {
        /// The format that was expected.
        format: &'static str,
        /// What is there instead.
        found: String,
    },
    /// A newer POET wrote the file.
    Newer {
        /// The format.
        format: &'static str,
        /// Its version in the file.
        found: u64,
    },
    /// The file holds what no POET writes.
    Damaged {
        /// The format.
        format: &'static str,
        /// The row, from 0; none where the file as a whole is meant.
        row: Option<usize>,
        /// What is wrong.
        what: String,
    },
    /// Counts that were made against none of the profiles given.
    OtherProfile {
        /// The row, from 0.
        row: usize,
        /// Its name.
        name: Option<String>,
    },
    /// More rows of counts than profiles to read them with.
    Rows {
        /// The rows in the file.
        rows: usize,
        /// The profiles given.
        profiles: usize,
    },
    /// What a file cannot hold.
    Unwritable {
        /// The row, from 0.
        row: usize,
        /// Why.
        what: String,
    },
    /// A file that cannot be opened or read.
    Unreadable {
        /// What the operating system says, and of which file.
        what: String,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign { format, found } => write!(
                f,
                "this is no {format} file: {found}; read what POET wrote as {format}"
            ),
            Self::Newer { format, found } => write!(
                f,
                "the {format} file has format_version {found}, this POET reads up to {}; \
                 update POET, or write the file again with this one",
                super::VERSION
            ),
            Self::Damaged { format, row, what } => {
                write!(f, "the {format} file is damaged")?;
                if let Some(row) = row {
                    write!(f, " in row {row}")?;
                }
                write!(f, ": {what}; write it again from its data")
            }
            Self::OtherProfile { row, name } => {
                write!(f, "the counts in row {row}")?;
                if let Some(name) = name {
                    write!(f, " ({name:?})")?;
                }
                f.write_str(
                    " were made against another profile; read them with that profile, \
                     or count again against this one",
                )
            }
            Self::Rows { rows, profiles } => write!(
                f,
                "the file holds {rows} rows of counts, but profiles are given for {profiles}; \
                 give one profile for each row"
            ),
            Self::Unwritable { row, what } => write!(f, "row {row} cannot be written: {what}"),
            Self::Unreadable { what } => f.write_str(what),
        }
    }
}

impl Error for FileError {}
