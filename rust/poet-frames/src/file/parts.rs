//! What both formats have: sizes, measures, and the rules for counts, texts and hashes.

use super::columns::{Columns, Plain, Texts};
use super::hash::hex;
use crate::measure::{Measure, Quantity};
use crate::profile::Size;

/// The most values, nulls and NaN together: so many float64 counts exactly, and the sums of a
/// thousand such windows stay below 64 bits.
const MOST: u64 = 1 << 53;

/// What makes a category unwritable: text in Arrow is UTF-8.
pub const NO_TEXT: &str = "a category is no UTF-8";

const QUANTITIES: [(Quantity, &str); 6] = [
    (Quantity::Number, "number"),
    (Quantity::Date, "date"),
    (Quantity::Time, "time"),
    (Quantity::LocalTime, "local_time"),
    (Quantity::Instant, "instant"),
    (Quantity::Duration, "duration"),
];

/// The name of a quantity in a file.
pub fn quantity_name(quantity: Quantity) -> &'static str {
    let found = QUANTITIES.iter().find(|(q, _)| *q == quantity);
    found.map_or("", |(_, name)| name)
}

/// The columns `quantity` and `exponent`.
pub struct Measures<'a> {
    quantity: Texts<'a>,
    exponent: Plain<'a, 1>,
}

impl<'a> Measures<'a> {
    pub fn new(columns: &mut Columns<'a>) -> Option<Self> {
        Some(Self {
            quantity: columns.texts()?,
            exponent: columns.plain()?,
        })
    }

    pub fn get(&self, row: usize) -> Result<Option<Measure>, &'static str> {
        let exponent = self.exponent.get(row).map(i8::from_le_bytes);
        let (name, exponent) = match (self.quantity.get(row)?, exponent) {
            (None, None) => return Ok(None),
            (Some(name), Some(exponent)) => (name, exponent),
            _ => return Err("it has a quantity without an exponent or the reverse"),
        };
        let found = QUANTITIES.iter().find(|(_, n)| *n == name);
        let &(quantity, _) = found.ok_or("its quantity is none")?;
        let has_it = match quantity {
            Quantity::Number => true,
            Quantity::Date => exponent == 0,
            _ => matches!(exponent, 0 | 3 | 6 | 9),
        };
        if !has_it {
            return Err("its quantity has no such exponent");
        }
        Ok(Some(Measure { quantity, exponent }))
    }
}

/// The columns `n`, `nulls` and `nan`.
pub struct Sizes<'a> {
    n: Plain<'a, 8>,
    nulls: Plain<'a, 8>,
    nan: Plain<'a, 8>,
}

impl<'a> Sizes<'a> {
    pub fn new(columns: &mut Columns<'a>) -> Option<Self> {
        Some(Self {
            n: columns.plain()?,
            nulls: columns.plain()?,
            nan: columns.plain()?,
        })
    }

    pub fn get(&self, row: usize) -> Result<Size, &'static str> {
        let get = |column: &Plain<'_, 8>| {
            let count = column.get(row).map(u64::from_le_bytes);
            count.ok_or("one of its sizes is null")
        };
        Ok(Size {
            n: get(&self.n)?,
            nulls: get(&self.nulls)?,
            nan: get(&self.nan)?,
        })
    }
}

/// Whether a file holds so many values, and whether `n`, the sum of their counts, is their number.
pub fn check_size(size: Size, n: Option<u64>) -> Result<(), &'static str> {
    let all = size.n.checked_add(size.nulls);
    let all = all.and_then(|sum| sum.checked_add(size.nan));
    if all.is_none_or(|all| all > MOST) {
        return Err("it counts more than 2^53 values");
    }
    if n == Some(size.n) {
        Ok(())
    } else {
        Err("its counts do not add up to the number of its values")
    }
}

pub fn sum(counts: &[u64]) -> Option<u64> {
    let mut counts = counts.iter();
    counts.try_fold(0_u64, |sum, &count| sum.checked_add(count))
}

/// Whether the hash in the file is that of the content.
///
/// Under a fuzzer always: it cannot invent rows whose hash holds, and is to reach what lies behind.
pub fn check_hash(stored: Option<&str>, computed: [u8; 16]) -> Result<(), &'static str> {
    if cfg!(fuzzing) || stored == Some(hex(computed).as_str()) {
        Ok(())
    } else {
        Err("its content does not have the hash that was written with it")
    }
}

/// Texts in the order of their bytes, each once.
pub fn check_ascending(texts: &[&str]) -> Result<(), &'static str> {
    if texts.is_sorted_by(|a, b| a < b) {
        Ok(())
    } else {
        Err("its categories are not in order")
    }
}
