//! Arrow columns to kernels with as few copies as possible, many columns at once. No Python.
//!
//! - [`column`]: a column of any supported type as what a kernel takes
//! - [`measure`]: what integers count: pieces, days, microseconds, hundredths
//! - [`names`]: categories counted where they lie in memory
//! - `numbers`: numbers and times as float64 or int64
//! - [`profile`]: a reference column, fitted once
//! - [`compare`]: windows compared with it, from rows or from counts that add
//! - `given`: a window in front of its reference
//! - [`survey`]: one window compared in every way that a decision asks for, in one look
//! - [`merge`]: references of parts as the reference of all
//! - [`quantiles`]: of a reference and of counts
//! - [`single`]: one window compared in one way, with all its choices
//! - [`file`]: profiles and counts as files
//! - [`parallel`]: one job a column on several threads

pub mod column;
pub mod compare;
pub mod file;
mod given;
pub mod measure;
pub mod merge;
pub mod names;
mod numbers;
pub mod parallel;
pub mod profile;
pub mod quantiles;
pub mod single;
pub mod survey;

pub use column::{Column, ColumnError, Content, Kind};
pub use compare::{Ask, ColumnCounts, Compared, CountsFound};
pub use given::Cut;
pub use measure::{Measure, Quantity};
pub use names::fit_names;
pub use numbers::Numbers;
pub use profile::{Profile, Shape, Size};
pub use single::{Asked, Bins, OneTest};
pub use survey::{SurveyAsk, Surveyed};
