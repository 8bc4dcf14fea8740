//! The format `poet.counts`.

use std::collections::HashMap;

use arrow_array::types::{Float64Type, Int8Type, Int64Type, UInt32Type, UInt64Type};
use poet_kernels::{Categories, CategoryCounts, Counts, Ordered, Reference};

use super::columns::{self, Columns, Lists, Plain, Texts};
use super::error::FileError;
use super::hash::{Hash, hex};
use super::ipc::{Format, Type};
use super::parts::{
    Measures, NO_TEXT, Sizes, check_ascending, check_hash, check_size, quantity_name, sum,
};
use super::profiles::hash_measure;
use crate::compare::ColumnCounts;
use crate::measure::{Measure, Quantity};
use crate::profile::{Profile, Shape, Size};

/// `profile` is the hash of the profile that the counts were made against, `hash` that of the
/// counts. `cells` are the cells of its reference, or the numbers of its categories, that have
/// rows, and `rows` how many. `float_range` or `integer_range` is the lowest and the highest value,
/// empty where there is no value; `unseen` are categories that the profile does not have. Which of
/// these three is not null says what was counted; none where only the sizes are kept. `infinite` is
/// how many rows are; a file without it tells only whether there are any, by the range.
const FORMAT: Format = Format {
    name: "poet.counts",
    columns: &[
        ("name", Type::Text),
        ("profile", Type::Text),
        ("quantity", Type::Text),
        ("exponent", Type::Small),
        ("n", Type::Count),
        ("nulls", Type::Count),
        ("nan", Type::Count),
        ("cells", Type::Cells),
        ("rows", Type::Counts),
        ("float_range", Type::Floats),
        ("integer_range", Type::Integers),
        ("unseen", Type::Texts),
        ("unseen_counts", Type::Counts),
        ("hash", Type::Text),
    ],
    later: &[("infinite", Type::Count)],
};

/// Counts out of a file.
#[derive(Debug, Clone)]
pub struct ReadCounts {
    /// The name of the column, where one was written.
    pub name: Option<String>,
    /// Which of the profiles they were made against.
    pub profile: usize,
    /// The counts.
    pub counts: ColumnCounts,
}

/// What a row holds but for the name.
struct Row<'a> {
    profile: [u8; 16],
    measure: Option<Measure>,
    size: Size,
    cells: Option<(Vec<u32>, Vec<u64>)>,
    float_range: Option<Vec<f64>>,
    integer_range: Option<Vec<i64>>,
    unseen: Option<(Vec<&'a str>, Vec<u64>)>,
    /// None where an older file does not say.
    infinite: Option<u64>,
}

impl<'a> Row<'a> {
    fn of(profile: &Profile, counts: &'a ColumnCounts) -> Result<Self, &'static str> {
        let mut row = Self {
            profile: profile.id(),
            measure: None,
            size: counts.size(),
            cells: None,
            float_range: None,
            integer_range: None,
            unseen: None,
            infinite: Some(0),
        };
        match counts {
            ColumnCounts::Floats(counts) => {
                row.cells = Some((counts.cells().to_vec(), counts.rows().to_vec()));
                row.float_range = Some(ends(counts));
                row.infinite = Some(counts.infinite());
            }
            ColumnCounts::Integers(counts, measure) => {
                row.measure = Some(*measure);
                row.cells = Some((counts.cells().to_vec(), counts.rows().to_vec()));
                row.integer_range = Some(ends(counts));
            }
            ColumnCounts::Names(counts) => {
                let known = (0_u32..).zip(counts.known().iter().copied());
                row.cells = Some(known.filter(|&(_, count)| count > 0).unzip());
                let mut unseen = (Vec::new(), Vec::new());
                for (name, count) in counts.unseen() {
                    let name = std::str::from_utf8(name).map_err(|_| NO_TEXT)?;
                    unseen.0.push(name);
                    unseen.1.push(count);
                }
                row.unseen = Some(unseen);
            }
            ColumnCounts::Nothing(_) => {}
        }
        row.check(profile)?;
        if !fits(profile, counts) {
            return Err("its counts were made against another profile");
        }
        Ok(row)
    }

    /// Whether the parts fit each other and the profile.
    fn check(&self, profile: &Profile) -> Result<(), &'static str> {
        let counted = self.cells.iter().map(|(_, rows)| rows);
        let counted = counted.chain(self.unseen.iter().map(|(_, counts)| counts));
        let counted: Vec<u64> = counted.flatten().copied().collect();
        if self.cells.is_some() {
            check_size(self.size, sum(&counted))?;
        } else {
            check_size(self.size, Some(self.size.n))?;
        }
        if counted.contains(&0) {
            return Err("it has a cell without rows");
        }
        if self.size.nan > 0 && (self.measure.is_some() || self.unseen.is_some()) {
            return Err("it counts NaN where none can be");
        }
        if self.infinite.is_some_and(|rows| rows > 0) && self.float_range.is_none() {
            return Err("it counts infinite rows where none can be");
        }
        let has_values = self.size.n > 0 || self.size.nan > 0;
        let is_nothing = matches!(profile.shape, Shape::Nothing);
        if self.cells.is_none() && has_values && !is_nothing {
            return Err("it has values without their cells");
        }
        Ok(())
    }

