//! POET's statistics: slices and counts in, plain structs and an error enum out.
//!
//! Nothing here knows Python or Polars. Each kernel is one small file that cites its source:
//!
//! - [`ks`]: exact two-sample Kolmogorov–Smirnov statistic
//! - [`extremes`]: from the largest distances to the test, for every road that finds them
//! - [`ks_p_value`]: its p-value, exact or asymptotic with the error stated
//! - [`counts`]: distances and tests of two count vectors
//! - [`samples`]: distances and tests of two sorted samples
//! - [`gamma`]: the chi-square survival function
//! - [`reference`]: a reference column, fitted once and compared with many windows
//! - [`window`]: a column as it lies in memory, in chunks with nulls
//! - [`sliding`]: statistics of a window that slides over a stream
//! - [`order`]: numbers as integers of the same order
//! - [`categories`], [`dictionary`]: counts per category, and names as numbers
//! - [`deviance`]: the cancellation-free building block of the divergences
//!
//! Every kernel is a pure function of its arguments: the same input gives the same bits, on any
//! number of threads.

pub mod categories;
pub mod counts;
pub mod deviance;
pub mod dictionary;
pub mod error;
pub mod extremes;
pub mod gamma;
pub mod ks;
mod ks_pvalue;
pub mod order;
pub mod reference;
pub mod samples;
pub mod sliding;
pub mod window;

pub use categories::{Categories, CategoryCounts, count_codes};
pub use counts::{
    ChiSquare, CountDistances, KlComparison, Smoothing, chi_square_test, compare_counts,
    kl_divergence,
};
pub use dictionary::Dictionary;
pub use error::{KernelError, Sample};
pub use extremes::{Extreme, Extremes};
pub use ks::{KsComparison, KsTest, ks_2samp};
pub use ks_pvalue::{
    Alternative, EXACT_MAX_CELLS, EXACT_MAX_LARGER, EXACT_MAX_SIZE, PValue, PValueChoice,
    PValueMethod, ks_p_value, ks_p_value_by,
};
pub use order::Ordered;
pub use reference::{Counts, Difference, Ranks, Reference, SURVEY_LEVELS, Scan, Spread, rank_of};
pub use window::{Chunk, Validity, Window};
