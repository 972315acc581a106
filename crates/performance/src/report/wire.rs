//! What the header costs on the wire.

use super::table::{Table, count};
use crate::data::wire::Wire;

pub(super) fn text(wire: &Wire) -> String {
    let mut table = Table::new(&["sender", "bytes of HEADERS", "more than the first", "instructions of a call"]);
    let first = wire.rows.first().map_or(0, |row| i128::from(row.headers_bytes));
    for row in &wire.rows {
        let bytes = i128::from(row.headers_bytes);
        table.row([&row.sender, &count(bytes), &signed(bytes - first), &signed(i128::from(row.instructions))]);
    }
    format!(
        "## On the wire\n\nThe frame with the headers of a call that is not the first on its connection; and the instructions of the\n\
         whole call, written and read, over those of a call without a token. A value that is marked as sensitive is never\n\
         indexed by HPACK: it is sent whole with every call. RFC 7541, section 7.1.3, says why: what is indexed stays in tables\n\
         of both peers, and of those between.\n\n{}",
        table.text()
    )
}

/// With a sign, as what is added.
fn signed(number: i128) -> String {
    if number > 0 { format!("+{}", count(number)) } else { count(number) }
}
