//! Columns out of the buffers of a record batch, and into Arrow arrays.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, LargeListArray, LargeStringArray, PrimitiveArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_ipc::{Buffer, FieldNode, RecordBatch};
use arrow_schema::Field;

/// The buffers of a batch that are still to be read, in the order of the columns.
pub struct Columns<'a> {
    nodes: std::vec::IntoIter<&'a FieldNode>,
    buffers: std::vec::IntoIter<&'a Buffer>,
    body: &'a [u8],
    rows: usize,
    has_later: bool,
}

/// Which rows are valid; `None` where all are.
type Valid<'a> = Option<&'a [u8]>;

/// Values of `W` bytes each.
pub struct Plain<'a, const W: usize> {
    valid: Valid<'a>,
    values: &'a [[u8; W]],
}

/// Texts.
pub struct Texts<'a> {
    valid: Valid<'a>,
    ends: Vec<usize>,
    bytes: &'a [u8],
}

/// Lists of what another column holds.
pub struct Lists<'a, C> {
    valid: Valid<'a>,
    ends: Vec<usize>,
    items: C,
}

impl<'a> Columns<'a> {
    pub fn new(batch: RecordBatch<'a>, body: &'a [u8], has_later: bool) -> Option<Self> {
        Some(Self {
            nodes: batch.nodes()?.iter().collect::<Vec<_>>().into_iter(),
            buffers: batch.buffers()?.iter().collect::<Vec<_>>().into_iter(),
            body,
            rows: usize::try_from(batch.length()).ok()?,
            has_later,
        })
    }

    /// Whether the columns that older files do not have follow.
    pub fn has_later(&self) -> bool {
        self.has_later
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn plain<const W: usize>(&mut self) -> Option<Plain<'a, W>> {
        let len = self.rows;
        self.plain_items().filter(|items| items.values.len() == len)
    }

    pub fn texts(&mut self) -> Option<Texts<'a>> {
        let len = self.rows;
        self.text_items()
            .filter(|items| items.ends.len() == len + 1)
    }

    pub fn lists<const W: usize>(&mut self) -> Option<Lists<'a, Plain<'a, W>>> {
        let (len, valid, ends) = self.list()?;
        let items = self.plain_items()?;
        let fits = len == self.rows && items.valid.is_none();
        let fits = fits && ends.last().is_none_or(|&end| end <= items.values.len());
        fits.then_some(Lists { valid, ends, items })
    }

    pub fn text_lists(&mut self) -> Option<Lists<'a, Texts<'a>>> {
        let (len, valid, ends) = self.list()?;
        let items = self.text_items()?;
        let fits = len == self.rows && items.valid.is_none();
        let fits = fits && ends.last().is_none_or(|&end| end < items.ends.len());
        fits.then_some(Lists { valid, ends, items })
    }

    fn list(&mut self) -> Option<(usize, Valid<'a>, Vec<usize>)> {
        let (len, valid) = self.node()?;
        Some((len, valid, self.ends(len)?))
    }

    fn plain_items<const W: usize>(&mut self) -> Option<Plain<'a, W>> {
        let (len, valid) = self.node()?;
        let values = self.buffer()?.as_chunks::<W>().0.get(..len)?;
        Some(Plain { valid, values })
    }

    fn text_items(&mut self) -> Option<Texts<'a>> {
        let (len, valid) = self.node()?;
        let (ends, bytes) = (self.ends(len)?, self.buffer()?);
        let fits = ends.last().is_none_or(|&end| end <= bytes.len());
        fits.then_some(Texts { valid, ends, bytes })
    }

    /// The length and the validity of the next array.
    fn node(&mut self) -> Option<(usize, Valid<'a>)> {
        let node = self.nodes.next()?;
        let len = usize::try_from(node.length()).ok()?;
        let bits = self.buffer()?;
        if node.null_count() == 0 {
            return Some((len, None));
        }
        let enough = bits.len() >= len.div_ceil(8);
        enough.then_some((len, Some(bits)))
    }

    fn buffer(&mut self) -> Option<&'a [u8]> {
        let buffer = self.buffers.next()?;
        let start = usize::try_from(buffer.offset()).ok()?;
        let len = usize::try_from(buffer.length()).ok()?;
        self.body.get(start..)?.get(..len)
    }

    /// `len + 1` positions, not descending; an array without rows may leave its one out.
    fn ends(&mut self, len: usize) -> Option<Vec<usize>> {
        let ends = self.buffer()?.as_chunks::<8>().0;
        if len == 0 && ends.is_empty() {
            return Some(vec![0]);
        }
        let ends = ends.get(..=len)?;
        let ends = ends
            .iter()
            .map(|&end| usize::try_from(i64::from_le_bytes(end)).ok());
        let ends: Vec<usize> = ends.collect::<Option<_>>()?;
        ends.is_sorted().then_some(ends)
    }
}

