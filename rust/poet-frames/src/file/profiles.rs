//! The format `poet.profiles`.

use std::sync::Arc;

use arrow_array::types::{Float64Type, Int8Type, Int64Type, UInt64Type};
use poet_kernels::{Categories, Ordered, Reference};

use super::Named;
use super::columns::{self, Columns, Lists, Plain, Texts};
use super::error::FileError;
use super::hash::{Hash, hex};
use super::ipc::{Format, Type};
use super::parts::{
    Measures, NO_TEXT, Sizes, check_ascending, check_hash, check_size, quantity_name, sum,
};
use crate::column::Kind;
use crate::measure::{Measure, Quantity};
use crate::profile::{Profile, Shape, Size};

/// `quantity` and `exponent` are null but for integers; of `floats`, `integers` and `categories`
/// one is not null, or none where there are no values.
const FORMAT: Format = Format {
    name: "poet.profiles",
    columns: &[
        ("name", Type::Text),
        ("kind", Type::Text),
        ("quantity", Type::Text),
        ("exponent", Type::Small),
        ("n", Type::Count),
        ("nulls", Type::Count),
        ("nan", Type::Count),
        ("floats", Type::Floats),
        ("integers", Type::Integers),
        ("cumulative", Type::Counts),
        ("categories", Type::Texts),
        ("category_counts", Type::Counts),
        ("id", Type::Text),
    ],
    later: &[],
};

impl Profile {
    /// A hash of all that is kept: equal for two profiles exactly where they are interchangeable,
    /// but for a chance of 2^-128.
    ///
    /// It names the profile that counts were made against, and finds damage; it does not protect
    /// from forgery.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        let mut hash = Hash::default();
        hash.word(self.kind as u64);
        for count in [self.size.n, self.size.nulls, self.size.nan] {
            hash.word(count);
        }
        match &self.shape {
            Shape::Nothing => hash.word(0),
            Shape::Floats(reference) => {
                hash.word(1);
                hash_reference(&mut hash, reference);
            }
            Shape::Integers(reference, measure) => {
                hash.word(2);
                hash_measure(&mut hash, *measure);
                hash_reference(&mut hash, reference);
            }
            Shape::Names(categories) => {
                hash.word(3);
                hash.words(categories.counts().iter().copied());
                categories.names().names().for_each(|name| hash.bytes(name));
            }
        }
        hash.finish()
    }
}

fn hash_reference<T: Ordered>(hash: &mut Hash, reference: &Reference<T>) {
    hash.words(reference.values().iter().map(|value| value.key()));
    hash.words(reference.ranks().iter());
}

pub fn hash_measure(hash: &mut Hash, measure: Measure) {
    hash.word(measure.quantity as u64);
    hash.word(i64::from(measure.exponent).cast_unsigned());
}

/// The bytes of a file with these profiles and their columns' names.
///
/// # Errors
///
/// [`FileError::Unwritable`] for more than 2^53 values and for categories that are not UTF-8.
pub fn profiles_to_bytes(rows: &[(Option<&str>, &Profile)]) -> Result<Vec<u8>, FileError> {
    let mut names = Vec::with_capacity(rows.len());
    for (row, (_, profile)) in rows.iter().enumerate() {
        let written = writable(profile).map_err(|what| {
            let what = what.to_owned();
            FileError::Unwritable { row, what }
        })?;
        names.push(written);
    }
    let all = || rows.iter().map(|(_, profile)| *profile);
    let counts = |count: fn(&Size) -> u64| {
        columns::plain::<UInt64Type>(all().map(|profile| Some(count(&profile.size))))
    };
    let measure = |profile: &Profile| match profile.shape {
        Shape::Integers(_, measure) => Some(measure),
        _ => None,
    };
    FORMAT.write(vec![
        columns::texts(rows.iter().map(|(name, _)| *name)),
        columns::texts(all().map(|profile| Some(profile.kind.as_str()))),
        columns::texts(all().map(|profile| measure(profile).map(|m| quantity_name(m.quantity)))),
        columns::plain::<Int8Type>(all().map(|profile| measure(profile).map(|m| m.exponent))),
        counts(|size| size.n),
        counts(|size| size.nulls),
        counts(|size| size.nan),
        columns::lists::<Float64Type>(all().map(|profile| match &profile.shape {
            // The key has one zero for both.
            Shape::Floats(reference) => Some(reference.values().iter().map(|v| v + 0.0)),
            _ => None,
        })),
        columns::lists::<Int64Type>(all().map(|profile| match &profile.shape {
            Shape::Integers(reference, _) => Some(reference.values().iter().copied()),
            _ => None,
        })),
        columns::lists::<UInt64Type>(all().map(|profile| {
            let ranks = match &profile.shape {
                Shape::Floats(reference) => reference.ranks(),
                Shape::Integers(reference, _) => reference.ranks(),
                _ => return None,
            };
            Some(ranks.iter())
        })),
        columns::text_lists(names.into_iter()),
        columns::lists::<UInt64Type>(all().map(|profile| match &profile.shape {
            Shape::Names(categories) => Some(categories.counts().iter().copied()),
            _ => None,
        })),
        columns::texts(all().map(|profile| Some(hex(profile.id())))),
    ])
}

