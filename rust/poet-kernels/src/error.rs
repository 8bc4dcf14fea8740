//! What a kernel refuses, with a message that a user can act on.

use std::error::Error;
use std::fmt;

/// Which of the two samples a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// The data that is compared.
    Current,
    /// The data it is compared against.
    Reference,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Current => "current",
            Self::Reference => "reference",
        })
    }
}

/// Why a kernel gave no result.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum KernelError {
    /// A sample holds no value, or its counts add up to nothing.
    Empty {
        /// The empty sample.
        sample: Sample,
    },
    /// A value is NaN, which has no place in an order.
    NotANumber {
        /// The sample that holds it.
        sample: Sample,
        /// Its position, from 0.
        index: usize,
    },
    /// Two count vectors do not describe the same categories.
    LengthMismatch {
        /// Number of current categories.
        current: usize,
        /// Number of reference categories.
        reference: usize,
    },
    /// The pseudo-count is negative, infinite or NaN.
    PseudoCount {
        /// The value given.
        value: f64,
    },
    /// Stored values or cumulative counts are not strictly ascending.
    NotSteps,
    /// The floor of a share is negative, NaN, or 1 and more.
    Floor {
        /// The value given.
        value: f64,
    },
    /// The smallest expected count asked for is negative, infinite or NaN.
    MinExpected {
        /// The value given.
        value: f64,
    },
    /// Both samples together hold too few values for the statistic to have a variance.
    TooFew {
        /// How many are needed.
        needed: u64,
    },
    /// The sizes are beyond what 63-bit integer arithmetic holds exactly.
    TooLarge,
    /// A setting is out of its range.
    Setting {
        /// Its name.
        name: &'static str,
        /// What it may be.
        wants: &'static str,
    },
    /// A stream holds an infinite value where only finite ones have a meaning.
    Infinite {
        /// Its position, from 0.
        index: usize,
    },
    /// A category code is beyond the categories of the reference.
    UnknownCode {
        /// Its position, from 0.
        index: usize,
        /// The code.
        code: i64,
        /// Number of categories.
        categories: usize,
    },
    /// Saved bytes are no state that can be resumed.
    State {
        /// What is wrong with them.
        what: &'static str,
    },
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { sample } => write!(f, "{sample} is empty"),
            Self::NotANumber { sample, index } => {
                write!(f, "{sample}[{index}] is NaN; drop missing values first")
            }
            Self::LengthMismatch { current, reference } => write!(
                f,
                "current has {current} categories and reference {reference}; \
                 both need one count per category, in the same order"
            ),
            Self::PseudoCount { value } => {
                write!(
                    f,
                    "pseudo_count is {value}; it must be finite and not negative"
                )
            }
            Self::NotSteps => f.write_str(
                "values and cumulative counts must be strictly ascending and equally many",
            ),
            Self::Floor { value } => {
                write!(f, "floor is {value}; it must be at least 0 and below 1")
            }
            Self::MinExpected { value } => {
                write!(
                    f,
                    "min_expected is {value}; it must be finite and not negative"
                )
            }
            Self::TooFew { needed } => {
                write!(f, "both samples together need at least {needed} values")
            }
            Self::TooLarge => f.write_str("the samples are too large for exact 63-bit arithmetic"),
            Self::Setting { name, wants } => write!(f, "{name} must be {wants}"),
            Self::Infinite { index } => {
                write!(f, "values[{index}] is infinite; clip or drop it first")
            }
            Self::UnknownCode {
                index,
                code,
                categories,
            } => write!(
                f,
                "values[{index}] is the code {code}, but the reference counts {categories} \
                 categories, 0 to {}",
                categories.saturating_sub(1)
            ),
            Self::State { what } => write!(f, "the state cannot be resumed: {what}"),
        }
    }
}

impl Error for KernelError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_sample_and_the_value() {
        let nan = KernelError::NotANumber {
            sample: Sample::Reference,
            index: 3,
        };
        assert_eq!(
            nan.to_string(),
            "reference[3] is NaN; drop missing values first"
        );
        let empty = KernelError::Empty {
            sample: Sample::Current,
        };
        assert_eq!(empty.to_string(), "current is empty");
        let pseudo = KernelError::PseudoCount { value: -1.0 };
        assert!(pseudo.to_string().contains("-1"));
        let lengths = KernelError::LengthMismatch {
            current: 2,
            reference: 3,
        };
        assert!(
            lengths
                .to_string()
                .starts_with("current has 2 categories and reference 3")
        );
    }
}