fn is_valid(valid: Valid<'_>, row: usize) -> bool {
    valid.is_none_or(|bits| bits[row / 8] >> (row % 8) & 1 == 1)
}

impl<const W: usize> Plain<'_, W> {
    /// The bytes of a value; none for a null.
    pub fn get(&self, row: usize) -> Option<[u8; W]> {
        is_valid(self.valid, row).then(|| self.values[row])
    }
}

impl<'a> Texts<'a> {
    /// A text; none for a null, an error for what is no UTF-8.
    pub fn get(&self, row: usize) -> Result<Option<&'a str>, &'static str> {
        if is_valid(self.valid, row) {
            self.text(row).map(Some)
        } else {
            Ok(None)
        }
    }

    fn text(&self, row: usize) -> Result<&'a str, &'static str> {
        let bytes = &self.bytes[self.ends[row]..self.ends[row + 1]];
        std::str::from_utf8(bytes).map_err(|_| "a text is no UTF-8")
    }
}

impl<C> Lists<'_, C> {
    fn range(&self, row: usize) -> Option<Range<usize>> {
        is_valid(self.valid, row).then(|| self.ends[row]..self.ends[row + 1])
    }
}

impl<const W: usize> Lists<'_, Plain<'_, W>> {
    /// The values of a list; none for a null.
    pub fn get<T>(&self, row: usize, value: impl Fn([u8; W]) -> T) -> Option<Vec<T>> {
        let values = &self.items.values[self.range(row)?];
        Some(values.iter().map(|&bytes| value(bytes)).collect())
    }
}

impl<'a> Lists<'a, Texts<'a>> {
    /// The texts of a list; none for a null.
    pub fn get(&self, row: usize) -> Option<Result<Vec<&'a str>, &'static str>> {
        Some(self.range(row)?.map(|item| self.items.text(item)).collect())
    }
}

/// A column of numbers.
pub fn plain<T: ArrowPrimitiveType>(values: impl Iterator<Item = Option<T::Native>>) -> ArrayRef {
    Arc::new(values.collect::<PrimitiveArray<T>>())
}

/// A column of texts.
pub fn texts<S: AsRef<str>>(values: impl Iterator<Item = Option<S>>) -> ArrayRef {
    Arc::new(values.collect::<LargeStringArray>())
}

/// A column of lists of numbers.
pub fn lists<T: ArrowPrimitiveType>(
    rows: impl Iterator<Item = Option<impl IntoIterator<Item = T::Native>>>,
) -> ArrayRef {
    let mut all = Vec::new();
    let (lengths, valid) = gathered(rows, &mut all);
    list_array(
        Arc::new(PrimitiveArray::<T>::from_iter_values(all)),
        lengths,
        valid,
    )
}

/// A column of lists of texts.
pub fn text_lists<'a>(
    rows: impl Iterator<Item = Option<impl IntoIterator<Item = &'a str>>>,
) -> ArrayRef {
    let mut all = Vec::new();
    let (lengths, valid) = gathered(rows, &mut all);
    list_array(
        Arc::new(LargeStringArray::from_iter_values(all)),
        lengths,
        valid,
    )
}

fn gathered<T>(
    rows: impl Iterator<Item = Option<impl IntoIterator<Item = T>>>,
    all: &mut Vec<T>,
) -> (Vec<usize>, Vec<bool>) {
    rows.map(|row| {
        let (before, valid) = (all.len(), row.is_some());
        all.extend(row.into_iter().flatten());
        (all.len() - before, valid)
    })
    .unzip()
}

fn list_array(items: ArrayRef, lengths: Vec<usize>, valid: Vec<bool>) -> ArrayRef {
    let item = Field::new_list_field(items.data_type().clone(), true);
    let offsets = OffsetBuffer::from_lengths(lengths);
    let valid = NullBuffer::from(valid);
    Arc::new(LargeListArray::new(
        Arc::new(item),
        offsets,
        items,
        Some(valid),
    ))
}
