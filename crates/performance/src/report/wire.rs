//! What the header costs on the wire.

use super::table::{Table, count, or_none};
use crate::data::wire::Wire;

pub(super) fn text(wire: &Wire) -> String {
    let headings = [
        "sender",
        "bytes of HEADERS",
        "more than the first",
        "instructions of the client",
        "instructions of the server",
    ];
    let mut table = Table::new(&headings);
    let first = wire.rows.first().map_or(0, |row| i128::from(row.headers_bytes));
    for row in &wire.rows {
        let bytes = i128::from(row.headers_bytes);
        table.row([
            &row.sender,
            &count(bytes),
            &signed(bytes - first),
            &or_none(row.client_instructions),
            &count(row.server_instructions),
        ]);
    }
    format!(
        "## On the wire\n\nThe frame with the headers of a call that is not the first on its connection, its nine bytes of framing included;\n\
         and the instructions of the whole call, over those of a call without a token between a client and a server without\n\
         layers. What the layers take is among them, beside what HTTP/2 takes for the header; what the allocator takes is not. The\n\
         server is tonic's in each row. Rows that differ by less than 25 instructions are alike.\n\n\
         A value that is marked as sensitive is never indexed by HPACK: it is sent whole with every call. RFC 7541, section 7.1.3,\n\
         says why: what is indexed stays in tables of both peers, and of those between. The HPACK encoder below tonic, that of\n\
         h2, does not index `authorization` without the mark either, so the bytes that `dangerous_indexed` permits to save are\n\
         saved by other clients, and by proxies, only.\n\n{}",
        table.text()
    )
}

/// With a sign, as what is added.
fn signed(number: i128) -> String {
    if number > 0 { format!("+{}", count(number)) } else { count(number) }
}
