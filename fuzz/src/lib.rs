//! What the fuzz targets and their seeds share: a few columns and what is asked of them.

use std::sync::Arc;

use arrow_array::types::TimestampMillisecondType;
use arrow_array::{
    Array, ArrayRef, Float64Array, Int64Array, NullArray, PrimitiveArray, StringArray,
};
use poet_frames::{Ask, Column, Profile};
use poet_kernels::{Alternative, KsTest, PValueChoice, Smoothing};

/// All that can be computed.
pub const ASK: Ask = Ask {
    min_size: 1,
    ks: Some(KsTest {
        alternative: Alternative::TwoSided,
        method: PValueChoice::Auto,
        level: Some(0.05),
    }),
    bins: 5,
    smoothing: Smoothing::PseudoCount(0.5),
    min_expected: 5.0,
};

/// A reference column of every kind, and windows of it.
pub fn columns() -> Vec<Column> {
    let times = || PrimitiveArray::<TimestampMillisecondType>::from(vec![Some(5), None, Some(-7)]);
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Float64Array::from(vec![
            1.5,
            -2.0,
            f64::NAN,
            f64::INFINITY,
            1.5,
        ])),
        Arc::new(Int64Array::from(vec![Some(3), None, Some(i64::MAX)])),
        Arc::new(Int64Array::from(vec![3, 4, 4])),
        Arc::new(times()),
        Arc::new(times().with_timezone("UTC")),
        Arc::new(StringArray::from(vec![
            Some("a"),
            None,
            Some("bc"),
            Some(""),
        ])),
        Arc::new(StringArray::from(vec!["bc", "new"])),
        Arc::new(NullArray::new(2)),
    ];
    let column = |array: ArrayRef| Column::new(array.data_type().clone(), vec![array]).ok();
    arrays.into_iter().filter_map(column).collect()
}

/// The columns as references.
pub fn profiles() -> Vec<Profile> {
    columns()
        .iter()
        .filter_map(|column| Profile::fit(column).ok())
        .collect()
}
