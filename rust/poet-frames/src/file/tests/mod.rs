mod damage;
mod round_trip;

use std::sync::Arc;

use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{
    Array, ArrayRef, Decimal128Array, Float64Array, Int64Array, NullArray, PrimitiveArray,
    StringArray,
};
use proptest::prelude::*;

use crate::{Column, Profile};

fn column(array: ArrayRef) -> Column {
    Column::new(array.data_type().clone(), vec![array]).unwrap()
}

fn fitted(array: ArrayRef) -> Profile {
    Profile::fit(&column(array)).unwrap()
}

fn floats(values: Vec<Option<f64>>) -> ArrayRef {
    Arc::new(Float64Array::from(values))
}

/// Values that are near each other, so that they tie, or any at all.
fn any_float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        (-5_i8..5).prop_map(f64::from),
        prop::sample::select(vec![
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            -f64::NAN,
            -0.0,
            0.0,
            5e-324,
            -5e-324,
            f64::MAX,
            f64::MIN,
        ]),
    ]
}

fn any_integer() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        -5_i64..5,
        prop::sample::select(vec![i64::MIN, i64::MAX, 0, 1 << 53, (1 << 53) + 1]),
    ]
}

fn some<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Vec<Option<T>>> {
    prop::collection::vec(prop::option::weighted(0.9, value), 0..40)
}

/// Two arrays of one type: a reference and a window.
fn two_arrays() -> impl Strategy<Value = (ArrayRef, ArrayRef)> {
    fn two<T: Strategy + Clone + 'static>(
        values: T,
        array: impl Fn(T::Value) -> ArrayRef + Clone + 'static,
    ) -> BoxedStrategy<(ArrayRef, ArrayRef)> {
        let other = array.clone();
        (values.clone(), values)
            .prop_map(move |(a, b)| (array(a), other(b)))
            .boxed()
    }
    let integers = || some(any_integer()).boxed();
    let names = prop_oneof!["[a-c]{0,2}", any::<String>(), "\\PC{0,40}"];
    prop_oneof![
        two(some(any_float()).boxed(), floats),
        two(integers(), |v| Arc::new(Int64Array::from(v))),
        two(integers(), |v| {
            let zoned = v
                .into_iter()
                .collect::<PrimitiveArray<TimestampMicrosecondType>>();
            Arc::new(zoned.with_timezone("UTC"))
        }),
        two(integers(), |v| {
            let v = v.into_iter().map(|v| v.map(i128::from));
            let decimals = v.collect::<Decimal128Array>();
            Arc::new(decimals.with_precision_and_scale(38, 2).unwrap())
        }),
        two(some(names).boxed(), |v| Arc::new(StringArray::from(v))),
        two((0_usize..4).boxed(), |len| Arc::new(NullArray::new(len))),
        (some(any_float()), 0_usize..4)
            .prop_map(|(a, len)| (floats(a), Arc::new(NullArray::new(len)) as ArrayRef)),
        (some(-9_i64..9), some(any_float()))
            .prop_map(|(a, b)| (Arc::new(Int64Array::from(a)) as ArrayRef, floats(b))),
    ]
}
