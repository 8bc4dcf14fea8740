//! Rows of a window per cell of a reference.

use super::Reference;
use super::grid::{Map, Task};
use crate::error::KernelError;
use crate::order::Ordered;

/// Counts rows per cell: in a table where there are many rows, in a list where there are few.
#[derive(Debug)]
pub struct CellCounter {
    kind: Kind,
    nan: u64,
}

#[derive(Debug)]
enum Kind {
    Table(Vec<u32>),
    List(Vec<u32>),
}

impl CellCounter {
    /// For at most `rows` rows over `cells` cells.
    pub fn new(cells: usize, rows: usize) -> Result<Self, KernelError> {
        if u32::try_from(rows).is_err() {
            return Err(KernelError::TooLarge);
        }
        let kind = if rows < cells / 16 {
            Kind::List(Vec::with_capacity(rows))
        } else {
            Kind::Table(vec![0; cells])
        };
        Ok(Self { kind, nan: 0 })
    }

    /// Counts the rows of a block.
    pub fn add<T: Ordered>(&mut self, reference: &Reference<T>, block: &[T]) {
        let nan = &mut self.nan;
        match &mut self.kind {
            Kind::Table(table) => {
                let count = |cell: usize| table[cell] += 1;
                reference.grid.run(EachCell {
                    reference,
                    block,
                    nan,
                    count,
                });
            }
            Kind::List(list) => {
                let count = |cell: usize| list.push(cell as u32);
                reference.grid.run(EachCell {
                    reference,
                    block,
                    nan,
                    count,
                });
            }
        }
    }

    /// Puts the cells in order, before they are handed over.
    pub fn sort(&mut self) {
        if let Kind::List(list) = &mut self.kind {
            sort(list);
        }
    }

    /// How many rows were NaN; they are in no cell.
    pub fn nan(&self) -> u64 {
        self.nan
    }

    /// Hands over the cells that have rows, ascending, with the number of their rows.
    pub fn for_each_cell(&self, mut f: impl FnMut(usize, u64)) {
        match &self.kind {
            Kind::Table(table) => {
                // Which cells have rows is as good as random: they are listed first, every one is
                // written and the end moves only past those with rows, so that none is guessed.
                const GROUP: usize = 256;
                let mut occupied = [0_u8; GROUP];
                for (group, counts) in table.chunks(GROUP).enumerate() {
                    let mut end = 0;
                    for (i, &count) in counts.iter().enumerate() {
                        occupied[end & (GROUP - 1)] = i as u8;
                        end += usize::from(count > 0);
                    }
                    for &i in &occupied[..end] {
                        let i = usize::from(i);
                        f(group * GROUP + i, u64::from(counts[i]));
                    }
                }
            }
            Kind::List(list) => {
                for run in list.chunk_by(|a, b| a == b) {
                    f(run[0] as usize, run.len() as u64);
                }
            }
        }
    }
}

/// Sorts cells, digit by digit where there are enough of them for it to pay.
fn sort(cells: &mut Vec<u32>) {
    const DIGIT: u32 = 9;
    const WORTH_IT: usize = 256;
    if cells.len() < WORTH_IT {
        cells.sort_unstable();
        return;
    }
    let highest = cells.iter().copied().max().unwrap_or(0);
    let mut sorted = vec![0; cells.len()];
    let mut shift = 0;
    while shift < u32::BITS && highest >> shift > 0 {
        let digit = |cell: u32| (cell >> shift) as usize & ((1 << DIGIT) - 1);
        let mut starts = [0_u32; 1 << DIGIT];
        for &cell in cells.iter() {
            starts[digit(cell)] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            (*start, sum) = (sum, sum + *start);
        }
        for &cell in cells.iter() {
            let at = &mut starts[digit(cell)];
            sorted[*at as usize] = cell;
            *at += 1;
        }
        std::mem::swap(cells, &mut sorted);
        shift += DIGIT;
    }
}

impl CellCounter {
    /// How many rows fall into each bin; see [`super::Scan::bin_counts`].
    pub fn bins(&self, edges: &[usize]) -> Vec<u64> {
        let mut bins = vec![0; edges.len() + 1];
        let mut bin = 0;
        self.for_each_cell(|cell, rows| {
            while edges.get(bin).is_some_and(|&edge| cell > edge) {
                bin += 1;
            }
            bins[bin] += rows;
        });
        bins
    }
}

struct EachCell<'a, T, F> {
    reference: &'a Reference<T>,
    block: &'a [T],
    nan: &'a mut u64,
    count: F,
}

impl<T: Ordered, F: FnMut(usize)> Task<T> for EachCell<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<M: Map<T>>(mut self, map: M) {
        // Slots first: they come several at once, and no lookup waits for the next one's.
        const GROUP: usize = 64;
        let mut slots = [0; GROUP];
        for group in self.block.chunks(GROUP) {
            for (slot, &value) in slots.iter_mut().zip(group) {
                *slot = map.slot(value);
            }
            for (&slot, &value) in slots.iter().zip(group) {
                if value.is_nan() {
                    *self.nan += 1;
                } else {
                    (self.count)(self.reference.cell_from(slot, value));
                }
            }
        }
    }
}
