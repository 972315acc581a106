//! Allocations of every case.

use super::table::{Table, count};
use crate::data::calls::Allocations;

pub(super) fn text(allocations: &Allocations) -> String {
    let mut table = Table::new(&["case", " whose", "allocations", "bytes"]);
    for row in &allocations.rows {
        let whose = if row.peer { "another crate's" } else { "ours" };
        table.row([&row.case, whose, &count(row.allocations), &count(row.bytes)]);
    }
    format!("## Allocations\n\nOf one call, over the same call to a service that does nothing.\n\n{}", table.text())
}
