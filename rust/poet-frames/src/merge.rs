//! Profiles of parts as the profile of all: exactly what one fit of all rows gives.

use std::sync::Arc;

use poet_kernels::Categories;

use crate::column::{ColumnError, Kind};
use crate::profile::{Profile, Shape, Size};

impl Profile {
    /// The profile of both columns together.
    ///
    /// Integers and floats give floats, other units of one kind of time the finer one.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Mismatch`] for columns of different kinds, [`ColumnError::Beyond`] where
    /// numbers have no exact equal in the type of the other side, and [`ColumnError::Kernel`].
    pub fn merged(&self, other: &Self) -> Result<Self, ColumnError> {
        let kind = match (self.kind, other.kind) {
            (a, b) if a == b => a,
            (Kind::Nulls, kind) | (kind, Kind::Nulls) => kind,
            (a, b) => return Err(mismatch(b.as_str(), a.as_str())),
        };
        let size = Size {
            n: self.size.n + other.size.n,
            nulls: self.size.nulls + other.size.nulls,
            nan: self.size.nan + other.size.nan,
        };
        let shape = match (&self.shape, &other.shape) {
            (Shape::Names(a), Shape::Names(b)) => Shape::Names(Arc::new(a.merged(b))),
            (Shape::Names(categories), Shape::Nothing)
            | (Shape::Nothing, Shape::Names(categories)) => {
                let counts = categories.counts().iter().copied();
                let names = categories.names().names().zip(counts);
                let merged = Categories::from_pairs(names, size.nulls);
                Shape::Names(Arc::new(merged))
            }
            (Shape::Nothing, Shape::Nothing) => Shape::Nothing,
            // NaN are of floats alone.
            (Shape::Integers(..), Shape::Nothing) if size.nan > 0 => Shape::Floats(self.floats()?),
            (Shape::Nothing, Shape::Integers(..)) if size.nan > 0 => Shape::Floats(other.floats()?),
            (shape, Shape::Nothing) | (Shape::Nothing, shape) => shape.clone(),
            (Shape::Integers(_, one), Shape::Integers(_, two)) => {
                let finer = if one.exponent >= two.exponent {
                    *one
                } else {
                    *two
                };
                let (a, b) = (self.integers(finer)?, other.integers(finer)?);
                Shape::Integers(Arc::new(a.merged(&b)?), finer)
            }
            (Shape::Floats(_) | Shape::Integers(..), Shape::Floats(_) | Shape::Integers(..)) => {
                let (a, b) = (self.floats()?, other.floats()?);
                Shape::Floats(Arc::new(a.merged(&b)?))
            }
            (Shape::Names(_), _) | (_, Shape::Names(_)) => {
                return Err(mismatch(other.kind.as_str(), self.kind.as_str()));
            }
        };
        Ok(Self { shape, kind, size })
    }
}

fn mismatch(current: &str, reference: &str) -> ColumnError {
    let (current, reference) = (current.to_owned(), reference.to_owned());
    ColumnError::Mismatch { current, reference }
}
