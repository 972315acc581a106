//! How many calls a token has let in, counted without making threads wait for each other.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// More than this many threads share counters.
const CELLS: usize = 16;

/// A counter that is spread over cache lines, one per thread as far as they go.
#[derive(Default)]
pub(super) struct Usage {
    cells: [CacheLine; CELLS],
}

/// Two cache lines of 64 bytes: processors fetch them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct CacheLine(AtomicU64);

thread_local! {
    /// This thread's cell in every counter, or `CELLS` before it has one.
    static CELL: Cell<usize> = const { Cell::new(CELLS) };
}

impl Usage {
    /// One more call.
    #[inline]
    pub(super) fn count(&self) {
        let mut cell = CELL.get();
        if cell >= CELLS {
            cell = assign_cell();
        }
        self.cells[cell % CELLS].0.fetch_add(1, Ordering::Relaxed);
    }

    /// All calls counted so far.
    pub(super) fn total(&self) -> u64 {
        self.cells.iter().map(|cell| cell.0.load(Ordering::Relaxed)).sum()
    }
}

/// Deals cells to threads in turn. Which thread has which cell means nothing, so this is shared by all keyrings.
#[cold]
fn assign_cell() -> usize {
    static DEALT: AtomicUsize = AtomicUsize::new(0);
    let cell = DEALT.fetch_add(1, Ordering::Relaxed) % CELLS;
    CELL.set(cell);
    cell
}