    fn hash(&self) -> [u8; 16] {
        let mut hash = Hash::default();
        hash.bytes(&self.profile);
        for count in [self.size.n, self.size.nulls, self.size.nan] {
            hash.word(count);
        }
        if let Some(measure) = self.measure {
            hash_measure(&mut hash, measure);
        }
        if let Some((cells, rows)) = &self.cells {
            hash.words(cells.iter().map(|&cell| cell.into()));
            hash.words(rows.iter().copied());
        }
        if let Some(range) = &self.float_range {
            hash.word(1);
            hash.words(range.iter().map(|value| value.key()));
        }
        if let Some(range) = &self.integer_range {
            hash.word(2);
            hash.words(range.iter().map(|value| value.key()));
        }
        // Nothing where there are none: the hash of older files holds.
        if let Some(infinite @ 1..) = self.infinite {
            hash.word(4);
            hash.word(infinite);
        }
        if let Some((names, counts)) = &self.unseen {
            hash.word(3);
            hash.words(counts.iter().copied());
            for name in names {
                hash.bytes(name.as_bytes());
            }
        }
        hash.finish()
    }

    fn counts(self, profile: &Profile) -> Result<ColumnCounts, &'static str> {
        self.check(profile)?;
        let size = self.size;
        let shapes = (self.float_range, self.integer_range, self.unseen);
        match (self.cells, self.measure, shapes) {
            (None, None, (None, None, None)) => Ok(ColumnCounts::Nothing(size)),
            (Some(cells), None, (Some(range), None, None)) => {
                let reference = profile.floats().map_err(|_| OTHER_TYPE)?;
                let ends = range.iter().filter(|end| end.is_infinite()).count() as u64;
                let infinite = self.infinite.unwrap_or(ends);
                let counts = counts(&reference, cells, size, infinite, &range)?;
                Ok(ColumnCounts::Floats(counts))
            }
            (Some(cells), Some(measure), (None, Some(range), None)) => {
                let reference = profile.integers(measure).map_err(|_| OTHER_TYPE)?;
                let counts = counts(&reference, cells, size, 0, &range)?;
                Ok(ColumnCounts::Integers(counts, measure))
            }
            (Some(cells), None, (None, None, Some(unseen))) => match &profile.shape {
                Shape::Names(categories) => {
                    let counts = category_counts(categories, &cells, &unseen, size.nulls)?;
                    Ok(ColumnCounts::Names(counts))
                }
                _ => Err(OTHER_TYPE),
            },
            _ => Err("its counts are of several types or incomplete"),
        }
    }
}

/// The hash that a version without infinite rows wrote.
#[cfg(test)]
pub fn older_hash(profile: &Profile, counts: &ColumnCounts) -> String {
    let mut row = Row::of(profile, counts).unwrap();
    row.infinite = None;
    hex(row.hash())
}

const OTHER_TYPE: &str = "its counts are of another type than the profile";

/// Whether the profile has cells for all counts.
fn fits(profile: &Profile, counts: &ColumnCounts) -> bool {
    let within = |cells: &[u32], distinct: usize| {
        let last = cells.last().map(|&cell| cell as usize);
        last.is_none_or(|last| last <= 2 * distinct)
    };
    match (counts, &profile.shape) {
        (ColumnCounts::Floats(counts), Shape::Floats(reference)) => {
            within(counts.cells(), reference.values().len())
        }
        (ColumnCounts::Floats(counts), Shape::Integers(reference, measure)) => {
            let distinct = reference.values().len();
            measure.quantity == Quantity::Number && within(counts.cells(), distinct)
        }
        (ColumnCounts::Integers(counts, finer), Shape::Integers(reference, measure)) => {
            let distinct = reference.values().len();
            let is_finer = measure.factor_to(*finer).is_some();
            measure.quantity == finer.quantity && is_finer && within(counts.cells(), distinct)
        }
        (ColumnCounts::Names(counts), Shape::Names(categories)) => {
            counts.known().len() == categories.names().len()
        }
        (counts, _) => matches!(counts, ColumnCounts::Nothing(_)),
    }
}

