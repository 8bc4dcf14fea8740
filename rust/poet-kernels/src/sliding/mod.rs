//! Statistics of a window that slides over a stream, kept up to date value by value.
//!
//! - [`ks`]: the exact Kolmogorov–Smirnov statistic after every value, and decisions alone
//! - [`counts`]: Kullback–Leibler, population stability and Jensen–Shannon of category counts
//! - [`jump`]: one comparison every `step` rows over windows that overlap
//! - [`adwin`], [`page_hinkley`]: detectors that choose their own window
//!
//! Each keeps a state that can be saved as bytes ([`state`]) and resumed; a run that was
//! interrupted gives the same bits as one that was not.

#![expect(
    clippy::cast_possible_wrap,
    reason = "lengths of slices are below 2^63, and rows of ADWIN below 64"
)]

pub mod adwin;
mod blocks;
mod coarse;
pub mod counts;
mod critical;
mod decide;
pub mod jump;
pub mod ks;
mod lookup;
pub mod page_hinkley;
mod saved;
pub mod state;
mod walk;

pub use adwin::{Adwin, AdwinSettings};
pub use counts::{Distances, SlidingCounts};
pub use jump::{Jump, JumpingKs};
pub use ks::SlidingKs;
pub use lookup::CellOf;
pub use page_hinkley::{Mode, PageHinkley, PageHinkleySettings};
pub use saved::Saved;
pub use state::Kind;
pub use walk::Extremes;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
