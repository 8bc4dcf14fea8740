//! The envelope: an Arrow IPC file with one record batch, of columns that are agreed upon.
//!
//! Arrow's own crate writes the file and verifies the flatbuffers in it. The few buffers behind
//! them are found here, with every length and offset checked against the bytes that are there, so
//! that damaged bytes give an error and never a panic, and nothing is allocated that the file is
//! not long enough for.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::writer::FileWriter;
use arrow_ipc::{Block, Endianness, root_as_footer, root_as_message};
use arrow_schema::{DataType, Field, Schema};

use super::columns::Columns;
use super::error::FileError;

/// A format's name and its columns, in order; a file may hold more behind them.
pub struct Format {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Type)],
    /// Columns that are written behind them, which older files do not have: all or none.
    pub later: &'static [(&'static str, Type)],
}

/// What a column holds.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    Text,
    Small,
    Count,
    Floats,
    Integers,
    Cells,
    Counts,
    Texts,
}

impl Type {
    fn arrow(self) -> DataType {
        let list = |item| DataType::new_large_list(item, true);
        match self {
            Self::Text => DataType::LargeUtf8,
            Self::Small => DataType::Int8,
            Self::Count => DataType::UInt64,
            Self::Floats => list(DataType::Float64),
            Self::Integers => list(DataType::Int64),
            Self::Cells => list(DataType::UInt32),
            Self::Counts => list(DataType::UInt64),
            Self::Texts => list(DataType::LargeUtf8),
        }
    }
}

const MAGIC: &[u8; 6] = b"ARROW1";
const FORMAT: &str = "format";
const FORMAT_VERSION: &str = "format_version";

impl Format {
    /// The bytes of a file with these columns.
    pub fn write(&self, columns: Vec<ArrayRef>) -> Result<Vec<u8>, FileError> {
        let fields = self
            .columns
            .iter()
            .chain(self.later)
            .map(|&(name, kind)| Field::new(name, kind.arrow(), true));
        let metadata = HashMap::from([
            (FORMAT.to_owned(), self.name.to_owned()),
            (FORMAT_VERSION.to_owned(), super::VERSION.to_string()),
        ]);
        let schema = Schema::new_with_metadata(fields.collect::<Vec<_>>(), metadata);
        let schema = Arc::new(schema);
        let written = || {
            let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
            let mut writer = FileWriter::try_new(Vec::new(), &schema)?;
            writer.write(&batch)?;
            writer.into_inner()
        };
        written().map_err(|error| FileError::Unwritable {
            row: 0,
            what: error.to_string(),
        })
    }

    /// The columns of a file.
    pub fn read<'a>(&self, bytes: &'a [u8]) -> Result<Columns<'a>, FileError> {
        let footer = footer(bytes).ok_or_else(|| self.foreign("it is not an Arrow IPC file"))?;
        let footer = root_as_footer(footer).map_err(|_| self.damaged("its footer is broken"))?;
        let schema = footer
            .schema()
            .filter(|schema| schema.endianness() == Endianness::Little)
            .and_then(|schema| try_fb_to_schema(schema).ok())
            .ok_or_else(|| self.damaged("its schema is broken"))?;
        self.check_metadata(&schema)?;
        if let Some((index, name, kind)) = missing(&schema, 0, self.columns) {
            return Err(self.damaged(&format!("column {index} is not {name:?} of type {kind}")));
        }
        let has_later = missing(&schema, self.columns.len(), self.later).is_none();
        let blocks = footer.recordBatches().unwrap_or_default();
        if blocks.len() != 1 {
            // More could point to the same bytes, and then a short file be a long table.
            return Err(self.damaged("it does not hold exactly one batch of rows"));
        }
        let (message, body) =
            block(bytes, blocks.get(0)).ok_or_else(|| self.damaged("its rows are cut off"))?;
        let message = root_as_message(message).map_err(|_| self.damaged("its batch is broken"))?;
        message
            .header_as_record_batch()
            .filter(|batch| batch.compression().is_none())
            .and_then(|batch| Columns::new(batch, body, has_later))
            .ok_or_else(|| self.damaged("its batch has no plain rows"))
    }

    fn check_metadata(&self, schema: &Schema) -> Result<(), FileError> {
        match schema.metadata().get(FORMAT) {
            Some(name) if name == self.name => {}
            Some(name) => return Err(self.foreign(&format!("its format is {name:?}"))),
            None => return Err(self.foreign("it names no format")),
        }
        let version = schema.metadata().get(FORMAT_VERSION);
        match version.and_then(|version| version.parse().ok()) {
            Some(super::VERSION) => Ok(()),
            Some(found) if found > super::VERSION => Err(FileError::Newer {
                format: self.name,
                found,
            }),
            _ => Err(self.damaged("its format_version is no version")),
        }
    }

    fn foreign(&self, found: &str) -> FileError {
        FileError::Foreign {
            format: self.name,
            found: found.to_owned(),
        }
    }

    pub fn damaged(&self, what: &str) -> FileError {
        FileError::Damaged {
            format: self.name,
            row: None,
            what: what.to_owned(),
        }
    }

    pub fn damaged_row(&self, row: usize, what: &str) -> FileError {
        FileError::Damaged {
            format: self.name,
            row: Some(row),
            what: what.to_owned(),
        }
    }
}

/// The first of these columns, from a position on, that the schema does not have.
fn missing(
    schema: &Schema,
    start: usize,
    columns: &[(&'static str, Type)],
) -> Option<(usize, &'static str, DataType)> {
    let mut wanted = (start..).zip(columns);
    wanted.find_map(|(index, &(name, kind))| {
        let field = schema.fields().get(index);
        let is_it = field.is_some_and(|f| f.name() == name && *f.data_type() == kind.arrow());
        (!is_it).then(|| (index, name, kind.arrow()))
    })
}

/// The footer lies before its length and the magic at the end.
fn footer(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_suffix(MAGIC)?;
    bytes.strip_prefix(MAGIC)?;
    let (rest, len) = rest.split_last_chunk::<4>()?;
    let len = usize::try_from(i32::from_le_bytes(*len)).ok()?;
    rest.get(rest.len().checked_sub(len)?..)
}

/// The flatbuffer and the body of a block; before the flatbuffer stand a marker and its length.
fn block<'a>(bytes: &'a [u8], block: &Block) -> Option<(&'a [u8], &'a [u8])> {
    let start = usize::try_from(block.offset()).ok()?;
    let metadata = usize::try_from(block.metaDataLength()).ok()?;
    let body = usize::try_from(block.bodyLength()).ok()?;
    let (metadata, rest) = bytes.get(start..)?.split_at_checked(metadata)?;
    let (marker, metadata) = metadata.split_first_chunk::<4>()?;
    let (_, message) = metadata.split_first_chunk::<4>()?;
    Some((message, rest.get(..body)?)).filter(|_| *marker == [0xff; 4])
}