/// The names of the categories, if it has any, of a profile that can be written.
fn writable(profile: &Profile) -> Result<Option<Vec<&str>>, &'static str> {
    let n = match &profile.shape {
        Shape::Floats(reference) => Some(reference.total()),
        Shape::Integers(reference, _) => Some(reference.total()),
        Shape::Names(categories) => sum(categories.counts()),
        Shape::Nothing => Some(0),
    };
    check_size(profile.size, n)?;
    let Shape::Names(categories) = &profile.shape else {
        return Ok(None);
    };
    let names = categories.names().names().map(std::str::from_utf8);
    let names: Result<_, _> = names.collect();
    names.map(Some).map_err(|_| NO_TEXT)
}

/// The profiles in the bytes of a file, and their columns' names.
///
/// # Errors
///
/// [`FileError::Foreign`], [`FileError::Newer`] and [`FileError::Damaged`].
pub fn profiles_from_bytes(bytes: &[u8]) -> Result<Vec<Named>, FileError> {
    let mut columns = FORMAT.read(bytes)?;
    let table = Table::new(&mut columns)
        .ok_or_else(|| FORMAT.damaged("a column is shorter than its rows"))?;
    (0..columns.rows())
        .map(|row| table.row(row).map_err(|what| FORMAT.damaged_row(row, what)))
        .collect()
}

struct Table<'a> {
    name: Texts<'a>,
    kind: Texts<'a>,
    measure: Measures<'a>,
    size: Sizes<'a>,
    floats: Lists<'a, Plain<'a, 8>>,
    integers: Lists<'a, Plain<'a, 8>>,
    cumulative: Lists<'a, Plain<'a, 8>>,
    categories: Lists<'a, Texts<'a>>,
    category_counts: Lists<'a, Plain<'a, 8>>,
    id: Texts<'a>,
}

impl<'a> Table<'a> {
    fn new(columns: &mut Columns<'a>) -> Option<Self> {
        Some(Self {
            name: columns.texts()?,
            kind: columns.texts()?,
            measure: Measures::new(columns)?,
            size: Sizes::new(columns)?,
            floats: columns.lists()?,
            integers: columns.lists()?,
            cumulative: columns.lists()?,
            categories: columns.text_lists()?,
            category_counts: columns.lists()?,
            id: columns.texts()?,
        })
    }

    fn row(&self, row: usize) -> Result<Named, &'static str> {
        let kind = match self.kind.get(row)? {
            Some("numbers") => Kind::Numbers,
            Some("times") => Kind::Times,
            Some("categories") => Kind::Categories,
            Some("nulls") => Kind::Nulls,
            _ => return Err("its kind is none"),
        };
        let size = self.size.get(row)?;
        let measure = self.measure.get(row)?;
        let shape = self.shape(row, measure, size.nulls)?;
        let (fits, may_be_nan) = match (&shape, kind) {
            (Shape::Floats(_) | Shape::Nothing, Kind::Numbers) => (true, true),
            (Shape::Integers(_, measure), Kind::Numbers) => {
                (measure.quantity == Quantity::Number, false)
            }
            (Shape::Integers(_, measure), Kind::Times) => {
                (measure.quantity != Quantity::Number, false)
            }
            (Shape::Names(_), Kind::Categories) | (Shape::Nothing, Kind::Times | Kind::Nulls) => {
                (true, false)
            }
            _ => (false, false),
        };
        if !fits || measure.is_some() != matches!(shape, Shape::Integers(..)) {
            return Err("its values are not of its kind");
        }
        if size.nan > 0 && !may_be_nan {
            return Err("it counts NaN where none can be");
        }
        let profile = Profile { shape, kind, size };
        writable(&profile)?;
        check_hash(self.id.get(row)?, profile.id())?;
        Ok((self.name.get(row)?.map(str::to_owned), profile))
    }

    fn shape(
        &self,
        row: usize,
        measure: Option<Measure>,
        nulls: u64,
    ) -> Result<Shape, &'static str> {
        let cumulative = self.cumulative.get(row, u64::from_le_bytes);
        let counts = self.category_counts.get(row, u64::from_le_bytes);
        let floats = self.floats.get(row, f64::from_le_bytes);
        let integers = self.integers.get(row, i64::from_le_bytes);
        let categories = self.categories.get(row).transpose()?;
        match (floats, integers, cumulative, categories, counts) {
            (None, None, None, None, None) => Ok(Shape::Nothing),
            (Some(values), None, Some(cumulative), None, None) => {
                Ok(Shape::Floats(reference(values, cumulative)?))
            }
            (None, Some(values), Some(cumulative), None, None) => {
                let measure = measure.ok_or("its integers are of no quantity")?;
                Ok(Shape::Integers(reference(values, cumulative)?, measure))
            }
            (None, None, None, Some(names), Some(counts)) => {
                check_ascending(&names)?;
                if names.len() != counts.len() || sum(&counts).is_none() {
                    return Err("it does not have one count a category");
                }
                let pairs = names.iter().map(|name| name.as_bytes()).zip(counts);
                let categories = Categories::from_pairs(pairs, nulls);
                Ok(Shape::Names(Arc::new(categories)))
            }
            _ => Err("its values are of several types or without their counts"),
        }
    }
}

fn reference<T: Ordered>(
    mut values: Vec<T>,
    cumulative: Vec<u64>,
) -> Result<Arc<Reference<T>>, &'static str> {
    for value in &mut values {
        if value.is_nan() {
            return Err("NaN is among its values");
        }
        // A negative zero becomes the zero that the reference of any sample has.
        *value = T::from_key(value.key());
    }
    Reference::from_steps(values, cumulative)
        .map(Arc::new)
        .map_err(|_| "its values and cumulative counts are not strictly ascending pairs")
}
