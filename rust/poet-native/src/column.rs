//! Columns of Python objects: in place where Arrow or `NumPy` has them, else copied once.

use std::panic::AssertUnwindSafe;
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_array::builder::LargeStringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Float64Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, NullArray, PrimitiveArray, make_array,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use numpy::{Element, PyArray1, PyArrayMethods, PyReadonlyArray1, PyUntypedArrayMethods};
use poet_frames::{ColumnError, Content, Kind, Numbers};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyString};

use crate::input::as_slice;

/// One column of any type that the statistics take.
#[pyclass(frozen, module = "poet._native")]
pub struct Column {
    pub inner: poet_frames::Column,
}

#[pymethods]
impl Column {
    /// Takes up an object with `__arrow_c_stream__` or `__arrow_c_array__`, in place.
    ///
    /// Raises `TypeError` for objects without either, `ValueError` for what Arrow's C data
    /// interface does not know.
    #[staticmethod]
    pub fn from_arrow(values: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (dtype, chunks) = if values.hasattr("__arrow_c_stream__")? {
            imported_stream(&values.call_method0("__arrow_c_stream__")?)?
        } else if values.hasattr("__arrow_c_array__")? {
            let (schema, array) = values.call_method0("__arrow_c_array__")?.extract()?;
            let array = imported_array(&schema, &array)?;
            (array.data_type().clone(), vec![array])
        } else {
            return Err(PyTypeError::new_err(
                "no __arrow_c_stream__ or __arrow_c_array__",
            ));
        };
        let inner = poet_frames::Column::new(dtype, chunks).map_err(unusable)?;
        Ok(Self { inner })
    }

    /// Takes up the only column of a frame with `__arrow_c_stream__`, in place.
    ///
    /// For libraries whose frames export types that their columns do not. Raises `ValueError` for a
    /// frame of another number of columns.
    #[staticmethod]
    pub fn from_frame(frame: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (dtype, chunks) = imported_stream(&frame.call_method0("__arrow_c_stream__")?)?;
        let DataType::Struct(fields) = dtype else {
            return Err(PyValueError::new_err(format!("{dtype} is no frame")));
        };
        let [field] = &fields[..] else {
            let message = format!("a frame of {} columns, not one", fields.len());
            return Err(PyValueError::new_err(message));
        };
        let chunks = chunks
            .iter()
            .map(|rows| Arc::clone(rows.as_struct().column(0)));
        let inner = poet_frames::Column::new(field.data_type().clone(), chunks.collect());
        Ok(Self {
            inner: inner.map_err(unusable)?,
        })
    }

    /// Takes up codes and the categories they stand for, both as in `from_arrow`, in place.
    ///
    /// Raises `ValueError` for codes that are not uint8, uint16 or uint32, or beyond the categories.
    #[staticmethod]
    pub fn from_codes(codes: &Bound<'_, PyAny>, categories: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (key, chunks) = imported_stream(&codes.call_method0("__arrow_c_stream__")?)?;
        let (value, names) = imported_stream(&categories.call_method0("__arrow_c_stream__")?)?;
        let [names] = &names[..] else {
            return Err(PyValueError::new_err("the categories are not one chunk"));
        };
        let dictionary = match key {
            DataType::UInt8 => dictionary::<UInt8Type>,
            DataType::UInt16 => dictionary::<UInt16Type>,
            DataType::UInt32 => dictionary::<UInt32Type>,
            other => return Err(PyValueError::new_err(format!("codes of type {other}"))),
        };
        let chunks: Result<_, _> = chunks
            .iter()
            .map(|chunk| dictionary(chunk, names))
            .collect();
        let dtype = DataType::Dictionary(Box::new(key), Box::new(value));
        let inner = poet_frames::Column::new(dtype, chunks.map_err(arrow_error)?);
        Ok(Self {
            inner: inner.map_err(unusable)?,
        })
    }