/// The lowest and the highest value, each as its key has it: without a negative zero.
fn ends<T: Ordered>(counts: &Counts<T>) -> Vec<T> {
    let range = counts.range().into_iter();
    let ends = range.flat_map(|(low, high)| [low, high]);
    ends.map(|value| T::from_key(value.key())).collect()
}

fn counts<T: Ordered>(
    reference: &Reference<T>,
    (cells, rows): (Vec<u32>, Vec<u64>),
    size: Size,
    infinite: u64,
    range: &[T],
) -> Result<Counts<T>, &'static str> {
    let range = match range {
        [] => None,
        &[low, high] if !low.is_nan() && !high.is_nan() => {
            Some((T::from_key(low.key()), T::from_key(high.key())))
        }
        _ => return Err("its range is not the lowest and the highest value"),
    };
    let outer = range.map(|(low, high)| (reference.cell(low), reference.cell(high)));
    let first_and_last = cells.first().zip(cells.last());
    if outer != first_and_last.map(|(&first, &last)| (first as usize, last as usize)) {
        return Err("its range does not end in its outermost cells");
    }
    Counts::from_parts(cells, rows, size.nan, size.nulls, infinite, range)
        .map_err(|_| "its cells are not ascending, each with its rows, or do not fit its range")
}

fn category_counts(
    categories: &Categories,
    (cells, rows): &(Vec<u32>, Vec<u64>),
    (unseen, unseen_counts): &(Vec<&str>, Vec<u64>),
    nulls: u64,
) -> Result<CategoryCounts, &'static str> {
    let beyond = |&cell: &u32| cell as usize >= categories.names().len();
    if !cells.is_sorted_by(|a, b| a < b) || cells.last().is_some_and(beyond) {
        return Err("its cells are not ascending numbers of categories");
    }
    check_ascending(unseen)?;
    if cells.len() != rows.len() || unseen.len() != unseen_counts.len() {
        return Err("it does not have one count a category");
    }
    let mut counts = categories.count();
    for (&cell, &rows) in cells.iter().zip(rows) {
        counts.add_many(categories, categories.names().name(cell as usize), rows);
    }
    for (name, &rows) in unseen.iter().zip(unseen_counts) {
        if categories.names().find(name.as_bytes()).is_some() {
            return Err("it has an unseen category that the profile has");
        }
        counts.add_many(categories, name.as_bytes(), rows);
    }
    counts.add_nulls(nulls);
    Ok(counts)
}

/// The bytes of a file with these counts, the profiles they were made against, and the names of
/// the columns.
///
/// # Errors
///
/// [`FileError::Unwritable`] for more than 2^53 values, for categories that are not UTF-8, and for
/// counts that were made against another profile where that shows.
pub fn counts_to_bytes(
    rows: &[(Option<&str>, &Profile, &ColumnCounts)],
) -> Result<Vec<u8>, FileError> {
    let mut all = Vec::with_capacity(rows.len());
    for (row, (_, profile, counts)) in rows.iter().enumerate() {
        let written = Row::of(profile, counts).map_err(|what| {
            let what = what.to_owned();
            FileError::Unwritable { row, what }
        })?;
        all.push(written);
    }
    let count = |count: fn(&Row<'_>) -> u64| {
        columns::plain::<UInt64Type>(all.iter().map(|r| Some(count(r))))
    };
    FORMAT.write(vec![
        columns::texts(rows.iter().map(|(name, ..)| *name)),
        columns::texts(all.iter().map(|row| Some(hex(row.profile)))),
        columns::texts(
            all.iter()
                .map(|row| row.measure.map(|m| quantity_name(m.quantity))),
        ),
        columns::plain::<Int8Type>(all.iter().map(|row| row.measure.map(|m| m.exponent))),
        count(|row| row.size.n),
        count(|row| row.size.nulls),
        count(|row| row.size.nan),
        columns::lists::<UInt32Type>(all.iter().map(|row| {
            let (cells, _) = row.cells.as_ref()?;
            Some(cells.iter().copied())
        })),
        columns::lists::<UInt64Type>(all.iter().map(|row| {
            let (_, rows) = row.cells.as_ref()?;
            Some(rows.iter().copied())
        })),
        columns::lists::<Float64Type>(all.iter().map(|row| row.float_range.clone())),
        columns::lists::<Int64Type>(all.iter().map(|row| row.integer_range.clone())),
        columns::text_lists(all.iter().map(|row| {
            let (names, _) = row.unseen.as_ref()?;
            Some(names.iter().copied())
        })),
        columns::lists::<UInt64Type>(all.iter().map(|row| {
            let (_, counts) = row.unseen.as_ref()?;
            Some(counts.iter().copied())
        })),
        columns::texts(all.iter().map(|row| Some(hex(row.hash())))),
        columns::plain::<UInt64Type>(all.iter().map(|row| row.infinite)),
    ])
}

