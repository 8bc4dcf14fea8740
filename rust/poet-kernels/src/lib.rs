//! POET's statistics: slices and counts in, plain structs and an error enum out.
//!
//! Nothing here knows Python or Polars. Each kernel is one small file that cites its source:
//!
//! - [`ks`]: exact two-sample Kolmogorov–Smirnov statistic and its two-sided p-value
//! - [`kl`]: Kullback–Leibler divergence, G-test and total variation of two count vectors
//! - [`gamma`]: the chi-square survival function
//! - [`reference`]: a reference column, fitted once and compared with many windows
//! - [`window`]: a column as it lies in memory, in chunks with nulls
//! - [`order`]: numbers as integers of the same order
//! - [`categories`], [`dictionary`]: counts per category, and names as numbers
//! - [`deviance`]: the cancellation-free building block of the last two
//!
//! Every kernel is a pure function of its arguments: the same input gives the same bits, on any
//! number of threads.

pub mod categories;
pub mod deviance;
pub mod dictionary;
pub mod error;
pub mod gamma;
pub mod kl;
pub mod ks;
mod ks_pvalue;
pub mod order;
pub mod reference;
pub mod window;

pub use categories::{Categories, CategoryCounts, count_codes};
pub use dictionary::Dictionary;
pub use error::{KernelError, Sample};
pub use kl::{KlComparison, kl_divergence};
pub use ks::{KsComparison, ks_2samp};
pub use ks_pvalue::{Alternative, EXACT_MAX_CELLS, PValueMethod};
pub use order::Ordered;
pub use reference::{Difference, Reference};
pub use window::{Chunk, Validity, Window};