    /// Takes up a contiguous, aligned float64, int64 or bool array; of numbers nothing is copied.
    ///
    /// `missing` says which values are; `unit` is "" for plain numbers, "date" for days, or
    /// "datetime" or "duration" with a unit, as in "datetime\[us\]". Raises `TypeError` for
    /// another dtype or shape, `ValueError` for another unit and arrays that are not contiguous.
    #[staticmethod]
    pub fn from_numpy(
        values: &Bound<'_, PyAny>,
        missing: Option<PyReadonlyArray1<'_, bool>>,
        unit: &str,
    ) -> PyResult<Self> {
        let nulls = missing.map(|missing| -> PyResult<NullBuffer> {
            let missing = as_slice(&missing)?;
            let valid = BooleanBuffer::collect_bool(missing.len(), |i| !missing[i]);
            Ok(NullBuffer::new(valid))
        });
        let nulls = nulls.transpose()?;
        let array: ArrayRef = if let Ok(floats) = values.cast::<PyArray1<f64>>() {
            Arc::new(in_place::<Float64Type>(floats, nulls)?)
        } else if let Ok(integers) = values.cast::<PyArray1<i64>>() {
            with_unit(in_place::<Int64Type>(integers, nulls)?, unit)?
        } else {
            let truths = values.extract::<PyReadonlyArray1<'_, bool>>()?;
            let truths = as_slice(&truths)?;
            let bits = BooleanBuffer::collect_bool(truths.len(), |i| truths[i]);
            same_length(bits.len(), nulls.as_ref())?;
            Arc::new(BooleanArray::new(bits, nulls))
        };
        let inner =
            poet_frames::Column::new(array.data_type().clone(), vec![array]).map_err(unusable)?;
        Ok(Self { inner })
    }

    /// Copies a list of str and None.
    ///
    /// Raises `TypeError` for other elements, `ValueError` for text that is no UTF-8.
    #[staticmethod]
    pub fn from_text(values: Vec<Bound<'_, PyAny>>) -> PyResult<Self> {
        let mut builder = LargeStringBuilder::new();
        for value in &values {
            if value.is_none() {
                builder.append_null();
            } else {
                builder.append_value(value.cast::<PyString>()?.to_str()?);
            }
        }
        let array: ArrayRef = Arc::new(builder.finish());
        let inner = poet_frames::Column::new(DataType::LargeUtf8, vec![array]).map_err(unusable)?;
        Ok(Self { inner })
    }

    /// A column of so many nulls, of no type.
    #[staticmethod]
    pub fn from_nulls(count: usize) -> PyResult<Self> {
        let array: ArrayRef = Arc::new(NullArray::new(count));
        let inner = poet_frames::Column::new(DataType::Null, vec![array]).map_err(unusable)?;
        Ok(Self { inner })
    }

    /// "numbers", "times", "categories" or "nulls"; raises `ValueError` for anything else.
    #[getter]
    pub fn kind(&self) -> PyResult<&'static str> {
        self.inner.kind().map(Kind::as_str).map_err(unusable)
    }

    /// The type as Arrow has it.
    #[getter]
    pub fn dtype(&self) -> String {
        self.inner.dtype().to_string()
    }

    /// Where each chunk of values lies in memory as the kernels see it, codes for a dictionary.
    ///
    /// Equal to the address of the source where nothing was copied.
    pub fn addresses(&self) -> PyResult<Vec<usize>> {
        let first = |array: &ArrayRef| {
            let data = match array.as_any_dictionary_opt() {
                Some(dictionary) => dictionary.keys().to_data(),
                None => array.to_data(),
            };
            data.buffers()
                .first()
                .map_or(0, |buffer| buffer.as_ptr() as usize)
        };
        Ok(match self.inner.content().map_err(unusable)? {
            Content::Numbers(Numbers::Floats(chunks)) => chunks
                .iter()
                .map(|chunk| chunk.values().as_ptr() as usize)
                .collect(),
            Content::Numbers(Numbers::Integers(chunks, _)) => chunks
                .iter()
                .map(|chunk| chunk.values().as_ptr() as usize)
                .collect(),
            Content::Names(chunks) => chunks.iter().map(first).collect(),
            Content::Nulls(_) => vec![],
        })
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }
}