/// The counts in the bytes of a file, each with that of the profiles which it was made against: the
/// one at the row's place, or else the first one that is equal to it.
///
/// # Errors
///
/// [`FileError::Foreign`], [`FileError::Newer`], [`FileError::Damaged`],
/// [`FileError::OtherProfile`] for counts that were made against none of the profiles, and
/// [`FileError::Rows`] where the file has more rows than there are profiles.
pub fn counts_from_bytes(
    bytes: &[u8],
    profiles: &[&Profile],
) -> Result<Vec<ReadCounts>, FileError> {
    let mut columns = FORMAT.read(bytes)?;
    let table = Table::new(&mut columns)
        .ok_or_else(|| FORMAT.damaged("a column is shorter than its rows"))?;
    if columns.rows() > profiles.len() {
        // Counts of a few categories take as much memory as their profile has categories.
        return Err(FileError::Rows {
            rows: columns.rows(),
            profiles: profiles.len(),
        });
    }
    let ids: Vec<_> = profiles.iter().map(|profile| profile.id()).collect();
    let names: Vec<String> = ids.iter().map(|&id| hex(id)).collect();
    let mut first = HashMap::new();
    for (index, name) in names.iter().enumerate() {
        first.entry(name.as_str()).or_insert(index);
    }
    (0..columns.rows())
        .map(|row| {
            let damaged = |what| FORMAT.damaged_row(row, what);
            let name = table.name.get(row).map_err(damaged)?.map(str::to_owned);
            let wanted = table.profile.get(row).map_err(damaged)?.unwrap_or_default();
            let found = if names[row] == wanted {
                Some(&row)
            } else {
                first.get(wanted)
            };
            let Some(&profile) = found else {
                return Err(FileError::OtherProfile { row, name });
            };
            let content = table.row(row, ids[profile]).map_err(damaged)?;
            check_hash(table.hash.get(row).map_err(damaged)?, content.hash()).map_err(damaged)?;
            let counts = content.counts(profiles[profile]).map_err(damaged)?;
            Ok(ReadCounts {
                name,
                profile,
                counts,
            })
        })
        .collect()
}

struct Table<'a> {
    name: Texts<'a>,
    profile: Texts<'a>,
    measure: Measures<'a>,
    size: Sizes<'a>,
    cells: Lists<'a, Plain<'a, 4>>,
    rows: Lists<'a, Plain<'a, 8>>,
    float_range: Lists<'a, Plain<'a, 8>>,
    integer_range: Lists<'a, Plain<'a, 8>>,
    unseen: Lists<'a, Texts<'a>>,
    unseen_counts: Lists<'a, Plain<'a, 8>>,
    hash: Texts<'a>,
    infinite: Option<Plain<'a, 8>>,
}

impl<'a> Table<'a> {
    fn new(columns: &mut Columns<'a>) -> Option<Self> {
        Some(Self {
            name: columns.texts()?,
            profile: columns.texts()?,
            measure: Measures::new(columns)?,
            size: Sizes::new(columns)?,
            cells: columns.lists()?,
            rows: columns.lists()?,
            float_range: columns.lists()?,
            integer_range: columns.lists()?,
            unseen: columns.text_lists()?,
            unseen_counts: columns.lists()?,
            hash: columns.texts()?,
            infinite: if columns.has_later() {
                Some(columns.plain()?)
            } else {
                None
            },
        })
    }

    fn row(&self, row: usize, profile: [u8; 16]) -> Result<Row<'a>, &'static str> {
        let cells = self.cells.get(row, u32::from_le_bytes);
        let rows = self.rows.get(row, u64::from_le_bytes);
        let unseen = self.unseen.get(row).transpose()?;
        let counts = self.unseen_counts.get(row, u64::from_le_bytes);
        if cells.is_some() != rows.is_some() || unseen.is_some() != counts.is_some() {
            return Err("it has cells or categories without their counts");
        }
        Ok(Row {
            profile,
            measure: self.measure.get(row)?,
            size: self.size.get(row)?,
            cells: cells.zip(rows),
            float_range: self.float_range.get(row, f64::from_le_bytes),
            integer_range: self.integer_range.get(row, i64::from_le_bytes),
            unseen: unseen.zip(counts),
            infinite: self.infinite.as_ref().map(|column| {
                let count = column.get(row).map(u64::from_le_bytes);
                count.unwrap_or(0)
            }),
        })
    }
}