/// Why a column cannot be used, as a `ValueError`.
pub fn unusable(error: ColumnError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn arrow_error(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

fn imported_stream(object: &Bound<'_, PyAny>) -> PyResult<(DataType, Vec<ArrayRef>)> {
    let capsule = object.cast::<PyCapsule>()?;
    let stream = capsule.pointer_checked(Some(c"arrow_array_stream"))?.cast();
    // SAFETY: a capsule of this name holds an ArrowArrayStream; it is moved out, never used again.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream.as_ptr()) };
    let reader = ArrayStreamReader::try_new(stream).map_err(arrow_error)?;
    let dtype = arrow_array::ArrayReader::field(&reader).data_type().clone();
    let chunks: Result<_, _> = reader.collect();
    Ok((dtype, chunks.map_err(arrow_error)?))
}

fn dictionary<K: ArrowDictionaryKeyType>(
    codes: &ArrayRef,
    names: &ArrayRef,
) -> Result<ArrayRef, ArrowError> {
    let codes = codes.as_primitive::<K>().clone();
    Ok(Arc::new(DictionaryArray::try_new(
        codes,
        Arc::clone(names),
    )?))
}

fn imported_array(
    schema: &Bound<'_, PyCapsule>,
    array: &Bound<'_, PyCapsule>,
) -> PyResult<ArrayRef> {
    let schema = schema.pointer_checked(Some(c"arrow_schema"))?.cast();
    let array = array.pointer_checked(Some(c"arrow_array"))?.cast();
    // SAFETY: capsules of these names hold an ArrowSchema and an ArrowArray; both are moved out.
    let (schema, array) = unsafe {
        (
            FFI_ArrowSchema::from_raw(schema.as_ptr()),
            FFI_ArrowArray::from_raw(array.as_ptr()),
        )
    };
    // SAFETY: the producer's contract is that the array has this schema.
    let data = unsafe { from_ffi(array, &schema) }.map_err(arrow_error)?;
    Ok(make_array(data))
}

/// The memory of an array, kept alive by a reference to it.
fn in_place<T>(
    array: &Bound<'_, PyArray1<T::Native>>,
    nulls: Option<NullBuffer>,
) -> PyResult<PrimitiveArray<T>>
where
    T: ArrowPrimitiveType,
    T::Native: Element,
{
    let data = array.data();
    if !array.is_c_contiguous() || !data.is_aligned() {
        return Err(PyValueError::new_err(
            "the array is not contiguous and aligned",
        ));
    }
    let len = array.len();
    same_length(len, nulls.as_ref())?;
    let values = match NonNull::new(data.cast()) {
        Some(pointer) if len > 0 => {
            let owner = Arc::new(AssertUnwindSafe(array.clone().unbind()));
            // SAFETY: contiguous and aligned as checked, `len` elements, and the owner keeps them.
            unsafe { Buffer::from_custom_allocation(pointer, len * size_of::<T::Native>(), owner) }
        }
        _ => Buffer::from(&[]),
    };
    Ok(PrimitiveArray::new(
        ScalarBuffer::new(values, 0, len),
        nulls,
    ))
}

fn same_length(len: usize, nulls: Option<&NullBuffer>) -> PyResult<()> {
    match nulls {
        Some(nulls) if nulls.len() != len => {
            let message = format!("{len} values, but {} entries of missing", nulls.len());
            Err(PyValueError::new_err(message))
        }
        _ => Ok(()),
    }
}

fn with_unit(integers: PrimitiveArray<Int64Type>, unit: &str) -> PyResult<ArrayRef> {
    let wrong = || PyValueError::new_err(format!("unknown unit {unit:?}"));
    if unit.is_empty() {
        return Ok(Arc::new(integers));
    }
    if unit == "date" {
        let days = integers.try_unary::<_, Int32Type, _>(i32::try_from);
        let days = days.map_err(|_| PyValueError::new_err("a date is beyond 32-bit days"))?;
        return Ok(Arc::new(
            days.reinterpret_cast::<arrow_array::types::Date32Type>(),
        ));
    }
    let (quantity, unit) = unit
        .strip_suffix(']')
        .and_then(|unit| unit.split_once('['))
        .ok_or_else(wrong)?;
    let unit = match unit {
        "s" => TimeUnit::Second,
        "ms" => TimeUnit::Millisecond,
        "us" => TimeUnit::Microsecond,
        "ns" => TimeUnit::Nanosecond,
        _ => return Err(wrong()),
    };
    let dtype = match quantity {
        "datetime" => DataType::Timestamp(unit, None),
        "duration" => DataType::Duration(unit),
        _ => return Err(wrong()),
    };
    let data = integers.into_data().into_builder().data_type(dtype);
    Ok(make_array(data.build().map_err(arrow_error)?))
}
